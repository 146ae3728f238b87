// Replay as it is shipped: every form of a dead letter, plain and compressed, from files, folders
// and standard input; what it says; and where that goes which is not done.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/dead_letters.h"
#include "tests/support/full_disk.h"
#include "tests/support/gzip.h"
#include "tests/support/replay_shell.h"
#include "tests/support/stream_event.h"
#include "tests/support/target_under_test.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

const std::string kFixtures = std::string(STREAMONCE_FIXTURES) + "/dead_letters";

/// The stream that the fixtures' records are of.
constexpr const char* kFixtureStream =
    "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";

/// A fixture with all three records: two orders, the first of them changed.
struct Form {
  std::string name;
  std::uint64_t documents;
  std::uint64_t records;
};

const std::vector<Form>& forms() {
  static const std::vector<Form> kForms = {
      {"async_destination.json", 1, 3},
      {"bodies.json", 2, 3},
      {"bodies.ndjson", 2, 3},
      {"byte_order_mark.json", 1, 3},
      {"empty_pages.ndjson", 5, 3},
      {"eventbridge.ndjson", 3, 3},
      {"get_records.json", 1, 3},
      {"messages.ndjson", 3, 3},
      {"messages_tidied.json", 1, 3},
      {"messages_without_id.ndjson", 2, 3},
      {"mixed.json", 6, 8},
      {"receive_message_eventbridge.json", 1, 3},
      {"receive_message_payload.json", 1, 3},
      {"records.ndjson", 3, 3},
      {"records_array.json", 3, 3},
      {"s3_null_context.json", 1, 3},
      {"s3_payload_object.json", 1, 3},
      {"s3_payload_text.json", 1, 3},
      {"s3_too_old.json", 1, 3},
      {"sns_event_payload.json", 1, 3},
      {"sns_payload.json", 1, 3},
      {"sqs_event_payload.json", 1, 3},
      {"stream_event.json", 1, 3},
  };
  return kForms;
}

/// What the three records leave behind.
std::vector<json> orders() {
  return {{{"id", {{"S", "order-1"}}}, {"status", {{"S", "paid"}}}},
          {{"id", {{"S", "order-2"}}}, {"status", {{"S", "placed"}}}}};
}

/// What is told of `times` the form, the first time.
Counts counts_of(const Form& form, std::uint64_t times = 1) {
  return {{"documents", times * form.documents},
          {"records", times * form.records},
          {"applied", 2},
          {"superseded", times * form.records - 2}};
}

class Replay : public ::testing::TestWithParam<const char*> {
 protected:
  Replay() { target_->create({{"id", "S"}}); }

  /// Another target, empty.
  void start_anew() {
    target_ = make_target_under_test(GetParam());
    target_->create({{"id", "S"}});
    shell_.environment() = target_->environment();
  }

  std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
  ReplayShell shell_{target_->environment()};
};

/// What does not depend on the kind of the target.
using ReplayOnSqlite = Replay;
INSTANTIATE_TEST_SUITE_P(, ReplayOnSqlite, ::testing::Values("sqlite"),
                         [](const auto& kind) { return std::string(kind.param); });
