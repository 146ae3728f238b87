#include "handler/sources/lambda/queue.h"

#include <algorithm>
#include <utility>

#include "runtime/base/json_text.h"

namespace streamonce::handler {
namespace {

/// The unit of what belongs to no message.
constexpr std::size_t kNoMessage = SIZE_MAX;

/// The reason of a record that comes behind a failed one of its item, perhaps in another message.
constexpr std::string_view kBehindAnother =
    "another record of the same item is not done, whose failure says why";

}  // namespace

QueueHandler::QueueHandler(Pipeline& pipeline, StreamReader& streams, const Clock& clock,
                           Logger& logger)
    : pipeline_(pipeline),
      streams_(streams),
      clock_(clock),
      logger_(logger) {}

Result<std::string> QueueHandler::run(PayloadView event, SteadyTime deadline) {
  const SteadyTime now = clock_.steady_now();
  deadline_ = deadline;
  fetch_deadline_ = now + (deadline - now) / 2;
  messages_.clear();
  nameless_.clear();
  figures_ = {};
  if (!redrive_) {
    // All pointers together may take half of the time, so that some is left for the records.
    redrive_.emplace(RedriveOptions{.stream_arn = {},
                                    .deadline = [this] { return deadline_; },
                                    .fetch_deadline = [this] { return fetch_deadline_; }},
                     pipeline_, streams_, static_cast<RedriveObserver&>(*this));
  }
  redrive_->take(event, kNoMessage);
  redrive_->flush();
  if (!nameless_.empty()) {
    note_refusal(figures_);
    return Error{ErrorCode::kInvalidArgument, nameless_};
  }

  std::size_t failed = 0;
  std::string response = R"({"batchItemFailures":[)";
  for (const Message& message : messages_) {
    if (message.done) continue;
    response += failed++ == 0 ? R"({"itemIdentifier":)" : R"(,{"itemIdentifier":)";
    append_json_string(response, message.id);
    response += '}';
  }
  logger_.log(LogLevel::kInfo, "messages done",
              {{"messages", messages_.size()}, {"failed", failed}});
  return response + "]}";
}

std::size_t QueueHandler::on_message(std::size_t /*unit*/, std::string_view message_id) {
  messages_.push_back({.id = std::string(message_id)});
  if (message_id.empty())
    nameless_ = "an SQS message has no messageId: it could not be named in an answer";
  return messages_.size() - 1;
}

void QueueHandler::on_batch(const AppliedBatch& batch) {
  log_failures(logger_, batch);
  log_done(logger_, batch.result);
  note_batch(batch.changes, batch.result, figures_);
}

void QueueHandler::on_record(const RecordReport& report) {
  ++figures_.dead_letters;
  figures_.counts.add(report.fate);
  if (is_done(report.fate)) return;
  fail(report.unit, report.sequence_number, report.reason.empty() ? kBehindAnother : report.reason);
}

void QueueHandler::on_pointer(std::size_t unit, std::string_view /*letter*/, const Status& status) {
  if (status) return;
  figures_.counts.add(Fate::kFailed);
  fail(unit, "", status.error().message);
}

void QueueHandler::on_unreadable(std::size_t unit, std::string_view /*text*/,
                                 std::string_view reason) {
  figures_.counts.add(Fate::kFailed);
  fail(unit, "", reason);
}

/// Notes that the message `unit` is not done, and logs its first failure.
void QueueHandler::fail(std::size_t unit, std::string_view sequence_number,
                        std::string_view reason) {
  if (unit == kNoMessage) {
    nameless_ = "an element of Records is no SQS message with a messageId: " + std::string(reason);
    return;
  }
  if (!std::exchange(messages_[unit].done, false)) return;
  logger_.log(LogLevel::kError, "message not done",
              {{"message_id", messages_[unit].id},
               {"sequence_number", sequence_number},
               {"reason", reason}});
}

}  // namespace streamonce::handler
