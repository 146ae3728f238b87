#include "events/stream_arn.h"

#include <algorithm>

#include "runtime/base/arn.h"
#include "runtime/base/text.h"

namespace streamonce::events {
namespace {

/// Takes the text up to the next slash, and that too, from `rest`; empty: there is none.
std::string_view take_step(std::string_view& rest) {
  const std::size_t end = rest.find('/');
  if (end == std::string_view::npos) return {};
  const std::string_view step = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return step;
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
  const Arn arn = Arn::split(text).value_or(Arn());
  std::string_view rest = arn.resource;
  const std::string_view kind = take_step(rest);
  const std::string_view table = take_step(rest);
  const std::string_view stream = take_step(rest);
  const bool is_stream = !arn.partition.empty() && arn.service == "dynamodb" &&
                         is_name(arn.region) && is_name(arn.account) && kind == "table" &&
                         is_name(table) && stream == "stream";
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
  return StreamArn{.region = arn.region, .account = arn.account, .table = table, .label = rest};
}

}  // namespace streamonce::events