INSTANTIATE_TEST_SUITE_P(, Replay, ::testing::Values("sqlite", "dynamodb", "items"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(ReplayOnSqlite, TakesEveryFormPlainAndCompressedAndInOneFile) {
  for (const Form& form : forms()) {
    SCOPED_TRACE(form.name);
    const std::string text = read_whole(kFixtures + "/" + form.name);
    const std::string mixed = text + gzip_of(text) + text;
    const std::vector<std::string> options = {"--json", "--stream-arn", kFixtureStream};
    const auto expect_done = [&](std::string_view bytes, std::uint64_t times) {
      for (const bool as_file : {true, false}) {
        start_anew();
        std::vector<std::string> arguments = options;
        arguments.push_back(as_file ? shell_.dump("dump", bytes) : "-");
        const Ended ended =
            as_file ? shell_.replay(arguments) : shell_.replay_input(arguments, bytes);
        EXPECT_EQ(ended.status, 0);
        EXPECT_EQ(ended.err, "");
        EXPECT_EQ(ended.counts(), counts_of(form, times));
        EXPECT_EQ(target_->items(), orders());
      }
    };
    expect_done(text, 1);
    expect_done(gzip_of(text), 1);
    expect_done(mixed, 3);
  }
  EXPECT_EQ(shell_.files(), std::vector<std::string>());
}

TEST_P(Replay, TakesAFolderOfEveryForm) {
  Counts expected = {{"applied", 2}};
  bool compressed = false;
  for (const Form& form : forms()) {
    const std::string text = read_whole(kFixtures + "/" + form.name);
    compressed = !compressed;
    shell_.dump("all/" + std::string(compressed ? "deep/er/" : "") + form.name,
                compressed ? gzip_of(text) : text);
    expected["documents"] += form.documents;
    expected["records"] += form.records;
  }
  expected["superseded"] = expected["records"] - 2;
  const std::string folder =
      std::filesystem::path(shell_.dump("all/record", read_whole(kFixtures + "/record.json")))
          .parent_path();
  ++expected["documents"], ++expected["records"], ++expected["superseded"];
  const std::vector<std::string> arguments = {"--json", "--stream-arn", kFixtureStream, folder};
  const Ended ended = shell_.replay(arguments);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(), expected);
  EXPECT_EQ(target_->items(), orders());

  const Ended again = shell_.replay(arguments);
  EXPECT_EQ(again.status, 0);
  expected["alreadyApplied"] = 2;
  expected.erase("applied");
  EXPECT_EQ(again.counts(), expected);
  EXPECT_EQ(target_->items(), orders());
  EXPECT_EQ(target_->marks(), 2U);
  EXPECT_EQ(shell_.files(), std::vector<std::string>());
}

TEST_P(ReplayOnSqlite, ReadsAFolderInTheOrderOfItsPaths) {
  for (const char* name : {"b/2", "a", "b/1", "c", "b.x", "b/1/z"})
    if (std::string(name) != "b/1/z") shell_.dump("d/" + std::string(name), "{}\n");
  const std::string folder = std::filesystem::path(shell_.dump("d/B", "\n\n{}")).parent_path();
  const Ended ended = shell_.replay({"--json", folder});
  EXPECT_EQ(ended.status, 1);
  std::vector<std::string> places;
  const json failures = ended.summary()["failures"];
  for (const json& failure : failures) places.push_back(failure["place"]);
  EXPECT_EQ(places,
            (std::vector<std::string>{folder + "/B:3", folder + "/a:1", folder + "/b.x:1",
                                      folder + "/b/1:1", folder + "/b/2:1", folder + "/c:1"}));
}

TEST_P(ReplayOnSqlite, SaysInItsExitStatusWhatBecameOfIt) {
  const std::string good = kFixtures + "/s3_payload_text.json";
  const std::string absent = shell_.path_of("absent.json");
  EXPECT_EQ(shell_.replay({good}).status, 0);
  EXPECT_EQ(shell_.replay({kFixtures + "/unreadable/no_shard.json"}).status, 1);
  const Ended nothing = shell_.replay({absent});
  EXPECT_EQ(nothing.status, 3);
  EXPECT_TRUE(has(nothing.err, absent + ": cannot be read: No such file")) << nothing.err;
  const Ended half = shell_.replay({absent, good});
  EXPECT_EQ(half.status, 1);
  EXPECT_TRUE(has(half.err, absent)) << half.err;
  EXPECT_TRUE(has(half.out, "  already applied            2\n")) << half.out;
  EXPECT_TRUE(has(half.out, "files not read               1\n")) << half.out;
  const std::string damaged = gzip_of(read_whole(good));
  const Ended cut = shell_.replay({shell_.dump("cut.gz", damaged.substr(0, damaged.size() - 4))});
  EXPECT_EQ(cut.status, 1);
  EXPECT_TRUE(has(cut.err, "is cut short")) << cut.err;
}

TEST_P(ReplayOnSqlite, RefusesACommandLineThatIsWrong) {
  const std::string good = kFixtures + "/s3_payload_text.json";
  const auto expect_usage = [&](const std::vector<std::string>& arguments, const char* word) {
    const Ended ended = shell_.replay(arguments);
    EXPECT_EQ(ended.status, 2) << word;
    EXPECT_EQ(ended.out, "");
    EXPECT_TRUE(has(ended.err, word)) << ended.err;
  };
  expect_usage({}, "DUMP");
  expect_usage({"--quick", good}, "--quick");
  expect_usage({"-", good, "-"}, "only once");
  expect_usage({good, "--failed"}, "needs a value");
  expect_usage({"--stream-arn", "orders", good}, "--stream-arn");
  expect_usage({"--timeout", "0", good}, "--timeout");
  expect_usage({"--failed", good, good}, "exists already");
  expect_usage({"--failed", "kept.ndjson", "."}, "would be in the folder .");
  shell_.environment().clear();
  expect_usage({good}, "STREAMONCE_TARGET");
}

TEST_P(ReplayOnSqlite, HelpNamesEachDestination) {
  const Ended ended = shell_.replay({"--help"});
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.err, "");
  for (const char* word : {"--dry-run",
                           "--failed FILE",
                           "--stream-arn ARN",
                           "--json",
                           "--timeout",
                           "--ledger",
                           "\n  S3 ",
                           "aws s3 cp --recursive s3://",
                           "\n  SQS ",
                           "aws sqs receive-message",
                           "aws sqs delete-message",
                           "\n  SNS ",
                           "aws sns subscribe",
                           "\n  Pipes ",
                           "aws dynamodbstreams get-records",
                           "get-shard-iterator",
                           "24 hours",
                           "Exit status",
                           "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
                           "(payload)",
                           "(requestPayload)",
                           "(detail)",
                           "(Messages)",
                           "Messages[].Body",
                           "(Records)",
                           "failed file"})
    EXPECT_TRUE(has(ended.out, word)) << word;
  EXPECT_TRUE(has(ended.out, "bootstrap replay dump/")) << ended.out;
}

