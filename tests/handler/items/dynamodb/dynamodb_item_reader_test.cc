#include "handler/items/dynamodb/dynamodb_item_reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/aws/dynamodb_names.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Texts = std::vector<std::string>;

class DynamoDbItemReaderTest : public ::testing::Test {
 protected:
  DynamoDbItemReaderTest() {
    auto transport = std::make_unique<testing::FakeTransport>();
    transport_ = transport.get();
    reader_ = std::make_unique<DynamoDbItemReader>(
        aws::ServiceOptions{.service = aws::kDynamoDb,
                            .region = aws::Region::parse("eu-west-1").value(),
                            .url = "https://dynamodb.eu-west-1.amazonaws.com/",
                            .credentials = testing::credentials("AKID", "SECRET"),
                            .random_seed = 1},
        std::move(transport), clock_, logger_);
  }

  void expect(Result<runtime::HttpResponse> result) {
    transport_->expect(runtime::HttpMethod::kPost, "https://dynamodb.eu-west-1.amazonaws.com/",
                       std::move(result));
  }
  void expect(int status, const json& body) {
    expect(runtime::HttpResponse{.status = status, .headers = {}, .body = body.dump()});
  }
  void expect_too_large() { expect(Error{ErrorCode::kTooLarge, "the body is over its bound"}); }
  void expect_error(const std::string& code) {
    expect(400, {{"__type", "com.amazonaws.dynamodb.v20120810#" + code}, {"message", "no"}});
  }
  /// Expects a request for items by their keys, to be answered with these.
  void expect_items(const std::vector<json>& items, const std::vector<json>& unread = {}) {
    json body = {{"Responses", {{"t", items}}},
                 {"UnprocessedKeys", json::object()},
                 {"ConsumedCapacity", {{{"TableName", "t"}, {"CapacityUnits", 0.5}}}}};
    if (!unread.empty()) body["UnprocessedKeys"]["t"]["Keys"] = unread;
    expect(200, body);
  }
  void expect_page(const std::vector<json>& items, const json& last = {}) {
    json body = {{"Items", items}, {"ConsumedCapacity", {{"CapacityUnits", 2.0}}}};
    if (!last.is_null()) body["LastEvaluatedKey"] = last;
    expect(200, body);
  }

  const events::ItemKey& key(const std::string& value, events::KeyType type) {
    events::ItemKey key;
    texts_.push_back(value);
    EXPECT_TRUE(key.add({.name = "id", .type = type, .value = texts_.back()}));
    return keys_.emplace_back(key);
  }
  /// Reads the items that have these strings for keys: texts, or `error: ` and the message.
  Texts read(const Texts& ids, milliseconds time = seconds(60)) {
    std::vector<events::ItemKey> keys;
    for (const std::string& id : ids) keys.push_back(key(id, events::KeyType::kString));
    return read_keys(keys, time);
  }
  Texts read_keys(const std::vector<events::ItemKey>& keys, milliseconds time = seconds(60)) {
    Texts texts;
    for (const auto& result :
         reader_->read("t", keys, Consistency::kStrong, clock_.steady_now() + time))
      texts.push_back(result ? std::string(*result) : "error: " + result.error().message);
    return texts;
  }
  static Texts numbered(int count) {
    Texts ids;
    for (int i = 0; i < count; ++i) ids.push_back("k" + std::to_string(i));
    return ids;
  }
  /// The page, or one text `error: ` and its message, or `end`.
  Texts next(ItemScan& scan, milliseconds time = seconds(60)) {
    std::vector<std::string_view> items;
    const auto found = scan.next(items, clock_.steady_now() + time);
    if (!found) return {"error: " + found.error().message};
    if (!*found) return {"end"};
    return Texts(items.begin(), items.end());
  }
  json request(std::size_t place) const {
    return json::parse(transport_->requests().at(place).body);
  }
  /// How many keys each request asked for.
  std::vector<std::size_t> asked() const {
    std::vector<std::size_t> counts;
    for (std::size_t i = 0; i < transport_->requests().size(); ++i)
      counts.push_back(request(i)["RequestItems"]["t"]["Keys"].size());
    return counts;
  }

