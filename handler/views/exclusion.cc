#include "handler/views/exclusion.h"

#include <algorithm>
#include <cstdint>

namespace streamonce::handler::views {
namespace {

/// Appends a member or element, behind the comma that it needs.
void append_part(std::string& out, std::string_view raw_name, const events::AttributeValue& value,
                 const Exclusion* exclusion) {
  const char opened = raw_name.data() == nullptr ? '[' : '{';
  if (out.back() != opened) out += ',';
  if (opened == '{') {
    out += '"';
    out += raw_name;
    out += "\":";
  }
  append_without(out, value,
                 exclusion == nullptr ? std::span<const Exclusion>() : exclusion->inner);
}

bool is_left_out(const Exclusion* exclusion) {
  return exclusion != nullptr && exclusion->inner.empty();
}

template <class Matches>
const Exclusion* find(std::span<const Exclusion> exclusions, Matches matches) {
  const auto found = std::find_if(exclusions.begin(), exclusions.end(), matches);
  return found == exclusions.end() ? nullptr : &*found;
}

void append_map(std::string& out, std::string_view content, std::span<const Exclusion> exclusions) {
  out += R"({"M":{)";
  events::MemberWalk walk(content);
  while (walk.next()) {
    const Exclusion* found = find(exclusions, [&](const Exclusion& each) {
      return !each.step.name.empty() && events::same_text(walk.raw_name(), each.step.name);
    });
    if (!is_left_out(found)) append_part(out, walk.raw_name(), walk.value(), found);
  }
  out += "}}";
}

void append_list(std::string& out, std::string_view content,
                 std::span<const Exclusion> exclusions) {
  out += R"({"L":[)";
  events::ElementWalk walk(content);
  for (std::uint32_t index = 0; walk.next(); ++index) {
    const Exclusion* found = find(exclusions, [&](const Exclusion& each) {
      return each.step.name.empty() && each.step.index == index;
    });
    if (!is_left_out(found)) append_part(out, {}, walk.value(), found);
  }
  out += "]}";
}

}  // namespace

void exclude(std::vector<Exclusion>& exclusions, std::span<const PathStep> steps) {
  const auto found = std::find_if(exclusions.begin(), exclusions.end(), [&](const Exclusion& each) {
    return each.step == steps.front();
  });
  if (found == exclusions.end()) {
    Exclusion& added = exclusions.emplace_back(Exclusion{.step = steps.front(), .inner = {}});
    if (steps.size() > 1) exclude(added.inner, steps.subspan(1));
  } else if (steps.size() == 1) {
    found->inner.clear();
  } else if (!found->inner.empty()) {
    exclude(found->inner, steps.subspan(1));
  }
}

void append_without(std::string& out, const events::AttributeValue& value,
                    std::span<const Exclusion> exclusions) {
  if (!exclusions.empty() && value.type == events::AttributeType::kMap)
    append_map(out, value.content, exclusions);
  else if (!exclusions.empty() && value.type == events::AttributeType::kList)
    append_list(out, value.content, exclusions);
  else
    out += value.json;
}

}  // namespace streamonce::handler::views