TEST_P(ReplayOnSqlite, ASummaryIsReadableAndTellsWhatRemains) {
  const Ended ended = shell_.replay({"--failed", "rest.ndjson", kFixtures + "/s3_payload_text.json",
                                     kFixtures + "/unreadable/no_shard.json"});
  EXPECT_EQ(ended.status, 1);
  for (const char* line : {"documents                    2\n", "records                      3\n",
                           "  applied                    2\n", "  superseded                 1\n",
                           "unreadable                   1\n", "first failures:\n  ",
                           "no_shard.json:1: DDBStreamBatchInfo.shardId is absent\n",
                           "what was not done is in rest.ndjson, 1 line: replay it"})
    EXPECT_TRUE(has(ended.out, line)) << line << ended.out;
  EXPECT_TRUE(has(ended.err, "no_shard.json:1")) << ended.err;
}

TEST_P(ReplayOnSqlite, WhatCannotBeReadIsToldWithItsPlaceAndKept) {
  const Ended first = shell_.replay({"--json", kFixtures + "/unreadable"});
  EXPECT_EQ(first.status, 1);
  EXPECT_EQ(first.counts(), (Counts{{"documents", 10}, {"unreadable", 10}}));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFixtures + "/unreadable"))
    names.push_back(entry.path());
  std::sort(names.begin(), names.end());
  const json failures = first.summary()["failures"];
  ASSERT_EQ(failures.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(failures[i]["place"], names[i] + ":1");
    EXPECT_NE(failures[i]["reason"], "");
    EXPECT_TRUE(has(first.err, names[i] + ":1")) << first.err;
  }
  ASSERT_EQ(shell_.files(), std::vector<std::string>{"unreadable.failed.ndjson"});
  const std::string kept = read_whole(shell_.path_of("unreadable.failed.ndjson"));
  EXPECT_EQ(lines_of(kept).size(), 10U);

  const Ended again = shell_.replay({"--json", "unreadable.failed.ndjson"});
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(again.counts(), first.counts());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(again.summary()["failures"][i]["reason"], failures[i]["reason"]);
    EXPECT_EQ(again.summary()["failures"][i]["place"],
              "unreadable.failed.ndjson:" + std::to_string(i + 1));
  }
  EXPECT_EQ(read_whole(shell_.path_of("unreadable.failed.2.ndjson")), kept);
  EXPECT_EQ(target_->items(), std::vector<json>());
}

/// As often as somebody types the same command in the folder of a dump.
TEST_P(ReplayOnSqlite, AFoldersOwnFailedFilesAreReadOnlyIfTheyAreNamed) {
  std::ofstream(shell_.path_of("a.json")) << R"({"orderId":7})" << '\n' << put("a", "1", "x");
  std::ofstream(shell_.path_of("b.json")) << R"({"orderId":8})";
  const std::string kept = "{\"orderId\":7}\n{\"orderId\":8}\n";
  const std::vector<std::string> names = {"dump.failed.ndjson", "dump.failed.2.ndjson",
                                          "dump.failed.3.ndjson"};
  for (const std::string& name : names) {
    const Ended ended = shell_.replay({"--json", "."});
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(ended.counts()["documents"], 3U);
    EXPECT_EQ(ended.counts()["unreadable"], 2U);
    EXPECT_EQ(ended.summary()["failedFiles"], (json{{{"path", name}, {"lines", 2}}}));
    EXPECT_EQ(read_whole(shell_.path_of(name)), kept);
    EXPECT_EQ(has(ended.err, "failed files of earlier replays are left out"), name != names[0]);
  }
  // By name, and what fails again is kept behind the others.
  const Ended named = shell_.replay({"--json", names[0]});
  EXPECT_EQ(named.counts(), (Counts{{"documents", 2}, {"unreadable", 2}}));
  EXPECT_EQ(read_whole(shell_.path_of("dump.failed.4.ndjson")), kept);
  EXPECT_EQ(target_->items().size(), 1U);
}

