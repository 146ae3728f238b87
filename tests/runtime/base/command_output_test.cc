#include "runtime/base/command_output.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>

#include "runtime/base/clock.h"

namespace streamonce {
namespace {

using std::chrono::milliseconds;

class CommandOutput : public ::testing::Test {
 protected:
  Status run(const std::string& command, milliseconds time = std::chrono::seconds(60)) {
    return run_command(command, time, clock_, output_);
  }

  /// Why the command failed; empty: it has not.
  std::string why_not(const std::string& command) {
    const Status ended = run(command);
    return ended ? std::string() : ended.error().message;
  }

  SystemClock clock_;
  Payload output_{100};
};

TEST_F(CommandOutput, IsTakenFromItsStartToItsEnd) {
  ASSERT_TRUE(run("printf 'a b'; printf '%s' \"c\""));
  EXPECT_EQ(output_.text(), "a bc");
  ASSERT_TRUE(run("cat")) << "standard input is empty";
  EXPECT_EQ(output_.text(), "");
  ASSERT_TRUE(run("exec >&-; true")) << "output may be closed before the end";
}

TEST_F(CommandOutput, AStatusAndASignalAreTold) {
  EXPECT_EQ(run("echo MARK; exit 3").error().message, "ended with status 3");
  EXPECT_EQ(run("kill -15 $$").error().message, "was ended by signal 15");
  EXPECT_EQ(run("exit 3").error().code, ErrorCode::kRejected);
}

TEST_F(CommandOutput, WhatHangsIsKilled) {
  for (const char* command : {"exec sleep 1000", "exec >&-; exec sleep 1000"}) {
    const Status hung = run(command, milliseconds(50));
    ASSERT_FALSE(hung);
    EXPECT_EQ(hung.error().code, ErrorCode::kTimeout);
  }
}

TEST_F(CommandOutput, NothingElseIsOpenForTheCommand) {
  const int open =
      ::dup2(STDIN_FILENO, 9);  // as a socket of libcurl's, which is not closed by exec
  ASSERT_EQ(open, 9);
  EXPECT_EQ(why_not("true 2>/dev/null <&9"), "ended with status 2");
  ::close(open);
}

TEST_F(CommandOutput, IgnoredSignalsAreNotPassedOn) {
  const auto pipe_before = std::signal(SIGPIPE, SIG_IGN);
  const auto size_before = std::signal(SIGXFSZ, SIG_IGN);
  EXPECT_EQ(why_not("kill -PIPE $$"), "was ended by signal 13");
  EXPECT_EQ(why_not("kill -XFSZ $$"), "was ended by signal 25");
  std::signal(SIGPIPE, pipe_before);
  std::signal(SIGXFSZ, size_before);
}

TEST_F(CommandOutput, IsBounded) {
  EXPECT_TRUE(run("printf '%0100d' 0"));
  EXPECT_EQ(run("printf '%0101d' 0").error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(run("yes").error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace streamonce
