#include "handler/commands/check/report.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "runtime/base/arn.h"
#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::check {
namespace {

using views::Separation;
using views::View;
using views::ViewClass;

/// What an item of up to 1 KB takes in a transaction.
constexpr std::uint64_t kUnitsOfItem = 2;
/// What a consistent read of an entry of up to 4 KB takes.
constexpr std::uint64_t kUnitsOfRead = 1;
/// The prices of a million write and read request units, in thousandths of a dollar.
constexpr std::uint64_t kPriceOfMillion = 625;
constexpr std::uint64_t kReadPriceOfMillion = 125;
/// How many changes of one group go into one transaction: all its actions but one are marks.
constexpr std::size_t kChangesOfGroupMax = 99;

constexpr std::size_t kTextColumn = 16;
constexpr std::size_t kColumns = 100;

/// `$2.50`: the price of `units` for each of a million changes, rounded up to a cent.
std::string price_of_million(std::uint64_t units, std::uint64_t price = kPriceOfMillion) {
  const std::uint64_t cents = (units * price + 9) / 10;
  const std::string rest = std::to_string(cents % 100);
  return "$" + std::to_string(cents / 100) + (rest.size() == 1 ? ".0" : ".") + rest;
}

template <class Texts>
std::string joined(const Texts& texts, std::string_view between) {
  std::string all;
  for (const auto& text : texts) all.append(all.empty() ? "" : between).append(text);
  return all;
}

std::string key_text(const std::vector<std::string>& key) {
  std::string text = "partition key " + key.front();
  if (key.size() > 1) text += ", sort key " + key.back();
  return text;
}

bool is_direct(const View& view) {
  return view.view_class == ViewClass::kDirect;
}

/// How two items of the source are kept apart.
std::string separation_text(const View& view) {
  switch (view.separation) {
    case Separation::kItemKey:
      return "never have one row: the row has the item's own key";
    case Separation::kKeyHolds:
      return "never have one row: the row's key holds the whole key of the item";
    case Separation::kOwner:
      return "could have one row, so each row tells whose it is, in " +
             joined(view.owner_attributes, " and ") +
             ": a change that would write over another item's row fails, and says so";
    case Separation::kGroups:
      break;
  }
  return "of one group have one row, which adds up what they have";
}

/// The changes that concern the view, where those are not all.
std::string events_text(const View& view) {
  std::vector<std::string_view> events;
  if (view.on_insert) events.emplace_back("INSERT");
  if (view.on_modify) events.emplace_back("MODIFY");
  if (view.on_remove) events.emplace_back("REMOVE");
  return events.size() == 3 ? "" : joined(events, ",");
}

/// Each option as a sentence.
std::vector<std::string> option_texts(const View& view) {
  std::vector<std::string> texts;
  if (view.keeps_deleted)
    texts.emplace_back("deletes = 'keep': the row stays when its item is deleted or expires");
  else if (view.keeps_expired)
    texts.emplace_back(
        "expiry = 'keep': the row stays when its item expires by TTL; it goes when "
        "somebody deletes the item");
  if (const std::string events = events_text(view); !events.empty())
    texts.push_back("events = '" + events + "': any other change leaves the row as it is");
  if (!texts.empty())
    texts.emplace_back(
        "so the view depends on what was seen: a change that never came, or came too "
        "late, may leave another row than one that did");
  if (view.has_owner_option)
    texts.push_back("owner = '" + joined(view.owner_attributes, ",") +
                    "': each row has this attribute more, with the key of its item");
  if (view.spread > 0)
    texts.push_back("spread = '" + std::to_string(view.spread) +
                    "': each group is so many rows, which readers add up");
  return texts;
}

std::string cost_text(const View& view) {
  const std::string units = std::to_string(kUnitsOfItem) + " write request units";
  const std::string both = std::to_string(2 * kUnitsOfItem);
  if (view.separation == Separation::kGroups)
    return units + " for each group whose amounts change, shared by up to " +
           std::to_string(kChangesOfGroupMax) +
           " changes of the group that go into one transaction, fewer where other views have rows "
           "of them";
  if (view.select.unnest)
    return units + " for each row that the item has, and for each that it no longer has";
  if (is_direct(view)) return units + ", whether the row is put or removed";
  return units + ", whether the row is put or removed; " + both +
         " where it moves, which puts the new row and removes the old one";
}

/// What the ledger has of each item for `view`, which is a remembering one.
std::string_view memory_text(const View& view) {
  return view.separation == Separation::kGroups ? "the groups and amounts of each item"
                                                : "the keys of each item's rows";
}

/// Appends a label and its text, in lines of kColumns at most where the words let it.
void append_line(std::string& text, std::string_view label, std::string_view words) {
  text.append("  ").append(label).append(kTextColumn - 2 - label.size(), ' ');
  std::size_t column = kTextColumn;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (column + word.size() > kColumns && column > kTextColumn) {
      text.back() = '\n';
      text.append(kTextColumn, ' ');
      column = kTextColumn;
    }
    text.append(word).append(words.empty() ? "\n" : " ");
    column += word.size() + 1;
  }
}

