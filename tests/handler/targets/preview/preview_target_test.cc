#include "handler/targets/preview/preview_target.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "handler/sources/lambda/stream_event.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using testing::event_of;
using testing::FakeClock;
using testing::MemoryTarget;
using testing::put;
using testing::remove;

constexpr std::string_view kIdOfA = "orders|123456789012/eu-west-1/orders|2:idS1:a";

class PreviewTargetTest : public ::testing::Test {
 protected:
  BatchResult run(Target& target, const std::vector<std::string>& records) {
    const Payload payload = Payload::copy_of(event_of(records));
    Pipeline pipeline({}, target, clock_);
    StreamEventHandler handler(pipeline, logger_);
    return handler.run(payload.view(), clock_.steady_now() + std::chrono::seconds(60))->batch;
  }
  std::vector<Fate> preview(const std::vector<std::string>& records) {
    return run(preview_, records).fates;
  }
  void apply(const std::vector<std::string>& records) {
    ASSERT_EQ(run(target_, records).counts.not_done(), 0U);
  }

  MemoryTarget target_;
  PreviewTarget preview_{target_};
  FakeClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
};

using enum Fate;

TEST_F(PreviewTargetTest, JudgesByTheMarks) {
  apply({put("a", "5", "x"), put("b", "5", "x"), remove("c", "5")});
  EXPECT_EQ(
      preview({put("a", "4", "x"), put("b", "5", "x"), put("c", "6", "x"), put("d", "1", "x")}),
      (std::vector{kStale, kAlreadyApplied, kApplied, kApplied}));
}

TEST_F(PreviewTargetTest, ChangesNothing) {
  apply({put("a", "5", "x")});
  const auto items = target_.items;
  const auto marks = target_.marks;
  const int calls = target_.calls;
  preview({put("a", "6", "y"), remove("b", "7")});
  EXPECT_EQ(target_.items, items);
  EXPECT_EQ(target_.marks, marks);
  EXPECT_EQ(target_.calls, calls);
}

TEST_F(PreviewTargetTest, JudgesALaterBatchByWhatItHasForeseen) {
  EXPECT_EQ(preview({put("a", "5", "x")}), std::vector{kApplied});
  EXPECT_EQ(preview({put("a", "5", "x")}), std::vector{kAlreadyApplied});
  EXPECT_EQ(preview({put("a", "4", "x")}), std::vector{kStale});
  EXPECT_EQ(preview({put("a", "6", "x")}), std::vector{kApplied});
  EXPECT_EQ(preview({put("a", "5", "x")}), std::vector{kStale});
}

TEST_F(PreviewTargetTest, AMarkThatHasRisenSinceOutweighsWhatWasForeseen) {
  EXPECT_EQ(preview({put("a", "5", "x")}), std::vector{kApplied});
  apply({put("a", "7", "x")});
  EXPECT_EQ(preview({put("a", "6", "x")}), std::vector{kStale});
  EXPECT_EQ(preview({put("a", "7", "x")}), std::vector{kAlreadyApplied});
}

TEST_F(PreviewTargetTest, FailsWhatHasAnUnreadableMark) {
  target_.marks[std::string(kIdOfA)] = "zzz";
  const BatchResult result = run(preview_, {put("a", "5", "x"), put("b", "6", "x")});
  EXPECT_EQ(result.fates, (std::vector{kFailed, kApplied}));
  EXPECT_EQ(result.failures.at(0).reason,
            "the mark could not be read: the mark in the ledger holds no version");
}

TEST_F(PreviewTargetTest, RemembersSoManyItemsAndNoMore) {
  PreviewTarget preview(target_, /*versions_max=*/2);
  run(preview, {put("a", "1", "x"), put("b", "2", "x"), put("c", "3", "x")});
  EXPECT_EQ(run(preview, {put("a", "1", "x"), put("b", "2", "x"), put("c", "3", "x")}).fates,
            (std::vector{kAlreadyApplied, kAlreadyApplied, kApplied}));
  EXPECT_EQ(run(preview, {put("a", "4", "x")}).fates, std::vector{kApplied}) << "known items rise";
  EXPECT_EQ(run(preview, {put("a", "4", "x")}).fates, std::vector{kAlreadyApplied});
}

