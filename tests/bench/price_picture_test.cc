// tests/bench/price_picture_test.cc: which figures the picture of the prices shows.

#include "bench/price_picture.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce::bench {
namespace {

std::size_t place_of(std::string_view name) {
  std::size_t place = 0;
  while (kContenders.at(place).name != name) ++place;
  return place;
}

TableRow row_of(const std::string& name, double ours, double theirs) {
  TableRow row{.name = name};
  row.samples[0] = {ours, 1000 * ours, ours};
  row.samples[place_of("SDK v3")] = {theirs};
  return row;
}

bool shows(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(UnitsRow, IsNamedAfterTheRow) {
  EXPECT_EQ(units_row(kUpdates1), "write units/change, updates, 1 a batch");
  EXPECT_EQ(units_row("CPU/small record, 100 a batch, new"),
            "write units/small record, 100 a batch, new");
  EXPECT_EQ(units_row("remembering, one group, new, 100 a batch"),
            "write units/change, remembering, one group, new, 100 a batch");
}

TEST(PricePicture, HasTheMediansOfItsRows) {
  const std::string svg =
      price_picture({row_of(std::string(kUpdates1) + ", us", 259.6, 1637.3),
                     row_of(units_row(kUpdates100), 1, 4), row_of("another row", 77, 88)});
  EXPECT_TRUE(shows(svg, "CPU for an update, batches of 1, ")) << svg;
  EXPECT_TRUE(shows(svg, ">260</text>"));
  EXPECT_TRUE(shows(svg, ">1637</text>"));
  EXPECT_TRUE(shows(svg, ">Write units for an update</text>"));
  EXPECT_TRUE(shows(svg, ">plain write</text>"));
  EXPECT_FALSE(shows(svg, ">77</text>"));
  EXPECT_FALSE(shows(svg, "batches of 10,")) << "nothing was measured of them";
  EXPECT_FALSE(shows(svg, ">Powertools</text>"));
}

TEST(PricePicture, HasADigitBehindThePointWhereItTells) {
  const std::string svg = price_picture({row_of(std::string(kUpdates100) + ", us", 8.54, 99.6),
                                         row_of(units_row(kUpdates100), 1.6, 4.01)});
  EXPECT_TRUE(shows(svg, ">8.5</text>")) << svg;
  EXPECT_TRUE(shows(svg, ">100</text>"));
  EXPECT_TRUE(shows(svg, ">1.6</text>"));
  EXPECT_TRUE(shows(svg, ">4</text>"));
}

TEST(PricePicture, IsTheSameForTheSameFigures) {
  const std::vector<TableRow> table = {row_of(std::string(kUpdates1) + ", us", 259.6, 1637.3)};
  EXPECT_EQ(price_picture(table), price_picture(table));
}

TEST(PricePicture, IsOneWithoutAnyFigure) {
  EXPECT_TRUE(price_picture({}).ends_with("</svg>\n"));
}

}  // namespace
}  // namespace streamonce::bench
