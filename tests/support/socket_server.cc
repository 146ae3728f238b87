#include "tests/support/socket_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>

#include "runtime/base/check.h"

namespace streamonce::testing {
namespace {

constexpr std::size_t kRequestBytesMax = 64UL * 1024 * 1024;
constexpr std::chrono::milliseconds kForEver{-1};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// One connection, plain or TLS. Its waits end when the server must stop.
class Stream {
 public:
  Stream(int socket, int stop_event, SSL_CTX* tls) : socket_(socket), stop_event_(stop_event) {
    if (tls == nullptr) return;
    ssl_.reset(SSL_new(tls));
    STREAMONCE_CHECK(ssl_ != nullptr && SSL_set_fd(ssl_.get(), socket_) == 1);
  }

  /// The TLS handshake. False: there is no connection.
  bool open() { return ssl_ == nullptr || (wait_readable() && SSL_accept(ssl_.get()) == 1); }

  /// What has come, in one read. Empty: the peer is gone or the server must stop.
  std::string_view read() {
    if ((ssl_ == nullptr || SSL_pending(ssl_.get()) == 0) && !wait_readable()) return {};
    const auto count = ssl_ != nullptr
                           ? SSL_read(ssl_.get(), buffer_.data(), static_cast<int>(buffer_.size()))
                           : ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    return count > 0 ? std::string_view(buffer_.data(), static_cast<std::size_t>(count))
                     : std::string_view();
  }

  /// Sends `bytes`. False: the peer is gone or the server must stop.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!wait(POLLOUT, kForEver)) return false;
      const std::string_view piece = bytes.substr(0, buffer_.size());
      const auto count =
          ssl_ != nullptr
              ? SSL_write(ssl_.get(), piece.data(), static_cast<int>(piece.size()))
              : ::send(socket_, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && ssl_ == nullptr && (errno == EAGAIN || errno == EINTR)) continue;
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Waits for `time`. False: the server must stop.
  bool pause(std::chrono::milliseconds time) {
    pollfd stop{.fd = stop_event_, .events = POLLIN, .revents = 0};
    return ::poll(&stop, 1, static_cast<int>(time.count())) == 0;
  }

  /// Sends the parts, and stalls if the reply says so. @return what is to come after them
  Then send(const ServerReply& reply) {
    Then then = reply.then;
    for (const ServerReply::Part& part : reply.parts) {
      const bool sent = (part.delay.count() == 0 || pause(part.delay)) && write(part.bytes);
      if (!sent && then == Then::kKeepOpen) then = Then::kClose;
      if (!sent) break;
    }
    if (then == Then::kStall) wait_until_peer_is_gone();
    return then;
  }

  void wait_until_peer_is_gone() { (void)wait(POLLRDHUP, kForEver); }

  void end(Then then) {
    if (then == Then::kReset) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else if (ssl_ != nullptr) {
      SSL_shutdown(ssl_.get());
    }
  }

 private:
  bool wait_readable() { return wait(POLLIN, kForEver); }

  bool wait(int events, std::chrono::milliseconds time) {
    std::array<pollfd, 2> polled{};
    polled[0] = {.fd = socket_, .events = static_cast<short>(events), .revents = 0};
    polled[1] = {.fd = stop_event_, .events = POLLIN, .revents = 0};
    while (::poll(polled.data(), polled.size(), static_cast<int>(time.count())) < 0)
      if (errno != EINTR) return false;
    return polled[1].revents == 0;
  }

  const int socket_;
  const int stop_event_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::array<char, 64UL * 1024> buffer_;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Reads requests off one stream; what came after a request is the start of the next.
class RequestReader {
 public:
  explicit RequestReader(Stream& stream) : stream_(stream) {}

  /// The next request. None: the peer is gone, or sent what is no request.
  std::optional<ServerRequest> next() {
    ServerRequest request;
    const auto first_line = line();
    if (!first_line) return std::nullopt;
    const std::size_t space = first_line->find(' ');
    const std::size_t last_space = first_line->rfind(' ');
    if (space == last_space) return std::nullopt;
    request.method = first_line->substr(0, space);
    request.target = first_line->substr(space + 1, last_space - space - 1);
    while (true) {
      const auto header = line();
      if (!header) return std::nullopt;
      if (header->empty()) break;
      const std::size_t colon = header->find(':');
      if (colon == std::string::npos) return std::nullopt;
      request.headers.emplace_back(lower(header->substr(0, colon)),
                                   trim(std::string_view(*header).substr(colon + 1)));
    }
    if (request.header("expect") == "100-continue" &&
        !stream_.write("HTTP/1.1 100 Continue\r\n\r\n"))
      return std::nullopt;
    if (!read_body(request)) return std::nullopt;
    return request;
  }

 private:
  bool read_body(ServerRequest& request) {
    if (request.header("transfer-encoding") == "chunked") return read_chunks(request.body);
    const std::string length = request.header("content-length");
    return length.empty() || take(std::stoul(length), request.body);
  }

