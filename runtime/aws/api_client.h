// runtime/aws/api_client.h: one call of a JSON API, made and waited for.
//
// What is sent again, and until when, is the engine's to say: see call.h.
//
// Threads: one thread at a time. Borrows: the service's client, which must outlive this one;
//          nothing else may be in flight on its transport during call().

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/aws/json_call.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::aws {

/// Why a call has no answer. The message is the service's or the network's latest words, without an
/// item's values.
struct ApiError {
  /// The service's code in its latest answer, letters and digits only, as in
  /// `ResourceNotFoundException`. Empty: none came.
  std::string code;
  /// kRejected     the service refuses the request for good, and would refuse it again
  /// kTimeout      the deadline passed; the message tells what was in the way until then
  /// kTooLarge     the answer is larger than the payload that it should go to
  /// kFatal        the URL, the CA bundle or the peer's certificate is no good
  /// any other     what the provider of the credentials says
  Error error;
};

/// The error of a call that ended with `refusal`.
ApiError api_error_of(Refusal refusal);

class ApiClient {
 public:
  explicit ApiClient(ServiceClient& service) : service_(service) {}

  /// Calls `operation`, as in `BatchGetItem`, a constant of the program, with the JSON object
  /// `body`, until it is answered, refused for good, or `deadline` has passed.
  ///
  /// @param answer  takes the body of the answer, and bounds it
  /// @return none: the answer had status 200, and `answer` holds it, which is one well-formed JSON
  ///         object; otherwise why there is none, and `answer` holds nothing of use
  [[nodiscard]] std::optional<ApiError> call(std::string_view operation, std::string_view body,
                                             Payload& answer, SteadyTime deadline);

 private:
  ServiceClient& service_;
  JsonAnswerReader reader_;
};

}  // namespace streamonce::aws