TEST_F(PreviewTargetTest, PassesTheMarksOnAsTheyAre) {
  apply({put("a", "5", "x")});
  preview({put("a", "6", "x")});
  const std::vector<std::string_view> ids = {"absent", kIdOfA};
  const auto marks = preview_.read_marks(ids, Reading::kVersions, clock_.steady_now());
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].value(), std::nullopt);
  EXPECT_EQ(marks[1].value()->version.text(), target_.marks.at(std::string(kIdOfA)));
}

TEST_F(PreviewTargetTest, TellsOfAnEntryThatOnlyViewsMayChange) {
  apply({put("a", "5", "x")});
  target_.contents[std::string(kIdOfA)] = "what";
  target_.marks[std::string(kIdOfA)].insert(0, "~");
  EXPECT_EQ(preview({put("a", "5", "x")}), std::vector{kAlreadyApplied});
  const BatchResult result = run(preview_, {put("a", "6", "x")});
  EXPECT_EQ(result.fates, std::vector{kFailed});
  EXPECT_EQ(result.failures.at(0).reason, why_changed({}, nullptr));
  EXPECT_EQ(run(target_, {put("a", "6", "x")}).fates, std::vector{kFailed});
  EXPECT_EQ(target_.contents[std::string(kIdOfA)], "what");
}

TEST_F(PreviewTargetTest, JudgesByTheOldestChangeToo) {
  const auto version_of = [](const char* number) {
    return events::Version("2026-11-21T00:44:22.580", *events::SequenceNumber::parse(number));
  };
  PreviewTarget preview(target_);
  const auto outcome_of = [&](const char* oldest, const char* version) {
    const Commit commit{.ledger_id = kIdOfA,
                        .version = version_of(version),
                        .writes = {},
                        .oldest = version_of(oldest)};
    Outcome outcome;
    preview.commit({&commit, 1}, {&outcome, 1}, {});
    return outcome;
  };
  apply({put("a", "5", "x")});
  target_.nonces[std::string(kIdOfA)] = "n";
  const Outcome changed = outcome_of("5", "7");
  EXPECT_EQ(changed.result, CommitResult::kChanged);
  EXPECT_EQ(*changed.found, (Mark{.version = version_of("5"), .nonce = "n"})) << "read whole";
  EXPECT_EQ(outcome_of("6", "7").result, CommitResult::kApplied);
  const Outcome foreseen = outcome_of("6", "8");
  EXPECT_EQ(foreseen.result, CommitResult::kChanged);
  EXPECT_EQ(*foreseen.found, Mark{.version = version_of("7")}) << "as if it had been applied";
  EXPECT_EQ(outcome_of("4", "6").result, CommitResult::kStale);
  EXPECT_EQ(outcome_of("8", "8").result, CommitResult::kApplied);
}

TEST_F(PreviewTargetTest, JudgesByTheEntryThatWasSeen) {
  apply({put("a", "5", "x")});
  const std::vector<std::string_view> ids = {kIdOfA};
  const Mark seen = **target_.read_marks(ids, Reading::kWhole, {})[0];
  const auto result_of = [&](const Mark* mark) {
    const Commit commit{
        .ledger_id = kIdOfA,
        .version = events::Version("2026-11-21T00:44:22.580", *events::SequenceNumber::parse("6")),
        .writes = {},
        .content = "new",
        .seen = Seen{mark}};
    PreviewTarget preview(target_);
    Outcome outcome;
    preview.commit({&commit, 1}, {&outcome, 1}, {});
    EXPECT_EQ(outcome.found != nullptr, outcome.result == CommitResult::kChanged);
    return outcome.result;
  };
  EXPECT_EQ(result_of(&seen), CommitResult::kApplied);
  EXPECT_EQ(result_of(nullptr), CommitResult::kChanged);
  EXPECT_EQ(target_.readings.back(), Reading::kWhole);
  preview({put("b", "1", "x")});
  EXPECT_EQ(target_.readings.back(), Reading::kVersions);
}

}  // namespace
}  // namespace streamonce::handler
