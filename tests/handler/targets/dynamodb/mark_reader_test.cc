#include "handler/targets/dynamodb/mark_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/targets/mark.h"
#include "runtime/aws/dynamodb_names.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/mark_places.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using runtime::HttpResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

HttpResponse answer(int status, const json& body) {
  return {.status = status, .headers = {}, .body = body.dump()};
}

json key_of(const std::string& id) {
  return {{"id", {{"S", id}}}};
}

json mark_of(const std::string& id, std::uint64_t number) {
  return {{"id", {{"S", id}}}, {"v", {{"S", version_of(number).text()}}}};
}

std::optional<Mark> entry_of(std::uint64_t number) {
  return Mark{.version = version_of(number)};
}

/// A 200 with these marks, and these keys unprocessed.
HttpResponse marks_of(const std::vector<json>& marks, const std::vector<json>& unprocessed = {}) {
  json body = {{"Responses", {{"ledger", marks}}}, {"UnprocessedKeys", json::object()}};
  if (!unprocessed.empty()) body["UnprocessedKeys"]["ledger"]["Keys"] = unprocessed;
  return answer(200, body);
}

constexpr std::size_t kRequestsInFlight = 2;

class MarkReaderTest : public ::testing::Test {
 protected:
  void expect(Result<HttpResponse> result) {
    transport_.expect(runtime::HttpMethod::kPost, "https://dynamodb.eu-west-1.amazonaws.com/",
                      std::move(result));
  }
  std::vector<MarkResult> read(const std::vector<std::string>& ids, milliseconds time = seconds(60),
                               Reading reading = Reading::kVersions) {
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    return reader_.read(testing::places_of(views), reading, clock_.steady_now() + time);
  }
  /// The ids of each request's keys.
  std::vector<std::vector<std::string>> asked() {
    std::vector<std::vector<std::string>> requests;
    for (const runtime::HttpRequest& request : transport_.requests()) {
      const json body = json::parse(request.body);
      std::vector<std::string>& ids = requests.emplace_back();
      for (const json& key : body["RequestItems"]["ledger"]["Keys"]) ids.push_back(key["id"]["S"]);
    }
    return requests;
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  aws::ServiceClient service_{{.service = aws::kDynamoDb,
                               .region = aws::Region::parse("eu-west-1").value(),
                               .url = "https://dynamodb.eu-west-1.amazonaws.com/",
                               .credentials = testing::credentials("key", "secret"),
                               .random_seed = 1},
                              transport_,
                              clock_,
                              logger_};
  MarkReader reader_{
      {.ledger_table = "ledger", .region = "eu-west-1", .requests_in_flight = kRequestsInFlight},
      service_};
};

TEST_F(MarkReaderTest, AsksForKeysAndReadsTheirVersionsInAnyOrder) {
  expect(marks_of({mark_of("c", 7), mark_of("a", 5)}));
  const auto marks = read({"a", "b", "c"});
  ASSERT_EQ(marks.size(), 3U);
  EXPECT_EQ(marks[0].value(), entry_of(5));
  EXPECT_EQ(marks[1].value(), std::nullopt);
  EXPECT_EQ(marks[2].value(), entry_of(7));
  ASSERT_EQ(transport_.requests().size(), 1U);
  EXPECT_EQ(json::parse(transport_.requests()[0].body), json::parse(R"({"RequestItems":{"ledger":{
      "ConsistentRead":true,"ProjectionExpression":"id, v",
      "Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}},{"id":{"S":"c"}}]}}})"));
}

json whole_of(const std::string& id, std::uint64_t number, const std::string& content,
              const std::string& nonce = {}) {
  json mark = {{"id", {{"S", id}}}, {"v", {{"S", version_text(version_of(number), true)}}}};
  mark["w"]["S"] = content;
  if (!nonce.empty()) mark["r"]["S"] = nonce;
  return mark;
}

TEST_F(MarkReaderTest, ReadsWholeEntriesIfTheyAreAskedFor) {
  expect(marks_of({whole_of("c", 7, "[\"x\"]", "n1"), mark_of("a", 5)}));
  const auto marks = read({"a", "b", "c"}, seconds(60), Reading::kWhole);
  EXPECT_EQ(marks[0].value(), entry_of(5));
  EXPECT_EQ(marks[1].value(), std::nullopt);
  EXPECT_EQ(
      marks[2].value(),
      (Mark{.version = version_of(7), .remembers = true, .content = "[\"x\"]", .nonce = "n1"}));
  EXPECT_EQ(
      json::parse(transport_.requests()[0].body)["RequestItems"]["ledger"]["ProjectionExpression"],
      "id, v, r, w");
}

TEST_F(MarkReaderTest, TellsOfContentThatIsNotRead) {
  json mark = whole_of("a", 7, "x");
  mark.erase("w");
  expect(marks_of({mark}));
  EXPECT_EQ(read({"a"})[0].value(), (Mark{.version = version_of(7), .remembers = true}));
  expect(marks_of({mark}));
  const auto marks = read({"a"}, seconds(60), Reading::kWhole);
  ASSERT_FALSE(marks[0]);
  EXPECT_EQ(marks[0].error().code, ErrorCode::kProtocol);
}

TEST_F(MarkReaderTest, AsksForFewerAtOnceWhereAnAnswerIsTooLarge) {
  expect(Error{ErrorCode::kTooLarge, "the body is over its bound"});
  expect(marks_of({whole_of("a", 1, "x")}));
  expect(Error{ErrorCode::kTooLarge, "the body is over its bound"});
  expect(marks_of({whole_of("c", 1, "z")}));
  const auto marks = read({"a", "b", "c"}, seconds(60), Reading::kWhole);
  EXPECT_EQ(marks[0].value()->content, "x");
  ASSERT_FALSE(marks[1]) << "one entry is too large by itself";
  ASSERT_TRUE(marks[2]) << marks[2].error().message;
  EXPECT_EQ(marks[2].value()->content, "z");
  EXPECT_EQ(asked()[0], (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(asked()[1], std::vector<std::string>{"a"});
  EXPECT_EQ(asked()[2], std::vector<std::string>{"b"});
  EXPECT_EQ(asked()[3], std::vector<std::string>{"c"});
  EXPECT_TRUE(transport_.done());
}

TEST_F(MarkReaderTest, AsksNothingForNoIds) {
  EXPECT_TRUE(read({}).empty());
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(MarkReaderTest, AsksForAHundredKeysAtMost) {
  std::vector<std::string> ids;
  for (int i = 0; i < 250; ++i) ids.push_back("k" + std::to_string(i));
  for (std::size_t first = 0; first < ids.size(); first += 100) {
    std::vector<json> marks;
    for (std::size_t i = first; i < std::min(first + 100, ids.size()); ++i)
      if (i % 2 == 0) marks.push_back(mark_of(ids[i], i));
    expect(marks_of(marks));
  }
  const auto marks = read(ids);
  ASSERT_EQ(marks.size(), 250U);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    ASSERT_EQ(marks[i].value().has_value(), i % 2 == 0);
    if (i % 2 == 0) EXPECT_EQ(marks[i].value(), entry_of(i));
  }
  const auto requests = asked();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].size(), 100U);
  EXPECT_EQ(requests[2].size(), 50U);
  EXPECT_EQ(requests[2].front(), "k200");
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(MarkReaderTest, AsksAgainForWhatIsUnprocessed) {
  expect(marks_of({mark_of("a", 1)}, {key_of("c"), key_of("b")}));
  expect(marks_of({}, {key_of("b")}));
  expect(marks_of({mark_of("b", 2)}));
  const auto marks = read({"a", "b", "c"});
  EXPECT_EQ(marks[0].value(), entry_of(1));
  EXPECT_EQ(marks[1].value(), entry_of(2));
  EXPECT_EQ(marks[2].value(), std::nullopt);
  EXPECT_EQ(asked(), (std::vector<std::vector<std::string>>{{"a", "b", "c"}, {"c", "b"}, {"b"}}));
  EXPECT_EQ(clock_.sleeps.size(), 2U) << "after each answer that left something";
  EXPECT_EQ(service_.counts().throttles, 2U);
  EXPECT_EQ(service_.counts().retries, 2U);
}

TEST_F(MarkReaderTest, GivesUpAtTheDeadlineAndSaysThatTheTableIsThrottled) {
  expect(marks_of({mark_of("a", 1)}, {key_of("b")}));
  for (int i = 0; i < 60; ++i) expect(marks_of({}, {key_of("b")}));
  const SteadyTime start = clock_.steady_now();
  const auto marks = read({"a", "b"}, seconds(5));
  EXPECT_EQ(marks[0].value(), entry_of(1));
  ASSERT_FALSE(marks[1]);
  EXPECT_EQ(marks[1].error().code, ErrorCode::kTimeout);
  EXPECT_NE(marks[1].error().message.find("throttled"), std::string::npos);
  EXPECT_LE(clock_.steady_now() - start, seconds(5));
  EXPECT_FALSE(transport_.done());
}

/// Other requests go on while what a throttled one left waits.
TEST_F(MarkReaderTest, KeepsRequestsInFlightWhileUnprocessedKeysWait) {
  std::vector<std::string> ids;
  for (int i = 0; i < 250; ++i) ids.push_back("k" + std::to_string(i));
  expect(marks_of({}, {key_of("k7")}));
  expect(marks_of({}));
  expect(marks_of({}));
  expect(marks_of({mark_of("k7", 3)}));
  const auto marks = read(ids);
  EXPECT_EQ(marks[7].value(), entry_of(3));
  EXPECT_TRUE(transport_.done());
  const auto requests = asked();
  EXPECT_EQ(requests.at(2).front(), "k200");
  EXPECT_EQ(requests.at(3), (std::vector<std::string>{"k7"}));
  EXPECT_EQ(clock_.sleeps.size(), 1U);
}

TEST_F(MarkReaderTest, IsSentAgainAfterThrottlingAndABrokenConnection) {
  expect(answer(400, {{"__type", "com.amazonaws.dynamodb.v20120810#ThrottlingException"},
                      {"message", "slow down"}}));
  expect(Error{ErrorCode::kUnavailable, "the connection broke"});
  expect(answer(503, json::object()));
  expect(marks_of({mark_of("a", 1)}));
  EXPECT_EQ(read({"a"})[0].value(), entry_of(1));
  EXPECT_TRUE(transport_.done());
  EXPECT_EQ(service_.counts().throttles, 1U);
  EXPECT_EQ(service_.counts().retries, 3U);
}

TEST_F(MarkReaderTest, AMarkWithoutAVersionIsAnErrorOfThatMarkAlone) {
  expect(marks_of({{{"id", {{"S", "a"}}}},
                   {{"id", {{"S", "b"}}}, {"v", {{"N", "5"}}}},
                   {{"id", {{"S", "c"}}}, {"v", {{"S", "zzz"}}}},
                   mark_of("d", 4)}));
  const auto marks = read({"a", "b", "c", "d"});
  for (int i = 0; i < 3; ++i) {
    ASSERT_FALSE(marks[static_cast<std::size_t>(i)]);
    EXPECT_EQ(marks[static_cast<std::size_t>(i)].error().code, ErrorCode::kProtocol);
    EXPECT_EQ(marks[static_cast<std::size_t>(i)].error().message,
              "the mark in the ledger holds no version");
  }
  EXPECT_EQ(marks[3].value(), entry_of(4));
}

/// An id that an answer does not name has no mark: so the answer must be one to this request.
TEST_F(MarkReaderTest, AnswersToAnotherQuestionSayNothing) {
  for (const char* body :
       {R"({})", R"({"Responses":null})", R"({"Responses":{"ledger":{}}})",
        R"({"Responses":{"other":[]}})", R"({"Responses":{"ledger":[{"id":{"S":"other"}}]}})",
        R"({"Responses":{"ledger":[{"v":{"S":"x"}}]}})",
        R"({"Responses":{"ledger":[{"id":{"S":5}}]}})", R"({"Responses":{"ledger":[5]}})",
        R"({"Responses":{"ledger":[{"id":{"S":"a"}},{"id":{"S":"a"}}]}})",
        R"({"Responses":{"ledger":[]},"UnprocessedKeys":[]})",
        R"({"Responses":{"ledger":[]},"UnprocessedKeys":{"ledger":{"Keys":[{"id":{"S":"z"}}]}}})",
        R"({"UnprocessedKeys":{"ledger":{"Keys":[{"id":{"S":"a"}}]}},"Responses":5})"}) {
    SCOPED_TRACE(body);
    expect(HttpResponse{.status = 200, .headers = {}, .body = body});
    const auto marks = read({"a", "b"});
    ASSERT_EQ(marks.size(), 2U);
    for (const MarkResult& mark : marks) {
      ASSERT_FALSE(mark);
      EXPECT_EQ(mark.error().code, ErrorCode::kProtocol);
    }
  }
}

TEST_F(MarkReaderTest, TakesTheShapesOfEmulators) {
  expect(
      HttpResponse{.status = 200,
                   .headers = {},
                   .body = R"({"ConsumedCapacity":null,"UnprocessedKeys":null,"Responses":{}})"});
  EXPECT_EQ(read({"a"})[0].value(), std::nullopt);
}

TEST_F(MarkReaderTest, ALedgerByItsArnIsAskedForByItAndAnsweredByArnOrName) {
  const std::string arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/ledger";
  MarkReader reader({.ledger_table = arn, .region = "eu-west-1", .requests_in_flight = 1},
                    service_);
  const std::vector<std::string_view> ids = {"a", "b"};
  for (const std::string& name : {arn, std::string("ledger")}) {
    json left;
    left["Responses"][name] = json::array({mark_of("a", 5)});
    left["UnprocessedKeys"][name]["Keys"] = json::array({key_of("b")});
    json rest;
    rest["Responses"][name] = json::array({mark_of("b", 7)});
    expect(answer(200, left));
    expect(answer(200, rest));
    const auto marks =
        reader.read(testing::places_of(ids), Reading::kVersions, clock_.steady_now() + seconds(60));
    ASSERT_TRUE(marks[0]) << marks[0].error().message;
    EXPECT_EQ(marks[0].value(), entry_of(5));
    EXPECT_EQ(marks[1].value(), entry_of(7));
  }
  for (const runtime::HttpRequest& request : transport_.requests())
    EXPECT_TRUE(json::parse(request.body)["RequestItems"].contains(arn)) << request.body;
  const std::string other = "arn:aws:dynamodb:eu-west-1:123456789012:table/other";
  expect(answer(200, {{"Responses", {{other, json::array()}}}}));
  const auto marks =
      reader.read(testing::places_of(ids), Reading::kVersions, clock_.steady_now() + seconds(60));
  EXPECT_FALSE(marks[0]) << "an answer about another table tells of no mark";
}

TEST_F(MarkReaderTest, ARefusalEndsTheCall) {
  std::vector<std::string> ids;
  for (int i = 0; i < 250; ++i) ids.push_back("k" + std::to_string(i));
  for (std::size_t i = 0; i < kRequestsInFlight; ++i)
    expect(answer(400, {{"__type", "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"},
                        {"message", "Requested resource not found"}}));
  const auto marks = read(ids);
  EXPECT_EQ(transport_.requests().size(), kRequestsInFlight);
  EXPECT_FALSE(transport_.wait_any(std::nullopt)) << "what is in flight is abandoned";
  EXPECT_EQ(marks.size(), ids.size());
  for (const MarkResult& mark : marks) {
    ASSERT_FALSE(mark);
    EXPECT_EQ(mark.error().code, ErrorCode::kRejected);
    EXPECT_EQ(
        mark.error().message,
        "ledger table ledger was not found in eu-west-1: create it there, with the partition key "
        "id, a string; BatchGetItem: ResourceNotFoundException: Requested resource not found");
  }
}

TEST_F(MarkReaderTest, ABadKeySpoilsItsOwnRequestOnly) {
  std::vector<std::string> ids;
  for (int i = 0; i < 101; ++i) ids.push_back("k" + std::to_string(i));
  expect(answer(400, {{"__type", "com.amazon.coral.validate#ValidationException"},
                      {"message", "One or more parameter values were invalid"}}));
  expect(marks_of({mark_of("k100", 9)}));
  const auto marks = read(ids);
  EXPECT_EQ(marks[0].error().code, ErrorCode::kRejected);
  EXPECT_EQ(marks[99].error().code, ErrorCode::kRejected);
  EXPECT_EQ(marks[100].value(), entry_of(9));
}

/// Marks that are in the items of tables with the key `pk`.
class ItemMarkReaderTest : public MarkReaderTest {
 protected:
  void add(const std::string& key, const std::string& table = "items") {
    places_.add("p|" + key, table, "pk", key);
  }
  std::vector<MarkResult> read(Reading reading = Reading::kVersions) {
    return item_reader_.read(places_.list(), reading, clock_.steady_now() + seconds(60));
  }
  static json row_key(const std::string& key) { return {{"pk", {{"S", key}}}}; }
  static json row(const std::string& key, const std::string& mark) {
    return {{"pk", {{"S", key}}}, {"odd \"mark\"", {{"S", mark}}}};
  }
  static HttpResponse rows(const std::vector<json>& found, const std::vector<json>& unread = {},
                           const std::string& table = "items") {
    json body = {{"Responses", {{table, found}}}, {"UnprocessedKeys", json::object()}};
    if (!unread.empty()) body["UnprocessedKeys"][table]["Keys"] = unread;
    return answer(200, body);
  }
  static std::string text_of(std::uint64_t number) {
    return std::string(version_of(number).text());
  }
  static std::optional<Mark> in_item(std::uint64_t number, const std::string& nonce = {}) {
    return Mark{.version = version_of(number),
                .nonce = nonce,
                .operation = Operation::kPut,
                .is_in_item = true};
  }
  json asked_of(std::size_t place) {
    return json::parse(transport_.requests().at(place).body)["RequestItems"];
  }

  testing::MarkPlaces places_;
  MarkReader item_reader_{{.ledger_table = "ledger",
                           .version_attribute = "odd \"mark\"",
                           .region = "eu-west-1",
                           .requests_in_flight = kRequestsInFlight},
                          service_};
};

TEST_F(ItemMarkReaderTest, ReadsItemsAndAsksTheLedgerForThoseWithoutOne) {
  for (const char* key : {"a", "b", "c", "d"}) add(key);
  expect(rows({row("d", text_of(4) + "#nonce"), row_key("b"), row("a", text_of(5))}));
  expect(marks_of({mark_of("p|b", 3)}));
  const auto marks = read();
  EXPECT_EQ(marks[0].value(), in_item(5));
  EXPECT_EQ(marks[1].value(), entry_of(3)) << "an item without a mark";
  EXPECT_EQ(marks[2].value(), std::nullopt);
  EXPECT_EQ(marks[3].value(), in_item(4, "nonce"));
  EXPECT_TRUE(transport_.done());
  EXPECT_EQ(asked_of(0), json::parse(R"({"items":{"ConsistentRead":true,
      "ProjectionExpression":"#a, #b",
      "ExpressionAttributeNames":{"#a":"pk","#b":"odd \"mark\""},
      "Keys":[{"pk":{"S":"a"}},{"pk":{"S":"b"}},{"pk":{"S":"c"}},{"pk":{"S":"d"}}]}})"));
  EXPECT_EQ(asked_of(1), json::parse(R"({"ledger":{"ConsistentRead":true,
      "ProjectionExpression":"id, v","Keys":[{"id":{"S":"p|b"}},{"id":{"S":"p|c"}}]}})"));
}

