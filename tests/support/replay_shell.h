// tests/support/replay_shell.h: a folder in which somebody types `bootstrap replay`, or another
// command.
//
// Threads: one thread at a time.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {

/// The counts of a summary, by the member's name; those that are zero are left out.
using Counts = std::map<std::string, std::uint64_t>;

struct Ended {
  int status = -1;
  std::string out;
  std::string err;

  /// Standard output of a run with --json; adds a test failure where it is no JSON object.
  nlohmann::json summary() const;
  Counts counts() const;
};

/// Two environments as one; if a variable is in both, programs see the first.
std::vector<std::string> joined(std::vector<std::string> first,
                                const std::vector<std::string>& second);
/// All bytes of a file; empty if there is none, and for a terminal.
std::string read_whole(const std::string& path);
std::vector<std::string> lines_of(std::string_view text);
bool has(std::string_view text, std::string_view part);

class RunningReplay {
 public:
  explicit RunningReplay(const ChildOptions& options)
      : out_path_(options.output_path),
        err_path_(options.log_path),
        process_(options) {}

  pid_t pid() const { return process_.pid(); }
  void signal(int number) { process_.signal(number); }
  /// Whether the process has ended; does not wait.
  bool has_ended() const;
  std::string err_so_far() const { return read_whole(err_path_); }
  Ended wait();

 private:
  const std::string out_path_;
  const std::string err_path_;
  ChildProcess process_;
};

struct ReplayStart {
  std::vector<std::string> arguments;  ///< those behind the command
  std::string input_path = {};         ///< standard input; empty: none
  std::string terminal = {};           ///< takes both outputs; empty: each goes to a file
  std::string command = "replay";
};

class ReplayShell {
 public:
  /// `environment` is all that the binary has.
  explicit ReplayShell(std::vector<std::string> environment)
      : environment_(std::move(environment)) {}

  /// Runs `bootstrap replay` with these arguments to its end.
  Ended replay(std::vector<std::string> arguments) {
    return start({.arguments = std::move(arguments)})->wait();
  }
  /// Runs another command with these arguments to its end.
  Ended run(std::string command, std::vector<std::string> arguments) {
    return start({.arguments = std::move(arguments), .command = std::move(command)})->wait();
  }
  /// Runs `bootstrap replay` to its end, with `input` as standard input.
  Ended replay_input(std::vector<std::string> arguments, std::string_view input);
  std::unique_ptr<RunningReplay> start(const ReplayStart& start);

  /// Writes a file that is not in the working folder. @return its path
  std::string dump(const std::string& name, std::string_view bytes);
  /// The names in the working folder, sorted.
  std::vector<std::string> files() const;
  /// The path of `name` in the working folder.
  std::string path_of(std::string_view name) const { return folder_.file(name); }
  std::vector<std::string>& environment() { return environment_; }

 private:
  std::vector<std::string> environment_;
  const TempDir folder_;
  const TempDir dumps_;
  const TempDir outputs_;
  int runs_ = 0;
};

}  // namespace streamonce::testing
