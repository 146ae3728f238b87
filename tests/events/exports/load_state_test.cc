#include "events/exports/load_state.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace streamonce::events {
namespace {

Result<LoadState> parsed(std::string_view text) {
  return parse_load_state(Payload::copy_of(text).view());
}

LoadState some_state() {
  LoadState state;
  state.identity = {{"export", "arn:x"}, {"target", "sqlite:/a \"b\""}, {"ledger", ""}};
  state.stamp = "0017";
  state.done = {"b.json.gz", "a.json.gz"};
  state.in_hand = FileInHand{.file = "c\n.json.gz", .lines = 12'000, .failed = 3};
  return state;
}

TEST(LoadState, ComesBackAsItWasWritten) {
  EXPECT_EQ(*parsed(to_text(some_state())), some_state());
  LoadState fresh = some_state();
  fresh.done.clear();
  fresh.in_hand.reset();
  fresh.stamp.clear();
  EXPECT_EQ(*parsed(to_text(fresh)), fresh);
  EXPECT_EQ(to_text(fresh), R"({"load":{"export":"arn:x","target":"sqlite:/a \"b\"","ledger":""},)"
                            "\n"
                            R"("done":[]})"
                            "\n");
}

TEST(LoadState, HasBegunOnceAFileIsInHandOrDone) {
  LoadState state = some_state();
  EXPECT_TRUE(state.has_begun());
  state.in_hand.reset();
  EXPECT_TRUE(state.has_begun());
  state.done.clear();
  EXPECT_FALSE(state.has_begun());
  state.in_hand.emplace();
  EXPECT_TRUE(state.has_begun());
}

TEST(LoadState, IsWholeOrRefused) {
  const std::string text = to_text(some_state());
  for (std::size_t size = 0; size + 1 < text.size(); ++size)
    EXPECT_FALSE(parsed(std::string_view(text).substr(0, size))) << size;
  for (const char* other :
       {"{}", "[]", "7", R"({"load":{}} {})", R"({"load":{"a":7}})", R"({"load":{},"other":1})",
        R"({"load":{},"done":[7]})", R"({"load":{},"stamp":7})",
        R"({"load":{},"inHand":{"lines":-1}})", R"({"load":{},"load":{}})"})
    EXPECT_FALSE(parsed(other)) << other;
}

TEST(LoadState, IsOfOneLoadOnly) {
  const LoadState::Identity mine = some_state().identity;
  EXPECT_EQ(why_other_load(mine, mine), "");
  LoadState::Identity other = mine;
  other[1].second = "sqlite:/c";
  EXPECT_EQ(why_other_load(mine, other),
            "it is of a load with the target \"sqlite:/a \"b\"\", and this one has \"sqlite:/c\"");
  other = mine;
  other.emplace_back("key", "id");
  EXPECT_EQ(why_other_load(mine, other),
            "it is of a load with the key unknown, and this one has \"id\"");
  EXPECT_NE(why_other_load(other, mine), "");
}

}  // namespace
}  // namespace streamonce::events
