// handler/config/log_settings.h: what Lambda's own settings say about the log.
//
// Source:  AWS Lambda, "Advanced logging controls", "Log-level filtering".
// Threads: a pure function.

#pragma once

#include <string>

#include "handler/config/environment.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  /// The level of lines that are no messages and must reach CloudWatch whatever the level is, as
  /// those of metrics: Lambda drops a line of JSON that is below the function's level. INFO, or the
  /// function's own level where that is higher, as its variable has it, so that a line is as
  /// harmless as it may be and passes.
  std::string metrics_level = "INFO";
};

/// Reads AWS_LAMBDA_LOG_LEVEL and AWS_LAMBDA_LOG_FORMAT.
/// @error kInvalidArgument  a value that is none of Lambda's
Result<LogSettings> load_log_settings(const Environment& environment);

}  // namespace streamonce::handler
