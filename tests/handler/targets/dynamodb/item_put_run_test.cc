// The target with its marks in the items: which way each commit goes, and what becomes of it.

#include "handler/targets/dynamodb/item_put_run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "handler/targets/dynamodb/dynamodb_target.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::Fault;
using testing::FaultKind;
using testing::SeenRequest;

using Ways = std::vector<std::string>;  // the operations that were asked for, in their order

std::string text_of_mark(std::uint64_t number) {
  return std::string(version_of(number).text());
}

class ItemPutRunTest : public ::testing::Test {
 protected:
  ItemPutRunTest() { open(); }

  void open() {
    auto created = DynamoDbTarget::create(options_, service_, clock_, logger_);
    ASSERT_TRUE(created) << created.error().message;
    target_ = std::move(*created);
  }

  static DynamoDbOptions options() {
    DynamoDbOptions options;
    options.ledger_table = "ledger";
    options.region = "eu-central-1";
    options.credentials = testing::credentials("AKID-MARKER", "SECRET-MARKER", "TOKEN-MARKER");
    options.version_attribute = "streamonce";
    options.random_seed = 1;
    return options;
  }

  std::vector<Outcome> commit(milliseconds time = std::chrono::seconds(60)) {
    std::vector<Outcome> outcomes(commits_.all().size());
    target_->commit(commits_.all(), outcomes, clock_.steady_now() + time);
    return outcomes;
  }

  Outcome commit_one(milliseconds time = std::chrono::seconds(60)) {
    const std::vector<Outcome> outcomes = commit(time);
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.at(0);
  }

  void modify(const std::string& key, std::uint64_t number, const std::string& image = {}) {
    commits_.put(key, number, image);
    commits_.all().back().was_there = true;
  }

  /// Puts an item that has the mark of a change, as if it had been applied.
  void have(const std::string& key, std::uint64_t number) {
    service_.tables["items"][key] = {{"pk", {{"S", key}}},
                                     {"streamonce", {{"S", text_of_mark(number)}}}};
  }
  void have_tombstone(const std::string& key, std::uint64_t number) {
    service_.tables["ledger"]["p|" + key] = {{"id", {{"S", "p|" + key}}},
                                             {"v", {{"S", text_of_mark(number)}}}};
  }

  /// The mark of an item that is there; empty: it has none.
  std::string mark_of(const std::string& key) {
    const auto found = service_.tables["items"].find(key);
    if (found == service_.tables["items"].end()) return "nothing";
    return found->second.value("streamonce", json{{"S", ""}})["S"];
  }
  std::string tombstone_of(const std::string& key) {
    const auto found = service_.tables["ledger"].find("p|" + key);
    return found == service_.tables["ledger"].end() ? "nothing" : found->second["v"]["S"];
  }

  Ways ways() const {
    Ways ways;
    for (const SeenRequest& each : service_.seen) {
      const std::string& target = each.request.headers.at(1);
      ways.push_back(target.substr(target.rfind('.') + 1));
    }
    return ways;
  }

  void fail_request(std::size_t index, const Fault& fault) {
    service_.fault = [this, index, fault](const SeenRequest&) {
      return service_.seen.size() == index ? fault : Fault{};
    };
  }
  void fail_every_request(const Fault& fault) {
    service_.fault = [fault](const SeenRequest&) { return fault; };
  }

  testing::FakeClock clock_;
  testing::FakeDynamoDb service_{clock_};
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  DynamoDbOptions options_ = options();
  std::unique_ptr<DynamoDbTarget> target_;
  Commits commits_;
};

const Ways kPutAlone = {"PutItem"};
const Ways kTransaction = {"TransactWriteItems"};
const Ways kBoth = {"PutItem", "TransactWriteItems"};

TEST_F(ItemPutRunTest, AChangeOfWhatIsThereIsOnePut) {
  have("a", 4);
  modify("a", 5);
  EXPECT_EQ(commit_one().result, CommitResult::kApplied);
  EXPECT_EQ(ways(), kPutAlone);
  EXPECT_EQ(mark_of("a"), text_of_mark(5));
  EXPECT_EQ(tombstone_of("a"), "nothing");
  const runtime::HttpRequest& request = service_.seen[0].request;
  EXPECT_EQ(request.headers[1], "X-Amz-Target: DynamoDB_20120810.PutItem");
  EXPECT_EQ(request.timeout, milliseconds(5000));
  EXPECT_EQ(request.body_bytes_max, 128U * 1024);
}

