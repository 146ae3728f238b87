#include "handler/pipeline/fate_counts.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::handler {
namespace {

TEST(Fate, HasANameAndIsDoneOrNot) {
  using enum Fate;
  const std::vector<std::pair<Fate, std::string_view>> done = {{kApplied, "applied"},
                                                               {kAlreadyApplied, "already applied"},
                                                               {kStale, "stale"},
                                                               {kSuperseded, "superseded"},
                                                               {kFiltered, "filtered"}};
  for (const auto& [fate, name] : done) {
    EXPECT_TRUE(is_done(fate));
    EXPECT_EQ(name_of(fate), name);
  }
  EXPECT_FALSE(is_done(kFailed));
  EXPECT_FALSE(is_done(kExpired));
  EXPECT_EQ(name_of(kFailed), "failed");
  EXPECT_EQ(name_of(kExpired), "expired");
}

TEST(FateCounts, CountsEachFateAndWhatIsNotDone) {
  using enum Fate;
  const std::vector<Fate> fates = {kApplied, kFailed, kApplied, kStale, kExpired, kFailed};
  const FateCounts counts = count(fates);
  EXPECT_EQ(counts.of(kApplied), 2U);
  EXPECT_EQ(counts.of(kAlreadyApplied), 0U);
  EXPECT_EQ(counts.of(kStale), 1U);
  EXPECT_EQ(counts.of(kFailed), 2U);
  EXPECT_EQ(counts.of(kExpired), 1U);
  EXPECT_EQ(counts.all(), 6U);
  EXPECT_EQ(counts.not_done(), 3U);
}

/// Who has no views is told nothing new.
TEST(FateCounts, OnlyWhatViewsFilterIsToldNowhereUnlessThereIsSome) {
  for (const FateName& each : kFates) EXPECT_EQ(each.is_rare, each.fate == Fate::kFiltered);
}

/// An outcome of a log's or a program's must not be told as another.
TEST(FateCounts, NoTwoFatesShareAName) {
  for (const FateName& a : kFates) {
    for (const FateName& b : kFates) {
      if (a.fate == b.fate) continue;
      EXPECT_NE(a.text, b.text);
      EXPECT_NE(a.member, b.member);
      EXPECT_NE(a.field, b.field);
    }
  }
}

}  // namespace
}  // namespace streamonce::handler
