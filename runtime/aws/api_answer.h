// runtime/aws/api_answer.h: what an answer of a DynamoDB JSON API says when it is no success.
//
// Source:  DynamoDB developer guide, "Error handling" and "Low-level API" (x-amz-crc32).
// Threads: pure functions and values.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/aws/retry.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::aws {

/// What requests are signed with: no reason holds a part of it. Borrowed.
using Secrets = std::span<const std::string_view>;

/// The most bytes of a reason, which goes into an outcome and from there into a log line.
inline constexpr std::size_t kReasonBytesMax = 512;

struct Refusal {
  Trouble trouble = Trouble::kTransient;
  /// The service's code and message, or ours; without an item's values, and without secrets.
  std::string reason = {};
  /// The service's code: letters and digits only, so that it may be logged. Empty: none came.
  std::string code = {};
  /// The service's clock, if its answer told it; looked at for Trouble::kSignature only.
  std::optional<WallTime> service_time = {};
  /// What a call ends with if this is its end: kRejected by the service; or why there was no
  /// answer, kTimeout if the deadline passed.
  ErrorCode error_code = ErrorCode::kRejected;
};

/// Whether the service's checksum, if it sent one, fits `body`. It is made over the bytes on the
/// wire, which `body` is, since no content encoding is ever asked for.
bool checksum_fits(const runtime::HttpResponse& response, std::string_view body);

/// `code: message`, at most kReasonBytesMax of it, cut between two characters. What the service
/// says must be redacted first, since it may quote an item.
std::string reason_text(std::string_view code, std::string_view message);

/// The part of an answer's `__type` behind the `#`, if it is letters and digits only.
std::string code_of(std::string_view type);

/// The service's refusal, with `code` as code_of() gives it and the service's words `message`. If
/// these may quote what the request was signed with, words of ours stand in their place.
Refusal refusal_of(const runtime::HttpResponse& response, std::string code,
                   std::string_view message, Secrets secrets);

/// The refusal for a request that got no answer, or that could not be made.
Refusal refusal_of(Error error);

/// The refusal for an answer that is not the service's, as `what` tells. Only its status is told
/// besides: the page may hold anything.
Refusal unreadable_answer(int status, std::string_view what);

}  // namespace streamonce::aws
