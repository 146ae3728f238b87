#include "handler/config/settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using testing::environment_of;
using testing::kAwsVariables;
using testing::Variables;

SettingOptions options_of(std::optional<std::string> target = {},
                          std::optional<std::string> ledger = {},
                          std::optional<std::string> path = {}) {
  SettingOptions options;
  const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) options.options.push_back({.name = name, .value = *value});
  };
  add("target", target);
  add("ledger", ledger);
  add("config", path);
  return options;
}

std::string why_not(const SettingOptions& options, Variables variables = {}) {
  const auto settings = load_settings(options, environment_of(std::move(variables)));
  return settings ? "no error" : settings.error().message;
}

TEST(Settings, TheOptionBeatsTheEnvironmentAndThatTheFile) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  std::ofstream(path) << R"({"target":"sqlite:file.db","name":"mine","retain_days":30})";
  const Variables named = {{"STREAMONCE_CONFIG", path}};
  Variables both = named;
  both["STREAMONCE_TARGET"] = "sqlite:environment.db";
  EXPECT_EQ(load_settings(options_of(), environment_of(named))->target.name, "file.db");
  EXPECT_EQ(load_settings(options_of(), environment_of(both))->target.name, "environment.db");
  const auto settings = load_settings(options_of("sqlite:option.db"), environment_of(both));
  EXPECT_EQ(settings->target.name, "option.db");
  EXPECT_EQ(settings->name, "mine");
  EXPECT_EQ(settings->retain, std::chrono::days(30));
}

TEST(Settings, ADynamoDbTargetTakesAwsOwnSettings) {
  Variables variables = kAwsVariables;
  variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:2";
  variables["AWS_SESSION_TOKEN"] = "TOKEN";
  const Settings settings =
      load_settings(options_of("dynamodb:orders-copy", "ledger"), environment_of(variables))
          .value();
  EXPECT_EQ(settings.target.kind, TargetKind::kDynamoDb);
  EXPECT_EQ(settings.target.name, "orders-copy");
  EXPECT_EQ(settings.ledger, "ledger");
  EXPECT_EQ(settings.name, "orders-copy");
  EXPECT_EQ(settings.aws.endpoint_url, "http://127.0.0.1:2");
  EXPECT_EQ(settings.aws.session_token, "TOKEN");
}

TEST(Settings, ADynamoDbTargetNeedsAwsOwnSettings) {
  for (const auto& [variable, value] : kAwsVariables) {
    if (variable == "AWS_ENDPOINT_URL") continue;
    Variables variables = kAwsVariables;
    variables.erase(variable);
    const std::string message = why_not(options_of("dynamodb:orders", "ledger"), variables);
    EXPECT_NE(message.find(variable), std::string::npos) << message;
  }
}

TEST(Settings, EachFaultNamesItsSetting) {
  EXPECT_NE(why_not(options_of()).find("STREAMONCE_TARGET"), std::string::npos);
  for (const std::string target : {"orders", "sqlite:", "postgres:x", "dynamodb:", "dynamodb:a b"})
    EXPECT_TRUE(why_not(options_of(target)).starts_with("--target: ")) << target;
  EXPECT_TRUE(why_not(options_of(), {{"STREAMONCE_TARGET", "x"}}).starts_with("STREAMONCE_TARGET"));
  EXPECT_NE(why_not(options_of("dynamodb:orders"), kAwsVariables).find("STREAMONCE_LEDGER"),
            std::string::npos);
  EXPECT_NE(why_not(options_of("dynamodb:orders", "orders"), kAwsVariables).find("same table"),
            std::string::npos);
  EXPECT_NE(
      why_not(options_of("dynamodb:orders", "ledger"), {{"AWS_REGION", "x"}}).find("AWS_ACCESS"),
      std::string::npos);
  EXPECT_TRUE(why_not(options_of("sqlite:x", "ledger")).starts_with("--ledger"));
}

