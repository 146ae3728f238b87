// runtime/aws/request_signer.h: signed requests to one service.
//
// Requests are signed before the transport sees them, with the credentials of their moment and by
// the service's clock, as far as its refusals have told it.
//
// Source:  botocore: services take signatures for 5 minutes around their own time.
// Threads: one thread at a time. Borrows: clock, logger; they must outlive the object.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/aws/aws_signer.h"
#include "runtime/aws/credentials.h"
#include "runtime/aws/endpoint.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::aws {

/// Which service is called, where, and as whom.
struct ServiceOptions {
  Service service;
  Region region;                                     ///< the Region that requests are signed for
  std::string url;                                   ///< with a slash at its end; see endpoint_of()
  std::shared_ptr<CredentialsProvider> credentials;  ///< never null
  std::uint64_t random_seed = 0;                     ///< seeds the delays before retries
};

struct SigningClock {
  /// How far the service's clock is ahead of ours. None: our clock is taken for right.
  std::optional<WallTime::duration> offset;
  WallTime time;
};

/// A request that is ready to be sent.
struct SignedRequest {
  runtime::HttpRequest request;
  /// What it was signed with: to be kept until its answer has been read, since no reason may tell a
  /// part of it.
  std::shared_ptr<const Credentials> credentials;
  SigningClock signed_with;
};

/// How often one request is signed anew: further refusals have another cause than clocks.
inline constexpr int kClockMendsMax = 2;

class RequestSigner {
 public:
  RequestSigner(ServiceOptions options, const Clock& clock, Logger& logger);
  RequestSigner(const RequestSigner&) = delete;
  RequestSigner& operator=(const RequestSigner&) = delete;

  const Service& service() const { return options_.service; }

  /// A GET of the service's URL, which ends with a slash: for its caller to make a request of. What
  /// is signed must not be changed; time and answer are bounded afterwards.
  runtime::HttpRequest blank() const;

  /// Signs `request`: see AwsSigner::sign(). With credentials that are empty it stays as it is: an
  /// operation that proves otherwise who calls it is not signed.
  /// @param time_left  the time until the deadline, which fetching credentials may take
  /// @error any  what the provider of the credentials says
  Result<SignedRequest> sign(runtime::HttpRequest request, std::chrono::milliseconds time_left);

  /// Says that the service has refused `credentials` as expired.
  /// @return whether a request that was signed with them may be signed once more
  bool renew(const std::shared_ptr<const Credentials>& credentials);

  /// Whether a request that was refused for its signature may be signed once more: the offset that
  /// it was `signed_with` is no longer the one in use, or the service's time contradicts the time
  /// that it was signed with. In the latter case the offset is set by the service's time. Our clock
  /// may have been wrong and be right again: a frozen sandbox finds its clock set after a while. A
  /// caller does this kClockMendsMax times for one request at most.
  bool mend_clock(std::optional<WallTime> service_time, const SigningClock& signed_with);

  /// `; the service's clock is 36 seconds ahead of ours`, or nothing where its time is unknown.
  std::string clock_difference(std::optional<WallTime> service_time) const;

 private:
  SigningClock signing_clock() const;

  const ServiceOptions options_;
  const Clock& clock_;
  Logger& logger_;
  AwsSigner signer_;
  std::optional<WallTime::duration> clock_offset_;
};

}  // namespace streamonce::aws
