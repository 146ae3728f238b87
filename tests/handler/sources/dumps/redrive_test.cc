#include "handler/sources/dumps/redrive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_source_items.h"
#include "tests/support/memory_stream.h"
#include "tests/support/memory_target.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using streamonce::testing::event_of;
using streamonce::testing::FakeClock;
using streamonce::testing::key_of;
using streamonce::testing::kStreamArn;
using streamonce::testing::MemoryStream;
using streamonce::testing::MemoryTarget;
using streamonce::testing::payload_letter;
using streamonce::testing::pointer_letter;
using streamonce::testing::put;
using streamonce::testing::RecordText;
using streamonce::testing::remove;
using streamonce::testing::to_json;
using Told = std::vector<std::string>;

class Observer final : public RedriveObserver {
 public:
  std::size_t on_message(std::size_t unit, std::string_view message_id) override {
    told.push_back("message " + std::string(message_id));
    return unit + 100;
  }
  void on_batch(const AppliedBatch& batch) override {
    ASSERT_EQ(batch.changes.size(), batch.sequence_numbers.size());
    ASSERT_EQ(batch.changes.size(), batch.result.fates.size());
  }
  void on_record(const RecordReport& report) override {
    std::string line = std::to_string(report.unit) + " " + std::string(report.sequence_number) +
                       " " + std::string(name_of(report.fate));
    if (!report.reason.empty()) line += ": " + std::string(report.reason);
    told.push_back(line);
    const auto parsed = nlohmann::json::parse(report.json());
    EXPECT_EQ(parsed["dynamodb"]["SequenceNumber"], report.sequence_number);
    names_stream = parsed.contains("eventSourceARN");
  }
  void on_pointer(std::size_t unit, std::string_view letter, const Status& status) override {
    EXPECT_TRUE(nlohmann::json::parse(letter).contains("DDBStreamBatchInfo"));
    told.push_back(std::to_string(unit) + " pointer " +
                   (status ? "fetched" : status.error().message));
    if (!status) code = status.error().code;
  }
  void on_unreadable(std::size_t unit, std::string_view text, std::string_view reason) override {
    told.push_back(std::to_string(unit) + " unreadable " + std::string(text) + ": " +
                   std::string(reason));
  }

  Told told;
  bool names_stream = false;
  ErrorCode code = ErrorCode::kFatal;
};

class RedriveTest : public ::testing::Test {
 protected:
  /// Takes each document as a unit of its own, and flushes.
  Told run(const std::vector<std::string>& documents, const std::string& stream_arn = {}) {
    observer_.told.clear();
    const auto deadline = [this] { return clock_.steady_now() + std::chrono::seconds(60); };
    Pipeline pipeline(options_, target_, clock_);
    Redrive redrive({.stream_arn = stream_arn, .deadline = deadline, .fetch_deadline = deadline},
                    pipeline, stream_, observer_);
    for (std::size_t unit = 0; unit < documents.size(); ++unit)
      redrive.take(Payload::copy_of(documents[unit]).view(), unit);
    redrive.flush();
    return observer_.told;
  }

  PipelineOptions options_;
  MemoryTarget target_;
  MemoryStream stream_;
  FakeClock clock_;
  Observer observer_;
};

TEST_F(RedriveTest, AppliesWhatLettersHoldAndTellsOfEachRecord) {
  EXPECT_EQ(run({payload_letter({put("a", "1", "x"), put("b", "2", "y")}),
                 event_of({put("a", "3", "z"), remove("c", "4")})}),
            (Told{"0 1 superseded", "0 2 applied", "1 3 applied", "1 4 applied"}));
  EXPECT_EQ(target_.calls, 1);
  EXPECT_EQ(target_.items.size(), 2U);
  EXPECT_EQ(run({put("a", "3", "z"), put("b", "1", "old")}),
            (Told{"0 3 already applied", "1 1 stale"}));
}

TEST_F(RedriveTest, ARecordThatFailsNamesTheReasonOnce) {
  target_.failing_keys.insert(key_of("a"));
  EXPECT_EQ(run({event_of({put("a", "1", "x"), put("b", "2", "y"), put("a", "3", "z")})}),
            (Told{"0 1 failed", "0 2 applied", "0 3 failed: refused by the test"}));
}

TEST_F(RedriveTest, ARecordThatCannotBeReadIsNeverInABatch) {
  std::string foreign = put("a", "1", "x");
  foreign.replace(foreign.find("aws:dynamodb"), 12, "aws:kinesis");
  const std::string no_number = R"({"dynamodb":{"Keys":{"id":{"S":"a"}}},"eventSourceARN":")" +
                                std::string(kStreamArn) + "\"}";
  const Told told = run({event_of({put("b", "2", "y"), foreign, no_number, put("c", "3", "z")})});
  ASSERT_EQ(told.size(), 4U);
  EXPECT_NE(told[0].find("the record is of the event source \"aws:kinesis\""), std::string::npos);
  EXPECT_NE(told[1].find("the record has no dynamodb.SequenceNumber"), std::string::npos);
  EXPECT_EQ(told[2], "0 2 applied");
  EXPECT_EQ(told[3], "0 3 applied");
}

