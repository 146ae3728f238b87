#include "handler/redact.h"

#include <gtest/gtest.h>

namespace streamonce::handler {
namespace {

TEST(Redact, TakesEveryValueOutAndLeavesNames) {
  EXPECT_EQ(redact("The parameter cannot be converted to a numeric value: 12x", "",
                   R"({"total":{"N":"12x"}})"),
            "The parameter cannot be converted to a numeric value: ***");
  EXPECT_EQ(redact("key a-1 of id is taken by a-1.", R"({"id":{"S":"a-1"}})", ""),
            "key *** of id is taken by ***.");
}

TEST(Redact, LeavesWordsThatOnlyHoldAValue) {
  EXPECT_EQ(redact("over 400 KB in table orders4", R"({"id":{"N":"4"}})", ""),
            "over 400 KB in table orders4");
}

TEST(Redact, ReachesIntoNestedValuesAndLongerOnesFirst) {
  EXPECT_EQ(redact("found: red wine, red", "",
                   R"({"a":{"L":[{"M":{"b":{"S":"red wine"}}},{"SS":["red"]}]}})"),
            "found: ***, ***");
}

TEST(Redact, TakesTextThatIsNoJson) {
  EXPECT_EQ(redact("why", "{", "]"), "why");
}

}  // namespace
}  // namespace streamonce::handler