TEST_F(ItemMarkReaderTest, AsksTheLedgerForNothingThatItemsHave) {
  add("a");
  expect(rows({row("a", text_of(5))}));
  EXPECT_EQ(read(Reading::kTold)[0].value(), in_item(5));
  EXPECT_EQ(transport_.requests().size(), 1U);
}

TEST_F(ItemMarkReaderTest, AMarkThatIsNoneIsAnErrorOfThatItemAlone) {
  for (const char* key : {"a", "b", "c", "d"}) add(key);
  json number = row("b", "");
  number["odd \"mark\""] = {{"N", "5"}};
  expect(rows({row("a", "zzz"), number, row("c", ""), row("d", text_of(5))}));
  const auto marks = read();
  for (const std::size_t bad : {0U, 1U, 2U}) {
    ASSERT_FALSE(marks[bad]) << bad;
    EXPECT_EQ(marks[bad].error().code, ErrorCode::kProtocol);
  }
  EXPECT_EQ(marks[3].value(), in_item(5));
  EXPECT_TRUE(transport_.done()) << "the ledger is not asked";
}

TEST_F(ItemMarkReaderTest, ItemsThatCannotBeReadAreNotLookedForInTheLedger) {
  add("a");
  expect(answer(400, {{"__type", "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"},
                      {"message", "Requested resource not found"}}));
  const auto marks = read();
  ASSERT_FALSE(marks[0]);
  EXPECT_EQ(marks[0].error().message,
            "target table items: BatchGetItem: ResourceNotFoundException: Requested resource not "
            "found");
  EXPECT_EQ(transport_.requests().size(), 1U);
}

