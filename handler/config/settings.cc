#include "handler/config/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "handler/config/dynamodb_tables.h"
#include "handler/config/pipeline_file.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/role_names.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/arn.h"
#include "runtime/base/file.h"
#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler {
namespace {

constexpr std::string_view kTargetForms =
    "expected dynamodb:TABLE, or sqlite:PATH of a database file";
constexpr std::string_view kTargetFormsOfViews =
    "expected dynamodb, or sqlite:PATH of a database file";

Status take_target(const GivenSetting& given, Settings& settings) {
  constexpr std::string_view kDynamoDb = "dynamodb:";
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string_view value = given.value;
  if (value == kDynamoDb.substr(0, kDynamoDb.size() - 1)) {
    settings.target = {.kind = TargetKind::kDynamoDb, .name = {}};
    return {};
  }
  if (value.starts_with(kDynamoDb)) {
    const std::string table = given.value.substr(kDynamoDb.size());
    STREAMONCE_TRY(check_table(given.source, table));
    settings.target = {.kind = TargetKind::kDynamoDb, .name = table};
    return {};
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

Status take_metrics(const GivenSetting& given, Settings& settings) {
  if (given.value != "emf" && given.value != "none")
    return invalid_argument(given.source + ": " + in_quotes(given.value) +
                            ": expected emf or none");
  settings.metrics = given.value == "emf" ? MetricsForm::kEmf : MetricsForm::kNone;
  return {};
}

Status take_images(const GivenSetting& given, Settings& settings) {
  if (given.value != "record" && given.value != "fetch")
    return invalid_argument(given.source + ": " + in_quotes(given.value) +
                            ": expected record or fetch");
  settings.images = given.value == "fetch" ? ImagesFrom::kFetch : ImagesFrom::kRecord;
  return {};
}

/// A number, whose bounds were checked when the file was read.
int number_of(const GivenSetting& given) {
  int number = 0;
  std::from_chars(given.value.data(), given.value.data() + given.value.size(), number);
  return number;
}

Status take_retain_days(const GivenSetting& given, Settings& settings) {
  settings.retain = std::chrono::days(number_of(given));
  return {};
}

/// Whether a target's name fits to there being views, or none.
Status check_target_form(const GivenSetting& given, const Settings& settings) {
  if (settings.target.kind != TargetKind::kDynamoDb) return {};
  const bool names_table = !settings.target.name.empty();
  if (settings.views.empty() == names_table) return {};
  const std::string start = given.source + ": " + in_quotes(given.value) + ": ";
  if (!names_table) {
    return invalid_argument(start +
                            "names no table: without views the target mirrors the source in one "
                            "table: " +
                            std::string(kTargetForms) +
                            "; with views, name their file: --views, "
                            "STREAMONCE_VIEWS or \"views\" in the pipeline file");
  }
  return invalid_argument(
      start + "names a table, and there are views (" + settings.views +
      "): each view has a table of its own: " + std::string(kTargetFormsOfViews) +
      "; which tables, say STREAMONCE_TABLES or \"tables\" in the pipeline "
      "file, if not those of the views' names");
}

Status take_views(const GivenSetting& given, Settings& settings) {
  if (!file_exists(given.value))
    return invalid_argument(given.source + ": " + in_quotes(given.value) +
                            ": there is no such file");
  settings.views = given.value;
  return {};
}

/// Takes a table, for a name that has none yet.
Status add_table(const std::string& source, NamedTable named, std::vector<NamedTable>& tables) {
  if (named.name.empty())
    return invalid_argument(source + ": a name is empty: expected the name of a view or a source");
  STREAMONCE_TRY(check_table(source + ": " + in_quotes(named.name), named.table));
  for (const NamedTable& other : tables)
    if (other.name == named.name)
      return invalid_argument(source + ": " + in_quotes(named.name) + " stands there twice");
  tables.push_back(std::move(named));
  return {};
}

/// Takes `open_orders=prod-open-orders,revenue=prod-revenue`, or an object of the pipeline file. No
/// table's name or ARN has an equals sign or a comma; a view's name may have, and then only the
/// file can name it.
Status take_tables(const GivenSetting& given, Settings& settings) {
  std::vector<NamedTable> tables;
  for (const NamedTable& named : given.tables)
    STREAMONCE_TRY(add_table(given.source, named, tables));
  std::string_view rest = given.value;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = part.rfind('=');
    if (equals == std::string_view::npos)
      return invalid_argument(given.source + ": " + in_quotes(part) +
                              ": expected NAME=TABLE, as often as wanted, with commas between");
    STREAMONCE_TRY(add_table(given.source,
                             {.name = std::string(part.substr(0, equals)),
                              .table = std::string(part.substr(equals + 1))},
                             tables));
  }
  settings.tables = {.tables = std::move(tables), .source = given.source};
  return {};
}

/// Takes a text, unless `why` says what is wrong with it.
Status take_text(const GivenSetting& given, std::string why, std::string& text) {
  text = given.value;
  if (why.empty()) return {};
  text.clear();
  return invalid_argument(given.source + ": " + std::move(why));
}

Status take_role(const GivenSetting& given, std::string& role) {
  std::string why = aws::why_no_role(given.value);
  if (!why.empty()) why.insert(0, in_quotes(given.value) + " ");
  return take_text(given, std::move(why), role);
}

Status take_session_name(const GivenSetting& given, Settings& settings) {
  std::string why = aws::why_no_session_name(given.value);
  if (!why.empty()) why.insert(0, in_quotes(given.value) + " ");
  return take_text(given, std::move(why), settings.session_name);
}

/// Takes an external id, which two parties agree on and nobody else needs to read.
Status take_external_id(const GivenSetting& given, std::string& id) {
  std::string why = aws::why_no_external_id(given.value);
  if (!why.empty()) why.insert(0, "what is set ");
  return take_text(given, std::move(why), id);
}

constexpr std::string_view kTarget = "target";
constexpr std::string_view kLedger = "ledger";
constexpr std::string_view kViews = "views";
constexpr std::string_view kTables = "tables";
constexpr std::string_view kConfig = "config";
constexpr std::string_view kRole = "role_arn";
constexpr std::string_view kExternalId = "external_id";
constexpr std::string_view kStreamRole = "stream_role_arn";
constexpr std::string_view kStreamExternalId = "stream_external_id";
constexpr std::string_view kSessionOfRoles = "session_name";

constexpr std::array kSettings = {
    Setting{.name = kTarget.data(),
            .operand = "TARGET",
            .variable = "STREAMONCE_TARGET",
            .in_file = true,
            .option_help = "where the changes are applied (see below)",
            .help = "dynamodb:TABLE, or sqlite:PATH of a database file, in which\n"
                    "the table is named after the source table; with views\n"
                    "dynamodb or sqlite:PATH. TABLE is a table's name, or its\n"
                    "ARN, which may be of another account and Region",
            .take = take_target},
    Setting{.name = kLedger.data(),
            .operand = "TABLE",
            .variable = "STREAMONCE_LEDGER",
            .in_file = true,
            .option_help = "the table of the marks, for a DynamoDB target",
            .help = "for dynamodb: the table that holds the marks (partition key\n"
                    "id, a string), in the target's account and Region; by its\n"
                    "ARN if the target is"},
    Setting{.name = kViews.data(),
            .operand = "FILE",
            .variable = "STREAMONCE_VIEWS",
            .in_file = true,
            .option_help = "derived tables, written in SQL",
            .help = "the views that the target holds instead of a mirror: see\n"
                    "bootstrap check --help; default: views.sql beside the\n"
                    "binary, if there is one",
            .take = take_views},
    Setting{.name = kTables.data(),
            .operand = nullptr,
            .variable = "STREAMONCE_TABLES",
            .in_file = true,
            .option_help = nullptr,
            .help = "tables with other names than their views or sources have,\n"
                    "as open_orders=prod-open-orders,orders=prod-orders; in the\n"
                    "file an object, {\"open_orders\": \"prod-open-orders\"}",
            .is_object = true,
            .take = take_tables},
    Setting{.name = kConfig.data(),
            .operand = "FILE",
            .variable = "STREAMONCE_CONFIG",
            .in_file = false,
            .option_help = "the pipeline file",
            .help = "a JSON file with any of target, ledger, views, tables, name,\n"
                    "metrics, images, marks, version_attribute, adopt,\n"
                    "puts_in_flight, retain_days, role_arn, external_id,\n"
                    "stream_role_arn, stream_external_id, session_name; default:\n"
                    "pipeline.json beside the binary, if there is one"},
    Setting{.name = "name",
            .operand = nullptr,
            .variable = "STREAMONCE_NAME",
            .in_file = true,
            .option_help = nullptr,
            .help = "the pipeline's name in the ledger and in metrics; default:\n"
                    "that of the target table, with views the source table's",
            .take = take_name},
    Setting{.name = "metrics",
            .operand = nullptr,
            .variable = "STREAMONCE_METRICS",
            .in_file = true,
            .option_help = nullptr,
            .help = "in Lambda: emf, a line of metrics for each invocation in\n"
                    "CloudWatch's embedded metric format, or none; default: emf",
            .take = take_metrics},
    Setting{.name = "images",
            .operand = nullptr,
            .variable = nullptr,
            .in_file = true,
            .option_help = nullptr,
            .help = nullptr,
            .take = take_images},
    Setting{.name = "marks",
            .operand = nullptr,
            .variable = "STREAMONCE_MARKS",
            .in_file = true,
            .option_help = nullptr,
            .help = "where a DynamoDB target keeps its marks: ledger, or item, in\n"
                    "which an update costs a quarter; default: ledger",
            .take =
                [](const GivenSetting& given, Settings& settings) {
                  return take_marks(given.source, given.value, settings.marks);
                }},
    Setting{.name = "version_attribute",
            .operand = nullptr,
            .variable = nullptr,
            .in_file = true,
            .option_help = nullptr,
            .help = nullptr,
            .take =
                [](const GivenSetting& given, Settings& settings) {
                  return take_version_attribute(given.source, given.value, settings.marks);
                }},
    Setting{.name = "adopt",
            .operand = nullptr,
            .variable = nullptr,
            .in_file = true,
            .option_help = nullptr,
            .help = nullptr,
            .is_truth = true,
            .take =
                [](const GivenSetting& given, Settings& settings) {
                  settings.marks.adopts_items = given.value == "true";
                  return Status();
                }},
    Setting{.name = "puts_in_flight",
            .operand = nullptr,
            .variable = nullptr,
            .in_file = true,
            .option_help = nullptr,
            .help = nullptr,
            .unit = "requests",
            .least = 1,
            .most = 64,
            .take =
                [](const GivenSetting& given, Settings& settings) {
                  settings.marks.puts_in_flight = number_of(given);
                  return Status();
                }},
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
    Setting{.name = kRole.data(),
            .operand = nullptr,
            .variable = "STREAMONCE_ROLE_ARN",
            .in_file = true,
            .option_help = nullptr,
            .help = "the role to write a DynamoDB target as, another account's\n"
                    "perhaps; default: the credentials that there are",
            .take = [](const GivenSetting& given,
                       Settings& settings) { return take_role(given, settings.role.arn); }},
    Setting{.name = kExternalId.data(),
            .operand = nullptr,
            .variable = "STREAMONCE_EXTERNAL_ID",
            .in_file = true,
            .option_help = nullptr,
            .help = "the external id that the role's trust policy asks for",
            .take =
                [](const GivenSetting& given, Settings& settings) {
                  return take_external_id(given, settings.role.external_id);
                }},
    Setting{.name = kStreamRole.data(),
            .operand = nullptr,
            .variable = "STREAMONCE_STREAM_ROLE_ARN",
            .in_file = true,
            .option_help = nullptr,
            .help = "the role to read the stream of dead letters as",
            .take = [](const GivenSetting& given,
                       Settings& settings) { return take_role(given, settings.stream_role.arn); }},
    Setting{.name = kStreamExternalId.data(),
            .operand = nullptr,
            .variable = "STREAMONCE_STREAM_EXTERNAL_ID",
            .in_file = true,
            .option_help = nullptr,
            .help = "the external id of that role",
            .take =
                [](const GivenSetting& given, Settings& settings) {
                  return take_external_id(given, settings.stream_role.external_id);
                }},
    Setting{.name = kSessionOfRoles.data(),
            .operand = nullptr,
            .variable = "STREAMONCE_SESSION_NAME",
            .in_file = true,
            .option_help = nullptr,
            .help = "the name that AWS's logs tell of both roles; default:\n"
                    "streamonce",
            .take = take_session_name},
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

/// Whether `value` is of the type that the member `row` has.
Status check_member(const Setting& row, const std::string& source, const FileValue& value) {
  if (row.unit != nullptr) return check_number(row, source, value);
  if (row.is_truth) {
    if (value.kind == FileValue::Kind::kTruth) return {};
    return invalid_argument(source + ": expected true or false");
  }
  if (row.is_object) {
    if (value.kind == FileValue::Kind::kTexts) return {};
    return invalid_argument(source + ": expected an object of strings");
  }
  if (value.kind == FileValue::Kind::kText && !value.text.empty()) return {};
  return invalid_argument(source + ": expected a string that is not empty");
}

using Faults = std::vector<SettingFault>;

/// Notes what is wrong, if anything is. @return whether nothing is
bool note(const Status& status, Faults& faults) {
  if (!status) faults.push_back({.message = status.error().message});
  return status.has_value();
}

/// Reads the file, and leaves members out that are wrong.
File read_file_of_settings(const std::string& path, Faults& faults) {
  Result<FileMembers> members = read_pipeline_file(path);
  if (!members) {
    note(std::move(members).error(), faults);
    return {};
  }
  File file{.path = path, .members = {}};
  for (auto& [name, value] : *members) {
    const Setting* const row = find_setting(name);
    if (row == nullptr || !row->in_file) {
      std::string message = path + ": unknown member ";
      append_json_string(message, name);
      note(invalid_argument(std::move(message) + ": expected " + member_names()), faults);
    } else if (note(check_member(*row, file.source_of(name), value), faults)) {
      file.members.emplace(name, std::move(value));
    }
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
  const auto member = file.members.find(setting.name);
  if (member == file.members.end()) return std::nullopt;
  GivenSetting given{.source = file.source_of(setting.name), .value = member->second.text};
  for (const auto& [name, table] : member->second.texts)
    given.tables.push_back({.name = name, .table = table});
  return given;
}

/// The pipeline file that the command line, the environment or the binary's folder names.
File load_file(const SettingOptions& options, const Environment& environment, Faults& faults) {
  if (const auto named = strongest(*find_setting(kConfig), options, environment, File())) {
    if (file_exists(named->value)) return read_file_of_settings(named->value, faults);
    note(invalid_argument(named->source + ": " + in_quotes(named->value) +
                          ": there is no such file"),
         faults);
    return {};
  }
  if (options.default_file.empty() || !file_exists(options.default_file)) return {};
  return read_file_of_settings(options.default_file, faults);
}

Status take_ledger(const GivenSetting& given, Settings& settings) {
  STREAMONCE_TRY(check_table(given.source, given.value));
  const std::string& target = settings.target.name;
  if (given.value == target)
    return invalid_argument(given.source +
                            ": the ledger and the target are the same table: expected two");
  const std::string why = target.empty() ? "" : why_apart(given.value, target, "the target");
  if (!why.empty())
    return invalid_argument(given.source + ": " + in_quotes(given.value) + " " + why);
  settings.ledger = given.value;
  return {};
}

void note_absence(std::string message, Faults& faults) {
  faults.push_back({.message = std::move(message), .is_absence = true});
}

/// Says where the tables are: where the ledger is, or the target as long as there is no ledger.
void place_tables(const Environment& environment, Settings& settings) {
  const std::string& table = settings.ledger.empty() ? settings.target.name : settings.ledger;
  if (begins_as_arn(table)) {
    const aws::TableArn arn = aws::TableArn::parse(table).value();
    settings.account = arn.account;
    settings.region = arn.region;
    return;
  }
  if (const auto role = Arn::split(settings.role.arn)) settings.account = role->account;
  settings.region = region_of(environment);
}

/// Takes what a DynamoDB target needs besides its name.
void take_dynamodb(const std::optional<GivenSetting>& ledger, const Environment& environment,
                   CheckedSettings& checked) {
  Settings& settings = checked.settings;
  if (ledger) {
    note(take_ledger(*ledger, settings), checked.faults);
  } else {
    note_absence(
        "no ledger: a DynamoDB target needs a second table for its marks (partition key "
        "id, a string): name it with --ledger, STREAMONCE_LEDGER or \"ledger\" in the "
        "pipeline file",
        checked.faults);
  }
  if (settings.name.empty()) settings.name = aws::name_of_table(settings.target.name);
  place_tables(environment, settings);
  if (settings.region.empty())
    note_absence("AWS_REGION is not set: DynamoDB needs the Region that its tables are in",
                 checked.faults);
  const Status named = check_named_ca_bundle(environment);
  note(named, checked.faults);
  if (!named) return;
  Result<AwsSettings> aws = load_aws(environment);
  if (!aws) return note_absence(std::move(aws).error().message, checked.faults);
  settings.aws = *std::move(aws);
  const Status trust = check_trust(settings.aws, settings.aws.endpoint_url);
  if (!trust) note_absence(trust.error().message, checked.faults);
}

/// What is given of the roles.
struct GivenRoles {
  std::optional<GivenSetting> role;
  std::optional<GivenSetting> external_id;
  std::optional<GivenSetting> stream_role;
  std::optional<GivenSetting> session_name;
};

/// Refuses what is set for a role that a SQLite target is not written as.
void check_sqlite_has_no_role(const GivenRoles& given, Faults& faults) {
  const auto refuse = [&](const GivenSetting& setting) {
    note(invalid_argument(setting.source +
                          ": a SQLite target is a file, which is written as no role"),
         faults);
  };
  if (given.role) refuse(*given.role);
  if (given.role && given.external_id) refuse(*given.external_id);
  if (given.session_name && !given.stream_role) refuse(*given.session_name);
}

/// Refuses a role that the STS of `region` does not know, since it is of another part of AWS.
Status check_partition(const RoleSettings& role, const std::optional<GivenSetting>& given,
                       std::string_view region) {
  if (role.arn.empty() || region.empty()) return {};
  const std::string_view partition = Arn::split(role.arn).value().partition;
  const std::string_view expected = aws::partition_of(region);
  if (partition == expected) return {};
  return invalid_argument(given->source + ": " + in_quotes(role.arn) + " is of the partition " +
                          std::string(partition) + " of AWS, and the Region " + in_quotes(region) +
                          " is in " + std::string(expected) + ": expected a role of that one");
}

/// Refuses roles that are for nothing, or that nobody could have.
/// @param region  the environment's; empty: none
void check_roles(const GivenRoles& given, const std::string& region, CheckedSettings& checked) {
  const Settings& settings = checked.settings;
  if (settings.target.kind == TargetKind::kSqlite) check_sqlite_has_no_role(given, checked.faults);
  note(check_partition(settings.role, given.role, settings.region), checked.faults);
  note(check_partition(settings.stream_role, given.stream_role,
                       region.empty() ? settings.region : region),
       checked.faults);
}

/// Refuses an external id of no role, which nothing would be done with.
Status check_has_role(const RoleSettings& role, const std::optional<GivenSetting>& external_id,
                      const Setting& role_setting) {
  if (role.external_id.empty() || !role.arn.empty()) return {};
  return invalid_argument(
      external_id->source + ": there is no role that it is for: name one with " +
      role_setting.variable + " or " + in_quotes(role_setting.name) + " in the pipeline file");
}

/// Names the tables that the views of settings without any would have.
Status check_tables_have_views(const Settings& settings) {
  if (!settings.views.empty() || settings.tables.source.empty()) return {};
  return invalid_argument(settings.tables.source +
                          ": names tables of views, and there are none: name their file with "
                          "--views, STREAMONCE_VIEWS or \"views\" in the pipeline file");
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

CheckedSettings check_settings(const SettingOptions& options, const Environment& environment) {
  CheckedSettings checked;
  Faults& faults = checked.faults;
  Settings& settings = checked.settings;
  const File file = load_file(options, environment, faults);
  const bool has_file_fault = !faults.empty();
  checked.has_file = !file.path.empty();
  const auto given = [&](std::string_view name) {
    return strongest(*find_setting(name), options, environment, file);
  };
  const auto target = given(kTarget);
  // The target may be what cannot be read.
  if (!target && !has_file_fault) {
    note_absence(
        "no target: name one with --target, STREAMONCE_TARGET or \"target\" in the "
        "pipeline file: " +
            std::string(kTargetForms),
        faults);
  }
  const auto views = given(kViews);
  for (const Setting& setting : kSettings) {
    if (setting.take == nullptr) continue;
    const auto value = strongest(setting, options, environment, file);
    if (!value) continue;
    const bool is_right = note(setting.take(*value, settings), faults);
    if (kTarget == setting.name) checked.has_target = is_right;
  }
  complete_marks(settings.marks);
  if (settings.session_name.empty()) settings.session_name = aws::kSessionName;
  for (const auto& [role, external_id, role_setting] :
       {std::tuple(&settings.role, kExternalId, kRole),
        std::tuple(&settings.stream_role, kStreamExternalId, kStreamRole)})
    if (!has_file_fault && !given(role_setting))
      note(check_has_role(*role, given(external_id), *find_setting(role_setting)), faults);
  const bool has_views_fault = views && settings.views.empty();
  if (!views && !options.default_views.empty() && file_exists(options.default_views))
    settings.views = options.default_views;
  if (!has_views_fault && !has_file_fault) note(check_tables_have_views(settings), faults);
  if (!checked.has_target) return checked;
  if (!has_views_fault && !has_file_fault) note(check_target_form(*target, settings), faults);
  if (settings.target.kind == TargetKind::kDynamoDb)
    take_dynamodb(given(kLedger), environment, checked);
  else if (options.value_of(kLedger) != nullptr)
    note(invalid_argument("--ledger: a SQLite target keeps its ledger in the same file"), faults);
  note(check_marks(settings.marks, settings.target.kind == TargetKind::kDynamoDb), faults);
  check_roles({.role = given(kRole),
               .external_id = given(kExternalId),
               .stream_role = given(kStreamRole),
               .session_name = given(kSessionOfRoles)},
              region_of(environment), checked);
  return checked;
}

Result<Settings> load_settings(const SettingOptions& options, const Environment& environment) {
  CheckedSettings checked = check_settings(options, environment);
  if (!checked.faults.empty()) return invalid_argument(checked.faults.front().message);
  return std::move(checked.settings);
}

}  // namespace streamonce::handler
