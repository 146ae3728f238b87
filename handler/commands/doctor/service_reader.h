// handler/commands/doctor/service_reader.h: asks Lambda and DynamoDB what a deployment is like.
//
// Nothing is ever changed. All calls of a reader have one deadline, so that services which do not
// answer cost that time once.
//
// Threads: one thread at a time. Borrows: environment, clock, logger.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handler/config/aws_settings.h"
#include "handler/config/environment.h"
#include "handler/services/dynamodb_streams.h"
#include "handler/services/dynamodb_tables.h"
#include "handler/services/lambda_functions.h"
#include "runtime/aws/credentials.h"
#include "runtime/aws/json_call.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::doctor {

/// A table as a request names it, and where that is asked.
struct TablePlace {
  std::string table;   ///< a name or an ARN
  std::string region;  ///< the Region to ask
};

class ServiceReader {
 public:
  /// Looks for credentials, which all calls are signed with.
  /// @param region  where credentials are asked for that come from STS
  /// @error kInvalidArgument  there are none, or one of AWS's own settings is wrong
  /// @error any other         credentials cannot be got
  static Result<std::unique_ptr<ServiceReader>> open(const std::string& region,
                                                     const Environment& environment, Clock& clock,
                                                     Logger& logger, SteadyTime deadline);

  // The errors of all of these: kRejected, the service refuses; kTimeout, the deadline passed;
  // kProtocol, the answer is no good; kInvalidArgument, the Region or an endpoint is wrong. The
  // message names what was asked, the reason, and the permission that is needed where one is
  // lacking.

  Result<lambda_functions::Configuration> configuration(
      const lambda_functions::FunctionName& function, const std::string& region);
  /// None: nothing is reserved.
  Result<std::optional<std::uint64_t>> concurrency(const lambda_functions::FunctionName& function,
                                                   const std::string& region);
  Result<lambda_functions::Mapping> mapping(const std::string& uuid, const std::string& region);
  /// All pages of a list.
  /// @param query  without MappingQuery::next
  Result<std::vector<lambda_functions::Mapping>> mappings(lambda_functions::MappingQuery query,
                                                          const std::string& region);
  /// None: there is no such table.
  Result<std::optional<dynamodb_tables::TableDescription>> description(const TablePlace& place);
  Result<dynamodb_tables::TimeToLive> expiry(const TablePlace& place);
  Result<bool> has_recovery(const TablePlace& place);
  /// How many shards of a stream are open.
  Result<std::size_t> open_shards(const std::string& stream_arn, const std::string& region);

 private:
  ServiceReader(AwsSettings aws, std::shared_ptr<aws::CredentialsProvider> credentials,
                std::unique_ptr<runtime::HttpTransport> transport, Clock& clock, Logger& logger,
                SteadyTime deadline);

  Result<aws::ServiceClient*> client(const aws::Service& service, const std::string& region);
  /// Makes one call; `answer_` has what came. @return why there is none
  Result<std::optional<aws::ApiError>> get(std::string_view operation, std::string path,
                                           const std::string& region);
  Result<std::optional<aws::ApiError>> post(const aws::Service& service, std::string_view operation,
                                            std::string_view body, const std::string& region);
  /// Makes one call of Lambda, about `subject`.
  Status ask_lambda(std::string_view operation, std::string path, std::string_view subject,
                    const std::string& region);
  /// Makes one call of DynamoDB about a table. @return whether there is such a table
  Result<bool> ask_table(std::string_view operation, const TablePlace& place);

  const AwsSettings aws_;
  const std::shared_ptr<aws::CredentialsProvider> credentials_;
  const std::unique_ptr<runtime::HttpTransport> transport_;
  Clock& clock_;
  Logger& logger_;
  const SteadyTime deadline_;
  std::map<std::string, std::unique_ptr<aws::ServiceClient>> clients_;  // by service and Region
  Payload answer_;
  aws::JsonAnswerReader json_;
  lambda_functions::AnswerReader functions_;
  dynamodb_tables::AnswerReader tables_;
  dynamodb_streams::AnswerReader streams_;
};

}  // namespace streamonce::handler::doctor
