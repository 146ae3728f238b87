// tests/support/signed_request.h: what is in a signed request that has not been sent, and the
// credentials that tests sign with.
//
// Threads: pure functions and values.

#pragma once

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/aws/aws_signer.h"
#include "runtime/aws/credentials.h"
#include "runtime/base/check.h"
#include "runtime/http/http.h"

namespace streamonce::testing {

/// The value of the header `name`, which has to be spelt as the request has it; empty: none.
inline std::string_view header_of(const runtime::HttpRequest& request, std::string_view name) {
  for (const std::string_view line : request.headers)
    if (line.starts_with(name) && line.substr(name.size()).starts_with(": "))
      return line.substr(name.size() + 2);
  return {};
}

/// The time that a request is signed with, in whole seconds.
inline WallTime signed_at(const runtime::HttpRequest& request) {
  const std::string text(header_of(request, "X-Amz-Date"));
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  STREAMONCE_CHECK(std::sscanf(text.c_str(), "%4d%2u%2uT%2d%2d%2dZ", &year, &month, &day, &hours,
                               &minutes, &seconds) == 6);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(hours) +
         std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

inline WallTime whole_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

/// Credentials that stay as they are.
inline std::shared_ptr<aws::CredentialsProvider> credentials(std::string access_key_id,
                                                             std::string secret_access_key,
                                                             std::string session_token = {}) {
  return std::make_shared<aws::StaticCredentials>(
      aws::Credentials{.access_key_id = std::move(access_key_id),
                       .secret_access_key = std::move(secret_access_key),
                       .session_token = std::move(session_token),
                       .expiry = {}});
}

/// Signs `request` for DynamoDB in `region`.
inline void sign(runtime::HttpRequest& request, const aws::Credentials& credentials,
                 std::string_view region, WallTime now) {
  const aws::SigningScope scope{.region = region, .service = "dynamodb", .time = now};
  for (std::string& line : aws::AwsSigner().sign(request, credentials, scope))
    request.headers.push_back(std::move(line));
}

}  // namespace streamonce::testing
