// The only file that knows libcurl.

#include "runtime/http/curl_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "runtime/base/check.h"
#include "runtime/base/redact.h"
#include "runtime/http/socket_poll.h"

namespace streamonce::runtime {
namespace {

/// The groups that a handshake offers: those that every server has one of. What is not offered need
/// not be in the shipped file. Source: RFC 8446, section 9.1; OpenSSL's own list has X448 besides.
constexpr const char* kGroups = "X25519:P-256:P-384:P-521";

/// The longest single wait; a longer wait is several of them.
constexpr std::chrono::milliseconds kPollSlice{60'000};
/// Idle handles and idle connections kept for use again. libcurl's own rule would keep four
/// connections for each request in flight, and so close most of them whenever a burst has ended.
constexpr std::size_t kIdleMax = 64;
/// The most sockets that a request has at once, those of its look-up of a name among them. Source:
/// libcurl, MAX_SOCKSPEREASYHANDLE.
constexpr std::size_t kSocketsEach = 5;
/// The most bytes of all headers of one answer. Lambda's and DynamoDB's are a few hundred bytes.
constexpr std::size_t kHeaderBytesMax = 64UL * 1024;
/// The headers of most answers: room for them is made at once.
constexpr std::size_t kHeadersLikely = 12;
/// The bytes that are read at once of a body that goes to a Payload. libcurl's own 16 KiB take a
/// fourth more CPU for an event of 1 MB.
constexpr long kReceiveBytes = 64L * 1024;
/// Those of any other, as libcurl has it by itself.
constexpr long kSmallReceiveBytes = CURL_MAX_WRITE_SIZE;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using EasyHandle = std::unique_ptr<CURL, FreeHandle>;
using MultiHandle = std::unique_ptr<CURLM, FreeMulti>;

// libcurl reads a vararg of exactly the documented type: one overload for each, and none else.
static_assert(std::is_same_v<curl_off_t, long>);  // else options that end in _LARGE need their own

/// Sets options of one handle. libcurl may refuse one, for what the handle was used for before or
/// for want of memory: the first refusal is kept, and the request must then not be made.
class Options {
 public:
  explicit Options(CURL* handle) : handle_(handle) {}

  void set(CURLoption option, long value) { note(curl_easy_setopt(handle_, option, value)); }
  void set(CURLoption option, const char* value) { note(curl_easy_setopt(handle_, option, value)); }
  void set(CURLoption option, void* value) { note(curl_easy_setopt(handle_, option, value)); }
  void set(CURLoption option, curl_slist* value) { note(curl_easy_setopt(handle_, option, value)); }
  void set(CURLoption option, curl_write_callback value) {
    note(curl_easy_setopt(handle_, option, value));
  }
  template <class Integer>
  requires std::is_integral_v<Integer>
  void set(CURLoption, Integer) = delete;

  CURLcode refusal() const { return refusal_; }

 private:
  void note(CURLcode code) {
    if (refusal_ == CURLE_OK) refusal_ = code;
  }

  CURL* const handle_;
  CURLcode refusal_ = CURLE_OK;
};

Error out_of_memory() {
  return {ErrorCode::kUnavailable, "libcurl has no memory left to make the request"};
}

/// What libcurl's `code` is for our callers.
/// Source: libcurl, libcurl-errors(3), and lib/http.c for what an answer out of format ends with.
ErrorCode code_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::kTimeout;
    case CURLE_WEIRD_SERVER_REPLY:    // not a header, or a length that is no number
    case CURLE_UNSUPPORTED_PROTOCOL:  // not HTTP/1.x at all, or a URL that is neither http nor
                                      // https
    case CURLE_BAD_CONTENT_ENCODING:  // a transfer encoding that is unknown
      return ErrorCode::kProtocol;
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return ErrorCode::kFatal;
    default:
      return ErrorCode::kUnavailable;
  }
}

/// The environment variables that libcurl reads. Source: libcurl, libcurl-env(3).
constexpr std::string_view kProxySettings = "http_proxy, https_proxy or all_proxy";

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

/// A part of `url`, or empty if it has none.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  const std::unique_ptr<char, FreeText> owner(text);
  return text;
}

