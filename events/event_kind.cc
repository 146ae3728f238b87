#include "events/event_kind.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "runtime/base/text_encoding.h"

namespace streamonce::events {
namespace {

/// Goes through JSON from its start. What is no JSON leads to a step that fails.
class Steps {
 public:
  explicit Steps(std::string_view text) : rest_(text) {}

  /// Goes behind `mark`, if it is next.
  bool take(char mark) {
    skip_space();
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Goes behind a string, whose text is `text`, escapes as they are.
  bool take_string(std::string_view& text) {
    if (!take('"')) return false;
    for (std::size_t end = rest_.find('"'); end != std::string_view::npos;
         end = rest_.find('"', end + 1)) {
      if (is_escaped(end)) continue;
      text = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      return true;
    }
    return false;
  }

  /// Goes behind a value of any kind.
  bool skip_value() {
    std::size_t depth = 0;
    do {
      std::string_view unused;
      if (take('{') || take('[')) {
        ++depth;
      } else if (take('}') || take(']')) {
        if (depth-- == 0) return false;
      } else if (take(',') || take(':')) {
        if (depth == 0) return false;
      } else if (!take_string(unused) && !skip_word()) {
        return false;
      }
    } while (depth > 0);
    return true;
  }

  /// Goes behind the first `{` and to the value of the member that `is_wanted` holds of.
  template <class IsWanted>
  bool find_member(IsWanted is_wanted) {
    if (!take('{')) return false;
    do {
      std::string_view name;
      if (!take_string(name) || !take(':')) return false;
      if (is_wanted(name)) return true;
      if (!skip_value()) return false;
    } while (take(','));
    return false;
  }

 private:
  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  /// A number, true, false or null.
  bool skip_word() {
    const std::size_t length = std::min(rest_.find_first_of(",:{}[]\" \t\r\n"), rest_.size());
    rest_.remove_prefix(length);
    return length > 0;
  }

  /// Whether the character at `place` has an odd number of backslashes before it.
  bool is_escaped(std::size_t place) const {
    std::size_t start = place;
    while (start > 0 && rest_[start - 1] == '\\') --start;
    return (place - start) % 2 == 1;
  }

  std::string_view rest_;
};

}  // namespace

bool is_queue_event(PayloadView event) {
  Steps steps(without_byte_order_mark(event.text));
  std::string_view source;
  return steps.find_member([](std::string_view name) { return name == "Records"; }) &&
         steps.take('[') &&
         steps.find_member([](std::string_view name) { return name == "eventSource"; }) &&
         steps.take_string(source) && source == "aws:sqs";
}

}  // namespace streamonce::events
