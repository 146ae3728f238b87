// The binary as it is shipped, under a Runtime API: in an empty root folder, with a configuration
// that is wrong, and from a table's stream to a copy of the table.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/child_process.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/emf.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/not_tried.h"
#include "tests/support/secrecy.h"
#include "tests/support/sigv4.h"
#include "tests/support/socket_server.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

constexpr std::string_view kNoFailure = R"({"batchItemFailures":[]})";

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Whether a process may change its root folder here, in a user namespace at least.
bool may_change_root() {
  return ChildProcess({.program = "/bin/true", .chroot_folder = "/"}).wait() == 0;
}

TEST(Lambda, AnswersInAnEmptyRootFolder) {
  const TempDir root;
  const bool in_root = may_change_root();
  if (!in_root) tell_not_tried("an empty root folder: it takes root, or user namespaces");
  const TempDir outside;
  std::filesystem::copy_file(STREAMONCE_BOOTSTRAP, root.file("bootstrap"));
  FakeRuntimeApi api;
  const std::string id = api.push_event(event_of({put("a", "1", "x"), remove("b", "2")}));
  const std::string folder = in_root ? "" : root.path();
  ChildProcess bootstrap({.program = folder + "/bootstrap",
                          .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                                          "STREAMONCE_TARGET=sqlite:" + folder + "/copy.db"},
                          .chroot_folder = in_root ? root.path() : "",
                          .log_path = outside.file("log")});
  const auto outcome = api.wait_for_outcome(id);
  ASSERT_TRUE(outcome) << text_of(outside.file("log"));
  EXPECT_EQ(outcome->body, kNoFailure);
  EXPECT_TRUE(std::filesystem::exists(root.file("copy.db")));
}

TEST(Lambda, ReportsABadConfigurationAsAnInitErrorAndEnds) {
  FakeRuntimeApi api;
  ChildProcess bootstrap(
      {.program = STREAMONCE_BOOTSTRAP,
       .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(), "STREAMONCE_TARGET=orders"}});
  EXPECT_EQ(bootstrap.wait(), 1);
  ASSERT_EQ(api.init_errors().size(), 1U);
  EXPECT_EQ(api.init_errors()[0].error_type, "Function.InvalidConfiguration");
  EXPECT_NE(api.init_errors()[0].body.find("STREAMONCE_TARGET"), std::string::npos);
}

TEST(Lambda, RefusesAnotherServicesEventAndGoesOn) {
  const TempDir folder;
  FakeRuntimeApi api;
  const std::string bad =
      api.push_event(R"({"Records":[{"eventSource":"aws:kinesis","kinesis":"SECRET"}]})");
  const std::string good = api.push_event(event_of({put("a", "1", "x")}));
  ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                          .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                                          "STREAMONCE_TARGET=sqlite:" + folder.file("copy.db")}});
  const auto refused = api.wait_for_outcome(bad);
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->is_error);
  EXPECT_EQ(refused->error_type, "Function.InvalidEvent");
  EXPECT_NE(refused->body.find("aws:kinesis"), std::string::npos);
  EXPECT_EQ(refused->body.find("SECRET"), std::string::npos);
  const auto done = api.wait_for_outcome(good);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->body, kNoFailure);
}

TEST(Lambda, NamesARecordWithAKeyOfAnotherTypeAndAppliesTheOthers) {
  const TempDir folder;
  FakeRuntimeApi api;
  const std::string other = to_json(
      {.sequence_number = "1", .keys = R"({"id":{"N":"7"}})", .new_image = R"({"id":{"N":"7"}})"});
  const std::string id = api.push_event(event_of({other, put("7", "2", "x"), put("b", "3", "x")}));
  const std::string again = api.push_event(event_of({put("7", "2", "x"), put("b", "3", "x")}));
  ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                          .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                                          "STREAMONCE_TARGET=sqlite:" + folder.file("copy.db")},
                          .log_path = folder.file("log")});
  const auto outcome = api.wait_for_outcome(id);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->body, R"({"batchItemFailures":[{"itemIdentifier":"1"}]})");
  const auto known = api.wait_for_outcome(again);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->body, kNoFailure);
  EXPECT_NE(text_of(folder.file("log")).find("already_applied=2"), std::string::npos);
}

