// handler/views/rules/views.h: the sources and views of a views.sql, checked.
//
// Threads: values. Ownership: Views owns all that its views' SELECTs view, and a View alone does
// not: a copy of it is good for as long as the memory of its Views. All other texts are its own.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "handler/views/language/syntax.h"

namespace streamonce::handler::views {

struct Source {
  std::string name;
  std::vector<std::string> key;  ///< one or two names, as they were declared
  Place place;
};

enum class ViewClass : std::uint8_t {
  kDirect,       ///< the row's key follows from the item's key, so that nothing is remembered
  kRemembering,  ///< the ledger remembers which rows and amounts the item has
};

/// How it is known that two items of the source do not write one row.
enum class Separation : std::uint8_t {
  kItemKey,   ///< without KEY: the row has the item's own key
  kKeyHolds,  ///< it cannot happen: the view's key holds the whole key of the item
  kOwner,     ///< it is seen: the row tells whose it is, by View::owner_attributes
  kGroups,    ///< GROUP BY: a row is many items'
};

struct View {
  std::string name;
  Place place;
  std::size_t source = 0;  ///< place in Views::sources
  ViewClass view_class = ViewClass::kDirect;
  bool has_key = false;          ///< whether KEY was written
  std::vector<std::string> key;  ///< names of the row's key attributes; without KEY, the source's
  Separation separation = Separation::kItemKey;
  /// For kOwner: the attributes of the row that tell whose it is: the source's key attributes, or
  /// the one that the option owner names.
  std::vector<std::string> owner_attributes;
  bool has_owner_option = false;  ///< whether the row has one attribute more, with the item's key
  std::uint32_t spread = 0;       ///< 0: no such option
  bool keeps_expired = false;     ///< an expiry by TTL leaves the row as it is
  bool keeps_deleted = false;     ///< any removal leaves the row as it is
  bool on_insert = true;          ///< which changes concern the view, by the option events
  bool on_modify = true;
  bool on_remove = true;
  Select select;
};

struct Views {
  std::vector<Source> sources;
  std::vector<View> views;             ///< in the order of the text
  std::shared_ptr<TreeMemory> memory;  ///< of the SELECTs
};

/// The most views of a text, and the most sources.
inline constexpr std::size_t kViewsMax = 100;
/// The most views of one source, which one transaction writes together with the mark. Source:
/// DynamoDB quotas: TransactWriteItems has 100 actions.
inline constexpr std::size_t kViewsOfSourceMax = 99;
/// The most rows that one item may have in one view, and groups.
inline constexpr std::size_t kRowsMax = 48;

/// The most aggregates of a view. Source: DynamoDB quotas, "Expression parameters": an update
/// expression has 4 KB at most, which is room for those of a view and of an older text of it.
inline constexpr std::size_t kAmountsMax = 100;

/// Whether the view's rows follow from the item's newest image, whichever event it came with.
inline bool follows_from_image(const View& view) {
  return view.on_insert && view.on_modify;
}

/// The attribute of the row that an item of SELECT gives: its alias, or the last step of its path.
/// Empty: `*`, and what has no name, which the checker refuses.
std::string_view name_of(const SelectItem& item);

}  // namespace streamonce::handler::views
