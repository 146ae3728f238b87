// handler/pipeline/fate_counts.h: what may become of a change, and how many came to what.
//
// Every change of a batch comes to exactly one fate (guarantee G5). Whoever tells of fates or
// counts them goes through kFates: a fate is an enumerator here and a line there.
//
// Threads: values and pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace streamonce::handler {

/// What became of one change.
enum class Fate : std::uint8_t {
  kApplied,         ///< the change is in the target now
  kAlreadyApplied,  ///< it was there before: the mark has this very version
  kStale,           ///< the mark has a later version
  kSuperseded,      ///< a later change of the item stood for it, and that one is done
  kFiltered,        ///< it concerns none of the views, so that there is nothing to do
  kFailed,          ///< it could not be applied, or one of its item before it could not
  kExpired,         ///< refused for its age: see PlanOptions::retain
};

struct FateName {
  Fate fate;
  std::string_view text;    ///< as people read it
  std::string_view member;  ///< as a member of JSON
  std::string_view field;   ///< as a field of a log line; empty: counted there as failed
  bool is_done = true;      ///< whether the target has what it is to have of the change
  bool is_rare = false;     ///< told only where there are some: no change of a mirror comes to it
};

/// All fates, in the order of their values.
inline constexpr std::array kFates = {
    FateName{Fate::kApplied, "applied", "applied", "applied"},
    FateName{Fate::kAlreadyApplied, "already applied", "alreadyApplied", "already_applied"},
    FateName{Fate::kStale, "stale", "stale", "stale"},
    FateName{Fate::kSuperseded, "superseded", "superseded", "superseded"},
    FateName{Fate::kFiltered, "filtered", "filtered", "filtered", /*is_done=*/true,
             /*is_rare=*/true},
    FateName{Fate::kFailed, "failed", "failed", "failed", /*is_done=*/false},
    FateName{Fate::kExpired, "expired", "expired", "", /*is_done=*/false},
};

/// Whether the target has what it is to have of the change, so that it need not come again.
bool is_done(Fate fate);

/// The fate as people read it: `applied`, `already applied` and so on.
std::string_view name_of(Fate fate);

class FateCounts {
 public:
  void add(Fate fate, std::uint64_t number = 1) {
    counts_[static_cast<std::size_t>(fate)] += number;
  }

  std::uint64_t of(Fate fate) const { return counts_[static_cast<std::size_t>(fate)]; }
  /// How many changes there are.
  std::uint64_t all() const;
  /// How many of them are not done, for whatever reason.
  std::uint64_t not_done() const;

  friend bool operator==(const FateCounts&, const FateCounts&) = default;

 private:
  std::array<std::uint64_t, kFates.size()> counts_{};
};

/// How many have each fate.
FateCounts count(std::span<const Fate> fates);

}  // namespace streamonce::handler
