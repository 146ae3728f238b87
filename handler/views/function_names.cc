#include "handler/views/function_names.h"

#include <algorithm>
#include <array>

namespace streamonce::handler::views {
namespace {

constexpr auto kMany = static_cast<std::uint8_t>(kOperandsMax);

constexpr std::array kFunctions{
    FunctionName{Function::kAttributeExists, "attribute_exists", "attribute_exists", "path", 1, 1,
                 true, true},
    FunctionName{Function::kAttributeNotExists, "attribute_not_exists", "attribute_not_exists",
                 "path", 1, 1, true, true},
    FunctionName{Function::kAttributeType, "attribute_type", "attribute_type", "path, 'S'", 2, 2,
                 true, true},
    FunctionName{Function::kBeginsWith, "begins_with", "begins_with", "x, start", 2, 2, true,
                 false},
    FunctionName{Function::kContains, "contains", "contains", "x, part", 2, 2, true, false},
    FunctionName{Function::kSize, "size", "size", "x", 1, 1, false, false},
    FunctionName{Function::kCoalesce, "coalesce", "COALESCE", "x, y", 1, kMany, false, false},
    FunctionName{Function::kNullif, "nullif", "NULLIF", "x, y", 2, 2, false, false},
    FunctionName{Function::kUpper, "upper", "UPPER", "s", 1, 1, false, false},
    FunctionName{Function::kLower, "lower", "LOWER", "s", 1, 1, false, false},
    FunctionName{Function::kTrim, "trim", "TRIM", "s", 1, 1, false, false},
    FunctionName{Function::kReplace, "replace", "REPLACE", "s, from, to", 3, 3, false, false},
    FunctionName{Function::kSubstring, "substring", "SUBSTRING", "s, start[, length]", 2, 3, false,
                 false},
    FunctionName{Function::kLpad, "lpad", "LPAD", "x, length, fill", 3, 3, false, false},
    FunctionName{Function::kSplitPart, "split_part", "SPLIT_PART", "s, separator, n", 3, 3, false,
                 false},
    FunctionName{Function::kCharLength, "char_length", "CHAR_LENGTH", "s", 1, 1, false, false},
    FunctionName{Function::kSha256, "sha256", "SHA256", "x", 1, 1, false, false},
    FunctionName{Function::kToIso8601, "to_iso8601", "TO_ISO8601", "seconds", 1, 1, false, false},
    FunctionName{Function::kToEpoch, "to_epoch", "TO_EPOCH", "text", 1, 1, false, false},
};

}  // namespace

std::span<const FunctionName> function_names() {
  return kFunctions;
}

const FunctionName* find_function(std::string_view call) {
  const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                   [&](const FunctionName& each) { return each.call == call; });
  return found == kFunctions.end() ? nullptr : found;
}

}  // namespace streamonce::handler::views
