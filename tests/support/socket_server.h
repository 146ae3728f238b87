// tests/support/socket_server.h: an HTTP server on loopback that does exactly what a test says,
// good manners or bad.
//
// It reads whole requests; what goes back are raw bytes, and then the connection stays open, is
// closed, is reset or stalls. Port: one that the system gives.
//
// Threads: one for each connection, in which the handler is called; the rest may be called from
// any. The destructor ends every connection, whatever it is doing, unless a handler does not
// return.

#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace streamonce::testing {

struct ServerRequest {
  int connection = 0;  ///< 1 for the first connection that the server took, 2 for the second ...
  std::string method;
  std::string target;                                        ///< path and query, as they came
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;                                          ///< chunks joined

  bool has_header(std::string_view lower_case_name) const;
  /// The value of a header; empty if it did not come.
  std::string header(std::string_view lower_case_name) const;
};

enum class Then {
  kKeepOpen,  ///< read the next request
  kClose,     ///< FIN
  kReset,     ///< RST
  kStall,     ///< neither read nor write, until the peer goes away
};

struct ServerReply {
  struct Part {
    std::string bytes;
    std::chrono::milliseconds delay{0};  ///< the pause before the bytes
  };
  std::vector<Part> parts;
  Then then = Then::kKeepOpen;
};

using ServerHeaders = std::vector<std::pair<std::string, std::string>>;

/// An answer in full, with Content-Length.
std::string answer(int status, std::string_view body, const ServerHeaders& headers = {});
/// An answer in full, `Transfer-Encoding: chunked`, in chunks of at most `chunk_bytes`.
std::string chunked_answer(int status, std::string_view body, const ServerHeaders& headers = {},
                           std::size_t chunk_bytes = 16UL * 1024 * 1024);
/// What DynamoDB answers a request with that it has nothing to tell of.
inline std::string_view nothing_for(const ServerRequest& request) {
  return request.header("x-amz-target").ends_with(".BatchGetItem") ? R"({"Responses":{}})" : "{}";
}
/// A reply that sends all of `bytes` at once.
ServerReply reply(std::string bytes, Then then = Then::kKeepOpen);

class SocketServer {
 public:
  using Handler = std::function<ServerReply(const ServerRequest&)>;

  /// The server speaks TLS if it is given a `tls` context, which is borrowed.
  explicit SocketServer(Handler handler, SSL_CTX* tls = nullptr);
  /// Sends `greeting` on each connection, reads nothing, and closes it.
  explicit SocketServer(std::string greeting);
  ~SocketServer();
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(std::string_view path = "/") const;

  int connections() const;
  std::vector<ServerRequest> requests() const;
  /// Closes every connection, now: what a peer does to idle ones.
  void close_connections();

 private:
  SocketServer(Handler handler, SSL_CTX* tls, std::string greeting);
  void accept_connections();
  void serve(int socket, int connection);

  const Handler handler_;  // empty: the server sends greeting_ instead
  const std::string greeting_;
  SSL_CTX* const tls_;
  int listener_ = -1;
  int stop_event_ = -1;  // readable once everything must end
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<int> open_sockets_;
  std::vector<ServerRequest> requests_;
  int connections_ = 0;
  std::vector<std::thread> connection_threads_;
  std::thread accept_thread_;
};

}  // namespace streamonce::testing