TEST_F(RedriveTest, ABadRecordEndsTheLaneOfItsItemOnly) {
  const std::string bad = to_json({.event_name = "UPSERT", .sequence_number = "2"});
  const Told told =
      run({event_of({put("a", "1", "x"), bad, put("a", "3", "z"), put("b", "4", "y")})});
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0], "0 1 applied");
  EXPECT_EQ(told[1].find("0 2 failed: eventName \"UPSERT\" is unknown"), 0U);
  EXPECT_EQ(told[2], "0 3 failed");
  EXPECT_EQ(told[3], "0 4 applied");
}

TEST_F(RedriveTest, ARecordWithoutItsStreamTakesItFromOutsideOrIsRefused) {
  RecordText text{.sequence_number = "7", .new_image = R"({"id":{"S":"a"}})", .arn = ""};
  const Told refused = run({to_json(text)});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].find("0 7 failed: the record does not name its stream"), 0U);
  EXPECT_NE(refused[0].find("--stream-arn"), std::string::npos);
  EXPECT_FALSE(observer_.names_stream);
  EXPECT_EQ(run({to_json(text)}, std::string(kStreamArn)), Told{"0 7 applied"});
  EXPECT_TRUE(observer_.names_stream);
  EXPECT_EQ(run({payload_letter({to_json(text)})}), Told{"0 7 already applied"});
  // A record's own stream is stronger.
  std::string other(kStreamArn);
  other.replace(other.find("table/orders"), 12, "table/others");
  EXPECT_EQ(run({put("a", "7", "x")}, other), Told{"0 7 already applied"});
}

TEST_F(RedriveTest, AnImageThatTheViewTypeLeavesOutFailsItsRecordOnly) {
  const Told told = run({event_of(
      {to_json({.event_name = "MODIFY", .view_type = "KEYS_ONLY"}), put("b", "200", "y")})});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told[0].find("the stream's view type is KEYS_ONLY"), std::string::npos);
  EXPECT_EQ(told[1], "0 200 applied");
}

TEST_F(RedriveTest, FetchesAnImageThatTheViewTypeLeavesOut) {
  testing::FakeSourceItems source;
  source.items["id=a"] = R"({"id":{"S":"a"},"value":{"S":"now"}})";
  source.failing = {"id=b"};
  options_.source_items = &source;
  const Told told = run({event_of(
      {to_json({.event_name = "MODIFY", .sequence_number = "1", .view_type = "KEYS_ONLY"}),
       to_json({.sequence_number = "2", .keys = key_of("b"), .view_type = "KEYS_ONLY"}),
       put("c", "3", "y")})});
  EXPECT_EQ(told, (Told{"0 1 applied",
                        "0 2 failed: the image could not be read from the source's table: "
                        "throttled by the test",
                        "0 3 applied"}));
  EXPECT_EQ(target_.items.at(key_of("a")), source.items["id=a"]);
}

TEST_F(RedriveTest, RecordsOlderThanTheRetentionAreExpired) {
  options_.retain = std::chrono::days(2);
  const Told told = run({event_of({to_json(
      {.sequence_number = "1", .new_image = R"({"id":{"S":"a"}})", .created_at = "1600000000"})})});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].find("0 1 expired: expired: older than retain_days"), 0U);
  EXPECT_TRUE(target_.items.empty());
}

TEST_F(RedriveTest, FetchesWhatIsOnlyPointedTo) {
  stream_.pages = {
      {}, {put("a", "1", "x"), put("b", "2", "y")}, {}, {put("c", "10", "z"), put("d", "11", "w")}};
  EXPECT_EQ(run({pointer_letter("2", "10")}),
            (Told{"0 pointer fetched", "0 2 applied", "0 10 applied"}));
  EXPECT_EQ(stream_.last_shard, "shard-1");
  EXPECT_EQ(target_.items.size(), 2U);
}

/// As GetRecords gives them.
TEST_F(RedriveTest, FetchedRecordsTakeTheStreamFromThePointer) {
  stream_.pages = {{to_json({.sequence_number = "5",
                             .new_image = R"({"id":{"S":"a"}})",
                             .arn = "",
                             .created_at = R"("2026-11-21T00:44:22+00:00")"})}};
  EXPECT_EQ(run({pointer_letter("5", "5")}), (Told{"0 pointer fetched", "0 5 applied"}));
  EXPECT_EQ(target_.marks.begin()->second.find("2026-11-21T00:44:22.580/"), 0U);
}

