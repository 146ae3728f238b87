#include "runtime/aws/role_names.h"

#include <algorithm>
#include <cstddef>

#include "runtime/base/arn.h"
#include "runtime/base/text.h"

namespace streamonce::aws {
namespace {

constexpr std::size_t kExternalIdMost = 1'224;
constexpr std::size_t kSessionNameMost = 64;
/// Both have at least so many characters.
constexpr std::size_t kLeast = 2;
constexpr std::size_t kRolePathMost = 512 + 64;

/// Whether all of `text` are letters, digits or among `others`.
bool is_made_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::string why_no_role(std::string_view text) {
  constexpr std::string_view kRole = "role/";
  constexpr std::string_view kExpected = ": expected arn:aws:iam::ACCOUNT:role/ROLE";
  const auto arn = Arn::split(text);
  if (!arn || arn->service != "iam" || !arn->region.empty() || !arn->resource.starts_with(kRole))
    return "is not the ARN of a role" + std::string(kExpected);
  if (!arn->partition.starts_with("aws") || !is_made_of(arn->partition, "-"))
    return "has " + quoted_excerpt(arn->partition) + " for a partition" + std::string(kExpected);
  if (!is_account(arn->account))
    return "has " + quoted_excerpt(arn->account) + " for an account, which has 12 digits" +
           std::string(kExpected);
  const std::string_view name = arn->resource.substr(kRole.size());
  if (name.empty() || name.size() > kRolePathMost || name.ends_with('/') ||
      !is_made_of(name, "_+=,.@/-"))
    return "has " + quoted_excerpt(name) + " for a role" + std::string(kExpected);
  return {};
}

std::string why_no_external_id(std::string_view text) {
  if (text.size() >= kLeast && text.size() <= kExternalIdMost && is_made_of(text, "_+=,.@:/-"))
    return {};
  return "is no external id: expected 2 to 1224 of a-z A-Z 0-9 _ + = , . @ : / -";
}

std::string why_no_session_name(std::string_view text) {
  if (text.size() >= kLeast && text.size() <= kSessionNameMost && is_made_of(text, "_+=,.@-"))
    return {};
  return "is no name of a session: expected 2 to 64 of a-z A-Z 0-9 _ + = , . @ -";
}

}  // namespace streamonce::aws
