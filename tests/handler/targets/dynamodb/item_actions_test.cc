// The bytes of requests whose marks are in the items: a change of them would be a change for every
// user, as with those of marks in the ledger (golden_request_test.cc).

#include "handler/targets/dynamodb/item_actions.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "handler/targets/dynamodb/transact_request.h"
#include "tests/handler/targets/dynamodb/commits.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;

const std::string kV3 = "2026-11-21T00:44:22.580/0000000000000000000000000000000000000003";
const std::string kV5 = "2026-11-21T00:44:22.580/0000000000000000000000000000000000000005";
const std::string kTellOld = R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD")";

/// The actions of the last of `commits`.
std::string actions_text(Commits& commits, std::string_view attribute = "streamonce") {
  std::string out;
  append_item_actions(out, commits.all().back(), "ledger", attribute);
  EXPECT_TRUE(json::accept("[" + out + "]")) << out;
  return out;
}

TEST(ItemActions, APutAsksTheLedgerAndPutsTheItemWithItsVersion) {
  Commits commits;
  commits.put("a", 5, R"({"pk":{"S":"a"}, "n":{"N":"1.50"}})");
  EXPECT_EQ(actions_text(commits),
            R"({"ConditionCheck":{"TableName":"ledger","Key":{"id":{"S":"p|a"}},)"
            R"("ConditionExpression":"attribute_not_exists(v) OR v < :v",)"
            R"("ExpressionAttributeValues":{":v":{"S":")" +
                kV5 + R"("}},)" + kTellOld +
                R"(}},{"Put":{"TableName":"items","Item":{"streamonce":{"S":")" + kV5 +
                R"("},"pk":{"S":"a"}, "n":{"N":"1.50"}},)"
                R"~("ConditionExpression":"attribute_not_exists(#m) OR #m < :v",)~"
                R"("ExpressionAttributeNames":{"#m":"streamonce"},)"
                R"("ExpressionAttributeValues":{":v":{"S":")" +
                kV5 + R"("}},)" + kTellOld + "}}");
}

TEST(ItemActions, ARemovalLeavesItsTombstoneWithTheLedger) {
  Commits commits;
  commits.remove("a", 5);
  commits.all().back().ttl = 1'800'000'000;
  EXPECT_EQ(actions_text(commits),
            R"({"Put":{"TableName":"ledger","Item":{"id":{"S":"p|a"},"v":{"S":")" + kV5 +
                R"("},"op":{"S":"remove"},"at":{"N":"1700000000"},"ttl":{"N":"1800000000"}},)"
                R"("ConditionExpression":"attribute_not_exists(v) OR v < :v",)"
                R"("ExpressionAttributeValues":{":v":{"S":")" +
                kV5 + R"("}},)" + kTellOld +
                R"(}},{"Delete":{"TableName":"items","Key":{"pk":{"S":"a"}},)"
                R"~("ConditionExpression":"attribute_not_exists(#m) OR #m < :v",)~"
                R"("ExpressionAttributeNames":{"#m":"streamonce"},)"
                R"("ExpressionAttributeValues":{":v":{"S":")" +
                kV5 + R"("}},)" + kTellOld + "}}");
}

/// The conditions of a commit that was made from `seen`, as their expressions and values.
struct Conditions {
  std::string ledger;
  json ledger_values;
  std::string row;
  json row_values;
};

Conditions conditions_of(Operation operation, const Mark* seen) {
  Commits commits;
  operation == Operation::kPut ? commits.put("a", 3) : commits.remove("a", 3);
  Commit& commit = commits.all().back();
  commit.seen = Seen{.mark = seen};
  commit.nonce = "new";
  const json actions = json::parse("[" + actions_text(commits) + "]");
  const json& ledger = actions[0].begin().value();
  const json& row = actions[1].begin().value();
  EXPECT_EQ(row["ExpressionAttributeNames"], (json{{"#m", "streamonce"}}));
  EXPECT_FALSE(ledger.contains("ExpressionAttributeNames"));
  if (operation == Operation::kPut) {
    EXPECT_EQ(row["Item"]["streamonce"]["S"], kV3 + "#new");
  } else {
    EXPECT_EQ(ledger["Item"]["v"]["S"], kV3);
    EXPECT_EQ(ledger["Item"]["r"]["S"], "new");
  }
  return {.ledger = ledger["ConditionExpression"],
          .ledger_values = ledger.value("ExpressionAttributeValues", json()),
          .row = row["ConditionExpression"],
          .row_values = row.value("ExpressionAttributeValues", json())};
}