TEST(Settings, EachFaultOfTheFileNamesTheFileAndTheMember) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  const std::map<std::string, std::string> faults = {
      {"", "not JSON, near line 1, column 1 (byte 0)"},
      {"{\n \"target\": x}", "not JSON, near line 2, column 12 (byte 13)"},
      {"{\n \"target\":", "not JSON, near line 2, column 11 (byte 12)"},
      {"{}\n{", "not JSON, near line 2, column 1 (byte 3)"},
      {std::string("\xFF\xFE{\0}\0", 6), "UTF-16, little-endian"},
      {"[]", "JSON object"},
      {R"({"targets":"x"})", "targets"},
      {R"({"target":5})", "target"},
      {R"({"target":""})", "target"},
      {R"({"target":"sqlite:x","retain_days":1})", "retain_days"},
      {R"({"target":"sqlite:x","retain_days":"7"})", "retain_days"},
      {R"({"target":"sqlite:x","retain_days":2.5})", "retain_days"},
      {R"({"target":"sqlite:x","name":"a|b"})", "name"},
  };
  for (const auto& [text, member] : faults) {
    std::ofstream(path, std::ios::trunc) << text;
    const std::string message = why_not(options_of({}, {}, path));
    EXPECT_TRUE(message.starts_with(path)) << message;
    EXPECT_NE(message.find(member), std::string::npos) << message;
  }
  EXPECT_NE(why_not(options_of({}, {}, folder.file("none.json"))).find("there is no such file"),
            std::string::npos);
}

TEST(Settings, OfAnOptionThatIsGivenTwiceTheLastCounts) {
  SettingOptions options = options_of("sqlite:first.db");
  options.options.push_back({.name = "target", .value = "sqlite:last.db"});
  EXPECT_EQ(load_settings(options, environment_of({}))->target.name, "last.db");
}

TEST(Settings, TheFileBesideTheBinaryIsReadUnlessAnotherIsNamed) {
  const streamonce::testing::TempDir folder;
  SettingOptions options;
  options.default_file = folder.file("pipeline.json");
  EXPECT_NE(why_not(options).find("no target"), std::string::npos);
  std::ofstream(options.default_file) << R"({"target":"sqlite:beside.db"})";
  EXPECT_EQ(load_settings(options, environment_of({}))->target.name, "beside.db");
  const std::string other = folder.file("other.json");
  std::ofstream(other) << R"({"target":"sqlite:other.db"})";
  const auto named = load_settings(options, environment_of({{"STREAMONCE_CONFIG", other}}));
  EXPECT_EQ(named->target.name, "other.db");
}

TEST(Settings, RetainDaysHasBounds) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  const auto retain_of = [&](const std::string& days) {
    std::ofstream(path, std::ios::trunc) << R"({"target":"sqlite:x","retain_days":)" << days << '}';
    const auto settings = load_settings(options_of({}, {}, path), environment_of({}));
    return settings ? std::to_string(settings->retain->count()) : settings.error().message;
  };
  const std::string fault = path + ": retain_days: expected a whole number of days from 2 to 36500";
  EXPECT_EQ(retain_of("2"), "2");
  EXPECT_EQ(retain_of("36500"), "36500");
  for (const char* days : {"1", "36501", "-2", "2.0", "18446744073709551617", "null", "[2]"})
    EXPECT_EQ(retain_of(days), fault) << days;
}

/// Settings with views, in a folder of their own.
class ViewSettings : public ::testing::Test {
 protected:
  ViewSettings() { std::ofstream(views_) << "-- views"; }

  /// The settings with this target, views and tables; an empty one is not given.
  CheckedSettings check(const std::string& target, const std::string& views,
                        const std::string& tables = "") {
    Variables variables = kAwsVariables;
    variables["STREAMONCE_LEDGER"] = "ledger";
    if (!target.empty()) variables["STREAMONCE_TARGET"] = target;
    if (!views.empty()) variables["STREAMONCE_VIEWS"] = views;
    if (!tables.empty()) variables["STREAMONCE_TABLES"] = tables;
    return check_settings(options_, environment_of(variables));
  }
  /// All that is wrong, a line for each fault.
  static std::string faults_of(const CheckedSettings& checked) {
    std::string lines;
    for (const SettingFault& fault : checked.faults)
      lines += (fault.is_absence ? "absent: " : "") + fault.message + "\n";
    return lines;
  }
  std::string tables_of(const std::string& tables) {
    const CheckedSettings checked = check("dynamodb", views_, tables);
    if (!checked.faults.empty()) return faults_of(checked);
    std::string text;
    for (const NamedTable& each : checked.settings.tables.tables)
      text.append(each.name).append(" in ").append(each.table).append("\n");
    return text;
  }
  void write_file(const std::string& text) { std::ofstream(file_, std::ios::trunc) << text; }

