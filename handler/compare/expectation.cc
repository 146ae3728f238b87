#include "handler/compare/expectation.h"

#include <algorithm>
#include <optional>

#include "handler/pipeline/derived_plan.h"
#include "handler/views/derive.h"
#include "handler/views/rules/view_options.h"
#include "handler/views/rules/views.h"
#include "runtime/base/check.h"

namespace streamonce::handler::compare {

using events::Change;

namespace {

std::vector<std::string> names_of(std::span<const views::SourceKeyType> key) {
  std::vector<std::string> names;
  for (const views::SourceKeyType& attribute : key) names.push_back(attribute.name);
  return names;
}

/// Whether the attributes of a key have the types of the source's.
Status fits_key(const events::ItemKey& key, const std::vector<views::SourceKeyType>& source_key) {
  for (const events::KeyAttribute& attribute : key.attributes()) {
    const auto wanted =
        std::find_if(source_key.begin(), source_key.end(),
                     [&](const views::SourceKeyType& each) { return each.name == attribute.name; });
    if (wanted == source_key.end() || wanted->type == attribute.type) continue;
    return invalid_argument(
        "attribute " + wanted->name + " is of the type " + static_cast<char>(attribute.type) +
        ", and the key of the source's table has " + static_cast<char>(wanted->type));
  }
  return {};
}

}  // namespace

Expecter::Expecter(Pipeline& pipeline, const ExpectedSource& source)
    : pipeline_(pipeline),
      items_({.account = std::string(source.table.account),
              .region = std::string(source.table.region),
              .table = std::string(source.table.table)},
             names_of(source.key)),
      key_(source.key.begin(), source.key.end()) {}

Result<Expecter> Expecter::create(Pipeline& pipeline, const ExpectedSource& source) {
  Expecter expecter(pipeline, source);
  STREAMONCE_TRY(expecter.add_views(source));
  return expecter;
}

Status Expecter::add_views(const ExpectedSource& source) {
  DerivedTables* const tables = pipeline_.tables();
  if (tables == nullptr) {
    tables_.push_back({.table = std::string(pipeline_.mirror_of(source.table)),
                       .view_name = {},
                       .has_items_key = true});
    owners_.emplace_back();
    return {};
  }
  const std::optional<std::size_t> place = tables->source_of(source.table);
  if (!place) return invalid_argument(tables->why_no_source(source.table));
  for (const std::size_t i : tables->deriver().views_of(*place)) {
    const views::View& view = tables->views()[i];
    if (!views::follows_from_image(view)) {
      not_compared_.push_back(view.name);
      continue;
    }
    const bool has_groups = view.separation == views::Separation::kGroups;
    tables_.push_back({.view = i,
                       .table = std::string(tables->table_of(i)),
                       .view_name = view.name,
                       .has_items_key = view.separation == views::Separation::kItemKey,
                       .has_groups = has_groups,
                       .keeps_gone = view.keeps_deleted || view.keeps_expired || !view.on_remove});
    owners_.emplace_back();
    if (!has_groups)
      owners_.back() =
          STREAMONCE_TRY(views::RowOwner::create(view, tables->sources()[*place], source.key));
  }
  return {};
}

Result<views::RowItem> Expecter::owner_of(const ComparedTable& table, std::string_view row_json,
                                          std::pmr::memory_resource& arena) const {
  const auto place = static_cast<std::size_t>(&table - tables_.data());
  STREAMONCE_CHECK(place < tables_.size() && !table.has_groups);
  if (owners_[place]) return owners_[place]->of(row_json, arena);
  const Change row = items_.put_of(row_json, arena);
  if (!row.problem.empty()) return invalid_argument(row.problem);
  if (Status fits = fits_key(row.key, key_); !fits) return std::move(fits).error();
  const auto* key = std::pmr::polymorphic_allocator<>(&arena).new_object<events::ItemKey>(row.key);
  return views::RowItem{.key = key, .keys_json = row.keys_json};
}

std::vector<std::string> Expecter::key_names_of(const ComparedTable& table) const {
  const DerivedTables* const tables = pipeline_.tables();
  if (tables == nullptr) return items_.key_names();
  const views::View& view = tables->views()[table.view];
  std::vector<std::string> names = view.key;
  if (view.spread > 0) names.emplace_back(views::kSpreadAttribute);
  return names;
}

std::vector<std::string> Expecter::amount_names_of(const ComparedTable& table) const {
  STREAMONCE_CHECK(table.has_groups);
  const views::View& view = pipeline_.tables()->views()[table.view];
  std::vector<std::string> names;
  for (const views::SelectItem& item : view.select.items) {
    const std::string_view name = views::name_of(item);
    if (std::find(view.key.begin(), view.key.end(), name) == view.key.end())
      names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

const ComparedTable* Expecter::table_of(std::size_t view) const {
  const auto found = std::find_if(tables_.begin(), tables_.end(),
                                  [&](const ComparedTable& table) { return table.view == view; });
  return found == tables_.end() ? nullptr : &*found;
}

Expectation Expecter::of(const Change& item, std::pmr::memory_resource& arena) {
  STREAMONCE_CHECK(item.problem.empty());
  Expectation expected;
  if (pipeline_.tables() == nullptr) {
    const auto* key =
        std::pmr::polymorphic_allocator<>(&arena).new_object<events::ItemKey>(item.key);
    expected.rows.push_back(
        {.view = 0, .key = key, .keys_json = item.keys_json, .image_json = item.image_json});
    return expected;
  }
  DerivedTables& tables = *pipeline_.tables();
  if (const std::optional<std::size_t> place = tables.source_of(item.source))
    expected.problem = tables.why_other_key(*place, item);
  const std::uint64_t before = tables.deriver().bytes_made();
  for (const ComparedTable& table : tables_) {
    if (!expected.problem.empty()) break;
    add_view(item, table, arena, expected);
    if (tables.deriver().bytes_made() - before > kItemRowsBytesMax)
      expected.problem = "the rows that the views have of this item come to more than " +
                         std::to_string(kItemRowsBytesMax) + " bytes";
  }
  if (!expected.problem.empty()) {
    expected.rows.clear();
    expected.groups.clear();
  }
  return expected;
}

void Expecter::add_view(const Change& item, const ComparedTable& table,
                        std::pmr::memory_resource& arena, Expectation& expected) {
  if (item.operation == Operation::kRemove && table.keeps_gone) return;
  Result<views::Derived> derived =
      pipeline_.tables()->deriver().derive_all(table.view, item, arena);
  if (!derived) {
    expected.problem = std::move(derived).error().message;
    return;
  }
  for (const views::Row& row : derived->rows)
    if (row.effect != views::Row::Effect::kNothing)
      expected.rows.push_back({.view = table.view,
                               .key = row.key,
                               .keys_json = row.keys_json,
                               .image_json = row.image_json});
  for (const views::Group& group : derived->groups)
    expected.groups.push_back({.view = table.view,
                               .key = group.key,
                               .keys_json = group.keys_json,
                               .names = derived->amount_names,
                               .amounts = group.amounts});
}

}  // namespace streamonce::handler::compare
