#include "handler/services/dynamodb_tables.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce::handler::dynamodb_tables {
namespace {

// Source: DynamoDB API reference, DescribeTable, example answer, with a stream.
constexpr std::string_view kDescription = R"({"Table":{
  "AttributeDefinitions":[{"AttributeName":"line","AttributeType":"N"},
    {"AttributeName":"other","AttributeType":"S"},{"AttributeName":"id","AttributeType":"S"}],
  "TableName":"orders","KeySchema":[{"AttributeName":"line","KeyType":"RANGE"},
    {"AttributeName":"id","KeyType":"HASH"}],
  "TableStatus":"ACTIVE","CreationDateTime":1.363729002358E9,
  "ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":5},
  "TableSizeBytes":0,"ItemCount":123456789012,
  "TableArn":"arn:aws:dynamodb:eu-central-1:123456789012:table/orders",
  "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"},
  "LatestStreamLabel":"2026-11-21T00:44:22.580",
  "LatestStreamArn":"arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580",
  "DeletionProtectionEnabled":false}})";

class DynamoDbTables : public ::testing::Test {
 protected:
  Result<TableDescription> description(std::string_view text) {
    return reader_.description(Payload::copy_of(text).view());
  }
  /// The items of a page go to `items_`.
  Result<ScannedPage> page(std::string_view text) {
    items_.clear();
    return reader_.page(Payload::copy_of(text).view(),
                        [&](std::string_view item) { items_.emplace_back(item); });
  }

  AnswerReader reader_;
  std::vector<std::string> items_;
};

TEST_F(DynamoDbTables, AskForADescriptionByNameOrArn) {
  EXPECT_EQ(describe_request("orders"), R"({"TableName":"orders"})");
  EXPECT_EQ(describe_request("a\"b"), R"({"TableName":"a\"b"})");
}

TEST_F(DynamoDbTables, ReadADescriptionWithThePartitionKeyFirst) {
  const auto table = description(kDescription);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->arn, "arn:aws:dynamodb:eu-central-1:123456789012:table/orders");
  EXPECT_EQ(table->status, "ACTIVE");
  EXPECT_EQ(table->key, (std::vector<KeyAttribute>{{.name = "id", .type = 'S'},
                                                   {.name = "line", .type = 'N'}}));
  EXPECT_EQ(table->latest_stream_arn,
            "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/"
            "2026-11-21T00:44:22.580");
  EXPECT_TRUE(table->stream_enabled);
  EXPECT_EQ(table->stream_view_type, "NEW_IMAGE");
  EXPECT_EQ(table->item_count, 123456789012U);
}

TEST_F(DynamoDbTables, ReadATableWithoutAStream) {
  const auto table = description(
      R"({"Table":{"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"StreamSpecification":null,)"
      R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"B"}],"TableArn":null}})");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->key, (std::vector<KeyAttribute>{{.name = "a", .type = 'B'}}));
  EXPECT_EQ(table->latest_stream_arn, "");
  EXPECT_FALSE(table->stream_enabled);
}

TEST_F(DynamoDbTables, ReadWhatATableIsLike) {
  // Source: DynamoDB API model, TableDescription, BillingModeSummary, SSEDescription,
  // ReplicaDescription; times are epoch seconds.
  const auto table = description(
      R"({"Table":{"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],)"
      R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],)"
      R"("TableSizeBytes":98765432109,"BillingModeSummary":{"BillingMode":"PROVISIONED",)"
      R"("LastUpdateToPayPerRequestDateTime":1.5E9},"ProvisionedThroughput":)"
      R"({"ReadCapacityUnits":40,"WriteCapacityUnits":7,"NumberOfDecreasesToday":1},)"
      R"("SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"arn:aws:kms",)"
      R"("InaccessibleEncryptionDateTime":1.7E9},"GlobalTableVersion":"2019.11.21",)"
      R"("Replicas":[{"RegionName":"eu-west-1","ReplicaStatus":"ACTIVE"},{"RegionName":"us-east-1"}],)"
      R"("DeletionProtectionEnabled":true}})");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->size_bytes, 98'765'432'109U);
  EXPECT_FALSE(table->is_on_demand);
  EXPECT_EQ(table->read_units, 40U);
  EXPECT_EQ(table->write_units, 7U);
  EXPECT_TRUE(table->is_key_inaccessible);
  EXPECT_EQ(table->kms_key_arn, "arn:aws:kms");
  EXPECT_EQ(table->replica_regions, (std::vector<std::string>{"eu-west-1", "us-east-1"}));
  EXPECT_TRUE(table->is_protected);
}

