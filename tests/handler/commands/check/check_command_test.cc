#include "handler/commands/check/check_command.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "handler/commands/exit_status.h"

namespace streamonce::handler::check {
namespace {

TEST(CheckCommand, ReadsItsOptions) {
  const std::vector<std::string> arguments = {"--json", "--views", "a.sql"};
  const auto read = read_check_request(arguments);
  const auto& request = std::get<CheckRequest>(read);
  EXPECT_TRUE(request.json);
  EXPECT_EQ(*request.common.settings.value_of("views"), "a.sql");
  EXPECT_FALSE(std::get<CheckRequest>(read_check_request({})).json);
}

TEST(CheckCommand, TakesNoOperand) {
  const std::vector<std::string> arguments = {"a.sql"};
  const auto read = read_check_request(arguments);
  EXPECT_EQ(
      std::get<PrintedText>(read).text,
      "bootstrap: check: a.sql: expected options only, as --views FILE; see bootstrap --help\n");
}

TEST(CheckCommand, HelpSaysWhatAViewIsAndWhatTheStatusMeans) {
  const std::vector<std::string> arguments = {"--help"};
  const auto read = read_check_request(arguments);
  const auto& help = std::get<PrintedText>(read);
  EXPECT_EQ(help.exit_status, kExitDone);
  for (const char* part : {"CREATE VIEW", "direct", "remembering", "Exit status", "--json"})
    EXPECT_NE(help.text.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace streamonce::handler::check
