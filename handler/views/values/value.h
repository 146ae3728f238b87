// handler/views/values/value.h: what an expression of a view comes to.
//
// A value that came with an image keeps its bytes: it is copied into a row as it came, and parsed
// or unescaped only where an operation needs it. Any other value is made: of a literal, or by an
// operation. The operations here mean what DynamoDB's condition expressions mean.
//
// Source:  DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
// Threads: values and pure functions.
// Ownership: a value is a view of the image, of the arena or of literals; it owns nothing.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "events/attribute_value.h"
#include "events/decimal.h"

namespace streamonce::handler::views {

using events::Decimal;

/// MISSING, and behind it DynamoDB's types in the order of events::AttributeType.
enum class ValueKind : std::uint8_t {
  kMissing,
  kText,
  kNumber,
  kBinary,
  kBool,
  kNull,
  kTextSet,
  kNumberSet,
  kBinarySet,
  kList,
  kMap,
};

/// `S`, `N` and so on, as attribute_type() has them; `MISSING`.
std::string_view name_of(ValueKind kind);

struct ValueMember;

/// Small, and copied as it is.
class Value {
 public:
  /// MISSING.
  Value() : text_() {}

  static Value null();
  static Value of(bool truth);
  static Value of(const Decimal& number);
  /// @param text  unescaped
  static Value of_text(std::string_view text);
  /// A set of texts or of numbers, which `kind` says and all elements are. None is there twice.
  static Value of_set(ValueKind kind, std::span<const Value> elements);
  /// None of the elements, and of the members' values, is MISSING.
  static Value of_list(std::span<const Value> elements);
  /// No name stands there twice.
  static Value of_map(std::span<const ValueMember> members);
  static Value of(const events::AttributeValue& attribute);
  /// A pointer is no BOOL.
  static Value of(const void*) = delete;

  ValueKind kind() const { return kind_; }
  bool is_missing() const { return kind_ == ValueKind::kMissing; }
  bool is_null() const { return kind_ == ValueKind::kNull; }
  /// Whether it is the BOOL true.
  bool is_true() const { return kind_ == ValueKind::kBool && truth_; }
  /// Of a raw value: `{"S":"x"}` as it came. Empty: it is made, or was an element of a set.
  std::string_view json() const { return is_raw_ ? raw_.json : std::string_view{}; }
  bool is_set() const {
    return kind_ == ValueKind::kTextSet || kind_ == ValueKind::kNumberSet ||
           kind_ == ValueKind::kBinarySet;
  }

  // What is asked for must be of the kind.

  /// The number. Of an N that walk_item() would not have passed: 0.
  Decimal number() const;
  /// The text, or the base64 of a binary; in `arena` if it had to be unescaped.
  std::string_view text(std::pmr::memory_resource& arena) const;
  /// The bytes of a binary, in `arena`.
  std::string_view bytes(std::pmr::memory_resource& arena) const;
  /// Of a list or a map: the element, or the member. MISSING: there is none, or this is of another
  /// kind.
  Value element(std::size_t index) const;
  /// Of two members with one name: the last, as with attributes.
  Value member(std::string_view name) const;

  /// Of two texts, or two binaries: whether they are the same. Takes time and memory by the shorter
  /// one, however long the other is.
  bool has_text_of(const Value& other) const;

 private:
  friend class Elements;
  friend class Members;

  struct Raw {
    std::string_view json;  ///< empty: an element of a set, which has its content alone
    std::string_view content;
  };

  /// An element of a set that came with an image.
  static Value of_content(ValueKind kind, std::string_view content);

  /// A span, but of a type that is not complete yet.
  template <class T>
  struct Run {
    const T* data;
    std::size_t size;
  };

  ValueKind kind_ = ValueKind::kMissing;
  bool is_raw_ = false;
  bool truth_ = false;
  union {
    Raw raw_;  ///< if is_raw_
    Decimal number_;
    std::string_view text_;
    Run<Value> elements_;  ///< of a list or a set
    Run<ValueMember> members_;
  };
};

struct ValueMember {
  std::string_view name;  ///< unescaped
  Value value;
};

/// The elements of a list or a set, one after the other. Of a value of another kind, none.
class Elements {
 public:
  explicit Elements(const Value& value);
  /// Takes the next element. False: there is none.
  bool next(Value& element);

 private:
  const Value* made_ = nullptr;
  const Value* made_end_ = nullptr;
  ValueKind kind_;  ///< of the whole
  events::ElementWalk list_;
  events::SetWalk set_;
};

/// The members of a map, in their order. Of a value of another kind, none.
class Members {
 public:
  /// @param arena  for names that must be unescaped
  Members(const Value& value, std::pmr::memory_resource& arena);
  bool next(ValueMember& member);

 private:
  const ValueMember* made_ = nullptr;
  const ValueMember* made_end_ = nullptr;
  events::MemberWalk walk_;
  std::pmr::memory_resource& arena_;
};

/// The same value, of which `arena` has all that must be parsed or unescaped: for what is compared
/// with many. A binary stays as it is.
Value settled(const Value& value, std::pmr::memory_resource& arena);

// What an operation must unescape, decode or sort, it keeps for as long as it takes.

/// Whether both are of one type and equal: numbers as numbers, sets and maps without order, lists
/// with it, NULL with NULL. MISSING is equal to nothing.
bool equal(const Value& a, const Value& b);

/// The order of two texts (by their UTF-8), two numbers or two binaries (by their bytes, which have
/// no sign); unordered: anything else.
std::partial_ordering order(const Value& a, const Value& b);

/// DynamoDB's size(): of a text its units of UTF-16, of a binary its bytes, of a set, a list or a
/// map the count of its elements. None: the type has no size.
std::optional<std::uint64_t> size_of(const Value& value);

/// DynamoDB's contains(): a text in a text, bytes in a binary, an element in a set or a list. False
/// for other types.
bool contains(const Value& container, const Value& operand);

/// DynamoDB's begins_with(): of two texts, or two binaries. False for other types.
bool begins_with(const Value& value, const Value& prefix);

/// Appends the value as DynamoDB JSON: a raw one as it came. Must not be MISSING.
void append_json(std::string& out, const Value& value);

}  // namespace streamonce::handler::views
