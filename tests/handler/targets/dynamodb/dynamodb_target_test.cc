#include "handler/targets/dynamodb/dynamodb_target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <random>
#include <set>

#include "handler/targets/dynamodb/transact_request.h"
#include "runtime/aws/retry.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/signed_request.h"
#include "tests/support/sigv4.h"

namespace streamonce::handler::dynamodb {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;
using testing::Fault;
using testing::FaultKind;
using testing::SeenRequest;

DynamoDbOptions good_options() {
  DynamoDbOptions options;
  options.ledger_table = "ledger";
  options.region = "eu-central-1";
  options.credentials = testing::credentials("AKID-MARKER", "SECRET-MARKER", "TOKEN-MARKER");
  options.random_seed = 1;
  return options;
}

class DynamoDbTargetTest : public ::testing::Test {
 protected:
  DynamoDbTargetTest() { open(good_options()); }

  void open(const DynamoDbOptions& options) {
    auto created = DynamoDbTarget::create(options, service_, clock_, logger_);
    ASSERT_TRUE(created) << created.error().message;
    target_ = std::move(*created);
  }

  std::vector<Outcome> commit(milliseconds time = std::chrono::seconds(60)) {
    std::vector<Outcome> outcomes(commits_.all().size());
    target_->commit(commits_.all(), outcomes, clock_.steady_now() + time);
    return outcomes;
  }

  void put(int first, int last, std::uint64_t version = 5) {
    for (int i = first; i < last; ++i) commits_.put("k" + std::to_string(i), version);
  }

  /// The `index`th request, counted from 0, has this fault; the others have none.
  void fail_request(std::size_t index, const Fault& fault) {
    service_.fault = [this, index, fault](const SeenRequest&) {
      return service_.seen.size() == index ? fault : Fault{};
    };
  }

  void fail_every_request(const Fault& fault) {
    service_.fault = [fault](const SeenRequest&) { return fault; };
  }

  /// Makes packs of one commit each, until one is applied: large ones take their time here.
  void shrink_packs() {
    commits_.put("shrink", 1);
    fail_every_request({.kind = FaultKind::kConflict, .conflicting = {"p|shrink"}});
    commit(milliseconds(50));
    commits_ = Commits();
    service_.drain();
    service_.seen.clear();
    service_.fault = {};
  }

  /// Counts from here on, and asks what is charged.
  void count_figures() {
    DynamoDbOptions options = good_options();
    options.figures = &figures_;
    open(options);
  }

  std::vector<std::size_t> commits_of_requests() const {
    std::vector<std::size_t> sizes;
    for (const SeenRequest& each : service_.seen) sizes.push_back(each.ledger_ids.size());
    return sizes;
  }

  static void expect_all(const std::vector<Outcome>& outcomes, CommitResult result,
                         const std::string& reason = {}) {
    for (const Outcome& outcome : outcomes) {
      EXPECT_EQ(outcome.result, result);
      EXPECT_EQ(outcome.reason, reason);
    }
  }

  testing::FakeClock clock_;
  testing::FakeDynamoDb service_{clock_};
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  TargetFigures figures_;  // of targets from count_figures() on
  std::unique_ptr<DynamoDbTarget> target_;
  Commits commits_;
};

/// Another account's tables, by their ARNs.
TEST_F(DynamoDbTargetTest, SendsArnsAsTheyAreToTheirRegion) {
  const std::string start = "arn:aws-cn:dynamodb:cn-north-1:210987654321:table/";
  DynamoDbOptions options = good_options();
  options.ledger_table = start + "ledger";
  options.region = "cn-north-1";
  open(options);
  service_.ledger = options.ledger_table;
  const std::string items = start + "items";
  commits_.table = items;
  put(0, 1);
  commits_.remove("gone", 7);
  expect_all(commit(), CommitResult::kApplied);
  ASSERT_EQ(service_.seen.size(), 1U);
  const runtime::HttpRequest& request = service_.seen[0].request;
  EXPECT_EQ(request.url, "https://dynamodb.cn-north-1.amazonaws.com.cn/");
  EXPECT_EQ(testing::check_signature(request, "SECRET-MARKER").scope,
            "AKID-MARKER/20261121/cn-north-1/dynamodb/aws4_request");
  std::multiset<std::string> tables;
  const auto body = nlohmann::json::parse(request.body);
  for (const auto& action : body["TransactItems"])
    for (const auto& [kind, what] : action.items())
      tables.insert(kind + " " + what["TableName"].get<std::string>());
  EXPECT_EQ(tables,
            (std::multiset<std::string>{"Delete " + items, "Put " + items, "Put " + service_.ledger,
                                        "Put " + service_.ledger}));
}

/// Notes the time that it is given, and has nothing within it.
class NotInTime final : public aws::CredentialsProvider {
 public:
  Result<std::shared_ptr<const aws::Credentials>> get(WallTime, milliseconds time_left) override {
    given = time_left;
    return Error{ErrorCode::kTimeout, "the role does not come"};
  }

  milliseconds given{0};
};

/// Lambda's init phase ends after 10 s.
TEST_F(DynamoDbTargetTest, CredentialsHaveHalfOfTheInitPhaseAtTheStart) {
  const auto provider = std::make_shared<NotInTime>();
  DynamoDbOptions options = good_options();
  options.credentials = provider;
  const auto created = DynamoDbTarget::create(options, service_, clock_, logger_);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().message, "the role does not come");
  EXPECT_EQ(provider->given, std::chrono::seconds(5));
}

constexpr const char* kBadSignature =
    "InvalidSignatureException: the service does not take the signature: the secret access key is "
    "wrong, a proxy changes requests, or a clock is wrong";

using Sizes = std::vector<std::size_t>;

TEST_F(DynamoDbTargetTest, SendsNothingForNothing) {
  commit();
  EXPECT_TRUE(service_.seen.empty());
}

TEST_F(DynamoDbTargetTest, SendsASignedTransaction) {
  put(0, 2);
  expect_all(commit(), CommitResult::kApplied);
  ASSERT_EQ(service_.seen.size(), 1U);
  const runtime::HttpRequest& request = service_.seen[0].request;
  EXPECT_EQ(request.method, runtime::HttpMethod::kPost);
  EXPECT_EQ(request.url, "https://dynamodb.eu-central-1.amazonaws.com/");
  ASSERT_EQ(request.headers.size(), 6U);
  EXPECT_EQ(request.headers[0], "Content-Type: application/x-amz-json-1.0");
  EXPECT_EQ(request.headers[1], "X-Amz-Target: DynamoDB_20120810.TransactWriteItems");
  EXPECT_EQ(request.timeout, milliseconds(5000));
  EXPECT_EQ(request.body_bytes_max, 320U * 1024);
  EXPECT_TRUE(request.use_proxy);
  const testing::SignatureCheck check = testing::check_signature(request, "SECRET-MARKER");
  EXPECT_EQ(check.scope, "AKID-MARKER/20261121/eu-central-1/dynamodb/aws4_request");
  EXPECT_EQ(check.problem, "");
  EXPECT_EQ(check.found, check.expected);
  EXPECT_EQ(testing::header_of(request, "X-Amz-Security-Token"), "TOKEN-MARKER");
  EXPECT_EQ(service_.seen[0].token.size(), 32U);
  EXPECT_TRUE(service_.tables["items"].contains("k0"));
}

/// The entry may come back, and what is alone is not halved.
TEST_F(DynamoDbTargetTest, GivesTheAnswerToOneCommitRoomForAWholeEntry) {
  put(0, 1);
  expect_all(commit(), CommitResult::kApplied);
  ASSERT_EQ(service_.seen.size(), 1U);
  EXPECT_EQ(service_.seen[0].request.body_bytes_max, 4U * 1024 * 1024);
}

TEST_F(DynamoDbTargetTest, KeepsSoManyTransactionsInFlightAndNoMore) {
  put(0, 1000);
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 20U);
  EXPECT_EQ(service_.in_flight_most, 8U);

  DynamoDbOptions options = good_options();
  options.transactions_in_flight = 3;
  options.random_seed = 2;  // with the same tokens, the same requests would just be answered again
  open(options);
  service_.in_flight_most = 0;
  expect_all(commit(), CommitResult::kAlreadyApplied);
  EXPECT_EQ(service_.in_flight_most, 3U);
}

TEST_F(DynamoDbTargetTest, NeverUsesATokenForOtherContents) {
  put(0, 200);
  commits_.put("bad", 5, R"({"pk":{"S":"bad"},"invalid":{"BOOL":true}})");
  put(200, 400);
  std::mt19937_64 random(7);
  service_.fault = [&](const SeenRequest&) {
    return Fault{.kind = random() % 3 == 0 ? FaultKind::kLostAnswer : FaultKind::kNone};
  };
  commit();
  std::map<std::string, std::string> bodies;
  for (const SeenRequest& each : service_.seen) {
    const auto [known, is_new] = bodies.emplace(each.token, each.request.body);
    EXPECT_EQ(known->second, each.request.body);
  }
  EXPECT_LT(bodies.size(), service_.seen.size());
}

