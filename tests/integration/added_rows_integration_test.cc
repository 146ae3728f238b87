// Commits that add to rows, on DynamoDB Local.
//
// It has no transaction conflicts: what two targets do to one row at once is refused here as the
// service would refuse it.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "events/item_key.h"
#include "handler/targets/dynamodb/dynamodb_target.h"
#include "runtime/http/curl_transport.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/patient_transport.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::DynamoDbClient;
using testing::DynamoDbLocal;

/// What the transports of some targets have in common.
struct Meeting {
  std::atomic<bool> is_taken = false;  ///< whether a transaction that adds to a row is in flight
  std::atomic<int> conflicts = 0;
  std::atomic<int> transactions = 0;
};

/// Answers a transaction that adds to a row with a conflict while another target's is in flight.
class ConflictingTransport final : public runtime::HttpTransport {
 public:
  ConflictingTransport(std::unique_ptr<runtime::HttpTransport> behind, Meeting& meeting)
      : behind_(std::move(behind)),
        meeting_(meeting) {}

  runtime::HttpRequestId start(runtime::HttpRequest request) override {
    const json body = json::parse(request.body);
    if (!body["TransactItems"].back().contains("Update")) return behind_->start(std::move(request));
    ++meeting_.transactions;
    if (meeting_.is_taken.exchange(true)) {
      ++meeting_.conflicts;
      conflict_ = conflict_of(body["TransactItems"].size());
      return kConflictId;
    }
    owned_ = behind_->start(std::move(request));
    return owned_;
  }

  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override {
    if (conflict_) return std::exchange(conflict_, std::nullopt);
    auto completion = behind_->wait_any(until);
    if (completion && completion->id == owned_) {
      owned_ = 0;
      meeting_.is_taken = false;
    }
    return completion;
  }

  std::string cancel(runtime::HttpRequestId id) override { return behind_->cancel(id); }

 private:
  static constexpr runtime::HttpRequestId kConflictId = 1'000'000;

  static runtime::HttpCompletion conflict_of(std::size_t actions) {
    json reasons(actions, {{"Code", "None"}});
    reasons.back() = {{"Code", "TransactionConflict"},
                      {"Message", "Transaction is ongoing for the item"}};
    const json body = {{"__type", "x#TransactionCanceledException"},
                       {"CancellationReasons", reasons}};
    return {.id = kConflictId,
            .result = runtime::HttpResponse{.status = 400, .headers = {}, .body = body.dump()}};
  }

  const std::unique_ptr<runtime::HttpTransport> behind_;
  Meeting& meeting_;
  std::optional<runtime::HttpCompletion> conflict_;
  runtime::HttpRequestId owned_ = 0;
};

class AddedRowsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = DynamoDbLocal::start();
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  static void TearDownTestSuite() { server.reset(); }

  void SetUp() override {
    ASSERT_TRUE(server);
    client_.emplace(server->endpoint_url());
    for (const char* table : {"groups", "items"}) {
      (void)client_->call("DeleteTable", {{"TableName", table}});
      client_->create_table(table);
    }
    (void)client_->call("DeleteTable", {{"TableName", "ledger"}});
    client_->create_ledger("ledger");
  }

  /// Applies commits through a target of its own.
  std::vector<Outcome> commit(const std::vector<Commit>& commits) {
    SystemClock clock;
    Logger logger(
        {.level = LogLevel::kTrace, .format = LogFormat::kText, .sink = [](std::string_view) {}},
        clock);
    DynamoDbOptions options;
    options.ledger_table = "ledger";
    options.region = testing::kLocalRegion;
    options.endpoint_url = server->endpoint_url();
    options.credentials =
        testing::credentials(testing::kLocalAccessKeyId, testing::kLocalSecretAccessKey);
    options.random_seed = ++seeds;
    ConflictingTransport transport(
        std::make_unique<testing::PatientTransport>(runtime::make_curl_transport(
            {.ca_bundle_path = "", .user_agent = "streamonce-tests"}, clock)),
        meeting_);
    auto target = DynamoDbTarget::create(options, transport, clock, logger);
    std::vector<Outcome> outcomes(commits.size());
    (*target)->commit(commits, outcomes, clock.steady_now() + seconds(300));
    return outcomes;
  }

  json row(const std::string& key) {
    return client_->get("groups", {{"pk", {{"S", key}}}}).value_or(json());
  }

  /// A number of a row in plain form, of which DynamoDB Local keeps the zeros at its end.
  std::string number(const std::string& key, const char* name) {
    const json there = row(key);
    if (!there.contains(name)) return "none";
    return *events::canonical_number(there[name]["N"].get<std::string>());
  }

  static void expect_all_applied(const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) EXPECT_TRUE(outcome.done()) << outcome.reason;
  }

  static std::unique_ptr<DynamoDbLocal> server;
  std::optional<DynamoDbClient> client_;
  Meeting meeting_;
  static inline std::atomic<std::uint64_t> seeds = 0;  // the server knows the tokens of all targets
};

