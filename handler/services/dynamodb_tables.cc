#include "handler/services/dynamodb_tables.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/base/json_text.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb_tables {
namespace {

using json::each_member;
using json::pass_over;
using simdjson::SUCCESS;
using simdjson::ondemand::value;

/// A key has a partition key and perhaps a sort key.
constexpr std::size_t kKeyAttributesMax = 2;

/// Copies a text, or nothing for null.
bool take_text(value json, std::string& text) {
  std::string_view found;
  if (!json::read_text(json, found)) return false;
  text = found;
  return true;
}

/// Hands each element of an array to `take`, which must read it.
template <class Take>
bool each_element(value json, Take take) {
  return json::walk_elements(json, [&](value element) {
           return take(element) ? SUCCESS : simdjson::INCORRECT_TYPE;
         }) == SUCCESS;
}

/// The parts of a table's key as an answer has them.
struct KeyParts {
  std::string partition;
  std::string sort;  ///< empty: none
  std::vector<KeyAttribute> types;
};

bool read_schema_element(value json, KeyParts& parts) {
  std::string name;
  std::string kind;
  const bool good = each_member(json, [&](std::string_view member, value content) {
    if (member == "AttributeName") return take_text(content, name);
    if (member == "KeyType") return take_text(content, kind);
    return pass_over(content);
  });
  if (kind == "HASH")
    parts.partition = std::move(name);
  else if (kind == "RANGE")
    parts.sort = std::move(name);
  return good;
}

bool read_definition(value json, KeyParts& parts) {
  std::string name;
  std::string type;
  const bool good = each_member(json, [&](std::string_view member, value content) {
    if (member == "AttributeName") return take_text(content, name);
    if (member == "AttributeType") return take_text(content, type);
    return pass_over(content);
  });
  if (type == "S" || type == "N" || type == "B")
    parts.types.push_back({.name = std::move(name), .type = type.front()});
  return good;
}

bool read_stream_specification(value json, TableDescription& table) {
  bool is_null = false;
  if (json.is_null().get(is_null) != SUCCESS) return false;
  if (is_null) return true;
  return each_member(json, [&](std::string_view member, value content) {
    if (member == "StreamEnabled") return content.get_bool().get(table.stream_enabled) == SUCCESS;
    if (member == "StreamViewType") return take_text(content, table.stream_view_type);
    return pass_over(content);
  });
}

bool read_table(value json, TableDescription& table, KeyParts& parts) {
  return each_member(json, [&](std::string_view member, value content) {
    if (member == "TableArn") return take_text(content, table.arn);
    if (member == "TableStatus") return take_text(content, table.status);
    if (member == "LatestStreamArn") return take_text(content, table.latest_stream_arn);
    if (member == "ItemCount") return content.get_uint64().get(table.item_count) == SUCCESS;
    if (member == "StreamSpecification") return read_stream_specification(content, table);
    if (member == "KeySchema")
      return each_element(content, [&](value part) { return read_schema_element(part, parts); });
    if (member == "AttributeDefinitions")
      return each_element(content, [&](value part) { return read_definition(part, parts); });
    return pass_over(content);
  });
}

/// Puts the key's attributes, partition key first, into `key`. @return whether all have a type
bool resolve_key(const KeyParts& parts, std::vector<KeyAttribute>& key) {
  for (const std::string& name : {parts.partition, parts.sort}) {
    if (name.empty()) continue;
    const auto found = std::find_if(parts.types.begin(), parts.types.end(),
                                    [&](const KeyAttribute& each) { return each.name == name; });
    if (found == parts.types.end()) return false;
    key.push_back(*found);
  }
  return !parts.partition.empty() && key.size() <= kKeyAttributesMax;
}

void append_list(std::string& body, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) body += ", ";
    body += "#" + std::to_string(i);
  }
}

void append_projection(std::string& body, std::span<const std::string> attributes) {
  body += R"(,"ProjectionExpression":")";
  append_list(body, attributes.size());
  body += R"(","ExpressionAttributeNames":{)";
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    body += (i == 0 ? "\"#" : ",\"#") + std::to_string(i) + "\":";
    append_json_string(body, attributes[i]);
  }
  body += '}';
}

