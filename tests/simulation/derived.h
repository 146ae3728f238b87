// tests/simulation/derived.h: direct views of a simulated table: what each has of an item after a
// change.
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

#include "tests/simulation/random.h"
#include "tests/simulation/view_model.h"

namespace streamonce::simulation {

class DerivedViews final : public ViewModel {
 public:
  /// Some of the views.
  explicit DerivedViews(Random& random);

  std::vector<std::string> key_names(const std::string& table) const override;
  /// The key of the row that the item `id` may have; null: it never has one.
  nlohmann::json row_key(std::size_t view, const std::string& id) const;
  bool concerns(std::size_t view, const Change& change) const override;
  /// Whether the view leaves some changes alone.
  bool depends_on_history(std::size_t view) const;
  bool may_collide(std::size_t view) const override;

 private:
  enum class View : unsigned char { kOpen, kPairs, kChosen, kSlots, kNextSlots };

  std::string text_of(View view) const;
  ViewState derive(std::size_t view, const Change& change) const override;

  std::vector<View> views_;
  Choice choice_ = Choice::kInsertsOnly;
};

}  // namespace streamonce::simulation
