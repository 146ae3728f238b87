// handler/compare/comparison.h: compares all that a source has with all that a target has, while
// changes flow, in bounded memory.
//
// The work has parts, which are done one after the other, in any order, and each for itself:
//
//   items   a segment of the source is walked. What is expected of each item is held against the
//           target: where its rows have the items' own keys, and the target has segments too, the
//           same segment of the target's table is walked beside it, and rows are paired as they
//           come; otherwise rows are read by their keys.
//   rows    the rows of a table that was not walked so are walked, and for each the item that it
//           tells to be its own is read: it must have such a row.
//   groups  see group_comparison.h.
//   keys    only the items of these keys are looked at.
//
// These reads cost half of what strong ones do, and decide nothing: what does not seem equal goes
// to the judge (judge.h).
//
// Bounds: kSuspectsMax suspects wait, which take kSuspectBytesMax; the walks wait for them then.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_digest.h"
#include "handler/compare/judge.h"
#include "handler/compare/matcher.h"
#include "handler/items/item_reader.h"
#include "handler/targets/key_scan.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::compare {

inline constexpr std::size_t kSuspectsMax = 10'000;
inline constexpr std::size_t kSuspectBytesMax = 12UL * 1024 * 1024;

/// How many groups are summed up in memory, at most, for all views together: some 300 bytes each.
inline constexpr std::size_t kGroupsMax = 100'000;

enum class PartKind : std::uint8_t { kItems, kRows, kGroups, kKeys };

/// A part of the work.
struct Part {
  PartKind kind = PartKind::kItems;
  std::size_t table = 0;  ///< of kRows: its place in Expecter::tables()
  Segment segment = {};
  std::vector<std::string> keys = {};  ///< of kKeys: as DynamoDB JSON
};

/// The most groups that are looked at since they seem to differ. Where more do, that is told.
inline constexpr std::size_t kDoubtsMax = 10'000;

struct ComparisonOptions {
  JudgeOptions judge = {};
  /// Of the rows of tables without segments: which part of them is looked at; 1: all.
  double sample = 1;
  std::size_t groups_max = kGroupsMax;
  std::size_t doubts_max = kDoubtsMax;
};

/// Whose read units a pause is for.
enum class ReadSide : std::uint8_t { kSource, kTarget };

struct ComparisonParts {
  LookParts look;
  Pipeline& pipeline;
  KeyScanner* scanner = nullptr;  ///< of the target's ledger: needed for groups
  /// Takes what is found, and the part (its place) that it is of.
  std::function<void(const Finding& finding, std::size_t part)> found;
  /// Told once a part is done, with all that is found of it.
  std::function<void(std::size_t part)> finished;
  std::function<void(std::uint64_t rows, std::size_t part)> equal;
  /// Told how many items and rows were walked by.
  std::function<void(std::uint64_t items)> walked;
  std::function<void(std::string_view warning)> warn;
  /// Whether to end as soon as may be.
  std::function<bool()> stopped;
  /// When a request that is begun now must be answered.
  std::function<SteadyTime()> deadline;
  /// Called after each page: for who keeps below a rate.
  std::function<void(ReadSide side)> pause;
};

class Comparison {
 public:
  /// `parts` of the work must outlive the object.
  Comparison(ComparisonParts parts, ComparisonOptions options, const std::vector<Part>& work);
  ~Comparison();
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  /// Does the parts at `places`. @return false: it was stopped
  /// @error  a side cannot be read: the message says which, and why
  Result<bool> run(const std::vector<std::size_t>& places);

  std::uint64_t repairs() const { return judge_.repairs(); }

 private:
  friend class ItemsPart;
  friend class RowsPart;
  friend class GroupComparison;

  Result<bool> do_part(std::size_t place);
  Result<bool> do_keys(const Part& part);
  /// Looks at what is due, and waits where too much waits. @return false: it was stopped
  Result<bool> judge_due();
  Result<bool> judge_until_below(std::size_t suspects, std::size_t bytes);
  void tell_finished();
  /// Whether two rows are the same; the second one may be none.
  bool are_equal(std::string_view expected, std::string_view found);
  void suspect(const events::ItemKey& key, std::string_view keys_json, std::uint64_t rows,
               std::optional<StrayRow> stray = {});

  const ComparisonParts parts_;
  const ComparisonOptions options_;
  const std::vector<Part>& work_;
  events::ItemDigester digester_;
  Judge judge_;
  std::size_t part_ = 0;             // in hand
  std::vector<std::size_t> walked_;  // parts that were walked through, and may have suspects
};

}  // namespace streamonce::handler::compare
