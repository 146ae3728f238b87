#include "handler/targets/dynamodb/transact_request.h"

#include <utility>

#include "events/decimal.h"
#include "handler/targets/dynamodb/item_actions.h"
#include "handler/targets/dynamodb/mark_text.h"
#include "handler/targets/mark.h"
#include "runtime/base/check.h"
#include "runtime/base/json_text.h"

namespace streamonce::handler::dynamodb {
namespace {

/// The most that a mark holds beside its id: the names id, v, op, at and ttl, their values, and the
/// version once more as the condition's operand, which DynamoDB Local counts too.
constexpr std::size_t kMarkBytesMax = 256;
static_assert(2 * events::Version::kLengthMax + 64 <= kMarkBytesMax);
/// The most that a number counts. Source: DynamoDB developer guide, "Item sizes and formats".
constexpr std::size_t kNumberBytesMax = 21;
/// The text around a mark and around a write, table names and ids apart: for reserving memory only.
constexpr std::size_t kMarkTextBytes = 512;
constexpr std::size_t kWriteTextBytes = 64;
constexpr std::size_t kOwnerTextBytes = 512;
constexpr std::size_t kUpdateTextBytes = 256;

/// Appends the condition that the entry is the one that was seen. `v` and `r` tell an entry from
/// every other that was ever there.
void append_seen_condition(std::string& out, const Commit& commit) {
  const Mark* seen = commit.seen->mark;
  out += R"(,"ConditionExpression":")";
  if (is_done_by_what_was_seen(commit)) {
    out += R"~(attribute_exists(id) AND attribute_not_exists(id)",)~";  // it never holds
    return;
  }
  if (seen == nullptr) {
    out += R"~(attribute_not_exists(id)",)~";
    return;
  }
  out += seen->nonce.empty() ? "v = :s AND attribute_not_exists(r)" : "v = :s AND r = :r";
  out += R"(","ExpressionAttributeValues":{":s":{"S":)";
  append_json_string(out, version_text(seen->version, seen->remembers));
  out += '}';
  if (!seen->nonce.empty()) append_text_attribute(out, ":r", seen->nonce);
  out += "},";
}

/// Appends the action that puts the mark. Byte order is the right order of versions, so that a
/// plain comparison of strings decides; if it fails, ALL_OLD brings the old mark in the same trip.
void append_mark(std::string& out, const Commit& commit, std::string_view ledger) {
  out += R"({"Put":{"TableName":)";
  append_json_string(out, ledger);
  out += R"(,"Item":)";
  append_entry(out, commit);
  if (commit.seen) {
    append_seen_condition(out, commit);
    out += R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD"}})";
    return;
  }
  out += R"(,"ConditionExpression":"attribute_not_exists(v) OR v < :v",)"
         R"("ExpressionAttributeValues":{":v":{"S":")";
  out += version_to_rise_above(commit).text();
  out += R"("}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}})";
}

