// tests/support/fake_stream.h: one shard of a DynamoDB stream in memory, in virtual time.
//
// It is a transport: GetShardIterator and GetRecords go in, answers come out in the service's own
// shapes when their time has come, and waiting moves the clock. A fault takes the place of the
// answer to a request. Iterators hold characters that JSON must escape.
//
// Source:  DynamoDB Streams API reference, GetShardIterator and GetRecords.
// Threads: one thread at a time. Borrows: clock.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/http/http.h"
#include "tests/support/fake_clock.h"

namespace streamonce::testing {

/// A refusal in the service's own form.
runtime::HttpResponse refusal(int status, const std::string& code, const std::string& message);

/// One request as it came, for a test to look at.
struct StreamCall {
  SteadyTime at = {};
  std::string operation = {};  ///< as in `GetRecords`
  nlohmann::json body = {};
  runtime::HttpRequest request = {};
};

class FakeStream final : public runtime::HttpTransport {
 public:
  explicit FakeStream(FakeClock& clock) : clock_(clock) {}

  runtime::HttpRequestId start(runtime::HttpRequest request) override;
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override;
  std::string cancel(runtime::HttpRequestId id) override;

  /// The calls of one operation.
  std::size_t count(const std::string& operation) const;

  std::string arn =
      "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2026-11-21T00:44:22.580";
  std::string shard = "shardId-00000001700000000000-0a1b2c3d";
  std::vector<std::string> numbers;  ///< the sequence numbers of the shard's records, rising
  std::size_t trimmed = 0;           ///< how many of the first records are gone
  std::size_t page_size = 3;
  std::size_t empty_pages = 0;  ///< how many come before each page with records
  bool closed = false;          ///< whether the last page has no next iterator
  /// The record that GetRecords gives for a number; unset: each is an insert of the same item.
  std::function<nlohmann::json(const std::string& number)> record;
  std::chrono::milliseconds latency{10};
  /// What takes the place of the answer, if anything; asked before `seen` has the call.
  std::function<std::optional<Result<runtime::HttpResponse>>(const StreamCall& call)> fault;

  std::vector<StreamCall> seen;
  std::size_t cancelled = 0;

 private:
  runtime::HttpResponse answer(const StreamCall& call) const;
  runtime::HttpResponse get_iterator(const nlohmann::json& body) const;
  runtime::HttpResponse get_records(const nlohmann::json& body) const;

  FakeClock& clock_;
  std::optional<runtime::HttpCompletion> pending_;
  SteadyTime answers_at_ = {};
  runtime::HttpRequestId last_id_ = 0;
};

}  // namespace streamonce::testing
