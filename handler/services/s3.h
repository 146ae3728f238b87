// handler/services/s3.h: addresses in S3, and requests and answers of GetObject.
//
// Keys are bytes: they are encoded once, and nothing in them is taken for a path, as `..` or two
// slashes in a row might be.
//
// Source:  Amazon S3 API reference, GetObject and "Error responses"; user guide, "General purpose
//          bucket naming rules", "Virtual hosting of general purpose buckets" and "Making requests
//          using redirection"; RFC 9110, section 14 (ranges); SigV4, "Authenticating requests:
//          using the Authorization header".
// Threads: pure functions and values.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/aws/api_answer.h"
#include "runtime/aws/endpoint.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::s3 {

inline constexpr aws::Service kService{
    .name = "S3",
    .signing_name = "s3",
    .host_prefix = "s3",
    .target_prefix = "S3",
    .endpoint_variables = "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL",
};

inline constexpr std::string_view kGetObject = "GetObject";

/// The most bytes of a key. Source: user guide, "Naming Amazon S3 objects".
inline constexpr std::size_t kKeyBytesMax = 1024;

/// The most bytes of an object. Source: user guide, "Uploading objects": 50 TB.
inline constexpr std::uint64_t kObjectBytesMax = 50'000'000'000'000;

/// The start of keys in a bucket.
struct Folder {
  std::string bucket;
  std::string prefix;  ///< without the slash at its end; empty: the bucket's root

  /// The key of `name` in the folder.
  std::string key_of(std::string_view name) const;
  /// As people write it: `s3://BUCKET/PREFIX`, with a question mark for each control character.
  std::string text() const;
};

/// Whether `text` begins with `s3://`, in any case.
bool is_address(std::string_view text);

/// Reads `s3://BUCKET/PREFIX`, with a slash at its end or without.
/// @error kInvalidArgument  it is no such address, the bucket's name is against S3's rules, or the
///                          prefix leaves no room for a key in it
Result<Folder> parse_folder(std::string_view address);

/// The URL that the keys of `bucket` stand behind, with a slash at its end. The bucket is a part of
/// the public endpoint's host, or of the path where its name has dots, which no certificate of a
/// host covers, and where `endpoint_url` names another endpoint.
/// @error kInvalidArgument  as aws::endpoint_of()
Result<std::string> bucket_url(std::string_view bucket, const aws::Region& region,
                               std::string_view endpoint_url);

/// `key` as it stands in a URL and in a signature: each byte but letters, digits, `-._~` and
/// slashes is a percent sign and two digits.
std::string encoded_key(std::string_view key);

/// A part of an object.
struct PartRequest {
  std::string key;             ///< not empty: that would be the bucket's list
  std::uint64_t first = 0;     ///< the first byte
  std::uint64_t bytes = 0;     ///< 1 or more; fewer come where the object ends before
  std::string etag = {};       ///< which state of the object it is of; empty: whatever it is
  std::uint64_t of_bytes = 0;  ///< the object's size; looked at only where `etag` is set
};

/// Makes `request` one for `part`, out of one with the bucket's URL; it is signed afterwards.
void fill_get(runtime::HttpRequest& request, const PartRequest& part);

/// What an answer says. Without a refusal, its body is the part that was asked for, as far as the
/// object has it.
struct PartAnswer {
  std::optional<aws::Refusal> refusal = {};
  std::string etag = {};           ///< that of the object; empty where it has no bytes
  std::uint64_t object_bytes = 0;  ///< the size of the whole object
  /// The Region that a refusal says the bucket is in, if it says so.
  std::optional<aws::Region> region = {};
};

/// Reads an answer to `part`. An object without any bytes has no part: S3 refuses its first one,
/// which is no refusal here.
/// @param body  the answer's
PartAnswer read_part(const PartRequest& part, const runtime::HttpResponse& response,
                     std::string_view body, aws::Secrets secrets);

/// Whether the object, and no bucket and no right, was what S3 did not find.
bool is_missing(const aws::Refusal& refusal);

/// What a call that ended with `refusal` means, and what to do, before S3's own words.
/// @return an error with the refusal's code
Error error_of(aws::Refusal refusal);

}  // namespace streamonce::handler::s3
