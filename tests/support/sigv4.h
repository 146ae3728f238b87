// tests/support/sigv4.h: checks a request's AWS signature the way a service does, from the bytes
// that arrived: an implementation that shares nothing with the one under test.
//
// Source: AWS, "Create a signed AWS API request" (Signature Version 4), for paths and queries that
//         need no encoding.

#pragma once

#include <string>
#include <string_view>

#include "runtime/http/http.h"
#include "tests/support/socket_server.h"

namespace streamonce::testing {

struct SignatureCheck {
  std::string scope;           ///< `access key/date/Region/service/aws4_request`
  std::string signed_headers;  ///< as they stand in the request
  std::string found;           ///< the signature of the request
  std::string expected;  ///< the right signature; empty if the request is not signed as it must be
  std::string problem;   ///< why there is no `expected`
};

SignatureCheck check_signature(const ServerRequest& request, std::string_view secret_access_key);

/// The same of a request that is ready to be sent.
SignatureCheck check_signature(const runtime::HttpRequest& request,
                               std::string_view secret_access_key);

}  // namespace streamonce::testing
