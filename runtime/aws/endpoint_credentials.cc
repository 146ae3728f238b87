#include "runtime/aws/endpoint_credentials.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include "runtime/aws/fetched_credentials.h"
#include "runtime/aws/json_credentials.h"
#include "runtime/base/file.h"
#include "runtime/base/payload.h"
#include "runtime/base/text.h"

namespace streamonce::aws {
namespace {

constexpr std::chrono::milliseconds kTryTime{1'000};
constexpr int kContainerTries = 3;
constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kInstanceHost = "http://169.254.169.254";
/// The longest file with a token, and name of a role, that are taken.
constexpr std::size_t kTokenFileBytesMax = 16UL * 1024;
constexpr std::size_t kRoleNameMax = 256;

struct Url {
  bool is_https = false;
  std::string_view host;  ///< without brackets
};

/// Whether all of `text` is visible ASCII.
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_port(std::string_view text) {
  unsigned number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && number >= 1 && number <= 65'535;
}

/// The scheme and the host of `text`, where every reader of URLs finds the same host in it.
std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kSecure = "https://";
  Url url{.is_https = text.starts_with(kSecure), .host = {}};
  if (!url.is_https && !text.starts_with(kPlain)) return std::nullopt;
  if (!is_visible(text) || text.find_first_of("@\\#") != std::string_view::npos)
    return std::nullopt;
  text.remove_prefix(url.is_https ? kSecure.size() : kPlain.size());
  const std::string_view authority = text.substr(0, text.find_first_of("/?"));
  const bool bracketed = authority.starts_with('[');
  const std::size_t end =
      bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (end == std::string_view::npos) return std::nullopt;
  url.host = authority.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0));
  const std::string_view port = authority.substr(end + (bracketed ? 1 : 0));
  if (url.host.empty() || (!port.empty() && (port[0] != ':' || !is_port(port.substr(1)))))
    return std::nullopt;
  return url;
}

/// Whether `host` is this machine.
bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24U == 127;
  in6_addr six{};
  return ::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool may_be_asked(const Url& url, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), url.host) != known.end() ||
         is_loopback(std::string(url.host));
}

/// What `variable` names must not be asked.
Error forbidden(std::string_view variable, const std::optional<Url>& url,
                std::string_view expected) {
  std::string message(variable);
  message += ": ";
  message += url ? "credentials are not asked for at " + quoted_excerpt(url->host) : "is no URL";
  return invalid_argument(message + ": expected " + std::string(expected));
}

/// Gets `request` answered with status 200, within `time`.
Result<std::string> answer_of(runtime::HttpTransport& transport, runtime::HttpRequest request,
                              std::chrono::milliseconds time) {
  request.timeout = std::min(kTryTime, time);
  request.body_bytes_max = kJsonCredentialsBytesMax;
  runtime::HttpResponse response = STREAMONCE_TRY(runtime::perform(transport, std::move(request)));
  if (response.status == 200) return std::move(response.body);
  const bool may_pass = response.status >= 500 || response.status == 429;
  return Error{may_pass ? ErrorCode::kUnavailable : ErrorCode::kRejected,
               "HTTP " + std::to_string(response.status)};
}

/// Reads an answer, with room for the parser behind it.
Result<Credentials> read_answer(std::string body) {
  body.reserve(body.size() + kPayloadPaddingBytes);
  Result<Credentials> read = read_json_credentials({body}, JsonCredentials::kEndpoint);
  if (!read) return with_context("its answer", std::move(read).error());
  return read;
}

class ContainerCredentials final : public FetchedCredentials {
 public:
  struct Options {
    std::string url;
    std::string token;       ///< empty: none, or that of the file
    std::string token_path;  ///< empty: none
  };

  ContainerCredentials(Options options, std::shared_ptr<runtime::HttpTransport> transport,
                       const Clock& clock, Logger& logger)
      : FetchedCredentials("the container's credentials", clock, logger),
        options_(std::move(options)),
        transport_(std::move(transport)) {}