TEST(Lambda, NoLineHoldsAValueAKeyOrACredential) {
  const TempDir folder;
  FakeRuntimeApi api;
  const std::string id = api.push_event(
      {.body = with_secrets(
           event_of({put("MARKkey", "1", "MARKvalue"), put("MARKbad", "2", "MARKvalue", "UPSERT"),
                     to_json({.sequence_number = "3", .keys = R"({"id":{"N":"MARKnumber"}})"})})),
       .time_left = std::chrono::seconds(2)});
  ChildProcess bootstrap(
      {.program = STREAMONCE_BOOTSTRAP,
       .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                       "STREAMONCE_TARGET=dynamodb:orders-copy", "STREAMONCE_LEDGER=ledger",
                       "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_REGION=eu-west-1",
                       "AWS_ACCESS_KEY_ID=" + std::string(kCredentials[0].text),
                       "AWS_SECRET_ACCESS_KEY=" + std::string(kCredentials[1].text),
                       "AWS_SESSION_TOKEN=" + std::string(kCredentials[2].text),
                       "AWS_LAMBDA_LOG_LEVEL=TRACE", "AWS_LAMBDA_LOG_FORMAT=JSON"},
       .log_path = folder.file("log")});
  const auto outcome = api.wait_for_outcome(id);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->body, R"({"batchItemFailures":[{"itemIdentifier":"1"}]})");
  const std::string log = text_of(folder.file("log"));
  EXPECT_NE(log.find("record failed"), std::string::npos);
  EXPECT_EQ(told_secret(log), "") << log;
}

/// What the binary writes while it runs `event` in a sandbox of its own.
std::string log_of(const std::string& event, std::vector<std::string> environment) {
  const TempDir folder;
  FakeRuntimeApi api;
  const std::string id = api.push_event(event);
  environment.push_back("AWS_LAMBDA_RUNTIME_API=" + api.address());
  ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                          .environment = std::move(environment),
                          .log_path = folder.file("log")});
  const auto outcome = api.wait_for_outcome(id);
  EXPECT_TRUE(outcome);
  if (outcome) {
    EXPECT_EQ(told_secret(outcome->body), "") << outcome->body;
  }
  return text_of(folder.file("log"));
}

TEST(Lambda, NoLineHoldsAValueAtAnyLevelWhateverTheServiceSays) {
  const auto server = DynamoDbLocal::start();
  ASSERT_TRUE(server) << server.error().message;
  DynamoDbClient client((*server)->endpoint_url());
  client.create_table("copy", {.key = {{"id", "S"}}});
  client.create_ledger("ledger");
  // The second is refused in words that quote it; the third has another key; the last is no number.
  const std::string event = with_secrets(event_of(
      {put("MARKgood", "1", "MARKvalue"),
       to_json({.sequence_number = "2",
                .keys = key_of("MARKset"),
                .new_image = R"({"id":{"S":"MARKset"},"s":{"SS":["MARKtwice","MARKtwice"]}})"}),
       to_json({.sequence_number = "3",
                .keys = R"({"other":{"S":"MARKkey"}})",
                .new_image = R"({"other":{"S":"MARKkey"}})"}),
       to_json({.sequence_number = "4",
                .keys = key_of("MARKnumber"),
                .new_image = R"({"id":{"S":"MARKnumber"},"n":{"N":"MARK"}})"})}));
  for (const std::string format : {"Text", "JSON"}) {
    for (const std::string level : {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}) {
      const std::string log =
          log_of(event, {"STREAMONCE_TARGET=dynamodb:copy", "STREAMONCE_LEDGER=ledger",
                         "AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=" + (*server)->endpoint_url(),
                         "AWS_ACCESS_KEY_ID=" + std::string(kCredentials[0].text),
                         "AWS_SECRET_ACCESS_KEY=" + std::string(kCredentials[1].text),
                         "AWS_SESSION_TOKEN=" + std::string(kCredentials[2].text),
                         "AWS_LAMBDA_LOG_LEVEL=" + level, "AWS_LAMBDA_LOG_FORMAT=" + format});
      EXPECT_EQ(log.find("record failed") != std::string::npos, level != "FATAL") << log;
      EXPECT_EQ(told_secret(log), "") << level << ' ' << format << ": " << log;
    }
  }
  EXPECT_EQ(client.scan("copy").size(), 1U);
}

