// The shipped zip's binary as a function on the queue that its dead letters go to.

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/dead_letters.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/replay_shell.h"
#include "tests/support/secrecy.h"
#include "tests/support/streams_server.h"
#include "tests/support/target_under_test.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

const std::string kLetterFixtures = std::string(STREAMONCE_FIXTURES) + "/dead_letters";

std::string failures_of(const std::vector<std::string>& ids) {
  json answer = {{"batchItemFailures", json::array()}};
  for (const std::string& id : ids) answer["batchItemFailures"].push_back({{"itemIdentifier", id}});
  return answer.dump();
}

class QueueFunction : public ::testing::TestWithParam<const char*> {
 protected:
  QueueFunction() { target_->create({{"id", "S"}}); }

  /// One invocation of a new process. @return its answer
  Outcome invoke(const std::string& event, const std::vector<std::string>& settings = {}) {
    FakeRuntimeApi api;
    const auto environment = joined(joined(target_->environment(), streams_.environment()),
                                    joined(settings, {"AWS_LAMBDA_RUNTIME_API=" + api.address()}));
    const TempDir folder;
    ChildProcess process({.program = STREAMONCE_BOOTSTRAP,
                          .environment = environment,
                          .log_path = folder.file("log")});
    const auto outcome = api.wait_for_outcome(api.push_event(event));
    log_ = read_whole(folder.file("log"));
    if (outcome) return *outcome;
    ADD_FAILURE() << "no answer: " << log_;
    return {};
  }

  const std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
  StreamsServer streams_{10};
  std::string log_;  // of the last invocation
};

