// tests/simulation/source.h: a table, all that happened to it, and its streams.
//
// Changes are numbered from 0 in the order in which they were made: a change's ordinal. The order
// of versions must come out the same, though the sequence numbers have growing lengths, some beyond
// what the API allows, and start again from small ones where the stream was disabled and enabled
// again.
//
// For views there are images in which attributes are missing, NULL or of a wrong type, and removals
// at the end of an item's time.

#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/random.h"
#include "tests/simulation/view_model.h"

namespace streamonce::simulation {

enum class Flaw : unsigned char {
  kNone,
  kUnreadable,  ///< the parser must refuse the record
  kInvalid,     ///< the service refuses a whole transaction that has it
  kMistyped,    ///< the service gives it a cancellation reason of its own
  kUnderived,   ///< a view has no value for it
};

struct Change {
  std::size_t ordinal = 0;
  std::string key;
  bool removes = false;
  bool expires = false;    ///< whether the item is removed since its time is over
  std::string event_name;  ///< as its stream tells it
  Flaw flaw = Flaw::kNone;
  std::string image;  ///< JSON; empty where the item is removed
  std::string sequence_number;
  std::string version;  ///< as the ledger must have it
  std::string record;   ///< JSON, as Lambda delivers it
  // For views, by view:
  std::vector<Rows> rows = {};      ///< what it has of the change's item from then on
  std::vector<Groups> groups = {};  ///< the same
  std::vector<Flaw> flaws = {};     ///< what keeps that from being applied
};

class Source {
 public:
  /// @param views  what the changes are for; null: for a mirror
  explicit Source(Random& random, const ViewModel* views = nullptr);

  const std::vector<Change>& changes() const { return changes_; }
  /// The ordinals of each shard's changes, in order. A shard is of one stream; items never change
  /// shards within a stream. The shards of a later stream come behind all of an earlier one.
  const std::vector<std::vector<std::size_t>>& shards() const { return shards_; }
  /// The first shard of the later stream; shards().size() if there is one stream only.
  std::size_t later_stream() const { return later_stream_; }

  /// The change that a version of the item `key` belongs to; nullptr: none.
  const Change* find(const std::string& key, const std::string& version) const;
  const std::vector<std::string>& keys() const { return keys_; }
  /// A ledger id, as in `sim|123456789012/eu-west-1/orders|2:idS...`, worked out apart from the
  /// code under test.
  static std::string ledger_id(const std::string& key);

 private:
  void add_stream(Random& random, const std::string& label, std::size_t count);
  Change make_change(Random& random, const std::string& label, const std::string& number);
  void draw_image(Random& random, Change& change);

  const ViewModel* views_;
  DrawnPlaces drawn_;
  std::set<std::string> present_;  // the keys of the items that are there

  std::vector<std::string> keys_;
  std::vector<Change> changes_;
  std::vector<std::vector<std::size_t>> shards_;
  std::size_t later_stream_ = 0;
  int flaw_percent_ = 0;
  std::map<std::string, std::size_t> by_version_;  // key and version
};

}  // namespace streamonce::simulation
