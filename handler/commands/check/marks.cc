#include "handler/commands/check/marks.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "handler/commands/check/lines.h"
#include "handler/commands/check/prices.h"

namespace streamonce::handler::check {
namespace {

/// The columns of the table of prices: of the choice, and of each kind of change.
constexpr std::size_t kChoiceColumns = 9;
constexpr std::size_t kPriceColumns = 14;
constexpr std::size_t kUnitColumns = 4;

void append_padded(std::string& text, std::string_view words, std::size_t columns) {
  text.append(words).append(columns > words.size() ? columns - words.size() : 0, ' ');
}

void end_row(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

/// `4` or `1.6`
std::string units_text(std::uint64_t tenths) {
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
  return text;
}

void append_choice(std::string& text, const MarkPrice& price) {
  text.append(kTextColumn, ' ');
  append_padded(text, price.in == MarksIn::kItem ? "item" : "ledger", kChoiceColumns);
  for (const std::uint64_t tenths :
       {price.insert, price.update, price.removal, price.mostly_updates}) {
    std::string cell;
    append_padded(cell, units_text(tenths), kUnitColumns);
    append_padded(text, cell + "$" + dollars_of_million_tenths(tenths), kPriceColumns);
  }
  end_row(text);
}

void append_choices(std::string& text) {
  append_line(text, "both choices",
              "of \"marks\": write request units of a change of 1 KB, and the price of a million "
              "of them, at $0.625 for a million units:");
  text.append(kTextColumn + kChoiceColumns, ' ');
  const std::string mixed = std::to_string(10 * kUpdatesOfTen) + "% updates";
  for (const std::string_view kind : {"insert", "update", "removal"})
    append_padded(text, kind, kPriceColumns);
  append_padded(text, mixed, kPriceColumns);
  end_row(text);
  for (const MarkPrice& price : mark_prices()) append_choice(text, price);
}

}  // namespace

bool tells_marks(const Report& report) {
  const CheckedSettings& settings = report.settings;
  if (settings.has_target && settings.settings.target.kind == TargetKind::kSqlite) return false;
  return !report.has_views || !report.file.view_tables.empty();
}

std::string why_ledger_only(const Report& report) {
  for (std::size_t i = 0; i < report.file.view_tables.size(); ++i) {
    const std::string why = why_no_marks_in_items(report.file.views, i);
    if (!why.empty()) return "the view " + report.file.views.views[i].name + " " + why;
  }
  return {};
}

std::string marks_text(const Report& report) {
  const MarkSettings& marks = report.settings.settings.marks;
  std::string text;
  if (marks.are_in_items()) {
    append_line(text, "marks",
                "in the items, each in the attribute " + marks.version_attribute +
                    ", and of items that are gone in the ledger" +
                    (marks.adopts_items ? "; items without one, at the start, are adopted: what "
                                          "they are is taken for older than the stream"
                                        : ""));
  } else if (const std::string why = why_ledger_only(report); !why.empty()) {
    append_line(text, "marks", "in the ledger, where alone they can be: " + why);
    return text;
  } else {
    append_line(
        text, "marks",
        "in the ledger; in the items (\"marks\": \"item\") they cost less where many changes "
        "are updates, and readers see one attribute more");
  }
  append_choices(text);
  return text;
}

std::string item_cost_text(bool has_views) {
  const std::string put = std::to_string(kUnitsOfPut);
  const std::string transaction = std::to_string(2 * kUnitsOfItem);
  return "of 1 KB: an update is one put of " + put +
         " write request unit; an insert or a removal is one transaction of " + transaction +
         ": 2 for the item, 2 for the ledger; an update of what is not there, or has no mark yet, "
         "is both, of " +
         std::to_string(kUnitsOfPut + 2 * kUnitsOfItem) +
         (has_views
              ? "; one that a view's WHERE leaves out is a mark in the ledger, of " + transaction
              : std::string());
}

std::string row_cost_text() {
  return std::to_string(kUnitsOfPut) + " write request unit where the row is put over itself; " +
         std::to_string(kUnitsOfItem) + " where it comes or goes";
}

}  // namespace streamonce::handler::check
