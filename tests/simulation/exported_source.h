// tests/simulation/exported_source.h: a table, all that was ever written to it, the streams that
// have told of that, and exports of it.
//
// A stream is enabled, disabled, and enabled again under a new label. What is written before the
// first one, between two, and in the minutes that a new one may take to be on, no stream tells: a
// gap. Or there is no stream at all; then nothing is written in the minute around an export.
//
// An export of a time T has each item in some state that it had within a minute around T, drawn for
// each item: all that was written a minute before T or earlier is in it, and nothing from a minute
// after T or later.
//
// Sequence numbers are as the service has them, or count from 1 as an emulator's; those of a later
// stream may be smaller than an earlier one's.
//
// Source:  DynamoDB developer guide, "DynamoDB data export to Amazon S3: how it works".
// Threads: a value.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "events/exports/load_version.h"
#include "runtime/base/clock.h"
#include "tests/simulation/random.h"

namespace streamonce::simulation {

/// The source table's ARN.
inline constexpr const char* kSourceTableArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";

/// One write of an item.
struct SourceWrite {
  std::string key;
  WallTime at{};
  std::string image;                       ///< JSON; empty where the item is removed
  std::optional<std::size_t> stream = {};  ///< the one that tells of it; none: it is in a gap
  std::string sequence_number = {};
  std::string version = {};  ///< as a mark has it
  std::string record = {};   ///< JSON, as Lambda delivers it
};

struct SourceStream {
  std::string label;
  /// The ordinals of each shard's writes, in order. Items never change shards.
  std::vector<std::vector<std::size_t>> shards = {};
};

/// Some states of some items at about one time.
struct SourceExport {
  WallTime time{};
  std::optional<std::size_t> stream = {};  ///< beside which it is loaded
  events::LoadVersion version = {};
  std::map<std::string, std::string> images = {};  ///< by key
};

class ExportedSource {
 public:
  explicit ExportedSource(Random& random);

  /// In the order in which they were made: a write's place is its ordinal.
  const std::vector<SourceWrite>& writes() const { return writes_; }
  const std::vector<SourceStream>& streams() const { return streams_; }
  /// At least one. The last one is beside the last stream, if there is any.
  const std::vector<SourceExport>& exports() const { return exports_; }
  const std::vector<std::string>& keys() const { return keys_; }
  /// The newest write of an item; null: it was never written.
  const SourceWrite* newest(const std::string& key) const;

 private:
  using Seconds = std::chrono::seconds;

  void write_some(Random& random, std::size_t count, Seconds within, int remove_percent);
  void add_stream(Random& random, bool is_last);
  void add_export(Random& random, WallTime from, WallTime until);
  void add_export_without_stream(Random& random);
  WallTime draw_time(Random& random, WallTime from, WallTime until) const;
  void draw_images(Random& random, SourceExport& drawn) const;
  void tell(std::size_t ordinal, std::size_t shard, const std::string& number);

  std::vector<std::string> keys_;
  std::vector<SourceWrite> writes_;
  std::vector<SourceStream> streams_;
  std::vector<SourceExport> exports_;
  std::set<std::string> present_;
  WallTime now_;
};

}  // namespace streamonce::simulation
