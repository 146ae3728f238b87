// tests/support/streams_server.h: one shard of a DynamoDB stream over HTTP, with the faults that
// DynamoDB Local does not have: trimmed records, throttling, iterators that are too old, empty
// pages.
//
// Threads: any. The stream may be changed only while no request is under way.

#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "tests/support/dead_letters.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_stream.h"
#include "tests/support/socket_server.h"

namespace streamonce::testing {

class StreamsServer {
 public:
  /// A shard of the table `orders` with the records 1001, 1002 ... of the items n1001, n1002 ...
  explicit StreamsServer(std::size_t records);

  FakeStream& stream() { return stream_; }
  std::size_t calls() const { return server_.requests().size(); }
  /// AWS_ENDPOINT_URL_DYNAMODB_STREAMS and credentials, for a binary under test.
  std::vector<std::string> environment() const;
  /// The records from `first` to `last`, as in 1001.
  BatchRange range(int first, int last) const;

 private:
  ServerReply handle(const ServerRequest& request);

  std::mutex mutex_;
  FakeClock clock_;
  FakeStream stream_{clock_};
  SocketServer server_;  // last: its threads use all of the above
};

}  // namespace streamonce::testing
