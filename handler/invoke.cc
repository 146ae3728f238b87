#include "handler/invoke.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "handler/serve.h"
#include "runtime/base/payload.h"

namespace streamonce::handler {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

Error unreadable(const std::string& path) {
  return Error{ErrorCode::kUnavailable, path + ": cannot be read: " + std::strerror(errno)};
}

/// Reads the whole file, up to the bound of a payload.
Status read_event(const std::string& path, Payload& payload) {
  payload.clear();
  const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin
                                                               : std::fopen(path.c_str(), "rb"));
  if (!file) return unreadable(path);
  const auto chunk = std::make_unique<char[]>(kReadBytes);
  while (const std::size_t count = std::fread(chunk.get(), 1, kReadBytes, file.get())) {
    if (!payload.append({chunk.get(), count})) {
      return Error{ErrorCode::kTooLarge, path + ": is larger than the " +
                                             std::to_string(payload.bytes_max()) +
                                             " bytes that Lambda hands over"};
    }
  }
  if (std::ferror(file.get()) != 0) return unreadable(path);
  return {};
}

}  // namespace

int invoke(const InvokeOptions& options, Pipeline& pipeline, const Clock& clock, Logger& logger,
           const WriteLine& out) {
  Payload payload;
  std::size_t unread = 0;
  bool failed = false;
  for (const std::string& path : options.events) {
    logger.set_request_id(path);
    if (const Status read = read_event(path, payload); !read) {
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
      line = error_body(invalid_event(result.error()));
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
