#include "handler/commands/verify/verify_summary.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "handler/commands/progress.h"
#include "runtime/base/text.h"

namespace streamonce::handler::verify {
namespace {

constexpr std::size_t kLabelWidth = 14;
constexpr std::size_t kNumberWidth = 14;

void append_count(std::string& text, std::string_view label, const std::string& number) {
  text += label;
  text.append(kLabelWidth - std::min(kLabelWidth, label.size()), ' ');
  text.append(kNumberWidth - std::min(kNumberWidth, number.size()), ' ');
  text += number + '\n';
}

std::string units_text(double units) {
  return grouped(static_cast<std::uint64_t>(std::llround(std::ceil(units))));
}

}  // namespace

std::string to_text(const VerifySummary& summary) {
  const compare::FindingCounts& counts = summary.counts;
  std::string text;
  append_count(text, "equal", grouped(counts.equal));
  append_count(text, "missing", grouped(counts.missing));
  append_count(text, "extra", grouped(counts.extra));
  append_count(text, "different", grouped(counts.different));
  append_count(text, "unsettled", grouped(counts.unsettled));
  if (summary.repairs || counts.repaired > 0)
    append_count(text, "repaired", grouped(counts.repaired));
  if (counts.failed > 0) append_count(text, "failed", grouped(counts.failed));
  const auto seconds = std::max<std::int64_t>(summary.took.count(), 1);
  text += grouped(summary.walked) + " items and rows read in " +
          std::to_string(summary.took.count() / 1000) + " s, " +
          grouped(summary.walked * 1000 / static_cast<std::uint64_t>(seconds)) + "/s";
  if (summary.source_units + summary.target_units > 0)
    text += "; " + units_text(summary.source_units) + " read units of the source, " +
            units_text(summary.target_units) + " of the target";
  text += '\n';
  if (summary.is_sample) text += "a sample: nothing is told of what is not in it\n";
  for (const std::string& view : summary.not_compared)
    text += "not compared: view " + view +
            ", whose rows depend on the events that came (option events)\n";
  if (!summary.report_path.empty())
    text += "what was found is in " + without_control_characters(summary.report_path) + '\n';
  if (!summary.failure.empty())
    text += "ended before its time: " + without_control_characters(summary.failure) + '\n';
  if (summary.interrupted) text += "interrupted\n";
  if ((summary.interrupted || !summary.failure.empty()) && !summary.state_path.empty())
    text += "run the same command again to go on; how far it came is in " +
            without_control_characters(summary.state_path) + '\n';
  const bool is_wrong = counts.missing + counts.extra + counts.different > counts.repaired;
  if (is_wrong && !summary.repairs)
    text +=
        "to mend it: replay dead letters first; within 24 hours `bootstrap follow --once`; then "
        "`bootstrap verify --repair`; last, a stream enabled anew, an export and `load --sweep`\n";
  return text;
}

std::string to_json(const VerifySummary& summary) {
  const compare::FindingCounts& counts = summary.counts;
  const auto member = [](std::string_view name, std::uint64_t number) {
    return "\"" + std::string(name) + "\":" + std::to_string(number);
  };
  return "{" + member("equal", counts.equal) + "," + member("missing", counts.missing) + "," +
         member("extra", counts.extra) + "," + member("different", counts.different) + "," +
         member("unsettled", counts.unsettled) + "," + member("repaired", counts.repaired) + "," +
         member("failed", counts.failed) + "}\n";
}

}  // namespace streamonce::handler::verify
