// tests/support/fake_runtime_api.h: Lambda's Runtime API on loopback, for a runtime under test in
// this process or in another.
//
//   FakeRuntimeApi api;                                    // AWS_LAMBDA_RUNTIME_API=api.address()
//   const std::string id = api.push_event("{}");
//   const std::optional<Outcome> outcome = api.wait_for_outcome(id);
//
// As the real one, it hands out one event after the other, the same again until its outcome has
// come, refuses an outcome for another request (400), with another invocation id (410) and over
// the size limit (413), and makes `next` wait while there is no event. Faults come on top.
//
// Source:  AWS Lambda Runtime API, version 2018-06-01; Lambda runtime interface emulator.
// Threads: any.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/socket_server.h"

namespace streamonce::testing {

struct FakeEvent {
  std::string body = "{}";
  std::string request_id = {};     ///< empty: `request-1`, `request-2` ...
  std::string invocation_id = {};  ///< empty: the header is not sent
  std::string trace_id = {};       ///< empty: the header is not sent
  std::string function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:test";
  std::chrono::milliseconds time_left{30'000};  ///< from the delivery to the deadline
  bool chunked = false;                         ///< whether it is one chunk, as large events are
};

/// What goes wrong with one request.
struct ApiFault {
  enum class Kind : std::uint8_t {
    kNone,
    kStatus,      ///< answered with `status`
    kClose,       ///< connection closed before the answer
    kReset,       ///< connection reset before the answer
    kCutHeaders,  ///< connection closed behind the last header of the answer
    kCutBody,     ///< connection closed in the middle of the answer's body
    kTrickle,     ///< answered in many small pieces
  };
  Kind kind = Kind::kNone;
  int status = 0;
};

/// What a runtime said of an invocation, or of its start.
struct Outcome {
  bool is_error = false;
  std::string request_id;  ///< empty for an init error
  std::string body;
  std::string error_type;  ///< the header Lambda-Runtime-Function-Error-Type
  int answered = 0;        ///< the status that the runtime was given; 0: none
  ServerRequest request;
};

class FakeRuntimeApi {
 public:
  FakeRuntimeApi();
  ~FakeRuntimeApi();
  FakeRuntimeApi(const FakeRuntimeApi&) = delete;
  FakeRuntimeApi& operator=(const FakeRuntimeApi&) = delete;

  /// The value of AWS_LAMBDA_RUNTIME_API. Any base path behind it is served, too.
  std::string address() const { return server_.address(); }
  int port() const { return server_.port(); }
  int connections() const { return server_.connections(); }
  std::vector<ServerRequest> requests() const { return server_.requests(); }

  /// Queues an event; gives its request id.
  std::string push_event(FakeEvent event);
  std::string push_event(std::string body) {
    return push_event(FakeEvent{.body = std::move(body)});
  }

  /// Answers `next` with 500, which ends a runtime, once there is no event.
  void end_after_events();

  /// Spoils the next call of `next`, or the next post, that has no fault yet: one after the other.
  void spoil_next(ApiFault fault);
  void spoil_post(ApiFault fault);

  /// The first answer that came to the event `request_id`. No value: none came in time.
  std::optional<Outcome> wait_for_outcome(
      std::string_view request_id, std::chrono::milliseconds patience = std::chrono::seconds(60));
  std::vector<Outcome> outcomes() const;
  std::vector<Outcome> init_errors() const;
  int next_calls() const;

 private:
  ServerReply handle(const ServerRequest& request);
  ServerReply next();
  ServerReply post_outcome(const ServerRequest& request, std::string_view path);
  ServerReply post_init_error(const ServerRequest& request);
  /// The status that an outcome deserves.
  int judge(const Outcome& outcome) const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FakeEvent> events_;
  std::optional<FakeEvent> current_;  // delivered, without an outcome so far
  std::deque<ApiFault> next_faults_;
  std::deque<ApiFault> post_faults_;
  std::vector<Outcome> outcomes_;
  std::vector<Outcome> init_errors_;
  int events_pushed_ = 0;
  int next_calls_ = 0;
  bool end_after_events_ = false;
  bool stopping_ = false;
  SocketServer server_;  // last: its threads use all of the above
};

}  // namespace streamonce::testing