 private:
  /// The header line that shows the token; empty: there is none.
  Result<std::string> authorization() const {
    std::string_view name = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    std::string token = options_.token;
    if (!options_.token_path.empty()) {
      name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
      Payload payload(kTokenFileBytesMax);
      STREAMONCE_TRY(read_file(options_.token_path, payload));
      token = payload.text();
    }
    if (token.empty()) return std::string();
    const bool is_line =
        std::all_of(token.begin(), token.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
    if (!is_line)
      return invalid_argument(std::string(name) +
                              ": the token has a line break or another character that cannot "
                              "stand in a header");
    return "Authorization: " + token;
  }

  Result<Credentials> fetch(WallTime /*now*/, std::chrono::milliseconds time) override {
    const std::string line = STREAMONCE_TRY(authorization());
    const std::chrono::milliseconds each = time / kContainerTries;
    for (int tries = 1;; ++tries) {
      runtime::HttpRequest request{.url = options_.url};
      if (!line.empty()) request.headers.push_back(line);
      Result<std::string> answer = answer_of(*transport_, std::move(request), each);
      if (answer) return read_answer(*std::move(answer));
      if (tries == kContainerTries || answer.error().code == ErrorCode::kRejected)
        return std::move(answer).error();
    }
  }

  const Options options_;
  const std::shared_ptr<runtime::HttpTransport> transport_;
};

class InstanceCredentials final : public FetchedCredentials {
 public:
  /// @param host  without a slash at its end
  InstanceCredentials(std::string host, std::shared_ptr<runtime::HttpTransport> transport,
                      const Clock& clock, Logger& logger)
      : FetchedCredentials("the instance's credentials", clock, logger),
        host_(std::move(host)),
        transport_(std::move(transport)) {}

 private:
  Result<Credentials> fetch(WallTime /*now*/, std::chrono::milliseconds time) override {
    constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
    const std::chrono::milliseconds each = time / 3;
    const std::string token =
        STREAMONCE_TRY(answer_of(*transport_,
                                 {.method = runtime::HttpMethod::kPut,
                                  .url = host_ + "/latest/api/token",
                                  .headers = {"x-aws-ec2-metadata-token-ttl-seconds: 21600"}},
                                 each));
    if (token.empty() || !is_visible(token))
      return Error{ErrorCode::kProtocol, "its token is no line of text"};
    const std::vector<std::string> shown = {"x-aws-ec2-metadata-token: " + token};
    const std::string roles = host_ + std::string(kRoles);
    const std::string role =
        STREAMONCE_TRY(answer_of(*transport_, {.url = roles, .headers = shown}, each));
    const std::string_view name = std::string_view(role).substr(0, role.find('\n'));
    if (name.empty() || name.size() > kRoleNameMax || !is_visible(name) ||
        name.find_first_of("/?#%") != std::string_view::npos)
      return Error{ErrorCode::kProtocol, "it has no role, or one of an odd name"};
    return read_answer(STREAMONCE_TRY(
        answer_of(*transport_, {.url = roles + std::string(name), .headers = shown}, each)));
  }

  const std::string host_;
  const std::shared_ptr<runtime::HttpTransport> transport_;
};

}  // namespace

Result<std::shared_ptr<CredentialsProvider>> container_credentials(
    const FindVariable& environment, std::shared_ptr<runtime::HttpTransport> transport,
    const Clock& clock, Logger& logger) {
  const auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) return std::shared_ptr<CredentialsProvider>();
  ContainerCredentials::Options options;
  if (relative) {
    if (!relative->starts_with('/') || !is_visible(*relative))
      return invalid_argument(
          "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: expected a path, which begins "
          "with a slash");
    options.url = std::string(kContainerHost) + *relative;
  } else {
    const std::optional<Url> url = parse_url(*full);
    if (!url || (!url->is_https &&
                 !may_be_asked(*url, {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})))
      return forbidden("AWS_CONTAINER_CREDENTIALS_FULL_URI", url,
                       "https, or http to this machine, 169.254.170.2, 169.254.170.23 or "
                       "[fd00:ec2::23]");
    options.url = *full;
  }
  options.token_path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or("");
  options.token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  return std::shared_ptr<CredentialsProvider>(std::make_shared<ContainerCredentials>(
      std::move(options), std::move(transport), clock, logger));
}

Result<std::shared_ptr<CredentialsProvider>> instance_credentials(
    const FindVariable& environment, std::shared_ptr<runtime::HttpTransport> transport,
    const Clock& clock, Logger& logger) {
  if (same_word(environment("AWS_EC2_METADATA_DISABLED").value_or(""), "true"))
    return std::shared_ptr<CredentialsProvider>();
  constexpr const char* kVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  std::string host = environment(kVariable).value_or(std::string(kInstanceHost));
  while (host.ends_with('/')) host.pop_back();
  const std::optional<Url> url = parse_url(host);
  if (!url || !may_be_asked(*url, {"169.254.169.254"}))
    return forbidden(kVariable, url, "http://169.254.169.254, or this machine");
  return std::shared_ptr<CredentialsProvider>(
      std::make_shared<InstanceCredentials>(std::move(host), std::move(transport), clock, logger));
}

}  // namespace streamonce::aws
