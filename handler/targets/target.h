// handler/targets/target.h: where changes are applied: the one interface between the job and a
// database.
//
// A target keeps, beside the items, the ledger: for each source item the mark, which is the newest
// version applied. A commit writes the mark and the item together, or nothing, and only if its
// version is above the mark (guarantees G1, G3, G4).
//
// An entry of the ledger may hold a content beside its version: what views have to remember of a
// source item. A content must follow from the one before it, so it is written only under the
// condition that the entry is still the one that was seen. An entry without content is all that a
// mirror has, and costs no reading: its version alone is the condition.
//
// An entry that holds content is kept in a form that no commit by version alone gets past, be it of
// this program or of an earlier one, which knows no content: nothing is written, so that nothing
// can be lost. See handler/targets/mark.h.
//
// Threads: one thread at a time. Ownership: a commit borrows all its texts from the batch.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/attribute_value.h"
#include "events/change.h"
#include "events/decimal.h"
#include "events/item_key.h"
#include "events/version.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

using events::Operation;

/// One effect on one item of the target.
struct Write {
  Operation operation = Operation::kPut;
  /// The table of the target that is written: its name, or for DynamoDB its ARN.
  std::string_view table;
  const events::ItemKey* key = nullptr;
  std::string_view keys_json;   ///< the key as DynamoDB JSON
  std::string_view image_json;  ///< the whole item as DynamoDB JSON; empty for kRemove
  /// Attributes that tell whose row it is, of types that a key may have. If there are some, the row
  /// that is put or removed must be absent, or have each of them with an equal value; else the
  /// commit fails, and collides. An image has them all, and `key` is given.
  std::span<const events::RawAttribute> owner = {};
};

/// What is added to one number of a row.
struct Addend {
  std::string_view name;   ///< of the attribute, which comes to be if it is absent
  events::Decimal number;  ///< never 0
};

/// What a commit adds to numbers of one row, which comes to be if it is absent. Sums are exact: a
/// sum that DynamoDB's numbers cannot hold fails the commit, and so does an attribute that is there
/// and is no number.
struct Addition {
  std::string_view table;                ///< the target's table that the row is in, as Write::table
  const events::ItemKey* key = nullptr;  ///< never null
  std::string_view keys_json;            ///< the key as DynamoDB JSON
  std::span<const Addend> addends;       ///< at least one; sorted by name, none twice
};

/// An entry of the ledger, or what stands for it in an item: see
/// handler/targets/dynamodb/item_mark.h.
struct Mark {
  events::Version version;   ///< the newest version applied for the source item
  bool remembers = false;    ///< whether it holds content
  std::string content = {};  ///< UTF-8; empty: it holds none, or only its version was read
  /// What tells two entries of one version apart; empty: the version was written but once, or only
  /// it was read.
  std::string nonce = {};
  /// What the version's change did, and epoch seconds of its record; none: not read, or not told.
  std::optional<Operation> operation = {};
  std::optional<std::int64_t> at = {};
  bool is_in_item = false;  ///< whether the item holds it, and not the ledger

  friend bool operator==(const Mark&, const Mark&) = default;
};

/// The entry that a commit was made from.
struct Seen {
  const Mark* mark = nullptr;  ///< as it was read whole; null: there was no entry
};

/// The place of a commit in the span that Target::commit() is given.
using CommitPlace = std::uint32_t;

