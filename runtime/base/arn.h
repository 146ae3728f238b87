// runtime/base/arn.h: the parts of an Amazon Resource Name, which names anything that AWS has.
//
// Source:  AWS General Reference, "Amazon Resource Names":
//          arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; the resource may have colons in it.
// Threads: a value. Ownership: borrows the text it was made from.

#pragma once

#include <optional>
#include <string_view>

namespace streamonce {

struct Arn {
  std::string_view partition;
  std::string_view service;
  std::string_view region;   ///< empty for what is in no Region, as roles are
  std::string_view account;  ///< empty for what is in no account, as some buckets are
  std::string_view resource;

  /// Splits a text, and checks no part. None: it has not the form of an ARN.
  static std::optional<Arn> split(std::string_view text);
};

/// Whether `text` begins as ARNs do, and as no name of a table or role does.
inline bool begins_as_arn(std::string_view text) {
  return text.starts_with("arn:");
}

/// Whether `text` is the number of an account: 12 digits.
bool is_account(std::string_view text);

}  // namespace streamonce
