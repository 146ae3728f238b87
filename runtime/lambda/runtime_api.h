// runtime/lambda/runtime_api.h: takes invocations from the Lambda Runtime API and reports their
// outcome.
//
// Source:  AWS Lambda Runtime API, version 2018-06-01,
//          docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// Threads: one thread at a time. Borrows: transport, which must outlive this object.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::runtime {

/// One call of the function. The views are valid until the next call of RuntimeApi::next().
struct Invocation {
  std::string request_id = {};
  std::string invocation_id = {};  ///< echoed in the answer; empty if the service sent none
  std::string trace_id = {};       ///< X-Ray; empty if there is none
  std::string function_arn = {};
  WallTime deadline = {};
  PayloadView body = {};  ///< at most kPayloadBytesMax bytes
};

/// Why a function failed, as the Runtime API wants it told.
struct FunctionError {
  /// `Function.Name` or `Runtime.Name`, Name of letters and with a capital: anything else is
  /// turned into `Function.Unknown` by the service.
  std::string type;
  std::string message;
};

/// `{"errorMessage":...,"errorType":...,"stackTrace":[]}`
std::string error_body(const FunctionError& error);

/// Whether `address`, the value of AWS_LAMBDA_RUNTIME_API, can be one of a Runtime API:
/// `host:port`, a host name and a base path behind it allowed (`localhost:9000/base`).
/// @error kInvalidArgument  it is no such address; the message names the variable, and what was
///                          found and expected
Status check_address(std::string_view address);

class RuntimeApi {
 public:
  /// `address` has been taken by check_address(). `transport` is used for nothing else meanwhile.
  RuntimeApi(HttpTransport& transport, std::string_view address);

  /// Waits for the next invocation and takes it.
  ///
  /// The call has no time limit: Lambda freezes the process while there is no work.
  /// @error kUnavailable  no connection, or it broke: safe to call again
  /// @error kTimeout      no connection within the time that the system has for one: exit
  /// @error kProtocol     a header that must be there is absent or malformed: do not retry
  /// @error kTooLarge     the body exceeds kPayloadBytesMax: do not retry
  /// @error kFatal        the service answered with an error status: exit
  /// @source Runtime API, "Next invocation"
  Result<Invocation> next();

  /// Reports success. @error as report_error()
  /// @source Runtime API, "Invocation response"
  Status respond(const Invocation& invocation, std::string body);

  /// Reports failure.
  /// @error kRejected     400, 410 or 413: the service has closed this invocation; log and go on
  /// @error kUnavailable  the connection broke: what arrived is unknown; log and go on
  /// @error kProtocol     an answer that the documentation does not know; log and go on
  /// @error kFatal        403 or 5xx: the process must end
  /// @source Runtime API, "Invocation error"
  Status report_error(const Invocation& invocation, const FunctionError& error);

  /// Reports that the function cannot start; the caller exits afterwards whatever this returns.
  /// @source Runtime API, "Initialization error"
  Status report_init_error(const FunctionError& error);

 private:
  Result<HttpResponse> answer_to(HttpRequest request);
  Status post(std::string_view path, std::string body, std::string_view invocation_id,
              std::string_view error_type);

  HttpTransport& transport_;
  const std::string address_;
  std::string base_url_;
  Payload body_;
};

}  // namespace streamonce::runtime
