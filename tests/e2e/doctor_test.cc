// `bootstrap doctor` as it is shipped, on deployments with and without mistakes.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_deployment.h"
#include "tests/support/replay_shell.h"
#include "tests/support/secrecy.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

const std::string kAccount = "123456789012";
const std::string kFunction = "copy-orders";
const std::string kUuid = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";
const std::string kLabel = "2026-11-21T00:44:22.580";
const std::string kOldLabel = "2026-10-01T12:00:00.001";

std::string table_arn(const std::string& table, const std::string& region = "eu-west-1") {
  return "arn:aws:dynamodb:" + region + ":" + kAccount + ":table/" + table;
}

std::string stream_arn(const std::string& table, const std::string& label = kLabel) {
  return table_arn(table) + "/stream/" + label;
}

std::string function_arn(const std::string& name = kFunction) {
  return "arn:aws:lambda:eu-west-1:" + kAccount + ":function:" + name;
}

/// A function as GetFunctionConfiguration tells it. Source: Lambda API reference, its example, and
/// the API model.
json function_named(const std::string& name) {
  return {{"FunctionName", name},
          {"FunctionArn", function_arn(name)},
          {"Runtime", "provided.al2023"},
          {"Role", "arn:aws:iam::" + kAccount + ":role/r"},
          {"Handler", "bootstrap"},
          {"CodeSize", 3241986},
          {"Timeout", 60},
          {"MemorySize", 256},
          {"State", "Active"},
          {"LastUpdateStatus", "Successful"},
          {"VpcConfig", {{"SubnetIds", json::array()}, {"VpcId", ""}}},
          {"Environment",
           {{"Variables",
             {{"STREAMONCE_TARGET", "dynamodb:orders-copy"},
              {"STREAMONCE_LEDGER", "ledger"},
              {"STREAMONCE_EXTERNAL_ID", kValues[0].text}}}}},
          {"Architectures", {"x86_64"}},
          {"TracingConfig", {{"Mode", "PassThrough"}}}};
}

/// A mapping as the template makes it.
json mapping_of(const std::string& source_arn, const std::string& uuid = kUuid) {
  return {{"UUID", uuid},
          {"StartingPosition", "TRIM_HORIZON"},
          {"BatchSize", 1000},
          {"ParallelizationFactor", 2},
          {"EventSourceArn", source_arn},
          {"FunctionArn", function_arn()},
          {"LastModified", 1569284520.333},
          {"LastProcessingResult", "OK"},
          {"State", "Enabled"},
          {"StateTransitionReason", "User action"},
          {"DestinationConfig", {{"OnFailure", {{"Destination", "arn:aws:s3:::dead-letters"}}}}},
          {"MaximumRecordAgeInSeconds", 72000},
          {"BisectBatchOnFunctionError", false},
          {"MaximumRetryAttempts", 10000},
          {"TumblingWindowInSeconds", 0},
          {"FunctionResponseTypes", {"ReportBatchItemFailures"}}};
}

json key_attribute(const std::string& name, const std::string& type = "S") {
  return {{"KeySchema", {{{"AttributeName", name}, {"KeyType", "HASH"}}}},
          {"AttributeDefinitions", {{{"AttributeName", name}, {"AttributeType", type}}}}};
}

json table_named(const std::string& name, json key, const std::string& region = "eu-west-1") {
  json table = std::move(key);
  table["TableName"] = name;
  table["TableStatus"] = "ACTIVE";
  table["TableArn"] = table_arn(name, region);
  table["ItemCount"] = 3;
  table["TableSizeBytes"] = 4711;
  table["BillingModeSummary"] = {{"BillingMode", "PAY_PER_REQUEST"}};
  return table;
}

json with_stream(json table, const std::string& label = kLabel,
                 const std::string& view = "NEW_AND_OLD_IMAGES") {
  const std::string arn = table["TableArn"];
  table["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", view}};
  table["LatestStreamArn"] = arn + "/stream/" + label;
  return table;
}

json expiry(const std::string& status, const std::string& attribute = "") {
  json told = {{"TimeToLiveStatus", status}};
  if (!attribute.empty()) told["AttributeName"] = attribute;
  return {{"TimeToLiveDescription", told}};
}

