#include "handler/targets/dynamodb/mark_guard.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "runtime/aws/dynamodb_names.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/mark_places.h"
#include "tests/support/memory_target.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using runtime::HttpResponse;
using std::chrono::seconds;

using Texts = std::vector<std::string>;

HttpResponse answer_with(int status, const json& body) {
  return {.status = status, .headers = {}, .body = body.dump()};
}

HttpResponse refusal_with(const std::string& code) {
  return answer_with(400, {{"__type", "com.amazonaws.dynamodb.v20120810#" + code},
                           {"message", "User: x is not authorized to perform: y"}});
}

json note_of(const std::string& table, const std::string& attribute,
             const std::string& pipeline = {}) {
  return {{"id", {{"S", "|marks|" + table}}},
          {"attribute", {{"S", attribute}}},
          {"pipeline", {{"S", pipeline}}}};
}

HttpResponse notes(const std::vector<json>& found, const std::vector<std::string>& unread = {}) {
  json body = {{"Responses", {{"ledger", found}}}, {"UnprocessedKeys", json::object()}};
  for (const std::string& table : unread)
    body["UnprocessedKeys"]["ledger"]["Keys"].push_back({{"id", {{"S", "|marks|" + table}}}});
  return answer_with(200, body);
}

HttpResponse items(const std::vector<json>& found) {
  return answer_with(200, {{"Items", found}, {"Count", found.size()}, {"ScannedCount", 1}});
}

const json kMarked = {{"id", {{"S", "a"}}},
                      {"streamonce", {{"S", std::string(version_of(5).text())}}}};
const json kUnmarked = {{"id", {{"S", "a"}}}};

class MarkGuardTest : public ::testing::Test {
 protected:
  void expect(Result<HttpResponse> result) {
    transport_.expect(runtime::HttpMethod::kPost, "https://dynamodb.eu-west-1.amazonaws.com/",
                      std::move(result));
  }

  /// @param attribute  that is to have the marks; empty: the ledger is
  void open(const std::string& attribute, MarkGuardOptions guard = {.tables = {"items"}}) {
    DynamoDbOptions options;
    options.ledger_table = "ledger";
    options.region = "eu-west-1";
    options.version_attribute = attribute;
    guard_ = std::make_unique<MarkGuard>(
        std::move(guard), options,
        aws::ServiceOptions{.service = aws::kDynamoDb,
                            .region = aws::Region::parse("eu-west-1").value(),
                            .url = "https://dynamodb.eu-west-1.amazonaws.com/",
                            .credentials = testing::credentials("key", "secret"),
                            .random_seed = 1},
        transport_, clock_, logger_);
  }

  Status check() { return guard_->check(clock_.steady_now() + seconds(60)); }

  /// Expects that the marks may not be where they are to be.
  std::string why_not() {
    const Status checked = check();
    EXPECT_FALSE(checked);
    if (checked) return {};
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    return checked.error().message;
  }

  Texts ways() const {
    Texts ways;
    for (const runtime::HttpRequest& request : transport_.requests()) {
      const std::string& target = request.headers.at(1);
      ways.push_back(target.substr(target.rfind('.') + 1));
    }
    return ways;
  }
  json body(std::size_t place) const { return json::parse(transport_.requests().at(place).body); }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Logger logger_{{.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
                 clock_};
  std::unique_ptr<MarkGuard> guard_;
};

TEST_F(MarkGuardTest, LedgerMarksAskForNoMoreThanTheNotesOnce) {
  open("");
  expect(notes({}));
  EXPECT_TRUE(check());
  EXPECT_TRUE(check());
  EXPECT_EQ(ways(), Texts{"BatchGetItem"});
  EXPECT_EQ(body(0), json::parse(R"({"RequestItems":{"ledger":{"ConsistentRead":true,
      "Keys":[{"id":{"S":"|marks|items"}}]}}})"));
}

