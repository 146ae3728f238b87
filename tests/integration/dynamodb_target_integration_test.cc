// The DynamoDB target against DynamoDB Local, over loopback.
//
// What real DynamoDB says to bad items, as far as it differs from DynamoDB Local, is written beside
// the case; both kinds of answer are covered by the unit tests too.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "handler/targets/dynamodb/dynamodb_target.h"
#include "handler/targets/dynamodb/transact_request.h"
#include "runtime/aws/api_client.h"
#include "runtime/aws/dynamodb_names.h"
#include "runtime/http/curl_transport.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/mark_places.h"
#include "tests/support/patient_transport.h"
#include "tests/support/secrecy.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::DynamoDbClient;
using testing::DynamoDbLocal;

constexpr seconds kLongEnough{600};

/// The table of the test in hand.
std::string items_table;

/// Commits that write it.
class Commits : public dynamodb::Commits {
 public:
  Commits() { table = items_table; }
};

/// A target with all that it borrows.
struct LocalTarget {
  explicit LocalTarget(const DynamoDbOptions& options)
      : transport(std::make_unique<testing::PatientTransport>(runtime::make_curl_transport(
            {.ca_bundle_path = "", .user_agent = "streamonce-tests"}, clock))),
        logger({.level = LogLevel::kTrace,
                .format = LogFormat::kText,
                .sink = [this](std::string_view line) { log += line; }},
               clock),
        target(DynamoDbTarget::create(options, *transport, clock, logger)) {}

  std::vector<Outcome> commit(std::span<const Commit> commits,
                              std::chrono::milliseconds time = kLongEnough) {
    std::vector<Outcome> outcomes(commits.size());
    (*target)->commit(commits, outcomes, clock.steady_now() + time);
    return outcomes;
  }

  SystemClock clock;
  std::string log;
  std::unique_ptr<runtime::HttpTransport> transport;
  Logger logger;
  Result<std::unique_ptr<DynamoDbTarget>> target;
};

std::vector<CommitResult> results_of(const std::vector<Outcome>& outcomes) {
  std::vector<CommitResult> results;
  results.reserve(outcomes.size());
  for (const Outcome& outcome : outcomes) results.push_back(outcome.result);
  return results;
}

std::size_t count(const std::vector<Outcome>& outcomes, CommitResult result) {
  const auto results = results_of(outcomes);
  return static_cast<std::size_t>(std::count(results.begin(), results.end(), result));
}

std::string item_text(const std::string& key, const std::string& value) {
  return R"({"pk":{"S":")" + key + R"("},"value":{"S":")" + value + R"("}})";
}

/// A string inside so many lists and maps.
std::string nested(int depth) {
  if (depth == 0) return R"({"S":"x"})";
  return depth % 2 == 0 ? R"({"L":[)" + nested(depth - 1) + "]}"
                        : R"({"M":{"m":)" + nested(depth - 1) + "}}";
}

class DynamoDbTargetTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = DynamoDbLocal::start();
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  static void TearDownTestSuite() { server.reset(); }

  void SetUp() override {
    ASSERT_TRUE(server);
    static std::uint64_t tests = 0;
    ++tests;
    items_table = "items-" + std::to_string(tests);
    options_.ledger_table = "ledger-" + std::to_string(tests);
    options_.region = testing::kLocalRegion;
    options_.endpoint_url = server->endpoint_url();
    options_.credentials =
        testing::credentials(testing::kLocalAccessKeyId, testing::kLocalSecretAccessKey);
    options_.random_seed = tests;
    client_.emplace(server->endpoint_url());
    client_->create_ledger(options_.ledger_table);
  }

  void create_table(std::vector<std::pair<std::string, std::string>> key = {{"pk", "S"}}) {
    client_->create_table(items_table, {.key = std::move(key)});
    local_.emplace(options_);
    ASSERT_TRUE(local_->target) << local_->target.error().message;
  }

  std::vector<Outcome> commit(const std::vector<Commit>& commits) {
    return local_->commit(commits);
  }

  CommitResult commit_one(const std::vector<Commit>& commits) {
    const auto outcomes = commit(commits);
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.at(0).result;
  }

  std::optional<json> item(const std::string& key) {
    return client_->get(items_table, {{"pk", {{"S", key}}}});
  }

  json mark(const std::string& key) {
    return client_->get(options_.ledger_table, {{"id", {{"S", "p|" + key}}}}).value_or(json());
  }

  static std::unique_ptr<DynamoDbLocal> server;
  DynamoDbOptions options_;
  std::optional<DynamoDbClient> client_;
  std::optional<LocalTarget> local_;
};

