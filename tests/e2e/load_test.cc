// Load as it is shipped: exports in folders onto each kind of target, mirrored and with views;
// beside a stream, interrupted, damaged, and swept.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "handler/targets/sqlite/database.h"
#include "runtime/base/clock.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/export_writer.h"
#include "tests/support/replay_shell.h"
#include "tests/support/source_table.h"
#include "tests/support/stream_event.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using Items = std::vector<json>;

constexpr const char* kTableArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";

json item(const std::string& id, const std::string& value = "v") {
  return {{"id", {{"S", id}}}, {"value", {{"S", value}}}};
}

Items items_of(int count, const std::string& start = "k") {
  Items items;
  for (int i = 0; i < count; ++i) items.push_back(item(start + std::to_string(i)));
  return items;
}

Items sorted(Items items) {
  std::sort(items.begin(), items.end());
  return items;
}

unsigned mode_of(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 0777U : 0;
}

/// Runs a statement on a SQLite file.
void execute(const std::string& path, const std::string& sql) {
  SystemClock clock;
  auto database =
      handler::sqlite::Database::open(path, clock, clock.steady_now() + std::chrono::seconds(10));
  ASSERT_TRUE(database);
  const Status done = (*database)->execute(sql);
  ASSERT_TRUE(done) << done.error().message;
}

/// A table with items that its stream tells nothing of at first.
class TableWithAPast {
 public:
  TableWithAPast(unsigned seed, int items) : source_(seed) {
    for (const json& each : items_of(items))
      before_[each["id"]["S"]] = item(each["id"]["S"], "old");
  }

  void change(int count) { source_.change_at_random(count, 50); }
  const std::vector<std::string>& records() const { return source_.records(); }
  Items items() const {
    std::map<std::string, json> all = before_;
    for (const std::string& text : records()) {
      const json record = json::parse(text)["dynamodb"];
      const std::string id = record["Keys"]["id"]["S"];
      if (record.contains("NewImage"))
        all[id] = record["NewImage"];
      else
        all.erase(id);
    }
    Items items;
    for (const auto& [_, each] : all) items.push_back(each);
    return items;
  }

 private:
  SourceTable source_;
  std::map<std::string, json> before_;
};

/// An export of the table `orders` of kStreamArn, and somebody who loads it.
class LoadOn : public ::testing::TestWithParam<const char*> {
 protected:
  LoadOn() { target_->create({{"id", "S"}}); }

  Ended load(std::vector<std::string> more = {}) {
    return shell_.run("load", arguments(std::move(more)));
  }
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {writer_.folder(), "--stream-arn", std::string(kStreamArn),
                                    "--key",          "id",           "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Runs records as Lambda would.
  void invoke(const std::vector<std::string>& records) {
    if (records.empty()) return;
    const std::string path = shell_.dump("event.json", event_of(records));
    const Ended ended = shell_.run("invoke", {path});
    EXPECT_EQ(ended.status, 0) << ended.err;
  }
  /// Loads an export of a table while its records come, some of them before; the load is killed
  /// after a while, again and again, until it may come to its end. @return the table
  TableWithAPast load_while_records_come(unsigned seed) {
    std::mt19937 random(seed);
    TableWithAPast source(seed, /*items=*/is_sqlite() ? 3'000 : 400);
    source.change(20);
    ExportWriter writer(folder_.file("export" + std::to_string(seed)), {.table_arn = kTableArn});
    const Items items = source.items();
    const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
    writer.add({items.begin(), middle});
    writer.add({middle, items.end()});
    writer.finish();
    source.change(40);
    const std::vector<std::string> load = {
        writer.folder(), "--stream-arn", std::string(kStreamArn),
        "--key",         "id",           "--json",
        "--sweep",       "--state",      folder_.file("state" + std::to_string(seed))};
    const std::vector<std::string>& records = source.records();
    auto next = records.begin() + static_cast<std::ptrdiff_t>(random() % 30);
    invoke({records.begin(), next});
    while (next != records.end()) {
      const auto loading = shell_.start({.arguments = load, .command = "load"});
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 100));
      const auto left = records.end() - next;
      const auto end = next + std::min<std::ptrdiff_t>(left, 1 + random() % 15);
      if (random() % 2 == 0) loading->signal(SIGKILL);
      invoke({next, end});
      loading->signal(SIGKILL);
      loading->wait();
      next = end;
    }
    const Ended ended = shell_.run("load", load);
    EXPECT_EQ(ended.status, 0) << ended.err;
    return source;
  }
  bool is_sqlite() const { return GetParam() == std::string("sqlite"); }
  std::string state_path() const { return shell_.path_of("01795300000000-a1b2c3d4.load.json"); }
  std::string sqlite_path() const {
    return target_->environment().front().substr(std::string("STREAMONCE_TARGET=sqlite:").size());
  }

