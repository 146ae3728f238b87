#include "handler/targets/dynamodb/item_mark.h"

#include "events/attribute_value.h"
#include "runtime/base/check.h"
#include "runtime/base/json_text.h"

namespace streamonce::handler::dynamodb {
namespace {

constexpr char kNonceSign = '#';

std::string text_of(const events::Version& version, std::string_view nonce) {
  std::string text(version.text());
  if (nonce.empty()) return text;
  text += kNonceSign;
  return text.append(nonce);
}

/// The part of a mark's text that is the version.
std::string_view version_of(std::string_view text) {
  return text.substr(0, text.find(kNonceSign));
}

}  // namespace

std::string item_mark_text(const Commit& commit) {
  return text_of(commit.version, commit.nonce);
}

std::string item_mark_text(const Mark& mark) {
  return text_of(mark.version, mark.nonce);
}

Result<Mark> read_item_mark(std::string_view text) {
  const std::string_view version_text = version_of(text);
  const Result<events::Version> version = events::Version::parse(version_text);
  if (!version)
    return Error{ErrorCode::kProtocol,
                 "the attribute of the item that is to hold its version holds none"};
  Mark mark;
  mark.version = *version;
  mark.operation = Operation::kPut;
  mark.is_in_item = true;
  if (version_text.size() < text.size()) mark.nonce = text.substr(version_text.size() + 1);
  return mark;
}

bool has_attribute(std::string_view image_json, std::string_view name) {
  events::MemberWalk walk(image_json);
  while (walk.next())
    if (events::same_text(walk.raw_name(), name)) return true;
  return false;
}

bool has_item_mark(std::string_view item_json, std::string_view name) {
  events::MemberWalk walk(item_json);
  while (walk.next()) {
    if (!events::same_text(walk.raw_name(), name)) continue;
    // A mark's text has nothing that needs an escape.
    return walk.value().type == events::AttributeType::kString &&
           read_item_mark(walk.value().raw_text()).has_value();
  }
  return false;
}

void append_marked_image(std::string& out, std::string_view image_json, std::string_view attribute,
                         const Commit& commit) {
  STREAMONCE_CHECK(image_json.starts_with('{'));
  out += '{';
  append_json_string(out, attribute);
  out += R"(:{"S":")";
  out += item_mark_text(commit);  // nothing in it needs an escape
  out += R"("},)";
  out += image_json.substr(1);
}

std::string why_no_version(std::string_view attribute) {
  return "the item that is there has no version in its attribute " + std::string(attribute) +
         ", which marks are kept in: somebody else has written it; remove the attribute";
}

std::string why_too_large(std::string_view reason, std::string_view attribute) {
  if (attribute.empty() || reason.find("Item size") == std::string_view::npos) return {};
  return "; its mark, in the attribute " + std::string(attribute) + ", is a part of the size";
}

CommitResult judge_version(const Commit& commit, std::string_view text) {
  const std::string_view version = version_of(text);
  const std::string_view ours = commit.version.text();
  if (version < ours || !events::is_version(version)) return CommitResult::kFailed;
  return version == ours ? CommitResult::kAlreadyApplied : CommitResult::kStale;
}

}  // namespace streamonce::handler::dynamodb