/// What a function said while it served events, one after the other.
struct Served {
  std::vector<std::optional<Outcome>> outcomes;
  std::string output;
  std::string log;

  /// The lines of standard output, each of which must keep the rules of metrics and tell no secret.
  std::vector<json> metrics() const {
    std::vector<json> lines;
    for (std::size_t start = 0; start < output.size();) {
      const std::size_t end = std::min(output.find('\n', start), output.size() - 1) + 1;
      const std::string line = output.substr(start, end - start);
      EXPECT_EQ(emf_faults(line, SystemClock().now()), "") << line;
      EXPECT_EQ(told_secret(line), "") << line;
      lines.push_back(json::parse(line, nullptr, /*allow_exceptions=*/false));
      start = end;
    }
    return lines;
  }
};

Served serve(const std::vector<std::string>& events, std::vector<std::string> environment) {
  const TempDir folder;
  FakeRuntimeApi api;
  environment.push_back("AWS_LAMBDA_RUNTIME_API=" + api.address());
  ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                          .environment = std::move(environment),
                          .log_path = folder.file("log"),
                          .output_path = folder.file("output")});
  Served served;
  for (const std::string& event : events)
    served.outcomes.push_back(api.wait_for_outcome(api.push_event(event)));
  served.output = text_of(folder.file("output"));
  served.log = text_of(folder.file("log"));
  return served;
}

/// What a copy into the table `copy` needs.
std::vector<std::string> copy_into(const DynamoDbLocal& server) {
  return {"STREAMONCE_TARGET=dynamodb:copy",
          "STREAMONCE_LEDGER=ledger",
          "AWS_REGION=eu-west-1",
          "AWS_ENDPOINT_URL=" + server.endpoint_url(),
          "AWS_ACCESS_KEY_ID=x",
          "AWS_SECRET_ACCESS_KEY=y"};
}

/// Serves an event of which a record fails, and one that is good, with these settings of the log.
/// The records have numbers from `number` on.
void expect_a_line_for_each(std::vector<std::string> environment, int number,
                            const std::string& level, const std::string& format) {
  const std::string name = level + ' ' + format;
  environment.push_back("AWS_LAMBDA_LOG_LEVEL=" + level);
  environment.push_back("AWS_LAMBDA_LOG_FORMAT=" + format);
  const auto at = [number](int offset) { return std::to_string(number + offset); };
  const std::string poison =
      event_of({put("MARKa", at(1), "MARKx"), put("MARKpoison", at(2), "MARKx", "UPSERT")});
  const Served served = serve(
      {with_secrets(poison), with_secrets(event_of({put("MARKa", at(3), "MARKy")}))}, environment);
  for (const auto& outcome : served.outcomes) {
    ASSERT_TRUE(outcome) << served.log;
    EXPECT_FALSE(outcome->is_error) << "which Lambda's own Errors would count: " << outcome->body;
  }
  EXPECT_EQ(served.outcomes[0]->body,
            R"({"batchItemFailures":[{"itemIdentifier":")" + at(2) + R"("}]})");
  const std::vector<json> metrics = served.metrics();
  ASSERT_EQ(metrics.size(), 2U) << name << ": " << served.output;
  EXPECT_EQ(metrics[0]["RecordsReceived"], 2) << name;
  EXPECT_EQ(metrics[0]["RecordsFailed"], 1) << name << ": which an alarm is made on";
  EXPECT_EQ(metrics[1]["RecordsFailed"], 0) << name;
  for (const json& line : metrics) {
    EXPECT_EQ(line["Applied"], 1) << name;
    EXPECT_TRUE(line.contains("ReplicationLag") && line.contains("CommitTime")) << name;
    EXPECT_TRUE(passes_lambda(line.dump(), *parse_log_level(level))) << name << ": " << line;
  }
  EXPECT_EQ(served.log.find("CloudWatchMetrics"), std::string::npos) << name;
}

