// tests/fuzz/credentials_fuzz.cc: hostile sources of credentials.
//
// The first line of the input says what the rest is: `role` or `error`, an answer of STS; `process`
// or `endpoint`, credentials as JSON; `url`, AWS_CONTAINER_CREDENTIALS_FULL_URI, and `path`,
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; anything else: a file of profiles.
//
// What must hold: credentials that are read are whole, and an answer that is made of them is read
// as the same; another library reads the same of JSON; no message has any part of the input; what
// is asked for credentials is, by libcurl's own reading of the URL, https, this machine or an
// address of AWS; a setting of a profile is one line without blanks around it.

#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/aws/endpoint_credentials.h"
#include "runtime/aws/json_credentials.h"
#include "runtime/aws/profile_files.h"
#include "runtime/aws/sts_answer.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/strict_json.h"

namespace streamonce::aws {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<' || c == '&')
      out += c == '<' ? "&lt;" : "&amp;";
    else
      out += c;
  }
  return out;
}

void read_as_role(std::string_view xml) {
  const auto role = read_role(xml, "AssumeRole");
  if (!role) {
    STREAMONCE_CHECK(role.error().code == ErrorCode::kProtocol);
    STREAMONCE_CHECK(role.error().message.size() < 64);
    return;
  }
  STREAMONCE_CHECK(!role->access_key_id.empty() && !role->secret_access_key.empty());
  STREAMONCE_CHECK(!role->session_token.empty() && role->expiry.has_value());
  const auto again =
      read_role("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" +
                    escaped(role->access_key_id) + "</AccessKeyId><SecretAccessKey>" +
                    escaped(role->secret_access_key) + "</SecretAccessKey><SessionToken>" +
                    escaped(role->session_token) + "</SessionToken><Expiration>" +
                    format_rfc3339(*role->expiry) +
                    "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
                "AssumeRole");
  STREAMONCE_CHECK(again.has_value());
  STREAMONCE_CHECK(again->access_key_id == role->access_key_id);
  STREAMONCE_CHECK(again->secret_access_key == role->secret_access_key);
  STREAMONCE_CHECK(again->session_token == role->session_token);
  STREAMONCE_CHECK(again->expiry == role->expiry);
}

void read_as_json(std::string_view text, JsonCredentials form) {
  const Payload payload = Payload::copy_of(text);
  const auto read = read_json_credentials(payload.view(), form);
  if (!read) {
    STREAMONCE_CHECK(read.error().message.size() < 64);
    return;
  }
  const auto other = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (other.is_discarded()) {  // it refuses some JSON: see strict_json.h
    STREAMONCE_CHECK(nlohmann::json::accept(fuzz::plain_json(text)));
    return;
  }
  STREAMONCE_CHECK(other.at("AccessKeyId") == read->access_key_id);
  STREAMONCE_CHECK(other.at("SecretAccessKey") == read->secret_access_key);
  const char* token = form == JsonCredentials::kProcess ? "SessionToken" : "Token";
  STREAMONCE_CHECK(other.value(token, nlohmann::json()).is_string()
                       ? other.at(token) == read->session_token
                       : read->session_token.empty());
}

/// Notes what is asked, and answers nothing.
class Asked final : public runtime::HttpTransport {
 public:
  runtime::HttpRequestId start(runtime::HttpRequest request) override {
    url = std::move(request.url);
    return 1;
  }
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime>) override {
    return runtime::HttpCompletion{.id = 1, .result = Error{ErrorCode::kUnavailable, "no"}};
  }
  std::string cancel(runtime::HttpRequestId) override { return {}; }

  std::string url;
};

bool is_this_machine_or_aws(const std::string& host) {
  if (host == "localhost" || host == "169.254.170.2" || host == "169.254.170.23") return true;
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24U == 127;
  in6_addr six{};
  in6_addr aws{};
  ::inet_pton(AF_INET6, "fd00:ec2::23", &aws);
  const std::string inner = host.size() > 2 ? host.substr(1, host.size() - 2) : host;
  return ::inet_pton(AF_INET6, inner.c_str(), &six) == 1 &&
         (IN6_IS_ADDR_LOOPBACK(&six) || IN6_ARE_ADDR_EQUAL(&six, &aws));
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

void ask(const char* variable, std::string text) {
  text = text.substr(0, text.find('\0'));  // as an environment has it
  if (text.empty()) return;
  const SystemClock clock;
  Logger logger({.sink = [](std::string_view) {}}, clock);
  const auto asked = std::make_shared<Asked>();
  const auto opened = container_credentials(
      [&](const char* name) {
        return std::string_view(name) == variable ? std::optional(text) : std::nullopt;
      },
      asked, clock, logger);
  if (!opened) return;
  STREAMONCE_CHECK(!(*opened)->get(clock.now(), kNoDeadline));
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, asked->url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK)
    return;  // libcurl asks nobody
  STREAMONCE_CHECK(part_of(url.get(), CURLUPART_USER).empty());
  STREAMONCE_CHECK(part_of(url.get(), CURLUPART_SCHEME) == "https" ||
                   is_this_machine_or_aws(part_of(url.get(), CURLUPART_HOST)));
}

void read_as_profiles(std::string_view text) {
  const int file = ::memfd_create("credentials_fuzz", MFD_CLOEXEC);
  STREAMONCE_CHECK(file >= 0);
  STREAMONCE_CHECK(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  for (const char* variable : {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}) {
    const auto files = ProfileFiles::load([&](const char* name) {
      return std::string_view(name) == variable ? std::optional(path) : std::nullopt;
    });
    if (!files) {
      STREAMONCE_CHECK(files.error().message.starts_with(path + ": line "));
      STREAMONCE_CHECK(files.error().message.size() < path.size() + 80);
      continue;
    }
    for (const char* key : {"a", "role_arn", "credential_process", "aws_secret_access_key"}) {
      const std::string_view value = files->value("default", key);
      STREAMONCE_CHECK(value.find('\n') == std::string_view::npos);
      STREAMONCE_CHECK(value.empty() || (value.front() != ' ' && value.back() != ' '));
      STREAMONCE_CHECK(value.empty() || text.find(value) != std::string_view::npos);
      STREAMONCE_CHECK(value.empty() || (files->has("default") && files->has_any("default", key)));
    }
  }
  ::close(file);
}

void run(std::string_view input) {
  const std::string_view kind = input.substr(0, input.find('\n'));
  const std::string_view rest = input.substr(std::min(kind.size() + 1, input.size()));
  if (kind == "role") return read_as_role(rest);
  if (kind == "process") return read_as_json(rest, JsonCredentials::kProcess);
  if (kind == "endpoint") return read_as_json(rest, JsonCredentials::kEndpoint);
  if (kind == "url") return ask("AWS_CONTAINER_CREDENTIALS_FULL_URI", std::string(rest));
  if (kind == "path") return ask("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", std::string(rest));
  if (kind == "error") {
    const StsError error = read_sts_error(rest);
    STREAMONCE_CHECK(error.code.size() + error.message.size() <= rest.size());
    return;
  }
  read_as_profiles(input);
}

}  // namespace
}  // namespace streamonce::aws

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::aws::run(streamonce::fuzz::text_of(data, size));
  return 0;
}
