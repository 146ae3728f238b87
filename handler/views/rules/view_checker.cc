#include "handler/views/rules/view_checker.h"

#include <algorithm>
#include <span>
#include <utility>

#include "handler/views/language/printer.h"
#include "handler/views/language/refusals.h"
#include "handler/views/rules/classify.h"
#include "handler/views/rules/names.h"
#include "handler/views/rules/static_type.h"
#include "handler/views/rules/view_options.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

/// The most bytes of a key attribute's name. Source: DynamoDB naming rules.
constexpr std::size_t kKeyNameBytesMax = 255;

/// `"a"` or `"a" and "b"`, with other words than `and` between them.
std::string listed(const std::vector<std::string>& names, std::string_view between) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += between;
    out += quoted_excerpt(name);
  }
  return out;
}

bool has_aggregate(const Expression& expression) {
  return is_aggregate(expression) ||
         std::any_of(expression.operands.begin(), expression.operands.end(), has_aggregate);
}

bool is_name(const Expression& expression, std::string_view name) {
  return expression.kind == ExpressionKind::kPath && expression.path.size() == 1 &&
         expression.path.front().name == name;
}

std::vector<std::string> texts_of(std::span<const Name> names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const Name& name : names) texts.emplace_back(name.text);
  return texts;
}

}  // namespace

ViewChecker::ViewChecker(const ViewStatement& statement, const std::vector<Source>& sources,
                         const Source* source, Report& report)
    : statement_(statement),
      select_(statement.select),
      sources_(sources),
      source_(source),
      report_(report),
      expressions_(statement.select, report) {}

void ViewChecker::check(View& view) {
  const std::size_t faults_before = report_.faults.size();
  view.name = statement_.name.text;
  view.place = statement_.place;
  view.has_key = !statement_.key.empty();
  view.key = texts_of(statement_.key);
  if (!view.has_key && source_ != nullptr) view.key = source_->key;
  check_key_names();
  check_unnest();
  check_items();
  if (select_.where != nullptr) expressions_.check_where(*select_.where);
  for (const Expression& expression : select_.group_by) expressions_.check_group_by(expression);
  if (view.has_key)
    check_key_given();
  else
    check_own_key();
  if (view.has_key && !select_.group_by.empty()) check_grouping();
  read_options(statement_.options, view, report_);
  check_options(view);
  if (report_.faults.size() == faults_before && source_ != nullptr) classify(view);
}

void ViewChecker::check_key_names() {
  const std::span<const Name> key = statement_.key;
  for (const Name& name : key) {
    if (name.text.size() > kKeyNameBytesMax)
      report_.fault(name.place, "found a key attribute whose name has more than " +
                                    std::to_string(kKeyNameBytesMax) +
                                    " bytes, which DynamoDB refuses");
  }
  if (key.size() == 2 && key[0].text == key[1].text)
    report_.fault(key[1].place, "found " + quoted_excerpt(key[1].text) +
                                    " twice in KEY: expected two attributes, or one alone");
}

void ViewChecker::check_unnest() {
  if (select_.unnest == nullptr) return;
  const Unnest& unnest = *select_.unnest;
  const std::string alias(source_alias(select_));
  check_alias(unnest.alias, alias, "the source");
  if (unnest.position != nullptr) {
    check_alias(*unnest.position, alias, "the source");
    check_alias(*unnest.position, unnest.alias.text, "the element");
  }
  const std::string_view first = unnest.path.front().name;
  const bool is_source = unnest.path.size() == 1 && first != alias &&
                         std::any_of(sources_.begin(), sources_.end(),
                                     [&](const Source& source) { return source.name == first; });
  if (is_source) {
    report_.fault(unnest.place, "found the source " + quoted_excerpt(first) + ": " +
                                    std::string(kJoinRefusal) + "; an attribute of this name is " +
                                    alias + '.' + std::string(first));
  } else if (resolve_unnest(select_).steps.empty()) {
    report_.fault(unnest.place,
                  "found the item itself: expected the path of a list or set of it, "
                  "as in " +
                      alias + ".lines");
  }
  if (statement_.key.empty())
    report_.fault(statement_.name.place,
                  "a view that unnests has more than one row of an item: expected KEY (..) behind "
                  "its name, with attributes that tell the rows apart");
}

