// The bytes of a mirror's requests, recorded once: a mirror goes on sending exactly these, whatever
// else a commit learns to say. A change of them would be a change for every user.

#include <gtest/gtest.h>

#include <limits>

#include "handler/targets/dynamodb/transact_request.h"
#include "tests/handler/targets/dynamodb/commits.h"

namespace streamonce::handler::dynamodb {
namespace {

constexpr const char* kPut =
    R"~({"Put":{"TableName":"odd \"ledger\"","Item":{"id":{"S":"p|plain"},"v":{"S":"2026-11-)~"
    R"~(21T00:44:22.580/0000000000000000000000000000000000000202"},"op":{"S":"put"},"at":{"N)~"
    R"~(":"1700000000"}},"ConditionExpression":"attribute_not_exists(v) OR v < :v","Expressi)~"
    R"~(onAttributeValues":{":v":{"S":"2026-11-21T00:44:22.580/00000000000000000000000000000)~"
    R"~(00000000202"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},{"Put":{"TableName")~"
    R"~(:"Orders_copy-2.x","Item":{"pk":{"S":"plain"}, "n":{"N":"1.50"}}}})~";

constexpr const char* kRemoval =
    R"~({"Put":{"TableName":"odd \"ledger\"","Item":{"id":{"S":"p|gone"},"v":{"S":"2026-11-2)~"
    R"~(1T00:44:22.580/0000000000000000000000000000000000000007"},"op":{"S":"remove"}},"Cond)~"
    R"~(itionExpression":"attribute_not_exists(v) OR v < :v","ExpressionAttributeValues":{":)~"
    R"~(v":{"S":"2026-11-21T00:44:22.580/0000000000000000000000000000000000000007"}},"Return)~"
    R"~(ValuesOnConditionCheckFailure":"ALL_OLD"}},{"Delete":{"TableName":"Orders_copy-2.x",)~"
    R"~("Key":{"pk":{"S":"gone"}}}})~";

constexpr const char* kOdd =
    R"~({"Put":{"TableName":"odd \"ledger\"","Item":{"id":{"S":"p|q\"\\\n\u0001/"},"v":{"S":)~"
    R"~("2026-11-21T00:44:22.580/0000000000000000000000000000000000000001"},"op":{"S":"put"})~"
    R"~(,"at":{"N":"0"}},"ConditionExpression":"attribute_not_exists(v) OR v < :v","Expressi)~"
    R"~(onAttributeValues":{":v":{"S":"2026-11-21T00:44:22.580/00000000000000000000000000000)~"
    R"~(00000000001"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},{"Put":{"TableName")~"
    R"~(:"Orders_copy-2.x","Item":{"pk":{"S":"\u00e9\n"},"l":{"L":[{"NULL":true}]}}}},{"Put")~"
    R"~(:{"TableName":"odd \"ledger\"","Item":{"id":{"S":"p|)~"
    "\xC3\xA9"
    R"~(|2:idS1:a"},"v":{"S":"2026-11-21T00:44:22.580/00000000000000000000000000000044444444)~"
    R"~(44"},"op":{"S":"put"},"at":{"N":"1700000000"},"ttl":{"N":"9223372036854775807"}},"Co)~"
    R"~(nditionExpression":"attribute_not_exists(v) OR v < :v","ExpressionAttributeValues":{)~"
    R"~(":v":{"S":"2026-11-21T00:44:22.580/0000000000000000000000000000004444444444"}},"Retu)~"
    R"~(rnValuesOnConditionCheckFailure":"ALL_OLD"}},{"Put":{"TableName":"Orders_copy-2.x",")~"
    R"~(Item":{"pk":{"S":")~"
    "\xC3\xA9"
    R"~(|2:idS1:a"}}}})~";

constexpr const char* kExpiring =
    R"~({"Put":{"TableName":"odd \"ledger\"","Item":{"id":{"S":"p|expiring"},"v":{"S":"2026-)~"
    R"~(11-22T09:00:00.000/0000000000000000000000000000000000000009"},"op":{"S":"remove"},"a)~"
    R"~(t":{"N":"-1"},"ttl":{"N":"1800000000"}},"ConditionExpression":"attribute_not_exists()~"
    R"~(v) OR v < :v","ExpressionAttributeValues":{":v":{"S":"2026-11-22T09:00:00.000/000000)~"
    R"~(0000000000000000000000000000000009"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD)~"
    R"~("}},{"Delete":{"TableName":"Orders_copy-2.x","Key":{"pk":{"S":"expiring"}}}})~";

/// The commits that the recorded requests are of.
class Recorded {
 public:
  Recorded() {
    commits_.table = "Orders_copy-2.x";
    commits_.put("plain", 202, R"({"pk":{"S":"plain"}, "n":{"N":"1.50"}})");
    commits_.remove("gone", 7);
    commits_.put("q\"\\\n\x01/", 1, R"({"pk":{"S":"\u00e9\n"},"l":{"L":[{"NULL":true}]}})");
    commits_.put("\xC3\xA9|2:idS1:a", 4'444'444'444);
    commits_.remove("expiring", 9);
    std::vector<Commit>& all = commits_.all();
    all[1].at.reset();
    all[2].at = 0;
    all[3].ttl = std::numeric_limits<std::int64_t>::max();
    all[4].at = -1;
    all[4].ttl = 1'800'000'000;
    all[4].version = version_of(9, "2026-11-22T09:00:00.000");
  }

  std::string request(std::size_t first, std::size_t count, Capacity capacity = Capacity::kUntold) {
    const std::vector<const Commit*> list = commits_.list();
    return transact_request(std::span(list).subspan(first, count), kLedger, "0123456789abcdef",
                            capacity);
  }

 private:
  static constexpr std::string_view kLedger = "odd \"ledger\"";
  Commits commits_;
};

std::string request_of(const std::vector<std::string>& actions) {
  std::string body = R"({"ClientRequestToken":"0123456789abcdef","TransactItems":[)";
  for (const std::string& each : actions) body += (&each == actions.data() ? "" : ",") + each;
  return body + "]}";
}

TEST(GoldenRequest, OfAPut) {
  EXPECT_EQ(Recorded().request(0, 1), request_of({kPut}));
}

TEST(GoldenRequest, OfARemoval) {
  EXPECT_EQ(Recorded().request(1, 1), request_of({kRemoval}));
}

TEST(GoldenRequest, OfOddNames) {
  EXPECT_EQ(Recorded().request(2, 2), request_of({kOdd}));
}

TEST(GoldenRequest, OfAMarkThatMayExpire) {
  EXPECT_EQ(Recorded().request(4, 1), request_of({kExpiring}));
}

TEST(GoldenRequest, OfAWholePack) {
  EXPECT_EQ(Recorded().request(0, 5), request_of({kPut, kRemoval, kOdd, kExpiring}));
}

/// What the answer is to tell is asked for in one member more, and in nothing else.
TEST(GoldenRequest, OfOneThatTellsItsCapacity) {
  Recorded recorded;
  std::string expected = recorded.request(0, 5);
  const std::string before = R"("TransactItems")";
  expected.insert(expected.find(before), R"("ReturnConsumedCapacity":"TOTAL",)");
  EXPECT_EQ(recorded.request(0, 5, Capacity::kTold), expected);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
