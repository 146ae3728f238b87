// handler/sources/stream/stream_calls.h: the calls of DynamoDB Streams that a follower has in
// flight.
//
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/aws/json_call.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"

namespace streamonce::handler {

enum class StreamOperation : std::uint8_t { kDescribe, kIterator, kRecords };

/// One request, whatever it asks for, and its answer.
class StreamCall final : public aws::JsonCall {
 public:
  struct Options {
    StreamOperation operation = StreamOperation::kDescribe;
    std::string shard = {};  ///< a shard's id; empty for kDescribe
    std::string body = {};
    SteadyTime deadline = {};  ///< no attempt is begun behind it
  };

  /// Borrows `reader`, which must outlive the call.
  StreamCall(Options options, aws::JsonAnswerReader& reader);

  StreamOperation operation() const { return stream_options_.operation; }
  /// The operation as the service names it.
  std::string_view operation_name() const;
  const std::string& shard() const { return stream_options_.shard; }
  using JsonCall::answer;

 private:
  std::string body() override { return stream_options_.body; }

  const Options stream_options_;
};

}  // namespace streamonce::handler
