#include "handler/sources/stream/shard_reader.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "events/stream_arn.h"
#include "handler/targets/dynamodb/dynamodb_options.h"
#include "runtime/base/json_text.h"
#include "runtime/base/payload.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;
using json::read_member;
using json::read_text;

using events::SequenceNumber;
using std::chrono::milliseconds;

constexpr std::string_view kGetShardIterator = "DynamoDBStreams_20120810.GetShardIterator";
constexpr std::string_view kGetRecords = "DynamoDBStreams_20120810.GetRecords";

/// A page is 1 MB as the service counts, which is not as JSON counts: numbers and binary values
/// take several times more there.
constexpr std::size_t kPageBytesMax = 16UL * 1024 * 1024;

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

Error error_of(std::string_view target, const ApiError& failed) {
  const std::string_view operation = target.substr(target.find('.') + 1);
  Error error = with_context(operation, failed.error);
  if (error.code != ErrorCode::kRejected) return error;
  if (failed.code == "TrimmedDataAccessException") {
    error.code = ErrorCode::kExpired;
    error.message = "the stream no longer has the records: it keeps them for 24 hours; " +
                    std::move(error.message);
  }
  // A sequence number that is malformed, or that the shard never had, is refused like this.
  if (failed.code == "ValidationException" && target == kGetShardIterator) {
    error.message = "the range is perhaps not of this shard: " + std::string(kOfOnePointer) + "; " +
                    std::move(error.message);
  }
  if (failed.code == "ResourceNotFoundException") {
    error.message =
        "the source table's stream or this shard of it was not found, which is also what is seen "
        "once the table or the stream has been deleted for over 24 hours; " +
        std::move(error.message);
  }
  return error;
}

}  // namespace

