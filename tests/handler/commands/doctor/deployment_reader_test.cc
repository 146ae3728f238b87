#include "handler/commands/doctor/deployment_reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_deployment.h"
#include "tests/support/settings.h"

namespace streamonce::handler::doctor {
namespace {

using nlohmann::json;
using testing::FakeDeployment;

const std::string kTable = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
const std::string kStream = kTable + "/stream/2026-11-21T00:44:22.580";
const std::string kUuid = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";

json described(const std::string& name) {
  return {{"Table",
           {{"TableArn", "arn:aws:dynamodb:eu-west-1:123456789012:table/" + name},
            {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
            {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}}}}};
}

class DoctorReaderTest : public ::testing::Test {
 protected:
  DoctorReaderTest() {
    fake_.set(
        "GetFunctionConfiguration", "copy",
        {{"FunctionName", "copy"},
         {"FunctionArn", "arn:aws:lambda:eu-west-1:123456789012:function:copy"},
         {"Environment",
          {{"Variables",
            {{"STREAMONCE_TARGET", "dynamodb:orders-copy"}, {"STREAMONCE_LEDGER", "ledger"}}}}}});
    fake_.set("GetFunctionConcurrency", "copy", {{"ReservedConcurrentExecutions", 5}});
    const json mapping = {{"UUID", kUuid},
                          {"EventSourceArn", kStream},
                          {"FunctionArn", "arn:aws:lambda:eu-west-1:123456789012:function:copy"}};
    fake_.set("GetEventSourceMapping", kUuid, mapping);
    fake_.set_mappings("copy", {mapping});
    fake_.set_mappings(kStream, {mapping, mapping, mapping});
    fake_.set("DescribeStream", kStream,
              {{"StreamDescription", {{"Shards", {{{"ShardId", "s"}}}}}}});
    for (const char* table : {"orders", "orders-copy", "ledger"}) {
      fake_.set("DescribeTable", table, described(table));
      fake_.set("DescribeTimeToLive", table,
                {{"TimeToLiveDescription", {{"TimeToLiveStatus", "DISABLED"}}}});
      fake_.set(
          "DescribeContinuousBackups", table,
          {{"ContinuousBackupsDescription",
            {{"PointInTimeRecoveryDescription", {{"PointInTimeRecoveryStatus", "ENABLED"}}}}}});
    }
  }

  Result<Deployment> read(const DeploymentQuery& query,
                          std::chrono::milliseconds time = std::chrono::seconds(20)) {
    testing::Variables variables;
    for (const std::string& each : fake_.environment())
      variables[each.substr(0, each.find('='))] = each.substr(each.find('=') + 1);
    const Environment environment = testing::environment_of(variables);
    auto services =
        ServiceReader::open("eu-west-1", environment, clock_, logger_, clock_.steady_now() + time);
    if (!services) return services.error();
    return read_deployment(query, environment, **services);
  }

  static DeploymentQuery query() {
    DeploymentQuery query;
    query.function = lambda_functions::FunctionName::parse("copy").value();
    query.region = "eu-west-1";
    return query;
  }

