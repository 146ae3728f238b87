// tests/support/chaos_proxy.h: stands between the binary and a DynamoDB API, and spoils a share of
// the requests, as a seed has them: refused, answered by somebody else, or done but unseen.
//
//   ChaosProxy proxy({.endpoint_url = server.endpoint_url(), .seed = 1, .fault_percent = 30});
//   ... AWS_ENDPOINT_URL_DYNAMODB=proxy.url() ...
//   proxy.wait_until_idle();  // what was on its way has arrived, even of a client that is dead
//
// Source:  DynamoDB developer guide, "Error handling": the answers' shapes.
// Needs:   libcurl initialised: tests/support/curl_environment.cc.
// Threads: any.

#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/socket_server.h"

namespace streamonce::testing {

/// What goes wrong with one request. The first six never reach the server.
enum class ChaosFault : std::uint8_t {
  kThrottled,  ///< 400 ThrottlingException
  /// 400 TransactionCanceledException: some actions conflict, the rest do not; of a PutItem 400
  /// TransactionConflictException.
  kConflict,
  kServerError,  ///< 500
  kHtmlPage200,  ///< a page of somebody else's, with status 200
  kHtmlPage503,  ///< a page of somebody else's, with status 503
  kResetBefore,  ///< the connection is reset
  kResetAfter,   ///< done, then the connection is reset in place of the answer
  kDelay,        ///< 50 to 300 ms, before the request goes on or before the answer does
  kTruncated,    ///< done; the answer breaks off before the end that Content-Length tells
  kCutBody,      ///< done; the answer is cut, and its Content-Length is that of the piece
};
inline constexpr std::size_t kChaosFaults = 10;

struct ChaosOptions {
  std::string endpoint_url;  ///< where the server is
  unsigned seed = 0;
  unsigned fault_percent = 0;  ///< how many of 100 requests are spoiled
  /// Whether a transaction that updates or deletes an item is refused while another one that does
  /// is on its way, as DynamoDB refuses it and DynamoDB Local does not.
  bool conflicts = false;
};

struct ChaosCounts {
  int requests = 0;
  std::array<int, kChaosFaults> faults{};  ///< how many of each kind
  int transactions = 0;                    ///< those that the server was sent
  int conflicts = 0;      ///< transactions that met another one: see ChaosOptions::conflicts
  int not_forwarded = 0;  ///< requests that the server did not answer: the test is not worth much

  int faults_in_all() const { return std::accumulate(faults.begin(), faults.end(), 0); }
  /// The counts as in `40 requests, 2 conflicts, 4 faults (throttled 1, delay 3)`.
  std::string text() const;
};

class ChaosProxy {
 public:
  explicit ChaosProxy(ChaosOptions options);

  std::string url() const { return server_.url(""); }
  void set_fault_percent(unsigned percent);
  ChaosCounts counts() const;
  /// Waits until no request is on its way to the server. False: one still is.
  bool wait_until_idle(std::chrono::milliseconds patience = std::chrono::seconds(90));

 private:
  struct Draw {
    std::optional<ChaosFault> fault;
    unsigned detail = 0;  ///< decides what the fault leaves open
  };
  struct Answer {
    int status = 0;
    std::string body;
    ServerHeaders headers;
    std::string bytes() const { return answer(status, body, headers); }
  };

  ServerReply handle(const ServerRequest& request);
  Draw draw();
  ServerReply serve(const ServerRequest& request, const Draw& draw);
  Answer forward(const ServerRequest& request);
  Answer pass_on(const ServerRequest& request);
  std::optional<Answer> enter(const std::vector<std::string>& items);
  void leave(const std::vector<std::string>& items);

  const std::string endpoint_url_;
  const bool conflicts_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::mt19937 random_;
  unsigned fault_percent_;
  int on_their_way_ = 0;
  std::set<std::string> in_transactions_;  // items
  ChaosCounts counts_;
  SocketServer server_;  // last: its threads use all of the above
};

}  // namespace streamonce::testing
