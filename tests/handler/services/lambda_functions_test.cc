#include "handler/services/lambda_functions.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::handler::lambda_functions {
namespace {

const std::string kUuid = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";

class LambdaFunctions : public ::testing::Test {
 protected:
  Result<Configuration> configuration(std::string_view text) {
    return reader_.configuration(Payload::copy_of(text).view());
  }
  Result<Mapping> mapping(std::string_view text) {
    return reader_.mapping(Payload::copy_of(text).view());
  }
  Result<MappingPage> mappings(std::string_view text) {
    return reader_.mappings(Payload::copy_of(text).view());
  }

  AnswerReader reader_;
};

TEST(LambdaFunctionName, IsANameOrAnArnWithAQualifierOrWithout) {
  struct Case {
    const char* text;
    const char* name;
    const char* qualifier;
    const char* region;
    const char* account;
  };
  for (const Case& each : {
           Case{"copy-orders_2", "copy-orders_2", "", "", ""},
           Case{"copy:live", "copy", "live", "", ""},
           Case{"copy:7", "copy", "7", "", ""},
           Case{"copy:$LATEST", "copy", "$LATEST", "", ""},
           Case{"arn:aws:lambda:eu-west-1:123456789012:function:copy", "copy", "", "eu-west-1",
                "123456789012"},
           Case{"arn:aws-cn:lambda:cn-north-1:123456789012:function:copy:live", "copy", "live",
                "cn-north-1", "123456789012"},
       }) {
    const auto function = FunctionName::parse(each.text);
    ASSERT_TRUE(function) << each.text << function.error().message;
    EXPECT_EQ(function->name, each.name);
    EXPECT_EQ(function->qualifier, each.qualifier);
    EXPECT_EQ(function->region, each.region);
    EXPECT_EQ(function->account, each.account);
  }
}

TEST(LambdaFunctionName, IsNothingElse) {
  for (const std::string& text :
       {std::string(), std::string("a/b"), std::string("a b"), std::string("copy:"),
        std::string(":live"), std::string("copy:a:b"), std::string("copy:$OTHER"),
        std::string(65, 'a'), std::string("123456789012:function:copy"),
        std::string("arn:aws:lambda:eu-west-1:123456789012:layer:copy"),
        std::string("arn:aws:lambda:?:123456789012:function:copy"),
        std::string("arn:aws:lambda:eu-west-1:1:function:copy"),
        std::string("arn:aws:sqs:eu-west-1:123456789012:copy"), std::string("arn:aws:lambda")}) {
    const auto function = FunctionName::parse(text);
    ASSERT_FALSE(function) << text;
    EXPECT_EQ(function.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(function.error().message.find("expected a function's name"), std::string::npos);
  }
}

TEST(LambdaRequests, HavePlainNamesInPathsAndEncodedTextsInQueries) {
  const FunctionName function{.name = "copy", .qualifier = "", .region = "", .account = ""};
  EXPECT_EQ(configuration_path(function), "2015-03-31/functions/copy/configuration");
  EXPECT_EQ(concurrency_path(function), "2019-09-30/functions/copy/concurrency");
  const FunctionName latest{.name = "copy", .qualifier = "$LATEST", .region = "", .account = ""};
  EXPECT_EQ(configuration_path(latest),
            "2015-03-31/functions/copy/configuration?Qualifier=%24LATEST");
  EXPECT_EQ(concurrency_path(latest), "2019-09-30/functions/copy/concurrency");
  EXPECT_EQ(mapping_path(kUuid), "2015-03-31/event-source-mappings/" + kUuid);
  EXPECT_EQ(mappings_path({.function = "copy:live"}),
            "2015-03-31/event-source-mappings?FunctionName=copy%3Alive&MaxItems=100");
  EXPECT_EQ(mappings_path({.source_arn = "arn:aws:dynamodb:eu-west-1:1:table/t/stream/a.b_c~d",
                           .function = "copy",
                           .next = "a+/=&?"}),
            "2015-03-31/event-source-mappings?EventSourceArn=arn%3Aaws%3Adynamodb%3Aeu-west-1%3A1%"
            "3Atable%2Ft%2Fstream%2Fa.b_c~d&FunctionName=copy&Marker=a%2B%2F%3D%26%3F&MaxItems="
            "100");
}

TEST(LambdaRequests, TakeOnlyAUuidForOne) {
  EXPECT_TRUE(is_uuid(kUuid));
  for (const std::string& text :
       {std::string(), std::string("7"), std::string(36, '/'), kUuid + "0", std::string(36, 'g')})
    EXPECT_FALSE(is_uuid(text)) << text;
}

TEST_F(LambdaFunctions, ReadAConfiguration) {
  // Source: Lambda API reference, GetFunctionConfiguration, example, with members of the API model.
  const auto function = configuration(
      R"({"FunctionName":"copy","FunctionArn":"arn:aws:lambda:eu-west-1:123456789012:function:copy",)"
      R"("Runtime":"provided.al2023","Handler":"bootstrap","CodeSize":294,"Timeout":3,)"
      R"("MemorySize":128,"State":"Inactive","StateReason":"idle","StateReasonCode":"Idle",)"
      R"("LastUpdateStatus":"Failed","LastUpdateStatusReason":"no \"role\"","Layers":[{"Arn":"a"}],)"
      R"("VpcConfig":{"SubnetIds":["subnet-1"],"SecurityGroupIds":[],"VpcId":"vpc-1"},)"
      R"("DeadLetterConfig":{"TargetArn":"arn:aws:sqs:eu-west-1:123456789012:q"},)"
      R"("Environment":{"Variables":{"A":"1","B":""}},"SnapStart":{"ApplyOn":"None"}})");
  ASSERT_TRUE(function) << function.error().message;
  EXPECT_EQ(function->name, "copy");
  EXPECT_EQ(function->arn, "arn:aws:lambda:eu-west-1:123456789012:function:copy");
  EXPECT_EQ(function->runtime, "provided.al2023");
  EXPECT_EQ(function->timeout_seconds, 3U);
  EXPECT_EQ(function->state, "Inactive");
  EXPECT_EQ(function->state_reason, "idle");
  EXPECT_EQ(function->update_status, "Failed");
  EXPECT_EQ(function->update_reason, "no \"role\"");
  EXPECT_EQ(function->vpc_id, "vpc-1");
  EXPECT_EQ(function->dead_letter_arn, "arn:aws:sqs:eu-west-1:123456789012:q");
  EXPECT_FALSE(function->hides_variables);
  EXPECT_EQ(function->variables,
            (std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", ""}}));
}

TEST_F(LambdaFunctions, ReadAConfigurationOfTheFewestMembers) {
  const auto function = configuration(
      R"({"FunctionName":"copy","Timeout":null,"VpcConfig":null,"DeadLetterConfig":null,)"
      R"("Environment":{"Error":{"ErrorCode":"AccessDeniedException","Message":"no"}}})");
  ASSERT_TRUE(function) << function.error().message;
  EXPECT_FALSE(function->timeout_seconds);
  EXPECT_EQ(function->vpc_id, "");
  EXPECT_EQ(function->state, "");
  EXPECT_TRUE(function->hides_variables);
  EXPECT_TRUE(function->variables.empty());
  for (const char* text : {"", "{}", "[]", R"({"FunctionName":7})", R"({"FunctionName":"a")",
                           R"({"FunctionName":"a","Timeout":"3"})",
                           R"({"FunctionName":"a","Environment":{"Variables":{"A":1}}})"})
    EXPECT_FALSE(configuration(text)) << text;
}

TEST_F(LambdaFunctions, ReadReservedConcurrency) {
  const auto read = [&](std::string_view text) {
    return reader_.concurrency(Payload::copy_of(text).view());
  };
  EXPECT_EQ(read(R"({"ReservedConcurrentExecutions":0})").value(), 0U);
  EXPECT_EQ(read("{}").value(), std::nullopt);
  EXPECT_EQ(read(R"({"ReservedConcurrentExecutions":null,"More":{}})").value(), std::nullopt);
  EXPECT_FALSE(read(R"({"ReservedConcurrentExecutions":-1})"));
  EXPECT_FALSE(read(""));
}

TEST_F(LambdaFunctions, ReadAMapping) {
  const auto found = mapping(
      R"({"UUID":"u","StartingPosition":"LATEST","BatchSize":100,"ParallelizationFactor":3,)"
      R"("EventSourceArn":"arn:s","FunctionArn":"arn:f","LastModified":1.7E9,)"
      R"("LastProcessingResult":"OK","State":"Enabled","StateTransitionReason":"User action",)"
      R"("FilterCriteria":{"Filters":[{"Pattern":"{\"a\":[1]}"}]},"FilterCriteriaError":)"
      R"({"ErrorCode":"KMSAccessDenied","Message":"m"},"DestinationConfig":{"OnSuccess":{},)"
      R"("OnFailure":{"Destination":"arn:d"}},"MaximumRecordAgeInSeconds":-1,)"
      R"("MaximumRetryAttempts":5,"TumblingWindowInSeconds":10,)"
      R"("FunctionResponseTypes":["ReportBatchItemFailures"],"Queues":["q"]})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->uuid, "u");
  EXPECT_EQ(found->function_arn, "arn:f");
  EXPECT_EQ(found->source_arn, "arn:s");
  EXPECT_EQ(found->state, "Enabled");
  EXPECT_EQ(found->last_result, "OK");
  EXPECT_EQ(found->starting_position, "LATEST");
  EXPECT_TRUE(found->reports_item_failures);
  EXPECT_TRUE(found->has_filter);
  EXPECT_EQ(found->filter_error, "KMSAccessDenied");
  EXPECT_EQ(found->on_failure, "arn:d");
  EXPECT_EQ(found->retries_max, 5);
  EXPECT_EQ(found->age_max_seconds, -1);
  EXPECT_EQ(found->parallelization, 3U);
  EXPECT_EQ(found->tumbling_window_seconds, 10U);
}

TEST_F(LambdaFunctions, ReadAMappingOfTheFewestMembers) {
  const auto found = mapping(
      R"({"UUID":"u","FilterCriteria":null,"FilterCriteriaError":null,"DestinationConfig":null,)"
      R"("FunctionResponseTypes":null,"MaximumRetryAttempts":null,"TumblingWindowInSeconds":null})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(found->reports_item_failures);
  EXPECT_FALSE(found->has_filter);
  EXPECT_EQ(found->on_failure, "");
  EXPECT_FALSE(found->retries_max);
  EXPECT_FALSE(found->age_max_seconds);
  EXPECT_EQ(found->tumbling_window_seconds, 0U);
  EXPECT_FALSE(mapping(R"({"UUID":"u","FilterCriteria":{"Filters":[]}})")->has_filter);
  for (const char* text :
       {"", "{}", R"({"UUID":7})", R"({"UUID":"u","FunctionResponseTypes":"x"})",
        R"({"UUID":"u","MaximumRetryAttempts":"5"})", R"({"UUID":"u","DestinationConfig":[]})"})
    EXPECT_FALSE(mapping(text)) << text;
}

TEST_F(LambdaFunctions, ReadAListPageByPage) {
  const auto first =
      mappings(R"({"NextMarker":"a/b","EventSourceMappings":[{"UUID":"1"},{"UUID":"2"}]})");
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_EQ(first->mappings.size(), 2U);
  EXPECT_EQ(first->mappings.back().uuid, "2");
  EXPECT_EQ(first->next, "a/b");
  const auto last = mappings(R"({"EventSourceMappings":[],"NextMarker":null})");
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_TRUE(last->mappings.empty());
  EXPECT_EQ(last->next, "");
  for (const char* text : {"", "{}", R"({"EventSourceMappings":[7]})"})
    EXPECT_FALSE(mappings(text)) << text;
}

TEST(LambdaErrors, SayWhatWasAskedFor) {
  const Error missing = error_of(kGetConfiguration, "function copy",
                                 {.code = "ResourceNotFoundException",
                                  .error = {ErrorCode::kRejected, "ResourceNotFoundException"}});
  EXPECT_EQ(missing.message,
            "function copy was not found: is it in another account or Region? "
            "GetFunctionConfiguration of function copy: ResourceNotFoundException");
  const Error late =
      error_of(kListMappings, "copy", {.code = "", .error = {ErrorCode::kTimeout, "late"}});
  EXPECT_EQ(late.code, ErrorCode::kTimeout);
  EXPECT_EQ(late.message, "ListEventSourceMappings of copy: late");
}

}  // namespace
}  // namespace streamonce::handler::lambda_functions
