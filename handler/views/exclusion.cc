#include "handler/views/exclusion.h"

#include <algorithm>
#include <array>
#include <memory_resource>

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

bool stands_before(const Exclusion& exclusion, const PathStep& step) {
  const int names = exclusion.step.name.compare(step.name);
  return names != 0 ? names < 0 : exclusion.step.index < step.index;
}

const Exclusion* find(std::span<const Exclusion> exclusions, const PathStep& step) {
  const auto found = std::lower_bound(exclusions.begin(), exclusions.end(), step, stands_before);
  return found == exclusions.end() || found->step != step ? nullptr : &*found;
}

void append_map(std::string& out, std::string_view content, std::span<const Exclusion> exclusions) {
  out += R"({"M":{)";
  std::array<char, 256> buffer;
  std::pmr::monotonic_buffer_resource arena(buffer.data(), buffer.size());
  PathStep step;
  events::MemberWalk walk(content);
  while (walk.next()) {
    step.name = events::unescaped(walk.raw_name(), arena);
    const Exclusion* found = step.name.empty() ? nullptr : find(exclusions, step);
    if (!is_left_out(found)) append_part(out, walk.raw_name(), walk.value(), found);
  }
  out += "}}";
}

void append_list(std::string& out, std::string_view content,
                 std::span<const Exclusion> exclusions) {
  out += R"({"L":[)";
  PathStep step;
  events::ElementWalk walk(content);
  for (; walk.next(); ++step.index) {
    const Exclusion* found = find(exclusions, step);
    if (!is_left_out(found)) append_part(out, {}, walk.value(), found);
  }
  out += "]}";
}

}  // namespace

void exclude(std::vector<Exclusion>& exclusions, std::span<const PathStep> steps) {
  const auto found =
      std::lower_bound(exclusions.begin(), exclusions.end(), steps.front(), stands_before);
  if (found == exclusions.end() || found->step != steps.front()) {
    const auto added = exclusions.insert(found, {.step = steps.front(), .inner = {}});
    if (steps.size() > 1) exclude(added->inner, steps.subspan(1));
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
