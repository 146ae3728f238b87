// The binary as it is shipped, where what it needs cannot be reached or is named wrongly: it says
// so, keeps what is not done, goes on with the rest, and ends with a status of its own.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <vector>

#include "tests/support/dead_letters.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/replay_shell.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

/// A part of a name has 63 characters at most: that it is not found takes no name server.
const std::string kNotFound = "http://" + std::string(64, 'a') + ":8000";

/// Where DynamoDB and its streams cannot be reached, in different ways.
struct Setting {
  const char* name;
  std::vector<std::string> environment;
};

const std::vector<Setting> kSettings = {
    {"EndpointNotFound", {"AWS_ENDPOINT_URL=" + kNotFound}},
    {"ProxyNotFound",
     {"AWS_ENDPOINT_URL=https://localhost:1", "HTTPS_PROXY=" + kNotFound,
      "AWS_CA_BUNDLE=/dev/null"}},
};

class UnreachableDynamoDb : public ::testing::TestWithParam<std::size_t> {
 protected:
  std::vector<std::string> environment() const {
    return joined(kSettings[GetParam()].environment,
                  {"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y"});
  }

  const TempDir folder_;
  const std::string sqlite_ = "STREAMONCE_TARGET=sqlite:" + folder_.file("copy.db");
  const json pointer_ =
      json::parse(read_whole(std::string(STREAMONCE_FIXTURES) + "/dead_letters/sqs_pointer.json"));
};

INSTANTIATE_TEST_SUITE_P(, UnreachableDynamoDb, ::testing::Range(std::size_t{0}, kSettings.size()),
                         [](const auto& setting) { return kSettings[setting.param].name; });

TEST_P(UnreachableDynamoDb, APointerIsToldAndKeptAndTheOtherRecordsAreApplied) {
  ReplayShell shell(joined(environment(), {sqlite_}));
  const std::string dump =
      shell.dump("dump.ndjson", event_of({put("a", "1", "x")}) + "\n" + pointer_.dump() + "\n" +
                                    event_of({put("b", "2", "x")}) + "\n");
  const Ended ended = shell.replay({"--json", "--timeout", "1", dump});
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.counts(),
            (Counts{{"documents", 3}, {"records", 2}, {"applied", 2}, {"pointersFailed", 1}}));
  EXPECT_TRUE(has(ended.err, "not done before the deadline; before that: ")) << ended.err;
  const auto kept = lines_of(read_whole(shell.path_of("dump.ndjson.failed.ndjson")));
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(json::parse(kept[0]), pointer_);
}

/// Marks and streams are asked for over one transport each, again and again.
TEST_P(UnreachableDynamoDb, ADryRunTellsWhatItCouldNotSee) {
  ReplayShell shell(environment());
  const std::string dump =
      shell.dump("dump.ndjson", event_of({put("a", "1", "x")}) + "\n" + pointer_.dump() + "\n" +
                                    event_of({put("b", "2", "x")}) + "\n");
  const Ended ended = shell.replay({"--dry-run", "--json", "--timeout", "1", "--target",
                                    "dynamodb:orders-copy", "--ledger", "marks", dump});
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.counts(),
            (Counts{{"documents", 3}, {"records", 2}, {"failed", 2}, {"pointersFailed", 1}}));
  EXPECT_TRUE(has(ended.out, "the mark could not be read: ")) << ended.out;
  EXPECT_TRUE(shell.files().empty());
}

TEST_P(UnreachableDynamoDb, ARunKeepsEveryRecord) {
  ReplayShell shell(
      joined(environment(), {"STREAMONCE_TARGET=dynamodb:orders-copy", "STREAMONCE_LEDGER=marks"}));
  const Ended ended = shell.replay_input({"--json", "--timeout", "1", "--failed", "kept", "-"},
                                         event_of({put("a", "1", "x"), put("b", "2", "x")}));
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.counts(), (Counts{{"documents", 1}, {"records", 2}, {"failed", 2}}));
  EXPECT_EQ(lines_of(read_whole(shell.path_of("kept"))).size(), 2U);
}

/// The process serves the next message, too.
TEST_P(UnreachableDynamoDb, AMessageThatPointsThereIsNamedInTheAnswer) {
  FakeRuntimeApi api;
  ChildProcess bootstrap(
      {.program = STREAMONCE_BOOTSTRAP,
       .environment = joined(environment(), {sqlite_, "AWS_LAMBDA_RUNTIME_API=" + api.address()}),
       .log_path = folder_.file("log")});
  const std::string event =
      queue_event({{"m1", pointer_.dump()}, {"m2", s3_letter({put("a", "1", "x")}).dump()}}).dump();
  // The pointer takes half of the time. What is left may be too short for the other message once,
  // but that is done then, at the latest in the next event.
  int right = 0;
  for (int time = 0; time < 10 && right < 2; ++time) {
    const std::string id = api.push_event({.body = event, .time_left = std::chrono::seconds(2)});
    const auto outcome = api.wait_for_outcome(id);
    ASSERT_TRUE(outcome) << read_whole(folder_.file("log"));
    EXPECT_TRUE(has(outcome->body, R"({"itemIdentifier":"m1"})")) << outcome->body;
    if (outcome->body == R"({"batchItemFailures":[{"itemIdentifier":"m1"}]})") ++right;
  }
  EXPECT_EQ(right, 2) << read_whole(folder_.file("log"));
}

