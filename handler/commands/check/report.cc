#include "handler/commands/check/report.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "handler/commands/check/lines.h"
#include "handler/commands/check/marks.h"
#include "handler/commands/check/permissions.h"
#include "handler/commands/check/prices.h"
#include "handler/commands/check/viewed.h"

namespace streamonce::handler::check {
namespace {

using views::Separation;
using views::View;

/// How many changes of one group go into one transaction: all its actions but one are marks.
constexpr std::size_t kChangesOfGroupMax = 99;

/// `$2.50`
std::string price_of_million(std::uint64_t units, std::uint64_t price = kPriceOfMillion) {
  return "$" + dollars_of_million(units, price);
}

std::string key_text(const std::vector<std::string>& key) {
  std::string text = "partition key " + key.front();
  if (key.size() > 1) text += ", sort key " + key.back();
  return text;
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

std::string cost_text(const Report& report, const View& view) {
  if (report.settings.settings.marks.are_in_items()) return row_cost_text();
  const std::string units = std::to_string(kUnitsOfItem) + " write request units";
  const std::string both = std::to_string(2 * kUnitsOfItem);
  if (view.separation == Separation::kGroups)
    return units + " for each group whose amounts change, shared by up to " +
           std::to_string(kChangesOfGroupMax) +
           " changes of the group that go into one transaction, fewer where other views have rows "
           "of them";
  if (view.select.unnest != nullptr)
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
  append_line(text, "one change", cost_text(report, view));
}

std::string source_cost_text(const Report& report, std::size_t source) {
  if (report.settings.settings.marks.are_in_items()) return item_cost_text(/*has_views=*/true);
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
  if (ledger.empty()) return text;
  const bool are_in_items = report.settings.settings.marks.are_in_items();
  return text +
         (are_in_items ? "; marks in it, and of what is gone in the table "
                       : "; marks in the table ") +
         ledger;
}

std::string mirror_text(const Report& report) {
  const bool is_sqlite = report.settings.settings.target.kind == TargetKind::kSqlite;
  std::string text;
  if (!is_sqlite) append_line(text, "permissions", permissions_text(report));
  text += "\nno views: the target is a mirror, each item as it is in the source" +
          std::string(report.settings.settings.marks.are_in_items() ? ", with its mark" : "") +
          "\n";
  if (is_sqlite) return text;
  append_line(
      text, "one change",
      report.settings.settings.marks.are_in_items()
          ? item_cost_text(/*has_views=*/false)
          : "of 1 KB: one transaction of 4 write request units: 2 for the mark, 2 for the item; " +
                price_of_million(2 * kUnitsOfItem) +
                " for a million changes, at $0.625 for a million units");
  return text + marks_text(report);
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
  if (tells_marks(report)) text += marks_text(report);
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

}  // namespace streamonce::handler::check
