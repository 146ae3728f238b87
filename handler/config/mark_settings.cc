#include "handler/config/mark_settings.h"

#include <algorithm>

#include "runtime/base/text.h"

namespace streamonce::handler {
namespace {

constexpr std::size_t kAttributeBytesMax = 255;

}  // namespace

Status take_marks(std::string_view source, std::string_view value, MarkSettings& marks) {
  if (value != "ledger" && value != "item")
    return invalid_argument(std::string(source) + ": " + in_quotes(value) +
                            ": expected ledger or item");
  marks.in = value == "item" ? MarksIn::kItem : MarksIn::kLedger;
  return {};
}

Status take_version_attribute(std::string_view source, std::string_view value,
                              MarkSettings& marks) {
  const bool is_printable =
      std::none_of(value.begin(), value.end(), [](char c) { return c >= 0 && c < ' '; });
  if (value.size() > kAttributeBytesMax || !is_utf8(value) || !is_printable)
    return invalid_argument(std::string(source) + ": expected the name of an attribute, 1 to " +
                            std::to_string(kAttributeBytesMax) +
                            " bytes of UTF-8 without control characters");
  marks.version_attribute = value;
  return {};
}

Status check_marks(const MarkSettings& marks, bool is_dynamodb) {
  if (marks.are_in_items()) {
    if (is_dynamodb) return {};
    return invalid_argument(
        "\"marks\": \"item\" is for a DynamoDB target, whose transactions bill double: a SQLite "
        "target keeps its marks beside the items at no price");
  }
  const std::string_view unused = !marks.version_attribute.empty() ? "version_attribute"
                                  : marks.adopts_items             ? "adopt"
                                  : marks.puts_in_flight != 0      ? "puts_in_flight"
                                                                   : "";
  if (unused.empty()) return {};
  return invalid_argument(in_quotes(unused) + " is for \"marks\": \"item\", and the marks are in " +
                          "the ledger: add that, or leave it out");
}

void complete_marks(MarkSettings& marks) {
  if (marks.are_in_items() && marks.version_attribute.empty())
    marks.version_attribute = kUsualVersionAttribute;
}

}  // namespace streamonce::handler
