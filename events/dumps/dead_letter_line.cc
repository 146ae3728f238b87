#include "events/dumps/dead_letter_line.h"

#include <simdjson.h>

#include "runtime/base/base64.h"
#include "runtime/base/check.h"
#include "runtime/base/json_text.h"
#include "runtime/base/payload.h"
#include "runtime/json/json_walk.h"

namespace streamonce::events {
namespace {

/// A text that is no longer is kept as a text, whether it is mostly escapes or not.
constexpr std::size_t kShortBytes = 256;

/// Whether `text` is one JSON object, all of it.
bool is_json_object(std::string_view text) {
  const Payload padded = Payload::copy_of(text);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document json;
  simdjson::ondemand::json_type type;
  simdjson::ondemand::value whole;
  return !json::open(parser, padded.view(), json) && !json.type().get(type) &&
         type == simdjson::ondemand::json_type::object && !json.get_value().get(whole) &&
         !json::walk_any(whole) && json::at_end(json);
}

}  // namespace

std::string one_line(std::string_view json) {
  std::string line(json.size() + kPayloadPaddingBytes, '\0');
  std::size_t size = 0;
  const simdjson::error_code error = simdjson::minify(json.data(), json.size(), line.data(), size);
  STREAMONCE_CHECK(!error);
  line.resize(size);
  return line;
}

std::string unreadable_line(std::string_view text, std::string_view reason) {
  if (is_json_object(text)) return one_line(text);

  std::string line = R"({"unreadableDocument":)";
  const bool is_text = simdjson::validate_utf8(text.data(), text.size());
  if (is_text) append_json_string(line, text);
  const std::size_t bytes_size = text.size() / 3 * 4;
  if (!is_text || line.size() > bytes_size + text.size() / 8 + kShortBytes) {
    line = R"({"unreadableBytes":)";
    append_json_string(line, to_base64(text));
  }
  line += R"(,"reason":)";
  append_json_string(line, reason);
  return line + '}';
}

}  // namespace streamonce::events
