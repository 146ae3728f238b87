// tests/support/memory_stream.h: a stream in memory, for tests of code that fetches records.

#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "handler/sources/stream/stream_reader.h"
#include "tests/support/stream_event.h"

namespace streamonce::testing {

class MemoryStream final : public handler::StreamReader {
 public:
  Status read(const handler::StreamRange& range, const TakePage& take, SteadyTime) override {
    ++reads;
    last_shard = range.shard_id;
    for (const auto& page : pages) {
      const Payload payload = Payload::copy_of(event_of(page));
      const auto newest = take(payload.view());
      if (newest && *newest >= range.last) return {};
    }
    return end;
  }

  std::vector<std::vector<std::string>> pages;  ///< the records of each page
  /// What comes of a range that the pages do not reach.
  Status end = Error{ErrorCode::kRejected, "the shard ends before the range does"};
  int reads = 0;
  std::string last_shard;
};

/// A letter that points to the records `first` to `last`, without the records.
inline std::string pointer_letter(std::string_view first, std::string_view last) {
  return R"({"requestContext":{"condition":"RetryAttemptsExhausted"},"DDBStreamBatchInfo":{)"
         R"("shardId":"shard-1","startSequenceNumber":")" +
         std::string(first) + R"(","endSequenceNumber":")" + std::string(last) +
         R"(","batchSize":2,"streamArn":")" + std::string(kStreamArn) + "\"}}";
}

/// `json` as a text in JSON.
inline std::string escaped(std::string_view json) {
  std::string text = "\"";
  for (const char c : json) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

/// A letter of an S3 destination: the event as a text in it.
inline std::string payload_letter(const std::vector<std::string>& records) {
  std::string letter = pointer_letter("1", "2");
  letter.pop_back();
  return letter + R"(,"payload":)" + escaped(event_of(records)) + '}';
}

}  // namespace streamonce::testing
