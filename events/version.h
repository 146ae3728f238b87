// events/version.h: the order of all changes of one item, over restarts of its stream too.
//
// A version is the stream's label and the sequence number, as text whose byte order is the right
// order: `2026-11-21T00:44:22.580/0000000000000000000000000000000000000202`. A stream that was
// disabled and enabled again has a later label, so its records are newer.
//
// A number of up to 40 digits, which is all that the API allows, is padded to 40. A longer one, as
// an emulator may give, has a colon before it and is padded to 64: a colon sorts behind every
// digit, so it is above each number of 40 digits of its stream. Leading zeros are no digits of a
// number: it has one text, however it came.
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
  /// The digits that a number without a mark before it is padded to.
  static constexpr std::size_t kDigits = 40;
  static constexpr std::size_t kLength = StreamArn::kLabelLength + 1 + kDigits;
  /// The length of a version whose number has more digits, and the mark.
  static constexpr std::size_t kLengthMax =
      StreamArn::kLabelLength + 2 + SequenceNumber::kDigitsMax;

  /// The version that is before every other.
  Version() { text_.fill('0'); }
  /// `label` is one that StreamArn::parse() has taken.
  Version(std::string_view label, const SequenceNumber& number);

  /// Reads what text() wrote.
  /// @error kInvalidArgument  `text` has not the form of a version: see is_version()
  static Result<Version> parse(std::string_view text);

  /// The version's text, which has kLength or kLengthMax characters.
  std::string_view text() const { return {text_.data(), is_long() ? kLengthMax : kLength}; }

  friend bool operator==(const Version& a, const Version& b) { return a.text() == b.text(); }
  friend std::strong_ordering operator<=>(const Version& a, const Version& b) {
    return a.text().compare(b.text()) <=> 0;
  }

 private:
  /// The mark before a long number: it sorts behind every digit.
  static constexpr char kLongMark = ':';
  static constexpr std::size_t kNumberStart = StreamArn::kLabelLength + 1;

  friend bool is_version(std::string_view text);

  bool is_long() const { return text_[kNumberStart] == kLongMark; }

  std::array<char, kLengthMax> text_;
};

/// Whether `text` has the form of a version. No other text may be compared with a version: a mark
/// `zzz` would make every record look stale.
bool is_version(std::string_view text);

}  // namespace streamonce::events
