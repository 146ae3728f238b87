#include "handler/dynamodb/api_request.h"

#include <chrono>
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

bool ApiRequests::mend_clock(std::optional<WallTime> service_time) {
  if (!service_time || clock_offset_) return false;
  const auto offset = *service_time - clock_.now();
  if (std::chrono::abs(offset) < kClockSkewLeast) return false;
  clock_offset_ = offset;
  logger_.log(LogLevel::kWarn, "clock differs from the service's",
              {{"seconds", std::chrono::duration_cast<std::chrono::seconds>(offset).count()}});
  return true;
}

}  // namespace streamonce::handler::dynamodb
