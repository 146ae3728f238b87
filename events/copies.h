// events/copies.h: texts that records view, and that no document has.
//
// A record views the document that it was read from. Where that has a text in another form, as with
// an escape in it, or an item with nulls that it must not have, the record views a copy.
//
// Threads: a value.

#pragma once

#include <memory>
#include <string>
#include <vector>

namespace streamonce::events {

/// The texts stay where they are, whatever is added.
using Copies = std::vector<std::unique_ptr<const std::string>>;

}  // namespace streamonce::events