json recovery(const std::string& status) {
  return {{"ContinuousBackupsDescription",
           {{"ContinuousBackupsStatus", "ENABLED"},
            {"PointInTimeRecoveryDescription", {{"PointInTimeRecoveryStatus", status}}}}}};
}

/// A stream with this many shards that are open, and one that is closed, in two pages.
json shards(const std::string& arn, int open) {
  json listed = json::array({{{"ShardId", "shardId-0"},
                              {"SequenceNumberRange",
                               {{"StartingSequenceNumber", "1"}, {"EndingSequenceNumber", "9"}}}}});
  for (int i = 1; i <= open; ++i)
    listed.push_back({{"ShardId", "shardId-" + std::to_string(i)},
                      {"SequenceNumberRange", {{"StartingSequenceNumber", "10"}}}});
  return {{"StreamDescription",
           {{"StreamArn", arn},
            {"StreamStatus", "ENABLED"},
            {"StreamViewType", "NEW_IMAGE"},
            {"Shards", listed}}}};
}

void put_table(FakeDeployment& fake, const json& table, const std::string& recovery_status,
               const json& time_to_live) {
  const std::string name = table["TableName"];
  fake.set("DescribeTable", name, {{"Table", table}});
  fake.set("DescribeContinuousBackups", name, recovery(recovery_status));
  fake.set("DescribeTimeToLive", name, time_to_live);
}

/// A deployment without a mistake.
void put_good(FakeDeployment& fake) {
  fake.set("GetFunctionConfiguration", kFunction, function_named(kFunction));
  fake.set("GetFunctionConcurrency", kFunction, json::object());
  fake.set("GetEventSourceMapping", kUuid, mapping_of(stream_arn("orders")));
  fake.set_mappings(kFunction, {mapping_of(stream_arn("orders"))});
  fake.set_mappings(stream_arn("orders"), {mapping_of(stream_arn("orders"))});
  fake.set("DescribeStream", stream_arn("orders"), shards(stream_arn("orders"), 2));
  put_table(fake, with_stream(table_named("orders", key_attribute("order_id"))), "ENABLED",
            expiry("DISABLED"));
  put_table(fake, table_named("orders-copy", key_attribute("order_id")), "ENABLED",
            expiry("DISABLED"));
  put_table(fake, table_named("ledger", key_attribute("id")), "ENABLED", expiry("DISABLED"));
}

/// The first of three mappings, with all mistakes that one can have by itself.
json bad_mapping() {
  json mapping = mapping_of(stream_arn("orders", kOldLabel));
  mapping["FunctionResponseTypes"] = json::array();
  mapping["State"] = "Disabled";
  mapping["LastProcessingResult"] = "PROBLEM: Function call failed";
  mapping["FilterCriteria"] = nullptr;
  mapping["FilterCriteriaError"] = {{"ErrorCode", "KMSDisabledException"}, {"Message", "no"}};
  mapping["TumblingWindowInSeconds"] = 30;
  mapping["DestinationConfig"] = {{"OnFailure", json::object()}};
  mapping["MaximumRecordAgeInSeconds"] = 100'000;
  return mapping;
}

/// The second, with those that exclude some of them.
json careless_mapping(const std::string& source_arn) {
  json mapping = mapping_of(source_arn, "22222222-5d35-4eb5-b481-8945cf9d10c2");
  mapping["StartingPosition"] = "LATEST";
  mapping["FilterCriteria"] = {{"Filters", {{{"Pattern", R"({"eventName":["INSERT"]})"}}}}};
  mapping["DestinationConfig"]["OnFailure"]["Destination"] =
      "arn:aws:sqs:eu-west-1:" + kAccount + ":dead-letters";
  mapping["MaximumRetryAttempts"] = -1;
  mapping["MaximumRecordAgeInSeconds"] = -1;
  return mapping;
}

