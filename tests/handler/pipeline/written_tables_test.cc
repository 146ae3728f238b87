#include "handler/pipeline/written_tables.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "handler/pipeline/pipeline.h"
#include "tests/support/changes.h"
#include "tests/support/derived.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler {
namespace {

using events::SourceTable;
using testing::change;
using enum Fate;

/// The table that change() is of.
const SourceTable kOrders = {.account = "123456789012", .region = "eu-west-1", .table = "orders"};

std::vector<WrittenTable> written(const std::string& account, const std::string& region,
                                  const std::string& table) {
  return {{.words = "the ledger", .account = account, .region = region, .table = "ledger"},
          {.words = "the target", .account = account, .region = region, .table = table}};
}

TEST(WrittenTables, AreKnownByAccountRegionAndName) {
  EXPECT_EQ(why_written(kOrders, written("123456789012", "eu-west-1", "orders")),
            "it is of the table \"orders\" of the account 123456789012 in eu-west-1, which is the "
            "target: no change of this table can be applied, since what writes its own source "
            "would never come to an end");
  const SourceTable ledger = {.account = "123456789012", .region = "eu-west-1", .table = "ledger"};
  EXPECT_NE(why_written(ledger, written("123456789012", "eu-west-1", "orders"))
                .find("which is the ledger"),
            std::string::npos);
  EXPECT_EQ(why_written(kOrders, written("210987654321", "eu-west-1", "orders")), "");
  EXPECT_EQ(why_written(kOrders, written("123456789012", "eu-west-2", "orders")), "");
  EXPECT_EQ(why_written(kOrders, written("123456789012", "eu-west-1", "orders-copy")), "");
  EXPECT_EQ(why_written(kOrders, {}), "");
}

TEST(WrittenTables, OfAnAccountThatIsNotKnownAreKnownByRegionAndName) {
  EXPECT_EQ(why_written(kOrders, written("", "eu-west-1", "orders")),
            "it is of the table \"orders\" of the account 123456789012 in eu-west-1, which is the "
            "target: no change of this table can be applied, since what writes its own source "
            "would never come to an end; if the target is another account's, name it by its ARN");
  EXPECT_EQ(why_written(kOrders, written("", "eu-west-2", "orders")), "");
  EXPECT_EQ(why_written(kOrders, written("", "eu-west-1", "orders-copy")), "");
  const SourceTable unknown = {.account = "", .region = "", .table = "orders"};
  EXPECT_EQ(why_written(unknown, written("", "eu-west-1", "orders")), "");
}

class PipelineOnItsOwnSource : public ::testing::Test {
 protected:
  std::vector<Fate> apply(Pipeline& pipeline) {
    const std::vector changes = {change("a", "1"), change("a", "2"), change("b", "3")};
    const BatchResult result =
        pipeline.apply(changes, clock_.steady_now() + std::chrono::seconds(60));
    if (!result.failures.empty()) reason_ = result.failures.front().reason;
    return result.fates;
  }

  testing::MemoryTarget target_;
  testing::FakeClock clock_;
  std::string reason_;
};

TEST_F(PipelineOnItsOwnSource, AppliesNothingAndSaysWhy) {
  Pipeline pipeline({.name = "p",
                     .target_table = "orders",
                     .retain = {},
                     .written = written("123456789012", "eu-west-1", "orders")},
                    target_, clock_);
  EXPECT_NE(pipeline.why_no_source(kOrders), "");
  EXPECT_EQ(apply(pipeline), (std::vector{kFailed, kFailed, kFailed}));
  EXPECT_EQ(reason_, pipeline.why_no_source(kOrders));
  EXPECT_EQ(target_.calls, 0);
}

TEST_F(PipelineOnItsOwnSource, AppliesNothingByABareNameEither) {
  Pipeline pipeline({.name = "p",
                     .target_table = "orders",
                     .retain = {},
                     .written = written("", "eu-west-1", "orders")},
                    target_, clock_);
  EXPECT_NE(pipeline.why_no_source(kOrders), "");
  EXPECT_EQ(apply(pipeline), (std::vector{kFailed, kFailed, kFailed}));
  EXPECT_EQ(target_.calls, 0);
  pipeline.set_own_account("123456789012");
  EXPECT_EQ(pipeline.why_no_source(kOrders).find("ARN"), std::string::npos);
  EXPECT_EQ(apply(pipeline), (std::vector{kFailed, kFailed, kFailed}));
}

TEST_F(PipelineOnItsOwnSource, ANamesakeOfAnotherAccountIsTakenOnceItsOwnIsKnown) {
  Pipeline pipeline({.name = "p",
                     .target_table = "orders",
                     .retain = {},
                     .written = written("", "eu-west-1", "orders")},
                    target_, clock_);
  pipeline.set_own_account("210987654321");
  EXPECT_EQ(pipeline.why_no_source(kOrders), "");
  EXPECT_EQ(apply(pipeline), (std::vector{kSuperseded, kApplied, kApplied}));
}

TEST_F(PipelineOnItsOwnSource, AnAccountThatIsKnownStaysWhatItIs) {
  Pipeline pipeline({.name = "p",
                     .target_table = "orders",
                     .retain = {},
                     .written = written("210987654321", "eu-west-1", "orders")},
                    target_, clock_);
  pipeline.set_own_account("123456789012");
  EXPECT_EQ(pipeline.why_no_source(kOrders), "");
  EXPECT_EQ(apply(pipeline), (std::vector{kSuperseded, kApplied, kApplied}));
}

TEST_F(PipelineOnItsOwnSource, AppliesNothingToViewsEither) {
  const auto tables = testing::tables_of(
      "CREATE SOURCE orders KEY (id); CREATE VIEW everything AS SELECT * FROM orders;");
  Pipeline pipeline({.name = "p",
                     .retain = {},
                     .written = written("123456789012", "eu-west-1", "orders"),
                     .tables = tables.get()},
                    target_, clock_);
  EXPECT_EQ(apply(pipeline), (std::vector{kFailed, kFailed, kFailed}));
  EXPECT_EQ(reason_, pipeline.why_no_source(kOrders));
  EXPECT_EQ(target_.calls, 0);
}

}  // namespace
}  // namespace streamonce::handler
