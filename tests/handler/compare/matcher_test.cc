#include "handler/compare/matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace streamonce::handler::compare {
namespace {

PendingRow pending_row(const std::string& key, unsigned char content = 0) {
  PendingRow row{.key = key, .keys_json = "{" + key + "}"};
  row.digest[0] = content;
  return row;
}

class MatcherTest : public ::testing::Test {
 protected:
  Matcher::Takers takers() {
    return {.equal = [this] { ++equal_; },
            .different = [this](const PendingRow& each) { different_.push_back(each.key); },
            .unpaired =
                [this](Side side, const PendingRow& each) {
                  (side == Side::kFound ? extra_ : missing_).push_back(each.key);
                }};
  }

  int equal_ = 0;
  std::vector<std::string> different_;
  std::vector<std::string> missing_;
  std::vector<std::string> extra_;
};

TEST_F(MatcherTest, PairsRowsInWhateverOrder) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    equal_ = 0;
    different_ = missing_ = extra_ = {};
    std::vector<std::pair<Side, PendingRow>> rows;
    for (int i = 0; i < 30; ++i) {
      rows.emplace_back(Side::kExpected, pending_row("k" + std::to_string(i)));
      rows.emplace_back(Side::kFound, pending_row("k" + std::to_string(i), i == 7 ? 1 : 0));
    }
    rows.emplace_back(Side::kExpected, pending_row("lost"));
    rows.emplace_back(Side::kFound, pending_row("foreign"));
    std::shuffle(rows.begin(), rows.end(), std::mt19937(seed));
    Matcher matcher(takers());
    for (auto& [side, row] : rows) matcher.add(side, std::move(row));
    matcher.finish();
    EXPECT_EQ(equal_, 29);
    EXPECT_EQ(different_, std::vector<std::string>{"k7"});
    EXPECT_EQ(missing_, std::vector<std::string>{"lost"});
    EXPECT_EQ(extra_, std::vector<std::string>{"foreign"});
    EXPECT_EQ(matcher.pending(Side::kExpected) + matcher.pending(Side::kFound), 0U);
  }
}

TEST_F(MatcherTest, HandsOutTheOldestWhereTooManyWait) {
  Matcher matcher(takers(), 4);
  for (int i = 0; i < 5; ++i) matcher.add(Side::kFound, pending_row("k" + std::to_string(i)));
  EXPECT_EQ(extra_, (std::vector<std::string>{"k0", "k1", "k2"}));
  EXPECT_EQ(matcher.pending(Side::kFound), 2U);
  matcher.add(Side::kExpected, pending_row("k4"));
  matcher.add(Side::kExpected, pending_row("k0"));
  EXPECT_EQ(equal_, 1);
  matcher.finish();
  EXPECT_EQ(extra_.back(), "k3");
  EXPECT_EQ(missing_, std::vector<std::string>{"k0"}) << "its other half has gone before";
}

TEST_F(MatcherTest, HandsOutRowsWithLongKeysEarlier) {
  Matcher matcher(takers());
  const std::string long_part(100'000, 'x');
  for (int i = 0; i < 100; ++i)
    matcher.add(Side::kExpected, pending_row(std::to_string(i) + long_part));
  EXPECT_LE(matcher.pending(Side::kExpected) * 2 * long_part.size(), kPendingBytesMax);
  const std::size_t handed_out = missing_.size();
  EXPECT_EQ(handed_out + matcher.pending(Side::kExpected), 100U);
  matcher.finish();
  EXPECT_EQ(missing_.size(), 100U);
}

TEST_F(MatcherTest, TakesTheNewerOneOfTwoRowsOfOneKey) {
  Matcher matcher(takers());
  matcher.add(Side::kFound, pending_row("a", 1));
  matcher.add(Side::kFound, pending_row("a", 2));
  matcher.add(Side::kExpected, pending_row("a", 2));
  matcher.finish();
  EXPECT_EQ(equal_, 1);
  EXPECT_TRUE(extra_.empty() && missing_.empty() && different_.empty());
}

TEST_F(MatcherTest, ForgetsWhatHasMet) {
  Matcher matcher(takers());
  for (int i = 0; i < 50'000; ++i) {
    matcher.add(Side::kFound, pending_row(std::to_string(i)));
    matcher.add(Side::kExpected, pending_row(std::to_string(i)));
  }
  EXPECT_EQ(equal_, 50'000);
  matcher.finish();
  EXPECT_TRUE(extra_.empty() && missing_.empty());
}

}  // namespace
}  // namespace streamonce::handler::compare
