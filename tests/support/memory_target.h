// tests/support/memory_target.h: a target in memory, that keeps the rules of
// handler/targets/target.h and fails where it is told to.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "handler/targets/target.h"

namespace streamonce::testing {

class MemoryTarget final : public handler::Target {
 public:
  void commit(std::span<const handler::Commit> commits, std::span<handler::Outcome> outcomes,
              SteadyTime) override {
    ++calls;
    for (std::size_t i = 0; i < commits.size(); ++i) outcomes[i] = apply(commits[i]);
  }

  std::vector<handler::MarkResult> read_marks(std::span<const std::string_view> ledger_ids,
                                              SteadyTime) override {
    std::vector<handler::MarkResult> results;
    for (const std::string_view id : ledger_ids) results.push_back(read_mark(id));
    return results;
  }

  std::map<std::string, std::string> items;  ///< raw key JSON to raw item JSON
  std::map<std::string, std::string> marks;  ///< ledger id to version
  std::set<std::string> failing_keys;        ///< raw key JSON of items that cannot be written
  int calls = 0;

 private:
  handler::MarkResult read_mark(std::string_view ledger_id) const {
    const auto mark = marks.find(std::string(ledger_id));
    if (mark == marks.end() || mark->second.empty()) return handler::MarkResult(std::nullopt);
    Result<events::Version> version = events::Version::parse(mark->second);
    if (!version) return Error{ErrorCode::kProtocol, version.error().message};
    return handler::MarkResult(*version);
  }

  handler::Outcome apply(const handler::Commit& commit) {
    using handler::CommitResult;
    std::string& mark = marks[std::string(commit.ledger_id)];
    if (commit.version.text() == mark)
      return {.result = CommitResult::kAlreadyApplied, .reason = {}};
    if (commit.version.text() < mark) return {.result = CommitResult::kStale, .reason = {}};
    for (const handler::Write& write : commit.writes)
      if (failing_keys.contains(std::string(write.keys_json)))
        return {.result = CommitResult::kFailed, .reason = "refused by the test"};
    for (const handler::Write& write : commit.writes) {
      if (write.operation == handler::Operation::kPut)
        items[std::string(write.keys_json)] = write.image_json;
      else
        items.erase(std::string(write.keys_json));
    }
    mark = commit.version.text();
    return {.result = CommitResult::kApplied, .reason = {}};
  }
};

}  // namespace streamonce::testing