/// Appends the condition that the row of `write` is absent or has its owner. Names and values stand
/// apart from it, since any word may be a name. Nothing comes back of a row of another owner.
void append_owner_condition(std::string& out, const Write& write) {
  STREAMONCE_CHECK(write.key != nullptr && !write.key->empty());
  std::string names;
  std::string values;
  out += R"~(,"ConditionExpression":"attribute_not_exists(#k) OR ()~";
  for (std::size_t i = 0; i < write.owner.size(); ++i) {
    const std::string number = std::to_string(i);
    out.append(i == 0 ? "#o" : " AND #o").append(number).append(" = :o").append(number);
    names.append(R"(,"#o)").append(number).append("\":");
    append_json_string(names, write.owner[i].name);
    values.append(i == 0 ? R"(":o)" : R"(,":o)").append(number).append("\":");
    values += write.owner[i].value_json;
  }
  out += R"~()","ExpressionAttributeNames":{"#k":)~";
  append_json_string(out, write.key->attributes().front().name);
  out.append(names).append(R"(},"ExpressionAttributeValues":{)").append(values);
  out += R"(},"ReturnValuesOnConditionCheckFailure":"NONE")";
}

void append_write(std::string& out, const Write& write) {
  const bool is_put = write.operation == Operation::kPut;
  out += is_put ? R"(,{"Put":{"TableName":)" : R"(,{"Delete":{"TableName":)";
  append_json_string(out, write.table);
  out += is_put ? R"(,"Item":)" : R"(,"Key":)";
  out += is_put ? write.image_json : write.keys_json;
  if (!write.owner.empty()) append_owner_condition(out, write);
  out += "}}";
}

/// Appends the action that adds to a row. Any word may be a name, so names stand apart.
void append_update(std::string& out, const RowSum& row) {
  std::string names;
  std::string values;
  out += R"(,{"Update":{"TableName":)";
  append_json_string(out, row.first->table);
  out.append(R"(,"Key":)").append(row.first->keys_json).append(R"(,"UpdateExpression":"ADD )");
  for (std::size_t i = 0; i < row.addends.size(); ++i) {
    const std::string number = std::to_string(i);
    out.append(i == 0 ? "#a" : ", #a").append(number).append(" :a").append(number);
    names.append(i == 0 ? R"("#a)" : R"(,"#a)").append(number).append("\":");
    append_json_string(names, row.addends[i].name);
    values.append(i == 0 ? R"(":a)" : R"(,":a)").append(number).append(R"(":{"N":")");
    events::append_plain(values, row.addends[i].number);
    values += "\"}";
  }
  out.append(R"(","ExpressionAttributeNames":{)").append(names);
  out.append(R"(},"ExpressionAttributeValues":{)").append(values).append("}}}");
}

std::string_view item_text(const Write& write) {
  return write.operation == Operation::kPut ? write.image_json : write.keys_json;
}

/// What the condition on the owner of `write` counts: DynamoDB Local counts operands.
std::size_t owner_bytes_of(const Write& write) {
  std::size_t bytes = 0;
  for (const events::RawAttribute& attribute : write.owner)
    bytes += attribute.name.size() + attribute.value_json.size();
  return bytes;
}

std::size_t text_bytes_of(std::span<const Commit* const> commits, std::string_view ledger_table) {
  std::size_t bytes = 0;
  for (const Commit* commit : commits) {
    bytes += kMarkTextBytes + ledger_table.size() + commit->ledger_id.size();
    bytes += commit->content.size() + commit->content.size() / 4;  // some of it is escaped
    for (const Write& write : commit->writes)
      bytes += kWriteTextBytes + write.table.size() + item_text(write).size() +
               (write.owner.empty() ? 0 : kOwnerTextBytes + 2 * owner_bytes_of(write));
    if (!commit->additions.empty()) bytes += kUpdateTextBytes;
  }
  return bytes;
}

/// An upper bound of what an addition counts: DynamoDB Local counts names and operands, too.
std::size_t addition_bytes_of(const Addition& addition) {
  std::size_t bytes = addition.keys_json.size();
  for (const Addend& addend : addition.addends)
    bytes += 2 * addend.name.size() + 2 * kNumberBytesMax;
  return bytes;
}

/// Cuts commits into packs, one commit after the other.
class Packer {
 public:
  /// Adds a commit without additions.
  void add(const Commit& commit) {
    actions_ += actions_of(commit);
    bytes_ += bytes_bound_of(commit);
    if (packs_.empty() || actions_ > kActionsMax || bytes_ > kTransactionBytesMax) {
      packs_.emplace_back();
      actions_ = actions_of(commit);
      bytes_ = bytes_bound_of(commit);
    }
    packs_.back().push_back(&commit);
  }

  /// Adds commits with additions, behind all others.
  void add_together(CommitList commits) {
    bring_together(commits);
    RowSums sums;
    for (const Commit* commit : commits) {
      const bool fits = sums.size() > 0 && sums.add(*commit) && takes(*commit, sums.size());
      if (!fits) {
        packs_.emplace_back();
        actions_ = 0;
        bytes_ = 0;
        sums.clear();
        STREAMONCE_CHECK(sums.add(*commit));
        takes(*commit, sums.size());
      }
      packs_.back().push_back(commit);
    }
  }

  std::vector<CommitList> take() { return std::move(packs_); }

 private:
  /// Counts a commit, with which the pack adds to so many rows. @return whether the pack takes it
  bool takes(const Commit& commit, std::size_t rows) {
    actions_ += 1 + commit.writes.size();
    bytes_ += bytes_bound_of(commit);
    return actions_ + rows <= kActionsMax && bytes_ <= kTransactionBytesMax;
  }

  std::vector<CommitList> packs_;
  std::size_t actions_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

std::size_t actions_of(const Commit& commit) {
  return 1 + commit.writes.size() + commit.additions.size();
}

std::size_t bytes_bound_of(const Commit& commit) {
  std::size_t bytes = kMarkBytesMax + commit.ledger_id.size();
  bytes += commit.content.size() + commit.nonce.size();
  if (commit.seen && commit.seen->mark != nullptr)
    bytes += kMarkBytesMax + commit.seen->mark->nonce.size();
  for (const Write& write : commit.writes) bytes += item_text(write).size() + owner_bytes_of(write);
  for (const Addition& addition : commit.additions) bytes += addition_bytes_of(addition);
  return bytes;
}

std::vector<CommitList> pack_commits(const CommitList& commits) {
  Packer packer;
  CommitList adding;
  for (const Commit* commit : commits) {
    if (commit->additions.empty())
      packer.add(*commit);
    else
      adding.push_back(commit);
  }
  if (!adding.empty()) packer.add_together(std::move(adding));
  return packer.take();
}

std::string transact_request(std::span<const Commit* const> commits, std::string_view ledger_table,
                             std::string_view token, Capacity capacity,
                             std::string_view version_attribute) {
  STREAMONCE_CHECK(!token.empty() && token.size() <= kTokenLengthMax);
  std::string body;
  body.reserve(text_bytes_of(commits, ledger_table));
  body += R"({"ClientRequestToken":")";
  body += token;
  if (capacity == Capacity::kTold) body += R"(","ReturnConsumedCapacity":"TOTAL)";
  body += R"(","TransactItems":[)";
  bool first = true;
  for (const Commit* commit : commits) {
    if (!first) body += ',';
    first = false;
    if (!version_attribute.empty()) {
      append_item_actions(body, *commit, ledger_table, version_attribute);
      continue;
    }
    append_mark(body, *commit, ledger_table);
    for (const Write& write : commit->writes) append_write(body, write);
  }
  if (have_additions(commits))
    for (const RowSum& row : updates_of(commits)) append_update(body, row);
  body += "]}";
  return body;
}

}  // namespace streamonce::handler::dynamodb
