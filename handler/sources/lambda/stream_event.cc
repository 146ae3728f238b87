#include "handler/sources/lambda/stream_event.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "events/batch_response.h"
#include "handler/sources/batch_log.h"

namespace streamonce::handler {
namespace {

using events::Change;
using events::StreamRecord;

/// @error kInvalidArgument  the stream's view type lacks the new image, or its table is no source
///                          of the views, so that no record of that stream can be applied
Result<std::vector<Change>> changes_of(const std::vector<StreamRecord>& records,
                                       const Pipeline& pipeline) {
  std::vector<Change> changes;
  changes.reserve(records.size());
  for (const StreamRecord& record : records) {
    if (events::lacks_image_by_view_type(record)) {
      return Error{ErrorCode::kInvalidArgument,
                   "Records[" + std::to_string(changes.size()) + "] has no NewImage, " +
                       events::why_view_type_lacks_image(record.view_type)};
    }
    if (pipeline.tables() != nullptr && !record.stream.table.empty()) {
      const events::StreamArn& stream = record.stream;
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
std::string response_to(const std::vector<StreamRecord>& records,
                        const std::vector<Failure>& failures) {
  const auto number_of = [&](const Failure& failure) -> const events::SequenceNumber& {
    return records[failure.record].sequence_number;
  };
  const auto lowest = std::min_element(
      failures.begin(), failures.end(),
      [&](const Failure& a, const Failure& b) { return number_of(a) < number_of(b); });
  events::BatchResponse response;
  if (lowest != failures.end()) response.first_failure = number_of(*lowest);
  return to_json(response);
}

}  // namespace

Result<StreamEventResult> StreamEventHandler::run(PayloadView event, SteadyTime deadline) {
  const events::StreamBatch batch = STREAMONCE_TRY(parser_.parse(event));
  const std::vector<Change> changes = STREAMONCE_TRY(changes_of(batch.records, pipeline_));
  BatchResult result = pipeline_.apply(changes, deadline);
  if (!result.failures.empty()) {
    std::vector<std::string_view> numbers;
    for (const StreamRecord& record : batch.records)
      numbers.push_back(record.sequence_number.text());
    // Lambda's order, which is another one where an event is of several streams.
    std::sort(
        result.failures.begin(), result.failures.end(), [&](const Failure& a, const Failure& b) {
          return batch.records[a.record].sequence_number < batch.records[b.record].sequence_number;
        });
    log_failures(logger_, {.changes = changes, .sequence_numbers = numbers, .result = result});
  }
  log_done(logger_, result);
  std::string response = response_to(batch.records, result.failures);
  return StreamEventResult{.response = std::move(response), .batch = std::move(result)};
}

}  // namespace streamonce::handler
