// tests/support/remembered.h: what is remembered of an item, as a text.
//
// Threads: one thread at a time.

#pragma once

#include <string>
#include <utility>

#include "handler/views/memory.h"

namespace streamonce::testing {

/// The text of `memory` as it is made of what was read, and not of the bytes that were read.
inline std::string written_anew(handler::views::Memory memory) {
  for (handler::views::RememberedView& view : memory.views) view.text = {};
  std::string text;
  handler::views::append_memory(text, memory);
  return text;
}

}  // namespace streamonce::testing
