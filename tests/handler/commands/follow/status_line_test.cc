#include "handler/commands/follow/status_line.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/support/fake_clock.h"

namespace streamonce::handler::follow {
namespace {

using std::chrono::seconds;

FollowState some_state() {
  FollowState state;
  state.fates.add(Fate::kApplied, 1'200);
  state.fates.add(Fate::kFailed, 3);
  state.letters = 3;
  state.blocked = 1;
  state.tree = {.waiting = 1, .reading = 3, .ended = 12};
  return state;
}

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

class StatusLineTest : public ::testing::Test {
 protected:
  void open(StatusLine::Medium medium, unsigned columns = 200) {
    line_.emplace(
        clock_, StatusLine::Options{.medium = medium,
                                    .columns = [columns] { return columns; },
                                    .sink = [this](std::string_view text) { terminal_ += text; }});
  }

  testing::FakeClock clock_;
  std::string log_;
  std::string terminal_;
  Logger logger_{{.level = LogLevel::kInfo,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view text) { log_ += text; }},
                 clock_};
  std::optional<StatusLine> line_;
};

TEST_F(StatusLineTest, SaysHowManyShardsAndRecordsAndHowFarBehind) {
  FollowState state = some_state();
  EXPECT_EQ(status_text(state, 450, clock_.now()),
            "shards 3 open 1 waiting 12 done, 1203 records, 450/s: 3 failed, 1 shard blocked");
  state.newest_time = seconds_of(clock_.now()) - 4;
  state.letters = 0;
  state.blocked = 2;
  state.gaps = 1;
  EXPECT_EQ(status_text(state, 0, clock_.now()),
            "shards 3 open 1 waiting 12 done, 1203 records, 0/s, 4 s behind: 2 shards blocked, 1 "
            "gap");
  state.blocked = 0;
  state.gaps = 0;
  state.is_caught_up = true;
  EXPECT_EQ(status_text(state, 0, clock_.now()),
            "shards 3 open 1 waiting 12 done, 1203 records, 0/s, caught up");
}

TEST_F(StatusLineTest, TellsALagThatIsNeverNegative) {
  FollowState state;
  EXPECT_EQ(lag_seconds(state, clock_.now()), -1);
  state.newest_time = seconds_of(clock_.now()) + 10;  // another clock is ahead of ours
  EXPECT_EQ(lag_seconds(state, clock_.now()), 0);
  state.newest_time = seconds_of(clock_.now()) - 10;
  EXPECT_EQ(lag_seconds(state, clock_.now()), 10);
}

TEST_F(StatusLineTest, TellsALogOnceAMinute) {
  open(StatusLine::Medium::kLog);
  FollowState state = some_state();
  line_->update(state, logger_);
  EXPECT_EQ(log_, "");
  clock_.advance(seconds(59));
  line_->update(state, logger_);
  EXPECT_EQ(log_, "");
  clock_.advance(seconds(1));
  line_->update(state, logger_);
  EXPECT_NE(log_.find(R"("records":1203)"), std::string::npos) << log_;
  EXPECT_NE(log_.find(R"("records_per_second":20)"), std::string::npos) << log_;
  log_.clear();
  clock_.advance(seconds(30));
  line_->update(state, logger_);
  EXPECT_EQ(log_, "");
  clock_.advance(seconds(30));
  line_->update(state, logger_);
  EXPECT_NE(log_.find(R"("records_per_second":0)"), std::string::npos) << log_;
  EXPECT_EQ(terminal_, "");
}

TEST_F(StatusLineTest, IsWrittenOverInPlaceAtATerminal) {
  open(StatusLine::Medium::kTerminal, /*columns=*/21);
  line_->update(some_state(), logger_);
  EXPECT_EQ(terminal_, "\rshards 3 open 1 wait\x1b[K");  // 20 characters
  terminal_.clear();
  line_->update(some_state(), logger_);
  EXPECT_EQ(terminal_, "");
  line_->clear();
  EXPECT_EQ(terminal_, "\r\x1b[K");
  line_->clear();
  EXPECT_EQ(terminal_, "\r\x1b[K");
  line_->update(some_state(), logger_);  // again at once
  EXPECT_NE(terminal_, "\r\x1b[K");
  EXPECT_EQ(log_, "");
}

}  // namespace
}  // namespace streamonce::handler::follow
