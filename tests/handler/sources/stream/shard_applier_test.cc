#include "handler/sources/stream/shard_applier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using std::chrono::seconds;
using Texts = std::vector<std::string>;

class KeptLetters final : public DeadLetterKeeper {
 public:
  Status keep(std::string_view text, std::string_view stream_arn) override {
    letters.emplace_back(text);
    arns.emplace_back(stream_arn);
    return {};
  }
  Status sync() override {
    if (sync_fails) return Error{ErrorCode::kUnavailable, "no disk"};
    return {};
  }

  Texts letters;
  Texts arns;
  bool sync_fails = false;
};

class ShardApplierTest : public ::testing::Test {
 protected:
  void open(bool keeps, int attempts = 3, bool gives_up_shards = false) {
    applier_.emplace(ShardApplier::Options{.stream_arn = std::string(testing::kStreamArn),
                                           .attempts = attempts,
                                           .gives_up_shards = gives_up_shards},
                     ShardApplier::Parts{.pipeline = pipeline_,
                                         .dead_letters = keeps ? &letters_ : nullptr,
                                         .clock = clock_,
                                         .logger = logger_},
                     state_);
  }

  void add_page(const std::vector<std::string>& records) {
    const Payload payload = Payload::copy_of(testing::event_of(records));
    shard_.take_page(reader_.read(payload.view(), testing::kStreamArn), "next",
                     /*is_closed=*/false, clock_.steady_now());
  }
  void refuse(const std::string& id) { target_.failing_keys.insert(testing::key_of(id)); }
  /// The numbers of the records that are left of the first page.
  Texts left() const {
    Texts numbers;
    if (!shard_.pages().empty())
      for (const PageRecord& record : shard_.pages().front().records())
        numbers.emplace_back(record.number);
    return numbers;
  }
  seconds pause() const {
    return std::chrono::round<seconds>(shard_.ready_at - clock_.steady_now());
  }

