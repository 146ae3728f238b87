#include "runtime/aws/aws_signer.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/digest.h"

namespace streamonce::aws {
namespace {

using runtime::HttpMethod;
using runtime::HttpRequest;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kScopeEnd = "aws4_request";
constexpr std::string_view kHeaderBlanks = " \t";
constexpr std::size_t kDateLength = 8;  // the date leads a time such as 20261121T004422Z

/// `time` in UTC, as in 20261121T004422Z.
std::string time_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()},
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

/// The parts of a URL that are signed.
struct Target {
  std::string_view host;  ///< with its port, unless that is the scheme's own
  std::string_view path;
  std::string_view query;
};

Target target_of(std::string_view url) {
  const bool is_https = url.starts_with("https://");
  STREAMONCE_CHECK(is_https || url.starts_with("http://"));
  std::string_view rest = url.substr(url.find("//") + 2);
  Target target;
  const std::size_t host_end = std::min(rest.find_first_of("/?#"), rest.size());
  target.host = rest.substr(0, host_end);
  rest = rest.substr(host_end);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = std::min(rest.find('?'), rest.size());
  target.path = question == 0 ? "/" : rest.substr(0, question);
  target.query = rest.substr(std::min(question + 1, rest.size()));
  const std::string_view own_port = is_https ? ":443" : ":80";
  if (target.host.ends_with(own_port)) target.host.remove_suffix(own_port.size());
  return target;
}

struct Header {
  std::string name;   ///< in lower case
  std::string value;  ///< without blanks around it; several blanks within are one
};

Header canonical(std::string_view line) {
  // A line without a colon is no header: the transport refuses to send it.
  const std::size_t colon = std::min(line.find(':'), line.size());
  Header header{.name = std::string(line.substr(0, colon)), .value = {}};
  for (char& c : header.name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  value.remove_prefix(std::min(value.find_first_not_of(kHeaderBlanks), value.size()));
  value = value.substr(0, value.find_last_not_of(kHeaderBlanks) + 1);
  const bool is_plain = value.find(' ') == value.npos && value.find('\t') == value.npos;
  if (is_plain) {  // a session token is plain, and long
    header.value = value;
    return header;
  }
  for (const char c : value) {
    const bool is_blank = c == ' ' || c == '\t';
    if (!is_blank || !header.value.ends_with(' ')) header.value += is_blank ? ' ' : c;
  }
  return header;
}

std::vector<Header> canonical(const std::vector<std::string>& lines,
                              const std::vector<std::string>& more) {
  std::vector<Header> headers;
  headers.reserve(lines.size() + more.size());
  for (const std::string& line : lines) headers.push_back(canonical(line));
  for (const std::string& line : more) headers.push_back(canonical(line));
  std::sort(headers.begin(), headers.end(),
            [](const Header& a, const Header& b) { return a.name < b.name; });
  return headers;
}

std::string names_of(const std::vector<Header>& headers) {
  std::string names;
  for (const Header& header : headers) {
    if (!names.empty()) names += ';';
    names += header.name;
  }
  return names;
}

/// Source: AWS, "Create a canonical request".
std::string canonical_request(const HttpRequest& request, const Target& target,
                              const std::vector<Header>& headers, std::string_view names) {
  const bool is_post = request.method == HttpMethod::kPost;
  std::string text(is_post ? "POST\n" : "GET\n");
  text += target.path;
  text += '\n';
  text += target.query;
  text += '\n';
  for (const Header& header : headers) {
    text += header.name;
    text += ':';
    text += header.value;
    text += '\n';
  }
  text += '\n';
  text += names;
  text += '\n';
  text += sha256_hex(is_post ? std::string_view(request.body) : std::string_view());
  return text;
}

}  // namespace

std::vector<std::string> AwsSigner::sign(const HttpRequest& request, const Credentials& credentials,
                                         const SigningScope& signing) {
  const std::string time = time_text(signing.time);
  const std::string date = time.substr(0, kDateLength);
  const Target target = target_of(request.url);
  std::vector<std::string> lines = {"Host: " + std::string(target.host), "X-Amz-Date: " + time};
  if (!credentials.session_token.empty())
    lines.push_back("X-Amz-Security-Token: " + credentials.session_token);

  const std::vector<Header> headers = canonical(request.headers, lines);
  const std::string names = names_of(headers);
  std::string scope = date;
  for (const std::string_view part : {signing.region, signing.service, kScopeEnd}) {
    scope += '/';
    scope += part;
  }
  std::string text(kAlgorithm);
  text += '\n' + time + '\n' + scope + '\n';
  text += sha256_hex(canonical_request(request, target, headers, names));

  std::string line = "Authorization: " + std::string(kAlgorithm);
  line += " Credential=" + credentials.access_key_id + '/' + scope;
  line += ", SignedHeaders=" + names + ", Signature=";
  append_hex(line, hmac_sha256(key_for(credentials.secret_access_key, signing, date), text));
  lines.push_back(std::move(line));
  return lines;
}

const AwsSigner::Digest& AwsSigner::key_for(std::string_view secret_access_key,
                                            const SigningScope& scope, std::string_view date) {
  const std::array<std::string_view, 4> parts = {secret_access_key, date, scope.region,
                                                 scope.service};
  std::string key_of;
  for (const std::string_view part : parts) {
    key_of += part;
    key_of += '\n';  // no part holds a line end
  }
  if (key_of == key_of_) return key_;
  const std::string secret = "AWS4" + std::string(secret_access_key);
  key_ = hmac_sha256({reinterpret_cast<const unsigned char*>(secret.data()), secret.size()}, date);
  for (const std::string_view part : {scope.region, scope.service, kScopeEnd})
    key_ = hmac_sha256(key_, part);
  key_of_ = std::move(key_of);
  return key_;
}

}  // namespace streamonce::aws