TEST_F(ItemPutRunTest, AnInsertIsATransaction) {
  commits_.put("a", 5);
  EXPECT_EQ(commit_one().result, CommitResult::kApplied);
  EXPECT_EQ(ways(), kTransaction);
  EXPECT_EQ(mark_of("a"), text_of_mark(5));
  EXPECT_EQ(tombstone_of("a"), "nothing");
}

TEST_F(ItemPutRunTest, ARemovalLeavesATombstone) {
  have("a", 4);
  commits_.remove("a", 5);
  commits_.all().back().was_there = true;
  EXPECT_EQ(commit_one().result, CommitResult::kApplied);
  EXPECT_EQ(ways(), kTransaction);
  EXPECT_EQ(mark_of("a"), "nothing");
  EXPECT_EQ(tombstone_of("a"), text_of_mark(5));
}

/// A view's WHERE may hold no more: then a change is put at the source, and its row is removed.
TEST_F(ItemPutRunTest, ARowThatIsRemovedForAPutIsARemoval) {
  have("a", 4);
  commits_.remove("a", 5);
  commits_.all().back().operation = Operation::kPut;
  commits_.all().back().was_there = true;
  EXPECT_EQ(commit_one().result, CommitResult::kApplied);
  EXPECT_EQ(ways(), kTransaction);
  EXPECT_EQ(mark_of("a"), "nothing");
  EXPECT_EQ(tombstone_of("a"), text_of_mark(5));
}

TEST_F(ItemPutRunTest, WhatIsNotThereIsInserted) {
  modify("a", 5);
  EXPECT_EQ(commit_one().result, CommitResult::kApplied);
  EXPECT_EQ(ways(), kBoth);
  EXPECT_EQ(mark_of("a"), text_of_mark(5));
}

TEST_F(ItemPutRunTest, WhatIsGoneDoesNotComeBack) {
  have_tombstone("a", 6);
  modify("a", 5);
  EXPECT_EQ(commit_one().result, CommitResult::kStale);
  EXPECT_EQ(ways(), kBoth);
  EXPECT_EQ(mark_of("a"), "nothing");

  have_tombstone("a", 5);
  EXPECT_EQ(commit_one().result, CommitResult::kAlreadyApplied);
  have_tombstone("a", 4);
  EXPECT_EQ(commit_one().result, CommitResult::kApplied) << "it was put anew";
  EXPECT_EQ(mark_of("a"), text_of_mark(5));
  EXPECT_EQ(tombstone_of("a"), text_of_mark(4));
}

TEST_F(ItemPutRunTest, WhatIsThereIsNotWrittenOver) {
  for (const bool was_there : {true, false}) {
    SCOPED_TRACE(was_there);
    service_.seen.clear();
    commits_ = Commits();
    commits_.put("a", 5);
    commits_.all().back().was_there = was_there;
    have("a", 6);
    EXPECT_EQ(commit_one().result, CommitResult::kStale);
    EXPECT_EQ(mark_of("a"), text_of_mark(6));
    have("a", 5);
    EXPECT_EQ(commit_one().result, CommitResult::kAlreadyApplied);
    const Ways one = was_there ? kPutAlone : kTransaction;
    EXPECT_EQ(ways(), (Ways{one[0], one[0]}));
  }
  commits_ = Commits();
  commits_.remove("a", 4);
  EXPECT_EQ(commit_one().result, CommitResult::kStale);
  EXPECT_EQ(mark_of("a"), text_of_mark(5));
  EXPECT_EQ(tombstone_of("a"), "nothing");
}

