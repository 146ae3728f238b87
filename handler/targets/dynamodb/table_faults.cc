#include "handler/targets/dynamodb/table_faults.h"

#include <cstddef>
#include <utility>

#include "runtime/base/json_text.h"

namespace streamonce::handler::dynamodb {
namespace {

constexpr std::string_view kNotFound = "ResourceNotFoundException";
constexpr std::string_view kInvalid = "ValidationException";
constexpr std::size_t kAnswerBytesMax = 64UL * 1024;

/// A condition that no item satisfies, be it there or absent.
constexpr std::string_view kNever =
    R"~(,"ConditionExpression":"attribute_exists(v) AND attribute_not_exists(v)"}})~";

std::string ledger_action(std::string_view table, const Commit& commit) {
  std::string action = R"({"Put":{"TableName":)";
  append_json_string(action, table);
  action += R"(,"Item":{"id":{"S":)";
  append_json_string(action, commit.ledger_id);
  action += "}}";
  return action.append(kNever);
}

std::string target_action(std::string_view table, const Write& write) {
  const bool is_put = write.operation == Operation::kPut;
  std::string action = is_put ? R"({"Put":{"TableName":)" : R"({"Delete":{"TableName":)";
  append_json_string(action, table);
  action += is_put ? R"(,"Item":)" : R"(,"Key":)";
  action += is_put ? write.image_json : write.keys_json;
  return action.append(kNever);
}

/// The key's names and types, as in `id (N)`; empty: they are not known.
std::string key_of(const Commit& commit) {
  const bool is_known = !commit.writes.empty() && commit.writes[0].key != nullptr;
  return is_known ? commit.writes[0].key->shape() : "";
}

}  // namespace

std::string ledger_key_rule(std::string_view ledger_table) {
  return "ledger table " + std::string(ledger_table) +
         " must have the partition key id, a string, and no sort key";
}

std::string ledger_not_found(std::string_view ledger_table, std::string_view region) {
  return "ledger table " + std::string(ledger_table) + " was not found in " + std::string(region) +
         ": create it there, with the partition key id, a string";
}

bool may_be_about_keys(std::string_view reason) {
  const auto has = [&](std::string_view word) {
    return reason.find(word) != std::string_view::npos;
  };
  return (has(" key") || has(" Key")) && !has("index") && !has("Index");
}

TableFaults::TableFaults(std::string target_table, std::string ledger_table, std::string region,
                         aws::ServiceClient& service)
    : target_table_(std::move(target_table)),
      ledger_table_(std::move(ledger_table)),
      region_(std::move(region)),
      api_(service) {}

std::string TableFaults::other_key(const Commit& commit) const {
  const std::string key = key_of(commit);
  return "target table " + target_table_ + " may have another key than " +
         (key.empty() ? "this record" : "records with the key " + key);
}

std::string TableFaults::on_action(TableRole role, const Commit& commit,
                                   std::string_view reason) const {
  std::string text = role == TableRole::kLedger ? "ledger table " + ledger_table_
                                                : "target table " + target_table_;
  text.append(": ").append(reason);
  if (!may_be_about_keys(reason)) return text;
  return text + "; " +
         (role == TableRole::kLedger ? ledger_key_rule(ledger_table_) : other_key(commit));
}

bool TableFaults::may_blame(std::string_view code, std::string_view reason) {
  return code == kNotFound || (code == kInvalid && may_be_about_keys(reason));
}

std::string TableFaults::on_transaction(std::string_view code, const Commit& commit,
                                        std::string_view token, SteadyTime deadline) {
  if (commit.writes.empty()) return {};
  // A token must not serve for two requests.
  const Finding ledger =
      ask(ledger_action(ledger_table_, commit), std::string(token) + "l", deadline);
  const Finding target =
      ask(target_action(target_table_, commit.writes[0]), std::string(token) + "t", deadline);
  if (ledger == Finding::kMissing && target == Finding::kMissing) {
    return "neither target table " + target_table_ + " nor ledger table " + ledger_table_ +
           " was found in " + region_ + ": is this the right Region, account and endpoint? ";
  }
  if (ledger == Finding::kMissing) return ledger_not_found(ledger_table_, region_) + "; ";
  if (target == Finding::kMissing) {
    const std::string key = key_of(commit);
    return "target table " + target_table_ + " was not found in " + region_ +
           ": create it there, with the key of the source table" + (key.empty() ? "" : ", " + key) +
           "; ";
  }
  if (code == kNotFound) {
    return "target table " + target_table_ + " or ledger table " + ledger_table_ +
           " was not found in " + region_ + "; ";
  }
  if (ledger == Finding::kOtherKey) return ledger_key_rule(ledger_table_) + "; ";
  if (target == Finding::kOtherKey) return other_key(commit) + "; ";
  return {};
}

/// Asks for the one table of `action`. A table that is there, and has the key, fails the condition,
/// and so cancels the transaction.
TableFaults::Finding TableFaults::ask(std::string_view action, std::string_view token,
                                      SteadyTime deadline) {
  std::string body = R"({"ClientRequestToken":)";
  append_json_string(body, token);
  body.append(R"(,"TransactItems":[)").append(action).append("]}");
  Payload answer(kAnswerBytesMax);
  const auto refusal = api_.call("TransactWriteItems", body, answer, deadline);
  if (!refusal) return Finding::kUnknown;
  if (refusal->code == "TransactionCanceledException") return Finding::kGood;
  if (refusal->code == kNotFound) return Finding::kMissing;
  return refusal->code == kInvalid ? Finding::kOtherKey : Finding::kUnknown;
}

}  // namespace streamonce::handler::dynamodb
