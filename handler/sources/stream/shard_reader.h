// handler/sources/stream/shard_reader.h: reads a range of a shard through the DynamoDB Streams API.
//
// An iterator is got at the range's start, and pages are followed from there until one has reached
// the range's end. Pages without records are normal: an iterator moves through a shard in steps
// that may hold none. What the network or the service spoils is asked for again; see call.h.
//
// Source:  DynamoDB Streams API reference, GetShardIterator and GetRecords: an iterator lives 15
//          minutes, a page holds 1,000 records or 1 MB, a stream keeps records for 24 hours, and
//          more than two readers of a shard are throttled; AWS General Reference, endpoints.
// Threads: one thread at a time. Borrows: transport, clock, logger; they must outlive the reader,
//          and nothing else may be in flight on the transport during read().

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "handler/sources/stream/stream_reader.h"
#include "runtime/aws/api_client.h"
#include "runtime/aws/credentials.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler {

struct ShardReaderOptions {
  /// Where DynamoDB Streams is: `http://host:port` or `https://host`, with or without a path;
  /// empty: the public endpoint of the Region that is in the stream's ARN.
  std::string endpoint_url;
  std::shared_ptr<aws::CredentialsProvider> credentials;  ///< as whom the service is called
  std::uint64_t random_seed = 0;                          ///< seeds the delays before retries
};

class ShardReader final : public StreamReader {
 public:
  /// Checks what can be checked without a stream and without calling its service.
  /// @param deadline          how long the provider of the credentials may take to get them
  /// @error kInvalidArgument  the credentials are absent or malformed; the message holds none
  /// @error any other code    what the provider of the credentials says
  static Result<std::unique_ptr<ShardReader>> create(ShardReaderOptions options,
                                                     runtime::HttpTransport& transport,
                                                     Clock& clock, Logger& logger,
                                                     SteadyTime deadline);
  /// The Region of the stream `stream_arn`.
  /// @error kInvalidArgument  the ARN is malformed
  static Result<aws::Region> region_of(std::string_view stream_arn);
  ShardReader(const ShardReader&) = delete;
  ShardReader& operator=(const ShardReader&) = delete;

  Status read(const StreamRange& range, const TakePage& take, SteadyTime deadline) override;

 private:
  class RangeRead;  // one call of read()

  ShardReader(ShardReaderOptions options, runtime::HttpTransport& transport, Clock& clock,
              Logger& logger);

  /// The client of `region`; kept, since the next range is nearly always of the same one.
  Result<aws::ApiClient*> api_for(aws::Region region);

  const ShardReaderOptions options_;
  runtime::HttpTransport& transport_;
  Clock& clock_;
  Logger& logger_;
  std::string region_;  // the Region of service_
  std::unique_ptr<aws::ServiceClient> service_;
  std::unique_ptr<aws::ApiClient> api_;  // calls service_
};

}  // namespace streamonce::handler