void ViewChecker::check_alias(const Name& alias, std::string_view other, std::string_view what) {
  if (alias.text != other) return;
  report_.fault(alias.place, "found " + quoted_excerpt(alias.text) + ", which is the name of " +
                                 std::string(what) + ", too: expected another name");
}

void ViewChecker::check_items() {
  const SelectItem* star = nullptr;
  for (const SelectItem& item : select_.items) {
    if (!item.is_star) {
      check_name(item);
      expressions_.check_item(item.expression);
      continue;
    }
    if (star != nullptr)
      report_.fault(item.place, "found * for the second time: once is the whole item");
    star = &item;
    check_star(item);
  }
  check_names_twice();
}

void ViewChecker::check_star(const SelectItem& star) {
  if (!select_.group_by.empty())
    report_.fault(star.place,
                  "found * with GROUP BY: a group is many items; name its key "
                  "attributes, and COUNT or SUM of what is to be added up");
  for (const ExcludedPath& excluded : star.exclude) {
    const ResolvedPath path = resolve(select_, excluded.steps);
    if (path.root != PathRoot::kItem || path.steps.empty()) {
      report_.fault(excluded.place, "found " + quoted_excerpt(excluded.steps.front().name) +
                                        ", which is no attribute of the item: EXCLUDE takes paths "
                                        "of it");
    } else if (source_ != nullptr && statement_.key.empty() && path.steps.size() == 1 &&
               std::count(source_->key.begin(), source_->key.end(), path.steps.front().name) != 0) {
      report_.warn(excluded.place,
                   "a view without KEY has the item's own key attributes, whether "
                   "or not they are selected: EXCLUDE has no effect on " +
                       quoted_excerpt(path.steps.front().name));
    }
  }
}

void ViewChecker::check_name(const SelectItem& item) {
  if (item.alias != nullptr) return;
  const Expression& expression = item.expression;
  if (expression.kind != ExpressionKind::kPath) {
    report_.fault(item.place, "found " + shown(expression) +
                                  " without a name: expected AS and the name of the attribute that "
                                  "it is to be");
  } else if (expression.path.back().name.empty()) {
    report_.fault(item.place, "found " + shown(expression) +
                                  ", which ends with the place of an element: expected AS and a "
                                  "name");
  }
}

void ViewChecker::check_names_twice() {
  std::vector<std::pair<std::string_view, const SelectItem*>> names;
  for (const SelectItem& item : select_.items)
    if (!name_of(item).empty()) names.emplace_back(name_of(item), &item);
  std::stable_sort(names.begin(), names.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i].first != names[i - 1].first) continue;
    const SelectItem& item = *names[i].second;
    report_.fault(item.alias != nullptr ? item.alias->place : item.place,
                  "found a second item with the name " + quoted_excerpt(names[i].first) +
                      ": a row has each attribute once; give one of them another name with AS");
  }
}

void ViewChecker::check_key_given() {
  for (const Name& name : statement_.key) {
    const Origin origin = origin_of(select_, name.text);
    if (origin.kind == Origin::Kind::kItem) {
      check_key_type(name, *origin.expression);
    } else if (origin.kind == Origin::Kind::kNowhere) {
      Suggestion suggestion(name.text);
      for (const SelectItem& item : select_.items) suggestion.consider(name_of(item));
      report_.fault(name.place, "found the key attribute " + quoted_excerpt(name.text) +
                                    ", which no item of SELECT gives: expected an item of this "
                                    "name, as in x AS " +
                                    without_control_characters(name.text) + suggestion.text());
    }
  }
}

