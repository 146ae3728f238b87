#include "runtime/aws/service_client.h"

#include <algorithm>
#include <utility>

namespace streamonce::aws {
namespace {

using std::chrono::milliseconds;

/// How many bytes of a body prolong the wait by a millisecond each time: the network may be slow.
constexpr std::size_t kBytesPerMillisecond = 1'000;

/// How many times as long as the slowest of the latest answers took one is waited for over a
/// connection that may be dead.
constexpr int kPatienceFactor = 3;

}  // namespace

ServiceClient::ServiceClient(ServiceOptions options, runtime::HttpTransport& transport,
                             Clock& clock, Logger& logger)
    : transport_(transport),
      clock_(clock),
      logger_(logger),
      random_(options.random_seed),
      signer_(std::move(options), clock, logger) {}

milliseconds ServiceClient::time_until(SteadyTime deadline) const {
  return std::chrono::ceil<milliseconds>(deadline - clock_.steady_now());
}

void ServiceClient::note_answer(SteadyTime::duration took, std::optional<WallTime> service_time) {
  if (service_time) clock_offset_ = *service_time - clock_.now();
  keeps_connections_ = true;
  slow_answer_ = std::max(std::chrono::ceil<milliseconds>(took), slow_answer_ * 15 / 16);
}

AttemptWay ServiceClient::way_of(const AttemptState& state) const {
  if (state.was_unanswered) return {.timeout = state.timeout, .fresh_connection = true};
  if (!state.may_be_dead) return {.timeout = state.timeout};
  const milliseconds patience = std::max(kKeptConnectionTimeout, kPatienceFactor * slow_answer_) +
                                milliseconds(state.body_bytes / kBytesPerMillisecond);
  const milliseconds timeout = std::min({patience, state.time_left / 3, state.timeout});
  return {.timeout = std::max(timeout, kRequestTimeLeast)};
}

}  // namespace streamonce::aws
