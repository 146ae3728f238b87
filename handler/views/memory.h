// handler/views/memory.h: what an item has in the views that have to remember it, as a text.
//
// The text is the content of the item's entry in the ledger. It has everything in a form with the
// length before it, so that nothing needs to be escaped:
//
//     memory = "1;" view+                        1 is the form; views are sorted by their tables
//     view   = text text                         the name of its table, and what it has there
//     has    = "w" owner key rows                of a view without GROUP BY
//            | "c" key amounts group+            of one with GROUP BY
//     owner  = "-" | "k" | "o" text              OwnerMark: none, the item's key, an attribute
//     key    = count text*                       the names of the key's attributes, sorted
//     rows   = value*+                           the values of each row's key; the keys are sorted
//     amounts = count text*                      the names of the amounts, sorted
//     group  = value* text*                      its key, and its amounts as plain numbers
//     value  = ("S" | "N" | "B") text            unescaped; a plain number; base64
//     text   = length ":" bytes                  the length in bytes, as a plain number
//     count  = length ":"
//
// There is one text for each memory. Only what is there stands in it: no view without a row or a
// group, and no group whose amounts are all 0. An item that has nothing has the empty text.
//
// Threads: values and pure functions.
// Ownership: a memory views the text that it was read from, or whatever it was made of.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/decimal.h"
#include "events/item_key.h"
#include "handler/views/owner_mark.h"
#include "runtime/base/result.h"

namespace streamonce::handler::views {

using events::Decimal;

/// What an item has in one view, which knows nothing of the view but its table: it may have another
/// text by now, or be no more.
struct RememberedView {
  std::string_view name;  ///< of the view's table
  /// What the view has, as it was read; empty: it was made, and what follows says it.
  std::string_view text = {};
  bool has_groups = false;  ///< whether it is of a view with GROUP BY
  OwnerMark owner = {};     ///< without GROUP BY: how the rows tell whose they are
  /// Of the rows, or of the groups: at least one, all of the same attributes, sorted by values,
  /// none twice. Numbers are in plain form.
  std::vector<events::ItemKey> keys = {};
  std::vector<std::string_view> amount_names = {};  ///< with GROUP BY: sorted, none twice
  std::vector<Decimal> amounts = {};                ///< of each group one for each name
};

struct Memory {
  std::vector<RememberedView> views;  ///< sorted by their tables' names, none twice
};

/// The order of keys in a memory: by the values of their attributes, which are of the same names.
bool is_before(const events::ItemKey& a, const events::ItemKey& b);

/// Reads a text. The empty one is that of an item that has nothing.
/// @error kProtocol  it is damaged, at the place that the message tells, or is in a form that this
///                   program does not know: it must be left as it is. The message tells no value.
Result<Memory> read_memory(std::string_view text);

/// Appends the text of `memory`. A view that was read keeps its bytes.
void append_memory(std::string& out, const Memory& memory);

}  // namespace streamonce::handler::views
