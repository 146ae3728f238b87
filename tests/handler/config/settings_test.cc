#include "handler/config/settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

TEST(Settings, TheEnvironmentNamesThePipelineToo) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  std::ofstream(path) << R"({"target":"sqlite:file.db","name":"mine"})";
  Variables variables = {{"STREAMONCE_CONFIG", path}, {"STREAMONCE_NAME", "yours"}};
  EXPECT_EQ(load_settings(options_of(), environment_of(variables))->name, "yours");
  variables["STREAMONCE_NAME"] = "a|b";
  EXPECT_TRUE(why_not(options_of(), variables).starts_with("STREAMONCE_NAME: "));
}

TEST(Settings, MetricsAreEmfOrNone) {
  const auto form_of = [](Variables variables) {
    return load_settings(options_of("sqlite:x"), environment_of(std::move(variables)))->metrics;
  };
  EXPECT_EQ(form_of({}), MetricsForm::kEmf);
  EXPECT_EQ(form_of({{"STREAMONCE_METRICS", "emf"}}), MetricsForm::kEmf);
  EXPECT_EQ(form_of({{"STREAMONCE_METRICS", "none"}}), MetricsForm::kNone);
  for (const char* other : {"EMF", "off", "statsd"})
    EXPECT_EQ(why_not(options_of("sqlite:x"), {{"STREAMONCE_METRICS", other}}),
              "STREAMONCE_METRICS: \"" + std::string(other) + "\": expected emf or none");
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  std::ofstream(path) << R"({"target":"sqlite:x","metrics":"none"})";
  EXPECT_EQ(form_of({{"STREAMONCE_CONFIG", path}}), MetricsForm::kNone);
}

TEST(Settings, ImagesAreTheRecordsOrFetched) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  const auto images_of = [&](const std::string& more) {
    std::ofstream(path, std::ios::trunc) << R"({"target":"sqlite:x")" + more + "}";
    return load_settings(options_of(), environment_of({{"STREAMONCE_CONFIG", path}}))->images;
  };
  EXPECT_EQ(images_of(""), ImagesFrom::kRecord);
  EXPECT_EQ(images_of(R"(,"images":"record")"), ImagesFrom::kRecord);
  EXPECT_EQ(images_of(R"(,"images":"fetch")"), ImagesFrom::kFetch);
}

TEST(Settings, ADynamoDbTargetTakesAwsOwnSettings) {
  Variables variables = kAwsVariables;
  variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://127.0.0.1:2";
  const Settings settings =
      load_settings(options_of("dynamodb:orders-copy", "ledger"), environment_of(variables))
          .value();
  EXPECT_EQ(settings.target.kind, TargetKind::kDynamoDb);
  EXPECT_EQ(settings.target.name, "orders-copy");
  EXPECT_EQ(settings.ledger, "ledger");
  EXPECT_EQ(settings.name, "orders-copy");
  EXPECT_EQ(settings.aws.endpoint_url, "http://127.0.0.1:2");
}

TEST(Settings, ADynamoDbTargetNeedsAwsOwnSettings) {
  Variables variables = kAwsVariables;
  variables.erase("AWS_REGION");
  const std::string message = why_not(options_of("dynamodb:orders", "ledger"), variables);
  EXPECT_NE(message.find("AWS_REGION"), std::string::npos) << message;
}

constexpr const char* kOtherAccount = "arn:aws:dynamodb:us-east-2:210987654321:table/";

/// The settings of a target and a ledger by their ARNs, in an environment without a Region.
CheckedSettings by_arns(Variables more = {}, const std::string& ledger = "ledger") {
  Variables variables = kAwsVariables;
  variables.erase("AWS_REGION");
  variables.merge(more);
  return check_settings(
      options_of(std::string("dynamodb:") + kOtherAccount + "orders-copy", kOtherAccount + ledger),
      environment_of(variables));
}

TEST(Settings, TablesByTheirArnsAreInTheirRegionAndAccountWhateverTheEnvironmentSays) {
  for (const Variables& more : {Variables(), Variables{{"AWS_REGION", "eu-west-1"}}}) {
    const CheckedSettings checked = by_arns(more);
    ASSERT_TRUE(checked.faults.empty()) << checked.faults.front().message;
    const Settings& settings = checked.settings;
    EXPECT_EQ(settings.target.name, std::string(kOtherAccount) + "orders-copy");
    EXPECT_EQ(settings.ledger, std::string(kOtherAccount) + "ledger");
    EXPECT_EQ(settings.region, "us-east-2");
    EXPECT_EQ(settings.account, "210987654321");
    EXPECT_EQ(settings.name, "orders-copy") << "as it would be by name";
  }
}