TEST(Lambda, TellsMetricsOfEachInvocationWhateverIsLogged) {
  const auto server = DynamoDbLocal::start();
  ASSERT_TRUE(server) << server.error().message;
  DynamoDbClient client((*server)->endpoint_url());
  client.create_table("copy", {.key = {{"id", "S"}}});
  client.create_ledger("ledger");
  const TempDir folder;
  int number = 0;
  for (const char* format : {"Text", "JSON"}) {
    for (const char* level : {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}) {
      number += 10;
      expect_a_line_for_each({"STREAMONCE_TARGET=sqlite:" + folder.file("copy.db")}, number, level,
                             format);
      expect_a_line_for_each(copy_into(**server), number, level, format);
    }
  }
}

/// Source: DynamoDB developer guide, "Read/write capacity": a write unit for each KB begun, two in
/// a transaction.
TEST(Lambda, TellsTheWriteUnitsThatTheServiceCharges) {
  const auto server = DynamoDbLocal::start();
  ASSERT_TRUE(server) << server.error().message;
  DynamoDbClient client((*server)->endpoint_url());
  client.create_table("copy", {.key = {{"id", "S"}}});
  client.create_ledger("ledger");
  const Served served = serve({event_of({put("a", "1", std::string(500, 'x'))}),
                               event_of({put("a", "2", std::string(1'500, 'x'))}),
                               event_of({put("a", "2", std::string(1'500, 'x'))})},
                              copy_into(**server));
  const std::vector<json> metrics = served.metrics();
  ASSERT_EQ(metrics.size(), 3U) << served.output;
  EXPECT_EQ(metrics[2]["AlreadyApplied"], 1);
  const std::vector<std::pair<int, const char*>> units = {
      {4, "two for the mark and two for the item"},
      {6, "two for the mark and four for the item"},
      {0, "the service tells none of what it cancels"}};
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const json& line = metrics[i];
    // What is sent again is told of in other units.
    const int retries = line["Retries"].get<int>();
    if (retries == 0) EXPECT_EQ(line["WriteUnits"], units[i].first) << units[i].second;
    EXPECT_GE(line["Transactions"], 1);
    EXPECT_LE(line["Transactions"], 1 + retries);
    EXPECT_EQ(line["Pipeline"], "copy");
  }
}

TEST(Lambda, TellsWhatItCanOfAnEventThatItRefuses) {
  const TempDir folder;
  const Served served = serve(
      {R"({"Records":[{"eventSource":"aws:kinesis"}]})", event_of({put("a", "1", "x")})},
      {"STREAMONCE_TARGET=sqlite:" + folder.file("copy.db"), "STREAMONCE_NAME=prod \xC3\xA9"});
  ASSERT_TRUE(served.outcomes[0]);
  EXPECT_TRUE(served.outcomes[0]->is_error);
  const std::vector<json> metrics = served.metrics();
  ASSERT_EQ(metrics.size(), 2U) << served.output;
  EXPECT_EQ(metrics[0]["Applied"], 0);
  EXPECT_EQ(metrics[1]["Applied"], 1);
  EXPECT_EQ(metrics[1]["Pipeline"], "prod _") << "a dimension is ASCII";
}

TEST(Lambda, TellsNoMetricsThatNobodyWantsAndACommandNever) {
  const TempDir folder;
  const std::string target = "STREAMONCE_TARGET=sqlite:" + folder.file("copy.db");
  EXPECT_EQ(serve({event_of({put("a", "1", "x")})}, {target, "STREAMONCE_METRICS=none"}).output,
            "");
  const std::string event = folder.file("event.json");
  std::ofstream(event) << event_of({put("a", "2", "y")});
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"invoke", event},
                                                    {"replay", event},
                                                    {"replay", "--json", event}}) {
    ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                            .arguments = arguments,
                            .environment = {target, "STREAMONCE_METRICS=emf"},
                            .log_path = folder.file("log"),
                            .output_path = folder.file("output"),
                            .working_folder = folder.path()});
    EXPECT_EQ(bootstrap.wait(), 0);
  }
  const std::string output = text_of(folder.file("output"));
  EXPECT_NE(output.find(kNoFailure), std::string::npos) << output;
  EXPECT_EQ((output + text_of(folder.file("log"))).find("CloudWatch"), std::string::npos) << output;
}

/// An event of 5 MB, all of whose items are put together from many short strings.
std::string large_event() {
  std::string list;
  for (int i = 0; i < 18'000; ++i) list += (i == 0 ? "" : ",") + std::string(R"({"S":"ab"})");
  std::vector<std::string> records;
  for (int i = 0; i < 19; ++i) {
    const std::string id = "k" + std::to_string(i);
    records.push_back(
        to_json({.sequence_number = std::to_string(i + 1),
                 .keys = key_of(id),
                 .new_image = R"({"id":{"S":")" + id + R"("},"l":{"L":[)" + list + "]}}"}));
  }
  return event_of(records);
}

/// Serves an event with its deadline near; expects the answer, that nothing is done, in time. A
/// machine that has other work may keep the process from its own for longer than its reserve: one
/// of a few deliveries is enough.
void expect_answer_in_time(std::vector<std::string> environment, const std::string& event) {
  using std::chrono::milliseconds;
  constexpr milliseconds kTimeLeft{1500};
  constexpr int kDeliveries = 5;
  FakeRuntimeApi api;
  environment.push_back("AWS_LAMBDA_RUNTIME_API=" + api.address());
  const std::string warm = api.push_event(R"({"Records":[]})");  // so that start-up does not count
  ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP, .environment = std::move(environment)});
  ASSERT_TRUE(api.wait_for_outcome(warm));
  milliseconds took = kTimeLeft;
  for (int delivery = 0; delivery < kDeliveries && took >= kTimeLeft; ++delivery) {
    const auto start = std::chrono::steady_clock::now();
    const std::string id = api.push_event({.body = event, .time_left = kTimeLeft});
    const auto outcome = api.wait_for_outcome(id);
    took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->body, R"({"batchItemFailures":[{"itemIdentifier":"1"}]})");
    std::cout << "answered " << took.count() << " ms after the event came, deadline after "
              << kTimeLeft.count() << " ms\n";
  }
  EXPECT_LT(took, kTimeLeft);
}

TEST(Lambda, AnswersBeforeTheDeadlineWhenTheServiceNeverAnswers) {
  const SocketServer silent([](const ServerRequest&) { return reply("", Then::kStall); });
  const std::vector<std::string> environment = {
      "STREAMONCE_TARGET=dynamodb:copy",    "STREAMONCE_LEDGER=ledger", "AWS_REGION=eu-west-1",
      "AWS_ENDPOINT_URL=" + silent.url(""), "AWS_ACCESS_KEY_ID=x",      "AWS_SECRET_ACCESS_KEY=y"};
  expect_answer_in_time(environment, event_of({put("a", "1", "x")}));
  expect_answer_in_time(environment, large_event());
}

/// An event of just 6 MB: `count` items, all of one size.
std::string event_of_six_megabytes(int count) {
  const std::size_t value_bytes = kPayloadBytesMax / static_cast<std::size_t>(count) - 500;
  std::vector<std::string> records;
  for (int i = 0; i < count; ++i)
    records.push_back(
        put("k" + std::to_string(i), std::to_string(i + 1), std::string(value_bytes, 'x')));
  return event_of(records);
}

/// The most memory that a process has had so far.
std::size_t peak_kilobytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    std::size_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

/// An event of just 6 MB whose images are the densest JSON there is, in `count` items.
std::string dense_event_of_six_megabytes(std::size_t count) {
  const std::size_t lists =
      (kPayloadBytesMax / count - 500) / std::string_view(R"({"L":[]},)").size();
  std::string list;
  for (std::size_t i = 0; i < lists; ++i) list += (i == 0 ? "" : ",") + std::string(R"({"L":[]})");
  std::vector<std::string> records;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = "k" + std::to_string(i);
    records.push_back(
        to_json({.sequence_number = std::to_string(i + 1),
                 .keys = key_of(id),
                 .new_image = R"({"id":{"S":")" + id + R"("},"l":{"L":[)" + list + "]}}"}));
  }
  return event_of(records);
}

