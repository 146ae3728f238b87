#include "handler/sources/dumps/redrive.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

using events::SequenceNumber;
using events::StreamRecord;

constexpr std::string_view kEventStart = R"({"Records":[)";
constexpr std::string_view kEventEnd = "]}";

constexpr std::string_view kNoStream =
    "the record does not name its stream (eventSourceARN), so its version cannot be formed: say "
    "which stream it is of with --stream-arn ARN";

/// How the parser begins a reason. A record is parsed alone here, so that this place says nothing,
/// and is cut off.
constexpr std::string_view kParsersPlace = "Records[0]";

/// The sequence number that `text` is, which has been parsed before. Borrows `text`.
SequenceNumber number_of(const std::string& text) {
  return SequenceNumber::parse(text).value();
}

std::string without_place(std::string reason) {
  if (reason.starts_with(kParsersPlace)) reason.replace(0, kParsersPlace.size(), "the record");
  return reason;
}

std::string describe(const StreamRange& range) {
  std::string text = "records ";
  text += range.first.text();
  text += " to ";
  text += range.last.text();
  text += " of shard ";
  text += range.shard_id;
  text += " of ";
  return text += range.stream_arn;
}

/// The error of a range whose start is gone. `oldest` is the sequence number of the first record
/// that the stream still had; empty: none.
Error expired(const StreamRange& range, const std::string& oldest) {
  return {ErrorCode::kExpired,
          "expired: " + describe(range) +
              (oldest.empty() ? "" : ", of which it has those from " + oldest + " on") +
              ": a stream keeps its records for 24 hours" +
              (oldest.empty() ? ", and a shard has only its own: is shardId theirs?" : ".") +
              " What remains: replay the batch's object "
              "of an S3 destination, if there is one, or else compare the items that changed then "
              "in source and target"};
}

}  // namespace

Redrive::Redrive(RedriveOptions options, Pipeline& pipeline, StreamReader& streams,
                 RedriveObserver& observer)
    : options_(std::move(options)),
      pipeline_(pipeline),
      streams_(streams),
      observer_(observer) {}

void Redrive::take(PayloadView document, std::size_t unit) {
  document_unit_ = unit_ = unit;
  letters_.read(document, *this);
}

void Redrive::on_message(std::string_view message_id) {
  unit_ = observer_.on_message(unit_, message_id);
}

void Redrive::on_unreadable(std::string_view text, std::string_view reason) {
  observer_.on_unreadable(unit_, text, reason);
}

/// Makes an event of one record in single_. @return false: it is too large for one
bool Redrive::compose(const events::RecordText& record) {
  const std::string_view arn =
      record.stream_arn.empty() ? std::string_view(options_.stream_arn) : record.stream_arn;
  single_.clear();
  if (!single_.append(kEventStart)) return false;
  if (record.names_stream || arn.empty())
    return single_.append(record.json) && single_.append(kEventEnd);
  // StreamArn has taken the ARN: it needs no escapes. The record starts with its bracket.
  return single_.append(R"({"eventSourceARN":")") && single_.append(arn) && single_.append("\",") &&
         single_.append(record.json.substr(1)) && single_.append(kEventEnd);
}

void Redrive::on_record(const events::RecordText& record) {
  if (!compose(record))
    return on_unreadable(record.json, "the record is larger than any event of Lambda's");
  const std::string_view json = single_.text().substr(
      kEventStart.size(), single_.size() - kEventStart.size() - kEventEnd.size());
  const Result<events::StreamBatch> event = parser_.parse(single_.view());
  if (!event && event.error().code == ErrorCode::kUnavailable) {
    return observer_.on_record({.unit = unit_,
                                .sequence_number = {},
                                .fate = Fate::kFailed,
                                .reason = event.error().message,
                                .json = json});
  }
  if (!event) return on_unreadable(json, without_place(event.error().message));
  if (event->records.size() != 1) return on_unreadable(record.json, "not one record");
  const StreamRecord& parsed = event->records.front();
  if (range_ != nullptr) {
    const SequenceNumber& number = parsed.sequence_number;
    if (newest_.empty() || number_of(newest_) < number) newest_ = number.text();
    if (number < range_->first || range_->last < number) return;
    if (oldest_in_range_.empty() || number < number_of(oldest_in_range_))
      oldest_in_range_ = number.text();
  }
  if (parsed.stream.table.empty())
    return refuse(parsed, json, record.names_stream ? parsed.problem : std::string(kNoStream));
  if (lacks_image_by_view_type(parsed)) {
    return refuse(parsed, json,
                  "NewImage is absent, since the stream's view type is " +
                      std::string(name_of(parsed.view_type)) +
                      ": the stream needs the view type NEW_IMAGE or NEW_AND_OLD_IMAGES");
  }
  add(parsed, json);
}

