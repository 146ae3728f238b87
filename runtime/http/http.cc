#include "runtime/http/http.h"

#include <utility>

#include "runtime/base/check.h"

namespace streamonce::runtime {

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return {};
}

Result<HttpResponse> perform(HttpTransport& transport, HttpRequest request) {
  const HttpRequestId id = transport.start(std::move(request));
  std::optional<HttpCompletion> completion = transport.wait_any(std::nullopt);
  STREAMONCE_CHECK(completion && completion->id == id);
  return std::move(completion->result);
}

}  // namespace streamonce::runtime
