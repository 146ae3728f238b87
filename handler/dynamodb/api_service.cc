#include "handler/dynamodb/api_service.h"

#include <algorithm>
#include <utility>

namespace streamonce::handler::dynamodb {
namespace {

using std::chrono::milliseconds;

/// How many bytes of a body prolong the wait by a millisecond each time: the network may be slow.
constexpr std::size_t kBytesPerMillisecond = 1'000;

}  // namespace

AttemptWay way_of(const AttemptState& state) {
  if (state.was_unanswered) return {.timeout = state.timeout, .fresh_connection = true};
  if (!state.may_be_dead) return {.timeout = state.timeout};
  const milliseconds patience =
      state.patience + milliseconds(state.body_bytes / kBytesPerMillisecond);
  const milliseconds timeout = std::min({patience, state.time_left / 3, state.timeout});
  return {.timeout = std::max(timeout, kRequestTimeLeast)};
}

ApiService::ApiService(ApiOptions options, runtime::HttpTransport& transport, Clock& clock,
                       Logger& logger)
    : transport_(transport),
      clock_(clock),
      logger_(logger),
      random_(options.random_seed),
      requests_(std::move(options), clock, logger) {}

milliseconds ApiService::time_until(SteadyTime deadline) const {
  return std::chrono::ceil<milliseconds>(deadline - clock_.steady_now());
}

}  // namespace streamonce::handler::dynamodb
