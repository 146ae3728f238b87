#include "handler/sources/lambda/stream_event.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "events/batch_response.h"
#include "handler/sources/batch_log.h"

namespace streamonce::handler {
namespace {

using events::Change;
using events::SequenceNumber;
using events::StreamRecord;

/// @error kInvalidArgument  the stream's view type lacks the new image, or its table is no source
///                          of the views, so that no record of that stream can be applied
Result<std::vector<Change>> changes_of(const std::vector<StreamRecord>& records,
                                       const Pipeline& pipeline) {
  std::vector<Change> changes;
  changes.reserve(records.size());
  const char* known_table = nullptr;  // that of the record before, whose text the next one shares
  for (const StreamRecord& record : records) {
    if (events::lacks_image_by_view_type(record)) {
      return Error{ErrorCode::kInvalidArgument,
                   "Records[" + std::to_string(changes.size()) + "] has no NewImage, " +
                       events::why_view_type_lacks_image(record.view_type)};
    }
    const events::StreamArn& stream = record.stream;
    if (!stream.table.empty() && stream.table.data() != known_table) {
      known_table = stream.table.data();
      const std::string why = pipeline.why_no_source(
          {.account = stream.account, .region = stream.region, .table = stream.table});
      if (!why.empty()) {
        return Error{ErrorCode::kInvalidArgument,
                     "Records[" + std::to_string(changes.size()) + "]: " + why};
      }
    }
    changes.push_back(change_of(record));
  }
  return changes;
}

/// The answer, which names the lowest sequence number of all that are not done.
std::string response_to(const std::vector<SequenceNumber>& numbers,
                        const std::vector<Failure>& failures) {
  const auto lowest = std::min_element(
      failures.begin(), failures.end(),
      [&](const Failure& a, const Failure& b) { return numbers[a.record] < numbers[b.record]; });
  events::BatchResponse response;
  if (lowest != failures.end()) response.first_failure = numbers[lowest->record];
  return to_json(response);
}

}  // namespace

Result<StreamEventResult> StreamEventHandler::run(PayloadView event, SteadyTime deadline) {
  events::StreamBatch batch = STREAMONCE_TRY(parser_.parse(event));
  const std::vector<Change> changes = STREAMONCE_TRY(changes_of(batch.records, pipeline_));
  std::vector<SequenceNumber> numbers;
  numbers.reserve(changes.size());
  for (const StreamRecord& record : batch.records) numbers.push_back(record.sequence_number);
  // The changes say all else: 10,000 records would keep 3 MB while they are applied.
  batch.records = {};
  BatchResult result = pipeline_.apply(changes, deadline);
  if (!result.failures.empty()) {
    std::vector<std::string_view> texts;
    texts.reserve(numbers.size());
    for (const SequenceNumber& number : numbers) texts.push_back(number.text());
    // Lambda's order, which is another one where an event is of several streams.
    std::sort(
        result.failures.begin(), result.failures.end(),
        [&](const Failure& a, const Failure& b) { return numbers[a.record] < numbers[b.record]; });
    log_failures(logger_, {.changes = changes, .sequence_numbers = texts, .result = result});
  }
  log_done(logger_, result);
  std::string response = response_to(numbers, result.failures);
  return StreamEventResult{.response = std::move(response), .batch = std::move(result)};
}

}  // namespace streamonce::handler
