#include "handler/commands/load/load_command.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "handler/commands/exit_status.h"

namespace streamonce::handler::load {
namespace {

constexpr const char* kGivenArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";

LoadOptions read(const std::vector<std::string>& arguments) {
  const auto request = read_load_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&request)) {
    ADD_FAILURE() << printed->text;
    return {};
  }
  return std::get<LoadRequest>(request).load;
}

std::string wrong(const std::vector<std::string>& arguments) {
  const auto request = read_load_request(arguments);
  const auto* printed = std::get_if<PrintedText>(&request);
  if (printed == nullptr) return "nothing";
  EXPECT_EQ(printed->exit_status, kExitUsage);
  return printed->text;
}

TEST(LoadCommand, HasSensibleDefaults) {
  const LoadOptions options = read({"folder"});
  EXPECT_EQ(options.exports, std::vector<std::string>{"folder"});
  EXPECT_EQ(options.stream_arn, "");
  EXPECT_FALSE(options.no_stream || options.sweep || options.dry_run || options.json);
  EXPECT_FALSE(options.new_pipeline);
  EXPECT_TRUE(options.key.empty());
  EXPECT_EQ(options.checksums, exports::Checksums::kChecked);
  EXPECT_FALSE(options.write_units_max || options.state_path || options.failed_path);
  EXPECT_EQ(options.timeout, std::chrono::seconds(60));
}

TEST(LoadCommand, TakesItsOptionsAnywhere) {
  const LoadOptions options =
      read({"--stream-arn", kGivenArn,       "a",         "--key",
            "pk,sk",        "--sweep",       "--dry-run", "--max-wcu",
            "500",          "--state",       "s",         "--failed",
            "/absent/f",    "--no-checksum", "--json",    "--source",
            "orders",       "--timeout",     "5",         "--new-pipeline"});
  EXPECT_EQ(options.stream_arn, kGivenArn);
  EXPECT_EQ(options.key, (events::KeyNames{"pk", "sk"}));
  EXPECT_TRUE(options.sweep && options.dry_run && options.json && options.new_pipeline);
  EXPECT_EQ(options.write_units_max, 500U);
  EXPECT_EQ(options.state_path, "s");
  EXPECT_EQ(options.failed_path, "/absent/f");
  EXPECT_EQ(options.checksums, exports::Checksums::kIgnored);
  EXPECT_EQ(options.source, "orders");
  EXPECT_EQ(options.timeout, std::chrono::seconds(5));
  EXPECT_TRUE(read({"a", "b", "--no-stream"}).no_stream);
}

TEST(LoadCommand, SaysWhatIsWrong) {
  const auto expect = [](const std::vector<std::string>& arguments, std::string_view words) {
    EXPECT_NE(wrong(arguments).find(words), std::string::npos) << wrong(arguments);
  };
  expect({}, "load: no EXPORT: name s3://");
  expect({"a", "--no-stream", "--stream-arn", kGivenArn}, "do not go together");
  expect({"a", "b", "--sweep"}, "--sweep takes one EXPORT");
  expect({"a", "b", "--state", "s"}, "--state takes one EXPORT");
  expect({"a", "b", "--failed", "/absent/f"}, "--failed takes one EXPORT");
  expect({"a", "--max-wcu", "0"}, "--max-wcu: expected a whole number from 1 to 100000000");
  expect({"a", "--max-wcu", "1.5"}, "--max-wcu: expected");
  expect({"a", "--key", "a,b,c"}, "--key: expected the names of the key's attributes, PK or PK,SK");
  expect({"a", "--stream-arn", "x"}, "--stream-arn: ");
  expect({"a", "--failed", "/dev/null"}, "exists already");
  expect({"a", "--state", ""}, "--state: expected a file");
  expect({"a", "--source", ""}, "--source: expected a table");
  expect({"a", "--unknown"}, "unknown option --unknown");
}

TEST(LoadCommand, HasHelp) {
  const auto request = read_load_request(std::vector<std::string>{"--help"});
  const auto& printed = std::get<PrintedText>(request);
  EXPECT_EQ(printed.exit_status, kExitDone);
  EXPECT_NE(printed.text.find("--sweep"), std::string::npos);
  EXPECT_NE(printed.text.find("Exit status"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler::load
