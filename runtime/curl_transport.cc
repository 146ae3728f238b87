// The only file that knows libcurl.

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <unordered_map>

#include "runtime/base/check.h"
#include "runtime/http.h"

namespace streamonce::runtime {
namespace {

/// Of one wait inside libcurl; waiting longer goes on with the next.
constexpr std::chrono::milliseconds kPollSlice{60'000};
/// Idle handles kept for use again.
constexpr std::size_t kIdleHandlesMax = 64;
/// All headers of one answer. Lambda's and DynamoDB's are a few hundred bytes.
constexpr std::size_t kHeaderBytesMax = 64 * 1024;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, FreeHandle>;
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

// libcurl reads a vararg of exactly the documented type: one overload for each, and none else.
void set(CURL* handle, CURLoption option, long value) {
  STREAMONCE_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}
void set(CURL* handle, CURLoption option, const char* value) {
  STREAMONCE_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}
void set(CURL* handle, CURLoption option, void* value) {
  STREAMONCE_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}
void set(CURL* handle, CURLoption option, curl_slist* value) {
  STREAMONCE_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}
void set(CURL* handle, CURLoption option, curl_write_callback value) {
  STREAMONCE_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}
template <class Integer>
  requires std::is_integral_v<Integer>
void set(CURL*, CURLoption, Integer) = delete;

/// Source: libcurl, libcurl-errors(3).
ErrorCode code_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::kTimeout;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_CHUNK_FAILED:
      return ErrorCode::kProtocol;
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ENGINE_NOTFOUND:
      return ErrorCode::kFatal;
    default:
      return ErrorCode::kUnavailable;
  }
}

/// One request in flight, and where its answer goes.
struct Transfer {
  HttpRequestId id = 0;
  HttpRequest request;
  HttpResponse response;
  EasyHandle handle;
  HeaderList headers;
  std::size_t header_bytes = 0;
  bool too_large = false;
  std::array<char, CURL_ERROR_SIZE> error_text{};

  bool take_body(std::string_view bytes) {
    if (request.body_into != nullptr) {
      too_large = !request.body_into->append(bytes);
    } else {
      too_large = bytes.size() > request.body_bytes_max - response.body.size();
      if (!too_large) response.body += bytes;
    }
    return !too_large;
  }

  /// `Name: value`, CR LF behind; or a status line, with which an answer starts (again).
  bool take_header(std::string_view line) {
    header_bytes += line.size();
    too_large = header_bytes > kHeaderBytesMax;
    if (line.starts_with("HTTP/")) response.headers.clear();
    const std::size_t colon = line.find(':');
    if (too_large || line.starts_with("HTTP/") || colon == std::string_view::npos)
      return !too_large;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
    response.headers.emplace_back(std::move(name), value);
    return true;
  }
};

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->take_body({bytes, count}) ? count : 0;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->take_header({bytes, count}) ? count : 0;
}

class CurlTransport final : public HttpTransport {
 public:
  CurlTransport(CurlOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock), multi_(curl_multi_init()) {
    STREAMONCE_CHECK(multi_ != nullptr);
  }
  ~CurlTransport() override {
    for (auto& [id, transfer] : transfers_)
      curl_multi_remove_handle(multi_.get(), transfer->handle.get());
  }
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  HttpRequestId start(HttpRequest request) override {
    auto transfer = std::make_unique<Transfer>();
    transfer->id = ++last_id_;
    transfer->request = std::move(request);
    transfer->handle = take_handle();
    if (transfer->request.body_into != nullptr) transfer->request.body_into->clear();
    set_up(*transfer);
    STREAMONCE_CHECK(curl_multi_add_handle(multi_.get(), transfer->handle.get()) == CURLM_OK);
    const HttpRequestId id = transfer->id;
    transfers_.emplace(id, std::move(transfer));
    return id;
  }

