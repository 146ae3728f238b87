#include "handler/commands/verify/verify_command.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "handler/commands/exit_status.h"

namespace streamonce::handler::verify {
namespace {

using Words = std::vector<std::string>;

VerifyOptions read(const Words& arguments) {
  const auto request = read_verify_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&request)) {
    ADD_FAILURE() << printed->text;
    return {};
  }
  return std::get<VerifyRequest>(request).verify;
}

std::string wrong(Words arguments) {
  arguments.insert(arguments.begin(), {"--source", "orders"});
  const auto request = read_verify_request(arguments);
  const auto* printed = std::get_if<PrintedText>(&request);
  if (printed == nullptr) return "nothing";
  EXPECT_EQ(printed->exit_status, kExitUsage);
  return printed->text;
}

TEST(VerifyCommand, HasSensibleDefaults) {
  const VerifyOptions options = read({"--source", "orders"});
  EXPECT_EQ(options.source, "orders");
  EXPECT_FALSE(options.repair || options.values || options.json || options.no_stream);
  EXPECT_EQ(options.settle, std::chrono::seconds(60));
  EXPECT_EQ(options.repairs_max, 1'000U);
  EXPECT_EQ(options.sample, 1);
  EXPECT_FALSE(options.segments || options.read_units_max || options.state_path ||
               options.report_path);
}

TEST(VerifyCommand, TakesItsOptions) {
  const VerifyOptions options = read({"--source",
                                      "orders",
                                      "--repair",
                                      "--max-repairs",
                                      "7",
                                      "--settle",
                                      "0",
                                      "--values",
                                      "--json",
                                      "--max-rcu",
                                      "50",
                                      "--sample",
                                      "0.5",
                                      "--ignore",
                                      "a",
                                      "--ignore",
                                      "b",
                                      "--segments",
                                      "12",
                                      "--report",
                                      "r",
                                      "--state",
                                      "s",
                                      "--no-stream",
                                      "--timeout",
                                      "9",
                                      "--max-groups",
                                      "100"});
  EXPECT_TRUE(options.repair && options.values && options.json && options.no_stream);
  EXPECT_EQ(options.repairs_max, 7U);
  EXPECT_EQ(options.settle.count(), 0);
  EXPECT_EQ(options.read_units_max, 50U);
  EXPECT_EQ(options.sample, 0.5);
  EXPECT_EQ(options.ignored, (Words{"a", "b"}));
  EXPECT_EQ(options.segments, 12U);
  EXPECT_EQ(options.report_path, "r");
  EXPECT_EQ(options.state_path, "s");
  EXPECT_EQ(options.timeout.count(), 9);
  EXPECT_EQ(options.groups_max, 100U);
  EXPECT_EQ(read({"--source", "orders", "--keys", "-"}).keys_path, "-");
}

TEST(VerifyCommand, SaysWhatIsWrong) {
  for (const Words& words :
       {Words{"--settle", "86401"}, Words{"--settle", "-1"}, Words{"--max-rcu", "0"},
        Words{"--max-repairs", "0"}, Words{"--segments", "0"}, Words{"--segments", "10001"},
        Words{"--sample", "0"}, Words{"--sample", "1.5"}, Words{"--sample", "nan"},
        Words{"--sample", "x"}, Words{"--max-groups", "0"}, Words{"--stream-arn", "x"},
        Words{"--ignore", ""}, Words{"--report", ""}, Words{"--state", ""}, Words{"--keys", ""}})
    EXPECT_NE(wrong(words).find(words[0]), std::string::npos) << words[0] << " " << words[1];
  for (const Words& words :
       {Words{"--keys", "k", "--sample", "0.5"}, Words{"--keys", "k", "--segments", "2"},
        Words{"--keys", "k", "--state", "s"},
        Words{"--no-stream", "--stream-arn",
              "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/"
              "2026-11-21T00:44:22.580"}})
    EXPECT_NE(wrong(words).find("do not go together"), std::string::npos) << words[0];
  EXPECT_NE(wrong({"extra"}), "nothing");
  EXPECT_TRUE(std::holds_alternative<PrintedText>(read_verify_request(Words{})));
}

}  // namespace
}  // namespace streamonce::handler::verify
