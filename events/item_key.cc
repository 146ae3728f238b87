#include "events/item_key.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "runtime/base/base64.h"
#include "runtime/base/digest.h"
#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::events {
namespace {

// Source: DynamoDB developer guide, "Supported data types and naming rules", Number.
constexpr std::size_t kNumberDigitsMax = 38;
constexpr int kExponentMin = -130;
constexpr int kExponentMax = 125;
/// The longest text of a number: far more than any sensible spelling of 38 digits needs.
constexpr std::size_t kNumberTextMax = 400;

/// What stands before the hash of a canonical key that was too long.
constexpr std::string_view kHashMark = "sha256:";

/// `[+-] digits [. digits] [e|E [+-] digits]`: value = 0.DIGITS * 10^point.
struct KeyNumber {
  bool negative = false;
  std::string digits;  ///< without leading and trailing zeros; empty: zero
  int point = 0;       ///< digits before the decimal point; may be negative
};

Result<int> parse_exponent(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return invalid_argument("is not a number");
  }
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (text.empty() || end != text.data() + text.size()) return invalid_argument("is not a number");
  if (error != std::errc{} || exponent > 1000 || exponent < -1000)
    return invalid_argument("is out of DynamoDB's range");
  return exponent;
}

Result<KeyNumber> parse_key_number(std::string_view text) {
  if (text.empty() || text.size() > kNumberTextMax) return invalid_argument("is not a number");
  KeyNumber number;
  if (text.front() == '-' || text.front() == '+') {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  int exponent = 0;
  if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    exponent = STREAMONCE_TRY(parse_exponent(text.substr(e + 1)));
    text = text.substr(0, e);
  }
  const std::size_t dot = std::min(text.find('.'), text.size());
  number.digits.append(text.substr(0, dot));
  if (dot < text.size()) number.digits.append(text.substr(dot + 1));
  if (number.digits.empty() || !std::all_of(number.digits.begin(), number.digits.end(), is_digit))
    return invalid_argument("is not a number");

  const std::size_t zeros = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.digits.erase(0, zeros);
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  number.point = static_cast<int>(dot) - static_cast<int>(zeros) + exponent;
  return number;
}

std::string plain_text(const KeyNumber& number) {
  if (number.digits.empty()) return "0";
  std::string text = number.negative ? "-" : "";
  const int count = static_cast<int>(number.digits.size());
  if (number.point <= 0) {
    text += "0.";
    text.append(static_cast<std::size_t>(-number.point), '0');
    text += number.digits;
  } else if (number.point >= count) {
    text += number.digits;
    text.append(static_cast<std::size_t>(number.point - count), '0');
  } else {
    text += number.digits.substr(0, static_cast<std::size_t>(number.point));
    text += '.';
    text += number.digits.substr(static_cast<std::size_t>(number.point));
  }
  return text;
}

/// Whether `text` is already as canonical_number() would have it: an integer as people write it.
bool is_plain_integer(std::string_view text) {
  return !text.empty() && text.size() <= kNumberDigitsMax && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), is_digit);
}

void append_with_length(std::string& out, std::string_view text) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), text.size()).ptr;
  out.append(digits.data(), end);
  out += ':';
  out += text;
}

/// Takes a text with its length before it from the front of `rest`; none: there is none.
std::optional<std::string_view> take_with_length(std::string_view& rest) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
  const auto digits = static_cast<std::size_t>(end - rest.data());
  if (error != std::errc{} || digits == rest.size() || rest[digits] != ':') return std::nullopt;
  rest.remove_prefix(digits + 1);
  if (size > rest.size()) return std::nullopt;
  const std::string_view text = rest.substr(0, size);
  rest.remove_prefix(size);
  return text;
}

std::optional<KeyType> take_key_type(std::string_view& rest) {
  constexpr std::string_view kTypes = "SNB";
  if (rest.empty() || kTypes.find(rest.front()) == std::string_view::npos) return std::nullopt;
  const auto type = static_cast<KeyType>(rest.front());
  rest.remove_prefix(1);
  return type;
}

Status check_value(const KeyAttribute& attribute) {
  switch (attribute.type) {
    case KeyType::kString:
      break;
    case KeyType::kNumber:
      if (!is_plain_integer(attribute.value)) STREAMONCE_TRY(canonical_number(attribute.value));
      break;
    case KeyType::kBinary:
      if (!is_canonical_base64(attribute.value)) return invalid_argument("is not base64");
      break;
  }
  if (attribute.value.empty()) return invalid_argument("is empty");
  return {};
}

}  // namespace

