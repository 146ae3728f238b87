#include "handler/targets/dynamodb/row_gate.h"

#include <gtest/gtest.h>

#include "tests/handler/targets/dynamodb/commits.h"

namespace streamonce::handler::dynamodb {
namespace {

TEST(RowGate, LetsOneAtATimeThroughToARow) {
  Commits commits;
  commits.add_to("a", 1, {{"x", {{"n", "1"}}}, {"y", {{"n", "1"}}}});
  commits.add_to("b", 1, {{"y", {{"n", "1"}}}});
  commits.add_to("c", 1, {{"x", {{"n", "1"}}}});
  commits.put("d", 1);
  RowGate gate;
  const auto rows_of = [&](std::size_t place) {
    return gate.rows_of(CommitList{&commits.all()[place]});
  };
  const auto both = rows_of(0);
  const auto y = rows_of(1);
  const auto x = rows_of(2);
  EXPECT_EQ(both.size(), 2U);
  EXPECT_TRUE(rows_of(3).empty());
  EXPECT_TRUE(gate.enter(y));
  EXPECT_FALSE(gate.enter(both));
  EXPECT_TRUE(gate.enter(x)) << "who was not let through holds nothing";
  EXPECT_TRUE(gate.enter({}));
  gate.leave(y);
  EXPECT_FALSE(gate.enter(both));
  gate.leave(x);
  EXPECT_TRUE(gate.enter(both));
}

TEST(RowGate, TellsDistinctRows) {
  Commits commits;
  commits.add_to("a", 1, {{"x", {{"n", "1"}}}, {"y", {{"n", "1"}}}});
  commits.add_to("b", 1, {{"y", {{"n", "1"}}}, {"z", {{"n", "1"}}}});
  RowGate gate;
  EXPECT_EQ(gate.rows_of(commits.list()).size(), 3U);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