std::string place_text(views::Place place) {
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

void append_view(std::string& text, const Report& report, std::size_t place) {
  const views::Views& all = report.file.views;
  const View& view = all.views[place];
  text += "\nview " + view.name + "  (" + report.settings.settings.views + ":" +
          place_text(view.place) + ")\n";
  if (is_direct(view)) {
    append_line(text, "direct",
                "where the row of an item is follows from the item's key, so that nothing "
                "has to be remembered");
  } else {
    append_line(text, "remembering", why_it_remembers(all, view));
    append_line(text, "remembers", memory_text(view));
  }
  append_line(text, "table", report.file.view_tables[place] + ", " + key_text(view.key));
  append_line(text, "two items", separation_text(view));
  for (const std::string& option : option_texts(view)) append_line(text, "option", option);
  append_line(text, "one change", cost_text(view));
}

/// The views of a source, as places.
std::vector<std::size_t> views_of(const Report& report, std::size_t source) {
  std::vector<std::size_t> places;
  const std::vector<View>& views = report.file.views.views;
  for (std::size_t i = 0; i < views.size(); ++i)
    if (views[i].source == source) places.push_back(i);
  return places;
}

/// Whether views of the source remember something of an item, so that its mark is read.
bool remembers(const Report& report, std::size_t source) {
  const std::vector<std::size_t> places = views_of(report, source);
  return std::any_of(places.begin(), places.end(),
                     [&](std::size_t i) { return !is_direct(report.file.views.views[i]); });
}

/// What a change of 1 KB takes that has one row, or one group of its own, in each view.
std::uint64_t units_of_source(const Report& report, std::size_t source) {
  return kUnitsOfItem * (1 + views_of(report, source).size());
}

std::string source_cost_text(const Report& report, std::size_t source) {
  const std::size_t views = views_of(report, source).size();
  const std::uint64_t units = units_of_source(report, source);
  const bool has_memory = remembers(report, source);
  std::string text =
      "of 1 KB: one transaction of " + std::to_string(units) + " write request units" +
      (has_memory ? ", where each view has one row or group that stays" : "") + ": 2 for the mark" +
      (has_memory ? " (and 2 for each further KB of what it remembers)" : "") + ", " +
      (views == 1 ? "2 for the view" : "2 for each of " + std::to_string(views) + " views") + "; " +
      price_of_million(units) + " for a million changes, at $0.625 for a million units";
  if (has_memory)
    text += "; and " + std::to_string(kUnitsOfRead) +
            " read request unit for each 4 KB of the mark, which is read; " +
            price_of_million(kUnitsOfRead, kReadPriceOfMillion) +
            " for a million changes, at $0.125 for a million units";
  return text;
}

void append_source(std::string& text, const Report& report, std::size_t place) {
  const views::Source& source = report.file.views.sources[place];
  text += "\nsource " + source.name + "\n";
  append_line(text, "table",
              (report.file.takes_any_table ? "any whose stream comes, as the only source"
                                           : report.file.source_tables[place]) +
                  ", " + key_text(source.key));
  if (views_of(report, place).empty())
    append_line(text, "one change", "concerns no view: nothing is done");
  else
    append_line(text, "one change", source_cost_text(report, place));
}

/// `words`, and the tables that they stand for where ARNs name these, so that a policy can be made
/// of them.
std::string with_arns(std::string words, const std::vector<std::string>& tables) {
  const bool are_arns = std::any_of(tables.begin(), tables.end(), begins_as_arn);
  return are_arns ? words.append(" (").append(joined(tables, ", ")).append(")") : words;
}

/// What who writes needs for the tables in DynamoDB.
std::string permissions_text(const Report& report) {
  const Settings& settings = report.settings.settings;
  const std::string ledger = with_arns("the ledger", {settings.ledger});
  const std::string written = report.has_views
                                  ? with_arns("the views' tables", report.file.view_tables)
                                  : with_arns("the target", {settings.target.name});
  std::string text = "dynamodb:PutItem and dynamodb:DeleteItem on " + written;
  if (report.has_views)
    text += "; dynamodb:PutItem and dynamodb:BatchGetItem on " + ledger;
  else
    text += "; dynamodb:PutItem on " + ledger + ", and dynamodb:BatchGetItem there for a dry run";
  std::string added;
  for (std::size_t i = 0; i < report.file.view_tables.size(); ++i)
    if (report.file.views.views[i].separation == Separation::kGroups)
      added.append(added.empty() ? "" : ", ").append(report.file.view_tables[i]);
  if (!added.empty()) text += "; dynamodb:UpdateItem on what adds up: " + added;
  if (!settings.role.arn.empty())
    text += "; all for the role, and sts:AssumeRole on it for whoever this program runs as";
  return text;
}

/// `ROLE, in sessions named NAME, with an external id`
std::string role_text(const RoleSettings& role, const Settings& settings) {
  return role.arn + ", in sessions named " + settings.session_name +
         (role.external_id.empty() ? "" : ", with an external id");
}

/// Where a DynamoDB target is, who writes it and reads streams, and where images come from.
void append_accounts(std::string& text, const Report& report) {
  const Settings& settings = report.settings.settings;
  if (!settings.region.empty())
    append_line(text, "account",
                (settings.account.empty() ? "that of the credentials" : settings.account) +
                    ", in the Region " + settings.region);
  if (!settings.role.arn.empty()) append_line(text, "role", role_text(settings.role, settings));
  if (!settings.stream_role.arn.empty())
    append_line(text, "stream's role",
                role_text(settings.stream_role, settings) +
                    "; it needs dynamodb:GetShardIterator and dynamodb:GetRecords on the stream" +
                    (settings.images == ImagesFrom::kFetch
                         ? ", and dynamodb:BatchGetItem on the source's table"
                         : ""));
  if (settings.images == ImagesFrom::kFetch)
    append_line(text, "images",
                "fetched where the stream leaves them out, by a consistent read of the source's "
                "table, on which dynamodb:BatchGetItem is needed: " +
                    std::to_string(kUnitsOfRead) +
                    " read request unit for each 4 KB of each item of a batch; " +
                    price_of_million(kUnitsOfRead, kReadPriceOfMillion) +
                    " for a million items of up to 4 KB, at $0.125 for a million units");
}

/// The pipeline's name, on which it depends whose marks are its own.
std::string name_text(const Settings& settings) {
  return (settings.name.empty() ? "that of each change's source table, by default"
                                : settings.name) +
         ": two pipelines on one ledger need two names (\"name\" in the pipeline file), or each "
         "takes "
         "the other's marks for its own";
}

std::string target_text(const Report& report) {
  if (!report.settings.has_target) return "none yet";
  const TargetName& target = report.settings.settings.target;
  if (target.kind == TargetKind::kSqlite) return "the SQLite database " + target.name;
  std::string text =
      target.name.empty() ? "DynamoDB, a table for each view" : "the DynamoDB table " + target.name;
  const std::string& ledger = report.settings.settings.ledger;
  return text + (ledger.empty() ? "" : "; marks in the table " + ledger);
}

std::string mirror_text(const Report& report) {
  const bool is_sqlite = report.settings.settings.target.kind == TargetKind::kSqlite;
  std::string text;
  if (!is_sqlite) append_line(text, "permissions", permissions_text(report));
  text += "\nno views: the target is a mirror, each item as it is in the source\n";
  if (is_sqlite) return text;
  append_line(
      text, "one change",
      "of 1 KB: one transaction of 4 write request units: 2 for the mark, 2 for the item; " +
          price_of_million(2 * kUnitsOfItem) +
          " for a million changes, at $0.625 for a million units");
  return text;
}

// The members of a JSON object.

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
    append_number(json, "writeUnits", views_of(report, i).empty() ? 0 : units_of_source(report, i));
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

}  // namespace

