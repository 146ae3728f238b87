#include "handler/targets/dynamodb/transact_request.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <set>

#include "tests/handler/targets/dynamodb/commits.h"

namespace streamonce::handler::dynamodb {
namespace {

constexpr std::string_view kLedger = "ledger";

TEST(TransactRequest, PutsTheMarkUnderItsConditionAndThenTheItem) {
  Commits commits;
  commits.put("a", 202, R"({"pk":{"S":"a"}, "n":{"N":"1.50"}})");
  const auto list = commits.list();
  EXPECT_EQ(transact_request(list, kLedger, "token-1"),
            R"({"ClientRequestToken":"token-1","TransactItems":[)"
            R"({"Put":{"TableName":"ledger","Item":{"id":{"S":"p|a"},)"
            R"("v":{"S":"2026-11-21T00:44:22.580/0000000000000000000000000000000000000202"},)"
            R"("op":{"S":"put"},"at":{"N":"1700000000"}},)"
            R"("ConditionExpression":"attribute_not_exists(v) OR v < :v",)"
            R"("ExpressionAttributeValues":)"
            R"({":v":{"S":"2026-11-21T00:44:22.580/0000000000000000000000000000000000000202"}},)"
            R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},)"
            R"({"Put":{"TableName":"items","Item":{"pk":{"S":"a"}, "n":{"N":"1.50"}}}}]})");
}

TEST(TransactRequest, DeletesByTheKeyAndLeavesAMarkThatMayExpire) {
  Commits commits;
  commits.remove("a", 7);
  commits.all()[0].at.reset();
  commits.all()[0].ttl = 1'800'000'000;
  const auto list = commits.list();
  EXPECT_EQ(transact_request(list, kLedger, "t"),
            R"({"ClientRequestToken":"t","TransactItems":[)"
            R"({"Put":{"TableName":"ledger","Item":{"id":{"S":"p|a"},)"
            R"("v":{"S":"2026-11-21T00:44:22.580/0000000000000000000000000000000000000007"},)"
            R"("op":{"S":"remove"},"ttl":{"N":"1800000000"}},)"
            R"("ConditionExpression":"attribute_not_exists(v) OR v < :v",)"
            R"("ExpressionAttributeValues":)"
            R"({":v":{"S":"2026-11-21T00:44:22.580/0000000000000000000000000000000000000007"}},)"
            R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},)"
            R"({"Delete":{"TableName":"items","Key":{"pk":{"S":"a"}}}}]})");
}

TEST(TransactRequest, EscapesALedgerIdAndCopiesAnImageAsItCame) {
  Commits commits;
  commits.put("q\"\\\n", 1, R"({"pk":{"S":"\u00e9\n"}})");
  const auto list = commits.list();
  const std::string body = transact_request(list, kLedger, "t");
  EXPECT_NE(body.find(R"({"S":"p|q\"\\\n"})"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("Item":{"pk":{"S":"\u00e9\n"}}}})"), std::string::npos) << body;
  EXPECT_TRUE(nlohmann::json::accept(body));
}

TEST(TransactRequest, WritesSeveralCommitsInOrderEachBehindItsMark) {
  Commits commits;
  commits.put("a", 1);
  commits.remove("b", 2);
  commits.put("c", 3);
  const auto list = commits.list();
  const auto body = nlohmann::json::parse(transact_request(list, kLedger, "t"));
  const auto& actions = body["TransactItems"];
  ASSERT_EQ(actions.size(), 6U);
  EXPECT_EQ(actions[0]["Put"]["Item"]["id"]["S"], "p|a");
  EXPECT_EQ(actions[1]["Put"]["Item"]["pk"]["S"], "a");
  EXPECT_EQ(actions[2]["Put"]["Item"]["id"]["S"], "p|b");
  EXPECT_EQ(actions[3]["Delete"]["Key"]["pk"]["S"], "b");
  EXPECT_EQ(actions[4]["Put"]["Item"]["id"]["S"], "p|c");
  EXPECT_EQ(actions[5]["Put"]["Item"]["pk"]["S"], "c");
}

TEST(TransactRequest, IsTheSameTextEachTime) {
  Commits commits;
  commits.put("a", 1);
  commits.remove("b", 2);
  const auto list = commits.list();
  EXPECT_EQ(transact_request(list, kLedger, "t"), transact_request(list, kLedger, "t"));
}

