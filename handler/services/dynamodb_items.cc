#include "handler/services/dynamodb_items.h"

#include <algorithm>

#include "runtime/aws/table_arn.h"
#include "runtime/base/check.h"
#include "runtime/base/json_text.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb_items {
namespace {

namespace ondemand = simdjson::ondemand;
using json::each_member;
using json::pass_over;
using json::read_member;

using Wanted = std::span<const std::string_view>;

/// Reads `{"S":"..."}`, or passes over what is of another type than S, N and B.
bool read_wanted(ondemand::value attribute, WantedText& wanted) {
  return each_member(attribute, [&](std::string_view type, ondemand::value content) {
    if (type != "S" && type != "N" && type != "B") return pass_over(content);
    wanted.type = type.front();
    return json::take_string(content, wanted.text) == simdjson::SUCCESS;
  });
}

bool read_item(ondemand::document& document, ondemand::value json, Wanted wanted, BatchItem& item) {
  const char* const start = json::token_of(json).data();
  const bool good = each_member(json, [&](std::string_view name, ondemand::value attribute) {
    const auto found = std::find(wanted.begin(), wanted.end(), name);
    if (found == wanted.end()) return pass_over(attribute);
    return read_wanted(attribute, item.wanted[static_cast<std::size_t>(found - wanted.begin())]);
  });
  return good && json::raw_between(start, document, item.json) == simdjson::SUCCESS;
}

/// Hands each item of an array to `take`.
bool read_items(ondemand::document& document, ondemand::value list, Wanted wanted,
                const TakeBatchItem& take) {
  return json::walk_elements(list, [&](ondemand::value element) {
           BatchItem item;
           return read_item(document, element, wanted, item) && take(item)
                      ? simdjson::SUCCESS
                      : simdjson::INCORRECT_TYPE;
         }) == simdjson::SUCCESS;
}

/// Adds up the elements of ConsumedCapacity, one for each table.
bool read_capacity(ondemand::value list, double& units) {
  return json::walk_elements(list, [&](ondemand::value of_table) {
           double taken = 0;
           const bool good = read_member(of_table, "CapacityUnits", [&](ondemand::value number) {
             return number.get_double().get(taken) == simdjson::SUCCESS;
           });
           units += taken;
           return good ? simdjson::SUCCESS : simdjson::INCORRECT_TYPE;
         }) == simdjson::SUCCESS;
}

}  // namespace

std::string batch_get_request(const BatchGet& batch, std::span<const std::size_t> places,
                              const AppendKey& append_key) {
  std::string body = R"({"RequestItems":{)";
  append_json_string(body, batch.table);
  body += ":{";
  if (batch.is_consistent) body += R"("ConsistentRead":true,)";
  if (!batch.projection.empty()) {
    body += R"("ProjectionExpression":)";
    append_json_string(body, batch.projection);
    body += ',';
  }
  if (!batch.names_json.empty())
    body.append(R"("ExpressionAttributeNames":)").append(batch.names_json).append(",");
  body += R"("Keys":[)";
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i > 0) body += ',';
    append_key(body, places[i]);
  }
  body += "]}}";
  if (batch.tells_capacity) body += R"(,"ReturnConsumedCapacity":"TOTAL")";
  return body += '}';
}

struct BatchAnswerReader::Parser {
  ondemand::parser parser;
};

BatchAnswerReader::BatchAnswerReader() : parser_(std::make_unique<Parser>()) {}

BatchAnswerReader::~BatchAnswerReader() = default;

Result<double> BatchAnswerReader::read(PayloadView answer, std::string_view table, Wanted wanted,
                                       const BatchTakers& takers) {
  STREAMONCE_CHECK(wanted.size() <= kWantedMax);
  ondemand::document document;
  // Source: BatchGetItem, Responses: "a map of table name or table ARN". One table is asked about.
  const auto read_table = [&](ondemand::value by_table, auto read) {
    return each_member(by_table, [&](std::string_view name, ondemand::value content) {
      return (name == table || name == aws::name_of_table(table)) && read(content);
    });
  };
  const auto take_items = [&](ondemand::value list) {
    return read_items(document, list, wanted, takers.item);
  };
  const auto take_unread = [&](ondemand::value of_table) {
    return read_member(of_table, "Keys", [&](ondemand::value list) {
      return read_items(document, list, wanted, takers.unread);
    });
  };
  double units = 0;
  bool has_responses = false;  // without them, each item would seem to be absent
  const auto read = [&](std::string_view name, ondemand::value content) {
    if (name == "Responses") {
      has_responses = true;
      return read_table(content, take_items);
    }
    bool is_null = false;  // some emulators write null for an empty list
    if ((name != "UnprocessedKeys" && name != "ConsumedCapacity") ||
        content.is_null().get(is_null) != simdjson::SUCCESS || is_null)
      return pass_over(content);
    return name == "ConsumedCapacity" ? read_capacity(content, units)
                                      : read_table(content, take_unread);
  };
  if (json::open(parser_->parser, answer, document) != simdjson::SUCCESS ||
      !each_member(document, read) || !has_responses)
    return Error{ErrorCode::kProtocol, "not an answer to BatchGetItem"};
  return units;
}

}  // namespace streamonce::handler::dynamodb_items
