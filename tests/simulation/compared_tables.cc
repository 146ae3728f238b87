#include "tests/simulation/compared_tables.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "events/item_key.h"
#include "handler/targets/mark.h"
#include "tests/simulation/violation.h"
#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

using handler::Consistency;
using handler::Segment;
using nlohmann::json;

/// The most that a page has.
constexpr std::size_t kPageMax = 3;

std::string id_of_key(const std::string& key) {
  return json::parse(key)["id"]["S"].get<std::string>();
}

/// The key that a row's name has behind its table's.
std::string key_of_name(const std::string& name) {
  return name.substr(name.find('{'));
}

/// Which part of a table has the key: the same in all tables.
bool is_in(const std::string& key, Segment segment) {
  std::uint32_t sum = 0;
  for (const char each : key) sum = sum * 31 + static_cast<unsigned char>(each);
  return sum % segment.count == segment.number;
}

/// Lets others go on. @return whether the read fails
bool is_spoiled(const ReadingParts& parts) {
  parts.world.on_wait();
  parts.world.advance_to(parts.world.now() + std::chrono::milliseconds(parts.random.below(10)));
  return parts.random.chance(parts.fault_percent);
}

std::string text_of(const ReadTable& tables, const std::string& table, const std::string& key,
                    Consistency consistency, const ReadingParts& parts) {
  const bool is_stale =
      consistency == Consistency::kEventual && parts.random.chance(parts.stale_percent);
  return is_stale ? tables.before(table, key) : tables.now(table, key);
}

/// A walk through what is there at its begin: what goes meanwhile goes, and what comes does not.
class SimulatedItemScan final : public handler::ItemScan {
 public:
  SimulatedItemScan(const ReadTable& tables, std::string table, Segment segment,
                    Consistency consistency, const ReadingParts& parts)
      : tables_(tables),
        table_(std::move(table)),
        consistency_(consistency),
        parts_(parts),
        keys_(tables.keys(table_)) {
    std::erase_if(keys_, [&](const std::string& key) { return !is_in(key, segment); });
  }

  Result<bool> next(std::vector<std::string_view>& items, SteadyTime /*deadline*/) override {
    if (is_spoiled(parts_)) return Error{ErrorCode::kUnavailable, "out of reach"};
    items.clear();
    texts_.clear();
    if (at_ == keys_.size()) return false;
    const std::size_t end = std::min(keys_.size(), at_ + parts_.random.below(kPageMax + 1));
    for (; at_ < end; ++at_) {
      std::string text = text_of(tables_, table_, keys_[at_], consistency_, parts_);
      if (!text.empty()) texts_.push_back(std::move(text));
    }
    items.assign(texts_.begin(), texts_.end());
    return true;
  }

 private:
  const ReadTable& tables_;
  const std::string table_;
  const Consistency consistency_;
  const ReadingParts parts_;
  std::vector<std::string> keys_;
  std::deque<std::string> texts_;
  std::size_t at_ = 0;
};

/// A walk through the entries that hold content, in the order of their ids.
class SimulatedEntryScan final : public handler::EntryScan {
 public:
  SimulatedEntryScan(std::string prefix, const ReadingParts& parts)
      : prefix_(std::move(prefix)),
        parts_(parts) {}

  Result<bool> next(std::vector<handler::LedgerEntry>& entries, SteadyTime /*deadline*/) override {
    if (is_spoiled(parts_)) return Error{ErrorCode::kUnavailable, "out of reach"};
    entries.clear();
    std::size_t left = parts_.random.below(kPageMax + 1);
    for (const std::string& id : parts_.service.mark_ids()) {
      if (!id.starts_with(prefix_) || id <= last_) continue;
      if (left-- == 0) return true;
      last_ = id;
      const std::string content = parts_.service.mark_text(id, "w");
      if (content.empty()) continue;
      auto mark = handler::read_mark({.version = parts_.service.mark_text(id, "v"),
                                      .nonce = parts_.service.mark_text(id, "r"),
                                      .content = content},
                                     handler::Reading::kWhole);
      require(mark.has_value(), "an entry that is none: " + id);
      entries.push_back({.id = id, .mark = *std::move(mark)});
    }
    return !std::exchange(has_ended_, true) || !entries.empty();
  }

 private:
  const std::string prefix_;
  const ReadingParts parts_;
  std::string last_;  // the id that was looked at last
  bool has_ended_ = false;
};

}  // namespace

std::vector<std::string> SourceTables::keys(const std::string& /*table*/) const {
  std::vector<std::string> keys;
  for (const std::string& key : source_.keys()) keys.push_back(testing::key_of(key));
  return keys;
}

std::string SourceTables::now(const std::string& /*table*/, const std::string& key) const {
  return source_.item(id_of_key(key));
}

std::string SourceTables::before(const std::string& /*table*/, const std::string& key) const {
  return source_.item_before(id_of_key(key));
}

std::vector<std::string> TargetTables::keys(const std::string& table) const {
  std::vector<std::string> keys;
  for (const std::string& name : service_.rows_of(table)) keys.push_back(key_of_name(name));
  return keys;
}

std::string TargetTables::now(const std::string& table, const std::string& key) const {
  return service_.row(service_.row_name(table, json::parse(key)));
}

std::string TargetTables::before(const std::string& table, const std::string& key) const {
  return service_.row_before(service_.row_name(table, json::parse(key)));
}

std::unique_ptr<handler::ItemScan> SimulatedItems::scan(std::string table, Segment segment,
                                                        Consistency consistency) {
  return std::make_unique<SimulatedItemScan>(tables_, std::move(table), segment, consistency,
                                             parts_);
}

std::vector<Result<std::string_view>> SimulatedItems::read(std::string_view table,
                                                           std::span<const events::ItemKey> keys,
                                                           Consistency consistency,
                                                           SteadyTime /*deadline*/) {
  texts_.clear();
  if (consistency == Consistency::kStrong) read_strongly_at_ = parts_.world.now();
  std::vector<Result<std::string_view>> results;
  for (const events::ItemKey& key : keys) {
    if (is_spoiled(parts_)) {
      results.emplace_back(Error{ErrorCode::kUnavailable, "out of reach"});
      continue;
    }
    std::string keys_json;
    events::append_key_json(keys_json, key);
    texts_.push_back(text_of(tables_, std::string(table), keys_json, consistency, parts_));
    results.emplace_back(std::string_view(texts_.back()));
  }
  parts_.world.on_wait();
  return results;
}

std::unique_ptr<handler::KeyScan> SimulatedEntries::rows(std::string /*table*/,
                                                         std::vector<std::string> /*key_names*/) {
  throw Violation{"a comparison walks through keys"};
}

std::unique_ptr<handler::KeyScan> SimulatedEntries::entries(std::string /*prefix*/,
                                                            const events::Version& /*below*/) {
  throw Violation{"a comparison walks through old entries"};
}

std::unique_ptr<handler::EntryScan> SimulatedEntries::contents(std::string prefix) {
  return std::make_unique<SimulatedEntryScan>(std::move(prefix), parts_);
}

std::unique_ptr<handler::KeyScan> SimulatedEntries::marks_of(std::string_view /*source*/) {
  throw Violation{"a comparison looks for other pipelines"};
}

}  // namespace streamonce::simulation
