// runtime/http/http.h: HTTP requests, many in flight, waited for one at a time.
//
// This is the seam to the network: curl_transport.h is the real one; tests and simulations put
// another behind the same interface. Nothing here blocks but wait_any().
//
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::runtime {

enum class HttpMethod : std::uint8_t { kGet, kPost, kPut };

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string url = {};
  std::vector<std::string> headers = {};  ///< each `Name: value`, without a control character
  std::string body = {};                  ///< sent with POST and PUT only
  /// The time from start() to the answer's last byte. None: no limit, as RuntimeApi::next() needs.
  std::optional<std::chrono::milliseconds> timeout = {};
  /// Where the answer's body goes, if set; it is cleared first, is used until the request is done
  /// or cancelled, and its size bounds the body. Otherwise the body goes to HttpResponse::body.
  Payload* body_into = nullptr;
  std::size_t body_bytes_max = kPayloadBytesMax;  ///< bounds HttpResponse::body
  bool use_proxy = false;  ///< whether http_proxy, https_proxy and no_proxy are honoured
  /// Whether a new connection is made: a kept one may have died without a word.
  bool fresh_connection = false;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< names in lower case
  std::string body = {};

  /// The value of the header `lower_case_name`, or empty if it did not come.
  std::string_view header(std::string_view lower_case_name) const;
};

using HttpRequestId = std::uint64_t;

struct HttpCompletion {
  HttpRequestId id = 0;
  /// @error kUnavailable  no connection, or it broke, be it in the middle of the answer: a body
  ///                      that is shorter than its framing says is a connection that broke. Also a
  ///                      name that is not found, a proxy that does not connect, a TLS handshake
  ///                      that fails, and memory or descriptors that run out, but for the memory
  ///                      that is told below
  /// @error kTimeout      HttpRequest::timeout ran out
  /// @error kTooLarge     the body is larger than its bound, or the headers than 64 KiB. Also
  ///                      memory that runs out while the headers come: libcurl ends a request so
  ///                      for a header line that is longer than its own bound, 100 KiB, too
  /// @error kProtocol     the answer is not HTTP
  /// @error kFatal        the URL, a header, the CA bundle or the peer's certificate is no good:
  ///                      the same request will fail again
  Result<HttpResponse> result;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// Queues a request; it makes progress inside wait_any(). A request that cannot be made at all is
  /// queued, too: its completion says why.
  virtual HttpRequestId start(HttpRequest request) = 0;

  /// Waits for the next finished request. No value: `until` passed first, or nothing is in flight.
  /// A peer that sends without end does not keep the call beyond `until`.
  virtual std::optional<HttpCompletion> wait_any(std::optional<SteadyTime> until) = 0;

  /// Abandons a request; its completion never comes. An unknown or finished id is ignored.
  /// @return what the request was waiting for, in the words of a timeout: the server and how far
  ///         it came with that. Empty: nothing is known of it
  virtual std::string cancel(HttpRequestId id) = 0;
};

/// Starts one request and waits for it. Nothing else may be in flight on `transport`.
Result<HttpResponse> perform(HttpTransport& transport, HttpRequest request);

}  // namespace streamonce::runtime