/// A role from before there were notes.
TEST_F(MarkGuardTest, LedgerMarksNeedNoLeaveToReadTheNotes) {
  open("");
  expect(refusal_with("AccessDeniedException"));
  EXPECT_TRUE(check());
  EXPECT_TRUE(transport_.done());
}

TEST_F(MarkGuardTest, ItemMarksNeedIt) {
  open("streamonce");
  expect(refusal_with("AccessDeniedException"));
  const Status checked = check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kRejected);
  EXPECT_NE(checked.error().message.find("ledger table ledger: "), std::string::npos);
}

TEST_F(MarkGuardTest, ItemMarksBeginWithAnEmptyTable) {
  open("streamonce");
  expect(notes({}));
  expect(items({}));
  expect(answer_with(200, json::object()));
  EXPECT_TRUE(check());
  EXPECT_TRUE(check());
  EXPECT_EQ(ways(), (Texts{"BatchGetItem", "Scan", "TransactWriteItems"}));
  EXPECT_EQ(body(1)["TableName"], "items");
  EXPECT_EQ(body(1)["Limit"], 1);
  EXPECT_EQ(body(1)["ConsistentRead"], true);
  json written = body(2);
  EXPECT_FALSE(written["ClientRequestToken"].get<std::string>().empty());
  EXPECT_EQ(written["TransactItems"], json::parse(R"~([{"Put":{"TableName":"ledger",
      "Item":{"id":{"S":"|marks|items"},"attribute":{"S":"streamonce"},"pipeline":{"S":""}},
      "ConditionExpression":"attribute_not_exists(id)"}}])~"));
}

TEST_F(MarkGuardTest, ItemMarksBeginWithItemsThatHaveThem) {
  open("streamonce");
  expect(notes({}));
  expect(items({kMarked}));
  expect(answer_with(200, json::object()));
  EXPECT_TRUE(check());
  EXPECT_TRUE(transport_.done());
}

TEST_F(MarkGuardTest, ItemMarksDoNotBeginWithItemsThatHaveNone) {
  open("streamonce");
  expect(notes({}));
  expect(items({kUnmarked}));
  EXPECT_EQ(
      why_not(),
      "the marks of table items are to be in its items, and the first one that is there has "
      "no version in the attribute \"streamonce\": set \"adopt\" to true if what is there is "
      "older than the "
      "stream, or has its marks in this ledger under this name, or begin with an empty table");
  EXPECT_TRUE(transport_.done()) << "nothing is written";
  // It may be mended meanwhile.
  expect(notes({}));
  expect(items({}));
  expect(answer_with(200, json::object()));
  EXPECT_TRUE(check());
}

/// An attribute of that name may have come from anywhere.
TEST_F(MarkGuardTest, ItemMarksDoNotBeginWithItemsThatHaveSomethingElseThere) {
  for (const json& value :
       {json{{"S", "a name"}}, json{{"N", "5"}}, json{{"M", json::object()}}, json{{"S", ""}}}) {
    open("streamonce");
    expect(notes({}));
    expect(items({{{"id", {{"S", "a"}}}, {"streamonce", value}}}));
    EXPECT_NE(why_not(), "") << value;
  }
}

TEST_F(MarkGuardTest, ItemMarksAdoptWhatIsThere) {
  open("streamonce", {.tables = {"items"}, .adopts_items = true});
  expect(notes({}));
  expect(answer_with(200, json::object()));
  EXPECT_TRUE(check());
  EXPECT_EQ(ways(), (Texts{"BatchGetItem", "TransactWriteItems"}));
}

TEST_F(MarkGuardTest, ANoteIsAllThatIsAskedForFromThenOn) {
  open("streamonce");
  expect(notes({note_of("items", "streamonce")}));
  EXPECT_TRUE(check());
  EXPECT_EQ(ways(), Texts{"BatchGetItem"});
}

TEST_F(MarkGuardTest, MarksStayInTheirAttribute) {
  open("other");
  expect(notes({note_of("items", "streamonce")}));
  expect(items({kMarked}));
  EXPECT_EQ(
      why_not(),
      "the marks of table items are in its items, in the attribute \"streamonce\": let "
      "version_attribute name that again, or begin anew with an empty table and a new ledger");
}