  FakeDeployment fake_;
  SystemClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
};

TEST_F(DoctorReaderTest, ReadsFunctionMappingsStreamsAndTables) {
  const auto deployment = read(query());
  ASSERT_TRUE(deployment) << deployment.error().message;
  EXPECT_EQ(deployment->function_name, "copy");
  EXPECT_EQ(deployment->reserved.value(), 5U);
  ASSERT_EQ(deployment->mappings.value().size(), 1U);
  ASSERT_EQ(deployment->streams.size(), 1U);
  EXPECT_EQ(deployment->streams[0].mappings, 3U);  // in two pages
  EXPECT_EQ(deployment->streams[0].open_shards, 1U);
  std::vector<std::string> tables;
  for (const TableState& table : deployment->tables) {
    tables.push_back(table.words + " " + table.name);
    EXPECT_EQ(table.region, "eu-west-1");
    EXPECT_EQ(table.account, "123456789012");
    EXPECT_TRUE(table.description) << table.name;
    EXPECT_EQ(table.expiry.has_value(), table.use != TableUse::kSource) << table.name;
    EXPECT_EQ(table.has_recovery, true) << table.name;
  }
  EXPECT_EQ(tables, (std::vector<std::string>{"the source orders", "the target orders-copy",
                                              "the ledger ledger"}));
  EXPECT_EQ(deployment->not_checked.size(), 1U) << "the pipeline file";
}

TEST_F(DoctorReaderTest, ReadsNoTableTwice) {
  DeploymentQuery with_source = query();
  with_source.source = kTable;
  ASSERT_EQ(read(with_source)->tables.size(), 3U);
  with_source.source = "orders";
  ASSERT_EQ(read(with_source)->tables.size(), 3U);
}

TEST_F(DoctorReaderTest, BeginsAtAMappingToo) {
  DeploymentQuery of_mapping;
  of_mapping.mapping_uuid = kUuid;
  of_mapping.region = "eu-west-1";
  const auto deployment = read(of_mapping);
  ASSERT_TRUE(deployment) << deployment.error().message;
  EXPECT_EQ(deployment->function_name, "copy");
  EXPECT_EQ(deployment->tables.size(), 3U);

  fake_.refuse("GetFunctionConfiguration", "copy", 403, "AccessDeniedException", "no");
  const auto without = read(of_mapping);
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_FALSE(without->function);
  EXPECT_EQ(without->tables.size(), 1U);
  ASSERT_EQ(without->not_checked.size(), 1U);
  EXPECT_EQ(without->not_checked[0].what, "the function copy");
}

TEST_F(DoctorReaderTest, NotesEachPartThatIsRefused) {
  fake_.refuse("GetFunctionConcurrency", "copy", 403, "AccessDeniedException", "no");
  fake_.refuse("ListEventSourceMappings", "copy", 403, "AccessDeniedException", "no");
  fake_.refuse("DescribeTable", "orders-copy", 400, "AccessDeniedException", "no");
  fake_.refuse("DescribeTimeToLive", "orders-copy", 400, "AccessDeniedException", "no");
  fake_.refuse("DescribeContinuousBackups", "ledger", 400, "AccessDeniedException", "no");
  const auto deployment = read(query());
  ASSERT_TRUE(deployment) << deployment.error().message;
  EXPECT_FALSE(deployment->reserved);
  EXPECT_FALSE(deployment->mappings);
  std::string all;
  for (const NotChecked& each : deployment->not_checked) all += each.what + ": " + each.why + "\n";
  for (const char* line :
       {"reserved concurrency: GetFunctionConcurrency of function copy: AccessDeniedException: no; "
        "the permission lambda:GetFunctionConcurrency is needed\n",
        "the permission lambda:ListEventSourceMappings is needed\n",
        "the target \"orders-copy\": DescribeTable of table orders-copy: AccessDeniedException: "
        "no; the permission dynamodb:DescribeTable is needed\n",
        "expiry (TTL) of the target \"orders-copy\": ",
        "point-in-time recovery of the ledger \"ledger\": "})
    EXPECT_NE(all.find(line), std::string::npos) << all;
}

TEST_F(DoctorReaderTest, TellsATableThatIsNotThere) {
  fake_.refuse("DescribeTable", "ledger", 400, "ResourceNotFoundException", "no");
  const auto deployment = read(query());
  ASSERT_TRUE(deployment) << deployment.error().message;
  EXPECT_TRUE(deployment->tables.back().is_missing);
  EXPECT_EQ(deployment->not_checked.size(), 1U);
}

TEST_F(DoctorReaderTest, RefusesAFunctionOfAnotherAccount) {
  DeploymentQuery other = query();
  other.function->account = "210987654321";
  const auto deployment = read(other);
  ASSERT_FALSE(deployment);
  EXPECT_NE(deployment.error().message.find("is one of account 123456789012"), std::string::npos);
}

TEST_F(DoctorReaderTest, EndsAtItsDeadline) {
  const auto late = read(query(), std::chrono::milliseconds(0));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
}

TEST_F(DoctorReaderTest, ReadsTablesAloneByArnInTheirRegion) {
  DeploymentQuery tables;
  tables.region = "us-east-1";
  tables.source = kTable;
  const auto deployment = read(tables);
  ASSERT_TRUE(deployment) << deployment.error().message;
  ASSERT_EQ(deployment->tables.size(), 1U);
  EXPECT_TRUE(deployment->tables[0].description);
  EXPECT_TRUE(deployment->not_checked.empty());
}

}  // namespace
}  // namespace streamonce::handler::doctor
