#include "runtime/aws/profile_credentials.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/aws/fetched_credentials.h"
#include "runtime/aws/process_credentials.h"
#include "runtime/base/text.h"

namespace streamonce::aws {
namespace {

using Provider = std::shared_ptr<CredentialsProvider>;

std::string name_of(std::string_view profile) {
  return "the profile " + quoted_excerpt(profile);
}

/// The keys of `profile`; none: it has none.
Result<std::optional<Credentials>> keys_of(std::string_view profile, const ProfileFiles& files) {
  const auto [id, secret, token] = files.keys(profile);
  if (id.empty() && secret.empty()) return std::optional<Credentials>();
  if (id.empty() || secret.empty())
    return invalid_argument(name_of(profile) + " has no " +
                            (id.empty() ? "aws_access_key_id" : "aws_secret_access_key") +
                            ", but the other half of the pair");
  return std::optional<Credentials>(Credentials{.access_key_id = std::string(id),
                                                .secret_access_key = std::string(secret),
                                                .session_token = std::string(token),
                                                .expiry = {}});
}

/// The keys of a profile, which others may replace in the files.
class KeysOfProfile final : public FetchedCredentials {
 public:
  KeysOfProfile(std::string profile, const CredentialAccess& access)
      : FetchedCredentials(name_of(profile), access.clock, access.logger),
        profile_(std::move(profile)),
        environment_(access.environment) {}

 private:
  Result<Credentials> fetch(WallTime /*now*/, std::chrono::milliseconds /*time*/) override {
    const ProfileFiles files = STREAMONCE_TRY(ProfileFiles::load(environment_));
    std::optional<Credentials> keys = STREAMONCE_TRY(keys_of(profile_, files));
    if (!keys) return invalid_argument("it has no keys any more");
    return *std::move(keys);
  }

  const std::string profile_;
  const FindVariable environment_;
};

class ProfileReader {
 public:
  ProfileReader(const ProfileFiles& files, const CredentialAccess& access)
      : files_(files),
        access_(access) {}

  Result<Provider> open(const std::string& profile) {
    if (way_.size() == kProfilesMax)
      return invalid_argument("more than " + std::to_string(kProfilesMax) +
                              " profiles are each other's source_profile");
    const bool is_source = !way_.empty();
    if (!files_.has(profile))
      return invalid_argument(name_of(profile) +
                              (is_source
                                   ? ", the source_profile of " + quoted_excerpt(way_.back()) + ","
                                   : std::string()) +
                              " is not in " + files_.paths());
    const bool has_role = !files_.value(profile, "role_arn").empty();
    const bool has_keys = STREAMONCE_TRY(keys_of(profile, files_)).has_value();
    if (has_keys && (is_source || !has_role))
      return Provider(std::make_shared<KeysOfProfile>(profile, access_));
    if (has_role) return open_role_of(profile);
    if (const auto command = files_.value(profile, "credential_process"); !command.empty())
      return Provider(std::make_shared<ProcessCredentials>(
          "the credential_process of " + name_of(profile), std::string(command), access_.clock,
          access_.logger));
    for (const char* key : {"sso_", "login_session"})
      if (files_.has_any(profile, key)) return needs_a_person(profile, key);
    if (is_source)
      return invalid_argument(name_of(profile) + ", the source_profile of " +
                              quoted_excerpt(way_.back()) + ", has no credentials");
    return Provider();
  }

 private:
  static Error needs_a_person(std::string_view profile, std::string_view key) {
    const std::string command =
        "aws configure export-credentials --profile " + std::string(profile);
    return invalid_argument(
        name_of(profile) + " has " + std::string(key) + (key.ends_with('_') ? "..." : "") +
        ", which is left to the AWS CLI. Let it hand the credentials over: eval \"$(" + command +
        " --format env)\"; or, so that they are renewed, from another profile with "
        "credential_process = " +
        command + " --format process");
  }

  Result<Provider> open_role_of(const std::string& profile) {
    if (std::find(way_.begin(), way_.end(), profile) != way_.end()) return circle(profile);
    if (files_.has_any(profile, "mfa_serial")) return needs_a_person(profile, "mfa_serial");
    RoleOptions role{.role_arn = std::string(files_.value(profile, "role_arn")),
                     .external_id = std::string(files_.value(profile, "external_id")),
                     .session_name = std::string(files_.value(profile, "role_session_name"))};
    if (const auto text = files_.value(profile, "duration_seconds"); !text.empty()) {
      const auto seconds = seconds_of(text);
      if (!seconds)
        return invalid_argument(name_of(profile) + ": duration_seconds: expected a number");
      role.duration = std::chrono::seconds(*seconds);
    }
    Result<Provider> made = role_of(profile, std::move(role));
    if (!made) return with_context(name_of(profile), std::move(made).error());
    return made;
  }

  Result<Provider> role_of(const std::string& profile, RoleOptions role) {
    const std::string token(files_.value(profile, "web_identity_token_file"));
    const std::string source(files_.value(profile, "source_profile"));
    const std::string_view kind = files_.value(profile, "credential_source");
    if ((token.empty() ? 0 : 1) + (source.empty() ? 0 : 1) + (kind.empty() ? 0 : 1) != 1)
      return invalid_argument(
          "a role needs one of source_profile, credential_source and web_identity_token_file");
    if (!token.empty()) return open_role_with_web_identity(std::move(role), token, access_);
    way_.push_back(profile);
    Provider base = source.empty() ? STREAMONCE_TRY(source_of(kind)) : STREAMONCE_TRY(open(source));
    return open_role(std::move(role), std::move(base), access_);
  }

  /// The credentials of a credential_source.
  Result<Provider> source_of(std::string_view kind) const {
    Provider source;
    if (kind == "Environment") {
      source = STREAMONCE_TRY(environment_credentials(access_));
    } else if (kind == "EcsContainer") {
      source = STREAMONCE_TRY(container_credentials(access_.environment, access_.transport,
                                                    access_.clock, access_.logger));
    } else if (kind == "Ec2InstanceMetadata") {
      source = STREAMONCE_TRY(instance_credentials(access_.environment, access_.transport,
                                                   access_.clock, access_.logger));
    } else {
      return invalid_argument("credential_source: " + quoted_excerpt(kind) +
                              ": expected Environment, EcsContainer or Ec2InstanceMetadata");
    }
    if (source == nullptr)
      return invalid_argument("credential_source: " + std::string(kind) + " has no credentials");
    return source;
  }

  Error circle(std::string_view profile) const {
    std::string message = "profiles are each other's source_profile: ";
    for (const std::string& each : way_) message += quoted_excerpt(each) + " -> ";
    return invalid_argument(message + quoted_excerpt(profile));
  }

  static std::optional<int> seconds_of(std::string_view text) {
    int number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || rest != end) return std::nullopt;
    return number;
  }

  const ProfileFiles& files_;
  const CredentialAccess& access_;
  std::vector<std::string> way_;  // the profiles whose source is looked for, each once
};

}  // namespace

Result<std::shared_ptr<CredentialsProvider>> profile_credentials(const std::string& name,
                                                                 const ProfileFiles& files,
                                                                 const CredentialAccess& access) {
  return ProfileReader(files, access).open(name);
}

}  // namespace streamonce::aws