/// What was deleted is known under the pipeline's name, be the table empty or not.
TEST_F(MarkGuardTest, MarksStayTheirPipelines) {
  open("streamonce", {.tables = {"items"}, .pipeline = "two"});
  expect(notes({note_of("items", "streamonce", "one")}));
  EXPECT_EQ(
      why_not(),
      "the marks of table items are in its items, in the attribute \"streamonce\", and of the "
      "pipeline \"one\", where this is the pipeline \"two\": what it has deleted is known "
      "under its name only; set that (name, STREAMONCE_NAME), or begin anew with an empty "
      "table and a new ledger");
  for (const char* attribute : {"streamonce", ""}) {
    open(attribute);
    expect(notes({note_of("items", "streamonce", "one")}));
    EXPECT_NE(why_not().find("where this is a pipeline without a name of its own"),
              std::string::npos);
  }
  open("streamonce", {.tables = {"items"}, .pipeline = "one"});
  expect(notes({note_of("items", "streamonce", "one")}));
  EXPECT_TRUE(check());
  EXPECT_TRUE(transport_.done());
}

/// Of two that begin at once the later one finds the other's note.
TEST_F(MarkGuardTest, ANoteThatHasChangedMeanwhileIsReadAgain) {
  open("streamonce", {.tables = {"items"}, .pipeline = "two"});
  expect(notes({}));
  expect(items({}));
  expect(refusal_with("TransactionCanceledException"));
  expect(notes({note_of("items", "streamonce", "one")}));
  EXPECT_NE(why_not().find("of the pipeline \"one\""), std::string::npos);
  open("streamonce");
  expect(notes({note_of("items", "", "")}));
  expect(items({}));
  expect(answer_with(200, json::object()));
  EXPECT_TRUE(check());
  const json put = body(transport_.requests().size() - 1)["TransactItems"][0]["Put"];
  EXPECT_EQ(put["ConditionExpression"], "#a = :a AND #p = :p");
  EXPECT_EQ(put["ExpressionAttributeNames"], (json{{"#a", "attribute"}, {"#p", "pipeline"}}));
  EXPECT_EQ(put["ExpressionAttributeValues"], (json{{":a", {{"S", ""}}}, {":p", {{"S", ""}}}}));
}

TEST_F(MarkGuardTest, NamesTheTableThatIsNotThere) {
  open("");
  expect(refusal_with("ResourceNotFoundException"));
  Status checked = check();
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().message.starts_with(
      "ledger table ledger was not found in eu-west-1: create it there, with the partition key id"))
      << checked.error().message;
  open("streamonce");
  expect(notes({}));
  expect(refusal_with("ResourceNotFoundException"));
  checked = check();
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().message.starts_with(
      "target table items was not found in eu-west-1: create it there, with the key of"))
      << checked.error().message;
}

TEST_F(MarkGuardTest, PausesWhereTheLedgerIsThrottled) {
  open("");
  for (int i = 0; i < 5; ++i) expect(notes({}, {"items"}));
  expect(notes({}));
  const SteadyTime start = clock_.steady_now();
  EXPECT_TRUE(check());
  EXPECT_GT(clock_.steady_now(), start);
}

TEST_F(MarkGuardTest, MarksGoBackToTheLedgerWithAnEmptyTableOnly) {
  open("");
  expect(notes({note_of("items", "streamonce")}));
  expect(items({kMarked}));
  EXPECT_EQ(why_not(),
            "the marks of table items are in its items, in the attribute \"streamonce\": set "
            "\"marks\" to \"item\" again, or begin anew with an empty table and a new ledger");
  expect(notes({note_of("items", "streamonce")}));
  expect(items({kUnmarked}));
  EXPECT_NE(why_not(), "") << "whatever is there, it is not empty";
  expect(notes({note_of("items", "streamonce")}));
  expect(items({}));
  expect(answer_with(200, json::object()));
  EXPECT_TRUE(check());
  EXPECT_EQ(body(transport_.requests().size() - 1)["TransactItems"][0]["Put"]["Item"],
            note_of("items", ""));
}

