#include "handler/config/aws_settings.h"

#include <array>
#include <initializer_list>
#include <utility>

#include "runtime/base/file.h"
#include "runtime/base/text.h"

namespace streamonce::handler {
namespace {

/// Where Amazon Linux and Debian keep the certificates of the authorities they trust.
constexpr std::array<const char*, 2> kCaBundles = {"/etc/pki/tls/certs/ca-bundle.crt",
                                                   "/etc/ssl/certs/ca-certificates.crt"};

/// The path of the file of trusted certificates; empty: there is none where it is looked for.
Result<std::string> find_ca_bundle(const Environment& environment) {
  for (const char* variable : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const auto path = environment(variable);
    if (path && !file_exists(*path))
      return invalid_argument(std::string(variable) + ": " + in_quotes(*path) +
                              ": there is no such file");
    if (path) return *path;
  }
  for (const char* path : kCaBundles)
    if (file_exists(path)) return std::string(path);
  return std::string();
}

}  // namespace

Status check_named_ca_bundle(const Environment& environment) {
  STREAMONCE_TRY(find_ca_bundle(environment));
  return {};
}

Status check_trust(const AwsSettings& aws, std::string_view endpoint_url) {
  if (!aws.ca_bundle_path.empty() || endpoint_url.starts_with("http://")) return {};
  return invalid_argument(std::string("no file of trusted certificates was found at ") +
                          kCaBundles[0] + " or " + kCaBundles[1] +
                          ": name one with AWS_CA_BUNDLE or SSL_CERT_FILE");
}

std::string region_of(const Environment& environment) {
  for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (auto region = environment(variable)) return *std::move(region);
  return {};
}

Result<AwsSettings> load_aws(const Environment& environment) {
  const auto first_of = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (auto value = environment(name)) return *value;
    return std::string();
  };
  std::string ca_bundle_path = STREAMONCE_TRY(find_ca_bundle(environment));
  return AwsSettings{
      .region = region_of(environment),
      .endpoint_url = first_of({"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"}),
      .streams_endpoint_url = first_of({"AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "AWS_ENDPOINT_URL"}),
      .s3_endpoint_url = first_of({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}),
      .lambda_endpoint_url = first_of({"AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"}),
      .ca_bundle_path = std::move(ca_bundle_path),
  };
}

}  // namespace streamonce::handler
