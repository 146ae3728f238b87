// runtime/aws/role_names.h: the rules of what a role is assumed with.
//
// Source:  IAM API reference, Role; AWS STS API reference, AssumeRole: ExternalId and
//          RoleSessionName.
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>

namespace streamonce::aws {

/// The name of a session as a role, which logs of AWS tell, unless another one is set.
inline constexpr std::string_view kSessionName = "streamonce";

// Each is a predicate of the text, with what is expected; empty: nothing is wrong.

/// Whether it is the ARN of a role, `arn:PARTITION:iam::ACCOUNT:role/NAME`, a path allowed.
std::string why_no_role(std::string_view text);
/// Whether it is 2 to 1224 of a-z A-Z 0-9 _ + = , . @ : / -
std::string why_no_external_id(std::string_view text);
/// Whether it is 2 to 64 of a-z A-Z 0-9 _ + = , . @ -
std::string why_no_session_name(std::string_view text);

}  // namespace streamonce::aws
