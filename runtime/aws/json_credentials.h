// runtime/aws/json_credentials.h: credentials as JSON, as processes and endpoints hand them over.
//
// Source:  AWS SDKs and Tools reference guide, "Process credential provider", "Container credential
//          provider" and "IMDS credential provider".
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/aws/credentials.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::aws {

/// The most bytes of credentials as JSON: session tokens have 4 KB at most.
inline constexpr std::size_t kJsonCredentialsBytesMax = 64UL * 1024;

/// Whose JSON it is: the members differ.
enum class JsonCredentials : std::uint8_t {
  kProcess,   ///< `Version` 1, `SessionToken` and `Expiration` if they are temporary
  kEndpoint,  ///< `Token` and `Expiration`; `Code`, if it is there, is `Success`
};

/// Reads one object.
/// @error kProtocol  a member is absent, or not of its form; the message names the member, and
///                   holds nothing of its value
Result<Credentials> read_json_credentials(PayloadView json, JsonCredentials form);

}  // namespace streamonce::aws
