// tests/fuzz/views_fuzz.cc: the text of a views.sql. What must hold:
//
//   the reader   takes any bytes; its faults stand in order, lie in the text and say something
//   the printer  of a text without faults, gives one that is read to the same tree, and printed
//                as it is
//   the checker  takes any tree, tells all of the reader's faults and none beyond the text's end;
//                what it lets pass is whole: each view has a source, a key, and a way to keep two
//                items apart
//   the deriver  takes what the checker lets pass, and makes of an item rows and groups that are
//                JSON, or says why not, the same each time

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/change.h"
#include "handler/views/derive.h"
#include "handler/views/language/printer.h"
#include "handler/views/language/reader.h"
#include "handler/views/language/report.h"
#include "handler/views/rules/checker.h"
#include "runtime/base/check.h"
#include "runtime/base/json_text.h"
#include "tests/fuzz/strict_json.h"
#include "tests/support/view_trees.h"

namespace streamonce::handler::views {
namespace {

using streamonce::testing::lines_of;
using streamonce::testing::same_script;

void check_faults(const std::vector<Fault>& faults, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  STREAMONCE_CHECK(std::is_sorted(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
    return a.place < b.place;
  }));
  for (const Fault& fault : faults) {
    STREAMONCE_CHECK(fault.place.line >= 1 && fault.place.line <= lines);
    STREAMONCE_CHECK(fault.place.column >= 1 && fault.place.column <= text.size() + 1);
    STREAMONCE_CHECK(!fault.message.empty());
  }
}

void check_printed(const Script& script) {
  const std::string printed = print(script);
  const ReadScript again = read_script(printed);
  STREAMONCE_CHECK(again.faults.empty());
  STREAMONCE_CHECK(same_script(again.script, script));
  STREAMONCE_CHECK(print(again.script) == printed);
}

void check_views(const Views& views) {
  STREAMONCE_CHECK(!views.views.empty() && views.views.size() <= kViewsMax);
  for (const View& view : views.views) {
    STREAMONCE_CHECK(view.source < views.sources.size());
    STREAMONCE_CHECK(!view.name.empty());
    STREAMONCE_CHECK(view.key.size() == 1 || view.key.size() == 2);
    const bool is_grouped = !view.select.group_by.empty();
    STREAMONCE_CHECK(is_grouped == (view.separation == Separation::kGroups));
    STREAMONCE_CHECK(view.has_key == (view.separation != Separation::kItemKey));
    STREAMONCE_CHECK(view.view_class == ViewClass::kRemembering || !is_grouped);
    STREAMONCE_CHECK(view.view_class == ViewClass::kRemembering || !view.select.unnest);
    STREAMONCE_CHECK(view.owner_attributes.empty() !=
                     (view.separation == Separation::kOwner || view.has_owner_option));
  }
}

std::string as_json(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

/// An item of `source` that has an attribute for each letter, of this type or that: the first has
/// the type at `shift`.
std::string item_of(const Source& source, std::size_t shift) {
  constexpr std::array<std::string_view, 12> kAttributes = {
      R"({"S":"a#\u00e4 \"7\""})",
      R"({"N":"-12.50"})",
      R"({"B":"AQI="})",
      R"({"BOOL":true})",
      R"({"NULL":true})",
      R"({"SS":["x","y"]})",
      R"({"NS":["1","2"]})",
      R"({"BS":["AQ=="]})",
      R"({"L":[{"S":"x"},{"M":{"b":{"N":"1"}}}]})",
      R"({"M":{"b":{"L":[{"S":"y"}]},"z":{"S":"q"}}})",
      R"({"S":"2026-11-21T00:44:22.5Z"})",
      R"({"N":"3"})"};
  std::string item = "{" + as_json(source.key.front()) + R"(:{"S":"k#1"})";
  for (char letter = 'a'; letter <= 'z'; ++letter, ++shift) {
    const std::string name(1, letter);
    if (std::find(source.key.begin(), source.key.end(), name) != source.key.end()) continue;
    item.append(",").append(as_json(name)).append(":");
    item += kAttributes[shift % kAttributes.size()];
  }
  return item + "}";
}

/// What a view has, as a text.
std::string text_of(const Derived& derived) {
  std::string text;
  for (const Row& row : derived.rows) text.append(row.keys_json).append(row.image_json);
  for (const Group& group : derived.groups) {
    text += group.keys_json;
    for (const Decimal& amount : group.amounts) append_plain(text, amount);
  }
  return text;
}

void check_derived(const View& view, const Derived& derived) {
  const bool is_grouped = view.separation == Separation::kGroups;
  STREAMONCE_CHECK(is_grouped ? derived.rows.empty() : derived.groups.empty());
  STREAMONCE_CHECK(std::max(derived.rows.size(), derived.groups.size()) <= kRowsMax);
  for (const Row& row : derived.rows) {
    STREAMONCE_CHECK(row.key != nullptr && nlohmann::json::accept(row.keys_json));
    STREAMONCE_CHECK((row.effect == Row::Effect::kPut) == !row.image_json.empty());
    if (row.effect == Row::Effect::kPut) STREAMONCE_CHECK(nlohmann::json::accept(row.image_json));
  }
  for (const Group& group : derived.groups) {
    STREAMONCE_CHECK(group.key != nullptr && nlohmann::json::accept(group.keys_json));
    STREAMONCE_CHECK(group.amounts.size() == derived.amount_names.size());
  }
}

void check_rows(Views views, std::size_t shift) {
  Deriver deriver(std::move(views));
  for (std::size_t i = 0; i < deriver.views().views.size(); ++i) {
    const Source& source = deriver.views().sources[deriver.views().views[i].source];
    events::Change change;
    std::string keys;
    for (const std::string& name : source.key) {
      const events::KeyAttribute attribute{
          .name = name, .type = events::KeyType::kString, .value = "k#1"};
      STREAMONCE_CHECK(change.key.add(attribute).has_value());
      keys.append(keys.empty() ? "{" : ",").append(as_json(name)).append(R"(:{"S":"k#1"})");
    }
    keys += '}';
    const std::string image = item_of(source, shift);
    change.keys_json = keys;
    change.image_json = image;
    std::pmr::monotonic_buffer_resource arena;
    const Result<Derived> derived = deriver.derive_all(i, change, arena);
    const Result<Derived> again = deriver.derive_all(i, change, arena);
    STREAMONCE_CHECK(derived.has_value() == again.has_value());
    if (!derived) {
      STREAMONCE_CHECK(derived.error().message == again.error().message);
      continue;
    }
    STREAMONCE_CHECK(text_of(*derived) == text_of(*again));
    check_derived(deriver.views().views[i], *derived);
  }
}

void check_text_of(std::string_view text) {
  const ReadScript read = read_script(text);
  check_faults(read.faults, text);
  if (read.faults.empty()) check_printed(read.script);
  const CheckedViews checked = check_text(text);
  check_faults(checked.faults, text);
  check_faults(checked.warnings, text);
  STREAMONCE_CHECK(checked.faults.size() >= std::min(read.faults.size(), kFaultsMax));
  if (checked.faults.empty()) {
    check_views(checked.views);
    check_rows(checked.views, text.size());
  }
  // It has no state.
  STREAMONCE_CHECK(lines_of(checked.faults) == lines_of(check_text(text).faults));
}

}  // namespace
}  // namespace streamonce::handler::views

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::handler::views::check_text_of({reinterpret_cast<const char*>(data), size});
  return 0;
}
