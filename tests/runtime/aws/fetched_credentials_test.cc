#include "runtime/aws/fetched_credentials.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"

namespace streamonce::aws {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Counts how often it is asked, and gives credentials that end after `life`, or `failure`.
class Source final : public FetchedCredentials {
 public:
  Source(const testing::FakeClock& clock, Logger& logger)
      : FetchedCredentials("the source", clock, logger),
        clock_(clock) {}

  milliseconds life = hours(1);
  milliseconds takes{0};  ///< how long it fetches; it hangs if that is more than it has
  std::optional<Error> failure;
  std::vector<milliseconds> times;

 private:
  Result<Credentials> fetch(WallTime now, milliseconds time) override {
    EXPECT_EQ(now, clock_.now());
    times.push_back(time);
    clock_.advance(std::min(takes, time));
    if (takes > time) return Error{ErrorCode::kTimeout, "hangs"};
    if (failure) return *failure;
    return Credentials{.access_key_id = "ID" + std::to_string(times.size()),
                       .secret_access_key = "SECRET",
                       .session_token = "",
                       .expiry = now + life};
  }

  const testing::FakeClock& clock_;
};

class FetchedCredentialsTest : public ::testing::Test {
 protected:
  /// The id of the credentials, or the message.
  std::string ask(milliseconds time_left = kNoDeadline) {
    const auto got = source_.get(clock_.now(), time_left);
    return got ? (*got)->access_key_id : got.error().message;
  }

