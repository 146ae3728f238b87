#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "events/item_key.h"
#include "events/stream_batch.h"
#include "handler/pipeline/group.h"
#include "runtime/base/payload.h"
#include "tests/support/property.h"
#include "tests/support/stream_event.h"

namespace streamonce::events {
namespace {

using streamonce::testing::code_point;
using streamonce::testing::code_points_of;
using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::in_range;
using streamonce::testing::utf8_of;

/// 0.DIGITS * 10^point; no zeros at either end of the digits; zero has none, no sign and no point.
struct Number {
  bool negative = false;
  std::string digits = {};
  int point = 0;

  friend bool operator==(const Number&, const Number&) = default;
};

/// What a value is, however it is written: DynamoDB compares strings and binaries by their bytes,
/// and numbers as numbers.
struct Value {
  KeyType type = KeyType::kString;
  std::string bytes = {};  ///< of a string or a binary
  Number number = {};

  friend bool operator==(const Value&, const Value&) = default;
};

using Key = std::map<std::string, Value>;
/// Name, type and a spelling of the value.
struct Spelled {
  std::string name;
  KeyType type;
  std::string value;
};

std::string base64_of(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// Not empty; of pieces that look like those that a canonical key is made of.
std::string draw_text() {
  const auto piece = rc::gen::weightedOneOf<std::string>(
      {{6, rc::gen::element<std::string>(":", "0", "1", "2", "10", "S", "N", "B", "1:", "2:aS1:b",
                                         "S1:", "1:bS1:c", "a", "b", "|", "/", "sha256:", " ")},
       {2, rc::gen::element<std::string>("\"", "\\", "e\xCC\x81", "\xC3\xA9", "\xF0\x9F\x98\x80",
                                         std::string(1, '\0'), "\xEF\xBB\xBF", "AA==")},
       {2, rc::gen::map(code_point(), utf8_of)}});
  std::string text;
  for (const std::string& part :
       *rc::gen::container<std::vector<std::string>>(1 + draw_below(4), piece))
    text += part;
  // Some are about as long as a canonical key may be, or longer.
  if (draw_below(8) == 0) text += std::string(990 + draw_below(60), 'x');
  return text;
}

Number draw_number() {
  constexpr std::size_t kDigitsMax = 38;
  if (draw_below(12) == 0) return {};
  const std::size_t length = 1 + (draw_coin() ? draw_below(3) : draw_below(kDigitsMax));
  std::string digits = *rc::gen::container<std::string>(length, in_range('0', ':'));
  for (char* end : {&digits.front(), &digits.back()})
    if (*end == '0') *end = '5';
  const int point = draw_coin() ? *in_range(-3, 6) : *in_range(-129, 127);
  return {.negative = draw_coin(), .digits = digits, .point = point};
}

std::string draw_zero() {
  return *rc::gen::element<std::string>("0", "-0", "+0", "00", "0.000", ".0", "0.", "0e5",
                                        "-0.0E-7", "0E999", "000e-1000");
}

/// One of the many ways to write `number`.
std::string draw_spelling(const Number& number) {
  if (number.digits.empty()) return draw_zero();
  const bool plain = draw_coin();  // without an exponent
  const int count = static_cast<int>(number.digits.size());
  const int zeros_before = *in_range(0, 3) + (plain ? std::max(0, -number.point) : 0);
  const int zeros_behind = *in_range(0, 3) + (plain ? std::max(0, number.point - count) : 0);
  std::string text = std::string(static_cast<std::size_t>(zeros_before), '0') + number.digits +
                     std::string(static_cast<std::size_t>(zeros_behind), '0');
  const int length = static_cast<int>(text.size());
  const int dot = plain ? zeros_before + number.point : *in_range(0, length + 1);
  const int exponent = number.point - (dot - zeros_before);
  if (dot < length || draw_coin()) text.insert(static_cast<std::size_t>(dot), 1, '.');
  if (exponent != 0 || (!plain && draw_coin())) {
    text += draw_coin() ? 'e' : 'E';
    text += exponent < 0 ? "-" : draw_coin() ? "+" : "";
    text += draw_coin() ? "0" : "";
    text += std::to_string(std::abs(exponent));
  }
  return (number.negative ? "-" : draw_coin() ? "+" : "") + text;
}

std::string draw_spelling(const Value& value) {
  switch (value.type) {
    case KeyType::kString:
      return value.bytes;
    case KeyType::kNumber:
      return draw_spelling(value.number);
    case KeyType::kBinary:
      return base64_of(value.bytes);
  }
  return {};
}

/// The attributes of `key` in any order, their values in any spelling.
std::vector<Spelled> draw_spelling(const Key& key) {
  std::vector<Spelled> attributes;
  for (const auto& [name, value] : key)
    attributes.push_back({.name = name, .type = value.type, .value = draw_spelling(value)});
  if (draw_coin()) std::reverse(attributes.begin(), attributes.end());
  return attributes;
}

Value draw_value() {
  switch (draw_below(4)) {
    case 0:
      return {.type = KeyType::kNumber, .number = draw_number()};
    case 1:
      return {.type = KeyType::kBinary, .bytes = draw_text()};
    default:
      return {.type = KeyType::kString, .bytes = draw_text()};
  }
}

Key draw_key() {
  Key key = {{draw_text(), draw_value()}};
  if (draw_coin()) key.emplace(draw_text(), draw_value());
  return key;
}

std::string with_length(const std::string& text) {
  return std::to_string(text.size()) + ':' + text;
}

/// Moves the last code point of `from` to the front of `to`, if something is left.
void move_boundary(std::string& from, std::string& to) {
  const std::u32string points = code_points_of(from);
  if (points.size() < 2) return;
  const std::string last = utf8_of(points.back());
  from.resize(from.size() - last.size());
  to.insert(0, last);
}

Value draw_relative(Value value) {
  if (draw_coin()) {  // the same text, as a string
    return {.type = KeyType::kString, .bytes = draw_spelling(value)};
  }
  if (value.type != KeyType::kNumber) {
    if (draw_coin())
      value.bytes += draw_text();
    else
      value.type = value.type == KeyType::kString ? KeyType::kBinary : KeyType::kString;
  } else if (!value.number.digits.empty()) {
    Number& number = value.number;
    if (draw_coin())
      number.negative = !number.negative;
    else if (draw_coin())
      number.point += number.point > 0 ? -1 : 1;
    else
      number.digits.back() = number.digits.back() == '9' ? '8' : '9';
  }
  return value;
}

/// A key of one string attribute that tries to look like `key`, which has two; also to those who
/// write no length before a value.
Key forgery_of(const Key& key) {
  const auto& [name, value] = *key.begin();
  const auto& [other_name, other_value] = *key.rbegin();
  const std::string other = draw_spelling(other_value);
  return {{name,
           {.bytes = draw_spelling(value) + with_length(other_name) +
                     static_cast<char>(other_value.type) +
                     (draw_coin() ? with_length(other) : other)}}};
}

/// Two keys whose texts would be one if names had no lengths before them.
std::pair<Key, Key> draw_twins() {
  const std::string name = draw_text();
  const std::string start = draw_text();
  const std::string end = draw_text();
  const std::string value = start + "S" + with_length(end);
  return {{{name, {.bytes = value}}},
          {{name + "S" + std::to_string(value.size()) + ":" + start, {.bytes = end}}}};
}

/// A key that is near `key`, or the same.
Key draw_relative(const Key& key) {
  std::string name = key.begin()->first;
  Value value = key.begin()->second;
  std::string other_name = key.rbegin()->first;
  const Value other_value = key.rbegin()->second;
  switch (draw_below(9)) {
    case 0:
      return draw_key();
    case 1:  // the values change places
      return {{name, other_value}, {other_name, value}};
    case 2:
      if (value.type != KeyType::kNumber) move_boundary(name, value.bytes);
      break;
    case 3:
      if (value.type != KeyType::kNumber) move_boundary(value.bytes, other_name);
      break;
    case 4:
      if (key.size() == 2) return forgery_of(key);
      break;
    case 5:
      value = draw_relative(value);
      break;
    case 6:
      return {{name, value}};
    case 7:
      other_name += draw_text();
      break;
    default:
      return key;
  }
  if (key.size() == 1) return {{name, value}};
  return {{name, value}, {other_name, other_value}};
}

/// Two keys that are easily taken for each other, or equal ones.
std::pair<Key, Key> draw_pair() {
  if (draw_below(10) == 0) return draw_twins();
  const Key key = draw_key();
  return {key, draw_relative(key)};
}

std::string canonical(const std::vector<Spelled>& attributes) {
  ItemKey key;
  for (const Spelled& attribute : attributes) {
    const Status added =
        key.add({.name = attribute.name, .type = attribute.type, .value = attribute.value});
    RC_ASSERT(added.has_value());
  }
  std::string text;
  append_canonical(text, key);
  return text;
}

/// `text` as a JSON string, each character as it is or escaped in one of JSON's ways.
std::string draw_json_string(const std::string& text) {
  // One draw for each text, since long ones have a thousand characters.
  const auto ways = *rc::gen::container<std::vector<int>>(7, in_range(0, 4));
  std::string json = "\"";
  std::size_t i = 0;
  const auto append_unit = [&](char32_t unit, const char* format) {
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), format, static_cast<unsigned>(unit));
    json += escape.data();
  };
  for (const char32_t point : code_points_of(text)) {
    const int way = ways[i++ % ways.size()];
    const char* format = way == 0 ? "\\u%04x" : "\\u%04X";
    const bool must = point < 0x20 || point == U'"' || point == U'\\';
    if (way == 2 && (point == U'"' || point == U'\\' || point == U'/')) {
      json += '\\';
      json += static_cast<char>(point);
    } else if (!must && way >= 2) {
      json += utf8_of(point);
    } else if (point < 0x10000) {
      append_unit(point, format);
    } else {
      append_unit(0xD800 + ((point - 0x10000) >> 10U), format);
      append_unit(0xDC00 + ((point - 0x10000) & 0x3FFU), format);
    }
  }
  return json + '"';
}

std::string draw_json(const Key& key) {
  std::string json;
  const std::string space = draw_coin() ? "" : " \n";
  for (const Spelled& attribute : draw_spelling(key)) {
    json += (json.empty() ? "{" : ",") + space + draw_json_string(attribute.name) + space + ":{\"" +
            static_cast<char>(attribute.type) + "\":" + space + draw_json_string(attribute.value) +
            "}" + space;
  }
  return json + "}";
}

TEST(ItemKeyProperty, TwoKeysHaveOneCanonicalTextIfAndOnlyIfTheyAreEqual) {
  const auto property = [] {
    const auto [a, b] = draw_pair();
    const std::string left = canonical(draw_spelling(a));
    const std::string right = canonical(draw_spelling(b));
    RC_LOG() << left << "\n" << right << '\n';
    RC_ASSERT((left == right) == (a == b));
    RC_ASSERT(left.size() <= kCanonicalBytesMax);
  };
  EXPECT_TRUE(holds("max_success=1500", property));
}

TEST(ItemKeyProperty, NumbersAreTheSameValueIfAndOnlyIfTheyAreEqual) {
  const auto property = [] {
    const Value a = {.type = KeyType::kNumber, .number = draw_number()};
    const Value b = draw_relative(a);
    const std::string left = draw_spelling(a);
    const std::string right = draw_spelling(b);
    RC_LOG() << left << " and " << right << '\n';
    RC_ASSERT(is_number(left));
    RC_ASSERT(same_value({.name = "id", .type = a.type, .value = left},
                         {.name = "id", .type = b.type, .value = right}) == (a == b));
  };
  EXPECT_TRUE(holds("max_success=1000", property));
}

TEST(ItemKeyProperty, RecordsShareALaneIfAndOnlyIfTheirKeysAreEqual) {
  const auto property = [] {
    std::vector<Key> keys = {draw_key()};
    while (keys.size() < 4) keys.push_back(draw_relative(keys[draw_below(keys.size())]));
    std::vector<std::string> records;
    for (const Key& key : keys)
      records.push_back(testing::to_json({.event_name = "REMOVE", .keys = draw_json(key)}));
    RC_LOG() << testing::event_of(records) << '\n';
    const Payload payload = Payload::copy_of(testing::event_of(records));
    StreamParser parser;
    const StreamBatch batch = parser.parse(payload.view()).value();
    std::vector<Change> changes;
    for (const StreamRecord& record : batch.records) changes.push_back(change_of(record));
    const handler::Groups groups = handler::group(changes, "");
    RC_ASSERT(groups.unkeyed.empty());
    std::vector<std::size_t> lane_of(keys.size(), groups.lanes.size());
    for (std::size_t lane = 0; lane < groups.lanes.size(); ++lane)
      for (const handler::RecordIndex i : groups.lanes[lane].records) lane_of[i] = lane;
    for (std::size_t i = 0; i < keys.size(); ++i)
      for (std::size_t j = 0; j < keys.size(); ++j)
        RC_ASSERT((lane_of[i] == lane_of[j]) == (keys[i] == keys[j]));
  };
  EXPECT_TRUE(holds("max_success=250", property));
}

}  // namespace
}  // namespace streamonce::events
