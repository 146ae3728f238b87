#include "handler/targets/dynamodb/table_faults.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

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

std::string target_action(const Write& write) {
  const bool is_put = write.operation == Operation::kPut;
  std::string action = is_put ? R"({"Put":{"TableName":)" : R"({"Delete":{"TableName":)";
  append_json_string(action, write.table);
  action += is_put ? R"(,"Item":)" : R"(,"Key":)";
  action += is_put ? write.image_json : write.keys_json;
  return action.append(kNever);
}

/// The key's names and types, as in `id (N)`; empty: they are not known.
std::string key_of(const Write& write) {
  return write.key != nullptr ? write.key->shape() : "";
}

std::string target_table(const Write& write) {
  return "target table " + std::string(write.table);
}

/// A text that is true both for one odd record and for a table that no record fits.
std::string other_key(const Write& write) {
  const std::string key = key_of(write);
  return target_table(write) + " may have another key than " +
         (key.empty() ? "this record" : "records with the key " + key);
}

/// The first write of each table.
std::vector<const Write*> one_for_each_table(std::span<const Commit* const> commits) {
  std::vector<const Write*> found;
  for (const Commit* commit : commits) {
    for (const Write& write : commit->writes) {
      const auto same = [&](const Write* other) { return other->table == write.table; };
      if (std::none_of(found.begin(), found.end(), same)) found.push_back(&write);
    }
  }
  return found;
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

TableFaults::TableFaults(std::string ledger_table, std::string region, aws::ServiceClient& service)
    : ledger_table_(std::move(ledger_table)),
      region_(std::move(region)),
      api_(service) {}

std::string TableFaults::on_action(const Write* write, std::string_view reason) const {
  std::string text = write == nullptr ? "ledger table " + ledger_table_ : target_table(*write);
  text.append(": ").append(reason);
  if (!may_be_about_keys(reason)) return text;
  return text + "; " + (write == nullptr ? ledger_key_rule(ledger_table_) : other_key(*write));
}

std::string TableFaults::not_found(const Write& write) const {
  const std::string key = key_of(write);
  return target_table(write) + " was not found in " + region_ + ": create it there, with " +
         (key.empty() ? "the key of its records" : "the key " + key) + "; ";
}

bool TableFaults::may_blame(std::string_view code, std::string_view reason) {
  return code == kNotFound || (code == kInvalid && may_be_about_keys(reason));
}

std::string TableFaults::on_transaction(std::string_view code,
                                        std::span<const Commit* const> commits,
                                        std::string_view token, SteadyTime deadline) {
  const std::vector<const Write*> writes = one_for_each_table(commits);
  // A token must not serve for two requests.
  const Finding ledger =
      ask(ledger_action(ledger_table_, *commits.front()), std::string(token) + "l", deadline);
  const Write* with_other_key = nullptr;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const Write* write = writes[i];
    const Finding target =
        ask(target_action(*write), std::string(token) + "t" + std::to_string(i), deadline);
    if (target == Finding::kMissing && ledger == Finding::kMissing) {
      return "neither " + target_table(*write) + " nor ledger table " + ledger_table_ +
             " was found in " + region_ + ": is this the right Region, account and endpoint? ";
    }
    if (target == Finding::kMissing) return not_found(*write);
    if (target == Finding::kOtherKey && with_other_key == nullptr) with_other_key = write;
  }
  if (ledger == Finding::kMissing) return ledger_not_found(ledger_table_, region_) + "; ";
  if (code == kNotFound && writes.empty())
    return "ledger table " + ledger_table_ + " was not found in " + region_ + "; ";
  if (code == kNotFound) {
    return target_table(*writes.front()) + " or ledger table " + ledger_table_ +
           " was not found in " + region_ + "; ";
  }
  if (ledger == Finding::kOtherKey) return ledger_key_rule(ledger_table_) + "; ";
  return with_other_key == nullptr ? std::string() : other_key(*with_other_key) + "; ";
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
