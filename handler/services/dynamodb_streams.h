// handler/services/dynamodb_streams.h: requests and answers of DynamoDB Streams.
//
// Source:  DynamoDB Streams API reference, DescribeStream, GetShardIterator and GetRecords.
// Threads: pure functions and values; one reader for each thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

inline constexpr std::string_view kDescribeStream = "DescribeStream";
inline constexpr std::string_view kGetShardIterator = "GetShardIterator";
inline constexpr std::string_view kGetRecords = "GetRecords";

/// The most bytes of a page. It is 1 MB as the service counts, which is not as JSON counts: numbers
/// and binary values take several times more there.
inline constexpr std::size_t kPageBytesMax = 16UL * 1024 * 1024;

/// The most bytes of a page of shards, 100 of which have 1 KB at most each.
inline constexpr std::size_t kDescriptionBytesMax = 1024UL * 1024;

/// Where in a shard an iterator begins.
enum class IteratorStart : std::uint8_t {
  kAt,           ///< with the record of the sequence number
  kAfter,        ///< behind it
  kTrimHorizon,  ///< with the oldest record that the shard still has
  kLatest,       ///< with the first record that is written from now on
};

/// A place in a shard. Borrows its texts.
struct ShardPlace {
  std::string_view stream_arn;
  std::string_view shard_id;
  IteratorStart start = IteratorStart::kAt;
  std::string_view sequence_number = {};  ///< for kAt and kAfter only
};

/// A shard as a description of its stream lists it.
struct ListedShard {
  std::string id;
  std::string parent = {};  ///< empty: it has none; otherwise it need not be listed any more
  /// Whether no more records come to it: it has an ending sequence number.
  bool is_closed = false;

  friend bool operator==(const ListedShard&, const ListedShard&) = default;
};

/// One page of a stream's description.
struct StreamDescription {
  /// Whether the stream is enabled, or will be: shards may come.
  bool is_enabled = true;
  std::string view_type;            ///< as in `NEW_IMAGE`
  std::vector<ListedShard> shards;  ///< 100 at most
  std::string last_shard;           ///< where the next page begins; empty: this is the last one

  friend bool operator==(const StreamDescription&, const StreamDescription&) = default;
};

/// The body of a request for a page of a description. `after` is the last shard of the page before;
/// empty: the first page.
std::string description_request(std::string_view stream_arn, std::string_view after);

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

  /// The page that DescribeStream gave.
  /// @error kProtocol  the answer is none, or has a shard without an id
  Result<StreamDescription> description(PayloadView answer);

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

/// Whether the records that were asked for are gone, since a stream keeps them for 24 hours.
bool is_trimmed(const aws::ApiError& failed);

/// Whether there is no such stream, or no such shard of it.
bool is_not_found(const aws::ApiError& failed);

/// What a failed call of `operation` means.
/// @return kExpired where the stream no longer has the records; otherwise the code of `failed`
Error error_of(std::string_view operation, const aws::ApiError& failed);

}  // namespace streamonce::handler::dynamodb_streams