std::unique_ptr<DynamoDbLocal> DynamoDbTargetTest::server;

TEST_F(DynamoDbTargetTest, AppliesAPutWithItsMark) {
  create_table();
  Commits commits;
  commits.put("a", 202, item_text("a", "one"));
  EXPECT_EQ(commit_one(commits.all()), CommitResult::kApplied);
  EXPECT_EQ(item("a"), json::parse(item_text("a", "one")));
  EXPECT_EQ(mark("a"), json::parse(
                           R"({"id":{"S":"p|a"},"op":{"S":"put"},"at":{"N":"1700000000"},
      "v":{"S":"2026-11-21T00:44:22.580/0000000000000000000000000000000000000202"}})"));
}

TEST_F(DynamoDbTargetTest, ReadsMarksAndTellsAMalformedOne) {
  create_table();
  Commits commits;
  commits.put("a", 202);
  commits.remove("b", 203);
  ASSERT_EQ(count(commit(commits.all()), CommitResult::kApplied), 2U);
  client_->put(options_.ledger_table, {{"id", {{"S", "p|quoted \" and \xC3\xBC"}}},
                                       {"v", {{"S", version_of(204).text()}}}});
  client_->put(options_.ledger_table, {{"id", {{"S", "p|no version"}}}});
  client_->put(options_.ledger_table, {{"id", {{"S", "p|other type"}}}, {"v", {{"N", "5"}}}});
  const std::vector<std::string_view> ids = {
      "p|quoted \" and \xC3\xBC", "p|absent", "p|other type", "p|b", "p|no version", "p|a"};
  const auto marks = (*local_->target)
                         ->read_marks(testing::places_of(ids), Reading::kVersions,
                                      local_->clock.steady_now() + kLongEnough);
  ASSERT_EQ(marks.size(), ids.size());
  EXPECT_EQ(marks[0].value(), (Mark{.version = version_of(204)}));
  EXPECT_EQ(marks[1].value(), std::nullopt);
  EXPECT_EQ(marks[2].error().code, ErrorCode::kProtocol);
  EXPECT_EQ(marks[3].value(), (Mark{.version = version_of(203)}));
  EXPECT_EQ(marks[4].error().code, ErrorCode::kProtocol);
  EXPECT_EQ(marks[5].value(), (Mark{.version = version_of(202)}));
}

TEST_F(DynamoDbTargetTest, TellsWhyNoMarkCanBeRead) {
  create_table();
  options_.ledger_table = "absent";
  LocalTarget other(options_);
  const std::vector<std::string_view> ids = {"p|a", "p|b"};
  const auto marks = (*other.target)
                         ->read_marks(testing::places_of(ids), Reading::kVersions,
                                      other.clock.steady_now() + kLongEnough);
  ASSERT_EQ(marks.size(), 2U);
  for (const MarkResult& mark : marks) {
    EXPECT_EQ(mark.error().code, ErrorCode::kRejected);
    EXPECT_NE(mark.error().message.find("ResourceNotFoundException"), std::string::npos);
  }
}

TEST_F(DynamoDbTargetTest, ChangesNothingTheSecondTime) {
  create_table();
  Commits commits;
  commits.put("a", 202, item_text("a", "one"));
  ASSERT_EQ(commit_one(commits.all()), CommitResult::kApplied);
  client_->put(items_table, json::parse(item_text("a", "touched by another")));
  EXPECT_EQ(commit_one(commits.all()), CommitResult::kAlreadyApplied);
  EXPECT_EQ(item("a"), json::parse(item_text("a", "touched by another")));
}