TEST_F(ItemMarkReaderTest, AsksAgainForRowsThatAreUnprocessed) {
  for (const char* key : {"a", "b"}) add(key);
  expect(rows({row("a", text_of(1))}, {row_key("b")}));
  expect(rows({row("b", text_of(2))}));
  const auto marks = read();
  EXPECT_EQ(marks[0].value(), in_item(1));
  EXPECT_EQ(marks[1].value(), in_item(2));
  EXPECT_EQ(clock_.sleeps.size(), 1U);
  EXPECT_EQ(asked_of(1)["items"]["Keys"], json::array({row_key("b")}));
}

TEST_F(ItemMarkReaderTest, ReadsEachTableByItself) {
  add("a", "one");
  add("b", "two");
  add("c", "one");
  places_.add("p|d", "", "pk", "d");
  expect(rows({row("d", text_of(4))}, {}, ""));
  expect(rows({row("a", text_of(1))}, {}, "one"));
  expect(rows({row("b", text_of(2))}, {}, "two"));
  expect(marks_of({mark_of("p|c", 3)}));
  const auto marks = read();
  EXPECT_EQ(marks[0].value(), in_item(1));
  EXPECT_EQ(marks[1].value(), in_item(2));
  EXPECT_EQ(marks[2].value(), entry_of(3));
  EXPECT_EQ(asked_of(1)["one"]["Keys"].size(), 2U);
}

