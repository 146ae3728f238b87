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

#include "runtime/base/clock.h"
#include "runtime/http/http.h"

namespace streamonce::runtime {

class AwsSigner {
 public:
  /// The header lines that sign `request` as its `signing`, which must be set, asks for: Host, the
  /// time, the session token if there is one, and the signature over them, over all lines that
  /// `request` has, and over its body. The caller sends them and the body unchanged.
  ///
  /// `request.headers` must not hold one of these names, nor any name twice. `request.url` must be
  /// `http://` or `https://`, a host, a port if need be, and a path. The path and a query are
  /// signed as they stand: they must already have the service's canonical form, with the parameters
  /// in order.
  std::vector<std::string> sign(const HttpRequest& request, WallTime now);

 private:
  using Digest = std::array<unsigned char, 32>;

  /// The signing key: derived from the secret, for a day, a Region and a service, and kept for the
  /// next request.
  const Digest& key_for(const AwsSigning& signing, std::string_view date);

  std::string key_of_;  // what key_ was derived from
  Digest key_{};
};

}  // namespace streamonce::runtime
