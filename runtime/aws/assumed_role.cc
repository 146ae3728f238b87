#include "runtime/aws/assumed_role.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/aws/call.h"
#include "runtime/aws/role_names.h"
#include "runtime/aws/sts_answer.h"
#include "runtime/base/file.h"
#include "runtime/base/payload.h"
#include "runtime/base/text.h"

namespace streamonce::aws {
namespace {

constexpr Service kSts{.name = "STS",
                       .signing_name = "sts",
                       .host_prefix = "sts",
                       .target_prefix = {},
                       .endpoint_variables = "AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL"};

/// The most time that one answer has: a lost one can be asked for again within kFetchTimeMax.
constexpr std::chrono::milliseconds kAnswerTimeout{4'000};

/// The longest token of a web identity. Source: AssumeRoleWithWebIdentity, WebIdentityToken.
constexpr std::size_t kWebIdentityBytesMax = 20'000;

/// Appends `&name=value`, with all of `value` escaped that may not stand there as it is.
void add_parameter(std::string& form, std::string_view name, std::string_view value) {
  form += '&';
  form += name;
  form += '=';
  for (const char c : value) {
    if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      form += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    form += '%';
    form += "0123456789ABCDEF"[byte >> 4U];
    form += "0123456789ABCDEF"[byte & 15U];
  }
}

class StsCall final : public Call {
 public:
  /// Borrows `secret`, which is in `form` and may be in no reason, besides what is signed with.
  StsCall(std::string_view operation, std::string form, std::string_view secret)
      : Call({.operation = operation,
              .timeout = kAnswerTimeout,
              .answer_bytes_max = kStsAnswerBytesMax}),
        form_(std::move(form)),
        secret_(secret) {}

  Credentials take() { return std::move(role_); }

 private:
  void fill(runtime::HttpRequest& request, const Service& /*service*/) override {
    request.method = runtime::HttpMethod::kPost;
    request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
    request.body = form_;
  }

  std::optional<Refusal> read(runtime::HttpResponse response, Secrets secrets) override {
    constexpr std::string_view kUnreadable = "and not an answer of STS";
    if (response.status == 200) {
      Result<Credentials> role = read_role(response.body, options().operation);
      if (!role) return unreadable_answer(response.status, kUnreadable);
      role_ = *std::move(role);
      return std::nullopt;
    }
    const StsError error = read_sts_error(response.body);
    std::string code = code_of(error.code);
    if (code.empty()) return unreadable_answer(response.status, kUnreadable);
    std::vector<std::string_view> all(secrets.begin(), secrets.end());
    all.push_back(secret_);
    return refusal_of(response, std::move(code), error.message, all);
  }

  void log(Logger& logger, const Attempt& attempt) const override {
    logger.log(LogLevel::kDebug, "request",
               {{"operation", options().operation},
                {"status", attempt.status},
                {"code", attempt.code()},
                {"attempt", attempt.number},
                {"milliseconds", attempt.took.count()}});
  }

  const std::string form_;
  const std::string_view secret_;
  Credentials role_;
};

/// Nobody: what is called with them is not signed.
class NoCredentials final : public CredentialsProvider {
 public:
  Result<std::shared_ptr<const Credentials>> get(WallTime /*now*/,
                                                 std::chrono::milliseconds /*time_left*/) override {
    return std::make_shared<const Credentials>();
  }
};

/// The token that the file `path` holds.
Result<std::string> read_token(const std::string& path) {
  Payload payload(kWebIdentityBytesMax);
  STREAMONCE_TRY(read_file(path, payload));
  std::string_view token = payload.text();
  while (token.ends_with('\n') || token.ends_with('\r')) token.remove_suffix(1);
  if (token.empty()) return invalid_argument(path + ": holds no token");
  return std::string(token);
}

class AssumedRole final : public FetchedCredentials {
 public:
  /// @param token_path  empty: `base` proves who assumes the role
  AssumedRole(RoleOptions options, std::string token_path, std::string url,
              std::shared_ptr<CredentialsProvider> base, StsAccess access)
      : FetchedCredentials("the role " + options.role_arn, access.clock, access.logger),
        options_(std::move(options)),
        token_path_(std::move(token_path)),
        transport_(std::move(access.transport)),
        sts_({.service = kSts,
              .region = std::move(access.region),
              .url = std::move(url),
              .credentials = std::move(base),
              .random_seed = access.random_seed},
             *transport_, access.clock, access.logger) {}

 private:
  Result<Credentials> fetch(WallTime /*now*/, std::chrono::milliseconds time) override {
    std::string token;
    if (!token_path_.empty()) token = STREAMONCE_TRY(read_token(token_path_));
    const std::string_view operation = token.empty() ? "AssumeRole" : "AssumeRoleWithWebIdentity";
    std::string form = "Action=";
    form += operation;
    add_parameter(form, "Version", "2011-06-15");
    add_parameter(form, "RoleArn", options_.role_arn);
    add_parameter(form, "RoleSessionName", options_.session_name);
    add_parameter(form, "DurationSeconds", std::to_string(options_.duration.count()));
    if (!token.empty()) add_parameter(form, "WebIdentityToken", token);
    const bool has_id = token.empty() && !options_.external_id.empty();
    if (has_id) add_parameter(form, "ExternalId", options_.external_id);
    Calls calls(sts_, {.deadline = sts_.clock().steady_now() + time});
    auto call = std::make_unique<StsCall>(operation, std::move(form),
                                          token.empty() ? options_.external_id : token);
    StsCall& made = *call;
    calls.add(std::move(call));
    CallEnd end = calls.wait_any();
    if (end.refusal) return Error{end.refusal->error_code, std::move(end.refusal->reason)};
    return made.take();
  }

  const RoleOptions options_;
  const std::string token_path_;
  const std::shared_ptr<runtime::HttpTransport> transport_;
  ServiceClient sts_;
};

Status check_role(const RoleOptions& options) {
  if (std::string why = why_no_role(options.role_arn); !why.empty())
    return invalid_argument("role_arn: " + quoted_excerpt(options.role_arn) + ' ' + why);
  if (std::string why = why_no_session_name(options.session_name); !why.empty())
    return invalid_argument("session_name: " + quoted_excerpt(options.session_name) + ' ' + why);
  std::string why_no_id;
  if (!options.external_id.empty()) why_no_id = why_no_external_id(options.external_id);
  if (!why_no_id.empty()) return invalid_argument("external_id: what is given " + why_no_id);
  // Source: AssumeRole, DurationSeconds.
  if (options.duration < std::chrono::minutes(15) || options.duration > std::chrono::hours(12))
    return invalid_argument("duration_seconds: " + std::to_string(options.duration.count()) +
                            ": expected 900 to 43200");
  return {};
}

Result<std::shared_ptr<CredentialsProvider>> make_role(RoleOptions options, std::string token_path,
                                                       std::shared_ptr<CredentialsProvider> base,
                                                       StsAccess access) {
  if (options.session_name.empty()) options.session_name = kSessionName;
  STREAMONCE_TRY(check_role(options));
  std::string url = STREAMONCE_TRY(endpoint_of(kSts, access.region, access.endpoint_url));
  return std::shared_ptr<CredentialsProvider>(
      std::make_shared<AssumedRole>(std::move(options), std::move(token_path), std::move(url) + '/',
                                    std::move(base), std::move(access)));
}

}  // namespace

Result<std::shared_ptr<CredentialsProvider>> assume_role(RoleOptions options,
                                                         std::shared_ptr<CredentialsProvider> base,
                                                         StsAccess access) {
  return make_role(std::move(options), {}, std::move(base), std::move(access));
}

Result<std::shared_ptr<CredentialsProvider>> assume_role_with_web_identity(RoleOptions options,
                                                                           std::string token_path,
                                                                           StsAccess access) {
  return make_role(std::move(options), std::move(token_path), std::make_shared<NoCredentials>(),
                   std::move(access));
}

}  // namespace streamonce::aws
