#include "handler/commands/verify/verify_plan.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/handler/compare/compared_world.h"

namespace streamonce::handler::verify {
namespace {

using compare::ComparedWorld;
using compare::Part;
using compare::PartKind;

constexpr const char* kViews =
    "CREATE SOURCE orders KEY (id);"
    "CREATE VIEW everything AS SELECT * FROM orders;"
    "CREATE VIEW by_customer KEY (customer, id) AS SELECT customer, id FROM orders;"
    "CREATE VIEW n KEY (customer) AS SELECT customer, COUNT(*) AS n FROM orders GROUP BY customer;";

std::vector<std::string> names_of(const std::vector<Part>& parts, ComparedWorld& world) {
  std::vector<std::string> names;
  for (const Part& part : parts) names.push_back(name_of(part, world.expecter()));
  return names;
}

TEST(PlanParts, WalksTablesBesideTheSourceWhereTheyHaveSegments) {
  using Names = std::vector<std::string>;
  ComparedWorld mirror;
  EXPECT_EQ(names_of(plan_parts({}, {}, mirror.expecter(), true), mirror), Names{"items 0/1"});
  EXPECT_EQ(names_of(plan_parts({}, {}, mirror.expecter(), false), mirror),
            (Names{"items 0/1", "rows 0/1 orders"}));
  ComparedWorld views(kViews);
  EXPECT_EQ(
      names_of(plan_parts({.segments = 2}, {}, views.expecter(), true), views),
      (Names{"items 0/2", "items 1/2", "rows 0/2 by_customer", "rows 1/2 by_customer", "groups"}));
  EXPECT_EQ(
      names_of(plan_parts({.segments = 2}, {}, views.expecter(), false), views),
      (Names{"items 0/2", "items 1/2", "rows 0/1 everything", "rows 0/1 by_customer", "groups"}));
}

TEST(PlanParts, HasSegmentsByTheSizeOfTheTable) {
  ComparedWorld world;
  const auto count = [&](const VerifyOptions& options, const VerifiedSource& source) {
    return plan_parts(options, source, world.expecter(), true).size();
  };
  EXPECT_EQ(count({}, {.items = 99'999}), 1U);
  EXPECT_EQ(count({}, {.items = 1'000'000}), 11U);
  EXPECT_EQ(count({}, {.bytes = 1ULL << 40U}), 4'096U) << "and no more";
  EXPECT_EQ(count({.sample = 0.1}, {.items = 10}), 80U);
  EXPECT_EQ(count({.segments = 10'000}, {}), 10'000U);
}

TEST(ChooseParts, TakesASampleOfTheSegments) {
  ComparedWorld world(kViews);
  const VerifyOptions options{.segments = 100, .sample = 0.1};
  const std::vector<Part> parts = plan_parts(options, {}, world.expecter(), false);
  for (const Part& part : parts) EXPECT_NE(part.kind, PartKind::kGroups);
  const auto places = choose_parts(options, parts, 1);
  EXPECT_EQ(places.size(), 10U + 2U) << "tables without segments are walked whole";
  EXPECT_EQ(std::set(places.begin(), places.end()).size(), places.size());
  EXPECT_EQ(choose_parts(options, parts, 1), places);
  EXPECT_NE(choose_parts(options, parts, 2), places);
  EXPECT_EQ(choose_parts({.segments = 100}, parts, 1).size(), parts.size());
}

TEST(CostText, CountsWalksAndReads) {
  ComparedWorld world;
  const VerifiedSource source{.items = 1'000'000, .bytes = 1'024'000'000};
  const auto parts = plan_parts({}, source, world.expecter(), true);
  EXPECT_EQ(cost_text({}, source, parts, world.expecter(), true),
            "about 1,000,000 items: 125,000 read units of the source and 125,000 of the target, if "
            "rows are like their items; on demand about $0.03 in us-east-1");
  EXPECT_EQ(cost_text({}, source, parts, world.expecter(), false),
            "about 1,000,000 items: 625,000 read units of the source and 0 of the target, if "
            "rows are like their items; on demand about $0.08 in us-east-1");
  EXPECT_EQ(cost_text({}, {}, parts, world.expecter(), true).substr(0, 13), "about 0 items");
}

TEST(FirstVersion, IsBelowTheStream) {
  const WallTime now{std::chrono::milliseconds(1'795'230'000'000)};
  const std::string label = "2026-11-21T00:44:22.580";
  const events::Version version = first_version({.stream_label = label}, now);
  EXPECT_LT(version, testing::version_of("1", label));
  EXPECT_GT(version, testing::version_of("9", "2026-11-21T00:44:22.578"));
  EXPECT_LT(version, first_version({.stream_label = label}, now + std::chrono::seconds(1)));
}

}  // namespace
}  // namespace streamonce::handler::verify
