#include "tests/support/fake_s3.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/digest.h"
#include "tests/support/sigv4.h"

namespace streamonce::testing {
namespace {

constexpr std::chrono::minutes kSkewMax{15};
constexpr std::chrono::milliseconds kDelay{500};

std::string text_of(std::time_t time, const char* format) {
  std::tm parts = {};
  STREAMONCE_CHECK(::gmtime_r(&time, &parts) != nullptr);
  std::array<char, 64> text;
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

/// The time in X-Amz-Date, in seconds; 0: it is none.
std::time_t signed_time(const std::string& text) {
  std::tm parts = {};
  return ::strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts) == nullptr ? 0 : ::timegm(&parts);
}

/// What a client has encoded, once.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 2 >= text.size()) {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

/// How S3 encodes a key before it checks a signature. Source: "Authenticating requests: using the
/// Authorization header", UriEncode().
std::string encoded(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~' || c == '/') {
      out += c;
    } else {
      std::array<char, 4> hex;
      std::snprintf(hex.data(), hex.size(), "%%%02X", static_cast<unsigned char>(c));
      out += hex.data();
    }
  }
  return out;
}

struct Range {
  std::size_t first = 0;
  std::size_t last = 0;
};

/// `bytes=FIRST-LAST`, cut to the object's size; none: there is nothing to be had.
std::optional<Range> range_of(std::string_view text, std::size_t size) {
  Range range;
  STREAMONCE_CHECK(text.starts_with("bytes="));
  text.remove_prefix(6);
  const std::size_t dash = text.find('-');
  STREAMONCE_CHECK(dash != std::string_view::npos);
  std::from_chars(text.data(), text.data() + dash, range.first);
  std::from_chars(text.data() + dash + 1, text.data() + text.size(), range.last);
  if (range.first > range.last || range.first >= size) return std::nullopt;
  range.last = std::min(range.last, size - 1);
  return range;
}

std::string etag_of(std::string_view bytes) {
  Md5 md5;
  md5.append(bytes);
  return '"' + md5.base64() + '"';
}

/// The answer of which the second half of the body never comes.
ServerReply half(const std::string& whole, std::size_t body_bytes, Then then) {
  return reply(whole.substr(0, whole.size() - body_bytes / 2), then);
}

}  // namespace

FakeS3::FakeS3(FakeS3Options options)
    : options_(std::move(options)),
      server_([this](const ServerRequest& request) { return handle(request); }) {}

void FakeS3::put(const std::string& key, std::string bytes) {
  const std::lock_guard lock(mutex_);
  std::string etag = etag_of(bytes);
  objects_[key] = {.bytes = std::move(bytes), .etag = std::move(etag)};
}

void FakeS3::fail(const std::string& key, S3Fault fault, int first, int times) {
  const std::lock_guard lock(mutex_);
  failures_[key].push_back({.fault = fault, .first = first, .times = times});
}

