// handler/sources/stream/followed_shard.h: one shard that is read and applied from its first record
// to its last, or for as long as it is open.
//
// It says what is to be asked of the service next and when, takes what came of that, and holds the
// pages that are to be applied, in their order: the one that is being applied, and the next one,
// which is fetched meanwhile. How far it is done follows from what was taken away of the pages, and
// is never ahead of it.
//
// Source:  DynamoDB Streams API reference, GetShardIterator and GetRecords: an iterator lives for
//          15 minutes; the last page of a closed shard has no next iterator, and may have records;
//          pages without records are normal. The pauses are those that Flink's connector for
//          DynamoDB Streams and Estuary's use.
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "handler/services/dynamodb_streams.h"
#include "handler/sources/stream/stream_page.h"
#include "handler/targets/position_store.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

/// The pauses between pages of an open shard: when there were no records, and when there were some.
inline constexpr std::chrono::milliseconds kIdlePause{1'000};
inline constexpr std::chrono::milliseconds kBusyPause{250};

/// An open shard is taken for read up to where it stands when so many pages in a row, over so long
/// a time, had no record: the service does not tell where a shard's end is, and an iterator may
/// move through an open shard in several steps without records.
inline constexpr int kEmptyPagesAtTip = 20;
inline constexpr std::chrono::seconds kTimeAtTip{5};

/// Where a shard that nothing is known of is begun.
enum class Beginning : std::uint8_t {
  kOldest,  ///< at the oldest record that it has
  kLatest,  ///< behind all that was written before
};

/// What a shard has the service asked for.
enum class Ask : std::uint8_t { kNothing, kIterator, kRecords };

class FollowedShard {
 public:
  struct Options {
    std::string id;
    Position from;                             ///< kStart or kAfter
    Beginning beginning = Beginning::kOldest;  ///< for kStart
    /// Whether records that it no longer has when it is begun were to be read: it is not one of
    /// those that a first run met.
    bool must_be_whole = false;
    bool is_quick = false;  ///< whether it is asked after kBusyPause even where it was idle
  };

  explicit FollowedShard(Options options);

  const std::string& id() const { return options_.id; }

  // What is asked of the service.

  /// What is to be asked now or at due(); kNothing while an answer is waited for, while two pages
  /// are in hand, and from the last page on.
  Ask next_ask() const;
  /// The earliest time to ask.
  SteadyTime due() const { return due_; }
  /// The place to get an iterator at. `stream_arn` is borrowed by it, and so is the shard.
  dynamodb_streams::ShardPlace place(std::string_view stream_arn) const;
  const std::string& iterator() const { return iterator_; }
  void note_asked() { is_asked_ = true; }

  void take_iterator(std::string iterator);
  /// Takes a page and the iterator behind it; empty: the shard ends with the page.
  void take_page(StreamPage page, std::string next_iterator, bool is_closed, SteadyTime now);
  /// The iterator is too old, or no good: another one is got behind what was taken.
  void lose_iterator(SteadyTime due);
  /// What was asked for got no answer in time: it is asked for again.
  void ask_again(SteadyTime due);
  /// What was to come next was refused as trimmed: it goes on at the oldest record that there is.
  /// Where that was refused, too, it has no record as far as it can be read, as with an empty page.
  /// @return whether this is a gap: records are gone that were to be read, and none was returned
  ///         since the latest page
  bool skip_trimmed(SteadyTime now);
  /// Nothing more will come: there is no such shard.
  void note_gone() { has_ended_ = true; }

  /// Whether no page is to come any more.
  bool has_ended() const { return has_ended_; }
  bool has_iterated() const { return has_iterated_; }
  bool was_taken_from() const { return !taken_.empty(); }
  /// Whether it went on at the oldest record already, since it was refused as trimmed.
  bool has_skipped() const { return has_skipped_; }
  /// The same, and no page has come since.
  bool is_at_oldest() const { return is_at_oldest_; }
  bool must_be_whole() const { return options_.must_be_whole; }
  /// Whether the shard, which is open, is read up to where it stands: see kEmptyPagesAtTip.
  bool is_at_tip(SteadyTime now) const;
  /// Whether its latest page had no record, or its oldest record was refused, too.
  bool is_idle() const { return empty_pages_ > 0 && pages_.empty(); }

  // What is applied.

  std::deque<StreamPage>& pages() { return pages_; }
  const std::deque<StreamPage>& pages() const { return pages_; }
  /// How far it is done by what was taken away of its pages.
  Position position() const;
  /// Removes the first page, which is done.
  void remove_page();

  // What its owner keeps of it.

  int attempts = 0;            ///< in a row, at the first page, that got nothing done
  SteadyTime ready_at = {};    ///< when the first page may be applied; also who is the next
  bool is_past_start = false;  ///< whether a record came that was written after the start
  std::optional<WallTime> whole_at = {};  ///< what it has to give is no older, as far as is known
  bool is_stuck = false;                  ///< whether nobody tries any more
  Position saved = {};                    ///< what the store has
  bool is_saved = false;                  ///< whether the store has anything
  SteadyTime next_save = {};              ///< the earliest time to save

 private:
  void note_no_record(SteadyTime now);

  Options options_;
  std::string iterator_;  // empty: one is needed
  std::string taken_;     // the newest number of all pages that came; empty: none
  std::string done_;      // the number up to which all pages that were removed are done
  bool is_asked_ = false;
  bool has_iterated_ = false;  // whether there ever was an iterator
  bool has_ended_ = false;
  bool has_skipped_ = false;
  bool is_at_oldest_ = false;
  bool is_gap_told_ = false;  // whether skip_trimmed() returned true, and no page has come since
  SteadyTime due_ = {};
  int empty_pages_ = 0;  // in a row
  SteadyTime empty_since_ = {};
  std::deque<StreamPage> pages_;
};

}  // namespace streamonce::handler