void ViewChecker::check_key_type(const Name& name, const Expression& expression) {
  const StaticType type = static_type(select_, expression);
  if (type == StaticType::kUnknown || type == StaticType::kText || type == StaticType::kNumber)
    return;
  report_.fault(expression.place, "found " + std::string(name_of(type)) +
                                      " for the key attribute " + quoted_excerpt(name.text) +
                                      ": a key is a text, a number or a binary");
}

/// Without KEY the row's key is the item's own: no item may give it another value.
void ViewChecker::check_own_key() {
  if (!select_.group_by.empty())
    report_.fault(statement_.name.place,
                  "a view with GROUP BY has a row for each group: expected KEY (..) behind its "
                  "name, with an attribute for each expression of GROUP BY");
  if (source_ == nullptr) return;
  for (const SelectItem& item : select_.items) {
    const std::string_view name = name_of(item);
    const bool is_key =
        std::find(source_->key.begin(), source_->key.end(), name) != source_->key.end();
    if (item.is_star || !is_key || bare_attribute(select_, item.expression) == name) continue;
    report_.fault(item.place, "found another value for " + quoted_excerpt(name) +
                                  ", a key attribute of the source: a view without KEY has the "
                                  "item's own key; write KEY (..) behind the view's name for "
                                  "another key, or give the item another name");
  }
}

void ViewChecker::check_grouping() {
  std::size_t amounts = 0;
  for (const SelectItem& item : select_.items) {
    if (item.is_star) continue;
    // One that does not stand alone was told.
    if (has_aggregate(item.expression) && ++amounts == kAmountsMax + 1)
      report_.fault(item.place, "found more than " + std::to_string(kAmountsMax) +
                                    " aggregates in one view: expected them in several");
    if (has_aggregate(item.expression) || is_key_name(name_of(item))) continue;
    report_.fault(item.place, "found " + shown(item.expression) +
                                  ", which is neither an attribute of KEY nor an aggregate: with "
                                  "GROUP BY expected COUNT(*), COUNT(x) or SUM(x), or its name in "
                                  "KEY and its expression in GROUP BY");
  }
  if (amounts == 0)
    report_.fault(select_.place,
                  "found GROUP BY and no aggregate: expected an item such as "
                  "COUNT(*) AS items");
  check_group_expressions();
}

/// Each KEY attribute is an item that stands in GROUP BY, and each expression there is one of them.
void ViewChecker::check_group_expressions() {
  std::vector<const Expression*> given;
  for (const Name& name : statement_.key) {
    const Origin origin = origin_of(select_, name.text);
    if (origin.kind != Origin::Kind::kItem) continue;
    given.push_back(origin.expression);
    const bool stands =
        std::any_of(select_.group_by.begin(), select_.group_by.end(), [&](const Expression& each) {
          // The item's name is told below, with what to write.
          return same_meaning(select_, each, *origin.expression) || is_name(each, name.text);
        });
    if (stands) continue;
    std::string message = "found " + shown(*origin.expression) + " for the key attribute " +
                          quoted_excerpt(name.text) +
                          ", which is not in GROUP BY: expected the same expression there";
    if (is_aggregate(*origin.expression))
      message = "found an aggregate for the key attribute " + quoted_excerpt(name.text) +
                ": a group's key is what stands in GROUP BY";
    report_.fault(origin.expression->place, std::move(message));
  }
  for (auto each = select_.group_by.begin(); each != select_.group_by.end(); ++each) {
    if (std::any_of(select_.group_by.begin(), each, [&](const Expression& earlier) {
          return same_meaning(select_, earlier, *each);
        })) {
      report_.fault(each->place, "found " + shown(*each) + " twice in GROUP BY");
      continue;
    }
    if (has_aggregate(*each)) continue;
    const bool is_key = std::any_of(given.begin(), given.end(), [&](const Expression* expression) {
      return same_meaning(select_, *expression, *each);
    });
    if (is_key) continue;
    report_.fault(each->place, "found " + shown(*each) +
                                   " in GROUP BY, which no attribute of KEY is: expected an item " +
                                   "of SELECT that is this expression, and its name in KEY" +
                                   hint_of_group_key(*each));
  }
}