Error protocol(std::string message) {
  return {ErrorCode::kProtocol, std::move(message)};
}

}  // namespace

std::string describe_request(std::string_view table) {
  std::string body = R"({"TableName":)";
  append_json_string(body, table);
  return body += '}';
}

std::string scan_request(const ScanPage& page) {
  std::string body = R"({"TableName":)";
  append_json_string(body, page.table);
  if (!page.attributes.empty()) append_projection(body, page.attributes);
  if (!page.filter.empty()) {
    body += R"(,"FilterExpression":)";
    append_json_string(body, page.filter);
    body += R"(,"ExpressionAttributeValues":{)";
    for (std::size_t i = 0; i + 1 < page.filter_values.size(); i += 2) {
      if (i > 0) body += ',';
      append_json_string(body, page.filter_values[i]);
      body += R"(:{"S":)";
      append_json_string(body, page.filter_values[i + 1]);
      body += '}';
    }
    body += '}';
  }
  if (!page.behind.empty()) body.append(R"(,"ExclusiveStartKey":)").append(page.behind);
  if (page.is_consistent) body += R"(,"ConsistentRead":true)";
  if (page.segments > 1) {
    body += R"(,"Segment":)" + std::to_string(page.segment) + R"(,"TotalSegments":)" +
            std::to_string(page.segments);
  }
  body += R"(,"ReturnConsumedCapacity":"TOTAL")";
  if (page.items_max > 0) body += R"(,"Limit":)" + std::to_string(page.items_max);
  return body += '}';
}

struct AnswerReader::Parser {
  simdjson::ondemand::parser parser;
};

AnswerReader::AnswerReader() : parser_(std::make_unique<Parser>()) {}

AnswerReader::~AnswerReader() = default;

Result<TableDescription> AnswerReader::description(PayloadView answer) {
  simdjson::ondemand::document document;
  TableDescription table;
  KeyParts parts;
  if (json::open(parser_->parser, answer, document) != SUCCESS ||
      !json::read_member(document, "Table",
                         [&](value content) { return read_table(content, table, parts); }))
    return protocol("DescribeTable: the answer is no description of a table");
  if (!resolve_key(parts, table.key))
    return protocol("DescribeTable: the answer does not tell the table's key with its types");
  return table;
}

Result<ScannedPage> AnswerReader::page(PayloadView answer, const TakeItem& take) {
  simdjson::ondemand::document document;
  ScannedPage page;
  bool has_items = false;
  const auto read_raw = [&](value content, std::string_view& raw) {
    simdjson::ondemand::json_type type;
    return content.type().get(type) == SUCCESS && type == simdjson::ondemand::json_type::object &&
           json::walk_raw(document, content, raw) == SUCCESS;
  };
  const auto read = [&](std::string_view member, value content) {
    if (member == "Items") {
      has_items = true;
      return each_element(content, [&](value item) {
        std::string_view raw;
        if (!read_raw(item, raw)) return false;
        take(raw);
        return true;
      });
    }
    if (member == "ScannedCount") return content.get_uint64().get(page.evaluated) == SUCCESS;
    bool is_null = false;  // some emulators write null for what is absent
    if (content.is_null().get(is_null) != SUCCESS) return false;
    if (is_null) return true;
    if (member == "LastEvaluatedKey") {
      std::string_view raw;
      if (!read_raw(content, raw)) return false;
      page.next_key = raw;
      return true;
    }
    if (member == "ConsumedCapacity")
      return json::read_member(content, "CapacityUnits", [&](value units) {
        return units.get_double().get(page.read_units) == SUCCESS;
      });
    return pass_over(content);
  };
  if (json::open(parser_->parser, answer, document) != SUCCESS || !each_member(document, read) ||
      !has_items)
    return protocol("Scan: the answer is no page of items");
  return page;
}

Error error_of(std::string_view operation, std::string_view table, const aws::ApiError& failed) {
  Error error =
      with_context(std::string(operation) + " of table " + std::string(table), failed.error);
  if (failed.code == "ResourceNotFoundException")
    error.message = "table " + std::string(table) +
                    " was not found: is it in another account or Region? " +
                    std::move(error.message);
  return error;
}

}  // namespace streamonce::handler::dynamodb_tables
