// handler/config/settings.h: the settings of one run, from command line, environment and file.
//
// The command line is stronger than the environment, and the environment than the pipeline file.
// Each setting is one row of a table: how it is named in the three places, what help says of it,
// and how its value is checked. A message names the setting, where it came from and what is wrong
// with it. To add a setting: a row, and the member of Settings that it fills.
//
// With views the target is a database, and each view a table of it; without them it is one table
// that mirrors the source. What the views are is not looked at here. A table of DynamoDB is named
// by its name or its ARN, see dynamodb_tables.h.
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
#include "handler/config/mark_settings.h"
#include "handler/config/role_settings.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// The form in which a Lambda function tells its metrics.
enum class MetricsForm : std::uint8_t {
  kEmf,   ///< a line for each invocation, in CloudWatch's embedded metric format
  kNone,  ///< not at all
};

/// Where the image of a change comes from.
enum class ImagesFrom : std::uint8_t {
  kRecord,  ///< from the stream's record, which is refused where its stream leaves it out
  kFetch,   ///< where the stream leaves it out, from the source's table
};

enum class TargetKind : std::uint8_t { kDynamoDb, kSqlite };

struct TargetName {
  TargetKind kind = TargetKind::kSqlite;
  std::string name;  ///< a table, or the path of a database file; empty: DynamoDB, with views
};

/// A name of a views' text, and the table that it stands for.
struct NamedTable {
  std::string name;
  std::string table;
};

/// The tables that settings give names of a views' text.
struct TableNames {
  std::vector<NamedTable> tables;  ///< by name, each once
  std::string source;              ///< words that name in a message where they come from
};

struct Settings {
  TargetName target;
  std::string ledger;  ///< a DynamoDB table; empty for SQLite
  /// Where the tables of a DynamoDB target are, the ledger too: the account and the Region of their
  /// ARNs; of names the account of `role`, empty if there is none, and the environment's Region.
  std::string account;
  std::string region;
  std::string views;  ///< the path of the views' text; empty: there are no views
  TableNames tables;  ///< only with views
  MarkSettings marks;
  std::string name;  ///< the pipeline's name; empty: that of each record's source table
  std::optional<std::chrono::days> retain;
  ImagesFrom images = ImagesFrom::kRecord;
  MetricsForm metrics = MetricsForm::kEmf;
  AwsSettings aws;  ///< checked for DynamoDB targets only
  /// As whom a DynamoDB target is written; none for SQLite. Of the partition of `region`.
  RoleSettings role;
  /// As whom streams are read, those of dead letters too, and the tables of sources. Of the
  /// partition of the environment's Region, or if that has none of `region`, or if both are empty
  /// of any.
  RoleSettings stream_role;
  std::string session_name;  ///< of both roles; never empty
};

/// A value, and the words that name in a message where it came from.
struct GivenSetting {
  std::string source;
  std::string value;
  std::vector<NamedTable> tables = {};  ///< of a member of the pipeline file that is an object
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
  bool is_object = false;  ///< whether the member is an object of texts
  bool is_truth = false;   ///< whether the member is true or false
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
  /// The files beside the binary, which count if they exist and nothing names others.
  std::string default_file;   ///< the pipeline file
  std::string default_views;  ///< the views' text

  const std::string* value_of(std::string_view name) const;
};

struct SettingFault {
  std::string message;  ///< which setting, and how to mend it
  /// Whether nothing that is given is wrong: a start needs more, as a target or AWS's own settings.
  bool is_absence = false;
};

/// Settings with all that is wrong with them. Of a setting that is wrong, nothing is in `settings`.
struct CheckedSettings {
  Settings settings;
  bool has_target = false;  ///< whether there is one, and it is right
  bool has_file = false;    ///< whether a pipeline file was read
  std::vector<SettingFault> faults;
};

CheckedSettings check_settings(const SettingOptions& options, const Environment& environment);

/// Settings to start with.
/// @error kInvalidArgument  a setting is absent or wrong; the message says which and how to mend it
Result<Settings> load_settings(const SettingOptions& options, const Environment& environment);

}  // namespace streamonce::handler