  const streamonce::testing::TempDir folder_;
  const std::string views_ = folder_.file("views.sql");
  const std::string file_ = folder_.file("pipeline.json");
  SettingOptions options_;
};

TEST_F(ViewSettings, TheTargetIsADatabaseAndNoTable) {
  const CheckedSettings dynamodb = check("dynamodb", views_);
  EXPECT_EQ(faults_of(dynamodb), "");
  EXPECT_EQ(dynamodb.settings.target.kind, TargetKind::kDynamoDb);
  EXPECT_EQ(dynamodb.settings.target.name, "");
  EXPECT_EQ(dynamodb.settings.ledger, "ledger");
  EXPECT_EQ(dynamodb.settings.views, views_);
  EXPECT_EQ(dynamodb.settings.name, "") << "that of each record's source table";
  const CheckedSettings sqlite = check("sqlite:copy.db", views_);
  EXPECT_EQ(faults_of(sqlite), "");
  EXPECT_EQ(sqlite.settings.target.name, "copy.db");
  EXPECT_EQ(faults_of(check("sqlite:copy.db", "")), "");
  EXPECT_EQ(faults_of(check("dynamodb:copy", "")), "");
}

TEST_F(ViewSettings, ATableOfTheTargetAndViewsDoNotGoTogether) {
  EXPECT_EQ(faults_of(check("dynamodb:copy", views_)),
            "STREAMONCE_TARGET: \"dynamodb:copy\": names a table, and there are views (" + views_ +
                "): each view has a table of its own: expected dynamodb, or sqlite:PATH of a "
                "database file; which tables, say STREAMONCE_TABLES or \"tables\" in the pipeline "
                "file, if not those of the views' names\n");
  EXPECT_EQ(
      faults_of(check("dynamodb", "")),
      "STREAMONCE_TARGET: \"dynamodb\": names no table: without views the target mirrors the "
      "source in one table: expected dynamodb:TABLE, or sqlite:PATH of a database file; with "
      "views, name their file: --views, STREAMONCE_VIEWS or \"views\" in the pipeline file\n");
}

TEST_F(ViewSettings, TheFileMustBeThere) {
  const std::string none = folder_.file("none.sql");
  EXPECT_EQ(faults_of(check("dynamodb", none)),
            "STREAMONCE_VIEWS: \"" + none + "\": there is no such file\n");
  EXPECT_EQ(faults_of(check("dynamodb:copy", none, "a=prod-a")),
            "STREAMONCE_VIEWS: \"" + none + "\": there is no such file\n");
}

TEST_F(ViewSettings, TheOptionBeatsTheEnvironmentAndThatTheFileAndThatWhatIsBesideTheBinary) {
  const std::string other = folder_.file("other.sql");
  std::ofstream(other) << "-- others";
  options_.default_views = views_;
  EXPECT_EQ(check("dynamodb", "").settings.views, views_);
  write_file(R"({"views":")" + other + R"("})");
  options_.options.push_back({.name = "config", .value = file_});
  EXPECT_EQ(check("dynamodb", "").settings.views, other);
  EXPECT_EQ(check("dynamodb", views_).settings.views, views_);
  options_.options.push_back({.name = "views", .value = other});
  EXPECT_EQ(check("dynamodb", views_).settings.views, other);
}

TEST_F(ViewSettings, AFileBesideTheBinaryThatIsNotThereIsNoFault) {
  options_.default_views = folder_.file("none.sql");
  EXPECT_EQ(faults_of(check("dynamodb:copy", "")), "");
  EXPECT_EQ(check("dynamodb:copy", "").settings.views, "");
}

TEST_F(ViewSettings, TablesHaveOtherNamesThanTheirViews) {
  EXPECT_EQ(tables_of("open_orders=prod-open-orders,revenue=prod.revenue"),
            "open_orders in prod-open-orders\nrevenue in prod.revenue\n");
  EXPECT_EQ(tables_of("odd=name=prod-odd"), "odd=name in prod-odd\n");
}

