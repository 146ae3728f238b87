#include "runtime/http/socket_poll.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <vector>

namespace streamonce::runtime {
namespace {

using std::chrono::milliseconds;

/// Two ends of a connection.
class Pair {
 public:
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~Pair() {
    for (const int end : ends_)
      if (end >= 0) ::close(end);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int near() const { return ends_[0]; }
  void send() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void hang_up() {
    ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

class SocketPollTest : public ::testing::Test {
 protected:
  std::vector<ReadySocket> ready(milliseconds time = milliseconds(0)) {
    const auto found = poll_.wait(time);
    EXPECT_TRUE(found);
    return {found->begin(), found->end()};
  }

  Pair first_;
  Pair second_;
  SocketPoll poll_;
};

using Sockets = std::vector<ReadySocket>;

TEST_F(SocketPollTest, WaitsForNothing) {
  EXPECT_TRUE(poll_.is_empty());
  EXPECT_EQ(ready(milliseconds(1)), Sockets{});
}

TEST_F(SocketPollTest, TellsWhatEachSocketIsReadyFor) {
  poll_.watch(first_.near(), /*readable=*/true, /*writable=*/false);
  poll_.watch(second_.near(), /*readable=*/true, /*writable=*/false);
  EXPECT_EQ(ready(), Sockets{});
  second_.send();
  EXPECT_EQ(ready(), (Sockets{{.socket = second_.near(), .readable = true}}));
  first_.send();
  EXPECT_EQ(ready(milliseconds(60'000)), (Sockets{{.socket = first_.near(), .readable = true},
                                                  {.socket = second_.near(), .readable = true}}));
}

TEST_F(SocketPollTest, TakesWhatIsWaitedForAsItWasToldLast) {
  poll_.watch(first_.near(), /*readable=*/false, /*writable=*/true);
  EXPECT_EQ(ready(), (Sockets{{.socket = first_.near(), .writable = true}}));
  first_.send();
  poll_.watch(first_.near(), /*readable=*/true, /*writable=*/true);
  EXPECT_EQ(ready(), (Sockets{{.socket = first_.near(), .readable = true, .writable = true}}));
  poll_.watch(first_.near(), /*readable=*/false, /*writable=*/false);
  EXPECT_EQ(ready(), Sockets{});
  EXPECT_TRUE(poll_.is_empty());
  poll_.watch(second_.near(), /*readable=*/false, /*writable=*/false);
  EXPECT_TRUE(poll_.is_empty());
}

TEST_F(SocketPollTest, TellsThatAPeerIsGone) {
  poll_.watch(first_.near(), /*readable=*/true, /*writable=*/false);
  first_.hang_up();
  EXPECT_EQ(ready(), (Sockets{{.socket = first_.near(), .readable = true}}));
}

TEST_F(SocketPollTest, TellsOfASocketThatIsNone) {
  constexpr int kNone = 1'000'000;
  poll_.watch(kNone, /*readable=*/false, /*writable=*/true);
  EXPECT_EQ(ready(), (Sockets{{.socket = kNone, .readable = true, .writable = true}}));
  EXPECT_EQ(ready(), Sockets{}) << "once";
  EXPECT_TRUE(poll_.is_empty());
}

TEST_F(SocketPollTest, WaitsNoLongerThanItIsTold) {
  poll_.watch(first_.near(), /*readable=*/true, /*writable=*/false);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ready(milliseconds(20)), Sockets{});
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(19));
}

}  // namespace
}  // namespace streamonce::runtime
