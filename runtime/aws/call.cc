#include "runtime/aws/call.h"

#include <algorithm>
#include <utility>

#include "runtime/http/http_date.h"

namespace streamonce::aws {
namespace {

/// Whether sending the request again may help, by itself and in time.
bool may_pass(Trouble trouble) {
  return trouble == Trouble::kTransient || trouble == Trouble::kThrottled ||
         trouble == Trouble::kConflict;
}

}  // namespace

using std::chrono::milliseconds;

Refusal too_late(Refusal latest) {
  std::string reason = "not done before the deadline";
  if (!latest.reason.empty()) reason += "; before that: " + latest.reason;
  latest.reason = std::move(reason);
  latest.error_code = ErrorCode::kTimeout;
  return latest;
}

std::string_view Attempt::code() const {
  if (refusal == nullptr) return {};
  return status == 0 ? refusal->reason : refusal->code;
}

void log_attempt(Logger& logger, std::string_view operation, const Attempt& attempt) {
  const bool spoiled = attempt.refusal != nullptr && may_pass(attempt.refusal->trouble);
  const LogLevel level = spoiled && attempt.number == 1 ? LogLevel::kWarn : LogLevel::kDebug;
  if (!logger.enabled(level)) return;
  std::string target(attempt.target_prefix);
  target += '.';
  target += operation;
  logger.log(level, "request",
             {{"operation", target},
              {"status", attempt.status},
              {"code", attempt.code()},
              {"attempt", attempt.number},
              {"bytes", attempt.answer_bytes},
              {"milliseconds", attempt.took.count()}});
}

Call::Call(CallOptions options, CallHistory history)
    : options_(options),
      history_(std::move(history)) {}

Calls::Calls(ServiceClient& service, CallsOptions options)
    : service_(service),
      options_(options),
      may_be_dead_(service.keeps_connections()),
      queues_{{{.in_flight_max = options.in_flight_max},
               {.in_flight_max = options.second_in_flight_max}}} {}

Calls::~Calls() {
  for (const InFlight& each : in_flight_) service_.transport().cancel(each.id);
}

void Calls::add(std::unique_ptr<Call> call) {
  Queue& queue = queue_of(*call);
  queue.waiting.push_back(std::move(call));
}

std::size_t Calls::unfinished() const {
  std::size_t count = in_flight_.size() + ended_.size();
  for (const Queue& queue : queues_) count += queue.waiting.size();
  return count;
}

bool Calls::has_waiting() const {
  return std::any_of(queues_.begin(), queues_.end(),
                     [](const Queue& queue) { return !queue.waiting.empty(); });
}

std::vector<std::unique_ptr<Call>> Calls::take_waiting() {
  std::vector<std::unique_ptr<Call>> taken;
  for (Queue& queue : queues_)
    for (std::unique_ptr<Call>& call : std::exchange(queue.waiting, {}))
      taken.push_back(std::move(call));
  return taken;
}

void Calls::add_later(std::unique_ptr<Call> call, milliseconds delay) {
  call->not_before_ = service_.clock().steady_now() + delay;
  add(std::move(call));
}

void Calls::add_again(std::unique_ptr<Call> call, Refusal refusal) {
  repeat(std::move(call), std::move(refusal), /*timed_out=*/false);
}

CallEnd Calls::wait_any() {
  std::optional<CallEnd> end = wait_any(SteadyTime::max());
  return end ? *std::move(end) : CallEnd{};
}

std::optional<CallEnd> Calls::wait_any(SteadyTime until) {
  for (bool has_waited = false;; has_waited = true) {
    if (!ended_.empty()) {
      CallEnd first = std::move(ended_.front());
      ended_.erase(ended_.begin());
      return first;
    }
    if (in_flight_.empty() && !has_waiting()) return std::nullopt;
    if (has_waited && until != SteadyTime::max() && service_.clock().steady_now() >= until)
      return std::nullopt;
    const milliseconds left = time_left();
    if (left <= milliseconds(0)) {
      give_up();
      continue;
    }
    if (left < kRequestTimeLeast) end_waiting();
    start_due();
    if (ended_.empty()) take_next(until);
  }
}

std::vector<std::unique_ptr<Call>> Calls::abandon() {
  std::vector<std::unique_ptr<Call>> left = take_waiting();
  for (InFlight& each : in_flight_) {
    service_.transport().cancel(each.id);
    --queue_of(*each.call).in_flight;
    left.push_back(std::move(each.call));
  }
  in_flight_.clear();
  return left;
}

/// The time that is left for `call`, whose own deadline may come first.
milliseconds Calls::time_left(const Call& call) const {
  return service_.time_until(std::min(options_.deadline, call.options_.deadline));
}

void Calls::end(std::unique_ptr<Call> call, std::optional<Refusal> refusal) {
  ended_.push_back({.call = std::move(call), .refusal = std::move(refusal)});
}

void Calls::end_late(std::unique_ptr<Call> call, Refusal latest) {
  end(std::move(call), too_late(std::move(latest)));
}

void Calls::end_waiting() {
  for (std::unique_ptr<Call>& call : take_waiting()) {
    Refusal latest = std::move(call->history_.latest);
    end_late(std::move(call), std::move(latest));
  }
}

void Calls::give_up() {
  for (InFlight& each : std::exchange(in_flight_, {})) {
    Refusal none{.reason = service_.transport().cancel(each.id)};
    --queue_of(*each.call).in_flight;
    log(each, {.refusal = &none});
    Refusal& latest = each.call->history_.latest;
    if (latest.reason.empty()) latest = std::move(none);
    Refusal told = std::move(latest);
    end_late(std::move(each.call), std::move(told));
  }
  end_waiting();
}

void Calls::start_due() {
  const SteadyTime now = service_.clock().steady_now();
  for (Queue& queue : queues_) start_due(queue, now);
}

void Calls::start_due(Queue& queue, SteadyTime now) {
  while (queue.has_free_slot()) {
    const auto due = std::find_if(queue.waiting.begin(), queue.waiting.end(),
                                  [now](const auto& call) { return call->not_before_ <= now; });
    if (due == queue.waiting.end()) return;
    std::unique_ptr<Call> call = std::move(*due);
    if (std::unique_ptr<Call> rest = call->cut()) {
      rest->history_.retry_cost = 0;  // one retry was paid for, which the call pays back
      *due = std::move(rest);
    } else {
      queue.waiting.erase(due);
    }
    start(std::move(call), now);
  }
}

void Calls::start(std::unique_ptr<Call> call, SteadyTime now) {
  RequestSigner& signer = service_.signer();
  runtime::HttpRequest blank = signer.blank();
  call->fill(blank, signer.service());
  InFlight attempt{.started = now, .bytes = blank.body.size(), .call = std::move(call)};
  const CallOptions& options = attempt.call->options_;
  Result<SignedRequest> made = signer.sign(std::move(blank), time_left(*attempt.call));
  if (!made) {  // there are no credentials, at least now
    Refusal refusal = refusal_of(std::move(made).error());
    log(attempt, {.refusal = &refusal});
    return go_on(std::move(attempt), std::move(refusal), /*timed_out=*/false);
  }
  attempt.started = service_.clock().steady_now();  // credentials may have been fetched meanwhile
  if (time_left(*attempt.call) < kRequestTimeLeast) {
    Refusal latest = std::move(attempt.call->history_.latest);
    return end_late(std::move(attempt.call), std::move(latest));
  }
  runtime::HttpRequest& request = made->request;
  const AttemptWay way = service_.way_of({.was_unanswered = attempt.call->was_unanswered_,
                                          .may_be_dead = may_be_dead_,
                                          .body_bytes = attempt.bytes + options.answer_bytes_likely,
                                          .timeout = options.timeout,
                                          .time_left = time_left(*attempt.call)});
  request.timeout = way.timeout;
  request.fresh_connection = way.fresh_connection;
  request.body_into = options.answer_into;
  request.body_bytes_max = options.answer_bytes_max;
  attempt.credentials = std::move(made->credentials);
  attempt.signed_with = made->signed_with;
  attempt.id = service_.transport().start(std::move(request));
  attempt.call->sent();
  ++queue_of(*attempt.call).in_flight;
  in_flight_.push_back(std::move(attempt));
}

/// When the next waiting call may be started, if there is room for it; the deadline otherwise.
SteadyTime Calls::wake_time() const {
  SteadyTime time = options_.deadline;
  for (const Queue& queue : queues_) {
    if (!queue.has_free_slot()) continue;
    for (const std::unique_ptr<Call>& call : queue.waiting)
      time = std::min(time, call->not_before_);
  }
  return time;
}

void Calls::take_next(SteadyTime until) {
  if (in_flight_.empty()) {
    if (!has_waiting()) return;
    const auto wait = std::min(wake_time(), until) - service_.clock().steady_now();
    service_.clock().sleep_for(std::max(milliseconds(0), std::chrono::ceil<milliseconds>(wait)));
    return;
  }
  std::optional<runtime::HttpCompletion> completion =
      service_.transport().wait_any(std::min(wake_time(), until));
  if (!completion) return;
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [&](const InFlight& each) { return each.id == completion->id; });
  if (found == in_flight_.end()) return;
  InFlight ended = std::move(*found);
  in_flight_.erase(found);
  --queue_of(*ended.call).in_flight;
  finish(std::move(ended), std::move(completion->result));
}

