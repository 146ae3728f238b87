#include "handler/sources/stream/shard_reader.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "events/stream_arn.h"
#include "handler/services/dynamodb_streams.h"
#include "runtime/base/payload.h"

namespace streamonce::handler {
namespace {

using events::SequenceNumber;
using std::chrono::milliseconds;

/// The pauses between pages without records. Source: DynamoDB Streams, GetRecords: 5 calls a second
/// and shard.
constexpr milliseconds kPauseFirst{200};
constexpr milliseconds kPauseMost{1'000};

/// What came of asking for the next page.
enum class Page : std::uint8_t {
  kRecords,  ///< a page with records of the range, or from before it
  kEmpty,    ///< no record: nothing yet, or the iterator was too old
  kLast,     ///< a page that reaches the range's end
};

/// The advice for a pointer whose range is outside of its shard.
constexpr std::string_view kOfOnePointer =
    "shardId, startSequenceNumber and endSequenceNumber must be those of one dead letter, as it "
    "came";

Error error_of(std::string_view operation, const aws::ApiError& failed) {
  Error error = dynamodb_streams::error_of(operation, failed);
  // A sequence number that is malformed, or that the shard never had, is refused like this.
  if (error.code == ErrorCode::kRejected && failed.code == "ValidationException" &&
      operation == dynamodb_streams::kGetShardIterator) {
    error.message = "the range is perhaps not of this shard: " + std::string(kOfOnePointer) + "; " +
                    std::move(error.message);
  }
  return error;
}

}  // namespace

class ShardReader::RangeRead {
 public:
  RangeRead(aws::ApiClient& api, Clock& clock, const StreamRange& range, const TakePage& take,
            SteadyTime deadline)
      : api_(api),
        clock_(clock),
        range_(range),
        take_(take),
        deadline_(deadline) {}

  Status work();

 private:
  Status get_iterator();
  Result<Page> get_page();
  Error failed(std::string_view operation, const aws::ApiError& error) const;
  Error ends_too_early() const;
  std::string reached() const;
  void pause();