class StreamClient::RangeRead {
 public:
  RangeRead(ApiClient& api, Clock& clock, const StreamRange& range, const TakePage& take,
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
  /// Reads the string `name` of the answer. Empty: it is null or absent.
  Result<std::string> member_of_answer(std::string_view name);
  Error failed(std::string_view target, const ApiError& error) const;
  Error ends_too_early() const;
  std::string reached() const;
  void pause();

  ApiClient& api_;
  Clock& clock_;
  const StreamRange& range_;
  const TakePage& take_;
  const SteadyTime deadline_;
  Payload answer_{kPageBytesMax};
  ondemand::parser parser_;
  std::string iterator_;  // empty: a new one is needed
  std::string newest_;    // the highest sequence number that was taken; empty: none
  bool waits_ = false;    // whether the latest page had no record
  milliseconds pause_ = kPauseFirst;
};

Status StreamClient::RangeRead::work() {
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
Status StreamClient::RangeRead::get_iterator() {
  std::string body = R"({"StreamArn":)";
  append_json_string(body, range_.stream_arn);
  body += R"(,"ShardId":)";
  append_json_string(body, range_.shard_id);
  body += newest_.empty() ? R"(,"ShardIteratorType":"AT_SEQUENCE_NUMBER","SequenceNumber":)"
                          : R"(,"ShardIteratorType":"AFTER_SEQUENCE_NUMBER","SequenceNumber":)";
  append_json_string(body, newest_.empty() ? range_.first.text() : newest_);
  body += '}';
  if (const auto error = api_.call(kGetShardIterator, body, answer_, deadline_))
    return failed(kGetShardIterator, *error);
  iterator_ = STREAMONCE_TRY(member_of_answer("ShardIterator"));
  if (iterator_.empty())
    return Error{ErrorCode::kProtocol, "GetShardIterator: the answer has no ShardIterator"};
  return {};
}

Result<Page> StreamClient::RangeRead::get_page() {
  std::string body = R"({"ShardIterator":)";
  append_json_string(body, iterator_);
  body += R"(,"Limit":1000})";
  if (const auto error = api_.call(kGetRecords, body, answer_, deadline_)) {
    iterator_.clear();
    if (error->code == "ExpiredIteratorException") return Page::kEmpty;
    return failed(kGetRecords, *error);
  }
  iterator_ = STREAMONCE_TRY(member_of_answer("NextShardIterator"));
  const std::optional<SequenceNumber> newest = take_(answer_.view());
  waits_ = !newest;
  if (newest) {
    newest_ = newest->text();
    if (*newest >= range_.last) return Page::kLast;
  }
  if (iterator_.empty()) return ends_too_early();
  return newest ? Page::kRecords : Page::kEmpty;
}

Result<std::string> StreamClient::RangeRead::member_of_answer(std::string_view name) {
  ondemand::document document;
  std::string_view found;
  // The parser unescapes into a buffer of its own, so that the answer's bytes stay as they are.
  if (json::open(parser_, answer_.view(), document) != simdjson::SUCCESS ||
      !read_member(document, name,
                   [&](ondemand::value content) { return read_text(content, found); }))
    return Error{ErrorCode::kProtocol,
                 "the answer's " + std::string(name) + " is not a string: no DynamoDB stream"};
  return std::string(found);
}

Error StreamClient::RangeRead::ends_too_early() const {
  return {ErrorCode::kRejected, "the shard ends before the range does: " + reached()};
}

/// The error of a call that failed. Where the deadline passed while a record was waited for, the
/// range may end with one that will never come.
Error StreamClient::RangeRead::failed(std::string_view target, const ApiError& error) const {
  Error told = error_of(target, error);
  if (told.code == ErrorCode::kTimeout && waits_) told.message += "; " + reached();
  return told;
}

/// How far the shard was read, and what to do if that is not far enough.
std::string StreamClient::RangeRead::reached() const {
  const std::string newest =
      newest_.empty() ? "no record was read" : "the newest record that was read is " + newest_;
  return newest + ", where the range ends with " + std::string(range_.last.text()) + ": " +
         std::string(kOfOnePointer);
}

void StreamClient::RangeRead::pause() {
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - clock_.steady_now());
  clock_.sleep_for(std::clamp(left, milliseconds(0), pause_));
  pause_ = std::min(2 * pause_, kPauseMost);
}

Result<std::unique_ptr<StreamClient>> StreamClient::create(StreamClientOptions options,
                                                           runtime::HttpTransport& transport,
                                                           Clock& clock, Logger& logger) {
  STREAMONCE_TRY(check_credentials({.access_key_id = options.access_key_id,
                                    .secret_access_key = options.secret_access_key,
                                    .session_token = options.session_token}));
  return std::unique_ptr<StreamClient>(
      new StreamClient(std::move(options), transport, clock, logger));
}

StreamClient::StreamClient(StreamClientOptions options, runtime::HttpTransport& transport,
                           Clock& clock, Logger& logger)
    : options_(std::move(options)),
      transport_(transport),
      clock_(clock),
      logger_(logger) {}

Status StreamClient::read(const StreamRange& range, const TakePage& take, SteadyTime deadline) {
  const auto arn = STREAMONCE_TRY(events::StreamArn::parse(range.stream_arn));
  ApiClient* api = STREAMONCE_TRY(api_for(arn.region));
  return RangeRead(*api, clock_, range, take, deadline).work();
}

Result<ApiClient*> StreamClient::api_for(std::string_view region) {
  if (api_ && region_ == region) return api_.get();
  ApiOptions api{.url = STREAMONCE_TRY(streams_endpoint_of(options_.endpoint_url, region)) + "/",
                 .region = std::string(region),
                 .access_key_id = options_.access_key_id,
                 .secret_access_key = options_.secret_access_key,
                 .session_token = options_.session_token,
                 .random_seed = options_.random_seed};
  api_.reset();
  service_ = std::make_unique<ApiService>(std::move(api), transport_, clock_, logger_);
  api_ = std::make_unique<ApiClient>(*service_);
  region_ = region;
  return api_.get();
}

}  // namespace streamonce::handler::dynamodb
