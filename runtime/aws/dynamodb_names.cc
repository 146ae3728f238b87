#include "runtime/aws/dynamodb_names.h"

#include <algorithm>
#include <cstddef>

#include "runtime/base/text.h"

namespace streamonce::aws {
namespace {

constexpr std::size_t kTableNameLeast = 3;
constexpr std::size_t kTableNameMost = 255;

bool may_stand_in_name(char c) {
  return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.';
}

}  // namespace

bool is_table_name(std::string_view name) {
  return name.size() >= kTableNameLeast && name.size() <= kTableNameMost &&
         std::all_of(name.begin(), name.end(), may_stand_in_name);
}

}  // namespace streamonce::aws
