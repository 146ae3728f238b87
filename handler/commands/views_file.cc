#include "handler/commands/views_file.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "handler/config/dynamodb_tables.h"
#include "handler/views/language/syntax.h"
#include "handler/views/rules/classify.h"
#include "handler/views/rules/names.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/arn.h"
#include "runtime/base/file.h"
#include "runtime/base/payload.h"
#include "runtime/base/text.h"
#include "runtime/base/text_encoding.h"

namespace streamonce::handler {
namespace {

/// Whether the rows of a view have an attribute of that name from its text.
bool makes_attribute(const views::View& view, std::string_view name) {
  const auto& items = view.select.items;
  return std::find(view.key.begin(), view.key.end(), name) != view.key.end() ||
         std::any_of(items.begin(), items.end(), [name](const views::SelectItem& item) {
           return views::name_of(item) == name;
         });
}

/// How many faults a start is refused with; `check` tells them all.
constexpr std::size_t kFaultsToldMax = 100;

/// What the tables of this program and of SQLite itself begin with.
constexpr std::string_view kReservedStarts[] = {"_streamonce_", "sqlite_"};

/// `views.sql:3:14: ...`
std::string line_of(const std::string& path, views::Place place, std::string message) {
  std::string line = views::describe(path, {{.place = place, .message = std::move(message)}});
  line.pop_back();
  return line;
}

/// Finds the tables of the names, and what is wrong with them.
class Tables {
 public:
  Tables(const Settings& settings, ViewsFile& file) : settings_(settings), file_(file) {}

  void find() {
    for (const views::Source& source : file_.views.sources)
      file_.source_tables.push_back(table_of(source.name));
    for (const views::View& view : file_.views.views)
      file_.view_tables.push_back(table_of(view.name));
    file_.takes_any_table =
        file_.views.sources.size() == 1 && given(file_.views.sources.front().name) == nullptr;
    check_names();
    for (std::size_t i = 0; i < file_.view_tables.size(); ++i) check_view(i);
    check_sources();
    if (settings_.marks.are_in_items())
      for (std::size_t i = 0; i < file_.view_tables.size(); ++i) check_has_marks(i);
  }

 private:
  bool is_sqlite() const {
    return settings_.target.kind == TargetKind::kSqlite && !settings_.target.name.empty();
  }
  const NamedTable* given(std::string_view name) const {
    for (const NamedTable& each : settings_.tables.tables)
      if (each.name == name) return &each;
    return nullptr;
  }
  std::string table_of(const std::string& name) const {
    const NamedTable* const named = given(name);
    return named == nullptr ? name : named->table;
  }
  /// Whether both are one table of the target. SQLite takes upper for lower case.
  bool same_table(std::string_view a, std::string_view b) const {
    return is_sqlite() ? same_word(a, b) : a == b;
  }
  /// Tells what is wrong with the table of a view, at the place that names it.
  void add(const views::View& view, const std::string& table, const std::string& what) {
    std::string message = "the table of the view " + view.name + ", " + in_quotes(table) + ", ";
    message += what;
    file_.faults.push_back(given(view.name) != nullptr
                               ? settings_.tables.source + ": " + message
                               : line_of(settings_.views, view.place, std::move(message)));
  }

  void check_names() {
    for (const NamedTable& each : settings_.tables.tables) {
      const auto is_it = [&](const auto& named) { return named.name == each.name; };
      const std::vector<views::Source>& sources = file_.views.sources;
      const std::vector<views::View>& all_views = file_.views.views;
      if (std::any_of(sources.begin(), sources.end(), is_it) ||
          std::any_of(all_views.begin(), all_views.end(), is_it))
        continue;
      std::string known;
      for (const views::View& view : all_views) known.append(view.name).append(", ");
      for (const views::Source& source : sources) known.append(source.name).append(", ");
      known.resize(known.size() - 2);
      file_.faults.push_back(settings_.tables.source + ": " + in_quotes(each.name) +
                             " is no view and no source: expected one of " + known);
    }
  }

  void check_view(std::size_t place) {
    const views::View& view = file_.views.views[place];
    const std::string& table = file_.view_tables[place];
    if (is_sqlite() ? begins_as_arn(table) : !aws::is_table(table)) {
      add(view, table,
          is_sqlite()
              ? "is an ARN: expected the name of a table in the SQLite database"
              : "is no name of a DynamoDB table, which has 3 to 255 of a-z A-Z 0-9 _ - .: give it "
                "another "
                "one with STREAMONCE_TABLES or \"tables\" in the pipeline file");
      return;
    }
    if (!settings_.ledger.empty() && table == settings_.ledger)
      add(view, table, "is the ledger: expected another table");
    if (!is_sqlite()) check_place(place);
    for (const std::string_view reserved : kReservedStarts)
      if (is_sqlite() && same_word(std::string_view(table).substr(0, reserved.size()), reserved))
        add(view, table,
            "begins with " + std::string(reserved) +
                ", as tables do that are not for items: expected another name");
    for (std::size_t i = 0; i < place; ++i)
      if (same_table(table, file_.view_tables[i]))
        add(view, table,
            "is that of the view " + file_.views.views[i].name +
                " too: each view needs one of its own");
    for (std::size_t i = 0; i < file_.source_tables.size(); ++i)
      if (!is_sqlite() && table == file_.source_tables[i])
        add(view, table,
            "is that of the source " + file_.views.sources[i].name +
                ": a view that writes its own source would never come to an end");
  }

