// tests/support/trimmed_number.h: numbers as DynamoDB answers them.

#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace streamonce::testing {

/// A plain number without zeros behind the last digit of its fraction. DynamoDB Local keeps those
/// that a sum ends in; DynamoDB does not.
inline std::string trimmed_number(std::string number) {
  if (number.find('.') == std::string::npos) return number;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number;
}

/// The same with the value of an attribute, where it is a number.
inline void trim_number(nlohmann::json& value) {
  if (value.contains("N")) value["N"] = trimmed_number(value["N"].get<std::string>());
}

}  // namespace streamonce::testing