/// The host and the port of `text`. A URL with an `@` may hold a password, which may be misspelled
/// so that a part of it stands where the host should: nothing is told of such a URL.
std::string address_of(const std::string& text) {
  if (text.find('@') != std::string::npos) return "the server";
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (url == nullptr) return "the server";  // memory has run out
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return "the server";
  const std::string port = part_of(url.get(), CURLUPART_PORT);
  return part_of(url.get(), CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

/// What could not be connected to: `peer` itself, or its proxy.
/// Source: libcurl, lib/connect.c, "Failed to connect to HOST port PORT after".
std::string next_hop(const HttpRequest& request, std::string_view words, const std::string& peer) {
  const std::size_t colon = peer.rfind(':');
  const std::string direct =
      "Failed to connect to " + peer.substr(0, colon) + " port " + peer.substr(colon + 1) + " ";
  if (!request.use_proxy || words.starts_with(direct)) return peer;
  return "the proxy for " + peer + ", which " + std::string(kProxySettings) + " names";
}

long number_of(CURL* handle, CURLINFO info) {
  curl_off_t number = 0;
  curl_easy_getinfo(handle, info, &number);
  return number;
}

/// `: ` and the system's words for what the latest connection failed with, if it failed so.
std::string errno_of(CURL* handle) {
  long number = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
  return number == 0 ? "" : std::string(": ") + std::strerror(static_cast<int>(number));
}

/// Whether the latest request has got so far that its answer was waited for.
bool was_sent(CURL* handle) {
  return number_of(handle, CURLINFO_PRETRANSFER_TIME_T) > 0;
}

/// Whether the first bytes of an answer have come.
bool was_answered(CURL* handle) {
  return number_of(handle, CURLINFO_STARTTRANSFER_TIME_T) > 0;
}

/// The status that a proxy answered to CONNECT, or 0.
long connect_status(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &status);
  return status;
}

/// OpenSSL's reason, which ends its words, as in
/// `OpenSSL/3.0.17: error:0A00010B:SSL routines::wrong version number`.
std::string_view behind_routines(std::string_view words) {
  const std::size_t colons = words.rfind("::");
  return colons == std::string_view::npos ? words : words.substr(colons + 2);
}

bool is_control(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return (code < ' ' && code != '\t') || code == 0x7F;
}

/// Whether `text` may have a byte below ' ', or DEL: eight bytes at once, since a session token has
/// a thousand. Source: the borrow of a subtraction reaches the top bit of a byte that is smaller.
bool may_have_control(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x80 * kOnes;
  std::uint64_t found = 0;
  for (; text.size() >= sizeof found; text.remove_prefix(sizeof found)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), sizeof bytes);
    const std::uint64_t deletes = bytes ^ (0x7F * kOnes);
    found |= ((bytes - ' ' * kOnes) & ~bytes) | ((deletes - kOnes) & ~deletes);
  }
  return (found & kTops) != 0 || std::any_of(text.begin(), text.end(), is_control);
}

/// Whether `line` is one header and no more: a line break would begin another.
bool is_header_line(std::string_view line) {
  if (line.find(':') == std::string_view::npos) return false;
  return !may_have_control(line) || std::none_of(line.begin(), line.end(), is_control);
}

/// One wait of wait_any(). libcurl comes back only when it has handed over all that it has read,
/// with a call for each chunk: many small chunks could keep it beyond `until`.
struct Wait {
  const Clock& clock;
  std::optional<SteadyTime> until = {};
  std::uint64_t number = 0;

  bool is_over() const { return until && clock.steady_now() >= *until; }
};

