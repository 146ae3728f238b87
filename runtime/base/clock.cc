#include "runtime/base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <thread>

namespace streamonce {

WallTime SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

void SystemClock::sleep_for(std::chrono::milliseconds duration) {
  std::this_thread::sleep_for(duration);
}

std::string format_rfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = static_cast<int>((time - seconds).count());
  const std::time_t whole = seconds.time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&whole, &utc);
  std::array<char, 40> text;
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 8> fraction;
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", milliseconds % 1000);
  return std::string(text.data(), length) + fraction.data();
}

}  // namespace streamonce
