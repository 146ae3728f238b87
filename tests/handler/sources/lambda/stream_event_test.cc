#include "handler/sources/lambda/stream_event.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_source_items.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using streamonce::testing::event_of;
using streamonce::testing::FakeClock;
using streamonce::testing::key_of;
using streamonce::testing::MemoryTarget;
using streamonce::testing::put;
using streamonce::testing::remove;
using streamonce::testing::to_json;

constexpr std::string_view kNoFailure = R"({"batchItemFailures":[]})";

std::string failure_at(std::string_view number) {
  return R"({"batchItemFailures":[{"itemIdentifier":")" + std::string(number) + R"("}]})";
}

std::string item(std::string_view id, std::string_view value) {
  return R"({"id":{"S":")" + std::string(id) + R"("},"value":{"S":")" + std::string(value) +
         R"("}})";
}

class StreamEventTest : public ::testing::Test {
 protected:
  Result<StreamEventResult> run(const std::vector<std::string>& records) {
    return run_text(event_of(records));
  }
  Result<StreamEventResult> run_text(const std::string& text) {
    const Payload payload = Payload::copy_of(text);
    Pipeline pipeline(options_, target_, clock_);
    StreamEventHandler handler(pipeline, logger_);
    return handler.run(payload.view(), clock_.steady_now() + std::chrono::seconds(60));
  }

  PipelineOptions options_;
  MemoryTarget target_;
  FakeClock clock_;
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
};

TEST_F(StreamEventTest, AppliesTheNewestChangeOfEachItem) {
  const StreamEventResult result =
      run({put("a", "1", "old"), put("b", "2", "x"), put("a", "3", "new"), remove("c", "4")})
          .value();
  EXPECT_EQ(result.response, kNoFailure);
  EXPECT_EQ(target_.items.at(key_of("a")), item("a", "new"));
  EXPECT_EQ(target_.items.at(key_of("b")), item("b", "x"));
  EXPECT_EQ(result.batch.counts.of(Fate::kApplied), 3U);
  EXPECT_EQ(result.batch.counts.of(Fate::kSuperseded), 1U);
  EXPECT_EQ(result.batch.items, 3U);
}

TEST_F(StreamEventTest, NamesTheMarkByPipelineSourceAndKey) {
  options_.name = "copy";
  ASSERT_TRUE(run({put("a", "1", "x")}));
  EXPECT_EQ(target_.marks.begin()->first, "copy|123456789012/eu-west-1/orders|2:idS1:a");
  EXPECT_EQ(target_.marks.begin()->second,
            "2026-11-21T00:44:22.580/0000000000000000000000000000000000000001");
  options_.name = "";
  ASSERT_TRUE(run({put("a", "1", "x")}));
  EXPECT_TRUE(target_.marks.contains("orders|123456789012/eu-west-1/orders|2:idS1:a"));
}

TEST_F(StreamEventTest, ARedeliveryChangesNothing) {
  const std::vector<std::string> batch = {put("a", "1", "x"), put("a", "2", "y"), remove("b", "3")};
  ASSERT_TRUE(run(batch));
  const auto items = target_.items;
  const StreamEventResult again = run(batch).value();
  EXPECT_EQ(again.batch.counts.of(Fate::kAlreadyApplied), 2U);
  EXPECT_EQ(again.batch.counts.of(Fate::kApplied), 0U);
  const StreamEventResult suffix = run({batch[2]}).value();
  EXPECT_EQ(suffix.batch.counts.of(Fate::kAlreadyApplied), 1U);
  EXPECT_EQ(target_.items, items);
}

TEST_F(StreamEventTest, AnOldRecordDoesNotBringADeletedItemBack) {
  ASSERT_TRUE(run({put("a", "9", "x"), remove("a", "10")}));
  const StreamEventResult old = run({put("a", "9", "x")}).value();
  EXPECT_EQ(old.batch.counts.of(Fate::kStale), 1U);
  EXPECT_TRUE(target_.items.empty());
}

TEST_F(StreamEventTest, OrdersARecordByNumberNotByPlace) {
  ASSERT_TRUE(run({put("a", "10", "new"), put("a", "9", "old")}));
  EXPECT_EQ(target_.items.at(key_of("a")), item("a", "new"));
}

