#include "handler/config/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "handler/config/pipeline_file.h"
#include "runtime/aws/dynamodb_names.h"
#include "runtime/base/file.h"
#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler {
namespace {

constexpr std::string_view kTargetForms =
    "expected dynamodb:TABLE, or sqlite:PATH of a database file";

Status check_table_name(const std::string& source, std::string_view name) {
  if (aws::is_table_name(name)) return {};
  return invalid_argument(
      source + ": \"" + std::string(name) +
      "\" is no name of a DynamoDB table: expected 3 to 255 of a-z A-Z 0-9 _ - .");
}

Status take_target(const GivenSetting& given, Settings& settings) {
  constexpr std::string_view kDynamoDb = "dynamodb:";
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string_view value = given.value;
  if (value.starts_with(kDynamoDb)) {
    settings.target = {.kind = TargetKind::kDynamoDb, .name = given.value.substr(kDynamoDb.size())};
    return check_table_name(given.source, settings.target.name);
  }
  if (value.starts_with(kSqlite) && value.size() > kSqlite.size()) {
    settings.target = {.kind = TargetKind::kSqlite, .name = given.value.substr(kSqlite.size())};
    return {};
  }
  return invalid_argument(given.source + ": " + in_quotes(value) + ": " +
                          std::string(kTargetForms));
}

Status take_name(const GivenSetting& given, Settings& settings) {
  // The name stands before the first `|` of a ledger id, whose length is bounded.
  constexpr std::size_t kNameMax = 255;
  if (given.value.size() > kNameMax || given.value.find('|') != std::string::npos)
    return invalid_argument(given.source + ": expected at most 255 bytes, none of them |");
  settings.name = given.value;
  return {};
}

/// Takes a number, whose bounds were checked when the file was read.
Status take_retain_days(const GivenSetting& given, Settings& settings) {
  int days = 0;
  std::from_chars(given.value.data(), given.value.data() + given.value.size(), days);
  settings.retain = std::chrono::days(days);
  return {};
}

constexpr std::string_view kTarget = "target";
constexpr std::string_view kLedger = "ledger";
constexpr std::string_view kConfig = "config";

constexpr std::array kSettings = {
    Setting{.name = kTarget.data(),
            .operand = "TARGET",
            .variable = "STREAMONCE_TARGET",
            .in_file = true,
            .option_help = "where the changes are applied (see below)",
            .help = "dynamodb:TABLE, or sqlite:PATH of a database file, in which\n"
                    "the table is named after the source table",
            .take = take_target},
    Setting{.name = kLedger.data(),
            .operand = "TABLE",
            .variable = "STREAMONCE_LEDGER",
            .in_file = true,
            .option_help = "the table of the marks, for a DynamoDB target",
            .help = "for dynamodb: the table that holds the marks (partition key\n"
                    "id, a string)"},
    Setting{.name = kConfig.data(),
            .operand = "FILE",
            .variable = "STREAMONCE_CONFIG",
            .in_file = false,
            .option_help = "the pipeline file",
            .help = "a JSON file with any of target, ledger, name, retain_days;\n"
                    "default: pipeline.json beside the binary, if there is one"},
    Setting{.name = "name",
            .operand = nullptr,
            .variable = nullptr,
            .in_file = true,
            .option_help = nullptr,
            .help = nullptr,
            .take = take_name},
    Setting{.name = "retain_days",
            .operand = nullptr,
            .variable = nullptr,
            .in_file = true,
            .option_help = nullptr,
            .help = nullptr,
            .unit = "days",
            .least = 2,  // a stream itself keeps records for 24 hours
            .most = 36'500,
            .take = take_retain_days},
};

/// The row of a setting; null: there is none of that name.
const Setting* find_setting(std::string_view name) {
  const auto* const found =
      std::find_if(kSettings.begin(), kSettings.end(),
                   [&](const Setting& setting) { return name == setting.name; });
  return found == kSettings.end() ? nullptr : found;
}

/// `target, ledger, name or retain_days`
std::string member_names() {
  std::string names;
  const char* last = nullptr;
  for (const Setting& setting : kSettings) {
    if (!setting.in_file) continue;
    if (last != nullptr) names.append(names.empty() ? "" : ", ").append(last);
    last = setting.name;
  }
  return names.append(" or ").append(last);
}

Status check_number(const Setting& setting, const std::string& source, const FileValue& value) {
  std::int64_t number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto parsed = std::from_chars(value.text.data(), end, number);
  if (value.kind == FileValue::Kind::kWholeNumber && parsed.ptr == end &&
      parsed.ec == std::errc{} && number >= setting.least && number <= setting.most)
    return {};
  return invalid_argument(source + ": expected a whole number of " + setting.unit + " from " +
                          std::to_string(setting.least) + " to " + std::to_string(setting.most));
}

/// A pipeline file, whose members are known and of the right type; an empty path: there is none.
struct File {
  std::string path;
  FileMembers members;

