#include "handler/commands/load/load_plan.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "handler/pipeline/derived_tables.h"
#include "handler/views/rules/checker.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_source_items.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler::load {
namespace {

using dynamodb_tables::TableDescription;

constexpr const char* kTableArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
const std::string kStreamArn = std::string(kTableArn) + "/stream/2026-11-21T00:44:22.580";

/// Says of each table what a test has made up.
class MadeUpTables final : public TableReader {
 public:
  Result<TableDescription> describe(std::string_view table, SteadyTime) override {
    asked.emplace_back(table);
    if (!description) return Error{ErrorCode::kUnavailable, "no network"};
    return *description;
  }

  std::optional<TableDescription> description =
      TableDescription{.arn = kTableArn,
                       .status = "ACTIVE",
                       .key = {{.name = "id", .type = 'S'}, {.name = "line", .type = 'N'}},
                       .latest_stream_arn = kStreamArn,
                       .stream_enabled = true,
                       .stream_view_type = "NEW_IMAGE"};
  std::vector<std::string> asked;
};

class LoadPlanTest : public ::testing::Test {
 protected:
  LoadPlanTest() {
    options_.exports = {"x"};
    summary_.table_arn = kTableArn;
    summary_.account = "123456789012";
    summary_.region = "eu-west-1";
    summary_.table = "orders";
    summary_.time = WallTime(std::chrono::seconds(1'795'300'000));  // 2026-11-21T22:26:40Z
    now_ = summary_.time + std::chrono::hours(1);
  }

  Result<LoadPlan> plan() {
    PipelineOptions options{.name = "p", .retain = {}};
    options.written = written_;
    options.tables = tables_of_views_.get();
    options.source_items = source_items_;
    const Pipeline pipeline(std::move(options), target_, clock_);
    return plan_load({.options = options_,
                      .summary = summary_,
                      .settings = settings_,
                      .pipeline = pipeline,
                      .tables = tables_,
                      .now = now_,
                      .deadline = {}});
  }
  /// The message that the load is refused with.
  std::string refusal() {
    const auto planned = plan();
    if (planned) return "it is planned";
    EXPECT_EQ(planned.error().code, ErrorCode::kInvalidArgument);
    return planned.error().message;
  }
  void use_views(std::string_view text) {
    views::CheckedViews checked = views::check_text(text);
    ASSERT_TRUE(checked.faults.empty());
    std::vector<std::string> tables;
    for (const views::View& view : checked.views.views) tables.push_back("t_" + view.name);
    tables_of_views_ = std::make_unique<DerivedTables>(std::move(checked.views),
                                                       std::vector<std::string>{"orders"}, tables);
  }

  LoadOptions options_;
  events::ExportSummary summary_;
  Settings settings_;
  std::vector<WrittenTable> written_;
  std::unique_ptr<DerivedTables> tables_of_views_;
  SourceItems* source_items_ = nullptr;
  MadeUpTables tables_;
  WallTime now_;
  testing::MemoryTarget target_;
  testing::FakeClock clock_;
};

TEST_F(LoadPlanTest, AsksTheTableForItsKeyAndItsNewestStreamOnce) {
  const auto planned = plan();
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(tables_.asked, std::vector<std::string>{kTableArn});
  EXPECT_EQ(planned->key_names, (events::KeyNames{"id", "line"}));
  EXPECT_EQ(planned->version.label, "2026-11-21T00:44:22.579");
  EXPECT_EQ(planned->source.table, "orders");
  EXPECT_TRUE(planned->warnings.empty());
  EXPECT_TRUE(planned->swept_tables.empty());
  options_.source = "other-name";
  EXPECT_TRUE(plan());
  EXPECT_EQ(tables_.asked.back(), "other-name");
}

TEST_F(LoadPlanTest, AsksNobodyWhereAllIsSaid) {
  options_.stream_arn = kStreamArn;
  options_.key = {"pk"};
  EXPECT_EQ(plan()->key_names, events::KeyNames{"pk"});
  options_.stream_arn.clear();
  options_.no_stream = true;
  EXPECT_EQ(plan()->version.label, "2026-11-21T22:26:40.000");
  EXPECT_TRUE(tables_.asked.empty());
}

TEST_F(LoadPlanTest, SaysWhatToNameWhereTheTableCannotBeAsked) {
  tables_.description.reset();
  EXPECT_EQ(refusal(),
            "the source table must be asked for its key and its stream, unless --key and "
            "--stream-arn or --no-stream name them: no network");
}

TEST_F(LoadPlanTest, RefusesATableWithoutAStreamThatIsOn) {
  tables_.description->stream_enabled = false;
  EXPECT_TRUE(refusal().starts_with("the table orders's stream is disabled: enable one"));
  tables_.description->latest_stream_arn.clear();
  EXPECT_TRUE(refusal().starts_with("the table orders has no stream: enable one"));
}

TEST_F(LoadPlanTest, RefusesWhatIsOfAnotherTable) {
  tables_.description->arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/others";
  EXPECT_NE(refusal().find("--source is the table arn:aws:dynamodb:eu-west-1:123456789012:table/"
                           "others, and the export is of the table"),
            std::string::npos);
  options_.key = {"id"};
  options_.stream_arn =
      "arn:aws:dynamodb:eu-west-2:123456789012:table/orders/stream/2026-11-21T00:44:22.580";
  EXPECT_NE(refusal().find("is not of the export's table"), std::string::npos);
}

TEST_F(LoadPlanTest, RefusesAnExportFromBeforeTheStream) {
  summary_.time = WallTime(std::chrono::seconds(1'795'221'862));
  EXPECT_NE(refusal().find("and the stream was enabled at 2026-11-21T00:44:22.580Z"),
            std::string::npos);
  options_.no_stream = true;
  EXPECT_TRUE(plan());
}

TEST_F(LoadPlanTest, RefusesAnExportThatIsOlderThanMarks) {
  settings_.retain = std::chrono::days(1);
  EXPECT_TRUE(plan());
  now_ = summary_.time + std::chrono::hours(25);
  EXPECT_NE(refusal().find("the export is 25 hours old, and retain_days is 1"), std::string::npos);
}

TEST_F(LoadPlanTest, RefusesAnExportFromTheFuture) {
  now_ = summary_.time - std::chrono::minutes(5);
  EXPECT_TRUE(plan());
  now_ -= std::chrono::milliseconds(1);
  EXPECT_TRUE(refusal().starts_with(
      "the export is of 2026-11-21T22:26:40.000Z, and it is 2026-11-21T22:21:39.999Z now"))
      << refusal();
  options_.no_stream = true;
  EXPECT_TRUE(refusal().starts_with("the export is of "));
}

TEST_F(LoadPlanTest, WarnsOfAnExportThatIsOlderThanWhatAStreamKeeps) {
  now_ = summary_.time + std::chrono::hours(24 * 3);
  const auto planned = plan();
  ASSERT_EQ(planned->warnings.size(), 1U);
  EXPECT_NE(planned->warnings[0].find("the export is 3 days old"), std::string::npos);
  EXPECT_NE(planned->warnings[0].find("since 2026-11-21T22:25:40.000Z"), std::string::npos);
  options_.no_stream = true;
  EXPECT_EQ(plan()->warnings,
            std::vector<std::string>{"--no-stream: records of a stream that was enabled before "
                                     "2026-11-21T22:26:40.000Z will change none of the items that "
                                     "are loaded now"});
}

TEST_F(LoadPlanTest, WarnsOfAStreamWithoutNewImages) {
  for (const char* type : {"KEYS_ONLY", "OLD_IMAGE"}) {
    tables_.description->stream_view_type = type;
    const auto planned = plan();
    ASSERT_EQ(planned->warnings.size(), 1U) << type;
    EXPECT_NE(planned->warnings[0].find(type), std::string::npos);
  }
  testing::FakeSourceItems source;
  source_items_ = &source;
  EXPECT_TRUE(plan()->warnings.empty()) << "images are fetched";
  source_items_ = nullptr;
  tables_.description->stream_view_type = "NEW_AND_OLD_IMAGES";
  EXPECT_TRUE(plan()->warnings.empty());
}

TEST_F(LoadPlanTest, RefusesToLoadATableIntoItself) {
  written_ = {
      {.words = "the target", .account = "123456789012", .region = "eu-west-1", .table = "orders"}};
  EXPECT_TRUE(refusal().starts_with("the export cannot be loaded: ")) << refusal();
}

TEST_F(LoadPlanTest, HoldsTheKeyOfAnOptionAgainstWhatIsKnown) {
  options_.key = {"line", "id"};
  EXPECT_EQ(plan()->key_names, (events::KeyNames{"id", "line"}));
  options_.key = {"id"};
  EXPECT_EQ(refusal(), "--key is id, and the table orders has the key id,line");
}

TEST_F(LoadPlanTest, TakesTheKeyThatViewsDeclare) {
  use_views("CREATE SOURCE orders KEY (pk, sk); CREATE VIEW v AS SELECT * FROM orders;");
  options_.stream_arn = kStreamArn;
  EXPECT_EQ(plan()->key_names, (events::KeyNames{"pk", "sk"}));
  EXPECT_TRUE(tables_.asked.empty());
  options_.key = {"pk"};
  EXPECT_EQ(refusal(), "--key is pk, and the views say that orders has the key pk,sk");
}

TEST_F(LoadPlanTest, SweepsTheTableOfAMirror) {
  options_.sweep = true;
  settings_.target = {.kind = TargetKind::kSqlite, .name = "copy.db"};
  EXPECT_EQ(plan()->swept_tables, std::vector<std::string>{"orders"});
  EXPECT_FALSE(plan()->sweeps_ledger);
  settings_.target = {.kind = TargetKind::kDynamoDb, .name = "copy"};
  EXPECT_EQ(plan()->swept_tables, std::vector<std::string>{"copy"});
}

TEST_F(LoadPlanTest, SweepsTheLedgerOfViewsAndTheTablesOfThoseWithoutKey) {
  options_.sweep = true;
  use_views(
      "CREATE SOURCE orders KEY (id); CREATE VIEW a AS SELECT * FROM orders;"
      "CREATE VIEW b KEY (c, id) AS SELECT c, id FROM orders;"
      "CREATE VIEW d AS SELECT id FROM orders;");
  const auto planned = plan();
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->swept_tables, (std::vector<std::string>{"t_a", "t_d"}));
  EXPECT_TRUE(planned->sweeps_ledger);
}

TEST_F(LoadPlanTest, RefusesASweepThatCannotTellWhatTheExportHas) {
  options_.sweep = true;
  settings_.retain = std::chrono::days(30);
  EXPECT_NE(refusal().find("--sweep removes what has no mark"), std::string::npos);
  settings_.retain.reset();
  use_views(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW a WITH (events = 'MODIFY, REMOVE') AS SELECT * FROM orders;");
  EXPECT_NE(refusal().find("no view takes inserts"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler::load
