// Marks in the items against DynamoDB Local: that the requests mean there what they are to mean,
// and what they take.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "handler/targets/dynamodb/dynamodb_target.h"
#include "runtime/http/curl_transport.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/condition_expression.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/mark_places.h"
#include "tests/support/patient_transport.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::DynamoDbClient;
using testing::DynamoDbLocal;

constexpr seconds kPatience{600};
constexpr std::string_view kAttribute = "streamonce";

std::string mark_text(std::uint64_t number) {
  return std::string(version_of(number).text());
}

/// An item of so many bytes by DynamoDB's measure, which has no mark yet.
std::string item_of_bytes(const std::string& key, std::size_t bytes) {
  const std::size_t names = std::string_view("pk").size() + key.size() + 1;
  return R"({"pk":{"S":")" + key + R"("},"v":{"S":")" + std::string(bytes - names, 'x') + "\"}}";
}

/// What the mark adds to an item.
std::size_t mark_bytes() {
  return kAttribute.size() + mark_text(1).size();
}

/// A target of one process, with all that it borrows.
struct Writer {
  explicit Writer(const DynamoDbOptions& options)
      : transport(std::make_unique<testing::PatientTransport>(runtime::make_curl_transport(
            {.ca_bundle_path = "", .user_agent = "streamonce-tests"}, clock))),
        logger({.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}}, clock),
        target(DynamoDbTarget::create(options, *transport, clock, logger).value()) {}

  std::vector<Outcome> commit(std::span<const Commit> commits) {
    std::vector<Outcome> outcomes(commits.size());
    target->commit(commits, outcomes, clock.steady_now() + kPatience);
    return outcomes;
  }

  SystemClock clock;
  std::unique_ptr<runtime::HttpTransport> transport;
  Logger logger;
  std::unique_ptr<DynamoDbTarget> target;
};

class ItemMarksOnDynamoDb : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = DynamoDbLocal::start();
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  static void TearDownTestSuite() { server.reset(); }

  void SetUp() override {
    ASSERT_TRUE(server);
    client_.emplace(server->endpoint_url());
    options_.region = testing::kLocalRegion;
    options_.endpoint_url = server->endpoint_url();
    options_.credentials =
        testing::credentials(testing::kLocalAccessKeyId, testing::kLocalSecretAccessKey);
    options_.version_attribute = kAttribute;
    create_tables();
  }

  /// New ones, and a writer of them.
  void create_tables() {
    static std::uint64_t count = 0;
    ++count;
    table_ = "marked-items-" + std::to_string(count);
    options_.ledger_table = "marked-ledger-" + std::to_string(count);
    options_.random_seed = count;
    client_->create_table(table_);
    client_->create_ledger(options_.ledger_table);
    writer_.emplace(options_);
  }

  enum class Way { kInsert, kModify };

  Outcome put(const std::string& key, std::uint64_t number, Way way,
              const std::string& image = {}) {
    Commits commits;
    commits.table = table_;
    commits.put(key, number, image);
    commits.all().front().was_there = way == Way::kModify;
    return writer_->commit(commits.all()).front();
  }
  Outcome remove(const std::string& key, std::uint64_t number) {
    Commits commits;
    commits.table = table_;
    commits.remove(key, number);
    commits.all().front().was_there = true;
    return writer_->commit(commits.all()).front();
  }

  std::optional<json> item(const std::string& key) {
    return client_->get(table_, {{"pk", {{"S", key}}}});
  }
  /// The mark of an item; empty: it has none, or is not there.
  std::string mark(const std::string& key) {
    const std::optional<json> found = item(key);
    if (!found || !found->contains(kAttribute)) return {};
    return (*found)[std::string(kAttribute)]["S"];
  }
  std::string tombstone(const std::string& key) {
    const auto found = client_->get(options_.ledger_table, {{"id", {{"S", "p|" + key}}}});
    return found ? (*found)["v"]["S"].get<std::string>() : "";
  }

  static std::unique_ptr<DynamoDbLocal> server;
  std::optional<DynamoDbClient> client_;
  DynamoDbOptions options_;
  std::string table_;
  std::optional<Writer> writer_;
};

