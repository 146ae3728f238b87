#include "handler/sources/dumps/redrive.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

using events::SequenceNumber;
using events::StreamRecord;

/// The largest record that is applied: what fits into an event of Lambda's, alone.
constexpr std::size_t kRecordBytesMax =
    kPayloadBytesMax - std::string_view(R"({"Records":[]})").size();

/// How many bytes of texts are applied together.
constexpr std::size_t kBatchBytesMax = kPayloadBytesMax;

constexpr std::string_view kArnStart = R"({"eventSourceARN":")";
constexpr std::string_view kArnEnd = "\",";

constexpr std::string_view kNoStream =
    "the record does not name its stream (eventSourceARN), so its version cannot be formed: say "
    "which stream it is of with --stream-arn ARN";

/// The sequence number that `text` is, which has been parsed before. Borrows `text`.
SequenceNumber number_of(const std::string& text) {
  return SequenceNumber::parse(text).value();
}

std::string with_arn(std::string_view text, std::string_view arn) {
  if (arn.empty()) return std::string(text);
  std::string json(kArnStart);
  json += arn;  // StreamArn has taken it: it needs no escapes
  json += kArnEnd;
  return json += text.substr(1);  // behind the record's bracket
}

std::size_t size_with_arn(std::string_view text, std::string_view arn) {
  return arn.empty() ? text.size()
                     : kArnStart.size() + arn.size() + kArnEnd.size() + text.size() - 1;
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

std::string RecordReport::json() const {
  return with_arn(text, arn);
}

Redrive::Redrive(RedriveOptions options, Pipeline& pipeline, StreamReader& streams,
                 RedriveObserver& observer)
    : options_(std::move(options)),
      pipeline_(pipeline),
      streams_(streams),
      observer_(observer),
      // Behind a full batch, the record in hand has room.
      texts_(kBatchBytesMax + kRecordBytesMax) {}

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

/// The ARN of the record's stream, where it does not say itself. Empty: it does, or it is not
/// known.
std::string_view Redrive::arn_to_add(const events::RecordText& record) const {
  if (record.names_stream) return {};
  return record.stream_arn.empty() ? std::string_view(options_.stream_arn) : record.stream_arn;
}

void Redrive::on_record(const events::RecordText& record) {
  if (size_with_arn(record.json, arn_to_add(record)) > kRecordBytesMax)
    return on_unreadable(record.json, "the record is larger than any event of Lambda's");
  if (take_record(record)) return;
  flush();
  const bool taken = take_record(record);
  STREAMONCE_CHECK(taken);  // the batch is empty now
}

/// Reads a record in place behind the batch, and lets it wait there or tells what is wrong with it.
/// @return false: the batch is full, and has to be applied first
bool Redrive::take_record(const events::RecordText& record) {
  const std::string_view arn = arn_to_add(record);
  if (!arn.empty() && arn != arn_)
    arn_ = *copies_.emplace_back(std::make_unique<const std::string>(arn));
  const std::size_t texts_before = texts_.size();
  const std::size_t copies_before = copies_.size();
  const bool fits = texts_.append(record.json);
  STREAMONCE_CHECK(fits);
  RecordReport report{.unit = unit_,
                      .sequence_number = {},
                      .fate = Fate::kFailed,
                      .reason = {},
                      .text = texts_.text().substr(texts_before),
                      .arn = arn.empty() ? arn : arn_};
  const Result<StreamRecord> parsed = parser_.parse_record({report.text}, report.arn, copies_);
  const std::size_t waiting_before = waiting_.size();
  bool taken = true;
  if (parsed)
    taken = place(*parsed, report, record.names_stream);
  else if (parsed.error().code == ErrorCode::kUnavailable)
    refuse(report, parsed.error().message);
  else
    on_unreadable(report.json(), parsed.error().message);
  if (waiting_.size() == waiting_before) {
    texts_.cut_to(texts_before);
    copies_.resize(copies_before);
  }
  if (waiting_.empty()) clear();
  return taken;
}

/// Lets `record` wait, passes over it as one of another range, or tells that it is refused.
/// @return false: the batch is full
bool Redrive::place(const StreamRecord& record, RecordReport& report, bool names_stream) {
  const SequenceNumber& number = record.sequence_number;
  report.sequence_number = number.text();
  if (range_ != nullptr) {
    if (newest_.empty() || number_of(newest_) < number) newest_ = number.text();
    if (number < range_->first || range_->last < number) return true;
    if (oldest_in_range_.empty() || number < number_of(oldest_in_range_))
      oldest_in_range_ = number.text();
  }
  if (record.stream.table.empty()) {
    refuse(report, names_stream ? std::string_view(record.problem) : kNoStream);
    return true;
  }
  events::Change change = change_of(record);
  if (change.lacks_image && !pipeline_.fetches_images()) {
    refuse(report, change.problem);
    return true;
  }
  if (waiting_.size() == kRedriveBatchRecords ||
      (!waiting_.empty() && texts_.size() > kBatchBytesMax))
    return false;
  waiting_.push_back({.unit = unit_, .text = report.text, .arn = report.arn, .number = number});
  changes_.push_back(std::move(change));
  return true;
}

void Redrive::refuse(RecordReport report, std::string_view reason) {
  report.reason = reason;
  observer_.on_record(report);
}

void Redrive::flush() {
  if (waiting_.empty()) return;
  const BatchResult result = pipeline_.apply(changes_, options_.deadline());
  std::vector<std::string_view> numbers;
  numbers.reserve(waiting_.size());
  for (const Waiting& record : waiting_) numbers.push_back(record.number.text());
  observer_.on_batch({.changes = changes_, .sequence_numbers = numbers, .result = result});
  report(result);
  clear();
}

/// Forgets the batch.
void Redrive::clear() {
  waiting_.clear();
  changes_.clear();
  copies_.clear();
  arn_ = {};
  texts_.clear();
}

void Redrive::report(const BatchResult& result) {
  STREAMONCE_CHECK(result.fates.size() == waiting_.size());
  std::vector<std::string_view> reasons(waiting_.size());
  for (const Failure& failure : result.failures) reasons[failure.cause] = failure.reason;
  std::vector<std::span<const RowEffect>> rows(waiting_.size());
  for (const RowEffect& row : result.rows) {
    std::span<const RowEffect>& own = rows[row.record];
    own = {own.empty() ? &row : own.data(), own.size() + 1};
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const Waiting& record = waiting_[i];
    observer_.on_record({.unit = record.unit,
                         .sequence_number = record.number.text(),
                         .fate = result.fates[i],
                         .reason = reasons[i],
                         .text = record.text,
                         .arn = record.arn,
                         .rows = rows[i]});
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
  Status status = streams_.read(
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
