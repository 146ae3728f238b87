#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "events/item_digest.h"
#include "runtime/base/base64.h"
#include "runtime/base/json_text.h"
#include "tests/support/property.h"

namespace streamonce::events {
namespace {

using streamonce::testing::code_points_of;
using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::utf8_of;
using streamonce::testing::utf8_text;

/// A value of an attribute, as what it is and not as what it is written like.
struct Tree {
  std::string type = "S";
  std::string text = {};                                   ///< of S, B, BOOL and NULL
  int number = 0;                                          ///< of N: how many tenths
  std::vector<std::pair<std::string, Tree>> members = {};  ///< of M by name, of L and sets without

  friend bool operator==(const Tree&, const Tree&) = default;
};

Tree draw_scalar(const std::string& type) {
  Tree tree{.type = type};
  if (type == "N")
    tree.number = static_cast<int>(draw_below(4000)) - 2000;
  else if (type == "BOOL")
    tree.text = draw_coin() ? "true" : "false";
  else if (type != "NULL")
    tree.text = *utf8_text();
  return tree;
}

Tree draw_tree(int levels) {
  static const std::vector<std::string> kTypes = {"S",  "N",  "B",  "BOOL", "NULL",
                                                  "SS", "NS", "BS", "L",    "M"};
  const std::string& type = kTypes[draw_below(levels == 0 ? 5 : kTypes.size())];
  if (type.back() != 'S' && type != "L" && type != "M") return draw_scalar(type);
  if (type == "S") return draw_scalar(type);
  Tree tree{.type = type};
  const std::size_t count = draw_below(5) + (type.size() == 2 ? 1 : 0);
  for (std::size_t i = 0; i < count; ++i) {
    std::string name = type == "M" ? *utf8_text() + std::to_string(i) : "";
    tree.members.emplace_back(
        std::move(name), type.size() == 2 ? draw_scalar(type.substr(0, 1)) : draw_tree(levels - 1));
  }
  return tree;
}

Tree draw_item() {
  Tree item{.type = "M"};
  const std::size_t count = 1 + draw_below(5);
  for (std::size_t i = 0; i < count; ++i)
    item.members.emplace_back(*utf8_text() + std::to_string(i), draw_tree(3));
  return item;
}

/// `text` as a JSON string, some of whose characters are escaped although they need not be.
std::string spelled_text(const std::string& text) {
  std::string out = "\"";
  for (const char32_t point : code_points_of(text)) {
    if (point < 0x10000 && draw_below(4) == 0) {
      std::string digits;
      for (int shift = 12; shift >= 0; shift -= 4)
        digits += (draw_coin() ? "0123456789abcdef" : "0123456789ABCDEF")[(point >> shift) & 15U];
      out += "\\u" + digits;
    } else {
      std::string plain;
      append_json_string(plain, utf8_of(point));
      out += plain.substr(1, plain.size() - 2);
    }
  }
  return out + '"';
}

std::string spelled_number(int tenths) {
  std::string sign = tenths < 0 ? "-" : draw_coin() ? "+" : "";
  const std::string digits = std::to_string(std::abs(tenths));
  switch (draw_below(3)) {
    case 0:
      return sign + digits + "E-1";
    case 1:
      return sign + "00" + digits + ".00e-01";
    default:
      return sign + std::to_string(std::abs(tenths) / 10) + "." +
             std::to_string(std::abs(tenths) % 10);
  }
}

std::string spelled(const Tree& tree);

std::string spelled_members(const Tree& tree) {
  std::vector<std::string> parts;
  for (const auto& [name, member] : tree.members) {
    if (tree.type == "M") {
      parts.push_back(spelled_text(name) + " :" + spelled(member));
      continue;
    }
    const std::string value = spelled(member);
    if (tree.type == "L")
      parts.push_back(value);
    else  // an element of a set is the content of its value
      parts.push_back(value.substr(value.find(':') + 1, value.size() - value.find(':') - 2));
  }
  if (tree.type != "L")
    for (std::size_t i = parts.size(); i > 1; --i) std::swap(parts[i - 1], parts[draw_below(i)]);
  std::string out = tree.type == "M" ? "{" : "[";
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? ", " : "") + parts[i];
  return out + (tree.type == "M" ? "}" : "]");
}

/// `tree` in one of the many ways to write it.
std::string spelled(const Tree& tree) {
  std::string content;
  if (tree.type == "S")
    content = spelled_text(tree.text);
  else if (tree.type == "N")
    content = spelled_text(spelled_number(tree.number));
  else if (tree.type == "B")
    content = spelled_text(to_base64(tree.text));
  else if (tree.type == "BOOL")
    content = tree.text;
  else if (tree.type == "NULL")
    content = "true";
  else
    content = spelled_members(tree);
  return "{\"" + tree.type + "\":" + content + "}";
}

/// What the members of an item are: the elements of its sets sorted, and its names, too.
Tree sorted(Tree tree) {
  const auto key = [](const std::pair<std::string, Tree>& member) {
    return std::make_tuple(member.first, member.second.text, member.second.number);
  };
  for (auto& member : tree.members) member.second = sorted(std::move(member.second));
  if (tree.type != "L")
    std::sort(tree.members.begin(), tree.members.end(),
              [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return tree;
}

/// Changes one thing in `tree`, anywhere.
void change_one(Tree& tree) {
  if (!tree.members.empty() && (tree.type.size() == 2 || draw_coin() || tree.members.size() > 3)) {
    auto& [name, member] = tree.members[draw_below(tree.members.size())];
    if (tree.type == "M" && draw_below(3) == 0)
      name += "x";
    else
      change_one(member);
  } else if (tree.type == "L" || tree.type == "M") {
    tree.members.emplace_back(tree.type == "M" ? "another" : "", Tree{.type = "NULL"});
  } else if (tree.type == "N") {
    tree.number += 1;
  } else if (tree.type == "BOOL") {
    tree.text = tree.text == "true" ? "false" : "true";
  } else if (tree.type == "NULL") {
    tree.type = "S";
  } else {
    tree.text += "x";
  }
}

std::string item_of(const Tree& tree) {
  return spelled_members(tree);
}

TEST(ItemDigestProperty, EachWayToWriteAnItemHasItsDigest) {
  const auto property = [] {
    const Tree item = draw_item();
    ItemDigester digester;
    const Result<ItemDigest> first = digester.digest_of(item_of(item));
    RC_ASSERT(first.has_value());
    const std::string other = item_of(item);
    const Result<ItemDigest> second = digester.digest_of(other);
    RC_ASSERT(second.has_value());
    RC_ASSERT(*first == *second);
    RC_ASSERT(digester.differing_attributes(item_of(item), other)->empty());
  };
  EXPECT_TRUE(holds("max_success=300 max_size=20", property));
}

TEST(ItemDigestProperty, AnItemWithOneChangeHasAnother) {
  const auto property = [] {
    const Tree item = draw_item();
    Tree changed = item;
    change_one(changed);
    RC_PRE(sorted(changed) != sorted(item));
    ItemDigester digester;
    const Result<ItemDigest> first = digester.digest_of(item_of(item));
    const Result<ItemDigest> second = digester.digest_of(item_of(changed));
    RC_ASSERT(first.has_value());
    RC_ASSERT(second.has_value());
    RC_ASSERT(*first != *second);
    RC_ASSERT(!digester.differing_attributes(item_of(item), item_of(changed))->empty());
  };
  EXPECT_TRUE(holds("max_success=500 max_size=20", property));
}

}  // namespace
}  // namespace streamonce::events
