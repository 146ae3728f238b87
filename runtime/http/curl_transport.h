// runtime/http/curl_transport.h: the network itself, through libcurl.
//
// Source:  libcurl's manual pages.
// Threads: one thread at a time for each transport. Borrows: clock; it must outlive the transport.

#pragma once

#include <memory>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/http/http.h"

namespace streamonce::runtime {

struct CurlOptions {
  std::string ca_bundle_path;  ///< file of PEM certificates; needed for https only
  std::string user_agent;
};

/// Makes libcurl ready, once in a process and before any thread. @return whether it is
bool start_curl();

/// libcurl on one multi handle: connections are kept alive and used again. HTTP/1.1 only, no
/// redirects, TLS 1.2 or newer with peer and host verified. The path of a URL is sent as it stands.
/// A connection that died while it was idle is replaced, and the request sent again on a new one,
/// as long as no byte of an answer has come: a POST, too, and then the peer may see it twice.
/// A connection whose request timed out or was abandoned is not used again.
/// start_curl() must have been called.
std::unique_ptr<HttpTransport> make_curl_transport(CurlOptions options, const Clock& clock);

}  // namespace streamonce::runtime
