#include "runtime/aws/xml_walk.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>

#include "runtime/base/text.h"

namespace streamonce::aws {
namespace {

constexpr std::string_view kXmlBlanks = " \t\r\n";

bool is_name_character(char c) {
  return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.' || c == ':';
}

/// The character of a reference, as in `amp` or `#x2F`; ASCII, since no other is written so in what
/// is read here. None: there is no such reference.
std::optional<char> character_of(std::string_view reference) {
  if (reference == "amp") return '&';
  if (reference == "lt") return '<';
  if (reference == "gt") return '>';
  if (reference == "quot") return '"';
  if (reference == "apos") return '\'';
  if (!reference.starts_with('#')) return std::nullopt;
  const bool is_hex = reference.starts_with("#x");
  const std::string_view digits = reference.substr(is_hex ? 2 : 1);
  unsigned number = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number, is_hex ? 16 : 10);
  if (error != std::errc() || rest != end || number == 0 || number > 0x7F) return std::nullopt;
  return static_cast<char>(number);
}

class Walk {
 public:
  Walk(std::string_view xml, const TakeXmlText& take) : rest_(xml), take_(take) {}

  bool run() {
    skip_blanks();
    if (rest_.starts_with("<?") && !skip_behind("?>")) return false;
    skip_blanks();
    if (!element()) return false;
    while (depth_ > 0)
      if (!text() || !element()) return false;
    skip_blanks();
    return rest_.empty();
  }

 private:
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kXmlBlanks), rest_.size()));
  }

  bool skip_behind(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }

  std::string_view name() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_name_character);
    const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(name.size());
    return name;
  }

  /// Takes a tag, of either end.
  bool element() {
    if (!rest_.starts_with('<')) return false;
    rest_.remove_prefix(1);
    const bool is_end = rest_.starts_with('/');
    if (is_end) rest_.remove_prefix(1);
    const std::string_view tag = name();
    if (tag.empty()) return false;
    if (is_end) {
      skip_blanks();
      return skip_one('>') && close(tag);
    }
    open(tag);
    return attributes() && depth_ <= kXmlDepthMax;
  }

  void open(std::string_view tag) {
    if (!path_.empty()) path_ += '/';
    path_ += tag;
    ++depth_;
    is_leaf_ = true;
    text_.clear();
  }

  bool close(std::string_view tag) {
    if (depth_ == 0) return false;
    const std::size_t slash = path_.rfind('/');
    const std::size_t start = slash == std::string::npos ? 0 : slash + 1;
    if (std::string_view(path_).substr(start) != tag) return false;
    if (is_leaf_) take_(path_, text_);
    path_.resize(slash == std::string::npos ? 0 : slash);
    --depth_;
    is_leaf_ = false;
    text_.clear();
    return true;
  }

  bool skip_one(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Passes over attributes, and takes the end of the tag.
  bool attributes() {
    for (;;) {
      skip_blanks();
      if (skip_one('>')) return true;
      if (skip_one('/')) {
        const std::string_view tag = std::string_view(path_).substr(path_.rfind('/') + 1);
        return skip_one('>') && close(tag);
      }
      if (name().empty() || !skip_one('=')) return false;
      const char quote = rest_.empty() ? '\0' : rest_.front();
      if (quote != '"' && quote != '\'') return false;
      rest_.remove_prefix(1);
      if (!skip_behind({&quote, 1})) return false;
    }
  }

  /// Takes what stands before the next tag.
  bool text() {
    const std::size_t end = std::min(rest_.find('<'), rest_.size());
    std::string_view raw = rest_.substr(0, end);
    rest_.remove_prefix(end);
    while (!raw.empty()) {
      const std::size_t reference = raw.find('&');
      text_ += raw.substr(0, reference);
      if (reference == std::string_view::npos) return true;
      const std::size_t semicolon = raw.find(';', reference);
      if (semicolon == std::string_view::npos) return false;
      const auto c = character_of(raw.substr(reference + 1, semicolon - reference - 1));
      if (!c) return false;
      text_ += *c;
      raw.remove_prefix(semicolon + 1);
    }
    return true;
  }

  std::string_view rest_;
  const TakeXmlText& take_;
  std::string path_;
  std::string text_;
  int depth_ = 0;
  bool is_leaf_ = false;  // whether the innermost open element has had none in it so far
};

}  // namespace

bool walk_xml(std::string_view xml, const TakeXmlText& take) {
  return Walk(xml, take).run();
}

}  // namespace streamonce::aws
