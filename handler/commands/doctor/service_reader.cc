#include "handler/commands/doctor/service_reader.h"

#include <chrono>
#include <utility>

#include "handler/commands/parts.h"
#include "runtime/aws/call.h"
#include "runtime/aws/dynamodb_names.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/role_names.h"

namespace streamonce::handler::doctor {
namespace {

/// The most time that one answer has.
constexpr std::chrono::milliseconds kAnswerTimeout{10'000};
/// How long credentials may take.
constexpr std::chrono::seconds kCredentialsTime{30};
/// The most pages of a list: 100,000 mappings or shards.
constexpr int kPagesMax = 1'000;

/// A GET of Lambda.
class LambdaCall final : public aws::Call {
 public:
  /// Borrows `answer` and `reader`.
  LambdaCall(std::string_view operation, std::string path, Payload& answer,
             aws::JsonAnswerReader& reader)
      : Call({.operation = operation, .timeout = kAnswerTimeout, .answer_into = &answer}),
        path_(std::move(path)),
        reader_(reader) {}

 private:
  void fill(runtime::HttpRequest& request, const aws::Service& /*service*/) override {
    request.url += path_;
  }

  std::optional<aws::Refusal> read(runtime::HttpResponse response, aws::Secrets secrets) override {
    return reader_.read(response, options().answer_into->view(), secrets,
                        lambda_functions::kService.name);
  }

  void log(Logger& logger, const aws::Attempt& attempt) const override {
    aws::log_attempt(logger, options().operation, attempt);
  }

  const std::string path_;
  aws::JsonAnswerReader& reader_;
};

/// The endpoint that is set for `service`; empty: the public one.
const std::string& endpoint_in(const AwsSettings& aws, const aws::Service& service) {
  if (service.name == lambda_functions::kService.name) return aws.lambda_endpoint_url;
  if (service.name == dynamodb_streams::kService.name) return aws.streams_endpoint_url;
  return aws.endpoint_url;
}

/// The error with the permission that is lacking, if one is.
Error with_permission(Error error, const aws::ApiError& failed, std::string_view prefix,
                      std::string_view operation) {
  if (failed.code == "AccessDeniedException" || failed.code == "AccessDenied")
    error.message.append("; the permission ").append(prefix).append(operation).append(" is needed");
  return error;
}

Error too_many_pages(std::string_view operation) {
  return {ErrorCode::kProtocol,
          std::string(operation) + ": expected " + std::to_string(kPagesMax) + " pages at most"};
}

}  // namespace

Result<std::unique_ptr<ServiceReader>> ServiceReader::open(const std::string& region,
                                                           const Environment& environment,
                                                           Clock& clock, Logger& logger,
                                                           SteadyTime deadline) {
  AwsSettings aws = STREAMONCE_TRY(load_aws(environment));
  auto credentials = STREAMONCE_TRY(credentials_of(RoleSettings(), std::string(aws::kSessionName),
                                                   region, aws, environment, clock, logger));
  STREAMONCE_TRY(credentials->get(clock.now(), kCredentialsTime));
  auto transport = open_network(aws.ca_bundle_path, clock);
  return std::unique_ptr<ServiceReader>(new ServiceReader(
      std::move(aws), std::move(credentials), std::move(transport), clock, logger, deadline));
}

ServiceReader::ServiceReader(AwsSettings aws, std::shared_ptr<aws::CredentialsProvider> credentials,
                             std::unique_ptr<runtime::HttpTransport> transport, Clock& clock,
                             Logger& logger, SteadyTime deadline)
    : aws_(std::move(aws)),
      credentials_(std::move(credentials)),
      transport_(std::move(transport)),
      clock_(clock),
      logger_(logger),
      deadline_(deadline),
      answer_(lambda_functions::kAnswerBytesMax) {
  static_assert(lambda_functions::kAnswerBytesMax >= dynamodb_tables::kDescriptionBytesMax);
  static_assert(lambda_functions::kAnswerBytesMax >= dynamodb_streams::kDescriptionBytesMax);
}

Result<aws::ServiceClient*> ServiceReader::client(const aws::Service& service,
                                                  const std::string& region) {
  std::unique_ptr<aws::ServiceClient>& client =
      clients_[std::string(service.name) + " in " + region];
  if (client != nullptr) return client.get();
  const std::string& endpoint = endpoint_in(aws_, service);
  STREAMONCE_TRY(check_trust(aws_, endpoint));
  aws::Region parsed = STREAMONCE_TRY(aws::Region::parse(region));
  std::string url = STREAMONCE_TRY(aws::endpoint_of(service, parsed, endpoint)) + "/";
  client = std::make_unique<aws::ServiceClient>(aws::ServiceOptions{.service = service,
                                                                    .region = std::move(parsed),
                                                                    .url = std::move(url),
                                                                    .credentials = credentials_,
                                                                    .random_seed = random_seed()},
                                                *transport_, clock_, logger_);
  return client.get();
}

Result<std::optional<aws::ApiError>> ServiceReader::get(std::string_view operation,
                                                        std::string path,
                                                        const std::string& region) {
  aws::ServiceClient* service = STREAMONCE_TRY(client(lambda_functions::kService, region));
  aws::Calls calls(*service, {.deadline = deadline_});
  calls.add(std::make_unique<LambdaCall>(operation, std::move(path), answer_, json_));
  aws::CallEnd end = calls.wait_any();
  if (!end.refusal) return std::optional<aws::ApiError>();
  return std::optional(aws::api_error_of(std::move(*end.refusal)));
}

Result<std::optional<aws::ApiError>> ServiceReader::post(const aws::Service& service,
                                                         std::string_view operation,
                                                         std::string_view body,
                                                         const std::string& region) {
  aws::ServiceClient* client_of_region = STREAMONCE_TRY(client(service, region));
  return aws::ApiClient(*client_of_region).call(operation, body, answer_, deadline_);
}

Status ServiceReader::ask_lambda(std::string_view operation, std::string path,
                                 std::string_view subject, const std::string& region) {
  const auto failed = STREAMONCE_TRY(get(operation, std::move(path), region));
  if (!failed) return {};
  return with_permission(lambda_functions::error_of(operation, subject, *failed), *failed,
                         "lambda:", operation);
}

Result<bool> ServiceReader::ask_table(std::string_view operation, const TablePlace& place) {
  const auto failed = STREAMONCE_TRY(post(
      aws::kDynamoDb, operation, dynamodb_tables::describe_request(place.table), place.region));
  if (!failed) return true;
  if (failed->code == "ResourceNotFoundException" || failed->code == "TableNotFoundException")
    return false;
  return with_permission(dynamodb_tables::error_of(operation, place.table, *failed), *failed,
                         "dynamodb:", operation);
}

Result<lambda_functions::Configuration> ServiceReader::configuration(
    const lambda_functions::FunctionName& function, const std::string& region) {
  STREAMONCE_TRY(ask_lambda(lambda_functions::kGetConfiguration,
                            lambda_functions::configuration_path(function),
                            "function " + function.text(), region));
  return functions_.configuration(answer_.view());
}

Result<std::optional<std::uint64_t>> ServiceReader::concurrency(
    const lambda_functions::FunctionName& function, const std::string& region) {
  STREAMONCE_TRY(ask_lambda(lambda_functions::kGetConcurrency,
                            lambda_functions::concurrency_path(function),
                            "function " + function.name, region));
  return functions_.concurrency(answer_.view());
}

Result<lambda_functions::Mapping> ServiceReader::mapping(const std::string& uuid,
                                                         const std::string& region) {
  STREAMONCE_TRY(ask_lambda(lambda_functions::kGetMapping, lambda_functions::mapping_path(uuid),
                            "mapping " + uuid, region));
  return functions_.mapping(answer_.view());
}

Result<std::vector<lambda_functions::Mapping>> ServiceReader::mappings(
    lambda_functions::MappingQuery query, const std::string& region) {
  const std::string subject(query.function.empty() ? query.source_arn : query.function);
  std::vector<lambda_functions::Mapping> all;
  std::string next;
  for (int page = 0; page < kPagesMax; ++page) {
    query.next = next;
    STREAMONCE_TRY(ask_lambda(lambda_functions::kListMappings,
                              lambda_functions::mappings_path(query), subject, region));
    lambda_functions::MappingPage found = STREAMONCE_TRY(functions_.mappings(answer_.view()));
    for (lambda_functions::Mapping& each : found.mappings) all.push_back(std::move(each));
    if (found.next.empty()) return all;
    next = std::move(found.next);
  }
  return too_many_pages(lambda_functions::kListMappings);
}

Result<std::optional<dynamodb_tables::TableDescription>> ServiceReader::description(
    const TablePlace& place) {
  const bool is_there = STREAMONCE_TRY(ask_table(dynamodb_tables::kDescribeTable, place));
  if (!is_there) return std::optional<dynamodb_tables::TableDescription>();
  return std::optional(STREAMONCE_TRY(tables_.description(answer_.view())));
}

Result<dynamodb_tables::TimeToLive> ServiceReader::expiry(const TablePlace& place) {
  const bool is_there = STREAMONCE_TRY(ask_table(dynamodb_tables::kDescribeTimeToLive, place));
  if (!is_there) return Error{ErrorCode::kRejected, "there is no such table"};
  return tables_.time_to_live(answer_.view());
}

Result<bool> ServiceReader::has_recovery(const TablePlace& place) {
  const bool is_there = STREAMONCE_TRY(ask_table(dynamodb_tables::kDescribeBackups, place));
  if (!is_there) return Error{ErrorCode::kRejected, "there is no such table"};
  return tables_.has_recovery(answer_.view());
}

Result<std::size_t> ServiceReader::open_shards(const std::string& stream_arn,
                                               const std::string& region) {
  std::size_t open = 0;
  std::string after;
  for (int page = 0; page < kPagesMax; ++page) {
    const auto failed =
        STREAMONCE_TRY(post(dynamodb_streams::kService, dynamodb_streams::kDescribeStream,
                            dynamodb_streams::description_request(stream_arn, after), region));
    if (failed)
      return with_permission(dynamodb_streams::error_of(dynamodb_streams::kDescribeStream, *failed),
                             *failed, "dynamodb:", dynamodb_streams::kDescribeStream);
    auto found = STREAMONCE_TRY(streams_.description(answer_.view()));
    for (const dynamodb_streams::ListedShard& shard : found.shards) open += shard.is_closed ? 0 : 1;
    if (found.last_shard.empty()) return open;
    after = std::move(found.last_shard);
  }
  return too_many_pages(dynamodb_streams::kDescribeStream);
}

}  // namespace streamonce::handler::doctor