/// GROUP BY goes by expression: for who wrote the item's name.
std::string ViewChecker::hint_of_group_key(const Expression& expression) const {
  if (expression.kind == ExpressionKind::kNumber)
    return "; GROUP BY goes by expression, and not by an item's number";
  if (!is_name(expression, expression.path.empty() ? "" : expression.path.front().name)) return {};
  const Origin origin = origin_of(select_, expression.path.front().name);
  if (origin.kind != Origin::Kind::kItem || is_aggregate(*origin.expression)) return {};
  if (same_meaning(select_, expression, *origin.expression))
    return "; put " + quoted_excerpt(expression.path.front().name) + " into KEY";
  return "; GROUP BY goes by expression, and not by an item's name: write GROUP BY " +
         without_control_characters(print(*origin.expression));
}

void ViewChecker::check_options(const View& view) {
  const bool is_grouped = !select_.group_by.empty();
  if (view.has_owner_option) {
    const Place place = place_of_option("owner");
    if (is_grouped)
      report_.fault(place, "found owner with GROUP BY: a group's row is many items'; leave it out");
    else if (!view.has_key)
      report_.fault(place,
                    "found owner without KEY: the row has the item's own key, which tells "
                    "whose it is; leave it out");
    else
      check_added(view.owner_attributes.front(), "owner", place);
  }
  if (view.spread == 0) return;
  const Place place = place_of_option("spread");
  if (!is_grouped)
    report_.fault(place, "found spread without GROUP BY: it spreads a group over several rows");
  else if (statement_.key.size() == 2)
    report_.fault(place,
                  "found spread and a KEY of two attributes: expected one, since the "
                  "table's second key attribute is " +
                      quoted_excerpt(kSpreadAttribute));
  else
    check_added(kSpreadAttribute, "spread", place);
}

/// What an option adds to the row is to be no attribute that it has.
void ViewChecker::check_added(std::string_view attribute, std::string_view option, Place place) {
  const bool is_there = origin_of(select_, attribute).kind == Origin::Kind::kItem;
  if (!is_there && !is_key_name(attribute)) return;
  report_.fault(place, "found the option " + std::string(option) + ", which adds the attribute " +
                           quoted_excerpt(attribute) +
                           ", and an item of this name: expected another name for one of them");
}

Place ViewChecker::place_of_option(std::string_view option) const {
  const auto found = std::find_if(statement_.options.begin(), statement_.options.end(),
                                  [&](const ViewOption& each) { return each.name.text == option; });
  return found == statement_.options.end() ? statement_.place : found->name.place;
}

void ViewChecker::classify(View& view) {
  view.view_class = class_of(select_, view.key, source_->key);
  if (!view.has_key) {
    // Whatever is selected, the row's key is the item's own.
    view.view_class = ViewClass::kDirect;
    view.separation = Separation::kItemKey;
    return;
  }
  if (!select_.group_by.empty()) {
    view.separation = Separation::kGroups;
    return;
  }
  if (key_holds_item(select_, view.key, source_->key)) {
    view.separation = Separation::kKeyHolds;
    return;
  }
  view.separation = Separation::kOwner;
  if (view.has_owner_option) return;
  view.owner_attributes = source_->key;
  if (row_holds_item(select_, source_->key)) return;
  report_.fault(
      statement_.key.front().place,
      "two items of " + quoted_excerpt(source_->name) + " can have one key, " +
          listed(view.key, " and ") + ", and the row does not tell whose it is: put " +
          listed(source_->key, " and ") + " into KEY, or select " +
          (source_->key.size() == 1 ? "it under its own name" : "them under their own names") +
          ", or let the row have an attribute that tells: WITH (owner = 'owner') behind "
          "KEY (..)");
}

bool ViewChecker::is_key_name(std::string_view name) const {
  return std::any_of(statement_.key.begin(), statement_.key.end(),
                     [&](const Name& each) { return each.text == name; });
}

}  // namespace streamonce::handler::views
