// bench/raw_client.cc: the limit of what a function can cost: for each event the three exchanges
// that there must be, on raw sockets, and nothing else.
//
// It asks for an event, sends the transactions of the batch all at once, each on a connection of
// its own, takes their answers, and sends the response. Each request is made beforehand: the file
// that BENCH_REQUESTS names has the bytes that streamonce has sent (bench/kept_requests.h). An
// answer is read to its end and not looked at. TLS is OpenSSL's, without a look at the certificate.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/kept_requests.h"

namespace streamonce::bench {
namespace {

/// As much as the kernel hands over at once of an event of 100 records.
constexpr std::size_t kReadBytes = 256UL * 1024;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "raw_client: %s\n", what);
  std::exit(1);
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// The port of `HOST:PORT`, with whatever stands before it. The host is this machine.
std::uint16_t port_of(std::string_view address) {
  const std::string_view text = address.substr(address.rfind(':') + 1);
  std::uint16_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

/// One connection, with blocking reads and writes.
class Connection {
 public:
  Connection(std::uint16_t port, SSL_CTX* tls)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      give_up("no connection");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls == nullptr) return;
    ssl_.reset(SSL_new(tls));
    if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), socket_) != 1 || SSL_connect(ssl_.get()) != 1)
      give_up("no TLS");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ssl_ != nullptr
                             ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) give_up("a request cannot be sent");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  /// Reads an answer to its end. False: the peer has closed the connection.
  bool receive() {
    for (std::size_t size = 0; !is_whole({buffer_.data(), size});) {
      const std::size_t room = buffer_.size() - size;
      const auto count = ssl_ != nullptr
                             ? SSL_read(ssl_.get(), buffer_.data() + size, static_cast<int>(room))
                             : ::recv(socket_, buffer_.data() + size, room, 0);
      if (count <= 0) return false;
      size += static_cast<std::size_t>(count);
      if (size == buffer_.size()) give_up("an answer is too large");
    }
    return true;
  }

 private:
  static bool is_whole(std::string_view answer) {
    constexpr std::string_view kLength = "Content-Length: ";
    constexpr std::string_view kLastChunk = "\r\n0\r\n\r\n";
    const std::size_t head_end = answer.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return false;
    const std::size_t length = answer.substr(0, head_end).find(kLength);
    if (length == std::string_view::npos) return answer.ends_with(kLastChunk);
    std::size_t body_bytes = 0;
    std::from_chars(answer.data() + length + kLength.size(), answer.data() + head_end, body_bytes);
    return answer.size() >= head_end + 4 + body_bytes;
  }

  const int socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) give_up("a variable of the environment is not set");
  return value;
}

int run() {
  const std::optional<KeptRequests> requests = read_requests(variable("BENCH_REQUESTS"));
  if (!requests) give_up("no requests");
  const std::string endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB");
  std::unique_ptr<SSL_CTX, FreeContext> tls;
  if (endpoint.starts_with("https:")) {
    tls.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_read_ahead(tls.get(), 1);  // one read for a record, not two
  }
  Connection runtime_api(port_of(variable("AWS_LAMBDA_RUNTIME_API")), nullptr);
  std::vector<std::unique_ptr<Connection>> tables;
  for (std::size_t i = 0; i < requests->transactions.size(); ++i)
    tables.push_back(std::make_unique<Connection>(port_of(endpoint), tls.get()));
  while (true) {
    runtime_api.send(requests->next);
    if (!runtime_api.receive()) return 0;
    for (std::size_t i = 0; i < tables.size(); ++i) tables[i]->send(requests->transactions[i]);
    for (const std::unique_ptr<Connection>& each : tables)
      if (!each->receive()) give_up("no answer to a transaction");
    runtime_api.send(requests->response);
    if (!runtime_api.receive()) give_up("no answer to a response");
  }
}

}  // namespace
}  // namespace streamonce::bench

int main() {
  return streamonce::bench::run();
}
