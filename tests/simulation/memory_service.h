// tests/simulation/memory_service.h: the service of views that have to be remembered, and its
// oracle.
//
// After every transaction the ledger and the tables agree: a row is there if one entry tells of it,
// and no two do; a group is the sum over the entries. An entry tells what the views make of the
// change that it stands for, and nothing is written without its entry. So each table is its view
// of the source once all changes are done.
//
// Threads: one.

#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/memory_views.h"
#include "tests/simulation/views_service.h"

namespace streamonce::simulation {

class MemoryService final : public DerivedService {
 public:
  MemoryService(const Source& source, const MemoryViews& views)
      : DerivedService(source, views),
        views_(views) {}

  void check_end(const std::string& key, const Change* newest) const override;
  void check_left(const std::string& key, const Change* newest) const override;
  bool is_blocked(const Change& change) const override;

 private:
  /// What an item has in a view.
  struct Held {
    std::set<std::string> rows = {};  ///< their names
    Groups groups = {};
    const Change* change = nullptr;  ///< whose rows and amounts these are; null: of none yet
  };
  using HeldByView = std::vector<Held>;
  /// An entry that a transaction writes.
  struct Written {
    Step step;
    HeldByView held;  ///< from then on
  };

  void look_at_mark(const std::string& id, const nlohmann::json& put) override;
  void look_at_item(const nlohmann::json& action, const nlohmann::json* there) override;
  void look_at_written(const std::set<std::string>& keys,
                       const std::set<std::string>& ids) override;

  HeldByView read_held(const nlohmann::json& entry) const;
  std::size_t view_of(const std::string& name) const;
  const HeldByView& held_by(const std::string& key) const;
  const Change* check_view(std::size_t view, const Written& written) const;
  const Change* check_departure(std::size_t view, const Written& written) const;
  const Change* find_origin(std::size_t view, const Written& written) const;
  void replace_held(std::set<std::string>& names);
  void check_row(const std::string& name) const;
  void check_group(const std::string& name) const;

  const MemoryViews& views_;
  const HeldByView nothing_ = HeldByView(views_.size());
  std::map<std::string, HeldByView> held_;     // by key
  std::map<std::string, std::string> owners_;  // keys, by the names of rows
  Groups sums_;                                // of all that is held
  std::map<std::string, Written> written_;     // by the transaction in hand, by key
  std::string key_;                            // of the commit in hand
};

}  // namespace streamonce::simulation
