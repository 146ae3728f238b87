#include "handler/sources/lambda/serve.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "tests/support/fake_clock.h"
#include "tests/support/memory_stream.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using std::chrono::milliseconds;
using testing::escaped;
using testing::event_of;
using testing::payload_letter;
using testing::put;

TEST(CommitDeadline, KeepsAReserveForTheAnswer) {
  const testing::FakeClock clock;
  const auto left_of = [&](milliseconds time) {
    return commit_deadline(clock.now() + time, clock) - clock.steady_now();
  };
  EXPECT_EQ(left_of(milliseconds(60'000)), milliseconds(60'000) - kAnswerReserve);
  EXPECT_EQ(left_of(milliseconds(3'000)), milliseconds(2'750));
  EXPECT_EQ(left_of(2 * kAnswerReserve), kAnswerReserve);
  EXPECT_EQ(left_of(milliseconds(100)), milliseconds(50));
  EXPECT_EQ(left_of(milliseconds(0)), milliseconds(0));
  EXPECT_EQ(left_of(milliseconds(-5'000)), milliseconds(0));
}

/// Of a Runtime API that is out of its mind, or beside a clock that is.
TEST(CommitDeadline, IsWithinADayWhateverTheTimesAre) {
  const testing::FakeClock clock;
  const auto left_until = [&](milliseconds since_epoch) {
    return commit_deadline(WallTime(since_epoch), clock) - clock.steady_now();
  };
  EXPECT_EQ(left_until(milliseconds(0)), milliseconds(0));
  EXPECT_EQ(left_until(milliseconds(253'402'300'799'000)), kInvocationTimeMax - kAnswerReserve);
  clock.advance(-std::chrono::hours(24 * 365 * 60));  // to before 1970
  ASSERT_LT(clock.now(), WallTime());
  EXPECT_EQ(left_until(milliseconds(1'795'221'862'580)), kInvocationTimeMax - kAnswerReserve);
}

class ServeTest : public ::testing::Test {
 protected:
  runtime::HandlerResult handle(const std::string& event) {
    const Payload payload = Payload::copy_of(event);
    return handler_({.request_id = "r",
                     .deadline = clock_.now() + milliseconds(60'000),
                     .body = payload.view()});
  }
  std::string error_of(const std::string& event) {
    const auto result = handle(event);
    if (!std::holds_alternative<runtime::FunctionError>(result)) return "no error";
    const auto& error = std::get<runtime::FunctionError>(result);
    return error.type + ": " + error.message;
  }

  testing::MemoryTarget target_;
  testing::MemoryStream stream_;
  testing::FakeClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
  Pipeline pipeline_{{}, target_, clock_};
  StreamEventHandler stream_events_{pipeline_, logger_};
  QueueHandler queue_{pipeline_, stream_, clock_, logger_};
  runtime::Handler handler_ = make_handler(stream_events_, queue_, clock_);
};

TEST_F(ServeTest, AppliesAStreamsBatchAndAQueuesMessages) {
  const std::string done = R"({"batchItemFailures":[]})";
  EXPECT_EQ(std::get<std::string>(handle(event_of({put("a", "1", "x")}))), done);
  const std::string message = R"({"messageId":"m1","body":)" +
                              escaped(payload_letter({put("b", "2", "y")})) +
                              R"(,"eventSource":"aws:sqs"})";
  EXPECT_EQ(std::get<std::string>(handle(event_of({message}))), done);
  EXPECT_EQ(target_.items.size(), 2U);
}

TEST_F(ServeTest, TellsWhatAnEventIsThatIsNeither) {
  EXPECT_EQ(error_of(event_of({R"({"eventSource":"aws:kinesis","kinesis":{}})"})),
            "Function.InvalidEvent: Records[0] is of the event source \"aws:kinesis\": expected "
            "\"aws:dynamodb\"");
  EXPECT_EQ(error_of(event_of({put("a", "1", "x"), R"({"body":"x","eventSource":"aws:sqs"})"})),
            "Function.InvalidEvent: Records[1] is of the event source \"aws:sqs\": expected "
            "\"aws:dynamodb\"");
  EXPECT_EQ(error_of("{}"),
            "Function.InvalidEvent: the event has no Records: found an empty object, expected "
            "{\"Records\":[...]} of a DynamoDB stream");
  EXPECT_TRUE(
      error_of("{\"Records\":[").starts_with("Function.InvalidEvent: the event is not JSON"));
  EXPECT_EQ(error_of(event_of({R"({"body":"x","eventSource":"aws:sqs"})"})),
            "Function.InvalidEvent: an SQS message has no messageId: it could not be named in an "
            "answer");
}

}  // namespace
}  // namespace streamonce::handler
