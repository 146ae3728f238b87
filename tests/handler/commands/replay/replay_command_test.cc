#include "handler/commands/replay/replay_command.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::replay {
namespace {

std::string text_of(const std::vector<std::string>& arguments) {
  const auto read = read_replay_request(arguments);
  const auto* printed = std::get_if<PrintedText>(&read);
  return printed == nullptr ? "" : printed->text;
}

std::string fault(const std::string& what) {
  return "bootstrap: " + what + "; see bootstrap --help\n";
}

TEST(ReplayCommand, ReadsItsOptions) {
  const streamonce::testing::TempDir folder;
  const std::string arn(streamonce::testing::kStreamArn);
  const std::vector<std::string> arguments = {
      "dump",         "--dry-run",   "--failed", folder.file("kept"),
      "--stream-arn", arn,           "--json",   "--target=sqlite:x.db",
      "-v",           "--timeout=5", "-"};
  const auto read = read_replay_request(arguments);
  const auto& request = std::get<ReplayRequest>(read);
  EXPECT_EQ(request.replay.dumps, (std::vector<std::string>{"dump", "-"}));
  EXPECT_EQ(request.replay.failed_path, folder.file("kept"));
  EXPECT_EQ(request.replay.stream_arn, arn);
  EXPECT_EQ(request.replay.timeout, std::chrono::seconds(5));
  EXPECT_TRUE(request.replay.dry_run);
  EXPECT_TRUE(request.replay.json);
  EXPECT_TRUE(request.common.verbose);
  EXPECT_EQ(*request.common.settings.value_of("target"), "sqlite:x.db");
}

TEST(ReplayCommand, HasDefaults) {
  const std::vector<std::string> arguments = {"dump"};
  const auto read = read_replay_request(arguments);
  const auto& replay = std::get<ReplayRequest>(read).replay;
  EXPECT_FALSE(replay.dry_run || replay.json || replay.failed_path);
  EXPECT_EQ(replay.stream_arn, "");
  EXPECT_EQ(replay.timeout, std::chrono::seconds(60));
}

TEST(ReplayCommand, NamesWhatIsWrong) {
  const streamonce::testing::TempDir folder;
  const std::string there = folder.file("there");
  std::ofstream(there) << "x";
  EXPECT_EQ(text_of({}), fault("replay: no DUMP: name files or folders of dead letters, or - for "
                               "standard input"));
  EXPECT_EQ(text_of({"-", "-"}), fault("replay: standard input (-) can be read only once"));
  EXPECT_EQ(text_of({"--failed", there, "x"}),
            fault("--failed: " + there + " exists already: name a new file"));
  EXPECT_EQ(text_of({"--failed=", "x"}), fault("--failed:  exists already: name a new file"));
  EXPECT_EQ(text_of({"--failed", "/nowhere/x", "x"}),
            fault("--failed: /nowhere/x: its folder cannot be written"));
  EXPECT_TRUE(text_of({"--stream-arn", "orders", "x"}).starts_with("bootstrap: --stream-arn: "));
}

TEST(ReplayCommand, HelpHasEachOptionAndEachKindOfDestination) {
  const std::string help = text_of({"--help"});
  EXPECT_TRUE(help.starts_with("bootstrap replay [OPTION...] DUMP...\n\nPuts dead letters back"));
  for (const char* part :
       {"\n  --config FILE      ", "\n  --dry-run          ", "\n  --failed FILE      ",
        "\n  --stream-arn ARN   ", "\n  --json             ", "\n  --timeout SECONDS  ",
        "\n  -v, --verbose      ", "\n  S3     ", "\n  SQS    ", "\n  SNS    ", "\n  Pipes  ",
        "\nExit status: 0 "})
    EXPECT_NE(help.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace streamonce::handler::replay
