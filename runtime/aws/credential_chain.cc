#include "runtime/aws/credential_chain.h"

#include <optional>
#include <string>
#include <utility>

#include "runtime/aws/profile_credentials.h"
#include "runtime/aws/profile_files.h"
#include "runtime/base/iso_time.h"
#include "runtime/base/text.h"

namespace streamonce::aws {
namespace {

using Provider = std::shared_ptr<CredentialsProvider>;

Result<StsAccess> sts_of(const CredentialAccess& access) {
  const auto first_of = [&](const char* stronger, const char* weaker) {
    auto value = access.environment(stronger);
    if (!value) value = access.environment(weaker);
    return value.value_or("");
  };
  Region region = STREAMONCE_TRY(Region::parse(first_of("AWS_REGION", "AWS_DEFAULT_REGION")));
  return StsAccess{.region = std::move(region),
                   .endpoint_url = first_of("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"),
                   .transport = access.transport,
                   .clock = access.clock,
                   .logger = access.logger,
                   .random_seed = access.random_seed};
}

/// When the credentials of the environment end, as the AWS CLI hands it over; none: it is not told.
Result<std::optional<WallTime>> expiry_of_environment(const CredentialAccess& access) {
  constexpr const char* kVariable = "AWS_CREDENTIAL_EXPIRATION";
  const auto text = access.environment(kVariable);
  if (!text) return std::optional<WallTime>();
  const std::optional<WallTime> expiry = parse_wall_time(*text);
  if (!expiry)
    return invalid_argument(std::string(kVariable) +
                            ", the end of AWS_ACCESS_KEY_ID: expected a time as in "
                            "2026-11-21T00:44:22Z");
  const std::string end = format_rfc3339(*expiry);
  if (*expiry <= access.clock.now())
    return invalid_argument("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ran out at " + end + " (" +
                            kVariable + "): new ones are needed");
  access.logger.log(LogLevel::kInfo, "credentials of the environment end, and are not renewed",
                    {{"expiry", end}});
  return expiry;
}

/// The role of AWS_ROLE_ARN; null: there is no token for one.
Result<Provider> web_identity(const CredentialAccess& access) {
  const auto token_path = access.environment("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!token_path) return Provider();
  const auto role_arn = access.environment("AWS_ROLE_ARN");
  if (!role_arn)
    return invalid_argument("AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not");
  return open_role_with_web_identity(
      {.role_arn = *role_arn,
       .session_name = access.environment("AWS_ROLE_SESSION_NAME").value_or("")},
      *token_path, access);
}

/// Says that there are no credentials, and where none are.
/// @param instance  what the metadata service said
Error nothing_found(std::string_view profile, const ProfileFiles& files,
                    std::string_view instance) {
  return invalid_argument(
      "no AWS credentials were found: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; the "
      "profile " +
      quoted_excerpt(profile) + " has none, or is not in " + files.paths() +
      "; AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set; " +
      std::string(instance) +
      ". Set the first two, or let the AWS CLI hand over what it has: "
      "eval \"$(aws configure export-credentials --format env)\"");
}

/// The instance's role, which is asked for at once: where there is no such service, there is
/// nothing.
Result<Provider> instance_or_nothing(std::string_view profile, const ProfileFiles& files,
                                     const CredentialAccess& access) {
  Provider instance = STREAMONCE_TRY(
      instance_credentials(access.environment, access.transport, access.clock, access.logger));
  if (instance == nullptr)
    return nothing_found(profile, files, "AWS_EC2_METADATA_DISABLED is true");
  const auto asked = instance->get(access.clock.now(), kNoDeadline);
  if (!asked) return nothing_found(profile, files, asked.error().message);
  return instance;
}

}  // namespace

Result<Provider> environment_credentials(const CredentialAccess& access) {
  const FindVariable& environment = access.environment;
  auto id = environment("AWS_ACCESS_KEY_ID");
  auto secret = environment("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) return Provider();
  if (!id || !secret)
    return invalid_argument(std::string(id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY") +
                            " is set, and " + (id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID") +
                            " is not: AWS credentials are both of them");
  const auto expiry = STREAMONCE_TRY(expiry_of_environment(access));
  return Provider(std::make_shared<StaticCredentials>(
      Credentials{.access_key_id = *std::move(id),
                  .secret_access_key = *std::move(secret),
                  .session_token = environment("AWS_SESSION_TOKEN").value_or(""),
                  .expiry = expiry}));
}

Result<Provider> open_credentials(const CredentialAccess& access) {
  Provider found = STREAMONCE_TRY(environment_credentials(access));
  if (found != nullptr) return found;
  if (access.environment("AWS_LAMBDA_RUNTIME_API"))
    return invalid_argument(
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: in Lambda the function's role "
        "gives them");
  const auto named = access.environment("AWS_PROFILE");
  const std::string profile = named.value_or("default");
  const ProfileFiles files = STREAMONCE_TRY(ProfileFiles::load(access.environment));
  if (named || files.has(profile))
    found = STREAMONCE_TRY(profile_credentials(profile, files, access));
  if (named && found == nullptr)
    return invalid_argument("the profile " + quoted_excerpt(profile) +
                            ", which AWS_PROFILE names, has no credentials in " + files.paths());
  if (found == nullptr) found = STREAMONCE_TRY(web_identity(access));
  if (found == nullptr)
    found = STREAMONCE_TRY(
        container_credentials(access.environment, access.transport, access.clock, access.logger));
  if (found != nullptr) return found;
  return instance_or_nothing(profile, files, access);
}

Result<Provider> open_role(RoleOptions options, Provider base, const CredentialAccess& access) {
  return assume_role(std::move(options), std::move(base), STREAMONCE_TRY(sts_of(access)));
}

Result<Provider> open_role_with_web_identity(RoleOptions options, std::string token_path,
                                             const CredentialAccess& access) {
  return assume_role_with_web_identity(std::move(options), std::move(token_path),
                                       STREAMONCE_TRY(sts_of(access)));
}

}  // namespace streamonce::aws
