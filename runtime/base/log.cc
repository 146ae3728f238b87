#include "runtime/base/log.h"

#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/file.h"
#include "runtime/base/json_text.h"

namespace streamonce {
namespace {

constexpr std::array<std::string_view, 6> kLevelNames = {"TRACE", "DEBUG", "INFO",
                                                         "WARN",  "ERROR", "FATAL"};

bool same_without_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// Whether `text` can stand in a line of text as it is: one word of printable ASCII.
bool is_plain_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c > ' ' && c <= '~' && c != '"'; });
}

void append_json_value(std::string& line, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value))
    append_json_string(line, *text);
  else if (const auto* number = std::get_if<std::int64_t>(&field.value))
    line += std::to_string(*number);
  else
    line += std::get<bool>(field.value) ? "true" : "false";
}

void append_text_value(std::string& line, const LogField& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  if (text != nullptr && is_plain_word(*text))
    line += *text;
  else
    append_json_value(line, field);
}

/// A message is words: as it is, unless it would break the line.
void append_text_message(std::string& line, std::string_view message) {
  const bool breaks_line = std::any_of(message.begin(), message.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 0x7F;
  });
  if (breaks_line)
    append_json_string(line, message);
  else
    line += message;
}

void append_json_member(std::string& line, const LogField& field) {
  line += ',';
  append_json_string(line, field.name);
  line += ':';
  append_json_value(line, field);
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i)
    if (same_without_case(name, kLevelNames[i])) return static_cast<LogLevel>(i);
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view name) {
  if (same_without_case(name, "JSON")) return LogFormat::kJson;
  if (same_without_case(name, "Text")) return LogFormat::kText;
  return std::nullopt;
}

Logger::Logger(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

void Logger::log(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  if (!enabled(level)) return;
  const std::string_view level_name = kLevelNames[static_cast<std::size_t>(level)];
  const std::string timestamp = format_rfc3339(clock_.now());
  line_.clear();
  if (options_.format == LogFormat::kJson) {
    line_ += R"({"timestamp":")" + timestamp + R"(","level":")";
    line_ += level_name;
    line_ += R"(","message":)";
    append_json_string(line_, message);
    if (!request_id_.empty()) append_json_member(line_, {"requestId", request_id_});
    for (const LogField& field : fields) append_json_member(line_, field);
    line_ += "}\n";
  } else {
    line_ += timestamp;
    line_ += ' ';
    line_ += level_name;
    line_ += ' ';
    append_text_message(line_, message);
    const auto append = [&](const LogField& field) {
      line_ += ' ';
      line_ += field.name;
      line_ += '=';
      append_text_value(line_, field);
    };
    if (!request_id_.empty()) append({"requestId", request_id_});
    for (const LogField& field : fields) append(field);
    line_ += '\n';
  }
  options_.sink(line_);
}

void write_to_stderr(std::string_view line) {
  write_to_descriptor(STDERR_FILENO, line);
}

}  // namespace streamonce