TEST_F(DynamoDbTables, TakeWhatIsNullOrAbsentForNothing) {
  const auto table = description(
      R"({"Table":{"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],)"
      R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],)"
      R"("BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},"ProvisionedThroughput":null,)"
      R"("SSEDescription":{"Status":"ENABLED","InaccessibleEncryptionDateTime":null},)"
      R"("Replicas":null}})");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->size_bytes, 0U);
  EXPECT_TRUE(table->is_on_demand);
  EXPECT_EQ(table->read_units, 0U);
  EXPECT_FALSE(table->is_key_inaccessible);
  EXPECT_TRUE(table->replica_regions.empty());
  EXPECT_FALSE(table->is_protected);
}

TEST_F(DynamoDbTables, RefuseADescriptionThatIsNone) {
  for (const char* text :
       {"", "[]", "{}", R"({"Table":{}})", R"({"Table":7})",
        R"({"Table":{"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]}})",
        R"({"Table":{"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],)"
        R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"SS"}]}})",
        R"({"Table":{"KeySchema":[{"AttributeName":"a","KeyType":"RANGE"}],)"
        R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}]}})"}) {
    const auto table = description(text);
    ASSERT_FALSE(table) << text;
    EXPECT_EQ(table.error().code, ErrorCode::kProtocol) << text;
  }
}

TEST_F(DynamoDbTables, ReadWhetherItemsExpire) {
  struct Case {
    const char* answer;
    bool is_enabled;
    const char* attribute;
  };
  for (const Case& each :
       {Case{R"({"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"ttl"}})",
             true, "ttl"},
        Case{R"({"TimeToLiveDescription":{"AttributeName":"a","TimeToLiveStatus":"ENABLING"}})",
             true, "a"},
        Case{R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"},"More":[1]})", false, ""},
        Case{R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLING","AttributeName":null}})",
             false, ""}}) {
    const auto expiry = reader_.time_to_live(Payload::copy_of(each.answer).view());
    ASSERT_TRUE(expiry) << each.answer;
    EXPECT_EQ(expiry->is_enabled, each.is_enabled) << each.answer;
    EXPECT_EQ(expiry->attribute, each.attribute) << each.answer;
  }
  for (const char* text : {"", "{}", R"({"TimeToLiveDescription":{}})",
                           R"({"TimeToLiveDescription":null})", R"({"TimeToLiveDescription":7})"})
    EXPECT_FALSE(reader_.time_to_live(Payload::copy_of(text).view())) << text;
}

TEST_F(DynamoDbTables, ReadWhetherATableCanBeRestored) {
  const auto recovery = [&](std::string_view text) {
    return reader_.has_recovery(Payload::copy_of(text).view());
  };
  const auto enabled =
      recovery(R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",)"
               R"("PointInTimeRecoveryDescription":{"EarliestRestorableDateTime":1.7E9,)"
               R"("PointInTimeRecoveryStatus":"ENABLED"}}})");
  ASSERT_TRUE(enabled) << enabled.error().message;
  EXPECT_TRUE(*enabled);
  const auto disabled =
      recovery(R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",)"
               R"("PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}})");
  ASSERT_TRUE(disabled) << disabled.error().message;
  EXPECT_FALSE(*disabled);
  for (const char* text :
       {"", "{}", R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED"}})"})
    EXPECT_FALSE(recovery(text)) << text;
}

