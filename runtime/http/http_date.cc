#include "runtime/http/http_date.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <system_error>

namespace streamonce::runtime {
namespace {

/// `text` as a number, if it is digits only.
std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end || text.front() == '-') return std::nullopt;
  return number;
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
  constexpr std::string_view kForm = "Sat, 21 Nov 2026 00:44:22 GMT";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != kForm.size() || !text.ends_with(" GMT")) return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const auto day = number_of(text.substr(5, 2));
  const auto year = number_of(text.substr(12, 4));
  const auto hours = number_of(text.substr(17, 2));
  const auto minutes = number_of(text.substr(20, 2));
  const auto seconds = number_of(text.substr(23, 2));
  if (month == std::string_view::npos || month % 3 != 0 || !day || !year || !hours || !minutes ||
      !seconds)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hours) +
         std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

}  // namespace streamonce::runtime
