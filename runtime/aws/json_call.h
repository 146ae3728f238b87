// runtime/aws/json_call.h: calls of the JSON APIs, whose answers are one JSON object each.
//
// Source:  DynamoDB developer guide, "Low-level API" and "Error handling".
// Threads: one thread at a time.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/aws/call.h"

namespace streamonce::aws {

/// Makes `request` one of `operation`, as in `BatchGetItem`, with a JSON object as its body.
void fill_json(runtime::HttpRequest& request, const Service& service, std::string_view operation,
               std::string body);

/// Tells answers from refusals and from what is neither; keeps its buffers from one to the next.
class JsonAnswerReader {
 public:
  JsonAnswerReader();
  ~JsonAnswerReader();
  JsonAnswerReader(const JsonAnswerReader&) = delete;
  JsonAnswerReader& operator=(const JsonAnswerReader&) = delete;

  /// A refusal's code is in the body of the JSON APIs, and in a header of the REST APIs.
  /// @param body  the answer's body, with kPayloadPaddingBytes readable bytes behind it
  /// @param service  whose answer is expected, for a message
  /// @return none: the status is 200, and `body` is one well-formed JSON object; otherwise what the
  ///         service, or whoever answered, says
  std::optional<Refusal> read(const runtime::HttpResponse& response, PayloadView body,
                              Secrets secrets, std::string_view service = "DynamoDB");

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// A call whose answer is for its owner to take once the call has ended.
class JsonCall : public Call {
 protected:
  /// Borrows `reader`, which must outlive the call.
  JsonCall(CallOptions options, JsonAnswerReader& reader, CallHistory history = {});

  /// The body of the answer, a JSON object, if it did not go to a payload.
  PayloadView answer() const { return {answer_}; }

 private:
  /// The body of the next attempt: see Call::fill().
  virtual std::string body() = 0;

  void fill(runtime::HttpRequest& request, const Service& service) final;
  std::optional<Refusal> read(runtime::HttpResponse response, Secrets secrets) final;
  void log(Logger& logger, const Attempt& attempt) const final;

  JsonAnswerReader& reader_;
  std::string answer_;  // with padding behind it
};

}  // namespace streamonce::aws
