#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/commands/check/marks.h"
#include "handler/commands/check/prices.h"
#include "handler/commands/check/report.h"
#include "handler/commands/check/viewed.h"
#include "runtime/base/json_text.h"

namespace streamonce::handler::check {
namespace {

using views::Separation;
using views::View;

void append_name(std::string& json, std::string_view name) {
  if (!json.ends_with('{')) json += ',';
  append_json_string(json, name);
  json += ':';
}

void append_text(std::string& json, std::string_view name, std::string_view text) {
  append_name(json, name);
  append_json_string(json, text);
}

void append_number(std::string& json, std::string_view name, std::uint64_t number) {
  append_name(json, name);
  json += std::to_string(number);
}

void append_bool(std::string& json, std::string_view name, bool value) {
  append_name(json, name);
  json += value ? "true" : "false";
}

void append_texts(std::string& json, std::string_view name, const std::vector<std::string>& texts) {
  append_name(json, name);
  json += '[';
  for (const std::string& text : texts) {
    if (!json.ends_with('[')) json += ',';
    append_json_string(json, text);
  }
  json += ']';
}

std::string_view separation_name(Separation separation) {
  switch (separation) {
    case Separation::kItemKey:
      return "itemKey";
    case Separation::kKeyHolds:
      return "keyHolds";
    case Separation::kOwner:
      return "owner";
    case Separation::kGroups:
      break;
  }
  return "groups";
}

void append_options(std::string& json, const View& view) {
  append_name(json, "options");
  json += '{';
  if (view.keeps_deleted)
    append_text(json, "deletes", "keep");
  else if (view.keeps_expired)
    append_text(json, "expiry", "keep");
  if (const std::string events = events_text(view); !events.empty())
    append_text(json, "events", events);
  if (view.has_owner_option) append_text(json, "owner", view.owner_attributes.front());
  if (view.spread > 0) append_number(json, "spread", view.spread);
  json += '}';
}

void append_view_json(std::string& json, const Report& report, std::size_t place) {
  const views::Views& all = report.file.views;
  const View& view = all.views[place];
  json += json.ends_with('[') ? "{" : ",{";
  append_text(json, "name", view.name);
  append_number(json, "line", view.place.line);
  append_number(json, "column", view.place.column);
  append_text(json, "source", all.sources[view.source].name);
  append_text(json, "class", is_direct(view) ? "direct" : "remembering");
  if (!is_direct(view)) {
    append_text(json, "reason", why_it_remembers(all, view));
    append_text(json, "remembers",
                view.separation == Separation::kGroups ? "groupsAndAmounts" : "rowKeys");
  }
  append_text(json, "table", report.file.view_tables[place]);
  append_texts(json, "key", view.key);
  append_text(json, "separation", separation_name(view.separation));
  append_texts(json, "ownerAttributes", view.owner_attributes);
  append_options(json, view);
  append_number(json, "writeUnits", kUnitsOfItem);
  append_number(json, "updateWriteUnits",
                report.settings.settings.marks.are_in_items() ? kUnitsOfPut : kUnitsOfItem);
  json += '}';
}

void append_views_json(std::string& json, const Report& report) {
  const views::Views& all = report.file.views;
  append_name(json, "sources");
  json += '[';
  for (std::size_t i = 0; i < report.file.source_tables.size(); ++i) {
    json += json.ends_with('[') ? "{" : ",{";
    append_text(json, "name", all.sources[i].name);
    append_text(json, "table", report.file.source_tables[i]);
    append_texts(json, "key", all.sources[i].key);
    append_number(json, "writeUnits", units_of_source(report, i));
    append_number(json, "updateWriteUnits", update_units_of_source(report, i));
    append_number(json, "readUnits", remembers(report, i) ? kUnitsOfRead : 0);
    json += '}';
  }
  json += ']';
  append_name(json, "views");
  json += '[';
  for (std::size_t i = 0; i < report.file.view_tables.size(); ++i)
    append_view_json(json, report, i);
  json += ']';
}

/// `{"writeUnits":1.6,"dollarsOfMillion":1.00}`
void append_price(std::string& json, std::string_view name, std::uint64_t tenths) {
  append_name(json, name);
  json.append(R"({"writeUnits":)").append(std::to_string(tenths / 10));
  if (tenths % 10 != 0) json.append(".").append(std::to_string(tenths % 10));
  json.append(R"(,"dollarsOfMillion":)").append(dollars_of_million_tenths(tenths)).append("}");
}

std::string_view marks_name(MarksIn in) {
  return in == MarksIn::kItem ? "item" : "ledger";
}

void append_marks_json(std::string& json, const Report& report) {
  const MarkSettings& marks = report.settings.settings.marks;
  append_name(json, "marks");
  json += '{';
  append_text(json, "in", marks_name(marks.in));
  if (marks.are_in_items()) {
    append_text(json, "versionAttribute", marks.version_attribute);
    append_bool(json, "adopts", marks.adopts_items);
  }
  if (const std::string why = why_ledger_only(report); !why.empty()) {
    append_text(json, "ledgerOnlySince", why);
    json += '}';
    return;
  }
  append_name(json, "choices");
  json += '[';
  for (const MarkPrice& price : mark_prices()) {
    json += json.ends_with('[') ? "{" : ",{";
    append_text(json, "in", marks_name(price.in));
    append_price(json, "insert", price.insert);
    append_price(json, "update", price.update);
    append_price(json, "removal", price.removal);
    append_price(json, "mostlyUpdates", price.mostly_updates);
    json += '}';
  }
  json += "]}";
}

}  // namespace

std::string to_json(const Report& report) {
  std::string json = "{";
  const Settings& settings = report.settings.settings;
  append_text(json, "target",
              !report.settings.has_target                   ? "none"
              : settings.target.kind == TargetKind::kSqlite ? "sqlite"
                                                            : "dynamodb");
  for (const auto& [name, value] :
       {std::pair("account", &settings.account), std::pair("region", &settings.region),
        std::pair("role", &settings.role.arn), std::pair("streamRole", &settings.stream_role.arn)})
    if (!value->empty()) append_text(json, name, *value);
  if (settings.images == ImagesFrom::kFetch) append_text(json, "images", "fetch");
  append_bool(json, "isMirror", !report.has_views);
  if (tells_marks(report)) append_marks_json(json, report);
  append_views_json(json, report);
  append_texts(json, "warnings", report.file.warnings);
  append_texts(json, "toBeSet", report.absent);
  append_texts(json, "faults", report.faults);
  return json + "}\n";
}

}  // namespace streamonce::handler::check
