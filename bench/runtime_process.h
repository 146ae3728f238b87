// bench/runtime_process.h: a function's process under a Runtime API, and what it costs.
//
// Source:  AWS Lambda Runtime API 2018-06-01. Large events come in one chunk, as Lambda sends them.
// Threads: one thread at a time.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bench/http_server.h"
#include "runtime/base/result.h"

namespace streamonce::bench {

struct RuntimeCommand {
  std::vector<std::string> arguments;    ///< the program first, with its path
  std::vector<std::string> environment;  ///< `NAME=value`: all that it has beside Lambda's own
  std::string folder;                    ///< where it runs
  std::string log_path;                  ///< takes what it prints
};

struct Invocation {
  std::string response;
  std::chrono::nanoseconds wall{0};  ///< from the event's delivery to the next request for one
  std::chrono::nanoseconds cpu{0};   ///< of the process, user and system, in that time
};

class RuntimeProcess {
 public:
  /// Starts the process and waits until it asks for its first event.
  /// @error kFatal  it ended, or did not ask in time; the message names its log
  static Result<std::unique_ptr<RuntimeProcess>> start(const RuntimeCommand& command);
  ~RuntimeProcess();
  RuntimeProcess(const RuntimeProcess&) = delete;
  RuntimeProcess& operator=(const RuntimeProcess&) = delete;

  /// From exec to the first request for an event.
  std::chrono::nanoseconds start_up() const { return start_up_; }
  /// Delivers an event, and waits until the process asks for another.
  /// @error kFatal  an error was reported, or the process does not answer
  Result<Invocation> invoke(std::string event);
  /// The bytes of its last requests to the Runtime API: for an event, and with a response.
  std::string next_request() const;
  std::string response_request() const;
  /// The most memory that was resident so far, in bytes.
  std::size_t peak_memory() const;

 private:
  explicit RuntimeProcess(const RuntimeCommand& command);
  HttpServerReply handle(const HttpServerRequest& request);
  HttpServerReply next(std::unique_lock<std::mutex>& lock);
  std::chrono::nanoseconds cpu() const;
  bool wait_until_idle(std::unique_lock<std::mutex>& lock, std::chrono::seconds patience);

  const std::string log_path_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> event_;  // waits to be delivered
  std::size_t invocations_ = 0;
  bool idle_ = false;  // a request for an event waits
  bool stopping_ = false;
  Time asked_first_ = {};
  Time delivered_ = {};
  Time asked_again_ = {};
  std::optional<std::string> response_;
  std::string next_request_;
  std::string response_request_;
  std::string error_;
  std::chrono::nanoseconds start_up_{0};
  pid_t pid_ = -1;
  std::unique_ptr<HttpServer> server_;  // last: its threads use all of the above
};

}  // namespace streamonce::bench
