// handler/sources/lambda/stream_event.h: the events of a function on a DynamoDB stream: each is
// applied and answered.
//
//   payload -> StreamBatch -> changes -> Pipeline::apply() -> {"batchItemFailures":[...]}
//
// Source:  AWS Lambda, "Configuring partial batch response with DynamoDB and Lambda".
// Threads: one thread at a time. Borrows: pipeline and logger; they must outlive the handler.

#pragma once

#include <string>
#include <vector>

#include "events/change.h"
#include "events/stream_batch.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/lambda/event_figures.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

struct StreamEventResult {
  std::string response;  ///< JSON for Lambda: it names the lowest sequence number not done, or none
  BatchResult batch;     ///< tells records by their places in the event
};

class StreamEventHandler {
 public:
  StreamEventHandler(Pipeline& pipeline, Logger& logger) : pipeline_(pipeline), logger_(logger) {}

  /// Applies one event and says what Lambda is to be told. Answers by `deadline`, as
  /// Pipeline::apply() does. Logs what failed and the counts.
  /// @error kInvalidArgument  the event as a whole is refused: see StreamParser; or the stream's
  ///                          view type lacks the new image, and the pipeline fetches none: the
  ///                          message names the one that is needed; or its table is no source of
  ///                          the views. Nothing was applied, and the invocation must fail
  /// @error kUnavailable      there is no memory to read the event: nothing was applied
  Result<StreamEventResult> run(PayloadView event, SteadyTime deadline);

  /// What the records of the latest event came to. Of one that could not be read as a whole no
  /// record is counted.
  const EventFigures& figures() const { return figures_; }

 private:
  Pipeline& pipeline_;
  Logger& logger_;
  events::StreamParser parser_;
  EventFigures figures_;
};

}  // namespace streamonce::handler
