// events/version.h: the order of all changes of one item, over restarts of its stream too.
//
// A version is the stream's label and the sequence number, as text whose byte order is the right
// order: `2026-11-21T00:44:22.580/0000000000000000000000000000000000000202`. A stream that was
// disabled and enabled again has a later label, so its records are newer.
//
// Threads: a value that owns its text; no allocation.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <string_view>

#include "events/sequence_number.h"
#include "events/stream_arn.h"
#include "runtime/base/result.h"

namespace streamonce::events {

class Version {
 public:
  static constexpr std::size_t kLength = StreamArn::kLabelLength + 1 + SequenceNumber::kDigitsMax;

  /// Before every other version.
  Version() { text_.fill('0'); }
  /// `label` is one that StreamArn::parse() has taken.
  Version(std::string_view label, const SequenceNumber& number);

  /// Reads what text() wrote.
  /// @error kInvalidArgument  `text` has not the form of a version: see is_version()
  static Result<Version> parse(std::string_view text);

  std::string_view text() const { return {text_.data(), text_.size()}; }

  friend bool operator==(const Version&, const Version&) = default;
  friend std::strong_ordering operator<=>(const Version& a, const Version& b) {
    return a.text().compare(b.text()) <=> 0;
  }

 private:
  std::array<char, kLength> text_;
};

/// Whether `text` has the form of a version. Another must not be compared with one: a mark `zzz`
/// would make every record look stale.
bool is_version(std::string_view text);

}  // namespace streamonce::events
