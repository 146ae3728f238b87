#include "handler/views/language/function_names.h"

#include <gtest/gtest.h>

#include <cstddef>

#include "handler/views/language/token.h"

namespace streamonce::handler::views {
namespace {

TEST(FunctionNames, StandInTheOrderOfTheirEnumerators) {
  TreeMemory memory;
  for (std::size_t i = 0; i < function_names().size(); ++i) {
    const FunctionName& each = function_names()[i];
    EXPECT_EQ(static_cast<std::size_t>(each.function), i);
    EXPECT_EQ(find_function(each.call), &each);
    EXPECT_EQ(lower_case(each.shown, memory), each.call);
    EXPECT_LE(each.arguments_least, each.arguments_most);
  }
}

TEST(FunctionNames, HaveNoOther) {
  EXPECT_EQ(find_function(""), nullptr);
  EXPECT_EQ(find_function("UPPER"), nullptr);
  EXPECT_EQ(find_function("avg"), nullptr);
}

}  // namespace
}  // namespace streamonce::handler::views
