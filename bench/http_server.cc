#include "bench/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <vector>

#include "runtime/base/check.h"

namespace streamonce::bench {
namespace {

constexpr std::size_t kReadBytes = 256UL * 1024;
constexpr std::size_t kRequestBytesMax = 32UL * 1024 * 1024;
/// How late a sleep may end; the system's own 50 us would count as the endpoint's latency.
constexpr unsigned long kTimerSlackNanoseconds = 1000;

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// One connection, plain or TLS, with blocking reads and writes.
class Stream {
 public:
  Stream(int socket, SSL_CTX* tls) : socket_(socket) {
    if (tls == nullptr) return;
    ssl_.reset(SSL_new(tls));
    STREAMONCE_CHECK(ssl_ != nullptr && SSL_set_fd(ssl_.get(), socket) == 1);
  }

  bool open() { return ssl_ == nullptr || SSL_accept(ssl_.get()) == 1; }

  /// 0: the peer is gone.
  std::size_t read(char* to, std::size_t room) {
    const auto count = ssl_ != nullptr ? SSL_read(ssl_.get(), to, static_cast<int>(room))
                                       : ::recv(socket_, to, room, 0);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ssl_ != nullptr
                             ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

 private:
  const int socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

bool same_name(std::string_view name, std::string_view lower_case_name) {
  return std::equal(name.begin(), name.end(), lower_case_name.begin(), lower_case_name.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

/// Reads requests off one stream; what came after a request is the start of the next.
class RequestReader {
 public:
  explicit RequestReader(Stream& stream) : stream_(stream), buffer_(kReadBytes) {}

  /// No value: the peer is gone, or sent what is no request. Good until the next call.
  std::optional<HttpServerRequest> next() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(used_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(size_), buffer_.begin());
    size_ -= used_;
    used_ = 0;
    std::size_t head_end = std::string_view::npos;
    while ((head_end = text().find("\r\n\r\n")) == std::string_view::npos)
      if (!read_more()) return std::nullopt;
    const std::size_t body_start = head_end + 4;
    std::size_t body_bytes = 0;
    {
      const HttpServerRequest request = request_of(head_end);
      const std::string_view length = request.header("content-length");
      std::from_chars(length.data(), length.data() + length.size(), body_bytes);
      if (request.header("expect") == "100-continue" &&
          !stream_.write("HTTP/1.1 100 Continue\r\n\r\n"))
        return std::nullopt;
    }
    if (body_bytes > kRequestBytesMax) return std::nullopt;
    while (size_ < body_start + body_bytes)
      if (!read_more(body_start + body_bytes)) return std::nullopt;
    used_ = body_start + body_bytes;
    HttpServerRequest request = request_of(head_end);
    request.body = text().substr(body_start, body_bytes);
    request.came = std::chrono::steady_clock::now();
    return request;
  }

 private:
  std::string_view text() const { return {buffer_.data(), size_}; }

  bool read_more(std::size_t bytes_needed = 0) {
    const std::size_t wanted = std::max(bytes_needed, size_ + kReadBytes) + kBodyPaddingBytes;
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    const std::size_t count =
        stream_.read(buffer_.data() + size_, buffer_.size() - kBodyPaddingBytes - size_);
    size_ += count;
    return count > 0;
  }

  HttpServerRequest request_of(std::size_t head_end) const {
    const std::string_view head = text().substr(0, head_end + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view rest = line.substr(std::min(space + 1, line.size()));
    return {.method = line.substr(0, space),
            .target = rest.substr(0, rest.find(' ')),
            .head = head.substr(line.size() + 2),
            .body = {},
            .came = {}};
  }

  Stream& stream_;
  std::vector<char> buffer_;
  std::size_t size_ = 0;
  std::size_t used_ = 0;  // by the request that next() has given last
};

}  // namespace

std::string_view HttpServerRequest::header(std::string_view lower_case_name) const {
  std::string_view lines = head;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(std::min(line.size() + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !same_name(line.substr(0, colon), lower_case_name))
      continue;
    const std::string_view value = line.substr(colon + 1);
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
  }
  return {};
}

std::string HttpServerRequest::bytes() const {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  return text.append(head).append("\r\n").append(body);
}

std::string http_answer(int status, std::string_view headers, std::string_view body) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " -\r\n";
  bytes.reserve(bytes.size() + headers.size() + body.size() + 64);
  bytes += headers;
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  bytes += body;
  return bytes;
}

HttpServer::HttpServer(Handler handler, SSL_CTX* tls)
    : handler_(std::move(handler)),
      tls_(tls),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  STREAMONCE_CHECK(::bind(listener_, generic, size) == 0 && ::listen(listener_, SOMAXCONN) == 0);
  STREAMONCE_CHECK(::getsockname(listener_, generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const Connection& each : connections_) ::shutdown(each.socket, SHUT_RDWR);
  }
  acceptor_.join();
  for (Connection& each : connections_) {
    each.thread.join();
    ::close(each.socket);
  }
  ::close(listener_);
}

void HttpServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (stopping_ || socket < 0) {
      if (socket >= 0) ::close(socket);
      if (stopping_) return;
      continue;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.push_back({.socket = socket, .thread = {}});
    connections_.back().thread = std::thread([this, socket] { serve(socket); });
  }
}

void HttpServer::serve(int socket) {
  ::prctl(PR_SET_TIMERSLACK, kTimerSlackNanoseconds, 0UL, 0UL, 0UL);
  Stream stream(socket, tls_);
  RequestReader reader(stream);
  if (stream.open()) {
    while (const auto request = reader.next()) {
      const HttpServerReply reply = handler_(*request);
      if (reply.bytes.empty()) break;
      if (reply.not_before != Time{}) std::this_thread::sleep_until(reply.not_before);
      if (!stream.write(reply.bytes)) break;
    }
  }
  ::shutdown(socket, SHUT_RDWR);
}

}  // namespace streamonce::bench