/// One request in flight, and where its answer goes.
struct Transfer {
  HttpRequestId id = 0;
  const Wait* wait = nullptr;
  std::uint64_t latest_wait = 0;  ///< the latest wait that took a part of the body
  bool paused = false;
  HttpRequest request;
  HttpResponse response;
  EasyHandle handle;
  std::vector<curl_slist> headers;  ///< the request's, as libcurl wants them
  std::size_t header_bytes = 0;
  bool headers_ended = false;
  bool has_hole = false;            ///< whether bytes of the body were lost, for want of memory
  const char* too_large = nullptr;  ///< the part of the answer that is; null: none so far
  std::array<char, CURL_ERROR_SIZE> error_text{};

  /// Whether the next part of the body must wait. Each wait takes one at least, to get on.
  bool must_pause() {
    paused = latest_wait == wait->number && wait->is_over();
    latest_wait = wait->number;
    return paused;
  }

  bool take_body(std::string_view bytes) {
    if (request.body_into != nullptr) {
      if (request.body_into->append(bytes)) return true;
    } else if (bytes.size() <= request.body_bytes_max - response.body.size()) {
      response.body += bytes;
      return true;
    }
    too_large = "the answer's body is larger than its bound";
    return false;
  }

  /// Takes `Name: value` with CR LF behind it; or a status line, with which an answer starts
  /// (again); or the empty line with which the headers end.
  bool take_header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kHeaderBytesMax) {
      too_large = "the answer's headers are larger than their bound";
      return false;
    }
    const bool is_status_line = line.starts_with("HTTP/");
    if (is_status_line) {
      response.headers.clear();
      response.headers.reserve(kHeadersLikely);
    }
    headers_ended = !is_status_line && (headers_ended || line == "\r\n" || line == "\n");
    const std::size_t colon = line.find(':');
    if (is_status_line || colon == std::string_view::npos) return true;
    std::string name(line.substr(0, colon));
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
    response.headers.emplace_back(std::move(name), value);
    return true;
  }
};

// libcurl gives the transfer up if the result is not `count`.
std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* opaque) {
  auto* transfer = static_cast<Transfer*>(opaque);
  if (transfer->must_pause()) return CURL_WRITEFUNC_PAUSE;  // the same bytes come again
  return transfer->take_body({bytes, count}) ? count : CURL_WRITEFUNC_ERROR;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->take_header({bytes, count}) ? count
                                                                       : CURL_WRITEFUNC_ERROR;
}

/// libcurl tells which sockets are to be waited for. @param opaque  a SocketPoll
int on_socket(CURL*, curl_socket_t socket, int what, void* opaque, void*) {
  const bool removed = what == CURL_POLL_REMOVE;
  static_cast<SocketPoll*>(opaque)->watch(socket, !removed && (what & CURL_POLL_IN) != 0,
                                          !removed && (what & CURL_POLL_OUT) != 0);
  return 0;
}

/// Sets what is the same for all requests: it stays as it is while the handle is used again.
void set_standing(Options& handle, const CurlOptions& options) {
  handle.set(CURLOPT_NOSIGNAL, 1L);
  handle.set(CURLOPT_PROTOCOLS_STR, "http,https");
  handle.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  handle.set(CURLOPT_FOLLOWLOCATION, 0L);
  handle.set(CURLOPT_PATH_AS_IS, 1L);  // it may be signed
  handle.set(CURLOPT_TCP_NODELAY, 1L);
  handle.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));  // or newer
  handle.set(CURLOPT_SSL_EC_CURVES, kGroups);
  // The two are set even when there is no bundle, so that libcurl does not look where it was built
  // to look.
  const char* no_path = nullptr;
  handle.set(CURLOPT_CAPATH, no_path);
  handle.set(CURLOPT_CAINFO,
             options.ca_bundle_path.empty() ? no_path : options.ca_bundle_path.c_str());
  if (!options.user_agent.empty()) handle.set(CURLOPT_USERAGENT, options.user_agent.c_str());
  handle.set(CURLOPT_WRITEFUNCTION, on_body);
  handle.set(CURLOPT_HEADERFUNCTION, on_header);
  // The body is asked for without an encoding, and not decoded if the peer sends it with one.
  handle.set(CURLOPT_ACCEPT_ENCODING, "identity");
  handle.set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
}

