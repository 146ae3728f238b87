#include "handler/commands/replay/summary.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::replay {
namespace {

struct Count {
  std::string_view label;
  std::string_view member;
  std::uint64_t value = 0;
  bool is_fate = false;  ///< whether it is one of those that the records before it came to
  bool is_rare = false;  ///< whether a person is told of it only if there are any; a program, too,
                         ///< if it is a fate
};

/// All counts, in the order in which they are told.
std::array<Count, kFates.size() + 7> counts_of(const Summary& summary) {
  std::array<Count, kFates.size() + 7> counts = {
      {{"documents", "documents", summary.documents}, {"records", "records", summary.fates.all()}}};
  auto next = counts.begin() + 2;
  for (const FateName& each : kFates)
    *next++ = {each.text, each.member, summary.fates.of(each.fate), /*is_fate=*/true, each.is_rare};
  const auto add = [&](std::string_view label, std::string_view member, std::uint64_t value,
                       bool is_rare) {
    *next++ = {label, member, value, /*is_fate=*/false, is_rare};
  };
  add("unreadable", "unreadable", summary.unreadable, /*is_rare=*/false);
  add("pointers fetched", "pointersFetched", summary.pointers_fetched, /*is_rare=*/false);
  add("pointers expired", "pointersExpired", summary.pointers_expired, /*is_rare=*/true);
  add("pointers failed", "pointersFailed", summary.pointers_failed, /*is_rare=*/true);
  add("files not read", "filesUnread", summary.files_unread, /*is_rare=*/true);
  return counts;
}

constexpr std::size_t kLabelWidth = 18;
constexpr std::size_t kNumberWidth = 12;

void append_count(std::string& text, const Count& count) {
  const std::string number = std::to_string(count.value);
  const std::string_view indent = count.is_fate ? "  " : "";
  text += indent;
  text += count.label;
  text.append(kLabelWidth - indent.size() - count.label.size(), ' ');
  text.append(kNumberWidth - std::min(kNumberWidth, number.size()), ' ');
  text += number + '\n';
}

void append_rows(std::string& text, const Summary& summary) {
  if (summary.rows.empty()) return;
  const bool has_groups = std::any_of(summary.rows.begin(), summary.rows.end(),
                                      [](const RowCounts& rows) { return rows.has_groups; });
  text += has_groups ? "rows that would be put, and removed, and changes of groups:\n"
                     : "rows that would be put, and removed:\n";
  for (const RowCounts& rows : summary.rows) {
    text += "  " + without_control_characters(rows.view) + "  ";
    text += rows.has_groups
                ? std::to_string(rows.groups) + " changes\n"
                : std::to_string(rows.put) + " put, " + std::to_string(rows.removed) + " removed\n";
  }
}

void append_failures(std::string& text, const Summary& summary) {
  if (summary.failures.empty()) return;
  text += "first failures:\n";
  for (const ToldFailure& failure : summary.failures) {
    text += "  " + without_control_characters(failure.place) + ": ";
    if (!failure.sequence_number.empty()) text += failure.sequence_number + ": ";
    text += without_control_characters(failure.reason) + '\n';
  }
}

void append_text_member(std::string& json, std::string_view name, std::string_view text) {
  append_json_string(json, name);
  json += ':';
  append_json_string(json, text);
}

}  // namespace

std::string to_text(const Summary& summary) {
  std::string text;
  if (summary.dry_run) text += "dry run: nothing was written; applied is what would be\n";
  for (const Count& count : counts_of(summary))
    if (!count.is_rare || count.value > 0) append_count(text, count);
  append_rows(text, summary);
  append_failures(text, summary);
  for (const FailedFileSummary& file : summary.kept) {
    text += "what was not done is in " + without_control_characters(file.path) + ", " +
            std::to_string(file.lines) + (file.lines == 1 ? " line" : " lines") +
            ": replay it when the cause is mended\n";
  }
  if (summary.not_kept > 0) {
    text += "no file holds " + std::to_string(summary.not_kept) +
            " of what was not done: replay the same dump again\n";
  }
  if (summary.interrupted) {
    text +=
        "interrupted: what was read is done or told above; run the same command again to go on, "
        "what is applied will be recognised (of standard input, give the whole again)\n";
  }
  return text;
}

std::string to_json_members(const Summary& summary) {
  std::string json;
  for (const Count& count : counts_of(summary)) {
    if (count.is_fate && count.is_rare && count.value == 0) continue;
    append_json_string(json, count.member);
    json += ':' + std::to_string(count.value) + ',';
  }
  if (!summary.rows.empty()) {
    json += R"("rows":[)";
    for (const RowCounts& rows : summary.rows) {
      json += json.ends_with('[') ? "{" : ",{";
      append_text_member(json, "view", rows.view);
      if (rows.has_groups) {
        json += R"(,"changed":)" + std::to_string(rows.groups) + '}';
        continue;
      }
      json += R"(,"put":)" + std::to_string(rows.put);
      json += R"(,"removed":)" + std::to_string(rows.removed) + '}';
    }
    json += "],";
  }
  json += R"("failures":[)";
  for (const ToldFailure& failure : summary.failures) {
    json += json.ends_with('[') ? "{" : ",{";
    append_text_member(json, "place", failure.place);
    json += ',';
    append_text_member(json, "sequenceNumber", failure.sequence_number);
    json += ',';
    append_text_member(json, "reason", failure.reason);
    json += '}';
  }
  json += R"(],"failedFiles":[)";
  for (const FailedFileSummary& file : summary.kept) {
    json += json.ends_with('[') ? "{" : ",{";
    append_text_member(json, "path", file.path);
    json += R"(,"lines":)" + std::to_string(file.lines) + '}';
  }
  json += R"(],"notKept":)" + std::to_string(summary.not_kept);
  json += R"(,"dryRun":)" + std::string(summary.dry_run ? "true" : "false");
  json += R"(,"interrupted":)" + std::string(summary.interrupted ? "true" : "false");
  return json;
}

}  // namespace streamonce::handler::replay
