#include "handler/pipeline/derived_tables.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/text.h"

namespace streamonce::handler {
namespace {

/// `a`, `a and b`: the names of a key.
template <class Names>
std::string key_names(const Names& names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += " and ";
    text += quoted_excerpt(name);
  }
  return text;
}

}  // namespace

DerivedTables::DerivedTables(views::Views views, std::vector<std::string> source_tables,
                             std::vector<std::string> view_tables, bool takes_any_table)
    : deriver_(std::move(views)),
      source_tables_(std::move(source_tables)),
      view_tables_(std::move(view_tables)),
      takes_any_table_(takes_any_table) {
  STREAMONCE_CHECK(source_tables_.size() == deriver_.views().sources.size());
  STREAMONCE_CHECK(view_tables_.size() == this->views().size());
  may_share_rows_ = std::any_of(
      this->views().begin(), this->views().end(),
      [](const views::View& view) { return view.separation == views::Separation::kOwner; });
  remembers_.resize(source_tables_.size());
  for (const views::View& view : this->views())
    if (view.view_class == views::ViewClass::kRemembering) remembers_[view.source] = true;
  remember_any_ = std::find(remembers_.begin(), remembers_.end(), true) != remembers_.end();
}

std::optional<std::size_t> DerivedTables::source_of(const events::SourceTable& table) const {
  if (source_tables_.size() == 1 && takes_any_table_) return 0;
  const auto found = std::find(source_tables_.begin(), source_tables_.end(), table.table);
  if (found == source_tables_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - source_tables_.begin());
}

void DerivedTables::note_memory(const events::SourceTable& table) {
  const std::optional<std::size_t> source = source_of(table);
  if (!source) return;
  remembers_[*source] = true;
  remember_any_ = true;
}

std::string_view DerivedTables::row_table_of(const events::SourceTable& table) const {
  const std::optional<std::size_t> source = source_of(table);
  std::string_view found;
  for (std::size_t i = 0; source && i < views().size(); ++i) {
    if (views()[i].source != *source) continue;
    if (!found.empty()) return {};
    found = view_tables_[i];
  }
  return found;
}

std::string DerivedTables::why_no_source(const events::SourceTable& table) const {
  if (source_of(table)) return {};
  std::string text = "it is of the table " + quoted_excerpt(table.table);
  text += ", which is no source of the views: expected ";
  if (source_tables_.size() > 1) text += "one of ";
  const char* between = "";
  for (const std::string& each : source_tables_) {
    text.append(between).append(each);
    between = ", ";
  }
  return text;
}

std::string DerivedTables::why_other_key(std::size_t source, const events::Change& change) const {
  const views::Source& declared = deriver_.views().sources[source];
  const std::span<const events::KeyAttribute> found = change.key.attributes();
  const auto is_declared = [&](const events::KeyAttribute& attribute) {
    return std::find(declared.key.begin(), declared.key.end(), attribute.name) !=
           declared.key.end();
  };
  if (found.size() == declared.key.size() && std::all_of(found.begin(), found.end(), is_declared))
    return {};
  std::vector<std::string_view> names;
  for (const events::KeyAttribute& attribute : found) names.push_back(attribute.name);
  return "the item's key is " + key_names(names) + ", and the source " +
         quoted_excerpt(declared.name) + " declares KEY " + key_names(declared.key);
}

}  // namespace streamonce::handler
