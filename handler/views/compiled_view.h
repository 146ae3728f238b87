// handler/views/compiled_view.h: a checked view, made ready to be asked about many items.
//
// Threads: values and pure functions.
// Ownership: a compiled view views the checked view that it was made of, and the memory that it was
// made in.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handler/views/compile.h"
#include "handler/views/exclusion.h"
#include "handler/views/rules/views.h"

namespace streamonce::handler::views {

/// An attribute of a row that an expression gives.
struct CompiledAttribute {
  std::string_view name;
  std::string_view member;  ///< `"name":`
  Node value;
};

/// What is added up over the items of a group.
struct CompiledAmount {
  ExpressionKind kind = ExpressionKind::kCountAll;  ///< or kCount, or kSum
  Node value;  ///< of the two others: what is counted or summed
};

/// `*` among the items of SELECT.
struct Star {
  struct Left {
    std::uint32_t slot;
    std::vector<Exclusion> inner;  ///< empty: the attribute is left out as a whole
  };

  std::size_t place = 0;   ///< how many attributes stand before it
  std::vector<Left> left;  ///< what is not copied, in the order of the slots

  /// What of the attribute with `slot` is not copied. Null: it is copied as a whole.
  const Left* find(std::optional<std::uint32_t> slot) const;
};

struct CompiledView {
  const Node* unnest = nullptr;        ///< what has the elements; null: the view does not unnest
  bool has_position = false;           ///< whether the place of an element has a name
  std::vector<CompiledAttribute> key;  ///< empty: the row has the item's own
  std::vector<CompiledAttribute> attributes;
  /// With GROUP BY: what an item adds to the amounts, sorted by their names, and these names.
  std::vector<CompiledAmount> amounts;
  std::vector<std::string_view> amount_names;
  std::optional<Star> star;
  const Node* where = nullptr;
  bool is_whole_item = false;  ///< whether a row is the image as it is
  std::vector<std::uint32_t> owner_slots;
  std::string owner_member;  ///< `"name":` of the attribute that the option owner names
};

/// `"name":` as JSON.
std::string member_of(std::string_view name);

/// Compiles `view`, which is without a fault and of `source`. Gives each attribute of the source's
/// item that it names a slot.
/// @param slots   views names of `view` and of `source`
/// @param memory  keeps what the compiled view views, but for what `view` has and views
CompiledView compile_view(const View& view, const Source& source, SlotNames& slots,
                          TreeMemory& memory);

}  // namespace streamonce::handler::views
