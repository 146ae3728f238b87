#include "handler/sources/stream/follower.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "events/stream_arn.h"
#include "handler/services/dynamodb_streams.h"
#include "handler/sources/stream/followed_shard.h"
#include "handler/sources/stream/shard_applier.h"
#include "handler/sources/stream/stream_calls.h"
#include "runtime/aws/api_client.h"
#include "runtime/aws/call.h"
#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

using dynamodb_streams::ListedShard;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// How long the service is asked for one thing before somebody is told that it does not answer.
constexpr seconds kAskTime{30};
/// The pause after that, and after other troubles.
constexpr seconds kTroublePause{5};
/// How often it is looked whether to end.
constexpr milliseconds kStopPause{250};
/// The pause between pages of a listing. Source: DescribeStream: 10 calls a second.
constexpr milliseconds kDescribePause{100};
/// How soon a listing follows one that lacked the children of a shard that had ended, and how
/// often.
constexpr milliseconds kChildrenPause{1'000};
constexpr int kChildrenTries = 10;
/// How long positions are asked for at the start, kLoadShards at once, and how long before it is
/// looked whether to end; and how long they may take to be read and saved afterwards: a follower
/// ends within 2 s, which a batch has its part of, too.
constexpr seconds kLoadTime{30};
constexpr std::size_t kLoadShards = 64;
constexpr milliseconds kLoadSlice{1'500};
constexpr milliseconds kSaveTime{600};
/// How often in a row a shard may be refused before that ends the follower.
constexpr int kRefusalsMax = 10;
/// How often throttling is told.
constexpr seconds kThrottlePause{60};
/// How long a stream keeps records.
constexpr std::chrono::hours kKept{24};
/// How long after the start what is found trimmed was so before.
constexpr std::chrono::hours kStartTime{1};
/// How far the clock that a record's time is from may be from the one that answers tell, and a time
/// from what it stands for.
constexpr seconds kOtherClocks{90};

/// When a shard was made, as its id tells: `shardId-00000001700000000000-0a1b2c3d` has milliseconds
/// since the epoch in it, which Flink's connector relies on, too. None: the id is of another form.
std::optional<WallTime> time_of_id(std::string_view id) {
  constexpr std::string_view kStart = "shardId-";
  constexpr std::size_t kDigits = 20;
  if (!id.starts_with(kStart) || id.size() < kStart.size() + kDigits) return std::nullopt;
  std::int64_t time = 0;
  for (const char digit : id.substr(kStart.size(), kDigits)) {
    constexpr std::int64_t kTimeMax = 253'402'300'799'999;  // the year 9999
    if (digit < '0' || digit > '9' || time > kTimeMax) return std::nullopt;
    time = 10 * time + (digit - '0');
  }
  return WallTime(milliseconds(time));
}

/// Whether a stream is one of DynamoDB Local's.
bool is_of_emulator(std::string_view stream_arn) {
  const Result<events::StreamArn> stream = events::StreamArn::parse(stream_arn);
  return stream && stream->region == "ddblocal";
}

class Follower {
 public:
  Follower(const FollowOptions& options, const FollowParts& parts)
      : options_(options),
        parts_(parts),
        started_(parts.clock.now()),
        calls_(parts.streams, {.deadline = SteadyTime::max(), .in_flight_max = kRequestsMax}),
        applier_({.stream_arn = options.stream_arn,
                  .attempts = options.attempts,
                  .gives_up_shards = options.once},
                 {.pipeline = parts.pipeline,
                  .dead_letters = parts.dead_letters,
                  .clock = parts.clock,
                  .logger = parts.logger},
                 state_) {
    next_throttle_word_ = now() + kThrottlePause;
  }

  FollowEnd run();

 private:
  SteadyTime now() const { return parts_.clock.steady_now(); }
  WallTime service_now() const;

  void ask();
  void ask_listing();
  void ask_shard(FollowedShard& shard);
  bool has_room() const;
  bool wants_more(const FollowedShard& shard) const;
  SteadyTime listing_time() const;
  std::size_t pages_in_hand() const;
  void wait();
  SteadyTime next_event() const;

  void take(aws::CallEnd end);
  void take_refusal(const StreamCall& call, aws::Refusal refusal);
  void take_listing_refusal(const aws::ApiError& failed);
  void take_shard_refusal(FollowedShard& shard, const StreamCall& call,
                          const aws::ApiError& failed);
  void take_trimming(FollowedShard& shard);
  bool was_whole_of_late(const FollowedShard& shard) const;
  void take_missing(FollowedShard& shard, Error error);
  void note_start();
  void take_description(const StreamCall& call);
  bool may_have_lost_its_start(const FollowedShard& shard) const;
  void take_iterator(FollowedShard& shard, const StreamCall& call);
  void take_records(FollowedShard& shard, const StreamCall& call);

  void finish_listing();
  template <class Work>
  auto do_patiently(Work work) -> decltype(work(SteadyTime()));
  Result<std::vector<std::optional<Position>>> load_patiently(const std::vector<std::string>& ids);
  Status load_positions();
  Status look_for_gaps();
  void look_for_unseen_parents();
  void begin_readable();
  void begin(const std::string& id);
  bool must_be_whole(const std::string& id) const;
  void note_end(const std::string& id);
  void list_at(SteadyTime time) { listing_due_ = std::min(listing_due_, time); }
  void tell_gap(std::string_view shard, std::string_view what);

  FollowedShard* next_to_apply();
  void apply_next();
  void save(bool is_end);
  void forget(const std::vector<std::string>& shards);
  bool may_lack_children() const;
  bool is_finished() const;
  bool is_finished_once(const FollowedShard& shard) const;
  void show();
  void tell_throttling();

  const FollowOptions& options_;
  const FollowParts& parts_;
  // By the service's clock once its first answer has told it; by ours until then, and for good
  // where no answer tells a time.
  WallTime started_;
  bool is_start_told_ = false;  // whether the service's clock has told the start
  FollowState state_;
  aws::JsonAnswerReader answers_;
  dynamodb_streams::AnswerReader reader_;
  StreamPage::Reader pages_;
  aws::Calls calls_;
  ShardApplier applier_;
  std::optional<Error> error_;

  ShardTree tree_;
  std::map<std::string, FollowedShard, std::less<>> shards_;  // those that are read
  std::map<std::string, Position, std::less<>> loaded_;       // of those that are not, so far
  std::map<std::string, int, std::less<>> refusals_;          // in a row, of shards
  // Those that were listed first. With `once` also those that go on where one of these ended before
  // it had a record from after the start; one that had such a record is taken out at its end.
  std::set<std::string, std::less<>> at_start_;
  std::set<std::string, std::less<>> whole_;  // that must have all of their records
  std::vector<ShardPosition> unsaved_ends_;   // of shards that are gone from all of the above
  bool was_followed_ = false;                 // whether the stream was, before this run
  bool is_listed_ = false;                    // whether the first listing is done
  bool is_enabled_ = true;

  bool is_listing_ = false;           // whether a page of a listing is asked for
  std::vector<ListedShard> listing_;  // the pages so far
  std::string listed_up_to_;
  SteadyTime listing_due_ = {};
  SteadyTime last_describe_ = {};
  int children_tries_ = 0;
  // How many shards were read to their end in this run: so far, when the listing that is under way
  // was begun, and when the latest that is done was.
  std::size_t ends_ = 0;
  std::size_t ends_before_listing_ = 0;
  std::size_t ends_listed_ = 0;
  std::size_t records_asked_ = 0;  // pages that are asked for
  SteadyTime next_throttle_word_;
};

FollowEnd Follower::run() {
  while (!error_ && !is_finished() && !parts_.stopped()) {
    ask();
    wait();
    if (error_ || parts_.stopped()) break;
    apply_next();
    if (applier_.error()) error_ = applier_.error();
    if (!error_ && !parts_.stopped()) save(/*is_end=*/false);
    show();
  }
  calls_.abandon();
  save(/*is_end=*/true);
  show();
  state_.left = 0;
  for (const auto& [id, shard] : shards_)
    if (shard.attempts > 0 || shard.is_stuck) state_.left += shard.pages().front().records().size();
  state_.fates.add(Fate::kFailed, state_.left);
  return {.state = state_, .error = error_, .was_listed = is_listed_};
}

// What is asked of the service.

std::size_t Follower::pages_in_hand() const {
  std::size_t pages = 0;
  for (const auto& [id, shard] : shards_) pages += shard.pages().size();
  return pages;
}

bool Follower::has_room() const {
  return calls_.unfinished() < kRequestsMax && records_asked_ + pages_in_hand() < kPagesMax;
}

/// Whether the shard is to be asked for something, now or later.
bool Follower::wants_more(const FollowedShard& shard) const {
  if (shard.next_ask() == Ask::kNothing || shard.is_stuck) return false;
  return !options_.once || !(shard.is_past_start || is_finished_once(shard));
}

SteadyTime Follower::listing_time() const {
  return std::max(listing_due_, last_describe_ + kDescribePause);
}

void Follower::ask() {
  const SteadyTime time = now();
  if (!is_listing_ && listing_time() <= time) ask_listing();
  std::vector<FollowedShard*> due;
  for (auto& [id, shard] : shards_)
    if (wants_more(shard) && shard.due() <= time) due.push_back(&shard);
  // Who has nothing in hand comes first, and then who waits for longest.
  std::sort(due.begin(), due.end(), [](const FollowedShard* a, const FollowedShard* b) {
    if (a->pages().empty() != b->pages().empty()) return a->pages().empty();
    return a->due() < b->due();
  });
  for (FollowedShard* shard : due) {
    if (!has_room()) return;
    ask_shard(*shard);
  }
}

void Follower::ask_listing() {
  is_listing_ = true;
  if (listed_up_to_.empty()) ends_before_listing_ = ends_;
  last_describe_ = now();
  calls_.add(std::make_unique<StreamCall>(
      StreamCall::Options{
          .operation = StreamOperation::kDescribe,
          .body = dynamodb_streams::description_request(options_.stream_arn, listed_up_to_),
          .deadline = now() + kAskTime},
      answers_));
}

void Follower::ask_shard(FollowedShard& shard) {
  const bool asks_records = shard.next_ask() == Ask::kRecords;
  StreamCall::Options options{
      .operation = StreamOperation::kIterator, .shard = shard.id(), .deadline = now() + kAskTime};
  if (asks_records) {
    options.operation = StreamOperation::kRecords;
    options.body = dynamodb_streams::records_request(shard.iterator());
    ++records_asked_;
  } else {
    options.body = dynamodb_streams::iterator_request(shard.place(options_.stream_arn));
  }
  shard.note_asked();
  calls_.add(std::make_unique<StreamCall>(std::move(options), answers_));
}

/// When something is to be done though no answer comes.
SteadyTime Follower::next_event() const {
  SteadyTime next = now() + kStopPause;
  if (!is_listing_) next = std::min(next, listing_time());
  const bool room = has_room();
  for (const auto& [id, shard] : shards_) {
    if (!shard.pages().empty() && !shard.is_stuck) next = std::min(next, shard.ready_at);
    if (room && wants_more(shard)) next = std::min(next, shard.due());
  }
  return next;
}

/// Takes the answers that there are; waits for one where there is nothing else to do.
void Follower::wait() {
  const SteadyTime until = next_event();
  if (calls_.unfinished() == 0) {
    const auto pause = std::chrono::ceil<milliseconds>(until - now());
    if (pause > milliseconds(0)) parts_.clock.sleep_for(pause);
    return;
  }
  std::optional<aws::CallEnd> end = calls_.wait_any(until);
  while (end && !error_) {
    take(*std::move(end));
    ask();  // so that the page behind one that has come is on its way while that is applied
    end = calls_.wait_any(now());
  }
}

// What came of it.

void Follower::take(aws::CallEnd end) {
  // Only calls of the stream are ever added.
  const auto& call = static_cast<const StreamCall&>(*end.call);
  if (call.operation() == StreamOperation::kDescribe) is_listing_ = false;
  if (call.operation() == StreamOperation::kRecords) --records_asked_;
  if (end.refusal) return take_refusal(call, *std::move(end.refusal));
  if (call.operation() == StreamOperation::kDescribe) return take_description(call);
  const auto found = shards_.find(call.shard());
  STREAMONCE_CHECK(found != shards_.end());
  refusals_.erase(call.shard());
  if (call.operation() == StreamOperation::kIterator) return take_iterator(found->second, call);
  take_records(found->second, call);
}

void Follower::take_refusal(const StreamCall& call, aws::Refusal refusal) {
  const aws::ApiError failed = aws::api_error_of(std::move(refusal));
  if (call.operation() == StreamOperation::kDescribe) return take_listing_refusal(failed);
  const auto found = shards_.find(call.shard());
  STREAMONCE_CHECK(found != shards_.end());
  take_shard_refusal(found->second, call, failed);
}

/// Whether asking again later may help, where nothing is known to be wrong but the way there.
bool may_pass(const Error& error) {
  return error.code == ErrorCode::kTimeout || error.code == ErrorCode::kUnavailable;
}

void Follower::take_listing_refusal(const aws::ApiError& failed) {
  Error error = dynamodb_streams::error_of(dynamodb_streams::kDescribeStream, failed);
  if (dynamodb_streams::is_not_found(failed) && is_of_emulator(options_.stream_arn)) {
    error.message +=
        "; DynamoDB Local finds streams, which it names with the Region ddblocal, only where it "
        "was "
        "started with -sharedDb";
  }
  listing_.clear();
  listed_up_to_.clear();
  if (!may_pass(error) || !is_listed_ || options_.once) {
    error_ = std::move(error);
    return;
  }
  parts_.logger.log(LogLevel::kError, "shards not listed", {{"reason", error.message}});
  listing_due_ = now() + kTroublePause;
}

void Follower::take_shard_refusal(FollowedShard& shard, const StreamCall& call,
                                  const aws::ApiError& failed) {
  Error error = dynamodb_streams::error_of(call.operation_name(), failed);
  const bool is_iterator = call.operation() == StreamOperation::kIterator;
  if (may_pass(error) && !options_.once) {
    parts_.logger.log(LogLevel::kError, "stream not read",
                      {{"shard", shard.id()}, {"reason", error.message}});
    return shard.ask_again(now() + kTroublePause);
  }
  if (!is_iterator && dynamodb_streams::is_expired_iterator(failed))
    return shard.lose_iterator(now());
  // The service says of a number that a shard does not have, which another stream's position may
  // be, that it is no good.
  const bool has_no_number =
      is_iterator && failed.code == "ValidationException" && shard.was_taken_from();
  if (dynamodb_streams::is_trimmed(failed) || has_no_number) return take_trimming(shard);
  if (dynamodb_streams::is_not_found(failed)) return take_missing(shard, std::move(error));
  error_ = with_context("shard " + shard.id(), std::move(error));
}

void Follower::take_trimming(FollowedShard& shard) {
  // What follows goes by what the shard was until now.
  const bool is_emulator = is_of_emulator(options_.stream_arn);
  const bool has_nothing_left = is_emulator && shard.is_at_oldest();
  const bool is_whole = has_nothing_left || (is_emulator && was_whole_of_late(shard));
  if (shard.skip_trimmed(now()) && !is_whole)
    tell_gap(shard.id(), "records that were to come next are gone");
  if (has_nothing_left && tree_.is_closed(shard.id())) shard.note_gone();
}

/// Whether nothing was gone of what the shard has to give yet, less than a day ago. DynamoDB Local
/// refuses as trimmed what is whole. It numbers the writes of all tables from one counter: an
/// iterator of a shard without records stands at the number that was next when the shard was made,
/// and is refused once the shard's first record has a greater one. And it refuses every iterator of
/// a shard whose records are all over a day old. Source: version 3.3.0, its code; for the first,
/// Follow.LosesNothingOfAShardThatWasEmptyAtFirst.
bool Follower::was_whole_of_late(const FollowedShard& shard) const {
  std::optional<WallTime> whole_at = shard.whole_at;
  if (!whole_at && !shard.was_taken_from()) whole_at = time_of_id(shard.id());
  return whole_at && service_now() - *whole_at < kKept;
}

/// A shard that is listed and does not exist is one whose records are all gone; a young one comes
/// to be, or something is wrong.
void Follower::take_missing(FollowedShard& shard, Error error) {
  const std::optional<WallTime> made = time_of_id(shard.id());
  if (made && service_now() - *made > kKept) {
    if (shard.was_taken_from() || shard.must_be_whole())
      tell_gap(shard.id(), "the shard is gone before it was read to its end");
    shard.note_gone();
    return;
  }
  if (++refusals_[shard.id()] >= kRefusalsMax) {
    error_ = with_context("shard " + shard.id(), std::move(error));
    return;
  }
  shard.lose_iterator(now() + kChildrenPause);
}

void Follower::take_iterator(FollowedShard& shard, const StreamCall& call) {
  Result<std::string> iterator = reader_.iterator(call.answer());
  if (!iterator) {
    error_ = std::move(iterator).error();
    return;
  }
  if (!shard.has_iterated()) ++state_.shards;
  if (may_have_lost_its_start(shard))
    tell_gap(shard.id(), "it is begun over 24 hours after it was made: its first records are gone");
  shard.take_iterator(*std::move(iterator));
}

void Follower::take_records(FollowedShard& shard, const StreamCall& call) {
  Result<std::string> next = reader_.next_iterator(call.answer());
  if (!next) {
    error_ = std::move(next).error();
    return;
  }
  StreamPage page = pages_.read(call.answer(), options_.stream_arn);
  if (!page.view_type_problem().empty() && !parts_.pipeline.fetches_images()) {
    error_ = invalid_argument("a record has no NewImage, " + page.view_type_problem());
    return;
  }
  // What was written after the start need not be read, if it is that for certain: the time of a
  // record is in whole seconds, in minutes where it is an emulator's, and another clock's.
  const WallTime written(seconds(page.newest_time().value_or(0)));
  if (is_start_told_ && written - kOtherClocks > started_) shard.is_past_start = true;
  // What comes behind a page is no older than what came with it, or than an empty one.
  if (page.size() == 0)
    shard.whole_at = service_now();
  else if (page.newest_time())
    shard.whole_at = std::min(service_now(), written);
  shard.take_page(std::move(page), *std::move(next), tree_.is_closed(shard.id()), now());
}

/// Whether a shard that is begun at its oldest record may have had older ones that were to be read:
/// the service does not say so. A shard that is open for so long is an emulator's that was not at
/// work all the time: nothing is told of it.
bool Follower::may_have_lost_its_start(const FollowedShard& shard) const {
  const std::optional<WallTime> made = time_of_id(shard.id());
  const bool is_old = made && service_now() - *made > kKept;
  const bool is_begun =
      shard.place({}).start == dynamodb_streams::IteratorStart::kTrimHorizon && is_old;
  return is_begun && tree_.is_closed(shard.id()) && !shard.has_skipped() &&
         (shard.must_be_whole() || service_now() - started_ > kStartTime);
}

// Which shards there are.

/// The service's time, as far as its answers have told how far its clock is from ours.
WallTime Follower::service_now() const {
  return parts_.clock.now() + parts_.streams.clock_offset().value_or(WallTime::duration::zero());
}

/// Takes the service's word for when this run was started: the time of its first description. What
/// was written before is written by then, whatever our clock says.
void Follower::note_start() {
  if (is_listed_ || is_start_told_ || !parts_.streams.clock_offset()) return;
  started_ = service_now();
  is_start_told_ = true;
}

void Follower::take_description(const StreamCall& call) {
  Result<dynamodb_streams::StreamDescription> page = reader_.description(call.answer());
  if (!page) {
    error_ = std::move(page).error();
    return;
  }
  note_start();
  std::move(page->shards.begin(), page->shards.end(), std::back_inserter(listing_));
  is_enabled_ = page->is_enabled;
  if (listing_.size() > kShardsMax) {
    error_ = Error{ErrorCode::kTooLarge,
                   "the stream lists over " + std::to_string(kShardsMax) + " shards"};
    return;
  }
  listed_up_to_ = std::move(page->last_shard);
  if (!listed_up_to_.empty()) {
    listing_due_ = now();
    return;
  }
  finish_listing();
  listing_.clear();
}

void Follower::finish_listing() {
  listing_due_ = now() + kListingPause;
  if (const Status loaded = load_positions(); !loaded) {
    if (parts_.stopped()) return;
    const Error error = with_context("the positions of shards", loaded.error());
    if (!is_listed_) {
      error_ = error;
      return;
    }
    parts_.logger.log(LogLevel::kError, "positions not read", {{"reason", error.message}});
    listing_due_ = now() + kTroublePause;
    return;
  }
  if (is_listed_) look_for_unseen_parents();
  const Result<std::vector<std::string>> found = tree_.take(listing_);
  if (!found) {
    error_ = found.error();
    return;
  }
  for (const std::string& id : *found) {
    if (!is_listed_) at_start_.insert(id);
    if (is_listed_ || was_followed_) whole_.insert(id);
  }
  is_listed_ = true;
  ends_listed_ = ends_before_listing_;
  begin_readable();
  if (tree_.lacks_children() && is_enabled_ && children_tries_++ < kChildrenTries)
    list_at(now() + kChildrenPause);
  if (options_.once && ends_listed_ < ends_) list_at(now());
  forget(tree_.forget());
}

/// Does `work`, which takes a deadline, again until that does not end as late, for kLoadTime or
/// until it is time to end. @return what it did at last
template <class Work>
auto Follower::do_patiently(Work work) -> decltype(work(SteadyTime())) {
  const SteadyTime end = now() + kLoadTime;
  for (;;) {
    const SteadyTime begun = now();
    auto done = work(std::min(begun + kLoadSlice, end));
    if (done || !may_pass(done.error()) || parts_.stopped() || now() >= end) return done;
    // One that fails at once is not asked without a pause.
    if (now() - begun < kStopPause) parts_.clock.sleep_for(kStopPause);
  }
}

/// Reads positions at the start, however many there are.
Result<std::vector<std::optional<Position>>> Follower::load_patiently(
    const std::vector<std::string>& ids) {
  std::vector<std::optional<Position>> positions;
  for (std::size_t at = 0; at < ids.size(); at += kLoadShards) {
    if (parts_.stopped()) return Error{ErrorCode::kTimeout, "it was asked to end"};
    const std::span<const std::string> some =
        std::span(ids).subspan(at, std::min(kLoadShards, ids.size() - at));
    auto found = STREAMONCE_TRY(
        do_patiently([&](SteadyTime deadline) { return parts_.positions.load(some, deadline); }));
    STREAMONCE_CHECK(found.size() == some.size());
    std::move(found.begin(), found.end(), std::back_inserter(positions));
  }
  return positions;
}

/// Reads what is kept of the shards that are listed and were not known; at first also whether the
/// stream was followed before, and if so, whether anything was missed since.
Status Follower::load_positions() {
  std::set<std::string> unknown;
  for (const ListedShard& each : listing_)
    if (!tree_.knows(each.id)) unknown.insert(each.id);
  if (!is_listed_) unknown.emplace();  // the stream itself
  const std::vector<std::string> ids(unknown.begin(), unknown.end());
  if (ids.empty()) return {};
  auto loaded = is_listed_ ? parts_.positions.load(ids, now() + kSaveTime) : load_patiently(ids);
  const auto positions = STREAMONCE_TRY(std::move(loaded));
  STREAMONCE_CHECK(positions.size() == ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (positions[i]) loaded_.insert_or_assign(ids[i], *positions[i]);
  if (is_listed_) return {};
  was_followed_ = loaded_.erase(std::string()) > 0;
  if (was_followed_) return look_for_gaps();
  const ShardPosition followed{.shard = {}, .position = {}};
  return do_patiently([&](SteadyTime deadline) {
    return parts_.positions.save({&followed, 1}, deadline);
  });
}

/// Tells of shards that nothing is kept of and whose parents are not listed any more: were the
/// parents not read to their end, records are gone.
Status Follower::look_for_gaps() {
  std::set<std::string, std::less<>> listed;
  for (const ListedShard& each : listing_) listed.insert(each.id);
  std::vector<std::string> parents;
  std::vector<std::string> children;
  for (const ListedShard& each : listing_) {
    if (each.parent.empty() || listed.contains(each.parent) || loaded_.contains(each.id)) continue;
    parents.push_back(each.parent);
    children.push_back(each.id);
  }
  if (parents.empty()) return {};
  std::vector<std::string> distinct = parents;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const auto positions = STREAMONCE_TRY(load_patiently(distinct));
  for (std::size_t i = 0; i < parents.size(); ++i) {
    const auto place = std::lower_bound(distinct.begin(), distinct.end(), parents[i]);
    const auto& position = positions[static_cast<std::size_t>(place - distinct.begin())];
    if (position && position->kind == Position::Kind::kEnd) continue;
    tell_gap(children[i], "its parent was not read to its end, and is gone");
  }
  return {};
}

/// Tells of shards that are new and whose parents nobody has seen: they came and went since the
/// latest listing, which takes a day.
void Follower::look_for_unseen_parents() {
  std::set<std::string_view> listed;
  for (const ListedShard& each : listing_) listed.insert(each.id);
  for (const ListedShard& each : listing_)
    if (!each.parent.empty() && !tree_.knows(each.id) && !tree_.knows(each.parent) &&
        !listed.contains(each.parent) && !loaded_.contains(each.id))
      tell_gap(each.id, "its parent came and went while nobody looked");
}

void Follower::begin_readable() {
  // Shards that were ended before may let others be read in turn.
  for (std::size_t round = 0; round <= kShardsMax; ++round) {
    const std::vector<std::string> ids = tree_.readable();
    if (ids.empty()) return;
    for (const std::string& id : ids) begin(id);
  }
}

void Follower::begin(const std::string& id) {
  tree_.begin(id);
  const auto found = loaded_.find(id);
  std::optional<Position> from;
  if (found != loaded_.end()) from = found->second;
  loaded_.erase(id);
  // Those at the latest record are ones that were listed first, and no others.
  const bool is_late = options_.from_latest && !was_followed_ && at_start_.contains(id) && !from;
  if (options_.once && at_start_.contains(tree_.parent(id))) at_start_.insert(id);
  if (from && from->kind == Position::Kind::kEnd) return tree_.end(id);
  // A run that begins at the latest records has a closed shard behind it from the start. That is
  // kept, so that the next run knows it, too.
  const bool is_passed_over = is_late && tree_.is_closed(id);
  FollowedShard& shard =
      shards_
          .emplace(id,
                   FollowedShard({.id = id,
                                  .from = from.value_or(Position{}),
                                  .beginning = is_late ? Beginning::kLatest : Beginning::kOldest,
                                  .must_be_whole = must_be_whole(id),
                                  .is_quick = options_.once}))
          .first->second;
  whole_.erase(id);
  if (is_passed_over) return shard.note_gone();
  shard.is_saved = from.has_value();
  shard.saved = from.value_or(Position{});
}

/// Whether the shard had all of its records when this run, or one before it, could first see it.
bool Follower::must_be_whole(const std::string& id) const {
  const std::optional<WallTime> made = time_of_id(id);
  return whole_.contains(id) || (made && started_ - *made < kKept);
}

/// Lets a shard go that is done to its end. `id` is none that the shard owns.
void Follower::note_end(const std::string& id) {
  const auto shard = shards_.find(id);
  STREAMONCE_CHECK(shard != shards_.end());
  if (shard->second.is_past_start) at_start_.erase(id);
  shards_.erase(shard);
  tree_.end(id);
  ++ends_;
  children_tries_ = 0;
  // With `once` nothing may be left out: one child may be listed before another one is.
  if (options_.once || !tree_.has_child(id)) list_at(now());
  begin_readable();
}

void Follower::tell_gap(std::string_view shard, std::string_view what) {
  ++state_.gaps;
  parts_.logger.log(
      LogLevel::kError, "gap",
      {{"shard", shard},
       {"reason", what},
       {"advice",
        "items that changed then may be wrong in the target: bootstrap verify --repair "
        "mends them"}});
}

// What is applied and saved.

FollowedShard* Follower::next_to_apply() {
  FollowedShard* next = nullptr;
  for (auto& [id, shard] : shards_) {
    if (shard.pages().empty() || shard.is_stuck || shard.ready_at > now()) continue;
    if (next == nullptr || shard.ready_at < next->ready_at) next = &shard;
  }
  return next;
}

void Follower::apply_next() {
  if (FollowedShard* shard = next_to_apply()) applier_.apply(*shard);
}

/// Saves the positions whose time has come, and lets shards go that are done to their end.
void Follower::save(bool is_end) {
  const SteadyTime time = now();
  std::vector<ShardPosition> positions = std::exchange(unsaved_ends_, {});
  std::vector<std::string> ended;
  for (auto& [id, shard] : shards_) {
    ShardPosition current{.shard = id, .position = shard.position()};
    const bool has_ended = current.position.kind == Position::Kind::kEnd;
    if (has_ended) ended.push_back(id);
    if (shard.is_saved && shard.saved == current.position) continue;
    if (is_end || has_ended || shard.next_save <= time) positions.push_back(std::move(current));
  }
  if (!positions.empty()) {
    const Status saved = parts_.positions.save(positions, now() + kSaveTime);
    if (!saved)
      parts_.logger.log(LogLevel::kWarn, "positions not saved",
                        {{"reason", saved.error().message}});
    for (ShardPosition& each : positions) {
      if (!saved && each.position.kind == Position::Kind::kEnd) unsaved_ends_.push_back(each);
      const auto found = shards_.find(each.shard);
      if (found == shards_.end()) continue;
      FollowedShard& shard = found->second;
      shard.next_save = time + kSavePause;
      if (!saved) continue;
      shard.is_saved = true;
      shard.saved = std::move(each.position);
    }
  }
  if (is_end) return;
  for (const std::string& id : ended) note_end(id);
}

void Follower::forget(const std::vector<std::string>& shards) {
  if (shards.empty()) return;
  const Status forgotten = parts_.positions.forget(shards, now() + kSaveTime);
  if (!forgotten)
    parts_.logger.log(LogLevel::kWarn, "positions not forgotten",
                      {{"reason", forgotten.error().message}});
}

/// Whether the shard is read up to where it stood at the start, and that is applied.
bool Follower::is_finished_once(const FollowedShard& shard) const {
  if (shard.is_stuck || !at_start_.contains(shard.id())) return true;
  if (!shard.pages().empty() || shard.has_ended()) return false;
  return shard.is_past_start || (!tree_.is_closed(shard.id()) && shard.is_at_tip(now()));
}

/// Whether children of shards that were read to their end may be there, and are not listed yet.
bool Follower::may_lack_children() const {
  if (!is_enabled_) return false;
  return ends_listed_ < ends_ || (tree_.lacks_children() && children_tries_ <= kChildrenTries);
}

bool Follower::is_finished() const {
  if (!is_listed_) return false;
  // What is not begun waits for a shard that is tried no more.
  if (options_.once) {
    return !may_lack_children() &&
           std::all_of(shards_.begin(), shards_.end(),
                       [this](const auto& each) { return is_finished_once(each.second); });
  }
  return !is_enabled_ && shards_.empty() && tree_.counts().waiting == 0;
}

void Follower::show() {
  state_.tree = tree_.counts();
  state_.blocked = 0;
  state_.is_caught_up = is_listed_;
  for (const auto& [id, shard] : shards_) {
    if (shard.attempts > 0 || shard.is_stuck) ++state_.blocked;
    state_.is_caught_up = state_.is_caught_up && shard.is_idle();
  }
  parts_.show(state_);
  tell_throttling();
}

/// The engine sends throttled requests again; that it has to is worth a word.
void Follower::tell_throttling() {
  if (now() < next_throttle_word_) return;
  next_throttle_word_ = now() + kThrottlePause;
  const aws::CallCounts counts = std::exchange(parts_.streams.counts(), {});
  if (counts.throttles == 0) return;
  parts_.logger.log(LogLevel::kWarn, "throttled by the stream",
                    {{"answers", counts.throttles},
                     {"advice",
                      "a shard has at most two readers, one where the table is a global table: is "
                      "a Lambda function mapped to it, or another follower at work?"}});
}

}  // namespace

FollowEnd follow_stream(const FollowOptions& options, const FollowParts& parts) {
  return Follower(options, parts).run();
}

}  // namespace streamonce::handler
