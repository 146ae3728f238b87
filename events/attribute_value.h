// events/attribute_value.h: a typed look into the bytes of an item that was checked.
//
// No tree is built: a value is a view of its bytes, and its parts are found by walking them.
//
// All texts that are looked into must have been walked by walk_item() or walk_key(), or made by
// this program: they are well-formed DynamoDB JSON. White space may stand anywhere. Of any other
// bytes a walk gives something or ends early; it reads nothing outside them.
//
// A raw text is what stands between the quotation marks of a JSON string, with its escapes.
//
// Source:  DynamoDB API reference, AttributeValue; RFC 8259, section 7 (escapes).
// Threads: values and pure functions. Ownership: views of the text that was given.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

namespace streamonce::events {

enum class AttributeType : std::uint8_t {
  kString,
  kNumber,
  kBinary,
  kBool,
  kNull,
  kStringSet,
  kNumberSet,
  kBinarySet,
  kList,
  kMap,
};

/// `S`, `N` and so on.
std::string_view name_of(AttributeType type);

/// The type that has this name; none: no type has it.
std::optional<AttributeType> attribute_type_of(std::string_view name);

/// An attribute as it goes into a request.
struct RawAttribute {
  std::string_view name;        ///< unescaped
  std::string_view value_json;  ///< `{"S":"..."}`
};

/// One value: type and bytes.
struct AttributeValue {
  AttributeType type = AttributeType::kNull;
  std::string_view json;     ///< `{"S":"x"}`, from brace to brace
  std::string_view content;  ///< what stands behind the colon: `"x"`, `[...]`, `{...}`, `true`

  /// Of an S, N or B: the raw text. Of the others: nothing of use.
  std::string_view raw_text() const {
    return content.size() < 2 ? std::string_view{} : content.substr(1, content.size() - 2);
  }
};

/// The value that `json` begins with, behind white space. None: it begins with no value.
std::optional<AttributeValue> look(std::string_view json);

/// The attributes of an item or of the content of an M, one after the other:
///
///     MemberWalk walk(image);
///     while (walk.next()) use(walk.raw_name(), walk.value());
class MemberWalk {
 public:
  /// @param object  `{"a":{"S":"x"}}`
  explicit MemberWalk(std::string_view object);

  /// Goes to the next member. False: there is none.
  bool next();
  std::string_view raw_name() const { return raw_name_; }
  const AttributeValue& value() const { return value_; }

 private:
  const char* at_;
  const char* end_;
  std::string_view raw_name_;
  AttributeValue value_;
};

/// The values of the content of an L.
class ElementWalk {
 public:
  /// @param array  `[{"S":"x"},{"N":"1"}]`
  explicit ElementWalk(std::string_view array);

  bool next();
  const AttributeValue& value() const { return value_; }

 private:
  const char* at_;
  const char* end_;
  AttributeValue value_;
};

/// The raw texts of the content of a set.
class SetWalk {
 public:
  /// @param array  `["x","y"]`
  explicit SetWalk(std::string_view array);

  bool next();
  /// The text with its quotation marks.
  std::string_view content() const { return content_; }
  std::string_view raw_text() const { return content_.substr(1, content_.size() - 2); }

 private:
  const char* at_;
  const char* end_;
  std::string_view content_;
};

/// Whether `raw` stands for `plain`.
bool same_text(std::string_view raw, std::string_view plain);

/// What `raw` stands for: itself if nothing in it is escaped, else a text in `arena`. A surrogate
/// without its other half, which no walked text has, is U+FFFD.
std::string_view unescaped(std::string_view raw, std::pmr::memory_resource& arena);

}  // namespace streamonce::events