std::unique_ptr<DynamoDbLocal> ItemMarksOnDynamoDb::server;

TEST_F(ItemMarksOnDynamoDb, AnItemsWholeLife) {
  EXPECT_EQ(put("a", 1, Way::kInsert).result, CommitResult::kApplied);
  EXPECT_EQ(mark("a"), mark_text(1));
  EXPECT_EQ(tombstone("a"), "");
  EXPECT_EQ(put("a", 3, Way::kModify, R"({"pk":{"S":"a"},"n":{"N":"3"}})").result,
            CommitResult::kApplied);
  EXPECT_EQ(
      item("a"),
      (json{{"pk", {{"S", "a"}}}, {"n", {{"N", "3"}}}, {"streamonce", {{"S", mark_text(3)}}}}));
  // Older ones, and those that come once more, however they come.
  for (const Way way : {Way::kInsert, Way::kModify}) {
    EXPECT_EQ(put("a", 3, way).result, CommitResult::kAlreadyApplied);
    EXPECT_EQ(put("a", 2, way).result, CommitResult::kStale);
  }
  EXPECT_EQ(remove("a", 2).result, CommitResult::kStale);
  EXPECT_EQ(mark("a"), mark_text(3));
  EXPECT_EQ(tombstone("a"), "");

  EXPECT_EQ(remove("a", 5).result, CommitResult::kApplied);
  EXPECT_EQ(item("a"), std::nullopt);
  EXPECT_EQ(tombstone("a"), mark_text(5));
  EXPECT_EQ(remove("a", 5).result, CommitResult::kAlreadyApplied);
  for (const Way way : {Way::kInsert, Way::kModify})
    for (const std::uint64_t number : {1U, 3U, 4U})
      EXPECT_EQ(put("a", number, way).result, CommitResult::kStale);
  EXPECT_EQ(item("a"), std::nullopt) << "it does not come back";

  EXPECT_EQ(put("a", 7, Way::kInsert).result, CommitResult::kApplied);
  EXPECT_EQ(mark("a"), mark_text(7));
  EXPECT_EQ(tombstone("a"), mark_text(5));
  for (const std::uint64_t number : {5U, 6U})
    EXPECT_EQ(remove("a", number).result, CommitResult::kStale);
  EXPECT_EQ(put("a", 8, Way::kModify).result, CommitResult::kApplied);
  EXPECT_EQ(mark("a"), mark_text(8));
  EXPECT_EQ(remove("a", 9).result, CommitResult::kApplied);
  EXPECT_EQ(tombstone("a"), mark_text(9));
}

TEST_F(ItemMarksOnDynamoDb, AChangeOfWhatIsNotThereIsAnInsert) {
  EXPECT_EQ(put("a", 3, Way::kModify).result, CommitResult::kApplied);
  EXPECT_EQ(mark("a"), mark_text(3));
}

TEST_F(ItemMarksOnDynamoDb, ARemovalOfWhatWasNeverThereLeavesATombstone) {
  EXPECT_EQ(remove("a", 3).result, CommitResult::kApplied);
  EXPECT_EQ(put("a", 2, Way::kModify).result, CommitResult::kStale);
  EXPECT_EQ(item("a"), std::nullopt);
}

/// It was there before, or its mark is with the ledger still.
TEST_F(ItemMarksOnDynamoDb, AnItemWithoutAMarkIsTheLedgers) {
  const json old = {{"pk", {{"S", "a"}}}, {"v", {{"S", "old"}}}};
  client_->put(table_, old);
  client_->put(options_.ledger_table,
               {{"id", {{"S", "p|a"}}}, {"v", {{"S", mark_text(4)}}}, {"op", {{"S", "put"}}}});
  for (const Way way : {Way::kInsert, Way::kModify}) {
    EXPECT_EQ(put("a", 4, way).result, CommitResult::kAlreadyApplied);
    EXPECT_EQ(put("a", 3, way).result, CommitResult::kStale);
  }
  EXPECT_EQ(item("a"), old);
  EXPECT_EQ(put("a", 5, Way::kModify).result, CommitResult::kApplied);
  EXPECT_EQ(mark("a"), mark_text(5));
  client_->put(table_, {{"pk", {{"S", "b"}}}});
  EXPECT_EQ(put("b", 1, Way::kModify).result, CommitResult::kApplied);
  client_->put(table_, {{"pk", {{"S", "c"}}}});
  EXPECT_EQ(remove("c", 1).result, CommitResult::kApplied);
  EXPECT_EQ(item("c"), std::nullopt);
}

