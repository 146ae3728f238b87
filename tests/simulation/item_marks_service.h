// tests/simulation/item_marks_service.h: the service of a mirror whose marks are in its items, and
// its oracle.
//
// The oracle remembers by itself the newest change that each item has shown, and looks at the item
// after every request that has written: it must show a later one (G3), and nothing that is gone
// comes back (G4). What is there has the version of the change that it shows; what is gone has its
// tombstone, which was written with the removal; and no tombstone is above a version.
//
// A mirror may have kept its marks in the ledger before, or have items that were there before there
// was a stream, and have no mark at all.
//
// Threads: one.

#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/simulation/service.h"
#include "tests/simulation/source.h"

namespace streamonce::simulation {

class ItemMarksService final : public SourceService {
 public:
  using SourceService::SourceService;

  /// Puts an item that is older than all changes, and has no mark.
  void put_old(const std::string& key);
  /// Has marks kept in the ledger until they are kept in the items.
  void keep_marks_in_ledger() { keeps_in_ledger_ = was_in_ledger_ = true; }
  void keep_marks_in_items() { keeps_in_ledger_ = false; }

  const Change* marked(const std::string& key) const override;
  void check_end(const std::string& key, const Change* newest) const override;
  bool tells_by_mark(const Change& refused) const override;

 private:
  void look_at_mark(const std::string& id, const nlohmann::json& put) override;
  void look_at_item(const nlohmann::json& action, const nlohmann::json* there) override;
  void look_at_written(const std::set<std::string>& keys,
                       const std::set<std::string>& ids) override;
  const Change* removed(const std::string& key) const;
  std::string version_in_item(const std::string& key) const;
  std::string expected(const Change& change) const;
  void check_item(const std::string& key);

  bool keeps_in_ledger_ = false;
  bool was_in_ledger_ = false;
  std::map<std::string, std::string> old_;       // items that put_old() has put, by key
  std::map<std::string, const Change*> newest_;  // that was ever shown, by key
  std::set<std::string> tombstones_;             // keys of those that the request in hand writes
  std::set<std::string> changed_;                // keys of what was written with marks in items
};

}  // namespace streamonce::simulation
