#include "handler/commands/replay/row_effects.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::handler::replay {
namespace {

using views::Separation;
using views::View;
using views::ViewClass;

const std::vector<View>& all_views() {
  static const std::vector<View> kViews = [] {
    std::vector<View> made(4);
    made[0].name = "open_orders";
    made[1].name = "order_lines";
    made[1].view_class = ViewClass::kRemembering;
    made[2].name = "revenue";
    made[2].view_class = ViewClass::kRemembering;
    made[2].separation = Separation::kGroups;
    made[3].name = "odd\x1b\"";
    made[3].view_class = ViewClass::kRemembering;
    return made;
  }();
  return kViews;
}

RowEffect put(std::size_t view) {
  return {.view = view};
}
RowEffect removed(std::size_t view) {
  return {.view = view, .operation = Operation::kRemove};
}
RowEffect added(std::size_t view, const std::vector<std::pair<std::string, std::string>>& amounts) {
  RowEffect effect{.view = view};
  for (const auto& [name, number] : amounts)
    effect.amounts.push_back({.name = name, .difference = *events::parse_decimal(number)});
  return effect;
}

struct Case {
  std::vector<RowEffect> rows;
  std::string text;
  std::string json;
};

TEST(RowEffects, TellEachViewOnce) {
  const std::string digits(38, '7');
  const std::vector<Case> cases = {
      {{}, "", "{}"},
      {{put(0)}, "open_orders: put", R"({"open_orders":"put"})"},
      {{removed(0), put(1)},
       "open_orders: remove, order_lines: put",
       R"({"open_orders":"remove","order_lines":{"put":1,"remove":0}})"},
      {{put(1), put(1), removed(1), put(0), put(1)},
       "order_lines: put 3 remove 1, open_orders: put",
       R"({"order_lines":{"put":3,"remove":1},"open_orders":"put"})"},
      {{removed(1), removed(1)},
       "order_lines: remove 2",
       R"({"order_lines":{"put":0,"remove":2}})"},
      {{put(1), removed(1)},
       "order_lines: put 1 remove 1",
       R"({"order_lines":{"put":1,"remove":1}})"},
      {{added(2, {{"orders", "1"}, {"spent", "-12.50"}}), added(2, {{"orders", "-1"}}), put(0)},
       "revenue: add orders 1 spent -12.5 add orders -1, open_orders: put",
       R"({"revenue":[{"orders":"1","spent":"-12.5"},{"orders":"-1"}],"open_orders":"put"})"},
      {{added(2, {{"spent", digits}})},
       "revenue: add spent " + digits,
       R"({"revenue":[{"spent":")" + digits + R"("}]})"},
      {{put(3), added(2, {{"a\n\"", "1E2"}})},
       "odd?\": put, revenue: add a?\" 100",
       R"({"odd\u001b\"":{"put":1,"remove":0},"revenue":[{"a\n\"":"100"}]})"}};
  for (const Case& each : cases) {
    EXPECT_EQ(rows_text(each.rows, all_views()), each.text);
    EXPECT_EQ(rows_json(each.rows, all_views()), each.json);
    EXPECT_TRUE(nlohmann::json::accept(rows_json(each.rows, all_views())));
  }
}

TEST(RowEffects, AreCountedByView) {
  std::vector<RowCounts> counts(4);
  count_rows(std::vector{put(0), put(1), put(1), removed(1), added(2, {{"orders", "1"}})}, counts);
  count_rows(std::vector{removed(0), added(2, {{"orders", "1"}, {"spent", "3"}}),
                         added(2, {{"orders", "-1"}})},
             counts);
  EXPECT_EQ(counts[0].put, 1U);
  EXPECT_EQ(counts[0].removed, 1U);
  EXPECT_EQ(counts[1].put, 2U);
  EXPECT_EQ(counts[1].removed, 1U);
  EXPECT_EQ(counts[2].groups, 3U);
  EXPECT_EQ(counts[2].put + counts[2].removed + counts[3].put, 0U);
}

}  // namespace
}  // namespace streamonce::handler::replay
