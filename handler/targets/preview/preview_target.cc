#include "handler/targets/preview/preview_target.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "handler/targets/mark.h"
#include "runtime/base/check.h"
#include "runtime/base/digest.h"

namespace streamonce::handler {
namespace {

MarkPlace place_of(const Commit& commit) {
  if (commit.writes.empty()) return {.ledger_id = commit.ledger_id};
  return {.ledger_id = commit.ledger_id,
          .table = commit.writes.front().table,
          .key = commit.writes.front().key};
}

Outcome unread(const Error& error) {
  return {.result = CommitResult::kFailed,
          .reason = "the mark could not be read: " + error.message};
}

}  // namespace

void PreviewTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                           SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  std::vector<MarkPlace> places;
  places.reserve(commits.size());
  for (const Commit& commit : commits) places.push_back(place_of(commit));
  // Where nothing was seen, the version of an entry says whether it holds content.
  const bool has_seen = std::any_of(commits.begin(), commits.end(),
                                    [](const Commit& commit) { return commit.seen.has_value(); });
  const Reading reading = has_seen ? Reading::kWhole : Reading::kVersions;
  const std::vector<MarkResult> marks = target_.read_marks(places, reading, deadline);
  STREAMONCE_CHECK(marks.size() == commits.size());
  for (std::size_t i = 0; i < commits.size(); ++i) {
    outcomes[i] = judge(commits[i], marks[i], reading);
    const bool is_found = outcomes[i].found != nullptr || reading == Reading::kWhole;
    if (outcomes[i].result == CommitResult::kChanged && !is_found)
      find_whole(places[i], outcomes[i], deadline);
  }
}

std::vector<MarkResult> PreviewTarget::read_marks(std::span<const MarkPlace> places,
                                                  Reading reading, SteadyTime deadline) {
  std::vector<MarkResult> marks = target_.read_marks(places, reading, deadline);
  STREAMONCE_CHECK(marks.size() == places.size());
  for (std::size_t i = 0; i < marks.size(); ++i)
    if (marks[i]) marks[i] = newest(digest_of(places[i].ledger_id), *marks[i], reading);
  return marks;
}

/// Reads the whole entry of a commit that came to kChanged.
void PreviewTarget::find_whole(const MarkPlace& place, Outcome& outcome, SteadyTime deadline) {
  std::vector<MarkResult> marks = target_.read_marks({&place, 1}, Reading::kWhole, deadline);
  STREAMONCE_CHECK(marks.size() == 1);
  if (!marks[0])
    outcome = unread(marks[0].error());
  else
    outcome.found = *marks[0] ? std::make_shared<const Mark>(**std::move(marks[0])) : nullptr;
}

PreviewTarget::Digest PreviewTarget::digest_of(std::string_view ledger_id) {
  const Sha256 full = sha256(ledger_id);
  Digest digest;
  static_assert(sizeof(digest) <= sizeof(full));
  std::memcpy(digest.data(), full.data(), sizeof(digest));
  return digest;
}

/// The entry that is foreseen for `item`, or the one that is there if that is later. What somebody
/// else has written since counts, but for the nonce of an entry of the version that is foreseen.
std::optional<Mark> PreviewTarget::newest(const Digest& item, const std::optional<Mark>& there,
                                          Reading reading) const {
  const auto foreseen = foreseen_.find(item);
  if (foreseen == foreseen_.end() || (there && there->version > foreseen->second)) return there;
  const auto rest = rests_.find(item);
  const bool has_nonce = rest != rests_.end() && !rest->second.nonce.empty();
  if (there && there->version == foreseen->second && !has_nonce) return there;
  Mark mark{.version = foreseen->second};
  if (rest == rests_.end()) return mark;
  mark.remembers = !rest->second.content.empty();
  if (reading == Reading::kVersions) return mark;
  mark.content = rest->second.content;
  mark.nonce = rest->second.nonce;
  return mark;
}

/// Keeps the entry that `commit` would leave, if there is room for it.
void PreviewTarget::foresee(const Digest& item, const Commit& commit) {
  if (const auto rest = rests_.find(item); rest != rests_.end()) {
    rests_bytes_ -= rest->second.bytes();
    rests_.erase(rest);
  }
  const auto known = foreseen_.find(item);
  if (known == foreseen_.end() && foreseen_.size() >= bounds_.versions_max) return;
  if (!commit.content.empty() || !commit.nonce.empty()) {
    Rest rest{.content = std::string(commit.content), .nonce = std::string(commit.nonce)};
    // Without the rest, the version would tell of an entry that holds nothing.
    if (rests_bytes_ + rest.bytes() > bounds_.contents_bytes_max) {
      if (known != foreseen_.end()) foreseen_.erase(known);
      return;
    }
    rests_bytes_ += rest.bytes();
    rests_.emplace(item, std::move(rest));
  }
  foreseen_.insert_or_assign(item, commit.version);
}

/// Outcome::found is set where the entry is foreseen or was read whole.
Outcome PreviewTarget::judge(const Commit& commit, const MarkResult& mark, Reading reading) {
  if (!mark) return unread(mark.error());
  const Digest item = digest_of(commit.ledger_id);
  const std::optional<Mark> there = newest(item, *mark, Reading::kWhole);
  Outcome outcome{.result = handler::judge(commit, there), .reason = {}};
  if (outcome.result == CommitResult::kApplied) foresee(item, commit);
  if (outcome.result != CommitResult::kChanged) return outcome;
  outcome.reason = why_changed(commit, there ? &*there : nullptr);
  const bool is_foreseen = there != *mark;
  if (there && (is_foreseen || reading == Reading::kWhole))
    outcome.found = std::make_shared<const Mark>(*there);
  return outcome;
}

}  // namespace streamonce::handler
