// tests/support/fake_transport.h: a transport that answers from a script, in memory.
//
// Threads: one thread at a time.

#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "runtime/http/http.h"

namespace streamonce::testing {

class FakeTransport final : public runtime::HttpTransport {
 public:
  /// Adds to the script: the next request must have this method, and `url_part` in its URL; it ends
  /// with `result`. What is not as the script says fails the test.
  void expect(runtime::HttpMethod method, std::string url_part,
              Result<runtime::HttpResponse> result);

  /// Every request that was started, in order.
  const std::vector<runtime::HttpRequest>& requests() const { return requests_; }
  /// Whether the script has come to its end.
  bool done() const { return steps_.empty(); }

  runtime::HttpRequestId start(runtime::HttpRequest request) override;
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override;
  std::string cancel(runtime::HttpRequestId id) override;

 private:
  struct Step {
    runtime::HttpMethod method;
    std::string url_part;
    Result<runtime::HttpResponse> result;
  };

  std::deque<Step> steps_;
  std::vector<runtime::HttpRequest> requests_;
  std::deque<runtime::HttpCompletion> completions_;
};

}  // namespace streamonce::testing
