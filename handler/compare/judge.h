// handler/compare/judge.h: looks at items that seem to differ until it is certain that they do, and
// mends them if that is wanted.
//
// While changes flow, source and target are never read at one instant: an item that seems to differ
// may only be on its way. So each suspect is looked at, all reads strong, in this order: its mark,
// the item at the source, what the target has of it, its mark again. If nothing differs, it is
// fine. If the mark moved in between, nothing was learnt. What differs is looked at again after 1,
// 2, 4 and more seconds, and declared only once it was found to differ over all of the time to
// settle with the same item at the source and the same mark. Where the marks that move tell that
// changes come later than that, it is waited for longer. An item that keeps changing is unsettled.
//
// A repair is made out of the very look that declares the difference, since that read the mark
// before the item: see handler/pipeline/repair.h. What was mended is looked at once more before it
// counts.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_digest.h"
#include "handler/compare/finding.h"
#include "handler/compare/look.h"
#include "handler/pipeline/pipeline.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler::compare {

struct JudgeOptions {
  std::chrono::milliseconds settle{60'000};
  bool repairs = false;
  std::uint64_t repairs_max = 1'000;      ///< items
  bool tells_values = false;              ///< whether findings have the rows' values
  std::vector<std::string> ignored = {};  ///< names of attributes that do not count
};

struct JudgeParts {
  LookParts look;
  Pipeline& pipeline;
  /// Takes what is found, and the part of the work that the suspect was of.
  std::function<void(const Finding& finding, std::size_t part)> found;
  /// Told of rows that turn out to be equal, and the part.
  std::function<void(std::uint64_t rows, std::size_t part)> equal;
  /// Told of what its user should know, each thing once.
  std::function<void(std::string_view warning)> warn;
};

/// The most rows that are remembered of those that tell one item to be theirs. Of an item with more
/// it is told that it has more.
inline constexpr std::size_t kStraysMax = 1'000;

/// The longest time that changes are taken to be late by: a record of a stream is kept no longer.
inline constexpr std::chrono::hours kLagMax{24};

/// An item that seems to differ.
struct Suspect {
  std::string key = {};               ///< canonical
  std::string keys_json = {};         ///< the same as DynamoDB JSON
  std::vector<StrayRow> strays = {};  ///< rows that tell it to be theirs
  std::size_t part = 0;               ///< of the work; see JudgeParts::found
  /// How many of its rows were not told as equal yet; none: all that it has.
  std::optional<std::uint64_t> rows = 0;
};

class Judge {
 public:
  Judge(JudgeParts parts, JudgeOptions options);

  /// Adds a suspect, to be looked at at once. One that is there already gets the strays, and is one
  /// of both parts: none of them is done before it is decided.
  void add(Suspect suspect);

  /// Looks at suspects whose time has come, as many as one look takes. @return whether there were
  /// any
  /// @error  the source, the target or the ledger could not be read; the suspects stay, and the
  ///         next call tries again
  Result<bool> look(SteadyTime deadline);

  /// How many suspects there are, and how many of a part of the work.
  std::size_t open() const { return suspects_.size(); }
  /// About how many bytes of memory they take.
  std::size_t bytes() const { return bytes_; }
  std::size_t open_of(std::size_t part) const;
  /// When the next suspect is to be looked at; none: there is none.
  std::optional<SteadyTime> next_time() const;
  /// Whether one more may be mended, which then counts.
  bool take_repair();
  std::uint64_t repairs() const { return repairs_; }

 private:
  /// What is remembered of one.
  struct State {
    std::string keys_json = {};
    std::vector<StrayRow> strays = {};
    bool has_more_strays = false;           ///< than kStraysMax
    std::vector<std::size_t> parts = {};    ///< what is found of it is told of the first one
    std::optional<std::uint64_t> rows = 0;  ///< as Suspect::rows
    std::size_t bytes = 0;                  ///< of memory
    SteadyTime added = {};
    SteadyTime next = {};
    std::chrono::milliseconds pause{0};
    int looks = 0;             ///< after which nothing was decided
    bool has_changed = false;  ///< whether the latest look found another item or mark
    std::optional<SteadyTime> differs_since = {};  ///< with this item and this mark
    events::ItemDigest item = {};
    std::string mark = {};             ///< its version and nonce; empty: there is none
    std::vector<Finding> mended = {};  ///< what was found before a repair that was applied
    bool may_be_mended = false;        ///< whether it is counted against the most that may be
    int repairs = 0;                   ///< that were tried
    std::string refusal = {};          ///< why the latest one failed
  };
  using Suspects = std::map<std::string, State, std::less<>>;

  std::chrono::milliseconds settle() const;
  void add_stray(State& state, StrayRow stray);
  void note_move(const std::optional<Mark>& before, const std::optional<Mark>& after);
  bool decide(LookItem& item);
  bool differ(LookItem& item, State& state);
  void again(const std::string& key, State& state);
  void put_off(const std::string& key, State& state, SteadyTime next);
  void forget_time(const std::string& key, const State& state);
  void tell_equal(const State& state, const LookItem& item) const;
  void end(const std::string& key, std::vector<Finding> findings);
  void suspect_those_in_the_way(const LookItem& item);
  void repair(Look& look, std::span<const std::size_t> places, SteadyTime deadline);

  const JudgeParts parts_;
  const JudgeOptions options_;
  events::ItemDigester digester_;
  Suspects suspects_;
  std::multimap<SteadyTime, std::string> times_;
  std::map<std::size_t, std::size_t> open_;  // by part
  std::size_t bytes_ = 0;
  std::size_t look_items_ = 25;            // how many are looked at together
  std::chrono::milliseconds lag_{0};       // of the newest change that came
  std::optional<std::int64_t> newest_at_;  // when that one was made: epoch seconds
  bool lag_told_ = false;
  std::uint64_t repairs_ = 0;
};

}  // namespace streamonce::handler::compare
