#include "events/attribute_value.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/base/text.h"

namespace streamonce::events {
namespace {

constexpr std::array<std::string_view, 10> kTypeNames = {"S",  "N",  "B",  "BOOL", "NULL",
                                                         "SS", "NS", "BS", "L",    "M"};

/// The bytes that are left. What they do not begin with is no reason to read beyond them: each
/// function says with false, or null, that it found something else.
struct Cursor {
  const char* at;
  const char* end;

  void skip_space() {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) ++at;
  }

  /// Takes `c`, behind white space.
  bool take(char c) {
    skip_space();
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }

  /// Goes behind the quotation mark that ends the string whose first is behind us.
  bool skip_string() {
    const char* const start = at;
    while (at != end) {
      const auto* quote =
          static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
      if (quote == nullptr) return false;
      at = quote + 1;
      // The quotation mark is escaped if an odd number of backslashes stands before it.
      const char* slashes = quote;
      while (slashes != start && slashes[-1] == '\\') --slashes;
      if ((quote - slashes) % 2 == 0) return true;
    }
    return false;
  }

  /// Goes behind the brackets whose first is behind us.
  bool skip_brackets() {
    for (std::size_t depth = 1; at != end;) {
      const char c = *at++;
      if (c == '"') {
        if (!skip_string()) return false;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return true;
      }
    }
    return false;
  }

  /// Goes behind a JSON value, which begins here.
  bool skip_value() {
    if (at == end) return false;
    const char first = *at;
    if (first == '"' || first == '{' || first == '[') {
      ++at;
      return first == '"' ? skip_string() : skip_brackets();
    }
    const char* const start = at;
    while (at != end && *at >= 'a' && *at <= 'z') ++at;  // true, false
    return at != start;
  }

  /// Takes a string, behind white space: what stands between its quotation marks.
  bool take_string(std::string_view& raw) {
    if (!take('"')) return false;
    const char* const start = at;
    if (!skip_string()) return false;
    raw = {start, static_cast<std::size_t>(at - 1 - start)};
    return true;
  }
};

/// The type that `raw` names. It may be escaped as any text may, which nobody does.
bool read_type(std::string_view raw, AttributeType& type) {
  const auto* name = std::find(kTypeNames.begin(), kTypeNames.end(), raw);
  if (name == kTypeNames.end()) {
    name = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                        [&](std::string_view plain) { return same_text(raw, plain); });
  }
  if (name == kTypeNames.end()) return false;
  type = static_cast<AttributeType>(name - kTypeNames.begin());
  return true;
}

/// Takes `{"S":"x"}`, behind white space.
bool take_value(Cursor& cursor, AttributeValue& value) {
  if (!cursor.take('{')) return false;
  const char* const start = cursor.at - 1;
  std::string_view type;
  if (!cursor.take_string(type) || !read_type(type, value.type) || !cursor.take(':')) return false;
  cursor.skip_space();
  const char* const content = cursor.at;
  if (!cursor.skip_value()) return false;
  value.content = {content, static_cast<std::size_t>(cursor.at - content)};
  if (!cursor.take('}')) return false;
  value.json = {start, static_cast<std::size_t>(cursor.at - start)};
  return true;
}

/// Behind the opening bracket of `text`; its end if it has none.
Cursor inside(char bracket, std::string_view text) {
  Cursor cursor{text.data(), text.data() + text.size()};
  if (!cursor.take(bracket)) cursor.at = cursor.end;
  return cursor;
}

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kHighSurrogate = 0xD800;
constexpr char32_t kLowSurrogate = 0xDC00;
constexpr char32_t kSurrogateMask = 0xFC00;

/// The most bytes of a character in UTF-8.
constexpr std::size_t kCharacterBytesMax = 4;
using Character = std::array<char, kCharacterBytesMax>;

/// Writes `point` in UTF-8, and says how many bytes that are.
std::size_t write_utf8(char32_t point, Character& out) {
  const auto continuation = [&](unsigned shift) {
    return static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    out = {static_cast<char>(point)};
    return 1;
  }
  if (point < 0x800) {
    out = {static_cast<char>(0xC0U | (point >> 6U)), continuation(0)};
    return 2;
  }
  if (point < 0x10000) {
    out = {static_cast<char>(0xE0U | (point >> 12U)), continuation(6), continuation(0)};
    return 3;
  }
  out = {static_cast<char>(0xF0U | (point >> 18U)), continuation(12), continuation(6),
         continuation(0)};
  return 4;
}

constexpr char32_t kNoCharacter = 0xFFFFFFFF;