/// Whether the environment names a proxy. libcurl would look for each of these at each request.
bool has_proxy() {
  constexpr std::array kVariables{"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                  "ALL_PROXY"};
  return std::any_of(kVariables.begin(), kVariables.end(),
                     [](const char* name) { return std::getenv(name) != nullptr; });
}

void set_connection(Options& handle, const HttpRequest& request, bool may_use_proxy) {
  const char* by_the_environment = nullptr;
  handle.set(CURLOPT_NOPROXY, request.use_proxy && may_use_proxy ? by_the_environment : "*");
  handle.set(CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  constexpr long kNoLimit = 0;
  handle.set(
      CURLOPT_TIMEOUT_MS,
      request.timeout ? std::max(long{1}, static_cast<long>(request.timeout->count())) : kNoLimit);
}

void set_answer(Options& handle, Transfer& transfer) {
  handle.set(CURLOPT_PRIVATE, static_cast<void*>(&transfer));
  handle.set(CURLOPT_ERRORBUFFER, transfer.error_text.data());
  handle.set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  handle.set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  handle.set(CURLOPT_BUFFERSIZE,
             transfer.request.body_into != nullptr ? kReceiveBytes : kSmallReceiveBytes);
}

void set_body(Options& handle, const HttpRequest& request) {
  // A PUT is a POST by another name: libcurl's own would read its body from a callback.
  const char* own_name = nullptr;
  handle.set(CURLOPT_CUSTOMREQUEST, request.method == HttpMethod::kPut ? "PUT" : own_name);
  if (request.method == HttpMethod::kGet) {
    handle.set(CURLOPT_HTTPGET, 1L);
    return;
  }
  handle.set(CURLOPT_POST, 1L);
  // libcurl borrows the body: the transfer outlives the handle's use of it.
  handle.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<long>(request.body.size()));
  handle.set(CURLOPT_POSTFIELDS, request.body.c_str());
}

/// Lets a handle forget the transfer that its options point into, with its credentials.
void forget_transfer(CURL* handle) {
  Options options(handle);
  const char* nothing = nullptr;
  options.set(CURLOPT_ERRORBUFFER, nothing);
  options.set(CURLOPT_POSTFIELDS, nothing);
  for (const CURLoption option : {CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA})
    options.set(option, static_cast<void*>(nullptr));
  options.set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
}

/// Refuses lines that are not one header each. The message quotes none: a header may hold a token.
Status check_headers(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (!is_header_line(line))
      return Error{ErrorCode::kFatal,
                   "a header of the request is no line of its own: expected NAME: VALUE, without a "
                   "line break or another control character"};
  }
  return {};
}

/// libcurl asks for leave to send a larger body. Source: libcurl, lib/http.h, EXPECT_100_THRESHOLD.
constexpr std::size_t kExpectBytes = 1024UL * 1024;

/// libcurl borrows the lines, and the list of them.
void set_headers(Options& handle, Transfer& transfer) {
  std::vector<std::string>& lines = transfer.request.headers;
  // An empty `Expect` is not sent, and keeps libcurl from asking for leave to send a large body.
  if (transfer.request.body.size() > kExpectBytes) lines.emplace_back("Expect:");
  transfer.headers.resize(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    curl_slist* next = i + 1 < lines.size() ? &transfer.headers[i + 1] : nullptr;
    transfer.headers[i] = {.data = lines[i].data(), .next = next};
  }
  handle.set(CURLOPT_HTTPHEADER, lines.empty() ? nullptr : transfer.headers.data());
}

