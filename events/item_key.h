// events/item_key.h: one name for each item, however its key was written.
//
// The canonical key is the key attributes sorted by name, each as name, type and value, every part
// with its length before it, so that no two keys share a text:
//
//     {"sk":{"N":"7.0"},"pk":{"S":"a:b"}}   ->   2:pkS3:a:b2:skN1:7
//
// Numbers are in plain decimal form without needless zeros, since one number may be written in
// several ways; binary values are in base64, as they come. A canonical key over kCanonicalBytesMax
// is replaced by `sha256:` and its SHA-256 in hex.
//
// Source:  DynamoDB naming rules and data types: key attributes are S, N or B; a table has one or
//          two. Numbers have up to 38 digits and lie between 1E-130 and 9.99E+125.
// Threads: values and pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::events {

enum class KeyType : char { kString = 'S', kNumber = 'N', kBinary = 'B' };

struct KeyAttribute {
  std::string_view name;  ///< unescaped
  KeyType type = KeyType::kString;
  std::string_view value;  ///< unescaped; a binary's base64 text
};

/// The attributes of one item's key, sorted by name. Borrows its texts from the payload's parser.
class ItemKey {
 public:
  static constexpr std::size_t kAttributesMax = 2;

  /// Adds an attribute, in its sorted place.
  /// @error kInvalidArgument  a third attribute, a name twice, an empty value, a number that
  ///                          DynamoDB would not take, or a binary that is not canonical base64.
  ///                          The message never holds the value.
  Status add(const KeyAttribute& attribute);

  std::span<const KeyAttribute> attributes() const { return {attributes_.data(), count_}; }
  bool empty() const { return count_ == 0; }
  /// Lets the key view what `text_for` gives for each name and value: an equal text elsewhere.
  template <class TextFor>
  void replace_texts(TextFor text_for) {
    for (std::size_t i = 0; i < count_; ++i) {
      attributes_[i].value = text_for(attributes_[i].value);
      attributes_[i].name = text_for(attributes_[i].name);
    }
  }
  /// Whether both keys have attributes of the same names and types, as all items of a table have.
  bool same_shape(const ItemKey& other) const;
  /// `id (S), version (N)`: for messages.
  std::string shape() const;

 private:
  std::array<KeyAttribute, kAttributesMax> attributes_{};
  std::size_t count_ = 0;
};

/// A canonical key longer than this is replaced by its hash.
/// Source: a partition key holds 2,048 bytes; pipeline, account, Region and table need their share.
inline constexpr std::size_t kCanonicalBytesMax = 1024;

/// Appends the canonical key to `out`.
void append_canonical(std::string& out, const ItemKey& key);
/// The canonical key as a text of its own.
std::string canonical_of(const ItemKey& key);

/// The key that append_canonical() has made `text` of. It views `text`.
/// @error kExpired          it was too long, and is a hash, which tells no key
/// @error kInvalidArgument  `text` is no canonical key. No message holds any of it
Result<ItemKey> parse_canonical(std::string_view text);

/// Appends a key as DynamoDB JSON: `{"id":{"S":"..."}}`, in the order of its attributes.
void append_key_json(std::string& out, const ItemKey& key);

/// `text` in plain decimal form without needless zeros: "1.50e1" -> "15", "-0" -> "0".
/// @error kInvalidArgument  not a number, over 38 digits, or out of DynamoDB's range
Result<std::string> canonical_number(std::string_view text);

/// Whether canonical_number() would take `text`.
bool is_number(std::string_view text);

/// Whether both stand for the same attribute value: numbers are compared as numbers.
bool same_value(const KeyAttribute& a, const KeyAttribute& b);

}  // namespace streamonce::events