TEST_F(DynamoDbTargetTest, ComparesVersionsAsNumbersWithinAStream) {
  create_table();
  Commits newer;
  newer.put("a", 1000, item_text("a", "newer"));
  Commits older;
  older.put("a", 999, item_text("a", "older"));
  ASSERT_EQ(commit_one(newer.all()), CommitResult::kApplied);
  EXPECT_EQ(commit_one(older.all()), CommitResult::kStale);
  EXPECT_EQ(item("a"), json::parse(item_text("a", "newer")));
}

TEST_F(DynamoDbTargetTest, NeverBringsADeletedItemBack) {
  create_table();
  Commits put;
  put.put("a", 5, item_text("a", "one"));
  Commits removed;
  removed.remove("a", 6);
  ASSERT_EQ(commit_one(put.all()), CommitResult::kApplied);
  EXPECT_EQ(commit_one(removed.all()), CommitResult::kApplied);
  EXPECT_EQ(item("a"), std::nullopt);
  EXPECT_EQ(mark("a")["op"]["S"], "remove");
  EXPECT_EQ(commit_one(put.all()), CommitResult::kStale);
  EXPECT_EQ(commit_one(removed.all()), CommitResult::kAlreadyApplied);
  EXPECT_EQ(item("a"), std::nullopt);

  Commits again;  // from a stream that was enabled later, so that its numbers began anew
  again.put("a", 1, item_text("a", "two"));
  again.all()[0].version = version_of(1, "2027-01-01T00:00:00.000");
  EXPECT_EQ(commit_one(again.all()), CommitResult::kApplied);
  EXPECT_EQ(item("a"), json::parse(item_text("a", "two")));
}

TEST_F(DynamoDbTargetTest, MarksADeleteOfWhatWasNeverThere) {
  create_table();
  Commits removed;
  removed.remove("a", 6);
  removed.all()[0].ttl = 1'800'000'000;
  EXPECT_EQ(commit_one(removed.all()), CommitResult::kApplied);
  EXPECT_EQ(mark("a")["ttl"]["N"], "1800000000");
  Commits put;
  put.put("a", 5);
  EXPECT_EQ(commit_one(put.all()), CommitResult::kStale);
}

TEST_F(DynamoDbTargetTest, JudgesEachCommitOfAMixedPack) {
  create_table();
  Commits before;
  before.put("done", 5);
  before.put("stale", 9);
  before.put("removed", 3);
  ASSERT_EQ(count(commit(before.all()), CommitResult::kApplied), 3U);
  Commits now;
  now.put("new", 1);
  now.put("done", 5);
  now.put("stale", 8);
  now.remove("removed", 4);
  now.remove("unknown", 1);
  EXPECT_EQ(results_of(commit(now.all())),
            (std::vector<CommitResult>{CommitResult::kApplied, CommitResult::kAlreadyApplied,
                                       CommitResult::kStale, CommitResult::kApplied,
                                       CommitResult::kApplied}));
  EXPECT_TRUE(item("new"));
  EXPECT_FALSE(item("removed"));
}

TEST_F(DynamoDbTargetTest, FillsTransactionsOfAHundredActions) {
  create_table();
  Commits commits;
  for (int i = 0; i < 1050; ++i) commits.put("k" + std::to_string(i), 7);
  EXPECT_EQ(count(commit(commits.all()), CommitResult::kApplied), 1050U);
  EXPECT_EQ(client_->scan(items_table).size(), 1050U);
  EXPECT_EQ(client_->scan(options_.ledger_table).size(), 1050U);
  EXPECT_EQ(count(commit(commits.all()), CommitResult::kAlreadyApplied), 1050U);
  // 21 packs, each of them sent once and once more.
  EXPECT_EQ(std::count(local_->log.begin(), local_->log.end(), '\n'), 42);
}

TEST_F(DynamoDbTargetTest, AppliesTheRestOfABatchThatWasAppliedInPart) {
  create_table();
  Commits part;
  for (int i = 0; i < 200; i += 3) part.put("k" + std::to_string(i), 7);
  ASSERT_EQ(count(commit(part.all()), CommitResult::kApplied), 67U);
  Commits whole;
  for (int i = 0; i < 200; ++i) whole.put("k" + std::to_string(i), 7);
  const auto outcomes = commit(whole.all());
  EXPECT_EQ(count(outcomes, CommitResult::kAlreadyApplied), 67U);
  EXPECT_EQ(count(outcomes, CommitResult::kApplied), 133U);
  EXPECT_EQ(client_->scan(items_table).size(), 200U);
}

