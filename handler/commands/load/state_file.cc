#include "handler/commands/load/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "runtime/base/file.h"
#include "runtime/base/payload.h"

namespace streamonce::handler::load {
namespace {

Error unwritten(const std::string& path, int reason) {
  return {ErrorCode::kUnavailable, path + ": cannot be written: " + std::strerror(reason)};
}

/// Writes all of `text`, and waits until the disk has it. @return 0, or why not
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0 ? EIO : errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

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
  // Another load with the same file has another name for its new one, and nobody can put a link in
  // its place that leads elsewhere.
  const std::string beside = path + "." + std::to_string(::getpid()) + ".new";
  const int file =
      ::open(beside.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return unwritten(beside, errno);
  const int failed = write_all(file, events::to_text(state));
  const int closed = ::close(file) == 0 ? 0 : errno;
  if (failed != 0 || closed != 0) {
    ::unlink(beside.c_str());
    return unwritten(beside, failed != 0 ? failed : closed);
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) return unwritten(path, errno);
  return {};
}

}  // namespace streamonce::handler::load