/// Serves the events one after the other in one process; expects that it never needs more than 40
/// MB.
void expect_memory_within_bounds(std::vector<std::string> environment,
                                 const std::vector<std::string>& events,
                                 std::string_view answer_is) {
  FakeRuntimeApi api;
  environment.push_back("AWS_LAMBDA_RUNTIME_API=" + api.address());
  ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP, .environment = std::move(environment)});
  for (const std::string& event : events) {
    const std::string id =
        api.push_event({.body = event, .time_left = std::chrono::seconds(20), .chunked = true});
    const auto outcome = api.wait_for_outcome(id);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->body, answer_is);
    std::cout << event.size() << " bytes: peak so far " << peak_kilobytes(bootstrap.pid())
              << " kB\n";
  }
  const std::size_t peak = peak_kilobytes(bootstrap.pid());
  EXPECT_GT(peak, 6'000U);
  EXPECT_LE(peak, 40'000U);
}

std::vector<std::string> events_of_six_megabytes() {
  return {event_of_six_megabytes(100),         event_of_six_megabytes(6'000),
          event_of_six_megabytes(15),          dense_event_of_six_megabytes(16),
          dense_event_of_six_megabytes(1'000), dense_event_of_six_megabytes(10'000)};
}

std::vector<std::string> copy_through(const SocketServer& service) {
  return {
      "STREAMONCE_TARGET=dynamodb:copy",     "STREAMONCE_LEDGER=ledger", "AWS_REGION=eu-west-1",
      "AWS_ENDPOINT_URL=" + service.url(""), "AWS_ACCESS_KEY_ID=x",      "AWS_SECRET_ACCESS_KEY=y"};
}

TEST(Lambda, NeedsAtMost40MegabytesForABatchOfSix) {
  const TempDir folder;
  expect_memory_within_bounds({"STREAMONCE_TARGET=sqlite:" + folder.file("copy.db")},
                              events_of_six_megabytes(), kNoFailure);
  const SocketServer service(
      [](const ServerRequest& request) { return reply(answer(200, nothing_for(request))); });
  expect_memory_within_bounds(copy_through(service), events_of_six_megabytes(), kNoFailure);
}

/// The actions of a transaction, each of which names its table once.
std::size_t actions_of(const ServerRequest& request) {
  constexpr std::string_view kName = R"("TableName":)";
  std::size_t count = 0;
  for (std::size_t at = request.body.find(kName); at != std::string::npos;
       at = request.body.find(kName, at + 1))
    ++count;
  return count;
}

TEST(Lambda, NeedsAtMost40MegabytesWhateverTheServiceAnswers) {
  constexpr std::string_view kFirstFailed = R"({"batchItemFailures":[{"itemIdentifier":"1"}]})";
  const std::vector<std::string> events = {dense_event_of_six_megabytes(16),
                                           dense_event_of_six_megabytes(1'000)};
  const SocketServer wordy([](const ServerRequest&) {
    return reply(answer(400, R"({"__type":"x#AccessDeniedException","message":")" +
                                 std::string(200'000, 'x') + "\"}"));
  });
  expect_memory_within_bounds(copy_through(wordy), events, kFirstFailed);

  const SocketServer cancelling([](const ServerRequest& request) {
    std::string reasons;
    for (std::size_t i = actions_of(request); i > 0; --i) {
      reasons += R"({"Code":"ValidationError","Message":")" + std::string(2'000, 'x') + "\"}";
      if (i > 1) reasons += ',';
    }
    return reply(answer(400, R"({"__type":"x#TransactionCanceledException",)"
                             R"("CancellationReasons":[)" +
                                 reasons + "]}"));
  });
  expect_memory_within_bounds(copy_through(cancelling), events, kFirstFailed);
}

TEST(Lambda, EndsAtOnceWhenItIsTold) {
  constexpr std::chrono::seconds kTimeLeft{600};
  const SocketServer silent([](const ServerRequest&) { return reply("", Then::kStall); });
  for (const int signal : {SIGTERM, SIGINT}) {
    FakeRuntimeApi api;
    api.push_event({.body = event_of({put("a", "1", "x")}), .time_left = kTimeLeft});
    ChildProcess bootstrap(
        {.program = STREAMONCE_BOOTSTRAP,
         .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                         "STREAMONCE_TARGET=dynamodb:copy", "STREAMONCE_LEDGER=ledger",
                         "AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=" + silent.url(""),
                         "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y"}});
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (silent.requests().size() < (signal == SIGTERM ? 1U : 2U) &&
           std::chrono::steady_clock::now() < patience)
      ::usleep(1'000);
    const auto start = std::chrono::steady_clock::now();
    bootstrap.signal(signal);
    EXPECT_EQ(bootstrap.wait(), 128 + signal);
    EXPECT_LT(std::chrono::steady_clock::now() - start, kTimeLeft / 2) << "not at its deadline";
  }
}

/// Locks the file `path`, once there is a target in it, until the process ends.
std::unique_ptr<ChildProcess> hold(const TempDir& folder, const std::string& path,
                                   const std::string& lock) {
  FakeRuntimeApi api;  // makes the file
  const std::string id = api.push_event(event_of({put("z", "1", "x")}));
  ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                          .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                                          "STREAMONCE_TARGET=sqlite:" + path}});
  EXPECT_TRUE(api.wait_for_outcome(id));
  bootstrap.signal(SIGTERM);
  bootstrap.wait();
  auto holder = std::make_unique<ChildProcess>(
      ChildOptions{.program = "/bin/sh",
                   .arguments = {"-c", "(echo '" + lock + "'; sleep 60) | /usr/bin/sqlite3 " +
                                           path + " >" + folder.file("held")}});
  while (text_of(folder.file("held")).empty()) ::usleep(10'000);
  return holder;
}

TEST(Lambda, ReportsAFileThatIsLockedAtTheStartAsUnavailable) {
  const TempDir folder;
  const std::string path = folder.file("copy.db");
  const auto holder =
      hold(folder, path, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; SELECT 1;");
  FakeRuntimeApi api;
  ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                          .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                                          "STREAMONCE_TARGET=sqlite:" + path}});
  EXPECT_EQ(bootstrap.wait(), 1);
  ASSERT_EQ(api.init_errors().size(), 1U);
  EXPECT_EQ(api.init_errors()[0].error_type, "Function.TargetUnavailable");
}

TEST(Lambda, AnswersBeforeTheDeadlineWhenTheFileIsHeldByAnother) {
  const TempDir folder;
  const std::string path = folder.file("copy.db");
  const auto holder = hold(folder, path, "BEGIN IMMEDIATE; SELECT 1;");
  expect_answer_in_time({"STREAMONCE_TARGET=sqlite:" + path}, event_of({put("a", "1", "x")}));
}

/// Some hundred puts, updates and deletes of a few items, as a seed has them.
void change_at_random(DynamoDbClient& client, const std::string& table, unsigned seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 400; ++i) {
    const json key = {{"pk", {{"S", "item-" + std::to_string(random() % 40)}}}};
    json item = key;
    item["n"] = {{"N", std::to_string(i) + ".5"}};
    item["tags"] = {{"SS", json::array({"a", "b" + std::to_string(i)})}};
    if (random() % 4 == 0)
      client.remove(table, key);
    else if (random() % 2 == 0)
      client.put(table, item);
    else
      client.update(table, key, {{"n", item["n"]}});
  }
}

TEST(Lambda, CopiesATableThroughItsStream) {
  const auto server = DynamoDbLocal::start();
  ASSERT_TRUE(server) << server.error().message;
  DynamoDbClient client((*server)->endpoint_url());
  client.create_table("source", {.stream_view_type = "NEW_AND_OLD_IMAGES"});
  client.create_table("copy");
  client.create_ledger("ledger");
  change_at_random(client, "source", 20261121);
  const std::vector<json> records = client.stream_records("source");
  ASSERT_GT(records.size(), 200U);

  FakeRuntimeApi api;
  ChildProcess bootstrap(
      {.program = STREAMONCE_BOOTSTRAP,
       .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(), "STREAMONCE_TARGET=dynamodb:copy",
                       "STREAMONCE_LEDGER=ledger", "AWS_REGION=eu-west-1",
                       "AWS_ENDPOINT_URL_DYNAMODB=" + (*server)->endpoint_url(),
                       "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local"}});
  // In batches that overlap, as after partial failures: every second one comes again.
  constexpr std::size_t kBatch = 50;
  for (std::size_t start = 0; start < records.size(); start += kBatch / 2) {
    const std::size_t count = std::min(kBatch, records.size() - start);
    const std::string id =
        api.push_event(FakeEvent{.body = lambda_event({&records[start], count}), .chunked = true});
    const auto outcome = api.wait_for_outcome(id);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->body, kNoFailure);
  }
  std::vector<json> source = client.scan("source");
  std::vector<json> copy = client.scan("copy");
  std::sort(source.begin(), source.end());
  std::sort(copy.begin(), copy.end());
  EXPECT_EQ(copy, source);
  std::cout << records.size() << " records of the stream, " << source.size()
            << " items in the source, " << copy.size() << " in the copy\n";
}

