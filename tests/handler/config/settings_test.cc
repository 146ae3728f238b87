#include "handler/config/settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using testing::environment_of;
using testing::kAwsVariables;
using testing::Variables;

SettingOptions options_of(std::optional<std::string> target = {},
                          std::optional<std::string> ledger = {},
                          std::optional<std::string> path = {}) {
  SettingOptions options;
  const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) options.options.push_back({.name = name, .value = *value});
  };
  add("target", target);
  add("ledger", ledger);
  add("config", path);
  return options;
}

std::string why_not(const SettingOptions& options, Variables variables = {}) {
  const auto settings = load_settings(options, environment_of(std::move(variables)));
  return settings ? "no error" : settings.error().message;
}

TEST(Settings, TheOptionBeatsTheEnvironmentAndThatTheFile) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  std::ofstream(path) << R"({"target":"sqlite:file.db","name":"mine","retain_days":30})";
  const Variables named = {{"STREAMONCE_CONFIG", path}};
  Variables both = named;
  both["STREAMONCE_TARGET"] = "sqlite:environment.db";
  EXPECT_EQ(load_settings(options_of(), environment_of(named))->target.name, "file.db");
  EXPECT_EQ(load_settings(options_of(), environment_of(both))->target.name, "environment.db");
  const auto settings = load_settings(options_of("sqlite:option.db"), environment_of(both));
  EXPECT_EQ(settings->target.name, "option.db");
  EXPECT_EQ(settings->name, "mine");
  EXPECT_EQ(settings->retain, std::chrono::days(30));
}

TEST(Settings, ADynamoDbTargetTakesAwsOwnSettings) {
  Variables variables = kAwsVariables;
  variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:2";
  variables["AWS_SESSION_TOKEN"] = "TOKEN";
  const Settings settings =
      load_settings(options_of("dynamodb:orders-copy", "ledger"), environment_of(variables))
          .value();
  EXPECT_EQ(settings.target.kind, TargetKind::kDynamoDb);
  EXPECT_EQ(settings.target.name, "orders-copy");
  EXPECT_EQ(settings.ledger, "ledger");
  EXPECT_EQ(settings.name, "orders-copy");
  EXPECT_EQ(settings.aws.endpoint_url, "http://127.0.0.1:2");
  EXPECT_EQ(settings.aws.session_token, "TOKEN");
}

TEST(Settings, ADynamoDbTargetNeedsAwsOwnSettings) {
  for (const auto& [variable, value] : kAwsVariables) {
    if (variable == "AWS_ENDPOINT_URL") continue;
    Variables variables = kAwsVariables;
    variables.erase(variable);
    const std::string message = why_not(options_of("dynamodb:orders", "ledger"), variables);
    EXPECT_NE(message.find(variable), std::string::npos) << message;
  }
}

TEST(Settings, EachFaultNamesItsSetting) {
  EXPECT_NE(why_not(options_of()).find("STREAMONCE_TARGET"), std::string::npos);
  for (const std::string target : {"orders", "sqlite:", "postgres:x", "dynamodb:", "dynamodb:a b"})
    EXPECT_TRUE(why_not(options_of(target)).starts_with("--target: ")) << target;
  EXPECT_TRUE(why_not(options_of(), {{"STREAMONCE_TARGET", "x"}}).starts_with("STREAMONCE_TARGET"));
  EXPECT_NE(why_not(options_of("dynamodb:orders"), kAwsVariables).find("STREAMONCE_LEDGER"),
            std::string::npos);
  EXPECT_NE(why_not(options_of("dynamodb:orders", "orders"), kAwsVariables).find("same table"),
            std::string::npos);
  EXPECT_NE(
      why_not(options_of("dynamodb:orders", "ledger"), {{"AWS_REGION", "x"}}).find("AWS_ACCESS"),
      std::string::npos);
  EXPECT_TRUE(why_not(options_of("sqlite:x", "ledger")).starts_with("--ledger"));
}

