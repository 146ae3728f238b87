// handler/pipeline/source_items.h: the items of sources as they are now.
//
// Threads: one thread at a time.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "events/item_key.h"
#include "handler/items/item_reader.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

class SourceItems {
 public:
  virtual ~SourceItems() = default;

  /// The items of the source's table `table` that have `keys`, which are distinct and of one shape:
  /// as ItemReader::read() has them.
  virtual std::vector<Result<std::string_view>> read(const events::SourceTable& table,
                                                     std::span<const events::ItemKey> keys,
                                                     Consistency consistency,
                                                     SteadyTime deadline) = 0;
};

}  // namespace streamonce::handler
