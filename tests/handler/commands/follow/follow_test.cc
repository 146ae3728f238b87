#include "handler/commands/follow/follow.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/fake_clock.h"
#include "tests/support/settings.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::follow {
namespace {

// What it does with a stream is seen with the binary, in tests/e2e/follow_test.cc; here, why it
// does not begin at all.
class RunFollow : public ::testing::Test {
 protected:
  int run(const FollowRequest& request, const testing::Variables& variables,
          const std::string& views = "") {
    OpenPipeline::Options options;
    options.settings.options.push_back({.name = "target", .value = "sqlite:" + folder_.file("db")});
    if (!views.empty()) {
      std::ofstream(folder_.file("views.sql")) << views;
      options.settings.options.push_back({.name = "views", .value = folder_.file("views.sql")});
    }
    const Environment environment = testing::environment_of(variables);
    const auto open = OpenPipeline::open(options, environment, clock_, logger_);
    EXPECT_TRUE(open) << open.error().message;
    ::testing::internal::CaptureStderr();
    const int status = run_follow(request, {.pipeline = **open,
                                            .environment = environment,
                                            .clock = clock_,
                                            .logger = logger_,
                                            .status = status_,
                                            .stopped = [] { return true; },
                                            .out =
                                                [this](std::string_view text) {
                                                  out_ += text;
                                                  return !out_fails_;
                                                }});
    err_ = ::testing::internal::GetCapturedStderr();
    return status;
  }

  const testing::TempDir folder_;
  testing::FakeClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
  StatusLine status_{clock_, {}};
  bool out_fails_ = false;
  std::string out_;
  std::string err_;
};

// With one source alone the views would take any table's changes for its own.
constexpr const char* kOtherViews =
    "CREATE SOURCE one KEY (id);\nCREATE SOURCE other KEY (id);\n"
    "CREATE VIEW v AS SELECT * FROM one;\nCREATE VIEW w AS SELECT * FROM other;\n";

const FollowRequest kRequest{.stream_arn = std::string(testing::kStreamArn), .json = true};

TEST_F(RunFollow, EndsWithASummaryWhenItIsStoppedBeforeItBegins) {
  EXPECT_EQ(run(kRequest, testing::kAwsVariables), 0) << err_;
  EXPECT_EQ(out_, R"({"records":0,"applied":0,"already_applied":0,"stale":0,"superseded":0,)"
                  R"("filtered":0,"failed":0,"gaps":0,"shards":0})"
                  "\n");
}

TEST_F(RunFollow, EndsWithASummaryWhenItIsStoppedWhileTheTableDoesNotAnswer) {
  testing::Variables variables = testing::kAwsVariables;
  variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";  // nobody listens there
  FollowRequest request = kRequest;
  request.stream_arn.clear();
  request.source = "orders";
  EXPECT_EQ(run(request, variables), 0) << err_;
  EXPECT_EQ(out_.substr(0, 13), R"({"records":0,)");
}

TEST_F(RunFollow, HasFailedWhereTheSummaryCannotBeWritten) {
  out_fails_ = true;
  EXPECT_EQ(run(kRequest, testing::kAwsVariables), 1);
}

TEST_F(RunFollow, DoesNotBeginWithAStreamOfATableThatIsNoSource) {
  EXPECT_EQ(run(kRequest, testing::kAwsVariables, kOtherViews), 2);
  EXPECT_NE(err_.find("cannot be followed"), std::string::npos) << err_;
  EXPECT_EQ(out_, "");
}

TEST_F(RunFollow, DoesNotBeginWithoutCredentials) {
  testing::Variables variables = testing::kAwsVariables;
  variables["AWS_SECRET_ACCESS_KEY"] = "";
  EXPECT_EQ(run(kRequest, variables), 2);
  EXPECT_NE(err_.find("AWS_SECRET_ACCESS_KEY"), std::string::npos) << err_;
}

TEST_F(RunFollow, DoesNotBeginWhereNoRecordCouldBeGivenUp) {
  FollowRequest request = kRequest;
  request.letters_path = folder_.file("no/such/letters");
  EXPECT_EQ(run(request, testing::kAwsVariables), 2);
  EXPECT_NE(err_.find("--dead-letters: "), std::string::npos) << err_;
  EXPECT_EQ(out_, "");
}

TEST_F(RunFollow, DoesNotBeginWithAFileOfPositionsThatIsNone) {
  std::ofstream(folder_.file("positions")) << "x";
  FollowRequest request = kRequest;
  request.checkpoint = folder_.file("positions");
  EXPECT_EQ(run(request, testing::kAwsVariables), 2);
  EXPECT_NE(err_.find("no file of positions"), std::string::npos) << err_;
}

}  // namespace
}  // namespace streamonce::handler::follow
