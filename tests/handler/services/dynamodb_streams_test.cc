#include "handler/services/dynamodb_streams.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace streamonce::handler::dynamodb_streams {
namespace {

Result<std::string> streams_endpoint(std::string_view url, std::string_view region) {
  return aws::endpoint_of(kService, STREAMONCE_TRY(aws::Region::parse(region)), url);
}

TEST(DynamoDbStreams, HaveAnotherEndpointThanTheTables) {
  EXPECT_EQ(*streams_endpoint("", "eu-central-1"),
            "https://streams.dynamodb.eu-central-1.amazonaws.com");
  EXPECT_EQ(*streams_endpoint("", "cn-north-1"),
            "https://streams.dynamodb.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(*streams_endpoint("http://127.0.0.1:8000/", "local"), "http://127.0.0.1:8000");
  EXPECT_FALSE(streams_endpoint("http://user@host", "eu-central-1"));
  EXPECT_FALSE(streams_endpoint("", "eu.central"));
}

TEST(DynamoDbStreams, AskForAnIteratorAtARecordOrBehindIt) {
  ShardPlace place{
      .stream_arn = "arn", .shard_id = "a\"b", .start = IteratorStart::kAt, .sequence_number = "7"};
  EXPECT_EQ(iterator_request(place),
            R"({"StreamArn":"arn","ShardId":"a\"b","ShardIteratorType":"AT_SEQUENCE_NUMBER",)"
            R"("SequenceNumber":"7"})");
  place.start = IteratorStart::kAfter;
  EXPECT_EQ(iterator_request(place),
            R"({"StreamArn":"arn","ShardId":"a\"b","ShardIteratorType":"AFTER_SEQUENCE_NUMBER",)"
            R"("SequenceNumber":"7"})");
}

TEST(DynamoDbStreams, AskForAnIteratorAtTheOldestOrTheLatestRecord) {
  ShardPlace place{.stream_arn = "arn", .shard_id = "a", .start = IteratorStart::kTrimHorizon};
  EXPECT_EQ(iterator_request(place),
            R"({"StreamArn":"arn","ShardId":"a","ShardIteratorType":"TRIM_HORIZON"})");
  place.start = IteratorStart::kLatest;
  EXPECT_EQ(iterator_request(place),
            R"({"StreamArn":"arn","ShardId":"a","ShardIteratorType":"LATEST"})");
}

TEST(DynamoDbStreams, AskForADescriptionPageByPage) {
  EXPECT_EQ(description_request("a\"n", ""), R"({"StreamArn":"a\"n","Limit":100})");
  EXPECT_EQ(description_request("arn", "s\"1"),
            R"({"StreamArn":"arn","ExclusiveStartShardId":"s\"1","Limit":100})");
}

Result<StreamDescription> description(std::string_view text) {
  return AnswerReader().description(Payload::copy_of(text).view());
}

TEST(DynamoDbStreams, ReadADescription) {
  // Source: DynamoDB Streams API reference, DescribeStream, the example's answer, made shorter.
  const auto read = description(R"({"StreamDescription":{"StreamArn":"arn:aws:x",)"
                                R"("StreamLabel":"2015-05-20T20:51:10.252","StreamStatus":)"
                                R"("ENABLED","CreationRequestDateTime":1.43215507E9,)"
                                R"("TableName":"Forum","KeySchema":[{"KeyType":"HASH",)"
                                R"("AttributeName":"ForumName"}],"StreamViewType":"OLD_IMAGE",)"
                                R"("LastEvaluatedShardId":"shardId-2","Shards":[)"
                                R"({"ShardId":"shardId-1","SequenceNumberRange":)"
                                R"({"EndingSequenceNumber":"20500000000000000910398",)"
                                R"("StartingSequenceNumber":"20500000000000000910398"}},)"
                                R"({"ParentShardId":"shardId-1","ShardId":"shardId-2",)"
                                R"("SequenceNumberRange":{"StartingSequenceNumber":"2"}}]}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (StreamDescription{
                       .is_enabled = true,
                       .view_type = "OLD_IMAGE",
                       .shards = {{.id = "shardId-1", .parent = "", .is_closed = true},
                                  {.id = "shardId-2", .parent = "shardId-1", .is_closed = false}},
                       .last_shard = "shardId-2"}));
}

