// tests/fuzz/runtime_api_fuzz.cc: a hostile Runtime API.
//
// The input is a line with the statuses of three answers (`200 202 202`: to next, to a response and
// to an error), lines of headers, an empty line, and a body; all three have these headers and this
// body. Each header's value is read as a date, too.
//
// What must hold: an invocation says what the headers say, and is fit for a URL and a header; any
// error has a printable message; nothing that is sent out has a control character in its URL or in
// a header; what is reported as an error is JSON; a date is one of the years 0 to 9999.

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/check.h"
#include "runtime/http/http.h"
#include "runtime/http/http_date.h"
#include "runtime/lambda/runtime_api.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/strict_json.h"

namespace streamonce::runtime {
namespace {

using fuzz::Message;
using nlohmann::json;

constexpr std::string_view kAddress = "127.0.0.1:9001";
constexpr std::string_view kBase = "http://127.0.0.1:9001/2018-06-01/runtime/invocation/";

/// Answers every request at once, with whatever it was told.
class OneAnswer final : public HttpTransport {
 public:
  void answer_with(HttpResponse response) { response_ = std::move(response); }
  const HttpRequest& request() const { return request_; }

  HttpRequestId start(HttpRequest request) override {
    Result<HttpResponse> result = response_;
    if (request.body_into != nullptr) {
      request.body_into->clear();
      if (!request.body_into->append(std::exchange(result->body, {})))
        result = Error{ErrorCode::kTooLarge, "the answer's body is larger than its bound"};
    }
    request_ = std::move(request);
    completion_ = HttpCompletion{.id = ++id_, .result = std::move(result)};
    return id_;
  }
  std::optional<HttpCompletion> wait_any(std::optional<SteadyTime> /*until*/) override {
    return std::exchange(completion_, std::nullopt);
  }
  std::string cancel(HttpRequestId /*id*/) override {
    completion_.reset();
    return {};
  }

 private:
  HttpResponse response_;
  HttpRequest request_;
  std::optional<HttpCompletion> completion_;
  HttpRequestId id_ = 0;
};

std::array<int, 3> statuses_of(std::string_view line) {
  std::array<int, 3> statuses{200, 202, 202};
  for (int& status : statuses) {
    const std::string_view word = line.substr(0, line.find(' '));
    std::from_chars(word.data(), word.data() + word.size(), status);
    line.remove_prefix(std::min(line.size(), word.size() + 1));
  }
  return statuses;
}

bool is_printable(std::string_view text) {
  return text.empty() || fuzz::is_message(text);
}

void check_sent(const HttpRequest& request, std::string_view url) {
  STREAMONCE_CHECK(request.url == url);
  STREAMONCE_CHECK(fuzz::is_message(request.url) && request.url.find(' ') == std::string::npos);
  for (const std::string& header : request.headers) {
    STREAMONCE_CHECK(fuzz::is_message(header));
    STREAMONCE_CHECK(header.find(": ") != std::string::npos);
  }
}

void check_invocation(const Invocation& invocation, const HttpResponse& response) {
  STREAMONCE_CHECK(response.status == 200);
  STREAMONCE_CHECK(invocation.request_id == response.header("lambda-runtime-aws-request-id"));
  STREAMONCE_CHECK(fuzz::is_message(invocation.request_id));
  STREAMONCE_CHECK(invocation.request_id.find_first_of("/?#%\\ ") == std::string::npos);
  STREAMONCE_CHECK(invocation.invocation_id == response.header("lambda-runtime-invocation-id"));
  STREAMONCE_CHECK(is_printable(invocation.invocation_id));
  STREAMONCE_CHECK(invocation.trace_id == response.header("lambda-runtime-trace-id"));
  STREAMONCE_CHECK(invocation.function_arn ==
                   response.header("lambda-runtime-invoked-function-arn"));
  STREAMONCE_CHECK(invocation.body.text == response.body);
  // The number in the header, whatever zeros are before it; zero itself is a deadline long past.
  std::string_view digits = response.header("lambda-runtime-deadline-ms");
  digits.remove_prefix(std::min(digits.find_first_not_of("-0"), digits.size()));
  const auto deadline = invocation.deadline.time_since_epoch().count();
  STREAMONCE_CHECK(deadline >= 0);
  STREAMONCE_CHECK(digits == (deadline == 0 ? "" : std::to_string(deadline)));
}

/// Checks what a report came to, given the answer's status. Source: Runtime API, its OpenAPI text.
void check_report(const Status& told, int status) {
  STREAMONCE_CHECK(told.has_value() == (status >= 200 && status <= 299));
  if (told) return;
  STREAMONCE_CHECK(fuzz::is_message(told.error().message));
  const bool fatal = status == 403 || status >= 500;
  const bool rejected = status == 400 || status == 410 || status == 413;
  STREAMONCE_CHECK(told.error().code == (fatal      ? ErrorCode::kFatal
                                         : rejected ? ErrorCode::kRejected
                                                    : ErrorCode::kProtocol));
}

void check_error_body(const std::string& text, std::string_view type, const std::string& message) {
  const json body = json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  STREAMONCE_CHECK(body.is_object() && body.size() == 3);
  STREAMONCE_CHECK(body["errorType"] == type && body["stackTrace"] == json::array());
  STREAMONCE_CHECK(body["errorMessage"].is_string());
  if (fuzz::is_utf8(message)) STREAMONCE_CHECK(body["errorMessage"] == message);
}

void check_date(std::string_view text) {
  const std::optional<WallTime> time = parse_http_date(text);
  if (!time) return;
  using std::chrono::January;
  using std::chrono::sys_days;
  using std::chrono::year;
  STREAMONCE_CHECK(*time >= sys_days(year(0) / January / 1));
  // A leap second at the very end is the first one of the next year.
  STREAMONCE_CHECK(*time <= sys_days(year(10'000) / January / 1));
}

void run(const Message& message) {
  static OneAnswer transport;
  static RuntimeApi api(transport, kAddress);
  const std::array<int, 3> statuses = statuses_of(message.first_line());
  HttpResponse response{.status = statuses[0], .headers = {}, .body = std::string(message.body)};
  for (std::size_t i = 1; i < message.fields.size(); ++i) {
    response.headers.emplace_back(message.fields[i].first, message.fields[i].second);
    check_date(message.fields[i].second);
  }

  transport.answer_with(response);
  const Result<Invocation> next = api.next();
  check_sent(transport.request(), std::string(kBase) + "next");
  if (!next) {
    STREAMONCE_CHECK(fuzz::is_message(next.error().message));
    return;
  }
  check_invocation(*next, response);

  response.status = statuses[1];
  transport.answer_with(response);
  const std::string url = std::string(kBase) + next->request_id;
  check_report(api.respond(*next, response.body), response.status);
  check_sent(transport.request(), url + "/response");
  STREAMONCE_CHECK(transport.request().body == response.body);

  response.status = statuses[2];
  transport.answer_with(response);
  const FunctionError error{.type = "Function.InvalidEvent", .message = response.body};
  check_report(api.report_error(*next, error), response.status);
  check_sent(transport.request(), url + "/error");
  check_error_body(transport.request().body, error.type, error.message);
}

}  // namespace
}  // namespace streamonce::runtime

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::runtime::run(
      streamonce::fuzz::message_of(streamonce::fuzz::text_of(data, size), ':'));
  return 0;
}