std::unique_ptr<DynamoDbLocal> AddedRowsTest::server;

TEST_F(AddedRowsTest, ComeToBeAndGrowExactly) {
  Commits first;
  first.add_to("a", 1, {{"x", {{"n", "1"}, {"s", "0.1"}}}});
  first.add_to("b", 1, {{"x", {{"n", "1"}, {"s", "0.2"}}}, {"y", {{"n", "1"}}}});
  first.put("p", 1);
  expect_all_applied(commit(first.all()));
  EXPECT_EQ(row("x"), json::parse(R"({"pk":{"S":"x"},"n":{"N":"2"},"s":{"N":"0.3"}})"));
  EXPECT_EQ(row("y"), json::parse(R"({"pk":{"S":"y"},"n":{"N":"1"}})"));
  Commits second;
  second.add_to("a", 2, {{"x", {{"n", "-1"}, {"s", "-0.1"}, {"t", "1E-130"}}}});
  second.add_to("b", 1, {{"x", {{"n", "7"}}}});  // was done before
  expect_all_applied(commit(second.all()));
  EXPECT_EQ(number("x", "n"), "1");
  EXPECT_EQ(number("x", "s"), "0.2");
  EXPECT_EQ(number("x", "t"), "0." + std::string(129, '0') + "1");
  Commits third;
  third.add_to("a", 3, {{"y", {{"n", "5"}}}});
  third.add_to("c", 3, {{"y", {{"n", "-5"}}}});
  expect_all_applied(commit(third.all()));
  EXPECT_EQ(number("y", "n"), "1");
}

