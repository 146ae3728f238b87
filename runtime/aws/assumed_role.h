// runtime/aws/assumed_role.h: the credentials of a role, which STS gives to whoever may have it.
//
// Source:  AWS STS API reference, AssumeRole and AssumeRoleWithWebIdentity; IAM user guide, "Role
//          chaining": with the credentials of a role, as Lambda has them, 1 hour at most.
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/aws/credentials.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/fetched_credentials.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::aws {

struct RoleOptions {
  std::string role_arn;                  ///< as in `arn:aws:iam::111122223333:role/writer`
  std::string external_id = {};          ///< empty: none. It is told in no message
  std::string session_name = {};         ///< empty: `streamonce`
  std::chrono::seconds duration{3'600};  ///< 900 s to 12 h; longer than 1 h not from a role
};

/// Where roles are assumed, and over what.
/// Borrows clock and logger, which must outlive each provider that is made with it.
struct StsAccess {
  Region region;             ///< whose STS is asked
  std::string endpoint_url;  ///< empty: the Region's own
  /// For fetching credentials and nothing else, so that nothing is in flight on it when one of the
  /// providers that share it is asked. Never null.
  std::shared_ptr<runtime::HttpTransport> transport;
  Clock& clock;
  Logger& logger;
  std::uint64_t random_seed = 0;
};

/// The role of `options`, assumed with the credentials of `base`. Nothing is asked before get().
///
/// get() renews the credentials when less than kRefreshBefore is left of them; see
/// FetchedCredentials.
/// @error kInvalidArgument  an option breaks a rule of STS, or the endpoint's URL is no good; the
///                          message names the option, as in `role_arn`, and holds no external id
Result<std::shared_ptr<CredentialsProvider>> assume_role(RoleOptions options,
                                                         std::shared_ptr<CredentialsProvider> base,
                                                         StsAccess access);

/// The role of `options`, assumed with the token that the file `token_path` holds, which is read
/// each time, since it is replaced before it expires. The external id is not used.
/// @error as assume_role()
Result<std::shared_ptr<CredentialsProvider>> assume_role_with_web_identity(RoleOptions options,
                                                                           std::string token_path,
                                                                           StsAccess access);

}  // namespace streamonce::aws