  const std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
  const TempDir folder_;
  ExportWriter writer_{folder_.file("export"), {.table_arn = kTableArn}};
  ReplayShell shell_{target_->environment()};
};

using LoadOnSqlite = LoadOn;
using LoadOnDynamoDb = LoadOn;
const auto kNameOf = [](const auto& kind) { return std::string(kind.param); };
INSTANTIATE_TEST_SUITE_P(, LoadOnSqlite, ::testing::Values("sqlite"), kNameOf);
INSTANTIATE_TEST_SUITE_P(, LoadOnDynamoDb, ::testing::Values("dynamodb"), kNameOf);
INSTANTIATE_TEST_SUITE_P(, LoadOn, ::testing::Values("sqlite", "dynamodb", "items"), kNameOf);

TEST_P(LoadOn, AppliesEachItemOnce) {
  const json all_types = json::parse(
      R"({"id":{"S":"all \"types\" \u00e9\n"},"n":{"N":"1E-130"},"b":{"B":"AAE="},)"
      R"("ss":{"SS":["b","a"]},"ns":{"NS":["1","2.50"]},"bs":{"BS":["AA=="]},"l":{"L":[{"NULL":true}]},)"
      R"("m":{"M":{"x":{"BOOL":false}}},"s":{"S":""}})");
  Items items = items_of(1'500);
  if (is_sqlite()) items.push_back(all_types);  // DynamoDB Local spells numbers anew
  writer_.add({items.begin(), items.begin() + 700});
  writer_.add_file("", 0);
  writer_.add_file(gzip_of(""), 0);
  writer_.add({items.begin() + 700, items.end()});
  writer_.finish();

  Ended ended = load();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["files"], 4);
  EXPECT_EQ(ended.summary()["items"], items.size());
  EXPECT_EQ(ended.summary()["applied"], items.size());
  EXPECT_EQ(ended.summary().size(), 8U);
  EXPECT_EQ(ended.summary()["write_units"] > 0, !is_sqlite()) << ended.out;
  EXPECT_EQ(target_->items(), sorted(items));
  // A ledger table has the load's stamp besides.
  EXPECT_EQ(target_->marks(), items.size() + (is_sqlite() ? 0 : 1));
  EXPECT_EQ(mode_of(state_path()), 0600U);
  EXPECT_TRUE(has(ended.err, "a stream keeps its records for 24 hours")) << ended.err;

  ended = load();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(), Counts{});

  std::filesystem::remove(state_path());
  ended = load();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(),
            (Counts{{"files", 4}, {"items", items.size()}, {"already_applied", items.size()}}));
  EXPECT_EQ(shell_.files(), (std::vector<std::string>{"01795300000000-a1b2c3d4.load.json"}));
}