/// Every request, also where the key is kept from the one before; and OpenSSL, which digests, reads
/// no configuration: whoever opens a pipe that nobody writes to is stuck.
TEST(Lambda, SignsEveryRequestAndAsksForNoConfiguration) {
  const TempDir folder;
  const std::string pipe = folder.file("openssl.cnf");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const SocketServer service(
      [](const ServerRequest& request) { return reply(answer(200, nothing_for(request))); });
  FakeRuntimeApi api;
  std::vector<std::string> ids;
  for (const char* number : {"1", "2", "3"})
    ids.push_back(api.push_event(event_of({put("a", number, "x")})));
  ChildProcess bootstrap(
      {.program = STREAMONCE_BOOTSTRAP,
       .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(), "OPENSSL_CONF=" + pipe,
                       "STREAMONCE_TARGET=dynamodb:copy", "STREAMONCE_LEDGER=ledger",
                       "AWS_ENDPOINT_URL=" + service.url("/base"), "AWS_REGION=eu-west-1",
                       "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret",
                       "AWS_SESSION_TOKEN=" + std::string(800, 't')}});
  for (const std::string& id : ids) {
    const auto outcome = api.wait_for_outcome(id);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->body, kNoFailure);
  }
  ASSERT_EQ(service.requests().size(), 1 + ids.size()) << "one for the ledger's notes";
  for (const ServerRequest& request : service.requests()) {
    const SignatureCheck check = check_signature(request, "secret");
    EXPECT_EQ(check.problem, "");
    EXPECT_EQ(check.signed_headers,
              "content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
    EXPECT_EQ(check.found, check.expected);
  }
}

