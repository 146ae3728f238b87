#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/batch_response.h"
#include "events/item_key.h"
#include "events/sequence_number.h"
#include "events/version.h"
#include "handler/targets/dynamodb/transact_request.h"
#include "runtime/base/json_text.h"
#include "runtime/base/log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/property.h"

namespace streamonce {
namespace {

using nlohmann::json;
using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::FakeClock;
using streamonce::testing::holds;
using streamonce::testing::in_range;
using streamonce::testing::utf8_text;

std::string json_text_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string draw_digits(std::size_t count_max) {
  return *rc::gen::container<std::string>(1 + draw_below(count_max), in_range('0', ':'));
}

/// Mostly small, sometimes at an end of the type.
std::int64_t draw_int64() {
  return *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(),
                         rc::gen::element<std::int64_t>(0, -1, INT64_MAX, INT64_MIN));
}

TEST(RoundTripProperty, AnyUtf8ComesBackFromItsJsonText) {
  const auto property = [] {
    const std::string text = *utf8_text();
    RC_ASSERT(json::parse(json_text_of(text)).get<std::string>() == text);
  };
  EXPECT_TRUE(holds("max_success=700", property));
}

TEST(RoundTripProperty, JsonTextOfAnyBytesIsThatOfWhatComesBack) {
  const auto property = [] {
    // Bytes of any kind, sequences that are cut short, too long, surrogates or too large.
    const auto malformed = rc::gen::oneOf(
        rc::gen::map(in_range(0x80, 0x100),
                     [](int byte) { return std::string(1, static_cast<char>(byte)); }),
        rc::gen::element<std::string>("\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC0\x80",
                                      "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80",
                                      "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"));
    std::string bytes = *utf8_text();
    for (std::size_t i = draw_below(4); i > 0; --i)
      bytes.insert(draw_below(bytes.size() + 1), *malformed);
    const std::string text = json_text_of(bytes);
    RC_ASSERT(json_text_of(json::parse(text).get<std::string>()) == text);
  };
  EXPECT_TRUE(holds("max_success=500", property));
}

TEST(RoundTripProperty, ALogLineGivesItsFieldsBack) {
  const auto property = [] {
    const std::string message = *utf8_text();
    const std::string request_id = *utf8_text();
    // None is another's, nor one of the logger's own.
    const std::string text_name = "a" + *utf8_text();
    const std::string number_name = "b" + *utf8_text();
    const std::string truth_name = "c" + *utf8_text();
    const std::string text = *utf8_text();
    const std::int64_t number = draw_int64();
    const bool truth = draw_coin();

    const FakeClock clock;
    std::string lines;
    Logger logger({.level = LogLevel::kTrace,
                   .format = LogFormat::kJson,
                   .sink = [&](std::string_view line) { lines += line; }},
                  clock);
    logger.set_request_id(request_id);
    logger.log(LogLevel::kWarn, message,
               {{text_name, text}, {number_name, number}, {truth_name, truth}});
    RC_ASSERT(lines.find('\n') == lines.size() - 1);
    json expected = {{"timestamp", "2026-11-21T00:44:22.580Z"},
                     {"level", "WARN"},
                     {"message", message},
                     {text_name, text},
                     {number_name, number},
                     {truth_name, truth}};
    if (!request_id.empty()) expected["requestId"] = request_id;
    RC_ASSERT((json::parse(lines) == expected));
  };
  EXPECT_TRUE(holds("max_success=400 max_size=40", property));
}

TEST(RoundTripProperty, ASequenceNumberComesBackFromItsTextAndFromAnAnswer) {
  const auto property = [] {
    using events::SequenceNumber;
    const std::string digits = draw_digits(SequenceNumber::kDigitsMax);
    const SequenceNumber number = SequenceNumber::parse(digits).value();
    RC_ASSERT((SequenceNumber::parse(number.text()).value() == number));
    RC_ASSERT(number.text() == digits);
    const json answer = json::parse(to_json(events::BatchResponse{.first_failure = number}));
    RC_ASSERT((answer == json{{"batchItemFailures", {{{"itemIdentifier", digits}}}}}));
  };
  EXPECT_TRUE(holds("max_success=500", property));
}

TEST(RoundTripProperty, ACanonicalNumberIsItsOwnCanonicalNumber) {
  const auto property = [] {
    std::string text = *rc::gen::element<std::string>("", "-", "+") + draw_digits(45);
    if (draw_coin()) text += "." + draw_digits(10);
    if (draw_coin()) text += "e" + std::to_string(*in_range(-180, 140));
    RC_LOG() << text << '\n';
    const Result<std::string> number = events::canonical_number(text);
    RC_ASSERT(events::is_number(text) == number.has_value());
    if (!number) return;
    RC_ASSERT(events::canonical_number(*number).value() == *number);
    RC_ASSERT(events::is_number(*number));
    const auto attribute_of = [](std::string_view value) {
      return events::KeyAttribute{.name = "n", .type = events::KeyType::kNumber, .value = value};
    };
    RC_ASSERT(events::same_value(attribute_of(text), attribute_of(*number)));
  };
  EXPECT_TRUE(holds("max_success=700", property));
}

/// An attribute value of DynamoDB.
json draw_attribute(int depth = 0) {
  switch (draw_below(depth < 2 ? 8 : 5)) {
    case 0:
      return {{"N", draw_digits(38)}};
    case 1:
      return {{"BOOL", draw_coin()}};
    case 2:
      return {{"NULL", true}};
    case 3:
      return {{"SS", {*utf8_text(), "x"}}};
    case 5: {
      json list = json::array();
      for (std::size_t i = draw_below(3); i > 0; --i) list.push_back(draw_attribute(depth + 1));
      return {{"L", list}};
    }
    case 6: {
      json map = json::object();
      for (std::size_t i = draw_below(3); i > 0; --i) map[*utf8_text()] = draw_attribute(depth + 1);
      return {{"M", map}};
    }
    default:
      return {{"S", *utf8_text()}};
  }
}

json draw_item() {
  json item = {{"id", draw_attribute()}};
  for (std::size_t i = draw_below(3); i > 0; --i) item["x" + *utf8_text()] = draw_attribute();
  return item;
}

/// `item` as some writer of JSON would have it.
std::string draw_json_text(const json& item) {
  return item.dump(draw_coin() ? -1 : 1, ' ', /*ensure_ascii=*/draw_coin());
}

/// Commits, and the actions that a request is to hold for them.
class DrawnCommits {
 public:
  explicit DrawnCommits(const std::string& ledger_table) {
    for (std::size_t i = draw_below(4); i > 0; --i) draw_commit(ledger_table);
    for (const handler::Commit& commit : commits_) list_.push_back(&commit);
  }

