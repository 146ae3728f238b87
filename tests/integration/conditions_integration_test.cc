// What a view's WHERE means, against what DynamoDB itself says: the same text as a PartiQL WHERE,
// and as a filter expression, over the same items.
//
// DynamoDB's two languages agree wherever both take a condition. What they refuse and a view takes
// is listed below and in ARCHITECTURE.md; anything else that differs fails here.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <memory_resource>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/views/derive.h"
#include "handler/views/rules/checker.h"
#include "tests/support/conditions.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"

namespace streamonce::handler::views {
namespace {

using nlohmann::json;
using streamonce::testing::DynamoDbClient;
using streamonce::testing::DynamoDbLocal;
using streamonce::testing::FilterExpression;

constexpr std::uint64_t kFirstSeed = 1;
constexpr std::size_t kConditions = 2000;
constexpr std::size_t kItems = 80;
constexpr const char* kTable = "conditions";
constexpr const char* kTableWithLiterals = "conditions_with_literals";

/// The keys of the items that a condition holds for, sorted; or why it was refused.
struct Verdict {
  std::vector<std::string> keys = {};
  std::string refusal = {};
};

Verdict verdict_of(const Result<json>& answer) {
  if (!answer) return {.keys = {}, .refusal = answer.error().message};
  Verdict verdict;
  EXPECT_FALSE(answer->contains("NextToken") || answer->contains("LastEvaluatedKey"));
  for (const json& item : answer->at("Items")) verdict.keys.push_back(item["pk"]["S"]);
  std::sort(verdict.keys.begin(), verdict.keys.end());
  return verdict;
}

/// Items in two tables of DynamoDB Local's, and as images of a stream. Nothing changes them.
class Conditions : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = DynamoDbLocal::start();
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    DynamoDbClient client(server->endpoint_url());
    client.create_table(kTable);
    client.create_table(kTableWithLiterals);
    simulation::Random random(kFirstSeed);
    images.clear();
    for (std::size_t i = 0; i < kItems; ++i) {
      const json item = testing::draw_item(random, std::to_string(i));
      client.put(kTable, item);
      client.put(kTableWithLiterals, testing::with_literals(item));
      // With escapes or without, with white space or without.
      images.push_back(item.dump(i % 3 == 0 ? 1 : -1, '\t', /*ensure_ascii=*/i % 2 == 0));
    }
  }
  static void TearDownTestSuite() { server.reset(); }

  void SetUp() override {
    ASSERT_TRUE(server);
    client_ = std::make_unique<DynamoDbClient>(server->endpoint_url());
  }

  Verdict ask_partiql(const std::string& where) {
    return verdict_of(client_->call(
        "ExecuteStatement",
        {{"Statement", std::string("SELECT pk FROM ") + kTable + " WHERE " + where}}));
  }

  Verdict ask_filter(const char* table, const Expression& condition) {
    const FilterExpression filter = testing::filter_expression(condition);
    json request = {
        {"TableName", table}, {"ProjectionExpression", "pk"}, {"FilterExpression", filter.text}};
    if (!filter.names.empty()) request["ExpressionAttributeNames"] = filter.names;
    if (!filter.values.empty()) request["ExpressionAttributeValues"] = filter.values;
    return verdict_of(client_->call("Scan", request));
  }

  /// What views with these conditions say. None: they could not be made, which is a failure.
  std::vector<Verdict> ask_views(const std::vector<std::string>& conditions) {
    std::vector<Verdict> verdicts(conditions.size());
    for (std::size_t first = 0; first < conditions.size(); first += kViewsOfSourceMax) {
      const std::size_t end = std::min(first + kViewsOfSourceMax, conditions.size());
      std::string text = "CREATE SOURCE conditions KEY (pk);\n";
      for (std::size_t i = first; i < end; ++i)
        text += "CREATE VIEW v" + std::to_string(i) + " AS SELECT * FROM conditions WHERE " +
                conditions[i] + ";\n";
      CheckedViews checked = check_text(text);
      EXPECT_TRUE(checked.faults.empty()) << describe("views.sql", checked.faults) << text;
      if (!checked.faults.empty()) return {};
      Deriver deriver(std::move(checked.views));
      for (std::size_t item = 0; item < images.size(); ++item)
        derive_all(deriver, item, {verdicts.data() + first, end - first});
    }
    for (Verdict& verdict : verdicts) std::sort(verdict.keys.begin(), verdict.keys.end());
    return verdicts;
  }

