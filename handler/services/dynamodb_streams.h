// handler/services/dynamodb_streams.h: requests and answers of DynamoDB Streams.
//
// Source:  DynamoDB Streams API reference, GetShardIterator and GetRecords.
// Threads: pure functions and values; one reader for each thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/aws/api_client.h"
#include "runtime/aws/endpoint.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler::dynamodb_streams {

inline constexpr aws::Service kService{
    .name = "DynamoDB Streams",
    .signing_name = "dynamodb",
    .host_prefix = "streams.dynamodb",
    .target_prefix = "DynamoDBStreams_20120810",
    .endpoint_variables = "AWS_ENDPOINT_URL_DYNAMODB_STREAMS, AWS_ENDPOINT_URL",
};

inline constexpr std::string_view kGetShardIterator = "GetShardIterator";
inline constexpr std::string_view kGetRecords = "GetRecords";

/// The most bytes of a page. It is 1 MB as the service counts, which is not as JSON counts: numbers
/// and binary values take several times more there.
inline constexpr std::size_t kPageBytesMax = 16UL * 1024 * 1024;

/// Where in a shard an iterator begins.
enum class IteratorStart : std::uint8_t {
  kAt,     ///< with the record of the sequence number
  kAfter,  ///< behind it
};

/// A place in a shard. Borrows its texts.
struct ShardPlace {
  std::string_view stream_arn;
  std::string_view shard_id;
  IteratorStart start = IteratorStart::kAt;
  std::string_view sequence_number;
};

/// The body of a request for an iterator. It lives for 15 minutes.
std::string iterator_request(const ShardPlace& place);

/// The body of a request for a page of records, 1,000 at most.
std::string records_request(std::string_view iterator);

/// Reads answers; keeps its buffers from one to the next.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  /// The iterator that GetShardIterator gave.
  /// @error kProtocol  the answer has none, or one that is no string
  Result<std::string> iterator(PayloadView answer);

  /// The iterator of the page behind the one that GetRecords gave. Empty: the shard ends with it.
  /// @error kProtocol  it is no string
  Result<std::string> next_iterator(PayloadView answer);

 private:
  struct Parser;

  Result<std::string> member(PayloadView answer, std::string_view name);

  std::unique_ptr<Parser> parser_;
};

/// Whether an iterator was too old: a new one behind the records that were taken goes on.
bool is_expired_iterator(const aws::ApiError& failed);

/// What a failed call of `operation` means.
/// @return kExpired where the stream no longer has the records; otherwise the code of `failed`
Error error_of(std::string_view operation, const aws::ApiError& failed);

}  // namespace streamonce::handler::dynamodb_streams
