#include "handler/commands/doctor/findings/findings.h"

#include <algorithm>
#include <utility>

#include "handler/commands/doctor/findings/groups.h"
#include "runtime/base/arn.h"
#include "runtime/base/text.h"

namespace streamonce::handler::doctor {
namespace {

/// What settings say that bites by itself.
void look_at_settings(const Deployment& deployment, Findings& found) {
  const SettingsState& settings = deployment.settings;
  for (const std::string& fault : settings.faults) {
    found.findings.push_back({.level = Level::kError,
                              .check = "settings",
                              .what = fault,
                              .why = "a function with such a setting does not start"});
  }
  if (!settings.endpoints.empty()) {
    std::string names;
    for (const std::string& each : settings.endpoints) names += (names.empty() ? "" : ", ") + each;
    found.findings.push_back(
        {.level = Level::kInfo,
         .check = "endpoint",
         .what = "the function has endpoints of its own: " + names,
         .why = "they were not used here: what was read comes from the endpoints of this process"});
  }
  if (settings.is_sqlite) {
    found.findings.push_back(
        {.level = Level::kInfo,
         .check = "sqlite-target",
         .what = "the target is a SQLite file, of which nothing can be seen from here",
         .why = "in Lambda a file lives as long as its sandbox, unless it is on a file system that "
                "is mounted, and a network file system is no good for SQLite"});
  }
}

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kError:
      return "error";
    case Level::kWarning:
      return "warning";
    case Level::kInfo:
      break;
  }
  return "info";
}

std::vector<const lambda_functions::Mapping*> stream_mappings(const Deployment& deployment) {
  std::vector<const lambda_functions::Mapping*> streams;
  if (!deployment.mappings) return streams;
  for (const lambda_functions::Mapping& mapping : *deployment.mappings)
    if (is_table_stream(mapping.source_arn)) streams.push_back(&mapping);
  return streams;
}

bool is_table_stream(std::string_view arn) {
  const auto parts = Arn::split(arn);
  return parts && parts->service == "dynamodb" &&
         parts->resource.find("/stream/") != std::string_view::npos;
}

std::string plain_name(const Deployment& deployment) {
  return deployment.function_name.substr(0, deployment.function_name.find(':'));
}

std::string words_of(const TableState& table) {
  return table.words + " " + in_quotes(table.name);
}

std::string lambda_line(const Deployment& deployment, std::string_view rest) {
  std::string line = "aws lambda ";
  line += rest;
  if (!deployment.region.empty()) line += " --region " + deployment.region;
  return line;
}

std::string mapping_line(const Deployment& deployment, const lambda_functions::Mapping& mapping,
                         std::string_view rest) {
  std::string text = "update-event-source-mapping --uuid " + mapping.uuid + " ";
  return lambda_line(deployment, text.append(rest));
}

std::string create_mapping_line(const Deployment& deployment, std::string_view stream_arn) {
  std::string text = "create-event-source-mapping --function-name " + deployment.function_name +
                     " --event-source-arn ";
  text.append(stream_arn);
  return lambda_line(deployment, text +
                                     " --starting-position TRIM_HORIZON "
                                     "--function-response-types ReportBatchItemFailures");
}

std::string table_line(const TableState& table, std::string_view operation, std::string_view rest) {
  std::string line = "aws dynamodb ";
  line.append(operation).append(" --table-name ").append(table.name).append(" ").append(rest);
  if (!table.region.empty()) line += " --region " + table.region;
  return line;
}

Findings look_over(const Deployment& deployment) {
  Findings found{.findings = {}, .not_checked = deployment.not_checked};
  look_at_settings(deployment, found);
  look_at_function(deployment, found);
  look_at_mappings(deployment, found);
  look_at_paths(deployment, found);
  look_at_tables(deployment, found);
  std::stable_sort(found.findings.begin(), found.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.level < b.level; });
  return found;
}

}  // namespace streamonce::handler::doctor