std::vector<std::size_t> sizes_of(const std::vector<CommitList>& packs) {
  std::vector<std::size_t> sizes;
  sizes.reserve(packs.size());
  for (const CommitList& pack : packs) sizes.push_back(pack.size());
  return sizes;
}

TEST(PackCommits, FillsATransactionToAHundredActionsInOrder) {
  Commits commits;
  for (int i = 0; i < 120; ++i) commits.put(std::to_string(i), 1);
  const auto packs = pack_commits(commits.list());
  EXPECT_EQ(sizes_of(packs), (std::vector<std::size_t>{50, 50, 20}));
  EXPECT_EQ(packs[0].front(), &commits.all()[0]);
  EXPECT_EQ(packs[1].front(), &commits.all()[50]);
  EXPECT_EQ(packs[2].back(), &commits.all()[119]);
}

/// The action of the mark of a commit of version 5, from its `v` on.
std::string mark_action(const std::function<void(Commit&)>& change) {
  Commits commits;
  commits.put("a", 5);
  commits.all()[0].writes = {};
  change(commits.all()[0]);
  const std::string body = transact_request(commits.list(), kLedger, "t");
  EXPECT_TRUE(nlohmann::json::accept(body)) << body;
  return body.substr(body.find(R"("v":)"));
}

TEST(TransactRequest, KeepsContentUnderTheEntryThatWasSeen) {
  const std::string v5 = "2026-11-21T00:44:22.580/0000000000000000000000000000000000000005";
  const std::string v3 = "2026-11-21T00:44:22.580/0000000000000000000000000000000000000003";
  const std::string end = R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]})";
  const std::string at = R"("op":{"S":"put"},"at":{"N":"1700000000"})";
  const Mark bare{.version = version_of(3)};
  const Mark holding{.version = version_of(3), .remembers = true, .content = "c", .nonce = "n\""};
  EXPECT_EQ(mark_action([](Commit& commit) {
              commit.content = "[\"x\"]";
              commit.ttl = 7;  // which an entry with content does not get
              commit.seen = Seen{};
            }),
            R"("v":{"S":"~)" + v5 + R"("},)" + at +
                R"~(,"w":{"S":"[\"x\"]"}},"ConditionExpression":"attribute_not_exists(id)",)~" +
                end);
  EXPECT_EQ(mark_action([&](Commit& commit) {
              commit.ttl = 7;
              commit.seen = Seen{&bare};
            }),
            R"("v":{"S":")" + v5 + R"("},)" + at +
                R"~(,"ttl":{"N":"7"}},"ConditionExpression":"v = :s AND attribute_not_exists(r)",)~"
                R"("ExpressionAttributeValues":{":s":{"S":")" +
                v3 + R"("}},)" + end);
  EXPECT_EQ(mark_action([&](Commit& commit) {
              commit.version = version_of(3);
              commit.nonce = "m";
              commit.content = "d";
              commit.seen = Seen{&holding};
            }),
            R"("v":{"S":"~)" + v3 + R"("},)" + at +
                R"(,"r":{"S":"m"},"w":{"S":"d"}},"ConditionExpression":"v = :s AND r = :r",)"
                R"("ExpressionAttributeValues":{":s":{"S":"~)" +
                v3 + R"("},":r":{"S":"n\""}},)" + end);
}

TEST(TransactRequest, NeverLetsACommitThroughThatTheSeenEntryHasAlready) {
  const Mark seen{.version = version_of(5)};
  const std::string action = mark_action([&](Commit& commit) { commit.seen = Seen{&seen}; });
  EXPECT_NE(action.find(R"~("attribute_exists(id) AND attribute_not_exists(id)","ReturnVal)~"),
            std::string::npos)
      << action;
}

TEST(PackCommits, CountsContentAndWhatWasSeen) {
  const Mark seen{.version = version_of(3), .nonce = "nonce"};
  Commits commits;
  commits.put("a", 5);
  const std::size_t bare = bytes_bound_of(commits.all()[0]);
  commits.all()[0].content = "content";
  commits.all()[0].nonce = "n";
  EXPECT_EQ(bytes_bound_of(commits.all()[0]), bare + 8);
  commits.all()[0].seen = Seen{&seen};
  EXPECT_GE(bytes_bound_of(commits.all()[0]), bare + 8 + 5 + events::Version::kLengthMax);
}