  testing::FakeClock clock_;
  testing::FakeTransport* transport_ = nullptr;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
  std::unique_ptr<DynamoDbItemReader> reader_;
  std::deque<std::string> texts_;
  std::deque<events::ItemKey> keys_;
};

json item(const std::string& id) {
  return {{"id", {{"S", id}}}, {"x", {{"L", {{{"BOOL", true}}}}}}};
}
json key_of(const std::string& id) {
  return {{"id", {{"S", id}}}};
}
std::vector<json> items(const Texts& ids) {
  std::vector<json> all;
  for (const std::string& id : ids) all.push_back(item(id));
  return all;
}

TEST_F(DynamoDbItemReaderTest, ReadsItemsByTheirKeysInAnyOrder) {
  expect_items({item("c"), item("a")});
  EXPECT_EQ(read({"a", "b", "c"}), (Texts{item("a").dump(), "", item("c").dump()}));
  EXPECT_EQ(request(0), json::parse(R"({"RequestItems":{"t":{"ConsistentRead":true,
      "Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}},{"id":{"S":"c"}}]}},
      "ReturnConsumedCapacity":"TOTAL"})"));
  EXPECT_EQ(reader_->read_units(), 0.5);
  expect_items({item("a")});
  const std::vector<events::ItemKey> keys = {key("a", events::KeyType::kString)};
  EXPECT_TRUE(
      reader_->read("t", keys, Consistency::kEventual, clock_.steady_now() + seconds(9))[0]);
  EXPECT_FALSE(request(1)["RequestItems"]["t"].contains("ConsistentRead"));
  EXPECT_EQ(read({}), Texts{});
  EXPECT_TRUE(transport_->done());
}

TEST_F(DynamoDbItemReaderTest, KnowsANumberInEachSpelling) {
  const json hundred = {{"id", {{"N", "1E2"}}}};
  expect_items({{{"id", {{"N", "-0.50"}}}}, hundred});
  EXPECT_EQ(read_keys({key("100.0", events::KeyType::kNumber), key("-.5", events::KeyType::kNumber),
                       key("7", events::KeyType::kNumber)}),
            (Texts{hundred.dump(), R"({"id":{"N":"-0.50"}})", ""}));
}

TEST_F(DynamoDbItemReaderTest, TakesNoItemThatWasNotAskedForOrComesTwice) {
  const std::string wrong = "error: table t: not an answer to BatchGetItem";
  for (const std::vector<json>& answer :
       std::vector<std::vector<json>>{{item("a"), item("b"), item("a")},
                                      {item("z")},
                                      {{{"id", {{"N", "1"}}}}},
                                      {{{"x", {{"S", "a"}}}}}}) {
    expect_items(answer);
    EXPECT_EQ(read({"a", "b"}), (Texts{wrong, wrong}));
  }
  expect_items({item("a")}, {key_of("a")});
  EXPECT_EQ(read({"a", "b"}), (Texts{wrong, wrong}));
}

