#include "handler/sources/stream/shard_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streamonce::handler {
namespace {

using dynamodb_streams::ListedShard;
using Ids = std::vector<std::string>;
using Listing = std::vector<ListedShard>;

ListedShard open_shard(std::string id, std::string parent = "") {
  return {.id = std::move(id), .parent = std::move(parent)};
}

ListedShard closed_shard(std::string id, std::string parent = "") {
  return {.id = std::move(id), .parent = std::move(parent), .is_closed = true};
}

class ShardTreeTest : public ::testing::Test {
 protected:
  Ids take(const Listing& listing) { return tree_.take(listing).value(); }
  void begin_all() {
    for (const std::string& id : tree_.readable()) tree_.begin(id);
  }

  ShardTree tree_;
};

TEST_F(ShardTreeTest, TellsWhichShardsAreNewInTheOrderOfTheListing) {
  EXPECT_EQ(take({open_shard("b"), closed_shard("a")}), (Ids{"b", "a"}));
  EXPECT_EQ(take({open_shard("b"), open_shard("c"), open_shard("c")}), (Ids{"c"}));
  EXPECT_TRUE(tree_.knows("a"));  // though it was not listed again
  EXPECT_FALSE(tree_.knows("d"));
}

TEST_F(ShardTreeTest, LetsAParentBeReadToItsEndFirst) {
  take({closed_shard("p"), open_shard("c", "p"), open_shard("d", "p"), open_shard("e", "c")});
  EXPECT_EQ(tree_.readable(), (Ids{"p"}));
  tree_.begin("p");
  EXPECT_EQ(tree_.readable(), Ids{});
  tree_.end("p");
  EXPECT_EQ(tree_.readable(), (Ids{"c", "d"}));
  begin_all();
  tree_.end("d");
  EXPECT_EQ(tree_.readable(), Ids{});
  tree_.end("c");
  EXPECT_EQ(tree_.readable(), (Ids{"e"}));
}

TEST_F(ShardTreeTest, TakesAParentThatIsNotListedForRead) {
  take({open_shard("c", "gone")});
  EXPECT_EQ(tree_.readable(), (Ids{"c"}));
}

TEST_F(ShardTreeTest, WaitsForAParentThatIsBeingReadThoughItIsNotListedAnyMore) {
  take({closed_shard("p")});
  begin_all();
  take({open_shard("c", "p")});
  EXPECT_EQ(tree_.readable(), Ids{});
  tree_.end("p");
  EXPECT_EQ(tree_.readable(), (Ids{"c"}));
}

TEST_F(ShardTreeTest, TakesAShardWithAChildForClosed) {
  take({open_shard("p"), open_shard("q")});
  EXPECT_FALSE(tree_.is_closed("p"));
  take({open_shard("p"), open_shard("c", "p"), closed_shard("q")});
  EXPECT_TRUE(tree_.is_closed("p"));
  EXPECT_TRUE(tree_.has_child("p"));
  EXPECT_TRUE(tree_.is_closed("q"));
  EXPECT_FALSE(tree_.has_child("q"));
  // What was closed once stays so, whatever a later listing says.
  take({open_shard("p"), open_shard("q")});
  EXPECT_TRUE(tree_.is_closed("p"));
  EXPECT_TRUE(tree_.is_closed("q"));
}

TEST_F(ShardTreeTest, LacksChildrenWhereAShardThatEndedHasNone) {
  take({closed_shard("p")});
  EXPECT_FALSE(tree_.lacks_children());  // it has not ended yet
  begin_all();
  tree_.end("p");
  EXPECT_TRUE(tree_.lacks_children());
  take({closed_shard("p"), open_shard("c", "p")});
  EXPECT_FALSE(tree_.lacks_children());
}

TEST_F(ShardTreeTest, ForgetsWhatEndedOnceSeveralListingsLackIt) {
  take({closed_shard("p"), closed_shard("q"), open_shard("c", "p")});
  begin_all();
  tree_.end("p");
  begin_all();  // c too
  for (int i = 1; i < kListingsToForget; ++i) {
    take({open_shard("c", "p")});
    EXPECT_EQ(tree_.forget(), Ids{}) << i;
  }
  take({open_shard("c", "p")});
  EXPECT_EQ(tree_.forget(), (Ids{"p"}));  // q is still being read
  EXPECT_FALSE(tree_.knows("p"));
  EXPECT_TRUE(tree_.knows("q"));
}

TEST_F(ShardTreeTest, KeepsWhatAListingLackedByMistake) {
  take({closed_shard("p"), open_shard("c", "p")});
  begin_all();
  tree_.end("p");
  begin_all();
  for (int i = 0; i < 10; ++i) {
    take(i % 2 == 0 ? Listing{open_shard("c", "p")}
                    : Listing{closed_shard("p"), open_shard("c", "p")});
    EXPECT_EQ(tree_.forget(), Ids{});
  }
}

TEST_F(ShardTreeTest, KeepsAParentUntilItsChildrenAreBegun) {
  take({closed_shard("p"), open_shard("c", "p")});
  tree_.begin("p");
  tree_.end("p");
  for (int i = 0; i < kListingsToForget; ++i) take({open_shard("c", "p")});
  EXPECT_EQ(tree_.forget(), Ids{});
  begin_all();
  EXPECT_EQ(tree_.forget(), (Ids{"p"}));
}

TEST_F(ShardTreeTest, LetsShardsBeReadThatWaitForEachOther) {
  take({open_shard("a", "b"), open_shard("b", "a"), open_shard("self", "self")});
  EXPECT_EQ(tree_.readable(), (Ids{"a", "b", "self"}));
}

TEST_F(ShardTreeTest, CountsShardsByWhatBecomesOfThem) {
  take({closed_shard("p"), open_shard("c", "p"), open_shard("q")});
  tree_.begin("p");
  EXPECT_EQ(tree_.counts(), (ShardTree::Counts{.waiting = 2, .reading = 1, .ended = 0}));
  tree_.end("p");
  EXPECT_EQ(tree_.counts(), (ShardTree::Counts{.waiting = 2, .reading = 0, .ended = 1}));
}

TEST_F(ShardTreeTest, RefusesMoreShardsThanItsBoundAndTakesNone) {
  Listing listing;
  for (std::size_t i = 0; i <= kShardsMax; ++i) listing.push_back(open_shard(std::to_string(i)));
  const auto taken = tree_.take(listing);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(tree_.counts(), ShardTree::Counts{});
  listing.pop_back();
  EXPECT_TRUE(tree_.take(listing));
}

}  // namespace
}  // namespace streamonce::handler
