#include "handler/commands/replay/summary.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::handler::replay {
namespace {

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
