// The binary for arm64, emulated, beside the one for this machine: the same answers, items and
// marks on the same events, so that a pipeline may change its architecture at any time.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/child_process.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/socket_server.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file of deploy/try, as in `1-orders.json`.
std::string given(std::string_view name) {
  return STREAMONCE_FIXTURES "/../../deploy/try/" + std::string(name);
}

/// The binary for arm64, as this machine runs it.
ChildOptions arm64() {
  return {.program = "/usr/bin/qemu-aarch64", .arguments = {STREAMONCE_BOOTSTRAP_ARM64}};
}
ChildOptions native() {
  return {.program = STREAMONCE_BOOTSTRAP};
}

struct Ended {
  int status = -1;
  std::string out;
  std::string log;
};

/// Runs one of the two, in a folder of its own.
class Runs {
 public:
  explicit Runs(ChildOptions binary) : binary_(std::move(binary)) {}

  Ended run(const std::vector<std::string>& arguments, std::vector<std::string> environment = {}) {
    const std::string number = std::to_string(++runs_);
    ChildOptions options = binary_;
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    options.environment = std::move(environment);
    options.output_path = outputs_.file("out" + number);
    options.log_path = outputs_.file("log" + number);
    options.working_folder = folder_.path();
    ChildProcess child(options);
    Ended ended{.status = child.wait()};
    ended.out = text_of(options.output_path);
    ended.log = text_of(options.log_path);
    return ended;
  }

  /// All that is in the SQLite file `name`.
  std::string dump_of(const std::string& name) {
    const std::string path = outputs_.file("dump");
    ChildProcess dump({.program = "/usr/bin/sqlite3",
                       .arguments = {folder_.file(name), ".dump"},
                       .output_path = path});
    EXPECT_EQ(dump.wait(), 0);
    std::string text = text_of(path);
    std::ofstream(path, std::ios::trunc);
    return text;
  }

  std::string kept(const std::string& name) const { return text_of(folder_.file(name)); }
  std::string database(const std::string& name) const { return "sqlite:" + folder_.file(name); }

 private:
  const ChildOptions binary_;
  const TempDir folder_;
  const TempDir outputs_;
  int runs_ = 0;
};

TEST(Arm64, AnswersAndWritesTheSameToSqlite) {
  Runs here(native());
  Runs there(arm64());
  const std::vector<std::vector<std::string>> commands = {
      {"--version"},
      {"check", "--views", given("views.sql"), "--target", "sqlite:views.db"},
      {"invoke", "--target", "sqlite:copy.db", given("1-orders.json")},
      {"invoke", "--target", "sqlite:copy.db", given("2-changes.json")},
      {"invoke", "--target", "sqlite:copy.db", given("2-changes.json")},
      {"invoke", "--target", "sqlite:copy.db", given("1-orders.json")},
      {"invoke", "--target", "sqlite:copy.db", given("3-one-bad.json")},
      {"replay", "--target", "sqlite:copy.db", given("4-dead-letters.ndjson")},
      {"invoke", "--views", given("views.sql"), "--target", "sqlite:views.db",
       given("1-orders.json")},
      {"invoke", "--views", given("views.sql"), "--target", "sqlite:views.db",
       given("2-changes.json")}};
  for (const std::vector<std::string>& command : commands) {
    const Ended expected = here.run(command);
    const Ended found = there.run(command);
    EXPECT_EQ(found.status, expected.status) << found.log;
    EXPECT_EQ(found.out, expected.out) << found.log;
    EXPECT_NE(found.out, "") << found.log;
  }
  for (const char* name : {"copy.db", "views.db"}) {
    const std::string dump = there.dump_of(name);
    EXPECT_NE(dump.find("INSERT INTO _streamonce_ledger"), std::string::npos) << dump;
    EXPECT_EQ(dump, here.dump_of(name));
  }
  const std::string kept = there.kept("4-dead-letters.ndjson.failed.ndjson");
  EXPECT_NE(kept, "");
  EXPECT_EQ(kept, here.kept("4-dead-letters.ndjson.failed.ndjson"));
}

