#include "runtime/aws/request_signer.h"

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace streamonce::aws {
namespace {

/// Clocks that differ by less do not explain a refused signature.
/// Source: botocore, CLOCK_SKEW_ERRORS; services take signatures for 5 minutes.
constexpr std::chrono::minutes kClockSkewLeast{4};

/// The lines of most signed requests: two of their own, and four of the signature.
constexpr std::size_t kHeadersMost = 6;

}  // namespace

RequestSigner::RequestSigner(ServiceOptions options, const Clock& clock, Logger& logger)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger) {}

runtime::HttpRequest RequestSigner::blank() const {
  runtime::HttpRequest request{.url = options_.url, .use_proxy = true};
  request.headers.reserve(kHeadersMost);
  return request;
}

Result<SignedRequest> RequestSigner::sign(runtime::HttpRequest request,
                                          std::chrono::milliseconds time_left) {
  SignedRequest made;
  made.signed_with = signing_clock();
  made.credentials = STREAMONCE_TRY(options_.credentials->get(clock_.now(), time_left));
  if (made.credentials->access_key_id.empty()) {
    made.request = std::move(request);
    return made;
  }
  const SigningScope scope{.region = options_.region.text(),
                           .service = options_.service.signing_name,
                           .time = made.signed_with.time};
  for (std::string& line : signer_.sign(request, *made.credentials, scope))
    request.headers.push_back(std::move(line));
  made.request = std::move(request);
  return made;
}

bool RequestSigner::renew(const std::shared_ptr<const Credentials>& credentials) {
  return options_.credentials->invalidate(credentials);
}

SigningClock RequestSigner::signing_clock() const {
  return {.offset = clock_offset_,
          .time = clock_.now() + clock_offset_.value_or(WallTime::duration::zero())};
}

bool RequestSigner::mend_clock(std::optional<WallTime> service_time,
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

std::string RequestSigner::clock_difference(std::optional<WallTime> service_time) const {
  if (!service_time) return {};
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(*service_time - clock_.now());
  return "; the service's clock is " + std::to_string(std::abs(seconds.count())) +
         (seconds.count() < 0 ? " seconds behind ours" : " seconds ahead of ours");
}

}  // namespace streamonce::aws
