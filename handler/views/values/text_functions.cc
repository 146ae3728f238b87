#include "handler/views/values/text_functions.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <span>
#include <string>

#include "runtime/base/digest.h"

namespace streamonce::handler::views {
namespace {

Error too_long(std::string_view function) {
  return invalid_argument(std::string(function) + " would give a text of more than 400 KB");
}

/// Room for `bytes` characters.
std::span<char> room(std::size_t bytes, std::pmr::memory_resource& arena) {
  return {static_cast<char*>(arena.allocate(bytes, alignof(char))), bytes};
}

std::string_view text_of(std::span<const char> characters) {
  return {characters.data(), characters.size()};
}

char* append(char* at, std::string_view text) {
  return std::copy(text.begin(), text.end(), at);
}

/// Whether `c` is the first byte of a code point.
bool begins_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// How many bytes the first `count` code points of `text` have, or as many as there are.
std::size_t bytes_of(std::string_view text, std::uint64_t count) {
  if (count >= text.size()) return text.size();
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if (begins_code_point(text[at]) && count-- == 0) break;
  return at;
}

/// `text` with `change` away from the capital or small letters from `first` to `last`.
std::string_view with_case(std::string_view text, char first, char last, int change,
                           std::pmr::memory_resource& arena) {
  const auto is_letter = [&](char c) { return c >= first && c <= last; };
  if (std::none_of(text.begin(), text.end(), is_letter)) return text;
  const std::span<char> out = room(text.size(), arena);
  std::transform(text.begin(), text.end(), out.begin(),
                 [&](char c) { return is_letter(c) ? static_cast<char>(c + change) : c; });
  return text_of(out);
}

constexpr int kSmallFromCapital = 'a' - 'A';

/// Writes `value`, which is not negative and has at most `digits` digits, with zeros before it.
char* append_digits(char* at, std::int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
  return at + digits;
}

/// The whole seconds of 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
constexpr std::int64_t kIsoSecondsMin = -62'167'219'200;
constexpr std::int64_t kIsoSecondsMax = 253'402'300'799;

}  // namespace

std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const std::string_view rest = text.substr(from);
  const void* const found = memmem(rest.data(), rest.size(), part.data(), part.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::string_view upper(std::string_view text, std::pmr::memory_resource& arena) {
  return with_case(text, 'a', 'z', -kSmallFromCapital, arena);
}

std::string_view lower(std::string_view text, std::pmr::memory_resource& arena) {
  return with_case(text, 'A', 'Z', kSmallFromCapital, arena);
}

std::string_view trim(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

Result<std::string_view> replace(std::string_view text, std::string_view from, std::string_view to,
                                 std::pmr::memory_resource& arena) {
  if (from.empty()) return text;
  std::size_t count = 0;
  for (std::size_t at = find_text(text, from); at != std::string_view::npos;
       at = find_text(text, from, at + from.size()))
    ++count;
  if (count == 0) return text;
  const std::size_t kept = text.size() - count * from.size();
  if (kept > kTextBytesMax || to.size() > (kTextBytesMax - kept) / count)
    return too_long("REPLACE");

  const std::span<char> out = room(kept + count * to.size(), arena);
  char* end = out.data();
  std::size_t done = 0;
  for (; count > 0; --count) {
    const std::size_t at = find_text(text, from, done);
    end = append(append(end, text.substr(done, at - done)), to);
    done = at + from.size();
  }
  append(end, text.substr(done));
  return text_of(out);
}

std::string_view substring(std::string_view text, std::int64_t first, std::int64_t end) {
  first = std::max<std::int64_t>(first, 1);
  if (end <= first) return {};
  text.remove_prefix(bytes_of(text, static_cast<std::uint64_t>(first) - 1));
  return text.substr(0, bytes_of(text, static_cast<std::uint64_t>(end - first)));
}

Result<std::string_view> pad_left(std::string_view text, std::int64_t length, std::string_view fill,
                                  std::pmr::memory_resource& arena) {
  const std::uint64_t wanted = static_cast<std::uint64_t>(std::max<std::int64_t>(length, 0));
  const std::size_t has = char_length(text);
  if (has >= wanted || fill.empty()) return text.substr(0, bytes_of(text, wanted));

  const std::uint64_t missing = wanted - has;
  const std::size_t fill_points = char_length(fill);
  const std::string_view last = fill.substr(0, bytes_of(fill, missing % fill_points));
  const std::uint64_t whole = missing / fill_points;
  const std::size_t rest = text.size() + last.size();
  if (rest > kTextBytesMax || whole > (kTextBytesMax - rest) / fill.size()) return too_long("LPAD");

  const std::span<char> out = room(whole * fill.size() + rest, arena);
  char* end = out.data();
  for (std::uint64_t i = 0; i < whole; ++i) end = append(end, fill);
  append(append(end, last), text);
  return text_of(out);
}

Result<std::optional<std::string_view>> split_part(std::string_view text,
                                                   std::string_view separator,
                                                   std::int64_t number) {
  if (separator.empty()) return invalid_argument("SPLIT_PART has an empty separator");
  if (number < 1) return invalid_argument("SPLIT_PART has a part's number below 1");
  for (; number > 1; --number) {
    const std::size_t at = find_text(text, separator);
    if (at == std::string_view::npos) return std::optional<std::string_view>();
    text.remove_prefix(at + separator.size());
  }
  return std::optional(text.substr(0, find_text(text, separator)));
}

std::size_t char_length(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

std::string_view sha256_text(std::string_view bytes, std::pmr::memory_resource& arena) {
  const std::string digits = sha256_hex(bytes);
  const std::span<char> out = room(digits.size(), arena);
  append(out.data(), digits);
  return text_of(out);
}

Result<std::string_view> concatenate(std::string_view first, std::string_view second,
                                     std::pmr::memory_resource& arena) {
  if (first.size() + second.size() > kTextBytesMax) return too_long("||");
  const std::span<char> out = room(first.size() + second.size(), arena);
  append(append(out.data(), first), second);
  return text_of(out);
}

Result<std::string_view> to_iso8601(std::int64_t seconds, std::pmr::memory_resource& arena) {
  using namespace std::chrono;
  if (seconds < kIsoSecondsMin || seconds > kIsoSecondsMax)
    return invalid_argument("TO_ISO8601 takes times of the years 0 to 9999");
  const sys_seconds time{std::chrono::seconds(seconds)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<std::chrono::seconds> clock(time - day);

  const std::span<char> out = room(std::string_view("0000-00-00T00:00:00Z").size(), arena);
  char* end = append_digits(out.data(), static_cast<int>(date.year()), 4);
  *end++ = '-';
  end = append_digits(end, static_cast<unsigned>(date.month()), 2);
  *end++ = '-';
  end = append_digits(end, static_cast<unsigned>(date.day()), 2);
  *end++ = 'T';
  end = append_digits(end, clock.hours().count(), 2);
  *end++ = ':';
  end = append_digits(end, clock.minutes().count(), 2);
  *end++ = ':';
  end = append_digits(end, clock.seconds().count(), 2);
  *end = 'Z';
  return text_of(out);
}

}  // namespace streamonce::handler::views
