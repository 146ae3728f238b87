#include "handler/sources/stream/followed_shard.h"

#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

/// The page that is being applied, and the one that is fetched meanwhile.
constexpr std::size_t kPagesInHandMax = 2;

}  // namespace

FollowedShard::FollowedShard(Options options) : options_(std::move(options)) {
  STREAMONCE_CHECK(options_.from.kind != Position::Kind::kEnd);
  taken_ = done_ = options_.from.number;
}

Ask FollowedShard::next_ask() const {
  if (is_asked_ || has_ended_ || pages_.size() >= kPagesInHandMax) return Ask::kNothing;
  return iterator_.empty() ? Ask::kIterator : Ask::kRecords;
}

dynamodb_streams::ShardPlace FollowedShard::place(std::string_view stream_arn) const {
  using dynamodb_streams::IteratorStart;
  dynamodb_streams::ShardPlace place{.stream_arn = stream_arn, .shard_id = options_.id};
  // An iterator that was lost before a first record came leaves open what it has passed over: it is
  // never replaced by one at the latest record.
  const bool is_latest = options_.beginning == Beginning::kLatest && !has_iterated_;
  place.start = is_latest ? IteratorStart::kLatest : IteratorStart::kTrimHorizon;
  if (!taken_.empty()) {
    place.start = IteratorStart::kAfter;
    place.sequence_number = taken_;
  }
  return place;
}

void FollowedShard::take_iterator(std::string iterator) {
  is_asked_ = false;
  has_iterated_ = true;
  iterator_ = std::move(iterator);
}

void FollowedShard::take_page(StreamPage page, std::string next_iterator, bool is_closed,
                              SteadyTime now) {
  is_asked_ = false;
  iterator_ = std::move(next_iterator);
  has_ended_ = iterator_.empty();
  is_at_oldest_ = is_gap_told_ = false;
  const bool is_empty = page.size() == 0;
  if (is_empty)
    note_no_record(now);
  else
    empty_pages_ = 0;
  due_ = now;
  if (!is_closed) due_ += is_empty && !options_.is_quick ? kIdlePause : kBusyPause;
  if (!page.newest().empty()) taken_ = page.newest();
  if (is_empty) return;
  if (pages_.empty()) ready_at = now;
  pages_.push_back(std::move(page));
}

void FollowedShard::lose_iterator(SteadyTime due) {
  iterator_.clear();
  ask_again(due);
}

void FollowedShard::ask_again(SteadyTime due) {
  is_asked_ = false;
  due_ = due;
}

bool FollowedShard::skip_trimmed(SteadyTime now) {
  const bool is_gap = was_taken_from() || options_.must_be_whole;
  has_skipped_ = true;
  taken_.clear();
  options_.beginning = Beginning::kOldest;
  options_.must_be_whole = true;  // whatever is gone from now on was to be read
  const bool is_again = std::exchange(is_at_oldest_, true);
  if (is_again)
    note_no_record(now);
  else
    empty_pages_ = 0;
  lose_iterator(now + (is_again && !options_.is_quick ? kIdlePause : kBusyPause));
  return is_gap && !std::exchange(is_gap_told_, is_gap);
}

void FollowedShard::note_no_record(SteadyTime now) {
  if (empty_pages_++ == 0) empty_since_ = now;
}

bool FollowedShard::is_at_tip(SteadyTime now) const {
  return pages_.empty() && empty_pages_ >= kEmptyPagesAtTip && now - empty_since_ >= kTimeAtTip;
}

Position FollowedShard::position() const {
  if (has_ended_ && pages_.empty()) return {.kind = Position::Kind::kEnd};
  std::string_view number = done_;
  if (!pages_.empty() && !pages_.front().done_up_to().empty()) number = pages_.front().done_up_to();
  if (number.empty()) return {};
  return {.kind = Position::Kind::kAfter, .number = std::string(number)};
}

void FollowedShard::remove_page() {
  STREAMONCE_CHECK(!pages_.empty() && pages_.front().is_done());
  if (const std::string_view number = pages_.front().done_up_to(); !number.empty()) done_ = number;
  pages_.pop_front();
}

}  // namespace streamonce::handler