TEST_F(DynamoDbItemReaderTest, AsksForAHundredAtOnce) {
  const Texts ids = numbered(250);
  const Texts first(ids.begin(), ids.begin() + 100);
  const Texts second(ids.begin() + 100, ids.begin() + 200);
  const Texts third(ids.begin() + 200, ids.end());
  for (const Texts& part : {first, second, third}) expect_items(items(part));
  const Texts found = read(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(found[i], item(ids[i]).dump());
  EXPECT_EQ(asked(), (std::vector<std::size_t>{100, 100, 50}));
}

TEST_F(DynamoDbItemReaderTest, AsksAgainForWhatWasLeftUnread) {
  expect_items({item("a")}, {key_of("c"), key_of("b")});
  expect_items({}, {key_of("b"), key_of("c")});
  expect_items({item("c")});
  const SteadyTime start = clock_.steady_now();
  EXPECT_EQ(read({"a", "b", "c"}), (Texts{item("a").dump(), "", item("c").dump()}));
  EXPECT_GT(clock_.steady_now(), start) << "no pause";
  EXPECT_EQ(asked(), (std::vector<std::size_t>{3, 2, 2}));
}

TEST_F(DynamoDbItemReaderTest, SaysSoWhereATableIsThrottledUntilTheDeadline) {
  expect_items({item("a")}, {key_of("b")});
  for (int i = 0; i < 100; ++i) expect_items({}, {key_of("b")});
  const SteadyTime start = clock_.steady_now();
  const Texts found = read({"a", "b"}, seconds(3));
  EXPECT_LE(clock_.steady_now(), start + seconds(3));
  EXPECT_EQ(found[0], item("a").dump());
  EXPECT_TRUE(found[1].starts_with("error: ")) << found[1];
  EXPECT_NE(found[1].find("the table is throttled"), std::string::npos) << found[1];
}

TEST_F(DynamoDbItemReaderTest, AsksForFewerWhereAnAnswerIsTooLargeAndForMoreAgain) {
  expect_too_large();
  expect_items(items({"k0", "k1"}));
  expect_items(items({"k2", "k3"}));
  const Texts ids = numbered(4);
  EXPECT_EQ(read(ids),
            (Texts{item("k0").dump(), item("k1").dump(), item("k2").dump(), item("k3").dump()}));
  expect_items(items({"k0", "k1", "k2"}));
  expect_items(items({"k3"}));
  read(ids);
  expect_items(items(ids));
  read(ids);
  EXPECT_EQ(asked(), (std::vector<std::size_t>{4, 2, 2, 3, 1, 4}));
}

TEST_F(DynamoDbItemReaderTest, FailsTheOneItemThatIsTooLargeByItself) {
  expect_too_large();
  expect_too_large();
  expect_items({item("b")});
  const Texts found = read({"a", "b"});
  EXPECT_TRUE(found[0].starts_with("error: ")) << found[0];
  EXPECT_EQ(found[1], item("b").dump());
}

TEST_F(DynamoDbItemReaderTest, FindsTheKeyThatIsInvalidByHalves) {
  expect_error("ValidationException");
  expect_items({item("a"), item("b")});
  expect_error("ValidationException");
  expect_error("ValidationException");
  expect_items({item("d")});
  const Texts found = read({"a", "b", "c", "d"});
  EXPECT_EQ(found[0], item("a").dump());
  EXPECT_EQ(found[1], item("b").dump());
  EXPECT_TRUE(found[2].starts_with("error: BatchGetItem of table t: ")) << found[2];
  EXPECT_EQ(found[3], item("d").dump());
}

TEST_F(DynamoDbItemReaderTest, GivesUpOnceWhereTheTableIsToBlame) {
  for (int i = 0; i < 4; ++i) expect_error("ResourceNotFoundException");
  const auto found = read(numbered(1000));
  EXPECT_EQ(transport_->requests().size(), kBatchRequestsMax);
  for (const std::string& text : found)
    EXPECT_TRUE(text.starts_with("error: table t was not found")) << text;
}

TEST_F(DynamoDbItemReaderTest, BelievesAfterSomeInvalidKeysThatAllAre) {
  for (int i = 0; i < 40; ++i) expect_error("ValidationException");
  const auto found = read(numbered(64));
  for (const std::string& text : found) EXPECT_TRUE(text.starts_with("error: ")) << text;
  EXPECT_LE(transport_->requests().size(), 32U);
}

TEST_F(DynamoDbItemReaderTest, WalksThroughATableAndAsksForThePageBehind) {
  expect_page(items({"a", "b"}), key_of("b"));
  expect_page({}, key_of("c"));
  expect_page(items({"d"}));
  const auto scan = reader_->scan("t", {}, Consistency::kStrong);
  EXPECT_TRUE(transport_->requests().empty());
  EXPECT_EQ(next(*scan), (Texts{item("a").dump(), item("b").dump()}));
  EXPECT_EQ(transport_->requests().size(), 2U) << "the page behind is not on its way";
  EXPECT_EQ(next(*scan), Texts{});
  EXPECT_EQ(next(*scan), Texts{item("d").dump()});
  EXPECT_EQ(next(*scan), Texts{"end"});
  EXPECT_EQ(next(*scan), Texts{"end"});
  EXPECT_EQ(request(0), json::parse(R"({"TableName":"t","ConsistentRead":true,
                                        "ReturnConsumedCapacity":"TOTAL"})"));
  EXPECT_EQ(request(1)["ExclusiveStartKey"], key_of("b"));
  EXPECT_EQ(request(2)["ExclusiveStartKey"], key_of("c"));
  EXPECT_EQ(reader_->read_units(), 6.0);
  EXPECT_TRUE(transport_->done());
}

TEST_F(DynamoDbItemReaderTest, WalksThroughSegmentsBesideEachOtherAndReads) {
  const auto first = reader_->scan("t", {.number = 0, .count = 2}, Consistency::kEventual);
  auto second = reader_->scan("t", {.number = 1, .count = 2}, Consistency::kEventual);
  expect_page(items({"a"}), key_of("a"));
  expect_page(items({"b"}), key_of("b"));
  EXPECT_EQ(next(*first), Texts{item("a").dump()});
  expect_page(items({"c"}), key_of("c"));
  expect_page(items({"d"}), key_of("d"));
  EXPECT_EQ(next(*second), Texts{item("c").dump()});
  expect_items({item("x")});
  EXPECT_EQ(read({"x"}), Texts{item("x").dump()});
  second.reset();  // with a page that nobody takes
  expect_page({});
  EXPECT_EQ(next(*first), Texts{item("b").dump()});
  EXPECT_EQ(next(*first), Texts{});
  EXPECT_EQ(next(*first), Texts{"end"});
  EXPECT_EQ(request(0)["Segment"], 0);
  EXPECT_EQ(request(2)["Segment"], 1);
  EXPECT_EQ(request(2)["TotalSegments"], 2);
  EXPECT_FALSE(request(2).contains("ConsistentRead"));
  EXPECT_TRUE(transport_->done());
}

TEST_F(DynamoDbItemReaderTest, AsksForASmallerPageWhereOneIsTooLarge) {
  expect_too_large();
  expect_too_large();
  expect_page(items({"a"}), key_of("a"));
  expect_page(items({"b"}));
  const auto scan = reader_->scan("t", {}, Consistency::kEventual);
  EXPECT_EQ(next(*scan), Texts{item("a").dump()});
  EXPECT_EQ(next(*scan), Texts{item("b").dump()});
  EXPECT_FALSE(request(0).contains("Limit"));
  EXPECT_EQ(request(1)["Limit"], 1000);
  EXPECT_EQ(request(2)["Limit"], 500);
  EXPECT_EQ(request(3)["Limit"], 626) << "it does not grow again";
}

TEST_F(DynamoDbItemReaderTest, EndsWhereOneItemIsTooLarge) {
  const auto scan = reader_->scan("t", {}, Consistency::kEventual);
  for (int i = 0; i < 11; ++i) expect_too_large();
  EXPECT_TRUE(next(*scan)[0].starts_with("error: Scan of table t: "));
}

TEST_F(DynamoDbItemReaderTest, AsksForTheSamePageAgainAfterAnError) {
  expect_page(items({"a"}), key_of("a"));
  expect_error("AccessDeniedException");
  const auto scan = reader_->scan("t", {}, Consistency::kEventual);
  EXPECT_EQ(next(*scan), Texts{item("a").dump()});
  EXPECT_TRUE(next(*scan)[0].starts_with("error: Scan of table t: AccessDenied"));
  expect(200, {{"Items", {7}}});
  EXPECT_EQ(next(*scan), Texts{"error: table t: Scan: the answer is no page of items"});
  expect_page(items({"b"}));
  EXPECT_EQ(next(*scan), Texts{item("b").dump()});
  EXPECT_EQ(next(*scan), Texts{"end"});
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(request(i)["ExclusiveStartKey"], key_of("a"));
}

TEST_F(DynamoDbItemReaderTest, AsksAgainWhereTheTimeOfAnEarlierCallRanOut) {
  expect_page(items({"a"}), key_of("a"));
  expect(503, {});
  const auto scan = reader_->scan("t", {}, Consistency::kEventual);
  EXPECT_EQ(next(*scan, seconds(1)), Texts{item("a").dump()});
  clock_.sleep_for(seconds(5));
  expect_page(items({"b"}));
  EXPECT_EQ(next(*scan), Texts{item("b").dump()});
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
