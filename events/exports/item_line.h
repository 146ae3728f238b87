// events/exports/item_line.h: the lines of an export's data files, each of which is one item, as
// changes.
//
// A line is `{"Item":{"id":{"S":"..."},...}}`. Which attributes are the key it does not say, so
// that a reader is told. As with a stream's records, the item stays the raw bytes of the line, and
// every byte is checked.
//
// Source:  DynamoDB developer guide, "DynamoDB table export output format", DynamoDB JSON.
// Threads: one reader for each thread. Ownership: a change views its line, the texts that the
//          reader was made with, and what forget() drops.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "events/exports/load_version.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::events {

/// The most bytes of a line. An item has 400 KB at most, as DynamoDB counts, and no byte of that
/// takes more than seven of JSON: an element `{"NULL":true},` of a list counts as two.
/// Source: DynamoDB quotas, "Item size"; developer guide, "Item sizes and formats".
inline constexpr std::size_t kItemLineBytesMax = 4UL * 1024 * 1024;

/// The names of the attributes that are a table's key: one or two.
using KeyNames = std::vector<std::string>;

/// Reads `PK` or `PK,SK`.
/// @error kInvalidArgument  it is neither
Result<KeyNames> parse_key_names(std::string_view text);

/// The table that an export is of. Owns its texts.
struct ExportSource {
  std::string account;
  std::string region;
  std::string table;

  SourceTable view() const { return {.account = account, .region = region, .table = table}; }
};

class ItemLineReader {
 public:
  ItemLineReader(ExportSource source, KeyNames key_names, LoadVersion version);
  ~ItemLineReader();
  ItemLineReader(const ItemLineReader&) = delete;
  ItemLineReader& operator=(const ItemLineReader&) = delete;

  /// The change that a line tells of: a put at the export's version. What is wrong with a line is
  /// in Change::problem.
  Change put_of(PayloadView line);

  /// A removal, at the export's version, of the item whose key is among the attributes of `item`,
  /// which is DynamoDB JSON: a key, or a whole item.
  Change removal_of(std::string_view item);

  /// The same of the item whose canonical key is `canonical`: see item_key.h. A key that is only a
  /// hash is a problem.
  Change removal_of_key(std::string_view canonical);

  /// Drops what changes view besides their lines: no change so far may be used any more.
  void forget();

  const LoadVersion& version() const { return version_; }
  const KeyNames& key_names() const { return key_names_; }
  const ExportSource& source() const { return source_; }

 private:
  struct Parts;

  Change blank() const;
  void take_key(Change& change, std::string_view text);

  const ExportSource source_;
  const KeyNames key_names_;
  const LoadVersion version_;
  const Version version_text_;
  std::unique_ptr<Parts> parts_;
};

/// A put of an export of the table of this ARN as a record of the stream that never was, in one
/// line: what DeadLetterReader takes, so that it comes to the very same change. `change` must have
/// a key.
std::string record_line(const Change& change, const LoadVersion& version,
                        std::string_view table_arn);

}  // namespace streamonce::events
