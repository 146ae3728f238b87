// handler/targets/dynamodb/transact_request.h: commits as the body of a TransactWriteItems request.
//
// For each commit the mark is put into the ledger, on the condition that its version is above the
// one that is there, or that the entry is the one that was seen; and then each write follows, one
// with an owner under the condition that the row is absent or has that owner. At the end each row
// that commits add to gets one update, with the sum of what they add.
// Images and keys are copied as the bytes that the record has: they were checked when the batch was
// parsed, and a stream's attribute values are written just as the API takes them.
//
// The text depends on nothing but the arguments, since a request that is sent again under its token
// must be the same request, and DynamoDB Local compares it byte by byte.
//
// Source:  DynamoDB API reference, TransactWriteItems, Put, Delete and Update.
// Threads: pure functions. Ownership: commits are borrowed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/targets/dynamodb/added_rows.h"
#include "handler/targets/target.h"

namespace streamonce::handler::dynamodb {

/// Source: DynamoDB quotas, "Transactions": a transaction holds up to 100 unique items.
inline constexpr std::size_t kActionsMax = 100;
/// Source: the same: a transaction holds up to 4 MB of data. Sizes of items count, also of marks,
/// in units of 1,024.
inline constexpr std::size_t kTransactionBytesMax = 4UL * 1024 * 1024;
/// Source: TransactWriteItems, ClientRequestToken: 1 to 36 characters.
inline constexpr std::size_t kTokenLengthMax = 36;

/// How many actions `commit` takes in a transaction of its own. With others it takes fewer, where
/// they add to the same rows.
std::size_t actions_of(const Commit& commit);

/// An upper bound of what `commit` counts against kTransactionBytesMax.
///
/// An item counts with its JSON, which is never shorter than the item by DynamoDB's measure: names
/// and strings are their UTF-8 bytes there, and JSON adds quotes and escapes; a number takes a byte
/// for two digits and one more, and JSON a byte for each digit and the `{"N":""}` around them; of
/// base64 only three quarters count; a boolean or null is one byte; a list or map costs three bytes
/// and one more for each element, less than its braces, type tags and commas. A row that is added
/// to counts with its key and what is added; what else it has is small, and not known here.
std::size_t bytes_bound_of(const Commit& commit);

/// Cuts commits that need not wait for another (see Commit::after), in their order, into packs that
/// each fit one transaction, as full as they get. A commit that alone is over the bound of bytes
/// has a pack of its own: the service will refuse it. None may have more than kActionsMax actions.
///
/// Commits with additions have packs of their own, behind the others: those that add to the same
/// rows are packed together, and a pack ends where a sum would be no number of DynamoDB's.
std::vector<CommitList> pack_commits(const CommitList& commits);

/// Whether the answer is to tell what the service charges for the request.
enum class Capacity : std::uint8_t { kUntold, kTold };

/// The body of the request for one pack, no two commits of which write one item, and whose sums are
/// numbers of DynamoDB's. `token` is 1 to
/// kTokenLengthMax characters that JSON need not escape; it must never be used for other commits.
/// @param version_attribute  where marks are in the items, the attribute that has them: see
///                           item_actions.h; empty: the ledger has them
std::string transact_request(std::span<const Commit* const> commits, std::string_view ledger_table,
                             std::string_view token, Capacity capacity = Capacity::kUntold,
                             std::string_view version_attribute = {});

}  // namespace streamonce::handler::dynamodb
