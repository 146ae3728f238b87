// tests/support/school_sum.h: a sum as it is done at school, apart from the code under test.
//
// Threads: values.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace streamonce::testing {

/// One column for each digit, and what is negative apart.
class SchoolSum {
 public:
  /// Adds a number in plain decimal form, as in `-12.50`.
  void add(std::string plain) {
    std::array<int, kDigits>& digits = plain[0] == '-' ? minus_ : plus_;
    plain.erase(0, plain[0] == '-' ? 1 : 0);
    const std::size_t point = std::min(plain.find('.'), plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      if (i == point) continue;
      const std::size_t column = i < point ? kFraction + point - 1 - i : kFraction + point - i;
      digits.at(column) += plain[i] - '0';
    }
  }

  friend bool operator==(const SchoolSum& a, const SchoolSum& b) {
    std::array<int, kDigits> difference{};
    for (std::size_t i = 0; i < kDigits; ++i)
      difference[i] = a.plus_[i] + b.minus_[i] - a.minus_[i] - b.plus_[i];
    int carry = 0;
    for (const int digit : difference) {
      if ((digit + carry) % 10 != 0) return false;
      carry = (digit + carry) / 10;
    }
    return carry == 0;
  }

 private:
  static constexpr std::size_t kFraction = 60;
  static constexpr std::size_t kDigits = 180;

  std::array<int, kDigits> plus_{};
  std::array<int, kDigits> minus_{};
};

}  // namespace streamonce::testing
