// tests/support/property.h: properties checked by RapidCheck, as assertions of GoogleTest, and what
// several of them draw.
//
// The seed is fixed, so that a commit passes or fails, always. In the environment,
// RC_PARAMS="seed=7" draws other cases, and RC_PARAMS="max_success=100000" more of them. A failure
// tells the smallest counterexample and the seed.
//
// Threads: one thread at a time.

#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::testing {

inline constexpr std::uint64_t kSeed = 1;

/// Whether `property` holds. `limits` are as in "max_success=200 max_size=30".
template <class Property>
::testing::AssertionResult holds(const std::string& limits, Property&& property) {
  rc::detail::Configuration own;
  own.testParams.seed = kSeed;
  own = rc::detail::configFromString(limits, own);
  if (const char* wish = std::getenv("RC_PARAMS"); wish != nullptr)
    own = rc::detail::configFromString(wish, own);
  const rc::detail::TestResult result = rc::detail::checkTestable(
      std::forward<Property>(property), rc::detail::TestMetadata{}, own.testParams);
  if (result.template is<rc::detail::SuccessResult>()) return ::testing::AssertionSuccess();
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  return ::testing::AssertionFailure()
         << text.str() << "\nRC_PARAMS=\"seed=" << own.testParams.seed << '"';
}

/// A number from `first` on and below `end`, each as likely in small cases as in large ones.
template <class Number>
rc::Gen<Number> in_range(Number first, Number end) {
  return rc::gen::resize(rc::kNominalSize, rc::gen::inRange(first, end));
}

/// Draws an index below `count`, and so is for use in a property only.
inline std::size_t draw_below(std::size_t count) {
  return *in_range<std::size_t>(0, count);
}

inline bool draw_coin() {
  return *rc::gen::arbitrary<bool>();
}

/// `code_point`, which is no surrogate, in UTF-8.
inline std::string utf8_of(char32_t code_point) {
  const auto continuation = [&](unsigned shift) {
    return static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
  };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xC0U | (code_point >> 6U)), continuation(0)};
  if (code_point < 0x10000) {
    return {static_cast<char>(0xE0U | (code_point >> 12U)), continuation(6), continuation(0)};
  }
  return {static_cast<char>(0xF0U | (code_point >> 18U)), continuation(12), continuation(6),
          continuation(0)};
}

/// The code points of `text`, which is UTF-8.
inline std::u32string code_points_of(std::string_view text) {
  std::u32string points;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80)
      points += char32_t{byte};
    else if ((byte & 0xC0U) == 0x80)
      points.back() = (points.back() << 6U) | (byte & 0x3FU);
    else
      points += char32_t{byte & (byte < 0xE0 ? 0x1FU : byte < 0xF0 ? 0x0FU : 0x07U)};
  }
  return points;
}

inline constexpr char32_t kSurrogateFirst = 0xD800;
inline constexpr char32_t kSurrogates = 0x800;  ///< how many surrogates there are

/// A code point: mostly of ASCII, often at the bounds of UTF-8's lengths, sometimes anywhere.
inline rc::Gen<char32_t> code_point() {
  const auto anywhere =
      rc::gen::map(in_range<std::uint32_t>(0, 0x110000 - kSurrogates), [](std::uint32_t number) {
        return static_cast<char32_t>(number < kSurrogateFirst ? number : number + kSurrogates);
      });
  const auto ascii = rc::gen::map(in_range<std::uint32_t>(0, 0x80),
                                  [](std::uint32_t number) { return char32_t{number}; });
  const auto at_bounds = rc::gen::element<char32_t>(
      U'"', U'\\', U'/', U'\0', U'\n', 0x1F, 0x7F, 0x80, 0xE9, 0x301, 0x7FF, 0x800, 0x2028, 0xD7FF,
      0xE000, 0xFEFF, 0xFFFD, 0xFFFF, 0x10000, 0x1F600, 0x10FFFF);
  return rc::gen::weightedOneOf<char32_t>({{4, ascii}, {3, at_bounds}, {1, anywhere}});
}

/// Any text in UTF-8, the empty one too.
inline rc::Gen<std::string> utf8_text() {
  return rc::gen::map(rc::gen::container<std::vector<char32_t>>(code_point()),
                      [](const std::vector<char32_t>& points) {
                        std::string text;
                        for (const char32_t point : points) text += utf8_of(point);
                        return text;
                      });
}

}  // namespace streamonce::testing
