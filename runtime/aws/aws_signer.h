// runtime/aws/aws_signer.h: AWS Signature Version 4.
//
// The signer is ours: libcurl's derives its key and formats its digests anew, byte by byte, for
// every request, which takes some 80 us. Ours takes 8 us, and SHA-256 of the body.
//
// Source:  AWS, "Create a signed AWS API request" (IAM user guide), and its test suite.
// Threads: one thread at a time.

#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/aws/credentials.h"
#include "runtime/base/clock.h"
#include "runtime/http/http.h"

namespace streamonce::aws {

/// What a signature holds for. Borrows its texts.
struct SigningScope {
  std::string_view region;
  std::string_view service;  ///< its signing name, as in `dynamodb`
  WallTime time = {};        ///< the service's time
};

class AwsSigner {
 public:
  /// The header lines that sign `request`: Host, the time, the session token if there is one, and
  /// the signature over them, over all lines that `request` has, and over its body. The caller
  /// sends them behind the lines of `request`, and all of it unchanged. Nothing is borrowed.
  ///
  /// `request.headers` must not hold one of these names, nor any name twice. `request.url` must be
  /// `http://` or `https://`, a host, a port if need be, and a path. The path and a query are
  /// signed as they stand: they must already have the service's canonical form, with the parameters
  /// in order.
  std::vector<std::string> sign(const runtime::HttpRequest& request, const Credentials& credentials,
                                const SigningScope& scope);

 private:
  using Digest = std::array<unsigned char, 32>;

  /// The signing key: derived from the secret, for a day, a Region and a service, and kept for the
  /// next request.
  const Digest& key_for(std::string_view secret_access_key, const SigningScope& scope,
                        std::string_view date);

  std::string key_of_;  // what key_ was derived from
  Digest key_{};
};

}  // namespace streamonce::aws
