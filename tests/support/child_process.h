// tests/support/child_process.h: the binary under test as a process of its own.

#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace streamonce::testing {

struct ChildOptions {
  std::string program;
  std::vector<std::string> arguments = {};
  std::vector<std::string> environment = {};  ///< `NAME=value`: all that the child has
  std::string chroot_folder = {};      ///< empty: none; else the program's path is seen from there
  std::string log_path = {};           ///< takes standard error; empty: /dev/null
  std::string output_path = {};        ///< takes standard output; empty: /dev/null
  std::string input_path = {};         ///< standard input; empty: /dev/null
  std::string working_folder = {};     ///< empty: that of this process
  std::function<void()> prepare = {};  ///< called in the child, right before the program begins
};

/// Runs from the constructor to the end of the process; killed by the destructor.
class ChildProcess {
 public:
  explicit ChildProcess(const ChildOptions& options) : pid_(fork()) {
    if (pid_ == 0) run(options);
  }
  ~ChildProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void signal(int number) { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }

  /// @return the exit status, or 128 and the signal
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static void redirect(const std::string& path, int flags, int descriptor) {
    const int file = ::open(path.empty() ? "/dev/null" : path.c_str(), flags, 0600);
    ::dup2(file, descriptor);
  }

  [[noreturn]] static void run(const ChildOptions& options) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    redirect(options.input_path, O_RDONLY, STDIN_FILENO);
    redirect(options.output_path, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO);
    redirect(options.log_path, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO);
    // A user who is not root may change the root folder in a user namespace of his own.
    if (!options.chroot_folder.empty() && ::geteuid() != 0) ::unshare(CLONE_NEWUSER);
    if (!options.chroot_folder.empty() &&
        (::chroot(options.chroot_folder.c_str()) != 0 || ::chdir("/") != 0)) {
      std::perror("chroot");
      ::_exit(126);
    }
    if (!options.working_folder.empty() && ::chdir(options.working_folder.c_str()) != 0) {
      std::perror(options.working_folder.c_str());
      ::_exit(126);
    }
    if (options.prepare) options.prepare();
    std::vector<char*> arguments = {const_cast<char*>(options.program.c_str())};
    for (const std::string& text : options.arguments)
      arguments.push_back(const_cast<char*>(text.c_str()));
    arguments.push_back(nullptr);
    std::vector<char*> environment;
    for (const std::string& text : options.environment)
      environment.push_back(const_cast<char*>(text.c_str()));
    environment.push_back(nullptr);
    ::execve(options.program.c_str(), arguments.data(), environment.data());
    std::perror(options.program.c_str());
    ::_exit(127);
  }

  pid_t pid_;
};

}  // namespace streamonce::testing
