#include "runtime/aws/api_client.h"

#include <chrono>
#include <memory>
#include <utility>

namespace streamonce::aws {
namespace {

/// The most time that an answer has: longer than any healthy one takes, short enough that a lost
/// one can be asked for again.
constexpr std::chrono::milliseconds kRequestTimeout{10'000};

class OneCall final : public JsonCall {
 public:
  /// Borrows `body`.
  OneCall(std::string_view operation, std::string_view body, Payload& answer,
          JsonAnswerReader& reader)
      : JsonCall({.operation = operation, .timeout = kRequestTimeout, .answer_into = &answer},
                 reader),
        body_(body) {}

 private:
  std::string body() override { return std::string(body_); }

  const std::string_view body_;
};

}  // namespace

ApiError api_error_of(Refusal refusal) {
  return {.code = std::move(refusal.code),
          .error = {refusal.error_code, std::move(refusal.reason)}};
}

std::optional<ApiError> ApiClient::call(std::string_view operation, std::string_view body,
                                        Payload& answer, SteadyTime deadline) {
  Calls calls(service_, {.deadline = deadline});
  calls.add(std::make_unique<OneCall>(operation, body, answer, reader_));
  CallEnd end = calls.wait_any();
  if (!end.refusal) return std::nullopt;
  return api_error_of(std::move(*end.refusal));
}

}  // namespace streamonce::aws
