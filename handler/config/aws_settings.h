// handler/config/aws_settings.h: the settings that AWS's own tools have, under AWS's own names.
//
// Source:  AWS Lambda, "Defined runtime environment variables"; AWS SDKs and Tools reference guide,
//          "Service-specific endpoints" (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB,
//          AWS_ENDPOINT_URL_DYNAMODB_STREAMS, AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL_S3).
// Threads: functions of the environment, and of which certificate files there are.

#pragma once

#include <string>
#include <string_view>

#include "handler/config/environment.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

struct AwsSettings {
  std::string region;
  std::string endpoint_url;          ///< for DynamoDB; empty: the Region's own
  std::string streams_endpoint_url;  ///< for DynamoDB Streams; empty: the stream's Region's own
  std::string s3_endpoint_url;       ///< for S3; empty: the bucket's Region's own
  std::string lambda_endpoint_url;   ///< for Lambda; empty: the Region's own
  std::string ca_bundle_path;        ///< empty: none was found; needed for https only
};

/// The Region that the environment names; empty: none.
std::string region_of(const Environment& environment);

/// Reads the settings of AWS's own tools, but for credentials, which are looked for only where they
/// are used. load_settings() calls this for a DynamoDB target; a SQLite target needs them only once
/// a stream has to be read. The Region may be empty.
/// @error kInvalidArgument  a certificate file that is named does not exist
Result<AwsSettings> load_aws(const Environment& environment);

/// Whether the file of trusted certificates that is named is there, if one is.
/// @error kInvalidArgument  it is not
Status check_named_ca_bundle(const Environment& environment);

/// Whether there are certificates to trust, if `endpoint_url` (empty: a public one) needs any.
/// @error kInvalidArgument  there are none; the message says how to name them
Status check_trust(const AwsSettings& aws, std::string_view endpoint_url);

}  // namespace streamonce::handler