TEST_F(RedriveTest, APointerWhoseRecordsAreGoneSaysWhatRemainsToBeDone) {
  stream_.end = Error{ErrorCode::kExpired, "trimmed"};
  Told told = run({pointer_letter("5", "9")});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].find("0 pointer expired: records 5 to 9 of shard shard-1 of arn:aws:dynamodb"),
            0U);
  EXPECT_NE(told[0].find("a shard has only its own: is shardId theirs? What remains: "),
            std::string::npos);
  EXPECT_EQ(observer_.code, ErrorCode::kExpired);
  // A stream that gives only the end of the range, without a word.
  stream_.pages = {{put("a", "6", "x"), put("b", "9", "y")}};
  told = run({pointer_letter("5", "9")});
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].find("0 pointer expired: "), 0U);
  EXPECT_NE(told[0].find("for 24 hours. What remains: "), std::string::npos);
  EXPECT_EQ(told[1], "0 6 applied");
}

TEST_F(RedriveTest, APointerThatCannotBeReadSaysWhy) {
  const Told told = run({pointer_letter("5", "9"), put("a", "1", "x")});
  EXPECT_EQ(told[0].find("0 pointer records 5 to 9 of shard shard-1 of arn:aws:"), 0U);
  EXPECT_NE(told[0].find(": the shard ends before the range does"), std::string::npos);
  EXPECT_EQ(told[1], "1 1 applied");
}

TEST_F(RedriveTest, AMessageIsAUnitOfItsOwn) {
  const auto message = [](std::string_view id, const std::string& body) {
    return R"({"MessageId":")" + std::string(id) + R"(","Body":)" +
           streamonce::testing::escaped(body) + "}";
  };
  const std::string list = R"({"Messages":[)" +
                           message("m1", payload_letter({put("a", "1", "x")})) + "," +
                           message("m2", "hello") + "]}";
  const Told told = run({list});
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0], "message m1");
  EXPECT_EQ(told[1], "message m2");
  EXPECT_EQ(told[2].find("100 unreadable {\"MessageId\":\"m2\""), 0U);
  EXPECT_EQ(told[3], "100 1 applied");
}

TEST_F(RedriveTest, ALettersStreamArnCannotAddRecords) {
  std::string letter = payload_letter(
      {to_json({.sequence_number = "7", .new_image = R"({"id":{"S":"a"}})", .arn = ""})});
  const std::string arn(kStreamArn);
  letter.replace(letter.find(arn), arn.size(),
                 R"(x\"},{\"dynamodb\":{\"SequenceNumber\":\"1\"},\"y\":\")");
  const Told told = run({letter});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].find("0 7 failed: the record does not name its stream"), 0U);
  EXPECT_TRUE(target_.items.empty());
}

TEST_F(RedriveTest, ANullArnIsNone) {
  const std::string record = to_json({.sequence_number = "7",
                                      .new_image = R"({"id":{"S":"a"}})",
                                      .arn = "",
                                      .more = R"(,"eventSourceARN":null)"});
  EXPECT_EQ(run({payload_letter({record})}), Told{"0 7 applied"});
}

/// Lambda never mixes streams in a batch; a dump does.
TEST_F(RedriveTest, ARecordOfABadStreamStandsInNobodysWay) {
  const std::string bad =
      to_json({.sequence_number = "1", .new_image = R"({"id":{"S":"a"}})", .arn = "arn:aws:x"});
  const Told told = run({bad, put("a", "2", "y")});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].find("0 1 failed: eventSourceARN is not a stream's"), 0U);
  EXPECT_EQ(told[1], "1 2 applied");
}

TEST_F(RedriveTest, WhatWaitsIsAppliedBeforeAPointerIsRead) {
  struct Watching final : StreamReader {
    explicit Watching(MemoryTarget& watched) : target(watched) {}
    Status read(const StreamRange&, const TakePage&, SteadyTime) override {
      items = target.items.size();
      return {};
    }
    MemoryTarget& target;
    std::size_t items = 0;
  } watching(target_);
  const auto deadline = [this] { return clock_.steady_now() + std::chrono::seconds(60); };
  Pipeline pipeline(options_, target_, clock_);
  Redrive redrive({.stream_arn = {}, .deadline = deadline, .fetch_deadline = deadline}, pipeline,
                  watching, observer_);
  redrive.take(Payload::copy_of(put("a", "1", "x")).view(), 0);
  redrive.take(Payload::copy_of(pointer_letter("5", "9")).view(), 1);
  EXPECT_EQ(watching.items, 1U);
}

