// tests/fuzz/message.h: an input as lines of fields, an empty line and a body, as HTTP has them.
//
// So a seed is a text that a person can read, and a mutation of one field leaves the others whole.
//
// Ownership: a message borrows the input.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::fuzz {

struct Message {
  /// Name and value of each line; a line without the separator is all name.
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  std::string_view body;

  /// The first line as it is, if it has no separator.
  std::string_view first_line() const {
    return fields.empty() ? std::string_view() : fields.front().first;
  }
  std::optional<std::string_view> value_of(std::string_view name) const {
    for (const auto& field : fields)
      if (field.first == name) return field.second;
    return std::nullopt;
  }
};

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view()
                   : std::string_view(reinterpret_cast<const char*>(data), size);
}

inline Message message_of(std::string_view input, char separator) {
  Message message;
  while (!input.empty() && !input.starts_with('\n')) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(line.size());
    if (input.starts_with('\n')) input.remove_prefix(1);
    const std::size_t end = line.find(separator);
    const std::string_view name = line.substr(0, end);
    std::string_view value;
    if (end != std::string_view::npos) value = line.substr(end + 1);
    if (separator == ':' && value.starts_with(' ')) value.remove_prefix(1);
    message.fields.emplace_back(name, value);
  }
  if (!input.empty()) input.remove_prefix(1);  // the empty line
  message.body = input;
  return message;
}

}  // namespace streamonce::fuzz
