#include "handler/invoke.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "handler/event_error.h"
#include "handler/exit_status.h"
#include "runtime/base/file.h"
#include "runtime/base/payload.h"

namespace streamonce::handler {

int invoke(const InvokeOptions& options, Pipeline& pipeline, const Clock& clock, Logger& logger,
           const WriteLine& out) {
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
    const Result<BatchResult> result =
        pipeline.run(payload.view(), clock.steady_now() + options.timeout);
    std::string line;
    if (result) {
      failed = failed || result->counts.failed > 0;
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