/// Who puts failed files into a folder means them to be read.
TEST_P(ReplayOnSqlite, AFolderOfNothingButFailedFilesIsNotDone) {
  const std::string folder =
      std::filesystem::path(shell_.dump("kept/a.failed.ndjson", put("a", "1", "x"))).parent_path();
  const Ended ended = shell_.replay({folder});
  EXPECT_EQ(ended.status, 3);
  EXPECT_TRUE(has(ended.err, folder + ": holds nothing but failed files")) << ended.err;
  EXPECT_EQ(shell_.replay({folder + "/a.failed.ndjson"}).status, 0);
  EXPECT_EQ(target_->items().size(), 1U);
}

TEST_P(ReplayOnSqlite, ATextThatHoldsNoDeadLetterIsKeptAsItIsHoweverOften) {
  const std::string dump = shell_.dump("d.json", R"(["{\"orderId\":7}", "{cut short", "[]"])");
  const Ended first = shell_.replay({"--json", dump});
  EXPECT_EQ(first.counts(), (Counts{{"documents", 3}, {"unreadable", 3}}));
  const std::string kept = read_whole(shell_.path_of("d.json.failed.ndjson"));
  const Ended again = shell_.replay({"--json", "d.json.failed.ndjson"});
  EXPECT_EQ(again.counts(), first.counts());
  EXPECT_EQ(read_whole(shell_.path_of("d.json.failed.2.ndjson")), kept);
}

TEST_P(ReplayOnSqlite, Utf16IsNamedWithWhatToDo) {
  const Ended ended = shell_.replay({kFixtures + "/unreadable/utf16.json"});
  EXPECT_EQ(ended.status, 1);
  for (const char* word : {"UTF-16, little-endian", "iconv -f UTF-16LE -t UTF-8"})
    EXPECT_TRUE(has(ended.out, word)) << ended.out;
  EXPECT_EQ(target_->items(), std::vector<json>());
}

TEST_P(ReplayOnSqlite, ABrokenDocumentIsToldWithItsLineAndStopsNothing) {
  const std::string broken = "{\"a\": [1, 2\n";
  const std::string bytes = "nonsense \xff\x01\n";
  const std::string dump = put("a", "1", "x") + "\n" + broken + put("b", "2", "y") + "\n" + bytes +
                           put("c", "3", "z") + "\n";
  const Ended ended = shell_.replay({"--json", shell_.dump("dump.ndjson", dump)});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(),
            (Counts{{"documents", 5}, {"records", 3}, {"applied", 3}, {"unreadable", 2}}));
  const json failures = ended.summary()["failures"];
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_TRUE(failures[0]["place"].get<std::string>().ends_with("dump.ndjson:2"));
  EXPECT_TRUE(failures[1]["place"].get<std::string>().ends_with("dump.ndjson:4"));
  EXPECT_EQ(target_->items().size(), 3U);
  const auto kept = lines_of(read_whole(shell_.path_of("dump.ndjson.failed.ndjson")));
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_TRUE(has(json::parse(kept[0])["unreadableDocument"].get<std::string>(), "[1, 2"));
  EXPECT_TRUE(json::parse(kept[1]).contains("unreadableBytes")) << kept[1];
}

