#include <string>
#include <utility>

#include "handler/commands/doctor/findings/groups.h"
#include "runtime/base/text.h"

namespace streamonce::handler::doctor {
namespace {

/// The attribute in which a mark has its end.
constexpr std::string_view kEndOfMark = "ttl";

std::string expiry_line(const TableState& table, bool enabled, std::string_view attribute) {
  std::string rest = "--time-to-live-specification Enabled=";
  rest.append(enabled ? "true" : "false").append(",AttributeName=").append(attribute);
  return table_line(table, "update-time-to-live", rest);
}

void look_at_target_expiry(const TableState& table, Findings& found) {
  if (!table.expiry || !table.expiry->is_enabled) return;
  found.findings.push_back(
      {.level = Level::kError,
       .check = "target-ttl",
       .what = "expiry (TTL) is on for " + words_of(table) + ", by the attribute " +
               quoted_excerpt(table.expiry->attribute),
       .why = "rows go by themselves that the source may still have. A source's own expiry comes "
              "through the stream",
       .remedy = expiry_line(table, false, table.expiry->attribute)});
}

/// A ledger whose marks are kept for ever, as far as the settings say.
void look_at_needless_expiry(const SettingsState& settings, const TableState& ledger,
                             Findings& found) {
  const std::string what = "expiry (TTL) is on for " + words_of(ledger);
  if (!settings.is_retention_known) {
    found.not_checked.push_back(
        {.what = what + ": whether retain_days is set",
         .why = "it can stand in the pipeline file of the zip only, which is not seen: name a copy "
                "with --config"});
    return;
  }
  found.findings.push_back(
      {.level = Level::kError,
       .check = "ledger-ttl",
       .what = what + ", and retain_days is not set",
       .why = "marks that once got an end go, and older records are no longer refused: a dead "
              "letter could bring back what was deleted",
       .remedy = expiry_line(ledger, false, kEndOfMark)});
}

void look_at_ledger_expiry(const SettingsState& settings, const TableState& ledger,
                           Findings& found) {
  if (!ledger.expiry) return;
  const bool is_on = ledger.expiry->is_enabled;
  if (is_on && ledger.expiry->attribute != kEndOfMark) {
    found.findings.push_back(
        {.level = Level::kError,
         .check = "ledger-ttl",
         .what = "expiry (TTL) of " + words_of(ledger) + " goes by the attribute " +
                 quoted_excerpt(ledger.expiry->attribute) + "; expected ttl, or none",
         .why = "marks go that are needed: old records would be applied again, and bring back what "
                "was deleted",
         .remedy = expiry_line(ledger, false, ledger.expiry->attribute)});
    return;
  }
  if (is_on && !settings.retain) look_at_needless_expiry(settings, ledger, found);
  if (is_on || !settings.retain) return;
  found.findings.push_back({.level = Level::kError,
                            .check = "ledger-ttl",
                            .what = "retain_days is " + std::to_string(settings.retain->count()) +
                                    ", and expiry (TTL) is off for " + words_of(ledger),
                            .why = "no mark ever goes, and older records are refused all the same",
                            .remedy = expiry_line(ledger, true, kEndOfMark)});
}

void look_at_existence(const TableState& table, Findings& found) {
  if (!table.is_missing) return;
  found.findings.push_back({.level = Level::kError,
                            .check = "table-missing",
                            .what = words_of(table) + " was not found",
                            .why = "it was deleted, or is in another account or Region",
                            .remedy = "aws dynamodb list-tables --region " + table.region});
}

void look_at_encryption(const TableState& table, Findings& found) {
  if (!table.description || !table.description->is_key_inaccessible) return;
  const std::string& key = table.description->kms_key_arn;
  found.findings.push_back(
      {.level = Level::kError,
       .check = "encryption-key",
       .what = "the key of KMS of " + words_of(table) + " cannot be used",
       .why = "the table is closed to everybody, and after 7 days DynamoDB archives it",
       .remedy = "aws kms enable-key --key-id " + (key.empty() ? std::string("KEY") : key) +
                 " --region " + table.region});
}

void look_at_recovery(const TableState& table, Findings& found) {
  if (table.has_recovery.value_or(true)) return;
  found.findings.push_back(
      {.level = Level::kWarning,
       .check = "recovery",
       .what = "point-in-time recovery is off for " + words_of(table),
       .why = table.use == TableUse::kSource
                  ? "it cannot be exported, so that a target that has lost records cannot be filled"
                  : "what is deleted by mistake cannot be got back",
       .remedy =
           table_line(table, "update-continuous-backups",
                      "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true")});
}

}  // namespace

void look_at_tables(const Deployment& deployment, Findings& found) {
  for (const TableState& table : deployment.tables) {
    look_at_existence(table, found);
    look_at_encryption(table, found);
    look_at_recovery(table, found);
    if (table.use == TableUse::kLedger)
      look_at_ledger_expiry(deployment.settings, table, found);
    else if (table.use != TableUse::kSource)
      look_at_target_expiry(table, found);
  }
}

}  // namespace streamonce::handler::doctor
