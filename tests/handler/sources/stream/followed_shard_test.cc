#include "handler/sources/stream/followed_shard.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using dynamodb_streams::IteratorStart;
using std::chrono::hours;

constexpr SteadyTime kNow{hours(1)};

class FollowedShardTest : public ::testing::Test {
 protected:
  static FollowedShard shard(FollowedShard::Options options = {}) {
    options.id = "shard";
    return FollowedShard(std::move(options));
  }

  StreamPage page(const std::vector<std::string>& numbers) {
    std::vector<std::string> records;
    for (const std::string& number : numbers) records.push_back(testing::put("a", number, "v"));
    const Payload payload = Payload::copy_of(testing::event_of(records));
    return reader_.read(payload.view(), testing::kStreamArn);
  }

  static void finish_page(FollowedShard& shard) {
    shard.pages().front().take_away([](std::size_t) { return true; });
    shard.remove_page();
  }

  StreamPage::Reader reader_;
};

TEST_F(FollowedShardTest, AsksForAnIteratorAndThenForPages) {
  FollowedShard read = shard();
  EXPECT_EQ(read.next_ask(), Ask::kIterator);
  read.note_asked();
  EXPECT_EQ(read.next_ask(), Ask::kNothing);
  read.take_iterator("it");
  EXPECT_EQ(read.next_ask(), Ask::kRecords);
  EXPECT_EQ(read.iterator(), "it");
}

TEST_F(FollowedShardTest, BeginsWhereItsPositionIs) {
  EXPECT_EQ(shard().place("arn").start, IteratorStart::kTrimHorizon);
  const FollowedShard behind = shard({.from = {.kind = Position::Kind::kAfter, .number = "17"}});
  EXPECT_EQ(behind.place("arn").start, IteratorStart::kAfter);
  EXPECT_EQ(behind.place("arn").sequence_number, "17");
  EXPECT_EQ(shard({.beginning = Beginning::kLatest}).place("arn").start, IteratorStart::kLatest);
}

TEST_F(FollowedShardTest, IsNeverPutAtTheLatestRecordOnceItHadAnIterator) {
  FollowedShard late = shard({.beginning = Beginning::kLatest});
  late.take_iterator("it");
  late.lose_iterator(kNow);
  EXPECT_EQ(late.place("arn").start, IteratorStart::kTrimHorizon);
}

TEST_F(FollowedShardTest, GoesOnBehindTheNewestNumberThatCame) {
  FollowedShard read = shard();
  read.take_iterator("it");
  read.take_page(page({"5", "9", "10"}), "next", /*is_closed=*/false, kNow);
  read.lose_iterator(kNow);
  EXPECT_EQ(read.place("arn").sequence_number, "10");  // though 9 is the larger text
}

TEST_F(FollowedShardTest, HoldsThePageInHandAndTheNextOne) {
  FollowedShard read = shard();
  read.take_iterator("it");
  read.take_page(page({"1"}), "next", /*is_closed=*/true, kNow);
  EXPECT_EQ(read.next_ask(), Ask::kRecords);
  read.take_page(page({"2"}), "next", /*is_closed=*/true, kNow);
  EXPECT_EQ(read.next_ask(), Ask::kNothing);
  finish_page(read);
  EXPECT_EQ(read.next_ask(), Ask::kRecords);
}

TEST_F(FollowedShardTest, PausesBetweenThePagesOfAnOpenShard) {
  FollowedShard read = shard();
  read.take_iterator("it");
  read.take_page(page({"1"}), "next", /*is_closed=*/false, kNow);
  EXPECT_EQ(read.due(), kNow + kBusyPause);
  read.take_page(page({}), "next", /*is_closed=*/false, kNow);
  EXPECT_EQ(read.due(), kNow + kIdlePause);
  read.take_page(page({}), "next", /*is_closed=*/true, kNow);
  EXPECT_EQ(read.due(), kNow);
  FollowedShard quick = shard({.is_quick = true});
  quick.take_page(page({}), "next", /*is_closed=*/false, kNow);
  EXPECT_EQ(quick.due(), kNow + kBusyPause);
}

