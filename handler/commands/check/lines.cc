#include "handler/commands/check/lines.h"

#include <algorithm>

namespace streamonce::handler::check {

void append_line(std::string& text, std::string_view label, std::string_view words) {
  text.append("  ").append(label).append(kTextColumn - 2 - label.size(), ' ');
  std::size_t column = kTextColumn;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (column + word.size() > kColumns && column > kTextColumn) {
      text.back() = '\n';
      text.append(kTextColumn, ' ');
      column = kTextColumn;
    }
    text.append(word).append(words.empty() ? "\n" : " ");
    column += word.size() + 1;
  }
}

}  // namespace streamonce::handler::check
