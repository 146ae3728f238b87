#include "handler/commands/invoke/invoke.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "events/event_kind.h"
#include "handler/commands/exit_status.h"
#include "handler/sources/lambda/event_error.h"
#include "handler/sources/lambda/stream_event.h"
#include "runtime/base/file.h"
#include "runtime/base/payload.h"

namespace streamonce::handler {
namespace {

Error messages_refused() {
  return Error{ErrorCode::kInvalidArgument,
               "the event holds messages of an SQS queue: expected records of a DynamoDB stream; "
               "put what the messages hold back in with bootstrap replay"};
}

}  // namespace

int invoke(const InvokeOptions& options, Pipeline& pipeline, const Clock& clock, Logger& logger,
           const WriteLine& out) {
  StreamEventHandler stream(pipeline, logger);
  Payload payload;
  std::size_t unread = 0;
  bool failed = false;
  for (const std::string& path : options.events) {
    logger.set_request_id(path);
    if (const Status read = read_file(path, payload); !read) {
      logger.log(LogLevel::kError, "event not read", {{"reason", read.error().message}});
      ++unread;
      continue;
    }
    const Result<StreamEventResult> result =
        events::is_queue_event(payload.view())
            ? messages_refused()
            : stream.run(payload.view(), clock.steady_now() + options.timeout);
    std::string line;
    if (result) {
      failed = failed || result->batch.counts.not_done() > 0;
      line = result->response;
    } else {
      failed = true;
      logger.log(LogLevel::kError, "event refused", {{"reason", result.error().message}});
      line = error_body(event_error(result.error()));
    }
    if (!out(line + "\n")) {
      logger.log(LogLevel::kError, "response not written",
                 {{"reason", std::string(std::strerror(errno))}});
      return kExitFailed;
    }
  }
  if (unread == options.events.size()) return kExitUnreadable;
  return failed || unread > 0 ? kExitFailed : kExitDone;
}

}  // namespace streamonce::handler