TEST_F(DynamoDbTargetTest, SendsTheSameBytesAgainWhenTheAnswerWasLost) {
  for (const FaultKind kind :
       {FaultKind::kLostAnswer, FaultKind::kLostRequest, FaultKind::kSlow, FaultKind::kLateError,
        FaultKind::kInternalError, FaultKind::kGarbage, FaultKind::kCutShort}) {
    service_.seen.clear();
    service_.tables.clear();
    service_.times_applied.clear();
    commits_ = Commits();
    put(0, 3);
    fail_request(0, {.kind = kind});
    expect_all(commit(), CommitResult::kApplied);
    service_.drain();
    ASSERT_EQ(service_.seen.size(), 2U);
    EXPECT_EQ(service_.seen[0].request.body, service_.seen[1].request.body);
    for (const auto& [mark, times] : service_.times_applied) EXPECT_EQ(times, 1) << mark.first;
    EXPECT_EQ(service_.times_applied.size(), 3U);
  }
}

TEST_F(DynamoDbTargetTest, TakesItsOwnLostCommitForAlreadyApplied) {
  put(0, 2);
  commits_.put("k9", 5);
  // The first attempt is committed unseen; the second is cancelled for k9's sake, so that the third
  // has other contents and finds the marks of the first.
  service_.fault = [this](const SeenRequest&) -> Fault {
    if (service_.seen.empty()) return {.kind = FaultKind::kLostAnswer};
    if (service_.seen.size() == 1)
      return {.kind = FaultKind::kAnswer,
              .status = 400,
              .body = R"({"__type":"x#TransactionCanceledException","CancellationReasons":[)"
                      R"({"Code":"None"},{"Code":"None"},{"Code":"None"},{"Code":"None"},)"
                      R"({"Code":"TransactionConflict"},{"Code":"None"}]})"};
    return {};
  };
  expect_all(commit(), CommitResult::kAlreadyApplied);
  for (const auto& [mark, times] : service_.times_applied) EXPECT_EQ(times, 1) << mark.first;
}