Status ItemKey::add(const KeyAttribute& attribute) {
  const std::string name(attribute.name);
  if (count_ == kAttributesMax)
    return invalid_argument("a key has at most 2 attributes: found a third");
  if (name.empty()) return invalid_argument("a key attribute has an empty name");
  if (Status value = check_value(attribute); !value)
    return with_context("the value of key attribute " + name, std::move(value).error());
  if (count_ == 1 && attributes_[0].name == attribute.name)
    return invalid_argument("key attribute " + name + " stands twice");

  attributes_[count_++] = attribute;
  if (count_ == 2 && attributes_[1].name < attributes_[0].name)
    std::swap(attributes_[0], attributes_[1]);
  return {};
}

bool ItemKey::same_shape(const ItemKey& other) const {
  return std::equal(attributes().begin(), attributes().end(), other.attributes().begin(),
                    other.attributes().end(), [](const KeyAttribute& a, const KeyAttribute& b) {
                      return a.name == b.name && a.type == b.type;
                    });
}

std::string ItemKey::shape() const {
  std::string text;
  for (const KeyAttribute& attribute : attributes()) {
    if (!text.empty()) text += ", ";
    text += attribute.name;
    text += " (";
    text += static_cast<char>(attribute.type);
    text += ')';
  }
  return text;
}

void append_canonical(std::string& out, const ItemKey& key) {
  const std::size_t start = out.size();
  for (const KeyAttribute& attribute : key.attributes()) {
    append_with_length(out, attribute.name);
    out += static_cast<char>(attribute.type);
    if (attribute.type == KeyType::kNumber && !is_plain_integer(attribute.value))
      append_with_length(out, canonical_number(attribute.value).value());
    else
      append_with_length(out, attribute.value);
  }
  if (out.size() - start <= kCanonicalBytesMax) return;
  const std::string full = out.substr(start);
  out.resize(start);
  out += kHashMark;
  append_hex(out, sha256(full));
}

std::string canonical_of(const ItemKey& key) {
  std::string canonical;
  append_canonical(canonical, key);
  return canonical;
}

Result<ItemKey> parse_canonical(std::string_view text) {
  if (text.starts_with(kHashMark))
    return Error{ErrorCode::kExpired,
                 "the key was longer than 1,024 bytes, and only its hash is kept"};
  ItemKey key;
  while (!text.empty()) {
    const auto name = take_with_length(text);
    const auto type = take_key_type(text);
    const auto value = take_with_length(text);
    if (!name || !type || !value || !key.add({.name = *name, .type = *type, .value = *value}))
      return invalid_argument("is no canonical key");
  }
  if (key.empty()) return invalid_argument("is no canonical key");
  return key;
}

void append_key_json(std::string& out, const ItemKey& key) {
  out += '{';
  for (const KeyAttribute& attribute : key.attributes()) {
    if (out.back() == '}') out += ',';
    append_json_string(out, attribute.name);
    out.append(R"(:{")").append(1, static_cast<char>(attribute.type)).append(R"(":)");
    append_json_string(out, attribute.value);
    out += '}';
  }
  out += '}';
}

Result<std::string> canonical_number(std::string_view text) {
  if (is_plain_integer(text)) return std::string(text);
  const KeyNumber number = STREAMONCE_TRY(parse_key_number(text));
  if (number.digits.size() > kNumberDigitsMax)
    return invalid_argument("has more than 38 significant digits");
  const int exponent = number.point - 1;  // the power of ten of the first digit
  if (!number.digits.empty() && (exponent < kExponentMin || exponent > kExponentMax))
    return invalid_argument("is out of DynamoDB's range");
  return plain_text(number);
}

bool same_value(const KeyAttribute& a, const KeyAttribute& b) {
  if (a.type != b.type) return false;
  if (a.value == b.value) return true;
  if (a.type != KeyType::kNumber) return false;
  const Result<std::string> one = canonical_number(a.value);
  const Result<std::string> other = canonical_number(b.value);
  return one && other && *one == *other;
}

bool is_number(std::string_view text) {
  // Nearly every number is up to 38 digits with at most one dot among them: no need to take it
  // apart.
  const std::size_t dot = std::min(text.find('.'), text.size());
  const bool plain =
      dot > 0 && text.size() <= kNumberDigitsMax && dot + 1 != text.size() &&
      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(dot), is_digit) &&
      std::all_of(text.begin() + static_cast<std::ptrdiff_t>(std::min(dot + 1, text.size())),
                  text.end(), is_digit);
  return plain || canonical_number(text).has_value();
}

}  // namespace streamonce::events