/// All ways in which records and an export from somewhere among them can follow each other.
TEST_P(LoadOn, EndsInTheSourcesStateWhateverComesFirst) {
  TableWithAPast source(/*seed=*/11, /*items=*/40);
  source.change(25);
  const std::size_t exported_after = source.records().size();
  writer_.add(source.items());
  writer_.finish();
  source.change(25);
  const std::vector<std::string>& records = source.records();
  for (const std::size_t loaded_after : {std::size_t{0}, exported_after, records.size()}) {
    SCOPED_TRACE(loaded_after);
    const auto anew = make_target_under_test(GetParam());
    anew->create({{"id", "S"}});
    shell_.environment() = anew->environment();
    std::filesystem::remove(state_path());
    const auto middle = records.begin() + static_cast<std::ptrdiff_t>(loaded_after);
    invoke({records.begin(), middle});
    const Ended ended = load({"--sweep"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    invoke({middle, records.end()});
    EXPECT_EQ(anew->items(), sorted(source.items()));
    // What comes again, as from a dead letter, changes nothing.
    invoke({records.begin(), records.end()});
    EXPECT_EQ(anew->items(), sorted(source.items()));
  }
}

TEST_P(LoadOn, EndsInTheSourcesStateThoughItIsKilledWhileRecordsCome) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    const auto anew = make_target_under_test(GetParam());
    anew->create({{"id", "S"}});
    shell_.environment() = anew->environment();
    const TableWithAPast source = load_while_records_come(seed);
    EXPECT_EQ(anew->items(), sorted(source.items()));
  }
}

TEST_P(LoadOn, SweepsWhatTheExportDoesNotHave) {
  // Of an older stream: one item that was deleted in the gap, one that is there still.
  const auto of_old_stream = [](std::string record) {
    const std::size_t at = record.find("2026-11-21T00");
    return record.replace(at, 4, "2025");
  };
  invoke(
      {of_old_stream(put("gone", "9999999", "old")), of_old_stream(put("kept", "9999998", "old"))});
  // Of the stream, after the export: one that is new, and one that was deleted.
  invoke({put("new", "7", "n", "INSERT"), remove("deleted", "8")});
  writer_.add({item("kept"), item("deleted"), item("other")});
  writer_.finish();

  Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["applied"], 2);
  EXPECT_EQ(ended.summary()["stale"], 1);
  EXPECT_EQ(ended.summary()["swept"], 1);
  EXPECT_EQ(target_->items(), (Items{item("kept"), item("new", "n"), item("other")}));

  ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(), Counts{});
  // A dead letter of the older stream brings nothing back.
  invoke({of_old_stream(put("gone", "99999999", "older"))});
  EXPECT_EQ(target_->items(), (Items{item("kept"), item("new", "n"), item("other")}));
}

TEST_P(LoadOn, DoesNotSweepWhileAFileIsMissingOrDamaged) {
  invoke({put("mine", "7", "x", "INSERT")});
  writer_.add({item("a")});
  const std::string damaged = writer_.add_file(gzip_of("{\"Item\":{\"id\":{\"S\":\"b\"}}}\n"), 1);
  writer_.add({item("c")});
  writer_.finish();
  const std::string bytes = read_whole(writer_.path("data/" + damaged));
  writer_.write("data/" + damaged, bytes.substr(0, bytes.size() - 1));

  Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(), (Counts{{"files", 2}, {"items", 2}, {"applied", 2}}));
  EXPECT_TRUE(has(ended.err, "data/" + damaged + ": its MD5 is")) << ended.err;
  writer_.remove("data/" + damaged);
  ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(), Counts{});
  EXPECT_TRUE(has(ended.err, "data/" + damaged + ": there is no such file")) << ended.err;

  writer_.write("data/" + damaged, bytes);
  ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(), (Counts{{"files", 1}, {"items", 1}, {"applied", 1}}));
  EXPECT_EQ(target_->items().size(), 4U);
}

