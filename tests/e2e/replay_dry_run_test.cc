// A dry run of replay as it is shipped: it tells what the run then does, and writes nothing.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/dead_letters.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/replay_shell.h"
#include "tests/support/streams_server.h"
#include "tests/support/target_under_test.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

/// The value of `NAME=value`; empty: it is not there.
std::string setting(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& text : environment)
    if (text.starts_with(name + "=")) return text.substr(name.size() + 1);
  return {};
}

/// All that the target is made of: every byte and time of the files in a folder, every item of the
/// tables.
std::map<std::string, std::string> contents_of(const std::vector<std::string>& environment) {
  const std::string target = setting(environment, "STREAMONCE_TARGET");
  std::map<std::string, std::string> contents;
  if (target.starts_with("sqlite:")) {
    const std::filesystem::path folder = std::filesystem::path(target.substr(7)).parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      contents[entry.path()] = std::to_string(entry.last_write_time().time_since_epoch().count()) +
                               " " + read_whole(entry.path());
    return contents;
  }
  DynamoDbClient client(setting(environment, "AWS_ENDPOINT_URL_DYNAMODB"));
  for (const std::string& table : {target.substr(9), setting(environment, "STREAMONCE_LEDGER")})
    for (const json& item : client.scan(table)) contents[table + item["id"].dump()] = item.dump();
  return contents;
}

class DryRun : public ::testing::TestWithParam<const char*> {
 protected:
  DryRun() {
    target_->create({{"id", "S"}});
    shell_.environment().push_back("STREAMONCE_CONFIG=" +
                                   shell_.dump("pipeline.json", R"({"retain_days":10000})"));
  }

  /// A dump with one of everything that can become of a record; some of it is behind the target.
  std::string dump_of_everything() {
    streams_.stream().trimmed = 5;
    const std::vector<std::string> documents = {
        s3_letter(
            {put("a", "10", "x"), put("b", "5", "old"), put("c", "20", "x"), put("c", "21", "y")})
            .dump(),
        to_json({.sequence_number = "22",
                 .keys = key_of("e"),
                 .new_image = key_of("e"),
                 .created_at = "1000000"}),
        event_of({put("d", "30", "x", "UPSERT"), put("d", "31", "y")}),
        R"({"orderId":7})",
        "nonsense",
        lambda_pointer(streams_.range(1'001, 1'004)).dump(),
        lambda_pointer(streams_.range(1'006, 1'008)).dump(),
        remove("never there", "40")};
    std::string dump;
    for (const std::string& document : documents) dump += document + "\n";
    return shell_.dump("dump.ndjson", dump);
  }

  const std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
  StreamsServer streams_{10};
  ReplayShell shell_{joined(target_->environment(), streams_.environment())};
};

INSTANTIATE_TEST_SUITE_P(, DryRun, ::testing::Values("sqlite", "dynamodb", "items"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(DryRun, TellsOfEachRecordWhatTheRunThenDoesAndWritesNothing) {
  const std::string before =
      shell_.dump("before.json", event_of({put("a", "10", "x"), put("b", "11", "newer")}));
  ASSERT_EQ(shell_.replay({before}).status, 0);
  const std::string dump = dump_of_everything();
  const auto contents = contents_of(target_->environment());
  const Ended dry = shell_.replay({"--dry-run", "--json", dump});
  EXPECT_EQ(dry.status, 1);
  EXPECT_EQ(contents_of(target_->environment()), contents);
  EXPECT_EQ(shell_.files(), std::vector<std::string>());

  json summary = dry.summary();
  std::vector<std::string> told;
  for (const json& record : summary["outcomes"])
    told.push_back(record["outcome"].get<std::string>() + " " +
                   record["sequenceNumber"].get<std::string>());
  EXPECT_EQ(told,
            (std::vector<std::string>{"unreadable ", "unreadable ", "already applied 10", "stale 5",
                                      "superseded 20", "would apply 21", "expired 22", "failed 30",
                                      "failed 31", "expired ", "would apply 1006",
                                      "would apply 1007", "would apply 1008", "would apply 40"}));
  EXPECT_EQ(summary["dryRun"], true);

  const Ended real = shell_.replay({"--json", dump});
  EXPECT_EQ(real.status, 1);
  Counts counts = dry.counts();
  EXPECT_EQ(counts["applied"], 5U);
  EXPECT_EQ(real.counts(), counts);
  EXPECT_EQ(real.summary()["failures"], summary["failures"]);
  EXPECT_NE(contents_of(target_->environment()), contents);
  EXPECT_EQ(
      lines_of(read_whole(shell_.path_of("dump.ndjson.failed.ndjson"))).size(),
      counts["failed"] + counts["expired"] + counts["unreadable"] + counts["pointersExpired"]);
}

TEST_P(DryRun, IsReadable) {
  const Ended dry = shell_.replay({"--dry-run", dump_of_everything()});
  EXPECT_EQ(dry.status, 1);
  for (const char* line :
       {"dry run: nothing was written", "would apply      ", "dump.ndjson:1  10\n",
        "superseded       ", "expired          ", "unreadable       ", "failed           ",
        "dump.ndjson:2  22  expired: older than retain_days", "records                     11\n",
        "What remains: "})
    EXPECT_TRUE(has(dry.out, line)) << line << "\n" << dry.out;
  EXPECT_FALSE(has(dry.out, "what was not done is in")) << dry.out;
  EXPECT_EQ(shell_.files(), std::vector<std::string>());
}

/// A second change of an item in another batch, and the same again.
TEST_P(DryRun, JudgesLaterRecordsAsIfTheEarlierOnesWereApplied) {
  const std::vector<std::string> arguments = {
      "--json", shell_.dump("1", put("a", "10", "x")), shell_.dump("2", put("a", "12", "y")),
      shell_.dump("3", put("a", "10", "x") + put("b", "1", "x")),
      shell_.dump("4", remove("a", "12"))};
  std::vector<std::string> dry_arguments = arguments;
  dry_arguments.insert(dry_arguments.begin(), "--dry-run");
  const Ended dry = shell_.replay(dry_arguments);
  EXPECT_EQ(dry.status, 0);
  EXPECT_EQ(
      dry.counts(),
      (Counts{
          {"documents", 5}, {"records", 5}, {"applied", 3}, {"stale", 1}, {"alreadyApplied", 1}}));
  EXPECT_EQ(target_->marks(), 0U);
  EXPECT_EQ(shell_.replay(arguments).counts(), dry.counts());
}

TEST(DryRunOnSqlite, AFileThatIsAbsentStaysAbsent) {
  const TempDir folder;
  const std::vector<std::string> environment = {"STREAMONCE_TARGET=sqlite:" +
                                                folder.file("copy.db")};
  ReplayShell shell(environment);
  const Ended dry = shell.replay_input({"--dry-run", "--json", "-"},
                                       event_of({put("a", "10", "x"), remove("b", "11")}));
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_EQ(dry.counts(), (Counts{{"documents", 1}, {"records", 2}, {"applied", 2}}));
  EXPECT_TRUE(contents_of(environment).empty());
}

}  // namespace
}  // namespace streamonce::testing
