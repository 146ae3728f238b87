#include "bench/picture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace streamonce::bench {
namespace {

constexpr int kWidth = 860;
constexpr int kMargin = 16;
constexpr int kLabelWidth = 300;
constexpr int kValueWidth = 110;
constexpr int kBarsWidth = kWidth - 2 * kMargin - kLabelWidth - kValueWidth;
constexpr int kBarHeight = 18;
constexpr int kBarStep = 25;
constexpr int kTitleHeight = 34;
constexpr int kGap = 14;
constexpr int kCaptionHeight = 30;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

int height_of(const Chart& chart) {
  return kTitleHeight + kBarStep * static_cast<int>(chart.bars.size()) + kGap;
}

/// A bar's length. By the logarithm the least value has a tenth of the greatest one's length.
double length_of(const Chart& chart, double value) {
  double least = value;
  double most = value;
  for (const Bar& bar : chart.bars) {
    least = std::min(least, bar.value);
    most = std::max(most, bar.value);
  }
  if (!chart.is_logarithmic) return kBarsWidth * value / most;
  if (most <= least) return kBarsWidth;
  constexpr double kLeastPart = 0.1;
  const double part = std::log(value / least) / std::log(most / least);
  return kBarsWidth * (kLeastPart + (1 - kLeastPart) * part);
}

void append_text(std::string& svg, int x, int y, std::string_view attributes,
                 std::string_view text) {
  svg += "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" ";
  svg.append(attributes).append(">").append(escaped(text)).append("</text>\n");
}

void append_bar(std::string& svg, const Chart& chart, const Bar& bar, int y) {
  const int middle = y + kBarHeight - 5;
  const int x = kMargin + kLabelWidth;
  char length[32];
  std::snprintf(length, sizeof(length), "%.1f", length_of(chart, bar.value));
  const std::string weight = bar.is_ours ? " font-weight=\"600\"" : "";
  append_text(svg, x - 8, middle, "text-anchor=\"end\"" + weight, bar.label);
  svg += "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" + length +
         "\" height=\"" + std::to_string(kBarHeight) + "\" rx=\"2\" fill=\"" +
         (bar.is_ours ? "#2463c6" : "#a9b2bf") + "\"/>\n";
  append_text(svg, x + static_cast<int>(length_of(chart, bar.value)) + 6, middle,
              weight.empty() ? "fill=\"#444\"" : weight.substr(1), bar.text);
}

}  // namespace

std::string to_svg(const std::vector<Chart>& charts, std::string_view caption) {
  int height = kMargin + kCaptionHeight;
  for (const Chart& chart : charts) height += height_of(chart);
  const std::string size = std::to_string(kWidth) + "\" height=\"" + std::to_string(height);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + size +
                    "\" viewBox=\"0 0 " + std::to_string(kWidth) + " " + std::to_string(height) +
                    "\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n" +
                    "<rect width=\"" + size + "\" fill=\"#fff\"/>\n";
  int y = kMargin;
  for (const Chart& chart : charts) {
    append_text(svg, kMargin, y + 16, "font-size=\"15\" font-weight=\"600\"", chart.title);
    int bar_y = y + kTitleHeight - 6;
    for (const Bar& bar : chart.bars) {
      append_bar(svg, chart, bar, bar_y);
      bar_y += kBarStep;
    }
    y += height_of(chart);
  }
  append_text(svg, kMargin, y + 10, "font-size=\"12\" fill=\"#555\"", caption);
  return svg + "</svg>\n";
}

}  // namespace streamonce::bench