TEST(ItemActions, ARepairAsksThatWhatItHasSeenIsThereStill) {
  const Mark in_item{.version = version_of(3), .is_in_item = true};
  const Mark repaired{.version = version_of(3), .nonce = "old", .is_in_item = true};
  const Mark removed{.version = version_of(3)};
  const Mark left{.version = version_of(3), .nonce = "old"};
  const auto value = [](const std::string& text) { return json{{"S", text}}; };
  for (const Operation operation : {Operation::kPut, Operation::kRemove}) {
    const Conditions none = conditions_of(operation, nullptr);
    EXPECT_EQ(none.ledger, "attribute_not_exists(v)");
    EXPECT_EQ(none.ledger_values, json());
    EXPECT_EQ(none.row, "attribute_not_exists(#m)");
    EXPECT_EQ(none.row_values, json());

    const Conditions item = conditions_of(operation, &in_item);
    // A removal that has arrived before left its nonce, which an insert leaves in the item.
    const bool is_put = operation == Operation::kPut;
    const char* const of_ledger = is_put ? "attribute_not_exists(v) OR v <= :v"
                                         : "attribute_not_exists(v) OR v < :v OR (v = :v AND "
                                           "(attribute_not_exists(r) OR r <> :r))";
    const json of_values =
        is_put ? json{{":v", value(kV3)}} : json{{":v", value(kV3)}, {":r", value("new")}};
    EXPECT_EQ(item.ledger, of_ledger);
    EXPECT_EQ(item.ledger_values, of_values);
    EXPECT_EQ(item.row, "#m = :v");
    EXPECT_EQ(item.row_values, (json{{":v", value(kV3)}}));

    const Conditions again = conditions_of(operation, &repaired);
    EXPECT_EQ(again.ledger, of_ledger);
    EXPECT_EQ(again.ledger_values, of_values);
    EXPECT_EQ(again.row, "#m = :v");
    EXPECT_EQ(again.row_values, (json{{":v", value(kV3 + "#old")}}));

    const Conditions entry = conditions_of(operation, &removed);
    EXPECT_EQ(entry.ledger, "v = :v AND attribute_not_exists(r)");
    EXPECT_EQ(entry.ledger_values, (json{{":v", value(kV3)}}));
    EXPECT_EQ(entry.row, "attribute_not_exists(#m)");
    EXPECT_EQ(entry.row_values, json());

    const Conditions known = conditions_of(operation, &left);
    EXPECT_EQ(known.ledger, "v = :v AND r = :r");
    EXPECT_EQ(known.ledger_values, (json{{":v", value(kV3)}, {":r", value("old")}}));
    EXPECT_EQ(known.row, "attribute_not_exists(#m)");
  }
}

TEST(ItemActions, NamesWhateverTheAttributeIsCalled) {
  Commits commits;
  commits.put("q\"\\\n", 5, R"({"pk":{"S":"q"}})");
  const json actions = json::parse("[" + actions_text(commits, "odd \"name\"\n") + "]");
  EXPECT_EQ(actions[0]["ConditionCheck"]["Key"]["id"]["S"], "p|q\"\\\n");
  EXPECT_EQ(actions[1]["Put"]["ExpressionAttributeNames"]["#m"], "odd \"name\"\n");
  EXPECT_EQ(actions[1]["Put"]["Item"]["odd \"name\"\n"]["S"], kV5);
}

TEST(ItemActions, AreThoseOfATransaction) {
  Commits commits;
  commits.put("a", 3);
  std::string expected = actions_text(commits);
  commits.remove("b", 5);
  expected += "," + actions_text(commits);
  EXPECT_EQ(transact_request(commits.list(), "ledger", "t", Capacity::kUntold, "streamonce"),
            R"({"ClientRequestToken":"t","TransactItems":[)" + expected + "]}");
}

TEST(ItemActions, AChangeOfWhatIsThereIsOnePut) {
  Commits commits;
  commits.put("a", 5, R"({"pk":{"S":"a"}, "n":{"N":"1.50"}})");
  const std::string start =
      R"({"TableName":"items","Item":{"streamonce":{"S":")" + kV5 +
      R"("},"pk":{"S":"a"}, "n":{"N":"1.50"}},"ConditionExpression":"#m < :v",)"
      R"("ExpressionAttributeNames":{"#m":"streamonce"},)"
      R"("ExpressionAttributeValues":{":v":{"S":")" +
      kV5 + R"("}},)" + kTellOld;
  const Commit& commit = commits.all().back();
  EXPECT_EQ(put_request(commit, "streamonce", /*tells_capacity=*/false), start + "}");
  EXPECT_EQ(put_request(commit, "streamonce", /*tells_capacity=*/true),
            start + R"(,"ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_TRUE(json::accept(put_request(commit, "odd \"name\"\n", /*tells_capacity=*/true)));
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