TEST_F(StreamEventTest, ALaterStreamIsNewer) {
  ASSERT_TRUE(run({put("a", "900", "old stream")}));
  const std::string arn =
      "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-12-01T00:00:00.000";
  ASSERT_TRUE(run({to_json({.sequence_number = "1",
                            .keys = key_of("a"),
                            .new_image = item("a", "new stream"),
                            .arn = arn})}));
  EXPECT_EQ(target_.items.at(key_of("a")), item("a", "new stream"));
}

TEST_F(StreamEventTest, AFailedItemDoesNotStopTheOthersAndNamesItsOldestRecord) {
  target_.failing_keys = {key_of("b")};
  const StreamEventResult result = run({put("a", "1", "x"), put("b", "2", "x"), put("c", "3", "x"),
                                        put("b", "4", "y"), put("d", "5", "x")})
                                       .value();
  EXPECT_EQ(result.response, failure_at("2"));
  EXPECT_EQ(result.batch.counts.of(Fate::kApplied), 3U);
  EXPECT_EQ(result.batch.counts.not_done(), 2U);
  EXPECT_FALSE(target_.items.contains(key_of("b")));
}

TEST_F(StreamEventTest, ABadRecordEndsItsLaneAndNoOther) {
  const StreamEventResult result = run({put("a", "1", "first"), put("a", "2", "bad", "UPSERT"),
                                        put("a", "3", "later"), put("b", "4", "x")})
                                       .value();
  EXPECT_EQ(result.response, failure_at("2"));
  EXPECT_EQ(target_.items.at(key_of("a")), item("a", "first"));
  EXPECT_EQ(target_.items.at(key_of("b")), item("b", "x"));
  EXPECT_EQ(result.batch.counts.not_done(), 2U);
}

TEST_F(StreamEventTest, NamesTheRecordThatFailedAndWhereLambdaGoesOn) {
  target_.failing_keys = {key_of("b")};
  EXPECT_EQ(run({put("b", "2", "x"), put("b", "4", "y")})->response, failure_at("2"));
  EXPECT_NE(log_.find(R"("sequence_number":"4","not_done_from":"2")"), std::string::npos) << log_;
}

TEST_F(StreamEventTest, ARecordWithoutAKeyFailsAlone) {
  const StreamEventResult result =
      run({put("a", "1", "x"), to_json({.sequence_number = "2", .keys = ""}), put("b", "3", "x")})
          .value();
  EXPECT_EQ(result.response, failure_at("2"));
  EXPECT_EQ(result.batch.counts.of(Fate::kApplied), 2U);
}

TEST_F(StreamEventTest, TheLowestFailureIsNamedByNumberNotByPlaceOrText) {
  target_.failing_keys = {key_of("a"), key_of("b")};
  EXPECT_EQ(run({put("a", "100", "x"), put("b", "99", "x")})->response, failure_at("99"));
}

TEST_F(StreamEventTest, RefusesABatchWhoseStreamLacksTheNewImage) {
  for (const std::string view_type : {"KEYS_ONLY", "OLD_IMAGE"}) {
    const auto result = run({put("a", "1", "x"), to_json({.event_name = "INSERT",
                                                          .sequence_number = "2",
                                                          .keys = key_of("b"),
                                                          .view_type = view_type})});
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("NEW_AND_OLD_IMAGES"), std::string::npos);
    EXPECT_NE(result.error().message.find(view_type), std::string::npos);
  }
  EXPECT_EQ(target_.calls, 0);
}

