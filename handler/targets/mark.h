// handler/targets/mark.h: an entry of the ledger as it is kept, and what it makes of a commit.
//
// The same rules for every target. An entry has
//
//     v   the version; with `~` in front where the entry holds content
//     r   the nonce; absent: none
//     w   the content; absent: none
//     op  what was done: `put` or `remove`; only people look at it, and at
//     at  the time of the record, in epoch seconds
//
// `~` sorts behind each version. So the condition of a commit by version alone, `v < :v`, does not
// hold for an entry with content, whoever asks; and a program that knows no content, and finds such
// a text where it expects a version, fails that commit and changes nothing.
//
// Threads: pure functions.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "events/version.h"
#include "handler/targets/target.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// The names that DynamoDB's attributes and SQLite's columns have.
inline constexpr std::string_view kNonceName = "r";
inline constexpr std::string_view kContentName = "w";
inline constexpr std::string_view kOperationName = "op";
inline constexpr std::string_view kTimeName = "at";

/// What stands before the version of an entry that holds content.
inline constexpr std::string_view kRemembersMark = "~";

/// The texts of an entry as they are kept; empty: absent.
struct MarkTexts {
  std::string_view version = {};
  std::string_view nonce = {};
  std::string_view content = {};
  std::string_view operation = {};
  std::string_view at = {};
};

/// The entry that `texts` are of.
/// @error kProtocol  `version` is none; or, where the entry was read whole, there is a content and
///                   the version does not speak of one, or the other way round
Result<Mark> read_mark(const MarkTexts& texts, Reading reading);

/// The text of `v` for an entry of `version`.
std::string version_text(const events::Version& version, bool remembers);

/// What comes of `commit` where `there` is the entry, or there is none: kApplied if its condition
/// holds, so that it may be written. Never kFailed.
CommitResult judge(const Commit& commit, const std::optional<Mark>& there);

/// Whether both are one entry: no two that were ever there have the same version and nonce.
bool is_same_entry(const Mark& a, const Mark& b);

/// Whether the entry that `commit` was made from says that the commit has nothing to do: it has the
/// commit's version, or a later one. Such a commit must not be written, whatever is there.
bool is_done_by_what_was_seen(const Commit& commit);

/// The version that an entry's must be below for a commit by version alone: the commit's own, or
/// that of the oldest change that it follows from.
const events::Version& version_to_rise_above(const Commit& commit);

/// Why a commit came to kChanged, for a person; `there` is the entry, null: there is none.
std::string why_changed(const Commit& commit, const Mark* there);

}  // namespace streamonce::handler