TEST_F(DynamoDbTargetTest, FailsOneBadCommitAmongTwoHundredAlone) {
  create_table();
  const std::string deep = nested(32);
  const struct {
    const char* name;
    std::string image;
    const char* reason;  // DynamoDB Local's, as far as it is the service's too
  } cases[] = {
      // Both answer with a cancellation reason.
      {"key of a wrong type", R"({"pk":{"N":"1"}})", "ValidationError: One or more parameter"},
      // These are refused as a whole by both.
      {"no key", R"({"x":{"N":"1"}})", "ValidationException: One of the required keys"},
      {"empty key", R"({"pk":{"S":""}})", "ValidationException: One or more parameter values"},
      {"empty set", R"({"pk":{"S":"x"},"s":{"SS":[]}})", "ValidationException: One or more"},
      {"no number", R"({"pk":{"S":"x"},"n":{"N":"one"}})", "ValidationException: "},
      {"39 digits", R"({"pk":{"S":"x"},"n":{"N":")" + std::string(39, '1') + R"("}})",
       "ValidationException: "},
      {"too large", item_text("x", std::string(409'600, 'x')), "ValidationException: Item size"},
      {"too deep", R"({"pk":{"S":"x"},"d":)" + deep + "}", "ValidationException: Nesting Levels"},
  };
  std::uint64_t version = 1;
  for (const auto& bad : cases) {
    Commits commits;
    for (int i = 0; i < 200; ++i) {
      const std::string key = "k" + std::to_string(i);
      commits.put(key, version, i == 77 ? bad.image : "");
    }
    const auto outcomes = commit(commits.all());
    EXPECT_EQ(count(outcomes, CommitResult::kApplied), 199U) << bad.name;
    EXPECT_EQ(outcomes[77].result, CommitResult::kFailed) << bad.name;
    EXPECT_NE(outcomes[77].reason.find(bad.reason), std::string::npos) << outcomes[77].reason;
    EXPECT_TRUE(mark("k77").is_null()) << bad.name;
    ++version;
  }
}

TEST_F(DynamoDbTargetTest, AppliesItemsNestedAsDeepAsTheServiceTakesThem) {
  create_table();
  Commits commits;
  commits.put("a", 1, R"({"pk":{"S":"a"},"d":)" + nested(31) + "}");
  EXPECT_EQ(commit_one(commits.all()), CommitResult::kApplied);
}

TEST_F(DynamoDbTargetTest, PacksItemsNearFourHundredKilobytes) {
  create_table();
  Commits commits;
  for (int i = 0; i < 25; ++i) {
    const std::string key = "k" + std::to_string(i);
    commits.put(key, 1, item_text(key, std::string(409'000, 'x')));
  }
  EXPECT_EQ(count(commit(commits.all()), CommitResult::kApplied), 25U);
  EXPECT_EQ(client_->scan(items_table).size(), 25U);
  EXPECT_EQ(std::count(local_->log.begin(), local_->log.end(), '\n'), 3);
}

TEST_F(DynamoDbTargetTest, TakesNumericAndBinaryKeysAndEveryType) {
  create_table({{"n", "N"}, {"b", "B"}});
  const std::string image =
      R"({"n":{"N":"-12.50"},"b":{"B":"AP8="},"s":{"S":"\u00e9\"\\\n"},"l":{"L":[{"NULL":true}]},)"
      R"("m":{"M":{"k":{"BOOL":false}}},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]},)"
      R"("bs":{"BS":["AA=="]},"es":{"S":""},"el":{"L":[]},"em":{"M":{}}})";
  const std::string keys = R"({"n":{"N":"-12.50"},"b":{"B":"AP8="}})";
  Commits put;
  put.add(
      "x", 1,
      {.operation = Operation::kPut, .table = items_table, .keys_json = keys, .image_json = image});
  EXPECT_EQ(commit_one(put.all()), CommitResult::kApplied);
  json expected = json::parse(image);
  expected["n"]["N"] = "-12.5";
  json found = client_->get(items_table, json::parse(keys)).value_or(json());
  for (const char* set : {"ss", "ns"})
    std::sort(found[set].begin()->begin(), found[set].begin()->end());
  EXPECT_EQ(found, expected);
  Commits removed;
  removed.add("x", 2, {.operation = Operation::kRemove, .table = items_table, .keys_json = keys});
  EXPECT_EQ(commit_one(removed.all()), CommitResult::kApplied);
  EXPECT_TRUE(client_->scan(items_table).empty());
}

TEST_F(DynamoDbTargetTest, WritesAnItemOfTwoCommitsOnceInATransaction) {
  create_table();
  Commits commits;
  for (int i = 0; i < 60; ++i) {
    const std::string key = "k" + std::to_string(i);
    commits.put(key, 1, item_text(key, "first"));
  }
  for (int i = 0; i < 60; ++i) {
    const std::string key = "k" + std::to_string(i);
    commits.put_after({static_cast<CommitPlace>(i)}, "second" + std::to_string(i), key,
                      item_text(key, "second"));
  }
  EXPECT_EQ(count(commit(commits.all()), CommitResult::kApplied), 120U);
  for (const json& item : client_->scan(items_table)) EXPECT_EQ(item["value"]["S"], "second");
  EXPECT_EQ(client_->scan(options_.ledger_table).size(), 120U);

  // The service refuses the two in one transaction.
  Commits together;
  together.put("x", 1);
  together.put_after({}, "other x", "x");
  const std::string body = transact_request(together.list(), options_.ledger_table, "token");
  Logger quiet({.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
               local_->clock);
  aws::ServiceClient service({.service = aws::kDynamoDb,
                              .region = aws::Region::parse(options_.region).value(),
                              .url = options_.endpoint_url + "/",
                              .credentials = options_.credentials,
                              .random_seed = 1},
                             *local_->transport, local_->clock, quiet);
  aws::ApiClient client(service);
  Payload answer(64UL * 1024);
  const auto refused =
      client.call("TransactWriteItems", body, answer, local_->clock.steady_now() + kLongEnough);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, "ValidationException");
}

/// Versions 1 to 40 of each of 60 items: `turn` 0 has the odd ones, forwards through the items, and
/// 1 has the even ones, backwards. Gives the reason why something was not done; empty: all was.
std::string apply_half(const DynamoDbOptions& options, int turn) {
  DynamoDbOptions own = options;
  own.random_seed += (static_cast<std::uint64_t>(turn) + 1) << 32;
  LocalTarget local(own);
  for (int version = 1 + turn; version <= 40; version += 2) {
    Commits commits;
    for (int i = 0; i < 60; ++i) {
      const std::string key = "k" + std::to_string(turn == 0 ? i : 59 - i);
      const std::string value = "v" + std::to_string(version);
      if (version % 10 == 6) {
        commits.remove(key, static_cast<std::uint64_t>(version));
      } else {
        commits.put(key, static_cast<std::uint64_t>(version), item_text(key, value));
      }
    }
    for (const Outcome& outcome : local.commit(commits.all()))
      if (!outcome.done()) return outcome.reason;
  }
  return "";
}

void expect_newest(DynamoDbClient& client, const DynamoDbOptions& options) {
  const auto items = client.scan(items_table);
  EXPECT_EQ(items.size(), 60U);
  for (const json& item : items) EXPECT_EQ(item["value"]["S"], "v40");
  for (const json& mark : client.scan(options.ledger_table))
    EXPECT_EQ(mark["v"]["S"], version_of(40).text());
}

TEST_F(DynamoDbTargetTest, EndsWithTheNewestWhenTwoThreadsWorkOnTheSameItems) {
  create_table();
  std::array<std::string, 2> reasons;
  {
    std::jthread forwards([&] { reasons[0] = apply_half(options_, 0); });
    std::jthread backwards([&] { reasons[1] = apply_half(options_, 1); });
  }
  EXPECT_EQ(reasons[0], "");
  EXPECT_EQ(reasons[1], "");
  expect_newest(*client_, options_);
}

TEST_F(DynamoDbTargetTest, EndsWithTheNewestWhenTwoProcessesWorkOnTheSameItems) {
  create_table();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string reason = apply_half(options_, 0);
    std::fputs(reason.c_str(), stderr);
    _exit(reason.empty() ? 0 : 1);
  }
  EXPECT_EQ(apply_half(options_, 1), "");
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  expect_newest(*client_, options_);
}

TEST_F(DynamoDbTargetTest, SaysWhichTableHasAnotherKeyThanItMust) {
  client_->create_table("other-key", {.key = {{"mark", "S"}}});
  client_->create_table("number-key", {.key = {{"id", "N"}}});
  client_->create_table("sort-key", {.key = {{"id", "S"}, {"sk", "S"}}});
  create_table();
  const std::string items = items_table;
  const auto expect = [&](const std::string& table, const std::string& ledger,
                          const std::string& told) {
    items_table = table;
    options_.ledger_table = ledger;
    LocalTarget target(options_);
    Commits commits;
    commits.put("a", 1, item_text("a", "VALUE-MARKER"));
    commits.remove("b", 1);
    for (const Outcome& outcome : target.commit(commits.all())) {
      EXPECT_EQ(outcome.result, CommitResult::kFailed);
      EXPECT_NE(outcome.reason.find(told), std::string::npos) << outcome.reason;
      EXPECT_EQ(outcome.reason.find("MARKER"), std::string::npos) << outcome.reason;
    }
    const std::vector<std::string_view> ids = {"p|a"};
    const auto marks = (*target.target)
                           ->read_marks(testing::places_of(ids), Reading::kVersions,
                                        target.clock.steady_now() + kLongEnough);
    if (table == items) {
      ASSERT_FALSE(marks[0].has_value());
      EXPECT_EQ(marks[0].error().message.rfind(told, 0), 0U) << marks[0].error().message;
    }
  };
  const std::string ledger = options_.ledger_table;
  for (const std::string other : {"other-key", "number-key", "sort-key"}) {
    expect(items, other,
           "ledger table " + other + " must have the partition key id, a string, and no sort key");
    expect(other, ledger, "target table " + other + " may have another key than ");
  }
}

TEST_F(DynamoDbTargetTest, SaysWhichTableIsAbsent) {
  local_.emplace(options_);
  Commits commits;
  for (int i = 0; i < 120; ++i) commits.put("k" + std::to_string(i), 1);
  for (const Outcome& outcome : commit(commits.all())) {
    EXPECT_EQ(outcome.result, CommitResult::kFailed);
    EXPECT_EQ(outcome.reason.rfind("target table " + items_table + " was not found in " +
                                       testing::kLocalRegion + ": create it there",
                                   0),
              0U)
        << outcome.reason;
  }
  EXPECT_TRUE(client_->scan(options_.ledger_table).empty());
}

TEST_F(DynamoDbTargetTest, FailsEverythingAtOnceWhenTheDeadlineHasPassed) {
  create_table();
  Commits commits;
  for (int i = 0; i < 120; ++i) commits.put("k" + std::to_string(i), 1);
  for (const Outcome& outcome : local_->commit(commits.all(), std::chrono::milliseconds(-1))) {
    EXPECT_EQ(outcome.result, CommitResult::kFailed);
    EXPECT_EQ(outcome.reason, "not done before the deadline");
  }
  EXPECT_TRUE(client_->scan(items_table).empty());
}

/// What DynamoDB Local says, with `***` where it quotes. (Real DynamoDB quotes in all three cases.)
TEST_F(DynamoDbTargetTest, TellsTheSameWhateverTheServiceQuotes) {
  create_table();
  // Made of words that the service uses, and of marks that it quotes with.
  const std::vector<std::string> texts = {
      std::string(testing::kValues[0].text), "contains duplicates",  "the key is invalid",
      "a] contains an empty value [",        "not a key: the value", "S"};
  const struct {
    std::string before;
    std::string behind;
    std::vector<std::string> values;
    std::string reason;
  } cases[] = {
      {R"({"SS":["x",)", "]}", texts,
       "ValidationException: One or more parameter values were invalid: Input collection *** "
       "contains duplicates"},
      {R"({"NS":["8",)",
       "]}",
       {"7", "0", "400", "38"},
       "ValidationException: Input collection contains duplicates"},
      {R"({"N":)", "}", texts,
       "ValidationException: A value provided cannot be converted into a number"},
  };
  std::uint64_t version = 1;
  for (const auto& each : cases) {
    for (const std::string& value : each.values) {
      const std::string text = '"' + value + '"';
      const bool twice = each.behind == "]}";
      Commits commits;
      commits.put("k", version++,
                  R"({"pk":{"S":"k"},"a":)" + each.before + text + (twice ? "," + text : "") +
                      each.behind + "}");
      const Outcome outcome = commit(commits.all()).at(0);
      EXPECT_EQ(outcome.result, CommitResult::kFailed);
      EXPECT_EQ(outcome.reason, each.reason) << value;
    }
  }
}

TEST_F(DynamoDbTargetTest, LogsNoValueNoKeyAndNoCredential) {
  create_table();
  options_.credentials =
      testing::credentials(testing::kLocalAccessKeyId, testing::kLocalSecretAccessKey,
                           std::string(testing::kCredentials[2].text));
  local_.emplace(options_);
  Commits commits;
  const std::string key = testing::with_secrets("MARKkey");
  commits.put(key, 1, item_text(key, testing::with_secrets("MARKvalue")));
  ASSERT_EQ(commit_one(commits.all()), CommitResult::kApplied);
  ASSERT_EQ(commit_one(commits.all()), CommitResult::kAlreadyApplied);
  Commits bad;
  bad.put(key, 2,
          testing::with_secrets(R"({"pk":{"S":"MARKkey"},"s":{"SS":["MARKset","MARKset"]}})"));
  ASSERT_EQ(commit_one(bad.all()), CommitResult::kFailed);
  EXPECT_FALSE(local_->log.empty());
  EXPECT_EQ(testing::told_secret(local_->log), "") << local_->log;
  EXPECT_EQ(local_->log.find(testing::kLocalSecretAccessKey), std::string::npos) << local_->log;
  EXPECT_EQ(local_->log.find(testing::kLocalAccessKeyId), std::string::npos) << local_->log;
}

TEST_F(DynamoDbTargetTest, TakesAHundredActionsOfOneCommitAndNotOneMore) {
  create_table();
  Commits commits;
  std::vector<Write> writes;
  for (std::size_t i = 0; i < kActionsMax; ++i) {
    const std::string key = "k" + std::to_string(i);
    writes.push_back({.table = items_table,
                      .keys_json = commits.keep(R"({"pk":{"S":")" + key + "\"}}"),
                      .image_json = commits.keep(item_text(key, "x"))});
  }
  commits.put("a", 1);
  commits.put("b", 1);
  commits.put("c", 1);
  commits.all()[0].writes = std::span(writes).first(kActionsMax - 1);
  commits.all()[1].writes = writes;
  const auto outcomes = commit(commits.all());
  EXPECT_EQ(results_of(outcomes),
            (std::vector{CommitResult::kApplied, CommitResult::kFailed, CommitResult::kApplied}));
  EXPECT_EQ(outcomes[1].reason, "needs 101 actions in one transaction, where DynamoDB takes 100");
  EXPECT_TRUE(item("k98"));
  EXPECT_FALSE(item("k99"));
}

TEST_F(DynamoDbTargetTest, FindsRoomForConditionsOnOwners) {
  create_table();
  // As much as a transaction takes, with operands that DynamoDB Local counts.
  constexpr std::size_t kValueBytes = 180UL * 1024;
  Commits commits;
  std::deque<std::vector<events::RawAttribute>> owners;
  std::deque<std::vector<Write>> writes;
  std::deque<events::ItemKey> keys;
  for (int i = 0; i < 16; ++i) {
    const std::string key = "k" + std::to_string(i);
    commits.put(key, 1, item_text(key, std::string(kValueBytes, 'x')));
    Write write = commits.all().back().writes[0];
    ASSERT_TRUE(keys.emplace_back().add({.name = "pk", .value = commits.keep(key)}));
    write.key = &keys.back();
    write.owner = owners.emplace_back(std::vector<events::RawAttribute>{
        {"value", commits.keep(R"({"S":")" + std::string(kValueBytes, 'x') + "\"}")}});
    commits.all().back().writes = writes.emplace_back(1, write);
  }
  for (const Outcome& outcome : commit(commits.all()))
    EXPECT_EQ(outcome.result, CommitResult::kApplied) << outcome.reason;
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
