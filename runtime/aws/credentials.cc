#include "runtime/aws/credentials.h"

#include <algorithm>
#include <utility>

namespace streamonce::aws {
namespace {

/// Whether `c` may stand in a header without changing it.
bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

/// Checks one credential. The message says which character is wrong, and not what is around it.
Status check_credential(std::string_view variable, std::string_view text) {
  const auto bad = std::find_if_not(text.begin(), text.end(), is_visible);
  if (bad == text.end()) return {};
  const char* what = *bad == '\n' || *bad == '\r'  ? "a line break"
                     : *bad == ' ' || *bad == '\t' ? "a blank"
                                                   : "no visible ASCII character";
  return Error{ErrorCode::kInvalidArgument,
               std::string(variable) + ": character " + std::to_string(bad - text.begin() + 1) +
                   " of " + std::to_string(text.size()) + " is " + what +
                   ": expected AWS credentials, which hold neither blanks nor control characters"};
}

Result<std::shared_ptr<const Credentials>> checked(Credentials credentials) {
  STREAMONCE_TRY(check_credentials(credentials));
  return std::make_shared<const Credentials>(std::move(credentials));
}

}  // namespace

std::array<std::string_view, 3> secrets_of(const Credentials& credentials) {
  return {credentials.access_key_id, credentials.secret_access_key, credentials.session_token};
}

Status check_credentials(const Credentials& credentials) {
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty())
    return Error{ErrorCode::kInvalidArgument,
                 "AWS credentials must be set (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and "
                 "AWS_SESSION_TOKEN if they are temporary)"};
  STREAMONCE_TRY(check_credential("AWS_ACCESS_KEY_ID", credentials.access_key_id));
  STREAMONCE_TRY(check_credential("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key));
  return check_credential("AWS_SESSION_TOKEN", credentials.session_token);
}

StaticCredentials::StaticCredentials(Credentials credentials)
    : credentials_(checked(std::move(credentials))) {}

Result<std::shared_ptr<const Credentials>> StaticCredentials::get(
    WallTime /*now*/, std::chrono::milliseconds /*time_left*/) {
  return credentials_;
}

}  // namespace streamonce::aws
