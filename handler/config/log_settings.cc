#include "handler/config/log_settings.h"

#include "runtime/base/text.h"

namespace streamonce::handler {

Result<LogSettings> load_log_settings(const Environment& environment) {
  LogSettings settings;
  if (const auto text = environment("AWS_LAMBDA_LOG_LEVEL")) {
    const auto level = parse_log_level(*text);
    if (!level) {
      return invalid_argument("AWS_LAMBDA_LOG_LEVEL: " + in_quotes(*text) +
                              ": expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL");
    }
    settings.level = *level;
    if (*level > LogLevel::kInfo) settings.metrics_level = *text;
  }
  if (const auto text = environment("AWS_LAMBDA_LOG_FORMAT")) {
    const auto format = parse_log_format(*text);
    if (!format) {
      return invalid_argument("AWS_LAMBDA_LOG_FORMAT: " + in_quotes(*text) +
                              ": expected JSON or Text");
    }
    settings.format = *format;
  }
  return settings;
}

}  // namespace streamonce::handler
