#include "handler/sources/lambda/queue.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/memory_stream.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using streamonce::testing::escaped;
using streamonce::testing::FakeClock;
using streamonce::testing::key_of;
using streamonce::testing::MemoryStream;
using streamonce::testing::MemoryTarget;
using streamonce::testing::payload_letter;
using streamonce::testing::pointer_letter;
using streamonce::testing::put;

std::string message(std::string_view id, std::string_view body) {
  return R"({"messageId":")" + std::string(id) + R"(","body":)" + escaped(body) +
         R"(,"eventSource":"aws:sqs"})";
}

std::string event(const std::vector<std::string>& messages) {
  return streamonce::testing::event_of(messages);
}

class QueueTest : public ::testing::Test {
 protected:
  Result<std::string> run(const std::string& text) {
    return queue_.run(Payload::copy_of(text).view(),
                      clock_.steady_now() + std::chrono::seconds(60));
  }

  MemoryTarget target_;
  MemoryStream stream_;
  FakeClock clock_;
  std::string log_;
  Logger logger_{{.sink = [this](std::string_view line) { log_ += line; }}, clock_};
  Pipeline pipeline_{{}, target_, clock_};
  QueueHandler queue_{pipeline_, stream_, clock_, logger_};
};

TEST_F(QueueTest, AppliesEveryMessageAndNamesNone) {
  stream_.pages = {{put("b", "2", "y")}};
  EXPECT_EQ(run(event({message("m1", payload_letter({put("a", "1", "x")})),
                       message("m2", pointer_letter("2", "2"))}))
                .value(),
            R"({"batchItemFailures":[]})");
  EXPECT_EQ(target_.items.size(), 2U);
}

TEST_F(QueueTest, NamesEachMessageThatIsNotDone) {
  target_.failing_keys.insert(key_of("b"));
  const std::string text =
      event({message("good", payload_letter({put("a", "1", "x")})),
             message("failing", payload_letter({put("b", "2", "y"), put("c", "3", "z")})),
             message("other", R"({"orderId":7})"), message("text", "hello"),
             message("gone", pointer_letter("5", "9"))});
  stream_.end = Error{ErrorCode::kExpired, "trimmed"};
  EXPECT_EQ(run(text).value(),
            R"({"batchItemFailures":[{"itemIdentifier":"failing"},{"itemIdentifier":"other"},)"
            R"({"itemIdentifier":"text"},{"itemIdentifier":"gone"}]})");
  EXPECT_EQ(target_.items.size(), 2U);
  for (const char* word : {"refused by the test", "orderId", "the message's body is not JSON",
                           "expired: records 5 to 9"})
    EXPECT_NE(log_.find(word), std::string::npos) << word;
  // And each again, alone.
  target_.failing_keys.clear();
  EXPECT_EQ(run(event({message("failing", payload_letter({put("b", "2", "y")}))})).value(),
            R"({"batchItemFailures":[]})");
}

TEST_F(QueueTest, AMessageThatCannotBeNamedFailsTheInvocation) {
  const Result<std::string> result =
      run(event({R"({"eventSource":"aws:sqs","body":"hello"})", message("m", "hello")}));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("messageId"), std::string::npos);
  EXPECT_FALSE(run(event({message("", "hello")})));
}

/// Lambda would delete the message, and has never heard of the other one.
TEST_F(QueueTest, AMessageInAMessageIsNeverNamed) {
  const std::string inner = R"({"Messages":[{"MessageId":"m2","Body":"{\"foo\":1}"}]})";
  EXPECT_EQ(run(event({message("m1", inner), message("m2", payload_letter({put("a", "1", "x")}))}))
                .value(),
            R"({"batchItemFailures":[{"itemIdentifier":"m1"}]})");
}

TEST_F(QueueTest, AnElementBehindAMessageIsNotThatMessages) {
  EXPECT_FALSE(run(event({message("m1", payload_letter({put("a", "1", "x")})),
                          R"({"eventSource":"aws:sqs","body":"hello"})"})));
}

/// All fetches together, whatever each of them takes.
TEST_F(QueueTest, FetchesLeaveTimeForTheRecords) {
  struct SlowStream final : StreamReader {
    explicit SlowStream(FakeClock& time) : clock(time) {}
    Status read(const StreamRange&, const TakePage&, SteadyTime until) override {
      deadlines.push_back(until);
      clock.advance(std::chrono::seconds(20));
      return Error{ErrorCode::kTimeout, "too slow"};
    }
    FakeClock& clock;
    std::vector<SteadyTime> deadlines;
  } slow(clock_);
  QueueHandler queue(pipeline_, slow, clock_, logger_);
  const SteadyTime now = clock_.steady_now();
  const std::string text =
      event({message("m1", pointer_letter("1", "2")), message("m2", pointer_letter("3", "4"))});
  EXPECT_TRUE(queue.run(Payload::copy_of(text).view(), now + std::chrono::seconds(60)));
  EXPECT_EQ(slow.deadlines, std::vector<SteadyTime>(2, now + std::chrono::seconds(30)));
}

}  // namespace
}  // namespace streamonce::handler
