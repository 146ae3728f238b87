#include "runtime/lambda/runtime_api.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::runtime {
namespace {

/// The most characters of an answer's text that a message quotes.
constexpr std::size_t kQuotedMax = 200;
/// The most bytes of an answer to a POST: the Runtime API's are a few bytes.
constexpr std::size_t kAnswerBytesMax = 64UL * 1024;

/// A request id becomes part of a path: no separators, and neither `.` nor `..`.
bool is_request_id(std::string_view text) {
  constexpr std::size_t kLengthMax = 256;
  return !text.empty() && text.size() <= kLengthMax && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

/// Whether `text` can be echoed in a header, or handed on in the environment.
bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

Error malformed(std::string_view header, std::string_view expected, std::string_view found) {
  return {ErrorCode::kProtocol, "header " + std::string(header) + ": expected " +
                                    std::string(expected) + ", found \"" +
                                    printable_excerpt(found, kQuotedMax) + "\""};
}

Result<WallTime> parse_deadline(std::string_view text) {
  std::int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  // Up to the year 9999: sums with it do not overflow.
  constexpr std::int64_t kMillisecondsMax = 253'402'300'799'000;
  if (error != std::errc{} || end != text.data() + text.size() || milliseconds < 0 ||
      milliseconds > kMillisecondsMax) {
    return malformed("Lambda-Runtime-Deadline-Ms", "milliseconds since the epoch", text);
  }
  return WallTime{std::chrono::milliseconds(milliseconds)};
}

/// Whether `host` holds nothing that ends or divides an authority, or can be in none.
/// Source: RFC 3986, section 3.2.
bool is_host(std::string_view host) {
  if (host.starts_with('[')) return host.size() > 2 && host.find(']') == host.size() - 1;
  return !host.empty() && host.find_first_of(":[]@") == std::string_view::npos;
}

bool is_port(std::string_view port) {
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc{} && end == port.data() + port.size() && number >= 1 &&
         number <= 65'535;
}

bool is_address(std::string_view address) {
  const std::string_view authority = address.substr(0, address.find('/'));
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  if (has_port && !is_port(authority.substr(colon + 1))) return false;
  return is_host(has_port ? authority.substr(0, colon) : authority) &&
         address.find("//") == std::string_view::npos &&
         address.find_first_of("?#\\\"<>^`{|}%") == std::string_view::npos &&
         std::all_of(address.begin(), address.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

Status check_address(std::string_view address) {
  if (is_address(address)) return {};
  // What stands before an @ may be a password.
  const std::string found = address.find('@') == std::string_view::npos
                                ? "found \"" + printable_excerpt(address, kQuotedMax) + "\""
                                : "found one with an @ in it";
  return Error{ErrorCode::kInvalidArgument,
               "AWS_LAMBDA_RUNTIME_API: " + found +
                   ": expected HOST:PORT, as in 127.0.0.1:9001, with a path behind it if need be, "
                   "and no http:// before it"};
}

std::string error_body(const FunctionError& error) {
  std::string body = R"({"errorMessage":)";
  append_json_string(body, error.message);
  body += R"(,"errorType":)";
  append_json_string(body, error.type);
  body += R"(,"stackTrace":[]})";
  return body;
}

RuntimeApi::RuntimeApi(HttpTransport& transport, std::string_view address)
    : transport_(transport),
      address_(address) {
  while (address.ends_with('/')) address.remove_suffix(1);
  base_url_ = "http://";
  base_url_ += address;
  base_url_ += "/2018-06-01/runtime/";
}

/// The answer to `request`. If none comes, the message says who was asked.
Result<HttpResponse> RuntimeApi::answer_to(HttpRequest request) {
  Result<HttpResponse> response = perform(transport_, std::move(request));
  if (response) return response;
  return with_context("the Runtime API at AWS_LAMBDA_RUNTIME_API " + address_,
                      std::move(response).error());
}

Result<Invocation> RuntimeApi::next() {
  HttpRequest request;
  request.url = base_url_ + "invocation/next";
  request.body_into = &body_;
  const HttpResponse response = STREAMONCE_TRY(answer_to(std::move(request)));
  if (response.status != 200) {
    return Error{ErrorCode::kFatal, "next was answered with status " +
                                        std::to_string(response.status) + ": " +
                                        printable_excerpt(body_.text(), kQuotedMax)};
  }

  Invocation invocation;
  invocation.request_id = response.header("lambda-runtime-aws-request-id");
  if (!is_request_id(invocation.request_id))
    return malformed("Lambda-Runtime-Aws-Request-Id", "an identifier", invocation.request_id);
  invocation.deadline =
      STREAMONCE_TRY(parse_deadline(response.header("lambda-runtime-deadline-ms")));
  invocation.invocation_id = response.header("lambda-runtime-invocation-id");
  if (!is_header_value(invocation.invocation_id))
    return malformed("Lambda-Runtime-Invocation-Id", "printable text", invocation.invocation_id);
  invocation.trace_id = response.header("lambda-runtime-trace-id");
  invocation.function_arn = response.header("lambda-runtime-invoked-function-arn");
  invocation.body = body_.view();
  return invocation;
}

Status RuntimeApi::respond(const Invocation& invocation, std::string body) {
  return post("invocation/" + invocation.request_id + "/response", std::move(body),
              invocation.invocation_id, /*error_type=*/{});
}

Status RuntimeApi::report_error(const Invocation& invocation, const FunctionError& error) {
  return post("invocation/" + invocation.request_id + "/error", error_body(error),
              invocation.invocation_id, error.type);
}

Status RuntimeApi::report_init_error(const FunctionError& error) {
  return post("init/error", error_body(error), /*invocation_id=*/{}, error.type);
}

Status RuntimeApi::post(std::string_view path, std::string body, std::string_view invocation_id,
                        std::string_view error_type) {
  HttpRequest request;
  request.method = HttpMethod::kPost;
  request.url = base_url_ + std::string(path);
  request.body = std::move(body);
  request.body_bytes_max = kAnswerBytesMax;
  if (error_type.empty()) {
    request.headers.push_back("Content-Type: application/json");
  } else {
    request.headers.push_back("Content-Type: application/vnd.aws.lambda.error+json");
    request.headers.push_back("Lambda-Runtime-Function-Error-Type: " + std::string(error_type));
  }
  if (!invocation_id.empty())
    request.headers.push_back("Lambda-Runtime-Invocation-Id: " + std::string(invocation_id));

  const HttpResponse response = STREAMONCE_TRY(answer_to(std::move(request)));
  if (response.status >= 200 && response.status < 300) return {};
  // Source: Runtime API, its OpenAPI text: 403 is a wrong state, 500 "non-recoverable"; 400, 410
  // and 413 concern this invocation alone.
  ErrorCode code = ErrorCode::kProtocol;
  if (response.status == 403 || response.status >= 500) code = ErrorCode::kFatal;
  if (response.status == 400 || response.status == 410 || response.status == 413)
    code = ErrorCode::kRejected;
  return Error{code, "the Runtime API answered with status " + std::to_string(response.status) +
                         ": " + printable_excerpt(response.body, kQuotedMax)};
}

}  // namespace streamonce::runtime
