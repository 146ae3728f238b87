#include "handler/services/lambda_functions.h"

#include <algorithm>

#include "runtime/base/arn.h"
#include "runtime/base/text.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::lambda_functions {
namespace {

using json::each_member;
using json::pass_over;
using simdjson::SUCCESS;
using simdjson::ondemand::value;

/// Source: Lambda API reference, CreateFunction, FunctionName.
constexpr std::size_t kNameMost = 64;
constexpr std::size_t kQualifierMost = 128;
/// Source: Lambda API reference, ListEventSourceMappings: a page has 100 at most.
constexpr std::string_view kPageSize = "100";
constexpr std::size_t kUuidLength = 36;

constexpr std::string_view kExpected =
    ": expected a function's name, NAME:ALIAS, NAME:VERSION, or its ARN, "
    "arn:aws:lambda:REGION:ACCOUNT:function:NAME";

bool may_stand_in_name(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMost &&
         std::all_of(text.begin(), text.end(), may_stand_in_name);
}

bool is_qualifier(std::string_view text) {
  if (text == "$LATEST") return true;
  return !text.empty() && text.size() <= kQualifierMost &&
         std::all_of(text.begin(), text.end(), may_stand_in_name);
}

/// `text` as the value of a query's parameter, in a URL and in a signature.
std::string encoded_value(std::string_view text) {
  constexpr std::string_view kUpperHexDigits = "0123456789ABCDEF";
  constexpr std::string_view kAsTheyAre = "-._~";
  std::string out;
  for (const char c : text) {
    if (is_letter_or_digit(c) || kAsTheyAre.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kUpperHexDigits[byte >> 4U];
    out += kUpperHexDigits[byte & 15U];
  }
  return out;
}

bool is_null(value json, bool& null) {
  return json.is_null().get(null) == SUCCESS;
}

bool take_text(value json, std::string& text) {
  std::string_view found;
  if (!json::read_text(json, found)) return false;
  text = found;
  return true;
}

/// Reads the members of an object; null has none.
template <class Take>
bool members_if_any(value json, Take take) {
  bool null = false;
  return is_null(json, null) && (null || each_member(json, take));
}

/// Reads the elements of an array; null has none.
template <class Take>
bool elements_if_any(value json, Take take) {
  bool null = false;
  if (!is_null(json, null)) return false;
  return null || json::walk_elements(json, [&](value element) {
                   return take(element) ? SUCCESS : simdjson::INCORRECT_TYPE;
                 }) == SUCCESS;
}

/// Reads one text out of an object, which may be null.
bool take_text_of(value json, std::string_view wanted, std::string& text) {
  return members_if_any(json, [&](std::string_view name, value content) {
    return name == wanted ? take_text(content, text) : pass_over(content);
  });
}

template <class Number>
bool take_number(value json, std::optional<Number>& number) {
  bool null = false;
  if (!is_null(json, null)) return false;
  if (null) return true;
  Number found = 0;
  if (json.get(found) != SUCCESS) return false;
  number = found;
  return true;
}

bool read_variables(value json, Configuration& function) {
  return members_if_any(json, [&](std::string_view name, value content) {
    function.variables.emplace_back(name, "");
    return take_text(content, function.variables.back().second);
  });
}

bool read_environment(value json, Configuration& function) {
  return members_if_any(json, [&](std::string_view name, value content) {
    if (name == "Variables") return read_variables(content, function);
    if (name != "Error") return pass_over(content);
    bool null = false;
    if (!is_null(content, null)) return false;
    function.hides_variables = !null;
    return pass_over(content);
  });
}

bool read_member_of_configuration(std::string_view name, value content, Configuration& function) {
  if (name == "FunctionName") return take_text(content, function.name);
  if (name == "FunctionArn") return take_text(content, function.arn);
  if (name == "Runtime") return take_text(content, function.runtime);
  if (name == "State") return take_text(content, function.state);
  if (name == "StateReason") return take_text(content, function.state_reason);
  if (name == "LastUpdateStatus") return take_text(content, function.update_status);
  if (name == "LastUpdateStatusReason") return take_text(content, function.update_reason);
  if (name == "Timeout") return take_number(content, function.timeout_seconds);
  if (name == "VpcConfig") return take_text_of(content, "VpcId", function.vpc_id);
  if (name == "DeadLetterConfig")
    return take_text_of(content, "TargetArn", function.dead_letter_arn);
  if (name == "Environment") return read_environment(content, function);
  return pass_over(content);
}

bool read_response_types(value json, Mapping& mapping) {
  return elements_if_any(json, [&](value element) {
    std::string_view type;
    if (!json::read_text(element, type)) return false;
    if (type == "ReportBatchItemFailures") mapping.reports_item_failures = true;
    return true;
  });
}

bool read_filter(value json, Mapping& mapping) {
  return members_if_any(json, [&](std::string_view name, value content) {
    if (name != "Filters") return pass_over(content);
    return elements_if_any(content, [&](value filter) {
      mapping.has_filter = true;
      return pass_over(filter);
    });
  });
}

bool read_destination(value json, Mapping& mapping) {
  return members_if_any(json, [&](std::string_view name, value content) {
    return name == "OnFailure" ? take_text_of(content, "Destination", mapping.on_failure)
                               : pass_over(content);
  });
}

bool read_window(value json, Mapping& mapping) {
  std::optional<std::uint64_t> seconds;
  if (!take_number(json, seconds)) return false;
  mapping.tumbling_window_seconds = seconds.value_or(0);
  return true;
}

bool read_member_of_mapping(std::string_view name, value content, Mapping& mapping) {
  if (name == "UUID") return take_text(content, mapping.uuid);
  if (name == "FunctionArn") return take_text(content, mapping.function_arn);
  if (name == "EventSourceArn") return take_text(content, mapping.source_arn);
  if (name == "State") return take_text(content, mapping.state);
  if (name == "LastProcessingResult") return take_text(content, mapping.last_result);
  if (name == "StartingPosition") return take_text(content, mapping.starting_position);
  if (name == "FunctionResponseTypes") return read_response_types(content, mapping);
  if (name == "FilterCriteria") return read_filter(content, mapping);
  if (name == "FilterCriteriaError")
    return take_text_of(content, "ErrorCode", mapping.filter_error);
  if (name == "DestinationConfig") return read_destination(content, mapping);
  if (name == "MaximumRetryAttempts") return take_number(content, mapping.retries_max);
  if (name == "MaximumRecordAgeInSeconds") return take_number(content, mapping.age_max_seconds);
  if (name == "ParallelizationFactor") return take_number(content, mapping.parallelization);
  if (name == "TumblingWindowInSeconds") return read_window(content, mapping);
  return pass_over(content);
}

Error no_answer(std::string_view operation, std::string_view what) {
  return {ErrorCode::kProtocol, std::string(operation) + ": the answer is no " + std::string(what)};
}

}  // namespace

Result<FunctionName> FunctionName::parse(std::string_view text) {
  FunctionName function;
  std::string_view rest = text;
  if (begins_as_arn(text)) {
    constexpr std::string_view kKind = "function:";
    const auto arn = Arn::split(text);
    if (!arn || arn->service != "lambda" || !arn->resource.starts_with(kKind) ||
        !aws::Region::parse(arn->region) || !is_account(arn->account))
      return invalid_argument(quoted_excerpt(text) + std::string(kExpected));
    function.region = arn->region;
    function.account = arn->account;
    rest = arn->resource.substr(kKind.size());
  }
  const std::size_t colon = rest.find(':');
  function.name = rest.substr(0, colon);
  if (colon != std::string_view::npos) function.qualifier = rest.substr(colon + 1);
  if (!is_name(function.name) ||
      (colon != std::string_view::npos && !is_qualifier(function.qualifier)))
    return invalid_argument(quoted_excerpt(text) + std::string(kExpected));
  return function;
}

std::string FunctionName::text() const {
  return qualifier.empty() ? name : name + ":" + qualifier;
}

std::string configuration_path(const FunctionName& function) {
  std::string path = "2015-03-31/functions/" + function.name + "/configuration";
  if (!function.qualifier.empty()) path += "?Qualifier=" + encoded_value(function.qualifier);
  return path;
}

std::string concurrency_path(const FunctionName& function) {
  return "2019-09-30/functions/" + function.name + "/concurrency";
}

std::string mapping_path(std::string_view uuid) {
  return "2015-03-31/event-source-mappings/" + std::string(uuid);
}

std::string mappings_path(const MappingQuery& query) {
  // In this order, which is that of a signature.
  std::string path = "2015-03-31/event-source-mappings?";
  const auto add = [&](std::string_view name, std::string_view text) {
    if (text.empty()) return;
    if (!path.ends_with('?')) path += '&';
    path.append(name).append("=").append(encoded_value(text));
  };
  add("EventSourceArn", query.source_arn);
  add("FunctionName", query.function);
  add("Marker", query.next);
  add("MaxItems", kPageSize);
  return path;
}

bool is_uuid(std::string_view text) {
  return text.size() == kUuidLength && std::all_of(text.begin(), text.end(), [](char c) {
           return c == '-' || is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

struct AnswerReader::Parser {
  simdjson::ondemand::parser parser;
};

AnswerReader::AnswerReader() : parser_(std::make_unique<Parser>()) {}

AnswerReader::~AnswerReader() = default;

Result<Configuration> AnswerReader::configuration(PayloadView answer) {
  simdjson::ondemand::document document;
  Configuration function;
  if (json::open(parser_->parser, answer, document) != SUCCESS ||
      !each_member(document,
                   [&](std::string_view name, value content) {
                     return read_member_of_configuration(name, content, function);
                   }) ||
      function.name.empty())
    return no_answer(kGetConfiguration, "configuration of a function");
  return function;
}

Result<std::optional<std::uint64_t>> AnswerReader::concurrency(PayloadView answer) {
  simdjson::ondemand::document document;
  std::optional<std::uint64_t> reserved;
  if (json::open(parser_->parser, answer, document) != SUCCESS ||
      !json::read_member(document, "ReservedConcurrentExecutions",
                         [&](value content) { return take_number(content, reserved); }))
    return no_answer(kGetConcurrency, "reserved concurrency");
  return reserved;
}

Result<Mapping> AnswerReader::mapping(PayloadView answer) {
  simdjson::ondemand::document document;
  Mapping mapping;
  if (json::open(parser_->parser, answer, document) != SUCCESS ||
      !each_member(document,
                   [&](std::string_view name, value content) {
                     return read_member_of_mapping(name, content, mapping);
                   }) ||
      mapping.uuid.empty())
    return no_answer(kGetMapping, "mapping with a UUID");
  return mapping;
}

Result<MappingPage> AnswerReader::mappings(PayloadView answer) {
  simdjson::ondemand::document document;
  MappingPage page;
  bool has_list = false;
  const auto read_mapping = [&](value json) {
    Mapping& mapping = page.mappings.emplace_back();
    return each_member(json, [&](std::string_view name, value content) {
      return read_member_of_mapping(name, content, mapping);
    });
  };
  const auto read = [&](std::string_view name, value content) {
    if (name == "NextMarker") return take_text(content, page.next);
    if (name != "EventSourceMappings") return pass_over(content);
    has_list = true;
    return elements_if_any(content, read_mapping);
  };
  if (json::open(parser_->parser, answer, document) != SUCCESS || !each_member(document, read) ||
      !has_list)
    return no_answer(kListMappings, "list of mappings");
  return page;
}

Error error_of(std::string_view operation, std::string_view subject, const aws::ApiError& failed) {
  Error error = with_context(std::string(operation) + " of " + std::string(subject), failed.error);
  if (failed.code == "ResourceNotFoundException")
    error.message = std::string(subject) + " was not found: is it in another account or Region? " +
                    std::move(error.message);
  return error;
}

}  // namespace streamonce::handler::lambda_functions
