// runtime/aws/sts_answer.h: reads what STS answers.
//
// Source:  AWS STS API reference, version 2011-06-15, AssumeRole, AssumeRoleWithWebIdentity, and
//          "Common Errors"; botocore, its service model (query protocol).
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>

#include "runtime/aws/credentials.h"
#include "runtime/base/result.h"

namespace streamonce::aws {

/// The most bytes of an answer: two of the longest session tokens, 4 KB each, are far below it.
inline constexpr std::size_t kStsAnswerBytesMax = 64UL * 1024;

/// The credentials in the answer to `operation`: the four elements of its Credentials, each once.
/// @error kProtocol  one is absent, stands there twice or is no time; or it is no such answer
Result<Credentials> read_role(std::string_view xml, std::string_view operation);

/// What an answer that is no success says. Both empty: it is not of STS's form.
struct StsError {
  std::string code;
  std::string message;
};
StsError read_sts_error(std::string_view xml);

}  // namespace streamonce::aws
