#include "handler/commands/options.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "handler/commands/exit_status.h"

namespace streamonce::handler {
namespace {

constexpr int kHigh = kFirstOwnCode;
constexpr int kFast = kFirstOwnCode + 1;
constexpr std::array kFlyOptions = {
    CommandOption{kHigh, "high", "METRES", ""},
    CommandOption{kFast, "fast", nullptr, ""},
    CommandOption{kTimeoutCode, "timeout", "SECONDS", ""},
    CommandOption{kVerboseCode, "verbose", nullptr, ""},
};
constexpr Command kFlyCommand = {.name = "fly",
                                 .operands = "BIRD...",
                                 .summary = "",
                                 .about = "",
                                 .options = kFlyOptions,
                                 .details = "",
                                 .run = nullptr};

class Options : public ::testing::Test {
 protected:
  /// @return what is printed instead; empty: nothing
  std::string read(const std::vector<std::string>& arguments) {
    common_ = {};
    own_.clear();
    const auto printed = read_options(
        kFlyCommand, arguments,
        [&](int code, const std::string& value) {
          own_.emplace_back(code, value);
          return value == "low" ? std::string("--high: too low") : std::string();
        },
        common_);
    if (!printed) return {};
    status_ = printed->exit_status;
    return printed->text;
  }
  static std::string fault(const std::string& what) {
    return "bootstrap: " + what + "; see bootstrap --help\n";
  }

  CommonOptions common_;
  std::vector<std::pair<int, std::string>> own_;
  int status_ = -1;
};

TEST_F(Options, AreReadWhereverTheyStand) {
  EXPECT_EQ(read({"one", "--target=sqlite:x", "--fast", "two", "--high", "5", "-v", "--timeout",
                  "900", "--", "--fast", "-"}),
            "");
  EXPECT_EQ(common_.operands, (std::vector<std::string>{"one", "two", "--fast", "-"}));
  ASSERT_NE(common_.settings.value_of("target"), nullptr);
  EXPECT_EQ(*common_.settings.value_of("target"), "sqlite:x");
  EXPECT_EQ(common_.settings.value_of("ledger"), nullptr);
  EXPECT_EQ(common_.timeout, std::chrono::seconds(900));
  EXPECT_TRUE(common_.verbose);
  EXPECT_EQ(own_, (std::vector<std::pair<int, std::string>>{{kFast, ""}, {kHigh, "5"}}));
}

TEST_F(Options, HaveDefaults) {
  EXPECT_EQ(read({}), "");
  EXPECT_TRUE(common_.operands.empty());
  EXPECT_EQ(common_.timeout, std::chrono::seconds(60));
  EXPECT_FALSE(common_.verbose);
}

TEST_F(Options, EachSettingWithAnOptionIsTaken) {
  for (const Setting& setting : setting_table()) {
    const std::string option = "--" + std::string(setting.name);
    if (setting.operand == nullptr) {
      EXPECT_EQ(read({option, "x"}), fault("fly: unknown option " + option));
      continue;
    }
    EXPECT_EQ(read({option, "", option, "x"}), "");
    ASSERT_NE(common_.settings.value_of(setting.name), nullptr) << option;
    EXPECT_EQ(*common_.settings.value_of(setting.name), "x");
    EXPECT_EQ(read({option}), fault("fly: " + option + " needs a value"));
  }
}

TEST_F(Options, HelpIsNoFault) {
  for (const char* help : {"--help", "-h"}) {
    EXPECT_EQ(read({"x", help, "--unknown"}), help_of(kFlyCommand));
    EXPECT_EQ(status_, kExitDone);
  }
}

TEST_F(Options, TheFirstFaultIsTold) {
  EXPECT_EQ(read({"--what", "--high=low"}), fault("fly: unknown option --what"));
  EXPECT_EQ(status_, kExitUsage);
  EXPECT_EQ(read({"--high=low", "--what"}), fault("--high: too low"));
  EXPECT_EQ(read({"-x"}), fault("fly: unknown option -x"));
  EXPECT_EQ(read({"-vx"}), fault("fly: unknown option -x"));
  EXPECT_EQ(read({"--high"}), fault("fly: --high needs a value"));
  EXPECT_EQ(read({"--fast=5"}), fault("fly: unknown option --fast=5"));
  for (const char* seconds : {"0", "901", "-1", "1.5", "+5", "", "1s", "1e99"})
    EXPECT_EQ(read({"--timeout", seconds}),
              fault("--timeout: expected whole seconds from 1 to 900"))
        << seconds;
}

}  // namespace
}  // namespace streamonce::handler
