// runtime/aws/endpoint_credentials.h: the credentials that a machine gives to what runs on it: the
// container's endpoint, and the instance metadata service of EC2.
//
// Credentials are asked for, and tokens shown, only at addresses that are no one else's: those that
// AWS documents, this machine, and for containers any https server.
//
// Source:  AWS SDKs and Tools reference guide, "Container credential provider" and "IMDS credential
//          provider".
// Threads: one thread at a time. Borrows: clock, logger; they must outlive what is made with them.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/aws/credentials.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::aws {

/// Looks an environment variable up; an empty value counts as none.
using FindVariable = std::function<std::optional<std::string>(const char* name)>;

/// The endpoint that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI
/// names, with the token of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, which is read each time, or of
/// AWS_CONTAINER_AUTHORIZATION_TOKEN. Three tries of a second each. Nothing is asked before get().
/// @param transport  see StsAccess
/// @return null: neither is set
/// @error kInvalidArgument  the address may not be asked; the message tells nothing behind its host
Result<std::shared_ptr<CredentialsProvider>> container_credentials(
    const FindVariable& environment, std::shared_ptr<runtime::HttpTransport> transport,
    const Clock& clock, Logger& logger);

/// The role of the instance, as its metadata service (version 2) tells it. One try of a second.
/// Nothing is asked before get(). AWS_EC2_METADATA_SERVICE_ENDPOINT may name this machine instead.
/// @param transport  see StsAccess
/// @return null: AWS_EC2_METADATA_DISABLED is `true`
/// @error kInvalidArgument  the address may not be asked
Result<std::shared_ptr<CredentialsProvider>> instance_credentials(
    const FindVariable& environment, std::shared_ptr<runtime::HttpTransport> transport,
    const Clock& clock, Logger& logger);

}  // namespace streamonce::aws
