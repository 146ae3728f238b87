#include "runtime/base/iso_time.h"

#include <chrono>
#include <cstddef>
#include <string>

#include "runtime/base/text.h"

namespace streamonce {
namespace {

bool is_sign(char c) {
  return c == '+' || c == '-';
}

/// Takes a text apart, from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  /// Takes a number of exactly `digits` digits, at most `most`.
  int number(std::size_t digits, int most) {
    int value = 0;
    if (rest_.size() < digits) good_ = false;
    for (std::size_t i = 0; good_ && i < digits; ++i) {
      good_ = is_digit(rest_[i]);
      value = value * 10 + (rest_[i] - '0');
    }
    if (good_) rest_.remove_prefix(digits);
    good_ = good_ && value <= most;
    return value;
  }
  /// Takes one of `characters`. @return the one that was taken; 0: none
  char one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) {
      good_ = false;
      return 0;
    }
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  /// Takes a point and the digits behind it, if there is a point.
  std::string_view fraction() {
    if (!rest_.starts_with('.')) return {};
    rest_.remove_prefix(1);
    const std::string_view text = rest_;
    number(1, 9);
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
    return text.substr(0, text.size() - rest_.size());
  }
  bool good_to_the_end() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::optional<ExactTime> parse_exact_time(std::string_view text) {
  using namespace std::chrono;
  Cursor cursor(text);
  const year year_part(cursor.number(4, 9999));
  cursor.one_of("-");
  const month month_part(static_cast<unsigned>(cursor.number(2, 12)));
  cursor.one_of("-");
  const day day_part(static_cast<unsigned>(cursor.number(2, 31)));
  cursor.one_of("Tt ");
  seconds time = hours(cursor.number(2, 23));
  cursor.one_of(":");
  time += minutes(cursor.number(2, 59));
  cursor.one_of(":");
  time += seconds(cursor.number(2, 60));
  const std::string_view fraction = cursor.fraction();
  const char sign = cursor.one_of("Zz+-");
  if (is_sign(sign)) {
    seconds offset = hours(cursor.number(2, 23));
    cursor.one_of(":");
    offset += minutes(cursor.number(2, 59));
    time += sign == '+' ? -offset : offset;
  }
  const year_month_day date(year_part, month_part, day_part);
  if (!cursor.good_to_the_end() || !date.ok()) return std::nullopt;
  return ExactTime{.seconds = (sys_days(date).time_since_epoch() + time).count(),
                   .fraction = fraction};
}

std::optional<std::int64_t> parse_iso_time(std::string_view text) {
  const std::optional<ExactTime> time = parse_exact_time(text);
  if (!time || time->seconds < 0) return std::nullopt;
  return time->seconds;
}

std::optional<WallTime> parse_wall_time(std::string_view text) {
  constexpr std::size_t kOffset = std::string_view("+0000").size();
  std::string with_colon(text);
  if (text.size() > kOffset && is_sign(text[text.size() - kOffset]))
    with_colon.insert(text.size() - 2, 1, ':');
  const std::optional<std::int64_t> seconds = parse_iso_time(with_colon);
  if (!seconds) return std::nullopt;
  return WallTime(std::chrono::seconds(*seconds));
}

}  // namespace streamonce
