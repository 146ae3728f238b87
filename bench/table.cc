#include "bench/table.h"

#include <algorithm>
#include <cstdio>

namespace streamonce::bench {
namespace {

std::string rounded(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string cell(const Samples& samples, int decimals) {
  if (samples.empty()) return "-";
  std::string text = rounded(median(samples), decimals);
  if (samples.size() == 1) return text;
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  if (*least == *most) return text;  // counted, not measured
  return text + " (" + rounded(*least, decimals) + ".." + rounded(*most, decimals) + ")";
}

std::string ratio(const TableRow& row, std::size_t rival) {
  const Samples& ours = row.samples[0];
  const Samples& theirs = row.samples[rival];
  if (ours.empty() || theirs.empty()) return "-";
  if (kContenders[rival].is_limit) return rounded(median(ours) / median(theirs), 2) + "x";
  const double quotient =
      row.better == Better::kLess ? median(theirs) / median(ours) : median(ours) / median(theirs);
  return rounded(quotient, quotient < 10 ? 1 : 0) + "x";
}

}  // namespace

double median(Samples samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t middle = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

std::string to_markdown(const std::vector<TableRow>& rows) {
  std::string text = "| |";
  std::string line = "|---|";
  for (const Contender& each : kContenders) {
    text += std::string(" ") + each.name + " |";
    line += "---|";
  }
  for (std::size_t rival = 1; rival < kContenderCount; ++rival) {
    if (kContenders[rival].is_bootstrap()) continue;
    text += std::string(kContenders[rival].is_limit ? " times the " : " against ") +
            kContenders[rival].name + " |";
    line += "---|";
  }
  text += "\n" + line + "\n";
  for (const TableRow& row : rows) {
    text.append("|").append(row.name).append("|");
    for (const Samples& samples : row.samples) text.append(cell(samples, row.decimals)).append("|");
    for (std::size_t rival = 1; rival < kContenderCount; ++rival)
      if (!kContenders[rival].is_bootstrap()) text.append(ratio(row, rival)).append("|");
    text += '\n';
  }
  return text;
}

}  // namespace streamonce::bench
