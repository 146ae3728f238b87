// tests/support/dynamodb_local.h: DynamoDB Local as a child process on loopback.
//
// It keeps everything in memory, in one database for all credentials and Regions, and is gone with
// the object, or with the thread that started it, however that ends.
//
// Source:  DynamoDB developer guide, "DynamoDB local usage notes" (options, what differs from the
//          service: no throttling, no transaction conflicts, sequence numbers of 21 digits).
// Needs:   Java 17 or newer, and `npm ci` once in tests/support/dynamodb_local.
// Threads: one thread at a time; the server itself takes any number of connections.

#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "runtime/base/result.h"

namespace streamonce::testing {

/// DynamoDB Local takes any credentials; these are for all tests.
inline constexpr const char* kLocalAccessKeyId = "AKIDLOCALTEST";
inline constexpr const char* kLocalSecretAccessKey = "secret-of-the-local-tests";
inline constexpr const char* kLocalRegion = "eu-central-1";

class DynamoDbLocal {
 public:
  /// Starts the server and waits until it answers.
  /// @error kFatal  the package is not installed, Java is absent, or the server does not come up
  static Result<std::unique_ptr<DynamoDbLocal>> start();

  /// Ends the server at once.
  ~DynamoDbLocal();
  DynamoDbLocal(const DynamoDbLocal&) = delete;
  DynamoDbLocal& operator=(const DynamoDbLocal&) = delete;

  /// The server's URL, as in `http://127.0.0.1:40123`.
  const std::string& endpoint_url() const { return endpoint_url_; }

 private:
  DynamoDbLocal(pid_t child, std::string endpoint_url);

  const pid_t child_;
  const std::string endpoint_url_;
};

}  // namespace streamonce::testing