void Redrive::refuse(const StreamRecord& record, std::string_view json, std::string_view reason) {
  observer_.on_record({.unit = unit_,
                       .sequence_number = record.sequence_number.text(),
                       .fate = Fate::kFailed,
                       .reason = reason,
                       .json = json});
}

void Redrive::add(const StreamRecord& record, std::string_view json) {
  const std::size_t needed = 1 + json.size() + kEventEnd.size();
  if (waiting_.size() == kRedriveBatchRecords || batch_.size() + needed > batch_.bytes_max())
    flush();
  const bool fits =
      batch_.append(waiting_.empty() ? kEventStart : std::string_view(",")) && batch_.append(json);
  STREAMONCE_CHECK(fits);  // the record has fitted into single_
  waiting_.push_back({.unit = unit_,
                      .start = batch_.size() - json.size(),
                      .size = json.size(),
                      .sequence_number = std::string(record.sequence_number.text())});
}

void Redrive::flush() {
  if (waiting_.empty()) return;
  const bool fits = batch_.append(kEventEnd);
  STREAMONCE_CHECK(fits);  // add() has left room
  const Result<events::StreamBatch> parsed = parser_.parse(batch_.view());
  BatchResult result;
  if (!parsed) {
    // Every record was parsed alone; whatever this is, nothing was applied.
    result.fates.assign(waiting_.size(), Fate::kFailed);
    result.failures.push_back({.record = 0, .cause = 0, .reason = parsed.error().message});
  } else {
    std::vector<events::Change> changes;
    std::vector<std::string_view> numbers;
    for (const StreamRecord& record : parsed->records) {
      changes.push_back(change_of(record));
      numbers.push_back(record.sequence_number.text());
    }
    result = pipeline_.apply(changes, options_.deadline());
    observer_.on_batch({.changes = changes, .sequence_numbers = numbers, .result = result});
  }
  report(result);
  waiting_.clear();
  batch_.clear();
}

void Redrive::report(const BatchResult& result) {
  STREAMONCE_CHECK(result.fates.size() == waiting_.size());
  std::vector<std::string_view> reasons(waiting_.size());
  for (const Failure& failure : result.failures) reasons[failure.cause] = failure.reason;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const Waiting& record = waiting_[i];
    observer_.on_record({.unit = record.unit,
                         .sequence_number = record.sequence_number,
                         .fate = result.fates[i],
                         .reason = reasons[i],
                         .json = batch_.text().substr(record.start, record.size)});
  }
}

void Redrive::on_pointer(const events::StreamPointer& pointer, std::string_view letter) {
  if (range_ != nullptr) return on_unreadable(letter, "a pointer among the records of a stream");
  const StreamRange range{.stream_arn = pointer.stream_arn,
                          .shard_id = pointer.shard_id,
                          .first = pointer.first,
                          .last = pointer.last};
  flush();  // what waits must not wait for the network
  Status status = fetch(range);
  if (!status) {
    status = status.error().code == ErrorCode::kExpired
                 ? expired(range, oldest_in_range_)
                 : with_context(describe(range), std::move(status).error());
  }
  observer_.on_pointer(unit_, letter, status);
}

/// Reads the records of `range` from the stream and takes them.
/// @error kExpired  the stream no longer has the range, or has only the end of it
Status Redrive::fetch(const StreamRange& range) {
  range_ = &range;
  oldest_in_range_.clear();
  const Status status = streams_.read(
      range,
      [&](PayloadView page) -> std::optional<SequenceNumber> {
        newest_.clear();
        pages_.read(page, *this, range.stream_arn);
        if (newest_.empty()) return std::nullopt;
        return number_of(newest_);
      },
      options_.fetch_deadline());
  range_ = nullptr;
  if (!status) return status;
  if (oldest_in_range_.empty() || range.first < number_of(oldest_in_range_))
    return Error{ErrorCode::kExpired, "the start of the range is gone"};
  return {};
}

}  // namespace streamonce::handler