  testing::FakeClock clock_;
  std::string log_;
  Logger logger_{{.sink = [this](std::string_view line) { log_ += line; }}, clock_};
  Source source_{clock_, logger_};
  const Error refused_{ErrorCode::kUnavailable, "no answer"};
};

TEST_F(FetchedCredentialsTest, AreFetchedOnceAndAnewWhenLessThanFiveMinutesAreLeft) {
  EXPECT_EQ(ask(), "ID1");
  clock_.advance(minutes(54));
  EXPECT_EQ(ask(), "ID1");
  clock_.advance(minutes(1));
  EXPECT_EQ(ask(), "ID2");
  EXPECT_EQ(ask(), "ID2");
  EXPECT_EQ(source_.times, (std::vector<milliseconds>{kFetchTimeMax, kRenewTimeMax}));
}

TEST_F(FetchedCredentialsTest, AreKeptWhileTheyAreValidIfNoOthersCanBeGot) {
  EXPECT_EQ(ask(), "ID1");
  source_.failure = refused_;
  clock_.advance(minutes(56));
  EXPECT_EQ(ask(), "ID1");
  EXPECT_EQ(source_.times.size(), 2U);
  EXPECT_NE(log_.find("credentials not renewed"), std::string::npos) << log_;
  clock_.advance(kPauseWithCredentials - milliseconds(1));
  EXPECT_EQ(ask(), "ID1");
  EXPECT_EQ(source_.times.size(), 2U);
  clock_.advance(milliseconds(1));
  EXPECT_EQ(ask(), "ID1");
  EXPECT_EQ(source_.times.size(), 3U);
  clock_.advance(minutes(3));
  EXPECT_EQ(ask(), "the source: no answer") << "no pause goes beyond their end";
  source_.failure.reset();
  EXPECT_EQ(ask(), "the source: no answer") << "it is asked again after a pause";
  clock_.advance(kPauseWithoutCredentials);
  EXPECT_EQ(ask(), "ID5");
}

TEST_F(FetchedCredentialsTest, AreNotFetchedInTheLastMomentsOfADeadlineWhileThereAreAny) {
  EXPECT_EQ(ask(milliseconds(100)), "ID1");
  EXPECT_EQ(source_.times, (std::vector<milliseconds>{milliseconds(100)}));
  clock_.advance(minutes(56));
  EXPECT_EQ(ask(kFetchTimeLeast - milliseconds(1)), "ID1");
  EXPECT_EQ(ask(kFetchTimeLeast), "ID2");
  clock_.advance(hours(2));
  EXPECT_EQ(ask(milliseconds(100)), "ID3") << "expired ones are of no use";
}

TEST_F(FetchedCredentialsTest, ASourceThatHangsTakesLittleWhileThereAreValidOnes) {
  EXPECT_EQ(ask(), "ID1");
  clock_.advance(minutes(56));
  source_.takes = hours(1);
  const auto costs = [&](milliseconds time_left, const std::string& expected) {
    const SteadyTime start = clock_.steady_now();
    EXPECT_EQ(ask(time_left), expected);
    return clock_.steady_now() - start;
  };
  EXPECT_EQ(costs(seconds(60), "ID1"), kRenewTimeMax);
  EXPECT_EQ(costs(seconds(58), "ID1"), seconds(0));
  clock_.advance(kPauseWithCredentials - milliseconds(1));
  EXPECT_EQ(costs(seconds(60), "ID1"), seconds(0)) << "the pause counts from the end of the fetch";
  clock_.advance(milliseconds(1));
  EXPECT_EQ(costs(seconds(4), "ID1"), seconds(1));
  clock_.advance(minutes(3));
  EXPECT_EQ(costs(seconds(60), "the source: hangs"), kFetchTimeMax);
  EXPECT_EQ(costs(seconds(60), "the source: hangs"), seconds(0));
  clock_.advance(kPauseWithoutCredentials);
  EXPECT_EQ(costs(seconds(4), "the source: hangs"), seconds(4));
}

TEST_F(FetchedCredentialsTest, AreOfNoUseIfTheyEndWhileOthersAreWaitedFor) {
  EXPECT_EQ(ask(), "ID1");
  clock_.advance(hours(1) - seconds(1));
  source_.takes = hours(1);
  EXPECT_EQ(ask(), "the source: hangs");
}

TEST_F(FetchedCredentialsTest, NewOnesThatAreRefusedTooAreKeptForAWhile) {
  const auto refuse = [&] {
    return source_.invalidate(source_.get(clock_.now(), kNoDeadline).value());
  };
  EXPECT_TRUE(refuse());
  EXPECT_EQ(ask(), "ID2");
  EXPECT_FALSE(refuse());
  EXPECT_EQ(ask(), "ID2");
  clock_.advance(kPauseAfterFetch);
  EXPECT_TRUE(refuse()) << "they are no new ones any more";
  EXPECT_EQ(ask(), "ID3");
  clock_.advance(minutes(56));
  EXPECT_EQ(ask(), "ID4");
  EXPECT_TRUE(refuse()) << "they were fetched for their age";
  EXPECT_EQ(ask(), "ID5");
}

TEST_F(FetchedCredentialsTest, AServicesWordCountsMoreThanTheClock) {
  const auto first = source_.get(clock_.now(), kNoDeadline).value();
  EXPECT_TRUE(source_.invalidate(first));
  EXPECT_EQ(ask(), "ID2");
  EXPECT_TRUE(source_.invalidate(first)) << "others are there already";
  EXPECT_EQ(ask(), "ID2");
}

/// As with a clock that is a day ahead, or an endpoint that gives what it has for as long as it
/// can.
TEST_F(FetchedCredentialsTest, AreUsedForAWhileThoughTheySeemToBeExpired) {
  source_.life = -hours(24);
  EXPECT_EQ(ask(), "ID1");
  EXPECT_EQ(ask(), "ID1");
  clock_.advance(kPauseAfterFetch);
  EXPECT_EQ(ask(), "ID2");
}

TEST_F(FetchedCredentialsTest, AClockThatIsSetBackKeepsNoFailureForLong) {
  source_.failure = refused_;
  EXPECT_EQ(ask(), "the source: no answer");
  source_.failure.reset();
  clock_.advance(-hours(5));
  EXPECT_EQ(ask(), "ID2");
}

TEST_F(FetchedCredentialsTest, AreChecked) {
  class Odd final : public FetchedCredentials {
   public:
    Odd(const Clock& clock, Logger& logger) : FetchedCredentials("the source", clock, logger) {}

   private:
    Result<Credentials> fetch(WallTime, milliseconds) override {
      return Credentials{"id", "MARK\n", "", {}};
    }
  };
  Odd odd(clock_, logger_);
  const auto got = odd.get(clock_.now(), kNoDeadline);
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().message.starts_with("the source: AWS_SECRET_ACCESS_KEY: character 5"));
  EXPECT_EQ(got.error().message.find("MARK"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::aws
