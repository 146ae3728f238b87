#include "runtime/aws/api_request.h"

#include <chrono>
#include <cstdlib>
#include <utility>

namespace streamonce::handler::dynamodb {
namespace {

/// Clocks that differ by less do not explain a refused signature.
/// Source: botocore, CLOCK_SKEW_ERRORS; services take signatures for 5 minutes.
constexpr std::chrono::minutes kClockSkewLeast{4};

}  // namespace

ApiRequests::ApiRequests(ApiOptions options, const Clock& clock, Logger& logger)
    : options_(std::move(options)),
      signing_{.region = options_.region,
               .service = "dynamodb",
               .access_key_id = options_.access_key_id,
               .secret_access_key = options_.secret_access_key,
               .session_token = options_.session_token,
               .time = {}},
      secrets_{options_.access_key_id, options_.secret_access_key, options_.session_token},
      clock_(clock),
      logger_(logger) {}

runtime::HttpRequest ApiRequests::make(std::string_view operation, std::string body) const {
  runtime::AwsSigning signing = signing_;
  if (clock_offset_) signing.time = clock_.now() + *clock_offset_;
  return {.method = runtime::HttpMethod::kPost,
          .url = options_.url,
          .headers = {"Content-Type: application/x-amz-json-1.0",
                      "X-Amz-Target: " + std::string(operation)},
          .body = std::move(body),
          .signing = signing,
          .use_proxy = true};
}

SigningClock ApiRequests::signing_clock() const {
  return {.offset = clock_offset_,
          .time = clock_.now() + clock_offset_.value_or(WallTime::duration::zero())};
}

bool ApiRequests::mend_clock(std::optional<WallTime> service_time,
                             const SigningClock& signed_with) {
  if (signed_with.offset != clock_offset_) return true;
  if (!service_time) return false;
  if (std::chrono::abs(*service_time - signed_with.time) < kClockSkewLeast) return false;
  const WallTime::duration offset = *service_time - clock_.now();
  clock_offset_.reset();
  if (std::chrono::abs(offset) >= kClockSkewLeast) clock_offset_ = offset;
  logger_.log(LogLevel::kWarn, "clock differs from the service's",
              {{"seconds", std::chrono::duration_cast<std::chrono::seconds>(offset).count()}});
  return true;
}

std::string ApiRequests::clock_difference(std::optional<WallTime> service_time) const {
  if (!service_time) return {};
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(*service_time - clock_.now());
  return "; the service's clock is " + std::to_string(std::abs(seconds.count())) +
         (seconds.count() < 0 ? " seconds behind ours" : " seconds ahead of ours");
}

}  // namespace streamonce::handler::dynamodb
