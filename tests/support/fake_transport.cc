#include "tests/support/fake_transport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace streamonce::testing {

using runtime::HttpCompletion;
using runtime::HttpRequest;
using runtime::HttpRequestId;
using runtime::HttpResponse;

void FakeTransport::expect(runtime::HttpMethod method, std::string url_part,
                           Result<HttpResponse> result) {
  steps_.push_back({method, std::move(url_part), std::move(result)});
}

HttpRequestId FakeTransport::start(HttpRequest request) {
  Result<HttpResponse> result = Error{ErrorCode::kFatal, "the script has no such request"};
  if (steps_.empty() || steps_.front().method != request.method ||
      request.url.find(steps_.front().url_part) == std::string::npos) {
    ADD_FAILURE() << "not in the script: " << request.url;
  } else {
    result = std::move(steps_.front().result);
    steps_.pop_front();
  }
  if (request.body_into != nullptr) {
    request.body_into->clear();
    if (result && !request.body_into->append(std::exchange(result->body, {})))
      result = Error{ErrorCode::kTooLarge, "the answer's body is larger than its bound"};
  }
  requests_.push_back(std::move(request));
  const HttpRequestId id = requests_.size();
  completions_.push_back({.id = id, .result = std::move(result)});
  return id;
}

std::optional<HttpCompletion> FakeTransport::wait_any(std::optional<SteadyTime> /*until*/) {
  if (completions_.empty()) return std::nullopt;
  HttpCompletion completion = std::move(completions_.front());
  completions_.pop_front();
  return completion;
}

std::string FakeTransport::cancel(HttpRequestId id) {
  const auto found =
      std::find_if(completions_.begin(), completions_.end(),
                   [id](const HttpCompletion& completion) { return completion.id == id; });
  if (found == completions_.end()) return {};
  completions_.erase(found);
  return "no answer in time";
}

}  // namespace streamonce::testing