TEST_F(RedriveTest, ManyRecordsGoInBatches) {
  std::vector<std::string> documents;
  for (std::size_t i = 0; i < 2 * kRedriveBatchRecords + 1; ++i)
    documents.push_back(put("item-" + std::to_string(i), std::to_string(i + 1), "x"));
  const Told told = run(documents);
  EXPECT_EQ(told.size(), documents.size());
  EXPECT_EQ(target_.calls, 3);
  EXPECT_EQ(target_.items.size(), documents.size());
}

/// The largest that are applied, and one byte more.
TEST_F(RedriveTest, LargeRecordsGoInBatchesThatHoldThem) {
  const auto record_of = [](std::string_view id, std::size_t size) {
    const std::size_t empty = put(id, "1", "").size();
    return put(id, "1", std::string(size - empty, 'x'));
  };
  const std::size_t largest = kPayloadBytesMax - std::string_view(R"({"Records":[]})").size();
  const Told told = run({record_of("a", 4'000'000), record_of("b", 4'000'000),
                         record_of("c", largest), record_of("d", largest + 1)});
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(std::count_if(told.begin(), told.end(),
                          [](const std::string& line) { return line.ends_with("1 applied"); }),
            3);
  EXPECT_EQ(target_.calls, 3);
}

/// What waits in a batch is what it was, whatever is read behind it.
TEST_F(RedriveTest, TextsWithEscapesAndNullsWaitAsTheyAre) {
  std::vector<std::string> documents;
  for (int i = 1; i <= 50; ++i) {
    const std::string id = "item\\n" + std::to_string(i);
    documents.push_back(to_json({.sequence_number = "\\u0031" + std::to_string(i),
                                 .keys = R"({"\u0069d":{"S":")" + id + R"(","N":null}})",
                                 .new_image = R"({"id":{"S":")" + id + R"(","B":null}})",
                                 .arn = i % 2 == 0 ? "" : std::string(kStreamArn)}));
  }
  EXPECT_EQ(run(documents, std::string(kStreamArn)).size(), 50U);
  ASSERT_EQ(target_.items.size(), 50U);
  for (int i = 1; i <= 50; ++i) {
    const std::string number = std::to_string(i);
    const std::string value = R"({"S":"item\n)" + number + R"("}})";
    EXPECT_EQ(target_.items.at(R"({"\u0069d":)" + value), R"({"id":)" + value);
    const std::string id = "orders|123456789012/eu-west-1/orders|2:idS" +
                           std::to_string(5 + number.size()) + ":item\n" + number;
    ASSERT_TRUE(target_.marks.contains(id)) << id;
    EXPECT_TRUE(target_.marks.at(id).ends_with("01" + number)) << target_.marks.at(id);
  }
}

/// A record that is refused is told before those that wait, and leaves nothing behind.
TEST_F(RedriveTest, AFullBatchIsAppliedWhenTheNextRecordIsSound) {
  std::vector<std::string> documents;
  for (std::size_t i = 0; i < kRedriveBatchRecords; ++i)
    documents.push_back(put("item-" + std::to_string(i), std::to_string(i + 1), "x"));
  documents.push_back(to_json({.keys = key_of("none"), .arn = ""}));
  documents.push_back(put("last", "5000", "x"));
  const Told told = run(documents);
  ASSERT_EQ(told.size(), documents.size());
  EXPECT_NE(told[0].find("the record does not name its stream"), std::string::npos) << told[0];
  EXPECT_EQ(told[1], "0 1 applied");
  EXPECT_EQ(told.back(), std::to_string(documents.size() - 1) + " 5000 applied");
  EXPECT_EQ(target_.calls, 2);
}

/// Any split of any letters in any order ends the same.
TEST_F(RedriveTest, OrderAndRepetitionDoNotMatter) {
  const std::vector<std::string> records = {put("a", "1", "x"), put("a", "2", "y"),
                                            remove("b", "3"),   put("b", "4", "z"),
                                            remove("a", "5"),   put("c", "6", "w")};
  run(records);
  const auto items = target_.items;
  const auto marks = target_.marks;
  std::vector<std::string> order = records;
  std::sort(order.begin(), order.end());
  for (int shuffle = 0; shuffle < 40; ++shuffle) {
    for (int step = 0; step < 18; ++step) std::next_permutation(order.begin(), order.end());
    run({payload_letter({order[0], order[1]}), order[2], event_of({order[3], order[4]}), order[5]});
    ASSERT_EQ(target_.items, items);
    ASSERT_EQ(target_.marks, marks);
    target_ = MemoryTarget();
    run({order[0], order[1], order[2], order[3], order[4], order[5], order[0]});
    ASSERT_EQ(target_.items, items);
    ASSERT_EQ(target_.marks, marks);
  }
}

}  // namespace
}  // namespace streamonce::handler
