#include "handler/dynamodb/api_client.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "handler/dynamodb/answer_json.h"
#include "handler/dynamodb/api_answer.h"

namespace streamonce::handler::dynamodb {
namespace {

using std::chrono::milliseconds;

/// Longer than any healthy answer takes, short enough that a lost one can be asked for again.
constexpr milliseconds kRequestTimeout{10'000};

/// With less than this until the deadline nothing is sent: the answer would come too late.
constexpr milliseconds kRequestTimeLeast{20};

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

/// Time ran out: with what had been in the way, if anything had.
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
  int status = 0;  ///< 0: there was no answer
  /// What a call ends with if it ends with this attempt.
  ErrorCode error_code = ErrorCode::kRejected;
  Refusal refusal = {};
};

ApiClient::ApiClient(ApiOptions options, runtime::HttpTransport& transport, Clock& clock,
                     Logger& logger)
    : transport_(transport),
      clock_(clock),
      logger_(logger),
      random_(options.random_seed),
      requests_(std::move(options), clock, logger),
      state_(std::make_unique<State>()) {}

ApiClient::~ApiClient() = default;

/// Up to the next whole millisecond, so that a wait never ends just before its time.
milliseconds ApiClient::time_left(SteadyTime deadline) const {
  return std::chrono::ceil<milliseconds>(deadline - clock_.steady_now());
}

std::optional<ApiError> ApiClient::call(std::string_view operation, std::string_view body,
                                        Payload& answer, SteadyTime deadline) {
  int cost = 0;  // of the latest retry
  int refused_signatures = 0;
  Refusal latest;  // what came of the latest attempt that ended
  for (int attempts = 1;; ++attempts) {
    if (time_left(deadline) < kRequestTimeLeast) return too_late(std::move(latest));
    const SigningClock signed_with = requests_.signing_clock();
    Attempt now = attempt(operation, body, answer, attempts, deadline);
    if (now.abandoned) return too_late(std::move(latest));
    if (now.answered) {
      budget_.pay_back(cost);
      return std::nullopt;
    }
    latest = std::move(now.refusal);
    if (latest.trouble == Trouble::kSignature) {
      if (++refused_signatures <= kClockMendsMax &&
          requests_.mend_clock(latest.service_time, signed_with))
        continue;
      latest.reason += requests_.clock_difference(latest.service_time);
    }
    if (!may_pass(latest.trouble))
      return ApiError{.code = latest.code, .error = {now.error_code, latest.reason}};
    const milliseconds longest = time_left(deadline) - kRequestTimeLeast;
    if (longest <= milliseconds(0)) return too_late(std::move(latest));
    const Retry retry =
        plan_retry(latest.trouble, now.timed_out, attempts, longest, budget_, random_);
    cost = retry.cost;
    clock_.sleep_for(retry.delay);
  }
}

/// Makes the request once, and waits for what becomes of it.
ApiClient::Attempt ApiClient::attempt(std::string_view operation, std::string_view body,
                                      Payload& answer, int number, SteadyTime deadline) {
  const SteadyTime started = clock_.steady_now();
  runtime::HttpRequest request = requests_.make(operation, std::string(body));
  request.timeout = kRequestTimeout;
  request.body_into = &answer;
  const runtime::HttpRequestId id = transport_.start(std::move(request));
  std::optional<runtime::HttpCompletion> completion = transport_.wait_any(deadline);
  Attempt attempt;
  if (completion) {
    attempt = judge(std::move(completion->result), answer);
  } else {
    transport_.cancel(id);
    attempt.abandoned = true;
  }
  const Refusal& refusal = attempt.refusal;
  const bool spoiled = !attempt.answered && may_pass(refusal.trouble);
  const auto took = std::chrono::duration_cast<milliseconds>(clock_.steady_now() - started);
  // The network's words hold no value; the service's may, and its code tells enough.
  logger_.log(spoiled && number == 1 ? LogLevel::kWarn : LogLevel::kDebug, "request",
              {{"operation", operation},
               {"status", attempt.status},
               {"code", attempt.status == 0 ? refusal.reason : refusal.code},
               {"attempt", number},
               {"bytes", answer.size()},
               {"milliseconds", took.count()}});
  return attempt;
}

ApiClient::Attempt ApiClient::judge(Result<runtime::HttpResponse> result, const Payload& answer) {
  if (!result) {
    Error error = std::move(result).error();
    return {.timed_out = error.code == ErrorCode::kTimeout,
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
  static_assert(kPayloadPaddingBytes >= simdjson::SIMDJSON_PADDING);
  const simdjson::padded_string_view text(answer.text().data(), answer.size(),
                                          answer.size() + kPayloadPaddingBytes);
  ondemand::document document;
  ErrorBody body;
  if (state_->parser.iterate(text).get(document) != simdjson::SUCCESS ||
      !(status == 200 ? is_object(document) : read_error_body(document, body)) ||
      !at_end(document)) {
    attempt.refusal = unreadable_answer(status, "and not an answer of DynamoDB");
    return attempt;
  }
  attempt.answered = status == 200;
  if (!attempt.answered) {
    attempt.refusal = refusal_of(*result, code_of(body.type), body.message, requests_.secrets());
  }
  return attempt;
}

}  // namespace streamonce::handler::dynamodb
