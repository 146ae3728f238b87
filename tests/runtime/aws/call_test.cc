#include "runtime/aws/call.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/json_call.h"
#include "tests/support/fake_clock.h"
#include "tests/support/signed_request.h"
#include "tests/support/sigv4.h"

namespace streamonce::aws {
namespace {

using runtime::HttpRequest;
using runtime::HttpResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A provider whose value, or error, a test changes at any moment.
class ChangingCredentials final : public CredentialsProvider {
 public:
  void set(std::string name) {
    value = std::make_shared<const Credentials>(Credentials{.access_key_id = "ID-" + name,
                                                            .secret_access_key = "SECRET-" + name,
                                                            .session_token = "TOKEN-" + name,
                                                            .expiry = {}});
  }

  Result<std::shared_ptr<const Credentials>> get(WallTime now,
                                                 milliseconds /*time_left*/) override {
    asked_at.push_back(now);
    if (on_get) on_get();
    if (error) return *error;
    return value;
  }

  bool invalidate(const std::shared_ptr<const Credentials>& refused) override {
    ++invalidations;
    if (renewed_as.empty()) return false;
    if (refused == value) set(renewed_as);
    return true;
  }

  std::shared_ptr<const Credentials> value;
  std::string renewed_as;  ///< the name of others, if there are any
  int invalidations = 0;
  std::optional<Error> error;
  std::vector<WallTime> asked_at;
  std::function<void()> on_get;
};

/// Answers each request after the time that a test says, with what it says then.
class TimedTransport final : public runtime::HttpTransport {
 public:
  explicit TimedTransport(testing::FakeClock& clock) : clock_(clock) {}

  runtime::HttpRequestId start(HttpRequest request) override {
    pending_.push_back({.id = ++last_id_, .at = clock_.steady_now() + latency(request.body)});
    pending_.back().body = request.body;
    seen.push_back(std::move(request));
    in_flight_most = std::max(in_flight_most, pending_.size());
    return last_id_;
  }

  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override {
    const auto next = std::min_element(pending_.begin(), pending_.end(),
                                       [](const auto& a, const auto& b) { return a.at < b.at; });
    const SteadyTime time = next == pending_.end() ? *until : std::min(*until, next->at);
    clock_.advance(std::max(time - clock_.steady_now(), SteadyTime::duration::zero()));
    if (next == pending_.end() || next->at > *until) return std::nullopt;
    runtime::HttpCompletion completion{.id = next->id, .result = answer(next->body)};
    pending_.erase(next);
    return completion;
  }

  std::string cancel(runtime::HttpRequestId id) override {
    std::erase_if(pending_, [id](const auto& each) { return each.id == id; });
    ++cancelled;
    return "no answer in time";
  }

  std::function<milliseconds(const std::string& body)> latency = [](const auto&) {
    return milliseconds(10);
  };
  std::function<Result<HttpResponse>(const std::string& body)> answer = [](const auto&) {
    return HttpResponse{.status = 200, .headers = {}, .body = "{}"};
  };
  std::vector<HttpRequest> seen;
  std::size_t in_flight_most = 0;
  int cancelled = 0;

 private:
  struct Pending {
    runtime::HttpRequestId id = 0;
    SteadyTime at = {};
    std::string body = {};
  };

  testing::FakeClock& clock_;
  std::vector<Pending> pending_;
  runtime::HttpRequestId last_id_ = 0;
};

HttpResponse refusal(const std::string& code, const std::string& message) {
  return {.status = 400,
          .headers = {},
          .body = R"({"__type":"x#)" + code + R"(","message":")" + message + "\"}"};
}

class NamedCall final : public JsonCall {
 public:
  NamedCall(std::string name, JsonAnswerReader& reader, CallHistory history = {},
            CallQueue queue = CallQueue::kFirst)
      : JsonCall(
            {.operation = "Read", .timeout = seconds(5), .answer_bytes_max = 1024, .queue = queue},
            reader, std::move(history)),
        name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  using JsonCall::answer;

 private:
  std::string body() override { return R"({"name":")" + name_ + "\"}"; }

  const std::string name_;
};

/// What became of the calls, in the order in which they ended: `name`, or `name: reason`.
using Ends = std::vector<std::string>;

class CallsTest : public ::testing::Test {
 protected:
  CallsTest() { provider_->set("ONE"); }

