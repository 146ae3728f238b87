#include "runtime/aws/json_call.h"

#include <cstddef>
#include <utility>

#include "runtime/json/answer_json.h"

namespace streamonce::aws {
namespace {

namespace ondemand = simdjson::ondemand;
using json::at_end;
using json::each_member;
using json::pass_over;
using json::read_text;

/// What the body of an answer that is no success says.
struct ErrorBody {
  std::string_view type;
  std::string_view message;
};

bool read_error_body(ondemand::document& document, ErrorBody& body) {
  return each_member(document, [&](std::string_view name, ondemand::value content) {
    if (name == "__type") return read_text(content, body.type);
    if (name == "message" || name == "Message") return read_text(content, body.message);
    return pass_over(content);
  });
}

/// What a header says of an answer that is no success, as in `ThrottlingException:http://...`.
/// Source: Smithy, AWS restJson1 protocol, "Operation error serialization".
std::string_view type_in_header(const runtime::HttpResponse& response) {
  const std::string_view header = response.header("x-amzn-errortype");
  return header.substr(0, header.find(':'));
}

bool is_object(ondemand::document& document) {
  return each_member(document, [](std::string_view /*name*/, ondemand::value content) {
    return pass_over(content);
  });
}

}  // namespace

void fill_json(runtime::HttpRequest& request, const Service& service, std::string_view operation,
               std::string body) {
  std::string target = "X-Amz-Target: ";
  target += service.target_prefix;
  target += '.';
  target += operation;
  request.method = runtime::HttpMethod::kPost;
  request.headers.emplace_back("Content-Type: application/x-amz-json-1.0");
  request.headers.push_back(std::move(target));
  request.body = std::move(body);
}

struct JsonAnswerReader::Parser {
  ondemand::parser parser;
};

JsonAnswerReader::JsonAnswerReader() : parser_(std::make_unique<Parser>()) {}

JsonAnswerReader::~JsonAnswerReader() = default;

std::optional<Refusal> JsonAnswerReader::read(const runtime::HttpResponse& response,
                                              PayloadView body, Secrets secrets,
                                              std::string_view service) {
  if (!checksum_fits(response, body.text))
    return unreadable_answer(response.status, "and its checksum does not fit");
  ondemand::document document;
  ErrorBody error;
  const bool is_good = response.status == 200;
  if (json::open(parser_->parser, body, document) != simdjson::SUCCESS ||
      !(is_good ? is_object(document) : read_error_body(document, error)) || !at_end(document))
    return unreadable_answer(response.status, "and not an answer of " + std::string(service));
  if (is_good) return std::nullopt;
  if (error.type.empty()) error.type = type_in_header(response);
  return refusal_of(response, code_of(error.type), error.message, secrets);
}

JsonCall::JsonCall(CallOptions options, JsonAnswerReader& reader, CallHistory history)
    : Call(options, std::move(history)),
      reader_(reader) {}

void JsonCall::fill(runtime::HttpRequest& request, const Service& service) {
  fill_json(request, service, options().operation, body());
}

std::optional<Refusal> JsonCall::read(runtime::HttpResponse response, Secrets secrets) {
  if (options().answer_into != nullptr)
    return reader_.read(response, options().answer_into->view(), secrets);
  answer_ = std::move(response.body);
  answer_.reserve(answer_.size() + kPayloadPaddingBytes);
  return reader_.read(response, answer(), secrets);
}

void JsonCall::log(Logger& logger, const Attempt& attempt) const {
  log_attempt(logger, options().operation, attempt);
}

}  // namespace streamonce::aws
