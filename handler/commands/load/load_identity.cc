#include "handler/commands/load/load_identity.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/endpoint.h"
#include "runtime/base/digest.h"
#include "runtime/base/file.h"
#include "runtime/base/payload.h"
#include "runtime/base/text.h"

namespace streamonce::handler::load {
namespace {

/// What the views are: a hash. Empty: there are none.
Result<std::string> hash_of_views(const Settings& settings) {
  if (settings.views.empty()) return std::string();
  Payload text;
  STREAMONCE_TRY(read_file(settings.views, text));
  std::string all(text.text());
  for (const NamedTable& each : settings.tables.tables)
    all.append("\n").append(each.name).append("=").append(each.table);
  return sha256_hex(all);
}

std::string name_of_target(const Settings& settings) {
  if (settings.target.kind == TargetKind::kDynamoDb)
    return settings.target.name.empty() ? "dynamodb" : "dynamodb:" + settings.target.name;
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(settings.target.name, error);
  return "sqlite:" + (error ? settings.target.name : path.lexically_normal().string());
}

/// Where the target is, besides its name. Empty: its name tells it.
Result<std::string> place_of_target(const Settings& settings) {
  if (settings.target.kind == TargetKind::kSqlite) return std::string();
  const aws::Region region = STREAMONCE_TRY(aws::Region::parse(settings.region));
  std::string place =
      STREAMONCE_TRY(aws::endpoint_of(aws::kDynamoDb, region, settings.aws.endpoint_url));
  place += " in " + region.text();
  if (!settings.account.empty()) place += " of " + settings.account;
  if (!settings.role.arn.empty()) place += " as " + settings.role.arn;
  return place;
}

}  // namespace

std::string name_of_export(const events::ExportSummary& summary) {
  return summary.arn.empty() ? summary.table_arn + " of " + format_rfc3339(summary.time)
                             : summary.arn;
}

std::string name_of_pipeline(const Settings& settings, const LoadPlan& plan) {
  return settings.name.empty() ? plan.source.table : settings.name;
}

Result<events::LoadState::Identity> identity_of(const events::ExportSummary& summary,
                                                const LoadPlan& plan, const Settings& settings,
                                                exports::Checksums checksums) {
  std::string key;
  for (const std::string& name : plan.key_names) key += (key.empty() ? "" : ",") + name;
  return events::LoadState::Identity{
      {"export", name_of_export(summary)},
      {"target", name_of_target(settings)},
      {"place", STREAMONCE_TRY(place_of_target(settings))},
      {"ledger", settings.ledger},
      {"pipeline", name_of_pipeline(settings, plan)},
      {"views", STREAMONCE_TRY(hash_of_views(settings))},
      {"key", std::move(key)},
      {"version", std::string(plan.version.version().text())},
      {"checksums", checksums == exports::Checksums::kChecked ? "checked" : "ignored"},
  };
}

}  // namespace streamonce::handler::load