TEST_F(StreamEventTest, FetchesTheImagesThatTheStreamLeavesOut) {
  testing::FakeSourceItems source;
  options_.source_items = &source;
  const auto modify = [&](const std::string& number, const std::string& type,
                          const std::string& old_image) {
    source.items["id=a"] = item("a", number);
    return run({to_json({.event_name = "MODIFY",
                         .sequence_number = number,
                         .keys = key_of("a"),
                         .old_image = old_image,
                         .view_type = type})})
        ->response;
  };
  EXPECT_EQ(modify("1", "KEYS_ONLY", ""), kNoFailure);
  EXPECT_EQ(target_.items[key_of("a")], item("a", "1"));
  EXPECT_EQ(modify("2", "OLD_IMAGE", item("a", "old")), kNoFailure);
  EXPECT_EQ(target_.items[key_of("a")], item("a", "2"));
  source.failing = {"id=b"};
  EXPECT_EQ(run({to_json({.sequence_number = "3", .keys = key_of("b"), .view_type = "KEYS_ONLY"}),
                 to_json({.sequence_number = "4", .keys = key_of("a"), .view_type = "KEYS_ONLY"})})
                ->response,
            failure_at("3"));
  EXPECT_NE(log_.find("throttled by the test"), std::string::npos);
}

TEST_F(StreamEventTest, ARemoveNeedsNoImage) {
  EXPECT_EQ(run({to_json({.event_name = "REMOVE", .keys = key_of("a"), .view_type = "KEYS_ONLY"})})
                ->response,
            kNoFailure);
}

TEST_F(StreamEventTest, AnEmptyBatchIsDoneWithoutTheTarget) {
  EXPECT_EQ(run({})->response, kNoFailure);
  EXPECT_EQ(target_.calls, 0);
}

TEST_F(StreamEventTest, WithARetentionAnOlderRecordIsRefused) {
  options_.retain = std::chrono::days(7);
  const std::string old_record = to_json({.sequence_number = "1",
                                          .keys = key_of("a"),
                                          .new_image = item("a", "x"),
                                          .created_at = "1"});
  EXPECT_EQ(run({old_record})->response, failure_at("1"));
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch());
  EXPECT_EQ(run({to_json({.sequence_number = "2",
                          .keys = key_of("a"),
                          .new_image = item("a", "x"),
                          .created_at = std::to_string(now.count())})})
                ->response,
            kNoFailure);
}

TEST_F(StreamEventTest, ACreationTimeOfAnUnknownFormMattersOnlyWithARetention) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch());
  const std::string milliseconds = std::to_string(seconds.count()) + "000";
  int number = 0;
  for (const std::string& time :
       {milliseconds, std::string(R"("yesterday")"), std::string("null"), std::string("{}")}) {
    const std::string id = std::to_string(++number);
    const std::string record = to_json({.sequence_number = id,
                                        .keys = key_of(id),
                                        .new_image = item(id, "x"),
                                        .created_at = time});
    options_.retain = std::chrono::days(7);
    const StreamEventResult refused = run({record}).value();
    EXPECT_EQ(refused.response, failure_at(id)) << time;
    EXPECT_EQ(refused.batch.fates, std::vector<Fate>{Fate::kFailed}) << "nobody knows its age";
    ASSERT_EQ(refused.batch.failures.size(), 1U);
    EXPECT_NE(
        refused.batch.failures[0].reason.find("ApproximateCreationDateTime is absent or of an "
                                              "unknown form"),
        std::string::npos)
        << refused.batch.failures[0].reason;
    options_.retain.reset();
    EXPECT_EQ(run({record})->response, kNoFailure) << time;
  }
}

TEST_F(StreamEventTest, TellsTheFateOfEachRecordInTheEventsOrder) {
  ASSERT_TRUE(run({put("same", "5", "x"), put("ahead", "9", "x")}));
  target_.failing_keys = {key_of("b")};
  const StreamEventResult result =
      run({put("a", "2", "new"), put("a", "1", "old"), put("b", "3", "x"), put("b", "4", "y"),
           put("same", "5", "x"), put("ahead", "8", "old"), put("c", "10", "x"),
           put("c", "11", "x", "UPSERT"), put("c", "12", "x"),
           to_json({.sequence_number = "13", .keys = ""})})
          .value();
  using enum Fate;
  EXPECT_EQ(result.batch.fates,
            (std::vector<Fate>{kApplied, kSuperseded, kFailed, kFailed, kAlreadyApplied, kStale,
                               kApplied, kFailed, kFailed, kFailed}));
  EXPECT_EQ(result.batch.counts.not_done(), 5U);
  EXPECT_EQ(result.batch.counts.of(Fate::kExpired), 0U);
  ASSERT_EQ(result.batch.failures.size(), 3U);
  EXPECT_EQ(result.batch.failures[0].record, 2U);
  EXPECT_EQ(result.batch.failures[0].cause, 3U);
  EXPECT_EQ(result.batch.failures[0].reason, "refused by the test");
  EXPECT_EQ(result.batch.failures[1].record, 7U);
  EXPECT_EQ(result.batch.failures[2].record, 9U);
}

