// What the transport asks of the system: for a batch of one record that is most of what it costs.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/http/curl_transport.h"
#include "tests/support/counted_calls.h"
#include "tests/support/socket_server.h"

namespace streamonce::runtime {
namespace {

using testing::CallCounts;
using testing::SocketServer;

class SystemCalls : public ::testing::Test {
 protected:
  HttpRequest request(std::string body) const {
    return {.method = HttpMethod::kPost,
            .url = server_.url(),
            .headers = {"Content-Type: application/json"},
            .body = std::move(body),
            .timeout = std::chrono::minutes(1)};
  }

  const SocketServer server_{[](const testing::ServerRequest& request) {
    return testing::reply(testing::answer(200, request.body.substr(0, 100)));
  }};
  SystemClock clock_;
  std::unique_ptr<HttpTransport> transport_ =
      make_curl_transport({.ca_bundle_path = "", .user_agent = ""}, clock_);
};

/// No more than a program would make that has nothing else to do, but for the wait, which has an
/// end.
TEST_F(SystemCalls, AreThreeForARequestOnAKeptConnection) {
  constexpr int kRequests = 20;
  ASSERT_TRUE(perform(*transport_, request("first")));
  const CallCounts before = testing::calls_made();
  for (int i = 0; i < kRequests; ++i) ASSERT_TRUE(perform(*transport_, request("{}")));
  const CallCounts calls = testing::calls_since(before);
  EXPECT_EQ(calls.sends, kRequests);
  EXPECT_EQ(calls.polls, kRequests);
  EXPECT_EQ(calls.receives, kRequests);
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(SystemCalls, AreNoMoreForARequestThatHasOthersBesideIt) {
  constexpr int kRequests = 16;
  const auto burst = [&] {
    for (int i = 0; i < kRequests; ++i) transport_->start(request(std::to_string(i)));
    int done = 0;
    while (const auto completion = transport_->wait_any(std::nullopt)) {
      EXPECT_TRUE(completion->result);
      ++done;
    }
    return done;
  };
  ASSERT_EQ(burst(), kRequests);
  const CallCounts before = testing::calls_made();
  ASSERT_EQ(burst(), kRequests);
  const CallCounts calls = testing::calls_since(before);
  EXPECT_EQ(calls.sends, kRequests);
  EXPECT_LE(calls.polls, kRequests);
  EXPECT_EQ(calls.receives, kRequests);
}

}  // namespace
}  // namespace streamonce::runtime