Report make_report(CheckedSettings settings, ViewsFile file) {
  Report report;
  for (const SettingFault& fault : settings.faults)
    (fault.is_absence ? report.absent : report.faults).push_back(fault.message);
  report.has_views = !settings.settings.views.empty();
  report.settings = std::move(settings);
  // Without anything that is set there is nothing that could be meant.
  if (!report.has_views && !report.settings.has_target && !report.settings.has_file &&
      report.faults.empty())
    report.faults = std::move(report.absent);
  for (std::string& fault : file.faults) report.faults.push_back(std::move(fault));
  if (file.faults.empty()) {
    report.file = std::move(file);
  } else {
    report.file.warnings = std::move(file.warnings);
  }
  return report;
}

std::string to_text(const Report& report) {
  if (report.file.view_tables.empty() && !report.faults.empty()) return {};
  std::string text = "target  " + target_text(report) + "\n";
  append_accounts(text, report);
  if (!report.has_views) return text + mirror_text(report);
  append_line(text, "name", name_text(report.settings.settings));
  if (report.settings.settings.target.kind == TargetKind::kDynamoDb || !report.settings.has_target)
    append_line(text, "permissions", permissions_text(report));
  for (std::size_t source = 0; source < report.file.source_tables.size(); ++source) {
    append_source(text, report, source);
    for (const std::size_t view : views_of(report, source)) append_view(text, report, view);
  }
  return text;
}

std::string complaints(const Report& report) {
  std::string text;
  for (const std::string& warning : report.file.warnings) text += "warning: " + warning + "\n";
  for (const std::string& absent : report.absent) text += "to be set: " + absent + "\n";
  for (const std::string& fault : report.faults) text += "bootstrap: " + fault + "\n";
  return text;
}

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
  append_views_json(json, report);
  append_texts(json, "warnings", report.file.warnings);
  append_texts(json, "toBeSet", report.absent);
  append_texts(json, "faults", report.faults);
  return json + "}\n";
}

}  // namespace streamonce::handler::check
