#include "handler/targets/owner.h"

#include <gtest/gtest.h>

#include <vector>

namespace streamonce::handler {
namespace {

TEST(WhyCollides, NamesTheTableAndTheAttributesAndTellsNoValue) {
  const std::vector<events::RawAttribute> owner = {{"id", R"({"S":"secret"})"},
                                                   {"line", R"({"N":"7777"})"}};
  EXPECT_EQ(why_collides({.table = "open_orders", .owner = owner}),
            "a row of table open_orders with this key is another item's (whose it is is told by "
            "id, line): it stays as it is, and this change was not written; two items that are to "
            "have rows at once need keys of their own there");
}

}  // namespace
}  // namespace streamonce::handler
