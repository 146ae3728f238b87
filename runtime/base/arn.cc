#include "runtime/base/arn.h"

#include <algorithm>
#include <cstddef>

#include "runtime/base/text.h"

namespace streamonce {

std::optional<Arn> Arn::split(std::string_view text) {
  if (!begins_as_arn(text)) return std::nullopt;
  text.remove_prefix(text.find(':') + 1);
  Arn arn;
  for (std::string_view* part : {&arn.partition, &arn.service, &arn.region, &arn.account}) {
    const std::size_t end = text.find(':');
    if (end == std::string_view::npos) return std::nullopt;
    *part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  arn.resource = text;
  return arn;
}

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace streamonce