TEST_F(AddedRowsTest, TakeThousandsOfCommitsInFewTransactions) {
  Commits commits;
  for (int i = 0; i < 1'000; ++i)
    commits.add_to("k" + std::to_string(i), 1,
                   {{"all", {{"n", "1"}, {"s", std::to_string(i) + ".25"}}}});
  const auto start = std::chrono::steady_clock::now();
  expect_all_applied(commit(commits.all()));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(number("all", "n"), "1000");
  EXPECT_EQ(number("all", "s"), "499750");
  EXPECT_EQ(meeting_.transactions, 11);
  RecordProperty("commits_a_second", static_cast<int>(1'000 / took.count()));
}

TEST_F(AddedRowsTest, AreExactWhereFourTargetsMeet) {
  constexpr int kTargets = 4;
  constexpr int kCommits = 400;
  std::array<Commits, kTargets> commits;
  for (int t = 0; t < kTargets; ++t)
    for (int i = 0; i < kCommits; ++i)
      // Every other commit is one of two targets.
      commits[static_cast<std::size_t>(t)].add_to(
          "k" + std::to_string(i % 2 == 0 ? t / 2 : t) + "-" + std::to_string(i), 1,
          {{"all", {{"n", "1"}, {"s", "0.01"}}}, {"g" + std::to_string(i % 3), {{"n", "1"}}}});
  {
    std::vector<std::jthread> threads;
    for (Commits& each : commits)
      threads.emplace_back([&] { expect_all_applied(commit(each.all())); });
  }
  constexpr int kDistinct = kTargets * kCommits * 3 / 4;
  EXPECT_EQ(number("all", "n"), std::to_string(kDistinct));
  EXPECT_EQ(number("all", "s"), std::to_string(kDistinct / 100));
  int small = 0;
  for (const char* key : {"g0", "g1", "g2"}) small += std::stoi(number(key, "n"));
  EXPECT_EQ(small, kDistinct);
  EXPECT_GT(meeting_.conflicts, 0);
  RecordProperty("transactions", meeting_.transactions);
  RecordProperty("conflicts", meeting_.conflicts);
}

TEST_F(AddedRowsTest, FailOnlyThoseThatTheRowDoesNotTake) {
  client_->put("groups", {{"pk", {{"S", "text"}}}, {"n", {{"S", "SECRET"}}}});
  client_->put("groups", {{"pk", {{"S", "long"}}}, {"n", {{"N", std::string(38, '9') + "0"}}}});
  client_->put("groups", {{"pk", {{"S", "large"}}}, {"n", {{"N", "9.9E125"}}}});
  Commits commits;
  for (int i = 0; i < 20; ++i) {
    Commits::Amounts one = {{"n", "1"}};
    std::vector<std::pair<std::string, Commits::Amounts>> rows = {{"all", one}};
    if (i == 3) rows.push_back({"text", one});
    if (i == 8) rows.push_back({"long", one});
    if (i == 13) rows.push_back({"large", {{"n", "9.9E125"}}});
    commits.add_to("k" + std::to_string(i), 1, rows);
  }
  const auto outcomes = commit(commits.all());
  const std::map<std::size_t, std::string> reasons = {
      {3, "An operand in the update expression has an incorrect data type"},
      {8, "DynamoDB only supports precision up to 38 digits"},
      {13,
       "Number overflow. Attempting to store a number with magnitude larger than supported "
       "range"}};
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto reason = reasons.find(i);
    EXPECT_EQ(outcomes[i].done(), reason == reasons.end()) << outcomes[i].reason;
    if (reason == reasons.end()) continue;
    EXPECT_EQ(outcomes[i].reason, "ValidationException: " + reason->second);
    EXPECT_FALSE(outcomes[i].refused_addition) << "it has two";
  }
  EXPECT_EQ(number("all", "n"), "17");
  EXPECT_EQ(row("text")["n"]["S"], "SECRET");
}

TEST_F(AddedRowsTest, TellWhatIsWrongWithTheirTable) {
  Commits commits;
  commits.add_to("a", 1, {{"x", {{"n", "1"}}}});
  (void)client_->call("DeleteTable", {{"TableName", "groups"}});
  EXPECT_EQ(commit(commits.all())[0].reason.find(
                "target table groups was not found in eu-central-1: create it there, with the key "
                "pk (S); "),
            0U);
  client_->create_table("groups", {.key = {{"other", "S"}}});
  const std::string other_key = commit(commits.all())[0].reason;
  EXPECT_EQ(other_key.find("target table groups may have another key than records with the key pk "
                           "(S); "),
            0U)
      << other_key;
  (void)client_->call("DeleteTable", {{"TableName", "groups"}});
  client_->create_table("groups", {.key = {{"pk", "N"}}});
  const Outcome wrong_type = commit(commits.all())[0];
  EXPECT_EQ(wrong_type.refused_addition, 0U);
  EXPECT_EQ(wrong_type.reason.find("target table groups: ValidationError: One or more parameter "
                                   "values were invalid: Type mismatch for key"),
            0U)
      << wrong_type.reason;
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
