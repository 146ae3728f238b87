// tests/support/secrecy.h: what guarantee G9 says, for every test of it.
//
// A secret is a value of an item or of its key, or a part of a credential. **What is told does not
// depend on it:** with another secret of the same shape in its place, the same is told, byte for
// byte. So nothing of a secret is told, be it cut, escaped or spelled otherwise; and a word that a
// database uses by itself is no leak, even where a secret has it too.
//
// with_others() makes that other input. Where a run cannot be repeated to the byte, since clocks
// and ports differ, the same is seen from the secrets here: no 4 bytes in a row of them are in any
// text but theirs, so that told_part_of() finds every 4 that are told.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace streamonce::testing {

struct Secret {
  std::string_view text;
  /// A text of the same length: each letter or digit differs, and any other character is the same.
  std::string_view other;
};

/// An access key's id, its secret, and a session token, in characters that real ones have.
inline constexpr std::array<Secret, 3> kCredentials = {{
    {"QKZA7QZX9JQ7KZX9", "XJQB9XJQ7ZX9VQJ7"},
    {"xZ/7qXz9+jQvK/q9z7", "vQ/9xJq7+zXkJ/x7q9"},
    {"XQoJ7zXq9QvzK7jx==", "ZJzX9qJx7XzkQ9vz=="},
}};

/// Values of an item and of its key.
inline constexpr std::array<Secret, 3> kValues = {{
    {"Kq7zXw9QjqZv7Xq", "Jx9vQz7KqkWj9Zx"},
    {"zKx7Qjv9wXqZk7Q", "qWj9Zkx7vQzXj9K"},
    {"vX9qKz7jWQxk9Zq", "jZ7xQv9kXKzq7Wx"},
}};

constexpr bool is_of_one_shape(const Secret& secret) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  for (std::size_t i = 0; i < secret.text.size() && i < secret.other.size(); ++i)
    if ((secret.text[i] != secret.other[i]) != is_letter_or_digit(secret.text[i]) ||
        is_letter_or_digit(secret.text[i]) != is_letter_or_digit(secret.other[i]))
      return false;
  return secret.text.size() == secret.other.size();
}
static_assert(std::all_of(kCredentials.begin(), kCredentials.end(), is_of_one_shape));
static_assert(std::all_of(kValues.begin(), kValues.end(), is_of_one_shape));

/// Each text and each other text of `secrets`.
template <std::size_t count>
constexpr std::array<std::string_view, 2 * count> texts_of(
    const std::array<Secret, count>& secrets) {
  std::array<std::string_view, 2 * count> texts;
  for (std::size_t i = 0; i < count; ++i) {
    texts[2 * i] = secrets[i].text;
    texts[2 * i + 1] = secrets[i].other;
  }
  return texts;
}

/// `input` with each secret's other in its place, wherever the whole of it stands.
inline std::string with_others(std::string input, std::span<const Secret> secrets) {
  for (const Secret& secret : secrets)
    for (auto at = input.find(secret.text); at != std::string::npos;
         at = input.find(secret.text, at + secret.text.size()))
      input.replace(at, secret.text.size(), secret.other);
  return input;
}

/// `text` with the first of kValues in the place of each `MARK`: a test can write `MARKkey` and
/// `MARKset` for values that it needs to tell apart.
inline std::string with_secrets(std::string text) {
  constexpr std::string_view kMark = "MARK";
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at))
    text.replace(at, kMark.size(), kValues[0].text);
  return text;
}

/// The first 4 bytes in a row of one of `secrets` that are in `told`; empty: none are.
inline std::string_view told_part_of(std::string_view told, std::span<const Secret> secrets) {
  constexpr std::size_t kRunLength = 4;
  for (const Secret& secret : secrets)
    for (std::size_t i = 0; i + kRunLength <= secret.text.size(); ++i)
      if (const auto run = secret.text.substr(i, kRunLength); told.find(run) != told.npos)
        return run;
  return {};
}

/// The first 4 bytes in a row of any secret here that are in `told`; empty: none are.
inline std::string_view told_secret(std::string_view told) {
  const std::string_view value = told_part_of(told, kValues);
  return value.empty() ? told_part_of(told, kCredentials) : value;
}

}  // namespace streamonce::testing
