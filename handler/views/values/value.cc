#include "handler/views/values/value.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "handler/views/values/text_functions.h"
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

/// The most bytes that JSON has for one byte of a text: `\u0041`.
constexpr std::size_t kEscapeBytesMax = 6;

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

/// Whether two walks have as many steps. Takes no more steps than the shorter one has.
template <class Walk, class Step>
bool are_as_many(Walk first, Walk other) {
  Step step;
  while (true) {
    const bool is_there = first.next(step);
    if (other.next(step) != is_there) return false;
    if (!is_there) return true;
  }
}

/// The elements of a set, sorted: numbers, or texts, or the base64 of binaries, of which each has
/// one.
std::vector<Value> sorted_elements(const Value& set, Arena& arena) {
  std::vector<Value> elements;
  elements.reserve(count_of(set));
  Value element;
  for (Elements walk(set); walk.next(element);)
    elements.push_back(element.kind() == ValueKind::kNumber ? Value::of(element.number())
                                                            : Value::of_text(element.text(arena)));
  std::sort(elements.begin(), elements.end(),
            [](const Value& a, const Value& b) { return std::is_lt(order(a, b)); });
  return elements;
}

bool equal_sets(const Value& a, const Value& b) {
  if (!are_as_many<Elements, Value>(Elements(a), Elements(b))) return false;
  std::pmr::monotonic_buffer_resource arena;
  const auto first = sorted_elements(a, arena);
  const auto other = sorted_elements(b, arena);
  return std::equal(first.begin(), first.end(), other.begin(), other.end(),
                    [](const Value& one, const Value& two) { return equal(one, two); });
}

std::vector<ValueMember> sorted_members(const Value& map, Arena& arena) {
  std::vector<ValueMember> members;
  ValueMember member;
  for (Members walk(map, arena); walk.next(member);) members.push_back(member);
  std::sort(members.begin(), members.end(),
            [](const ValueMember& a, const ValueMember& b) { return a.name < b.name; });
  return members;
}

bool equal_lists(const Value& a, const Value& b) {
  Elements first(a);
  Elements other(b);
  Value one;
  Value two;
  while (true) {
    const bool is_there = first.next(one);
    if (other.next(two) != is_there) return false;
    if (!is_there) return true;
    if (!equal(one, two)) return false;
  }
}

bool equal_maps(const Value& a, const Value& b) {
  std::pmr::monotonic_buffer_resource arena;
  if (!are_as_many<Members, ValueMember>(Members(a, arena), Members(b, arena))) return false;
  const auto first = sorted_members(a, arena);
  const auto other = sorted_members(b, arena);
  return std::equal(first.begin(), first.end(), other.begin(), other.end(),
                    [](const ValueMember& one, const ValueMember& two) {
                      return one.name == two.name && equal(one.value, two.value);
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
  const std::string_view text = without_quotes(raw_.content);
  Result<Decimal> parsed = events::parse_decimal(text);
  if (!parsed && text.find('\\') != std::string_view::npos) {  // someone meant to be funny
    std::pmr::monotonic_buffer_resource arena;
    parsed = events::parse_decimal(events::unescaped(text, arena));
  }
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
    Value last;
    events::MemberWalk walk(raw_.content);
    while (walk.next())
      if (events::same_text(walk.raw_name(), name)) last = of(walk.value());
    return last;
  }
  for (std::size_t i = 0; i < members_.size; ++i)
    if (members_.data[i].name == name) return members_.data[i].value;
  return {};
}

bool Value::has_text_of(const Value& other) const {
  if (!other.is_raw_)
    return is_raw_ ? events::same_text(without_quotes(raw_.content), other.text_)
                   : text_ == other.text_;
  if (!is_raw_) return other.has_text_of(*this);
  std::string_view shorter = without_quotes(raw_.content);
  std::string_view longer = without_quotes(other.raw_.content);
  if (shorter.size() > longer.size()) std::swap(shorter, longer);
  if (shorter == longer) return true;
  if (shorter.size() * kEscapeBytesMax < longer.size()) return false;
  std::pmr::monotonic_buffer_resource arena;
  return events::same_text(longer, events::unescaped(shorter, arena));
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

Value settled(const Value& value, Arena& arena) {
  std::pmr::polymorphic_allocator<> allocator(&arena);
  if (value.kind() == ValueKind::kText) return Value::of_text(value.text(arena));
  if (value.kind() == ValueKind::kNumber) return Value::of(value.number());
  if (value.kind() == ValueKind::kMap) {
    const std::span members(allocator.allocate_object<ValueMember>(*size_of(value)),
                            *size_of(value));
    ValueMember member;
    std::size_t count = 0;
    for (Members walk(value, arena); walk.next(member);)
      members[count++] = {.name = member.name, .value = settled(member.value, arena)};
    return Value::of_map(members);
  }
  if (!value.is_set() && value.kind() != ValueKind::kList) return value;
  const std::span elements(allocator.allocate_object<Value>(count_of(value)), count_of(value));
  Value element;
  std::size_t count = 0;
  for (Elements walk(value); walk.next(element);) elements[count++] = settled(element, arena);
  return value.is_set() ? Value::of_set(value.kind(), elements) : Value::of_list(elements);
}

bool equal(const Value& a, const Value& b) {
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
      return a.has_text_of(b);
    case ValueKind::kTextSet:
    case ValueKind::kNumberSet:
    case ValueKind::kBinarySet:
      return equal_sets(a, b);
    case ValueKind::kList:
      return equal_lists(a, b);
    case ValueKind::kMap:
      return equal_maps(a, b);
  }
  return false;
}

std::partial_ordering order(const Value& a, const Value& b) {
  std::pmr::monotonic_buffer_resource arena;
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

std::optional<std::uint64_t> size_of(const Value& value) {
  std::pmr::monotonic_buffer_resource arena;
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

bool contains(const Value& container, const Value& operand) {
  std::pmr::monotonic_buffer_resource arena;
  if (container.kind() == ValueKind::kText && operand.kind() == ValueKind::kText)
    return find_text(container.text(arena), operand.text(arena)) != std::string_view::npos;
  if (container.kind() == ValueKind::kBinary && operand.kind() == ValueKind::kBinary)
    return find_text(container.bytes(arena), operand.bytes(arena)) != std::string_view::npos;
  const Value wanted = settled(operand, arena);
  Value element;
  for (Elements elements(container); elements.next(element);)
    if (equal(element, wanted)) return true;
  return false;
}

bool begins_with(const Value& value, const Value& prefix) {
  std::pmr::monotonic_buffer_resource arena;
  if (value.kind() != prefix.kind()) return false;
  if (value.kind() == ValueKind::kText) return value.text(arena).starts_with(prefix.text(arena));
  return value.kind() == ValueKind::kBinary && value.bytes(arena).starts_with(prefix.bytes(arena));
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
