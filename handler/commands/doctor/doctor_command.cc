#include "handler/commands/doctor/doctor_command.h"

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "handler/commands/doctor/findings/findings.h"
#include "handler/commands/doctor/report.h"
#include "handler/commands/doctor/service_reader.h"
#include "handler/commands/exit_status.h"
#include "handler/config/aws_settings.h"
#include "handler/config/log_settings.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/arn.h"
#include "runtime/base/text.h"

namespace streamonce::handler::doctor {
namespace {

constexpr std::string_view kAbout =
    R"(Looks a deployment over: a Lambda function, what it is mapped to, and the tables that it reads
and writes. For each mistake it tells why it bites, and the line of the AWS CLI that mends it.
Nothing is changed.

FUNCTION is a function's name, NAME:ALIAS, NAME:VERSION, or its ARN. The mappings tell the
sources, and the function's variables the target and the ledger. A pipeline.json or views.sql in
its zip is not seen: name copies with --config and --views. Without FUNCTION, the tables are looked
at that --source, --target and --ledger name. --target takes a table's name or ARN alone, too.
)";

constexpr std::string_view kDetails =
    R"(What could not be read is "not checked", with the reason; it is never taken for right.

The least policy of who runs it. Lambda's list cannot be restricted to one function, and neither
can that of a stream's mappings:

  {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Resource": "*", "Action": [
      "lambda:ListEventSourceMappings", "lambda:GetEventSourceMapping"]},
    {"Effect": "Allow", "Resource": "arn:aws:lambda:REGION:ACCOUNT:function:FUNCTION", "Action": [
      "lambda:GetFunctionConfiguration", "lambda:GetFunctionConcurrency"]},
    {"Effect": "Allow", "Resource": "arn:aws:dynamodb:REGION:ACCOUNT:table/*", "Action": [
      "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
      "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeStream"]}]}

Lambda is asked in the Region of the ARN, or AWS_REGION; AWS_ENDPOINT_URL_LAMBDA names another
endpoint than the Region's. No role is assumed: what is another account's is read by the policies
of its tables, or with credentials of that account and --source, --target and --ledger.

Exit status: 0 there is no error; 1 there are errors, and all are told; 2 the command line or the
configuration is wrong; 3 the function, or the mapping that --mapping names, cannot be read.
)";

enum DoctorCode : int { kMapping = kFirstOwnCode, kSource, kJson };

constexpr std::array kOptions = {
    CommandOption{kMapping, "mapping", "UUID",
                  "one mapping, and its function, instead of FUNCTION"},
    CommandOption{kSource, "source", "TABLE", "a table that has to be a source: a name, or an ARN"},
    CommandOption{kTimeoutCode, "timeout", "SECONDS",
                  "for all that is read together, 1 to 900; default: 60"},
    CommandOption{kJson, "json", nullptr, "all of it as a JSON object on standard output"},
    CommandOption{kVerboseCode, "verbose", nullptr, "log each request too"},
};

/// Takes an option of this command alone. @return what is wrong with it; empty: nothing
std::string take_option(int code, const std::string& value, DoctorRequest& request) {
  switch (code) {
    case kMapping:
      if (!lambda_functions::is_uuid(value))
        return "--mapping: " + in_quotes(value) +
               ": expected the UUID of a mapping, 36 hexadecimal digits and hyphens";
      request.query.mapping_uuid = value;
      return {};
    case kSource:
      if (!aws::is_table(value))
        return "--source: " + in_quotes(value) + ": expected a table's name or its ARN";
      request.query.source = value;
      return {};
    default:
      request.json = true;
      return {};
  }
}

/// Takes a table's name for a target, as this command does besides the forms of the setting.
std::string take_tables(SettingOptions& settings) {
  for (SettingOptions::Option& option : settings.options) {
    if (option.name == "ledger" && !aws::is_table(option.value))
      return "--ledger: " + in_quotes(option.value) + ": expected a table's name or its ARN";
    if (option.name != "target" || option.value == "dynamodb" ||
        option.value.starts_with("dynamodb:") || option.value.starts_with("sqlite:"))
      continue;
    if (!aws::is_table(option.value))
      return "--target: " + in_quotes(option.value) +
             ": expected a table's name or its ARN, or dynamodb:TABLE";
    option.value.insert(0, "dynamodb:");
  }
  return {};
}