TEST_F(FollowedShardTest, EndsWithThePageThatHasNoNextIteratorAndItsRecords) {
  FollowedShard read = shard();
  read.take_iterator("it");
  read.take_page(page({"1", "2"}), "", /*is_closed=*/true, kNow);
  EXPECT_TRUE(read.has_ended());
  EXPECT_EQ(read.next_ask(), Ask::kNothing);
  ASSERT_EQ(read.pages().size(), 1U);
  EXPECT_EQ(read.position(), Position{});  // not the end: its records are not done
  finish_page(read);
  EXPECT_EQ(read.position(), (Position{.kind = Position::Kind::kEnd}));
}

TEST_F(FollowedShardTest, IsDoneUpToTheFirstRecordThatIsLeft) {
  FollowedShard read = shard({.from = {.kind = Position::Kind::kAfter, .number = "1"}});
  const auto after = [](const char* number) {
    return Position{.kind = Position::Kind::kAfter, .number = number};
  };
  read.take_iterator("it");
  EXPECT_EQ(read.position(), after("1"));
  read.take_page(page({"2", "3", "4"}), "next", /*is_closed=*/false, kNow);
  read.take_page(page({"5"}), "next", /*is_closed=*/false, kNow);
  EXPECT_EQ(read.position(), after("1"));
  read.pages().front().take_away([](std::size_t i) { return i == 2; });
  EXPECT_EQ(read.position(), after("1"));  // 2 and 3 are left
  read.pages().front().take_away([](std::size_t i) { return i == 0; });
  EXPECT_EQ(read.position(), after("2"));
  finish_page(read);
  EXPECT_EQ(read.position(), after("4"));
  finish_page(read);
  EXPECT_EQ(read.position(), after("5"));
}

TEST_F(FollowedShardTest, IsAtItsTipAfterManyPagesWithoutRecordsOverSomeTime) {
  FollowedShard read = shard();
  read.take_iterator("it");
  for (int i = 0; i < kEmptyPagesAtTip; ++i) {
    EXPECT_FALSE(read.is_at_tip(kNow + hours(1)));
    read.take_page(page({}), "next", /*is_closed=*/false, kNow);
  }
  EXPECT_FALSE(read.is_at_tip(kNow));
  EXPECT_TRUE(read.is_at_tip(kNow + kTimeAtTip));
  read.take_page(page({"1"}), "next", /*is_closed=*/false, kNow);
  EXPECT_FALSE(read.is_at_tip(kNow + hours(1)));
}

TEST_F(FollowedShardTest, TellsAGapWhereRecordsAreGoneThatWereToBeRead) {
  EXPECT_FALSE(shard().skip_trimmed(kNow));  // what a first run never could read
  EXPECT_TRUE(shard({.must_be_whole = true}).skip_trimmed(kNow));
  FollowedShard read = shard({.from = {.kind = Position::Kind::kAfter, .number = "1"}});
  EXPECT_TRUE(read.skip_trimmed(kNow));
  EXPECT_EQ(read.place("arn").start, IteratorStart::kTrimHorizon);
  EXPECT_EQ(read.due(), kNow + kBusyPause);
  read.take_iterator("it");
  read.take_page(page({}), "next", /*is_closed=*/false, kNow);
  EXPECT_TRUE(read.skip_trimmed(kNow));  // and so is what goes from now on
}

TEST_F(FollowedShardTest, TellsOneGapWhereTheOldestRecordIsRefusedToo) {
  FollowedShard read = shard({.from = {.kind = Position::Kind::kAfter, .number = "1"}});
  EXPECT_TRUE(read.skip_trimmed(kNow));
  for (int i = 0; i < kEmptyPagesAtTip; ++i) {
    EXPECT_FALSE(read.is_at_tip(kNow + hours(1)));
    EXPECT_FALSE(read.skip_trimmed(kNow));
    EXPECT_EQ(read.due(), kNow + kIdlePause);
  }
  EXPECT_TRUE(read.is_at_tip(kNow + kTimeAtTip));

  FollowedShard first = shard();
  EXPECT_FALSE(first.skip_trimmed(kNow));  // what a first run never could read
  EXPECT_TRUE(first.skip_trimmed(kNow));   // what went before it could
  EXPECT_FALSE(first.skip_trimmed(kNow));
}

TEST_F(FollowedShardTest, IsOverWhereThereIsNoSuchShard) {
  FollowedShard gone = shard();
  gone.note_gone();
  EXPECT_EQ(gone.next_ask(), Ask::kNothing);
  EXPECT_EQ(gone.position(), (Position{.kind = Position::Kind::kEnd}));
}

}  // namespace
}  // namespace streamonce::handler
