// tests/simulation/memory_views.h: views of a simulated table whose rows have to be remembered.
//
// A view moves the row of an item with a holder that changes often; one has a row for each element
// of a list, which grows, shrinks and repeats elements; two items want one place, and exchange
// theirs, through a free one or without; and amounts are added up, with fractions and signs, for
// all items, for some, and for elements. In some seeds views leave changes alone by their options,
// repeated elements come to one key, so that the change cannot be applied, or a direct view stands
// beside them. Views that are compared with their source (verifying.h) have none of these.
//
// Threads: values and pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/random.h"
#include "tests/simulation/view_model.h"

namespace streamonce::simulation {

/// A number of two decimal places at most, in hundredths.
std::int64_t hundredths(const std::string& text);

class MemoryViews final : public ViewModel {
 public:
  /// Which of the views are drawn from.
  enum class Drawing : unsigned char {
    kAny,
    kFromImages,  ///< those whose rows follow from the newest image alone, which has a value in each
  };

  /// Some of the views.
  explicit MemoryViews(Random& random, Drawing drawing = Drawing::kAny);

  std::vector<std::string> key_names(const std::string& table) const override;
  bool concerns(std::size_t view, const Change& change) const override;
  bool may_collide(std::size_t view) const override;
  /// Whether the entry of the item has to remember what the view has.
  bool remembers(std::size_t view) const { return views_[view] != View::kOpen; }
  bool has_groups(std::size_t view) const;
  std::string draw_more(Random& random, const std::string& key, bool is_odd,
                        DrawnPlaces& drawn) const override;

 private:
  enum class View : unsigned char {
    kOpen,  ///< direct
    kHolders,
    kLines,
    kWords,
    kPlaces,
    kOwnedPlaces,
    kTotals,
    kRegions,
    kCounts
  };

  std::string text_of(View view) const;
  std::string option_of(View view) const;
  std::optional<Choice> choice_of(View view) const;
  ViewState derive(std::size_t view, const Change& change) const override;
  std::string draw_place(Random& random, const std::string& key, DrawnPlaces& drawn) const;

  std::vector<View> views_;
  std::optional<Choice> holders_choice_;
  std::optional<Choice> regions_choice_;
  std::size_t places_ = 1;
  bool exchanges_ = false;
};

}  // namespace streamonce::simulation
