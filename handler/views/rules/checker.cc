#include "handler/views/rules/checker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "handler/views/language/reader.h"
#include "handler/views/language/refusals.h"
#include "handler/views/language/report.h"
#include "handler/views/rules/view_checker.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

class ScriptChecker {
 public:
  explicit ScriptChecker(ReadScript read) : read_(std::move(read)) {}

  CheckedViews check();

 private:
  void take_sources();
  void take_source(const SourceStatement& statement);
  void check_view(const ViewStatement& statement);
  const Source* find_source(const Name& name) const;
  void refuse_unknown_source(const Select& select);
  bool is_taken(const Name& name, std::string_view what);
  void check_use();

  const ReadScript read_;
  Views views_;
  Report report_;
};

CheckedViews ScriptChecker::check() {
  views_.memory = read_.script.memory;
  views_.views.reserve(std::min(read_.script.statements.size(), kViewsMax));
  take_sources();
  for (const Statement& statement : read_.script.statements) {
    const auto* view = std::get_if<ViewStatement>(&statement);
    if (view == nullptr) continue;
    if (views_.views.size() == kViewsMax) {
      report_.fault(
          view->place,
          "found more than " + std::to_string(kViewsMax) +
              " views: make a second views.sql, and a second pipeline with a name of its own");
      break;
    }
    check_view(*view);
  }
  if (read_.faults.empty()) check_use();
  for (const Fault& fault : read_.faults) report_.faults.push_back(fault);
  sort_by_place(report_.faults);
  sort_by_place(report_.warnings);
  return {std::move(views_), std::move(report_.faults), std::move(report_.warnings)};
}

/// Sources may stand behind the views that are made of them.
void ScriptChecker::take_sources() {
  for (const Statement& statement : read_.script.statements) {
    const auto* source = std::get_if<SourceStatement>(&statement);
    if (source == nullptr) continue;
    if (views_.sources.size() == kViewsMax) {
      report_.fault(source->place,
                    "found more than " + std::to_string(kViewsMax) + " sources: expected fewer");
      return;
    }
    take_source(*source);
  }
}

void ScriptChecker::take_source(const SourceStatement& statement) {
  Source source{.name = std::string(statement.name.text), .key = {}, .place = statement.place};
  for (const Name& name : statement.key) source.key.emplace_back(name.text);
  if (source.key.size() == 2 && source.key[0] == source.key[1])
    report_.fault(statement.key[1].place, "found " + quoted_excerpt(source.key[1]) +
                                              " twice in KEY: expected the key attributes of the "
                                              "source's table");
  if (!is_taken(statement.name, "source")) views_.sources.push_back(std::move(source));
}

void ScriptChecker::check_view(const ViewStatement& statement) {
  is_taken(statement.name, "view");
  const Source* const source = find_source(statement.select.source);
  if (source == nullptr) refuse_unknown_source(statement.select);
  View view;
  if (source != nullptr) view.source = static_cast<std::size_t>(source - views_.sources.data());
  ViewChecker(statement, views_.sources, source, report_).check(view);
  const auto others = std::count_if(
      views_.views.begin(), views_.views.end(),
      [&](const View& other) { return source != nullptr && other.source == view.source; });
  if (others == kViewsOfSourceMax)
    report_.fault(statement.place, "found more than " + std::to_string(kViewsOfSourceMax) +
                                       " views of one source, which one transaction has to write: "
                                       "make a second views.sql, and a second pipeline with a name "
                                       "of its own");
  view.select = statement.select;
  views_.views.push_back(std::move(view));
}

const Source* ScriptChecker::find_source(const Name& name) const {
  for (const Source& source : views_.sources)
    if (source.name == name.text) return &source;
  return nullptr;
}

void ScriptChecker::refuse_unknown_source(const Select& select) {
  const std::string_view name = select.source.text;
  const std::string found = "found " + quoted_excerpt(name) + ", which is no source";
  for (const Statement& statement : read_.script.statements) {
    const auto* view = std::get_if<ViewStatement>(&statement);
    if (view == nullptr || view->name.text != name) continue;
    report_.fault(select.source.place,
                  found +
                      ", but a view: a view is made from a source; write this one over the "
                      "source of that");
    return;
  }
  // It may be the one that could not be read.
  if (read_.lacks_sources) return;
  Suggestion suggestion(name);
  for (const Source& source : views_.sources) suggestion.consider(source.name);
  const std::string nearest = suggestion.text();
  report_.fault(
      select.source.place,
      found + (nearest.empty() ? ": expected a name that has a CREATE SOURCE " +
                                     without_control_characters(name) + " KEY (..); of its own"
                               : nearest));
}

/// Whether a source or a view before has this name, which is told.
bool ScriptChecker::is_taken(const Name& name, std::string_view what) {
  const bool is_source = find_source(name) != nullptr;
  const bool is_view = std::any_of(views_.views.begin(), views_.views.end(),
                                   [&](const View& view) { return view.name == name.text; });
  if (!is_source && !is_view) return false;
  const std::string_view other = is_source ? "source" : "view";
  report_.fault(name.place, "found a " + std::string(what) + " with the name " +
                                quoted_excerpt(name.text) + ", which a " + std::string(other) +
                                " has: expected another name; the settings can name its table");
  return true;
}

void ScriptChecker::check_use() {
  if (views_.views.empty())
    report_.fault({}, "the text has no view: expected CREATE VIEW name AS SELECT * FROM source;");
  for (std::size_t i = 0; i < views_.sources.size(); ++i) {
    const bool is_used = std::any_of(views_.views.begin(), views_.views.end(),
                                     [&](const View& view) { return view.source == i; });
    if (!is_used && !views_.views.empty())
      report_.warn(views_.sources[i].place,
                   "no view is made from the source " + quoted_excerpt(views_.sources[i].name));
  }
}

}  // namespace

CheckedViews check(const Script& script) {
  ReadScript read;
  read.script = script;
  return ScriptChecker(std::move(read)).check();
}

CheckedViews check_text(std::string_view text) {
  return ScriptChecker(read_script(text)).check();
}

std::string describe(std::string_view file, const std::vector<Fault>& faults) {
  std::string out;
  for (const Fault& fault : faults) {
    out += file;
    out += ':' + std::to_string(fault.place.line) + ':' + std::to_string(fault.place.column) +
           ": " + without_control_characters(fault.message) + '\n';
  }
  return out;
}

}  // namespace streamonce::handler::views