TEST_F(MarkGuardTest, ANoteThatWasTakenBackSaysNothing) {
  open("");
  expect(notes({note_of("items", "")}));
  EXPECT_TRUE(check());
  open("streamonce");
  expect(notes({note_of("items", "")}));
  expect(items({kUnmarked}));
  EXPECT_NE(why_not(), "");
}

TEST_F(MarkGuardTest, SaysThatItCouldNotLook) {
  open("");
  expect(notes({note_of("items", "streamonce")}));
  expect(refusal_with("AccessDeniedException"));
  const Status checked = check();
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("whether it is empty could not be found out"),
            std::string::npos)
      << checked.error().message;
}

TEST_F(MarkGuardTest, APreviewWritesNoNotes) {
  open("streamonce", {.tables = {"items"}, .writes_notes = false});
  expect(notes({}));
  expect(items({}));
  EXPECT_TRUE(check());
  EXPECT_EQ(ways(), (Texts{"BatchGetItem", "Scan"}));
}

TEST_F(MarkGuardTest, LooksAtEachTableAndAsksAgainForWhatWasLeftUnread) {
  open("streamonce", {.tables = {"a", "b", "c"}});
  expect(notes({note_of("b", "streamonce")}, {"c", "a"}));
  expect(notes({note_of("c", "streamonce")}));
  expect(items({}));
  expect(answer_with(200, json::object()));
  EXPECT_TRUE(check());
  EXPECT_EQ(ways(), (Texts{"BatchGetItem", "BatchGetItem", "Scan", "TransactWriteItems"}));
  EXPECT_EQ(body(1)["RequestItems"]["ledger"]["Keys"].size(), 2U);
  EXPECT_EQ(body(2)["TableName"], "a");
  EXPECT_EQ(body(3)["TransactItems"].size(), 1U);
}

TEST_F(MarkGuardTest, NotesANameWhereATableIsAnArn) {
  const std::string arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/items";
  open("streamonce", {.tables = {arn}});
  expect(notes({}));
  expect(items({}));
  expect(answer_with(200, json::object()));
  EXPECT_TRUE(check());
  EXPECT_EQ(body(1)["TableName"], arn);
  EXPECT_EQ(body(2)["TransactItems"][0]["Put"]["Item"]["id"]["S"], "|marks|items");
}

TEST_F(MarkGuardTest, ATargetBehindItDoesNothingBeforeItIsKnown) {
  open("streamonce");
  auto memory = std::make_unique<testing::MemoryTarget>();
  const testing::MemoryTarget& there = *memory;
  GuardedTarget target(std::move(memory), std::move(guard_));
  Commits commits;
  commits.put("a", 5);
  std::vector<Outcome> outcomes(1);
  const auto commit = [&] {
    outcomes = std::vector<Outcome>(1);
    target.commit(commits.all(), outcomes, clock_.steady_now() + seconds(60));
    return outcomes.front();
  };
  for (int i = 0; i < 2; ++i) {
    expect(notes({}));
    expect(items({kUnmarked}));
  }
  const Outcome refused = commit();
  EXPECT_EQ(refused.result, CommitResult::kFailed);
  EXPECT_NE(refused.reason.find("adopt"), std::string::npos) << refused.reason;
  const auto marks = target.read_marks(testing::place_of("p|a"), Reading::kVersions,
                                       clock_.steady_now() + seconds(60));
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_FALSE(marks.front());
  EXPECT_TRUE(there.readings.empty());

  expect(notes({note_of("items", "streamonce")}));
  EXPECT_EQ(commit().result, CommitResult::kApplied);
  EXPECT_EQ(commit().result, CommitResult::kAlreadyApplied);
  EXPECT_TRUE(transport_.done());
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