TEST_F(ItemMarkReaderTest, APlaceWithoutARowIsTheLedgers) {
  expect(marks_of({mark_of("p|a", 3)}));
  const auto marks = item_reader_.read(testing::place_of("p|a"), Reading::kVersions,
                                       clock_.steady_now() + seconds(60));
  EXPECT_EQ(marks[0].value(), entry_of(3));
}

/// One number may be written in several ways.
TEST_F(ItemMarkReaderTest, KnowsAKeyAgainHoweverItIsWritten) {
  events::ItemKey key;
  ASSERT_TRUE(key.add({.name = "n", .type = events::KeyType::kNumber, .value = "1.50"}));
  ASSERT_TRUE(key.add({.name = "b", .type = events::KeyType::kBinary, .value = "AP8="}));
  expect(rows(
      {{{"n", {{"N", "1.5"}}}, {"b", {{"B", "AP8="}}}, {"odd \"mark\"", {{"S", text_of(5)}}}}}));
  const MarkPlace place{.ledger_id = "p|x", .table = "items", .key = &key};
  const auto marks =
      item_reader_.read({&place, 1}, Reading::kVersions, clock_.steady_now() + seconds(60));
  ASSERT_TRUE(marks[0]) << marks[0].error().message;
  EXPECT_EQ(marks[0].value(), in_item(5));
  EXPECT_EQ(asked_of(0)["items"]["ExpressionAttributeNames"],
            json::parse(R"({"#a":"b","#b":"n","#c":"odd \"mark\""})"));
}

TEST_F(ItemMarkReaderTest, AnswersToAnotherQuestionSayNothing) {
  for (const char* key : {"a", "b"}) add(key);
  for (const json& found :
       {json::array({row("z", text_of(5))}), json::array({row_key("z")}),
        json::array({json::object()}), json::array({row("a", text_of(5)), row("a", text_of(6))})}) {
    expect(rows(found.get<std::vector<json>>()));
    for (const MarkResult& mark : read()) EXPECT_FALSE(mark) << found;
  }
  EXPECT_TRUE(transport_.done());
}

TEST_F(ItemMarkReaderTest, AsksForAHundredRowsAtMost) {
  for (int i = 0; i < 150; ++i) add("k" + std::to_string(i));
  std::vector<json> found;
  for (int i = 0; i < 100; ++i) found.push_back(row("k" + std::to_string(i), text_of(7)));
  expect(rows(found));
  expect(rows({}));
  expect(marks_of({mark_of("p|k149", 3)}));
  const auto marks = read();
  EXPECT_EQ(marks[99].value(), in_item(7));
  EXPECT_EQ(marks[100].value(), std::nullopt);
  EXPECT_EQ(marks[149].value(), entry_of(3));
  EXPECT_EQ(asked_of(2)["ledger"]["Keys"].size(), 50U);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
