#include "handler/sources/lambda/serve.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/emf.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_stream.h"
#include "tests/support/memory_target.h"
#include "tests/support/secrecy.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using nlohmann::json;
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

/// What a function's own ARN is that is not of the account that put() is of.
constexpr const char* kOfAnotherAccount = "arn:aws:lambda:eu-west-1:210987654321:function:copy";

class ServeTest : public ::testing::Test {
 protected:
  runtime::HandlerResult handle(const std::string& event) {
    const Payload payload = Payload::copy_of(event);
    return handler_({.request_id = "r",
                     .function_arn = function_arn_,
                     .deadline = clock_.now() + milliseconds(60'000),
                     .body = payload.view()});
  }
  std::string error_of(const std::string& event) {
    const auto result = handle(event);
    if (!std::holds_alternative<runtime::FunctionError>(result)) return "no error";
    const auto& error = std::get<runtime::FunctionError>(result);
    return error.type + ": " + error.message;
  }

  std::string function_arn_ = kOfAnotherAccount;
  testing::MemoryTarget target_;
  testing::MemoryStream stream_;
  testing::FakeClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
  Pipeline pipeline_{
      {.name = {},
       .retain = {},
       .written =
           {{.words = "the target", .account = {}, .region = "eu-west-1", .table = "orders"}}},
      target_,
      clock_};
  StreamEventHandler stream_events_{pipeline_, logger_};
  QueueHandler queue_{pipeline_, stream_, clock_, logger_};
  runtime::Handler handler_ = make_handler(pipeline_, stream_events_, queue_, clock_);
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

/// The target is the table `orders`, and the streams are of the account 123456789012.
TEST_F(ServeTest, RefusesTheStreamOfItsTargetWhetherOrNotItsOwnArnTellsTheAccount) {
  const std::string event = event_of({put("a", "1", "x")});
  const std::string why =
      "Function.InvalidEvent: Records[0]: it is of the table \"orders\" of the account "
      "123456789012 in eu-west-1, which is the target: no change of this table can be applied, "
      "since what writes its own source would never come to an end";
  function_arn_ = {};
  EXPECT_EQ(error_of(event), why + "; if the target is another account's, name it by its ARN")
      << "an emulator tells no ARN";
  function_arn_ = "arn:aws:lambda:eu-west-1:123456789012:function:copy:live";
  EXPECT_EQ(error_of(event), why);
  const std::string message = R"({"messageId":"m1","body":)" +
                              escaped(payload_letter({put("b", "2", "y")})) +
                              R"(,"eventSource":"aws:sqs"})";
  EXPECT_EQ(std::get<std::string>(handle(event_of({message}))),
            R"({"batchItemFailures":[{"itemIdentifier":"m1"}]})");
  EXPECT_EQ(target_.calls, 0);
}

TEST_F(ServeTest, TakesTheStreamOfATableOfThatNameInAnotherAccount) {
  EXPECT_EQ(error_of(event_of({put("a", "1", "x")})), "no error");
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

/// One line for each invocation.
class ServeMetricsTest : public ServeTest {
 protected:
  ServeMetricsTest() { serve({.pipeline = "mine", .level = "INFO"}); }

  void serve(MetricsOutput metrics) {
    metrics.sink = [this](std::string_view line) { lines_.emplace_back(line); };
    metrics.figures = &figures_;
    handler_ = make_handler(pipeline_, stream_events_, queue_, clock_, std::move(metrics));
  }

  /// Serves an event; expects one line, which breaks no rule. @return the line
  json line_of(const std::string& event) {
    lines_.clear();
    is_error_ = std::holds_alternative<runtime::FunctionError>(handle(event));
    EXPECT_EQ(lines_.size(), 1U);
    if (lines_.size() != 1) return json();
    EXPECT_EQ(testing::emf_faults(lines_[0], clock_.now()), "") << lines_[0];
    return json::parse(lines_[0]);
  }

  /// Expects these counts of records, and 0 of all others.
  static void expect_records(const json& line, const std::map<std::string, int>& counts) {
    for (const char* name : {"RecordsReceived", "Applied", "AlreadyApplied", "Stale", "Superseded",
                             "Filtered", "RecordsFailed", "DeadLettersTaken"}) {
      const auto found = counts.find(name);
      EXPECT_EQ(line[name], found == counts.end() ? 0 : found->second) << name << " in " << line;
    }
  }

  TargetFigures figures_;
  std::vector<std::string> lines_;
  bool is_error_ = false;
};

TEST_F(ServeMetricsTest, CountTheRecordsOfAStreamsEvent) {
  target_.failing_keys.insert(testing::key_of("poison"));
  const std::string event = event_of({put("a", "1", "x"), put("a", "2", "y"), put("b", "3", "z"),
                                      put("poison", "4", "x"), put("poison", "5", "y")});
  const json first = line_of(event);
  EXPECT_FALSE(is_error_) << "the invocation succeeds all the same";
  expect_records(first,
                 {{"RecordsReceived", 5}, {"Applied", 2}, {"Superseded", 1}, {"RecordsFailed", 2}});
  EXPECT_EQ(first["Pipeline"], "mine");
  // The records were made at 1763685862; and then all that can be done is done.
  EXPECT_EQ(first["ReplicationLag"], 31'536'000'580);
  const json again = line_of(event);
  expect_records(
      again,
      {{"RecordsReceived", 5}, {"AlreadyApplied", 2}, {"Superseded", 1}, {"RecordsFailed", 2}});
  EXPECT_FALSE(again.contains("ReplicationLag")) << "nothing was applied";
}

/// A put of the key alone, made at `created_at` in seconds.
std::string key_put_at(const char* id, const char* number, const char* created_at) {
  return testing::to_json({.sequence_number = number,
                           .keys = testing::key_of(id),
                           .new_image = testing::key_of(id),
                           .created_at = created_at});
}

TEST_F(ServeMetricsTest, TellTheLagOfTheOldestRecordThatWasApplied) {
  target_.failing_keys.insert(testing::key_of("poison"));
  const json line =
      line_of(event_of({key_put_at("a", "1", "1795221860"), key_put_at("b", "2", "1795221850"),
                        key_put_at("poison", "3", "1795221000")}));
  EXPECT_EQ(line["ReplicationLag"], 12'580);
}

TEST_F(ServeMetricsTest, TellTheLagOfARecordThatOneWhichWasAppliedSuperseded) {
  EXPECT_EQ(line_of(event_of({put("c", "9", "x")}))["Applied"], 1);
  target_.failing_keys.insert(testing::key_of("poison"));
  const json line = line_of(
      event_of({key_put_at("a", "1", "1795214662"), key_put_at("a", "2", "1795221860"),
                key_put_at("poison", "3", "1795210000"), key_put_at("poison", "4", "1795221860"),
                // An item whose newest record was there already.
                key_put_at("c", "8", "1795211000"), put("c", "9", "x")}));
  expect_records(line, {{"RecordsReceived", 6},
                        {"Applied", 1},
                        {"AlreadyApplied", 1},
                        {"Superseded", 2},
                        {"RecordsFailed", 2}});
  EXPECT_EQ(line["ReplicationLag"], 7'200'580);
}

/// tests/support/cloudformation/rules.mjs shows this line to the template's alarm.
TEST_F(ServeMetricsTest, TellAPoisonRecordInTheLineThatTheTemplatesAlarmIsTestedWith) {
  serve({.pipeline = "orders-copy", .level = "INFO"});
  target_.failing_keys.insert(testing::key_of("poison"));
  line_of(event_of({key_put_at("a", "1", "1795221860"), key_put_at("poison", "2", "1795221860")}));
  EXPECT_FALSE(is_error_) << "Lambda counts no error";
  std::ifstream file(STREAMONCE_FIXTURES "/metrics/poison.json", std::ios::binary);
  EXPECT_EQ(lines_.at(0), std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST_F(ServeMetricsTest, CountAllRecordsOfARefusedEventAsFailed) {
  const std::string no_image = testing::to_json(
      {.sequence_number = "2", .keys = testing::key_of("b"), .view_type = "KEYS_ONLY"});
  const json refused = line_of(event_of({put("a", "1", "x"), no_image}));
  EXPECT_TRUE(is_error_);
  expect_records(refused, {{"RecordsReceived", 2}, {"RecordsFailed", 2}});
  const json unreadable = line_of("{\"Records\":[");
  EXPECT_TRUE(is_error_) << "which Lambda counts";
  expect_records(unreadable, {});
}

TEST_F(ServeMetricsTest, CountTheDeadLettersThatAQueueBrings) {
  const auto message = [](const char* id, std::string_view body) {
    return R"({"messageId":")" + std::string(id) + R"(","body":)" + escaped(body) +
           R"(,"eventSource":"aws:sqs"})";
  };
  target_.failing_keys.insert(testing::key_of("poison"));
  stream_.end = Error{ErrorCode::kExpired, "trimmed"};
  const json line = line_of(
      event_of({message("m1", payload_letter({put("a", "1", "x"), put("poison", "2", "y")})),
                message("m2", "hello"), message("m3", testing::pointer_letter("5", "9"))}));
  EXPECT_FALSE(is_error_);
  expect_records(
      line,
      {{"RecordsReceived", 4}, {"Applied", 1}, {"RecordsFailed", 3}, {"DeadLettersTaken", 2}});
  EXPECT_TRUE(line.contains("ReplicationLag"));

  const json refused = line_of(
      event_of({message("m1", payload_letter({put("c", "3", "x")})), message("", "hello")}));
  EXPECT_TRUE(is_error_);
  expect_records(refused, {{"RecordsReceived", 2}, {"RecordsFailed", 2}, {"DeadLettersTaken", 1}});
}

TEST_F(ServeMetricsTest, SetTheFiguresOfTheTargetToNothingBeforeEachInvocation) {
  figures_ = {.transactions = 7, .has_committed = true};
  const json line = line_of(event_of({put("a", "1", "x")}));
  EXPECT_EQ(line["Transactions"], 0);
  EXPECT_FALSE(line.contains("CommitTime"));
}

TEST_F(ServeMetricsTest, AreThoseOfTheSourceTableWhereNothingNamesThePipeline) {
  serve({.level = "WARN"});
  EXPECT_EQ(line_of("{}")["Pipeline"], "unknown") << "as long as no event has told one";
  EXPECT_EQ(line_of(event_of({put("a", "1", "x")}))["Pipeline"], "orders");
  const json refused = line_of("{}");
  EXPECT_EQ(refused["Pipeline"], "orders");
  EXPECT_EQ(refused["level"], "WARN");
}

TEST_F(ServeMetricsTest, TellNoKeyAndNoValue) {
  const std::string event = testing::with_secrets(
      event_of({put("MARKkey", "1", "MARKvalue"), put("MARKbad", "2", "MARKvalue", "UPSERT")}));
  line_of(event);
  EXPECT_EQ(testing::told_secret(lines_[0]), "");
}

}  // namespace
}  // namespace streamonce::handler
