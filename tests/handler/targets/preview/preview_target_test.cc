#include "handler/targets/preview/preview_target.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "handler/sources/lambda/stream_event.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mark_places.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using testing::event_of;
using testing::FakeClock;
using testing::MemoryTarget;
using testing::put;
using testing::remove;

events::Version version_numbered(const char* number) {
  return {"2026-11-21T00:44:22.580", *events::SequenceNumber::parse(number)};
}

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
  PreviewTarget preview(target_, {.versions_max = 2});
  run(preview, {put("a", "1", "x"), put("b", "2", "x"), put("c", "3", "x")});
  EXPECT_EQ(run(preview, {put("a", "1", "x"), put("b", "2", "x"), put("c", "3", "x")}).fates,
            (std::vector{kAlreadyApplied, kAlreadyApplied, kApplied}));
  EXPECT_EQ(run(preview, {put("a", "4", "x")}).fates, std::vector{kApplied}) << "known items rise";
  EXPECT_EQ(run(preview, {put("a", "4", "x")}).fates, std::vector{kAlreadyApplied});
}

TEST_F(PreviewTargetTest, ReadsTheMarksAsTheyWouldBe) {
  apply({put("a", "5", "x"), put("b", "5", "x")});
  preview({put("a", "6", "x"), put("c", "1", "x")});
  const std::string other = std::string(kIdOfA.substr(0, kIdOfA.size() - 1)) + "b";
  const std::string made = std::string(kIdOfA.substr(0, kIdOfA.size() - 1)) + "c";
  const std::vector<std::string_view> ids = {"absent", kIdOfA, other, made};
  for (const Reading reading : {Reading::kVersions, Reading::kWhole}) {
    const auto marks = preview_.read_marks(testing::places_of(ids), reading, clock_.steady_now());
    ASSERT_EQ(marks.size(), 4U);
    EXPECT_EQ(marks[0].value(), std::nullopt);
    EXPECT_EQ(marks[1].value(), Mark{.version = version_numbered("6")});
    EXPECT_EQ(marks[2].value(), Mark{.version = version_numbered("5")});
    EXPECT_EQ(marks[3].value(), Mark{.version = version_numbered("1")});
  }
  apply({put("a", "7", "x")});
  EXPECT_EQ(preview_.read_marks(testing::places_of(ids), Reading::kWhole, {})[1].value()->version,
            version_numbered("7"));
  target_.marks[std::string(kIdOfA)] = "zzz";
  EXPECT_FALSE(preview_.read_marks(testing::places_of(ids), Reading::kWhole, {})[1]);
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
  PreviewTarget preview(target_);
  const auto outcome_of = [&](const char* oldest, const char* version) {
    const events::Version oldest_version = version_numbered(oldest);
    const Commit commit{.ledger_id = kIdOfA,
                        .version = version_numbered(version),
                        .writes = {},
                        .oldest = &oldest_version};
    Outcome outcome;
    preview.commit({&commit, 1}, {&outcome, 1}, {});
    return outcome;
  };
  apply({put("a", "5", "x")});
  target_.nonces[std::string(kIdOfA)] = "n";
  const Outcome changed = outcome_of("5", "7");
  EXPECT_EQ(changed.result, CommitResult::kChanged);
  EXPECT_EQ(*changed.found, (Mark{.version = version_numbered("5"), .nonce = "n"})) << "read whole";
  EXPECT_EQ(outcome_of("6", "7").result, CommitResult::kApplied);
  const Outcome foreseen = outcome_of("6", "8");
  EXPECT_EQ(foreseen.result, CommitResult::kChanged);
  EXPECT_EQ(*foreseen.found, Mark{.version = version_numbered("7")}) << "as if it had been applied";
  EXPECT_EQ(outcome_of("4", "6").result, CommitResult::kStale);
  EXPECT_EQ(outcome_of("8", "8").result, CommitResult::kApplied);
}

