#include "handler/targets/dynamodb/mark_text.h"

#include <charconv>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "handler/targets/mark.h"
#include "runtime/base/json_text.h"

namespace streamonce::handler::dynamodb {
namespace {

void append_number_attribute(std::string& out, std::string_view name, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out += ",\"";
  out += name;
  out += R"(":{"N":")";
  out.append(digits, end);
  out += "\"}";
}

}  // namespace

void append_text_attribute(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += R"(":{"S":)";
  append_json_string(out, text);
  out += '}';
}

void append_entry(std::string& out, const Commit& commit) {
  out += R"({"id":{"S":)";
  append_json_string(out, commit.ledger_id);
  out += R"(},"v":{"S":")";
  if (!commit.content.empty()) out += kRemembersMark;
  out += commit.version.text();
  out += R"("},"op":{"S":")";
  out += name_of(commit.operation);
  out += "\"}";
  if (commit.at) append_number_attribute(out, "at", *commit.at);
  if (commit.ttl && commit.content.empty()) append_number_attribute(out, "ttl", *commit.ttl);
  if (!commit.nonce.empty()) append_text_attribute(out, kNonceName, commit.nonce);
  if (!commit.content.empty()) append_text_attribute(out, kContentName, commit.content);
  out += '}';
}

}  // namespace streamonce::handler::dynamodb
