#include "handler/services/dynamodb_streams.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

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
}

}  // namespace
}  // namespace streamonce::handler::dynamodb_streams