INSTANTIATE_TEST_SUITE_P(, QueueFunction, ::testing::Values("sqlite", "dynamodb", "items"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(QueueFunction, AppliesTheLettersOfItsMessages) {
  const std::string event = read_whole(kLetterFixtures + "/sqs_event_payload.json");
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(invoke(event).body, failures_of({}));
    ASSERT_EQ(target_->items().size(), 2U);
    EXPECT_EQ(target_->items()[0]["status"]["S"], "paid");
    EXPECT_TRUE(has(log_, "messages=2 failed=0")) << log_;
  }
}

TEST_P(QueueFunction, FetchesWhatMessagesPointTo) {
  const std::string event =
      queue_event({{"m1", lambda_pointer(streams_.range(1'001, 1'004)).dump()},
                   {"m2", in_notification(pipes_pointer(streams_.range(1'005, 1'007))).dump()}})
          .dump();
  EXPECT_EQ(invoke(event).body, failures_of({})) << log_;
  EXPECT_EQ(target_->items().size(), 7U);
}

TEST_P(QueueFunction, NamesEachPointerThatTheStreamDoesNotKnow) {
  const json event = json::parse(read_whole(kLetterFixtures + "/sqs_event_pointers.json"));
  EXPECT_EQ(invoke(event.dump()).body,
            failures_of({event["Records"][0]["messageId"], event["Records"][1]["messageId"]}));
  EXPECT_TRUE(has(log_, "source table's stream or this shard of it was not found")) << log_;
}

TEST_P(QueueFunction, NamesExactlyTheMessagesThatAreNotDone) {
  streams_.stream().trimmed = 5;
  const std::string event =
      queue_event(
          {{"good", s3_letter({put("a", "1", "x"), put("b", "2", "x")}).dump()},
           {"failing", s3_letter({put("c", "3", "x", "UPSERT"), put("d", "4", "x")}).dump()},
           {"behind", s3_letter({put("c", "5", "x"), put("e", "6", "x")}).dump()},
           {"order", R"({"orderId":7})"},
           {"text", "hello"},
           {"empty", ""},
           {"expired", lambda_pointer(streams_.range(1'001, 1'003)).dump()},
           {"fetched", lambda_pointer(streams_.range(1'006, 1'007)).dump()}})
          .dump();
  const std::vector<std::string> failed = {"failing", "behind", "order",
                                           "text",    "empty",  "expired"};
  EXPECT_EQ(invoke(event).body, failures_of(failed));
  EXPECT_EQ(target_->items().size(), 6U);  // a, b, d, e, and the two that were fetched
  for (const char* part :
       {"message_id=failing sequence_number=3 ", "UPSERT", "message_id=order ", "orderId",
        "message_id=text ", "message_id=empty ", "message_id=expired ", "What remains: ",
        "message_id=behind sequence_number=5 reason=\"another record of the same item is not done",
        "messages=8 failed=6"})
    EXPECT_TRUE(has(log_, part)) << part << "\n" << log_;
  EXPECT_FALSE(has(log_, "message_id=good")) << log_;

  // SQS delivers them again, each for itself or with others.
  EXPECT_EQ(invoke(queue_event({{"failing", s3_letter({put("c", "3", "x")}).dump()},
                                {"behind", s3_letter({put("c", "5", "y")}).dump()}})
                       .dump())
                .body,
            failures_of({}));
  EXPECT_EQ(target_->items().size(), 7U);
}

TEST_P(QueueFunction, RefusesAnEventOfMessagesThatCannotBeNamed) {
  const Outcome outcome =
      invoke(with_secrets(R"({"Records":[{"eventSource":"aws:sqs","body":"MARK"}]})"));
  EXPECT_TRUE(outcome.is_error);
  EXPECT_EQ(outcome.error_type, "Function.InvalidEvent");
  EXPECT_TRUE(has(outcome.body, "messageId")) << outcome.body;
  EXPECT_EQ(told_secret(outcome.body + log_), "") << outcome.body << log_;
}

TEST_P(QueueFunction, NoLineAndNoAnswerHoldsAValueOfALetter) {
  const std::string marked_number = to_json({.sequence_number = "7",
                                             .keys = key_of("MARKnumber"),
                                             .new_image = R"({"id":{"S":"MARKnumber"},)"
                                                          R"("n":{"N":"MARK"}})"});
  json context = s3_letter({put("MARKgood", "1", "MARKvalue")});
  context["requestContext"]["note"] = "MARKcontext";
  const std::string event = with_secrets(
      queue_event({{"m1", context.dump()},
                   {"m2", s3_letter({put("MARKbad", "2", "MARKvalue", "UPSERT")}).dump()},
                   {"m3", R"({"orderId":"MARKorder"})"},
                   {"m4", "MARK hello"},
                   {"m5", R"({"DDBStreamBatchInfo":"MARK","payload":"MARK"})"},
                   {"m6", R"({"DDBStreamBatchInfo":{},"payload":"{\"Records\":[\"MARK\"]}"})"},
                   {"m7", s3_letter({marked_number}).dump()},
                   {"m8", R"({"Type":"Notification","Message":"MARK"})"}})
          .dump());
  for (const std::string format : {"Text", "JSON"}) {
    for (const std::string level : {"TRACE", "INFO"}) {
      const Outcome outcome =
          invoke(event, {"AWS_LAMBDA_LOG_LEVEL=" + level, "AWS_LAMBDA_LOG_FORMAT=" + format});
      EXPECT_EQ(outcome.body, failures_of({"m2", "m3", "m4", "m5", "m6", "m7", "m8"}));
      EXPECT_TRUE(has(log_, "message not done")) << log_;
      EXPECT_EQ(told_secret(log_), "") << log_;
    }
  }
}

/// The command keeps the values in a file, and says none.
TEST(QueueCommand, NoLineHoldsAValueOfALetter) {
  const auto target = make_sqlite_under_test();
  ReplayShell shell(target->environment());
  shell.environment().push_back("AWS_LAMBDA_LOG_LEVEL=TRACE");
  const std::string dump = with_secrets(
      s3_letter({put("MARKgood", "1", "MARKvalue"), put("MARKbad", "2", "MARKvalue", "UPSERT")})
          .dump() +
      R"({"MessageId":"1","Body":"MARK"}{"orderId":"MARK"} MARK {"a":MARK})");
  for (const char* mode : {"--dry-run", "--json", "--verbose"}) {
    const Ended ended = shell.replay_input({mode, "-"}, dump);
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(told_secret(ended.out + ended.err), "") << ended.out << ended.err;
  }
  EXPECT_TRUE(has(read_whole(shell.path_of("stdin.failed.ndjson")), with_secrets("MARKbad")));
}

}  // namespace
}  // namespace streamonce::testing