/// The shipped binary has P-256 in portable C only (handler/binary/left_out_openssl.cc):
/// certificate, signature and key exchange are on that curve here.
TEST(Lambda, SpeaksTlsOnP256) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TempDir folder;
    const TlsServer tls = make_tls_server({.version_max = version});
    ASSERT_EQ(SSL_CTX_set1_groups_list(tls.context.get(), "P-256"), 1);
    const SocketServer server(
        [](const ServerRequest& request) { return reply(answer(200, nothing_for(request))); },
        tls.context.get());
    std::ofstream(folder.file("ca.pem")) << tls.ca_pem;
    ChildProcess bootstrap(
        {.program = STREAMONCE_BOOTSTRAP,
         .arguments = {"invoke", "--target", "dynamodb:copy", "--ledger", "ledger",
                       std::string(STREAMONCE_FIXTURES) + "/stream/several_changes.json"},
         .environment = {"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=id",
                         "AWS_SECRET_ACCESS_KEY=secret", "AWS_CA_BUNDLE=" + folder.file("ca.pem"),
                         "AWS_ENDPOINT_URL=https://localhost:" + std::to_string(server.port())}});
    EXPECT_EQ(bootstrap.wait(), 0);
    EXPECT_EQ(server.requests().size(), 2U);
  }
}

}  // namespace
}  // namespace streamonce::testing
