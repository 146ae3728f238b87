// runtime/base/log.h: one line for each event worth knowing, as JSON or as text.
//
// Source: AWS Lambda, "Advanced logging controls": AWS_LAMBDA_LOG_FORMAT (JSON | Text) and
//         AWS_LAMBDA_LOG_LEVEL (TRACE .. FATAL); a JSON line needs `level` and an RFC 3339
//         `timestamp` to be filtered by level.
// Rule:   no item value, key value, credential or token is ever handed to this function. Names,
//         counts, sequence numbers and a service's error codes are what is logged.
// Threads: one thread at a time. Borrows: clock; it must outlive the logger.

#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/base/clock.h"

namespace streamonce {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kFatal };
enum class LogFormat : std::uint8_t { kText, kJson };

/// `TRACE` .. `FATAL`, in any case. No value if the name is none of them.
std::optional<LogLevel> parse_log_level(std::string_view name);
/// `JSON` or `Text`, in any case. No value if the name is neither.
std::optional<LogFormat> parse_log_format(std::string_view name);

struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, bool> value;

  LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, const std::string& text)
      : name(field_name),
        value(std::string_view(text)) {}
  LogField(std::string_view field_name, const char* text)
      : name(field_name),
        value(std::string_view(text)) {}
  template <class Integer>
  requires std::is_integral_v<Integer> LogField(std::string_view field_name, Integer number)
      : name(field_name) {
    if constexpr (std::is_same_v<Integer, bool>)
      value = number;
    else
      value = static_cast<std::int64_t>(number);
  }
};

class Logger {
 public:
  /// Takes one finished line, newline included.
  using Sink = std::function<void(std::string_view line)>;

  struct Options {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kText;
    Sink sink;
  };

  Logger(Options options, const Clock& clock);

  /// Writes one line, if `level` is at or above the level that was asked for.
  void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) {
    log(level, message, std::span(fields.begin(), fields.size()));
  }
  void log(LogLevel level, std::string_view message, std::span<const LogField> fields);

  /// The request that the following lines belong to; empty: none.
  void set_request_id(std::string_view request_id) { request_id_ = request_id; }
  bool enabled(LogLevel level) const { return level >= options_.level; }

 private:
  Options options_;
  const Clock& clock_;
  std::string request_id_;
  std::string line_;  // the buffer of each line in turn
};

/// A sink that writes to standard error, the whole line in one call.
/// Lambda takes standard output and standard error alike; `invoke` keeps standard output clean.
void write_to_stderr(std::string_view line);

}  // namespace streamonce
