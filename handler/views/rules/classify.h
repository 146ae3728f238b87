// handler/views/rules/classify.h: what follows from a view's text for how it is kept.
//
// Threads: pure functions. Ownership: what is returned views the select and the names that were
// given.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handler/views/language/syntax.h"
#include "handler/views/rules/views.h"

namespace streamonce::handler::views {

/// Where an attribute of the row comes from.
struct Origin {
  enum class Kind : std::uint8_t {
    kNowhere,
    kItem,  ///< an item of SELECT, which `expression` is of
    kStar,  ///< the attribute of the source's item of the same name, by `*`
  };
  Kind kind = Kind::kNowhere;
  const Expression* expression = nullptr;
};

/// Where the row's attribute `name` comes from. An item replaces the attribute of `*`.
Origin origin_of(const Select& select, std::string_view name);

/// The attribute of the source's item that the row's attribute `name` is, whole and alone. Empty:
/// it is none.
std::string_view bare_attribute_of(const Select& select, std::string_view name);

/// An attribute of a row's key that may change while the item's key does not.
struct MovingKey {
  std::string_view name;  ///< its own
  /// The attribute of the source's item that it follows from, or the first of several; empty: it
  /// follows from none.
  std::string_view attribute;
};

/// The first attribute of the row's key, `key`, that does not follow from the source's key alone;
/// none: the key never changes. Of a view with unnesting, any may change.
std::optional<MovingKey> moving_key(const Select& select, const std::vector<std::string>& key,
                                    const std::vector<std::string>& source_key);

/// Whether an item has one row at most, whose key, `key`, never changes.
ViewClass class_of(const Select& select, const std::vector<std::string>& key,
                   const std::vector<std::string>& source_key);

/// Whether a row's key tells whose it is: each attribute of the source's key is one of `key`, or
/// one of `key` is literals and `||` around the only attribute of the source's key.
bool key_holds_item(const Select& select, const std::vector<std::string>& key,
                    const std::vector<std::string>& source_key);

/// An attribute of a row's key that is the only attribute of the source's key, as text, between two
/// texts. A number is there as || has it: in plain decimal form.
struct HeldKey {
  std::string_view name;  ///< of the row's attribute
  std::string before = {};
  std::string after = {};
};

/// The first attribute of the row's key, `key`, that literals and `||` around the only attribute of
/// the source's key give; none: there is none.
std::optional<HeldKey> held_key(const Select& select, const std::vector<std::string>& key,
                                const std::vector<std::string>& source_key);

/// Whether the row has each attribute of the source's key under its own name.
bool row_holds_item(const Select& select, const std::vector<std::string>& source_key);

}  // namespace streamonce::handler::views
