// tests/support/memory_target.h: a target in memory, that keeps the rules of
// handler/targets/target.h and fails where it is told to.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "events/decimal.h"
#include "events/item_attributes.h"
#include "handler/targets/mark.h"
#include "handler/targets/owner.h"
#include "handler/targets/target.h"

namespace streamonce::testing {

class MemoryTarget final : public handler::Target {
 public:
  void commit(std::span<const handler::Commit> commits, std::span<handler::Outcome> outcomes,
              SteadyTime) override {
    ++calls;
    for (std::size_t i = 0; i < commits.size(); ++i) outcomes[i] = apply(commits[i]);
  }

  std::vector<handler::MarkResult> read_marks(std::span<const handler::MarkPlace> places,
                                              handler::Reading reading, SteadyTime) override {
    readings.push_back(reading);
    std::vector<handler::MarkResult> results;
    for (const handler::MarkPlace& place : places)
      results.push_back(read(place.ledger_id, reading));
    return results;
  }

  std::map<std::string, std::string> items;   ///< raw key JSON to raw item JSON
  std::map<std::string, std::string> tables;  ///< raw key JSON to the table that it was put into
  /// What was added up, by table and raw key JSON, and by attribute.
  std::map<std::string, std::map<std::string, events::Decimal>> groups;
  std::map<std::string, std::string> marks;     ///< ledger id to version, as mark.h has its text
  std::map<std::string, std::string> contents;  ///< ledger id to content
  std::map<std::string, std::string> nonces;    ///< ledger id to nonce
  std::map<std::string, handler::Operation> operations;  ///< ledger id to what was done
  std::map<std::string, std::int64_t> times;             ///< ledger id to the record's time
  std::vector<handler::Reading> readings;                ///< of each call of read_marks()
  std::set<std::string> failing_keys;  ///< raw key JSON of items that cannot be written
  int calls = 0;

 private:
  static std::string text_of(const std::map<std::string, std::string>& texts,
                             std::string_view ledger_id) {
    const auto found = texts.find(std::string(ledger_id));
    return found == texts.end() ? "" : found->second;
  }

  handler::MarkResult read(std::string_view ledger_id, handler::Reading reading) const {
    const std::string version = text_of(marks, ledger_id);
    const std::string nonce = text_of(nonces, ledger_id);
    const std::string content = text_of(contents, ledger_id);
    if (version.empty()) return handler::MarkResult(std::nullopt);
    Result<handler::Mark> mark =
        handler::read_mark({.version = version, .nonce = nonce, .content = content}, reading);
    if (!mark) return mark.error();
    if (const auto done = operations.find(std::string(ledger_id));
        reading == handler::Reading::kTold && done != operations.end())
      mark->operation = done->second;
    if (const auto at = times.find(std::string(ledger_id));
        reading == handler::Reading::kTold && at != times.end())
      mark->at = at->second;
    return handler::MarkResult(*std::move(mark));
  }

  bool is_free_for(const handler::Write& write) const {
    const auto there = items.find(std::string(write.keys_json));
    return write.owner.empty() || there == items.end() ||
           events::has_attributes(there->second, write.owner);
  }

  handler::Outcome apply(const handler::Commit& commit) {
    using handler::CommitResult;
    const handler::MarkResult there = read(commit.ledger_id, handler::Reading::kWhole);
    if (!there) return {.result = CommitResult::kFailed, .reason = there.error().message};
    const CommitResult result = handler::judge(commit, *there);
    if (result == CommitResult::kChanged && *there)
      return {.result = result, .reason = {}, .found = std::make_shared<handler::Mark>(**there)};
    if (result != CommitResult::kApplied) return {.result = result, .reason = {}};
    for (const handler::Write& write : commit.writes)
      if (failing_keys.contains(std::string(write.keys_json)))
        return {.result = CommitResult::kFailed, .reason = "refused by the test"};
    std::vector<std::size_t> collisions;
    for (std::size_t i = 0; i < commit.writes.size(); ++i)
      if (!is_free_for(commit.writes[i])) collisions.push_back(i);
    if (!collisions.empty()) {
      return {.result = CommitResult::kFailed,
              .reason = handler::why_collides(commit.writes[collisions[0]]),
              .refused_writes = collisions,
              .collides = true};
    }
    for (const handler::Write& write : commit.writes) {
      if (write.operation == handler::Operation::kPut)
        items[std::string(write.keys_json)] = write.image_json;
      else
        items.erase(std::string(write.keys_json));
      tables[std::string(write.keys_json)] = write.table;
    }
    for (const handler::Addition& addition : commit.additions) {
      auto& group = groups[std::string(addition.table).append(" ").append(addition.keys_json)];
      for (const handler::Addend& addend : addition.addends) {
        events::Decimal& sum = group[std::string(addend.name)];
        sum = events::add(sum, addend.number).value();
      }
    }
    const std::string id(commit.ledger_id);
    marks[id] = handler::version_text(commit.version, !commit.content.empty());
    contents[id] = commit.content;
    nonces[id] = commit.nonce;
    operations[id] = commit.operation;
    if (commit.at)
      times[id] = *commit.at;
    else
      times.erase(id);
    return {.result = CommitResult::kApplied, .reason = {}};
  }
};

}  // namespace streamonce::testing