class CurlTransport final : public HttpTransport {
 public:
  CurlTransport(CurlOptions options, const Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        wait_{.clock = clock} {}
  ~CurlTransport() override {
    for (auto& [id, transfer] : transfers_)
      curl_multi_remove_handle(multi_.get(), transfer->handle.get());
  }
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  HttpRequestId start(HttpRequest request) override {
    auto transfer = std::make_unique<Transfer>();
    const HttpRequestId id = ++last_id_;
    transfer->id = id;
    transfer->wait = &wait_;
    transfer->request = std::move(request);
    if (transfer->request.body_into != nullptr) transfer->request.body_into->clear();
    if (Status started = start(*transfer); !started)
      not_started_.push_back({.id = id, .result = std::move(started).error()});
    else
      transfers_.emplace(id, std::move(transfer));
    return id;
  }

  std::optional<HttpCompletion> wait_any(std::optional<SteadyTime> until) override {
    if (!not_started_.empty()) {
      HttpCompletion completion = std::move(not_started_.front());
      not_started_.erase(not_started_.begin());
      return completion;
    }
    wait_.until = until;
    ++wait_.number;
    for (auto& [id, transfer] : transfers_)
      if (transfer->paused &&
          curl_easy_pause(transfer->handle.get(), CURLPAUSE_CONT) == CURLE_OUT_OF_MEMORY)
        transfer->has_hole = true;
    for (bool got_on = false; !transfers_.empty(); got_on = true) {
      CURLMcode code = run_timers();
      if (auto completion = take_completion()) return completion;
      if (code == CURLM_OK) {
        // What has arrived is taken even where the wait is over when it begins.
        std::chrono::milliseconds time = kPollSlice;
        if (until) {
          const SteadyTime now = clock_.steady_now();
          if (now >= *until && got_on) return std::nullopt;
          time = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*until - now),
                            std::chrono::milliseconds(0), time);
        }
        code = run_sockets(time);
      }
      if (code != CURLM_OK) return give_up_oldest(code);
    }
    return std::nullopt;
  }

  std::string cancel(HttpRequestId id) override {
    std::erase_if(not_started_, [id](const HttpCompletion& each) { return each.id == id; });
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) return {};
    std::string message = message_of_timeout(*found->second);
    curl_multi_remove_handle(multi_.get(), found->second->handle.get());
    transfers_.erase(found);
    return message;
  }

 private:
  /// Opens libcurl with the first request and not before: that reads where names are looked up.
  Status open() {
    multi_.reset(curl_multi_init());
    if (multi_ == nullptr) return out_of_memory();
    has_proxy_ = has_proxy();
    STREAMONCE_CHECK(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                                       static_cast<long>(kIdleMax)) == CURLM_OK);
    STREAMONCE_CHECK(curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, on_socket) ==
                     CURLM_OK);
    STREAMONCE_CHECK(curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, &sockets_) == CURLM_OK);
    return {};
  }

  /// The time until libcurl has to do something though no socket is ready, or `longest`.
  std::chrono::milliseconds time_to_timer(std::chrono::milliseconds longest) {
    long left = -1;  // milliseconds; negative: there is no timer
    curl_multi_timeout(multi_.get(), &left);
    return left < 0 ? longest : std::min(longest, std::chrono::milliseconds(left));
  }

  /// Lets libcurl do what is due: above all, begin the requests that were started.
  CURLMcode run_timers() {
    if (time_to_timer(kPollSlice).count() > 0) return CURLM_OK;
    int running = 0;
    return curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }

  /// Waits for `time` at most, and hands what has come over to libcurl, which then need not ask the
  /// system again what there is.
  CURLMcode run_sockets(std::chrono::milliseconds time) {
    const auto ready = sockets_.wait(time_to_timer(time));
    if (!ready) return CURLM_UNRECOVERABLE_POLL;
    for (const ReadySocket& each : *ready) {
      const int what =
          (each.readable ? CURL_CSELECT_IN : 0) | (each.writable ? CURL_CSELECT_OUT : 0);
      int running = 0;
      const CURLMcode code = curl_multi_socket_action(multi_.get(), each.socket, what, &running);
      if (code != CURLM_OK) return code;
    }
    return CURLM_OK;
  }

  /// Hands the request to libcurl. After an error nothing of it has been sent.
  Status start(Transfer& transfer) {
    if (multi_ == nullptr) STREAMONCE_TRY(open());
    STREAMONCE_TRY(check_headers(transfer.request.headers));
    // libcurl, which calls from C, must not meet an exception there.
    sockets_.reserve(kSocketsEach * (transfers_.size() + 1 + kIdleMax));
    transfer.handle = STREAMONCE_TRY(take_handle());
    Options options(transfer.handle.get());
    options.set(CURLOPT_URL, transfer.request.url.c_str());
    set_connection(options, transfer.request, has_proxy_);
    set_answer(options, transfer);
    set_body(options, transfer.request);
    set_headers(options, transfer);
    STREAMONCE_TRY(check_options(options));
    if (const CURLMcode code = curl_multi_add_handle(multi_.get(), transfer.handle.get());
        code != CURLM_OK)
      return error_of(code);
    return {};
  }

  /// Refuses a handle that has refused an option.
  static Status check_options(const Options& options) {
    if (options.refusal() == CURLE_OK) return {};
    if (options.refusal() == CURLE_OUT_OF_MEMORY) return out_of_memory();
    return Error{ErrorCode::kFatal, std::string("libcurl refuses an option of the request: ") +
                                        curl_easy_strerror(options.refusal())};
  }

  /// A handle that has its standing options, and none of a request's.
  Result<EasyHandle> take_handle() {
    if (!idle_.empty()) {
      EasyHandle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
    EasyHandle handle(curl_easy_init());
    if (handle == nullptr) return out_of_memory();
    Options options(handle.get());
    set_standing(options, options_);
    STREAMONCE_TRY(check_options(options));
    return handle;
  }

  static Error error_of(CURLMcode code) {
    return {ErrorCode::kUnavailable,
            std::string("libcurl cannot go on: ") + curl_multi_strerror(code)};
  }

  /// Ends the oldest request after a failure of all that is in flight, since that may pass.
  HttpCompletion give_up_oldest(CURLMcode code) {
    const auto oldest =
        std::min_element(transfers_.begin(), transfers_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
    HttpCompletion completion{.id = oldest->first, .result = error_of(code)};
    cancel(oldest->first);
    return completion;
  }

  std::optional<HttpCompletion> take_completion() {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr) return std::nullopt;
    STREAMONCE_CHECK(message->msg == CURLMSG_DONE);  // libcurl has no other message
    const CURLcode code = message->data.result;      // `message` ends with the next call
    void* opaque = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &opaque);
    const auto found = transfers_.find(static_cast<Transfer*>(opaque)->id);
    STREAMONCE_CHECK(found != transfers_.end());
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    curl_multi_remove_handle(multi_.get(), transfer->handle.get());
    HttpCompletion completion{.id = transfer->id, .result = result_of(*transfer, code)};
    // Kept with its standing options; the connections are the multi handle's. A handle whose
    // request failed is not kept: it may hold on to a buffer, and would then refuse another size.
    if (code != CURLE_OK || idle_.size() >= kIdleMax) return completion;
    forget_transfer(transfer->handle.get());
    idle_.push_back(std::move(transfer->handle));
    return completion;
  }

  Result<HttpResponse> result_of(Transfer& transfer, CURLcode code) const {
    if (transfer.too_large != nullptr) return Error{ErrorCode::kTooLarge, transfer.too_large};
    if (transfer.has_hole) return out_of_memory();
    // A header line over libcurl's own bound ends like memory that runs out while headers come.
    // Source: libcurl, lib/dynbuf.c, and CURL_MAX_HTTP_HEADER: 100 KiB.
    if (code == CURLE_OUT_OF_MEMORY && !transfer.headers_ended &&
        was_answered(transfer.handle.get())) {
      return Error{ErrorCode::kTooLarge,
                   "the answer's headers are larger than their bound, or libcurl has no memory "
                   "left for them"};
    }
    if (code != CURLE_OK) return Error{code_of(code), message_of(transfer, code)};
    // libcurl takes a connection that is closed within the headers as the end of a whole answer.
    if (!transfer.headers_ended)
      return Error{ErrorCode::kUnavailable, "the connection broke in the middle of the headers"};
    long status = 0;
    curl_easy_getinfo(transfer.handle.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    return std::move(transfer.response);
  }

  /// What keeps an answer that has not come in time.
  static std::string message_of_timeout(const Transfer& transfer) {
    const std::string peer = address_of(transfer.request.url);
    return was_sent(transfer.handle.get()) ? "no whole answer of " + peer + " in time"
                                           : "no connection to " + peer + " in time";
  }

  /// What `code` means, in our words where they are clearer than libcurl's. libcurl's words pass
  /// redact(): they may quote the proxy's URL, which may hold a password, even misspelled.
  std::string message_of(const Transfer& transfer, CURLcode code) const {
    const std::string_view words =
        transfer.error_text[0] != '\0' ? transfer.error_text.data() : curl_easy_strerror(code);
    const std::string peer = address_of(transfer.request.url);
    CURL* handle = transfer.handle.get();
    switch (code) {
      case CURLE_URL_MALFORMAT:
        return "the URL is malformed";
      case CURLE_COULDNT_RESOLVE_HOST:
        return peer + " is not found: there is no such host, or no name server";
      case CURLE_COULDNT_RESOLVE_PROXY:
        return "the proxy for " + peer + " is not found: " + std::string(kProxySettings) +
               " holds a malformed URL, or a host that there is not";
      case CURLE_COULDNT_CONNECT:
        return "no connection to " + next_hop(transfer.request, words, peer) + errno_of(handle);
      case CURLE_OPERATION_TIMEDOUT:
        return message_of_timeout(transfer);
      case CURLE_SSL_CACERT_BADFILE:
        return "the CA bundle " + options_.ca_bundle_path +
               " cannot be read, or holds no certificate";
      case CURLE_PEER_FAILED_VERIFICATION:
        return "the certificate of " + peer + " is not accepted: " + redact(words);
      case CURLE_SSL_CONNECT_ERROR:
        return "no TLS connection to " + peer + ": " + redact(behind_routines(words));
      case CURLE_GOT_NOTHING:
        return peer + " closed the connection without an answer";
      default:
        break;
    }
    if (const long status = connect_status(handle); status >= 300)
      return "the proxy refuses a connection to " + peer + ": HTTP " + std::to_string(status);
    return peer + ": " + redact(words);
  }

  const CurlOptions options_;
  const Clock& clock_;
  bool has_proxy_ = false;  // as the environment has it at the first request
  Wait wait_;
  SocketPoll sockets_;  // that libcurl waits for
  MultiHandle multi_;   // none before the first request; destroyed last, after the easy handles
  std::unordered_map<HttpRequestId, std::unique_ptr<Transfer>> transfers_;
  std::vector<HttpCompletion> not_started_;  // the ends of requests that libcurl did not take
  std::vector<EasyHandle> idle_;
  HttpRequestId last_id_ = 0;
};

}  // namespace

bool start_curl() {
  return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

std::unique_ptr<HttpTransport> make_curl_transport(CurlOptions options, const Clock& clock) {
  return std::make_unique<CurlTransport>(std::move(options), clock);
}

}  // namespace streamonce::runtime