  const handler::dynamodb::CommitList& list() const { return list_; }
  const json& actions() const { return actions_; }

 private:
  void draw_commit(const std::string& ledger_table) {
    using handler::Operation;
    handler::Commit& commit = commits_.emplace_back();
    commit.ledger_id = keep(*utf8_text());
    commit.version = events::Version("2026-11-21T00:44:22.580",
                                     events::SequenceNumber::parse(draw_digits(40)).value());
    commit.operation = draw_coin() ? Operation::kPut : Operation::kRemove;
    json mark = {{"id", {{"S", commit.ledger_id}}},
                 {"v", {{"S", commit.version.text()}}},
                 {"op", {{"S", name_of(commit.operation)}}}};
    if (draw_coin()) commit.at = draw_int64();
    if (draw_coin()) commit.ttl = draw_int64();
    if (commit.at) mark["at"]["N"] = std::to_string(*commit.at);
    if (commit.ttl) mark["ttl"]["N"] = std::to_string(*commit.ttl);
    actions_.push_back({{"Put",
                         {{"TableName", ledger_table},
                          {"Item", mark},
                          {"ConditionExpression", "attribute_not_exists(v) OR v < :v"},
                          {"ExpressionAttributeValues", {{":v", mark["v"]}}},
                          {"ReturnValuesOnConditionCheckFailure", "ALL_OLD"}}}});

    std::vector<handler::Write>& writes = writes_.emplace_back();
    for (std::size_t i = draw_below(3); i > 0; --i) {
      const json item = draw_item();
      const json key = {{"id", draw_attribute(/*depth=*/2)}};
      const std::string_view table = keep(*utf8_text());
      writes.push_back({.operation = draw_coin() ? Operation::kPut : Operation::kRemove,
                        .table = table,
                        .keys_json = keep(draw_json_text(key)),
                        .image_json = keep(draw_json_text(item))});
      if (writes.back().operation == Operation::kPut)
        actions_.push_back({{"Put", {{"TableName", table}, {"Item", item}}}});
      else
        actions_.push_back({{"Delete", {{"TableName", table}, {"Key", key}}}});
    }
    commit.writes = writes;
  }

  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::deque<std::string> texts_;
  std::deque<std::vector<handler::Write>> writes_;
  std::deque<handler::Commit> commits_;
  handler::dynamodb::CommitList list_;
  json actions_ = json::array();
};

TEST(RoundTripProperty, ATransactWriteItemsRequestGivesItsCommitsBack) {
  const auto property = [] {
    const std::string ledger_table = *utf8_text();
    const std::string token = *rc::gen::container<std::string>(
        1 + draw_below(handler::dynamodb::kTokenLengthMax), rc::gen::element('-', '0', 'a', 'Z'));
    const DrawnCommits commits(ledger_table);
    const std::string body =
        handler::dynamodb::transact_request(commits.list(), ledger_table, token);
    RC_LOG() << body << '\n';
    const json expected = {{"ClientRequestToken", token}, {"TransactItems", commits.actions()}};
    RC_ASSERT((json::parse(body) == expected));
  };
  EXPECT_TRUE(holds("max_success=250 max_size=25", property));
}

}  // namespace
}  // namespace streamonce