TEST_P(ReplayOnSqlite, AFileThatIsThereIsNeverWritten) {
  const std::string dump = shell_.dump("dump.json", R"({"orderId":7})");
  for (const std::string name :
       {"dump.json.failed.ndjson", "dump.json.failed.2.ndjson", "dump.json.failed.3.ndjson"}) {
    const Ended ended = shell_.replay({"--json", dump});
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(ended.summary()["failedFiles"], (json{{{"path", name}, {"lines", 1}}}));
    EXPECT_EQ(read_whole(shell_.path_of(name)), "{\"orderId\":7}\n");
  }
  const std::string named = shell_.path_of("named");
  EXPECT_EQ(shell_.replay({"--failed", "named", dump, dump}).status, 1);
  EXPECT_EQ(read_whole(named), "{\"orderId\":7}\n{\"orderId\":7}\n");
  const Ended refused = shell_.replay({"--failed", "named", dump, kFixtures + "/record.json"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(has(refused.err, "named exists already")) << refused.err;
  EXPECT_EQ(read_whole(named), "{\"orderId\":7}\n{\"orderId\":7}\n");
  EXPECT_EQ(target_->items(), std::vector<json>());
  EXPECT_EQ(shell_.files().size(), 4U);
}

TEST_P(Replay, AFailedRecordEndsItsItemAloneAndIsKeptWithWhatIsBehindIt) {
  const std::vector<std::string> failing = {put("b", "3", "x", "UPSERT"), put("b", "4", "y")};
  const std::string letter = s3_letter({put("a", "1", "x"), put("b", "2", "x"), failing[0],
                                        failing[1], put("c", "5", "z"), remove("a", "6")})
                                 .dump();
  const Ended ended = shell_.replay_input({"--json", "-"}, letter);
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(
      ended.counts(),
      (Counts{{"documents", 1}, {"records", 6}, {"applied", 3}, {"superseded", 1}, {"failed", 2}}));
  ASSERT_EQ(shell_.files(), std::vector<std::string>{"stdin.failed.ndjson"});
  const auto kept = lines_of(read_whole(shell_.path_of("stdin.failed.ndjson")));
  ASSERT_EQ(kept, failing);
  const std::vector<json> before = target_->items();
  ASSERT_EQ(before.size(), 2U);

  // Mended by hand, and put back.
  const std::string mended = put("b", "3", "x") + "\n" + kept[1];
  EXPECT_EQ(shell_.replay_input({"--json", "-"}, mended).counts(),
            (Counts{{"documents", 2}, {"records", 2}, {"applied", 1}, {"superseded", 1}}));
  EXPECT_EQ(target_->items()[0]["value"]["S"], "y");
}

/// As a table leaves them that was deleted and made again with a key of another type.
TEST_P(Replay, ARecordWithAKeyOfAnotherTypeFailsAloneAndFromTheFailedFileToo) {
  const std::string other =
      to_json({.sequence_number = "9",
               .keys = R"({"id":{"N":"7"}})",
               .new_image = R"({"id":{"N":"7"}})",
               .arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/"
                      "2025-01-01T00:00:00.000"});
  const std::vector<std::string> sound = {put("a", "1", "x"), put("7", "2", "x"),
                                          put("c", "3", "x")};
  for (std::size_t place = 0; place <= sound.size(); ++place) {
    SCOPED_TRACE(place);
    start_anew();
    std::vector<std::string> records = sound;
    records.insert(records.begin() + static_cast<std::ptrdiff_t>(place), other);
    std::string lines;
    for (const std::string& record : records) lines += record + "\n";
    const std::string name = "dump" + std::to_string(place) + ".ndjson";
    const Ended ended = shell_.replay({"--json", shell_.dump(name, lines)});
    EXPECT_EQ(ended.status, 1);
    EXPECT_EQ(ended.counts(),
              (Counts{{"documents", 4}, {"records", 4}, {"applied", 3}, {"failed", 1}}));
    const std::string failed = name + ".failed.ndjson";
    ASSERT_EQ(lines_of(read_whole(shell_.path_of(failed))), std::vector<std::string>{other});
    const std::vector<json> items = target_->items();
    EXPECT_EQ(items.size(), 3U);
    const Ended again = shell_.replay({"--json", failed});
    EXPECT_EQ(again.status, 1);
    EXPECT_EQ(again.counts(), (Counts{{"documents", 1}, {"records", 1}, {"failed", 1}}));
    EXPECT_EQ(target_->items(), items);
  }
}

TEST_P(ReplayOnSqlite, RecordsThatNameNoStreamAreKeptWithAdvice) {
  const std::string dump = kFixtures + "/get_records.json";
  const Ended refused = shell_.replay({"--json", dump});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.counts(), (Counts{{"documents", 1}, {"records", 3}, {"failed", 3}}));
  EXPECT_TRUE(has(refused.err, "--stream-arn ARN")) << refused.err;
  EXPECT_EQ(target_->marks(), 0U);
  const Ended done =
      shell_.replay({"--json", "--stream-arn", kFixtureStream, "get_records.json.failed.ndjson"});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.counts(), counts_of({"", 3, 3}));
  EXPECT_EQ(target_->items(), orders());
}