TEST_F(StreamEventTest, AnExpiredRecordIsOneOfTheFailed) {
  options_.retain = std::chrono::days(7);
  const auto record = [](std::string_view id, std::string_view number, std::string_view created_at,
                         std::string_view event_name = "MODIFY") {
    return to_json({.event_name = std::string(event_name),
                    .sequence_number = std::string(number),
                    .keys = key_of(id),
                    .new_image = item(id, "x"),
                    .created_at = std::string(created_at)});
  };
  const auto seconds = std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch());
  const std::string now = std::to_string(seconds.count());
  const StreamEventResult result =
      run({record("a", "1", "1"), record("a", "2", "1"), record("b", "3", "1", "UPSERT"),
           record("c", "4", "1"), record("c", "5", now), record("d", "6", now)})
          .value();
  using enum Fate;
  EXPECT_EQ(result.batch.fates,
            (std::vector<Fate>{kExpired, kExpired, kFailed, kSuperseded, kApplied, kApplied}));
  EXPECT_EQ(result.batch.counts.not_done(), 3U);
  EXPECT_EQ(result.batch.counts.of(Fate::kExpired), 2U);
  EXPECT_EQ(result.response, failure_at("1"));
}

TEST_F(StreamEventTest, LogsOneLineOfCountsAndNoValue) {
  target_.failing_keys = {key_of("SECRETKEY")};
  ASSERT_TRUE(run({put("SECRETKEY", "1", "SECRETVALUE"), put("b", "2", "SECRETVALUE")}));
  EXPECT_NE(log_.find(R"("message":"batch done")"), std::string::npos);
  EXPECT_NE(log_.find(R"("sequence_number":"1")"), std::string::npos);
  EXPECT_EQ(log_.find("SECRET"), std::string::npos) << log_;
}

/// Guarantee G5 and G2 on every batch of up to four records of two items with one failure of either
/// kind: each record is counted once, and the response names the oldest record that is not done.
TEST_F(StreamEventTest, EverySmallBatchIsAccountedFor) {
  constexpr int kRecordsMost = 4;
  for (int count = 1; count <= kRecordsMost; ++count) {
    for (int items = 0; items < 1 << count; ++items) {
      for (int bad = -1; bad < count; ++bad) {
        target_ = MemoryTarget();
        std::vector<std::string> records;
        for (int i = 0; i < count; ++i)
          records.push_back(put((items >> i & 1) != 0 ? "a" : "b", std::to_string(i + 1),
                                std::to_string(i), i == bad ? "BAD" : "MODIFY"));
        const StreamEventResult result = run(records).value();
        ASSERT_EQ(result.batch.fates.size(), records.size());
        for (int i = 0; i < count; ++i) {
          const bool behind_bad = bad >= 0 && i >= bad && (items >> i & 1) == (items >> bad & 1);
          EXPECT_EQ(is_done(result.batch.fates[static_cast<std::size_t>(i)]), !behind_bad);
        }
        EXPECT_EQ(result.response,
                  bad < 0 ? std::string(kNoFailure) : failure_at(std::to_string(bad + 1)));
        for (const std::string id : {"a", "b"}) {
          int newest = -1;
          for (int i = 0; i < count; ++i) {
            const bool mine = ((items >> i & 1) != 0) == (id == "a");
            const bool behind_bad = bad >= 0 && i >= bad && (items >> i & 1) == (items >> bad & 1);
            if (mine && !behind_bad) newest = i;
          }
          const auto found = target_.items.find(key_of(id));
          ASSERT_EQ(found != target_.items.end(), newest >= 0);
          if (newest >= 0) EXPECT_EQ(found->second, item(id, std::to_string(newest)));
        }
      }
    }
  }
}

}  // namespace
}  // namespace streamonce::handler