TEST_F(ViewSettings, EachFaultOfTheTablesIsNamed) {
  const std::string start = "STREAMONCE_TABLES: ";
  EXPECT_EQ(tables_of("a"),
            start + "\"a\": expected NAME=TABLE, as often as wanted, with commas between\n");
  EXPECT_EQ(tables_of("a=prod-a,,b=prod-b"),
            start + "\"\": expected NAME=TABLE, as often as wanted, with commas between\n");
  EXPECT_EQ(tables_of("=prod-a"),
            start + "a name is empty: expected the name of a view or a source\n");
  EXPECT_EQ(tables_of("a=b c"), start +
                                    "\"a\": \"b c\" is no name of a DynamoDB table: expected 3 to "
                                    "255 of a-z A-Z 0-9 _ - .\n");
  EXPECT_EQ(tables_of("a=prod-a,a=prod-b"), start + "\"a\" stands there twice\n");
  EXPECT_EQ(faults_of(check("dynamodb:copy", "", "a=prod-a")),
            start +
                "names tables of views, and there are none: name their file with --views, "
                "STREAMONCE_VIEWS or \"views\" in the pipeline file\n");
}

TEST_F(ViewSettings, TheFileHasItsTablesAsAnObjectWhosePlaceTheEnvironmentTakes) {
  options_.options.push_back({.name = "config", .value = file_});
  write_file(R"({"tables":{"b":"prod-b","a,b=":"prod-a"}})");
  EXPECT_EQ(tables_of(""), "a,b= in prod-a\nb in prod-b\n");
  EXPECT_EQ(tables_of("a=other-a"), "a in other-a\n");
  for (const char* tables : {"[]", "5", R"("a=b")", R"({"a":5})", R"({"a":{"b":"c"}})"}) {
    write_file(std::string(R"({"tables":)") + tables + "}");
    EXPECT_EQ(tables_of(""), file_ + ": tables: expected an object of strings\n") << tables;
  }
  write_file(R"({"tables":{"a":"x"}})");
  EXPECT_TRUE(tables_of("").starts_with(file_ + ": tables: \"a\": \"x\" is no name"));
}

TEST_F(ViewSettings, AllFaultsAreToldAndWhatIsOnlyAbsentIsTold) {
  EXPECT_EQ(faults_of(check_settings({}, environment_of({}))),
            "absent: no target: name one with --target, STREAMONCE_TARGET or \"target\" in the "
            "pipeline file: expected dynamodb:TABLE, or sqlite:PATH of a database file\n");
  write_file(R"({"target":5,"name":"a|b","other":1,"views":"/none"})");
  options_.options.push_back({.name = "config", .value = file_});
  EXPECT_EQ(faults_of(check("", "", "a")),
            file_ +
                ": unknown member \"other\": expected target, ledger, views, tables, name or "
                "retain_days\n" +
                file_ + ": target: expected a string that is not empty\n" + file_ +
                ": views: \"/none\": there is no such file\n" +
                "STREAMONCE_TABLES: \"a\": expected NAME=TABLE, as often as wanted, with commas "
                "between\n" +
                file_ + ": name: expected at most 255 bytes, none of them |\n");
  const CheckedSettings bare =
      check_settings({}, environment_of({{"STREAMONCE_TARGET", "dynamodb:copy"}}));
  EXPECT_TRUE(bare.has_target);
  EXPECT_FALSE(bare.has_file);
  EXPECT_TRUE(check("dynamodb:copy", "").has_file);
  EXPECT_EQ(bare.settings.target.name, "copy");
  ASSERT_EQ(bare.faults.size(), 3U) << faults_of(bare);
  for (const SettingFault& fault : bare.faults) EXPECT_TRUE(fault.is_absence) << fault.message;
}

/// What help says of a setting is in one row with what is read.
TEST(Settings, EachIsNamedOnceAndHasAPlaceToBeSet) {
  std::set<std::string> names;
  for (const Setting& setting : setting_table()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    EXPECT_TRUE(setting.in_file || setting.operand != nullptr) << setting.name;
    EXPECT_EQ(setting.help != nullptr, setting.variable != nullptr) << setting.name;
    if (setting.operand != nullptr) ASSERT_NE(setting.option_help, nullptr) << setting.name;
    if (setting.variable == nullptr) continue;
    EXPECT_TRUE(std::string_view(setting.variable).starts_with("STREAMONCE_")) << setting.name;
  }
}

}  // namespace
}  // namespace streamonce::handler
