#include "handler/views/owner_mark.h"

#include <string>

#include "runtime/base/json_text.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::views {

OwnerMark owner_mark_of(const View& view) {
  if (view.separation != Separation::kOwner) return {};
  if (!view.has_owner_option) return {.kind = OwnerMark::Kind::kItemKey};
  return {.kind = OwnerMark::Kind::kAttribute, .attribute = view.owner_attributes.front()};
}

std::string_view owner_value(const events::ItemKey& item, std::pmr::memory_resource& arena) {
  std::string canonical;
  events::append_canonical(canonical, item);
  std::string json = R"({"S":)";
  append_json_string(json, canonical);
  json += '}';
  return kept(json, arena);
}

}  // namespace streamonce::handler::views
