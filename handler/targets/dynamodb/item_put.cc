#include "handler/targets/dynamodb/item_put.h"

#include <string>
#include <utility>

#include "handler/targets/dynamodb/item_mark.h"
#include "handler/targets/dynamodb/write_units.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;
using json::each_member;
using json::pass_over;
using json::read_text;

/// The parts of an answer's body that matter.
struct Body {
  std::string_view type;
  std::string_view message;
  std::string_view version;         ///< of the item that came; empty: none
  bool has_foreign_member = false;  ///< whether it has a member that no answer of status 200 has
  std::int64_t write_unit_tenths = 0;
};

bool read_body(ondemand::document& document, std::string_view version_attribute, Body& body) {
  return each_member(document, [&](std::string_view name, ondemand::value content) {
    if (name == "ConsumedCapacity") return add_write_units(content, body.write_unit_tenths);
    if (name == "ItemCollectionMetrics") return pass_over(content);
    body.has_foreign_member = true;
    if (name == "__type") return read_text(content, body.type);
    if (name == "message" || name == "Message") return read_text(content, body.message);
    if (name != "Item") return pass_over(content);
    return each_member(content, [&](std::string_view attribute, ondemand::value value) {
      return attribute == version_attribute ? json::read_text_member(value, "S", body.version)
                                            : pass_over(value);
    });
  });
}

PutAnswerKind kind_of(CommitResult result) {
  switch (result) {
    case CommitResult::kAlreadyApplied:
      return PutAnswerKind::kAlreadyApplied;
    case CommitResult::kStale:
      return PutAnswerKind::kStale;
    case CommitResult::kApplied:
    case CommitResult::kChanged:
    case CommitResult::kFailed:
      break;
  }
  return PutAnswerKind::kNotThere;
}

}  // namespace

struct PutAnswerReader::State {
  ondemand::parser parser;
};

PutAnswerReader::PutAnswerReader() : state_(std::make_unique<State>()) {}
PutAnswerReader::~PutAnswerReader() = default;

PutAnswer PutAnswerReader::read(runtime::HttpResponse response, const Commit& commit,
                                std::string_view version_attribute, aws::Secrets secrets) {
  if (!aws::checksum_fits(response, response.body))
    return {.refusal = aws::unreadable_answer(response.status, "and its checksum does not fit")};
  std::string& text = response.body;
  text.reserve(text.size() + kPayloadPaddingBytes);
  ondemand::document document;
  Body body;
  const bool is_good = json::open(state_->parser, {text}, document) == simdjson::SUCCESS &&
                       read_body(document, version_attribute, body) && json::at_end(document);
  const bool is_applied = response.status == 200;
  if (!is_good || (is_applied && body.has_foreign_member))
    return {.refusal = aws::unreadable_answer(response.status, "and not an answer of DynamoDB")};
  if (is_applied)
    return {.kind = PutAnswerKind::kApplied, .write_unit_tenths = body.write_unit_tenths};
  std::string code = aws::code_of(body.type);
  if (code == "ConditionalCheckFailedException")
    return {.kind = kind_of(judge_version(commit, body.version))};
  return {.refusal = aws::refusal_of(response, std::move(code), body.message, secrets)};
}

}  // namespace streamonce::handler::dynamodb