  /// Whether the table of a view is where the ledger is, or as long as there is none, where that of
  /// the first view is.
  void check_place(std::size_t place) {
    const std::string& table = file_.view_tables[place];
    const std::string& first = file_.view_tables.front();
    const std::string why =
        !settings_.ledger.empty() ? why_apart(table, settings_.ledger, "the ledger")
        : aws::is_table(first)
            ? why_apart(table, first, "the table of the view " + file_.views.views.front().name)
            : "";
    if (!why.empty()) add(file_.views.views[place], table, why);
  }

  /// Whether the rows of a view can have the marks of their items.
  void check_has_marks(std::size_t place) {
    const views::View& view = file_.views.views[place];
    std::string why = why_no_marks_in_items(file_.views, place);
    if (why.empty() && makes_attribute(view, settings_.marks.version_attribute))
      why = "makes the attribute " + in_quotes(settings_.marks.version_attribute) +
            ", which marks are to be kept in";
    if (why.empty()) return;
    file_.faults.push_back(line_of(settings_.views, view.place,
                                   "the view " + view.name +
                                       R"( cannot have "marks" in its items: it )" + why +
                                       R"(: set "marks" to "ledger", or leave it out)"));
  }

  void check_sources() {
    const std::vector<std::string>& tables = file_.source_tables;
    for (std::size_t i = 0; i < tables.size(); ++i)
      if (begins_as_arn(tables[i]))
        file_.faults.push_back(settings_.tables.source + ": " + in_quotes(tables[i]) +
                               " is an ARN, and " + file_.views.sources[i].name +
                               " a source: expected the name of its table, which is known again in "
                               "whatever account its stream is");
    for (std::size_t i = 0; i < tables.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (tables[i] == tables[j])
          file_.faults.push_back(settings_.tables.source + ": the sources " +
                                 file_.views.sources[j].name + " and " +
                                 file_.views.sources[i].name + " have one table, " +
                                 in_quotes(tables[i]) + ": expected two");
  }

  const Settings& settings_;
  ViewsFile& file_;
};

/// The most bytes of what is usual: so much comes from memory that the process has by now, where
/// kScriptBytesMax are mapped and given back, which costs a start more than to read the file.
constexpr std::size_t kScriptBytesUsual = 64UL * 1024;

/// @error as read_file()
Result<Payload> read_text(const std::string& path) {
  if (const std::optional<std::size_t> bytes = file_bytes(path);
      bytes && *bytes <= kScriptBytesUsual) {
    Payload text(kScriptBytesUsual);
    if (read_file(path, text)) return text;
    // It has grown, or cannot be read at all.
  }
  Payload text(views::kScriptBytesMax);
  STREAMONCE_TRY(read_file(path, text));
  return text;
}

Error faults_error(std::vector<std::string> faults) {
  const std::size_t count = faults.size();
  faults.resize(std::min(count, kFaultsToldMax));
  std::string message;
  for (const std::string& fault : faults) message.append(message.empty() ? "" : "\n").append(fault);
  if (count > faults.size())
    message += "\nand " + std::to_string(count - faults.size()) + " more: see bootstrap check";
  return invalid_argument(std::move(message));
}

}  // namespace

ViewsFile read_views_file(const Settings& settings) {
  const std::string& path = settings.views;
  ViewsFile file;
  const Result<Payload> read = read_text(path);
  if (!read) {
    file.faults.push_back(read.error().message);
    return file;
  }
  const std::string_view text = read->text();
  if (const std::string_view complaint = utf16_complaint(text); !complaint.empty()) {
    file.faults.push_back(path + ": " + std::string(complaint));
    return file;
  }
  views::CheckedViews checked = views::check_text(without_byte_order_mark(text));
  for (const views::Fault& fault : checked.faults)
    file.faults.push_back(line_of(path, fault.place, fault.message));
  for (const views::Fault& warning : checked.warnings)
    file.warnings.push_back(line_of(path, warning.place, warning.message));
  file.views = std::move(checked.views);
  if (file.faults.empty()) Tables(settings, file).find();
  return file;
}

std::string why_it_remembers(const views::Views& views, const views::View& view) {
  if (!view.select.group_by.empty())
    return "it adds up what many items have, so that each item's share must be known when it "
           "changes";
  if (view.select.unnest != nullptr)
    return "it makes several rows of one item, and how many of them there were must be known when "
           "it changes";
  const auto moving = views::moving_key(view.select, view.key, views.sources[view.source].key);
  if (!moving || moving->attribute.empty())
    return "its rows' keys may change, and where the old rows are must be known";
  std::string text = "its key attribute " + std::string(moving->name);
  if (moving->attribute != moving->name)
    text += " follows from " + std::string(moving->attribute) + ", which";
  return text + " may change: then the row has another key, and where the old one is must be known";
}

std::string why_no_marks_in_items(const views::Views& views, std::size_t place) {
  const views::View& view = views.views[place];
  if (view.view_class != views::ViewClass::kDirect)
    return "remembers something of each item, which has no place there";
  if (view.has_key) return "has a KEY, and only rows with the key of their item can have its mark";
  if (view.has_owner_option) return "has the option owner, and so rows that items could share";
  if (view.keeps_expired || view.keeps_deleted || !view.on_remove ||
      !views::follows_from_image(view))
    return "has options that leave rows as they are, whose marks would be left behind";
  for (std::size_t i = 0; i < views.views.size(); ++i)
    if (i != place && views.views[i].source == view.source)
      return "has the same source as the view " + views.views[i].name +
             ", so that each change is a transaction wherever its mark is";
  return {};
}

Result<std::unique_ptr<DerivedTables>> load_views(const Settings& settings) {
  ViewsFile file = read_views_file(settings);
  if (!file.faults.empty()) return faults_error(std::move(file.faults));
  return std::make_unique<DerivedTables>(std::move(file.views), std::move(file.source_tables),
                                         std::move(file.view_tables), file.takes_any_table);
}

}  // namespace streamonce::handler
