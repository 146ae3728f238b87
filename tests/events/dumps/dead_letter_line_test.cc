#include "events/dumps/dead_letter_line.h"

#include <gtest/gtest.h>

namespace streamonce::events {
namespace {

TEST(DeadLetterLine, HasNoWhiteSpaceBetweenTokens) {
  EXPECT_EQ(one_line("{ \"a b\" :\n [ 1 , { } ]\t}"), R"({"a b":[1,{}]})");
}

}  // namespace
}  // namespace streamonce::events
