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

/// Makes the changes of an event, one by one: 10,000 records beside them would take 3 MB.
class ChangeReader {
 public:
  explicit ChangeReader(const Pipeline& pipeline) : pipeline_(pipeline) {}

  /// @error as StreamParser::read()
  Status read(events::StreamParser& parser, PayloadView event) {
    events::StreamEvent read =
        STREAMONCE_TRY(parser.read(event, [this](StreamRecord&& record) { take(record); }));
    for (std::size_t i = 0; i < changes_.size(); ++i)
      if (changes_[i].source.table.empty() && !read.stream.table.empty())
        adopt_stream(read.stream, numbers_[i], changes_[i]);
    copies_ = std::move(read.copies);
    return {};
  }

  /// Why no record of the stream can be applied, since its view type lacks the new image, or its
  /// table is no source of the views; empty: they can.
  const std::string& refusal() const { return refusal_; }
  const std::vector<Change>& changes() const { return changes_; }
  /// One for each change.
  const std::vector<SequenceNumber>& numbers() const { return numbers_; }

 private:
  void take(const StreamRecord& record) {
    if (refusal_.empty()) {
      std::string why = why_refused(record);
      if (!why.empty()) refusal_ = "Records[" + std::to_string(changes_.size()) + "]" + why;
    }
    changes_.push_back(change_of(record));
    numbers_.push_back(record.sequence_number);
  }

  /// Why no record of the stream can be applied; empty: they can.
  std::string why_refused(const StreamRecord& record) {
    if (!pipeline_.fetches_images() && events::lacks_image_by_view_type(record))
      return " has no NewImage, " + events::why_view_type_lacks_image(record.view_type);
    const events::StreamArn& stream = record.stream;
    if (stream.table.empty() || stream.table.data() == known_table_) return {};
    known_table_ = stream.table.data();
    std::string why = pipeline_.why_no_source(
        {.account = stream.account, .region = stream.region, .table = stream.table});
    return why.empty() ? why : ": " + std::move(why);
  }

  const Pipeline& pipeline_;
  std::vector<Change> changes_;
  std::vector<SequenceNumber> numbers_;
  events::Copies copies_;
  std::string refusal_;
  const char* known_table_ = nullptr;  // that of the record before, whose text the next one shares
};

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
  figures_ = {};
  ChangeReader read(pipeline_);
  STREAMONCE_TRY(read.read(parser_, event));
  note_refusal(read.changes(), figures_);  // unless it comes to more
  if (!read.refusal().empty()) return invalid_argument(read.refusal());
  const std::vector<Change>& changes = read.changes();
  const std::vector<SequenceNumber>& numbers = read.numbers();
  BatchResult result = pipeline_.apply(changes, deadline);
  figures_.counts = result.counts;
  note_batch(changes, result, figures_);
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
