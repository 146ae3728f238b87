// tests/fuzz/views_fuzz.cc: the text of a views.sql. What must hold:
//
//   the reader   takes any bytes; its faults stand in order, lie in the text and say something
//   the printer  of a text without faults, gives one that is read to the same tree, and printed
//                as it is
//   the checker  takes any tree, tells all of the reader's faults and none beyond the text's end;
//                what it lets pass is whole: each view has a source, a key, and a way to keep two
//                items apart

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "handler/views/checker.h"
#include "handler/views/printer.h"
#include "handler/views/reader.h"
#include "handler/views/report.h"
#include "runtime/base/check.h"
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

void check_text_of(std::string_view text) {
  const ReadScript read = read_script(text);
  check_faults(read.faults, text);
  if (read.faults.empty()) check_printed(read.script);
  const CheckedViews checked = check_text(text);
  check_faults(checked.faults, text);
  check_faults(checked.warnings, text);
  STREAMONCE_CHECK(checked.faults.size() >= std::min(read.faults.size(), kFaultsMax));
  if (checked.faults.empty()) check_views(checked.views);
  // It has no state.
  STREAMONCE_CHECK(lines_of(checked.faults) == lines_of(check_text(text).faults));
}

}  // namespace
}  // namespace streamonce::handler::views

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::handler::views::check_text_of({reinterpret_cast<const char*>(data), size});
  return 0;
}