/// It was there before, or somebody else has put it: the ledger may have had its mark.
TEST_F(ItemPutRunTest, AnItemWithoutAVersionAsksTheLedger) {
  const json old = {{"pk", {{"S", "a"}}}, {"v", {{"S", "zzz"}}}};
  service_.tables["items"]["a"] = old;
  have_tombstone("a", 6);
  modify("a", 5);
  EXPECT_EQ(commit_one().result, CommitResult::kStale);
  EXPECT_EQ(service_.tables["items"]["a"], old);
  commits_ = Commits();
  modify("a", 7);
  EXPECT_EQ(commit_one().result, CommitResult::kApplied);
  EXPECT_EQ(mark_of("a"), text_of_mark(7));
  EXPECT_EQ(ways(), (Ways{"PutItem", "TransactWriteItems", "PutItem", "TransactWriteItems"}));
}

TEST_F(ItemPutRunTest, AnAttributeThatIsNoVersionFailsItsItemAlone) {
  const json other = {{"pk", {{"S", "a"}}}, {"streamonce", {{"N", "7"}}}};
  service_.tables["items"]["a"] = other;
  service_.tables["items"]["c"] = {{"pk", {{"S", "c"}}}, {"streamonce", {{"S", "zzz"}}}};
  have("b", 4);
  modify("a", 5);
  modify("b", 5);
  modify("c", 5);
  const std::vector<Outcome> outcomes = commit();
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
  for (const std::size_t bad : {0U, 2U}) {
    EXPECT_EQ(outcomes[bad].result, CommitResult::kFailed);
    EXPECT_NE(outcomes[bad].reason.find("somebody else has written it"), std::string::npos)
        << outcomes[bad].reason;
    EXPECT_EQ(outcomes[bad].refused_writes, std::vector<std::size_t>{0});
  }
  EXPECT_EQ(service_.tables["items"]["a"], other);
}

/// Nothing is sent of it: its mark has no place.
TEST_F(ItemPutRunTest, AnItemOfTheSourceThatHasTheAttributeFailsAlone) {
  for (const bool was_there : {false, true}) {
    commits_ = Commits();
    service_.seen.clear();
    commits_.put("a", 5, R"({"pk":{"S":"a"},"stream\u006fnce":{"N":"1"}})");
    commits_.all().back().was_there = was_there;
    commits_.put("b", 5);
    commits_.remove("streamonce", 5);
    const std::vector<Outcome> outcomes = commit();
    EXPECT_EQ(outcomes[0].result, CommitResult::kFailed);
    EXPECT_NE(outcomes[0].reason.find("version_attribute"), std::string::npos);
    EXPECT_EQ(outcomes[0].refused_writes, std::vector<std::size_t>{0});
    EXPECT_TRUE(outcomes[1].done());
    EXPECT_TRUE(outcomes[2].done());
    EXPECT_EQ(mark_of("a"), "nothing");
  }
}

/// A newer change has come since the attribute was there: the older record is done.
TEST_F(ItemPutRunTest, AnItemThatHadTheAttributeIsDoneByALaterChange) {
  events::ItemKey key;
  ASSERT_TRUE(key.add({.name = "pk", .type = events::KeyType::kString, .value = "a"}));
  commits_.put("a", 5, R"({"pk":{"S":"a"},"streamonce":{"N":"1"}})");
  Write write = commits_.all().back().writes.front();
  write.key = &key;
  commits_.all().back().writes = std::span(&write, 1);
  for (const std::uint64_t there : {5U, 6U}) {
    have("a", there);
    EXPECT_EQ(commit_one().result,
              there == 5 ? CommitResult::kAlreadyApplied : CommitResult::kStale);
  }
  service_.tables["items"].erase("a");
  have_tombstone("a", 6);
  EXPECT_EQ(commit_one().result, CommitResult::kStale);
  service_.tables["ledger"].clear();
  have("a", 4);
  EXPECT_EQ(commit_one().result, CommitResult::kFailed);
}

/// Another pipeline of the same name has had a view that remembers.
TEST_F(ItemPutRunTest, WhatAViewRemembersFailsAlone) {
  commits_.put("a", 5);
  commits_.all().back().content = "[]";
  commits_.put("b", 5);
  const std::vector<Outcome> outcomes = commit();
  EXPECT_EQ(outcomes[0].result, CommitResult::kFailed);
  EXPECT_NE(outcomes[0].reason.find("give the pipeline another name"), std::string::npos);
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
  EXPECT_EQ(mark_of("a"), "nothing");
}

