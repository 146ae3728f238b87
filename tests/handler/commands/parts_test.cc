#include "handler/commands/parts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/changes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_s3.h"
#include "tests/support/mark_places.h"
#include "tests/support/settings.h"
#include "tests/support/socket_server.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using testing::environment_of;

class Parts : public ::testing::Test {
 protected:
  Result<std::unique_ptr<OpenPipeline>> open(const std::string& target,
                                             TargetUse use = TargetUse::kApply) {
    OpenPipeline::Options options;
    options.settings.options.push_back({.name = "target", .value = target});
    options.use = use;
    return OpenPipeline::open(options, environment_of({}), clock_, logger_);
  }
  /// The fate of one change.
  std::vector<Fate> apply(OpenPipeline& open) {
    const std::vector<events::Change> changes = {testing::change("x", "1")};
    return open.pipeline().apply(changes, clock_.steady_now() + std::chrono::seconds(60)).fates;
  }

  const testing::TempDir folder_;
  const std::string file_ = folder_.file("copy.db");
  testing::FakeClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
};

TEST_F(Parts, APipelineIsOpenedOnTheTargetOfTheSettings) {
  const auto first = open("sqlite:" + file_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(apply(**first), std::vector{Fate::kApplied});
  EXPECT_EQ(apply(**open("sqlite:" + file_)), std::vector{Fate::kAlreadyApplied});
}

TEST_F(Parts, APreviewForeseesAndWritesNothing) {
  const auto preview = open("sqlite:" + file_, TargetUse::kPreview);
  ASSERT_TRUE(preview) << preview.error().message;
  EXPECT_EQ(apply(**preview), std::vector{Fate::kApplied});
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_EQ(apply(**open("sqlite:" + file_)), std::vector{Fate::kApplied});
}

TEST_F(Parts, ATargetCanBeWalkedThroughBesideItsPipeline) {
  const auto open_one = open("sqlite:" + file_);
  ASSERT_TRUE(open_one);
  apply(**open_one);
  const auto scanner = (*open_one)->open_scanner();
  ASSERT_TRUE(scanner) << scanner.error().message;
  std::vector<std::string> texts;
  const SteadyTime deadline = clock_.steady_now() + std::chrono::seconds(60);
  EXPECT_TRUE(*(*scanner)->rows("orders", {"id"})->next(texts, deadline));
  EXPECT_EQ(texts, std::vector{std::string(testing::kImageJson)});
  const std::string prefix =
      (*open_one)->pipeline().ledger_prefix(testing::change("x", "1").source);
  EXPECT_EQ(prefix, "orders|123456789012/eu-west-1/orders|");
  const std::string id = prefix + "2:idS1:x";
  const auto marks =
      (*open_one)->target().read_marks(testing::place_of(id), Reading::kVersions, deadline);
  EXPECT_TRUE(marks.at(0) && *marks.at(0));
}

TEST_F(Parts, ItemsOfATargetCanBeReadBesideItsPipeline) {
  const auto open_one = open("sqlite:" + file_);
  ASSERT_TRUE(open_one);
  const auto items = (*open_one)->open_items();
  ASSERT_TRUE(items) << items.error().message;
  const SteadyTime deadline = clock_.steady_now() + std::chrono::seconds(60);
  const events::Change change = testing::change("x", "1");
  const auto read = [&](ItemReader& reader) {
    return std::string(*reader.read("orders", {&change.key, 1}, Consistency::kStrong, deadline)[0]);
  };
  EXPECT_EQ(read(**items), "");
  apply(**open_one);
  EXPECT_EQ(read(**items), testing::kImageJson);
  const auto preview = open("sqlite:" + file_, TargetUse::kPreview);
  EXPECT_EQ(read(**(*preview)->open_items()), testing::kImageJson);
}

TEST_F(Parts, ItemsOfASourceAreReadAtTheEndpointOfTheEnvironment) {
  SystemClock clock;
  Logger logger({.sink = [](std::string_view) {}}, clock);
  const Settings settings;
  testing::Variables variables = {{"AWS_ACCESS_KEY_ID", "AKID"},
                                  {"AWS_SECRET_ACCESS_KEY", "SECRET"},
                                  {"AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"}};
  const Environment environment = environment_of(variables);
  const std::string arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
  const auto items = open_source_items(settings, arn, environment, clock, logger);
  ASSERT_TRUE(items) << items.error().message;
  const auto scan = (*items)->scan(arn, {}, Consistency::kEventual);
  std::vector<std::string_view> page;
  const auto found = scan->next(page, clock.steady_now() + std::chrono::milliseconds(200));
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("Scan of table " + arn), std::string::npos)
      << found.error().message;
  for (const char* wrong : {"arn:aws:s3:::x", "orders"}) {  // no Region is set
    const auto refused = open_source_items(settings, wrong, environment, clock, logger);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(Parts, ATableIsAskedForAtTheEndpointOfTheEnvironment) {
  SystemClock clock;
  Logger logger({.sink = [](std::string_view) {}}, clock);
  const Settings settings;
  const testing::Variables variables = {{"AWS_REGION", "eu-west-1"},
                                        {"AWS_ACCESS_KEY_ID", "AKID"},
                                        {"AWS_SECRET_ACCESS_KEY", "SECRET"},
                                        {"AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"}};
  const Environment environment = environment_of(variables);
  const auto tables = open_tables(settings, environment, clock, logger);
  const auto described =
      tables->describe("orders", clock.steady_now() + std::chrono::milliseconds(200));
  ASSERT_FALSE(described);
  EXPECT_NE(described.error().message.find("DescribeTable of table orders: "), std::string::npos)
      << described.error().message;
  const auto refused = tables->describe("arn:aws:s3:::x", clock.steady_now());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  const Environment nowhere = environment_of({{"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}});
  EXPECT_FALSE(open_tables(settings, nowhere, clock, logger)->describe("orders", {}));
}

TEST_F(Parts, OnlyWhoTellsMetricsCountsAndOnlyIfTheyAreWanted) {
  const auto open_with = [&](bool may_tell, const testing::Variables& variables) {
    OpenPipeline::Options options;
    options.settings.options.push_back({.name = "target", .value = "sqlite:" + file_});
    options.may_tell_metrics = may_tell;
    return OpenPipeline::open(options, environment_of(variables), clock_, logger_);
  };
  EXPECT_EQ((*open_with(false, {}))->figures(), nullptr);
  EXPECT_EQ((*open_with(true, {{"STREAMONCE_METRICS", "none"}}))->figures(), nullptr);
  const auto open = open_with(true, {{"STREAMONCE_NAME", "mine"}});
  EXPECT_EQ((*open)->settings().name, "mine");
  ASSERT_NE((*open)->figures(), nullptr);
  EXPECT_EQ(apply(**open), std::vector{Fate::kApplied});
  EXPECT_TRUE((*open)->figures()->has_committed);
}

TEST_F(Parts, TablesByNameAreNoSourcesInTheirRegion) {
  OpenPipeline::Options options;
  options.settings.options = {{.name = "target", .value = "dynamodb:copy"},
                              {.name = "ledger", .value = "marks"}};
  const auto open = OpenPipeline::open(options,
                                       environment_of({{"AWS_REGION", "eu-west-1"},
                                                       {"AWS_ENDPOINT_URL", "http://localhost:1"},
                                                       {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                                       {"AWS_SECRET_ACCESS_KEY", "secret"}}),
                                       clock_, logger_);
  ASSERT_TRUE(open) << open.error().message;
  const auto why = [&](std::string_view region, std::string_view table) {
    return (*open)->pipeline().why_no_source(
        {.account = "123456789012", .region = region, .table = table});
  };
  EXPECT_NE(why("eu-west-1", "copy"), "");
  EXPECT_NE(why("eu-west-1", "marks"), "");
  EXPECT_EQ(why("eu-west-1", "orders"), "");
  EXPECT_EQ(why("eu-west-2", "copy"), "");
}

TEST_F(Parts, ASettingThatIsWrongIsTold) {
  const auto wrong = open("sqlite:");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(wrong.error().message.starts_with("--target: ")) << wrong.error().message;
}

TEST_F(Parts, AStreamNeedsItsSettingsOnceItIsRead) {
  const Environment environment = environment_of({{"AWS_EC2_METADATA_DISABLED", "true"}});
  const Settings settings;
  const auto streams = open_streams(settings, environment, clock_, logger_);
  const auto range = StreamRange{.stream_arn = testing::kStreamArn,
                                 .shard_id = "shardId-1",
                                 .first = events::SequenceNumber::parse("1").value(),
                                 .last = events::SequenceNumber::parse("2").value()};
  const Status read = streams->read(
      range, [](PayloadView) { return std::nullopt; }, clock_.steady_now());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(read.error().message.find("AWS_ACCESS_KEY_ID"), std::string::npos);
}

/// What an environment has for the fake bucket, and `more`, which is stronger.
testing::Variables variables_of(const testing::FakeS3& server, testing::Variables more) {
  for (const std::string& each : server.environment()) {
    const std::size_t equals = each.find('=');
    more.try_emplace(each.substr(0, equals), each.substr(equals + 1));
  }
  return more;
}

TEST_F(Parts, ABucketIsOpenedWithAwsOwnSettings) {
  testing::FakeS3 server;
  server.put("p/manifest-summary.json", "{}");
  const auto fetch = [&](testing::Variables more) -> std::string {
    const auto files =
        open_export("s3://exports/p/", {}, environment_of(variables_of(server, std::move(more))),
                    clock_, logger_);
    if (!files) return files.error().message;
    EXPECT_EQ((*files)->name(), "s3://exports/p");
    const auto fetched = (*files)->fetch("manifest-summary.json");
    return fetched ? std::to_string((*fetched)->bytes()) + " bytes" : fetched.error().message;
  };
  clock_.advance(SystemClock().now() - clock_.now());
  EXPECT_EQ(fetch({}), "2 bytes");
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(fetch({{"TMPDIR", "/nowhere"}}),
            "s3://exports/p/manifest-summary.json: the folder for temporary files, \"/nowhere\": "
            "No such file or directory");
  EXPECT_NE(fetch({{"AWS_ENDPOINT_URL_S3", "ftp://x"}}).find("AWS_ENDPOINT_URL_S3"),
            std::string::npos);
  EXPECT_NE(fetch({{"AWS_REGION", "Europe"}}).find("AWS_REGION"), std::string::npos);
}

TEST_F(Parts, AFolderIsOpenedWithoutAws) {
  std::ofstream(folder_.file("manifest-summary.json")) << "{}";
  const auto open_folder = [&](const std::string& path) {
    return open_export(path, {}, environment_of({}), clock_, logger_);
  };
  const auto files = open_folder(folder_.path());
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ((*(*files)->fetch("manifest-summary.json"))->bytes(), 2U);
  EXPECT_EQ(open_folder(folder_.file("nowhere")).error().code, ErrorCode::kUnavailable);
}

/// S3 says which Region is right to whoever asks in another one.
TEST_F(Parts, ABucketIsOpenedWithoutARegion) {
  testing::FakeS3 server;
  server.put("p/k", "bytes");
  clock_.advance(SystemClock().now() - clock_.now());
  testing::Variables variables = variables_of(server, {});
  variables.erase("AWS_REGION");
  const auto requests_of = [&](const Settings& settings) {
    const auto files =
        open_export("s3://exports/p", settings, environment_of(variables), clock_, logger_);
    EXPECT_TRUE((*files)->fetch("k"));
    const std::string signature = server.requests().back().header("authorization");
    EXPECT_NE(signature.find("/eu-west-1/s3/"), std::string::npos);
    return server.requests().size();
  };
  EXPECT_EQ(requests_of({}), 2U);
  EXPECT_NE(server.requests()[0].header("authorization").find("/us-east-1/s3/"), std::string::npos);
  Settings settings;
  settings.region = "eu-west-1";
  EXPECT_EQ(requests_of(settings), 3U);
}

TEST_F(Parts, ABucketNeedsAnAddressAndCredentials) {
  const auto opened = [&](const std::string& address) {
    return open_export(address, {},
                       environment_of({{"AWS_EC2_METADATA_DISABLED", "true"},
                                       {"AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1"}}),
                       clock_, logger_)
        .error();
  };
  EXPECT_EQ(opened("s3://A").code, ErrorCode::kInvalidArgument);
  EXPECT_NE(opened("s3://exports").message.find("AWS_ACCESS_KEY_ID"), std::string::npos);
}

/// What STS says to who may not have a role.
constexpr const char* kDenied =
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";

/// What the stream of dead letters needs to be read as a role that `sts` is asked for.
testing::Variables variables_of_role(const testing::SocketServer& sts) {
  return {{"AWS_REGION", "eu-west-1"},
          {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
          {"AWS_SECRET_ACCESS_KEY", "secret"},
          {"AWS_ENDPOINT_URL_STS", "http://" + sts.address()},
          {"AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "http://127.0.0.1:1"}};
}

/// The errors of reading three pointers, one after another, by one deadline.
std::vector<std::string> read_three(StreamReader& streams, const Clock& clock,
                                    std::chrono::milliseconds time) {
  const SteadyTime deadline = clock.steady_now() + time;
  std::vector<std::string> errors;
  for (int i = 0; i < 3; ++i) {
    const Status read = streams.read(
        {.stream_arn = testing::kStreamArn,
         .shard_id = "shardId-1",
         .first = events::SequenceNumber::parse("1").value(),
         .last = events::SequenceNumber::parse("2").value()},
        [](PayloadView) { return std::nullopt; }, deadline);
    errors.push_back(read ? "read" : read.error().message);
  }
  return errors;
}

TEST_F(Parts, ARoleOfTheStreamThatIsDeniedIsAskedForOnceAndNotForEachPointer) {
  testing::SocketServer sts(
      [](const testing::ServerRequest&) { return testing::reply(testing::answer(403, kDenied)); });
  const Environment environment = environment_of(variables_of_role(sts));
  Settings settings;
  settings.stream_role.arn = "arn:aws:iam::123456789012:role/reader";
  settings.session_name = "streamonce";
  const auto streams = open_streams(settings, environment, clock_, logger_);
  for (const std::string& error : read_three(*streams, clock_, std::chrono::seconds(60)))
    EXPECT_NE(error.find("AccessDenied"), std::string::npos) << error;
  EXPECT_EQ(sts.requests().size(), 1U);
}

TEST_F(Parts, ARoleOfTheStreamThatStsIsSilentOfEndsAtTheDeadline) {
  testing::SocketServer sts(
      [](const testing::ServerRequest&) { return testing::reply("", testing::Then::kStall); });
  const Environment environment = environment_of(variables_of_role(sts));
  Settings settings;
  settings.stream_role.arn = "arn:aws:iam::123456789012:role/reader";
  settings.session_name = "streamonce";
  SystemClock clock;
  const auto streams = open_streams(settings, environment, clock, logger_);
  const SteadyTime start = clock.steady_now();
  for (const std::string& error : read_three(*streams, clock, std::chrono::milliseconds(200)))
    EXPECT_NE(error.find("the role "), std::string::npos) << error;
  EXPECT_LT(clock.steady_now() - start, std::chrono::seconds(8));  // without a deadline: 10 s
  EXPECT_LE(sts.requests().size(), 1U);
}

/// The scope that `sts` was signed for, as in `eu-central-1/sts`; empty: it was not asked.
std::string scope_of(const testing::SocketServer& sts) {
  if (sts.requests().empty()) return {};
  const std::string header = sts.requests()[0].header("authorization");
  const std::size_t end = header.find("/aws4_request");
  const std::size_t service = header.rfind('/', end - 1);
  const std::size_t region = header.rfind('/', service - 1);
  return header.substr(region + 1, end - region - 1);
}

TEST_F(Parts, ARoleOfTheStreamIsAskedForInTheStreamsRegionWhereNoOtherIsKnown) {
  testing::SocketServer sts(
      [](const testing::ServerRequest&) { return testing::reply(testing::answer(403, kDenied)); });
  testing::Variables variables = variables_of_role(sts);
  variables.erase("AWS_REGION");
  const Environment environment = environment_of(variables);
  Settings settings;
  settings.stream_role.arn = "arn:aws:iam::123456789012:role/reader";
  settings.session_name = "streamonce";
  const auto streams = open_streams(settings, environment, clock_, logger_);
  read_three(*streams, clock_, std::chrono::seconds(60));
  EXPECT_EQ(scope_of(sts), "eu-west-1/sts");
}

TEST_F(Parts, TheRoleOfAProfileIsAskedForInTheRegionOfTheTablesWhereNoOtherIsSet) {
  testing::SocketServer sts(
      [](const testing::ServerRequest&) { return testing::reply(testing::answer(403, kDenied)); });
  const std::string profiles = folder_.file("config");
  std::ofstream(profiles) << "[default]\nrole_arn = arn:aws:iam::123456789012:role/writer\n"
                             "source_profile = keys\n[profile keys]\n"
                             "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n";
  OpenPipeline::Options options;
  const std::string start = "arn:aws:dynamodb:eu-central-1:123456789012:table/";
  options.settings.options = {{.name = "target", .value = "dynamodb:" + start + "copy"},
                              {.name = "ledger", .value = start + "marks"}};
  const auto open =
      OpenPipeline::open(options,
                         environment_of({{"AWS_CONFIG_FILE", profiles},
                                         {"AWS_SHARED_CREDENTIALS_FILE", folder_.file("none")},
                                         {"AWS_ENDPOINT_URL", "http://" + sts.address()}}),
                         clock_, logger_);
  ASSERT_FALSE(open) << "it is denied";
  EXPECT_NE(open.error().message.find("AccessDenied"), std::string::npos) << open.error().message;
  EXPECT_EQ(scope_of(sts), "eu-central-1/sts");
}

TEST_F(Parts, FilesAreLookedForBesideTheBinary) {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  SettingOptions options;
  add_defaults(options);
  EXPECT_EQ(options.default_file, (folder / "pipeline.json").string());
  EXPECT_EQ(options.default_views, (folder / "views.sql").string());
}

TEST_F(Parts, OnlyWhatMayPassIsToldAsSuch) {
  EXPECT_STREQ(init_error_type(ErrorCode::kTimeout), "Function.TargetUnavailable");
  EXPECT_STREQ(init_error_type(ErrorCode::kUnavailable), "Function.TargetUnavailable");
  EXPECT_STREQ(init_error_type(ErrorCode::kInvalidArgument), "Function.InvalidConfiguration");
  EXPECT_STREQ(init_error_type(ErrorCode::kFatal), "Function.InvalidConfiguration");
}

}  // namespace
}  // namespace streamonce::handler
