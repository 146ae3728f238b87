// runtime/aws/api_client.h: calls of the DynamoDB JSON APIs, each made until it is answered.
//
// One request at a time. What the network or the service spoils is sent again: a broken connection,
// a timeout, a 5xx, throttling, a conflict, an answer whose checksum does not fit, a 200 that is
// not JSON. A signature that is refused because our clock is wrong is made again once the clock is
// set. Operations must be ones that may arrive twice: they read, or are idempotent. What is known
// of the service is shared with its other callers, and so is the rule for dead connections: see
// api_service.h.
//
// Source:  DynamoDB developer guide, "Low-level API" and "Error handling".
// Threads: one thread at a time. Borrows: the service, which must outlive the client; nothing else
//          may be in flight on its transport during call().

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/aws/api_service.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

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
  Error error;
};

class ApiClient {
 public:
  explicit ApiClient(ApiService& service);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// Calls `operation`, as in `DynamoDB_20120810.BatchGetItem`, with the JSON object `body`, until
  /// it is answered, refused for good, or `deadline` has passed.
  ///
  /// @param answer  takes the body of the answer, and bounds it
  /// @return none: the answer had status 200, and `answer` holds it, which is one well-formed JSON
  ///         object; otherwise why there is none, and `answer` holds nothing of use
  [[nodiscard]] std::optional<ApiError> call(std::string_view operation, std::string_view body,
                                             Payload& answer, SteadyTime deadline);

 private:
  struct Attempt;  // what became of one request
  struct State;    // the parser

  Attempt attempt(std::string_view operation, runtime::HttpRequest request, int number,
                  SteadyTime deadline);
  Attempt judge(Result<runtime::HttpResponse> result, const Payload& answer);

  ApiService& service_;
  std::unique_ptr<State> state_;
};

}  // namespace streamonce::handler::dynamodb
