#include "handler/services/s3.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "runtime/aws/xml_walk.h"
#include "runtime/base/text.h"

namespace streamonce::handler::s3 {
namespace {

constexpr std::string_view kScheme = "s3://";
constexpr std::size_t kBucketBytesLeast = 3;
constexpr std::size_t kBucketBytesMax = 63;

/// The most bytes of an ETag: S3's have some 40.
constexpr std::size_t kEtagBytesMax = 256;

/// The SHA-256 of a body that is not there.
constexpr std::string_view kSha256OfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

constexpr std::string_view kHttps = "https://";
constexpr int kPartialContent = 206;
constexpr int kOk = 200;

bool is_lower_or_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z');
}

/// Whether `name` is four numbers with dots between them, as addresses of the network are.
bool looks_like_an_address(std::string_view name) {
  return std::count(name.begin(), name.end(), '.') == 3 &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool is_bucket_name(std::string_view name) {
  if (name.size() < kBucketBytesLeast || name.size() > kBucketBytesMax) return false;
  if (!is_lower_or_digit(name.front()) || !is_lower_or_digit(name.back())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; }) &&
         name.find("..") == std::string_view::npos && !looks_like_an_address(name);
}

/// What S3 writes of a refusal. Source: API reference, "Error responses", REST error responses.
struct ErrorBody {
  std::string code;
  std::string message;
  std::string region;
};

/// Reads as much of `xml` as is well-formed: a key that is told behind the code may be any bytes.
ErrorBody read_error(std::string_view xml) {
  ErrorBody error;
  (void)aws::walk_xml(xml, [&](std::string_view path, std::string_view text) {
    if (path == "Error/Code")
      error.code = text;
    else if (path == "Error/Message")
      error.message = text;
    else if (path == "Error/Region")
      error.region = text;
  });
  // KMS's own codes have a dot, as in KMS.DisabledException.
  std::erase(error.code, '.');
  return error;
}

/// The Region that a refusal names: the header is the bucket's, the element what is expected of a
/// signature.
std::optional<aws::Region> region_in(const runtime::HttpResponse& response,
                                     const ErrorBody& error) {
  for (const std::string_view text :
       {response.header("x-amz-bucket-region"), std::string_view(error.region)})
    if (auto region = aws::Region::parse(text)) return std::move(*region);
  return std::nullopt;
}

/// Takes a decimal number from the front of `text`.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

/// `bytes FIRST-LAST/SIZE`, as in the header Content-Range.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size = 0;
};

std::optional<ContentRange> content_range(std::string_view text) {
  ContentRange range;
  if (!take(text, "bytes ") || !take_number(text, range.first) || !take(text, "-") ||
      !take_number(text, range.last) || !take(text, "/") || !take_number(text, range.size) ||
      !text.empty())
    return std::nullopt;
  if (range.first > range.last || range.last >= range.size || range.size > kObjectBytesMax)
    return std::nullopt;
  return range;
}

bool is_etag(std::string_view text) {
  return !text.empty() && text.size() <= kEtagBytesMax &&
         std::all_of(text.begin(), text.end(), is_printable);
}

aws::Refusal refused(std::string reason) {
  return {.trouble = aws::Trouble::kRefused, .reason = std::move(reason)};
}

PartAnswer read_success(const PartRequest& part, const runtime::HttpResponse& response,
                        std::string_view body) {
  if (response.status != kPartialContent)
    return {.refusal = refused("HTTP " + std::to_string(response.status) +
                               ", where a part of the object was asked for: the endpoint does not "
                               "know ranges")};
  const auto range = content_range(response.header("content-range"));
  const std::string_view etag = response.header("etag");
  if (!range || range->first != part.first ||
      range->last - range->first != std::min(part.bytes, range->size - part.first) - 1 ||
      body.size() != range->last - range->first + 1 || !is_etag(etag))
    return {.refusal = aws::unreadable_answer(response.status,
                                              "and not the part of the object "
                                              "that was asked for")};
  if (!part.etag.empty() && (etag != part.etag || range->size != part.of_bytes))
    return {.refusal = refused("the object was changed while it was read")};
  return {.etag = std::string(etag), .object_bytes = range->size};
}

/// What codes mean here, and what to do. Those that S3's own words explain well enough are not
/// among them. Source: S3 API reference, "Error responses", list of error codes.
struct Advice {
  std::string_view code;
  std::string_view text;
};
constexpr Advice kAdvice[] = {
    {"NoSuchBucket", "there is no such bucket"},
    {"AccessDenied",
     "access is denied: s3:GetObject on it is needed, and kms:Decrypt on the key if it is "
     "encrypted "
     "with one of KMS. S3 says the same of a file that is not there to whoever has no "
     "s3:ListBucket"},
    {"InvalidObjectState",
     "it is archived: restore it first, with aws s3api restore-object, and go on when it is there"},
    {"PreconditionFailed", "it was changed while it was read: nothing of it counts"},
    {"InvalidRange", "it was changed while it was read: nothing of it counts"},
    {"PermanentRedirect",
     "the bucket is in another Region, and S3 does not say in which: set AWS_REGION to it"},
    {"TemporaryRedirect",
     "the bucket is in another Region, and S3 does not say in which: set AWS_REGION to it"},
    {"IllegalLocationConstraintException",
     "the bucket is in another Region, and S3 does not say in which: set AWS_REGION to it"},
    {"AuthorizationHeaderMalformed",
     "the bucket is in another Region, or the access key is malformed: set AWS_REGION to the "
     "bucket's"},
    {"RequestTimeTooSkewed", "the clock of this machine is wrong"},
};