  aws::ApiClient& api_;
  Clock& clock_;
  const StreamRange& range_;
  const TakePage& take_;
  const SteadyTime deadline_;
  Payload answer_{dynamodb_streams::kPageBytesMax};
  dynamodb_streams::AnswerReader reader_;
  std::string iterator_;  // empty: a new one is needed
  std::string newest_;    // the highest sequence number that was taken; empty: none
  bool waits_ = false;    // whether the latest page had no record
  milliseconds pause_ = kPauseFirst;
};

Status ShardReader::RangeRead::work() {
  for (;;) {
    if (iterator_.empty()) STREAMONCE_TRY(get_iterator());
    switch (STREAMONCE_TRY(get_page())) {
      case Page::kRecords:
        pause_ = kPauseFirst;
        break;
      case Page::kEmpty:
        pause();
        break;
      case Page::kLast:
        return {};
    }
  }
}

/// Gets an iterator at the range's start, or behind the records that have been taken.
Status ShardReader::RangeRead::get_iterator() {
  using dynamodb_streams::IteratorStart;
  const std::string body = dynamodb_streams::iterator_request(
      {.stream_arn = range_.stream_arn,
       .shard_id = range_.shard_id,
       .start = newest_.empty() ? IteratorStart::kAt : IteratorStart::kAfter,
       .sequence_number = newest_.empty() ? range_.first.text() : newest_});
  if (const auto error = api_.call(dynamodb_streams::kGetShardIterator, body, answer_, deadline_))
    return failed(dynamodb_streams::kGetShardIterator, *error);
  iterator_ = STREAMONCE_TRY(reader_.iterator(answer_.view()));
  return {};
}

Result<Page> ShardReader::RangeRead::get_page() {
  const std::string body = dynamodb_streams::records_request(iterator_);
  if (const auto error = api_.call(dynamodb_streams::kGetRecords, body, answer_, deadline_)) {
    iterator_.clear();
    if (dynamodb_streams::is_expired_iterator(*error)) return Page::kEmpty;
    return failed(dynamodb_streams::kGetRecords, *error);
  }
  iterator_ = STREAMONCE_TRY(reader_.next_iterator(answer_.view()));
  const std::optional<SequenceNumber> newest = take_(answer_.view());
  waits_ = !newest;
  if (newest) {
    newest_ = newest->text();
    if (*newest >= range_.last) return Page::kLast;
  }
  if (iterator_.empty()) return ends_too_early();
  return newest ? Page::kRecords : Page::kEmpty;
}

Error ShardReader::RangeRead::ends_too_early() const {
  return {ErrorCode::kRejected, "the shard ends before the range does: " + reached()};
}

/// The error of a call that failed. Where the deadline passed while a record was waited for, the
/// range may end with one that will never come.
Error ShardReader::RangeRead::failed(std::string_view operation, const aws::ApiError& error) const {
  Error told = error_of(operation, error);
  if (told.code == ErrorCode::kTimeout && waits_) told.message += "; " + reached();
  return told;
}

/// How far the shard was read, and what to do if that is not far enough.
std::string ShardReader::RangeRead::reached() const {
  const std::string newest =
      newest_.empty() ? "no record was read" : "the newest record that was read is " + newest_;
  return newest + ", where the range ends with " + std::string(range_.last.text()) + ": " +
         std::string(kOfOnePointer);
}

void ShardReader::RangeRead::pause() {
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - clock_.steady_now());
  clock_.sleep_for(std::clamp(left, milliseconds(0), pause_));
  pause_ = std::min(2 * pause_, kPauseMost);
}

Result<std::unique_ptr<ShardReader>> ShardReader::create(ShardReaderOptions options,
                                                         runtime::HttpTransport& transport,
                                                         Clock& clock, Logger& logger,
                                                         SteadyTime deadline) {
  if (options.credentials == nullptr) return aws::check_credentials({}).error();
  const auto left = std::chrono::ceil<milliseconds>(deadline - clock.steady_now());
  STREAMONCE_TRY(options.credentials->get(clock.now(), std::max(left, milliseconds(0))));
  return std::unique_ptr<ShardReader>(
      new ShardReader(std::move(options), transport, clock, logger));
}

ShardReader::ShardReader(ShardReaderOptions options, runtime::HttpTransport& transport,
                         Clock& clock, Logger& logger)
    : options_(std::move(options)),
      transport_(transport),
      clock_(clock),
      logger_(logger) {}

Status ShardReader::read(const StreamRange& range, const TakePage& take, SteadyTime deadline) {
  aws::Region region = STREAMONCE_TRY(region_of(range.stream_arn));
  aws::ApiClient* api = STREAMONCE_TRY(api_for(std::move(region)));
  return RangeRead(*api, clock_, range, take, deadline).work();
}

Result<aws::Region> ShardReader::region_of(std::string_view stream_arn) {
  return aws::Region::parse(STREAMONCE_TRY(events::StreamArn::parse(stream_arn)).region);
}

Result<aws::ApiClient*> ShardReader::api_for(aws::Region region) {
  if (api_ && region_ == region.text()) return api_.get();
  std::string url =
      STREAMONCE_TRY(aws::endpoint_of(dynamodb_streams::kService, region, options_.endpoint_url)) +
      "/";
  api_.reset();
  region_ = region.text();
  service_ = std::make_unique<aws::ServiceClient>(
      aws::ServiceOptions{.service = dynamodb_streams::kService,
                          .region = std::move(region),
                          .url = std::move(url),
                          .credentials = options_.credentials,
                          .random_seed = options_.random_seed},
      transport_, clock_, logger_);
  api_ = std::make_unique<aws::ApiClient>(*service_);
  return api_.get();
}

}  // namespace streamonce::handler
