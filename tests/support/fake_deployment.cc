#include "tests/support/fake_deployment.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "tests/support/secrecy.h"
#include "tests/support/sigv4.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

constexpr std::size_t kPageSize = 2;

/// What a client has encoded in a query.
std::string decoded_value(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 2 >= text.size()) {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

/// The parameters of a query.
std::map<std::string, std::string> parameters_of(std::string_view target) {
  std::map<std::string, std::string> parameters;
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return parameters;
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view each = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), each.size() + 1));
    const std::size_t equals = std::min(each.find('='), each.size());
    parameters[std::string(each.substr(0, equals))] =
        decoded_value(each.substr(std::min(equals + 1, each.size())));
  }
  return parameters;
}

/// What a GET of Lambda asks for; empty: nothing that there is.
std::string lambda_question(std::string_view target) {
  const auto parameters = parameters_of(target);
  const std::string_view path = target.substr(0, target.find('?'));
  const auto between = [&](std::string_view start, std::string_view end) -> std::string {
    if (!path.starts_with(start) || !path.ends_with(end)) return {};
    return std::string(path.substr(start.size(), path.size() - start.size() - end.size()));
  };
  if (path == "/2015-03-31/event-source-mappings") {
    const auto subject = parameters.contains("EventSourceArn") ? parameters.at("EventSourceArn")
                         : parameters.contains("FunctionName") ? parameters.at("FunctionName")
                                                               : std::string();
    return "ListEventSourceMappings " + subject;
  }
  if (std::string name = between("/2015-03-31/functions/", "/configuration"); !name.empty()) {
    if (parameters.contains("Qualifier")) name += ":" + parameters.at("Qualifier");
    return "GetFunctionConfiguration " + name;
  }
  if (const std::string name = between("/2019-09-30/functions/", "/concurrency"); !name.empty())
    return "GetFunctionConcurrency " + name;
  if (const std::string uuid = between("/2015-03-31/event-source-mappings/", ""); !uuid.empty())
    return "GetEventSourceMapping " + uuid;
  return {};
}

/// What a POST of DynamoDB or DynamoDB Streams asks for.
std::string table_question(const ServerRequest& request) {
  const std::string target = request.header("x-amz-target");
  const json body = json::parse(request.body, nullptr, false);
  if (body.is_discarded()) return {};
  std::string subject = body.value("StreamArn", body.value("TableName", ""));
  if (body.contains("TableName") && subject.find('/') != std::string::npos)
    subject.erase(0, subject.find('/') + 1);
  return target.substr(target.find('.') + 1) + " " + subject;
}

/// The Region that a request must be signed for: that of the ARN that it names, if it names one.
std::string region_to_sign(const ServerRequest& request, const std::string& region) {
  const std::size_t arn = request.body.find("arn:aws:dynamodb:");
  if (request.method != "POST" || arn == std::string::npos) return region;
  const std::size_t start = arn + std::string_view("arn:aws:dynamodb:").size();
  return request.body.substr(start, request.body.find(':', start) - start);
}

}  // namespace

FakeDeployment::FakeDeployment(std::string region)
    : region_(std::move(region)),
      server_([this](const ServerRequest& request) { return handle(request); }) {}

void FakeDeployment::set(std::string_view operation, std::string_view subject, json answer) {
  const std::lock_guard lock(mutex_);
  answers_[std::string(operation) + " " + std::string(subject)] = std::move(answer);
}

void FakeDeployment::set_mappings(std::string_view subject, std::vector<json> mappings) {
  const std::lock_guard lock(mutex_);
  mappings_["ListEventSourceMappings " + std::string(subject)] = std::move(mappings);
}

void FakeDeployment::refuse(std::string_view operation, std::string_view subject, int status,
                            std::string code, std::string message) {
  const std::lock_guard lock(mutex_);
  refusals_[std::string(operation) + " " + std::string(subject)] = {
      .status = status, .code = std::move(code), .message = std::move(message)};
}

std::vector<std::string> FakeDeployment::environment() const {
  const auto is = [](const char* name, std::string_view value) {
    return std::string(name) + '=' + std::string(value);
  };
  return {is("AWS_ENDPOINT_URL", url()), is("AWS_REGION", region_),
          is("AWS_ACCESS_KEY_ID", kCredentials[0].text),
          is("AWS_SECRET_ACCESS_KEY", kCredentials[1].text),
          is("AWS_SESSION_TOKEN", kCredentials[2].text)};
}

std::vector<std::string> FakeDeployment::questions() const {
  const std::lock_guard lock(mutex_);
  return questions_;
}

std::string FakeDeployment::page_of(const std::string& question, const std::string& marker) {
  std::size_t first = 0;
  std::from_chars(marker.data(), marker.data() + marker.size(), first);
  const std::vector<json>& all = mappings_[question];
  json page = {{"EventSourceMappings", json::array()}, {"NextMarker", nullptr}};
  for (std::size_t i = first; i < std::min(first + kPageSize, all.size()); ++i)
    page["EventSourceMappings"].push_back(all[i]);
  if (first + kPageSize < all.size()) page["NextMarker"] = std::to_string(first + kPageSize);
  return answer(200, page.dump());
}

std::string FakeDeployment::answer_to(const std::string& question, bool is_rest) {
  const auto refusal = [&](int status, const std::string& code, const std::string& message) {
    if (is_rest)
      return answer(status, json{{"Type", "User"}, {"Message", message}}.dump(),
                    {{"x-amzn-ErrorType", code + ":http://internal.amazon.com/coral/"}});
    return answer(
        status,
        json{{"__type", "com.amazonaws.dynamodb.v20120810#" + code}, {"message", message}}.dump());
  };
  if (const auto found = refusals_.find(question); found != refusals_.end())
    return refusal(found->second.status, found->second.code, found->second.message);
  if (const auto found = answers_.find(question); found != answers_.end())
    return answer(200, found->second.dump());
  return refusal(is_rest ? 404 : 400, "ResourceNotFoundException", "Requested resource not found");
}

ServerReply FakeDeployment::handle(const ServerRequest& request) {
  const bool is_rest = request.method == "GET";
  const std::string service = is_rest ? "lambda" : "dynamodb";
  const SignatureCheck check = check_signature(request, kCredentials[1].text);
  const std::lock_guard lock(mutex_);
  if (!check.problem.empty() || check.found != check.expected ||
      !check.scope.ends_with("/" + region_to_sign(request, region_) + "/" + service +
                             "/aws4_request")) {
    questions_.emplace_back("unsigned");
    return reply(answer(403, R"({"message":"The request signature does not match"})",
                        {{"x-amzn-ErrorType", "InvalidSignatureException"}}));
  }
  const std::string question = is_rest ? lambda_question(request.target) : table_question(request);
  questions_.push_back(question);
  if (mappings_.contains(question) && !refusals_.contains(question))
    return reply(page_of(question, parameters_of(request.target)["Marker"]));
  return reply(answer_to(question, is_rest));
}

}  // namespace streamonce::testing
