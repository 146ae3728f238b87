#include "runtime/aws/api_client.h"

#include <chrono>
#include <cstddef>
#include <utility>

#include "runtime/aws/api_answer.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;
using json::at_end;
using json::each_member;
using json::pass_over;
using json::read_text;

using std::chrono::milliseconds;

/// The most time that an answer has: longer than any healthy one takes, short enough that a lost
/// one can be asked for again.
constexpr milliseconds kRequestTimeout{10'000};

/// What the body of an answer that is no success says.
struct ErrorBody {
  std::string_view type;
  std::string_view message;
};

bool read_error_body(ondemand::document& document, ErrorBody& body) {
  return each_member(document, [&](std::string_view name, ondemand::value content) {
    if (name == "__type") return read_text(content, body.type);
    if (name == "message" || name == "Message") return read_text(content, body.message);
    return pass_over(content);
  });
}

bool is_object(ondemand::document& document) {
  return each_member(document, [](std::string_view /*name*/, ondemand::value content) {
    return pass_over(content);
  });
}

/// Whether sending the request again may help, by itself and in time.
bool may_pass(Trouble trouble) {
  return trouble == Trouble::kTransient || trouble == Trouble::kThrottled ||
         trouble == Trouble::kConflict;
}

/// The error of a call whose time ran out; it tells what had been in the way, if anything had.
ApiError too_late(Refusal latest) {
  std::string message = "not done before the deadline";
  if (!latest.reason.empty()) message += "; before that: " + latest.reason;
  return {.code = std::move(latest.code), .error = {ErrorCode::kTimeout, std::move(message)}};
}

}  // namespace

struct ApiClient::State {
  ondemand::parser parser;
};

struct ApiClient::Attempt {
  bool answered = false;
  bool abandoned = false;  ///< the deadline came first
  bool timed_out = false;
  bool unanswered = false;
  int status = 0;  ///< 0: there was no answer
  /// What a call ends with if it ends with this attempt.
  ErrorCode error_code = ErrorCode::kRejected;
  Refusal refusal = {};
};

ApiClient::ApiClient(ApiService& service) : service_(service), state_(std::make_unique<State>()) {}

ApiClient::~ApiClient() = default;

std::optional<ApiError> ApiClient::call(std::string_view operation, std::string_view body,
                                        Payload& answer, SteadyTime deadline) {
  int cost = 0;  // what the latest retry cost
  int refused_signatures = 0;
  ApiRequests& requests = service_.requests();
  AttemptState state{.may_be_dead = service_.keeps_connections(),
                     .body_bytes = body.size(),
                     .timeout = kRequestTimeout};
  Refusal latest;  // what came of the latest attempt that ended
  for (int attempts = 1;; ++attempts) {
    state.time_left = service_.time_until(deadline);
    if (state.time_left < kRequestTimeLeast) return too_late(std::move(latest));
    const AttemptWay way = service_.way_of(state);
    const SigningClock signed_with = requests.signing_clock();
    runtime::HttpRequest request = requests.make(operation, std::string(body));
    request.timeout = way.timeout;
    request.fresh_connection = way.fresh_connection;
    request.body_into = &answer;
    Attempt now = attempt(operation, std::move(request), attempts, deadline);
    if (now.abandoned) return too_late(latest.reason.empty() ? now.refusal : latest);
    if (now.answered) {
      service_.budget().pay_back(cost);
      return std::nullopt;
    }
    state.was_unanswered = now.unanswered;
    latest = std::move(now.refusal);
    if (latest.trouble == Trouble::kSignature) {
      if (++refused_signatures <= kClockMendsMax &&
          requests.mend_clock(latest.service_time, signed_with))
        continue;
      latest.reason += requests.clock_difference(latest.service_time);
    }
    if (!may_pass(latest.trouble))
      return ApiError{.code = latest.code, .error = {now.error_code, latest.reason}};
    const milliseconds longest = service_.time_until(deadline) - kRequestTimeLeast;
    if (longest <= milliseconds(0)) return too_late(std::move(latest));
    const Retry retry = plan_retry(latest.trouble, now.timed_out, attempts, longest,
                                   service_.budget(), service_.random());
    cost = retry.cost;
    service_.clock().sleep_for(retry.delay);
  }
}

/// Makes the request once, and waits for what becomes of it.
ApiClient::Attempt ApiClient::attempt(std::string_view operation, runtime::HttpRequest request,
                                      int number, SteadyTime deadline) {
  const SteadyTime started = service_.clock().steady_now();
  const Payload& answer = *request.body_into;
  const runtime::HttpRequestId id = service_.transport().start(std::move(request));
  std::optional<runtime::HttpCompletion> completion = service_.transport().wait_any(deadline);
  const SteadyTime::duration took = service_.clock().steady_now() - started;
  Attempt attempt;
  if (completion) {
    attempt = judge(std::move(completion->result), answer);
  } else {
    attempt.abandoned = true;
    attempt.refusal.reason = service_.transport().cancel(id);
  }
  if (completion && !attempt.unanswered) service_.note_answer(took);
  const Refusal& refusal = attempt.refusal;
  const bool spoiled = !attempt.answered && may_pass(refusal.trouble);
  // The network's words hold no value; the service's may, and its code tells enough.
  service_.logger().log(spoiled && number == 1 ? LogLevel::kWarn : LogLevel::kDebug, "request",
                        {{"operation", operation},
                         {"status", attempt.status},
                         {"code", attempt.status == 0 ? refusal.reason : refusal.code},
                         {"attempt", number},
                         {"bytes", answer.size()},
                         {"milliseconds", std::chrono::duration_cast<milliseconds>(took).count()}});
  return attempt;
}

ApiClient::Attempt ApiClient::judge(Result<runtime::HttpResponse> result, const Payload& answer) {
  if (!result) {
    Error error = std::move(result).error();
    return {.timed_out = error.code == ErrorCode::kTimeout,
            .unanswered = true,
            .error_code = error.code,
            .refusal = {.trouble = trouble_of_transport(error.code),
                        .reason = std::move(error.message)}};
  }
  const int status = result->status;
  Attempt attempt{.status = status};
  if (!checksum_fits(*result, answer.text())) {
    attempt.refusal = unreadable_answer(status, "and its checksum does not fit");
    return attempt;
  }
  ondemand::document document;
  ErrorBody body;
  if (json::open(state_->parser, answer.view(), document) != simdjson::SUCCESS ||
      !(status == 200 ? is_object(document) : read_error_body(document, body)) ||
      !at_end(document)) {
    attempt.refusal = unreadable_answer(status, "and not an answer of DynamoDB");
    return attempt;
  }
  attempt.answered = status == 200;
  if (!attempt.answered) {
    attempt.refusal =
        refusal_of(*result, code_of(body.type), body.message, service_.requests().secrets());
  }
  return attempt;
}

}  // namespace streamonce::handler::dynamodb
