#include "events/version.h"

#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/base/text.h"

namespace streamonce::events {

Version::Version(std::string_view label, const SequenceNumber& number) : Version() {
  STREAMONCE_CHECK(label.size() == StreamArn::kLabelLength);
  std::copy(label.begin(), label.end(), text_.begin());
  text_[label.size()] = '/';
  const std::string_view digits = number.significant_digits();
  if (digits.size() > kDigits) text_[kNumberStart] = kLongMark;
  std::copy_backward(digits.begin(), digits.end(), text_.begin() + text().size());
}

Result<Version> Version::parse(std::string_view text) {
  if (!is_version(text)) return Error{ErrorCode::kInvalidArgument, "not a version"};
  Version version;
  std::copy(text.begin(), text.end(), version.text_.begin());
  return version;
}

bool is_version(std::string_view text) {
  static_assert(Version::kNumberStart == StreamArn::kLabelLength + 1);
  const bool has_label = text.size() > Version::kNumberStart &&
                         text[StreamArn::kLabelLength] == '/' &&
                         is_stream_label(text.substr(0, StreamArn::kLabelLength));
  if (!has_label) return false;
  std::string_view number = text.substr(Version::kNumberStart);
  if (number.front() == Version::kLongMark) {
    number.remove_prefix(1);
    // A number that is short but for zeros in front would have been written without the mark.
    const std::size_t zeros = std::min(number.find_first_not_of('0'), number.size());
    if (number.size() != SequenceNumber::kDigitsMax || number.size() - zeros <= Version::kDigits)
      return false;
  } else if (number.size() != Version::kDigits) {
    return false;
  }
  return std::all_of(number.begin(), number.end(), is_digit);
}

}  // namespace streamonce::events