void FakeS3::expect_token(std::string token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

void FakeS3::set_clock_ahead(std::chrono::seconds ahead) {
  const std::lock_guard lock(mutex_);
  ahead_ = ahead;
}

std::vector<std::string> FakeS3::environment() const {
  const auto is = [](const char* name, std::string_view value) {
    return std::string(name) + '=' + std::string(value);
  };
  return {is("AWS_ENDPOINT_URL_S3", url()), is("AWS_REGION", options_.region),
          is("AWS_ACCESS_KEY_ID", kCredentials[0].text),
          is("AWS_SECRET_ACCESS_KEY", kCredentials[1].text),
          is("AWS_SESSION_TOKEN", kCredentials[2].text)};
}

std::string FakeS3::error(int status, std::string_view code, std::string_view message,
                          std::string_view elements, ServerHeaders headers) const {
  const std::time_t now = std::time(nullptr) + static_cast<std::time_t>(ahead_.count());
  headers.emplace_back("Date", text_of(now, "%a, %d %b %Y %H:%M:%S GMT"));
  headers.emplace_back("Content-Type", "application/xml");
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>";
  body.append(code).append("</Code><Message>").append(message).append("</Message>");
  body.append(elements).append("<RequestId>TX234S0F24A06C7</RequestId><HostId>f24a0/6c7=</HostId>");
  return answer(status, body + "</Error>", headers);
}

std::string FakeS3::refuse_region(const std::string& region) const {
  const ServerHeaders header = {{"x-amz-bucket-region", options_.region}};
  switch (options_.redirect) {
    case S3Redirect::kMalformed:
      return error(400, "AuthorizationHeaderMalformed",
                   "The authorization header is malformed; the region '" + region +
                       "' is wrong; expecting '" + options_.region + "'",
                   "<Region>" + options_.region + "</Region>");
    case S3Redirect::kPermanent:
      return error(301, "PermanentRedirect",
                   "The bucket you are attempting to access must be addressed using the specified "
                   "endpoint.",
                   "<Endpoint>127.0.0.1:1</Endpoint><Bucket>" + options_.bucket + "</Bucket>",
                   header);
    case S3Redirect::kTemporary: {
      ServerHeaders headers = header;
      headers.emplace_back("Location", "http://127.0.0.1:1/elsewhere");
      return error(307, "TemporaryRedirect",
                   "Please re-send this request to the specified temporary endpoint.",
                   "<Endpoint>127.0.0.1:1</Endpoint>", headers);
    }
  }
  return {};
}

std::string FakeS3::refuse(const ServerRequest& request, const std::string& key) const {
  if (!request.has_header("authorization")) return error(403, "AccessDenied", "Access Denied");
  if (request.header("x-amz-content-sha256") != sha256_hex(request.body))
    return error(400, "InvalidRequest",
                 "Missing required header for this request: x-amz-content-sha256");
  const std::time_t now = std::time(nullptr) + static_cast<std::time_t>(ahead_.count());
  const std::chrono::seconds skew(std::abs(signed_time(request.header("x-amz-date")) - now));
  if (skew > kSkewMax)
    return error(403, "RequestTimeTooSkewed",
                 "The difference between the request time and the current time is too large.");
  const SignatureCheck check = check_signature(request, kCredentials[1].text);
  const std::string_view scope = check.scope;
  if (!scope.starts_with(std::string(kCredentials[0].text) + '/'))
    return error(
        403, "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        "<AWSAccessKeyId>" + check.scope.substr(0, check.scope.find('/')) + "</AWSAccessKeyId>");
  if (request.header("x-amz-security-token") != token_)
    return error(400, "ExpiredToken", "The provided token has expired.",
                 "<Token-0>" + request.header("x-amz-security-token") + "</Token-0>");
  if (!scope.ends_with('/' + options_.region + "/s3/aws4_request"))
    return refuse_region(check.scope);
  const std::string path = '/' + options_.bucket + '/' + encoded(key);
  if (!check.problem.empty() || check.found != check.expected || request.target != path)
    return error(403, "SignatureDoesNotMatch",
                 "The request signature we calculated does not match the signature you provided. "
                 "Check your key and signing method.",
                 "<AWSAccessKeyId>" + std::string(kCredentials[0].text) +
                     "</AWSAccessKeyId><SignatureProvided>" + check.found + "</SignatureProvided>");
  return {};
}

S3Fault FakeS3::next_fault(const std::string& key) {
  const int count = counts_[key]++;
  for (const Failure& failure : failures_[key])
    if (count >= failure.first && count < failure.first + failure.times) return failure.fault;
  return S3Fault::kNone;
}

ServerReply FakeS3::handle(const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  const std::string start = '/' + options_.bucket + '/';
  if (!request.target.starts_with(start))
    return reply(error(404, "NoSuchBucket", "The specified bucket does not exist"));
  const std::string key = decoded(std::string_view(request.target).substr(start.size()));
  if (std::string refusal = refuse(request, key); !refusal.empty()) return reply(refusal);
  const S3Fault fault = next_fault(key);
  switch (fault) {
    case S3Fault::kLostRequest:
      return {.then = Then::kClose};
    case S3Fault::kSlowDown:
      return reply(error(503, "SlowDown", "Please reduce your request rate."));
    case S3Fault::kInternalError:
      return reply(error(500, "InternalError", "We encountered an internal error."));
    case S3Fault::kRequestTimeout:
      return reply(error(400, "RequestTimeout",
                         "Your socket connection to the server was not read from or written to "
                         "within the timeout period."));
    case S3Fault::kBadGateway:
      return reply(answer(502, "<html><body>Bad Gateway</body></html>"));
    case S3Fault::kNotFoundByOthers:
      return reply(answer(404, "<html><body>Not Found</body></html>"));
    case S3Fault::kDenied:
      return reply(error(403, "AccessDenied", "Access Denied"));
    case S3Fault::kKmsDenied:
      return reply(error(403, "AccessDenied",
                         "User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
                         "kms:Decrypt on the resource associated with this ciphertext because the "
                         "resource does not exist in this Region, no resource-based policies allow "
                         "access, or a resource-based policy explicitly denies access"));
    case S3Fault::kKmsDisabled:
      return reply(error(400, "KMS.DisabledException",
                         "arn:aws:kms:eu-west-1:123456789012:key/k is disabled."));
    case S3Fault::kArchived:
      return reply(error(403, "InvalidObjectState",
                         "The operation is not valid for the object's storage class",
                         "<StorageClass>GLACIER</StorageClass>"));
    case S3Fault::kRegionUntold:
      return reply(error(301, "PermanentRedirect",
                         "The bucket you are attempting to access must be addressed using the "
                         "specified endpoint."));
    case S3Fault::kElsewhere:
      return reply(
          error(307, "TemporaryRedirect", "Please re-send this request.", {},
                {{"Location", url() + "/elsewhere/"}, {"x-amz-bucket-region", "evil.example/"}}));
    case S3Fault::kChanged:
      objects_[key].bytes += '!';
      objects_[key].etag = etag_of(objects_[key].bytes);
      break;
    case S3Fault::kDeleted:
      objects_.erase(key);
      break;
    default:
      break;
  }
  return get(request, key, fault);
}

ServerReply FakeS3::get(const ServerRequest& request, const std::string& key, S3Fault fault) {
  const auto found = objects_.find(key);
  if (found == objects_.end())
    return reply(options_.may_list ? error(404, "NoSuchKey", "The specified key does not exist.",
                                           "<Key>" + encoded(key) + "</Key>")
                                   : error(403, "AccessDenied", "Access Denied"));
  const Object& object = found->second;
  if (request.has_header("if-match") && request.header("if-match") != object.etag)
    return reply(error(412, "PreconditionFailed",
                       "At least one of the pre-conditions you specified did not hold",
                       "<Condition>If-Match</Condition>"));
  ServerHeaders headers = {{"x-amz-bucket-region", options_.region}};
  if (fault != S3Fault::kNoEtag) headers.emplace_back("ETag", object.etag);
  if (!request.has_header("range") || fault == S3Fault::kWhole)
    return reply(answer(200, object.bytes, headers));
  std::optional<Range> range = range_of(request.header("range"), object.bytes.size());
  if (!range)
    return reply(
        error(416, "InvalidRange", "The requested range is not satisfiable",
              "<ActualObjectSize>" + std::to_string(object.bytes.size()) + "</ActualObjectSize>"));
  if (fault == S3Fault::kShifted) ++range->first;
  std::string bytes = object.bytes.substr(range->first, range->last - range->first + 1);
  if (fault == S3Fault::kOneByteOff) bytes[bytes.size() / 2] ^= 1;
  if (fault == S3Fault::kShort) bytes.pop_back();
  if (fault != S3Fault::kNoContentRange)
    headers.emplace_back("Content-Range", "bytes " + std::to_string(range->first) + '-' +
                                              std::to_string(range->last) + '/' +
                                              std::to_string(object.bytes.size()));
  const std::string whole = answer(206, bytes, headers);
  switch (fault) {
    case S3Fault::kCut:
      return half(whole, bytes.size(), Then::kClose);
    case S3Fault::kReset:
      return half(whole, bytes.size(), Then::kReset);
    case S3Fault::kStall:
      return half(whole, bytes.size(), Then::kStall);
    case S3Fault::kDelay:
      return {.parts = {{.bytes = whole, .delay = kDelay}}};
    default:
      return reply(whole);
  }
}

}  // namespace streamonce::testing
