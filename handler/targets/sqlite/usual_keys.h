// handler/targets/sqlite/usual_keys.h: the key that a batch gives to a table that is not there yet.
//
// All items of a table have keys of one shape, but a batch may hold changes of several: those of a
// table that was deleted and made again with another key, in a dump that is replayed. A table that
// has rows has the last word. A table that is absent or empty gets the shape of most of the items
// that the batch puts into it, wherever they stand in it; of two shapes that are equally frequent,
// it gets that of the newest item. An addition counts as a put, since it may make its row. Removals
// do not count: they put nothing into a table.
//
// Threads: one thread at a time. Borrows: the commits; they must outlive the object.

#pragma once

#include <map>
#include <span>
#include <string_view>

#include "events/item_key.h"
#include "handler/targets/target.h"

namespace streamonce::handler::sqlite {

class UsualKeys {
 public:
  UsualKeys() = default;  ///< has no commits
  explicit UsualKeys(std::span<const Commit> commits) : commits_(commits) {}

  /// A key of the usual shape. One of the commits must put an item into `table_name`, or add to one
  /// there. The commits are looked through once for each table.
  const events::ItemKey& of(std::string_view table_name);

 private:
  std::span<const Commit> commits_;
  std::map<std::string_view, const events::ItemKey*> found_;  // by name
};

}  // namespace streamonce::handler::sqlite
