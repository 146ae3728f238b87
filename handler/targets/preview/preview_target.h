// handler/targets/preview/preview_target.h: what a target would make of commits, told without
// applying any.
//
// Each commit is judged by the mark as it is, and by what this object has told before, as if that
// had been applied: so a second change of an item, in a later batch, is judged as it would be in
// earnest, and by the entry that the first one would have left if views have to remember something
// of the item. What only writing can show, such as an image that the database refuses, a key of
// another type than the table's, a row of another owner, a sum that no number can be or more writes
// than a transaction takes, is not foreseen.
//
// What was told before is kept for the first kVersionsMax items that would be applied, about 120
// bytes each; and what their entries would hold for views, as long as that takes no more than
// kContentsBytesMax in all. The changes of further items are judged by their marks only, so that a
// second change of such an item may be told as applied where it would be stale or already applied,
// and to rows and amounts that the first one would have changed.
//
// Threads: one thread at a time. Borrows: the target; it must outlive the preview.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/version.h"
#include "handler/targets/target.h"

namespace streamonce::handler {

class PreviewTarget final : public Target {
 public:
  static constexpr std::size_t kVersionsMax = 1'000'000;
  static constexpr std::size_t kContentsBytesMax = 128UL * 1024 * 1024;

  /// How much is kept.
  struct Bounds {
    std::size_t versions_max = kVersionsMax;
    std::size_t contents_bytes_max = kContentsBytesMax;
  };

  explicit PreviewTarget(Target& target) : PreviewTarget(target, Bounds{}) {}
  /// Only tests give bounds.
  PreviewTarget(Target& target, const Bounds& bounds) : target_(target), bounds_(bounds) {}

  /// Says what commit() of the target would: kApplied where the version, and Commit::oldest, is
  /// above the mark, or there is none; kAlreadyApplied where it is the mark's; kStale where it is
  /// below; kFailed where the mark cannot be read, with the reason; kChanged as commit() of the
  /// target does. Changes nothing.
  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override;

  /// Reads the target's marks. Where a later entry is foreseen, it is that one: what the target
  /// would have if all that was told had been applied.
  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override;

 private:
  /// The first 128 bits of the SHA-256 of a ledger id: no two ids share them.
  using Digest = std::array<std::uint64_t, 2>;
  struct HashOfDigest {
    std::size_t operator()(const Digest& digest) const { return digest[0]; }
  };
  static Digest digest_of(std::string_view ledger_id);

  /// What an entry holds besides its version, of an item that views remember.
  struct Rest {
    std::size_t bytes() const { return sizeof(*this) + content.size() + nonce.size(); }

    std::string content;
    std::string nonce;
  };

  void find_whole(const MarkPlace& place, Outcome& outcome, SteadyTime deadline);
  Outcome judge(const Commit& commit, const MarkResult& mark, Reading reading);
  std::optional<Mark> newest(const Digest& item, const std::optional<Mark>& there,
                             Reading reading) const;
  void foresee(const Digest& item, const Commit& commit);

  Target& target_;
  const Bounds bounds_;
  std::unordered_map<Digest, events::Version, HashOfDigest> foreseen_;
  std::unordered_map<Digest, Rest, HashOfDigest> rests_;  // of some that are foreseen
  std::size_t rests_bytes_ = 0;                           // of all of them
};

}  // namespace streamonce::handler
