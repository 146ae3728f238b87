#include "events/change.h"

#include <gtest/gtest.h>

#include <string>

#include "events/stream_batch.h"
#include "tests/support/stream_event.h"

namespace streamonce::events {
namespace {

using testing::event_of;
using testing::key_of;
using testing::put;
using testing::to_json;

/// The change of a record, with all that it borrows.
struct Made {
  explicit Made(const std::string& record) : payload(Payload::copy_of(event_of({record}))) {
    batch = parser.parse(payload.view()).value();
    change = change_of(batch.records.at(0));
  }

  Payload payload;
  StreamParser parser;
  StreamBatch batch;
  Change change;
};

TEST(Change, SaysWhatTheRecordSays) {
  const Made made(put("a", "12", "x"));
  const Change& change = made.change;
  EXPECT_EQ(change.source,
            (SourceTable{.account = "123456789012", .region = "eu-west-1", .table = "orders"}));
  EXPECT_EQ(change.keys_json, key_of("a"));
  EXPECT_EQ(change.key.attributes()[0].value, "a");
  EXPECT_EQ(change.version.text(),
            "2026-11-21T00:44:22.580/0000000000000000000000000000000000000012");
  EXPECT_EQ(change.operation, Operation::kPut);
  EXPECT_EQ(change.image_json, R"({"id":{"S":"a"},"value":{"S":"x"}})");
  EXPECT_EQ(change.created_at, 1'763'685'862);
  EXPECT_FALSE(change.expired_by_ttl);
  EXPECT_EQ(change.problem, "");
  EXPECT_TRUE(change.names_item());
}

TEST(Change, ARemovalHasNoImageWhateverTheRecordHas) {
  const Made made(to_json({.event_name = "REMOVE", .new_image = R"({"id":{"S":"a"}})"}));
  EXPECT_EQ(made.change.operation, Operation::kRemove);
  EXPECT_EQ(made.change.image_json, "");
  EXPECT_EQ(made.change.problem, "");
}

TEST(Change, KnowsADeletionByTtl) {
  const Made made(to_json(
      {.event_name = "REMOVE",
       .more = R"(,"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"})"}));
  EXPECT_TRUE(made.change.expired_by_ttl);
}

TEST(Change, APutWithoutAnImageCannotBeApplied) {
  EXPECT_EQ(Made(to_json({.event_name = "MODIFY"})).change.problem,
            "NewImage is absent, and the view type does not explain it");
  EXPECT_EQ(
      Made(to_json({.event_name = "MODIFY", .view_type = "KEYS_ONLY"})).change.problem,
      "NewImage is absent, since the stream's view type is KEYS_ONLY: the stream needs the "
      "view type NEW_IMAGE or NEW_AND_OLD_IMAGES; or set \"images\": \"fetch\" in the pipeline "
      "file, so that the item is read from its table");
}

TEST(Change, LacksAnImageOnlyWhereItsStreamLeavesItOut) {
  for (const std::string type : {"KEYS_ONLY", "OLD_IMAGE"})
    EXPECT_TRUE(Made(to_json({.event_name = "MODIFY", .view_type = type})).change.lacks_image);
  EXPECT_FALSE(
      Made(to_json({.event_name = "REMOVE", .view_type = "KEYS_ONLY"})).change.lacks_image);
  EXPECT_FALSE(Made(to_json({.event_name = "MODIFY"})).change.lacks_image);
  EXPECT_FALSE(Made(to_json({.event_name = "UPSERT", .view_type = "KEYS_ONLY"})).change.lacks_image)
      << "more is wrong with it";
  EXPECT_FALSE(Made(to_json({.event_name = "MODIFY",
                             .new_image = R"({"id":{"S":"a"}})",
                             .view_type = "KEYS_ONLY"}))
                   .change.lacks_image);
}

TEST(Change, ARecordThatIsWrongKeepsItsReason) {
  const Change no_key = Made(to_json({.keys = ""})).change;
  EXPECT_EQ(no_key.problem, "Keys is absent or empty");
  EXPECT_FALSE(no_key.names_item());
  const Change no_stream = Made(to_json({.sequence_number = "7", .arn = "arn:x"})).change;
  EXPECT_TRUE(no_stream.problem.starts_with("eventSourceARN is not a stream's"));
  EXPECT_FALSE(no_stream.names_item());
  EXPECT_EQ(no_stream.version.text(),
            "0000-00-00T00:00:00.000/0000000000000000000000000000000000000007");
}

TEST(Operation, HasTheNameThatTheLedgerHas) {
  EXPECT_EQ(name_of(Operation::kPut), "put");
  EXPECT_EQ(name_of(Operation::kRemove), "remove");
}

}  // namespace
}  // namespace streamonce::events
