#include "handler/commands/parts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/changes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/settings.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using testing::environment_of;

class Parts : public ::testing::Test {
 protected:
  Result<std::unique_ptr<OpenPipeline>> open(const std::string& target,
                                             TargetUse use = TargetUse::kApply) {
    OpenPipeline::Options options;
    options.settings.options.push_back({.name = "target", .value = target});
    options.use = use;
    return OpenPipeline::open(options, environment_of({}), clock_, logger_);
  }
  /// The fate of one change.
  std::vector<Fate> apply(OpenPipeline& open) {
    const std::vector<events::Change> changes = {testing::change("x", "1")};
    return open.pipeline().apply(changes, clock_.steady_now() + std::chrono::seconds(60)).fates;
  }

  const testing::TempDir folder_;
  const std::string file_ = folder_.file("copy.db");
  testing::FakeClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
};

TEST_F(Parts, APipelineIsOpenedOnTheTargetOfTheSettings) {
  const auto first = open("sqlite:" + file_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(apply(**first), std::vector{Fate::kApplied});
  EXPECT_EQ(apply(**open("sqlite:" + file_)), std::vector{Fate::kAlreadyApplied});
}

TEST_F(Parts, APreviewForeseesAndWritesNothing) {
  const auto preview = open("sqlite:" + file_, TargetUse::kPreview);
  ASSERT_TRUE(preview) << preview.error().message;
  EXPECT_EQ(apply(**preview), std::vector{Fate::kApplied});
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_EQ(apply(**open("sqlite:" + file_)), std::vector{Fate::kApplied});
}

TEST_F(Parts, ASettingThatIsWrongIsTold) {
  const auto wrong = open("sqlite:");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(wrong.error().message.starts_with("--target: ")) << wrong.error().message;
}

TEST_F(Parts, AStreamNeedsItsSettingsOnceItIsRead) {
  const Environment environment = environment_of({});
  const auto streams = open_streams(environment, clock_, logger_);
  const auto range = StreamRange{.stream_arn = testing::kStreamArn,
                                 .shard_id = "shardId-1",
                                 .first = events::SequenceNumber::parse("1").value(),
                                 .last = events::SequenceNumber::parse("2").value()};
  const Status read = streams->read(
      range, [](PayloadView) { return std::nullopt; }, clock_.steady_now());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(read.error().message.find("AWS_ACCESS_KEY_ID"), std::string::npos);
}

TEST_F(Parts, FilesAreLookedForBesideTheBinary) {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  SettingOptions options;
  add_defaults(options);
  EXPECT_EQ(options.default_file, (folder / "pipeline.json").string());
  EXPECT_EQ(options.default_views, (folder / "views.sql").string());
}

TEST_F(Parts, OnlyWhatMayPassIsToldAsSuch) {
  EXPECT_STREQ(init_error_type(ErrorCode::kTimeout), "Function.TargetUnavailable");
  EXPECT_STREQ(init_error_type(ErrorCode::kUnavailable), "Function.TargetUnavailable");
  EXPECT_STREQ(init_error_type(ErrorCode::kInvalidArgument), "Function.InvalidConfiguration");
  EXPECT_STREQ(init_error_type(ErrorCode::kFatal), "Function.InvalidConfiguration");
}

}  // namespace
}  // namespace streamonce::handler