TEST(Settings, TablesByNameAreInTheEnvironmentsRegionAndTheRolesAccount) {
  Variables variables = kAwsVariables;
  const auto load = [&] {
    return load_settings(options_of("dynamodb:orders", "ledger"), environment_of(variables))
        .value();
  };
  EXPECT_EQ(load().region, "eu-west-1");
  EXPECT_EQ(load().account, "");
  variables["STREAMONCE_ROLE_ARN"] = "arn:aws:iam::210987654321:role/writer";
  EXPECT_EQ(load().account, "210987654321");
  EXPECT_EQ(load().region, "eu-west-1");
}

TEST(Settings, ALedgerThatNoTransactionCanWriteWithTheTargetIsRefused) {
  const std::string target = std::string("dynamodb:") + kOtherAccount + "orders";
  EXPECT_TRUE(why_not(options_of(target, "ledger"), kAwsVariables)
                  .starts_with("--ledger: \"ledger\" is a name, "));
  EXPECT_TRUE(
      why_not(options_of("dynamodb:orders", kOtherAccount + std::string("ledger")), kAwsVariables)
          .starts_with("--ledger: \"" + std::string(kOtherAccount) +
                       "ledger\" is an ARN, and the target, \"orders\", is a name, "));
  for (const char* other : {"arn:aws:dynamodb:us-east-1:210987654321:table/ledger",
                            "arn:aws:dynamodb:us-east-2:123456789012:table/ledger"})
    EXPECT_TRUE(why_not(options_of(target, other), kAwsVariables)
                    .starts_with("--ledger: \"" + std::string(other) + "\" is in the account "))
        << other;
  EXPECT_NE(why_not(options_of(target, kOtherAccount + std::string("orders")), kAwsVariables)
                .find("same table"),
            std::string::npos);
  EXPECT_TRUE(why_not(options_of(target + "/stream/x", "ledger"), kAwsVariables)
                  .starts_with("--target: \"" + target.substr(9) + "/stream/x\" is the ARN of "));
}

TEST(Settings, RolesAreTakenFromEnvironmentAndFile) {
  const streamonce::testing::TempDir folder;
  const std::string path = folder.file("pipeline.json");
  std::ofstream(path) << R"({"role_arn":"arn:aws:iam::210987654321:role/w","external_id":"agreed",)"
                      << R"("stream_role_arn":"arn:aws:iam::123456789012:role/r",)"
                      << R"("stream_external_id":"other","session_name":"copy"})";
  const CheckedSettings file = by_arns({{"STREAMONCE_CONFIG", path}});
  ASSERT_TRUE(file.faults.empty()) << file.faults.front().message;
  EXPECT_EQ(file.settings.role.arn, "arn:aws:iam::210987654321:role/w");
  EXPECT_EQ(file.settings.role.external_id, "agreed");
  EXPECT_EQ(file.settings.stream_role.arn, "arn:aws:iam::123456789012:role/r");
  EXPECT_EQ(file.settings.stream_role.external_id, "other");
  EXPECT_EQ(file.settings.session_name, "copy");
  const Settings stronger =
      by_arns({{"STREAMONCE_CONFIG", path}, {"STREAMONCE_SESSION_NAME", "mine"}}).settings;
  EXPECT_EQ(stronger.session_name, "mine");
  EXPECT_EQ(by_arns().settings.session_name, "streamonce");
}

TEST(Settings, EachFaultOfARoleNamesItsSetting) {
  const auto fault_of = [](const Variables& variables) {
    const CheckedSettings checked = by_arns(variables);
    return checked.faults.empty() ? "no fault" : checked.faults.front().message;
  };
  EXPECT_EQ(fault_of({{"STREAMONCE_ROLE_ARN", "writer"}}),
            "STREAMONCE_ROLE_ARN: \"writer\" is not the ARN of a role: expected "
            "arn:aws:iam::ACCOUNT:role/ROLE");
  EXPECT_EQ(fault_of({{"STREAMONCE_STREAM_ROLE_ARN", "r"}}).find("STREAMONCE_STREAM_ROLE_ARN: "),
            0U);
  EXPECT_EQ(fault_of({{"STREAMONCE_SESSION_NAME", "a b"}}).find("STREAMONCE_SESSION_NAME: "), 0U);
  const std::string id = fault_of({{"STREAMONCE_EXTERNAL_ID", "MARK MARK"}});
  EXPECT_EQ(id.find("STREAMONCE_EXTERNAL_ID: what is set is no external id"), 0U) << id;
  EXPECT_EQ(id.find("MARK"), std::string::npos) << id;
  EXPECT_EQ(fault_of({{"STREAMONCE_EXTERNAL_ID", "agreed"}}),
            "STREAMONCE_EXTERNAL_ID: there is no role that it is for: name one with "
            "STREAMONCE_ROLE_ARN or \"role_arn\" in the pipeline file");
  EXPECT_EQ(fault_of({{"STREAMONCE_STREAM_EXTERNAL_ID", "agreed"}}),
            "STREAMONCE_STREAM_EXTERNAL_ID: there is no role that it is for: name one with "
            "STREAMONCE_STREAM_ROLE_ARN or \"stream_role_arn\" in the pipeline file");
}

