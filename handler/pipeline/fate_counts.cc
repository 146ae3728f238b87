#include "handler/pipeline/fate_counts.h"

#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

constexpr bool are_in_order() {
  for (std::size_t i = 0; i < kFates.size(); ++i)
    if (static_cast<std::size_t>(kFates[i].fate) != i) return false;
  return true;
}
static_assert(are_in_order());

}  // namespace

bool is_done(Fate fate) {
  return kFates[static_cast<std::size_t>(fate)].is_done;
}

std::string_view name_of(Fate fate) {
  return kFates[static_cast<std::size_t>(fate)].text;
}

std::uint64_t FateCounts::all() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t number : counts_) sum += number;
  return sum;
}

std::uint64_t FateCounts::not_done() const {
  std::uint64_t sum = 0;
  for (const FateName& each : kFates)
    if (!each.is_done) sum += of(each.fate);
  return sum;
}

FateCounts count(std::span<const Fate> fates) {
  FateCounts counts;
  for (const Fate fate : fates) {
    STREAMONCE_CHECK(static_cast<std::size_t>(fate) < kFates.size());
    counts.add(fate);
  }
  return counts;
}

}  // namespace streamonce::handler
