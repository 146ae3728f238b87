#include "handler/commands/doctor/function_settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::doctor {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// Reads settings of a function with these variables, where this process has others.
FunctionSettings read(Variables variables, const SettingOptions& options = {}) {
  lambda_functions::Configuration function;
  function.name = "copy";
  function.variables = std::move(variables);
  testing::Variables own = testing::kAwsVariables;
  own["STREAMONCE_TARGET"] = "sqlite:own.db";
  own["AWS_REGION"] = "us-east-1";
  return read_function_settings(options, &function, "eu-west-1", testing::environment_of(own));
}

TEST(FunctionSettingsTest, AreThoseOfTheFunctionAndItsRegion) {
  const FunctionSettings settings = read({{"STREAMONCE_TARGET", "dynamodb:orders-copy"},
                                          {"STREAMONCE_LEDGER", "ledger"},
                                          {"STREAMONCE_CONFIG", "/var/task/other.json"},
                                          {"AWS_ENDPOINT_URL_DYNAMODB", "http://10.0.0.1"}});
  EXPECT_TRUE(settings.state.faults.empty());
  EXPECT_TRUE(settings.state.is_mirror);
  EXPECT_FALSE(settings.state.is_sqlite);
  EXPECT_FALSE(settings.state.is_retention_known);
  EXPECT_EQ(settings.settings.target.name, "orders-copy");
  EXPECT_EQ(settings.settings.region, "eu-west-1");
  EXPECT_EQ(settings.ledger, "ledger");
  EXPECT_EQ(settings.state.endpoints, std::vector<std::string>{"AWS_ENDPOINT_URL_DYNAMODB"});
  ASSERT_EQ(settings.absent.size(), 1U);
  EXPECT_NE(settings.absent[0].find("--config"), std::string::npos);
}

TEST(FunctionSettingsTest, GiveWayToTheCommandLine) {
  SettingOptions options;
  options.options = {{.name = "target", .value = "dynamodb:other"},
                     {.name = "ledger", .value = "marks"}};
  const FunctionSettings settings = read({{"STREAMONCE_TARGET", "dynamodb:orders-copy"}}, options);
  EXPECT_EQ(settings.settings.target.name, "other");
  EXPECT_EQ(settings.ledger, "marks");
}

TEST(FunctionSettingsTest, NameALedgerThatTheyRefuse) {
  const std::string arn = "arn:aws:dynamodb:us-east-1:123456789012:table/ledger";
  const FunctionSettings settings =
      read({{"STREAMONCE_TARGET", "dynamodb:orders-copy"}, {"STREAMONCE_LEDGER", arn}});
  EXPECT_EQ(settings.state.faults.size(), 1U);
  EXPECT_EQ(settings.ledger, arn);
  EXPECT_EQ(read({{"STREAMONCE_LEDGER", "no table?"}}).ledger, "");
}

TEST(FunctionSettingsTest, KnowOfViewsThatAreNotSeen) {
  for (const Variables& variables :
       {Variables{{"STREAMONCE_TARGET", "dynamodb"}, {"STREAMONCE_LEDGER", "ledger"}},
        Variables{{"STREAMONCE_TARGET", "dynamodb"},
                  {"STREAMONCE_LEDGER", "ledger"},
                  {"STREAMONCE_TABLES", "a=table-a"}},
        Variables{{"STREAMONCE_TABLES", "a=table-a"}},
        Variables{{"STREAMONCE_TARGET", "sqlite:/tmp/a.db"},
                  {"STREAMONCE_VIEWS", "/var/task/v.sql"}}}) {
    const FunctionSettings settings = read(variables);
    EXPECT_TRUE(settings.has_unseen_views);
    EXPECT_FALSE(settings.state.is_mirror);
    for (const std::string& fault : settings.state.faults) ADD_FAILURE() << fault;
    EXPECT_NE(settings.absent.back().find("--views"), std::string::npos);
  }
}

TEST(FunctionSettingsTest, ReadCopiesOfFilesThatAreNamed) {
  const testing::TempDir folder;
  std::ofstream(folder.file("pipeline.json"))
      << R"({"retain_days": 30, "tables": {"open_orders": "prod-open-orders"}})";
  std::ofstream(folder.file("views.sql"))
      << "CREATE SOURCE orders KEY (id);\n"
         "CREATE VIEW open_orders AS SELECT id FROM orders WHERE status = 'NEW';\n";
  SettingOptions options;
  options.options = {{.name = "config", .value = folder.file("pipeline.json")},
                     {.name = "views", .value = folder.file("views.sql")}};
  const FunctionSettings settings =
      read({{"STREAMONCE_TARGET", "dynamodb"}, {"STREAMONCE_LEDGER", "ledger"}}, options);
  for (const std::string& fault : settings.state.faults) ADD_FAILURE() << fault;
  EXPECT_TRUE(settings.absent.empty());
  EXPECT_FALSE(settings.has_unseen_views);
  EXPECT_TRUE(settings.state.is_retention_known);
  EXPECT_EQ(settings.state.retain, std::chrono::days(30));
  EXPECT_EQ(settings.views.view_tables, std::vector<std::string>{"prod-open-orders"});
}

TEST(FunctionSettingsTest, TakeNothingForWrongWhoseOtherHalfIsNotSeen) {
  const Variables variables = {{"STREAMONCE_TARGET", "dynamodb:orders-copy"},
                               {"STREAMONCE_LEDGER", "ledger"},
                               {"STREAMONCE_EXTERNAL_ID", "e"},
                               {"STREAMONCE_STREAM_EXTERNAL_ID", "e"}};
  for (const std::string& fault : read(variables).state.faults) ADD_FAILURE() << fault;
  const testing::TempDir folder;
  std::ofstream(folder.file("pipeline.json")) << "{}";
  SettingOptions options;
  options.options = {{.name = "config", .value = folder.file("pipeline.json")}};
  EXPECT_EQ(read(variables, options).state.faults.size(), 2U);
}

TEST(FunctionSettingsTest, OfNoFunctionAreThoseOfThisProcess) {
  testing::Variables own = testing::kAwsVariables;
  own["STREAMONCE_LEDGER"] = "own-ledger";
  const FunctionSettings settings =
      read_function_settings({}, nullptr, "eu-west-1", testing::environment_of(own));
  EXPECT_EQ(settings.ledger, "own-ledger");
  EXPECT_FALSE(settings.state.has_target);
}

}  // namespace
}  // namespace streamonce::handler::doctor