  testing::FakeClock clock_;
  std::string log_;
  Logger logger_{{.level = LogLevel::kInfo,
                  .format = LogFormat::kText,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  testing::MemoryTarget target_;
  Pipeline pipeline_{{.name = "p", .target_table = {}, .retain = {}}, target_, clock_};
  KeptLetters letters_;
  FollowState state_;
  StreamPage::Reader reader_;
  FollowedShard shard_{{.id = "s"}};
  std::optional<ShardApplier> applier_;
};

TEST_F(ShardApplierTest, AppliesAPageAndRemovesIt) {
  open(/*keeps=*/false);
  add_page({testing::put("a", "1", "x"), testing::put("a", "2", "y"), testing::put("b", "3", "z")});
  applier_->apply(shard_);
  EXPECT_TRUE(shard_.pages().empty());
  EXPECT_EQ(target_.items.size(), 2U);
  EXPECT_EQ(state_.fates.of(Fate::kApplied), 2U);
  EXPECT_EQ(state_.fates.of(Fate::kSuperseded), 1U);
  EXPECT_EQ(state_.newest_time, 1763685862);
  EXPECT_EQ(log_, "");
}

TEST_F(ShardApplierTest, TriesWhatIsLeftAtOnceWhereSomethingWasDone) {
  open(/*keeps=*/false);
  refuse("bad");
  add_page(
      {testing::put("a", "1", "x"), testing::put("bad", "2", "y"), testing::put("c", "3", "z")});
  applier_->apply(shard_);
  EXPECT_EQ(left(), (Texts{"2"}));
  EXPECT_EQ(pause(), seconds(0));
  EXPECT_EQ(shard_.attempts, 0);
  EXPECT_EQ(state_.fates.all(), 2U);
  applier_->apply(shard_);
  EXPECT_EQ(shard_.attempts, 1);
  EXPECT_EQ(pause(), seconds(1));
}

TEST_F(ShardApplierTest, PausesTwiceAsLongEachTimeUpToAMinute) {
  open(/*keeps=*/false);
  refuse("bad");
  add_page({testing::put("bad", "2", "y")});
  std::vector<seconds> pauses;
  for (int i = 0; i < 9; ++i) {
    applier_->apply(shard_);
    pauses.push_back(pause());
    clock_.advance(pauses.back());
  }
  EXPECT_EQ(pauses,
            (std::vector<seconds>{seconds(1), seconds(2), seconds(4), seconds(8), seconds(16),
                                  seconds(32), seconds(60), seconds(60), seconds(60)}));
  EXPECT_EQ(left(), (Texts{"2"}));  // nobody keeps it, so it is tried for ever
  EXPECT_FALSE(shard_.is_stuck);
}

TEST_F(ShardApplierTest, TellsTheFailureOnceAndThenThatTheShardIsBlocked) {
  open(/*keeps=*/false);
  refuse("bad");
  add_page({testing::put("bad", "2", "y")});
  for (int i = 0; i < 3; ++i) applier_->apply(shard_);
  const auto count = [&](const std::string& word) {
    int found = 0;
    for (std::size_t at = 0; (at = log_.find(word, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("record failed"), 1) << log_;
  EXPECT_EQ(count("shard blocked"), 3) << log_;
}

TEST_F(ShardApplierTest, GivesUpTheRecordThatFailedSoOften) {
  open(/*keeps=*/true);
  refuse("bad");
  add_page({testing::put("a", "1", "x"), testing::put("bad", "2", "y")});
  for (int i = 0; i < 3; ++i) applier_->apply(shard_);
  EXPECT_EQ(left(), (Texts{"2"}));
  EXPECT_EQ(letters_.letters, Texts{});
  applier_->apply(shard_);
  EXPECT_TRUE(shard_.pages().empty());
  EXPECT_EQ(letters_.letters, (Texts{testing::put("bad", "2", "y")}));
  EXPECT_EQ(letters_.arns, (Texts{""}));  // the record names its stream itself
  EXPECT_EQ(state_.letters, 1U);
  EXPECT_EQ(state_.fates.of(Fate::kFailed), 1U);
}

TEST_F(ShardApplierTest, TriesTheOthersOfTheItemByThemselvesThen) {
  open(/*keeps=*/true, /*attempts=*/1);
  // The newest change of the item cannot be applied, the ones before it can.
  add_page({testing::put("a", "1", "x"), testing::put("a", "2", "y"),
            testing::to_json(
                {.event_name = "UPSERT", .sequence_number = "3", .keys = testing::key_of("a")}),
            testing::put("a", "4", "z")});
  while (!shard_.pages().empty()) applier_->apply(shard_);
  EXPECT_EQ(letters_.letters.size(), 1U);
  EXPECT_NE(target_.items[testing::key_of("a")].find("\"z\""), std::string::npos);
  EXPECT_EQ(state_.fates.all(), 4U);
  EXPECT_EQ(state_.fates.not_done(), 1U);
}

TEST_F(ShardApplierTest, KeepsTheRecordInHandUntilItIsDurablyKept) {
  open(/*keeps=*/true, /*attempts=*/1);
  letters_.sync_fails = true;
  refuse("bad");
  add_page({testing::put("bad", "2", "y")});
  applier_->apply(shard_);
  EXPECT_EQ(left(), (Texts{"2"}));
  EXPECT_EQ(state_.letters, 0U);
  EXPECT_EQ(pause(), seconds(1));
  letters_.sync_fails = false;
  applier_->apply(shard_);
  EXPECT_TRUE(shard_.pages().empty());
}

TEST_F(ShardApplierTest, LeavesAShardWithoutHopeAtOnceWhereThatIsWanted) {
  open(/*keeps=*/false, /*attempts=*/5, /*gives_up_shards=*/true);
  add_page({testing::to_json({.event_name = "UPSERT", .keys = testing::key_of("a")})});
  applier_->apply(shard_);
  EXPECT_TRUE(shard_.is_stuck);
  EXPECT_EQ(left().size(), 1U);
}

TEST_F(ShardApplierTest, SetsAnErrorRatherThanGiveUpTooMuch) {
  open(/*keeps=*/true, /*attempts=*/1);
  std::vector<std::string> records;
  for (std::uint64_t i = 0; i <= kGivenUpMax; ++i) {
    const std::string id = "k" + std::to_string(i);
    refuse(id);
    records.push_back(testing::put(id, std::to_string(i + 1), "x"));
  }
  add_page(records);
  applier_->apply(shard_);
  ASSERT_TRUE(applier_->error());
  EXPECT_EQ(letters_.letters, Texts{});
  EXPECT_EQ(left().size(), records.size());
}

TEST_F(ShardApplierTest, CountsWhatWasGivenUpInARowAnewOnceAnythingIsDone) {
  open(/*keeps=*/true, /*attempts=*/1);
  refuse("bad");
  for (std::uint64_t i = 0; i < 2 * kGivenUpMax; ++i) {
    add_page({testing::put("bad", std::to_string(2 * i + 1), "x")});
    if (i % 50 == 49) add_page({testing::put("good", std::to_string(2 * i + 2), "x")});
    while (!shard_.pages().empty()) applier_->apply(shard_);
  }
  EXPECT_FALSE(applier_->error());
  EXPECT_EQ(letters_.letters.size(), 2 * kGivenUpMax);
}

TEST_F(ShardApplierTest, DoesNotBlameTheTargetForRecordsThatNoTargetCanTake) {
  open(/*keeps=*/true, /*attempts=*/1);
  std::vector<std::string> records;
  for (std::uint64_t i = 0; i < 2 * kGivenUpMax; ++i)
    records.push_back(testing::to_json({.event_name = "UPSERT",
                                        .sequence_number = std::to_string(i + 1),
                                        .keys = testing::key_of("k" + std::to_string(i))}));
  add_page(records);
  applier_->apply(shard_);
  EXPECT_FALSE(applier_->error());
  EXPECT_EQ(letters_.letters.size(), records.size());
}

}  // namespace
}  // namespace streamonce::handler
