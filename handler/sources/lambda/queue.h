// handler/sources/lambda/queue.h: the pipeline as a Lambda function on the queue that its dead
// letters go to.
//
// Each message of an SQS event is a dead letter; the answer names the messages that were not done,
// so that only those become visible again. The event source mapping of the queue needs
// FunctionResponseTypes=ReportBatchItemFailures, as that of the stream does.
//
// Source:  AWS Lambda, "Using Lambda with Amazon SQS", reporting batch item failures.
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handler/pipeline/pipeline.h"
#include "handler/sources/dumps/redrive.h"
#include "handler/sources/lambda/event_figures.h"
#include "handler/sources/stream/stream_reader.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

class QueueHandler final : private RedriveObserver {
 public:
  QueueHandler(Pipeline& pipeline, StreamReader& streams, const Clock& clock, Logger& logger);

  /// Re-drives the messages of an SQS event, as is_queue_event() knows it.
  /// @return what Lambda is to be told: `{"batchItemFailures":[{"itemIdentifier":ID},...]}`
  /// @error kInvalidArgument  an element of Records has no messageId and could not be named in an
  ///                          answer: the invocation must fail
  Result<std::string> run(PayloadView event, SteadyTime deadline);

  /// What the records of the latest event came to.
  const EventFigures& figures() const { return figures_; }

 private:
  struct Message {
    std::string id;
    bool done = true;
  };

  std::size_t on_message(std::size_t unit, std::string_view message_id) override;
  void on_batch(const AppliedBatch& batch) override;
  void on_record(const RecordReport& report) override;
  void on_pointer(std::size_t unit, std::string_view letter, const Status& status) override;
  void on_unreadable(std::size_t unit, std::string_view text, std::string_view reason) override;
  void fail(std::size_t unit, std::string_view sequence_number, std::string_view reason);

  Pipeline& pipeline_;
  StreamReader& streams_;
  const Clock& clock_;
  Logger& logger_;
  std::optional<Redrive> redrive_;  // made when it is needed: most functions are on a stream
  SteadyTime deadline_;
  SteadyTime fetch_deadline_;
  EventFigures figures_;
  std::vector<Message> messages_;  // the messages of the event in hand
  std::string nameless_;           // why the event is refused, if it is
};

}  // namespace streamonce::handler
