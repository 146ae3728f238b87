#include "events/sequence_number.h"

#include <algorithm>
#include <string>

#include "runtime/base/text.h"

namespace streamonce::events {

Result<SequenceNumber> SequenceNumber::parse(std::string_view text) {
  if (text.empty() || text.size() > kDigitsMax) {
    return Error{ErrorCode::kInvalidArgument, "sequence number of " + std::to_string(text.size()) +
                                                  " characters: expected 1 to " +
                                                  std::to_string(kDigitsMax) + " decimal digits"};
  }
  const auto other = std::find_if_not(text.begin(), text.end(), is_digit);
  if (other != text.end()) {
    return Error{ErrorCode::kInvalidArgument,
                 "sequence number with something else than a decimal digit at character " +
                     std::to_string(other - text.begin() + 1)};
  }
  const std::size_t zeros = std::min(text.find_first_not_of('0'), text.size());
  return SequenceNumber(text, zeros);
}

}  // namespace streamonce::events
