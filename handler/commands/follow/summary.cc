#include "handler/commands/follow/summary.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/base/text.h"

namespace streamonce::handler::follow {
namespace {

struct Count {
  std::string_view label;
  std::string_view member;
  std::uint64_t value = 0;
};

std::array<Count, 9> counts_of(const FollowState& state) {
  const FateCounts& fates = state.fates;
  return {{{"records", "records", fates.all()},
           {"applied", "applied", fates.of(Fate::kApplied)},
           {"already applied", "already_applied", fates.of(Fate::kAlreadyApplied)},
           {"stale", "stale", fates.of(Fate::kStale)},
           {"superseded", "superseded", fates.of(Fate::kSuperseded)},
           {"filtered", "filtered", fates.of(Fate::kFiltered)},
           {"failed", "failed", fates.not_done()},
           {"gaps", "gaps", state.gaps},
           {"shards", "shards", state.shards}}};
}

}  // namespace

std::string to_text(const FollowEnd& end, const std::string& letters_path) {
  constexpr std::size_t kLabelWidth = 18;
  constexpr std::size_t kNumberWidth = 12;
  std::string text;
  for (const Count& count : counts_of(end.state)) {
    const std::string number = std::to_string(count.value);
    text.append(count.label).append(kLabelWidth - count.label.size(), ' ');
    text.append(kNumberWidth - std::min(kNumberWidth, number.size()), ' ');
    text.append(number).append("\n");
  }
  if (end.state.letters > 0) {
    text += "what was given up is in " + without_control_characters(letters_path) +
            ": replay it when the cause is mended\n";
  }
  if (end.state.left > 0)
    text += "what failed besides is still in the stream: follow again when the cause is mended\n";
  if (end.state.gaps > 0) {
    text +=
        "records were gone before they were read: `bootstrap verify --repair` mends what that left "
        "wrong\n";
  }
  return text;
}

std::string to_json(const FollowEnd& end) {
  std::string json = "{";
  for (const Count& count : counts_of(end.state)) {
    if (json.size() > 1) json += ',';
    json.append("\"").append(count.member).append("\":") += std::to_string(count.value);
  }
  return json + "}\n";
}

}  // namespace streamonce::handler::follow