void Calls::finish(InFlight ended, Result<runtime::HttpResponse> result) {
  Call& call = *ended.call;
  call.was_unanswered_ = !result;
  if (!result) {
    const bool timed_out = result.error().code == ErrorCode::kTimeout;
    // An attempt whose answer is too large has arrived.
    if (result.error().code != ErrorCode::kTooLarge) call.history_.may_arrive = true;
    Refusal refusal = refusal_of(std::move(result).error());
    log(ended, {.refusal = &refusal});
    return go_on(std::move(ended), std::move(refusal), timed_out);
  }
  service_.note_answer(service_.clock().steady_now() - ended.started,
                       runtime::parse_http_date(result->header("date")));
  const Payload* into = call.options_.answer_into;
  const int status = result->status;
  const std::size_t bytes = into != nullptr ? into->size() : result->body.size();
  std::optional<Refusal> refusal =
      call.read(std::move(result).value(), secrets_of(*ended.credentials));
  log(ended, {.status = status, .refusal = refusal ? &*refusal : nullptr, .answer_bytes = bytes});
  // A proxy that gives up on the service, as with 504, may have sent the attempt on all the same.
  if (refusal && refusal->trouble == Trouble::kTransient) call.history_.may_arrive = true;
  if (refusal) return go_on(std::move(ended), std::move(*refusal), /*timed_out=*/false);
  service_.budget().pay_back(call.history_.retry_cost);
  end(std::move(ended.call));
}

