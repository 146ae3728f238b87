// tests/support/patient_transport.h: a transport that waits for each answer as long as it takes.
//
// A request that a loaded machine answers late would be sent again, and a test could not tell how
// many requests the code under test makes of itself. The caller's deadline still bounds the whole.
//
// Threads: one thread at a time. Borrows: nothing; it owns the transport behind it.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "runtime/http/http.h"

namespace streamonce::testing {

class PatientTransport final : public runtime::HttpTransport {
 public:
  explicit PatientTransport(std::unique_ptr<runtime::HttpTransport> behind)
      : behind_(std::move(behind)) {}

  runtime::HttpRequestId start(runtime::HttpRequest request) override {
    request.timeout.reset();
    return behind_->start(std::move(request));
  }
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override {
    return behind_->wait_any(until);
  }
  std::string cancel(runtime::HttpRequestId id) override { return behind_->cancel(id); }

 private:
  std::unique_ptr<runtime::HttpTransport> behind_;
};

}  // namespace streamonce::testing
