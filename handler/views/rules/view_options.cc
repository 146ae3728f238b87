#include "handler/views/rules/view_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "handler/views/language/refusals.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

constexpr std::array<std::string_view, 5> kOptions{"expiry", "deletes", "events", "owner",
                                                   "spread"};

std::string found_value(const ViewOption& option) {
  return "found " + quoted_excerpt(option.value) + " for the option " +
         std::string(option.name.text) + ": ";
}

void read_keep(const ViewOption& option, View& view, Report& report) {
  if (option.value != "keep") {
    report.fault(option.value_place,
                 found_value(option) + "expected 'keep', or leave the option out");
  }
  view.keeps_expired = true;
  if (option.name.text == "deletes") view.keeps_deleted = true;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

void read_events(const ViewOption& option, View& view, Report& report) {
  view.on_insert = view.on_modify = view.on_remove = false;
  std::string_view rest = option.value;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    const std::string_view event = without_blanks(rest.substr(0, comma));
    bool* const on = event == "INSERT"   ? &view.on_insert
                     : event == "MODIFY" ? &view.on_modify
                     : event == "REMOVE" ? &view.on_remove
                                         : nullptr;
    if (on == nullptr || *on) {
      report.fault(option.value_place, found_value(option) +
                                           "expected INSERT, MODIFY and REMOVE, each once at most, "
                                           "with commas between them: 'INSERT,MODIFY'");
      return;
    }
    *on = true;
    if (more) rest.remove_prefix(comma + 1);
  }
  if (!view.on_insert && !view.on_modify)
    report.warn(option.value_place, "the view has no row, ever: rows come with INSERT and MODIFY");
}

void read_owner(const ViewOption& option, View& view, Report& report) {
  if (option.value.empty())
    report.fault(option.value_place,
                 found_value(option) + "expected the name of an attribute that the row is to have");
  view.has_owner_option = true;
  view.owner_attributes = {std::string(option.value)};
}

void read_spread(const ViewOption& option, View& view, Report& report) {
  const std::string_view text = option.value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), view.spread);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (is_number && view.spread >= kSpreadLeast && view.spread <= kSpreadMost) return;
  report.fault(option.value_place, found_value(option) + "expected a number from '" +
                                       std::to_string(kSpreadLeast) + "' to '" +
                                       std::to_string(kSpreadMost) + "'");
  view.spread = kSpreadLeast;
}

void refuse_unknown(const ViewOption& option, Report& report) {
  Suggestion suggestion(option.name.text);
  for (const std::string_view each : kOptions) suggestion.consider(each);
  const std::string nearest = suggestion.text();
  report.fault(
      option.name.place,
      "found " + quoted_excerpt(option.name.text) + ", which is no option" +
          (nearest.empty() ? "; there are expiry, deletes, events, owner and spread" : nearest));
}

}  // namespace

void read_options(std::span<const ViewOption> options, View& view, Report& report) {
  for (auto option = options.begin(); option != options.end(); ++option) {
    const std::string_view name = option->name.text;
    if (std::any_of(options.begin(), option,
                    [&](const ViewOption& each) { return each.name.text == name; })) {
      report.fault(option->name.place,
                   "found the option " + quoted_excerpt(name) + " for the second time");
      continue;
    }
    if (name == "expiry" || name == "deletes")
      read_keep(*option, view, report);
    else if (name == "events")
      read_events(*option, view, report);
    else if (name == "owner")
      read_owner(*option, view, report);
    else if (name == "spread")
      read_spread(*option, view, report);
    else
      refuse_unknown(*option, report);
  }
}

}  // namespace streamonce::handler::views
