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
constexpr std::size_t kTableAnswerBytesMax = 64UL * 1024;

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

std::string target_action(const Addition& addition) {
  std::string action = R"({"Update":{"TableName":)";
  append_json_string(action, addition.table);
  action.append(R"(,"Key":)").append(addition.keys_json);
  action += R"(,"UpdateExpression":"ADD #a :a","ExpressionAttributeNames":{"#a":)";
  append_json_string(action, addition.addends.front().name);
  action += R"(},"ExpressionAttributeValues":{":a":{"N":"0"}})";
  return action.append(kNever);
}

/// The key's names and types, as in `id (N)`; empty: they are not known.
std::string key_of(const TargetRow& row) {
  return row.key != nullptr ? row.key->shape() : "";
}

std::string target_table(const TargetRow& row) {
  return "target table " + std::string(row.table);
}

/// A text that is true both for one odd record and for a table that no record fits.
std::string other_key(const TargetRow& row) {
  const std::string key = key_of(row);
  return target_table(row) + " may have another key than " +
         (key.empty() ? "this record" : "records with the key " + key);
}

/// An action on a table, that finds out about it, and the row that it is on.
struct Probe {
  TargetRow row;
  std::string action;
};

/// One for each table, by the first action on it.
std::vector<Probe> one_for_each_table(std::span<const Commit* const> commits) {
  std::vector<Probe> found;
  const auto note = [&](const auto& effect) {
    const auto same = [&](const Probe& other) { return other.row.table == effect.table; };
    if (std::none_of(found.begin(), found.end(), same))
      found.push_back(
          {.row = {.table = effect.table, .key = effect.key}, .action = target_action(effect)});
  };
  for (const Commit* commit : commits) {
    for (const Write& write : commit->writes) note(write);
    for (const Addition& addition : commit->additions) note(addition);
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

std::string ledger_fault(std::string_view ledger_table, std::string_view region,
                         std::string_view code, std::string_view message) {
  std::string fault;
  if (code == kNotFound)
    fault = ledger_not_found(ledger_table, region) + "; ";
  else if (code == kInvalid && may_be_about_keys(message))
    fault = ledger_key_rule(ledger_table) + "; ";
  else
    fault = "ledger table " + std::string(ledger_table) + ": ";
  return fault.append(message);
}

TableFaults::TableFaults(std::string ledger_table, std::string region, aws::ServiceClient& service)
    : ledger_table_(std::move(ledger_table)),
      region_(std::move(region)),
      api_(service) {}

std::string TableFaults::on_action(const std::optional<TargetRow>& row,
                                   std::string_view reason) const {
  std::string text = row ? target_table(*row) : "ledger table " + ledger_table_;
  text.append(": ").append(reason);
  if (!may_be_about_keys(reason)) return text;
  return text + "; " + (row ? other_key(*row) : ledger_key_rule(ledger_table_));
}

std::string TableFaults::not_found(const TargetRow& row) const {
  const std::string key = key_of(row);
  return target_table(row) + " was not found in " + region_ + ": create it there, with " +
         (key.empty() ? "the key of its records" : "the key " + key) + "; ";
}

std::string TableFaults::on_put(const TargetRow& row, std::string_view code,
                                std::string_view reason) const {
  return code == kNotFound ? not_found(row).append(reason) : on_action(row, reason);
}

bool TableFaults::may_blame(std::string_view code, std::string_view reason) {
  return code == kNotFound || (code == kInvalid && may_be_about_keys(reason));
}

std::string TableFaults::on_transaction(std::string_view code,
                                        std::span<const Commit* const> commits,
                                        std::string_view token, SteadyTime deadline) {
  const std::vector<Probe> probes = one_for_each_table(commits);
  // A token must not serve for two requests.
  const Finding ledger =
      ask(ledger_action(ledger_table_, *commits.front()), std::string(token) + "l", deadline);
  const TargetRow* with_other_key = nullptr;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const TargetRow& row = probes[i].row;
    const Finding target =
        ask(probes[i].action, std::string(token) + "t" + std::to_string(i), deadline);
    if (target == Finding::kMissing && ledger == Finding::kMissing) {
      return "neither " + target_table(row) + " nor ledger table " + ledger_table_ +
             " was found in " + region_ + ": is this the right Region, account and endpoint? ";
    }
    if (target == Finding::kMissing) return not_found(row);
    if (target == Finding::kOtherKey && with_other_key == nullptr) with_other_key = &row;
  }
  if (ledger == Finding::kMissing) return ledger_not_found(ledger_table_, region_) + "; ";
  if (code == kNotFound && probes.empty())
    return "ledger table " + ledger_table_ + " was not found in " + region_ + "; ";
  if (code == kNotFound) {
    return target_table(probes.front().row) + " or ledger table " + ledger_table_ +
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
  Payload answer(kTableAnswerBytesMax);
  const auto refusal = api_.call("TransactWriteItems", body, answer, deadline);
  if (!refusal) return Finding::kUnknown;
  if (refusal->code == "TransactionCanceledException") return Finding::kGood;
  if (refusal->code == kNotFound) return Finding::kMissing;
  return refusal->code == kInvalid ? Finding::kOtherKey : Finding::kUnknown;
}

}  // namespace streamonce::handler::dynamodb
