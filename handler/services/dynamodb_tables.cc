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

/// Hands the members of an object, or of null as some emulators write what is absent, to `take`.
template <class Take>
bool each_member_if_any(value json, Take take) {
  bool is_null = false;
  if (json.is_null().get(is_null) != SUCCESS) return false;
  return is_null || each_member(json, take);
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
  return each_member_if_any(json, [&](std::string_view member, value content) {
    if (member == "StreamEnabled") return content.get_bool().get(table.stream_enabled) == SUCCESS;
    if (member == "StreamViewType") return take_text(content, table.stream_view_type);
    return pass_over(content);
  });
}

bool read_billing(value json, TableDescription& table) {
  return each_member_if_any(json, [&](std::string_view member, value content) {
    if (member != "BillingMode") return pass_over(content);
    std::string_view mode;
    if (!json::read_text(content, mode)) return false;
    table.is_on_demand = mode == "PAY_PER_REQUEST";
    return true;
  });
}

bool read_throughput(value json, TableDescription& table) {
  return each_member_if_any(json, [&](std::string_view member, value content) {
    if (member == "ReadCapacityUnits") return content.get_uint64().get(table.read_units) == SUCCESS;
    if (member == "WriteCapacityUnits")
      return content.get_uint64().get(table.write_units) == SUCCESS;
    return pass_over(content);
  });
}

bool read_encryption(value json, TableDescription& table) {
  return each_member_if_any(json, [&](std::string_view member, value content) {
    if (member == "KMSMasterKeyArn") return take_text(content, table.kms_key_arn);
    if (member != "InaccessibleEncryptionDateTime") return pass_over(content);
    bool is_null = false;
    if (content.is_null().get(is_null) != SUCCESS) return false;
    table.is_key_inaccessible = !is_null;
    return pass_over(content);
  });
}

/// Takes the Region of a replica. The model lists those of other Regions only.
bool read_replica(value json, TableDescription& table) {
  std::string region;
  const bool good = each_member(json, [&](std::string_view member, value content) {
    return member == "RegionName" ? take_text(content, region) : pass_over(content);
  });
  if (!region.empty()) table.replica_regions.push_back(std::move(region));
  return good;
}

bool read_replicas(value json, TableDescription& table) {
  bool is_null = false;
  if (json.is_null().get(is_null) != SUCCESS) return false;
  return is_null || each_element(json, [&](value replica) { return read_replica(replica, table); });
}

/// Reads a member that no request depends on, only who asks what the table is like.
bool read_property(std::string_view member, value content, TableDescription& table) {
  if (member == "TableSizeBytes") return content.get_uint64().get(table.size_bytes) == SUCCESS;
  if (member == "BillingModeSummary") return read_billing(content, table);
  if (member == "ProvisionedThroughput") return read_throughput(content, table);
  if (member == "SSEDescription") return read_encryption(content, table);
  if (member == "Replicas") return read_replicas(content, table);
  if (member == "DeletionProtectionEnabled")
    return content.get_bool().get(table.is_protected) == SUCCESS;
  return pass_over(content);
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
    return read_property(member, content, table);
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

Result<TimeToLive> AnswerReader::time_to_live(PayloadView answer) {
  simdjson::ondemand::document document;
  TimeToLive expiry;
  std::string status;
  const auto read = [&](std::string_view member, value content) {
    if (member == "TimeToLiveStatus") return take_text(content, status);
    if (member == "AttributeName") return take_text(content, expiry.attribute);
    return pass_over(content);
  };
  if (json::open(parser_->parser, answer, document) != SUCCESS ||
      !json::read_member(document, "TimeToLiveDescription",
                         [&](value content) { return each_member_if_any(content, read); }) ||
      status.empty())
    return protocol("DescribeTimeToLive: the answer does not tell the status of TTL");
  expiry.is_enabled = status == "ENABLED" || status == "ENABLING";
  return expiry;
}

Result<bool> AnswerReader::has_recovery(PayloadView answer) {
  simdjson::ondemand::document document;
  std::string status;
  const auto read_recovery = [&](std::string_view member, value content) {
    return member == "PointInTimeRecoveryStatus" ? take_text(content, status) : pass_over(content);
  };
  const auto read = [&](std::string_view member, value content) {
    return member == "PointInTimeRecoveryDescription" ? each_member_if_any(content, read_recovery)
                                                      : pass_over(content);
  };
  if (json::open(parser_->parser, answer, document) != SUCCESS ||
      !json::read_member(document, "ContinuousBackupsDescription",
                         [&](value content) { return each_member_if_any(content, read); }) ||
      status.empty())
    return protocol(
        "DescribeContinuousBackups: the answer does not tell the status of point-in-time recovery");
  return status == "ENABLED";
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
