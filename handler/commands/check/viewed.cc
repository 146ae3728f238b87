#include "handler/commands/check/viewed.h"

#include <algorithm>
#include <string_view>

#include "handler/commands/check/lines.h"
#include "handler/commands/check/prices.h"

namespace streamonce::handler::check {

bool is_direct(const views::View& view) {
  return view.view_class == views::ViewClass::kDirect;
}

std::string events_text(const views::View& view) {
  std::vector<std::string_view> events;
  if (view.on_insert) events.emplace_back("INSERT");
  if (view.on_modify) events.emplace_back("MODIFY");
  if (view.on_remove) events.emplace_back("REMOVE");
  return events.size() == 3 ? "" : joined(events, ",");
}

std::vector<std::size_t> views_of(const Report& report, std::size_t source) {
  std::vector<std::size_t> places;
  const std::vector<views::View>& views = report.file.views.views;
  for (std::size_t i = 0; i < views.size(); ++i)
    if (views[i].source == source) places.push_back(i);
  return places;
}

bool remembers(const Report& report, std::size_t source) {
  const std::vector<std::size_t> places = views_of(report, source);
  return std::any_of(places.begin(), places.end(),
                     [&](std::size_t i) { return !is_direct(report.file.views.views[i]); });
}

std::uint64_t units_of_source(const Report& report, std::size_t source) {
  const std::size_t views = views_of(report, source).size();
  return views == 0 ? 0 : kUnitsOfItem * (1 + views);
}

std::uint64_t update_units_of_source(const Report& report, std::size_t source) {
  const std::uint64_t units = units_of_source(report, source);
  return units > 0 && report.settings.settings.marks.are_in_items() ? kUnitsOfPut : units;
}

}  // namespace streamonce::handler::check
