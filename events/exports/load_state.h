// events/exports/load_state.h: how far the load of an export has come, as text.
//
// A JSON object: what the load is of, by names and their texts; the stamp that its target has of
// it; the data files that are done; and the one that is in hand, with its lines so far. To be
// behind costs time and never correctness, since an item that is applied twice is recognised by its
// mark.
//
// Threads: pure functions and values.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::events {

/// The most bytes of a state: it has the names of all data files, which are shorter than the lines
/// of kManifestBytesMax.
inline constexpr std::size_t kLoadStateBytesMax = 16UL * 1024 * 1024;

/// A data file that was not read to its end.
struct FileInHand {
  std::string file;
  std::uint64_t lines = 0;   ///< how many are dealt with
  std::uint64_t failed = 0;  ///< how many of those have failed

  friend bool operator==(const FileInHand&, const FileInHand&) = default;
};

struct LoadState {
  /// What the load is of, by name: `export`, `target` and so on, in the order in which they are
  /// told.
  using Identity = std::vector<std::pair<std::string, std::string>>;

  Identity identity;
  std::string stamp = {};  ///< digits, which the target has too; empty: none was written yet
  std::set<std::string, std::less<>> done;  ///< names of files of which each line is done
  std::optional<FileInHand> in_hand;

  /// Whether something of the export may be in the target.
  bool has_begun() const { return !done.empty() || in_hand.has_value(); }

  friend bool operator==(const LoadState&, const LoadState&) = default;
};

/// The state as text, with a line end behind it.
std::string to_text(const LoadState& state);

/// Reads what to_text() wrote.
/// @error kInvalidArgument  `text` is no such state
Result<LoadState> parse_load_state(PayloadView text);

/// Why a load of `wanted` must not go on with a state of `found`: which name differs, and how;
/// empty: both are the same.
std::string why_other_load(const LoadState::Identity& found, const LoadState::Identity& wanted);

}  // namespace streamonce::events
