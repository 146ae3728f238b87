#include "handler/commands/load/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "handler/commands/load/state_file.h"
#include "handler/sources/exports/local_export.h"
#include "tests/support/export_writer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/gzip.h"
#include "tests/support/memory_target.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::load {
namespace {

/// A target that may be gone.
class TargetThatGoes final : public Target {
 public:
  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override {
    if (!is_gone) return memory.commit(commits, outcomes, deadline);
    for (Outcome& each : outcomes) each = {.result = CommitResult::kFailed, .reason = "gone"};
  }
  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override {
    return memory.read_marks(places, reading, deadline);
  }

  testing::MemoryTarget memory;
  bool is_gone = false;
};

/// Loads of exports whose lines are single letters: `g` for a sound item, `b` for a line that is
/// none. Two lines are a batch.
class LoadTest : public ::testing::Test {
 protected:
  LoadSummary load(const std::string& lines) {
    testing::ExportWriter writer(folder_.file("export"));
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i)
      text +=
          lines[i] == 'g' ? R"({"Item":{"id":{"S":")" + std::to_string(i) + "\"}}}\n" : "no json\n";
    writer.add_file(testing::gzip_of(text), lines.size());
    writer.finish();
    const auto files = exports::LocalExport::open(writer.folder());
    EXPECT_TRUE(files);
    auto reader = exports::ExportReader::open(**files, exports::Checksums::kChecked);
    EXPECT_TRUE(reader) << reader.error().message;
    LoadPlan plan;
    plan.source = {.account = "123456789012", .region = "eu-central-1", .table = "orders"};
    plan.table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders";
    plan.key_names = {"id"};
    plan.version = events::version_without_stream(WallTime(std::chrono::seconds(1'795'300'000)));
    LoadOptions options;
    Progress progress(
        clock_, {.medium = Progress::Medium::kLog, .columns = {}, .sink = [](std::string_view) {}});
    return handler::load::load(
        options,
        {.pipeline = pipeline_,
         .target = target_,
         .open_scanner = {},
         .clock = clock_,
         .logger = logger_,
         .progress = progress,
         .stopped = [this] { return target_.memory.calls >= stop_after_calls_; }},
        {.reader = *reader,
         .batches = {.items = 2},
         .plan = std::move(plan),
         .export_name = "x",
         .state_path = folder_.file("state"),
         .state = read_state(folder_.file("state"), {}).value(),
         .failed_path = folder_.file("failed")});
  }

  const testing::TempDir folder_;
  testing::FakeClock clock_;
  Logger logger_{{.level = LogLevel::kFatal, .sink = [](std::string_view) {}}, clock_};
  TargetThatGoes target_;
  Pipeline pipeline_{{.name = "p", .target_table = "copy", .retain = {}}, target_, clock_};
  int stop_after_calls_ = 1'000;  // of the target
};

TEST_F(LoadTest, IsNotGivenUpForLinesThatAreNoItems) {
  const LoadSummary summary = load("bbbbbbbbbbgg");
  EXPECT_FALSE(summary.gave_up);
  EXPECT_EQ(summary.failed(), 10U);
  EXPECT_EQ(summary.fates.of(Fate::kApplied), 2U);
  EXPECT_EQ(target_.memory.items.size(), 2U);
}

TEST_F(LoadTest, IsGivenUpOnceTheTargetDoesNothing) {
  target_.is_gone = true;
  const LoadSummary summary = load("ggbgbgggggg");
  EXPECT_TRUE(summary.gave_up);
  EXPECT_EQ(summary.failed(), 6U);
}

TEST_F(LoadTest, IsGivenUpThoughLinesThatAreNoItemsComeBetween) {
  target_.is_gone = true;
  const LoadSummary summary = load("ggbbggbbgggggg");
  EXPECT_TRUE(summary.gave_up);
  EXPECT_EQ(summary.failed(), 10U);
}

// What failed before the end would otherwise be passed over, with nothing that tells of it.
TEST_F(LoadTest, ComesBackToALineThatFailedBeforeItWasStopped) {
  stop_after_calls_ = 1;
  const LoadSummary stopped = load("bggggg");
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_EQ(stopped.failed(), 1U);
  EXPECT_EQ(target_.memory.items.size(), 1U);

  stop_after_calls_ = 1'000;
  for (int run = 0; run < 2; ++run) {
    const LoadSummary again = load("bggggg");
    EXPECT_FALSE(again.interrupted);
    EXPECT_EQ(again.failed(), 1U);
    EXPECT_EQ(again.files_done_before, 0U);
    EXPECT_EQ(again.fates.all(), 6U);
  }
  EXPECT_EQ(target_.memory.items.size(), 5U);
}

}  // namespace
}  // namespace streamonce::handler::load
