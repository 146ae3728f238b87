#include "bench/price_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "bench/picture.h"

namespace streamonce::bench {
namespace {

/// What nobody can go below: what any write takes.
constexpr double kUnitsOfPlainWrite = 1;

/// A contender's name in the picture, which has room for a few letters.
const char* label_of(const Contender& contender) {
  if (contender.has_marks_in_items()) return "... marks in items";
  return contender.name;
}

const TableRow* find(const std::vector<TableRow>& table, const std::string& name) {
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const TableRow& each) { return each.name == name; });
  return row == table.end() ? nullptr : &*row;
}

/// `8.5`, `260`, `1.6`, `4`: a digit behind the point below 10, unless it is 0.
std::string number(double value) {
  char text[32];
  const bool is_whole = std::abs(value - std::round(value)) < 0.05;
  std::snprintf(text, sizeof text, "%.*f", value < 10 && !is_whole ? 1 : 0, value);
  return text;
}

Chart chart_of(const std::vector<TableRow>& table, const std::string& row, std::string title) {
  Chart chart{.title = std::move(title)};
  const TableRow* found = find(table, row);
  for (std::size_t i = 0; found != nullptr && i < kContenderCount; ++i) {
    if (found->samples[i].empty()) continue;
    const double value = median(found->samples[i]);
    chart.bars.push_back({.label = label_of(kContenders[i]),
                          .value = value,
                          .text = number(value),
                          .is_ours = kContenders[i].is_bootstrap()});
  }
  return chart;
}

/// Gives charts the same bounds.
void bound(Column& charts, Scale scale) {
  double least = 0;
  double most = 0;
  for (const Chart& chart : charts) {
    for (const Bar& bar : chart.bars) {
      least = least == 0 ? bar.value : std::min(least, bar.value);
      most = std::max(most, bar.value);
    }
  }
  const double power = least == 0 ? 1 : std::pow(10, std::floor(std::log10(least)));
  for (Chart& chart : charts) {
    chart.scale = scale;
    chart.least = power;
    chart.most = std::max(most, 10 * power * (scale == Scale::kLogarithmic ? 1 : 0));
  }
}

Column of_those_with_bars(Column charts) {
  std::erase_if(charts, [](const Chart& chart) { return chart.bars.empty(); });
  return charts;
}

Column cpu_charts(const std::vector<TableRow>& table) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kCharts = {{
      {kUpdates1, "CPU for an update, batches of 1, us"},
      {kUpdates10, "CPU for an update, batches of 10, us"},
      {kUpdates100, "CPU for an update, batches of 100, us"},
      {kUpdatesApplied, "CPU for an update that is applied already, us"},
  }};
  Column charts;
  for (const auto& [row, title] : kCharts)
    charts.push_back(chart_of(table, std::string(row) + ", us", title));
  charts = of_those_with_bars(std::move(charts));
  bound(charts, Scale::kLogarithmic);
  return charts;
}

Column unit_charts(const std::vector<TableRow>& table) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kCharts = {{
      {kUpdates100, "Write units for an update"},
      {kInserts, "Write units for an insert"},
      {kRemovals, "Write units for a removal"},
      {kUpdatesApplied, "Write units for an update that is applied already"},
  }};
  Column charts;
  for (const auto& [row, title] : kCharts) charts.push_back(chart_of(table, units_row(row), title));
  charts = of_those_with_bars(std::move(charts));
  for (Chart& chart : charts)
    chart.bars.push_back(
        {.label = "plain write", .value = kUnitsOfPlainWrite, .text = number(kUnitsOfPlainWrite)});
  bound(charts, Scale::kLinear);
  return charts;
}

}  // namespace

std::string units_row(std::string_view row) {
  constexpr std::string_view kCpu = "CPU/";
  if (!row.starts_with(kCpu)) return "write units/change, " + std::string(row);
  return "write units/" + std::string(row.substr(kCpu.size()));
}

std::string price_picture(const std::vector<TableRow>& table) {
  const std::array<Column, 2> columns = {cpu_charts(table), unit_charts(table)};
  const std::array<std::string, 2> caption = {
      "Medians; less is better. CPU on a logarithmic scale, of one machine: only the ratios count. "
      "The raw client sends the same bytes, no more.",
      "Items of up to 1 KB. A million write units are $0.625, on demand in us-east-1. A plain "
      "write "
      "keeps none of the guarantees, Powertools few."};
  return to_svg(columns, caption);
}

}  // namespace streamonce::bench
