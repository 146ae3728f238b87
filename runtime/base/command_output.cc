#include "runtime/base/command_output.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstring>

namespace streamonce {
namespace {

/// The most time between two looks at whether a command that has closed its output has ended.
constexpr std::chrono::milliseconds kLookAgain{20};

Error no_start(int error) {
  return Error{ErrorCode::kUnavailable, std::string("cannot be started: ") + std::strerror(error)};
}

/// A file descriptor that is closed in the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

/// What a child starts with: an empty input, `output` as its output, and of all else that this
/// process has open its standard error only. Signals that this process ignores, which would spoil
/// pipes of the shell's, end the child as they end any other.
class SpawnPlan {
 public:
  explicit SpawnPlan(int output) {
    note(::posix_spawn_file_actions_init(&actions_));
    note(::posix_spawnattr_init(&attributes_));
    note(::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    note(::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO));
    note(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
    sigset_t ended_by;
    ::sigemptyset(&ended_by);
    for (const int signal : {SIGPIPE, SIGXFSZ}) ::sigaddset(&ended_by, signal);
    note(::posix_spawnattr_setsigdefault(&attributes_, &ended_by));
    note(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// The first error; 0: none.
  int error() const { return error_; }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void note(int error) {
    if (error_ == 0) error_ = error;
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int error_ = 0;
};

/// The child, which is killed in the end if nobody has waited for it.
class Child {
 public:
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Status start(const std::string& command, int output) {
    const SpawnPlan plan(output);
    if (plan.error() != 0) return no_start(plan.error());
    std::array<char, 3> shell{"sh"};
    std::array<char, 3> flag{"-c"};
    std::string text = command;
    const std::array<char*, 4> arguments = {shell.data(), flag.data(), text.data(), nullptr};
    const int error = ::posix_spawn(&pid_, "/bin/sh", plan.actions(), plan.attributes(),
                                    arguments.data(), environ);
    if (error == 0) return {};
    pid_ = -1;
    return no_start(error);
  }

  /// Whether it has ended; `status` is then as waitpid() gives it.
  bool has_ended(int& status) {
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return false;
    pid_ = -1;
    return true;
  }

 private:
  pid_t pid_ = -1;
};

/// The end of the time that a command has.
struct Deadline {
  const Clock& clock;
  SteadyTime time;

  std::chrono::milliseconds left() const {
    return std::chrono::ceil<std::chrono::milliseconds>(time - clock.steady_now());
  }
};

Error not_in_time() {
  return Error{ErrorCode::kTimeout, "has not ended in time, and was killed"};
}

/// Waits until `output` can be read or has been closed. False: `deadline` has passed.
bool wait_for(int output, const Deadline& deadline) {
  for (;;) {
    const auto left = deadline.left();
    if (left.count() <= 0) return false;
    pollfd waited{.fd = output, .events = POLLIN, .revents = 0};
    const auto time = static_cast<int>(std::min<long long>(left.count(), INT_MAX));
    const int ready = ::poll(&waited, 1, time);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
  }
}

/// Reads all that the child prints.
Status read_all(int output, const Deadline& deadline, Payload& payload) {
  std::array<char, 4'096> chunk;
  for (;;) {
    if (!wait_for(output, deadline)) return not_in_time();
    const ssize_t count = ::read(output, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Error{ErrorCode::kUnavailable,
                   std::string("cannot be read from: ") + std::strerror(errno)};
    if (count == 0) return {};
    if (!payload.append({chunk.data(), static_cast<std::size_t>(count)}))
      return Error{ErrorCode::kTooLarge,
                   "prints more than " + std::to_string(payload.bytes_max()) + " bytes"};
  }
}

}  // namespace

Status run_command(const std::string& command, std::chrono::milliseconds time, const Clock& clock,
                   Payload& output) {
  output.clear();
  const Deadline deadline{.clock = clock, .time = clock.steady_now() + time};
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return no_start(errno);
  const Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  Child child;
  STREAMONCE_TRY(child.start(command, write_end.number()));
  write_end.close();
  STREAMONCE_TRY(read_all(read_end.number(), deadline, output));
  int status = 0;
  while (!child.has_ended(status)) {
    if (deadline.left().count() <= 0) return not_in_time();
    ::poll(nullptr, 0, static_cast<int>(kLookAgain.count()));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error{ErrorCode::kRejected,
               WIFEXITED(status) ? "ended with status " + std::to_string(WEXITSTATUS(status))
                                 : "was ended by signal " + std::to_string(WTERMSIG(status))};
}

}  // namespace streamonce
