#include "handler/commands/progress.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"

namespace streamonce::handler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using streamonce::testing::FakeClock;
using Lines = std::vector<std::string>;

/// The counts of as many of each fate, in the order of kFates.
FateCounts of(std::uint64_t applied, std::uint64_t already_applied = 0, std::uint64_t stale = 0,
              std::uint64_t superseded = 0, std::uint64_t failed = 0, std::uint64_t expired = 0) {
  FateCounts counts;
  counts.add(Fate::kApplied, applied);
  counts.add(Fate::kAlreadyApplied, already_applied);
  counts.add(Fate::kStale, stale);
  counts.add(Fate::kSuperseded, superseded);
  counts.add(Fate::kFailed, failed);
  counts.add(Fate::kExpired, expired);
  return counts;
}

TEST(ProgressText, SaysWhatThereIsToSay) {
  EXPECT_EQ(progress_text({.bytes = 450'000'000,
                           .bytes_in_all = 1'000'000'000,
                           .fates = of(1'234'564, 0, 0, 0, 3),
                           .elapsed = milliseconds(22'100)}),
            "45% 450.0 of 1,000.0 MB, 1,234,567 records, 55,862/s, 28 s left: 1,234,564 applied, "
            "3 failed");
  EXPECT_EQ(progress_text({}), "0.0 MB, 0 records");
  EXPECT_EQ(progress_text({.fates = of(1)}), "0.0 MB, 1 record: 1 applied");
  EXPECT_EQ(
      progress_text({.bytes = 1'299'999,
                     .fates = of(1, 2, 3, 4, 5, 6),
                     .unreadable = 7'000,
                     .elapsed = seconds(2)}),
      "1.2 MB, 21 records, 10/s: 1 applied, 2 already applied, 3 stale, 4 superseded, 5 failed, "
      "6 expired, 7,000 unreadable");
}

TEST(ProgressText, GuessesTheTimeLeftOnlyWhereItCan) {
  ProgressState state{
      .bytes = 1'000'000, .bytes_in_all = 4'000'000, .elapsed = milliseconds(2'999)};
  EXPECT_EQ(progress_text(state), "25% 1.0 of 4.0 MB, 0 records, 0/s");
  state.elapsed = seconds(3);
  EXPECT_EQ(progress_text(state), "25% 1.0 of 4.0 MB, 0 records, 0/s, 9 s left");
  state.elapsed = seconds(40);
  EXPECT_EQ(progress_text(state), "25% 1.0 of 4.0 MB, 0 records, 0/s, 2 min left");
  state.elapsed = std::chrono::hours(1);
  EXPECT_EQ(progress_text(state), "25% 1.0 of 4.0 MB, 0 records, 0/s, 3 h left");
  state.bytes = 0;
  EXPECT_EQ(progress_text(state), "0% 0.0 of 4.0 MB, 0 records, 0/s");
  state.bytes = 4'000'000;
  EXPECT_EQ(progress_text(state), "100% 4.0 of 4.0 MB, 0 records, 0/s");
}

TEST(ProgressText, IsAtAHundredPercentAtTheEndOnly) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(progress_text({.bytes = 999'999, .bytes_in_all = 1'000'000}).starts_with("99% "));
  EXPECT_TRUE(progress_text({.bytes = most - 1, .bytes_in_all = most}).starts_with("99% "));
  // A file that grew, and one that does not tell its size.
  EXPECT_EQ(progress_text({.bytes = 2'000'000, .bytes_in_all = 1'000'000}),
            "100% 2.0 of 2.0 MB, 0 records");
  EXPECT_EQ(progress_text({.bytes = 2'000'000, .bytes_in_all = 0}), "2.0 MB, 0 records");
}

TEST(ProgressText, TellsOfItemsWhoseNumberIsKnown) {
  ProgressState state{
      .fates = of(448, 0, 0, 0, 2),
      .elapsed = seconds(4),
      .items = ItemProgress{.done = 450, .in_all = 1'000, .more = ", 3 of 40 files"}};
  EXPECT_EQ(progress_text(state),
            "45% 450 of 1,000 items, 3 of 40 files, 112/s, 5 s left: 448 applied, 2 failed");
  // What an earlier run has done took no time of this one.
  state.items->before = 430;
  EXPECT_EQ(progress_text(state),
            "45% 450 of 1,000 items, 3 of 40 files, 112/s, 110 s left: 448 applied, 2 failed");
  EXPECT_EQ(progress_text({.items = ItemProgress{.done = 1'000, .before = 1'000, .in_all = 1'000}}),
            "100% 1,000 of 1,000 items");
  EXPECT_EQ(progress_text({.items = ItemProgress{.done = 2, .in_all = 1}}), "100% 2 of 2 items");
  EXPECT_EQ(progress_text({.items = ItemProgress{}}), "100% 0 of 0 items");
}

class ProgressTest : public ::testing::Test {
 protected:
  Progress make(Progress::Medium place) {
    return Progress(clock_, {.medium = place,
                             .columns = [this] { return columns_; },
                             .sink = [this](std::string_view text) { lines_.emplace_back(text); }});
  }
  /// What was written since the last call.
  Lines written() { return std::exchange(lines_, {}); }

  FakeClock clock_;
  unsigned columns_ = 80;
  Lines lines_;
};

TEST_F(ProgressTest, RewritesOneLineAtATerminal) {
  Progress progress = make(Progress::Medium::kTerminal);
  progress.update({.fates = of(1)});
  EXPECT_EQ(written(), Lines{"\r0.0 MB, 1 record: 1 applied\x1b[K"});
  progress.update({.fates = of(2)});
  clock_.advance(milliseconds(99));
  progress.update({.fates = of(3)});
  EXPECT_EQ(written(), Lines{});
  clock_.advance(milliseconds(1));
  progress.update({.fates = of(4)});
  EXPECT_EQ(written(), Lines{"\r0.0 MB, 4 records: 4 applied\x1b[K"});
}

TEST_F(ProgressTest, DrawsAtMostTenTimesASecond) {
  Progress progress = make(Progress::Medium::kTerminal);
  for (int time = 0; time < 10'000; ++time) {
    progress.update({});
    clock_.advance(milliseconds(1));
  }
  EXPECT_EQ(written().size(), 100U);
}

TEST_F(ProgressTest, MakesWayAndComesBackAtOnce) {
  Progress progress = make(Progress::Medium::kTerminal);
  progress.clear();
  EXPECT_EQ(written(), Lines{});
  progress.update({});
  progress.clear();
  progress.clear();
  progress.update({.fates = of(2)});
  EXPECT_EQ(written(), (Lines{"\r0.0 MB, 0 records\x1b[K", "\r\x1b[K",
                              "\r0.0 MB, 2 records: 2 applied\x1b[K"}));
}

TEST_F(ProgressTest, IsCutToTheTerminalAsItIsNow) {
  Progress progress = make(Progress::Medium::kTerminal);
  const ProgressState state{.fates = of(123'456'789, 123'456'789, 123'456'789)};
  columns_ = 10;
  progress.update(state);
  progress.clear();
  columns_ = 1;
  progress.update(state);
  progress.clear();
  columns_ = 0;  // not known
  progress.update(state);
  const std::string text = progress_text(state);
  ASSERT_GT(text.size(), 80U);
  EXPECT_EQ(written(), (Lines{"\r0.0 MB, 3\x1b[K", "\r\x1b[K", "\r\x1b[K", "\r\x1b[K",
                              "\r" + text.substr(0, 79) + "\x1b[K"}));
}

TEST_F(ProgressTest, IsALineEveryTenSecondsElsewhere) {
  Progress progress = make(Progress::Medium::kLog);
  progress.update({});
  clock_.advance(milliseconds(9'999));
  progress.update({});
  progress.clear();
  EXPECT_EQ(written(), Lines{});
  clock_.advance(milliseconds(1));
  progress.update({.fates = of(1)});
  progress.update({.fates = of(2)});
  EXPECT_EQ(written(), Lines{"0.0 MB, 1 record: 1 applied\n"});
  progress.clear();
  progress.update({.fates = of(3)});
  clock_.advance(seconds(10));
  progress.update({.fates = of(4)});
  EXPECT_EQ(written(), Lines{"0.0 MB, 4 records: 4 applied\n"});
}

TEST(TerminalColumns, AreThoseOfTheTerminal) {
  int master = -1;
  int terminal = -1;
  const winsize size{.ws_row = 20, .ws_col = 123, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::openpty(&master, &terminal, nullptr, nullptr, &size), 0);
  EXPECT_EQ(terminal_columns(terminal), 123U);
  ::close(terminal);
  ::close(master);
  EXPECT_EQ(terminal_columns(-1), 0U);
}

}  // namespace
}  // namespace streamonce::handler
