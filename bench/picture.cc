#include "bench/picture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace streamonce::bench {
namespace {

// In pixels.
constexpr int kWidth = 880;
constexpr int kMargin = 16;
constexpr int kLabelWidth = 114;
constexpr int kValueWidth = 48;
constexpr int kBarHeight = 15;
constexpr int kBarStep = 20;
constexpr int kTitleHeight = 24;
constexpr int kTicksHeight = 14;
constexpr int kGap = 18;
constexpr int kCaptionStep = 16;
/// Of a bar, so that the least one can be seen.
constexpr double kLengthMin = 2;

/// Colours by what has them, for bright and for dark pages.
constexpr std::string_view kStyle = R"(<style>
text { fill: #24292f; font: 12px Helvetica, Arial, sans-serif }
.page { fill: #ffffff }
.title { font-size: 13px; font-weight: 600 }
.ours { font-weight: 600 }
.note { fill: #57606a; font-size: 11px }
.line { stroke: #d0d7de }
.bar { fill: #a6afba }
.own { fill: #1f6feb }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.page { fill: #0d1117 }
.note { fill: #9198a1 }
.line { stroke: #30363d }
.bar { fill: #6e7681 }
.own { fill: #58a6ff }
}
</style>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

std::string pixels(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// Where a chart is, and how long its longest bar may be.
struct Place {
  int x = 0;
  int y = 0;
  int bars_width = 0;
};

int height_of(const Chart& chart) {
  const int ticks = chart.scale == Scale::kLogarithmic ? kTicksHeight : 0;
  return kTitleHeight + kBarStep * static_cast<int>(chart.bars.size()) + ticks + kGap;
}

int height_of(const Column& column) {
  int height = 0;
  for (const Chart& chart : column) height += height_of(chart);
  return height;
}

double length_of(const Chart& chart, double value, int width) {
  const double part = chart.scale == Scale::kLinear
                          ? value / chart.most
                          : std::log(value / chart.least) / std::log(chart.most / chart.least);
  return width * part;
}

void append_text(std::string& svg, std::string_view x, int y, std::string_view attributes,
                 std::string_view text) {
  svg.append("<text x=\"").append(x).append("\" y=\"").append(std::to_string(y)).append("\"");
  svg.append(attributes).append(">").append(escaped(text)).append("</text>\n");
}

void append_bar(std::string& svg, const Chart& chart, const Bar& bar, const Place& place) {
  const int base = place.y + kBarHeight - 3;
  const double length = std::max(kLengthMin, length_of(chart, bar.value, place.bars_width));
  const std::string ours = bar.is_ours ? " class=\"ours\"" : "";
  append_text(svg, std::to_string(place.x - 7), base, " text-anchor=\"end\"" + ours, bar.label);
  svg += "<rect class=\"" + std::string(bar.is_ours ? "own" : "bar") + "\" x=\"" +
         std::to_string(place.x) + "\" y=\"" + std::to_string(place.y) + "\" width=\"" +
         pixels(length) + "\" height=\"" + std::to_string(kBarHeight) + "\" rx=\"2\"/>\n";
  append_text(svg, pixels(place.x + length + 5), base, ours, bar.text);
}

/// The powers of ten: lines behind the bars, from `place` on, and the numbers below them.
void append_powers(std::string& svg, const Chart& chart, const Place& place) {
  const int bottom = place.y + kBarStep * static_cast<int>(chart.bars.size());
  for (double power = chart.least; power <= chart.most; power *= 10) {
    const std::string x = pixels(place.x + length_of(chart, power, place.bars_width));
    svg += "<line class=\"line\" x1=\"" + x + "\" y1=\"" + std::to_string(place.y - 3) +
           "\" x2=\"" + x + "\" y2=\"" + std::to_string(bottom) + "\"/>\n";
    char text[32];
    std::snprintf(text, sizeof text, "%g", power);
    append_text(svg, x, bottom + kTicksHeight - 3, " class=\"note\" text-anchor=\"middle\"", text);
  }
}

void append_chart(std::string& svg, const Chart& chart, Place place) {
  append_text(svg, std::to_string(place.x), place.y + 13, " class=\"title\"", chart.title);
  place.x += kLabelWidth;
  place.y += kTitleHeight;
  if (chart.scale == Scale::kLogarithmic) append_powers(svg, chart, place);
  for (const Bar& bar : chart.bars) {
    append_bar(svg, chart, bar, place);
    place.y += kBarStep;
  }
}

}  // namespace

std::string to_svg(std::span<const Column> columns, std::span<const std::string> caption) {
  int charts_height = 0;
  for (const Column& column : columns) charts_height = std::max(charts_height, height_of(column));
  const int height = kMargin + charts_height + kCaptionStep * static_cast<int>(caption.size()) + 6;
  const std::string size =
      "width=\"" + std::to_string(kWidth) + "\" height=\"" + std::to_string(height) + "\"";
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" " + size + " viewBox=\"0 0 " +
                    std::to_string(kWidth) + " " + std::to_string(height) + "\">\n";
  svg.append(kStyle).append("<rect class=\"page\" " + size + " rx=\"6\"/>\n");
  const int column_width = (kWidth - kMargin) / static_cast<int>(columns.size());
  const int bars_width = column_width - kMargin - kLabelWidth - kValueWidth;
  int x = kMargin;
  for (const Column& column : columns) {
    int y = kMargin;
    for (const Chart& chart : column) {
      append_chart(svg, chart, {.x = x, .y = y, .bars_width = bars_width});
      y += height_of(chart);
    }
    x += column_width;
  }
  int y = kMargin + charts_height + 8;
  for (const std::string& line : caption) {
    append_text(svg, std::to_string(kMargin), y, " class=\"note\"", line);
    y += kCaptionStep;
  }
  return svg + "</svg>\n";
}

}  // namespace streamonce::bench
