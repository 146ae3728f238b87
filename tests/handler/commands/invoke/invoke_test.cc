#include "handler/commands/invoke/invoke.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "handler/commands/exit_status.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using testing::event_of;
using testing::key_of;
using testing::put;

class Invoke : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder_.file(name)) << text;
    return folder_.file(name);
  }
  int run(const std::vector<std::string>& events) {
    out_.clear();
    log_.clear();
    return invoke({.events = events}, pipeline_, clock_, logger_, [this](std::string_view line) {
      out_ += line;
      return can_write_;
    });
  }

  const testing::TempDir folder_;
  testing::FakeClock clock_;
  std::string out_;
  std::string log_;
  bool can_write_ = true;
  testing::MemoryTarget target_;
  Logger logger_{{.sink = [this](std::string_view line) { log_ += line; }}, clock_};
  Pipeline pipeline_{{}, target_, clock_, logger_};
};

TEST_F(Invoke, PrintsOneLineForEachEventInTurn) {
  target_.failing_keys.insert(key_of("b"));
  const std::string good = file("good", event_of({put("a", "1", "x")}));
  const std::string bad = file("bad", event_of({put("b", "2", "x")}));
  EXPECT_EQ(run({good, good}), kExitDone);
  EXPECT_EQ(out_, "{\"batchItemFailures\":[]}\n{\"batchItemFailures\":[]}\n");
  EXPECT_EQ(run({bad, good}), kExitFailed);
  EXPECT_EQ(out_,
            "{\"batchItemFailures\":[{\"itemIdentifier\":\"2\"}]}\n{\"batchItemFailures\":[]}\n");
  EXPECT_NE(log_.find("requestId=" + bad), std::string::npos) << log_;
}

TEST_F(Invoke, AnEventThatIsRefusedIsToldAsLambdaWouldBe) {
  EXPECT_EQ(run({file("kinesis", R"({"Records":[{"eventSource":"aws:kinesis"}]})")}), kExitFailed);
  EXPECT_TRUE(out_.starts_with(R"({"errorMessage":)")) << out_;
  EXPECT_NE(out_.find("Function.InvalidEvent"), std::string::npos) << out_;
  EXPECT_EQ(target_.calls, 0);
}

TEST_F(Invoke, MessagesOfAQueueAreLeftToReplay) {
  const std::string event =
      file("queue", R"({"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{}"}]})");
  EXPECT_EQ(run({event}), kExitFailed);
  EXPECT_NE(out_.find("bootstrap replay"), std::string::npos) << out_;
}

TEST_F(Invoke, AFileThatCannotBeReadPrintsNothing) {
  const std::string absent = folder_.file("absent");
  EXPECT_EQ(run({absent, absent}), kExitUnreadable);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(run({absent, file("good", event_of({put("a", "1", "x")}))}), kExitFailed);
  EXPECT_EQ(out_, "{\"batchItemFailures\":[]}\n");
  EXPECT_NE(log_.find("event not read"), std::string::npos) << log_;
}

TEST_F(Invoke, EndsWhereAResponseCannotBeWritten) {
  can_write_ = false;
  const std::string good = file("good", event_of({put("a", "1", "x")}));
  EXPECT_EQ(run({good, good}), kExitFailed);
  EXPECT_EQ(target_.calls, 1);
  EXPECT_NE(log_.find("response not written"), std::string::npos) << log_;
}

}  // namespace
}  // namespace streamonce::handler