/// One item whose partition is hot holds up no other.
TEST_F(ItemPutRunTest, APutThatIsRefusedAgainAndAgainHoldsUpNothingElse) {
  for (const char* key : {"hot", "there", "removed"}) have(key, 4);
  modify("hot", 5);
  modify("there", 5);
  modify("absent", 5);
  commits_.put("new", 5);
  commits_.remove("removed", 5);
  service_.fault = [](const SeenRequest& request) {
    const bool is_hot = request.request.body.find("hot") != std::string::npos;
    return is_hot ? Fault{.kind = FaultKind::kThrottled} : Fault{};
  };
  const std::vector<Outcome> outcomes = commit(milliseconds(10'000));
  EXPECT_EQ(outcomes[0].result, CommitResult::kFailed);
  for (std::size_t i = 1; i < outcomes.size(); ++i)
    EXPECT_EQ(outcomes[i].result, CommitResult::kApplied) << i;
}

/// What puts leave is gathered, so that it takes few transactions.
TEST_F(ItemPutRunTest, WhatPutsLeaveGoesTogether) {
  for (int i = 0; i < 60; ++i) modify("k" + std::to_string(i), 5);
  for (const Outcome& outcome : commit()) EXPECT_EQ(outcome.result, CommitResult::kApplied);
  const Ways all = ways();
  EXPECT_EQ(std::count(all.begin(), all.end(), "PutItem"), 60);
  EXPECT_LE(std::count(all.begin(), all.end(), "TransactWriteItems"), 2);
}

TEST_F(ItemPutRunTest, EachCommitGoesItsOwnWay) {
  have("there", 4);
  have("newer", 6);
  have("done", 5);
  have("removed", 4);
  have_tombstone("gone", 6);
  modify("there", 5);
  modify("newer", 5);
  modify("done", 5);
  modify("absent", 5);
  modify("gone", 5);
  commits_.put("new", 5);
  commits_.remove("removed", 5);
  std::vector<CommitResult> results;
  for (const Outcome& outcome : commit()) results.push_back(outcome.result);
  EXPECT_EQ(results, (std::vector<CommitResult>{CommitResult::kApplied, CommitResult::kStale,
                                                CommitResult::kAlreadyApplied,
                                                CommitResult::kApplied, CommitResult::kStale,
                                                CommitResult::kApplied, CommitResult::kApplied}));
  // The one that is stale by the ledger has the others of its transaction go again without it.
  EXPECT_EQ(ways(), (Ways{"TransactWriteItems", "PutItem", "PutItem", "PutItem", "PutItem",
                          "PutItem", "TransactWriteItems", "TransactWriteItems"}));
  for (const char* key : {"there", "absent", "new"})
    EXPECT_EQ(mark_of(key), text_of_mark(5)) << key;
}

TEST_F(ItemPutRunTest, KeepsSoManyPutsInFlightAndNoMore) {
  for (int i = 0; i < 100; ++i) {
    have("k" + std::to_string(i), 4);
    modify("k" + std::to_string(i), 5);
  }
  for (const Outcome& outcome : commit()) EXPECT_EQ(outcome.result, CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 100U);
  EXPECT_EQ(service_.in_flight_most, 32U);
  options_.puts_in_flight = 3;
  open();
  service_.in_flight_most = 0;
  for (const Outcome& outcome : commit()) EXPECT_EQ(outcome.result, CommitResult::kAlreadyApplied);
  EXPECT_EQ(service_.in_flight_most, 3U);
}

TEST_F(ItemPutRunTest, SendsAPutAgainUntilItIsAnswered) {
  for (const FaultKind kind :
       {FaultKind::kLostRequest, FaultKind::kThrottled, FaultKind::kInternalError, FaultKind::kSlow,
        FaultKind::kLostAnswer, FaultKind::kLateError, FaultKind::kGarbage, FaultKind::kCutShort}) {
    SCOPED_TRACE(static_cast<int>(kind));
    service_.seen.clear();
    commits_ = Commits();
    have("a", 4);
    modify("a", 5);
    fail_request(0, {.kind = kind});
    EXPECT_TRUE(commit_one().done());
    service_.drain();
    EXPECT_EQ(ways(), (Ways{"PutItem", "PutItem"}));
    EXPECT_EQ(service_.seen[0].request.body, service_.seen[1].request.body);
    EXPECT_EQ(mark_of("a"), text_of_mark(5));
  }
}

TEST_F(ItemPutRunTest, TakesItsOwnLostPutForAlreadyApplied) {
  have("a", 4);
  modify("a", 5);
  fail_request(0, {.kind = FaultKind::kLostAnswer});
  EXPECT_EQ(commit_one().result, CommitResult::kAlreadyApplied);
}

/// The item may be gone by then, and its tombstone above the put's version.
TEST_F(ItemPutRunTest, ALatePutBringsNothingBack) {
  have("a", 4);
  modify("a", 5);
  service_.fault = [this](const SeenRequest&) {
    if (!service_.seen.empty()) return Fault{};
    service_.tables["items"].erase("a");
    have_tombstone("a", 6);
    return Fault{.kind = FaultKind::kSlow};
  };
  EXPECT_EQ(commit_one().result, CommitResult::kStale);
  service_.drain();
  EXPECT_EQ(mark_of("a"), "nothing");
}

TEST_F(ItemPutRunTest, PausesWhereAnotherIsAtWorkOnTheItem) {
  have("a", 4);
  modify("a", 5);
  service_.fault = [this](const SeenRequest&) -> Fault {
    if (service_.seen.size() < 3) return {.kind = FaultKind::kConflict, .conflicting = {"a"}};
    return {};
  };
  EXPECT_EQ(commit_one().result, CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 4U);
  EXPECT_GT(service_.seen[3].at - service_.seen[0].at, milliseconds(30));
}

TEST_F(ItemPutRunTest, ConflictsOfARowAreTriedAgainInATransactionToo) {
  commits_.put("a", 5);
  commits_.put("b", 5);
  fail_request(0, {.kind = FaultKind::kConflict, .conflicting = {"a", "p|b"}});
  for (const Outcome& outcome : commit()) EXPECT_EQ(outcome.result, CommitResult::kApplied);
  EXPECT_EQ(service_.seen.size(), 3U) << "one at a time, after a conflict of two";
}

TEST_F(ItemPutRunTest, TriesUntilTheDeadlineAndTellsWhatWasInTheWay) {
  have("a", 4);
  modify("a", 5);
  fail_every_request({.kind = FaultKind::kThrottled});
  const SteadyTime start = clock_.steady_now();
  const Outcome outcome = commit_one(milliseconds(10'000));
  EXPECT_EQ(outcome.result, CommitResult::kFailed);
  EXPECT_EQ(outcome.reason,
            "not done before the deadline; before that: ThrottlingException: Rate exceeded");
  EXPECT_LE(clock_.steady_now() - start, milliseconds(10'000));
  for (const std::string& way : ways()) EXPECT_EQ(way, "PutItem");
}

TEST_F(ItemPutRunTest, WhatTheServiceRefusesFailsAlone) {
  have("a", 4);
  have("b", 4);
  have("c", 4);
  modify("a", 5, R"({"pk":{"S":"a"},"invalid":{"BOOL":true}})");
  modify("b", 5);
  modify("c", 5, R"({"pk":{"S":"c"},"mistyped":{"BOOL":true}})");
  const std::vector<Outcome> outcomes = commit();
  EXPECT_EQ(outcomes[1].result, CommitResult::kApplied);
  for (const std::size_t bad : {0U, 2U}) {
    EXPECT_EQ(outcomes[bad].result, CommitResult::kFailed);
    EXPECT_EQ(outcomes[bad].refused_writes, std::vector<std::size_t>{0});
    EXPECT_NE(outcomes[bad].reason.find("ValidationException"), std::string::npos)
        << outcomes[bad].reason;
    EXPECT_NE(outcomes[bad].reason.find("items"), std::string::npos) << outcomes[bad].reason;
  }
  EXPECT_EQ(service_.seen.size(), 3U);
  EXPECT_EQ(mark_of("a"), text_of_mark(4));
}

TEST_F(ItemPutRunTest, TellsOfATableThatIsNotThere) {
  service_.absent = {"items"};
  modify("a", 5);
  const Outcome outcome = commit_one();
  EXPECT_EQ(outcome.result, CommitResult::kFailed);
  EXPECT_NE(outcome.reason.find("target table items was not found in eu-central-1"),
            std::string::npos)
      << outcome.reason;
}

/// What is there may be larger than so many answers may be beside each other.
TEST_F(ItemPutRunTest, AnAnswerThatIsTooLargeIsLeftToATransaction) {
  have("a", 6);
  modify("a", 5);
  fail_request(0, {.kind = FaultKind::kTooLarge});
  EXPECT_EQ(commit_one().result, CommitResult::kStale);
  EXPECT_EQ(ways(), kBoth);
  EXPECT_EQ(service_.seen[1].request.body_bytes_max, 4U * 1024 * 1024);
}

TEST_F(ItemPutRunTest, CountsWhatItSends) {
  TargetFigures figures;
  options_.figures = &figures;
  open();
  have("a", 4);
  modify("a", 5);
  modify("b", 5);
  service_.fault = [this](const SeenRequest&) -> Fault {
    if (!service_.seen.empty()) return {};
    return {.kind = FaultKind::kAnswer,
            .status = 200,
            .body = R"({"ConsumedCapacity":{"TableName":"items","CapacityUnits":1.0}})"};
  };
  for (const Outcome& outcome : commit()) EXPECT_EQ(outcome.result, CommitResult::kApplied);
  EXPECT_EQ(figures.transactions, 3U);
  EXPECT_EQ(figures.write_unit_tenths, 10U);
  for (const SeenRequest& each : service_.seen)
    EXPECT_NE(each.request.body.find(R"("ReturnConsumedCapacity":"TOTAL")"), std::string::npos);
}

TEST_F(ItemPutRunTest, ARepairIsATransaction) {
  have("a", 5);
  const Mark seen{.version = version_of(5), .is_in_item = true};
  modify("a", 5, R"({"pk":{"S":"a"},"n":{"N":"1"}})");
  commits_.all().back().seen = Seen{.mark = &seen};
  commits_.all().back().nonce = "nonce";
  EXPECT_EQ(commit_one().result, CommitResult::kApplied);
  EXPECT_EQ(ways(), kTransaction);
  EXPECT_EQ(mark_of("a"), text_of_mark(5) + "#nonce");
  EXPECT_EQ(service_.tables["items"]["a"]["n"]["N"], "1");
  have("a", 6);
  const Outcome late = commit_one();
  EXPECT_NE(late.result, CommitResult::kApplied);
  EXPECT_EQ(mark_of("a"), text_of_mark(6));
}

/// Changes of two tables' items may write one item: the later one waits for the earlier one's end.
TEST_F(ItemPutRunTest, WhatComesAfterAnotherWaitsForItsEnd) {
  have("a", 4);
  modify("a", 5);
  commits_.put_after({0}, "other", "a");
  commits_.all().back().version = version_of(6);
  for (const Outcome& outcome : commit()) EXPECT_EQ(outcome.result, CommitResult::kApplied);
  EXPECT_EQ(ways(), kBoth);
  EXPECT_EQ(mark_of("a"), text_of_mark(6));
}

TEST_F(ItemPutRunTest, WhatComesAfterOneThatMayStillArriveFailsWithIt) {
  have("a", 4);
  modify("a", 5);
  commits_.put_after({0}, "other", "a");
  commits_.all().back().version = version_of(6);
  fail_every_request({.kind = FaultKind::kLostAnswer, .latency = milliseconds(400)});
  const std::vector<Outcome> outcomes = commit(milliseconds(300));
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.result, CommitResult::kFailed);
  for (const std::string& way : ways()) EXPECT_EQ(way, "PutItem");
}

TEST_F(ItemPutRunTest, TellsNothingOfItemsInItsLog) {
  have("secret-key", 4);
  modify("secret-key", 5, R"({"pk":{"S":"secret-key"},"x":{"S":"secret-value"}})");
  fail_request(0, {.kind = FaultKind::kThrottled});
  EXPECT_TRUE(commit_one().done());
  EXPECT_NE(log_.find("PutItem"), std::string::npos) << log_;
  EXPECT_EQ(log_.find("secret"), std::string::npos) << log_;
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
