// events/sequence_number.h: a stream record's place in its stream.
//
// Source:  DynamoDB Streams API, StreamRecord: "SequenceNumber ... Length Constraints: Minimum
//          length of 21. Maximum length of 40"; SequenceNumberRange: "numeric characters only".
//          Emulators give others: short ones, ones with leading zeros, and LocalStack gives those
//          of Kinesis, which have 56 digits. So 1 to 64 digits are taken.
// Threads: a value. Ownership: borrows the text it was made from.

#pragma once

#include <compare>
#include <cstddef>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::events {

/// A decimal number too large for a 128-bit integer, ordered as a number.
class SequenceNumber {
 public:
  static constexpr std::size_t kDigitsMax = 64;

  /// @error kInvalidArgument  not 1 to kDigitsMax characters, all of them decimal digits
  static Result<SequenceNumber> parse(std::string_view text);

  /// Zero, as the text "0".
  SequenceNumber() = default;

  /// The very text that came: what an answer to Lambda must hold.
  std::string_view text() const { return text_; }
  /// The digits without leading zeros; empty for zero.
  std::string_view significant_digits() const { return text_.substr(leading_zeros_); }

  friend bool operator==(const SequenceNumber& a, const SequenceNumber& b) {
    return a.significant_digits() == b.significant_digits();
  }
  /// The order of the numbers: without leading zeros, the longer one is the larger; of two of one
  /// length, byte order is number order.
  friend std::strong_ordering operator<=>(const SequenceNumber& a, const SequenceNumber& b) {
    const std::string_view left = a.significant_digits();
    const std::string_view right = b.significant_digits();
    if (left.size() != right.size()) return left.size() <=> right.size();
    return left.compare(right) <=> 0;
  }

 private:
  explicit SequenceNumber(std::string_view text, std::size_t leading_zeros)
      : text_(text),
        leading_zeros_(leading_zeros) {}

  std::string_view text_ = "0";
  std::size_t leading_zeros_ = 1;
};

}  // namespace streamonce::events
