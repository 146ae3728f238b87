// The loop against a Runtime API on loopback, over real connections.

#include "runtime/lambda/loop.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/http/curl_transport.h"
#include "runtime/lambda/runtime_api.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_runtime_api.h"

namespace streamonce::runtime {
namespace {

using std::chrono::milliseconds;
using testing::ApiFault;
using testing::FakeRuntimeApi;
using testing::Outcome;
using Kind = ApiFault::Kind;

HandlerResult echo(const Invocation& invocation) {
  return std::string(invocation.body.text);
}

std::string trace_in_environment() {
  const char* value = ::getenv("_X_AMZN_TRACE_ID");
  return value != nullptr ? value : "(none)";
}

class Loop : public ::testing::Test {
 protected:
  /// Runs until the Runtime API has no more events; gives the exit status.
  int run(const Handler& handler = echo) {
    service_.end_after_events();
    return run_at(service_.address(), handler);
  }
  int run_at(const std::string& address, const Handler& handler = echo) {
    const auto transport =
        make_curl_transport({.ca_bundle_path = "", .user_agent = "streamonce/test"}, system_clock_);
    RuntimeApi api(*transport, address);
    return run_loop(api, handler, logger_, clock_);
  }

  std::vector<std::string> messages(std::string_view level) const {
    std::vector<std::string> found;
    for (const std::string& line : lines_) {
      const auto event = nlohmann::json::parse(line);
      if (event["level"] == level) found.push_back(event["message"]);
    }
    return found;
  }

  SystemClock system_clock_;
  testing::FakeClock clock_;
  std::vector<std::string> lines_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { lines_.emplace_back(line); }},
                 clock_};
  FakeRuntimeApi service_;
};

TEST_F(Loop, AnswersOneInvocationAfterTheOther) {
  for (int i = 0; i < 5; ++i) service_.push_event("{\"n\":" + std::to_string(i) + "}");
  EXPECT_EQ(run(), 1);
  const std::vector<Outcome> outcomes = service_.outcomes();
  ASSERT_EQ(outcomes.size(), 5U);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].request_id, "request-" + std::to_string(i + 1));
    EXPECT_EQ(outcomes[i].body, "{\"n\":" + std::to_string(i) + "}");
    EXPECT_EQ(outcomes[i].answered, 202);
    EXPECT_FALSE(outcomes[i].is_error);
  }
  EXPECT_EQ(service_.next_calls(), 6);
  EXPECT_EQ(service_.connections(), 1);
}

TEST_F(Loop, TakesEventsUpToTheLargestInEitherFraming) {
  const std::string largest(kPayloadBytesMax, 'x');
  for (const bool chunked : {false, true}) {
    service_.push_event({.body = largest, .chunked = chunked});
    service_.push_event({.body = "", .chunked = chunked});
    service_.push_event({.body = "{}", .chunked = chunked});
  }
  std::vector<std::size_t> sizes;
  run([&](const Invocation& invocation) -> HandlerResult {
    sizes.push_back(invocation.body.text.size());
    return "done";
  });
  EXPECT_EQ(sizes, (std::vector<std::size_t>{kPayloadBytesMax, 0, 2, kPayloadBytesMax, 0, 2}));
  EXPECT_EQ(service_.connections(), 1);
}

TEST_F(Loop, EndsOnAnEventThatIsTooLarge) {
  service_.push_event({.body = std::string(kPayloadBytesMax + 1, 'x'), .chunked = true});
  EXPECT_EQ(run(), 1);
  EXPECT_TRUE(service_.outcomes().empty());
  EXPECT_EQ(service_.next_calls(), 1);
  EXPECT_EQ(messages("FATAL"), (std::vector<std::string>{"no next invocation"}));
}

