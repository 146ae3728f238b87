// handler/views/owner_mark.h: what in a row tells whose it is.
//
// Threads: values and pure functions. Ownership: an owner mark views the view that it is of.

#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>

#include "events/item_key.h"
#include "handler/views/rules/views.h"

namespace streamonce::handler::views {

/// How the rows of a view tell whose they are.
struct OwnerMark {
  enum class Kind : std::uint8_t {
    kNone,       ///< they do not: no other item can have them
    kItemKey,    ///< they have the attributes of the source's key
    kAttribute,  ///< they have one attribute more, with the item's canonical key
  };
  Kind kind = Kind::kNone;
  std::string_view attribute = {};  ///< kAttribute: its name

  friend bool operator==(const OwnerMark&, const OwnerMark&) = default;
};

/// That of the rows which `view` makes.
OwnerMark owner_mark_of(const View& view);

/// `{"S":...}` with the canonical key of the item, in the arena: what kAttribute's attribute has.
std::string_view owner_value(const events::ItemKey& item, std::pmr::memory_resource& arena);

}  // namespace streamonce::handler::views