  std::optional<HttpCompletion> wait_any(std::optional<SteadyTime> until) override {
    while (!transfers_.empty()) {
      int running = 0;
      STREAMONCE_CHECK(curl_multi_perform(multi_.get(), &running) == CURLM_OK);
      if (auto completion = take_completion()) return completion;
      std::chrono::milliseconds wait = kPollSlice;
      if (until) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(*until - clock_.steady_now());
        if (left.count() <= 0) return std::nullopt;
        wait = std::min(wait, left);
      }
      STREAMONCE_CHECK(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait.count()),
                                       nullptr) == CURLM_OK);
    }
    return std::nullopt;
  }

  void cancel(HttpRequestId id) override {
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) return;
    curl_multi_remove_handle(multi_.get(), found->second->handle.get());
    transfers_.erase(found);
  }

 private:
  EasyHandle take_handle() {
    if (idle_.empty()) {
      EasyHandle handle(curl_easy_init());
      STREAMONCE_CHECK(handle != nullptr);
      return handle;
    }
    EasyHandle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }

  void set_up(Transfer& transfer) {
    CURL* handle = transfer.handle.get();
    const HttpRequest& request = transfer.request;
    curl_easy_reset(handle);  // forgets the options, keeps the connections
    set(handle, CURLOPT_URL, request.url.c_str());
    set(handle, CURLOPT_PRIVATE, static_cast<void*>(&transfer));
    set(handle, CURLOPT_ERRORBUFFER, transfer.error_text.data());
    set(handle, CURLOPT_WRITEFUNCTION, on_body);
    set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(handle, CURLOPT_HEADERFUNCTION, on_header);
    set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(handle, CURLOPT_FOLLOWLOCATION, 0L);
    set(handle, CURLOPT_TCP_NODELAY, 1L);
    // A body over 1 MB is announced with `Expect: 100-continue`; the leave is not waited for.
    set(handle, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options_.ca_bundle_path.empty())
      set(handle, CURLOPT_CAINFO, options_.ca_bundle_path.c_str());
    if (!options_.user_agent.empty()) set(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
    if (!request.use_proxy) set(handle, CURLOPT_NOPROXY, "*");
    if (request.timeout)
      set(handle, CURLOPT_TIMEOUT_MS,
          static_cast<long>(std::max<std::int64_t>(request.timeout->count(), 1)));
    if (request.method == HttpMethod::kPost) {
      set(handle, CURLOPT_POST, 1L);
      // Borrowed, not copied: the transfer outlives the handle's use of it.
      set(handle, CURLOPT_POSTFIELDS, request.body.c_str());
      STREAMONCE_CHECK(curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                                        static_cast<curl_off_t>(request.body.size())) == CURLE_OK);
    }
    sign(handle, transfer);
    set(handle, CURLOPT_HTTPHEADER, transfer.headers.get());
  }

  static void add_header(Transfer& transfer, const std::string& line) {
    curl_slist* longer = curl_slist_append(transfer.headers.get(), line.c_str());
    STREAMONCE_CHECK(longer != nullptr);
    (void)transfer.headers.release();
    transfer.headers.reset(longer);
  }

  /// libcurl signs every header of this list, and the host and date that it adds itself.
  static void sign(CURL* handle, Transfer& transfer) {
    for (const std::string& line : transfer.request.headers) add_header(transfer, line);
    const AwsSigning* signing = transfer.request.signing;
    if (signing == nullptr) return;
    const std::string service =
        "aws:amz:" + std::string(signing->region) + ':' + std::string(signing->service);
    set(handle, CURLOPT_AWS_SIGV4, service.c_str());
    set(handle, CURLOPT_USERNAME, std::string(signing->access_key_id).c_str());
    set(handle, CURLOPT_PASSWORD, std::string(signing->secret_access_key).c_str());
    if (!signing->session_token.empty())
      add_header(transfer, "X-Amz-Security-Token: " + std::string(signing->session_token));
  }

  std::optional<HttpCompletion> take_completion() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      void* opaque = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &opaque);
      const auto found = transfers_.find(static_cast<Transfer*>(opaque)->id);
      STREAMONCE_CHECK(found != transfers_.end());
      const std::unique_ptr<Transfer> transfer = std::move(found->second);
      transfers_.erase(found);
      curl_multi_remove_handle(multi_.get(), transfer->handle.get());
      HttpCompletion completion{.id = transfer->id, .result = result_of(*transfer, code)};
      // Nothing of a request stays on an idle handle: it points into the transfer.
      curl_easy_reset(transfer->handle.get());
      if (idle_.size() < kIdleHandlesMax) idle_.push_back(std::move(transfer->handle));
      return completion;
    }
    return std::nullopt;
  }

  static Result<HttpResponse> result_of(Transfer& transfer, CURLcode code) {
    if (transfer.too_large)
      return Error{ErrorCode::kTooLarge, "the answer is larger than its bound"};
    if (code != CURLE_OK) {
      const char* words =
          transfer.error_text[0] != '\0' ? transfer.error_text.data() : curl_easy_strerror(code);
      return Error{code_of(code), words};
    }
    long status = 0;
    curl_easy_getinfo(transfer.handle.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    return std::move(transfer.response);
  }

  const CurlOptions options_;
  const Clock& clock_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::unordered_map<HttpRequestId, std::unique_ptr<Transfer>> transfers_;
  std::vector<EasyHandle> idle_;
  HttpRequestId last_id_ = 0;
};

}  // namespace

std::unique_ptr<HttpTransport> make_curl_transport(CurlOptions options, const Clock& clock) {
  return std::make_unique<CurlTransport>(std::move(options), clock);
}

}  // namespace streamonce::runtime
