#include "events/batch_response.h"

namespace streamonce::events {

std::string to_json(const BatchResponse& response) {
  if (!response.first_failure) return R"({"batchItemFailures":[]})";
  // Digits only, so nothing needs escaping.
  std::string json = R"({"batchItemFailures":[{"itemIdentifier":")";
  json += response.first_failure->text();
  json += R"("}]})";
  return json;
}

}  // namespace streamonce::events
