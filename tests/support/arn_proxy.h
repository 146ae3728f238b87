// tests/support/arn_proxy.h: DynamoDB Local as the DynamoDB of an account and a Region: it takes
// tables by their ARNs, which DynamoDB Local does not in a transaction, and STS in front of it.
//
// What comes is kept for a test to look at; ARNs become names on the way to DynamoDB Local. Calls
// of AssumeRole get credentials, but for roles whose ARN ends in `forbidden`.
//
// Source:  awslabs/amazon-dynamodb-local-samples, issue 34; AWS STS API reference, AssumeRole.
// Needs:   libcurl initialised: tests/support/curl_environment.cc.
// Threads: any.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/socket_server.h"

namespace streamonce::testing {

/// What an answer of AssumeRole has in the place of credentials.
inline constexpr std::string_view kRoleKeyId = "ASIAROLE";
inline constexpr std::string_view kRoleSecret = "secret-of-the-role";
inline constexpr std::string_view kRoleToken = "token-of-the-role";

class ArnProxy {
 public:
  /// `arn_start` is that of the ARNs of the account's tables, up to `table/`.
  ArnProxy(std::string endpoint_url, std::string arn_start);

  std::string url() const { return server_.url(""); }
  std::vector<ServerRequest> requests() const { return server_.requests(); }
  /// A line for each request: operation, as whom and for which Region and service it is signed, and
  /// the tables as they are named in it; or of AssumeRole, its parameters. No values of items.
  std::vector<std::string> trace() const;

 private:
  ServerReply handle(const ServerRequest& request) const;

  const std::string endpoint_url_;
  const std::string arn_start_;
  SocketServer server_;  // last: its threads use all of the above
};

}  // namespace streamonce::testing
