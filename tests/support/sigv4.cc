#include "tests/support/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "runtime/base/check.h"

namespace streamonce::testing {
namespace {

using Bytes = std::string;  // raw, not text

Bytes sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned length = 0;
  STREAMONCE_CHECK(
      EVP_Digest(text.data(), text.size(), out.data(), &length, EVP_sha256(), nullptr) == 1);
  return {out.begin(), out.begin() + length};
}

Bytes hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned length = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  STREAMONCE_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
                        out.data(), &length) != nullptr);
  return {out.begin(), out.begin() + length};
}

std::string hex(const Bytes& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// What stands behind `name=` up to the next comma.
std::string part_of(std::string_view header, std::string_view name) {
  const std::size_t start = header.find(std::string(name) + "=");
  if (start == std::string_view::npos) return {};
  const std::string_view value = header.substr(start + name.size() + 1);
  return std::string(value.substr(0, value.find(',')));
}

}  // namespace

SignatureCheck check_signature(const ServerRequest& request, std::string_view secret_access_key) {
  const std::string authorization = request.header("authorization");
  SignatureCheck check{.scope = part_of(authorization, "Credential"),
                       .signed_headers = part_of(authorization, "SignedHeaders"),
                       .found = part_of(authorization, "Signature"),
                       .expected = {},
                       .problem = {}};
  const std::vector<std::string> scope = split(check.scope, '/');
  const std::string time = request.header("x-amz-date");
  if (!authorization.starts_with("AWS4-HMAC-SHA256 ") || scope.size() != 5 ||
      scope[4] != "aws4_request" || scope[1] != time.substr(0, 8)) {
    check.problem = "not the form of a signature, version 4";
    return check;
  }

  std::string canonical_headers;
  std::string last;
  for (const std::string& name : split(check.signed_headers, ';')) {
    if (!request.has_header(name)) check.problem = name + " is signed and did not come";
    if (name <= last) check.problem = name + " is out of order";
    canonical_headers += name + ":" + request.header(name) + "\n";
    last = name;
  }
  for (const auto& [name, value] : request.headers)
    if ((name == "host" || name.starts_with("x-amz-")) &&
        canonical_headers.find(name + ":") == std::string::npos)
      check.problem = name + " is not signed";
  if (!check.problem.empty()) return check;

  const std::size_t question = request.target.find('?');
  const std::string path = request.target.substr(0, question);
  const std::string query =
      question == std::string::npos ? "" : request.target.substr(question + 1);
  const std::string canonical = request.method + "\n" + path + "\n" + query + "\n" +
                                canonical_headers + "\n" + check.signed_headers + "\n" +
                                hex(sha256(request.body));
  const std::string text = "AWS4-HMAC-SHA256\n" + time + "\n" +
                           check.scope.substr(scope[0].size() + 1) + "\n" + hex(sha256(canonical));
  Bytes key = hmac("AWS4" + std::string(secret_access_key), scope[1]);
  for (std::size_t i = 2; i < scope.size(); ++i) key = hmac(key, scope[i]);
  check.expected = hex(hmac(key, text));
  return check;
}

SignatureCheck check_signature(const runtime::HttpRequest& request,
                               std::string_view secret_access_key) {
  ServerRequest sent;
  sent.method = request.method == runtime::HttpMethod::kPost ? "POST" : "GET";
  sent.target = request.url.substr(request.url.find('/', request.url.find("//") + 2));
  sent.body = request.body;
  for (const std::string& line : request.headers) {
    const std::size_t colon = line.find(": ");
    STREAMONCE_CHECK(colon != std::string::npos);
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    sent.headers.emplace_back(std::move(name), line.substr(colon + 2));
  }
  return check_signature(sent, secret_access_key);
}

}  // namespace streamonce::testing
