#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <memory_resource>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/attribute_value.h"
#include "events/item_key.h"
#include "handler/views/values/value.h"
#include "tests/support/property.h"

namespace streamonce::handler::views {
namespace {

using nlohmann::json;
using streamonce::testing::code_points_of;
using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::utf8_of;
using streamonce::testing::utf8_text;

std::string draw_space() {
  return draw_below(6) == 0 ? *rc::gen::element<std::string>(" ", "\n", "\t ", "\r\n") : "";
}

/// `text` as a JSON string in one of its spellings.
std::string spell_text(const std::string& text) {
  const std::size_t way = draw_below(4);  // 0: every character is escaped
  std::string out = "\"";
  std::array<char, 8> escape{};
  const auto append_unit = [&](char32_t unit) {
    std::snprintf(escape.data(), escape.size(), way == 1 ? "\\u%04X" : "\\u%04x",
                  static_cast<unsigned>(unit));
    out += escape.data();
  };
  for (const char32_t point : code_points_of(text)) {
    const bool must = point < 0x20 || point == U'"' || point == U'\\';
    if (!must && way != 0) {
      out += utf8_of(point);
    } else if (must && point >= 0x20) {
      out += '\\';
      out += static_cast<char>(point);
    } else if (point < 0x10000) {
      append_unit(point);
    } else {
      append_unit(0xD800 + ((point - 0x10000) >> 10U));
      append_unit(0xDC00 + ((point - 0x10000) & 0x3FFU));
    }
  }
  return out + '"';
}

/// A number of a few, in one of its spellings.
std::string spell_number(const std::string& number) {
  if (draw_coin()) return number;
  return *rc::gen::element<std::string>(
      number + "e0", number + "E+00",
      number.find('.') == std::string::npos ? number + ".0" : number + "0");
}

std::string spell(const json& value);

/// The content of a value of this type.
std::string spell_content(const std::string& type, const json& content) {
  if (type == "N") return '"' + spell_number(content.get<std::string>()) + '"';
  if (type == "S" || type == "B") return spell_text(content.get<std::string>());
  if (type == "BOOL" || type == "NULL") return content.get<bool>() ? "true" : "false";
  std::vector<std::string> parts;
  if (type == "M") {
    for (const auto& [name, member] : content.items())
      parts.push_back(spell_text(name) + draw_space() + ':' + draw_space() + spell(member));
  } else {
    for (const json& element : content)
      parts.push_back(type == "L" ? spell(element) : spell_content(type.substr(0, 1), element));
  }
  // Sets and maps have no order.
  if (type != "L" && draw_coin()) std::reverse(parts.begin(), parts.end());
  std::string out = type == "M" ? "{" : "[";
  for (std::size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : ",") + draw_space() + parts[i] + draw_space();
  return out + (type == "M" ? '}' : ']');
}

/// A value, `{"S":"x"}`, as DynamoDB JSON in one of its spellings.
std::string spell(const json& value) {
  const std::string type = value.begin().key();
  return '{' + draw_space() + spell_text(type) + draw_space() + ':' + draw_space() +
         spell_content(type, value.begin().value()) + draw_space() + '}';
}

std::string draw_text() {
  if (draw_coin()) return *rc::gen::element<std::string>("", "a", "ab", "\"\\");
  return *utf8_text();
}

std::string draw_number() {
  return *rc::gen::element<std::string>("0", "1", "10", "-1", "0.5", "-0.5",
                                        "99999999999999999999999999999999999999");
}

std::string draw_binary() {
  return *rc::gen::element<std::string>("", "AA==", "YWI=", "YWJj", "/w==", "+/8=");
}

json draw_set(const char* type, std::string (*draw)()) {
  std::vector<std::string> elements;
  for (std::size_t i = 1 + draw_below(4); i > 0; --i) elements.push_back(draw());
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  return {{type, elements}};
}

json draw_value(int depth) {
  switch (draw_below(depth == 0 ? 8 : 12)) {
    case 0:
      return {{"S", draw_text()}};
    case 1:
      return {{"N", draw_number()}};
    case 2:
      return {{"B", draw_binary()}};
    case 3:
      return {{"BOOL", draw_coin()}};
    case 4:
      return {{"NULL", true}};
    case 5:
      return draw_set("SS", draw_text);
    case 6:
      return draw_set("NS", draw_number);
    case 7:
      return draw_set("BS", draw_binary);
    case 8:
    case 9: {
      json elements = json::array();
      for (std::size_t i = draw_below(4); i > 0; --i) elements.push_back(draw_value(depth - 1));
      return {{"L", elements}};
    }
    default: {
      json members = json::object();
      for (std::size_t i = draw_below(4); i > 0; --i) members[draw_text()] = draw_value(depth - 1);
      return {{"M", members}};
    }
  }
}

/// Another value in one place, or one place more or less; or the same value.
json draw_relative(json value) {
  const std::string type = value.begin().key();
  json& content = value.begin().value();
  if (type == "L" && !content.empty() && draw_below(4) != 0) {
    json& element = content[draw_below(content.size())];
    element = draw_relative(element);
    return value;
  }
  if (type == "M" && !content.empty() && draw_below(4) != 0) {
    content.begin().value() = draw_relative(content.begin().value());
    return value;
  }
  if (content.is_array() && content.size() > 1 && draw_coin()) {
    content.erase(draw_below(content.size()));
    return value;
  }
  return draw_coin() ? draw_value(1) : value;
}

Value raw(const std::string& text) {
  const auto attribute = events::look(text);
  RC_ASSERT(attribute.has_value());
  RC_ASSERT(attribute->json == text);
  return Value::of(*attribute);
}

TEST(ValueProperty, ValuesAreEqualIfAndOnlyIfTheyAreHoweverTheyAreSpelled) {
  const auto property = [] {
    const json a = draw_value(3);
    const json b = draw_relative(a);
    const std::string left = spell(a);
    const std::string right = spell(b);
    RC_LOG() << left << "\n" << right << '\n';
    RC_ASSERT(equal(raw(left), raw(right)) == (a == b));
    RC_ASSERT(equal(raw(right), raw(left)) == (a == b));
    // A list has its elements, and nothing else.
    const std::string list = R"({"L":[{"NULL":true},)" + left + "]}";
    RC_ASSERT(contains(raw(list), raw(right)) == (a == b || b == json{{"NULL", true}}));
    RC_ASSERT(equal(raw(list).element(1), raw(right)) == (a == b));
  };
  EXPECT_TRUE(holds("max_success=1500 max_size=20", property));
}

/// `value`, made anew of what it consists of.
Value made(const Value& value, std::pmr::memory_resource& arena) {
  std::pmr::polymorphic_allocator<std::byte> allocator(&arena);
  switch (value.kind()) {
    case ValueKind::kText:
      return Value::of_text(value.text(arena));
    case ValueKind::kNumber:
      return Value::of(value.number());
    case ValueKind::kBool:
      return Value::of(value.is_true());
    case ValueKind::kNull:
      return Value::null();
    case ValueKind::kMap: {
      auto& members = *allocator.new_object<std::pmr::vector<ValueMember>>();
      ValueMember member;
      for (Members walk(value, arena); walk.next(member);)
        members.push_back({.name = member.name, .value = made(member.value, arena)});
      return Value::of_map(members);
    }
    case ValueKind::kList:
    case ValueKind::kTextSet:
    case ValueKind::kNumberSet: {
      auto& elements = *allocator.new_object<std::pmr::vector<Value>>();
      Value element;
      for (Elements walk(value); walk.next(element);) elements.push_back(made(element, arena));
      return value.kind() == ValueKind::kList ? Value::of_list(elements)
                                              : Value::of_set(value.kind(), elements);
    }
    default:
      return value;
  }
}

TEST(ValueProperty, MadeValuesAreEqualToThoseThatCameAndArePrintedAsThey) {
  const auto property = [] {
    const json a = draw_value(3);
    const std::string text = spell(a);
    RC_LOG() << text << '\n';
    std::pmr::monotonic_buffer_resource arena;
    const Value came = raw(text);
    const Value remade = made(came, arena);
    RC_ASSERT(equal(came, remade));
    RC_ASSERT(equal(remade, came));
    RC_ASSERT(equal(settled(came, arena), came));
    RC_ASSERT(size_of(came) == size_of(remade));
    std::string copied;
    append_json(copied, came);
    RC_ASSERT(copied == text);
    std::string printed;
    append_json(printed, remade);
    RC_ASSERT(equal(raw(printed), came));
    RC_ASSERT(json::accept(printed));
  };
  EXPECT_TRUE(holds("max_success=1000 max_size=20", property));
}

TEST(ValueProperty, AWalkGivesWhatAParserGives) {
  const auto property = [] {
    json item = json::object();
    for (std::size_t i = draw_below(6); i > 0; --i) item[draw_text()] = draw_value(2);
    const std::string text = draw_space() + spell_content("M", item);
    RC_LOG() << text << '\n';
    const json parsed = json::parse(text);
    std::pmr::monotonic_buffer_resource arena;
    std::size_t count = 0;
    for (events::MemberWalk walk(text); walk.next(); ++count) {
      const std::string name(events::unescaped(walk.raw_name(), arena));
      RC_ASSERT(parsed.contains(name));
      RC_ASSERT(events::same_text(walk.raw_name(), name));
      RC_ASSERT(json::parse(walk.value().json) == parsed[name]);
      RC_ASSERT(json::parse(walk.value().content) == parsed[name].begin().value());
      RC_ASSERT(events::name_of(walk.value().type) == parsed[name].begin().key());
    }
    RC_ASSERT(count == parsed.size());
  };
  EXPECT_TRUE(holds("max_success=1000 max_size=20", property));
}

/// The order of two texts by code points, which is that of their UTF-8.
TEST(ValueProperty, TextsHaveTheOrderOfTheirCodePointsAndAreMeasuredInUtf16) {
  const auto property = [] {
    const std::string a = draw_text();
    std::string b = draw_text();
    if (draw_coin()) b = a + b;
    const std::string left = "{\"S\":" + spell_text(a) + "}";
    const std::string right = "{\"S\":" + spell_text(b) + "}";
    RC_ASSERT(order(raw(left), raw(right)) == (code_points_of(a) <=> code_points_of(b)));
    RC_ASSERT(begins_with(raw(right), raw(left)) == b.starts_with(a));
    RC_ASSERT(contains(raw(right), raw(left)) == (b.find(a) != std::string::npos));
    std::size_t units = 0;
    for (const char32_t point : code_points_of(a)) units += point < 0x10000 ? 1 : 2;
    RC_ASSERT(size_of(raw(left)) == units);
  };
  EXPECT_TRUE(holds("max_success=1000 max_size=20", property));
}

}  // namespace
}  // namespace streamonce::handler::views