/// What the binary says and ends with, as a function at `address`.
Ended serve_at(const std::string& address, const std::vector<std::string>& settings = {}) {
  const TempDir folder;
  ChildProcess bootstrap(
      {.program = STREAMONCE_BOOTSTRAP,
       .environment = joined(settings, {"AWS_LAMBDA_RUNTIME_API=" + address,
                                        "STREAMONCE_TARGET=sqlite:" + folder.file("copy.db")}),
       .log_path = folder.file("log"),
       .output_path = folder.file("out")});
  Ended ended{.status = bootstrap.wait()};
  ended.err = read_whole(folder.file("log"));
  ended.out = read_whole(folder.file("out"));
  return ended;
}

TEST(RuntimeApiAddress, ThatIsNoneIsAConfigurationErrorThatNamesTheVariable) {
  for (const std::string address :
       {"http://127.0.0.1:9001", "127.0.0.1:9001\n", "127.0.0.1: 9001", ":", "127.0.0.1:99999"}) {
    const Ended ended = serve_at(address);
    EXPECT_EQ(ended.status, 2) << ended.err;
    EXPECT_EQ(lines_of(ended.err).size(), 1U) << ended.err;
    EXPECT_TRUE(has(ended.err, "bootstrap: AWS_LAMBDA_RUNTIME_API: found \"")) << ended.err;
    EXPECT_TRUE(has(ended.err, "expected HOST:PORT")) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
}

TEST(RuntimeApiAddress, ThatIsNotFoundEndsTheProcessWithAWord) {
  const std::string address = kNotFound.substr(std::string("http://").size());
  const std::vector<std::vector<std::string>> all = {{}, {"STREAMONCE_TARGET=nonsense"}};
  for (const std::vector<std::string>& settings : all) {
    const Ended ended = serve_at(address, settings);
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_TRUE(has(ended.err, "the Runtime API at AWS_LAMBDA_RUNTIME_API")) << ended.err;
  }
}

class FewDescriptors : public ::testing::Test {
 protected:
  /// Runs a replay that may have so many descriptors. @return its status
  int replay(rlim_t most, std::vector<std::string> target) {
    target.insert(target.begin(), {"replay", "--timeout", "1", dump_});
    ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                            .arguments = std::move(target),
                            .environment = shell_.environment(),
                            .log_path = folder_.file("log"),
                            .working_folder = folder_.path(),
                            .prepare = [most] {
                              const rlimit limit{.rlim_cur = most, .rlim_max = most};
                              ::setrlimit(RLIMIT_NOFILE, &limit);
                            }});
    return bootstrap.wait();
  }

  const TempDir folder_;
  ReplayShell shell_{{"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_REGION=eu-west-1",
                      "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y"}};
  const std::string dump_ = shell_.dump("dump.json", event_of({put("a", "1", "x")}));
};

/// From the first limit that lets the dump be opened, and no socket.
TEST_F(FewDescriptors, AreAnErrorOfTheNetworkAndNoCrash) {
  const std::vector<std::string> target = {"--target", "dynamodb:orders-copy", "--ledger", "marks"};
  rlim_t most = 4;
  while (replay(most, target) == 3) ASSERT_LT(++most, 20U);
  for (int more = 0; more < 3; ++more)
    EXPECT_EQ(replay(most++, target), 1) << most << '\n' << read_whole(folder_.file("log"));
  EXPECT_TRUE(has(read_whole(folder_.file("log")), "before that: "));
}

TEST_F(FewDescriptors, AreAnErrorOfADatabaseAndNoCrash) {
  int status = -1;
  for (rlim_t most = 3; status != 0; ++most) {
    ASSERT_LT(most, 20U);
    status = replay(most, {"--target", "sqlite:" + folder_.file(std::to_string(most) + ".db")});
    EXPECT_LE(status, 3) << most << '\n' << read_whole(folder_.file("log"));
  }
}

/// From little more than the program itself takes to all that it needs.
TEST(FewBytes, EndTheProcessWithAWordAndNoCrash) {
  const TempDir folder;
  constexpr rlim_t kMegabyte = 1024UL * 1024;
  bool any_told = false;
  for (rlim_t most = 12 * kMegabyte; most <= 64 * kMegabyte; most += 4 * kMegabyte) {
    const std::string log = folder.file("log" + std::to_string(most));
    ChildProcess bootstrap({.program = STREAMONCE_BOOTSTRAP,
                            .arguments = {"replay", "--dry-run", "--target",
                                          "sqlite:" + folder.file("copy.db"), "/dev/null"},
                            .log_path = log,
                            .prepare = [most] {
                              const rlimit limit{.rlim_cur = most, .rlim_max = most};
                              ::setrlimit(RLIMIT_AS, &limit);
                            }});
    const int status = bootstrap.wait();
    const std::string words = read_whole(log);
    EXPECT_EQ(status, words.empty() ? 0 : 1) << most << ": " << words;
    any_told = any_told || words == "bootstrap: out of memory\n";
  }
  EXPECT_TRUE(any_told);
}

}  // namespace
}  // namespace streamonce::testing
