#include "handler/targets/dynamodb/item_actions.h"

#include "handler/targets/dynamodb/item_mark.h"
#include "handler/targets/dynamodb/mark_text.h"
#include "handler/targets/mark.h"
#include "runtime/base/check.h"
#include "runtime/base/json_text.h"

namespace streamonce::handler::dynamodb {
namespace {

constexpr std::string_view kTellOld = R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD")";

void append_string_value(std::string& out, std::string_view name, std::string_view text) {
  out.append("\"").append(name).append(R"(":{"S":)");
  append_json_string(out, text);
  out += '}';
}

/// Appends the condition on the ledger's entry. Where the item that was seen had the mark, the
/// entry may be that of an earlier removal, up to the item's own version; but a removal that finds
/// its own nonce there has arrived before.
void append_ledger_condition(std::string& out, const Commit& commit) {
  const Mark* seen = commit.seen ? commit.seen->mark : nullptr;
  const bool is_removal = seen != nullptr && seen->is_in_item && !commit.nonce.empty() &&
                          commit.writes.front().operation == Operation::kRemove;
  out += R"("ConditionExpression":")";
  if (commit.seen && seen == nullptr) {
    out += R"~(attribute_not_exists(v)",)~";
  } else {
    const bool is_entry = seen != nullptr && !seen->is_in_item;
    if (seen == nullptr)
      out += "attribute_not_exists(v) OR v < :v";
    else if (is_removal)
      out +=
          "attribute_not_exists(v) OR v < :v OR "
          "(v = :v AND (attribute_not_exists(r) OR r <> :r))";
    else if (seen->is_in_item)
      out += "attribute_not_exists(v) OR v <= :v";
    else
      out += seen->nonce.empty() ? "v = :v AND attribute_not_exists(r)" : "v = :v AND r = :r";
    out += R"(","ExpressionAttributeValues":{)";
    append_string_value(out, ":v", (is_entry ? seen->version : commit.version).text());
    if (is_removal || (is_entry && !seen->nonce.empty())) {
      out += ',';
      append_string_value(out, ":r", is_removal ? commit.nonce : seen->nonce);
    }
    out += "},";
  }
  out += kTellOld;
}

/// Appends the condition on the row's version. Any word may be the attribute's name.
void append_row_condition(std::string& out, const Commit& commit, std::string_view attribute) {
  const Mark* seen = commit.seen ? commit.seen->mark : nullptr;
  out += R"(,"ConditionExpression":")";
  const bool is_in_item = seen != nullptr && seen->is_in_item;
  if (is_in_item)
    out += "#m = :v";
  else
    out += commit.seen ? "attribute_not_exists(#m)" : "attribute_not_exists(#m) OR #m < :v";
  out += R"(","ExpressionAttributeNames":{"#m":)";
  append_json_string(out, attribute);
  out += "},";
  if (is_in_item || !commit.seen) {
    out += R"("ExpressionAttributeValues":{)";
    append_string_value(out, ":v", is_in_item ? item_mark_text(*seen) : commit.version.text());
    out += "},";
  }
  out += kTellOld;
}

}  // namespace

void append_item_actions(std::string& out, const Commit& commit, std::string_view ledger,
                         std::string_view attribute) {
  STREAMONCE_CHECK(commit.writes.size() == 1 && commit.additions.empty() && commit.content.empty());
  const Write& write = commit.writes.front();
  const bool is_put = write.operation == Operation::kPut;
  if (is_put) {
    out += R"({"ConditionCheck":{"TableName":)";
    append_json_string(out, ledger);
    out += R"(,"Key":{"id":{"S":)";
    append_json_string(out, commit.ledger_id);
    out += "}},";
  } else {
    out += R"({"Put":{"TableName":)";
    append_json_string(out, ledger);
    out += R"(,"Item":)";
    append_entry(out, commit);
    out += ',';
  }
  append_ledger_condition(out, commit);
  out += is_put ? R"(}},{"Put":{"TableName":)" : R"(}},{"Delete":{"TableName":)";
  append_json_string(out, write.table);
  if (is_put) {
    out += R"(,"Item":)";
    append_marked_image(out, write.image_json, attribute, commit);
  } else {
    out.append(R"(,"Key":)").append(write.keys_json);
  }
  append_row_condition(out, commit, attribute);
  out += "}}";
}

std::string put_request(const Commit& commit, std::string_view attribute, bool tells_capacity) {
  STREAMONCE_CHECK(commit.writes.size() == 1 && !commit.seen);
  const Write& write = commit.writes.front();
  constexpr std::size_t kTextBytes = 512;
  std::string body;
  body.reserve(kTextBytes + write.table.size() + 2 * attribute.size() + write.image_json.size());
  body += R"({"TableName":)";
  append_json_string(body, write.table);
  body += R"(,"Item":)";
  append_marked_image(body, write.image_json, attribute, commit);
  // Without an item, and without a version in it, the condition does not hold.
  body += R"(,"ConditionExpression":"#m < :v","ExpressionAttributeNames":{"#m":)";
  append_json_string(body, attribute);
  body += R"(},"ExpressionAttributeValues":{)";
  append_string_value(body, ":v", commit.version.text());
  body += "},";
  body += kTellOld;
  if (tells_capacity) body += R"(,"ReturnConsumedCapacity":"TOTAL")";
  body += '}';
  return body;
}

}  // namespace streamonce::handler::dynamodb