void Calls::log(const InFlight& ended, Attempt attempt) const {
  attempt.number = ended.call->history_.attempts + 1;
  attempt.target_prefix = service_.signer().service().target_prefix;
  attempt.request_bytes = ended.bytes;
  attempt.took =
      std::chrono::duration_cast<milliseconds>(service_.clock().steady_now() - ended.started);
  ended.call->log(service_.logger(), attempt);
}

/// Does what an attempt that was refused asks for.
void Calls::go_on(InFlight ended, Refusal refusal, bool timed_out) {
  service_.counts().note(refusal.trouble);
  switch (refusal.trouble) {
    case Trouble::kTransient:
    case Trouble::kThrottled:
    case Trouble::kConflict:
      return repeat(std::move(ended.call), std::move(refusal), timed_out);
    case Trouble::kSignature:
      return sign_again(std::move(ended), std::move(refusal));
    case Trouble::kExpired:
      return renew(std::move(ended), std::move(refusal));
    case Trouble::kTokenReused:
    case Trouble::kInvalid:
    case Trouble::kRefused:
    case Trouble::kCancelled:
      return end(std::move(ended.call), std::move(refusal));
  }
}

/// Puts the call back with a delay, if time is left for another attempt.
void Calls::repeat(std::unique_ptr<Call> call, Refusal refusal, bool timed_out) {
  const milliseconds longest = time_left(*call) - kRequestTimeLeast;
  if (longest <= milliseconds(0)) return end_late(std::move(call), std::move(refusal));
  ++service_.counts().retries;
  CallHistory& history = call->history_;
  ++history.attempts;
  const Retry retry = plan_retry(refusal.trouble, timed_out, history.attempts, longest,
                                 service_.budget(), service_.random());
  history.retry_cost = retry.cost;
  history.latest = std::move(refusal);
  add_later(std::move(call), retry.delay);
}

/// Puts the call back, to be signed with the right time. Calls that were in flight with it were
/// signed with the same wrong clock: each of them comes here.
void Calls::sign_again(InFlight ended, Refusal refusal) {
  RequestSigner& signer = service_.signer();
  if (++ended.call->refused_signatures_ > kClockMendsMax ||
      !signer.mend_clock(refusal.service_time, ended.signed_with)) {
    refusal.reason += signer.clock_difference(refusal.service_time);
    return end(std::move(ended.call), std::move(refusal));
  }
  ++service_.counts().retries;
  ended.call->history_.latest = std::move(refusal);
  add(std::move(ended.call));
}

/// Puts the call back, to be signed with new credentials, once. Calls that were in flight with the
/// expired ones come here too, and find that others are there already.
void Calls::renew(InFlight ended, Refusal refusal) {
  if (std::exchange(ended.call->was_renewed_, true) || !service_.signer().renew(ended.credentials))
    return end(std::move(ended.call), std::move(refusal));
  ++service_.counts().retries;
  ended.call->history_.latest = std::move(refusal);
  add(std::move(ended.call));
}

}  // namespace streamonce::aws