  void open(std::size_t in_flight_max, milliseconds time = seconds(60)) {
    calls_.emplace(service_, CallsOptions{.deadline = clock_.steady_now() + time,
                                          .in_flight_max = in_flight_max});
  }

  std::unique_ptr<NamedCall> call(std::string name, CallHistory history = {}) {
    return std::make_unique<NamedCall>(std::move(name), reader_, std::move(history));
  }

  static std::string told(const CallEnd& end) {
    const std::string name = static_cast<const NamedCall&>(*end.call).name();
    return end.refusal ? name + ": " + end.refusal->reason : name;
  }

  Ends wait_all() {
    Ends ends;
    for (CallEnd end = calls_->wait_any(); end.call; end = calls_->wait_any())
      ends.push_back(told(end));
    return ends;
  }

  testing::FakeClock clock_;
  TimedTransport transport_{clock_};
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  std::shared_ptr<ChangingCredentials> provider_ = std::make_shared<ChangingCredentials>();
  ServiceClient service_{{.service = kDynamoDb,
                          .region = Region::parse("eu-west-1").value(),
                          .url = "https://dynamodb.eu-west-1.amazonaws.com/",
                          .credentials = provider_,
                          .random_seed = 1},
                         transport_,
                         clock_,
                         logger_};
  JsonAnswerReader reader_;
  std::optional<Calls> calls_;
};

/// What a service says until it is called with the credentials of `name`.
std::function<Result<HttpResponse>(const std::string&)> until_signed_with(
    const std::vector<HttpRequest>& seen, const std::string& name) {
  return [&seen, name](const std::string&) -> Result<HttpResponse> {
    if (testing::header_of(seen.back(), "Authorization").find("ID-" + name) != std::string::npos)
      return HttpResponse{.status = 200, .headers = {}, .body = "{}"};
    return refusal("ExpiredTokenException",
                   "The security token included in the request is expired");
  };
}

TEST_F(CallsTest, IsSignedOnceMoreWhenItsCredentialsHaveExpired) {
  open(1);
  provider_->renewed_as = "TWO";
  transport_.answer = until_signed_with(transport_.seen, "TWO");
  for (const char* name : {"a", "b"}) calls_->add(call(name));
  EXPECT_EQ(wait_all(), (Ends{"b", "a"}));
  EXPECT_EQ(transport_.seen.size(), 3U);
  EXPECT_EQ(provider_->invalidations, 1);
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(CallsTest, CountsWhatIsSentAgainWithNewCredentials) {
  open(1);
  provider_->renewed_as = "TWO";
  int attempts = 0;
  transport_.answer = [&](const std::string&) -> Result<HttpResponse> {
    if (++attempts == 1) return refusal("TransactionConflictException", "x");
    if (attempts == 2) return refusal("ExpiredTokenException", "x");
    return HttpResponse{.status = 200, .headers = {}, .body = "{}"};
  };
  calls_->add(call("a"));
  EXPECT_EQ(wait_all(), (Ends{"a"}));
  EXPECT_EQ(service_.counts().retries, 2U);
}

TEST_F(CallsTest, SendsNothingWhereFetchingCredentialsTookTheTime) {
  for (const milliseconds left : {milliseconds(19), milliseconds(-3)}) {
    provider_->on_get = [&] { clock_.advance(seconds(8) - left); };
    open(2, seconds(8));
    for (const char* name : {"a", "b"}) calls_->add(call(name));
    EXPECT_EQ(wait_all(),
              (Ends{"a: not done before the deadline", "b: not done before the deadline"}));
  }
  EXPECT_TRUE(transport_.seen.empty());
  provider_->on_get = [&] { clock_.advance(seconds(8) - milliseconds(20)); };
  open(1, seconds(8));
  calls_->add(call("a"));
  EXPECT_EQ(wait_all(), (Ends{"a"}));
}

TEST_F(CallsTest, CallsInFlightWithExpiredCredentialsAreRenewedTogether) {
  open(3);
  provider_->renewed_as = "TWO";
  transport_.answer = [this](const std::string&) -> Result<HttpResponse> {
    if (transport_.seen.size() <= 3) return refusal("ExpiredToken", "x");
    return HttpResponse{.status = 200, .headers = {}, .body = "{}"};
  };
  for (const char* name : {"a", "b", "c"}) calls_->add(call(name));
  EXPECT_EQ(transport_.seen.size(), 0U);
  const Ends ends = wait_all();
  EXPECT_EQ(ends.size(), 3U);
  EXPECT_EQ(provider_->value->access_key_id, "ID-TWO");
}

TEST_F(CallsTest, GivesUpACallWhoseNewCredentialsHaveExpiredToo) {
  open(1);
  provider_->renewed_as = "TWO";
  transport_.answer = until_signed_with(transport_.seen, "THREE");
  calls_->add(call("a"));
  EXPECT_EQ(wait_all(), (Ends{"a: ExpiredTokenException: the session token has expired: new "
                              "credentials are needed"}));
  EXPECT_EQ(transport_.seen.size(), 2U);
  provider_->renewed_as.clear();
  calls_->add(call("b"));
  EXPECT_EQ(wait_all().size(), 1U);
  EXPECT_EQ(transport_.seen.size(), 3U) << "there were no others";
}

TEST_F(CallsTest, HasNothingToWaitForWithoutACall) {
  open(1);
  EXPECT_EQ(calls_->wait_any().call, nullptr);
  EXPECT_TRUE(transport_.seen.empty());
}

/// Calls that are refused again and again hold up none of the other queue.
TEST_F(CallsTest, HaveTwoQueuesThatDoNotWaitForEachOther) {
  calls_.emplace(service_, CallsOptions{.deadline = clock_.steady_now() + seconds(60),
                                        .in_flight_max = 1,
                                        .second_in_flight_max = 2});
  transport_.latency = [](const std::string& body) {
    return body.find("slow") == std::string::npos ? milliseconds(10) : milliseconds(4'000);
  };
  for (const char* name : {"slow 1", "slow 2", "slow 3", "slow 4"})
    calls_->add(std::make_unique<NamedCall>(name, reader_, CallHistory{}, CallQueue::kSecond));
  for (const char* name : {"a", "b", "c"}) calls_->add(call(name));
  EXPECT_EQ(calls_->unfinished(), 7U);
  EXPECT_EQ(wait_all(), (Ends{"a", "b", "c", "slow 1", "slow 2", "slow 3", "slow 4"}));
  EXPECT_EQ(transport_.in_flight_most, 3U);
  EXPECT_EQ(calls_->unfinished(), 0U);
}

TEST_F(CallsTest, KeepsSoManyInFlightAndNoMore) {
  open(3);
  for (int i = 0; i < 10; ++i) calls_->add(call("c" + std::to_string(i)));
  EXPECT_EQ(wait_all().size(), 10U);
  EXPECT_EQ(transport_.in_flight_most, 3U);
  EXPECT_EQ(transport_.seen.size(), 10U);
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(CallsTest, EndsInTheOrderOfAnswersAndHandsThemOver) {
  open(3);
  transport_.latency = [](const std::string& body) {
    return milliseconds(body.find("slow") == std::string::npos ? 10 : 500);
  };
  transport_.answer = [](const std::string& body) {
    return HttpResponse{.status = 200, .headers = {}, .body = R"({"to":)" + body + "}"};
  };
  for (const char* name : {"slow", "a", "b"}) calls_->add(call(name));
  for (const char* name : {"a", "b", "slow"}) {
    const CallEnd end = calls_->wait_any();
    ASSERT_TRUE(end.call);
    EXPECT_FALSE(end.refusal);
    EXPECT_EQ(static_cast<const NamedCall&>(*end.call).answer().text,
              R"({"to":{"name":")" + std::string(name) + "\"}}");
  }
}

TEST_F(CallsTest, TakesCallsThatAreAddedMeanwhile) {
  open(1);
  calls_->add(call("first"));
  EXPECT_EQ(told(calls_->wait_any()), "first");
  calls_->add(call("second"));
  EXPECT_EQ(wait_all(), (Ends{"second"}));
}

TEST_F(CallsTest, StartsACallNotBeforeItsTime) {
  open(1);
  calls_->add_later(call("late"), milliseconds(300));
  calls_->add(call("early"));
  EXPECT_EQ(wait_all(), (Ends{"early", "late"}));
  EXPECT_EQ(clock_.sleeps, (std::vector{milliseconds(290)}));
}

TEST_F(CallsTest, PausesBeforeACallThatIsAddedAgainAndCountsOn) {
  open(1);
  calls_->add_again(call("a", {.attempts = 6}), {.trouble = Trouble::kTransient, .reason = "cut"});
  EXPECT_EQ(service_.budget().tokens(), RetryBudget::kTokensMax - RetryBudget::kRetryCost);
  CallEnd end = calls_->wait_any();
  EXPECT_EQ(end.call->history().attempts, 7);
  EXPECT_EQ(clock_.sleeps.size(), 1U);
  EXPECT_EQ(service_.budget().tokens(), RetryBudget::kTokensMax);
  EXPECT_NE(log_.find(R"("attempt":8)"), std::string::npos) << log_;

  open(1, milliseconds(20));
  calls_->add_again(call("b"), {.trouble = Trouble::kTransient, .reason = "cut"});
  end = calls_->wait_any();
  EXPECT_TRUE(end.is_late());
  EXPECT_EQ(told(end), "b: not done before the deadline; before that: cut");
}

/// A call of two parts, the second of which becomes a call of its own.
class TwoPartCall final : public JsonCall {
 public:
  TwoPartCall(bool is_whole, JsonAnswerReader& reader, CallHistory history = {})
      : JsonCall({.operation = "Read", .timeout = seconds(5), .answer_bytes_max = 1024}, reader,
                 std::move(history)),
        is_whole_(is_whole),
        reader_(reader) {}

 private:
  std::string body() override { return "{}"; }
  std::unique_ptr<Call> cut() override {
    if (!std::exchange(is_whole_, false)) return nullptr;
    return std::make_unique<TwoPartCall>(false, reader_, history());
  }

  bool is_whole_;
  JsonAnswerReader& reader_;
};

TEST_F(CallsTest, PaysARetryBackOnceWhereTheCallIsCut) {
  constexpr int kSpent = 100;  // so that there is room for too much
  ASSERT_TRUE(service_.budget().take(kSpent));
  open(2);
  calls_->add_again(std::make_unique<TwoPartCall>(true, reader_),
                    {.trouble = Trouble::kTransient, .reason = "cut"});
  while (calls_->wait_any().call) {
  }
  EXPECT_EQ(transport_.seen.size(), 2U);
  EXPECT_EQ(service_.budget().tokens(),
            RetryBudget::kTokensMax - kSpent + RetryBudget::kSuccessPays);
}

TEST_F(CallsTest, HandsBackWhatOnlyTheCallerCanMendAndRepeatsTheRest) {
  const struct {
    const char* code;
    Trouble trouble;
    std::size_t requests;
  } cases[] = {
      {"ValidationException", Trouble::kInvalid, 1},
      {"AccessDeniedException", Trouble::kRefused, 1},
      {"IdempotentParameterMismatchException", Trouble::kTokenReused, 1},
      {"InvalidSignatureException", Trouble::kSignature, 1},
      {"InternalServerError", Trouble::kTransient, 0},
      {"ThrottlingException", Trouble::kThrottled, 0},
      {"TransactionConflictException", Trouble::kConflict, 0},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.code);
    transport_.seen.clear();
    transport_.answer = [&](const auto&) { return refusal(each.code, ""); };
    open(1, seconds(20));
    calls_->add(call("a"));
    const CallEnd end = calls_->wait_any();
    ASSERT_TRUE(end.refusal);
    EXPECT_EQ(end.refusal->trouble, each.trouble);
    EXPECT_EQ(end.refusal->code, each.code);
    EXPECT_EQ(end.is_late(), each.requests == 0);
    if (each.requests > 0)
      EXPECT_EQ(transport_.seen.size(), each.requests);
    else
      EXPECT_GT(transport_.seen.size(), 3U);
  }
}

TEST_F(CallsTest, EndsAllAtTheDeadlineInFlightOrNot) {
  transport_.latency = [](const auto&) { return seconds(3); };
  open(2, milliseconds(100));
  for (const char* name : {"a", "b", "c"}) calls_->add(call(name));
  const SteadyTime start = clock_.steady_now();
  EXPECT_EQ(wait_all(), (Ends{"a: not done before the deadline; before that: no answer in time",
                              "b: not done before the deadline; before that: no answer in time",
                              "c: not done before the deadline"}));
  EXPECT_EQ(clock_.steady_now() - start, milliseconds(100));
  EXPECT_EQ(transport_.cancelled, 2);
  EXPECT_EQ(transport_.seen.size(), 2U);
}

TEST_F(CallsTest, AbandonsWhatHasNotEnded) {
  open(2);
  for (const char* name : {"a", "b", "c"}) calls_->add(call(name));
  EXPECT_EQ(told(calls_->wait_any()), "a");
  EXPECT_EQ(calls_->abandon().size(), 2U);
  EXPECT_EQ(transport_.cancelled, 1);
  EXPECT_EQ(calls_->wait_any().call, nullptr);

  calls_->add_later(call("d"), seconds(1));
  calls_->add(call("e"));
  EXPECT_EQ(wait_all(), (Ends{"e", "d"}));
}

TEST_F(CallsTest, LeavesNothingInFlightWhenItGoes) {
  open(2);
  transport_.latency = [](const std::string& body) {
    return milliseconds(body.find("slow") == std::string::npos ? 10 : 500);
  };
  calls_->add(call("slow"));
  calls_->add(call("a"));
  EXPECT_EQ(told(calls_->wait_any()), "a");
  calls_.reset();
  EXPECT_EQ(transport_.cancelled, 1);
}

TEST_F(CallsTest, SignsEachAttemptWithTheCredentialsOfItsMoment) {
  int attempts = 0;
  transport_.answer = [&](const auto&) {
    provider_->set(++attempts == 1 ? "TWO" : "THREE");
    return attempts < 3 ? refusal("InternalServerError", "")
                        : HttpResponse{.status = 200, .headers = {}, .body = "{}"};
  };
  open(1);
  calls_->add(call("a"));
  EXPECT_EQ(wait_all(), (Ends{"a"}));
  ASSERT_EQ(transport_.seen.size(), 3U);
  const char* const names[] = {"ONE", "TWO", "THREE"};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string name = names[i];
    const auto check = testing::check_signature(transport_.seen[i], "SECRET-" + name);
    EXPECT_TRUE(check.scope.starts_with("ID-" + name + "/")) << check.scope;
    EXPECT_EQ(check.problem, "");
    EXPECT_EQ(check.found, check.expected);
    EXPECT_EQ(testing::header_of(transport_.seen[i], "X-Amz-Security-Token"), "TOKEN-" + name);
  }
  EXPECT_EQ(provider_->asked_at.size(), 3U);
  EXPECT_TRUE(std::is_sorted(provider_->asked_at.begin(), provider_->asked_at.end()));
}

/// A refusal that is told with the names in it, and quotes `name` as one.
HttpResponse refusal_with(const std::string& name) {
  return refusal("AccessDeniedException",
                 "no permission for arn:aws:dynamodb:eu-west-1:123456789012:table/" + name);
}

TEST_F(CallsTest, TellsNothingOfCredentialsThatWereReplacedWhileARequestWasInFlight) {
  const auto told_of = [&](const std::string& name, const char* signed_with, const char* after) {
    provider_->set(signed_with);
    const std::weak_ptr<const Credentials> value = provider_->value;
    transport_.answer = [&](const auto&) {
      provider_->set(after);
      EXPECT_FALSE(value.expired()) << "a request holds what it was signed with";
      return refusal_with(name);
    };
    open(1);
    calls_->add(call("a"));
    const Ends ends = wait_all();
    EXPECT_TRUE(value.expired());
    return ends.at(0);
  };
  EXPECT_TRUE(told_of("orders-of-2026", "FIRST", "SECOND").ends_with("table/orders-of-2026"));
  for (const char* secret : {"ID-FIRST", "SECRET-FIRST", "TOKEN-FIRST"})
    EXPECT_TRUE(told_of(secret, "FIRST", "SECOND").ends_with(" ***")) << secret;
  for (const char* secret : {"ID-SECOND", "SECRET-SECOND", "TOKEN-SECOND"})
    EXPECT_TRUE(told_of(secret, "SECOND", "SECOND").ends_with(" ***")) << secret;
  EXPECT_EQ(log_.find("-FIRST"), std::string::npos) << log_;
  EXPECT_EQ(log_.find("-SECOND"), std::string::npos) << log_;
}

/// One call: the reason of its first attempt quotes what that was signed with, and its second
/// attempt, with other credentials, quotes those.
TEST_F(CallsTest, TellsNothingOfCredentialsThatWereReplacedBetweenAttempts) {
  provider_->set("FIRST");
  int attempts = 0;
  transport_.answer = [&](const auto&) {
    const std::string name = ++attempts == 1 ? "FIRST" : "SECOND";
    provider_->set("SECOND");
    HttpResponse response = refusal_with("SECRET-" + name);
    if (attempts == 1) response.body = R"({"__type":"SECRET-FIRST","message":"SECRET-FIRST"})";
    if (attempts == 1) response.status = 500;
    return response;
  };
  open(1);
  calls_->add(call("a"));
  const Ends ends = wait_all();
  EXPECT_EQ(attempts, 2);
  EXPECT_TRUE(ends.at(0).ends_with(" ***")) << ends.at(0);
  EXPECT_EQ(log_.find("SECRET-"), std::string::npos) << log_;
}

TEST_F(CallsTest, WaitsForCredentialsThatMayCome) {
  provider_->error = Error{ErrorCode::kUnavailable, "no role yet"};
  clock_.on_sleep = [&] {
    if (clock_.sleeps.size() == 3) provider_->error.reset();
  };
  open(1);
  calls_->add(call("a"));
  EXPECT_EQ(wait_all(), (Ends{"a"}));
  EXPECT_EQ(transport_.seen.size(), 1U);
  EXPECT_NE(log_.find("no role yet"), std::string::npos);

  clock_.on_sleep = {};
  provider_->error = Error{ErrorCode::kUnavailable, "no role yet"};
  open(1, seconds(5));
  calls_->add(call("b"));
  EXPECT_EQ(wait_all(), (Ends{"b: not done before the deadline; before that: no role yet"}));
  EXPECT_EQ(transport_.seen.size(), 1U);
}

TEST_F(CallsTest, EndsAtOnceWhereNoCredentialsWillCome) {
  provider_->error = Error{ErrorCode::kInvalidArgument, "no such role"};
  open(1);
  calls_->add(call("a"));
  const CallEnd end = calls_->wait_any();
  EXPECT_EQ(told(end), "a: no such role");
  EXPECT_EQ(end.refusal->error_code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(transport_.seen.empty());
  EXPECT_TRUE(clock_.sleeps.empty());
}

/// A call that has less time than the others.
class ShortCall final : public JsonCall {
 public:
  ShortCall(SteadyTime deadline, JsonAnswerReader& reader)
      : JsonCall({.operation = "Read",
                  .timeout = seconds(5),
                  .deadline = deadline,
                  .answer_bytes_max = 1024},
                 reader) {}

 private:
  std::string body() override { return "short"; }
};

TEST_F(CallsTest, EndsACallAtItsOwnDeadlineAndNoOther) {
  open(2);
  transport_.answer = [&](const std::string& body) -> Result<HttpResponse> {
    if (body == "short" || clock_.steady_now() < SteadyTime(std::chrono::hours(1)) + seconds(20))
      return Error{ErrorCode::kUnavailable, "no connection"};
    return HttpResponse{.status = 200, .headers = {}, .body = "{}"};
  };
  const SteadyTime start = clock_.steady_now();
  calls_->add(std::make_unique<ShortCall>(start + seconds(10), reader_));
  calls_->add(call("long"));
  const CallEnd first = calls_->wait_any();
  EXPECT_TRUE(first.is_late());
  EXPECT_NE(dynamic_cast<const ShortCall*>(first.call.get()), nullptr);
  EXPECT_GT(clock_.steady_now() - start, seconds(8));
  EXPECT_LE(clock_.steady_now() - start, seconds(15));
  EXPECT_EQ(told(calls_->wait_any()), "long");
}

TEST_F(CallsTest, WaitsNoLongerThanItIsToldTo) {
  open(1);
  transport_.latency = [](const auto&) { return milliseconds(300); };
  const SteadyTime start = clock_.steady_now();
  EXPECT_FALSE(calls_->wait_any(start + seconds(1)));  // there is nothing to wait for
  EXPECT_EQ(clock_.steady_now(), start);
  calls_->add(call("a"));
  EXPECT_EQ(calls_->unfinished(), 1U);
  EXPECT_FALSE(calls_->wait_any(start));  // it is started all the same
  EXPECT_EQ(transport_.seen.size(), 1U);
  EXPECT_FALSE(calls_->wait_any(start + milliseconds(100)));
  EXPECT_EQ(clock_.steady_now(), start + milliseconds(100));
  const auto end = calls_->wait_any(start + seconds(1));
  ASSERT_TRUE(end);
  EXPECT_EQ(told(*end), "a");
  EXPECT_EQ(clock_.steady_now(), start + milliseconds(300));
  EXPECT_EQ(calls_->unfinished(), 0U);
}

TEST_F(CallsTest, WaitsNoLongerForACallThatPausesBeforeItsNextAttempt) {
  open(1);
  const SteadyTime start = clock_.steady_now();
  calls_->add_later(call("a"), seconds(2));
  EXPECT_FALSE(calls_->wait_any(start + seconds(1)));
  EXPECT_EQ(clock_.steady_now(), start + seconds(1));
  const auto end = calls_->wait_any(start + seconds(3));
  ASSERT_TRUE(end);
  EXPECT_EQ(clock_.steady_now(), start + seconds(2) + milliseconds(10));
}

/// A call of another protocol than JSON's.
class GetObject final : public Call {
 public:
  GetObject() : Call({.operation = "GetObject", .timeout = seconds(5), .answer_bytes_max = 9}) {}

 private:
  void fill(HttpRequest& request, const Service& /*service*/) override {
    request.url += "bucket/key?partNumber=1";
    request.headers.emplace_back("Range: bytes=0-8");
  }
  std::optional<Refusal> read(HttpResponse response, Secrets /*secrets*/) override {
    if (response.status == 206) return std::nullopt;
    return Refusal{.trouble = Trouble::kRefused, .reason = "no part"};
  }
  void log(Logger& logger, const Attempt& attempt) const override {
    logger.log(LogLevel::kDebug, "object", {{"status", attempt.status}});
  }
};

TEST_F(CallsTest, SendsAndReadsWhateverACallMakesOfARequest) {
  open(1);
  transport_.answer = [](const auto&) {
    return HttpResponse{.status = 206, .headers = {}, .body = "123456789"};
  };
  calls_->add(std::make_unique<GetObject>());
  EXPECT_FALSE(calls_->wait_any().refusal);
  const HttpRequest& request = transport_.seen.at(0);
  EXPECT_EQ(request.method, runtime::HttpMethod::kGet);
  EXPECT_EQ(request.url, "https://dynamodb.eu-west-1.amazonaws.com/bucket/key?partNumber=1");
  EXPECT_EQ(request.body_bytes_max, 9U);
  const auto check = testing::check_signature(request, "SECRET-ONE");
  EXPECT_EQ(check.signed_headers, "host;range;x-amz-date;x-amz-security-token");
  EXPECT_EQ(check.found, check.expected);
}

}  // namespace
}  // namespace streamonce::aws