TEST_P(LoadOnSqlite, KeepsItemsThatFailForReplayAndComesBackToThem) {
  invoke({put("x", "1", "y", "INSERT")});
  execute(sqlite_path(),
          "CREATE TRIGGER no BEFORE INSERT ON orders WHEN new.id = 'bad'"
          " BEGIN SELECT RAISE(ABORT, 'not this one'); END");
  writer_.add({item("a"), item("bad"), item("b")});
  const std::string unreadable =
      writer_.add_file(gzip_of("{\"Item\":{\"other\":{\"S\":\"secret-text\"}}}\nno json\n"), 2);
  writer_.finish();
  Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(), (Counts{{"files", 2}, {"items", 5}, {"applied", 2}, {"failed", 3}}));
  EXPECT_TRUE(has(ended.err, "/data/part0.json.gz:2")) << ended.err;
  EXPECT_TRUE(has(ended.err, "not this one")) << ended.err;
  EXPECT_TRUE(has(ended.err, "the item lacks the key attribute id")) << ended.err;
  EXPECT_FALSE(has(ended.err, "secret-text")) << ended.err;
  const std::string failed = shell_.path_of("01795300000000-a1b2c3d4.failed.ndjson");
  EXPECT_EQ(mode_of(failed), 0600U);
  EXPECT_EQ(lines_of(read_whole(failed)).size(), 3U);

  execute(sqlite_path(), "DROP TRIGGER no");
  const Ended replayed = shell_.replay({failed, "--json"});
  EXPECT_EQ(replayed.status, 1);
  EXPECT_EQ(replayed.summary()["applied"], 1) << replayed.out;
  EXPECT_EQ(replayed.summary()["unreadable"], 2) << replayed.out;
  EXPECT_EQ(target_->items(), (Items{item("a"), item("b"), item("bad"), item("x", "y")}));

  // What replay has applied is recognised, and the file that was bad is read again.
  writer_.remove("data/" + unreadable);
  ended = load();
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(), (Counts{{"files", 1}, {"items", 3}, {"already_applied", 3}}));
}

TEST_P(LoadOnDynamoDb, KeepsItemsThatTheServiceRefuses) {
  json bad = item("bad");
  bad["set"] = {{"SS", json::array()}};
  Items items = items_of(150);
  items.insert(items.begin() + 70, bad);
  writer_.add(items);
  writer_.finish();
  const Ended ended = load();
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.summary()["applied"], 150);
  EXPECT_EQ(ended.summary()["failed"], 1);
  EXPECT_TRUE(has(ended.err, "/data/part0.json.gz:71")) << ended.err;
  const Ended replayed =
      shell_.replay({shell_.path_of("01795300000000-a1b2c3d4.failed.ndjson"), "--json"});
  EXPECT_EQ(replayed.summary()["failed"], 1) << replayed.out;
}

TEST_P(LoadOnDynamoDb, BeginsNothingWhereTheLedgerIsNotThere) {
  const Items items = items_of(3'500);
  writer_.add(items);
  writer_.finish();
  shell_.environment().emplace_back("AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1");
  // The first of two variables counts.
  std::rotate(shell_.environment().begin(), shell_.environment().end() - 1,
              shell_.environment().end());
  Ended ended = load({"--timeout", "1", "--sweep"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.out, "");
  shell_.environment() = target_->environment();
  ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["applied"], 3'500);
  EXPECT_EQ(target_->items(), sorted(items));
}

TEST_P(LoadOnSqlite, DoesNotNameItsFilesAfterAnythingElseThanAnId) {
  writer_.summary_changes()["exportArn"] = std::string(kTableArn) + "/export/../x\ny";
  writer_.add({item("a")});
  writer_.finish();
  EXPECT_EQ(load().status, 0);
  EXPECT_EQ(shell_.files(), std::vector<std::string>{"export.load.json"});
}

TEST_P(LoadOnSqlite, TellsOfTwoItemsOfOneKey) {
  writer_.add({item("a"), item("b"), item("a", "twice")});
  writer_.finish();
  const Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.counts(), (Counts{{"files", 1}, {"items", 3}, {"applied", 1}, {"failed", 2}}));
  EXPECT_TRUE(has(ended.err, "two items have one key: is --key right?")) << ended.err;
  EXPECT_EQ(target_->items(), Items{item("b")});
}

TEST_P(LoadOn, GoesOnAfterASignal) {
  const Items items = items_of(600);
  writer_.add({items.begin(), items.begin() + 300});
  writer_.add({items.begin() + 300, items.end()});
  writer_.finish();
  // On SQLite the signal may come before or behind everything: then there is nothing to see.
  std::vector<std::string> slow = arguments();
  if (!is_sqlite()) slow.insert(slow.end(), {"--max-wcu", "40"});
  const auto running = shell_.start({.arguments = slow, .command = "load"});
  while (target_->marks() < 10 && !running->has_ended())
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  running->signal(SIGTERM);
  Ended ended = running->wait();
  if (!is_sqlite()) {
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_TRUE(has(read_whole(state_path()), "inHand")) << read_whole(state_path());
  }
  const std::uint64_t first = ended.summary()["items"];
  ended = load();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["applied"], 600 - first) << ended.out;
  EXPECT_EQ(target_->items(), sorted(items));
}