json bad_function() {
  json function = function_named(kFunction);
  function["Runtime"] = "provided.al2";
  function["Timeout"] = 3;
  function["LastUpdateStatus"] = "Failed";
  function["LastUpdateStatusReason"] = "The role is gone";
  function["VpcConfig"]["VpcId"] = "vpc-0a1b";
  function["DeadLetterConfig"] = {{"TargetArn", "arn:aws:sqs:eu-west-1:" + kAccount + ":q"}};
  function["Environment"]["Variables"]["STREAMONCE_LEDGER"] = table_arn("ledger", "eu-central-1");
  return function;
}

/// A deployment with each mistake that doctor knows of, where they can be had together.
void put_bad(FakeDeployment& fake) {
  fake.set("GetFunctionConfiguration", kFunction, bad_function());
  fake.set("GetFunctionConcurrency", kFunction, {{"ReservedConcurrentExecutions", 0}});
  const json first = bad_mapping();
  const json second = careless_mapping(stream_arn("lines"));
  const json third = mapping_of(stream_arn("orders-copy"), "33333333-5d35-4eb5-b481-8945cf9d10c2");
  fake.set_mappings(kFunction, {first, second, third});
  fake.set_mappings(first["EventSourceArn"].get<std::string>(), {first, first, first});
  for (const std::string& table : {std::string("lines"), std::string("orders-copy")})
    fake.set_mappings(stream_arn(table), {second});
  for (const std::string& arn :
       {stream_arn("orders", kOldLabel), stream_arn("lines"), stream_arn("orders-copy")})
    fake.set("DescribeStream", arn, shards(arn, 1));
  put_table(fake,
            with_stream(table_named("orders", key_attribute("order_id")), kLabel, "KEYS_ONLY"),
            "DISABLED", expiry("DISABLED"));
  json lines = with_stream(table_named("lines", key_attribute("order_id")));
  lines["StreamSpecification"]["StreamEnabled"] = false;
  put_table(fake, lines, "ENABLED", expiry("DISABLED"));
  json copy = with_stream(table_named("orders-copy", key_attribute("order_id", "N")));
  copy["SSEDescription"] = {{"Status", "ENABLED"},
                            {"SSEType", "KMS"},
                            {"KMSMasterKeyArn", "arn:aws:kms:eu-west-1:" + kAccount + ":key/k"},
                            {"InaccessibleEncryptionDateTime", 1.79e9}};
  put_table(fake, copy, "ENABLED", expiry("ENABLED", "expires"));
  put_table(fake, table_named("ledger", key_attribute("pk"), "eu-central-1"), "ENABLED",
            expiry("ENABLED", "at"));
}

/// The level of each finding, by its name.
std::map<std::string, std::set<std::string>> levels_of(const json& report) {
  std::map<std::string, std::set<std::string>> levels;
  for (const json& finding : report["findings"])
    levels[finding["check"].get<std::string>()].insert(finding["level"].get<std::string>());
  return levels;
}

/// What was not checked, each as one text.
std::vector<std::string> not_checked(const json& report) {
  std::vector<std::string> texts;
  for (const json& each : report["not_checked"])
    texts.push_back(each["what"].get<std::string>() + ": " + each["why"].get<std::string>());
  return texts;
}

bool any_has(const std::vector<std::string>& texts, std::string_view part) {
  return std::any_of(texts.begin(), texts.end(),
                     [part](const std::string& text) { return has(text, part); });
}

/// Somebody who types `bootstrap doctor`.
class DoctorTest : public ::testing::Test {
 protected:
  Ended doctor(std::vector<std::string> arguments) {
    return shell_.run("doctor", std::move(arguments));
  }

  FakeDeployment fake_;
  ReplayShell shell_{fake_.environment()};
};

TEST_F(DoctorTest, FindsNothingInAGoodDeployment) {
  put_good(fake_);
  const Ended ended = doctor({kFunction, "--json"});
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  const json report = ended.summary();
  EXPECT_EQ(report["findings"], json::array()) << report.dump(1);
  EXPECT_EQ(report["errors"], 0);
  EXPECT_EQ(report["warnings"], 0);
  // The zip is not seen.
  ASSERT_EQ(report["not_checked"].size(), 1U) << report.dump(1);
  EXPECT_TRUE(any_has(not_checked(report), "--config"));
  const std::vector<std::string> questions = fake_.questions();
  EXPECT_EQ(std::count(questions.begin(), questions.end(), "unsigned"), 0);
  EXPECT_EQ(questions.size(), 13U);
}