TEST(Arm64, ServesAnInvocation) {
  Runs there(arm64());
  FakeRuntimeApi api;
  const std::string id = api.push_event(text_of(given("1-orders.json")));
  api.end_after_events();
  const Ended ended = there.run({}, {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                                     "STREAMONCE_TARGET=" + there.database("copy.db")});
  const auto outcome = api.wait_for_outcome(id);
  ASSERT_TRUE(outcome) << ended.log;
  EXPECT_EQ(outcome->body, R"({"batchItemFailures":[]})");
  EXPECT_NE(ended.log.find("applied=4 already_applied=0"), std::string::npos) << ended.log;

  Runs here(native());
  here.run({"invoke", "--target", "sqlite:copy.db", given("1-orders.json")});
  EXPECT_EQ(there.dump_of("copy.db"), here.dump_of("copy.db"));
}

std::vector<json> sorted_scan(DynamoDbClient& client, const std::string& table) {
  std::vector<json> items = client.scan(table);
  std::sort(items.begin(), items.end());
  return items;
}

TEST(Arm64, LeavesItemsAndMarksInDynamoDbThatX86KnowsForItsOwn) {
  const auto server = DynamoDbLocal::start();
  ASSERT_TRUE(server) << server.error().message;
  DynamoDbClient client((*server)->endpoint_url());
  client.create_table("copy", {.key = {{"order_id", "S"}}});
  client.create_ledger("ledger");
  const std::vector<std::string> environment = {"STREAMONCE_TARGET=dynamodb:copy",
                                                "STREAMONCE_LEDGER=ledger",
                                                "AWS_REGION=eu-west-1",
                                                "AWS_ENDPOINT_URL=" + (*server)->endpoint_url(),
                                                "AWS_ACCESS_KEY_ID=local",
                                                "AWS_SECRET_ACCESS_KEY=local"};
  Runs here(native());
  Runs there(arm64());
  for (const char* event : {"1-orders.json", "2-changes.json"}) {
    const Ended first = there.run({"invoke", given(event)}, environment);
    EXPECT_NE(first.log.find("applied=4 already_applied=0 stale=0"), std::string::npos)
        << first.log;
    const std::vector<json> items = sorted_scan(client, "copy");
    const std::vector<json> marks = sorted_scan(client, "ledger");
    EXPECT_EQ(marks.size(), 4U);
    const Ended again = here.run({"invoke", given(event)}, environment);
    EXPECT_NE(again.log.find("applied=0 already_applied=4 stale=0"), std::string::npos)
        << again.log;
    EXPECT_EQ(sorted_scan(client, "copy"), items);
    EXPECT_EQ(sorted_scan(client, "ledger"), marks);
  }
  EXPECT_EQ(client.scan("copy").size(), 2U);
}

/// OpenSSL computes in other instructions there, and other parts of it are left out.
TEST(Arm64, SpeaksTls) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TempDir folder;
    const TlsServer tls = make_tls_server({.version_max = version});
    const SocketServer server(
        [](const ServerRequest& request) { return reply(answer(200, nothing_for(request))); },
        tls.context.get());
    std::ofstream(folder.file("ca.pem")) << tls.ca_pem;
    Runs there(arm64());
    const Ended ended = there.run(
        {"invoke", "--target", "dynamodb:copy", "--ledger", "ledger", given("1-orders.json")},
        {"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret",
         "AWS_CA_BUNDLE=" + folder.file("ca.pem"),
         "AWS_ENDPOINT_URL=https://localhost:" + std::to_string(server.port())});
    EXPECT_EQ(ended.status, 0) << ended.log;
    EXPECT_EQ(server.requests().size(), 2U);
  }
}

}  // namespace
}  // namespace streamonce::testing
