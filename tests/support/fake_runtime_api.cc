#include "tests/support/fake_runtime_api.h"

#include <algorithm>
#include <utility>

#include "runtime/base/payload.h"

namespace streamonce::testing {
namespace {

using Kind = ApiFault::Kind;

constexpr std::string_view kVersion = "/2018-06-01/runtime/";

ApiFault take_fault(std::deque<ApiFault>& faults) {
  if (faults.empty()) return {};
  const ApiFault fault = faults.front();
  faults.pop_front();
  return fault;
}

std::string status_answer(int status) {
  std::string_view body;
  switch (status) {
    case 202:
      body = R"({"status":"OK"})";
      break;
    case 400:
      body = R"({"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})";
      break;
    case 403:
      body = R"({"errorMessage":"State transition","errorType":"InvalidStateTransition"})";
      break;
    case 410:
      body = R"({"errorMessage":"Invoke timeout","errorType":"InvokeTimeout"})";
      break;
    case 413:
      body = R"({"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).",)"
             R"("errorType":"RequestEntityTooLarge"})";
      break;
    default:
      body = R"({"errorMessage":"Container error","errorType":"InternalServerError"})";
  }
  return answer(status, body, {{"Content-Type", "application/json"}});
}

/// `bytes` as the fault lets them through.
ServerReply send_with(const ApiFault& fault, std::string bytes) {
  switch (fault.kind) {
    case Kind::kNone:
    case Kind::kStatus:
      break;
    case Kind::kClose:
      return {.parts = {}, .then = Then::kClose};
    case Kind::kReset:
      return {.parts = {}, .then = Then::kReset};
    case Kind::kCutHeaders:
      bytes.resize(bytes.find("\r\n\r\n") + 2);
      return reply(std::move(bytes), Then::kClose);
    case Kind::kCutBody:
      bytes.resize((bytes.find("\r\n\r\n") + 4 + bytes.size()) / 2);
      return reply(std::move(bytes), Then::kClose);
    case Kind::kTrickle: {
      constexpr std::size_t kPieces = 16;
      const std::size_t piece_bytes = bytes.size() / kPieces + 1;
      ServerReply trickle;
      for (std::size_t at = 0; at < bytes.size(); at += piece_bytes)
        trickle.parts.push_back(
            {.bytes = bytes.substr(at, piece_bytes), .delay = std::chrono::milliseconds(1)});
      return trickle;
    }
  }
  return reply(std::move(bytes));
}

std::string event_answer(const FakeEvent& event) {
  const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch() + event.time_left);
  // Names as Lambda writes them; a runtime must not mind.
  ServerHeaders headers = {{"Content-Type", "application/json"},
                           {"Lambda-Runtime-Aws-Request-Id", event.request_id},
                           {"Lambda-Runtime-Deadline-Ms", std::to_string(deadline.count())},
                           {"Lambda-Runtime-Invoked-Function-Arn", event.function_arn}};
  if (!event.trace_id.empty()) headers.emplace_back("Lambda-Runtime-Trace-Id", event.trace_id);
  if (!event.invocation_id.empty())
    headers.emplace_back("Lambda-Runtime-Invocation-Id", event.invocation_id);
  return event.chunked ? chunked_answer(200, event.body, headers)
                       : answer(200, event.body, headers);
}

}  // namespace

FakeRuntimeApi::FakeRuntimeApi()
    : server_([this](const ServerRequest& request) { return handle(request); }) {}

FakeRuntimeApi::~FakeRuntimeApi() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

std::string FakeRuntimeApi::push_event(FakeEvent event) {
  const std::lock_guard lock(mutex_);
  ++events_pushed_;
  if (event.request_id.empty()) event.request_id = "request-" + std::to_string(events_pushed_);
  events_.push_back(std::move(event));
  changed_.notify_all();
  return events_.back().request_id;
}

void FakeRuntimeApi::end_after_events() {
  const std::lock_guard lock(mutex_);
  end_after_events_ = true;
  changed_.notify_all();
}

void FakeRuntimeApi::spoil_next(ApiFault fault) {
  const std::lock_guard lock(mutex_);
  next_faults_.push_back(fault);
}

