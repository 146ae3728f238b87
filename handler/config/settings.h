// handler/config/settings.h: the settings of one run, from command line, environment and file.
//
// The command line is stronger than the environment, and the environment than the pipeline file.
// Each setting is one row of a table: how it is named in the three places, what help says of it,
// and how its value is checked. A message names the setting, where it came from and what is wrong
// with it. To add a setting: a row, and the member of Settings that it fills.
//
// Source:  DynamoDB, "Naming rules".
// Threads: functions of the environment and the pipeline file, which must not change meanwhile.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/config/aws_settings.h"
#include "handler/config/environment.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

enum class TargetKind : std::uint8_t { kDynamoDb, kSqlite };

struct TargetName {
  TargetKind kind = TargetKind::kSqlite;
  std::string name;  ///< a table, or the path of a database file
};

struct Settings {
  TargetName target;
  std::string ledger;  ///< a DynamoDB table; empty for SQLite
  std::string name;    ///< the pipeline's name; empty: that of each record's source table
  std::optional<std::chrono::days> retain;
  AwsSettings aws;  ///< checked for DynamoDB targets only
};

/// A value, and the words that name in a message where it came from.
struct GivenSetting {
  std::string source;
  std::string value;
};

/// One row of the table of settings.
struct Setting {
  const char* name;      ///< that of the option `--NAME`, and of the member in the pipeline file
  const char* operand;   ///< what stands for the option's value in help; null: there is no option
  const char* variable;  ///< that of the environment; null: there is none
  bool in_file;          ///< whether it is a member of the pipeline file, which option and variable
                         ///< may then name too
  const char* option_help;  ///< one line, for the options of each command
  const char* help;         ///< lines, for what all commands say of settings
  /// A member that is a number: what it counts, and its bounds. Null: it is a text.
  const char* unit = nullptr;
  std::int64_t least = 0;
  std::int64_t most = 0;
  /// Checks a value, and puts it into the settings. Null: load_settings() itself does that, since
  /// it depends on other settings.
  Status (*take)(const GivenSetting& given, Settings& settings) = nullptr;
};

/// All settings, in the order in which help tells them.
std::span<const Setting> setting_table();

/// What the command line says of settings.
struct SettingOptions {
  struct Option {
    std::string_view name;  ///< a setting's
    std::string value;
  };

  std::vector<Option> options;  ///< of those with one name, the last counts
  /// The file beside the binary, which is read if it exists and nothing names another.
  std::string default_file;

  const std::string* value_of(std::string_view name) const;
};

/// @error kInvalidArgument  a setting is absent or wrong; the message says which and how to mend it
Result<Settings> load_settings(const SettingOptions& options, const Environment& environment);

}  // namespace streamonce::handler
