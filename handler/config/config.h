// handler/config/config.h: the settings of one run, from file, environment and command line.
//
// The environment is stronger than the file, and the command line stronger than both. Every value
// is checked here; a message names the setting, where it came from and what is wrong with it.
//
// Source:  AWS Lambda, "Defined runtime environment variables"; AWS SDKs and Tools reference guide,
//          "Service-specific endpoints" (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB,
//          AWS_ENDPOINT_URL_DYNAMODB_STREAMS); DynamoDB, "Naming rules".
// Threads: pure functions but for process_environment() and the reading of the file.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// Looks an environment variable up. An empty value counts as none.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// The environment of this process.
Environment process_environment();

enum class TargetKind : std::uint8_t { kDynamoDb, kSqlite };

struct TargetName {
  TargetKind kind = TargetKind::kSqlite;
  std::string name;  ///< a table, or the path of a database file
};

struct AwsSettings {
  std::string region;
  std::string endpoint_url;          ///< for DynamoDB; empty: the Region's own
  std::string streams_endpoint_url;  ///< for DynamoDB Streams; empty: the stream's Region's own
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;   ///< empty: none
  std::string ca_bundle_path;  ///< empty: none was found; needed for https only
};

struct Config {
  TargetName target;
  std::string ledger;  ///< a DynamoDB table; empty for SQLite
  std::string name;    ///< the pipeline's name; empty: that of each record's source table
  std::optional<std::chrono::days> retain;
  AwsSettings aws;  ///< checked for DynamoDB targets only
};

/// What the command line says; unset: it says nothing.
struct ConfigOptions {
  std::optional<std::string> target;
  std::optional<std::string> ledger;
  std::optional<std::string> config_path;
  /// The file beside the binary, which is read if it exists and nothing names another.
  std::string default_config_path;
};

/// @error kInvalidArgument  a setting is absent or wrong; the message says which and how to mend it
Result<Config> load_config(const ConfigOptions& options, const Environment& environment);

/// Reads the settings of AWS's own tools. load_config() calls this for a DynamoDB target; a SQLite
/// target needs them only once a stream has to be read. The Region may be empty.
/// @error kInvalidArgument  credentials are absent, or a certificate file that is named does not
///                          exist; the message says how to mend it
Result<AwsSettings> load_aws(const Environment& environment);

/// Whether there are certificates to trust, if `endpoint_url` (empty: a public one) needs any.
/// @error kInvalidArgument  there are none; the message says how to name them
Status check_trust(const AwsSettings& aws, std::string_view endpoint_url);

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};

/// Reads AWS_LAMBDA_LOG_LEVEL and AWS_LAMBDA_LOG_FORMAT.
/// @error kInvalidArgument  a value that is none of Lambda's
Result<LogSettings> load_log_settings(const Environment& environment);

}  // namespace streamonce::handler
