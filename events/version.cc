#include "events/version.h"

#include <algorithm>

#include "runtime/base/check.h"

namespace streamonce::events {

Version::Version(std::string_view label, const SequenceNumber& number) : Version() {
  STREAMONCE_CHECK(label.size() == StreamArn::kLabelLength);
  std::copy(label.begin(), label.end(), text_.begin());
  text_[label.size()] = '/';
  const std::string_view digits = number.significant_digits();
  std::copy_backward(digits.begin(), digits.end(), text_.end());
}

Result<Version> Version::parse(std::string_view text) {
  if (!is_version(text)) return Error{ErrorCode::kInvalidArgument, "not a version"};
  Version version;
  std::copy(text.begin(), text.end(), version.text_.begin());
  return version;
}

bool is_version(std::string_view text) {
  constexpr std::string_view kForm =  // d is a digit
      "dddd-dd-ddTdd:dd:dd.ddd/dddddddddddddddddddddddddddddddddddddddd";
  static_assert(kForm.size() == Version::kLength);
  return text.size() == kForm.size() &&
         std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
           return form == 'd' ? (c >= '0' && c <= '9') : c == form;
         });
}

}  // namespace streamonce::events
