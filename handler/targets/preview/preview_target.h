// handler/targets/preview/preview_target.h: what a target would make of commits, told without
// applying any.
//
// Each commit is judged by the mark as it is, and by what this object has told before, as if that
// had been applied: so a second change of an item, in a later batch, is judged as it would be in
// earnest. What only writing can show, such as an image that the database refuses, a key of
// another type than the table's, a row of another owner or more writes than a transaction takes, is
// not foreseen.
//
// What was told before is kept for the first kVersionsMax items that would be applied, about 120
// bytes each. The changes of further items are judged by their marks only, so that a second change
// of such an item may be told as applied where it would be stale or already applied.
//
// Threads: one thread at a time. Borrows: the target; it must outlive the preview.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/version.h"
#include "handler/targets/target.h"

namespace streamonce::handler {

class PreviewTarget final : public Target {
 public:
  static constexpr std::size_t kVersionsMax = 1'000'000;

  /// `versions_max` stands for kVersionsMax; only tests give another.
  explicit PreviewTarget(Target& target, std::size_t versions_max = kVersionsMax)
      : target_(target),
        versions_max_(versions_max) {}

  /// Says what commit() of the target would: kApplied where the version, and Commit::oldest, is
  /// above the mark, or there is none; kAlreadyApplied where it is the mark's; kStale where it is
  /// below; kFailed where the mark cannot be read, with the reason; kChanged as commit() of the
  /// target does. Changes nothing.
  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override;

  /// Reads the target's own marks: what was foreseen is not among them.
  std::vector<MarkResult> read_marks(std::span<const std::string_view> ledger_ids, Reading reading,
                                     SteadyTime deadline) override;

 private:
  /// The first 128 bits of the SHA-256 of a ledger id: no two ids share them.
  using Digest = std::array<std::uint64_t, 2>;
  struct HashOfDigest {
    std::size_t operator()(const Digest& digest) const { return digest[0]; }
  };
  static Digest digest_of(std::string_view ledger_id);

  void find_whole(std::string_view ledger_id, Outcome& outcome, SteadyTime deadline);
  Outcome judge(const Commit& commit, const MarkResult& mark, Reading reading);

  Target& target_;
  const std::size_t versions_max_;
  std::unordered_map<Digest, events::Version, HashOfDigest> foreseen_;
};

}  // namespace streamonce::handler