std::string_view advice_on(std::string_view code) {
  const auto* advice = std::find_if(std::begin(kAdvice), std::end(kAdvice),
                                    [code](const Advice& each) { return each.code == code; });
  if (advice != std::end(kAdvice)) return advice->text;
  if (code.starts_with("KMS"))
    return "the key of KMS that it is encrypted with cannot be used: kms:Decrypt on a key that is "
           "enabled is needed";
  return {};
}

}  // namespace

std::string Folder::key_of(std::string_view name) const {
  if (prefix.empty()) return std::string(name);
  std::string key = prefix;
  key += '/';
  key += name;
  return key;
}

std::string Folder::text() const {
  std::string text(kScheme);
  text += bucket;
  if (!prefix.empty()) text += '/';
  text += prefix;
  return without_control_characters(text);
}

bool is_address(std::string_view text) {
  return same_word(text.substr(0, kScheme.size()), kScheme);
}

Result<Folder> parse_folder(std::string_view address) {
  if (!is_address(address))
    return invalid_argument("an address in S3 looks like s3://BUCKET/PREFIX; found " +
                            quoted_excerpt(address));
  std::string_view rest = address.substr(kScheme.size());
  const std::string_view bucket = rest.substr(0, rest.find('/'));
  rest.remove_prefix(bucket.size());
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (!is_bucket_name(bucket))
    return invalid_argument(
        "a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, begins and ends "
        "with a letter or digit, and is no IP address; found " +
        quoted_excerpt(bucket) + " in " + quoted_excerpt(address));
  if (rest.size() >= kKeyBytesMax)
    return invalid_argument("an address in S3: keys have " + std::to_string(kKeyBytesMax) +
                            " bytes at most; the prefix has " + std::to_string(rest.size()));
  return Folder{.bucket = std::string(bucket), .prefix = std::string(rest)};
}

Result<std::string> bucket_url(std::string_view bucket, const aws::Region& region,
                               std::string_view endpoint_url) {
  std::string url = STREAMONCE_TRY(aws::endpoint_of(kService, region, endpoint_url));
  const bool is_host = endpoint_url.empty() && bucket.find('.') == std::string_view::npos;
  if (is_host) {
    url.insert(kHttps.size(), std::string(bucket) + '.');
  } else {
    url += '/';
    url += bucket;
  }
  return url + '/';
}

std::string encoded_key(std::string_view key) {
  constexpr std::string_view kUpperHexDigits = "0123456789ABCDEF";
  constexpr std::string_view kAsTheyAre = "-._~/";
  std::string text;
  text.reserve(key.size());
  for (const char c : key) {
    if (is_letter_or_digit(c) || kAsTheyAre.find(c) != std::string_view::npos) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += '%';
    text += kUpperHexDigits[byte >> 4U];
    text += kUpperHexDigits[byte & 15U];
  }
  return text;
}

void fill_get(runtime::HttpRequest& request, const PartRequest& part) {
  request.url += encoded_key(part.key);
  request.headers.push_back("Range: bytes=" + std::to_string(part.first) + '-' +
                            std::to_string(part.first + part.bytes - 1));
  if (!part.etag.empty()) request.headers.push_back("If-Match: " + part.etag);
  request.headers.push_back("X-Amz-Content-Sha256: " + std::string(kSha256OfNothing));
}

PartAnswer read_part(const PartRequest& part, const runtime::HttpResponse& response,
                     std::string_view body, aws::Secrets secrets) {
  if (response.status >= kOk && response.status < 300) return read_success(part, response, body);
  const ErrorBody error = read_error(body);
  std::string code = aws::code_of(error.code);
  // What has no first byte has none at all.
  if (response.status == 416 && part.first == 0 && code == "InvalidRange") return {};
  PartAnswer answer;
  const bool is_of_s3 = !code.empty();
  const std::string_view message = is_of_s3 ? std::string_view(error.message) : "";
  answer.refusal = aws::refusal_of(response, std::move(code), message, secrets);
  if (!is_of_s3) answer.refusal->reason += ", and not an answer of S3";
  answer.region = region_in(response, error);
  return answer;
}

bool is_missing(const aws::Refusal& refusal) {
  return refusal.code == "NoSuchKey";
}

Error error_of(aws::Refusal refusal) {
  Error error{refusal.error_code, std::move(refusal.reason)};
  if (error.code == ErrorCode::kTooLarge)
    error.message =
        "the answer is larger than the part that was asked for: the endpoint does not know ranges";
  if (error.code != ErrorCode::kRejected) return error;
  const std::string_view advice = advice_on(refusal.code);
  if (!advice.empty()) error.message.insert(0, std::string(advice) + "; ");
  return error;
}

}  // namespace streamonce::handler::s3
