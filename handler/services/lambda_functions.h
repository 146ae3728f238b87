// handler/services/lambda_functions.h: requests and answers of Lambda about functions and what they
// are mapped to. All of them are GETs without a body.
//
// Paths hold plain names only: an ARN in a path is encoded once as it is sent, and twice as it is
// signed, which no other request of this program needs. Queries are encoded once in both.
//
// Source:  AWS Lambda API reference, GetFunctionConfiguration, GetFunctionConcurrency,
//          GetEventSourceMapping, ListEventSourceMappings; "Common errors"; API model 2015-03-31.
// Threads: pure functions and values; one reader for each thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/aws/api_client.h"
#include "runtime/aws/endpoint.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler::lambda_functions {

inline constexpr aws::Service kService{
    .name = "Lambda",
    .signing_name = "lambda",
    .host_prefix = "lambda",
    .target_prefix = "AWSLambda",
    .endpoint_variables = "AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL",
};

inline constexpr std::string_view kGetConfiguration = "GetFunctionConfiguration";
inline constexpr std::string_view kGetConcurrency = "GetFunctionConcurrency";
inline constexpr std::string_view kGetMapping = "GetEventSourceMapping";
inline constexpr std::string_view kListMappings = "ListEventSourceMappings";

/// The most bytes of an answer: 100 mappings with filters of 20 KB each are below it.
inline constexpr std::size_t kAnswerBytesMax = 4UL * 1024 * 1024;

/// Which function is meant.
struct FunctionName {
  std::string name = {};       ///< plain, 1 to 64 characters
  std::string qualifier = {};  ///< an alias, a version or `$LATEST`; empty: none
  std::string region = {};     ///< empty: what was parsed is no ARN
  std::string account = {};    ///< empty likewise

  /// Reads `NAME`, `NAME:QUALIFIER` or an ARN of a function, with a qualifier or without.
  /// @error kInvalidArgument  it is none of them; the message says what is expected
  static Result<FunctionName> parse(std::string_view text);

  /// `NAME` or `NAME:QUALIFIER`.
  std::string text() const;
};

/// What a function is set up with. Empty texts: the answer does not tell them.
struct Configuration {
  std::string name = {};
  std::string arn = {};
  std::string runtime = {};  ///< as in `provided.al2023`; empty also for a container image
  std::string state = {};    ///< as in `Active`
  std::string state_reason = {};
  std::string update_status = {};  ///< as in `Successful`
  std::string update_reason = {};
  std::optional<std::uint64_t> timeout_seconds = {};
  std::string vpc_id = {};  ///< empty: it is in no VPC of its owner's
  std::string dead_letter_arn =
      {};                        ///< where asynchronous invocations go that failed; empty: nowhere
  bool hides_variables = false;  ///< whether the service could not decrypt them
  std::vector<std::pair<std::string, std::string>> variables = {};  ///< of its environment
};

/// What a function is mapped to, and how it is called. Empty texts and no values: not told.
struct Mapping {
  std::string uuid = {};
  std::string function_arn = {};
  std::string source_arn = {};   ///< of a stream or a queue
  std::string state = {};        ///< as in `Enabled`
  std::string last_result = {};  ///< as in `OK` or `No records processed`
  std::string starting_position = {};
  bool reports_item_failures = false;  ///< whether FunctionResponseTypes has it
  bool has_filter = false;
  std::string filter_error = {};  ///< the code of KMS for a filter that cannot be decrypted
  std::string on_failure = {};    ///< the ARN of the destination; empty: there is none
  std::optional<std::int64_t> retries_max = {};       ///< -1: without end
  std::optional<std::int64_t> age_max_seconds = {};   ///< -1: without end
  std::optional<std::uint64_t> parallelization = {};  ///< batches of a shard at once
  std::uint64_t tumbling_window_seconds = 0;          ///< 0: none
};

/// A page of a list of mappings.
struct MappingPage {
  std::vector<Mapping> mappings;
  std::string next = {};  ///< where the next page begins; empty: this is the last one
};

/// Which mappings to list. Borrows its texts; an empty one does not restrict.
struct MappingQuery {
  std::string_view source_arn = {};
  std::string_view function = {};  ///< as FunctionName::text()
  std::string_view next = {};      ///< as MappingPage::next
};

/// What follows a service's URL, which ends with a slash.
std::string configuration_path(const FunctionName& function);
std::string concurrency_path(const FunctionName& function);
/// `uuid` must be one: see is_uuid().
std::string mapping_path(std::string_view uuid);
std::string mappings_path(const MappingQuery& query);

/// Whether `text` can be the id of a mapping: 36 hexadecimal digits and hyphens.
bool is_uuid(std::string_view text);

/// Reads answers; keeps its buffers from one to the next. Members that nobody needs are passed
/// over, and those that are absent or null leave what they would fill as it is.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  /// @error kProtocol  the answer is no function's configuration: it names none
  Result<Configuration> configuration(PayloadView answer);

  /// How many invocations may run at once; none: nothing is reserved.
  /// @error kProtocol  the answer is none
  Result<std::optional<std::uint64_t>> concurrency(PayloadView answer);

  /// @error kProtocol  the answer is no mapping: it has no UUID
  Result<Mapping> mapping(PayloadView answer);

  /// @error kProtocol  the answer is no list of mappings
  Result<MappingPage> mappings(PayloadView answer);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// What a failed call of `operation` on `subject` means.
Error error_of(std::string_view operation, std::string_view subject, const aws::ApiError& failed);

}  // namespace streamonce::handler::lambda_functions
