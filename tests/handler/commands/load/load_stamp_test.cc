#include "handler/commands/load/load_stamp.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace streamonce::handler::load {
namespace {

/// A ledger that a test has made up.
class MadeUpStore final : public PositionStore {
 public:
  Result<std::vector<std::optional<Position>>> load(std::span<const std::string> shards,
                                                    SteadyTime) override {
    if (fails) return Error{ErrorCode::kUnavailable, "no network"};
    std::vector<std::optional<Position>> found;
    for (const std::string& shard : shards) {
      const auto there = positions.find(shard);
      found.push_back(there == positions.end() ? std::nullopt : std::optional(there->second));
    }
    return found;
  }
  Status save(std::span<const ShardPosition> all, SteadyTime) override {
    if (fails) return Error{ErrorCode::kUnavailable, "no network"};
    for (const ShardPosition& each : all) positions[each.shard] = each.position;
    return {};
  }
  Status forget(std::span<const std::string>, SteadyTime) override { return {}; }

  std::map<std::string, Position> positions;
  bool fails = false;
};

class LoadStamp : public ::testing::Test {
 protected:
  Status check(const events::LoadState& state) {
    return check_stamp(state, "x.load.json", store_, "name", {});
  }
  std::string refusal(const events::LoadState& state) {
    const Status checked = check(state);
    if (checked) return "it is taken";
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    return checked.error().message;
  }

  MadeUpStore store_;
};

TEST_F(LoadStamp, LetsALoadGoOnWhereTheTargetHasIt) {
  events::LoadState state;
  ASSERT_TRUE(put_stamp(state, stamp_of(7, 8), store_, "name", {}));
  EXPECT_EQ(state.stamp, "0000000000000000000700000000000000000008");
  EXPECT_TRUE(check(state));
}

TEST_F(LoadStamp, RefusesALoadThatTheTargetDoesNotKnow) {
  events::LoadState state;
  ASSERT_TRUE(put_stamp(state, stamp_of(7, 8), store_, "name", {}));
  store_.positions.clear();
  EXPECT_EQ(
      refusal(state),
      "the target does not know of this load: x.load.json tells how far it has come, and the "
      "ledger has no stamp of it, as where the target is another one of the same name, or was "
      "emptied since. Remove x.load.json to begin anew");
  EXPECT_TRUE(store_.positions.empty());
}

TEST_F(LoadStamp, RefusesALoadThatWasBegunAnewElsewhere) {
  events::LoadState mine;
  events::LoadState other;
  ASSERT_TRUE(put_stamp(mine, stamp_of(7, 8), store_, "name", {}));
  ASSERT_TRUE(put_stamp(other, stamp_of(8, 7), store_, "name", {}));
  EXPECT_NE(refusal(mine).find("the stamp of another load of the export"), std::string::npos);
  EXPECT_TRUE(check(other));
  mine.stamp.clear();
  EXPECT_NE(refusal(mine).find("the stamp of another load of the export"), std::string::npos);
}

TEST_F(LoadStamp, TakesNothingForGrantedWhereTheLedgerCannotBeAsked) {
  events::LoadState state;
  store_.fails = true;
  EXPECT_EQ(put_stamp(state, stamp_of(7, 8), store_, "name", {}).error().code,
            ErrorCode::kUnavailable);
  EXPECT_EQ(state.stamp, "");
  EXPECT_EQ(check(state).error().code, ErrorCode::kUnavailable);
}

TEST_F(LoadStamp, HasANameThatIsShortWhateverTheExportIsCalled) {
  EXPECT_EQ(stamp_name(std::string(5'000, 'x')).size(), std::string("load|").size() + 64);
  EXPECT_NE(stamp_name("a"), stamp_name("b"));
}

}  // namespace
}  // namespace streamonce::handler::load