TEST_P(LoadOn, GoesOnAfterBeingKilledAtAnyTime) {
  const Items items = items_of(is_sqlite() ? 30'000 : 1'000);
  for (std::size_t at = 0; at < items.size(); at += items.size() / 4)
    writer_.add({items.begin() + static_cast<std::ptrdiff_t>(at),
                 items.begin() + static_cast<std::ptrdiff_t>(at + items.size() / 4)});
  writer_.finish();
  for (int time = 1; time <= 6; ++time) {
    const auto running = shell_.start({.arguments = arguments(), .command = "load"});
    std::this_thread::sleep_for(std::chrono::milliseconds(25 * time));
    running->signal(SIGKILL);
    running->wait();
  }
  const Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["swept"], 0);
  EXPECT_EQ(target_->items(), sorted(items));
}

TEST_P(LoadOn, WritesNothingInADryRunAndForeseesTheSweep) {
  invoke({put("new", "7", "n", "INSERT")});
  const auto of_old_stream = [](std::string record) {
    return record.replace(record.find("2026-11-21T00"), 4, "2025");
  };
  invoke({of_old_stream(put("gone", "9", "old"))});
  writer_.add({item("a"), item("new", "older")});
  writer_.finish();
  const Items before = target_->items();
  const Ended ended = load({"--dry-run", "--sweep"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(),
            (Counts{{"files", 1}, {"items", 2}, {"applied", 1}, {"stale", 1}, {"swept", 1}}));
  EXPECT_EQ(target_->items(), before);
  EXPECT_EQ(shell_.files(), std::vector<std::string>{});
}

TEST_P(LoadOnSqlite, RefusesWhatMustNotBeLoaded) {
  writer_.add({item("a")});
  const auto expect = [&](int status, std::string_view words, std::vector<std::string> more = {}) {
    const Ended ended = load(std::move(more));
    EXPECT_EQ(ended.status, status) << words;
    EXPECT_TRUE(has(ended.err, words)) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(shell_.files(), std::vector<std::string>{});
    EXPECT_EQ(target_->marks(), 0U);
  };
  const auto with = [&](const std::string& member, const json& value) {
    writer_.summary_changes() = json::object({{member, value}});
    writer_.finish();
  };
  with("exportTime", "2026-11-21T00:49:22.579Z");
  expect(2,
         "the export is of 2026-11-21T00:49:22.579Z, and the stream was enabled at "
         "2026-11-21T00:44:22.580Z");
  with("outputFormat", "ION");
  expect(2, "--export-format DYNAMODB_JSON");
  with("exportType", "INCREMENTAL_EXPORT");
  expect(2, "only full ones can be loaded");
  with("itemCount", 2);
  expect(3, "have 1 items together, and manifest-summary.json tells 2");
  with("tableArn", "arn:aws:dynamodb:eu-west-1:123456789012:table/others");
  expect(2, "is not of the export's table");
  with("outputView", "NULL");
  expect(2, "--max-wcu is for DynamoDB targets", {"--max-wcu", "5"});
  expect(2, "do not go together", {"--no-stream"});
  writer_.write("manifest-files.md5", "x");
  expect(3, "manifest-files.md5 has \"x\"");
  writer_.remove("manifest-summary.json");
  expect(3, "manifest-summary.json: there is no such file");
}

TEST_P(LoadOnSqlite, RefusesAStateThatTheTargetDoesNotKnow) {
  writer_.add({item("a")});
  writer_.finish();
  EXPECT_EQ(load({"--state", "mine"}).status, 0);
  EXPECT_EQ(load({"--state", "mine", "--sweep"}).status, 0);
  execute(sqlite_path(), "DELETE FROM _streamonce_positions");
  for (const char* dry : {"--dry-run", "--json"}) {
    const Ended ended = load({"--state", "mine", "--sweep", dry});
    EXPECT_EQ(ended.status, 2);
    EXPECT_TRUE(has(ended.err, "the target does not know of this load: mine tells")) << ended.err;
  }
  EXPECT_EQ(target_->items(), Items{item("a")});
  std::filesystem::remove(shell_.path_of("mine"));
  EXPECT_EQ(load({"--state", "mine", "--sweep"}).status, 0);
}

TEST_P(LoadOnSqlite, RefusesTheNameOfAnotherPipeline) {
  invoke({put("a", "7", "newer", "INSERT")});
  writer_.add({item("a", "older")});
  writer_.finish();
  shell_.environment().emplace_back("STREAMONCE_NAME=wrong");
  for (const char* dry : {"--dry-run", "--json"}) {
    const Ended ended = load({"--sweep", dry});
    EXPECT_EQ(ended.status, 2);
    EXPECT_TRUE(has(ended.err, R"(the pipeline "orders" has made, and none of "wrong")"))
        << ended.err;
  }
  EXPECT_EQ(target_->items(), Items{item("a", "newer")});
  const Ended ended = load({"--new-pipeline"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(has(ended.err, "wrong")) << ended.err;
}

TEST_P(LoadOnSqlite, RefusesTheStateOfAnotherLoad) {
  writer_.add({item("a")});
  writer_.finish();
  EXPECT_EQ(load({"--state", "mine"}).status, 0);
  Ended ended = load({"--state", "mine", "--target", "sqlite:other.db"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "it is of a load with the target")) << ended.err;
  shell_.environment().emplace_back("STREAMONCE_NAME=another");
  ended = load({"--state", "mine"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "it is of a load with the pipeline \"orders\"")) << ended.err;
}

TEST_P(LoadOnSqlite, TellsOfAFileWithAnotherNumberOfItems) {
  writer_.add({item("a"), item("b")});
  writer_.files()[0]["itemCount"] = 3;
  writer_.summary_changes()["itemCount"] = 3;
  writer_.finish();
  const Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_TRUE(has(ended.err, "it has 2 items, and manifest-files.json tells 3")) << ended.err;
  EXPECT_EQ(ended.summary()["applied"], 2);
}

TEST_P(LoadOnSqlite, WithoutAStreamIsAsOldAsItsExport) {
  writer_.add({item("a"), item("b")});
  writer_.finish();
  const Ended ended =
      shell_.run("load", {writer_.folder(), "--no-stream", "--key", "id", "--json"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(has(ended.err, "a stream that was enabled before 2026-11-21T22:26:40.250Z will"))
      << ended.err;
  const auto at = [](std::string record, std::string_view label) {
    const std::string_view old = "2026-11-21T00:44:22.580";
    return record.replace(record.find(old), old.size(), label);
  };
  invoke({at(put("a", "1", "later"), "2026-11-21T22:26:40.251"),
          at(put("b", "999", "earlier"), "2026-11-21T22:26:40.249")});
  EXPECT_EQ(target_->items(), (Items{item("a", "later"), item("b")}));
}

TEST_P(LoadOnSqlite, AsksTheSourceTableForItsKeyAndItsStream) {
  DynamoDbClient client(shared_dynamodb_local().endpoint_url());
  const std::string table = "source-of-a-load";
  client.create_table(table, {.key = {{"id", "S"}}, .stream_view_type = "NEW_IMAGE"});
  const std::string stream = client.stream_arn(table);
  const std::string arn = stream.substr(0, stream.find("/stream/"));
  SystemClock clock;
  ExportWriter writer(
      folder_.file("local"),
      {.table_arn = arn, .time = format_rfc3339(clock.now() + std::chrono::minutes(5))});
  writer.add({item("a")});
  writer.finish();
  shell_.environment() =
      joined(target_->environment(),
             {"AWS_REGION=" + std::string(kLocalRegion),
              "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
              "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey),
              "AWS_ENDPOINT_URL_DYNAMODB=" + shared_dynamodb_local().endpoint_url()});
  const std::string state = "--state=" + shell_.path_of("s");
  Ended ended = shell_.run("load", {writer.folder(), "--source", table, state, "--json"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["applied"], 1);
  EXPECT_TRUE(has(read_whole(shell_.path_of("s")), R"("key":"id")"));

  ended = shell_.run("load", {writer.folder(), "--source", table, "--key", "other", state});
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "--key is other, and the table source-of-a-load has the key id"))
      << ended.err;
  ended = shell_.run("load", {writer_.folder(), "--source", table, state});
  EXPECT_EQ(ended.status, 3);
  writer_.finish();
  ended = shell_.run("load", {writer_.folder(), "--source", table, state});
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "and the export is of the table " + std::string(kTableArn)))
      << ended.err;
  ended = shell_.run("load", {writer.folder(), "--source", "absent-table", state});
  EXPECT_EQ(ended.status, 2);
  EXPECT_TRUE(has(ended.err, "table absent-table was not found")) << ended.err;
}

constexpr const char* kViews =
    "CREATE SOURCE orders KEY (id);\n"
    "CREATE VIEW all_orders AS SELECT * FROM orders;\n"
    "CREATE VIEW by_value KEY (v, id) AS SELECT value AS v, id FROM orders WHERE value <> 'no';\n"
    "CREATE VIEW counts KEY (v) AS SELECT value AS v, COUNT(*) AS n FROM orders GROUP BY value;\n";

class LoadOfViewsOn : public LoadOn {
 protected:
  LoadOfViewsOn() {
    std::ofstream(folder_.file("views.sql")) << kViews;
    shell_.environment() =
        joined(tables_->environment(), {"STREAMONCE_VIEWS=" + folder_.file("views.sql")});
  }
  std::string all(const std::string& view) const {
    std::string text;
    for (const json& row : tables_->rows(view)) text += row.dump() + "\n";
    return text;
  }

  const std::unique_ptr<ViewTables> tables_ =
      make_view_tables(GetParam(), {{.view = "all_orders", .key = {{"id", "S"}}},
                                    {.view = "by_value", .key = {{"v", "S"}, {"id", "S"}}},
                                    {.view = "counts", .key = {{"v", "S"}}}});
};
INSTANTIATE_TEST_SUITE_P(, LoadOfViewsOn, ::testing::Values("sqlite", "dynamodb"), kNameOf);

TEST_P(LoadOfViewsOn, FillsAndSweepsThem) {
  const auto of_old_stream = [](std::string record) {
    return record.replace(record.find("2026-11-21T00"), 4, "2025");
  };
  invoke({of_old_stream(put("gone", "9", "x")), of_old_stream(put("kept", "8", "old")),
          of_old_stream(put("long", "7", "x"))});
  invoke({put("new", "7", "x", "INSERT")});
  writer_.add({item("kept", "x"), item("new", "older"), item("other", "no")});
  writer_.finish();
  const Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["applied"], 2);
  EXPECT_EQ(ended.summary()["stale"], 1);
  EXPECT_EQ(ended.summary()["swept"], 2) << ended.err;
  EXPECT_EQ(tables_->rows("all_orders"),
            (Items{item("kept", "x"), item("new", "x"), item("other", "no")}));
  EXPECT_EQ(all("by_value"),
            "{\"id\":{\"S\":\"kept\"},\"v\":{\"S\":\"x\"}}\n"
            "{\"id\":{\"S\":\"new\"},\"v\":{\"S\":\"x\"}}\n");
  EXPECT_TRUE(has(all("counts"), R"("n":{"N":"2"},"v":{"S":"x"})")) << all("counts");
  EXPECT_TRUE(has(all("counts"), R"("n":{"N":"0"},"v":{"S":"old"})")) << all("counts");

  std::filesystem::remove(state_path());
  const Ended again = load({"--sweep"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.counts(),
            (Counts{{"files", 1}, {"items", 3}, {"already_applied", 2}, {"stale", 1}}));
}

TEST_P(LoadOfViewsOn, EndInTheSourcesStateThoughALoadIsKilledWhileRecordsCome) {
  const TableWithAPast source = load_while_records_come(/*seed=*/4);
  Items pairs;
  std::map<std::string, int> counts;
  for (const json& each : source.items()) {
    pairs.push_back({{"v", each["value"]}, {"id", each["id"]}});
    ++counts[each["value"]["S"]];
  }
  EXPECT_EQ(sorted(tables_->rows("all_orders")), sorted(source.items()));
  EXPECT_EQ(sorted(tables_->rows("by_value")), sorted(pairs));
  for (const json& row : tables_->rows("counts")) {
    const std::string value = row["v"]["S"];
    EXPECT_EQ(row["n"]["N"], std::to_string(counts[value])) << value;
    counts.erase(value);
  }
  EXPECT_TRUE(counts.empty());
}

/// A key of over a thousand bytes is a hash in the ledger.
std::string put_of_long_key() {
  std::string record = put(std::string(1'020, 'k'), "9", "x");
  return record.replace(record.find("2026-11-21T00"), 4, "2025");
}

TEST_P(LoadOfViewsOn, AreSweptByTheirRowsWhereTheLedgerNamesNoKey) {
  invoke({put_of_long_key()});
  writer_.add({item("a", "x")});
  writer_.finish();
  const Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.summary()["swept"], 1);
  EXPECT_EQ(tables_->rows("all_orders"), (Items{item("a", "x")}));
  EXPECT_EQ(tables_->rows("by_value").size(), 1U);
}

TEST_P(LoadOn, TellsOfWhatASweepCannotName) {
  std::ofstream(folder_.file("views.sql"))
      << "CREATE SOURCE orders KEY (id);\n"
         "CREATE VIEW by_value KEY (v, id) AS SELECT value AS v, id FROM orders;\n";
  const std::unique_ptr<ViewTables> tables =
      make_view_tables(is_sqlite() ? "sqlite" : "dynamodb",
                       {{.view = "by_value", .key = {{"v", "S"}, {"id", "S"}}}});
  shell_.environment() =
      joined(tables->environment(), {"STREAMONCE_VIEWS=" + folder_.file("views.sql")});
  invoke({put_of_long_key()});
  writer_.add({item("a", "x")});
  writer_.finish();
  const Ended ended = load({"--sweep"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.summary()["swept"], 0);
  EXPECT_TRUE(has(ended.err, "only its hash is kept")) << ended.err;
  EXPECT_FALSE(has(ended.err, "kkkk")) << ended.err;
  EXPECT_EQ(tables->rows("by_value").size(), 2U);
}

}  // namespace
}  // namespace streamonce::testing
