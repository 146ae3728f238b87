// handler/views/function_names.h: the functions of the view language.
//
// One table says their names, how many arguments each takes, and which of them are conditions.
// CAST, COUNT and SUM have a grammar of their own and are not in it.
//
// Threads: pure functions of constants.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "handler/views/syntax.h"

namespace streamonce::handler::views {

enum class Function : std::uint8_t {
  // Conditions, as DynamoDB has them.
  kAttributeExists,
  kAttributeNotExists,
  kAttributeType,
  kBeginsWith,
  kContains,
  // Values.
  kSize,
  kCoalesce,
  kNullif,
  kUpper,
  kLower,
  kTrim,
  kReplace,
  kSubstring,
  kLpad,
  kSplitPart,
  kCharLength,
  kSha256,
  kToIso8601,
  kToEpoch,
};

struct FunctionName {
  Function function;
  std::string_view call;       ///< as Expression::text has it: in lower case
  std::string_view shown;      ///< as it is printed
  std::string_view arguments;  ///< what they are, for messages
  std::uint8_t arguments_least;
  std::uint8_t arguments_most;
  bool is_condition;  ///< whether its value is true or false
  bool takes_path;    ///< whether its first argument must be a path
};

/// All functions, in the order of Function: its value is the place.
std::span<const FunctionName> function_names();

/// The function that is called `call`, which is in lower case. Null: there is none.
const FunctionName* find_function(std::string_view call);

}  // namespace streamonce::handler::views
