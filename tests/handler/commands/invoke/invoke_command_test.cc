#include "handler/commands/invoke/invoke_command.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "handler/commands/exit_status.h"

namespace streamonce::handler {
namespace {

std::string text_of(const std::vector<std::string>& arguments) {
  const auto read = read_invoke_request(arguments);
  const auto* printed = std::get_if<PrintedText>(&read);
  return printed == nullptr ? "" : printed->text;
}

TEST(InvokeCommand, ReadsItsOptions) {
  const std::vector<std::string> arguments = {
      "one.json", "--target=sqlite:x", "--timeout", "5", "-v", "--", "-"};
  const auto read = read_invoke_request(arguments);
  const auto& request = std::get<InvokeRequest>(read);
  EXPECT_EQ(request.invoke.events, (std::vector<std::string>{"one.json", "-"}));
  EXPECT_EQ(*request.common.settings.value_of("target"), "sqlite:x");
  EXPECT_EQ(request.invoke.timeout, std::chrono::seconds(5));
  EXPECT_TRUE(request.common.verbose);
}

TEST(InvokeCommand, NeedsAnEvent) {
  EXPECT_EQ(text_of({"-v"}),
            "bootstrap: invoke: no EVENT: name the files of recorded events; see bootstrap "
            "--help\n");
  EXPECT_EQ(text_of({"--dry-run", "x"}),
            "bootstrap: invoke: unknown option --dry-run; see bootstrap --help\n");
}

TEST(InvokeCommand, HelpHasEachOptionAndTheExitStatuses) {
  const std::string help = text_of({"--help"});
  EXPECT_TRUE(help.starts_with("bootstrap invoke [OPTION...] EVENT...\n\nRuns recorded events"));
  for (const char* part : {"\n  --target TARGET    ", "\n  --timeout SECONDS  for each event",
                           "\n  -v, --verbose      log each request too\n\nExit status: 0 "})
    EXPECT_NE(help.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace streamonce::handler
