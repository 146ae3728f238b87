#include "handler/commands/load/state_file.h"

#include <sys/stat.h>

#include <string_view>
#include <utility>

#include "runtime/base/file.h"
#include "runtime/base/payload.h"

namespace streamonce::handler::load {

Result<events::LoadState> read_state(const std::string& path,
                                     const events::LoadState::Identity& identity) {
  if (!file_exists(path)) return events::LoadState{.identity = identity, .done = {}, .in_hand = {}};
  struct stat about {};
  Payload text(events::kLoadStateBytesMax);
  if (::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode))
    return invalid_argument(path + ": is no regular file");
  STREAMONCE_TRY(read_file(path, text));
  constexpr std::string_view kAdvice =
      ": name another file with --state, or remove this one to load from the start";
  Result<events::LoadState> state = events::parse_load_state(text.view());
  if (!state) return invalid_argument(path + " " + state.error().message + std::string(kAdvice));
  const std::string why = events::why_other_load(state->identity, identity);
  if (!why.empty() && !state->has_begun())  // as after a start with a wrong target
    return events::LoadState{.identity = identity, .done = {}, .in_hand = {}};
  if (!why.empty()) return invalid_argument(path + ": " + why + std::string(kAdvice));
  return state;
}

Status write_state(const std::string& path, const events::LoadState& state) {
  return replace_file(path, events::to_text(state));
}

}  // namespace streamonce::handler::load