bool names_a_table(const DoctorRequest& request) {
  const SettingOptions& settings = request.query.settings;
  return !request.query.source.empty() || settings.value_of("target") != nullptr ||
         settings.value_of("ledger") != nullptr;
}

/// The Region that is asked: that of an ARN, or the environment's.
std::string region_to_ask(const DeploymentQuery& query, const Environment& environment) {
  if (query.function && !query.function->region.empty()) return query.function->region;
  std::string region = region_of(environment);
  if (!region.empty() || query.function || !query.mapping_uuid.empty()) return region;
  for (const std::string_view table :
       {std::string_view(query.source),
        std::string_view(query.settings.value_of("ledger") == nullptr
                             ? ""
                             : query.settings.value_of("ledger")->c_str())})
    if (const auto arn = Arn::split(table)) return std::string(arn->region);
  return {};
}

/// Tells on standard error why there is nothing to look over. @return the status
int cannot_read(const Error& error) {
  std::fprintf(stderr, "bootstrap: %s\n", error.message.c_str());
  return kExitUnreadable;
}

int look_over_deployment(DoctorRequest request, const Environment& environment, Clock& clock,
                         Logger& logger) {
  request.query.region = region_to_ask(request.query, environment);
  if (request.query.region.empty())
    return cannot_start(invalid_argument(
        "AWS_REGION is not set: expected the Region of the function, or an ARN that tells it"));
  const auto services = ServiceReader::open(request.query.region, environment, clock, logger,
                                            clock.steady_now() + request.common.timeout);
  if (!services && services.error().code == ErrorCode::kInvalidArgument)
    return cannot_start(services.error());
  if (!services) return cannot_read(services.error());
  const Result<Deployment> deployment = read_deployment(request.query, environment, **services);
  if (!deployment) return cannot_read(deployment.error());
  const Findings found = look_over(*deployment);
  const bool written = write_to_stdout(request.json ? to_json(found) : to_text(found));
  return written && count_of(found, Level::kError) == 0 ? kExitDone : kExitFailed;
}

int run(Arguments arguments, const Environment& environment) {
  auto read = read_doctor_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&read)) return print(*printed);
  auto& request = std::get<DoctorRequest>(read);
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) return cannot_start(log.error());
  SystemClock clock;
  Logger logger({.level = request.common.verbose ? LogLevel::kDebug : log->level,
                 .format = log->format,
                 .sink = write_to_stderr},
                clock);
  return look_over_deployment(std::move(request), environment, clock, logger);
}

}  // namespace

constexpr Command kDoctorCommand = {
    .name = "doctor",
    .operands = "FUNCTION",
    .summary =
        "looks a deployment over for mistakes; see\n"
        "bootstrap doctor --help",
    .about = kAbout,
    .options = kOptions,
    .details = kDetails,
    .run = run,
};

std::variant<PrintedText, DoctorRequest> read_doctor_request(Arguments arguments) {
  DoctorRequest request;
  const auto take = [&](int code, const std::string& value) {
    return take_option(code, value, request);
  };
  if (auto printed = read_options(kDoctorCommand, arguments, take, request.common))
    return *std::move(printed);
  if (const std::string wrong = take_tables(request.common.settings); !wrong.empty())
    return usage_error(wrong);
  request.query.settings = request.common.settings;
  const auto& operands = request.common.operands;
  const bool has_mapping = !request.query.mapping_uuid.empty();
  if (operands.size() > 1 || (has_mapping && !operands.empty()))
    return usage_error("doctor: unexpected " + in_quotes(operands.back()) +
                       ": expected one FUNCTION, or --mapping UUID");
  if (operands.empty() && !has_mapping && !names_a_table(request))
    return usage_error(
        "doctor: expected a function's name or ARN, --mapping UUID, or tables: --source, --target, "
        "--ledger");
  if (!operands.empty()) {
    auto function = lambda_functions::FunctionName::parse(operands.front());
    if (!function) return usage_error("doctor: " + function.error().message);
    request.query.function = *std::move(function);
  }
  return request;
}

}  // namespace streamonce::handler::doctor
