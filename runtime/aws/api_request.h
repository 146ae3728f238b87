// runtime/aws/api_request.h: signed requests of the DynamoDB JSON APIs.
//
// Source:  DynamoDB developer guide, "Low-level API"; botocore: services take signatures for 5
//          minutes around their own time.
// Threads: one thread at a time. Borrows: clock, logger; they must outlive the object.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

/// Where an API is, and as whom it is called.
struct ApiOptions {
  std::string url;     ///< with a slash at its end
  std::string region;  ///< the Region that requests are signed for
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;      ///< empty: none
  std::uint64_t random_seed = 0;  ///< seeds the delays before retries
};

struct SigningClock {
  /// How far the service's clock is ahead of ours. None: our clock is taken for right.
  std::optional<WallTime::duration> offset;
  WallTime time;
};

/// How often one request is signed anew: further refusals have another cause than clocks.
inline constexpr int kClockMendsMax = 2;

/// Makes requests, which borrow from this object: it must outlive them.
class ApiRequests {
 public:
  ApiRequests(ApiOptions options, const Clock& clock, Logger& logger);
  ApiRequests(const ApiRequests&) = delete;
  ApiRequests& operator=(const ApiRequests&) = delete;

  /// A request of `operation`, as in `DynamoDB_20120810.BatchGetItem`; the caller bounds its time
  /// and its answer.
  runtime::HttpRequest make(std::string_view operation, std::string body) const;

  /// The texts that must never be told; valid as long as this object lives.
  std::span<const std::string_view> secrets() const { return secrets_; }

  /// The offset and the time that the next request is signed with.
  SigningClock signing_clock() const;

  /// Whether a request that was refused for its signature may be signed once more: the offset that
  /// it was `signed_with` is no longer the one in use, or the service's time contradicts the time
  /// that it was signed with. In the latter case the offset is set by the service's time. Our clock
  /// may have been wrong and be right again: a frozen sandbox finds its clock set after a while. A
  /// caller does this kClockMendsMax times for one request at most.
  bool mend_clock(std::optional<WallTime> service_time, const SigningClock& signed_with);

  /// `; the service's clock is 36 seconds ahead of ours`, or nothing where its time is unknown.
  std::string clock_difference(std::optional<WallTime> service_time) const;

 private:
  const ApiOptions options_;
  const runtime::AwsSigning signing_;              // views into options_
  const std::array<std::string_view, 3> secrets_;  // views into options_, too
  const Clock& clock_;
  Logger& logger_;
  std::optional<WallTime::duration> clock_offset_;
};

}  // namespace streamonce::handler::dynamodb
