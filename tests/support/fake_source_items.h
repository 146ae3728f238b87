// tests/support/fake_source_items.h: tables of sources in memory, whose items a test sets.
//
// Threads: one thread at a time.

#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "handler/pipeline/source_items.h"

namespace streamonce::testing {

class FakeSourceItems final : public handler::SourceItems {
 public:
  /// A call of read().
  struct Call {
    std::string table;
    std::vector<std::string> keys;  ///< as `id=a`, the attributes by a comma between
    handler::Consistency consistency = handler::Consistency::kEventual;
    SteadyTime deadline;
  };

  std::vector<Result<std::string_view>> read(const events::SourceTable& table,
                                             std::span<const events::ItemKey> keys,
                                             handler::Consistency consistency,
                                             SteadyTime deadline) override {
    // As with a real reader, the texts of the read before are gone.
    given_.clear();
    Call& call = calls.emplace_back();
    call.table = table.table;
    call.consistency = consistency;
    call.deadline = deadline;
    std::vector<Result<std::string_view>> results;
    for (const events::ItemKey& key : keys) {
      const std::string& text = call.keys.emplace_back(text_of(key));
      if (failing.contains(text))
        results.emplace_back(Error{ErrorCode::kUnavailable, "throttled by the test"});
      else
        results.emplace_back(given_.emplace_back(items[text]));
    }
    return results;
  }

  /// The keys of all calls, call by call.
  std::vector<std::vector<std::string>> keys_read() const {
    std::vector<std::vector<std::string>> all;
    for (const Call& call : calls) all.push_back(call.keys);
    return all;
  }

  std::map<std::string, std::string> items;  ///< by key, as in Call; empty or absent: gone
  std::set<std::string> failing;             ///< keys that cannot be read
  std::vector<Call> calls;

 private:
  static std::string text_of(const events::ItemKey& key) {
    std::string text;
    for (const events::KeyAttribute& attribute : key.attributes()) {
      if (!text.empty()) text += ',';
      text.append(attribute.name).append("=").append(attribute.value);
    }
    return text;
  }

  std::deque<std::string> given_;
};

}  // namespace streamonce::testing
