#include "handler/targets/preview_target.h"

#include <cstring>
#include <optional>

#include "runtime/base/check.h"
#include "runtime/base/digest.h"

namespace streamonce::handler {
namespace {

CommitResult compare(const events::Version& version, const std::optional<events::Version>& mark) {
  if (!mark || version > *mark) return CommitResult::kApplied;
  return version == *mark ? CommitResult::kAlreadyApplied : CommitResult::kStale;
}

}  // namespace

void PreviewTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                           SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  std::vector<std::string_view> ledger_ids;
  ledger_ids.reserve(commits.size());
  for (const Commit& commit : commits) ledger_ids.push_back(commit.ledger_id);
  const std::vector<MarkResult> marks = target_.read_marks(ledger_ids, deadline);
  STREAMONCE_CHECK(marks.size() == commits.size());
  for (std::size_t i = 0; i < commits.size(); ++i) outcomes[i] = judge(commits[i], marks[i]);
}

std::vector<MarkResult> PreviewTarget::read_marks(std::span<const std::string_view> ledger_ids,
                                                  SteadyTime deadline) {
  return target_.read_marks(ledger_ids, deadline);
}

PreviewTarget::Digest PreviewTarget::digest_of(std::string_view ledger_id) {
  const Sha256 full = sha256(ledger_id);
  Digest digest;
  static_assert(sizeof(digest) <= sizeof(full));
  std::memcpy(digest.data(), full.data(), sizeof(digest));
  return digest;
}

Outcome PreviewTarget::judge(const Commit& commit, const MarkResult& mark) {
  if (!mark) {
    return {.result = CommitResult::kFailed,
            .reason = "the mark could not be read: " + mark.error().message};
  }
  const Digest digest = digest_of(commit.ledger_id);
  const auto foreseen = foreseen_.find(digest);
  std::optional<events::Version> newest = *mark;
  if (foreseen != foreseen_.end() && (!newest || *newest < foreseen->second))
    newest = foreseen->second;
  const CommitResult result = compare(commit.version, newest);
  if (result == CommitResult::kApplied) {
    if (foreseen != foreseen_.end())
      foreseen->second = commit.version;
    else if (foreseen_.size() < versions_max_)
      foreseen_.emplace(digest, commit.version);
  }
  return {.result = result, .reason = {}};
}

}  // namespace streamonce::handler
