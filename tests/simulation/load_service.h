// tests/simulation/load_service.h: the service of a mirror that exports are loaded into beside the
// streams, and the oracle that looks at each transaction. The mirror may have its marks in its
// items.
//
// Threads: one.

#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "tests/simulation/exported_source.h"
#include "tests/simulation/service.h"

namespace streamonce::simulation {

class LoadService final : public Service {
 public:
  /// Must be called once, and first.
  void serve(const ExportedSource& source);

  /// Whether marks of the ledger must have a time from which on they may go.
  bool marks_expire = false;
  /// Whether the items have their marks, and the ledger those of what is gone.
  bool has_item_marks = false;

  /// The item as it is but for its mark; empty: there is none.
  std::string shown(const std::string& key) const;

  /// What an item's mark stands for.
  struct Applied {
    const SourceWrite* write = nullptr;      ///< either this
    const SourceExport* exported = nullptr;  ///< or this
    std::string version = {};
    std::size_t tick = 0;  ///< of the transaction
  };
  /// Null: the item has no mark.
  const Applied* applied(const std::string& key) const;

  /// How many marks have been written so far.
  std::size_t ticks() const { return ticks_; }

  /// Notes that a sweep after this export begins to look at the target: each mark that is there by
  /// now is there for it to see.
  void note_sweep(const SourceExport& exported);

  /// Whether each item of the export has its mark, or a later one.
  bool has_all_of(const SourceExport& exported) const;

 private:
  void look_at_asked(const nlohmann::json& action) override;
  void look_at_mark(const std::string& id, const nlohmann::json& put) override;
  void look_at_item(const nlohmann::json& action, const nlohmann::json* there) override;
  void look_at_written(const std::set<std::string>& keys,
                       const std::set<std::string>& ids) override;
  Applied find(const std::string& key, const std::string& version) const;
  void apply(const std::string& key, const std::string& version, bool removes);
  void check_load(const std::string& key, const Applied& before, const Applied& after,
                  bool removes) const;

  const ExportedSource* source_ = nullptr;
  std::map<std::string, const SourceWrite*> writes_;    // by key and version
  std::map<std::string, const SourceExport*> exports_;  // by version
  std::map<std::string, std::size_t> sweeps_;  // ticks at the first one's begin; by version
  std::map<std::string, Applied> applied_;     // by key
  std::map<std::string, std::string> images_;  // by key; as the marks say
  std::size_t ticks_ = 0;
};

}  // namespace streamonce::simulation
