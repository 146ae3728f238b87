#include "events/stream_arn.h"

#include <algorithm>
#include <optional>
#include <string>

#include "runtime/base/text.h"

namespace streamonce::events {
namespace {

/// Takes the text up to the next `separator`, and that too, from `rest`. None: there is none.
std::optional<std::string_view> take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return part;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_of("|/: ") == std::string_view::npos;
}

}  // namespace

bool is_stream_label(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.ddd";  // d is a digit
  static_assert(kForm.size() == StreamArn::kLabelLength);
  return text.size() == kForm.size() &&
         std::equal(text.begin(), text.end(), kForm.begin(),
                    [](char c, char form) { return form == 'd' ? is_digit(c) : c == form; });
}

Result<StreamArn> StreamArn::parse(std::string_view text) {
  std::string_view rest = text;
  const auto scheme = take_until(rest, ':');
  const auto partition = take_until(rest, ':');
  const auto service = take_until(rest, ':');
  const auto region = take_until(rest, ':');
  const auto account = take_until(rest, ':');
  const auto kind = take_until(rest, '/');
  const auto table = take_until(rest, '/');
  const auto stream = take_until(rest, '/');
  const bool is_stream = scheme == "arn" && partition && !partition->empty() &&
                         service == "dynamodb" && region && is_name(*region) && account &&
                         is_name(*account) && kind == "table" && table && is_name(*table) &&
                         stream == "stream";
  if (!is_stream) {
    return Error{ErrorCode::kInvalidArgument,
                 "eventSourceARN is not a stream's: expected "
                 "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE/stream/LABEL"};
  }
  if (!is_stream_label(rest)) {
    return Error{ErrorCode::kInvalidArgument,
                 "eventSourceARN has a stream label of an unknown form: expected "
                 "YYYY-MM-DDTHH:MM:SS.mmm"};
  }
  return StreamArn{.region = *region, .account = *account, .table = *table, .label = rest};
}

}  // namespace streamonce::events
