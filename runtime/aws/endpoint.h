// runtime/aws/endpoint.h: services of AWS, and where they are.
//
// Source:  AWS General Reference, endpoints; AWS SDKs and Tools reference guide, "Service-specific
//          endpoints"; AWS SDKs, partitions.json.
// Threads: values and pure functions.

#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::aws {

/// A Region's code, as in `eu-central-1`: such a text may stand in a host and in a signature.
class Region {
 public:
  /// @error kInvalidArgument  `text` is empty, or not of a Region's form
  static Result<Region> parse(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  explicit Region(std::string_view text) : text_(text) {}

  std::string text_;
};

/// The partition of AWS that a Region of this code belongs to, as ARNs name it: `aws`, `aws-cn`,
/// `aws-us-gov` or `aws-eusc`.
std::string_view partition_of(std::string_view region);

/// What is particular to one service. Its texts are constants of the program.
struct Service {
  std::string_view name;          ///< as messages name it, as in `DynamoDB Streams`
  std::string_view signing_name;  ///< as signatures name it, as in `dynamodb`
  std::string_view host_prefix;   ///< what a public endpoint's host begins with
  /// What stands before an operation and a dot in the header X-Amz-Target.
  std::string_view target_prefix;
  std::string_view endpoint_variables;  ///< the variables that an endpoint's URL comes from
};

/// The URL that requests to `service` in `region` go to: `url` without a slash at its end, if it is
/// not empty, or else the Region's public endpoint.
/// @error kInvalidArgument  `url` is not http or https with a host, or has a query or a user name
///                          in it; the message tells of such a one nothing that may be a secret
Result<std::string> endpoint_of(const Service& service, const Region& region, std::string_view url);

}  // namespace streamonce::aws