void FakeRuntimeApi::spoil_post(ApiFault fault) {
  const std::lock_guard lock(mutex_);
  post_faults_.push_back(fault);
}

std::optional<Outcome> FakeRuntimeApi::wait_for_outcome(std::string_view request_id,
                                                        std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  std::optional<Outcome> found;
  (void)changed_.wait_for(lock, patience, [&] {
    const auto it = std::find_if(outcomes_.begin(), outcomes_.end(), [&](const Outcome& outcome) {
      return outcome.request_id == request_id;
    });
    if (it != outcomes_.end()) found = *it;
    return found.has_value();
  });
  return found;
}

std::vector<Outcome> FakeRuntimeApi::outcomes() const {
  const std::lock_guard lock(mutex_);
  return outcomes_;
}

std::vector<Outcome> FakeRuntimeApi::init_errors() const {
  const std::lock_guard lock(mutex_);
  return init_errors_;
}

int FakeRuntimeApi::next_calls() const {
  const std::lock_guard lock(mutex_);
  return next_calls_;
}

ServerReply FakeRuntimeApi::handle(const ServerRequest& request) {
  const std::size_t base = request.target.find(kVersion);
  if (base == std::string::npos) return reply(answer(404, "404 page not found\n"));
  const std::string path = request.target.substr(base + kVersion.size());
  if (request.method == "GET" && path == "invocation/next") return next();
  if (request.method == "POST" && path == "init/error") return post_init_error(request);
  if (request.method == "POST" && path.starts_with("invocation/"))
    return post_outcome(request, path);
  return reply(answer(404, "404 page not found\n"));
}

ServerReply FakeRuntimeApi::next() {
  std::unique_lock lock(mutex_);
  ++next_calls_;
  const ApiFault fault = take_fault(next_faults_);
  if (fault.kind == Kind::kStatus) return reply(status_answer(fault.status));
  if (fault.kind == Kind::kClose || fault.kind == Kind::kReset) return send_with(fault, {});
  changed_.wait(lock,
                [&] { return stopping_ || current_ || !events_.empty() || end_after_events_; });
  if (stopping_) return {.parts = {}, .then = Then::kClose};
  if (!current_ && !events_.empty()) {
    current_ = std::move(events_.front());
    events_.pop_front();
  }
  if (!current_) return reply(status_answer(500));
  return send_with(fault, event_answer(*current_));
}

ServerReply FakeRuntimeApi::post_outcome(const ServerRequest& request, std::string_view path) {
  path.remove_prefix(std::string_view("invocation/").size());
  const std::size_t slash = path.find('/');
  const std::string_view kind = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  if (kind != "response" && kind != "error") return reply(answer(404, "404 page not found\n"));

  const std::lock_guard lock(mutex_);
  Outcome outcome{.is_error = kind == "error",
                  .request_id = std::string(path.substr(0, slash)),
                  .body = request.body,
                  .error_type = request.header("lambda-runtime-function-error-type"),
                  .request = request};
  const ApiFault fault = take_fault(post_faults_);
  const int status = fault.kind == Kind::kStatus ? fault.status : judge(outcome);
  if (fault.kind != Kind::kClose && fault.kind != Kind::kReset) outcome.answered = status;
  if (current_ && outcome.request_id == current_->request_id) current_.reset();
  outcomes_.push_back(std::move(outcome));
  changed_.notify_all();
  return send_with(fault, status_answer(status));
}

int FakeRuntimeApi::judge(const Outcome& outcome) const {
  if (!current_ || outcome.request_id != current_->request_id) return 400;
  if (outcome.request.header("lambda-runtime-invocation-id") != current_->invocation_id) return 410;
  return !outcome.is_error && outcome.body.size() > kPayloadBytesMax ? 413 : 202;
}

ServerReply FakeRuntimeApi::post_init_error(const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  const ApiFault fault = take_fault(post_faults_);
  const int status = fault.kind == Kind::kStatus ? fault.status : 202;
  init_errors_.push_back({.is_error = true,
                          .request_id = {},
                          .body = request.body,
                          .error_type = request.header("lambda-runtime-function-error-type"),
                          .answered = status,
                          .request = request});
  changed_.notify_all();
  return send_with(fault, status_answer(status));
}

}  // namespace streamonce::testing
