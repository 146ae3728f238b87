// What answers to transactions say of commits whose marks are in the items.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "handler/targets/dynamodb/transact_response.h"
#include "tests/handler/targets/dynamodb/commits.h"

namespace streamonce::handler::dynamodb {
namespace {

constexpr const char* kMarkAttribute = "streamonce";
const std::string kGood = R"({"Code":"None"})";
const std::string kOngoing =
    R"({"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"})";
const std::string kMistyped = R"({"Code":"ValidationError","Message":"Type mismatch for key"})";

std::string text_of_version(std::uint64_t number) {
  return std::string(version_of(number).text());
}

/// The reason of a condition that has not held for `item`; empty: for none.
std::string unmet(const std::string& item = {}) {
  return R"({"Code":"ConditionalCheckFailed","Message":"The conditional request failed")" +
         (item.empty() ? "" : R"(,"Item":)" + item) + "}";
}

std::string entry(std::uint64_t number, const std::string& nonce = {}) {
  return R"({"id":{"S":"p|a"},"op":{"S":"remove"},"v":{"S":")" + text_of_version(number) + "\"}" +
         (nonce.empty() ? "" : R"(,"r":{"S":")" + nonce + "\"}") + "}";
}

/// A row, with what an entry of the ledger would have too.
std::string row(const std::string& mark) {
  return R"({"pk":{"S":"a"},"v":{"S":")" + text_of_version(99) +
         R"("},"r":{"S":"x"},"streamonce":)" + R"({"S":")" + mark + "\"}}";
}

class ItemAnswersTest : public ::testing::Test {
 protected:
  /// The verdict on the last commit, of whose ledger's action and whose row's these are the
  /// reasons. Those before it are innocent.
  CommitVerdict verdict(const std::string& ledger, const std::string& of_row) {
    std::string reasons;
    for (std::size_t i = 1; i < commits_.all().size(); ++i) reasons += kGood + "," + kGood + ",";
    runtime::HttpResponse response{
        .status = 400,
        .headers = {},
        .body = R"({"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",)"
                R"("CancellationReasons":[)" +
                reasons + ledger + "," + of_row + "]}"};
    const auto list = commits_.list();
    Answer answer = reader_.read(std::move(response), list, {}, kMarkAttribute);
    EXPECT_EQ(answer.kind, AnswerKind::kCancelled) << answer.reason;
    if (answer.verdicts.size() != list.size()) return {};
    for (std::size_t i = 1; i < answer.verdicts.size(); ++i)
      EXPECT_EQ(answer.verdicts[i - 1].verdict, Verdict::kInnocent);
    return std::move(answer.verdicts.back());
  }

  /// Makes the last commit one that leaves the version as it is.
  void repair(const Mark* seen) {
    Commit& commit = commits_.all().back();
    commit.seen = Seen{.mark = seen};
    commit.nonce = "ours";
  }

  Commits commits_;
  AnswerReader reader_;
};

TEST_F(ItemAnswersTest, TheLedgerTellsOfWhatIsGone) {
  for (const bool removes : {false, true}) {
    removes ? commits_.remove("a", 5) : commits_.put("a", 5);
    EXPECT_EQ(verdict(unmet(entry(5)), kGood).verdict, Verdict::kAlreadyApplied);
    EXPECT_EQ(verdict(unmet(entry(6)), kGood).verdict, Verdict::kStale);
    EXPECT_EQ(verdict(unmet(entry(6, "left")), kGood).verdict, Verdict::kStale);
  }
}

TEST_F(ItemAnswersTest, TheRowTellsOfWhatIsThere) {
  for (const bool removes : {false, true}) {
    removes ? commits_.remove("a", 5) : commits_.put("a", 5);
    EXPECT_EQ(verdict(kGood, unmet(row(text_of_version(5)))).verdict, Verdict::kAlreadyApplied);
    EXPECT_EQ(verdict(kGood, unmet(row(text_of_version(5) + "#left"))).verdict,
              Verdict::kAlreadyApplied);
    EXPECT_EQ(verdict(kGood, unmet(row(text_of_version(6)))).verdict, Verdict::kStale);
  }
}

/// The ledger may have an older tombstone of an item that is there anew.
TEST_F(ItemAnswersTest, TheRowOutweighsAllThatIsInTheWayOfTheLedger) {
  commits_.put("a", 5);
  for (const std::string& ledger : {kGood, kOngoing, unmet(entry(5))})
    EXPECT_EQ(verdict(ledger, unmet(row(text_of_version(6)))).verdict, Verdict::kStale) << ledger;
}

TEST_F(ItemAnswersTest, WhatTheLedgerTellsOutweighsTroubleWithTheRow) {
  commits_.put("a", 5);
  for (const std::string& of_row : {kOngoing, kMistyped, unmet(row("no version"))})
    EXPECT_EQ(verdict(unmet(entry(6)), of_row).verdict, Verdict::kStale) << of_row;
}

TEST_F(ItemAnswersTest, TellsOfARowThatSomebodyElseHasWritten) {
  commits_.put("a", 5);
  for (const std::string& item :
       {row("no version"), std::string(R"({"pk":{"S":"a"},"streamonce":{"N":"5"}})"),
        std::string(R"({"pk":{"S":"a"}})")}) {
    const CommitVerdict found = verdict(kGood, unmet(item));
    EXPECT_EQ(found.verdict, Verdict::kFailed) << item;
    EXPECT_EQ(found.write, commits_.all().front().writes.data()) << item;
    EXPECT_NE(found.reason.find("streamonce"), std::string::npos) << found.reason;
  }
}

TEST_F(ItemAnswersTest, TroubleThatPassesIsTriedAgain) {
  commits_.put("before", 5);
  commits_.put("a", 5);
  for (const auto& [ledger, of_row] : {std::pair(kOngoing, kGood), std::pair(kGood, kOngoing)}) {
    const CommitVerdict found = verdict(ledger, of_row);
    EXPECT_EQ(found.verdict, Verdict::kRetry);
    EXPECT_EQ(found.trouble, aws::Trouble::kConflict);
  }
  EXPECT_EQ(verdict(kGood, kMistyped).verdict, Verdict::kFailed);
  EXPECT_EQ(verdict(kGood, kGood).verdict, Verdict::kInnocent);
}

TEST_F(ItemAnswersTest, ARepairFindsWhatHasChanged) {
  const Mark in_item{.version = version_of(5), .is_in_item = true};
  const Mark removed{.version = version_of(5)};
  commits_.put("a", 5);
  repair(&in_item);
  EXPECT_EQ(verdict(kGood, unmet(row(text_of_version(6)))).verdict, Verdict::kChanged);
  EXPECT_EQ(verdict(kGood, unmet(row(text_of_version(5) + "#theirs"))).verdict, Verdict::kChanged);
  EXPECT_EQ(verdict(kGood, unmet()).verdict, Verdict::kChanged);
  EXPECT_EQ(verdict(unmet(entry(6)), unmet()).verdict, Verdict::kChanged);
  repair(&removed);
  EXPECT_EQ(verdict(unmet(entry(6)), kGood).verdict, Verdict::kChanged);
  EXPECT_EQ(verdict(unmet(entry(5, "theirs")), kGood).verdict, Verdict::kChanged);
  EXPECT_EQ(verdict(kGood, unmet(row(text_of_version(6)))).verdict, Verdict::kChanged);
}

TEST_F(ItemAnswersTest, ARepairKnowsItsOwnLostAttempt) {
  const Mark in_item{.version = version_of(5), .is_in_item = true};
  const Mark removed{.version = version_of(5)};
  commits_.put("a", 5);
  for (const Mark* seen : {&in_item, &removed}) {
    repair(seen);
    EXPECT_EQ(verdict(kGood, unmet(row(text_of_version(5) + "#ours"))).verdict,
              Verdict::kAlreadyApplied);
  }
  commits_.remove("a", 5);
  repair(&removed);
  EXPECT_EQ(verdict(unmet(entry(5, "ours")), kGood).verdict, Verdict::kAlreadyApplied);
  repair(&in_item);
  EXPECT_EQ(verdict(kGood, unmet()).verdict, Verdict::kChanged) << "what was seen is gone";
  EXPECT_EQ(verdict(unmet(entry(5, "ours")), unmet()).verdict, Verdict::kAlreadyApplied);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