  bool read_chunks(std::string& body) {
    while (true) {
      const auto size = line();
      if (!size) return false;
      const std::size_t bytes = std::stoul(*size, nullptr, 16);
      if (!take(bytes, body) || !line()) return false;
      if (bytes == 0) return true;
    }
  }

  bool fill() {
    const std::string_view more = stream_.read();
    pending_ += more;
    return !more.empty() && pending_.size() <= kRequestBytesMax;
  }

  std::optional<std::string> line() {
    std::size_t end = 0;
    while ((end = pending_.find("\r\n")) == std::string::npos)
      if (!fill()) return std::nullopt;
    std::string text = pending_.substr(0, end);
    pending_.erase(0, end + 2);
    return text;
  }

  bool take(std::size_t bytes, std::string& out) {
    while (pending_.size() < bytes)
      if (!fill()) return false;
    out += pending_.substr(0, bytes);
    pending_.erase(0, bytes);
    return true;
  }

  Stream& stream_;
  std::string pending_;
};

std::string head(int status, const ServerHeaders& headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Status\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text;
}

}  // namespace

bool ServerRequest::has_header(std::string_view lower_case_name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return header.first == lower_case_name; });
}

std::string ServerRequest::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return {};
}

std::string answer(int status, std::string_view body, const ServerHeaders& headers) {
  return head(status, headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string chunked_answer(int status, std::string_view body, const ServerHeaders& headers,
                           std::size_t chunk_bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = head(status, headers) + "Transfer-Encoding: chunked\r\n\r\n";
  while (!body.empty()) {
    const std::string_view chunk = body.substr(0, chunk_bytes);
    std::string size;
    for (std::size_t rest = chunk.size(); rest != 0; rest /= 16)
      size.insert(size.begin(), kDigits[rest % 16]);
    text += size + "\r\n";
    text += chunk;
    text += "\r\n";
    body.remove_prefix(chunk.size());
  }
  return text + "0\r\n\r\n";
}

ServerReply reply(std::string bytes, Then then) {
  return {.parts = {{.bytes = std::move(bytes)}}, .then = then};
}

SocketServer::SocketServer(Handler handler, SSL_CTX* tls)
    : SocketServer(std::move(handler), tls, /*greeting=*/{}) {}

SocketServer::SocketServer(std::string greeting)
    : SocketServer(/*handler=*/{}, /*tls=*/nullptr, std::move(greeting)) {}

SocketServer::SocketServer(Handler handler, SSL_CTX* tls, std::string greeting)
    : handler_(std::move(handler)),
      greeting_(std::move(greeting)),
      tls_(tls),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_event_(::eventfd(0, EFD_CLOEXEC)) {
  STREAMONCE_CHECK(listener_ >= 0 && stop_event_ >= 0);
  // OpenSSL writes with write(2), which raises SIGPIPE where a peer is gone.
  if (tls != nullptr) std::signal(SIGPIPE, SIG_IGN);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  STREAMONCE_CHECK(::bind(listener_, generic, length) == 0);
  STREAMONCE_CHECK(::listen(listener_, SOMAXCONN) == 0);
  STREAMONCE_CHECK(::getsockname(listener_, generic, &length) == 0);
  port_ = ntohs(address.sin_port);
  accept_thread_ = std::thread([this] { accept_connections(); });
}

SocketServer::~SocketServer() {
  const std::uint64_t one = 1;
  STREAMONCE_CHECK(::write(stop_event_, &one, sizeof one) == sizeof one);
  accept_thread_.join();
  for (std::thread& thread : connection_threads_) thread.join();
  ::close(listener_);
  ::close(stop_event_);
}

std::string SocketServer::url(std::string_view path) const {
  return (tls_ != nullptr ? "https://" : "http://") + address() + std::string(path);
}

int SocketServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::vector<ServerRequest> SocketServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void SocketServer::close_connections() {
  const std::lock_guard lock(mutex_);
  for (const int socket : open_sockets_) ::shutdown(socket, SHUT_RDWR);
}

void SocketServer::accept_connections() {
  while (true) {
    std::array<pollfd, 2> polled{};
    polled[0] = {.fd = listener_, .events = POLLIN, .revents = 0};
    polled[1] = {.fd = stop_event_, .events = POLLIN, .revents = 0};
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) continue;
    if (polled[1].revents != 0) return;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    open_sockets_.push_back(socket);
    const int connection = ++connections_;
    connection_threads_.emplace_back([this, socket, connection] { serve(socket, connection); });
  }
}

void SocketServer::serve(int socket, int connection) {
  Stream stream(socket, stop_event_, tls_);
  RequestReader reader(stream);
  Then then = stream.open() ? Then::kKeepOpen : Then::kClose;
  if (!handler_) then = stream.send(reply(greeting_, Then::kClose));
  while (then == Then::kKeepOpen) {
    std::optional<ServerRequest> request = reader.next();
    if (!request) break;
    request->connection = connection;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    then = stream.send(handler_(*request));
  }
  stream.end(then);
  const std::lock_guard lock(mutex_);
  open_sockets_.erase(std::find(open_sockets_.begin(), open_sockets_.end(), socket));
  ::close(socket);
}

}  // namespace streamonce::testing