TEST_F(PreviewTargetTest, JudgesByTheEntryThatWasSeen) {
  apply({put("a", "5", "x")});
  const std::vector<std::string_view> ids = {kIdOfA};
  const Mark seen = **target_.read_marks(testing::places_of(ids), Reading::kWhole, {})[0];
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

/// Commits of one item for views that remember, one after the other.
class RememberingPreview : public PreviewTargetTest {
 protected:
  /// What a reading gives; without a mark there is none.
  std::optional<Mark> read() {
    const std::vector<std::string_view> ids = {id_};
    return *preview_->read_marks(testing::places_of(ids), Reading::kWhole, {})[0];
  }
  struct Made {
    const char* number;
    std::string content = {};
    std::string nonce = {};
  };
  Outcome commit(const Made& made, const std::optional<Mark>& seen) {
    return run({.ledger_id = id_,
                .version = version_numbered(made.number),
                .writes = {},
                .content = made.content,
                .seen = Seen{seen ? &*seen : nullptr},
                .nonce = made.nonce});
  }
  Outcome commit_by_version(const char* number) {
    return run({.ledger_id = id_, .version = version_numbered(number), .writes = {}});
  }

  std::string id_{kIdOfA};
  std::optional<PreviewTarget> preview_{std::in_place, target_};

 private:
  Outcome run(const Commit& commit) {
    Outcome outcome;
    preview_->commit({&commit, 1}, {&outcome, 1}, {});
    EXPECT_TRUE(target_.marks.empty() || target_.marks.size() == 1);
    return outcome;
  }
};

TEST_F(RememberingPreview, ASecondChangeSeesWhatTheFirstOneWouldHaveLeft) {
  EXPECT_EQ(read(), std::nullopt);
  EXPECT_EQ(commit({"5", "five"}, std::nullopt).result, CommitResult::kApplied);
  const std::optional<Mark> first = read();
  EXPECT_EQ(first, (Mark{.version = version_numbered("5"), .remembers = true, .content = "five"}));
  const Outcome stale = commit({"6", "six"}, std::nullopt);
  EXPECT_EQ(stale.result, CommitResult::kChanged);
  EXPECT_EQ(*stale.found, *first) << "to make it anew from";
  EXPECT_EQ(commit({"6", "six"}, first).result, CommitResult::kApplied);
  EXPECT_EQ(commit({"6", "six"}, first).result, CommitResult::kAlreadyApplied);
  EXPECT_EQ(commit({"5", "five"}, std::nullopt).result, CommitResult::kStale);
  EXPECT_EQ(commit({"7", "seven"}, first).result, CommitResult::kChanged);
  EXPECT_EQ(commit({"7", ""}, read()).result, CommitResult::kApplied);
  EXPECT_EQ(read(), Mark{.version = version_numbered("7")}) << "the item has nothing any more";
  EXPECT_TRUE(target_.marks.empty());
}

TEST_F(RememberingPreview, ACommitByVersionAloneGetsPastNoContent) {
  commit({"5", "five"}, std::nullopt);
  const std::vector<std::string_view> ids = {id_};
  EXPECT_EQ(*preview_->read_marks(testing::places_of(ids), Reading::kVersions, {})[0],
            (Mark{.version = version_numbered("5"), .remembers = true}));
  const Outcome outcome = commit_by_version("6");
  EXPECT_EQ(outcome.result, CommitResult::kChanged);
  EXPECT_EQ(outcome.found->content, "five");
  EXPECT_EQ(outcome.reason, why_changed({}, &*outcome.found));
  EXPECT_EQ(commit_by_version("5").result, CommitResult::kAlreadyApplied);
}

TEST_F(RememberingPreview, AnEntryThatKeepsItsVersionIsKnownByItsNonce) {
  apply({put("a", "5", "x")});
  const std::optional<Mark> before = read();
  EXPECT_EQ(commit({"5", "left", "n-1"}, before).result, CommitResult::kApplied);
  const std::optional<Mark> left = read();
  EXPECT_EQ(
      left,
      (Mark{
          .version = version_numbered("5"), .remembers = true, .content = "left", .nonce = "n-1"}));
  EXPECT_EQ(commit({"6", "six"}, before).result, CommitResult::kChanged);
  EXPECT_EQ(commit({"6", "six"}, left).result, CommitResult::kApplied);
}

TEST_F(RememberingPreview, AnEntryThatSomebodyHasWrittenSinceOutweighsIt) {
  commit({"5", "five"}, std::nullopt);
  apply({put("a", "7", "x")});
  EXPECT_EQ(read(), Mark{.version = version_numbered("7")});
  EXPECT_EQ(commit({"6", "six"}, std::nullopt).result, CommitResult::kStale);
}

TEST_F(RememberingPreview, WhatHasNoRoomIsJudgedByItsMarkAlone) {
  const std::string large(1'000, 'x');
  preview_.emplace(target_, PreviewTarget::Bounds{.contents_bytes_max = 2'500});
  for (const char* item : {"a", "b", "c"}) {
    id_.back() = *item;
    EXPECT_EQ(commit({"5", large}, std::nullopt).result, CommitResult::kApplied);
    EXPECT_EQ(read().has_value(), *item != 'c') << item;
  }
  EXPECT_EQ(commit({"5", large}, std::nullopt).result, CommitResult::kApplied) << "told once more";
  id_.back() = 'a';
  EXPECT_EQ(commit({"6", large + large}, read()).result, CommitResult::kApplied);
  EXPECT_EQ(read(), std::nullopt) << "grown out of it, and not known by half";
  id_.back() = 'c';
  EXPECT_EQ(commit({"5", large}, std::nullopt).result, CommitResult::kApplied);
  EXPECT_EQ(read()->content, large) << "there is room again";
  id_.back() = 'b';
  EXPECT_EQ(read()->content, large);
  EXPECT_EQ(commit({"6", ""}, read()).result, CommitResult::kApplied);
  id_.back() = 'a';
  EXPECT_EQ(commit({"5", large}, std::nullopt).result, CommitResult::kApplied);
  EXPECT_EQ(read()->content, large);
}

}  // namespace
}  // namespace streamonce::handler