/// The table is made after the first attempt.
TEST(ReplayOnDynamoDb, WhatFailedForTheTargetsSakeIsDoneOnceThatIsMended) {
  const auto target = make_dynamodb_under_test();
  ReplayShell shell(target->environment());
  const Ended failed =
      shell.replay({"--json", "--failed", "rest", kFixtures + "/s3_payload_text.json"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(failed.counts(), (Counts{{"documents", 1}, {"records", 3}, {"failed", 3}}));
  EXPECT_EQ(lines_of(read_whole(shell.path_of("rest"))).size(), 3U);
  target->create({{"id", "S"}});
  const Ended done = shell.replay({"--json", "rest"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.counts(), counts_of({"", 3, 3}));
  EXPECT_EQ(target->items(), orders());
}

/// Lines that are no dead letters, of over 200 KB together.
std::string long_unreadable_dump(int lines) {
  std::string dump;
  for (int i = 0; i < lines; ++i)
    dump += R"({"orderId":)" + std::to_string(i) + R"(,"note":")" + std::string(200, 'n') + "\"}\n";
  return dump;
}

/// What the failed file of a run without room for it holds must be whole lines, and all else told.
void expect_cut_short(const Ended& ended, const std::string& dump, const std::string& kept,
                      const char* reason) {
  EXPECT_EQ(ended.status, 1);
  EXPECT_TRUE(has(ended.err, "failed file not written")) << ended.err;
  EXPECT_TRUE(has(ended.err, reason)) << ended.err;
  EXPECT_FALSE(kept.empty());
  EXPECT_LT(kept.size(), dump.size());
  EXPECT_TRUE(kept.ends_with('\n'));
  EXPECT_TRUE(dump.starts_with(kept));
  const std::uint64_t lines = lines_of(dump).size();
  const std::uint64_t held = lines_of(kept).size();
  EXPECT_EQ(ended.counts(),
            (Counts{{"documents", lines}, {"unreadable", lines}, {"notKept", lines - held}}));
  EXPECT_EQ(ended.summary()["failedFiles"], (json{{{"path", "disk/rest"}, {"lines", held}}}));
}

/// Runs a replay of `dump`, to whose process `prepare` happens first, and expects that its failed
/// file could not be written, for `reason`.
void expect_cut_short(ReplayShell& shell, const std::string& dump, std::function<void()> prepare,
                      const char* reason) {
  std::filesystem::create_directory(shell.path_of("disk"));
  ChildProcess child({.program = STREAMONCE_BOOTSTRAP,
                      .arguments = {"replay", "--json", "--failed", "disk/rest", "-"},
                      .environment = shell.environment(),
                      .log_path = shell.path_of("err"),
                      .output_path = shell.path_of("out"),
                      .input_path = shell.dump("dump", dump),
                      .working_folder = shell.path_of(""),
                      .prepare = std::move(prepare)});
  const int status = child.wait();
  expect_cut_short({.status = status,
                    .out = read_whole(shell.path_of("out")),
                    .err = read_whole(shell.path_of("err"))},
                   dump, read_whole(shell.path_of("disk/rest")), reason);
}

/// The disk refuses a line that is larger than what it has left.
TEST_P(ReplayOnSqlite, AFullDiskIsToldAndNothingIsCountedAsKeptThatIsNot) {
  const std::string large = R"({"note":")" + std::string(100'000, 'n') + "\"}\n";
  const auto prepare = [] {
    if (!refuse_writes_of(100'000)) ::_exit(99);  // no filters of system calls here
  };
  expect_cut_short(shell_, long_unreadable_dump(500) + large + long_unreadable_dump(500), prepare,
                   "No space left on device");
}

/// A write is cut short, and the next one fails.
TEST_P(ReplayOnSqlite, ALimitOnTheSizeOfFilesIsAFullDiskToo) {
  const auto prepare = [] {
    const rlimit limit{.rlim_cur = 50'000, .rlim_max = 50'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  };
  expect_cut_short(shell_, long_unreadable_dump(1'000), prepare, "File too large");
}

/// At once, before anything is read: of a pipe it would be lost.
TEST_P(ReplayOnSqlite, AFolderThatCannotBeWrittenIsToldAtOnce) {
  const Ended ended = shell_.replay({"--failed", "absent/rest", kFixtures + "/record.json"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_TRUE(has(ended.err, "--failed: absent/rest: its folder cannot be written")) << ended.err;
}

}  // namespace
}  // namespace streamonce::testing