TEST_F(ItemMarksOnDynamoDb, AnAttributeThatIsNoMarkFailsItsItemAlone) {
  const json number = {{"pk", {{"S", "a"}}}, {"streamonce", {{"N", "7"}}}};
  const json word = {{"pk", {{"S", "b"}}}, {"streamonce", {{"S", "zzz"}}}};
  client_->put(table_, number);
  client_->put(table_, word);
  Commits commits;
  commits.table = table_;
  for (const char* key : {"a", "b", "c"}) {
    commits.put(key, 5);
    commits.all().back().was_there = true;
  }
  commits.put("d", 5, R"({"pk":{"S":"d"},"streamonce":{"S":"of the source"}})");
  commits.put("e", 5, R"({"pk":{"S":"e"},"m":{"M":{"streamonce":{"S":"deeper"}}}})");
  const std::vector<Outcome> outcomes = writer_->commit(commits.all());
  for (const std::size_t bad : {0U, 1U, 3U}) {
    EXPECT_EQ(outcomes[bad].result, CommitResult::kFailed) << bad;
    EXPECT_NE(outcomes[bad].reason.find("streamonce"), std::string::npos) << outcomes[bad].reason;
  }
  for (const std::size_t good : {2U, 4U})
    EXPECT_EQ(outcomes[good].result, CommitResult::kApplied) << outcomes[good].reason;
  EXPECT_EQ(item("a"), number);
  EXPECT_EQ(item("b"), word);
}

/// An item has 400 KB at most, and the mark is a part of it.
TEST_F(ItemMarksOnDynamoDb, ItemsHaveFourHundredKilobytesWithTheirMarks) {
  constexpr std::size_t kItemBytesMax = 409'600;
  const std::size_t most = kItemBytesMax - mark_bytes();
  std::uint64_t number = 0;
  for (const Way way : {Way::kInsert, Way::kModify}) {
    EXPECT_EQ(put("a", ++number, way, item_of_bytes("a", most)).result, CommitResult::kApplied);
    const Outcome refused = put("a", ++number, way, item_of_bytes("a", most + 1));
    EXPECT_EQ(refused.result, CommitResult::kFailed);
    EXPECT_NE(refused.reason.find("ize"), std::string::npos) << refused.reason;
    EXPECT_EQ(mark("a"), mark_text(number - 1));
  }
  // The whole item comes back with each refusal.
  for (const Way way : {Way::kInsert, Way::kModify}) {
    EXPECT_EQ(put("a", 3, way).result, CommitResult::kAlreadyApplied);
    EXPECT_EQ(put("a", 2, way).result, CommitResult::kStale);
  }
  EXPECT_EQ(remove("a", 2).result, CommitResult::kStale);
}

