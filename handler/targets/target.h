// handler/targets/target.h: where changes are applied: the one interface between the job and a database.
//
// A target keeps, beside the items, the ledger: for each source item the mark, which is the newest
// version applied. A commit writes the mark and the item together, or nothing, and only if its
// version is above the mark (guarantees G1, G3, G4).
//
// Threads: one thread at a time. Ownership: a commit borrows all its texts from the batch.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "events/item_key.h"
#include "events/version.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

using events::Operation;

/// One effect on one item of the target.
struct Write {
  Operation operation = Operation::kPut;
  std::string_view source_table;  ///< name of the table that the change comes from
  const events::ItemKey* key = nullptr;
  std::string_view keys_json;   ///< the key as DynamoDB JSON
  std::string_view image_json;  ///< the whole item as DynamoDB JSON; empty for kRemove
};

/// The effect of one source item's newest change: its mark and its writes, all or nothing.
struct Commit {
  /// Name of the mark in the ledger: `<pipeline>|<account>/<region>/<source table>|<canonical
  /// key>`.
  std::string_view ledger_id;
  events::Version version;
  Operation operation = Operation::kPut;  ///< what the mark says was done
  std::optional<std::int64_t> at;         ///< epoch seconds of the record
  std::optional<std::int64_t> ttl;        ///< epoch seconds from which the mark may go; none: never
  std::span<const Write> writes;          ///< on distinct items, none of them in another commit
};

enum class CommitResult : std::uint8_t {
  kApplied,         ///< mark and writes are durable
  kAlreadyApplied,  ///< the mark has this very version: nothing was changed
  kStale,           ///< the mark has a later version: nothing was changed
  kFailed,          ///< nothing is known to have been changed
};

struct Outcome {
  CommitResult result = CommitResult::kFailed;
  /// Why it failed, in the database's own words where it has some, without the item's values: see
  /// redact().
  std::string reason;

  bool done() const { return result != CommitResult::kFailed; }
};

/// What a ledger id has: its mark's version, or none if there is no mark.
using MarkResult = Result<std::optional<events::Version>>;

class Target {
 public:
  virtual ~Target() = default;

  /// Applies `commits`, which have distinct ledger ids, in any order, and writes one outcome for
  /// each into `outcomes`, which has the same size. Never applies a commit whose version is not
  /// above its mark. One commit's failure does not stop the others. Returns at `deadline` at the
  /// latest, give or take one statement; what is not known to be done by then has failed.
  virtual void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                      SteadyTime deadline) = 0;

  /// The marks of `ledger_ids`, which are distinct, one result for each in their order, as they are
  /// durable at the time of reading. Changes nothing. Returns at `deadline`, as commit() does; what
  /// is not read by then is an error. One id's error does not stop the others.
  /// @error kProtocol  the mark has no version, or one that is malformed; any other code: it could
  ///                   not be read, and the message says why
  virtual std::vector<MarkResult> read_marks(std::span<const std::string_view> ledger_ids,
                                             SteadyTime deadline) = 0;
};

}  // namespace streamonce::handler