TEST_F(DoctorTest, TellsAGoodDeploymentToAPerson) {
  put_good(fake_);
  std::ofstream(shell_.path_of("pipeline.json"))
      << R"({"role_arn": "arn:aws:iam::123456789012:role/w"})";
  const Ended ended = doctor({function_arn(), "--config", "pipeline.json"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.out, "0 errors, 0 warnings, 0 notes, 0 not checked\n");
  EXPECT_EQ(ended.err, "");
}

TEST_F(DoctorTest, FindsEachMistake) {
  put_bad(fake_);
  const Ended ended = doctor({kFunction, "--json"});
  EXPECT_EQ(ended.status, 1) << ended.err;
  const json report = ended.summary();
  const std::map<std::string, std::set<std::string>> expected = {
      {"settings", {"error"}},
      {"reserved-concurrency", {"error"}},
      {"partial-batch-response", {"error"}},
      {"stream-arn", {"error"}},
      {"mapping-state", {"error"}},
      {"last-result", {"error"}},
      {"filter-error", {"error"}},
      {"tumbling-window", {"error"}},
      {"stream-off", {"error"}},
      {"stream-view", {"error"}},
      {"loop", {"error"}},
      {"target-key", {"error"}},
      {"ledger-key", {"error"}},
      {"ledger-place", {"error"}},
      {"target-ttl", {"error"}},
      {"ledger-ttl", {"error"}},
      {"encryption-key", {"error"}},
      {"on-failure", {"error"}},
      {"on-failure-pointers", {"warning"}},
      {"no-end", {"warning"}},
      {"record-age", {"warning"}},
      {"starting-position", {"warning"}},
      {"runtime", {"warning"}},
      {"timeout", {"warning"}},
      {"function-state", {"warning"}},
      {"vpc", {"warning"}},
      {"readers", {"warning"}},
      {"recovery", {"warning"}},
      {"filter", {"info"}},
      {"dead-letter-config", {"info"}},
  };
  EXPECT_EQ(levels_of(report), expected) << report.dump(1);
  const std::vector<std::string> questions = fake_.questions();
  EXPECT_EQ(std::count(questions.begin(), questions.end(), "unsigned"), 0);
  // A page has two mappings.
  EXPECT_EQ(std::count(questions.begin(), questions.end(), "ListEventSourceMappings " + kFunction),
            2);
}

TEST_F(DoctorTest, SaysWhyEachMistakeBitesAndWhatMendsIt) {
  put_bad(fake_);
  const Ended ended = doctor({kFunction});
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_TRUE(has(ended.out, "error    the mapping " + kUuid + " has no ReportBatchItemFailures"))
      << ended.out;
  EXPECT_TRUE(has(ended.out, "         $ aws lambda update-event-source-mapping --uuid " + kUuid +
                                 " --function-response-types ReportBatchItemFailures --region "
                                 "eu-west-1\n"))
      << ended.out;
  const std::vector<std::string> lines = lines_of(ended.out);
  EXPECT_TRUE(lines.back().ends_with(" not checked")) << lines.back();
  const json report = doctor({kFunction, "--json"}).summary();
  for (const json& finding : report["findings"]) {
    EXPECT_NE(finding["what"], "") << finding;
    EXPECT_NE(finding["why"], "") << finding;
    if (finding["check"] != "settings") EXPECT_NE(finding["remedy"], "") << finding;
  }
  EXPECT_EQ(lines.back().substr(0, lines.back().find(',')), report["errors"].dump() + " errors");
}

/// README without what stands before the output of its command.
std::string shown_in_readme() {
  const std::string readme = read_whole(STREAMONCE_FIXTURES "/../../README.md");
  const std::string command = "$ build/release/bootstrap doctor " + kFunction + "\n";
  const std::size_t begin = readme.find(command);
  if (begin == std::string::npos) return {};
  const std::size_t end = readme.find("```", begin);
  return readme.substr(begin + command.size(), end - begin - command.size());
}

TEST_F(DoctorTest, PrintsWhatReadmeShows) {
  put_good(fake_);
  json mapping = mapping_of(stream_arn("orders"));
  mapping["FunctionResponseTypes"] = json::array();
  fake_.set_mappings(kFunction, {mapping});
  EXPECT_EQ(doctor({kFunction}).out, shown_in_readme());
}

TEST_F(DoctorTest, TellsNoSettingThatIsASecret) {
  put_bad(fake_);
  const Ended ended = doctor({kFunction, "--verbose"});
  for (const Secret& secret : {kValues[0], kCredentials[0], kCredentials[1], kCredentials[2]}) {
    EXPECT_FALSE(has(ended.out, secret.text));
    EXPECT_FALSE(has(ended.err, secret.text));
  }
}

TEST_F(DoctorTest, LooksAtOneMapping) {
  put_good(fake_);
  json other = mapping_of(stream_arn("orders"), "22222222-5d35-4eb5-b481-8945cf9d10c2");
  other["State"] = "Disabled";
  fake_.set_mappings(kFunction, {mapping_of(stream_arn("orders")), other});
  EXPECT_EQ(doctor({"--mapping", kUuid}).status, 0);
  EXPECT_EQ(doctor({kFunction}).status, 1);
}

TEST_F(DoctorTest, LooksAtTheFunctionBehindAnAlias) {
  put_good(fake_);
  const std::string alias = kFunction + ":live";
  fake_.set("GetFunctionConfiguration", alias, function_named(kFunction));
  fake_.set_mappings(alias, {mapping_of(stream_arn("orders"))});
  fake_.set_mappings(kFunction, {});
  EXPECT_EQ(doctor({alias}).status, 0);
  EXPECT_EQ(doctor({function_arn(alias)}).status, 0);
  const Ended ended = doctor({kFunction, "--json"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_TRUE(levels_of(ended.summary()).contains("no-mapping"));
}

TEST_F(DoctorTest, CountsWhatItMayNotReadAsNotChecked) {
  const std::map<std::string, std::string> questions = {
      {"GetFunctionConcurrency", kFunction},    {"ListEventSourceMappings", stream_arn("orders")},
      {"DescribeStream", stream_arn("orders")}, {"DescribeTable", "orders-copy"},
      {"DescribeTimeToLive", "ledger"},         {"DescribeContinuousBackups", "orders"}};
  for (const auto& [operation, subject] : questions) {
    FakeDeployment fake;
    put_good(fake);
    const bool is_lambda = !operation.starts_with("Describe");
    const std::string permission = (is_lambda ? "lambda:" : "dynamodb:") + operation;
    fake.refuse(operation, subject, is_lambda ? 403 : 400, "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/u is not authorized to perform: " +
                    permission + " because no identity-based policy allows it");
    ReplayShell shell(fake.environment());
    const Ended ended = shell.run("doctor", {kFunction, "--json"});
    EXPECT_EQ(ended.status, 0) << operation << ended.out << ended.err;
    const json report = ended.summary();
    EXPECT_EQ(report["errors"], 0) << operation;
    EXPECT_EQ(report["not_checked"].size(), 2U) << operation << report.dump(1);
    EXPECT_TRUE(any_has(not_checked(report), "the permission " + permission + " is needed"))
        << report.dump(1);
  }
}

TEST_F(DoctorTest, EndsWhereTheFunctionCannotBeRead) {
  put_good(fake_);
  const Ended foreign =
      doctor({"arn:aws:lambda:eu-west-1:999999999999:function:" + kFunction, "--json"});
  EXPECT_EQ(foreign.status, 3) << foreign.err;
  EXPECT_TRUE(has(foreign.err, "999999999999")) << foreign.err;
  fake_.refuse("GetFunctionConfiguration", kFunction, 403, "AccessDeniedException",
               "User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
               "lambda:GetFunctionConfiguration");
  const Ended denied = doctor({kFunction});
  EXPECT_EQ(denied.status, 3);
  EXPECT_EQ(denied.out, "");
  EXPECT_TRUE(has(denied.err, "the permission lambda:GetFunctionConfiguration is needed"))
      << denied.err;
  const Ended absent = doctor({"another"});
  EXPECT_EQ(absent.status, 3);
  EXPECT_TRUE(has(absent.err, "function another was not found")) << absent.err;
  const Ended mapping = doctor({"--mapping", "00000000-5d35-4eb5-b481-8945cf9d10c2"});
  EXPECT_EQ(mapping.status, 3);
}

TEST_F(DoctorTest, EndsWhereLambdaIsDown) {
  shell_.environment().insert(shell_.environment().begin(),
                              "AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:1");
  const Ended ended = doctor({kFunction, "--timeout", "1"});
  EXPECT_EQ(ended.status, 3) << ended.err;
  EXPECT_TRUE(has(ended.err, "GetFunctionConfiguration of function copy-orders")) << ended.err;
}

TEST_F(DoctorTest, LooksAtTablesWithoutAFunction) {
  put_good(fake_);
  const std::vector<std::string> tables = {"--source", "orders", "--target", "orders-copy",
                                           "--ledger", "ledger", "--json"};
  const Ended good = doctor(tables);
  EXPECT_EQ(good.status, 0) << good.out << good.err;
  EXPECT_EQ(good.summary()["findings"], json::array());
  EXPECT_EQ(good.summary()["not_checked"], json::array());

  put_bad(fake_);
  fake_.set("DescribeTable", "ledger", {{"Table", table_named("ledger", key_attribute("pk"))}});
  const Ended bad = doctor(tables);
  EXPECT_EQ(bad.status, 1) << bad.err;
  std::set<std::string> checks;
  for (const auto& [check, levels] : levels_of(bad.summary())) checks.insert(check);
  EXPECT_EQ(checks, (std::set<std::string>{"encryption-key", "ledger-key", "ledger-ttl", "recovery",
                                           "stream-view", "target-key", "target-ttl"}));

  const Ended missing = doctor({"--ledger", "no-such-table", "--json"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_TRUE(levels_of(missing.summary()).contains("table-missing")) << missing.out;
}

TEST_F(DoctorTest, LooksAtTheTablesOfViews) {
  put_good(fake_);
  json function = function_named(kFunction);
  function["Environment"]["Variables"]["STREAMONCE_TARGET"] = "dynamodb";
  function["Environment"]["Variables"]["STREAMONCE_TABLES"] =
      "open_orders=orders-copy,orders=orders";
  fake_.set("GetFunctionConfiguration", kFunction, function);
  const Ended unseen = doctor({kFunction, "--json"});
  EXPECT_EQ(unseen.status, 0) << unseen.out << unseen.err;
  EXPECT_TRUE(any_has(not_checked(unseen.summary()), "--views")) << unseen.out;
  EXPECT_EQ(unseen.summary()["findings"], json::array()) << unseen.out;

  std::ofstream(shell_.path_of("views.sql"))
      << "CREATE SOURCE orders KEY (order_id);\n"
         "CREATE VIEW open_orders KEY (status, order_id) AS SELECT status, order_id FROM orders;\n";
  const Ended seen = doctor({kFunction, "--views", "views.sql", "--json"});
  EXPECT_EQ(seen.status, 1) << seen.out << seen.err;
  EXPECT_EQ(levels_of(seen.summary()),
            (std::map<std::string, std::set<std::string>>{{"view-key", {"error"}}}))
      << seen.out;
}

TEST_F(DoctorTest, RefusesACommandLineThatSaysNothing) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"a/b"},
                                             {"arn:aws:s3:::bucket"},
                                             {kFunction, "another"},
                                             {kFunction, "--mapping", kUuid},
                                             {"--mapping", "7"},
                                             {"--source", "a/b"},
                                             {"--target", "a b"},
                                             {"--ledger", "?"},
                                             {kFunction, "--timeout", "0"}}) {
    const Ended ended = doctor(arguments);
    EXPECT_EQ(ended.status, 2) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_TRUE(has(ended.err, "bootstrap: ")) << ended.err;
  }
  EXPECT_TRUE(fake_.questions().empty());
}

}  // namespace
}  // namespace streamonce::testing
