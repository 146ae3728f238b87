#include "handler/commands/load/load_summary.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::handler::load {
namespace {

LoadSummary some_summary() {
  LoadSummary summary;
  summary.files = 2;
  summary.fates.add(Fate::kApplied, 1'000);
  summary.fates.add(Fate::kAlreadyApplied, 20);
  summary.fates.add(Fate::kStale, 3);
  summary.fates.add(Fate::kFailed, 4);
  summary.fates.add(Fate::kExpired, 1);
  summary.swept = 7;
  summary.write_unit_tenths = 36'005;
  return summary;
}

TEST(LoadSummary, IsForAProgram) {
  EXPECT_EQ(to_json(some_summary()),
            R"({"files":2,"items":1028,"applied":1000,"already_applied":20,"stale":3,"failed":5,)"
            R"("swept":7,"write_units":3600.5})"
            "\n");
}

TEST(LoadSummary, IsForAPerson) {
  LoadSummary summary = some_summary();
  summary.was_swept = true;
  summary.failures.push_back({.place = "x/data/a.gz:7", .reason = "bad"});
  summary.failed_path = "x.failed.ndjson";
  summary.failed_lines = 5;
  summary.state_path = "x.load.json";
  summary.interrupted = true;
  EXPECT_EQ(to_text(summary), R"(files                        2
items                     1028
  applied                 1000
  already applied           20
  newer there                3
  failed                     5
swept                        7
write units             3600.5
first failures:
  x/data/a.gz:7: bad
items that have failed are in x.failed.ndjson, 5 lines: `bootstrap replay` takes them when the cause is mended, and so does the same load again
interrupted: run the same command again to go on; how far it came is in x.load.json
)");
}

TEST(LoadSummary, TellsWhatIsRareOnlyWhereItIs) {
  LoadSummary summary;
  summary.files_missing = 1;
  summary.files_damaged = 2;
  summary.files_left = 3;
  summary.files_done_before = 4;
  summary.why_not_swept = "an item has failed";
  summary.gave_up = true;
  summary.not_kept = 6;
  summary.dry_run = true;
  EXPECT_EQ(to_text(summary), R"(dry run: nothing was written; applied is what would be
files                        0
  done before                4
  missing                    1
  damaged                    2
  not come to                3
items                        0
  applied                    0
  already applied            0
  newer there                0
  failed                     0
no file holds 6 of the items that have failed: run the same load again
not swept: an item has failed
given up: the target did nothing any more; run the same command again to go on
)");
}

TEST(LoadSummary, IsOfEverythingDoneOnlyIfNothingIsLeft) {
  EXPECT_TRUE(LoadSummary().everything_done());
  const auto with = [](auto set) {
    LoadSummary summary;
    set(summary);
    return summary.everything_done();
  };
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.fates.add(Fate::kFailed); }));
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.fates.add(Fate::kExpired); }));
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.files_missing = 1; }));
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.files_damaged = 1; }));
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.files_left = 1; }));
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.sweep_failed = 1; }));
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.why_not_swept = "x"; }));
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.interrupted = true; }));
  EXPECT_FALSE(with([](LoadSummary& summary) { summary.gave_up = true; }));
  EXPECT_TRUE(with([](LoadSummary& summary) { summary.fates.add(Fate::kStale); }));
}

TEST(LoadSummary, AddsUpOverExports) {
  LoadSummary all;
  add_counts(all, some_summary());
  add_counts(all, some_summary());
  EXPECT_EQ(to_json(all),
            R"({"files":4,"items":2056,"applied":2000,"already_applied":40,"stale":6,"failed":10,)"
            R"("swept":14,"write_units":7201.0})"
            "\n");
}

TEST(LoadSummary, TellsOfRowsThatASweepHasLeft) {
  LoadSummary summary;
  summary.unmarked = 1;
  EXPECT_NE(to_text(summary).find("\n1 row without a mark was left\n"), std::string::npos);
  add_counts(summary, LoadSummary(summary));
  EXPECT_NE(to_text(summary).find("\n2 rows without marks were left\n"), std::string::npos);
  EXPECT_TRUE(summary.everything_done());
}

}  // namespace
}  // namespace streamonce::handler::load
