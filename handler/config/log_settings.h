// handler/config/log_settings.h: what Lambda's own settings say about the log.
//
// Source:  AWS Lambda, "Advanced logging controls".
// Threads: a pure function.

#pragma once

#include "handler/config/environment.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};

/// Reads AWS_LAMBDA_LOG_LEVEL and AWS_LAMBDA_LOG_FORMAT.
/// @error kInvalidArgument  a value that is none of Lambda's
Result<LogSettings> load_log_settings(const Environment& environment);

}  // namespace streamonce::handler
