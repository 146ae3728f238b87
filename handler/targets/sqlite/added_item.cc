#include "handler/targets/sqlite/added_item.h"

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <utility>
#include <vector>

#include "events/attribute_value.h"
#include "events/decimal.h"
#include "events/item_attributes.h"
#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::sqlite {
namespace {

using events::AttributeType;
using events::AttributeValue;
using events::Decimal;

Error cannot_add(std::string message) {
  return {ErrorCode::kRejected, std::move(message)};
}

std::string attribute(const Addend& addend) {
  return "attribute " + quoted_excerpt(addend.name);
}

Result<Decimal> number_of(const Addend& addend, const AttributeValue& value) {
  if (value.type != AttributeType::kNumber) {
    return cannot_add(attribute(addend) + " has the type " + std::string(name_of(value.type)) +
                      ": expected N, a number to add to");
  }
  std::pmr::monotonic_buffer_resource arena;
  Result<Decimal> number = events::parse_decimal(events::unescaped(value.raw_text(), arena));
  if (!number) return cannot_add(attribute(addend) + " " + number.error().message);
  return number;
}

Result<Decimal> sum_of(const Addend& addend, const Decimal& there) {
  Result<Decimal> sum = events::add(there, addend.number);
  if (!sum) {
    return cannot_add("adding to " + attribute(addend) + ": " + sum.error().message +
                      ": expected a sum that a number of DynamoDB's can be");
  }
  return sum;
}

void append_number(std::string& json, const Decimal& number) {
  json += R"({"N":")";
  events::append_plain(json, number);
  json += R"("})";
}

}  // namespace

Result<std::string> added_item(std::string_view item_json, std::span<const Addend> addends) {
  if (!events::is_item(item_json)) {
    return cannot_add(
        "its item is no DynamoDB JSON: something else has written it, or it is damaged: expected "
        "the text as it was, or no row");
  }
  std::string made;
  std::vector<bool> found(addends.size());
  const char* rest = item_json.data();  // what is not in `made` yet
  bool is_empty = true;
  for (events::MemberWalk walk(item_json); walk.next(); is_empty = false) {
    const auto addend = std::find_if(addends.begin(), addends.end(), [&](const Addend& each) {
      return events::same_text(walk.raw_name(), each.name);
    });
    if (addend == addends.end()) continue;
    const auto place = static_cast<std::size_t>(addend - addends.begin());
    if (found[place]) return cannot_add(attribute(*addend) + " is there twice: expected it once");
    found[place] = true;
    const Decimal there = STREAMONCE_TRY(number_of(*addend, walk.value()));
    const Decimal sum = STREAMONCE_TRY(sum_of(*addend, there));
    const std::string_view value = walk.value().json;
    made.append(rest, value.data());
    append_number(made, sum);
    rest = value.data() + value.size();
  }
  const std::size_t end = item_json.rfind('}');
  made.append(rest, item_json.data() + end);
  for (std::size_t i = 0; i < addends.size(); ++i) {
    if (found[i]) continue;
    if (!std::exchange(is_empty, false)) made += ',';
    append_json_string(made, addends[i].name);
    made += ':';
    append_number(made, addends[i].number);
  }
  return made.append(item_json.substr(end));
}

}  // namespace streamonce::handler::sqlite
