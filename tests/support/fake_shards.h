// tests/support/fake_shards.h: a DynamoDB stream of many shards in memory, in virtual time.
//
// The service knows DescribeStream, GetShardIterator and GetRecords, in the service's own shapes.
// Shards can be split and closed, records trimmed, children listed late; listings come in pages of
// a few, and pages without records stand between those with some. An iterator lives for 15 minutes.
// A transport is one process's way to it: many requests may be in flight, and waiting moves the
// clock. A fault takes the place of the answer to a request. Iterators hold characters that JSON
// must escape.
//
// Source:  DynamoDB Streams API reference.
// Threads: one thread at a time. Borrows: clock, and a transport its service.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/http/http.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_stream.h"

namespace streamonce::testing {

struct FakeRecord {
  std::string number;
  nlohmann::json json;
};

struct FakeShard {
  std::string id;
  std::string parent;
  std::vector<FakeRecord> records;  ///< the trimmed ones, too
  std::size_t trimmed = 0;          ///< how many of the first records are gone
  bool is_closed = false;
  bool is_listed = true;
  bool is_shown_open = false;  ///< whether listings do not show yet that it is closed
  bool exists = true;          ///< whether it can be read at all
};

class FakeShards {
 public:
  explicit FakeShards(FakeClock& clock) : clock_(clock) {}

  /// Adds an open shard. @return its id, in which the time is `age` before now
  std::string add(std::string_view parent = {}, std::chrono::hours age = std::chrono::hours(1));
  FakeShard& shard(std::string_view id);
  void close(std::string_view id) { shard(id).is_closed = true; }
  /// Closes a shard, and lets `count` children go on. @return their ids
  std::vector<std::string> split(std::string_view id, std::size_t count = 2);
  /// Writes `{"id":ID,"value":VALUE}` to a shard. @return the record's sequence number
  std::string put(std::string_view id, const std::string& item, const std::string& value);
  std::string remove(std::string_view id, const std::string& item);
  std::string write(std::string_view id, const std::string& event_name, nlohmann::json record);

  /// The answer to one request, of any process.
  Result<runtime::HttpResponse> answer(const StreamCall& call);

  /// The calls of one operation.
  std::size_t count(std::string_view operation) const;
  /// The sequence numbers, iterator types and shards of the iterators that were asked for:
  /// `TRIM_HORIZON shardId-...` or `AFTER_SEQUENCE_NUMBER shardId-... 17`.
  std::vector<std::string> iterators() const;

  std::string arn =
      "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";
  std::vector<FakeShard> shards;
  std::string status = "ENABLED";
  std::string view_type = "NEW_AND_OLD_IMAGES";
  std::size_t page_size = 3;
  std::size_t listing_size = 100;  ///< shards of a page of a listing
  std::size_t empty_pages = 0;     ///< how many come before each page with records
  std::chrono::minutes iterator_life{15};
  std::chrono::seconds ahead{0};  ///< how far the service's clock is ahead of the process's
  bool tells_time = true;         ///< whether answers have a `Date`
  /// What takes the place of the answer, if anything; asked before `seen` has the call.
  std::function<std::optional<Result<runtime::HttpResponse>>(const StreamCall& call)> fault;
  std::vector<StreamCall> seen;

 private:
  struct Iterator;

  Result<runtime::HttpResponse> undated_answer(const StreamCall& call);
  runtime::HttpResponse describe(const nlohmann::json& body) const;
  runtime::HttpResponse get_iterator(const nlohmann::json& body);
  runtime::HttpResponse get_records(const nlohmann::json& body);
  std::string text_of(const Iterator& iterator) const;

  FakeClock& clock_;
  std::size_t shards_made_ = 0;
  std::size_t records_made_ = 0;
};

class FakeShardsTransport final : public runtime::HttpTransport {
 public:
  FakeShardsTransport(FakeShards& service, FakeClock& clock) : service_(service), clock_(clock) {}

  runtime::HttpRequestId start(runtime::HttpRequest request) override;
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override;
  std::string cancel(runtime::HttpRequestId id) override;

  std::size_t in_flight() const { return pending_.size(); }

  std::chrono::milliseconds latency{10};
  std::size_t in_flight_most = 0;
  std::function<void()> on_wait;  ///< called before each wait

 private:
  struct Pending {
    runtime::HttpRequestId id = 0;
    SteadyTime at = {};
    StreamCall call = {};
  };

  FakeShards& service_;
  FakeClock& clock_;
  std::vector<Pending> pending_;
  runtime::HttpRequestId last_id_ = 0;
};

}  // namespace streamonce::testing