/// The number that the four hexadecimal digits from `at` on are; kNoCharacter: there are none.
char32_t four_digits(const char*& at, const char* end) {
  char32_t number = 0;
  for (int i = 0; i < 4; ++i) {
    if (at == end) return kNoCharacter;
    const char c = *at++;
    const std::size_t digit =
        kHexDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c);
    if (digit == std::string_view::npos) return kNoCharacter;
    number = number * 16 + static_cast<char32_t>(digit);
  }
  return number;
}

/// Takes what stands behind `\u`: one character, for which there may be a second escape.
char32_t take_unicode(const char*& at, const char* end) {
  const char32_t first = four_digits(at, end);
  if (first == kNoCharacter || (first & kSurrogateMask) < kHighSurrogate ||
      (first & kSurrogateMask) > kLowSurrogate)
    return first;
  if ((first & kSurrogateMask) == kLowSurrogate || end - at < 2 || at[0] != '\\' || at[1] != 'u')
    return kReplacement;
  const char* behind = at + 2;
  const char32_t second = four_digits(behind, end);
  if ((second & kSurrogateMask) != kLowSurrogate) return kReplacement;
  at = behind;
  return 0x10000 + ((first - kHighSurrogate) << 10U) + (second - kLowSurrogate);
}

/// Takes what stands behind a backslash, and says how many bytes it has unescaped: never more than
/// it has escaped.
std::size_t take_escape(const char*& at, const char* end, Character& out) {
  if (at == end) return 0;
  const char c = *at++;
  if (c == 'u') {
    const char32_t point = take_unicode(at, end);
    return point == kNoCharacter ? 0 : write_utf8(point, out);
  }
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  const std::size_t letter = kLetters.find(c);
  out[0] = letter == std::string_view::npos ? c : kMeanings[letter];
  return 1;
}

}  // namespace

std::string_view name_of(AttributeType type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

std::optional<AttributeType> attribute_type_of(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i)
    if (name == kTypeNames[i]) return static_cast<AttributeType>(i);
  return {};
}

std::optional<AttributeValue> look(std::string_view json) {
  Cursor cursor{json.data(), json.data() + json.size()};
  AttributeValue value;
  if (!take_value(cursor, value)) return {};
  return value;
}

MemberWalk::MemberWalk(std::string_view object) {
  const Cursor cursor = inside('{', object);
  at_ = cursor.at;
  end_ = cursor.end;
}

bool MemberWalk::next() {
  Cursor cursor{at_, end_};
  (void)cursor.take(',');
  const bool is_there =
      cursor.take_string(raw_name_) && cursor.take(':') && take_value(cursor, value_);
  at_ = is_there ? cursor.at : end_;
  return is_there;
}

ElementWalk::ElementWalk(std::string_view array) {
  const Cursor cursor = inside('[', array);
  at_ = cursor.at;
  end_ = cursor.end;
}

bool ElementWalk::next() {
  Cursor cursor{at_, end_};
  (void)cursor.take(',');
  const bool is_there = take_value(cursor, value_);
  at_ = is_there ? cursor.at : end_;
  return is_there;
}

SetWalk::SetWalk(std::string_view array) {
  const Cursor cursor = inside('[', array);
  at_ = cursor.at;
  end_ = cursor.end;
}

bool SetWalk::next() {
  Cursor cursor{at_, end_};
  (void)cursor.take(',');
  std::string_view raw;
  const bool is_there = cursor.take_string(raw);
  if (is_there) content_ = {raw.data() - 1, raw.size() + 2};
  at_ = is_there ? cursor.at : end_;
  return is_there;
}

bool same_text(std::string_view raw, std::string_view plain) {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (true) {
    const std::string_view rest(at, static_cast<std::size_t>(end - at));
    const std::size_t before = rest.find('\\');
    if (before == std::string_view::npos) return rest == plain;
    if (!plain.starts_with(rest.substr(0, before))) return false;
    at += before + 1;
    Character character;
    const std::size_t size = take_escape(at, end, character);
    plain.remove_prefix(before);
    if (!plain.starts_with(std::string_view(character.data(), size))) return false;
    plain.remove_prefix(size);
  }
}

std::string_view unescaped(std::string_view raw, std::pmr::memory_resource& arena) {
  std::size_t before = raw.find('\\');
  if (before == std::string_view::npos) return raw;
  // No escape is shorter than what it stands for: `\u0800` has six bytes for three.
  auto* const text = static_cast<char*>(arena.allocate(raw.size(), alignof(char)));
  char* out = text;
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (before != std::string_view::npos) {
    out = std::copy_n(at, before, out);
    at += before + 1;
    Character character;
    const std::size_t size = take_escape(at, end, character);
    out = std::copy_n(character.data(), size, out);
    before = std::string_view(at, static_cast<std::size_t>(end - at)).find('\\');
  }
  out = std::copy(at, end, out);
  return {text, static_cast<std::size_t>(out - text)};
}

}  // namespace streamonce::events