TEST_F(DynamoDbTargetTest, TriesUntilTheDeadlineAndTellsTheServicesWords) {
  put(0, 2);
  fail_every_request({.kind = FaultKind::kThrottled});
  const SteadyTime start = clock_.steady_now();
  expect_all(commit(milliseconds(30'000)), CommitResult::kFailed,
             "not done before the deadline; before that: ThrottlingException: Rate exceeded");
  EXPECT_LE(clock_.steady_now() - start, milliseconds(30'000));
  EXPECT_GT(service_.seen.size(), 4U);
  EXPECT_LT(service_.seen.size(), 30U);
  EXPECT_LE(clock_.sleeps.at(0), aws::kThrottledDelayBase);
}

TEST_F(DynamoDbTargetTest, SaysWhatBrokeWhenThereWasNoAnswer) {
  put(0, 2);
  fail_every_request({.kind = FaultKind::kLostRequest});
  expect_all(commit(milliseconds(10'000)), CommitResult::kFailed,
             "not done before the deadline; before that: connection reset");
  EXPECT_TRUE(service_.tables["items"].empty());
}

/// The most requests within any time so long.
std::size_t most_within(const std::vector<SeenRequest>& seen, milliseconds time) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < seen.size(); ++last) {
    while (seen[first].at + time <= seen[last].at) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST_F(DynamoDbTargetTest, BoundsTheRateOfItsRequestsInAnOutage) {
  constexpr std::size_t kPacks = 20;
  shrink_packs();
  put(0, kPacks);
  fail_every_request({.kind = FaultKind::kLostRequest});
  const SteadyTime start = clock_.steady_now();
  expect_all(commit(milliseconds(900'000)), CommitResult::kFailed,
             "not done before the deadline; before that: connection reset");
  EXPECT_GT(clock_.steady_now(), start + milliseconds(890'000));  // it does not give up early
  const std::size_t quick = aws::RetryBudget::kTokensMax / aws::RetryBudget::kRetryCost;
  EXPECT_LE(most_within(service_.seen, milliseconds(1'000)), kPacks + quick);
  // Late attempts of a pack are 10 s apart on the average, but for the last ones, for which less
  // and less time is left.
  EXPECT_LE(service_.seen.size(), kPacks + quick + kPacks * (900 / 10 + 30));

  // Without tokens; as in the invocation after that.
  service_.seen.clear();
  expect_all(commit(milliseconds(900'000)), CommitResult::kFailed,
             "not done before the deadline; before that: connection reset");
  EXPECT_LE(most_within(service_.seen, milliseconds(1'000)), 5 * kPacks);
  EXPECT_LE(service_.seen.size(), kPacks * (900 / 10 + 30));
}

TEST_F(DynamoDbTargetTest, ToleratesAnErrorRightAfterAnOutage) {
  shrink_packs();
  put(0, 20);
  fail_every_request({.kind = FaultKind::kLostRequest});
  commit(milliseconds(60'000));
  service_.drain();
  service_.seen.clear();
  std::size_t next = 0;
  service_.fault = [&](const SeenRequest&) {
    return Fault{.kind = next++ == 0 ? FaultKind::kInternalError : FaultKind::kNone};
  };
  commits_ = Commits();
  put(0, 1, 6);
  expect_all(commit(milliseconds(30'000)), CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 2U);
}

TEST_F(DynamoDbTargetTest, PaysForThrottlingThatComesAsCancellationReasons) {
  shrink_packs();
  put(0, 20);
  service_.fault = [](const SeenRequest& seen) -> Fault {
    return {.kind = FaultKind::kConflict,
            .conflicting = {seen.ledger_ids.begin(), seen.ledger_ids.end()},
            .reason_code = "ThrottlingError"};
  };
  for (const Outcome& outcome : commit(milliseconds(300'000)))
    EXPECT_EQ(outcome.result, CommitResult::kFailed);
  // With all tokens spent, a broken connection is waited for as after throttling.
  commits_ = Commits();
  put(0, 1, 6);
  clock_.sleeps.clear();
  for (int round = 0; round < 20; ++round) {
    commits_ = Commits();
    put(0, 1, static_cast<std::uint64_t>(6 + round));
    service_.seen.clear();
    fail_request(0, {.kind = FaultKind::kLostRequest});
    expect_all(commit(), CommitResult::kApplied);
  }
  EXPECT_GT(*std::max_element(clock_.sleeps.begin(), clock_.sleeps.end()), 4 * aws::kDelayBase);
}

TEST_F(DynamoDbTargetTest, SendsTheInnocentNotAtOnceWhereTheServiceThrottles) {
  put(0, 50);
  service_.fault = [](const SeenRequest& seen) -> Fault {
    return {.kind = FaultKind::kConflict,
            .conflicting = {seen.ledger_ids.front()},
            .reason_code = "ProvisionedThroughputExceeded"};
  };
  const SteadyTime start = clock_.steady_now();
  commit(milliseconds(10'000));
  const auto early = [start](const SeenRequest& seen) {
    return seen.at < start + milliseconds(500);
  };
  EXPECT_LE(std::count_if(service_.seen.begin(), service_.seen.end(), early), 20);
}

TEST_F(DynamoDbTargetTest, SendsNothingThatCouldNotBeAnsweredInTime) {
  put(0, 120);
  expect_all(commit(milliseconds(19)), CommitResult::kFailed, "not done before the deadline");
  EXPECT_TRUE(service_.seen.empty());
  // The first ones end when too little is left for the others.
  fail_every_request({.latency = milliseconds(85)});
  put(120, 500);
  commit(milliseconds(100));
  EXPECT_EQ(service_.seen.size(), 8U);
}

TEST_F(DynamoDbTargetTest, NeverWaitsLongerThanTheDeadlineLeavesForAnotherAttempt) {
  for (std::uint64_t version = 1; version <= 20; ++version) {
    commits_ = Commits();
    put(0, 1, version);
    service_.seen.clear();
    fail_request(0, {.kind = FaultKind::kThrottled});  // a delay of up to a second
    expect_all(commit(milliseconds(100)), CommitResult::kApplied);
  }
}

TEST_F(DynamoDbTargetTest, MakesSmallerTransactionsAfterAConflictAndLargerOnesAfterSuccesses) {
  put(0, 100);
  fail_request(0, {.kind = FaultKind::kConflict, .conflicting = {"p|k7"}});
  expect_all(commit(), CommitResult::kApplied);
  service_.seen.clear();
  commits_ = Commits();
  put(0, 200, 6);
  DynamoDbOptions options = good_options();
  options.transactions_in_flight = 1;
  options.random_seed = 3;
  open(options);
  fail_request(0, {.kind = FaultKind::kConflict, .conflicting = {"p|k7"}});
  expect_all(commit(), CommitResult::kApplied);
  const Sizes sizes = commits_of_requests();
  EXPECT_EQ(sizes[0], 50U);
  EXPECT_EQ(sizes[1], 25U);
  EXPECT_EQ(sizes[2], 25U);  // what the second left of its pack
  EXPECT_EQ(sizes[3], 37U);
}

TEST_F(DynamoDbTargetTest, GetsOverConnectionsThatDiedWithoutAWordWhileItWasFrozen) {
  put(0, 400);
  commit();
  EXPECT_EQ(service_.connections, 8U);
  std::uint64_t version = 5;
  for (const int commits : {400, 1, 1000}) {
    service_.kill_kept_connections();
    service_.seen.clear();
    commits_ = Commits();
    put(0, commits, ++version);
    expect_all(commit(milliseconds(2'750)), CommitResult::kApplied);
    EXPECT_EQ(service_.seen.front().request.timeout, milliseconds(2'750) / 3);
  }
}

TEST_F(DynamoDbTargetTest, GetsOverDeadConnectionsWithTheHalvesOfAPackToo) {
  put(0, 400);
  commit();
  service_.kill_kept_connections();
  commits_ = Commits();
  commits_.put("bad", 6, R"({"pk":{"S":"bad"},"invalid":{"BOOL":true}})");
  put(1, 3, 6);
  const auto outcomes = commit(milliseconds(2'750));
  EXPECT_EQ(outcomes[0].reason, "ValidationException: An item is invalid");
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
  EXPECT_EQ(outcomes[2].result, CommitResult::kApplied);
}

TEST_F(DynamoDbTargetTest, GivesALaterAttemptItsTimeAndAConnectionOfItsOwn) {
  put(0, 1);
  commit();
  service_.kill_kept_connections();
  service_.seen.clear();
  commits_ = Commits();
  put(0, 1, 6);
  expect_all(commit(), CommitResult::kApplied);
  ASSERT_EQ(service_.seen.size(), 2U);
  EXPECT_EQ(service_.seen[0].request.timeout, milliseconds(1'000));
  EXPECT_FALSE(service_.seen[0].request.fresh_connection);
  EXPECT_EQ(service_.seen[1].request.timeout, milliseconds(5'000));
  EXPECT_TRUE(service_.seen[1].request.fresh_connection);
  // A large body has more time.
  commits_ = Commits();
  const std::string value(390'000, 'x');
  for (const char* key : {"a", "b", "c"})
    commits_.put(key, 7,
                 R"({"pk":{"S":")" + std::string(key) + R"("},"v":{"S":")" + value + "\"}}");
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_GE(service_.seen[2].request.timeout, milliseconds(2'170));
}

TEST_F(DynamoDbTargetTest, DoesNotTakeASlowAnswerForADeadConnectionEachTime) {
  fail_every_request({.latency = milliseconds(1'500)});
  for (const std::uint64_t version : {5U, 6U, 7U}) {
    commits_ = Commits();
    put(0, 1, version);
    expect_all(commit(), CommitResult::kApplied);
  }
  ASSERT_EQ(service_.seen.size(), 3U);
  EXPECT_EQ(service_.seen[1].request.timeout, milliseconds(4'500));
}

TEST_F(DynamoDbTargetTest, SetsItsClockRightOnceWhenASignatureIsRefused) {
  put(0, 1);
  const Fault refused{.kind = FaultKind::kAnswer,
                      .status = 400,
                      .headers = {{"date", "Sat, 21 Nov 2026 03:44:22 GMT"}},
                      .body = R"({"__type":"x#InvalidSignatureException","message":"expired"})"};
  fail_request(0, refused);
  expect_all(commit(), CommitResult::kApplied);
  ASSERT_EQ(service_.seen.size(), 2U);
  EXPECT_EQ(testing::signed_at(service_.seen[0].request),
            testing::whole_seconds(clock_.now() - milliseconds(20)));
  EXPECT_EQ(testing::signed_at(service_.seen[1].request),
            testing::whole_seconds(clock_.now() - milliseconds(10) +
                                   (std::chrono::hours(3) - milliseconds(590))));
  // A second refusal is not the clock's fault.
  commits_ = Commits();
  put(0, 1, 6);
  fail_every_request(refused);
  expect_all(commit(), CommitResult::kFailed,
             kBadSignature + "; the service's clock is 10799 seconds ahead of ours"s);
  EXPECT_EQ(service_.seen.size(), 3U);
}

std::string http_date(WallTime time) {
  const std::time_t whole =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&whole, &utc);
  std::array<char, 40> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

/// A service that takes signatures of 5 minutes around its own time, and tells it.
std::function<Fault(const SeenRequest&)> strict_about_time(const testing::FakeClock& clock,
                                                           const milliseconds& ahead) {
  return [&](const SeenRequest& seen) -> Fault {
    const WallTime time = clock.now() + ahead;
    if (std::chrono::abs(testing::signed_at(seen.request) - time) < std::chrono::minutes(5))
      return {};
    return {.kind = FaultKind::kAnswer,
            .status = 400,
            .headers = {{"date", http_date(time)}},
            .body = R"({"__type":"x#InvalidSignatureException","message":"expired"})"};
  };
}

TEST_F(DynamoDbTargetTest, SignsAgainAllThatWasInFlightWhenTheClockWasSetRight) {
  const milliseconds ahead = std::chrono::hours(3);
  service_.fault = strict_about_time(clock_, ahead);
  put(0, 400);
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 16U);  // eight in flight, each once more
}

TEST_F(DynamoDbTargetTest, FollowsItsClockWheneverThatIsSet) {
  milliseconds ahead{0};
  service_.fault = strict_about_time(clock_, ahead);
  std::uint64_t version = 1;
  for (const int hours : {0, 3, 0, -2, 5, 0}) {
    ahead = std::chrono::hours(hours);
    commits_ = Commits();
    put(0, 400, ++version);
    service_.seen.clear();
    expect_all(commit(), CommitResult::kApplied);
    EXPECT_EQ(service_.seen.size(), version == 2 ? 8U : 16U) << hours;
  }
  EXPECT_LE(testing::signed_at(service_.seen.back().request), clock_.now());  // ours is right
}

TEST_F(DynamoDbTargetTest, GivesUpOnAServiceWhoseClocksContradictEachOther) {
  service_.fault = [&](const SeenRequest&) -> Fault {
    const auto hours = std::chrono::hours(service_.seen.size() % 2 == 0 ? 3 : -3);
    return {.kind = FaultKind::kAnswer,
            .status = 400,
            .headers = {{"date", http_date(clock_.now() + hours)}},
            .body = R"({"__type":"x#InvalidSignatureException","message":"expired"})"};
  };
  put(0, 400);
  for (const Outcome& outcome : commit()) EXPECT_EQ(outcome.result, CommitResult::kFailed);
  EXPECT_LE(service_.seen.size(), 8U * (1 + aws::kClockMendsMax));
}

TEST_F(DynamoDbTargetTest, ARefusedSignatureWithTheRightTimeIsFinal) {
  put(0, 1);
  fail_every_request({.kind = FaultKind::kAnswer,
                      .status = 400,
                      .headers = {{"date", "Sat, 21 Nov 2026 00:44:59 GMT"}},
                      .body = R"({"__type":"x#InvalidSignatureException","message":"wrong"})"});
  expect_all(commit(), CommitResult::kFailed,
             kBadSignature + "; the service's clock is 36 seconds ahead of ours"s);
  EXPECT_EQ(service_.seen.size(), 1U);
}

TEST_F(DynamoDbTargetTest, SettlesEachCommitOfACancelledTransactionAndSendsTheRestAtOnce) {
  put(0, 4, 5);
  commit();
  service_.seen.clear();
  commits_ = Commits();
  put(0, 1, 5);                                                            // already applied
  put(1, 2, 4);                                                            // stale
  commits_.put("k2", 6, R"({"pk":{"S":"k2"},"mistyped":{"BOOL":true}})");  // refused
  put(3, 6, 7);                                                            // innocent
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].result, CommitResult::kAlreadyApplied);
  EXPECT_EQ(outcomes[1].result, CommitResult::kStale);
  EXPECT_EQ(outcomes[2].result, CommitResult::kFailed);
  EXPECT_EQ(
      outcomes[2].reason,
      "target table items: ValidationError: Type mismatch for key; target table items may have "
      "another key than this record");
  for (std::size_t i = 3; i < 6; ++i) EXPECT_EQ(outcomes[i].result, CommitResult::kApplied);
  EXPECT_EQ(commits_of_requests(), (Sizes{6, 3}));
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(DynamoDbTargetTest, GivesNoAdviceOnTheTableForOneRecordWithAnotherKey) {
  events::ItemKey number;
  ASSERT_TRUE(number.add({.name = "id", .type = events::KeyType::kNumber, .value = "7"}));
  put(0, 2);
  commits_.add("k2", 1,
               {.operation = Operation::kPut,
                .table = "items",
                .key = &number,
                .keys_json = R"({"pk":{"S":"k2"}})",
                .image_json = R"({"pk":{"S":"k2"},"mistyped":{"BOOL":true}})"});
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].result, CommitResult::kApplied);
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
  EXPECT_EQ(outcomes[2].reason,
            "target table items: ValidationError: Type mismatch for key; target table items may "
            "have another key than records with the key id (N)");
}

TEST_F(DynamoDbTargetTest, SendsTheHinderedAfterAPauseAndTheInnocentWithout) {
  put(0, 5);
  fail_request(0, {.kind = FaultKind::kConflict, .conflicting = {"p|k1", "p|k3"}});
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(commits_of_requests(), (Sizes{5, 2, 1, 2}));  // two at a time, after a conflict of five
  EXPECT_EQ(service_.seen[1].ledger_ids, (std::vector<std::string>{"p|k0", "p|k2"}));
  EXPECT_EQ(service_.seen[1].at - service_.seen[0].at, milliseconds(10));
  EXPECT_EQ(service_.seen[2].at - service_.seen[0].at, milliseconds(10));
  EXPECT_EQ(service_.seen[3].ledger_ids, (std::vector<std::string>{"p|k1", "p|k3"}));
}

std::string item_of_writer(const std::string& key, const std::string& writer) {
  return R"({"pk":{"S":")" + key + R"("},"writer":{"S":")" + writer + R"("}})";
}

using Ids = std::vector<std::string>;

TEST_F(DynamoDbTargetTest, GivesBackTheEntryThatIsThereInOneTrip) {
  commits_.put("k0", 5);
  commits_.all()[0].content = "what";
  commits_.all()[0].seen = Seen{};
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(service_.seen[0].request.body_bytes_max, 4UL * 1024 * 1024);
  service_.seen.clear();
  // (The service of this test compares versions only, as a mirror's condition does.)
  commits_ = Commits();
  put(0, 1, 6);
  put(1, 3, 6);
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].result, CommitResult::kChanged);
  EXPECT_FALSE(outcomes[0].done());
  ASSERT_TRUE(outcomes[0].found);
  EXPECT_EQ(outcomes[0].found->content, "what");
  EXPECT_EQ(outcomes[0].reason.find("the ledger's entry holds what views remember"), 0U);
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
  EXPECT_EQ(commits_of_requests(), (Sizes{3, 2}));
  EXPECT_EQ(service_.tables["ledger"]["p|k0"]["w"]["S"], "what");
}

TEST_F(DynamoDbTargetTest, WritesOneItemInTransactionsOfTheirOwnInOrder) {
  commits_.put("x", 1, item_of_writer("x", "first"));
  commits_.put_after({0}, "second", "x", item_of_writer("x", "second"));
  commits_.put("y", 1);
  commits_.put_after({1}, "third", "x", item_of_writer("x", "third"));
  expect_all(commit(), CommitResult::kApplied);
  ASSERT_EQ(service_.seen.size(), 3U);
  EXPECT_EQ(service_.seen[0].ledger_ids, (Ids{"p|x", "p|y"}));
  EXPECT_EQ(service_.seen[1].ledger_ids, Ids{"p|second"});
  EXPECT_EQ(service_.seen[2].ledger_ids, Ids{"p|third"});
  for (std::size_t i = 1; i < 3; ++i)
    EXPECT_GE(service_.seen[i].at - service_.seen[i - 1].at, milliseconds(10)) << "not answered";
  EXPECT_EQ(service_.tables["items"]["x"]["writer"]["S"], "third");
}

TEST_F(DynamoDbTargetTest, PacksWhatIsReleasedTogether) {
  put(0, 50);
  for (int i = 0; i < 50; ++i)
    commits_.put_after({static_cast<CommitPlace>(i)}, "again" + std::to_string(i),
                       "k" + std::to_string(i));
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(commits_of_requests(), (Sizes{50, 50}));
}

TEST_F(DynamoDbTargetTest, HoldsACommitBackUntilTheOneBeforeItIsCertain) {
  for (const FaultKind kind :
       {FaultKind::kLostAnswer, FaultKind::kSlow, FaultKind::kLateError, FaultKind::kThrottled,
        FaultKind::kInternalError, FaultKind::kLostRequest, FaultKind::kReasonless}) {
    service_.seen.clear();
    service_.tables.clear();
    commits_ = Commits();
    commits_.put("x", 1, item_of_writer("x", "first"));
    commits_.put_after({0}, "second", "x", item_of_writer("x", "second"));
    fail_request(0, {.kind = kind});
    for (const Outcome& outcome : commit()) EXPECT_TRUE(outcome.done()) << outcome.reason;
    service_.drain();
    ASSERT_EQ(service_.seen.size(), 3U);
    EXPECT_EQ(service_.seen[1].ledger_ids, Ids{"p|x"});
    EXPECT_EQ(service_.seen[2].ledger_ids, Ids{"p|second"});
    EXPECT_EQ(service_.tables["items"]["x"]["writer"]["S"], "second");
  }
}

TEST_F(DynamoDbTargetTest, GoesOnBehindACommitThatIsRefused) {
  for (const std::string flaw : {"invalid", "mistyped"}) {
    service_.seen.clear();
    service_.tables.clear();
    commits_ = Commits();
    commits_.put("x", 1, R"({"pk":{"S":"x"},")" + flaw + R"(":{"BOOL":true}})");
    commits_.put_after({0}, "second", "x", item_of_writer("x", "second"));
    commits_.put("y", 1);
    const auto outcomes = commit();
    EXPECT_EQ(outcomes[0].result, CommitResult::kFailed);
    EXPECT_EQ(outcomes[1].result, CommitResult::kApplied) << outcomes[1].reason;
    EXPECT_EQ(outcomes[2].result, CommitResult::kApplied);
    EXPECT_EQ(service_.seen.back().ledger_ids, Ids{"p|second"});
  }
}

TEST_F(DynamoDbTargetTest, FailsWhatIsHeldWhenTheDeadlineIsNear) {
  commits_.put("x", 1);
  commits_.put_after({0}, "second", "x");
  commits_.put("y", 1);
  commits_.put_after({2}, "after y", "y");
  fail_every_request({.kind = FaultKind::kConflict, .conflicting = {"p|x"}});
  const SteadyTime start = clock_.steady_now();
  const auto outcomes = commit(milliseconds(20'000));
  EXPECT_LE(clock_.steady_now() - start, milliseconds(20'000));
  EXPECT_EQ(outcomes[0].result, CommitResult::kFailed);
  EXPECT_EQ(outcomes[1].result, CommitResult::kFailed);
  EXPECT_EQ(outcomes[1].reason, "not done before the deadline");
  EXPECT_EQ(outcomes[2].result, CommitResult::kApplied);
  EXPECT_EQ(outcomes[3].result, CommitResult::kApplied) << "another item's commit held it back";
  for (const SeenRequest& each : service_.seen)
    EXPECT_EQ(std::count(each.ledger_ids.begin(), each.ledger_ids.end(), "p|second"), 0);
}

TEST_F(DynamoDbTargetTest, FailsWhatIsHeldWhenWhatIsInFlightIsGivenUp) {
  commits_.put("x", 1);
  commits_.put_after({0}, "second", "x");
  fail_every_request({.kind = FaultKind::kSlow});
  expect_all(commit(milliseconds(-1)), CommitResult::kFailed, "not done before the deadline");
  const auto outcomes = commit(milliseconds(900));
  EXPECT_EQ(outcomes[0].result, CommitResult::kFailed);
  EXPECT_EQ(outcomes[1].reason, "not done before the deadline");
}

TEST_F(DynamoDbTargetTest, NamesTheTableOfTheWriteThatIsAtFault) {
  const std::vector<Write> writes = {
      {.table = "first", .keys_json = R"({"pk":{"S":"a"}})", .image_json = R"({"pk":{"S":"a"}})"},
      {.table = "second",
       .keys_json = R"({"pk":{"S":"a"}})",
       .image_json = R"({"pk":{"S":"a"},"mistyped":{"BOOL":true}})"}};
  commits_.put("a", 1);
  commits_.all()[0].writes = writes;
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].reason,
            "target table second: ValidationError: Type mismatch for key; target table second may "
            "have another key than this record");

  service_.absent = {"second"};
  service_.seen.clear();
  EXPECT_EQ(commit()[0].reason.find("target table second was not found in eu-central-1: "), 0U);
  EXPECT_EQ(service_.seen.size(), 4U);  // the transaction, and a look at each of three tables
  std::set<std::string> tokens;
  for (const SeenRequest& each : service_.seen) {
    EXPECT_TRUE(tokens.insert(each.token).second);
    EXPECT_LE(each.token.size(), kTokenLengthMax);
  }
}

TEST_F(DynamoDbTargetTest, SaysThatATableIsAbsentWhichOnlyALaterCommitWrites) {
  commits_.put("a", 1);
  commits_.table = "others";
  commits_.put("b", 1);
  service_.absent = {"others"};
  for (const Outcome& outcome : commit())
    EXPECT_EQ(outcome.reason.rfind("target table others was not found in eu-central-1: ", 0), 0U)
        << outcome.reason;
}

/// The first attempt may still arrive: behind it, the later change would be written over.
TEST_F(DynamoDbTargetTest, SendsNoLaterCommitOnceTimeHasRunOutForAnEarlierOne) {
  for (const int time_left : {19, 20}) {
    SCOPED_TRACE(time_left);
    commits_ = Commits();
    commits_.put("first", 1);
    commits_.put_after({0}, "second", "first");
    service_.seen.clear();
    fail_request(0, {.kind = FaultKind::kSlow});
    open(good_options());
    for (const Outcome& outcome : commit(milliseconds(5'000 + time_left)))
      EXPECT_EQ(outcome.result, CommitResult::kFailed);
    for (const SeenRequest& each : service_.seen)
      EXPECT_EQ(each.ledger_ids, std::vector<std::string>{"p|first"});
    service_.drain();
    service_.tables.clear();
  }
}

/// The same where what was sent again is refused for good, as by a policy that was changed.
TEST_F(DynamoDbTargetTest, SendsNoLaterCommitWhileALostAttemptOfAnEarlierOneMayArrive) {
  commits_.put("x", 1, item_of_writer("x", "first"));
  commits_.put_after({0}, "second", "x", item_of_writer("x", "second"));
  commits_.put_after({1}, "third", "x", item_of_writer("x", "third"));
  service_.fault = [this](const SeenRequest&) -> Fault {
    if (service_.seen.size() == 0) return {.kind = FaultKind::kSlow};
    if (service_.seen.size() > 1) return {};
    return {.kind = FaultKind::kAnswer,
            .status = 400,
            .body = R"({"__type":"x#AccessDeniedException","message":"no"})"};
  };
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].reason, "AccessDeniedException: no");
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(outcomes[i].result, CommitResult::kFailed);
    EXPECT_EQ(outcomes[i].reason,
              "an earlier commit on an item of this one has failed, and an attempt of it may still "
              "arrive");
  }
  EXPECT_EQ(service_.seen.size(), 2U);
  service_.drain();
  for (const Outcome& outcome : commit()) EXPECT_TRUE(outcome.done()) << outcome.reason;
  EXPECT_EQ(service_.tables["items"]["x"]["writer"]["S"], "third");
}

TEST_F(DynamoDbTargetTest, SendsNoLaterCommitWhereAProxyGaveUpOnAnEarlierOne) {
  commits_.put("x", 1, item_of_writer("x", "first"));
  commits_.put_after({0}, "second", "x", item_of_writer("x", "second"));
  service_.fault = [this](const SeenRequest&) -> Fault {
    if (service_.seen.size() == 0)
      return {.kind = FaultKind::kAnswer, .status = 504, .body = "<html>"};
    if (service_.seen.size() > 1) return {};
    return {.kind = FaultKind::kAnswer,
            .status = 400,
            .body = R"({"__type":"x#AccessDeniedException","message":"no"})"};
  };
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].reason, "AccessDeniedException: no");
  EXPECT_EQ(outcomes[1].result, CommitResult::kFailed);
  EXPECT_EQ(service_.seen.size(), 2U) << "the first may still arrive";
}

TEST_F(DynamoDbTargetTest, SaysWhichTableIsAbsentInOneLookAtEach) {
  const struct {
    std::set<std::string> absent;
    std::string reason;
  } cases[] = {
      {{"items"}, "target table items was not found in eu-central-1: create it there, "},
      {{"ledger"}, "ledger table ledger was not found in eu-central-1: create it there, "},
      {{"items", "ledger"}, "neither target table items nor ledger table ledger was found in "},
  };
  for (const auto& each : cases) {
    service_.absent = each.absent;
    service_.seen.clear();
    commits_ = Commits();
    put(0, 120);
    for (const Outcome& outcome : commit()) {
      EXPECT_EQ(outcome.result, CommitResult::kFailed);
      EXPECT_EQ(outcome.reason.rfind(each.reason, 0), 0U) << outcome.reason;
      EXPECT_NE(outcome.reason.find(" ResourceNotFoundException: "), std::string::npos);
    }
    EXPECT_EQ(service_.seen.size(), 5U);
  }
}

TEST_F(DynamoDbTargetTest, NamesBothTablesWhereNoneCanBeToldApart) {
  put(0, 1);
  fail_request(0, {.kind = FaultKind::kAnswer,
                   .status = 400,
                   .body = R"({"__type":"x#ResourceNotFoundException","message":"not found"})"});
  EXPECT_EQ(commit()[0].reason,
            "target table items or ledger table ledger was not found in eu-central-1; "
            "ResourceNotFoundException: not found");
}

TEST_F(DynamoDbTargetTest, IsPatientWithConflictsUntilTheDeadline) {
  put(0, 3);
  fail_every_request({.kind = FaultKind::kConflict, .conflicting = {"p|k1"}});
  const auto outcomes = commit(milliseconds(20'000));
  EXPECT_EQ(outcomes[0].result, CommitResult::kApplied);
  EXPECT_EQ(outcomes[1].result, CommitResult::kFailed);
  EXPECT_EQ(outcomes[1].reason,
            "not done before the deadline; before that: ledger table ledger: TransactionConflict: "
            "Transaction is ongoing "
            "for the item");
  EXPECT_EQ(outcomes[2].result, CommitResult::kApplied);
  EXPECT_GT(service_.seen.size(), 8U);
}

TEST_F(DynamoDbTargetTest, DoesNotGoRoundForEverWhenNoReasonIsGiven) {
  put(0, 3);
  fail_every_request({.kind = FaultKind::kReasonless});
  expect_all(commit(milliseconds(20'000)), CommitResult::kFailed,
             "not done before the deadline; before that: cancelled without a reason");
  EXPECT_LT(service_.seen.size(), 40U);
}

TEST_F(DynamoDbTargetTest, HalvesARefusedPackUntilTheBadCommitIsAlone) {
  put(0, 20);
  commits_.put("bad", 5, R"({"pk":{"S":"bad"},"invalid":{"BOOL":true}})");
  put(20, 49);
  const auto outcomes = commit();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].result, i == 20 ? CommitResult::kFailed : CommitResult::kApplied);
  }
  EXPECT_EQ(outcomes[20].reason, "ValidationException: An item is invalid");
  EXPECT_LE(service_.seen.size(), 1U + 2 * 6);  // 50 -> 25 -> 13 -> 7 -> 4 -> 2 -> 1
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(DynamoDbTargetTest, FindsEveryBadCommitOfAPack) {
  for (int i = 0; i < 50; ++i)
    commits_.put("k" + std::to_string(i), 5,
                 i % 7 == 0 ? R"({"pk":{"S":"x"},"invalid":{"BOOL":true}})" : "");
  const auto outcomes = commit();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].result, i % 7 == 0 ? CommitResult::kFailed : CommitResult::kApplied) << i;
  }
}

TEST_F(DynamoDbTargetTest, HalvesAPackWhoseAnswerIsTooLarge) {
  put(0, 8);
  fail_request(0, {.kind = FaultKind::kTooLarge});
  expect_all(commit(), CommitResult::kAlreadyApplied);  // it had been carried out
  EXPECT_EQ(commits_of_requests(), (Sizes{8, 4, 4}));
}

TEST_F(DynamoDbTargetTest, SendsEachPackOnceWhenEverythingIsRefused) {
  put(0, 120);
  fail_every_request({.kind = FaultKind::kAnswer,
                      .status = 400,
                      .body = R"({"__type":"x#AccessDeniedException","Message":"not allowed"})"});
  expect_all(commit(), CommitResult::kFailed, "AccessDeniedException: not allowed");
  EXPECT_EQ(service_.seen.size(), 3U);
}

TEST_F(DynamoDbTargetTest, SendsEachPackOnceWhereAProxyStandsInTheWay) {
  put(0, 1000);
  fail_every_request(
      {.kind = FaultKind::kAnswer, .status = 404, .body = R"({"message":"Not Found"})"});
  expect_all(commit(), CommitResult::kFailed, "HTTP 404: Not Found");
  EXPECT_EQ(service_.seen.size(), 20U);
}

TEST_F(DynamoDbTargetTest, DrawsANewTokenWhenTheTokenIsTaken) {
  put(0, 2);
  fail_request(0, {.kind = FaultKind::kAnswer,
                   .status = 400,
                   .body = R"({"__type":"x#IdempotentParameterMismatchException"})"});
  expect_all(commit(), CommitResult::kApplied);
  ASSERT_EQ(service_.seen.size(), 2U);
  EXPECT_NE(service_.seen[0].token, service_.seen[1].token);
}

TEST_F(DynamoDbTargetTest, LetsOtherPacksGoOnWhileOneWaits) {
  DynamoDbOptions options = good_options();
  options.transactions_in_flight = 1;
  open(options);
  put(0, 250);  // the others take 40 ms, and the delay is 25 ms at most
  fail_request(0, {.kind = FaultKind::kLostRequest});
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(commits_of_requests(), (Sizes{50, 50, 50, 50, 50, 50}));
  EXPECT_EQ(service_.seen[1].ledger_ids[0], "p|k50");
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(DynamoDbTargetTest, SendsNothingWhenTheDeadlineHasPassed) {
  put(0, 120);
  expect_all(commit(milliseconds(0)), CommitResult::kFailed, "not done before the deadline");
  EXPECT_TRUE(service_.seen.empty());
}

TEST_F(DynamoDbTargetTest, AbandonsWhatIsInFlightAtTheDeadline) {
  put(0, 1000);
  fail_every_request({.latency = milliseconds(40)});
  const SteadyTime start = clock_.steady_now();
  const auto outcomes = commit(milliseconds(100));
  EXPECT_EQ(clock_.steady_now() - start, milliseconds(100));
  EXPECT_EQ(service_.cancelled, 4U);  // 20 packs, 8 at a time: 16 are done after 80 ms
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].result, i < 800 ? CommitResult::kApplied : CommitResult::kFailed) << i;
    if (i >= 800) {
      EXPECT_EQ(outcomes[i].reason, "not done before the deadline; before that: no answer in time");
    }
  }
  for (const SeenRequest& each : service_.seen) EXPECT_LT(each.at, start + milliseconds(100));
}

TEST_F(DynamoDbTargetTest, SaysAtTheDeadlineWhatHadBeenInTheWay) {
  put(0, 2);
  fail_every_request({.kind = FaultKind::kThrottled, .latency = milliseconds(60)});
  expect_all(commit(milliseconds(100)), CommitResult::kFailed,
             "not done before the deadline; before that: ThrottlingException: Rate exceeded");
}

TEST_F(DynamoDbTargetTest, IsSafeFromACommitThatArrivesAfterTheDeadline) {
  put(0, 1, 5);
  fail_request(0, {.latency = milliseconds(4000)});
  expect_all(commit(milliseconds(100)), CommitResult::kFailed,
             "not done before the deadline; before that: no answer in time");
  service_.fault = {};
  commits_ = Commits();
  put(0, 1, 6);
  expect_all(commit(), CommitResult::kApplied);
  service_.drain();  // now the first one comes through
  EXPECT_EQ(service_.tables["ledger"]["p|k0"]["v"]["S"], version_of(6).text());
}

TEST_F(DynamoDbTargetTest, LogsNoKeyNoValueAndNoCredential) {
  commits_.put("KEY-MARKER", 1, R"({"pk":{"S":"KEY-MARKER"},"v":{"S":"VALUE-MARKER"}})");
  std::size_t next = 0;
  const Fault faults[] = {
      {.kind = FaultKind::kAnswer,
       .status = 400,
       .body = R"({"__type":"KEY-MARKER","Message":"VALUE-MARKER"})"},
      {.kind = FaultKind::kAnswer,
       .status = 400,
       .body = R"({"__type":"x#ValidationException","Message":"VALUE-MARKER"})"},
      {.kind = FaultKind::kThrottled},
      {.kind = FaultKind::kNone},
  };
  service_.fault = [&](const SeenRequest&) { return faults[next++]; };
  for (int i = 0; i < 3; ++i) commit();
  EXPECT_EQ(next, 4U);
  EXPECT_NE(log_.find("ThrottlingException"), std::string::npos);
  EXPECT_EQ(log_.find("MARKER"), std::string::npos) << log_;
}

constexpr FaultKind kFaultKinds[] = {
    FaultKind::kLostRequest, FaultKind::kLostAnswer,   FaultKind::kSlow,
    FaultKind::kThrottled,   FaultKind::kLateError,    FaultKind::kGarbage,
    FaultKind::kReasonless,  FaultKind::kCutShort,     FaultKind::kTooLarge,
    FaultKind::kConflict,    FaultKind::kInternalError};

Fault draw_fault(std::mt19937_64& random, const SeenRequest& request) {
  Fault fault{.latency = milliseconds(random() % 80)};
  if (random() % 3 == 0) fault.kind = kFaultKinds[random() % std::size(kFaultKinds)];
  for (const std::string& id : request.ledger_ids)
    if (fault.kind == FaultKind::kConflict && random() % 4 == 0) fault.conflicting.insert(id);
  return fault;
}

/// What must hold after every batch, whatever went wrong in it.
void check_outcomes(const std::vector<Commit>& commits, const std::vector<Outcome>& outcomes,
                    testing::FakeDynamoDb& service) {
  for (std::size_t i = 0; i < commits.size(); ++i) {
    const std::string version(commits[i].version.text());
    const auto mark = service.tables["ledger"].find(std::string(commits[i].ledger_id));
    const bool is_there = mark != service.tables["ledger"].end();
    const std::string there = is_there ? mark->second["v"]["S"].get<std::string>() : "";
    switch (outcomes[i].result) {
      case CommitResult::kApplied:
      case CommitResult::kAlreadyApplied:
        EXPECT_GE(there, version);  // above it: a commit that a former batch had given up
        break;
      case CommitResult::kStale:
        EXPECT_GT(there, version);
        break;
      case CommitResult::kFailed:
        EXPECT_FALSE(outcomes[i].reason.empty());
        break;
      case CommitResult::kChanged:
        ADD_FAILURE() << "no entry holds content";
        break;
    }
  }
}

TEST_F(DynamoDbTargetTest, KeepsItsPromisesWhateverGoesWrong) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    testing::FakeClock clock;
    testing::FakeDynamoDb service(clock);
    service.fault = [&](const SeenRequest& request) { return draw_fault(random, request); };
    DynamoDbOptions options = good_options();
    options.random_seed = seed;
    options.transactions_in_flight = 1 + static_cast<int>(random() % 8);
    auto target = DynamoDbTarget::create(options, service, clock, logger_);
    ASSERT_TRUE(target);
    for (int batch = 0; batch < 4; ++batch) {
      Commits commits;
      const std::size_t size = 1 + random() % 120;
      for (std::size_t i = 0; i < size; ++i) {
        const std::string key = "k" + std::to_string(i);
        const std::uint64_t version = 1 + random() % 4;
        if (random() % 40 == 0) {
          commits.put(key, version, R"({"pk":{"S":")" + key + R"("},"invalid":{"S":"x"}})");
        } else if (random() % 4 == 0) {
          commits.remove(key, version);
        } else {
          commits.put(key, version);
        }
      }
      std::vector<Outcome> outcomes(size);
      const SteadyTime deadline = clock.steady_now() + milliseconds(1 + random() % 20'000);
      (*target)->commit(commits.all(), outcomes, deadline);
      EXPECT_LE(clock.steady_now(), deadline);
      check_outcomes(commits.all(), outcomes, service);
    }
    service.drain();
    for (const auto& [mark, times] : service.times_applied) EXPECT_EQ(times, 1) << mark.first;
    for (const auto& [id, mark] : service.tables["ledger"]) {
      const bool exists = service.tables["items"].contains(id.substr(2));
      EXPECT_EQ(exists, mark["op"]["S"] == "put") << id;
    }
    if (HasFailure()) return;
  }
}

TEST_F(DynamoDbTargetTest, AsksForNoFigureThatNobodyCounts) {
  put(0, 1);
  commit();
  EXPECT_EQ(service_.seen[0].request.body.find("ReturnConsumedCapacity"), std::string::npos);
  count_figures();
  commit();
  EXPECT_NE(service_.seen[1].request.body.find(R"("ReturnConsumedCapacity":"TOTAL")"),
            std::string::npos);
}

TEST_F(DynamoDbTargetTest, CountsEachRequestThatItSendsAndWhatItIsCharged) {
  count_figures();
  service_.fault = [](const SeenRequest&) {
    return Fault{.kind = FaultKind::kAnswer,
                 .status = 200,
                 .body = R"({"ConsumedCapacity":[{"TableName":"items","WriteCapacityUnits":100.5},)"
                         R"({"TableName":"ledger","WriteCapacityUnits":100.0}]})"};
  };
  put(0, 150);  // three transactions
  commit();
  EXPECT_EQ(figures_.transactions, 3U);
  EXPECT_EQ(figures_.write_unit_tenths, 3 * 2'005);
  EXPECT_EQ(figures_.conflicts + figures_.throttles + figures_.retries, 0U);
  commit();  // until somebody resets them
  EXPECT_EQ(figures_.transactions, 6U);
}

TEST_F(DynamoDbTargetTest, CountsThrottledRequestsAndThoseThatAreSentAgain) {
  count_figures();
  service_.fault = [this](const SeenRequest&) {
    const std::size_t number = service_.seen.size();
    if (number < 2) return Fault{.kind = FaultKind::kThrottled};
    if (number == 2) return Fault{.kind = FaultKind::kInternalError};
    return number == 3 ? Fault{.kind = FaultKind::kLostAnswer} : Fault{};
  };
  put(0, 1);
  commit();
  EXPECT_EQ(figures_.transactions, 5U) << "answered or not";
  EXPECT_EQ(figures_.throttles, 2U);
  EXPECT_EQ(figures_.conflicts, 0U);
  EXPECT_EQ(figures_.retries, 4U);
}

/// One answer counts once, of however many commits it tells.
TEST_F(DynamoDbTargetTest, CountsConflictsAndThrottlingThatComeAsCancellationReasons) {
  count_figures();
  put(0, 5);
  fail_request(0, {.kind = FaultKind::kConflict, .conflicting = {"p|k0", "p|k1"}});
  commit();
  EXPECT_EQ(figures_.conflicts, 1U);
  EXPECT_EQ(figures_.throttles, 0U);
  EXPECT_EQ(figures_.retries, 1U) << "the innocent are not sent again but in another transaction";
  EXPECT_EQ(figures_.transactions, service_.seen.size());

  figures_ = {};
  service_.seen.clear();
  commits_ = Commits();
  put(5, 10);
  fail_request(0, {.kind = FaultKind::kConflict,
                   .conflicting = {"p|k5", "p|k6"},
                   .reason_code = "ThrottlingError"});
  commit();
  EXPECT_EQ(figures_.throttles, 1U);
  EXPECT_EQ(figures_.conflicts, 0U);
}

TEST_F(DynamoDbTargetTest, CountsARefusalOfTheWholeForAConflictAsOne) {
  count_figures();
  put(0, 3);
  fail_request(0, {.kind = FaultKind::kAnswer,
                   .status = 400,
                   .body = R"({"__type":"x#TransactionInProgressException","message":"busy"})"});
  commit();
  EXPECT_EQ(figures_.conflicts, 1U);
  EXPECT_EQ(figures_.retries, 1U);
}

/// A transaction with all the tables that one may have.
TEST_F(DynamoDbTargetTest, HasRoomForTheChargesOfAHundredTables) {
  count_figures();
  std::string tables;
  for (int i = 0; i < 100; ++i)
    tables += (i == 0 ? "" : ",") +
              R"({"TableName":"arn:aws:dynamodb:eu-central-1:123456789012:)"s + "table/" +
              std::string(255, 'x') +
              R"(","CapacityUnits":2.0,"ReadCapacityUnits":0.0,"WriteCapacityUnits":2.0})";
  service_.fault = [&](const SeenRequest&) {
    return Fault{.kind = FaultKind::kAnswer,
                 .status = 200,
                 .body = R"({"ConsumedCapacity":[)" + tables + "]}"};
  };
  put(0, 2);  // one by itself would have room for more
  EXPECT_TRUE(commit()[0].done());
  EXPECT_EQ(figures_.write_unit_tenths, 2'000);
  EXPECT_LT(tables.size(), service_.seen[0].request.body_bytes_max);
}

TEST(DynamoDbTargetCreate, RefusesOptionsThatCannotWork) {
  testing::FakeClock clock;
  testing::FakeDynamoDb service(clock);
  Logger logger({.level = LogLevel::kInfo, .format = LogFormat::kText, .sink = [](auto) {}}, clock);
  const auto message_with = [&](const std::function<void(DynamoDbOptions&)>& change) {
    DynamoDbOptions options = good_options();
    change(options);
    const auto target = DynamoDbTarget::create(options, service, clock, logger);
    return target ? std::string() : target.error().message;
  };
  using Options = DynamoDbOptions;
  EXPECT_EQ(message_with([](Options&) {}), "");
  EXPECT_NE(message_with([](Options& o) { o.ledger_table = ""; }).find("STREAMONCE_LEDGER"),
            std::string::npos);
  EXPECT_NE(message_with([](Options& o) {
              o.ledger_table = "arn:aws:s3:::ledger";
            }).find("STREAMONCE_LEDGER"),
            std::string::npos);
  EXPECT_EQ(message_with([](Options& o) {
              o.ledger_table = "arn:aws:dynamodb:eu-west-1:123456789012:table/ledger";
            }),
            "");
  EXPECT_NE(message_with([](Options& o) { o.region = ""; }).find("AWS_REGION"), std::string::npos);
  EXPECT_NE(message_with([](Options& o) {
              o.credentials = testing::credentials("", "s");
            }).find("AWS_ACCESS_KEY_ID"),
            std::string::npos);
  EXPECT_NE(message_with([](Options& o) { o.endpoint_url = "localhost:8000"; }).find("endpoint"),
            std::string::npos);
  EXPECT_NE(message_with([](Options& o) { o.transactions_in_flight = 0; }).find("in flight"),
            std::string::npos);
  EXPECT_NE(message_with([](Options& o) { o.credentials = nullptr; }).find("AWS_ACCESS_KEY_ID"),
            std::string::npos);
  const std::string newline = message_with(
      [](Options& o) { o.credentials = testing::credentials("id", "s", "SECRET\r\nHost: x"); });
  EXPECT_NE(newline.find("AWS_SESSION_TOKEN"), std::string::npos);
  EXPECT_EQ(newline.find("SECRET\r"), std::string::npos);
}

TEST_F(DynamoDbTargetTest, RefusesMoreActionsThanATransactionTakesBeforeAnythingIsSent) {
  put(0, 3);
  const std::vector<Write> many(kActionsMax, commits_.all()[1].writes[0]);
  commits_.all()[1].writes = many;
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].result, CommitResult::kApplied);
  EXPECT_EQ(outcomes[1].result, CommitResult::kFailed);
  EXPECT_EQ(outcomes[1].reason, "needs 101 actions in one transaction, where DynamoDB takes 100");
  EXPECT_TRUE(outcomes[1].refused_writes.empty());
  EXPECT_EQ(outcomes[2].result, CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 1U);
}

TEST_F(DynamoDbTargetTest, GoesOnBehindACommitThatHasTooManyActions) {
  commits_.put("a", 1);
  const std::vector<Write> many(kActionsMax, commits_.all()[0].writes[0]);
  commits_.put_after({0}, "x", "a", R"({"pk":{"S":"a"},"x":{"S":"1"}})");
  commits_.put_after({1}, "y", "a", R"({"pk":{"S":"a"},"y":{"S":"1"}})");
  commits_.all()[0].writes = many;
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].result, CommitResult::kFailed);
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
  EXPECT_EQ(outcomes[2].result, CommitResult::kApplied);
  EXPECT_TRUE(service_.tables["items"]["a"].contains("y"));
}

TEST_F(DynamoDbTargetTest, TellsACollisionAndSendsTheOthersAgainTogether) {
  put(0, 4);
  events::ItemKey key;
  ASSERT_TRUE(key.add({.name = "pk", .value = "k1"}));
  const std::vector<events::RawAttribute> owner = {{"id", R"({"S":"MARKER"})"}};
  std::vector<Write> writes(2, commits_.all()[1].writes[0]);
  writes[0].keys_json = writes[0].image_json = R"({"pk":{"S":"other"}})";
  writes[1].key = &key;
  writes[1].owner = owner;
  commits_.all()[1].writes = writes;
  std::string reasons;
  for (int action = 0; action < 9; ++action)
    reasons += std::string(action == 0 ? "" : ",") +
               (action == 4 ? R"({"Code":"ConditionalCheckFailed"})" : R"({"Code":"None"})");
  fail_request(0, {.kind = FaultKind::kAnswer,
                   .status = 400,
                   .body = R"({"__type":"x#TransactionCanceledException","CancellationReasons":[)" +
                           reasons + "]}"});
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[1].result, CommitResult::kFailed);
  EXPECT_TRUE(outcomes[1].collides);
  EXPECT_EQ(outcomes[1].refused_writes, std::vector<std::size_t>{1});
  EXPECT_EQ(outcomes[1].reason.find("a row of table items with this key is another item's"), 0U);
  EXPECT_EQ(outcomes[1].reason.find("MARKER"), std::string::npos);
  for (const std::size_t i : {0U, 2U, 3U}) {
    EXPECT_EQ(outcomes[i].result, CommitResult::kApplied);
    EXPECT_FALSE(outcomes[i].collides);
  }
  EXPECT_EQ(service_.seen.size(), 2U);
}

TEST_F(DynamoDbTargetTest, TellsWhichWriteWasRefusedWhereTheAnswerDoes) {
  const std::vector<Write> writes = {
      {.table = "first", .keys_json = R"({"pk":{"S":"a"}})", .image_json = R"({"pk":{"S":"a"}})"},
      {.table = "second",
       .keys_json = R"({"pk":{"S":"a"}})",
       .image_json = R"({"pk":{"S":"a"},"mistyped":{"BOOL":true}})"}};
  commits_.put("a", 1);
  commits_.all()[0].writes = writes;
  EXPECT_EQ(commit()[0].refused_writes, std::vector<std::size_t>{1});
  EXPECT_FALSE(commit()[0].collides);
  commits_ = Commits();
  commits_.put("b", 1, R"({"pk":{"S":"b"},"invalid":{"BOOL":true}})");
  EXPECT_EQ(commit()[0].refused_writes, std::vector<std::size_t>{0}) << "there is no other";
  const std::vector<Write> two(2, commits_.all()[0].writes[0]);
  commits_.all()[0].writes = two;
  EXPECT_TRUE(commit()[0].refused_writes.empty()) << "the answer is about the whole transaction";
}

TEST_F(DynamoDbTargetTest, NamesTheLedgerThatIsAbsentForAMarkAlone) {
  commits_.put("a", 1);
  commits_.all()[0].writes = {};
  service_.absent = {"ledger"};
  EXPECT_EQ(commit()[0].reason.find("ledger table ledger was not found in eu-central-1: "), 0U)
      << commit()[0].reason;
}

/// Commits that add to rows of `groups`.
class AddingTargetTest : public DynamoDbTargetTest {
 protected:
  /// Each adds 1 to `n` of the row.
  void add_to(const std::string& row, int first, int last) {
    for (int i = first; i < last; ++i)
      commits_.add_to("k" + std::to_string(i), 5, {{row, {{"n", "1"}}}});
  }

  std::string sum(const std::string& row, const char* name = "n") {
    const nlohmann::json& there = service_.tables["groups"][row];
    return there.contains(name) ? there[name]["N"].get<std::string>() : "none";
  }

  void set_text(const std::string& row) { service_.tables["groups"][row] = text_; }

  /// Lets the service refuse a transaction as a whole that adds to what is no number, as DynamoDB
  /// Local does.
  void refuse_whole() {
    service_.fault = [this](const SeenRequest& seen) -> Fault {
      const auto body = nlohmann::json::parse(seen.request.body);
      for (const auto& action : body["TransactItems"]) {
        if (!action.contains("Update")) continue;
        const auto key = action["Update"]["Key"]["pk"]["S"].get<std::string>();
        if (service_.tables["groups"][key] == text_)
          return {.kind = FaultKind::kAnswer,
                  .status = 400,
                  .body = R"({"__type":"com.amazon.coral.validate#ValidationException",)"
                          R"("message":"An operand in the update expression has an incorrect data )"
                          R"(type"})"};
      }
      return {};
    };
  }

  const nlohmann::json text_ = {{"n", {{"S", "SECRET-TEXT"}}}};
};

TEST_F(AddingTargetTest, AddsAThousandToOneRowInElevenTransactionsOneAfterTheOther) {
  add_to("all", 0, 1'000);
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 11U);
  EXPECT_EQ(service_.in_flight_most, 1U);
  EXPECT_EQ(sum("all"), "1000");
}

TEST_F(AddingTargetTest, HasOtherRowsInFlightMeanwhile) {
  for (int i = 0; i < 100; ++i) add_to("g" + std::to_string(i), 10 * i, 10 * i + 10);
  put(1'000, 1'100);
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 2U + 12U);
  EXPECT_EQ(service_.in_flight_most, 8U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(sum("g" + std::to_string(i)), "10");
}

TEST_F(AddingTargetTest, BacksOffWhereOthersAddToTheRowAndKeepsTheSizeOfItsPacks) {
  add_to("all", 0, 300);
  service_.fault = [this](const SeenRequest&) -> Fault {
    if (service_.seen.size() % 3 == 2) return {};
    return {.kind = FaultKind::kConflict, .conflicting = {"all"}};
  };
  expect_all(commit(), CommitResult::kApplied);
  EXPECT_EQ(commits_of_requests(), (Sizes{99, 99, 99, 99, 99, 99, 99, 99, 99, 3, 3, 3}));
  EXPECT_EQ(service_.in_flight_most, 1U);
  EXPECT_GT(service_.seen[2].at - service_.seen[0].at, milliseconds(20)) << "a pause";
  EXPECT_EQ(sum("all"), "300");
  // Nor are other packs smaller for it.
  service_.seen.clear();
  service_.fault = {};
  commits_ = Commits();
  put(0, 50, 6);
  commit();
  EXPECT_EQ(commits_of_requests(), (Sizes{50}));
}

TEST_F(AddingTargetTest, AddsNothingOfACommitThatWasDoneBefore) {
  commits_.add_to("a", 5, {{"x", {{"n", "1"}}}});
  commit();
  commits_.add_to("b", 5, {{"x", {{"n", "10"}}}});
  commits_.add_to("c", 5, {{"x", {{"n", "100"}}}});
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].result, CommitResult::kAlreadyApplied);
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
  EXPECT_EQ(outcomes[2].result, CommitResult::kApplied);
  EXPECT_EQ(commits_of_requests(), (Sizes{1, 3, 2}));
  EXPECT_EQ(sum("x"), "111");
}

TEST_F(AddingTargetTest, MakesTheSumsOfEachHalfAnew) {
  for (int i = 0; i < 20; ++i) {
    commits_.put("k" + std::to_string(i), 5,
                 i == 7 ? R"({"pk":{"S":"k7"},"invalid":{"N":"1"}})" : "");
    const auto place = static_cast<std::ptrdiff_t>(2 * i);
    commits_.add_to("unused", 5, {{"x", {{"n", std::to_string(1 << i)}}}});
    commits_.all()[static_cast<std::size_t>(place / 2)].additions = commits_.all().back().additions;
    commits_.all().pop_back();
  }
  const auto outcomes = commit();
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    EXPECT_EQ(outcomes[i].result, i == 7 ? CommitResult::kFailed : CommitResult::kApplied);
  EXPECT_FALSE(outcomes[7].refused_addition) << "it may have been the item";
  EXPECT_EQ(sum("x"), std::to_string((1 << 20) - 1 - (1 << 7)));
  EXPECT_EQ(service_.in_flight_most, 1U);
}

TEST_F(AddingTargetTest, FailsOnlyThoseThatAddToWhatIsNoNumber) {
  for (const bool whole : {false, true}) {
    SCOPED_TRACE(whole);
    service_.tables.clear();
    service_.seen.clear();
    commits_ = Commits();
    set_text("text");
    if (whole) refuse_whole();
    for (int i = 0; i < 30; ++i) {
      if (i % 10 == 3)
        commits_.add_to("k" + std::to_string(i), 5,
                        {{"all", {{"n", "1"}}}, {"text", {{"n", "1"}}}});
      else
        add_to("all", i, i + 1);
    }
    const auto outcomes = commit();
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const bool is_bad = i % 10 == 3;
      EXPECT_EQ(outcomes[i].result, is_bad ? CommitResult::kFailed : CommitResult::kApplied);
      if (!is_bad) continue;
      if (!whole) EXPECT_EQ(outcomes[i].refused_addition, 1U);
      EXPECT_EQ(outcomes[i].reason,
                whole ? "ValidationException: An operand in the update expression has an incorrect "
                        "data type"
                      : "target table groups: ValidationError: An operand in the update expression "
                        "has an incorrect data type");
    }
    EXPECT_EQ(sum("all"), "27");
    EXPECT_EQ(service_.tables["groups"]["text"], text_);
    EXPECT_LE(service_.seen.size(), 30U);
  }
  EXPECT_EQ(log_.find("SECRET-TEXT"), std::string::npos);
}

TEST_F(AddingTargetTest, TellsTheAdditionThatWasRefusedWhereItIsAlone) {
  set_text("text");
  refuse_whole();
  add_to("text", 0, 1);
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].refused_addition, 0U);
  EXPECT_TRUE(outcomes[0].refused_writes.empty());
}

TEST_F(AddingTargetTest, FailsWhatWaitsForARowAtTheDeadline) {
  add_to("all", 0, 300);
  fail_every_request({.kind = FaultKind::kThrottled});
  for (const Outcome& outcome : commit(std::chrono::seconds(3))) {
    EXPECT_EQ(outcome.result, CommitResult::kFailed);
    EXPECT_EQ(outcome.reason.find("not done before the deadline"), 0U) << outcome.reason;
  }
  for (const SeenRequest& each : service_.seen) EXPECT_EQ(each.ledger_ids.size(), 99U);
  EXPECT_LE(service_.seen.size(), 8U);
}

TEST_F(AddingTargetTest, StartsTheNextPackOnARowThoughALostOneMayStillArrive) {
  add_to("all", 0, 150);
  fail_request(0, {.kind = FaultKind::kSlow});
  const auto outcomes = commit();
  service_.drain();
  for (const Outcome& outcome : outcomes) EXPECT_TRUE(outcome.done()) << outcome.reason;
  EXPECT_EQ(sum("all"), "150");
}

TEST_F(AddingTargetTest, KeepsWhatOneNumberDoesNotHoldInTransactionsOfItsOwn) {
  commits_.add_to("a", 5, {{"x", {{"n", "1E37"}}}});
  commits_.add_to("b", 5, {{"x", {{"m", "0.5"}, {"n", "0.5"}}}});
  fail_every_request({.kind = FaultKind::kReasonless});
  commit(milliseconds(200));
  EXPECT_GE(service_.seen.size(), 2U);
  for (const SeenRequest& each : service_.seen) EXPECT_EQ(each.ledger_ids.size(), 1U);
}

TEST_F(AddingTargetTest, SaysThatTheTableOfARowIsAbsent) {
  service_.absent = {"groups"};
  add_to("all", 0, 2);
  for (const Outcome& outcome : commit())
    EXPECT_EQ(outcome.reason.find("target table groups was not found in eu-central-1: create it "
                                  "there, with the key pk (S); "),
              0U)
        << outcome.reason;
  EXPECT_TRUE(service_.tables["groups"].empty());
}

TEST_F(AddingTargetTest, SendsTheSameBytesAgainAndDrawsATokenForOthers) {
  add_to("all", 0, 2);
  fail_request(0, {.kind = FaultKind::kLostAnswer});
  expect_all(commit(), CommitResult::kApplied);
  ASSERT_EQ(service_.seen.size(), 2U);
  EXPECT_EQ(service_.seen[0].request.body, service_.seen[1].request.body);
  EXPECT_EQ(sum("all"), "2");
}

TEST_F(AddingTargetTest, RefusesMoreRowsThanATransactionTakes) {
  std::vector<std::pair<std::string, Commits::Amounts>> rows;
  for (int i = 0; i < 100; ++i) rows.push_back({"r" + std::to_string(i), {{"n", "1"}}});
  commits_.add_to("a", 5, rows);
  add_to("all", 0, 1);
  const auto outcomes = commit();
  EXPECT_EQ(outcomes[0].reason, "needs 101 actions in one transaction, where DynamoDB takes 100");
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
