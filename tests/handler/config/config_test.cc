#include "handler/config/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "handler/commands/exit_status.h"
#include "handler/commands/options.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using Variables = std::map<std::string, std::string>;

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

ConfigOptions options_of(std::optional<std::string> target = {},
                         std::optional<std::string> ledger = {},
                         std::optional<std::string> path = {}) {
  return {.target = std::move(target),
          .ledger = std::move(ledger),
          .config_path = std::move(path),
          .default_config_path = ""};
}

const Variables kAws = {{"AWS_REGION", "eu-west-1"},
                        {"AWS_ACCESS_KEY_ID", "AKID"},
                        {"AWS_SECRET_ACCESS_KEY", "SECRET"},
                        {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}};

std::string why_not(const ConfigOptions& options, Variables variables = {}) {
  const auto config = load_config(options, environment_of(std::move(variables)));
  return config ? "no error" : config.error().message;
}

TEST(Config, TheOptionBeatsTheEnvironmentAndThatTheFile) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  std::ofstream(path) << R"({"target":"sqlite:file.db","name":"mine","retain_days":30})";
  const Variables named = {{"STREAMONCE_CONFIG", path}};
  Variables both = named;
  both["STREAMONCE_TARGET"] = "sqlite:environment.db";
  EXPECT_EQ(load_config(options_of(), environment_of(named))->target.name, "file.db");
  EXPECT_EQ(load_config(options_of(), environment_of(both))->target.name, "environment.db");
  const auto config = load_config(options_of("sqlite:option.db"), environment_of(both));
  EXPECT_EQ(config->target.name, "option.db");
  EXPECT_EQ(config->name, "mine");
  EXPECT_EQ(config->retain, std::chrono::days(30));
}

TEST(Config, ADynamoDbTargetTakesAwsOwnSettings) {
  Variables variables = kAws;
  variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:2";
  variables["AWS_SESSION_TOKEN"] = "TOKEN";
  const Config config =
      load_config(options_of("dynamodb:orders-copy", "ledger"), environment_of(variables)).value();
  EXPECT_EQ(config.target.kind, TargetKind::kDynamoDb);
  EXPECT_EQ(config.target.name, "orders-copy");
  EXPECT_EQ(config.ledger, "ledger");
  EXPECT_EQ(config.name, "orders-copy");
  EXPECT_EQ(config.aws.endpoint_url, "http://127.0.0.1:2");
  EXPECT_EQ(config.aws.session_token, "TOKEN");
}

TEST(Config, LoadsAwsOwnSettingsWithoutATarget) {
  const AwsSettings common = load_aws(environment_of(kAws)).value();
  EXPECT_EQ(common.region, "eu-west-1");
  EXPECT_EQ(common.access_key_id, "AKID");
  EXPECT_EQ(common.endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(common.streams_endpoint_url, "http://127.0.0.1:1");

  Variables variables = kAws;
  variables["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = "http://127.0.0.1:3";
  const AwsSettings of_streams = load_aws(environment_of(variables)).value();
  EXPECT_EQ(of_streams.endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(of_streams.streams_endpoint_url, "http://127.0.0.1:3");

  variables = kAws;
  variables.erase("AWS_ENDPOINT_URL");
  variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:2";
  const AwsSettings of_tables = load_aws(environment_of(variables)).value();
  EXPECT_EQ(of_tables.endpoint_url, "http://127.0.0.1:2");
  EXPECT_EQ(of_tables.streams_endpoint_url, "");
}

TEST(Config, AwsOwnSettingsMustBeWhole) {
  for (const auto& [variable, value] : kAws) {
    if (variable == "AWS_ENDPOINT_URL") continue;
    Variables variables = kAws;
    variables.erase(variable);
    const std::string message = why_not(options_of("dynamodb:orders", "ledger"), variables);
    EXPECT_NE(message.find(variable), std::string::npos) << message;
    // A stream's Region is in its ARN.
    EXPECT_EQ(load_aws(environment_of(variables)).has_value(), variable == "AWS_REGION");
  }
}

TEST(Config, EachFaultNamesItsSetting) {
  EXPECT_NE(why_not(options_of()).find("STREAMONCE_TARGET"), std::string::npos);
  for (const std::string target : {"orders", "sqlite:", "postgres:x", "dynamodb:", "dynamodb:a b"})
    EXPECT_TRUE(why_not(options_of(target)).starts_with("--target: ")) << target;
  EXPECT_TRUE(why_not(options_of(), {{"STREAMONCE_TARGET", "x"}}).starts_with("STREAMONCE_TARGET"));
  EXPECT_NE(why_not(options_of("dynamodb:orders"), kAws).find("STREAMONCE_LEDGER"),
            std::string::npos);
  EXPECT_NE(why_not(options_of("dynamodb:orders", "orders"), kAws).find("same table"),
            std::string::npos);
  EXPECT_NE(
      why_not(options_of("dynamodb:orders", "ledger"), {{"AWS_REGION", "x"}}).find("AWS_ACCESS"),
      std::string::npos);
  EXPECT_TRUE(why_not(options_of("sqlite:x", "ledger")).starts_with("--ledger"));
}

TEST(Config, EachFaultOfTheFileNamesTheFileAndTheMember) {
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

TEST(Config, LogSettingsAreLambdas) {
  const LogSettings settings =
      load_log_settings(
          environment_of({{"AWS_LAMBDA_LOG_LEVEL", "debug"}, {"AWS_LAMBDA_LOG_FORMAT", "JSON"}}))
          .value();
  EXPECT_EQ(settings.level, LogLevel::kDebug);
  EXPECT_EQ(settings.format, LogFormat::kJson);
  EXPECT_FALSE(load_log_settings(environment_of({{"AWS_LAMBDA_LOG_LEVEL", "loud"}})));
  EXPECT_FALSE(load_log_settings(environment_of({{"AWS_LAMBDA_LOG_FORMAT", "XML"}})));
}

int status_of(const std::vector<std::string>& arguments) {
  const Command command = parse_command_line(arguments);
  const auto* print = std::get_if<PrintCommand>(&command);
  return print == nullptr ? -1 : print->exit_status;
}

TEST(CommandLine, HelpAndVersionAreNoFaults) {
  EXPECT_EQ(status_of({"--help"}), 0);
  EXPECT_EQ(status_of({"--version"}), 0);
  EXPECT_EQ(status_of({"invoke", "--help"}), 0);
}

TEST(CommandLine, FaultsAreUsageErrors) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"fly"},
                                             {"invoke"},
                                             {"invoke", "--target"},
                                             {"invoke", "--what", "x"},
                                             {"invoke", "--timeout", "0", "x"},
                                             {"invoke", "--timeout", "901", "x"},
                                             {"invoke", "--timeout", "1s", "x"}})
    EXPECT_EQ(status_of(arguments), kExitUsage);
}

TEST(CommandLine, ReadsInvoke) {
  const Command command = parse_command_line(
      {"invoke", "one.json", "--target=sqlite:x", "--timeout", "5", "-v", "--", "-"});
  const auto& invoke = std::get<InvokeCommand>(command);
  EXPECT_EQ(invoke.invoke.events, (std::vector<std::string>{"one.json", "-"}));
  EXPECT_EQ(invoke.config.target, "sqlite:x");
  EXPECT_EQ(invoke.invoke.timeout, std::chrono::seconds(5));
  EXPECT_TRUE(invoke.verbose);
}

}  // namespace
}  // namespace streamonce::handler
