// bench/http_server.h: an HTTP/1.1 server on loopback, plain or TLS, that costs little.
//
// Connections are kept alive. A handler gives the whole answer as bytes, and may say from when on
// it may be sent.
//
// Threads: one for each connection, in which the handler is called.

#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace streamonce::bench {

using Time = std::chrono::steady_clock::time_point;

/// Readable bytes behind a request's body, for a parser that reads in large steps.
inline constexpr std::size_t kBodyPaddingBytes = 64;

/// Borrows its texts until the handler returns.
struct HttpServerRequest {
  std::string_view method;
  std::string_view target;  ///< path and query
  std::string_view head;    ///< the header lines
  std::string_view body;
  Time came;  ///< when its last byte had been read

  /// Empty if it did not come.
  std::string_view header(std::string_view lower_case_name) const;
  /// The whole request as it came.
  std::string bytes() const;
};

struct HttpServerReply {
  std::string bytes;  ///< empty: the connection is closed
  Time not_before = {};
};

/// An answer in full, with Content-Length. `headers`: lines that each end with CR LF.
std::string http_answer(int status, std::string_view headers, std::string_view body);

class HttpServer {
 public:
  using Handler = std::function<HttpServerReply(const HttpServerRequest&)>;

  /// With a `tls` context, which is borrowed, it speaks TLS.
  explicit HttpServer(Handler handler, SSL_CTX* tls = nullptr);
  /// Ends every connection; handlers must return.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }

 private:
  struct Connection {
    int socket = -1;
    std::thread thread;
  };

  void accept_all();
  void serve(int socket);

  const Handler handler_;
  SSL_CTX* const tls_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

}  // namespace streamonce::bench