TEST_F(ItemMarksOnDynamoDb, ManyLargeItemsThatAreThereAlready) {
  constexpr int kItems = 30;
  Commits commits;
  commits.table = table_;
  for (int i = 0; i < kItems; ++i) {
    const std::string key = "k" + std::to_string(i);
    commits.put(key, 5, item_of_bytes(key, 350'000));
  }
  for (const Outcome& outcome : writer_->commit(commits.all()))
    EXPECT_EQ(outcome.result, CommitResult::kApplied) << outcome.reason;
  for (const bool was_there : {false, true}) {
    for (Commit& commit : commits.all()) commit.was_there = was_there;
    for (const Outcome& outcome : writer_->commit(commits.all()))
      EXPECT_EQ(outcome.result, CommitResult::kAlreadyApplied) << outcome.reason;
  }
}

TEST_F(ItemMarksOnDynamoDb, MarksAreReadWhereTheyAre) {
  put("there", 3, Way::kInsert);
  put("gone", 3, Way::kInsert);
  remove("gone", 4);
  put("anew", 3, Way::kInsert);
  remove("anew", 4);
  put("anew", 5, Way::kInsert);
  client_->put(table_, {{"pk", {{"S", "old"}}}});
  client_->put(table_, {{"pk", {{"S", "odd"}}}, {"streamonce", {{"N", "5"}}}});
  testing::MarkPlaces places;
  for (const char* key : {"there", "gone", "anew", "old", "odd", "never"})
    places.add(std::string("p|") + key, table_, "pk", key);
  const auto marks = writer_->target->read_marks(places.list(), Reading::kVersions,
                                                 writer_->clock.steady_now() + kPatience);
  ASSERT_EQ(marks.size(), 6U);
  const auto in_item = [](std::uint64_t number) {
    return std::optional(
        Mark{.version = version_of(number), .operation = Operation::kPut, .is_in_item = true});
  };
  EXPECT_EQ(marks[0].value(), in_item(3));
  EXPECT_EQ(marks[1].value(), (Mark{.version = version_of(4)}));
  EXPECT_EQ(marks[2].value(), in_item(5));
  EXPECT_EQ(marks[3].value(), std::nullopt);
  EXPECT_FALSE(marks[4]);
  EXPECT_EQ(marks[5].value(), std::nullopt);
}

/// A commit of a repair, which leaves the version as it was seen.
Outcome repair(Writer& writer, Commits& commits, const std::optional<Mark>& seen,
               std::string_view nonce) {
  Commit& commit = commits.all().front();
  if (seen) commit.version = seen->version;
  commit.seen = Seen{.mark = seen ? &*seen : nullptr};
  commit.nonce = nonce;
  return writer.commit(commits.all()).front();
}

TEST_F(ItemMarksOnDynamoDb, ARepairIsACompareAndSwapOfWhereverTheMarkIs) {
  const auto seen = [this]() -> std::optional<Mark> {
    testing::MarkPlaces places;
    places.add("p|a", table_, "pk", "a");
    return writer_->target
        ->read_marks(places.list(), Reading::kTold, writer_->clock.steady_now() + kPatience)
        .front()
        .value();
  };
  Commits puts;
  puts.table = table_;
  puts.put("a", 1, R"({"pk":{"S":"a"},"n":{"N":"9"}})");
  Commits removals;
  removals.table = table_;
  removals.remove("a", 1);
  // Where there is nothing; then by whoever had seen nothing still.
  EXPECT_EQ(repair(*writer_, puts, std::nullopt, "n1").result, CommitResult::kApplied);
  EXPECT_EQ(mark("a"), mark_text(1) + "#n1");
  EXPECT_EQ(repair(*writer_, puts, std::nullopt, "n2").result, CommitResult::kChanged);
  // An item; then by whoever had seen it before that.
  const auto first = seen();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_in_item);
  EXPECT_EQ(first->nonce, "n1");
  EXPECT_EQ(repair(*writer_, puts, first, "n3").result, CommitResult::kApplied);
  EXPECT_EQ(repair(*writer_, puts, first, "n4").result, CommitResult::kChanged);
  EXPECT_EQ(repair(*writer_, removals, first, "n5").result, CommitResult::kChanged);
  EXPECT_EQ(mark("a"), mark_text(1) + "#n3");
  // The item's removal, which leaves the version with the ledger.
  const auto second = seen();
  EXPECT_EQ(repair(*writer_, removals, second, "n6").result, CommitResult::kApplied);
  EXPECT_EQ(item("a"), std::nullopt);
  EXPECT_EQ(repair(*writer_, puts, second, "n7").result, CommitResult::kChanged);
  // The ledger's; the item is there again, and its older tombstone, too.
  const auto third = seen();
  ASSERT_TRUE(third);
  EXPECT_FALSE(third->is_in_item);
  EXPECT_EQ(third->nonce, "n6");
  EXPECT_EQ(repair(*writer_, puts, third, "n8").result, CommitResult::kApplied);
  EXPECT_EQ(repair(*writer_, removals, third, "n9").result, CommitResult::kChanged);
  EXPECT_EQ(mark("a"), mark_text(1) + "#n8");
  EXPECT_EQ(repair(*writer_, removals, seen(), "n10").result, CommitResult::kApplied);
  // Whatever a repair has left, the stream goes on above it.
  EXPECT_EQ(put("a", 1, Way::kModify).result, CommitResult::kAlreadyApplied);
  EXPECT_EQ(put("a", 2, Way::kModify).result, CommitResult::kApplied);
  EXPECT_EQ(mark("a"), mark_text(2));
}

/// Two at once, each with all changes in an order of its own, some of them again and again.
TEST_F(ItemMarksOnDynamoDb, TwoWritersAtOnceLeaveTheNewestOfEachItem) {
  constexpr std::uint64_t kItems = 12;
  constexpr std::uint64_t kChanges = 9;
  const auto removes = [](std::uint64_t item, std::uint64_t number) {
    return (item + number) % 4 == 0;
  };
  std::array<std::string, 2> problems;
  const auto work = [&](std::size_t place) {
    DynamoDbOptions options = options_;
    options.random_seed = 1'000 + place;
    Writer writer(options);
    std::mt19937 random(static_cast<unsigned>(place));
    for (int round = 0; round < 40; ++round) {
      Commits commits;
      commits.table = table_;
      const std::uint64_t newest = round == 39 ? kChanges : 1 + random() % kChanges;
      for (std::uint64_t i = 0; i < kItems; ++i) {
        const std::uint64_t number = round == 39 ? newest : 1 + random() % newest;
        const std::string key = "k" + std::to_string(i);
        if (removes(i, number))
          commits.remove(key, number);
        else
          commits.put(key, number);
        commits.all().back().was_there = random() % 2 == 0;
      }
      for (const Outcome& outcome : writer.commit(commits.all()))
        if (!outcome.done()) problems[place] = outcome.reason;
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  for (const std::string& problem : problems) EXPECT_EQ(problem, "");
  for (std::uint64_t i = 0; i < kItems; ++i) {
    const std::string key = "k" + std::to_string(i);
    EXPECT_EQ(mark(key), removes(i, kChanges) ? "" : mark_text(kChanges)) << key;
    EXPECT_EQ(item(key).has_value(), !removes(i, kChanges)) << key;
    if (removes(i, kChanges)) EXPECT_EQ(tombstone(key), mark_text(kChanges)) << key;
  }
}

/// What services in memory take for true is what DynamoDB Local takes for true.
TEST_F(ItemMarksOnDynamoDb, ConditionsHoldInMemoryWhereTheyHoldHere) {
  const json key = {{"pk", {{"S", "a"}}}};
  std::vector<json> states = {json(), key};
  for (const std::string& mark :
       {mark_text(4), mark_text(4) + "#n", mark_text(5), mark_text(5) + "#n", mark_text(6)}) {
    states.push_back(key);
    states.back()["streamonce"]["S"] = mark;
    states.back()["v"]["S"] = mark;
    states.push_back(states.back());
    states.back()["r"]["S"] = "n";
  }
  states.push_back(key);
  states.back()["streamonce"]["N"] = "5";
  states.back()["v"]["N"] = "5";
  const json names = {{"#m", "streamonce"}};
  const json value = {{":v", {{"S", mark_text(5)}}}};
  const json values = {{":v", {{"S", mark_text(5)}}}, {":r", {{"S", "n"}}}};
  const struct {
    const char* text;
    json names;
    json values;
  } conditions[] = {
      {"#m < :v", names, value},
      {"#m = :v", names, value},
      {"attribute_not_exists(#m) OR #m < :v", names, value},
      {"attribute_not_exists(#m)", names, {}},
      {"attribute_not_exists(v) OR v < :v", {}, value},
      {"attribute_not_exists(v) OR v <= :v", {}, value},
      {"attribute_not_exists(v)", {}, {}},
      {"v = :v AND attribute_not_exists(r)", {}, value},
      {"v = :v AND r = :r", {}, values},
      {"NOT (v > :v OR v >= :v) AND attribute_exists(v)", {}, value},
      {"v <> :v", {}, value},
  };
  for (const json& state : states) {
    for (const auto& condition : conditions) {
      client_->remove(table_, key);
      if (!state.is_null()) client_->put(table_, state);
      json request = {
          {"TableName", table_}, {"Item", key}, {"ConditionExpression", condition.text}};
      if (!condition.names.is_null()) request["ExpressionAttributeNames"] = condition.names;
      if (!condition.values.is_null()) request["ExpressionAttributeValues"] = condition.values;
      const auto in_memory = testing::condition_holds(request, state.is_null() ? nullptr : &state);
      const auto here = client_->call("PutItem", request);
      ASSERT_TRUE(here ||
                  here.error().message.find("ConditionalCheckFailedException") != std::string::npos)
          << here.error().message;
      EXPECT_EQ(in_memory, std::optional(here.has_value())) << condition.text << " of " << state;
    }
  }
}

// ---- What it takes.

/// Items of 1 KB with their marks.
class ItemMarksUnits : public ItemMarksOnDynamoDb {
 protected:
  static constexpr int kItems = 100;
  static constexpr std::size_t kBytes = 1024;

  void open(bool has_item_marks) {
    options_.figures = &figures_;
    options_.version_attribute = has_item_marks ? std::string(kAttribute) : std::string();
    create_tables();
  }

  /// The units that each change has taken.
  /// One by one: of a transaction DynamoDB Local tells the units of one action for each table.
  double units_of(Commits& commits, CommitResult expected) {
    figures_ = {};
    for (const Commit& commit : commits.all())
      for (const Outcome& outcome : writer_->commit({&commit, 1}))
        EXPECT_EQ(outcome.result, expected) << outcome.reason;
    return static_cast<double>(figures_.write_unit_tenths) / 10 /
           static_cast<double>(commits.all().size());
  }

  void add(Commits& commits, int i, std::uint64_t number, Way way) const {
    const std::string key = "k" + std::to_string(i);
    commits.put(key, number, item_of_bytes(key, kBytes - mark_bytes()));
    commits.all().back().was_there = way == Way::kModify;
  }

  struct Units {
    double inserts = 0;
    double updates = 0;
    double mixed = 0;  ///< of a hundred changes 80 updates, 10 inserts, 10 removals
    double removals = 0;
    double duplicates = 0;
  };

  Units measure(bool has_item_marks) {
    open(has_item_marks);
    Units units;
    std::array<Commits, 4> batches;
    for (Commits& each : batches) each.table = table_;
    for (int i = 0; i < kItems; ++i) {
      add(batches[0], i, 1, Way::kInsert);
      add(batches[1], i, 2, Way::kModify);
      const std::string key = "k" + std::to_string(i);
      if (i < 80)
        add(batches[2], i, 3, Way::kModify);
      else if (i < 90)
        add(batches[2], kItems + i, 3, Way::kInsert);
      else
        batches[2].remove(key, 3);
      if (i < 80) batches[3].remove(key, 4);
    }
    units.inserts = units_of(batches[0], CommitResult::kApplied);
    units.updates = units_of(batches[1], CommitResult::kApplied);
    units.duplicates = units_of(batches[1], CommitResult::kAlreadyApplied);
    units.mixed = units_of(batches[2], CommitResult::kApplied);
    units.removals = units_of(batches[3], CommitResult::kApplied);
    return units;
  }

  static void print(const char* where, const Units& units) {
    std::printf(
        "write units for each change of 1 KB, marks in the %s: inserts %.2f, updates %.2f, 80%% "
        "updates %.2f, removals %.2f; duplicates %.2f are told\n",
        where, units.inserts, units.updates, units.mixed, units.removals, units.duplicates);
  }

  TargetFigures figures_;
};

TEST_F(ItemMarksUnits, AnUpdateTakesAFourthOfWhatItTakesWithTheLedger) {
  const Units ledger = measure(/*has_item_marks=*/false);
  const Units item = measure(/*has_item_marks=*/true);
  print("ledger", ledger);
  print("item", item);
  EXPECT_LE(item.updates, 1.05);
  EXPECT_LE(item.mixed, 1.6);
  EXPECT_LE(item.inserts, 4);
  EXPECT_LE(item.removals, ledger.removals);
  EXPECT_GE(ledger.updates, 4);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
