// tests/support/credential_access.h: a place to look for credentials in, all of which a test makes
// up.
//
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/aws/credential_chain.h"
#include "runtime/base/check.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/secrecy.h"
#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {

/// The credentials of secrecy.h, in their order.
inline const std::string kKeyId(kCredentials[0].text);
inline const std::string kSecretKey(kCredentials[1].text);
inline const std::string kToken(kCredentials[2].text);

struct FakeAccess {
  /// What may be looked for credentials in. No file but those of `folder` is read.
  aws::CredentialAccess access() {
    Variables all = variables;
    all.try_emplace("HOME", folder.path());
    return {.environment = environment_of(all),
            .transport = transport,
            .clock = clock,
            .logger = logger,
            .random_seed = 1};
  }

  /// Writes a file of `folder`, and sets `variable` to its path.
  void write(const std::string& variable, std::string_view text) {
    const std::string path = folder.file(variable);
    std::FILE* file = std::fopen(path.c_str(), "w");
    STREAMONCE_CHECK(file != nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    variables[variable] = path;
  }
  void write_config(std::string_view text) { write("AWS_CONFIG_FILE", text); }
  void write_credentials(std::string_view text) { write("AWS_SHARED_CREDENTIALS_FILE", text); }

  void answer(runtime::HttpMethod method, std::string url_part, int status, std::string body) {
    transport->expect(
        method, std::move(url_part),
        runtime::HttpResponse{.status = status, .headers = {}, .body = std::move(body)});
  }

  /// The next message of opening, or of what is opened; empty: there are credentials.
  std::string why_not() {
    const auto opened = aws::open_credentials(access());
    if (!opened) return opened.error().message;
    const auto got = (*opened)->get(clock.now(), aws::kNoDeadline);
    return got ? std::string() : got.error().message;
  }

  TempDir folder;
  Variables variables;
  FakeClock clock;
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  std::string log;
  Logger logger{{.level = LogLevel::kTrace,
                 .format = LogFormat::kText,
                 .sink = [this](std::string_view line) { log += line; }},
                clock};
};

/// What STS answers with credentials that end after `life` from now on.
inline std::string role_answer(const FakeClock& clock, std::chrono::seconds life,
                               const std::string& operation = "AssumeRole") {
  return "<" + operation + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <" +
         operation + "Result>\n<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn>" +
         "</AssumedRoleUser>\n<Credentials>\n<AccessKeyId>" + kKeyId + "</AccessKeyId>" +
         "<SecretAccessKey>" + kSecretKey + "</SecretAccessKey>\n<SessionToken>" + kToken +
         "</SessionToken><Expiration>" + format_rfc3339(clock.now() + life) +
         "</Expiration></Credentials>\n</" + operation +
         "Result>\n<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></" + operation +
         "Response>\n";
}

/// Credentials as JSON that end after `life` from now on.
inline std::string json_answer(const FakeClock& clock, std::chrono::seconds life,
                               const std::string& token_name = "Token") {
  return R"({"Version":1,"AccessKeyId":")" + kKeyId + R"(","SecretAccessKey":")" + kSecretKey +
         "\",\"" + token_name + R"(":")" + kToken + R"(","Expiration":")" +
         format_rfc3339(clock.now() + life) + "\"}";
}

}  // namespace streamonce::testing
