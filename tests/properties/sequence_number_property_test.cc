#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "events/sequence_number.h"
#include "events/stream_arn.h"
#include "events/version.h"
#include "tests/support/property.h"

namespace streamonce::events {
namespace {

using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::in_range;

/// Compares as one does by hand, from the last digit on: the last difference seen decides.
std::strong_ordering compare_by_digits(std::string_view a, std::string_view b) {
  std::array<int, SequenceNumber::kDigitsMax> left{};
  std::array<int, SequenceNumber::kDigitsMax> right{};
  std::transform(a.rbegin(), a.rend(), left.begin(), [](char c) { return c - '0'; });
  std::transform(b.rbegin(), b.rend(), right.begin(), [](char c) { return c - '0'; });
  std::strong_ordering order = std::strong_ordering::equal;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i] != right[i]) order = left[i] <=> right[i];
  return order;
}

/// 1 to 64 digits, often about as many as a version has room for without a mark; of few kinds, so
/// that two of them share much.
std::string draw_digits() {
  const auto digit =
      rc::gen::weightedOneOf<char>({{2, rc::gen::element('0', '1', '9')}, {1, in_range('0', ':')}});
  const std::size_t length = draw_coin() ? 1 + draw_below(SequenceNumber::kDigitsMax)
                                         : Version::kDigits - 2 + draw_below(5);
  return *rc::gen::container<std::string>(length, digit);
}

/// Near `text`: with other zeros before it, a digit more, less or changed; or anywhere.
std::string draw_relative(std::string text) {
  switch (draw_below(6)) {
    case 0:
      return draw_digits();
    case 1:
      text.insert(0, draw_below(SequenceNumber::kDigitsMax + 1 - text.size()), '0');
      return text;
    case 2:
      text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
      return text;
    case 3:
      text[draw_below(text.size())] = *in_range('0', ':');
      return text;
    case 4:
      text += *in_range('0', ':');
      return text.substr(text.size() > SequenceNumber::kDigitsMax ? 1 : 0);
    default:
      if (text.size() > 1) text.pop_back();
      return text;
  }
}

/// A stream label: its text, and its parts as numbers.
struct Label {
  std::string text;
  std::vector<int> parts;
};

Label label_of(const std::vector<int>& parts) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03d", parts[0], parts[1],
                parts[2], parts[3], parts[4], parts[5], parts[6]);
  return {.text = text.data(), .parts = parts};
}

Label draw_label() {
  return label_of({*in_range(1970, 10'000), *in_range(1, 13), *in_range(1, 32), *in_range(0, 24),
                   *in_range(0, 60), *in_range(0, 60), *in_range(0, 1000)});
}

/// The same, or with one part of another.
Label draw_relative(const Label& label) {
  if (draw_coin()) return label;
  std::vector<int> parts = label.parts;
  const std::size_t changed = draw_below(parts.size());
  parts[changed] = draw_label().parts[changed];
  return label_of(parts);
}

TEST(SequenceNumberProperty, OrdersAsIntegersDo) {
  const auto property = [] {
    const std::string a = draw_digits();
    const std::string b = draw_relative(a);
    RC_LOG() << a << " and " << b << '\n';
    const SequenceNumber left = SequenceNumber::parse(a).value();
    const SequenceNumber right = SequenceNumber::parse(b).value();
    const std::strong_ordering expected = compare_by_digits(a, b);
    RC_ASSERT(((left <=> right) == expected));
    RC_ASSERT(std::is_lt(right <=> left) == std::is_gt(expected));
    RC_ASSERT(std::is_gt(right <=> left) == std::is_lt(expected));
    RC_ASSERT((left == right) == std::is_eq(expected));
    RC_ASSERT((left < right) == std::is_lt(expected));
  };
  EXPECT_TRUE(holds("max_success=1000", property));
}

TEST(SequenceNumberProperty, ByteOrderOfVersionsIsTheOrderOfLabelAndNumber) {
  const auto property = [] {
    const Label first = draw_label();
    const Label second = draw_relative(first);
    const std::string a = draw_digits();
    const std::string b = draw_relative(a);
    RC_LOG() << first.text << '/' << a << " and " << second.text << '/' << b << '\n';
    const Version left(first.text, SequenceNumber::parse(a).value());
    const Version right(second.text, SequenceNumber::parse(b).value());
    const std::strong_ordering of_labels = first.parts <=> second.parts;
    const std::strong_ordering expected =
        std::is_neq(of_labels) ? of_labels : compare_by_digits(a, b);
    // As a database compares texts: byte by byte, and of two that are alike so far, the shorter one
    // is the lower one.
    const std::size_t common = std::min(left.text().size(), right.text().size());
    const int bytes = std::memcmp(left.text().data(), right.text().data(), common);
    RC_ASSERT(((bytes <=> 0) == expected));
    if (bytes == 0) RC_ASSERT(left.text().size() == right.text().size());
    RC_ASSERT(((left <=> right) == expected));
    RC_ASSERT((left == right) == std::is_eq(expected));
    RC_ASSERT(is_version(left.text()));
    RC_ASSERT((Version::parse(left.text()).value() == left));
    RC_ASSERT(Version::parse(left.text()).value().text() == left.text());
    RC_ASSERT(Version() < left);
  };
  EXPECT_TRUE(holds("max_success=700", property));
}

}  // namespace
}  // namespace streamonce::events
