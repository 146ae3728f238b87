// Items of DynamoDB's tables, read from DynamoDB Local over loopback.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_digest.h"
#include "handler/items/dynamodb/dynamodb_item_reader.h"
#include "runtime/aws/dynamodb_names.h"
#include "runtime/http/curl_transport.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/patient_transport.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;

constexpr int kItems = 600;
constexpr std::string_view kTable = "items";

json item_of(int number) {
  return {{"pk", {{"S", "p" + std::to_string(number % 50)}}},
          {"sk", {{"N", std::to_string(number) + ".50"}}},
          {"text", {{"S", std::string(4'000, 'x') + "\n\"\xC3\xA9"}}},
          {"set", {{"NS", {"3", "1E2", "2"}}}}};
}

class ItemsOnDynamoDbLocal : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = testing::DynamoDbLocal::start();
    ASSERT_TRUE(started) << started.error().message;
    server = *std::move(started);
    testing::DynamoDbClient client(server->endpoint_url());
    client.create_table(std::string(kTable), {.key = {{"pk", "S"}, {"sk", "N"}}});
    for (int first = 0; first < kItems; first += 25) {
      json puts = json::array();
      for (int i = first; i < first + 25; ++i)
        puts.push_back({{"PutRequest", {{"Item", item_of(i)}}}});
      ASSERT_TRUE(client.call("BatchWriteItem", {{"RequestItems", {{kTable, puts}}}}));
    }
  }
  static void TearDownTestSuite() { server.reset(); }

  SteadyTime soon() { return clock_.steady_now() + std::chrono::seconds(300); }

  /// How often each item came, by its sort key.
  std::map<std::string, int> walk(std::uint32_t segments) {
    std::vector<std::unique_ptr<ItemScan>> scans;
    for (std::uint32_t i = 0; i < segments; ++i)
      scans.push_back(reader_.scan(std::string(kTable), {.number = i, .count = segments},
                                   Consistency::kStrong));
    std::map<std::string, int> times;
    std::vector<std::string_view> items;
    while (!scans.empty()) {  // a page of each in turns
      for (std::size_t i = scans.size(); i > 0; --i) {
        const auto more = scans[i - 1]->next(items, soon());
        EXPECT_TRUE(more) << more.error().message;
        if (!more || !*more) scans.erase(scans.begin() + static_cast<std::ptrdiff_t>(i - 1));
        pages_ += more && *more ? 1 : 0;
        for (const std::string_view item : items) ++times[json::parse(item)["sk"]["N"]];
      }
    }
    return times;
  }
  std::vector<events::ItemKey> keys(int first, int end) {
    std::vector<events::ItemKey> all;
    for (int i = first; i < end; ++i) {
      events::ItemKey& key = all.emplace_back();
      EXPECT_TRUE(key.add({.name = "pk",
                           .type = events::KeyType::kString,
                           .value = texts_.emplace_back("p" + std::to_string(i % 50))}));
      EXPECT_TRUE(key.add({.name = "sk",
                           .type = events::KeyType::kNumber,
                           .value = texts_.emplace_back(std::to_string(i * 10 + 5) + "E-1")}));
    }
    return all;
  }

  static std::unique_ptr<testing::DynamoDbLocal> server;
  SystemClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
  DynamoDbItemReader reader_{
      {.service = aws::kDynamoDb,
       .region = aws::Region::parse("eu-west-1").value(),
       .url = server->endpoint_url() + "/",
       .credentials = testing::credentials("key", "secret"),
       .random_seed = 1},
      std::make_unique<testing::PatientTransport>(runtime::make_curl_transport(
          {.ca_bundle_path = "", .user_agent = "streamonce-tests"}, clock_)),
      clock_,
      logger_};
  std::deque<std::string> texts_;
  int pages_ = 0;
};

std::unique_ptr<testing::DynamoDbLocal> ItemsOnDynamoDbLocal::server;

TEST_F(ItemsOnDynamoDbLocal, ComeOnceInEachWalkWhateverItsSegments) {
  for (const std::uint32_t segments : {1U, 4U}) {
    const std::map<std::string, int> times = walk(segments);
    EXPECT_EQ(times.size(), std::size_t{kItems}) << segments;
    for (const auto& [key, count] : times) EXPECT_EQ(count, 1) << key;
  }
  EXPECT_GT(pages_, 6) << "a page has 1 MB";
  EXPECT_GT(reader_.read_units(), 0);
}

TEST_F(ItemsOnDynamoDbLocal, AreReadByTheirKeysWhicheverOfThemAreThere) {
  const std::vector<events::ItemKey> wanted = keys(kItems - 200, kItems + 50);
  const auto found = reader_.read(kTable, wanted, Consistency::kStrong, soon());
  ASSERT_EQ(found.size(), 250U);
  events::ItemDigester digester;
  for (int i = 0; i < 250; ++i) {
    const auto& item = found[static_cast<std::size_t>(i)];
    ASSERT_TRUE(item) << item.error().message;
    EXPECT_EQ(item->empty(), i >= 200) << i;
    if (item->empty()) continue;
    EXPECT_EQ(digester.digest_of(*item).value(),
              digester.digest_of(item_of(kItems - 200 + i).dump()).value());
  }
  EXPECT_GT(reader_.read_units(), 0);
}

TEST_F(ItemsOnDynamoDbLocal, AreReadWhileAWalkIsUnderWay) {
  const auto scan = reader_.scan(std::string(kTable), {}, Consistency::kEventual);
  std::vector<std::string_view> items;
  std::size_t count = 0;
  while (*scan->next(items, soon())) {
    count += items.size();
    const std::string first(items.empty() ? "" : items.front());
    EXPECT_EQ(reader_.read(kTable, keys(0, 3), Consistency::kEventual, soon()).size(), 3U);
    if (!items.empty()) EXPECT_EQ(first, items.front()) << "the page's texts are gone";
  }
  EXPECT_EQ(count, std::size_t{kItems});
}

TEST_F(ItemsOnDynamoDbLocal, AreNotReadOfATableThatIsNotThere) {
  std::vector<std::string_view> items;
  const auto scan = reader_.scan("absent", {}, Consistency::kEventual);
  const auto found = scan->next(items, soon());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kRejected);
  const auto read = reader_.read("absent", keys(0, 1), Consistency::kEventual, soon());
  ASSERT_FALSE(read[0]);
  EXPECT_EQ(read[0].error().code, ErrorCode::kRejected);
}

TEST_F(ItemsOnDynamoDbLocal, AreReadThoughAKeyAmongTheirsIsInvalid) {
  std::vector<events::ItemKey> wanted = keys(0, 20);
  const std::string long_key(3'000, 'k');
  events::ItemKey key;
  ASSERT_TRUE(key.add({.name = "pk", .type = events::KeyType::kString, .value = long_key}));
  ASSERT_TRUE(key.add({.name = "sk", .type = events::KeyType::kNumber, .value = "1"}));
  wanted.insert(wanted.begin() + 7, key);
  const auto found = reader_.read(kTable, wanted, Consistency::kStrong, soon());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].has_value(), i != 7) << i;
    if (found[i]) EXPECT_FALSE(found[i]->empty()) << i;
  }
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
