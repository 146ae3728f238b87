// tests/bench/picture_test.cc: bars in SVG.

#include "bench/picture.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce::bench {
namespace {

std::string svg_of(const Chart& chart) {
  const std::vector<Column> columns = {{chart}};
  const std::vector<std::string> caption = {"of one run"};
  return to_svg(columns, caption);
}

/// The lengths of the bars, as they are written.
std::vector<std::string> lengths_in(std::string_view svg) {
  std::vector<std::string> lengths;
  for (const std::string_view start : {R"(<rect class="bar")", R"(<rect class="own")"}) {
    for (std::size_t at = svg.find(start); at != std::string_view::npos;
         at = svg.find(start, at + 1)) {
      constexpr std::string_view kWidth = "width=\"";
      const std::size_t from = svg.find(kWidth, at) + kWidth.size();
      lengths.emplace_back(svg.substr(from, svg.find('"', from) - from));
    }
  }
  return lengths;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(Picture, EscapesWhatSvgWouldTakeForItsOwn) {
  const std::string svg = svg_of({.title = "a < b & \"c\" > d",
                                  .most = 1,
                                  .bars = {{.label = "<b>", .value = 1, .text = "&1"}}});
  EXPECT_TRUE(has(svg, ">a &lt; b &amp; \"c\" &gt; d</text>")) << svg;
  EXPECT_TRUE(has(svg, ">&lt;b&gt;</text>"));
  EXPECT_TRUE(has(svg, ">&amp;1</text>"));
  EXPECT_FALSE(has(svg, "<b>"));
}

TEST(Picture, IsTheSameForTheSameFigures) {
  const Chart chart{.title = "t",
                    .scale = Scale::kLogarithmic,
                    .least = 1,
                    .most = 3646.2,
                    .bars = {{.label = "a", .value = 59.2, .text = "59"},
                             {.label = "b", .value = 3646.2, .text = "3646", .is_ours = true}}};
  EXPECT_EQ(svg_of(chart), svg_of(chart));
  Chart other = chart;
  other.bars[0].value = 62;
  EXPECT_NE(svg_of(chart), svg_of(other));
}

TEST(Picture, HasLinearLengthsByTheValuesPart) {
  const std::vector<std::string> lengths =
      lengths_in(svg_of({.title = "t",
                         .most = 4,
                         .bars = {{.label = "a", .value = 4, .text = "4"},
                                  {.label = "b", .value = 2, .text = "2"},
                                  {.label = "c", .value = 1, .text = "1"}}}));
  ASSERT_EQ(lengths.size(), 3U);
  EXPECT_DOUBLE_EQ(std::stod(lengths[0]), 2 * std::stod(lengths[1]));
  EXPECT_DOUBLE_EQ(std::stod(lengths[0]), 4 * std::stod(lengths[2]));
}

TEST(Picture, HasLogarithmicLengthsByThePowerOfTen) {
  const std::string svg = svg_of({.title = "t",
                                  .scale = Scale::kLogarithmic,
                                  .least = 1,
                                  .most = 10'000,
                                  .bars = {{.label = "a", .value = 10'000, .text = "10000"},
                                           {.label = "b", .value = 100, .text = "100"},
                                           {.label = "c", .value = 10, .text = "10"},
                                           {.label = "d", .value = 1, .text = "1"}}});
  const std::vector<std::string> lengths = lengths_in(svg);
  ASSERT_EQ(lengths.size(), 4U);
  EXPECT_NEAR(std::stod(lengths[0]), 2 * std::stod(lengths[1]), 0.2);
  EXPECT_NEAR(std::stod(lengths[0]), 4 * std::stod(lengths[2]), 0.2);
  EXPECT_EQ(lengths[3], "2.0") << "so that the least one can be seen";
  EXPECT_EQ(count_of(svg, "<line "), 5U) << "1, 10, 100, 1000 and 10000";
}

TEST(Picture, TellsWhichBarsAreOursAndHasItsOwnBackground) {
  const std::string svg =
      svg_of({.title = "t",
              .most = 2,
              .bars = {{.label = "ours", .value = 1, .text = "1", .is_ours = true},
                       {.label = "theirs", .value = 2, .text = "2"}}});
  EXPECT_EQ(count_of(svg, R"(<rect class="own")"), 1U);
  EXPECT_EQ(count_of(svg, R"(<rect class="bar")"), 1U);
  EXPECT_TRUE(has(svg, R"(<rect class="page")"));
  EXPECT_TRUE(has(svg, "prefers-color-scheme: dark"));
  EXPECT_TRUE(has(svg, ">of one run</text>"));
  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

}  // namespace
}  // namespace streamonce::bench
