#include "handler/commands/load/load_summary.h"

#include <algorithm>
#include <string_view>

#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::load {
namespace {

constexpr std::size_t kLabelWidth = 18;
constexpr std::size_t kNumberWidth = 12;

void append_count(std::string& text, std::string_view label, const std::string& number) {
  text += label;
  text.append(kLabelWidth - std::min(kLabelWidth, label.size()), ' ');
  text.append(kNumberWidth - std::min(kNumberWidth, number.size()), ' ');
  text += number + '\n';
}

/// Tenths as in `36.5`.
std::string with_tenths(std::int64_t tenths) {
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void append_counts(std::string& text, const LoadSummary& summary) {
  const auto add = [&](std::string_view label, std::uint64_t number, bool is_rare = false) {
    if (number > 0 || !is_rare) append_count(text, label, std::to_string(number));
  };
  add("files", summary.files);
  add("  done before", summary.files_done_before, /*is_rare=*/true);
  add("  missing", summary.files_missing, /*is_rare=*/true);
  add("  damaged", summary.files_damaged, /*is_rare=*/true);
  add("  not come to", summary.files_left, /*is_rare=*/true);
  add("items", summary.fates.all());
  add("  applied", summary.fates.of(Fate::kApplied));
  add("  already applied", summary.fates.of(Fate::kAlreadyApplied));
  add("  newer there", summary.fates.of(Fate::kStale));
  add("  filtered", summary.fates.of(Fate::kFiltered), /*is_rare=*/true);
  add("  failed", summary.failed());
  if (summary.was_swept || summary.swept > 0) add("swept", summary.swept);
  add("not swept", summary.sweep_failed, /*is_rare=*/true);
  if (summary.write_unit_tenths > 0)
    append_count(text, "write units", with_tenths(summary.write_unit_tenths));
}

}  // namespace

void add_counts(LoadSummary& all, const LoadSummary& one) {
  all.files += one.files;
  for (const FateName& each : kFates) all.fates.add(each.fate, one.fates.of(each.fate));
  all.files_missing += one.files_missing;
  all.files_damaged += one.files_damaged;
  all.files_left += one.files_left;
  all.swept += one.swept;
  all.sweep_failed += one.sweep_failed;
  all.unmarked += one.unmarked;
  all.write_unit_tenths += one.write_unit_tenths;
}

std::string to_text(const LoadSummary& summary) {
  std::string text;
  if (summary.dry_run) text += "dry run: nothing was written; applied is what would be\n";
  append_counts(text, summary);
  if (!summary.failures.empty()) text += "first failures:\n";
  for (const ToldFailure& failure : summary.failures)
    text += "  " + without_control_characters(failure.place) + ": " +
            without_control_characters(failure.reason) + '\n';
  if (summary.failed_lines > 0) {
    text += "items that have failed are in " + without_control_characters(summary.failed_path) +
            ", " + std::to_string(summary.failed_lines) +
            (summary.failed_lines == 1 ? " line" : " lines") +
            ": `bootstrap replay` takes them when the cause is mended, and so does the same load "
            "again\n";
  }
  if (summary.not_kept > 0)
    text += "no file holds " + std::to_string(summary.not_kept) +
            " of the items that have failed: run the same load again\n";
  if (summary.unmarked > 0)
    text += std::to_string(summary.unmarked) + (summary.unmarked == 1
                                                    ? " row without a mark was left\n"
                                                    : " rows without marks were left\n");
  if (!summary.why_not_swept.empty()) text += "not swept: " + summary.why_not_swept + '\n';
  if (summary.gave_up)
    text += "given up: the target did nothing any more; run the same command again to go on\n";
  if (summary.interrupted) {
    text += "interrupted: run the same command again to go on";
    if (!summary.state_path.empty())
      text += "; how far it came is in " + without_control_characters(summary.state_path);
    text += '\n';
  }
  return text;
}

std::string to_json(const LoadSummary& summary) {
  std::string json = "{";
  const auto add = [&](std::string_view name, const std::string& number) {
    if (json.size() > 1) json += ',';
    append_json_string(json, name);
    json += ':' + number;
  };
  add("files", std::to_string(summary.files));
  add("items", std::to_string(summary.fates.all()));
  add("applied", std::to_string(summary.fates.of(Fate::kApplied)));
  add("already_applied", std::to_string(summary.fates.of(Fate::kAlreadyApplied)));
  add("stale", std::to_string(summary.fates.of(Fate::kStale)));
  add("failed", std::to_string(summary.failed()));
  add("swept", std::to_string(summary.swept));
  add("write_units", with_tenths(summary.write_unit_tenths));
  return json + "}\n";
}

}  // namespace streamonce::handler::load
