#include "runtime/aws/api_answer.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "runtime/base/redact.h"
#include "runtime/http/http_date.h"

namespace streamonce::aws {
namespace {

constexpr std::size_t kCodeLengthMax = 64;

/// Advice of ours that stands for a message which may quote what the request was signed with.
std::string_view advice_on(std::string_view code) {
  if (code.starts_with("ExpiredToken"))
    return "the session token has expired: new credentials are needed";
  if (code == "UnrecognizedClientException" || code == "InvalidClientTokenId" ||
      code == "InvalidAccessKeyId" || code == "InvalidToken") {
    return "the service does not know the access key: it is wrong or deleted, or its session token "
           "is absent or wrong";
  }
  if (code.starts_with("IncompleteSignature") || code.starts_with("MissingAuthenticationToken"))
    return "the signature did not arrive as it was sent: a proxy may change requests";
  return "the service does not take the signature: the secret access key is wrong, a proxy changes "
         "requests, or a clock is wrong";
}

std::string what_may_be_told(std::string_view code, std::string_view message, Secrets secrets) {
  switch (telling_of_answer(code)) {
    case Telling::kWords:
      return redact(message);
    case Telling::kNames:
      return redact_keeping_names(message, secrets);
    case Telling::kNothing:
      return std::string(advice_on(code));
  }
  return {};
}

}  // namespace

bool checksum_fits(const runtime::HttpResponse& response, std::string_view body) {
  const std::string_view header = response.header("x-amz-crc32");
  if (header.empty()) return true;
  std::uint32_t expected = 0;
  const char* end = header.data() + header.size();
  const auto [rest, error] = std::from_chars(header.data(), end, expected);
  if (error != std::errc() || rest != end) return false;
  const auto* bytes = reinterpret_cast<const Bytef*>(body.data());
  return crc32_z(0, bytes, body.size()) == expected;
}

std::string reason_text(std::string_view code, std::string_view message) {
  std::string text(code);
  if (!text.empty() && !message.empty()) text += ": ";
  text += message;
  if (text.size() <= kReasonBytesMax) return text;
  std::size_t end = kReasonBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

std::string code_of(std::string_view type) {
  const std::string_view code = type.substr(type.find('#') + 1);
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (code.size() > kCodeLengthMax || !std::all_of(code.begin(), code.end(), is_plain)) return {};
  return std::string(code);
}

Refusal refusal_of(const runtime::HttpResponse& response, std::string code,
                   std::string_view message, Secrets secrets) {
  if (holds_part_of(code, secrets)) code.clear();
  const Trouble trouble = trouble_of_answer(code, response.status);
  const std::string name = code.empty() ? "HTTP " + std::to_string(response.status) : code;
  std::string reason = reason_text(name, what_may_be_told(code, message, secrets));
  Refusal refusal{.trouble = trouble, .reason = std::move(reason), .code = std::move(code)};
  if (trouble == Trouble::kSignature)
    refusal.service_time = runtime::parse_http_date(response.header("date"));
  return refusal;
}

Refusal refusal_of(Error error) {
  return {.trouble = trouble_of_transport(error.code),
          .reason = std::move(error.message),
          .error_code = error.code};
}

Refusal unreadable_answer(int status, std::string_view what) {
  const Trouble trouble = status == 413                   ? Trouble::kInvalid
                          : status >= 300 && status < 400 ? Trouble::kRefused
                                                          : Trouble::kTransient;
  return {.trouble = trouble,
          .reason = "HTTP " + std::to_string(status) + ", " + std::string(what)};
}

}  // namespace streamonce::aws
