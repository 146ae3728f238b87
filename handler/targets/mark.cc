#include "handler/targets/mark.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace streamonce::handler {
namespace {

/// Judges a commit that leaves the version as it was seen. Its version says nothing about whether
/// it is done; its nonce does.
CommitResult judge_keeping(const Commit& commit, const Mark& seen,
                           const std::optional<Mark>& there) {
  if (!there) return CommitResult::kChanged;
  if (there->version == commit.version && there->nonce == commit.nonce)
    return CommitResult::kAlreadyApplied;
  return is_same_entry(*there, seen) ? CommitResult::kApplied : CommitResult::kChanged;
}

/// Reads what only people look at. What somebody else has made of it is left out.
void read_story(const MarkTexts& texts, Mark& mark) {
  for (const Operation operation : {Operation::kPut, Operation::kRemove})
    if (texts.operation == name_of(operation)) mark.operation = operation;
  std::int64_t at = 0;
  const char* const end = texts.at.data() + texts.at.size();
  const auto [stopped, error] = std::from_chars(texts.at.data(), end, at);
  if (error == std::errc{} && stopped == end && !texts.at.empty()) mark.at = at;
}

}  // namespace

Result<Mark> read_mark(const MarkTexts& texts, Reading reading) {
  std::string_view text = texts.version;
  Mark mark;
  mark.remembers = text.starts_with(kRemembersMark);
  if (mark.remembers) text.remove_prefix(kRemembersMark.size());
  const Result<events::Version> version = events::Version::parse(text);
  if (!version) return Error{ErrorCode::kProtocol, "the mark in the ledger holds no version"};
  mark.version = *version;
  if (reading == Reading::kVersions) return mark;
  if (mark.remembers == texts.content.empty()) {
    return Error{ErrorCode::kProtocol,
                 "the version of the mark in the ledger does not fit what the mark holds"};
  }
  mark.nonce = texts.nonce;
  mark.content = texts.content;
  if (reading == Reading::kTold) read_story(texts, mark);
  return mark;
}

bool is_same_entry(const Mark& a, const Mark& b) {
  return a.version == b.version && a.nonce == b.nonce && a.remembers == b.remembers;
}

std::string version_text(const events::Version& version, bool remembers) {
  std::string text(remembers ? kRemembersMark : "");
  return text.append(version.text());
}

CommitResult judge(const Commit& commit, const std::optional<Mark>& there) {
  const Mark* seen = commit.seen ? commit.seen->mark : nullptr;
  if (seen != nullptr && seen->version == commit.version && !commit.nonce.empty())
    return judge_keeping(commit, *seen, there);
  if (there && there->version == commit.version) return CommitResult::kAlreadyApplied;
  if (there && there->version > commit.version) return CommitResult::kStale;
  bool holds = false;
  if (!commit.seen)
    holds = !there || (!there->remembers && there->version < version_to_rise_above(commit));
  else if (seen == nullptr)
    holds = !there;
  else
    holds = there && is_same_entry(*there, *seen);
  return holds ? CommitResult::kApplied : CommitResult::kChanged;
}

bool is_done_by_what_was_seen(const Commit& commit) {
  const Mark* seen = commit.seen ? commit.seen->mark : nullptr;
  if (seen == nullptr || seen->version < commit.version) return false;
  return seen->version > commit.version || commit.nonce.empty();
}

const events::Version& version_to_rise_above(const Commit& commit) {
  return commit.oldest != nullptr && *commit.oldest < commit.version ? *commit.oldest
                                                                     : commit.version;
}

std::string why_changed(const Commit& commit, const Mark* there) {
  if (commit.seen) return "the ledger's entry has changed since it was read";
  if (there != nullptr && !there->remembers)
    return "some of the changes that this one goes with are applied already";
  return "the ledger's entry holds what views remember, which only views may change: no other "
         "pipeline may have their pipeline's name";
}

}  // namespace streamonce::handler