TEST(Settings, EachFaultOfTheFileNamesTheFileAndTheMember) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  const std::map<std::string, std::string> faults = {
      {"", "not JSON, near line 1, column 1 (byte 0)"},
      {"{\n \"target\": x}", "not JSON, near line 2, column 12 (byte 13)"},
      {"{\n \"target\":", "not JSON, near line 2, column 11 (byte 12)"},
      {"{}\n{", "not JSON, near line 2, column 1 (byte 3)"},
      {std::string("\xFF\xFE{\0}\0", 6), "UTF-16, little-endian"},
      {"[]", "JSON object"},
      {R"({"targets":"x"})", "targets"},
      {R"({"target":5})", "target"},
      {R"({"target":""})", "target"},
      {R"({"target":"sqlite:x","retain_days":1})", "retain_days"},
      {R"({"target":"sqlite:x","retain_days":"7"})", "retain_days"},
      {R"({"target":"sqlite:x","retain_days":2.5})", "retain_days"},
      {R"({"target":"sqlite:x","name":"a|b"})", "name"},
  };
  for (const auto& [text, member] : faults) {
    std::ofstream(path, std::ios::trunc) << text;
    const std::string message = why_not(options_of({}, {}, path));
    EXPECT_TRUE(message.starts_with(path)) << message;
    EXPECT_NE(message.find(member), std::string::npos) << message;
  }
  EXPECT_NE(why_not(options_of({}, {}, folder.file("none.json"))).find("there is no such file"),
            std::string::npos);
}

TEST(Settings, OfAnOptionThatIsGivenTwiceTheLastCounts) {
  SettingOptions options = options_of("sqlite:first.db");
  options.options.push_back({.name = "target", .value = "sqlite:last.db"});
  EXPECT_EQ(load_settings(options, environment_of({}))->target.name, "last.db");
}

TEST(Settings, TheFileBesideTheBinaryIsReadUnlessAnotherIsNamed) {
  const streamonce::testing::TempDir folder;
  SettingOptions options;
  options.default_file = folder.file("pipeline.json");
  EXPECT_NE(why_not(options).find("no target"), std::string::npos);
  std::ofstream(options.default_file) << R"({"target":"sqlite:beside.db"})";
  EXPECT_EQ(load_settings(options, environment_of({}))->target.name, "beside.db");
  const std::string other = folder.file("other.json");
  std::ofstream(other) << R"({"target":"sqlite:other.db"})";
  const auto named = load_settings(options, environment_of({{"STREAMONCE_CONFIG", other}}));
  EXPECT_EQ(named->target.name, "other.db");
}

TEST(Settings, RetainDaysHasBounds) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  const auto retain_of = [&](const std::string& days) {
    std::ofstream(path, std::ios::trunc) << R"({"target":"sqlite:x","retain_days":)" << days << '}';
    const auto settings = load_settings(options_of({}, {}, path), environment_of({}));
    return settings ? std::to_string(settings->retain->count()) : settings.error().message;
  };
  const std::string fault = path + ": retain_days: expected a whole number of days from 2 to 36500";
  EXPECT_EQ(retain_of("2"), "2");
  EXPECT_EQ(retain_of("36500"), "36500");
  for (const char* days : {"1", "36501", "-2", "2.0", "18446744073709551617", "null", "[2]"})
    EXPECT_EQ(retain_of(days), fault) << days;
}

/// What help says of a setting is in one row with what is read.
TEST(Settings, EachIsNamedOnceAndHasAPlaceToBeSet) {
  std::set<std::string> names;
  for (const Setting& setting : setting_table()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    EXPECT_TRUE(setting.in_file || setting.operand != nullptr) << setting.name;
    if (setting.operand == nullptr) continue;
    ASSERT_NE(setting.option_help, nullptr) << setting.name;
    ASSERT_NE(setting.help, nullptr) << setting.name;
    ASSERT_NE(setting.variable, nullptr) << setting.name;
    EXPECT_TRUE(std::string_view(setting.variable).starts_with("STREAMONCE_")) << setting.name;
  }
}

}  // namespace
}  // namespace streamonce::handler