/// What is wrong with settings of a SQLite target.
std::vector<std::string> faults_of_sqlite(const Variables& variables) {
  std::vector<std::string> messages;
  for (const SettingFault& fault :
       check_settings(options_of("sqlite:x"), environment_of(variables)).faults)
    messages.push_back(fault.message);
  return messages;
}

TEST(Settings, ARoleToWriteASqliteTargetAsIsRefused) {
  using Messages = std::vector<std::string>;
  const char* const role = "arn:aws:iam::210987654321:role/w";
  const std::string why = ": a SQLite target is a file, which is written as no role";
  EXPECT_EQ(faults_of_sqlite({{"STREAMONCE_ROLE_ARN", role}}),
            Messages{"STREAMONCE_ROLE_ARN" + why});
  EXPECT_EQ(faults_of_sqlite({{"STREAMONCE_SESSION_NAME", "copy"}}),
            Messages{"STREAMONCE_SESSION_NAME" + why});
  EXPECT_EQ(faults_of_sqlite({{"STREAMONCE_ROLE_ARN", role}, {"STREAMONCE_EXTERNAL_ID", "agreed"}}),
            (Messages{"STREAMONCE_ROLE_ARN" + why, "STREAMONCE_EXTERNAL_ID" + why}));
  EXPECT_EQ(
      faults_of_sqlite({{"STREAMONCE_STREAM_ROLE_ARN", "r"}, {"STREAMONCE_SESSION_NAME", "copy"}})
          .size(),
      1U)
      << "the session is that of the role that is malformed";
  EXPECT_EQ(faults_of_sqlite({{"STREAMONCE_STREAM_ROLE_ARN", role},
                              {"STREAMONCE_STREAM_EXTERNAL_ID", "agreed"},
                              {"STREAMONCE_SESSION_NAME", "copy"}}),
            Messages());
}

TEST(Settings, ARoleOfAnotherPartitionIsRefused) {
  const auto faults_of = [](const Variables& more, const std::string& region) {
    Variables variables = kAwsVariables;
    variables["AWS_REGION"] = region;
    variables.insert(more.begin(), more.end());
    const CheckedSettings checked =
        check_settings(options_of("dynamodb:orders", "ledger"), environment_of(variables));
    return checked.faults.empty() ? "" : checked.faults.front().message;
  };
  const std::string of_china = "arn:aws-cn:iam::210987654321:role/w";
  for (const char* name : {"STREAMONCE_ROLE_ARN", "STREAMONCE_STREAM_ROLE_ARN"}) {
    EXPECT_EQ(
        faults_of({{name, of_china}}, "eu-central-1"),
        name + std::string(": \"") + of_china +
            "\" is of the partition aws-cn of AWS, and the Region \"eu-central-1\" is in aws: "
            "expected a role of that one");
    EXPECT_EQ(faults_of({{name, of_china}}, "cn-north-1"), "");
    EXPECT_NE(faults_of({{name, "arn:aws:iam::210987654321:role/w"}}, "us-gov-west-1"), "");
  }
  // The tables' own Region counts for the role that writes them.
  EXPECT_EQ(by_arns({{"AWS_REGION", "eu-west-1"}, {"STREAMONCE_ROLE_ARN", of_china}}).faults.size(),
            1U);
  EXPECT_TRUE(faults_of_sqlite({{"STREAMONCE_STREAM_ROLE_ARN", of_china}}).empty())
      << "which Region is meant is not known";
  EXPECT_EQ(
      faults_of_sqlite({{"STREAMONCE_STREAM_ROLE_ARN", of_china}, {"AWS_REGION", "eu-central-1"}})
          .size(),
      1U);
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
      {R"({"target":"sqlite:x","images":"both"})", "images: \"both\": expected record or fetch"},
      {R"({"target":"sqlite:x","images":true})", "images: expected a string"},
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
                                    "255 of a-z A-Z 0-9 _ - ., or the ARN of the table\n");
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
                ": unknown member \"other\": expected target, ledger, views, tables, name, "
                "metrics, images, marks, version_attribute, adopt, puts_in_flight, "
                "retain_days, role_arn, external_id, stream_role_arn, "
                "stream_external_id or "
                "session_name\n" +
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
  ASSERT_EQ(bare.faults.size(), 2U) << faults_of(bare);
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
