#include "handler/commands/doctor/function_settings.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/aws/table_arn.h"

namespace streamonce::handler::doctor {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kTarget = "STREAMONCE_TARGET";
constexpr std::string_view kLedger = "STREAMONCE_LEDGER";
constexpr std::string_view kViews = "STREAMONCE_VIEWS";
constexpr std::string_view kConfig = "STREAMONCE_CONFIG";
constexpr std::string_view kTables = "STREAMONCE_TABLES";

/// What means nothing without a role, which may stand in a file that is not seen.
struct OfRole {
  std::string_view variable;
  std::string_view role;
};
constexpr OfRole kOfRoles[] = {
    {"STREAMONCE_EXTERNAL_ID", "STREAMONCE_ROLE_ARN"},
    {"STREAMONCE_STREAM_EXTERNAL_ID", "STREAMONCE_STREAM_ROLE_ARN"},
};

/// A file that is there, and that stands for the views' text which is not seen: settings have views
/// then, and what they are is not looked at.
constexpr const char* kUnseenViews = "/proc/self/exe";

std::optional<std::string> value_in(const Variables& variables, std::string_view name) {
  const auto found = std::find_if(variables.begin(), variables.end(),
                                  [&](const auto& each) { return each.first == name; });
  if (found == variables.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

/// Whether a function with these variables has views, as far as they tell.
bool has_views(const Variables& variables) {
  if (value_in(variables, kViews)) return true;
  const std::string target = value_in(variables, kTarget).value_or("");
  return target == "dynamodb" || (value_in(variables, kTables) && !target.starts_with("dynamodb:"));
}

/// The environment that settings are read from: the program's own variables are the function's, but
/// for the paths of files that are in its sandbox, and all others this process's.
Environment environment_of(Variables variables, std::string region,
                           const Environment& environment) {
  return [variables = std::move(variables), region = std::move(region),
          environment](const char* name) -> std::optional<std::string> {
    const std::string_view wanted = name;
    if (wanted == "AWS_REGION" && !region.empty()) return region;
    if (!wanted.starts_with("STREAMONCE_")) return environment(name);
    if (wanted == kViews || wanted == kConfig) return std::nullopt;
    return value_in(variables, wanted);
  };
}

void take_out_what_needs_a_role(Variables& variables) {
  for (const OfRole& each : kOfRoles) {
    if (value_in(variables, each.role)) continue;
    std::erase_if(variables, [&](const auto& named) { return named.first == each.variable; });
  }
}

bool has_option(const SettingOptions& options, std::string_view name) {
  return options.value_of(name) != nullptr;
}

/// The files of the function that cannot be seen, and that somebody may name copies of.
void note_unseen(const SettingOptions& options, FunctionSettings& read) {
  if (!has_option(options, "config"))
    read.absent.emplace_back(
        "the pipeline file: a pipeline.json in the function's zip is not seen: name a copy with "
        "--config");
  if (read.has_unseen_views)
    read.absent.emplace_back(
        "the views: views.sql in the function's zip is not seen: name a copy with --views");
}

void take_views(FunctionSettings& read) {
  if (read.settings.views.empty() || read.has_unseen_views) return;
  ViewsFile file = read_views_file(read.settings);
  for (std::string& fault : file.faults) read.state.faults.push_back(std::move(fault));
  if (file.faults.empty()) read.views = std::move(file);
}

void take_endpoints(const Variables& variables, SettingsState& state) {
  for (const auto& [name, value] : variables)
    if (name.starts_with("AWS_ENDPOINT_URL")) state.endpoints.push_back(name);
}

}  // namespace

FunctionSettings read_function_settings(const SettingOptions& options,
                                        const lambda_functions::Configuration* function,
                                        const std::string& region, const Environment& environment) {
  FunctionSettings read;
  Variables variables = function == nullptr ? Variables() : function->variables;
  if (!has_option(options, "config")) take_out_what_needs_a_role(variables);
  const Environment seen =
      function == nullptr ? environment : environment_of(variables, region, environment);
  SettingOptions with_views = options;
  if (has_views(variables)) with_views.default_views = kUnseenViews;
  CheckedSettings checked = check_settings(with_views, seen);
  read.settings = std::move(checked.settings);
  read.has_unseen_views = read.settings.views == kUnseenViews;
  for (SettingFault& fault : checked.faults)
    (fault.is_absence ? read.absent : read.state.faults).push_back(std::move(fault.message));
  take_views(read);
  take_endpoints(variables, read.state);
  const std::string* option = options.value_of("ledger");
  read.ledger = option != nullptr               ? *option
                : !read.settings.ledger.empty() ? read.settings.ledger
                                                : seen(kLedger.data()).value_or("");
  if (!aws::is_table(read.ledger)) read.ledger.clear();
  SettingsState& state = read.state;
  state.has_target = checked.has_target;
  state.is_sqlite = checked.has_target && read.settings.target.kind == TargetKind::kSqlite;
  state.is_mirror = checked.has_target && !state.is_sqlite && !read.settings.target.name.empty();
  state.is_retention_known = checked.has_file;
  state.retain = read.settings.retain;
  if (function != nullptr) note_unseen(options, read);
  return read;
}

}  // namespace streamonce::handler::doctor