  std::string source_of(std::string_view name) const { return path + ": " + std::string(name); }
};

Result<File> read_file_of_settings(const std::string& path) {
  File file;
  file.members = STREAMONCE_TRY(read_pipeline_file(path));
  file.path = path;
  for (const auto& [name, value] : file.members) {
    const Setting* const row = find_setting(name);
    if (row == nullptr || !row->in_file) {
      std::string message = path + ": unknown member ";
      append_json_string(message, name);
      return invalid_argument(std::move(message) + ": expected " + member_names());
    }
    if (row->unit != nullptr)
      STREAMONCE_TRY(check_number(*row, file.source_of(name), value));
    else if (value.kind != FileValue::Kind::kText || value.text.empty())
      return invalid_argument(file.source_of(name) + ": expected a string that is not empty");
  }
  return file;
}

/// What the strongest place says of a setting, if any does.
std::optional<GivenSetting> strongest(const Setting& setting, const SettingOptions& options,
                                      const Environment& environment, const File& file) {
  if (const std::string* option = options.value_of(setting.name))
    return GivenSetting{.source = "--" + std::string(setting.name), .value = *option};
  if (setting.variable != nullptr)
    if (const auto value = environment(setting.variable))
      return GivenSetting{.source = setting.variable, .value = *value};
  if (const auto member = file.members.find(setting.name); member != file.members.end())
    return GivenSetting{.source = file.source_of(setting.name), .value = member->second.text};
  return std::nullopt;
}

/// The pipeline file that the command line, the environment or the binary's folder names.
Result<File> load_file(const SettingOptions& options, const Environment& environment) {
  if (const auto named = strongest(*find_setting(kConfig), options, environment, File())) {
    if (!file_exists(named->value))
      return invalid_argument(named->source + ": " + in_quotes(named->value) +
                              ": there is no such file");
    return read_file_of_settings(named->value);
  }
  if (options.default_file.empty() || !file_exists(options.default_file)) return File();
  return read_file_of_settings(options.default_file);
}

Status take_ledger(const std::optional<GivenSetting>& given, Settings& settings) {
  if (!given) {
    return invalid_argument(
        "no ledger: a DynamoDB target needs a second table for its marks (partition key "
        "id, a string): name it with --ledger, STREAMONCE_LEDGER or \"ledger\" in the "
        "pipeline file");
  }
  STREAMONCE_TRY(check_table_name(given->source, given->value));
  if (given->value == settings.target.name)
    return invalid_argument(given->source +
                            ": the ledger and the target are the same table: expected two");
  settings.ledger = given->value;
  return {};
}

}  // namespace

std::span<const Setting> setting_table() {
  return kSettings;
}

const std::string* SettingOptions::value_of(std::string_view name) const {
  const auto found = std::find_if(options.rbegin(), options.rend(),
                                  [&](const Option& option) { return option.name == name; });
  return found == options.rend() ? nullptr : &found->value;
}

Result<Settings> load_settings(const SettingOptions& options, const Environment& environment) {
  const File file = STREAMONCE_TRY(load_file(options, environment));
  const auto given = [&](std::string_view name) {
    return strongest(*find_setting(name), options, environment, file);
  };
  if (!given(kTarget)) {
    return invalid_argument(
        "no target: name one with --target, STREAMONCE_TARGET or \"target\" in the "
        "pipeline file: " +
        std::string(kTargetForms));
  }
  Settings settings;
  for (const Setting& setting : kSettings) {
    if (setting.take == nullptr) continue;
    if (const auto value = strongest(setting, options, environment, file))
      STREAMONCE_TRY(setting.take(*value, settings));
  }
  if (settings.target.kind == TargetKind::kSqlite) {
    if (options.value_of(kLedger) != nullptr)
      return invalid_argument("--ledger: a SQLite target keeps its ledger in the same file");
    return settings;
  }

  STREAMONCE_TRY(take_ledger(given(kLedger), settings));
  if (settings.name.empty()) settings.name = settings.target.name;
  if (!environment("AWS_REGION") && !environment("AWS_DEFAULT_REGION"))
    return invalid_argument(
        "AWS_REGION is not set: DynamoDB needs the Region that its tables are in");
  settings.aws = STREAMONCE_TRY(load_aws(environment));
  STREAMONCE_TRY(check_trust(settings.aws, settings.aws.endpoint_url));
  return settings;
}

}  // namespace streamonce::handler
