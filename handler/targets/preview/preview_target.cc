#include "handler/targets/preview/preview_target.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "handler/targets/mark.h"
#include "runtime/base/check.h"
#include "runtime/base/digest.h"

namespace streamonce::handler {
namespace {

CommitResult compare(const events::Version& version, const events::Version& newest) {
  if (version > newest) return CommitResult::kApplied;
  return version == newest ? CommitResult::kAlreadyApplied : CommitResult::kStale;
}

/// What comes of `commit` where an entry of `newest` is foreseen. What that holds is not known: a
/// commit by an entry that was seen is taken to have seen it.
CommitResult judge_by(const Commit& commit, const events::Version& newest) {
  return commit.seen ? compare(commit.version, newest) : judge(commit, Mark{.version = newest});
}

Outcome unread(const Error& error) {
  return {.result = CommitResult::kFailed,
          .reason = "the mark could not be read: " + error.message};
}

}  // namespace

void PreviewTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                           SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  std::vector<std::string_view> ledger_ids;
  ledger_ids.reserve(commits.size());
  for (const Commit& commit : commits) ledger_ids.push_back(commit.ledger_id);
  // Where nothing was seen, the version of an entry says whether it holds content.
  const bool has_seen = std::any_of(commits.begin(), commits.end(),
                                    [](const Commit& commit) { return commit.seen.has_value(); });
  const Reading reading = has_seen ? Reading::kWhole : Reading::kVersions;
  const std::vector<MarkResult> marks = target_.read_marks(ledger_ids, reading, deadline);
  STREAMONCE_CHECK(marks.size() == commits.size());
  for (std::size_t i = 0; i < commits.size(); ++i) {
    outcomes[i] = judge(commits[i], marks[i], reading);
    const bool is_found = outcomes[i].found != nullptr || reading == Reading::kWhole;
    if (outcomes[i].result == CommitResult::kChanged && !is_found)
      find_whole(ledger_ids[i], outcomes[i], deadline);
  }
}

std::vector<MarkResult> PreviewTarget::read_marks(std::span<const std::string_view> ledger_ids,
                                                  Reading reading, SteadyTime deadline) {
  return target_.read_marks(ledger_ids, reading, deadline);
}

/// Reads the whole entry of a commit that came to kChanged.
void PreviewTarget::find_whole(std::string_view ledger_id, Outcome& outcome, SteadyTime deadline) {
  std::vector<MarkResult> marks = target_.read_marks({&ledger_id, 1}, Reading::kWhole, deadline);
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

/// Outcome::found is set where the entry is foreseen or was read whole.
Outcome PreviewTarget::judge(const Commit& commit, const MarkResult& mark, Reading reading) {
  if (!mark) return unread(mark.error());
  const Digest digest = digest_of(commit.ledger_id);
  const auto foreseen = foreseen_.find(digest);
  const std::optional<Mark>& there = *mark;
  const bool is_newer =
      foreseen != foreseen_.end() && (!there || there->version < foreseen->second);
  const CommitResult result =
      is_newer ? judge_by(commit, foreseen->second) : handler::judge(commit, there);
  if (result == CommitResult::kChanged) {
    std::optional<Mark> found = is_newer ? Mark{.version = foreseen->second} : there;
    Outcome outcome{.result = result, .reason = why_changed(commit, found ? &*found : nullptr)};
    if (found && (is_newer || reading == Reading::kWhole))
      outcome.found = std::make_shared<const Mark>(*std::move(found));
    return outcome;
  }
  if (result == CommitResult::kApplied) {
    if (foreseen != foreseen_.end())
      foreseen->second = commit.version;
    else if (foreseen_.size() < versions_max_)
      foreseen_.emplace(digest, commit.version);
  }
  return {.result = result, .reason = {}};
}

}  // namespace streamonce::handler