 private:
  /// Adds the item to the verdict of each view whose condition holds for it.
  void derive_all(Deriver& deriver, std::size_t item, std::span<Verdict> verdicts) {
    const std::string id = std::to_string(item);
    const std::string keys_json = R"({"pk":{"S":")" + id + R"("}})";
    events::Change change;
    change.source.table = "conditions";
    change.keys_json = keys_json;
    change.image_json = images[item];
    ASSERT_TRUE(change.key.add({.name = "pk", .type = events::KeyType::kString, .value = id}));
    std::pmr::monotonic_buffer_resource arena;
    for (std::size_t view = 0; view < verdicts.size(); ++view) {
      const Result<Row> row = deriver.derive(view, change, arena);
      ASSERT_TRUE(row) << row.error().message;
      if (row->effect == Row::Effect::kPut) verdicts[view].keys.push_back(id);
    }
  }

  static std::unique_ptr<DynamoDbLocal> server;
  static std::vector<std::string> images;
  std::unique_ptr<DynamoDbClient> client_;
};

std::unique_ptr<DynamoDbLocal> Conditions::server;
std::vector<std::string> Conditions::images;

/// What DynamoDB refuses, and a view takes as it is written.
struct Refusal {
  const char* words;  ///< of DynamoDB's message
  int count = 0;
};

std::array<Refusal, 4> known_refusals() {
  return {{{"first operand must be distinct from the remaining operands"},
           {"requires upper bound to be greater than or equal to lower bound"},
           {"requires same data type for lower and upper bounds"},
           {"Incorrect operand type for operator or function"}}};
}

bool is_known(const std::string& refusal, std::array<Refusal, 4>& known) {
  for (Refusal& one : known) {
    if (refusal.find(one.words) == std::string::npos) continue;
    ++one.count;
    return true;
  }
  return false;
}

TEST_F(Conditions, MeanWhatDynamoDbMeans) {
  simulation::Random random(kFirstSeed);
  std::vector<Expression> conditions;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < kConditions; ++i) {
    conditions.push_back(testing::draw_condition(random));
    texts.push_back(testing::where_text(conditions.back()));
  }
  const std::vector<Verdict> ours = ask_views(texts);
  ASSERT_EQ(ours.size(), kConditions);
  auto known = known_refusals();
  std::size_t telling = 0;
  for (std::size_t i = 0; i < kConditions; ++i) {
    Verdict filter = ask_filter(kTable, conditions[i]);
    const Verdict partiql = ask_partiql(texts[i]);
    ASSERT_EQ(partiql.refusal.empty(), filter.refusal.empty()) << texts[i] << partiql.refusal;
    ASSERT_EQ(partiql.keys, filter.keys) << texts[i];
    if (!filter.refusal.empty()) {
      ASSERT_TRUE(is_known(filter.refusal, known)) << texts[i] << "\n" << filter.refusal;
      filter = ask_filter(kTableWithLiterals, testing::with_attributes_only(conditions[i]));
      ASSERT_EQ(filter.refusal, "") << texts[i];
    }
    ASSERT_EQ(ours[i].keys, filter.keys) << texts[i];
    telling += !filter.keys.empty() && filter.keys.size() < kItems ? 1 : 0;
  }
  std::printf("%zu conditions over %zu items, %zu of which hold for some and not for others\n",
              kConditions, kItems, telling);
  for (const Refusal& refusal : known) {
    std::printf("%d refused by DynamoDB alone: %s\n", refusal.count, refusal.words);
    EXPECT_GT(refusal.count, 0) << "no condition shows this difference: " << refusal.words;
  }
}

TEST_F(Conditions, MayBeValuesAsInPartiql) {
  const std::vector<std::string> texts = {"(a = 5) = TRUE", "NOT (a = 5) = TRUE", "(a < 5) = FALSE",
                                          "NULL IS NULL", "'x' IS NULL"};
  const std::vector<Verdict> ours = ask_views(texts);
  ASSERT_EQ(ours.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Verdict partiql = ask_partiql(texts[i]);
    EXPECT_EQ(partiql.refusal, "") << texts[i];
    EXPECT_EQ(ours[i].keys, partiql.keys) << texts[i];
  }
}

TEST_F(Conditions, SayMoreThanDynamoDbTakes) {
  const std::vector<std::string> texts = {"a",
                                          "NOT a",
                                          "a = MISSING",
                                          "size(5) = 1",
                                          "size(size(a)) = 1",
                                          "COALESCE(size(a), 5) + 1 = 6",
                                          "UPPER('a') || 'b' = 'Ab'",
                                          "COALESCE(a, 5) = 5",
                                          "CASE WHEN a = 5 THEN TRUE ELSE FALSE END"};
  EXPECT_EQ(ask_views(texts).size(), texts.size());
  for (const std::string& text : texts) EXPECT_NE(ask_partiql(text).refusal, "") << text;
}

}  // namespace
}  // namespace streamonce::handler::views
