#include "handler/views/value.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "runtime/base/base64.h"
#include "runtime/base/json_text.h"

namespace streamonce::handler::views {
namespace {

using events::AttributeType;
using events::AttributeValue;
using Arena = std::pmr::memory_resource;

static_assert(std::is_trivially_copyable_v<Value>);

constexpr ValueKind kind_of(AttributeType type) {
  return static_cast<ValueKind>(static_cast<std::uint8_t>(type) + 1);
}
static_assert(kind_of(AttributeType::kString) == ValueKind::kText);
static_assert(kind_of(AttributeType::kStringSet) == ValueKind::kTextSet);
static_assert(kind_of(AttributeType::kMap) == ValueKind::kMap);

constexpr AttributeType type_of(ValueKind kind) {
  return static_cast<AttributeType>(static_cast<std::uint8_t>(kind) - 1);
}

/// The kind of a set's elements.
ValueKind element_kind(ValueKind set) {
  if (set == ValueKind::kTextSet) return ValueKind::kText;
  return set == ValueKind::kNumberSet ? ValueKind::kNumber : ValueKind::kBinary;
}

std::string_view without_quotes(std::string_view content) {
  return content.size() < 2 ? std::string_view{} : content.substr(1, content.size() - 2);
}

std::size_t count_of(const Value& value) {
  std::size_t count = 0;
  Value element;
  for (Elements elements(value); elements.next(element);) ++count;
  return count;
}

/// The numbers of a set, each once, by rising value.
std::pmr::vector<Decimal> sorted_numbers(const Value& set, Arena& arena) {
  std::pmr::vector<Decimal> numbers(&arena);
  numbers.reserve(count_of(set));
  Value element;
  for (Elements elements(set); elements.next(element);) numbers.push_back(element.number());
  std::sort(numbers.begin(), numbers.end(),
            [](const Decimal& a, const Decimal& b) { return std::is_lt(compare(a, b)); });
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

/// The texts of a set, each once, by rising bytes; of a set of binaries their base64, of which each
/// has one.
std::pmr::vector<std::string_view> sorted_texts(const Value& set, Arena& arena) {
  std::pmr::vector<std::string_view> texts(&arena);
  texts.reserve(count_of(set));
  Value element;
  for (Elements elements(set); elements.next(element);) texts.push_back(element.text(arena));
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

std::pmr::vector<ValueMember> sorted_members(const Value& map, Arena& arena) {
  std::pmr::vector<ValueMember> members(&arena);
  ValueMember member;
  for (Members walk(map, arena); walk.next(member);) members.push_back(member);
  std::sort(members.begin(), members.end(),
            [](const ValueMember& a, const ValueMember& b) { return a.name < b.name; });
  return members;
}

bool equal_lists(const Value& a, const Value& b, Arena& arena) {
  Elements first(a);
  Elements other(b);
  Value one;
  Value two;
  while (true) {
    const bool is_there = first.next(one);
    if (other.next(two) != is_there) return false;
    if (!is_there) return true;
    if (!equal(one, two, arena)) return false;
  }
}

bool equal_maps(const Value& a, const Value& b, Arena& arena) {
  const auto first = sorted_members(a, arena);
  const auto other = sorted_members(b, arena);
  return std::equal(first.begin(), first.end(), other.begin(), other.end(),
                    [&](const ValueMember& one, const ValueMember& two) {
                      return one.name == two.name && equal(one.value, two.value, arena);
                    });
}

/// How many units of UTF-16 `text`, which is UTF-8, has.
std::uint64_t utf16_units(std::string_view text) {
  std::uint64_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80) ++units;  // not inside a character
    if (byte >= 0xF0) ++units;            // a character beyond U+FFFF is two units
  }
  return units;
}

/// Appends what stands behind the type's colon.
void append_content(std::string& out, const Value& value) {
  std::array<char, 256> buffer;
  std::pmr::monotonic_buffer_resource arena(buffer.data(), buffer.size());
  const char* separator = "";
  switch (value.kind()) {
    case ValueKind::kMissing:
    case ValueKind::kNull:
      out += "true";
      return;
    case ValueKind::kBool:
      out += value.is_true() ? "true" : "false";
      return;
    case ValueKind::kNumber:
      out += '"';
      append_plain(out, value.number());
      out += '"';
      return;
    case ValueKind::kText:
    case ValueKind::kBinary:
      append_json_string(out, value.text(arena));
      return;
    case ValueKind::kTextSet:
    case ValueKind::kNumberSet:
    case ValueKind::kBinarySet:
    case ValueKind::kList: {
      const bool is_list = value.kind() == ValueKind::kList;
      Value element;
      out += '[';
      for (Elements elements(value); elements.next(element); separator = ",") {
        out += separator;
        is_list ? append_json(out, element) : append_content(out, element);
      }
      out += ']';
      return;
    }
    case ValueKind::kMap: {
      ValueMember member;
      out += '{';
      for (Members members(value, arena); members.next(member); separator = ",") {
        out += separator;
        append_json_string(out, member.name);
        out += ':';
        append_json(out, member.value);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

std::string_view name_of(ValueKind kind) {
  return kind == ValueKind::kMissing ? "MISSING" : events::name_of(type_of(kind));
}

Value Value::null() {
  Value value;
  value.kind_ = ValueKind::kNull;
  return value;
}

Value Value::of(bool truth) {
  Value value;
  value.kind_ = ValueKind::kBool;
  value.truth_ = truth;
  return value;
}

Value Value::of(const Decimal& number) {
  Value value;
  value.kind_ = ValueKind::kNumber;
  value.number_ = number;
  return value;
}

Value Value::of_text(std::string_view text) {
  Value value;
  value.kind_ = ValueKind::kText;
  value.text_ = text;
  return value;
}

Value Value::of_set(ValueKind kind, std::span<const Value> elements) {
  Value value = of_list(elements);
  value.kind_ = kind;
  return value;
}

Value Value::of_list(std::span<const Value> elements) {
  Value value;
  value.kind_ = ValueKind::kList;
  value.elements_ = {.data = elements.data(), .size = elements.size()};
  return value;
}

Value Value::of_map(std::span<const ValueMember> members) {
  Value value;
  value.kind_ = ValueKind::kMap;
  value.members_ = {.data = members.data(), .size = members.size()};
  return value;
}

Value Value::of(const AttributeValue& attribute) {
  Value value = of_content(kind_of(attribute.type), attribute.content);
  value.raw_.json = attribute.json;
  return value;
}

Value Value::of_content(ValueKind kind, std::string_view content) {
  Value value;
  value.kind_ = kind;
  value.is_raw_ = true;
  value.truth_ = kind == ValueKind::kBool && content == "true";
  value.raw_ = {.json = {}, .content = content};
  return value;
}

Decimal Value::number() const {
  if (!is_raw_) return number_;
  // A number has no escapes, if nobody meant to be funny.
  std::array<char, 512> buffer;
  std::pmr::monotonic_buffer_resource arena(buffer.data(), buffer.size());
  const Result<Decimal> parsed = parse_decimal(text(arena));
  return parsed ? *parsed : Decimal{};
}

std::string_view Value::text(Arena& arena) const {
  return is_raw_ ? events::unescaped(without_quotes(raw_.content), arena) : text_;
}

std::string_view Value::bytes(Arena& arena) const {
  const std::string_view base64 = text(arena);
  if (base64.empty() || !is_canonical_base64(base64)) return {};
  auto* const bytes = static_cast<char*>(arena.allocate(base64.size() / 4 * 3, alignof(char)));
  return {bytes, decode_base64(base64, bytes)};
}

Value Value::element(std::size_t index) const {
  if (kind_ != ValueKind::kList) return {};
  if (!is_raw_) return index < elements_.size ? elements_.data[index] : Value{};
  events::ElementWalk walk(raw_.content);
  for (std::size_t i = 0; walk.next(); ++i)
    if (i == index) return of(walk.value());
  return {};
}

Value Value::member(std::string_view name) const {
  if (kind_ != ValueKind::kMap) return {};
  if (is_raw_) {
    events::MemberWalk walk(raw_.content);
    while (walk.next())
      if (events::same_text(walk.raw_name(), name)) return of(walk.value());
    return {};
  }
  for (std::size_t i = 0; i < members_.size; ++i)
    if (members_.data[i].name == name) return members_.data[i].value;
  return {};
}

Elements::Elements(const Value& value)
    : kind_(value.is_set() || value.kind() == ValueKind::kList ? value.kind()
                                                               : ValueKind::kMissing),
      list_(value.is_raw_ && kind_ == ValueKind::kList ? value.raw_.content : ""),
      set_(value.is_raw_ && value.is_set() ? value.raw_.content : "") {
  if (value.is_raw_ || kind_ == ValueKind::kMissing) return;
  made_ = value.elements_.data;
  made_end_ = made_ + value.elements_.size;
}

bool Elements::next(Value& element) {
  if (made_ != made_end_) {
    element = *made_++;
    return true;
  }
  if (list_.next()) {
    element = Value::of(list_.value());
    return true;
  }
  if (!set_.next()) return false;
  element = Value::of_content(element_kind(kind_), set_.content());
  return true;
}

Members::Members(const Value& value, Arena& arena)
    : walk_(value.is_raw_ && value.kind() == ValueKind::kMap ? value.raw_.content : ""),
      arena_(arena) {
  if (value.is_raw_ || value.kind() != ValueKind::kMap) return;
  made_ = value.members_.data;
  made_end_ = made_ + value.members_.size;
}

bool Members::next(ValueMember& member) {
  if (made_ != made_end_) {
    member = *made_++;
    return true;
  }
  if (!walk_.next()) return false;
  member = {.name = events::unescaped(walk_.raw_name(), arena_), .value = Value::of(walk_.value())};
  return true;
}

bool equal(const Value& a, const Value& b, Arena& arena) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::kMissing:
      return false;
    case ValueKind::kNull:
      return true;
    case ValueKind::kBool:
      return a.is_true() == b.is_true();
    case ValueKind::kNumber:
      return a.number() == b.number();
    case ValueKind::kText:
    case ValueKind::kBinary:  // bytes have one canonical base64
      return a.text(arena) == b.text(arena);
    case ValueKind::kNumberSet:
      return sorted_numbers(a, arena) == sorted_numbers(b, arena);
    case ValueKind::kTextSet:
    case ValueKind::kBinarySet:
      return sorted_texts(a, arena) == sorted_texts(b, arena);
    case ValueKind::kList:
      return equal_lists(a, b, arena);
    case ValueKind::kMap:
      return equal_maps(a, b, arena);
  }
  return false;
}

std::partial_ordering order(const Value& a, const Value& b, Arena& arena) {
  if (a.kind() != b.kind()) return std::partial_ordering::unordered;
  switch (a.kind()) {
    case ValueKind::kNumber:
      return compare(a.number(), b.number());
    case ValueKind::kText:
      return a.text(arena) <=> b.text(arena);
    case ValueKind::kBinary:
      return a.bytes(arena) <=> b.bytes(arena);
    default:
      return std::partial_ordering::unordered;
  }
}

std::optional<std::uint64_t> size_of(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case ValueKind::kText:
      return utf16_units(value.text(arena));
    case ValueKind::kBinary:
      return value.bytes(arena).size();
    case ValueKind::kTextSet:
    case ValueKind::kNumberSet:
    case ValueKind::kBinarySet:
    case ValueKind::kList:
      return count_of(value);
    case ValueKind::kMap: {
      std::uint64_t count = 0;
      ValueMember member;
      for (Members members(value, arena); members.next(member);) ++count;
      return count;
    }
    default:
      return {};
  }
}

bool contains(const Value& container, const Value& operand, Arena& arena) {
  if (container.kind() == ValueKind::kText && operand.kind() == ValueKind::kText)
    return container.text(arena).find(operand.text(arena)) != std::string_view::npos;
  if (container.kind() == ValueKind::kBinary && operand.kind() == ValueKind::kBinary)
    return container.bytes(arena).find(operand.bytes(arena)) != std::string_view::npos;
  Value element;
  for (Elements elements(container); elements.next(element);)
    if (equal(element, operand, arena)) return true;
  return false;
}

bool begins_with(const Value& value, const Value& prefix, Arena& arena) {
  if (value.kind() != prefix.kind()) return false;
  if (value.kind() == ValueKind::kText) return value.text(arena).starts_with(prefix.text(arena));
  return value.kind() == ValueKind::kBinary && value.bytes(arena).starts_with(prefix.bytes(arena));
}

void leave_distinct(std::vector<Value>& elements, Arena& arena) {
  std::sort(elements.begin(), elements.end(),
            [&](const Value& a, const Value& b) { return std::is_lt(order(a, b, arena)); });
  const auto end = std::unique(elements.begin(), elements.end(),
                               [&](const Value& a, const Value& b) { return equal(a, b, arena); });
  elements.erase(end, elements.end());
}

void append_json(std::string& out, const Value& value) {
  if (!value.json().empty()) {
    out += value.json();
    return;
  }
  out += "{\"";
  out += name_of(value.kind());
  out += "\":";
  append_content(out, value);
  out += '}';
}

}  // namespace streamonce::handler::views
