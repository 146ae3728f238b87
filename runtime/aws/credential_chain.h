// runtime/aws/credential_chain.h: the credentials that a command finds, as AWS's own tools do.
//
// In Lambda they are those of the environment, and nothing else is looked at. Elsewhere the first
// of these that is there counts:
//
// 1. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, both or none, with AWS_SESSION_TOKEN, and with
//    AWS_CREDENTIAL_EXPIRATION as their end
// 2. the profile AWS_PROFILE, which must then have some, or `default`, of the shared files: see
//    profile_credentials.h
// 3. AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN
// 4. the endpoint of a container, and then of an EC2 instance: see endpoint_credentials.h
//
// What of them can expire is fetched anew before it does. SSO, `aws login` and MFA are left to the
// AWS CLI, which hands over what it has: `aws configure export-credentials`.
//
// Source:  AWS SDKs and Tools reference guide, "Standardized credential providers".
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <memory>

#include "runtime/aws/assumed_role.h"
#include "runtime/aws/credentials.h"
#include "runtime/aws/endpoint_credentials.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::aws {

/// What credentials are looked for in, and fetched with.
/// Borrows clock and logger, which must outlive each provider that is made with it.
struct CredentialAccess {
  FindVariable environment;
  /// For fetching credentials and nothing else: see StsAccess. It may be shared by all providers.
  std::shared_ptr<runtime::HttpTransport> transport;
  Clock& clock;
  Logger& logger;
  std::uint64_t random_seed = 0;
};

/// The credentials of this process. Looks at the environment and the shared files; if there is
/// nothing, asks the instance metadata service, so that a message can say that there is nothing.
/// @error kInvalidArgument  there are none, or what stands first is incomplete or wrong; the
///                          message says what was looked at and how to mend it, and holds no
///                          credential
/// @error kUnavailable      a file that is there cannot be read
Result<std::shared_ptr<CredentialsProvider>> open_credentials(const CredentialAccess& access);

/// The credentials of the environment, which are all that Lambda has. An end that
/// AWS_CREDENTIAL_EXPIRATION tells is logged.
/// @return null: neither AWS_ACCESS_KEY_ID nor AWS_SECRET_ACCESS_KEY is set
/// @error kInvalidArgument  one of the two is not set, or they have come to their end
Result<std::shared_ptr<CredentialsProvider>> environment_credentials(
    const CredentialAccess& access);

/// The role of `options`, assumed with `base`, at the STS of AWS_REGION (AWS_DEFAULT_REGION), or at
/// AWS_ENDPOINT_URL_STS (AWS_ENDPOINT_URL).
/// @error kInvalidArgument  no Region is set; or see assume_role()
Result<std::shared_ptr<CredentialsProvider>> open_role(RoleOptions options,
                                                       std::shared_ptr<CredentialsProvider> base,
                                                       const CredentialAccess& access);

/// The role of `options`, assumed with the token in the file `token_path`, at the same STS.
/// @error as open_role()
Result<std::shared_ptr<CredentialsProvider>> open_role_with_web_identity(
    RoleOptions options, std::string token_path, const CredentialAccess& access);

}  // namespace streamonce::aws