TEST_F(Loop, TakesAnEventThatComesSlowly) {
  for (const bool chunked : {false, true}) {
    service_.spoil_next({.kind = Kind::kTrickle});
    service_.push_event({.body = R"({"slow":true})", .chunked = chunked});
  }
  run();
  for (const Outcome& outcome : service_.outcomes()) EXPECT_EQ(outcome.body, R"({"slow":true})");
  EXPECT_EQ(service_.outcomes().size(), 2U);
}

TEST_F(Loop, AnswersABasePath) {
  service_.push_event("{}");
  service_.end_after_events();
  EXPECT_EQ(run_at("localhost:" + std::to_string(service_.port()) + "/.rt/_"), 1);
  EXPECT_EQ(service_.outcomes().at(0).answered, 202);
  EXPECT_TRUE(service_.requests().at(0).target.starts_with("/.rt/_/2018-06-01/"));
}

TEST_F(Loop, HandsTheInvocationToTheHandler) {
  service_.push_event({.body = "b",
                       .request_id = "r-7",
                       .invocation_id = "i-7",
                       .trace_id = "t-7",
                       .time_left = milliseconds(9'000)});
  bool called = false;
  run([&](const Invocation& invocation) -> HandlerResult {
    called = true;
    EXPECT_EQ(invocation.request_id, "r-7");
    EXPECT_EQ(invocation.invocation_id, "i-7");
    EXPECT_EQ(invocation.trace_id, "t-7");
    EXPECT_EQ(invocation.function_arn, "arn:aws:lambda:eu-central-1:123456789012:function:test");
    const milliseconds left = invocation.deadline - system_clock_.now();
    EXPECT_GT(left, milliseconds(0));
    EXPECT_LE(left, milliseconds(9'000));
    return "{}";
  });
  EXPECT_TRUE(called);
}

TEST_F(Loop, SetsTheTraceIdForEachInvocation) {
  service_.push_event({.trace_id = "Root=1-a"});
  service_.push_event({.trace_id = ""});
  service_.push_event({.trace_id = "Root=1-b"});
  service_.push_event({.trace_id = std::string(5'000, 'x')});
  ::setenv("_X_AMZN_TRACE_ID", "of an older life", 1);
  run([](const Invocation&) -> HandlerResult { return trace_in_environment(); });
  ::unsetenv("_X_AMZN_TRACE_ID");
  const std::vector<Outcome> outcomes = service_.outcomes();
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_EQ(outcomes[0].body, "Root=1-a");
  EXPECT_EQ(outcomes[1].body, "(none)");
  EXPECT_EQ(outcomes[2].body, "Root=1-b");
  EXPECT_EQ(outcomes[3].body, "(none)") << "it is no trace id";
}

TEST_F(Loop, EchoesTheInvocationId) {
  service_.push_event({.invocation_id = "inv-1"});
  service_.push_event({.body = "fail", .invocation_id = "inv-2"});
  service_.push_event({.invocation_id = ""});
  run([](const Invocation& invocation) -> HandlerResult {
    if (invocation.body.text == "fail") return FunctionError{"Function.Failed", "m"};
    return "{}";
  });
  const std::vector<Outcome> outcomes = service_.outcomes();
  ASSERT_EQ(outcomes.size(), 3U);
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.answered, 202);
  EXPECT_FALSE(outcomes[2].request.has_header("lambda-runtime-invocation-id"));
}

TEST_F(Loop, ReportsAFunctionErrorAndGoesOn) {
  service_.push_event("bad");
  service_.push_event("good");
  run([](const Invocation& invocation) -> HandlerResult {
    if (invocation.body.text == "bad") return FunctionError{"Function.InvalidEvent", "not JSON"};
    return "{}";
  });
  const std::vector<Outcome> outcomes = service_.outcomes();
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_TRUE(outcomes[0].is_error);
  EXPECT_EQ(outcomes[0].error_type, "Function.InvalidEvent");
  EXPECT_EQ(outcomes[0].body,
            R"({"errorMessage":"not JSON","errorType":"Function.InvalidEvent","stackTrace":[]})");
  EXPECT_FALSE(outcomes[1].is_error);
  EXPECT_EQ(messages("ERROR"), (std::vector<std::string>{"invocation failed"}));
}

TEST_F(Loop, ReportsAnExceptionAndGoesOn) {
  service_.push_event("std");
  service_.push_event("other");
  service_.push_event("none");
  run([](const Invocation& invocation) -> HandlerResult {
    if (invocation.body.text == "std") throw std::runtime_error("it broke");
    if (invocation.body.text == "other") throw 42;
    return "{}";
  });
  const std::vector<Outcome> outcomes = service_.outcomes();
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(outcomes[0].error_type, "Function.Exception");
  EXPECT_NE(outcomes[0].body.find("it broke"), std::string::npos);
  EXPECT_EQ(outcomes[1].error_type, "Function.Exception");
  EXPECT_FALSE(outcomes[2].is_error);
}

TEST_F(Loop, NamesTheRequestInItsLogLines) {
  service_.push_event({.body = "bad", .request_id = "r-9"});
  run([](const Invocation&) -> HandlerResult { return FunctionError{"Function.X", "m"}; });
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines_[0])["requestId"], "r-9");
  EXPECT_FALSE(nlohmann::json::parse(lines_[1]).contains("requestId"));
}

TEST_F(Loop, GoesOnWhenTheServiceHasClosedTheInvocation) {
  for (const int status : {400, 410, 413}) {
    service_.spoil_post({.kind = Kind::kStatus, .status = status});
    service_.push_event("{}");
  }
  service_.push_event("{}");
  EXPECT_EQ(run(), 1);
  const std::vector<Outcome> outcomes = service_.outcomes();
  ASSERT_EQ(outcomes.size(), 4U);  // and no /error for what was refused
  for (const Outcome& outcome : outcomes) EXPECT_FALSE(outcome.is_error);
  EXPECT_EQ(outcomes[3].answered, 202);
  EXPECT_EQ(messages("ERROR"),
            (std::vector<std::string>{"answer not taken", "answer not taken", "answer not taken"}));
}

TEST_F(Loop, LeavesAResponseThatIsTooLargeToTheService) {
  service_.push_event("large");
  service_.push_event("small");
  run([](const Invocation& invocation) -> HandlerResult {
    return std::string(invocation.body.text == "large" ? kPayloadBytesMax + 1 : 1, 'x');
  });
  const std::vector<Outcome> outcomes = service_.outcomes();
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].answered, 413);
  EXPECT_EQ(outcomes[1].answered, 202);
}

TEST_F(Loop, EndsWhenAnAnswerIsRefusedForGood) {
  for (const int status : {403, 500}) {
    for (const bool with_error : {false, true}) {
      FakeRuntimeApi service;
      service.spoil_post({.kind = Kind::kStatus, .status = status});
      service.push_event("{}");
      service.push_event("{}");
      EXPECT_EQ(run_at(service.address(),
                       [&](const Invocation&) -> HandlerResult {
                         if (with_error) return FunctionError{"Function.X", "m"};
                         return "{}";
                       }),
                1);
      EXPECT_EQ(service.outcomes().size(), 1U);
      EXPECT_EQ(service.next_calls(), 1);
    }
  }
  EXPECT_EQ(messages("FATAL").size(), 4U);
}

TEST_F(Loop, EndsWhenNextIsRefused) {
  for (const int status : {400, 403, 500}) {
    FakeRuntimeApi service;
    service.spoil_next({.kind = Kind::kStatus, .status = status});
    EXPECT_EQ(run_at(service.address()), 1);
    EXPECT_EQ(service.next_calls(), 1);
  }
  EXPECT_TRUE(clock_.sleeps.empty());
}

TEST_F(Loop, EndsWhenARequiredHeaderIsMalformed) {
  service_.push_event({.request_id = "a b"});
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(service_.next_calls(), 1);
}

TEST_F(Loop, AsksAgainAtOnceAfterABrokenConnection) {
  for (const Kind kind : {Kind::kClose, Kind::kReset, Kind::kCutHeaders, Kind::kCutBody}) {
    for (const bool chunked : {false, true}) {
      FakeRuntimeApi service;
      service.spoil_next({.kind = kind});
      const std::string id = service.push_event({.body = "{\"a\":1}", .chunked = chunked});
      service.end_after_events();
      EXPECT_EQ(run_at(service.address()), 1);
      const std::vector<Outcome> outcomes = service.outcomes();
      ASSERT_EQ(outcomes.size(), 1U);
      EXPECT_EQ(outcomes[0].request_id, id);
      EXPECT_EQ(outcomes[0].body, "{\"a\":1}");
    }
  }
  EXPECT_TRUE(clock_.sleeps.empty());
  EXPECT_EQ(messages("WARN").size(), 8U);
}

TEST_F(Loop, WaitsLongerEachTimeAndThenEnds) {
  std::string address;
  {
    const FakeRuntimeApi gone;
    address = gone.address();
  }
  EXPECT_EQ(run_at(address), 1);
  EXPECT_EQ(clock_.sleeps,
            (std::vector<milliseconds>{milliseconds(50), milliseconds(100), milliseconds(200)}));
  EXPECT_EQ(messages("WARN").size(), 4U);
  EXPECT_EQ(messages("FATAL").size(), 1U);
}

TEST_F(Loop, StartsCountingAnewAfterAnInvocation) {
  const auto spoil = [&](int times) {
    for (int i = 0; i < times; ++i) service_.spoil_next({.kind = Kind::kCutBody});
    service_.spoil_next({});
    service_.push_event("{}");
  };
  spoil(4);
  spoil(4);
  run();
  EXPECT_EQ(service_.outcomes().size(), 2U);
  EXPECT_EQ(clock_.sleeps,
            (std::vector<milliseconds>{milliseconds(50), milliseconds(100), milliseconds(200),
                                       milliseconds(50), milliseconds(100), milliseconds(200)}));
}

TEST_F(Loop, GoesOnWhenTheConnectionBreaksUnderAnAnswer) {
  // Twice, since libcurl itself sends once more on a new connection.
  service_.spoil_post({.kind = Kind::kReset});
  service_.spoil_post({.kind = Kind::kReset});
  service_.push_event("first");
  service_.push_event("second");
  EXPECT_EQ(run(), 1);
  const std::vector<Outcome> outcomes = service_.outcomes();
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(outcomes[2].body, "second");
  EXPECT_EQ(outcomes[2].answered, 202);
  EXPECT_EQ(messages("ERROR"), (std::vector<std::string>{"answer not taken"}));
}

TEST_F(Loop, ServesAnEventThatComesWhileItWaits) {
  std::thread pusher([&] {
    const std::string first = service_.push_event("1");
    (void)service_.wait_for_outcome(first);
    const std::string second = service_.push_event("2");
    (void)service_.wait_for_outcome(second);
    service_.end_after_events();
  });
  EXPECT_EQ(run_at(service_.address()), 1);
  pusher.join();
  EXPECT_EQ(service_.outcomes().size(), 2U);
}

TEST(InitError, ReachesTheService) {
  const SystemClock clock;
  FakeRuntimeApi service;
  const auto transport = make_curl_transport({.ca_bundle_path = "", .user_agent = ""}, clock);
  RuntimeApi api(*transport, service.address());
  ASSERT_TRUE(api.report_init_error({.type = "Function.InvalidConfiguration", .message = "m"}));
  ASSERT_EQ(service.init_errors().size(), 1U);
  EXPECT_EQ(service.init_errors()[0].error_type, "Function.InvalidConfiguration");
  EXPECT_EQ(service.init_errors()[0].request.header("content-type"),
            "application/vnd.aws.lambda.error+json");
}

}  // namespace
}  // namespace streamonce::runtime
