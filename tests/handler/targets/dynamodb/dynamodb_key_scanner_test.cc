#include "handler/targets/dynamodb/dynamodb_key_scanner.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

class DynamoDbKeyScannerTest : public ::testing::Test {
 protected:
  DynamoDbKeyScannerTest() {
    DynamoDbOptions options;
    options.ledger_table = "ledger";
    options.region = "eu-west-1";
    options.credentials = testing::credentials("AKID", "SECRET");
    auto scanner = DynamoDbKeyScanner::create(options, transport_, clock_, logger_);
    EXPECT_TRUE(scanner);
    scanner_ = *std::move(scanner);
  }
  void expect(int status, const json& body) {
    transport_.expect(runtime::HttpMethod::kPost, "https://dynamodb.eu-west-1.amazonaws.com/",
                      runtime::HttpResponse{.status = status, .headers = {}, .body = body.dump()});
  }
  /// The next page; one text that begins with `error: ` if there is none.
  Texts next(KeyScan& scan, bool more = true) {
    Texts texts;
    const auto found = scan.next(texts, clock_.steady_now() + std::chrono::seconds(60));
    if (!found) return {"error: " + found.error().message};
    EXPECT_EQ(*found, more);
    return texts;
  }
  json request(std::size_t place) const {
    return json::parse(transport_.requests().at(place).body);
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
  std::unique_ptr<KeyScanner> scanner_;
};

TEST_F(DynamoDbKeyScannerTest, FollowsThePagesOfATable) {
  const json first = {{"id", {{"S", "a"}}}, {"sk", {{"N", "1"}}}};
  const json second = {{"id", {{"S", "b"}}}, {"sk", {{"N", "2"}}}};
  expect(200, {{"Items", {first}}, {"LastEvaluatedKey", first}});
  expect(200, {{"Items", json::array()}, {"LastEvaluatedKey", second}});
  expect(200, {{"Items", {second}}});
  const auto scan = scanner_->rows("copy", {"id", "sk"});
  EXPECT_EQ(next(*scan), Texts{first.dump()});
  EXPECT_EQ(next(*scan), Texts{});
  EXPECT_EQ(next(*scan), Texts{second.dump()});
  EXPECT_EQ(next(*scan, /*more=*/false), Texts{});
  EXPECT_TRUE(transport_.done());
  EXPECT_EQ(request(0)["TableName"], "copy");
  EXPECT_EQ(request(0)["ProjectionExpression"], "#0, #1");
  EXPECT_FALSE(request(0).contains("ExclusiveStartKey"));
  EXPECT_FALSE(request(0).contains("ConsistentRead"));
  EXPECT_EQ(request(1)["ExclusiveStartKey"], first);
  EXPECT_EQ(request(2)["ExclusiveStartKey"], second);
}

TEST_F(DynamoDbKeyScannerTest, AsksTheLedgerForOlderEntriesOnly) {
  expect(200,
         {{"Items", {{{"id", {{"S", "p|x\"\n"}}}, {"v", {{"S", "1"}}}}, {{"v", {{"S", "1"}}}}}}});
  const events::Version below("2026-11-21T00:44:22.579",
                              events::SequenceNumber::parse("7").value());
  const auto scan = scanner_->entries("p|", below);
  EXPECT_EQ(next(*scan), (Texts{"p|x\"\n", ""}));
  EXPECT_EQ(next(*scan, /*more=*/false), Texts{});
  const json body = request(0);
  EXPECT_EQ(body["TableName"], "ledger");
  EXPECT_EQ(body["FilterExpression"],
            "begins_with(#0, :p) AND #1 = :put AND (#2 < :v OR begins_with(#2, :r) AND #2 < :rv)");
  EXPECT_EQ(body["ExpressionAttributeNames"], json({{"#0", "id"}, {"#1", "op"}, {"#2", "v"}}));
  const std::string version(below.text());
  EXPECT_EQ(body["ExpressionAttributeValues"], json({{":p", {{"S", "p|"}}},
                                                     {":put", {{"S", "put"}}},
                                                     {":v", {{"S", version}}},
                                                     {":r", {{"S", "~"}}},
                                                     {":rv", {{"S", "~" + version}}}}));
}

TEST_F(DynamoDbKeyScannerTest, AsksTheLedgerForMarksOfASource) {
  expect(200, {{"Items", {{{"id", {{"S", "p|1/r/t|k"}}}}}}});
  EXPECT_EQ(next(*scanner_->marks_of("1/r/t")), Texts{"p|1/r/t|k"});
  EXPECT_EQ(request(0)["TableName"], "ledger");
  EXPECT_EQ(request(0)["FilterExpression"], "contains(#0, :s)");
  EXPECT_EQ(request(0)["ExpressionAttributeNames"], json({{"#0", "id"}}));
  EXPECT_EQ(request(0)["ExpressionAttributeValues"], json({{":s", {{"S", "|1/r/t|"}}}}));
}

TEST_F(DynamoDbKeyScannerTest, GivesEntriesWithContentWhole) {
  const std::string version(
      events::Version("2026-11-21T00:44:22.579", events::SequenceNumber::parse("7").value())
          .text());
  const auto entry = [](const char* id, const std::string& v, const char* nonce) {
    json item = {{"id", {{"S", id}}}, {"v", {{"S", v}}}, {"w", {{"S", "what"}}}};
    if (*nonce != '\0') item["r"] = {{"S", nonce}};
    return item;
  };
  const json behind = {{"id", {{"S", "p|a"}}}};
  expect(200, {{"Items", {entry("p|a", "~" + version, "n")}}, {"LastEvaluatedKey", behind}});
  expect(200, {{"Items", {entry("p|b", version, "")}}});
  const auto scan = scanner_->contents("p|");
  std::vector<LedgerEntry> page;
  const auto deadline = clock_.steady_now() + std::chrono::seconds(60);
  ASSERT_EQ(scan->next(page, deadline).value(), true);
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page[0].id, "p|a");
  EXPECT_EQ(page[0].mark.version.text(), version);
  EXPECT_EQ(page[0].mark.nonce, "n");
  EXPECT_EQ(page[0].mark.content, "what");
  EXPECT_EQ(request(0)["ConsistentRead"], true);
  // The second one's version does not tell of a content.
  const auto broken = scan->next(page, deadline);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::kProtocol);
  EXPECT_EQ(request(1)["ExclusiveStartKey"], behind);
}

TEST_F(DynamoDbKeyScannerTest, TellsWhyAPageCannotBeReadAndAsksForItAgain) {
  const json denied = {{"__type", "com.amazon.coral.service#AccessDeniedException"},
                       {"Message", "User is not authorized to perform: dynamodb:Scan"}};
  const json item = {{"id", {{"S", "a"}}}};
  expect(400, denied);
  expect(200, {{"Items", {item}}});
  const auto scan = scanner_->rows("copy", {"id"});
  const Texts refused = next(*scan);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_NE(refused[0].find("error: Scan of table copy: "), std::string::npos) << refused[0];
  EXPECT_EQ(next(*scan), Texts{item.dump()});
}

TEST_F(DynamoDbKeyScannerTest, NeedsOptionsAsATargetDoes) {
  EXPECT_FALSE(DynamoDbKeyScanner::create({}, transport_, clock_, logger_));
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
