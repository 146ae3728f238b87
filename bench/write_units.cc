#include "bench/write_units.h"

#include <algorithm>
#include <cstddef>

#include "handler/views/values/item_bytes.h"

namespace streamonce::bench {

std::uint64_t write_units(std::string_view item_json) {
  constexpr std::size_t kUnitBytes = 1024;
  const std::size_t bytes = handler::views::item_bytes(item_json);
  return std::max<std::uint64_t>(1, (bytes + kUnitBytes - 1) / kUnitBytes);
}

std::uint64_t write_units_in_transaction(std::string_view item_json) {
  return 2 * write_units(item_json);
}

}  // namespace streamonce::bench