/// The effect of one source item's newest change: its mark, its writes and its additions, all or
/// nothing.
struct Commit {
  /// Name of the mark in the ledger: `<pipeline>|<account>/<region>/<source table>|<canonical
  /// key>`.
  std::string_view ledger_id;
  events::Version version;
  Operation operation = Operation::kPut;  ///< what the mark says was done
  std::optional<std::int64_t> at = {};    ///< epoch seconds of the record
  /// Whether the item was there before, as far as the stream tells. A hint: where marks are kept in
  /// the items it decides which way is tried first.
  bool was_there = false;
  /// Epoch seconds from which the mark may go; none: never. An entry with content never goes.
  std::optional<std::int64_t> ttl = {};
  /// On distinct items, none of them in the ledger. There may be none: then the mark is written
  /// alone.
  std::span<const Write> writes;
  /// To distinct rows, which are in tables that no commit writes to otherwise. Several commits may
  /// add to one row, in whatever order: what those of one transaction add is summed before it is
  /// sent.
  std::span<const Addition> additions = {};
  /// For a commit without `seen` whose writes follow from older changes of the item too: the oldest
  /// version of those. The entry's must then be below it. Where it is not, but below the commit's
  /// own, the outcome is kChanged: the writes of changes that the entry stands for must be left
  /// out. One that is above the commit's own counts as that. Null: there are no older ones. (A
  /// version would make each commit half as large again, which a mirror's would pay for.)
  const events::Version* oldest = nullptr;
  /// The places of earlier commits of the span that write an item that this one writes too; where
  /// several write one item, its latest one suffices. This one is begun only once each of them has
  /// ended, done or failed for certain; where a transaction may not write an item twice, they are
  /// in different ones. Commits that are not so tied together write distinct items.
  std::span<const CommitPlace> after = {};
  /// What the entry holds from now on, as UTF-8 text of kContentBytesMax at most; empty: nothing.
  std::string_view content = {};
  /// The entry that must still be there, or that there must be none. Without it the condition is
  /// that the version is above the entry's, and that the entry holds no content.
  std::optional<Seen> seen = {};
  /// For a commit that leaves the version as it was seen: a text that no other write of the entry
  /// has had, such as 32 random hexadecimal digits. It becomes the entry's nonce, so that a commit
  /// of one who has seen the entry before fails. Otherwise empty.
  std::string_view nonce = {};
};

/// The most that an entry's content may have. Source: DynamoDB quotas: an item has 400 KB, of which
/// 8 KB are for the entry's other attributes, whose longest is its id.
inline constexpr std::size_t kContentBytesMax = 392UL * 1024;

enum class CommitResult : std::uint8_t {
  kApplied,         ///< mark and writes are durable
  kAlreadyApplied,  ///< the mark has this very version: nothing was changed
  kStale,           ///< the mark has a later version: nothing was changed
  kFailed,          ///< nothing is known to have been changed
  /// The entry is not the one that the commit was made for, and its version does not tell that the
  /// commit is done: nothing was changed, unless by an attempt without an answer whose entry
  /// somebody else has replaced since. Outcome::found is what is there.
  kChanged,
};

struct Outcome {
  CommitResult result = CommitResult::kFailed;
  /// Why it failed, in the database's own words where it has some, without the item's values: see
  /// redact().
  std::string reason;

  /// For kChanged: the whole entry that is there, to make the commit anew from; null: there is
  /// none.
  std::shared_ptr<const Mark> found = {};

  /// For kFailed: the places in Commit::writes of the writes that were refused, rising, where that
  /// is known: one, or all that collide.
  std::vector<std::size_t> refused_writes = {};
  /// For kFailed: the place in Commit::additions of the one that was refused, where that is known.
  std::optional<std::size_t> refused_addition = {};
  /// For kFailed: whether those writes met rows of other owners, see Write::owner. They may do so
  /// no more once other commits are done.
  bool collides = false;

  bool done() const { return result != CommitResult::kFailed && result != CommitResult::kChanged; }
};

/// Where the mark of a source item is looked for. Borrows its texts.
struct MarkPlace {
  std::string_view ledger_id;  ///< as Commit::ledger_id
  /// The row that commits of the item write: needed where marks are kept in the items, and not
  /// looked at where the ledger has them all.
  std::string_view table = {};
  const events::ItemKey* key = nullptr;
};

/// What a place has: the mark, or none if there is no mark.
using MarkResult = Result<std::optional<Mark>>;

/// How much of the entries is read.
enum class Reading : std::uint8_t {
  kVersions,
  kWhole,  ///< all that commits follow from
  kTold,   ///< that, and what only people look at
};

class Target {
 public:
  virtual ~Target() = default;

  /// Applies `commits`, which have distinct ledger ids, in any order that Commit::after allows, and
  /// writes one outcome for each into `outcomes`, which has the same size. Never applies a commit
  /// whose version is not above its mark, but for one with a nonce, which leaves the version as it
  /// is. One commit's failure does not stop the others, not even those that come after it, unless
  /// it may still be applied. Returns at `deadline` at the latest, give or take one statement; what
  /// is not known to be done by then has failed.
  virtual void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                      SteadyTime deadline) = 0;

  /// The marks at `places`, whose ledger ids are distinct, one result for each in their order, as
  /// they are durable at the time of reading. Changes nothing. Returns at `deadline`, as commit()
  /// does; what is not read by then is an error. One place's error does not stop the others.
  /// @error kProtocol  the entry has no version, one that is malformed, or not the content that its
  ///                   version speaks of; any other code: it could not be read, and the message
  ///                   says why
  virtual std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                             SteadyTime deadline) = 0;
};

}  // namespace streamonce::handler
