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

}  // namespace streamonce::events
