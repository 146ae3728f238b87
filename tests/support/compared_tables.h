// tests/support/compared_tables.h: tables in memory as a comparison reads them: items of a source,
// the rows of a MemoryTarget, and the entries of its ledger.
//
// Threads: one thread at a time. A reader must outlive its walks.

#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/item_attributes.h"
#include "events/item_key.h"
#include "handler/compare/item_changes.h"
#include "handler/items/item_reader.h"
#include "handler/targets/key_scan.h"
#include "tests/support/mark_places.h"
#include "tests/support/memory_target.h"

namespace streamonce::testing {

/// The canonical key of a key as DynamoDB JSON.
inline std::string canonical_of_json(std::string_view keys_json) {
  std::pmr::monotonic_buffer_resource arena;
  std::string canonical;
  events::append_canonical(canonical, handler::compare::key_of_json(keys_json, arena).value());
  return canonical;
}

/// Rows of tables, which a test gives by key and text.
class ComparedTables : public handler::ItemReader {
 public:
  using Rows = std::vector<std::pair<std::string, std::string>>;  ///< key as JSON, and text

  std::unique_ptr<handler::ItemScan> scan(std::string table, handler::Segment segment,
                                          handler::Consistency /*consistency*/) override {
    Rows rows = rows_of(table);
    std::erase_if(rows, [&](const auto& row) {
      return std::hash<std::string>()(canonical_of_json(row.first)) % segment.count !=
             segment.number;
    });
    if (walks_backwards) std::reverse(rows.begin(), rows.end());
    return std::make_unique<Walk>(*this, std::move(rows));
  }

  std::vector<Result<std::string_view>> read(std::string_view table,
                                             std::span<const events::ItemKey> keys,
                                             handler::Consistency consistency,
                                             SteadyTime /*deadline*/) override {
    if (before_read) before_read(consistency);
    most_keys = std::max(most_keys, keys.size());
    if (consistency == handler::Consistency::kStrong) ++strong_reads;
    find_rows(std::string(table));
    std::vector<Result<std::string_view>> results;
    std::set<std::string> distinct;
    for (const events::ItemKey& key : keys) {
      std::string canonical;
      events::append_canonical(canonical, key);
      EXPECT_TRUE(distinct.insert(canonical).second) << "a key is read twice at once";
      const auto found = read_.find(canonical);
      if (error)
        results.emplace_back(*error);
      else if (refused.contains(canonical))
        results.emplace_back(Error{ErrorCode::kRejected, "no such key can be"});
      else
        results.emplace_back(found == read_.end() ? std::string_view() : found->second);
    }
    return results;
  }
  double read_units() const override { return 0; }
  bool has_segments() const override { return segments; }

  bool segments = false;
  bool walks_backwards = false;
  std::size_t page_rows = 3;
  std::set<std::string> refused;  ///< canonical keys that the table does not take
  std::optional<Error> error;     ///< of each read and walk
  std::function<void(handler::Consistency)> before_read;
  std::size_t most_keys = 0;  ///< of one read
  int strong_reads = 0;

 protected:
  virtual Rows rows_of(const std::string& table) const = 0;

 private:
  /// Makes `read_` of a table's rows, where it is not of the same rows already.
  void find_rows(const std::string& table) {
    Rows rows = rows_of(table);
    if (rows == found_) return;
    read_.clear();
    for (const auto& [key, text] : rows) read_.emplace(canonical_of_json(key), text);
    found_ = std::move(rows);
  }

  class Walk final : public handler::ItemScan {
   public:
    Walk(const ComparedTables& tables, Rows rows) : tables_(tables), rows_(std::move(rows)) {}

    Result<bool> next(std::vector<std::string_view>& items, SteadyTime /*deadline*/) override {
      items.clear();
      if (tables_.error) return *tables_.error;
      first_ += count_;
      count_ = std::min(tables_.page_rows, rows_.size() - first_);
      for (std::size_t i = first_; i < first_ + count_; ++i) {
        const auto& [key, text] = rows_[i];
        items.emplace_back(events::is_item(text) ? text : key);
      }
      return count_ > 0;
    }
    bool is_damaged(std::size_t place) const override {
      return !events::is_item(rows_[first_ + place].second);
    }

   private:
    const ComparedTables& tables_;
    const Rows rows_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
  };

  std::map<std::string, std::string> read_;  // by canonical key: of the latest read()
  Rows found_;                               // that `read_` is of
};

/// The items of one source, by their keys as JSON.
class SourceItemsInMemory final : public ComparedTables {
 public:
  std::map<std::string, std::string> items;

 protected:
  Rows rows_of(const std::string& /*table*/) const override { return {items.begin(), items.end()}; }
};

/// The rows and groups of a MemoryTarget.
class MemoryTargetRows final : public ComparedTables {
 public:
  explicit MemoryTargetRows(const MemoryTarget& target) : target_(target) {}

 protected:
  Rows rows_of(const std::string& table) const override {
    Rows rows;
    for (const auto& [key, text] : target_.items)
      if (target_.tables.at(key) == table) rows.emplace_back(key, text);
    for (const auto& [name, amounts] : target_.groups) {
      if (!name.starts_with(table + " ")) continue;
      const std::string key = name.substr(table.size() + 1);
      std::string text = key.substr(0, key.size() - 1);
      for (const auto& [attribute, amount] : amounts) {
        text.append(",\"").append(attribute).append("\":{\"N\":\"");
        events::append_plain(text, amount);
        text += "\"}";
      }
      rows.emplace_back(key, text + "}");
    }
    return rows;
  }

 private:
  const MemoryTarget& target_;
};

/// The entries of a MemoryTarget's ledger that hold content.
class MemoryEntries final : public handler::KeyScanner {
 public:
  explicit MemoryEntries(MemoryTarget& target) : target_(target) {}

  std::unique_ptr<handler::EntryScan> contents(std::string prefix) override {
    if (before_walk) before_walk();
    std::vector<handler::LedgerEntry> entries;
    for (const auto& [id, content] : target_.contents) {
      if (!id.starts_with(prefix) || content.empty()) continue;
      const std::string_view name = id;
      auto mark = target_.read_marks(place_of(name), handler::Reading::kWhole, {});
      entries.push_back({.id = id, .mark = *std::move(mark.front()).value()});
    }
    return std::make_unique<Walk>(std::move(entries));
  }
  std::unique_ptr<handler::KeyScan> rows(std::string, std::vector<std::string>) override {
    return nullptr;
  }
  std::unique_ptr<handler::KeyScan> entries(std::string, const events::Version&) override {
    return nullptr;
  }
  std::unique_ptr<handler::KeyScan> marks_of(std::string_view) override { return nullptr; }

  std::function<void()> before_walk;

 private:
  class Walk final : public handler::EntryScan {
   public:
    explicit Walk(std::vector<handler::LedgerEntry> entries) : entries_(std::move(entries)) {}
    Result<bool> next(std::vector<handler::LedgerEntry>& entries, SteadyTime) override {
      entries = std::exchange(entries_, {});
      return !entries.empty();
    }

   private:
    std::vector<handler::LedgerEntry> entries_;
  };

  MemoryTarget& target_;
};

}  // namespace streamonce::testing
