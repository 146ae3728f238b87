#include "handler/commands/replay/summary.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace streamonce::handler::replay {
namespace {

TEST(ReplaySummary, IsOneLineForEachCount) {
  Summary summary;
  summary.documents = 1'234'567;
  EXPECT_EQ(to_text(summary),
            "documents              1234567\n"
            "records                      0\n"
            "  applied                    0\n"
            "  already applied            0\n"
            "  stale                      0\n"
            "  superseded                 0\n"
            "  failed                     0\n"
            "  expired                    0\n"
            "unreadable                   0\n"
            "pointers fetched             0\n");
  EXPECT_EQ(to_json_members(summary),
            R"("documents":1234567,"records":0,"applied":0,"alreadyApplied":0,"stale":0,)"
            R"("superseded":0,"failed":0,"expired":0,"unreadable":0,"pointersFetched":0,)"
            R"("pointersExpired":0,"pointersFailed":0,"filesUnread":0,"failures":[],)"
            R"("failedFiles":[],"notKept":0,"dryRun":false,"interrupted":false)");
}

TEST(ReplaySummary, TellsOfWhatIsRareOnlyWhereThereIsAny) {
  Summary summary;
  summary.pointers_expired = 1;
  summary.pointers_failed = 2;
  summary.files_unread = 3;
  summary.not_kept = 4;
  summary.dry_run = summary.interrupted = true;
  summary.failures.push_back({.place = "a:1", .sequence_number = "7", .reason = "refused"});
  summary.kept.push_back({.path = "a.failed.ndjson", .lines = 2});
  const std::string text = to_text(summary);
  for (const char* line :
       {"dry run: nothing was written; applied is what would be\n",
        "\npointers expired             1\n", "\npointers failed              2\n",
        "\nfiles not read               3\n", "\nfirst failures:\n  a:1: 7: refused\n",
        "\nwhat was not done is in a.failed.ndjson, 2 lines: replay it when the cause is mended\n",
        "\nno file holds 4 of what was not done: replay the same dump again\n", "\ninterrupted: "})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(ReplaySummary, TellsWhatViewsFilteredOnlyWhereThereIsAny) {
  Summary summary;
  EXPECT_EQ(to_text(summary).find("filtered"), std::string::npos);
  EXPECT_EQ(to_json_members(summary).find("filtered"), std::string::npos);
  summary.fates.add(Fate::kFiltered, 5);
  EXPECT_NE(to_text(summary).find("\n  filtered                   5\n"), std::string::npos);
  EXPECT_NE(to_json_members(summary).find(R"("superseded":0,"filtered":5,"failed":0)"),
            std::string::npos);
  EXPECT_TRUE(summary.everything_done());
}

TEST(ReplaySummary, OfADryRunWithViewsTellsTheirRows) {
  Summary summary;
  summary.rows = {{.view = "open_orders", .put = 12, .removed = 3}, {.view = "odd\x1b"}};
  EXPECT_NE(to_text(summary).find("\nrows that would be put, and removed:\n"
                                  "  open_orders  12 put, 3 removed\n"
                                  "  odd?  0 put, 0 removed\n"),
            std::string::npos)
      << to_text(summary);
  EXPECT_NE(
      to_json_members(summary).find(R"(,"rows":[{"view":"open_orders","put":12,"removed":3},)"
                                    R"({"view":"odd\u001b","put":0,"removed":0}],"failures":[)"),
      std::string::npos)
      << to_json_members(summary);
}

TEST(ReplaySummary, OfADryRunWithGroupsTellsHowManyWouldBeChanged) {
  Summary summary;
  summary.rows = {{.view = "open_orders", .put = 1},
                  {.view = "revenue", .has_groups = true, .groups = 3}};
  EXPECT_NE(to_text(summary).find("\nrows that would be put, and removed, and changes of groups:\n"
                                  "  open_orders  1 put, 0 removed\n"
                                  "  revenue  3 changes\n"),
            std::string::npos)
      << to_text(summary);
  EXPECT_NE(to_json_members(summary).find(R"("rows":[{"view":"open_orders","put":1,"removed":0},)"
                                          R"({"view":"revenue","changed":3}],"failures":[)"),
            std::string::npos)
      << to_json_members(summary);
}

TEST(ReplaySummary, EverythingIsDoneUnlessSomethingIsTold) {
  EXPECT_TRUE(Summary().everything_done());
  for (std::uint64_t Summary::*count : {&Summary::unreadable, &Summary::pointers_expired,
                                        &Summary::pointers_failed, &Summary::files_unread}) {
    Summary summary;
    summary.*count = 1;
    EXPECT_FALSE(summary.everything_done());
  }
  Summary interrupted;
  interrupted.interrupted = true;
  EXPECT_FALSE(interrupted.everything_done());
}

/// Names of files may hold anything.
TEST(ReplaySummary, LetsNoControlCharacterReachTheTerminal) {
  Summary summary;
  summary.failures.push_back({.place = "a\x1b[2J\n:1", .sequence_number = "", .reason = "b\x07"});
  summary.kept.push_back({.path = "c\x1b]0;d\n\x7f", .lines = 1});
  const std::string text = to_text(summary);
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << text;
  EXPECT_NE(text.find("\nwhat was not done is in c?]0;d??, 1 line: "), std::string::npos) << text;
}

/// A program gets the very name.
TEST(ReplaySummary, HasTheVeryNamesInItsJson) {
  Summary summary;
  summary.kept.push_back({.path = "c\x1b\n", .lines = 2});
  EXPECT_NE(to_json_members(summary).find(R"("failedFiles":[{"path":"c\u001b\n","lines":2}])"),
            std::string::npos)
      << to_json_members(summary);
}

}  // namespace
}  // namespace streamonce::handler::replay