TEST(DynamoDbStreams, ReadADescriptionThatLacksWhatItMayLack) {
  const auto read = description(
      R"({"StreamDescription":{"StreamStatus":"DISABLED","LastEvaluatedShardId":null,"Shards":[)"
      R"({"ShardId":"s","ParentShardId":null,"SequenceNumberRange":{"EndingSequenceNumber":null}},)"
      R"({"ShardId":"t"}]}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->is_enabled);
  EXPECT_EQ(read->last_shard, "");
  EXPECT_EQ(read->shards, (std::vector<ListedShard>{{.id = "s"}, {.id = "t"}}));
  EXPECT_TRUE(description(R"({"StreamDescription":{"StreamStatus":"ENABLING"}})")->is_enabled);
  EXPECT_FALSE(description(R"({"StreamDescription":{"StreamStatus":"DISABLING"}})")->is_enabled);
}

TEST(DynamoDbStreams, RefuseWhatIsNoDescription) {
  for (const char* text :
       {"", "{}", "[]", R"({"StreamDescription":[]})", R"({"StreamDescription":{"Shards":{}}})",
        R"({"StreamDescription":{"Shards":[{}]}})", R"({"StreamDescription":{"Shards":[7]}})",
        R"({"StreamDescription":{"Shards":[{"ShardId":7}]}})",
        R"({"StreamDescription":{"StreamStatus":7}})"}) {
    const auto read = description(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kProtocol) << text;
  }
}

TEST(DynamoDbStreams, AskForAWholePage) {
  EXPECT_EQ(records_request("it\"er"), R"({"ShardIterator":"it\"er","Limit":1000})");
}

TEST(DynamoDbStreams, ReadIteratorsAndRefuseWhatIsNone) {
  AnswerReader reader;
  const auto iterator = [&](const char* text) {
    return reader.iterator(Payload::copy_of(text).view());
  };
  const auto next = [&](const char* text) {
    return reader.next_iterator(Payload::copy_of(text).view());
  };
  EXPECT_EQ(*iterator(R"({"ShardIterator":"a\/b"})"), "a/b");
  for (const char* text : {"{}", R"({"ShardIterator":null})", R"({"ShardIterator":7})", "x"}) {
    const auto found = iterator(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code, ErrorCode::kProtocol) << text;
  }
  EXPECT_EQ(*next(R"({"Records":[],"NextShardIterator":"n"})"), "n");
  EXPECT_EQ(*next(R"({"Records":[],"NextShardIterator":null})"), "");
  EXPECT_EQ(*next(R"({"Records":[]})"), "");
  EXPECT_FALSE(next(R"({"NextShardIterator":["a"]})"));
}

TEST(DynamoDbStreams, SayWhatARefusalMeans) {
  const auto meaning = [](const char* code) {
    return error_of(kGetRecords, {.code = code, .error = {ErrorCode::kRejected, code}});
  };
  EXPECT_EQ(meaning("TrimmedDataAccessException").code, ErrorCode::kExpired);
  EXPECT_EQ(meaning("ResourceNotFoundException").code, ErrorCode::kRejected);
  EXPECT_NE(meaning("ResourceNotFoundException").message.find("was not found"), std::string::npos);
  EXPECT_EQ(meaning("AccessDeniedException").message, "GetRecords: AccessDeniedException");
  EXPECT_EQ(error_of(kGetRecords,
                     {.code = "TrimmedDataAccessException", .error = {ErrorCode::kTimeout, "late"}})
                .code,
            ErrorCode::kTimeout);
  EXPECT_TRUE(is_expired_iterator({.code = "ExpiredIteratorException", .error = {}}));
  EXPECT_FALSE(is_expired_iterator({.code = "", .error = {}}));
  EXPECT_TRUE(is_trimmed({.code = "TrimmedDataAccessException", .error = {}}));
  EXPECT_FALSE(is_trimmed({.code = "ResourceNotFoundException", .error = {}}));
  EXPECT_TRUE(is_not_found({.code = "ResourceNotFoundException", .error = {}}));
}

}  // namespace
}  // namespace streamonce::handler::dynamodb_streams
