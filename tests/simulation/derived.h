// tests/simulation/derived.h: the views of a simulated table, as text and as a model that is
// written plainly and apart from the code under test: what each has of an item after a change.
//
// Attributes are missing, NULL or values, in WHERE and among the items of SELECT; a condition
// starts and stops holding; a key has a part that one item lacks; some images have no value in a
// view. One view leaves changes alone by its options, so that what it has depends on history. In
// two others two items want one row each, and may come to exchange them.
//
// Threads: values and pure functions.

#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "handler/views/rules/views.h"
#include "tests/simulation/random.h"

namespace streamonce::simulation {

struct Change;

/// What a view has of an item after a change.
struct Derived {
  enum class Kind : unsigned char {
    kNothing,  ///< the item never has a row
    kAbsent,
    kRow,
    kFails,  ///< the change cannot be applied
  };
  Kind kind = Kind::kNothing;
  nlohmann::json row = {};

  /// The row as Service::item() has it; empty: there is none.
  std::string text() const { return kind == Kind::kRow ? row.dump() : std::string(); }
};

class DerivedViews {
 public:
  /// Some of the views.
  explicit DerivedViews(Random& random);

  std::size_t size() const { return views_.size(); }
  const handler::views::Views& checked() const { return checked_; }
  /// The table of each view.
  std::vector<std::string> tables() const;
  /// The names of the key attributes of a view's table.
  std::vector<std::string> key_names(const std::string& table) const;

  Derived derive(std::size_t view, const Change& change) const;
  /// The key of the row that the item `id` may have; null: it never has one.
  nlohmann::json row_key(std::size_t view, const std::string& id) const;
  bool concerns(std::size_t view, const Change& change) const;
  bool concern_any(const Change& change) const;
  /// Whether the view leaves some changes alone.
  bool depends_on_history(std::size_t view) const;
  /// Whether two items may want one row of the view.
  bool may_collide(std::size_t view) const;

 private:
  enum class View : unsigned char { kOpen, kPairs, kChosen, kSlots, kNextSlots };
  enum class Choice : unsigned char {
    kInsertsOnly,
    kNoRemovals,
    kNoInserts,
    kKeepsExpired,
    kKeepsDeleted
  };

  std::string text_of(View view) const;

  std::vector<View> views_;
  Choice choice_ = Choice::kInsertsOnly;
  handler::views::Views checked_;
};

}  // namespace streamonce::simulation