TEST(TransactRequest, WritesTheTableOfEachWrite) {
  Commits commits;
  commits.put("a", 1);
  commits.table = "others \"x\"";
  commits.remove("a", 2);
  const auto list = commits.list();
  const auto body = nlohmann::json::parse(transact_request(list, kLedger, "t"));
  EXPECT_EQ(body["TransactItems"][1]["Put"]["TableName"], "items");
  EXPECT_EQ(body["TransactItems"][3]["Delete"]["TableName"], "others \"x\"");
}

TEST(PackCommits, MakesNoPackOfNothing) {
  EXPECT_TRUE(pack_commits({}).empty());
}

TEST(PackCommits, KeepsEachPackWithinFourMegabytes) {
  Commits commits;
  const std::string image(400'000, 'x');
  for (int i = 0; i < 25; ++i) commits.put(std::to_string(i), 1, image);
  const auto packs = pack_commits(commits.list());
  EXPECT_EQ(sizes_of(packs), (std::vector<std::size_t>{10, 10, 5}));
  for (const CommitList& pack : packs) {
    std::size_t bytes = 0;
    for (const Commit* commit : pack) bytes += bytes_bound_of(*commit);
    EXPECT_LE(bytes, kTransactionBytesMax);
  }
}

TEST(PackCommits, TakesExactlyFourMegabytesAndNotAByteMore) {
  Commits commits;
  const auto image_that_fills = [&](std::size_t bytes) {
    Commits probe;
    probe.put("0", 1, "x");
    return std::string(bytes - bytes_bound_of(probe.all()[0]) + 1, 'x');
  };
  const std::string half = image_that_fills(kTransactionBytesMax / 2);
  commits.put("0", 1, half);
  commits.put("1", 1, half);
  EXPECT_EQ(sizes_of(pack_commits(commits.list())), (std::vector<std::size_t>{2}));

  Commits larger;
  larger.put("0", 1, half);
  larger.put("1", 1, half + "x");
  EXPECT_EQ(sizes_of(pack_commits(larger.list())), (std::vector<std::size_t>{1, 1}));
}

TEST(PackCommits, LeavesACommitAloneThatIsOverTheBoundsByItself) {
  Commits commits;
  commits.put("a", 1);
  commits.put("b", 1, std::string(kTransactionBytesMax + 1, 'x'));
  commits.put("c", 1);
  const std::vector<Write> many(kActionsMax - 1, commits.all()[0].writes[0]);
  commits.put("d", 1);
  commits.all()[3].writes = many;
  commits.put("e", 1);
  EXPECT_EQ(sizes_of(pack_commits(commits.list())), (std::vector<std::size_t>{1, 1, 1, 1, 1}));
}

TEST(PackCommits, TakesAHundredMarksWithoutWrites) {
  Commits commits;
  for (int i = 0; i < 230; ++i) commits.put("k" + std::to_string(i), 1);
  for (Commit& commit : commits.all()) commit.writes = {};
  EXPECT_EQ(sizes_of(pack_commits(commits.list())), (std::vector<std::size_t>{100, 100, 30}));
}

TEST(PackCommits, CountsTheNamesAndValuesOfAnOwner) {
  Commits commits;
  commits.remove("abc", 1);
  const std::size_t one = bytes_bound_of(commits.all()[0]);
  const std::vector<events::RawAttribute> owner = {{"four", R"({"S":"x"})"}};
  std::vector<Write> writes(1, commits.all()[0].writes[0]);
  writes[0].owner = owner;
  commits.all()[0].writes = writes;
  EXPECT_EQ(bytes_bound_of(commits.all()[0]) - one, std::string(R"(four{"S":"x"})").size());
}

TEST(TransactRequest, WritesARowWithAnOwnerUnderItsCondition) {
  Commits commits;
  commits.put("a", 202);
  events::ItemKey key;
  ASSERT_TRUE(key.add({.name = "status", .value = "a"}));
  const std::vector<events::RawAttribute> owner = {{"odd \"name\"", R"({"S":"\u00e9"})"},
                                                   {"n", R"({"N":"1.50"})"}};
  const std::vector<Write> writes = {{.operation = Operation::kPut,
                                      .table = "rows",
                                      .key = &key,
                                      .image_json = R"({"status":{"S":"a"}})",
                                      .owner = std::span(owner).first(1)},
                                     {.operation = Operation::kRemove,
                                      .table = "rows",
                                      .key = &key,
                                      .keys_json = R"({"status":{"S":"b"}})",
                                      .owner = owner}};
  commits.all()[0].writes = writes;
  const std::string body = transact_request(commits.list(), kLedger, "t");
  EXPECT_EQ(body.substr(body.find(R"(,{"Put":{"TableName":"rows")")),
            R"~(,{"Put":{"TableName":"rows","Item":{"status":{"S":"a"}},)~"
            R"~("ConditionExpression":"attribute_not_exists(#k) OR (#o0 = :o0)",)~"
            R"~("ExpressionAttributeNames":{"#k":"status","#o0":"odd \"name\""},)~"
            R"~("ExpressionAttributeValues":{":o0":{"S":"\u00e9"}},)~"
            R"~("ReturnValuesOnConditionCheckFailure":"NONE"}},)~"
            R"~({"Delete":{"TableName":"rows","Key":{"status":{"S":"b"}},)~"
            R"~("ConditionExpression":"attribute_not_exists(#k) OR (#o0 = :o0 AND #o1 = :o1)",)~"
            R"~("ExpressionAttributeNames":{"#k":"status","#o0":"odd \"name\"","#o1":"n"},)~"
            R"~("ExpressionAttributeValues":{":o0":{"S":"\u00e9"},":o1":{"N":"1.50"}},)~"
            R"~("ReturnValuesOnConditionCheckFailure":"NONE"}}]})~");
}

TEST(TransactRequest, HoldsTheEntryBelowTheOldestChange) {
  Commits commits;
  commits.put("a", 202);
  const auto asked = [&] {
    const auto body = nlohmann::json::parse(transact_request(commits.list(), kLedger, "t"));
    const auto& mark = body["TransactItems"][0]["Put"];
    EXPECT_EQ(mark["Item"]["v"]["S"], version_of(202).text());
    EXPECT_EQ(mark["ConditionExpression"], "attribute_not_exists(v) OR v < :v");
    return mark["ExpressionAttributeValues"][":v"]["S"].get<std::string>();
  };
  events::Version oldest = version_of(7);
  commits.all()[0].oldest = &oldest;
  EXPECT_EQ(asked(), version_of(7).text());
  oldest = version_of(203);
  EXPECT_EQ(asked(), version_of(202).text());
}

TEST(TransactRequest, PutsAMarkAlone) {
  Commits commits;
  commits.put("a", 1);
  commits.put("b", 1);
  commits.all()[0].writes = {};
  const auto body = nlohmann::json::parse(transact_request(commits.list(), kLedger, "t"));
  EXPECT_EQ(body["TransactItems"].size(), 3U);
  EXPECT_EQ(actions_of(commits.all()[0]), 1U);
}

TEST(PackCommits, CountsTheKeyOfADeleteAndAllWritesOfACommit) {
  Commits commits;
  commits.remove("abc", 1);
  const std::size_t one = bytes_bound_of(commits.all()[0]);
  const std::vector<Write> two(2, commits.all()[0].writes[0]);
  commits.all()[0].writes = two;
  EXPECT_EQ(bytes_bound_of(commits.all()[0]) - one, std::string(R"({"pk":{"S":"abc"}})").size());
  EXPECT_EQ(actions_of(commits.all()[0]), 3U);
}

TEST(TransactRequest, HasATokenOfOneToThirtySixCharacters) {
  Commits commits;
  commits.put("a", 1);
  const auto list = commits.list();
  EXPECT_DEATH(transact_request(list, kLedger, ""), "must hold");
  EXPECT_DEATH(transact_request(list, kLedger, std::string(37, 't')), "must hold");
  EXPECT_FALSE(transact_request(list, kLedger, std::string(36, 't')).empty());
}

/// The updates at the end of the request for `commits`.
std::vector<std::string> updates_in(const Commits& commits) {
  const auto body = nlohmann::ordered_json::parse(transact_request(commits.list(), kLedger, "t"));
  std::vector<std::string> updates;
  for (const auto& action : body["TransactItems"])
    if (action.contains("Update")) updates.push_back(action["Update"].dump());
  return updates;
}

TEST(TransactRequest, AddsTheSumOfItsCommitsToEachRowBehindThem) {
  Commits commits;
  commits.add_to("a", 1, {{"x", {{"orders", "1"}, {"spent", "0.1"}}}});
  commits.put("p", 1);
  commits.add_to("b", 1, {{"y", {{"orders", "1"}}}, {"x", {{"orders", "-3"}, {"paid", "2E2"}}}});
  const std::string body = transact_request(commits.list(), kLedger, "t");
  EXPECT_TRUE(nlohmann::json::accept(body)) << body;
  EXPECT_EQ(body.substr(body.find(R"(,{"Update")")),
            R"(,{"Update":{"TableName":"groups","Key":{"pk":{"S":"x"}},)"
            R"("UpdateExpression":"ADD #a0 :a0, #a1 :a1, #a2 :a2",)"
            R"("ExpressionAttributeNames":{"#a0":"orders","#a1":"paid","#a2":"spent"},)"
            R"("ExpressionAttributeValues":)"
            R"({":a0":{"N":"-2"},":a1":{"N":"200"},":a2":{"N":"0.1"}}}},)"
            R"({"Update":{"TableName":"groups","Key":{"pk":{"S":"y"}},)"
            R"("UpdateExpression":"ADD #a0 :a0","ExpressionAttributeNames":{"#a0":"orders"},)"
            R"("ExpressionAttributeValues":{":a0":{"N":"1"}}}}]})");
  EXPECT_EQ(transact_request(commits.list(), kLedger, "t"), body);
}

TEST(TransactRequest, SumsExactlyAndWritesNumbersOfAllSizes) {
  Commits commits;
  commits.add_to("a", 1, {{"x", {{"s", "0.1"}}}});
  commits.add_to("b", 1, {{"x", {{"s", "0.2"}}}});
  commits.add_to("c", 1, {{"y", {{"s", "1E125"}}}});
  commits.add_to("d", 1, {{"z", {{"\"", "-1E-130"}}}});
  const auto updates = updates_in(commits);
  ASSERT_EQ(updates.size(), 3U);
  EXPECT_NE(updates[0].find(R"({":a0":{"N":"0.3"}})"), std::string::npos) << updates[0];
  EXPECT_NE(updates[1].find("\"1" + std::string(125, '0') + "\""), std::string::npos);
  EXPECT_NE(updates[2].find("\"-0." + std::string(129, '0') + "1\""), std::string::npos);
  EXPECT_NE(updates[2].find(R"("#a0":"\"")"), std::string::npos);
}

TEST(TransactRequest, SendsNoSumOfZeroAndNoUpdateOfNothing) {
  Commits commits;
  commits.add_to("a", 1, {{"x", {{"n", "1"}, {"s", "5"}}}, {"y", {{"n", "1"}}}});
  commits.add_to("b", 1, {{"x", {{"n", "-1"}}}, {"y", {{"n", "-1"}}}});
  const auto updates = updates_in(commits);
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_NE(updates[0].find(R"("ADD #a0 :a0","ExpressionAttributeNames":{"#a0":"s"})"),
            std::string::npos)
      << updates[0];
}

TEST(TransactRequest, KnowsARowHoweverItsKeyIsWritten) {
  Commits commits;
  for (const char* text : {"1.0", "1"}) {
    commits.add_to(text, 1, {{"x", {{"n", "1"}}}});
    auto& addition = const_cast<Addition&>(commits.all().back().additions[0]);
    auto* key = const_cast<events::ItemKey*>(addition.key);
    *key = {};
    ASSERT_TRUE(key->add({.name = "pk", .type = events::KeyType::kNumber, .value = text}));
    addition.keys_json = commits.keep(R"({"pk":{"N":")" + std::string(text) + "\"}}");
  }
  EXPECT_EQ(updates_in(commits).size(), 1U);
  EXPECT_EQ(pack_commits(commits.list()).size(), 1U);
}

TEST(PackCommits, PacksWhatAddsToOneRowTogether) {
  Commits commits;
  for (int i = 0; i < 1'000; ++i) commits.add_to(std::to_string(i), 1, {{"all", {{"n", "1"}}}});
  EXPECT_EQ(sizes_of(pack_commits(commits.list())),
            (std::vector<std::size_t>{99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 10}));
}

TEST(PackCommits, LetsNoTwoPacksShareARowWhereRowsAreSmall) {
  Commits commits;
  for (int i = 0; i < 1'000; ++i)
    commits.add_to(std::to_string(i), 1, {{"g" + std::to_string(i * 7 % 100), {{"n", "1"}}}});
  const auto packs = pack_commits(commits.list());
  EXPECT_EQ(packs.size(), 12U);
  std::set<std::string> rows;
  std::size_t count = 0;
  for (const CommitList& pack : packs) {
    std::set<std::string> rows_of_pack;
    for (const Commit* commit : pack)
      rows_of_pack.insert(std::string(commit->additions[0].keys_json));
    EXPECT_LE(pack.size() + rows_of_pack.size(), kActionsMax);
    count += rows_of_pack.size();
    rows.merge(rows_of_pack);
  }
  EXPECT_EQ(count, 100U);
  EXPECT_EQ(rows.size(), 100U);
}

TEST(PackCommits, LeavesWhatAddsNothingAsItIsAndGoesByTheRowOfMostThen) {
  Commits commits;
  commits.add_to("a", 1, {{"x", {{"n", "1"}}}});
  commits.put("p", 1);
  commits.add_to("b", 1, {{"y", {{"n", "1"}}}});
  commits.add_to("c", 1, {{"x", {{"n", "1"}}}, {"y", {{"n", "1"}}}});
  commits.add_to("d", 1, {{"z", {{"n", "1"}}}});
  commits.add_to("e", 1, {{"y", {{"n", "1"}}}});
  commits.put("q", 1);
  const auto& all = commits.all();
  EXPECT_EQ(
      pack_commits(commits.list()),
      (std::vector<CommitList>{{&all[1], &all[6]}, {&all[2], &all[5], &all[3], &all[0], &all[4]}}));
}

TEST(PackCommits, KeepsSumsApartThatWouldBeNoNumber) {
  Commits commits;
  commits.add_to("a", 1, {{"x", {{"s", "1E45"}}}});
  commits.add_to("b", 1, {{"x", {{"s", "0.1"}}}});
  commits.add_to("c", 1, {{"x", {{"s", "-1E45"}}}});
  EXPECT_EQ(sizes_of(pack_commits(commits.list())), (std::vector<std::size_t>{1, 1, 1}));
  std::swap(commits.all()[1], commits.all()[2]);
  EXPECT_EQ(sizes_of(pack_commits(commits.list())), (std::vector<std::size_t>{3}));
}

TEST(PackCommits, CountsAdditions) {
  Commits commits;
  std::vector<std::pair<std::string, Commits::Amounts>> rows;
  for (int i = 0; i < 99; ++i) rows.push_back({"r" + std::to_string(i), {{"n", "1"}}});
  commits.add_to("a", 1, rows);
  EXPECT_EQ(actions_of(commits.all()[0]), 100U);
  EXPECT_GT(bytes_bound_of(commits.all()[0]),
            99 * (std::string(R"({"pk":{"S":"r1"}})").size() + 21));
  EXPECT_EQ(sizes_of(pack_commits(commits.list())), (std::vector<std::size_t>{1}));
}

/// What the updates of all packs add up to is what the commits add, whatever is packed with what.
TEST(PackCommits, LosesAndDoublesNoAmount) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    Commits commits;
    std::map<std::string, long long> expected;
    for (int i = 0; i < 300; ++i) {
      std::map<std::string, Commits::Amounts> rows;
      for (std::size_t row = random() % 4; row > 0; --row) {
        const std::string name =
            "r" + std::to_string(random() % (1 + static_cast<unsigned>(round)));
        const long long amount = static_cast<long long>(random() % 7) - 3;
        if (amount == 0 ||
            !rows.emplace(name, Commits::Amounts{{"n", std::to_string(amount)}}).second)
          continue;
        expected[name] += amount;
      }
      commits.add_to(std::to_string(i), 1, {rows.begin(), rows.end()});
    }
    std::map<std::string, long long> found;
    std::set<const Commit*> packed;
    for (const CommitList& pack : pack_commits(commits.list())) {
      for (const Commit* commit : pack) EXPECT_TRUE(packed.insert(commit).second);
      const auto body = nlohmann::json::parse(transact_request(pack, kLedger, "t"));
      EXPECT_LE(body["TransactItems"].size(), kActionsMax);
      for (const auto& action : body["TransactItems"])
        if (action.contains("Update"))
          found[action["Update"]["Key"]["pk"]["S"].get<std::string>()] += std::stoll(
              action["Update"]["ExpressionAttributeValues"][":a0"]["N"].get<std::string>());
    }
    EXPECT_EQ(packed.size(), 300U);
    std::erase_if(expected, [](const auto& each) { return each.second == 0; });
    std::erase_if(found, [](const auto& each) { return each.second == 0; });
    EXPECT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
