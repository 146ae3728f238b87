#include "handler/commands/doctor/doctor_command.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "handler/commands/exit_status.h"

namespace streamonce::handler::doctor {
namespace {

std::variant<PrintedText, DoctorRequest> read_line(const std::vector<std::string>& arguments) {
  return read_doctor_request(arguments);
}

TEST(DoctorCommand, TakesAFunctionAMappingOrTables) {
  const auto of_function = read_line({"arn:aws:lambda:eu-west-1:123456789012:function:copy:live"});
  const auto& request = std::get<DoctorRequest>(of_function);
  ASSERT_TRUE(request.query.function);
  EXPECT_EQ(request.query.function->text(), "copy:live");
  EXPECT_EQ(request.query.function->region, "eu-west-1");
  EXPECT_FALSE(request.json);

  const std::string uuid = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";
  const auto of_mapping = read_line({"--mapping", uuid, "--json", "-v", "--timeout", "7"});
  EXPECT_EQ(std::get<DoctorRequest>(of_mapping).query.mapping_uuid, uuid);
  EXPECT_TRUE(std::get<DoctorRequest>(of_mapping).json);
  EXPECT_TRUE(std::get<DoctorRequest>(of_mapping).common.verbose);
  EXPECT_EQ(std::get<DoctorRequest>(of_mapping).common.timeout.count(), 7);

  const auto of_tables =
      read_line({"--source", "orders", "--target", "orders-copy", "--ledger", "marks"});
  const auto& tables = std::get<DoctorRequest>(of_tables).query;
  EXPECT_EQ(tables.source, "orders");
  EXPECT_EQ(*tables.settings.value_of("target"), "dynamodb:orders-copy");
  EXPECT_EQ(*tables.settings.value_of("ledger"), "marks");
}

TEST(DoctorCommand, TakesATargetAsTheSettingHasItToo) {
  for (const char* target :
       {"dynamodb:orders-copy", "dynamodb", "sqlite:copy.db",
        "dynamodb:arn:aws:dynamodb:eu-west-1:123456789012:table/orders-copy"}) {
    const auto line = read_line({"copy", "--target", target});
    EXPECT_EQ(*std::get<DoctorRequest>(line).query.settings.value_of("target"), target);
  }
}

TEST(DoctorCommand, RefusesWhatIsNoDeployment) {
  for (const auto& [arguments, part] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "expected a function's name or ARN, --mapping UUID, or tables"},
           {{"--json"}, "expected a function's name or ARN"},
           {{"a", "b"}, "unexpected \"b\""},
           {{"a", "--mapping", "14e0db71-5d35-4eb5-b481-8945cf9d10c2"}, "unexpected \"a\""},
           {{"a/b"}, "expected a function's name, NAME:ALIAS"},
           {{"--mapping", "u"}, "--mapping: \"u\": expected the UUID"},
           {{"--source", "?"}, "--source: \"?\": expected a table's name or its ARN"},
           {{"--target", "?"}, "--target: \"?\": expected a table's name or its ARN"},
           {{"--ledger", "?"}, "--ledger: \"?\": expected a table's name or its ARN"}}) {
    const auto line = read_line(arguments);
    ASSERT_TRUE(std::holds_alternative<PrintedText>(line)) << part;
    EXPECT_EQ(std::get<PrintedText>(line).exit_status, kExitUsage);
    EXPECT_NE(std::get<PrintedText>(line).text.find(part), std::string::npos)
        << std::get<PrintedText>(line).text;
  }
}

TEST(DoctorCommand, HelpsWithThePolicyThatItNeeds) {
  const auto line = read_line({"--help"});
  const std::string& help = std::get<PrintedText>(line).text;
  for (const char* action : {"lambda:ListEventSourceMappings", "lambda:GetEventSourceMapping",
                             "lambda:GetFunctionConfiguration", "lambda:GetFunctionConcurrency",
                             "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
                             "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeStream"})
    EXPECT_NE(help.find(action), std::string::npos) << action;
}

}  // namespace
}  // namespace streamonce::handler::doctor