TEST_F(DynamoDbTables, AskForPagesOfKeys) {
  const std::vector<std::string> key = {"id", "na\"me"};
  EXPECT_EQ(scan_request({.table = "t", .attributes = key, .behind = ""}),
            R"({"TableName":"t","ProjectionExpression":"#0, #1","ExpressionAttributeNames":)"
            R"({"#0":"id","#1":"na\"me"},"ReturnConsumedCapacity":"TOTAL","Limit":500})");
  EXPECT_EQ(
      scan_request({.table = "t",
                    .attributes = key,
                    .behind = R"({"id":{"S":"a"}})",
                    .is_consistent = true}),
      R"({"TableName":"t","ProjectionExpression":"#0, #1","ExpressionAttributeNames":)"
      R"({"#0":"id","#1":"na\"me"},"ExclusiveStartKey":{"id":{"S":"a"}},"ConsistentRead":true,)"
      R"("ReturnConsumedCapacity":"TOTAL","Limit":500})");
}

TEST_F(DynamoDbTables, AskForWholeItemsOfASegment) {
  EXPECT_EQ(scan_request({.table = "t", .items_max = 0}),
            R"({"TableName":"t","ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_EQ(scan_request({.table = "t",
                          .behind = R"({"id":{"S":"a"}})",
                          .is_consistent = true,
                          .segment = 0,
                          .segments = 4,
                          .items_max = 7}),
            R"({"TableName":"t","ExclusiveStartKey":{"id":{"S":"a"}},"ConsistentRead":true,)"
            R"("Segment":0,"TotalSegments":4,"ReturnConsumedCapacity":"TOTAL","Limit":7})");
}

TEST_F(DynamoDbTables, AskForPagesThroughAFilter) {
  const std::vector<std::string> attributes = {"id", "v"};
  const std::vector<std::string> values = {":p", "a|b", ":v", "2"};
  EXPECT_EQ(scan_request({.table = "t",
                          .attributes = attributes,
                          .behind = "",
                          .filter = "begins_with(#0, :p) AND #1 < :v",
                          .filter_values = values}),
            R"({"TableName":"t","ProjectionExpression":"#0, #1","ExpressionAttributeNames":)"
            R"({"#0":"id","#1":"v"},"FilterExpression":"begins_with(#0, :p) AND #1 < :v",)"
            R"("ExpressionAttributeValues":{":p":{"S":"a|b"},":v":{"S":"2"}},)"
            R"("ReturnConsumedCapacity":"TOTAL","Limit":500})");
}

TEST_F(DynamoDbTables, ReadAPageAndWhereTheNextOneBegins) {
  const auto middle = page(
      R"({"Count":2,"ScannedCount":9,"Items":[{"id":{"S":"a\"b"}}, {"id":{"S":"c"}} ],)"
      R"("LastEvaluatedKey":{"id":{"S":"c"}},"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}})");
  ASSERT_TRUE(middle) << middle.error().message;
  EXPECT_EQ(items_, (std::vector<std::string>{R"({"id":{"S":"a\"b"}})", R"({"id":{"S":"c"}})"}));
  EXPECT_EQ(middle->next_key, R"({"id":{"S":"c"}})");
  EXPECT_EQ(middle->read_units, 0.5);
  EXPECT_EQ(middle->evaluated, 9U);

  const auto last = page(R"({"Items":[],"LastEvaluatedKey":null,"ConsumedCapacity":null})");
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_TRUE(items_.empty());
  EXPECT_EQ(last->next_key, "");
}

TEST_F(DynamoDbTables, RefuseAPageThatIsNone) {
  for (const char* text : {"", "{}", R"({"Items":{}})", R"({"Items":[7]})", R"({"Items":[{"a":]})",
                           R"({"Items":[],"LastEvaluatedKey":"x"})"})
    EXPECT_FALSE(page(text)) << text;
}

TEST_F(DynamoDbTables, SayWhatARefusalMeans) {
  const Error missing = error_of(kDescribeTable, "orders",
                                 {.code = "ResourceNotFoundException",
                                  .error = {ErrorCode::kRejected, "ResourceNotFoundException"}});
  EXPECT_EQ(missing.code, ErrorCode::kRejected);
  EXPECT_EQ(
      missing.message,
      "table orders was not found: is it in another account or Region? DescribeTable of table "
      "orders: ResourceNotFoundException");
  const Error late =
      error_of(kScan, "orders", {.code = "", .error = {ErrorCode::kTimeout, "late"}});
  EXPECT_EQ(late.code, ErrorCode::kTimeout);
  EXPECT_EQ(late.message, "Scan of table orders: late");
}

}  // namespace
}  // namespace streamonce::handler::dynamodb_tables
