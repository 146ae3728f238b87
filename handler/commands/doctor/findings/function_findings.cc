#include <algorithm>
#include <string>
#include <utility>

#include "handler/commands/doctor/findings/groups.h"
#include "runtime/base/text.h"

namespace streamonce::handler::doctor {
namespace {

/// The least time of an invocation: half of it is for tries that meet a dead connection.
constexpr std::uint64_t kTimeoutLeast = 10;
constexpr std::size_t kReasonMax = 300;

/// A line that changes the function's configuration.
std::string configuration_line(const Deployment& deployment, std::string_view rest) {
  std::string text = "update-function-configuration --function-name " + deployment.function->name;
  return lambda_line(deployment, text.append(" ").append(rest));
}

std::string with_reason(const std::string& text, const std::string& reason) {
  return reason.empty() ? text : text + ": " + printable_excerpt(reason, kReasonMax);
}

void look_at_runtime(const Deployment& deployment, Findings& found) {
  const std::string& runtime = deployment.function->runtime;
  if (runtime == "provided.al2") {
    found.findings.push_back(
        {.level = Level::kWarning,
         .check = "runtime",
         .what = "the runtime is provided.al2, an operating system of 2018",
         .why = "Lambda stops to mend it, and then to take changes of functions that have it",
         .remedy = configuration_line(deployment, "--runtime provided.al2023")});
  } else if (!runtime.empty() && runtime != "provided.al2023") {
    found.findings.push_back(
        {.level = Level::kError,
         .check = "runtime",
         .what = "the runtime is " + printable_excerpt(runtime, kReasonMax) +
                 "; expected provided.al2023",
         .why = "the program is a runtime of its own, which no other runtime starts",
         .remedy = configuration_line(deployment, "--runtime provided.al2023")});
  }
}

void look_at_state(const Deployment& deployment, Findings& found) {
  const lambda_functions::Configuration& function = *deployment.function;
  std::string what;
  if (function.state == "Failed" || function.state == "Deactivated" || function.state == "Deleting")
    what = with_reason("the function's state is " + function.state, function.state_reason);
  if (function.update_status == "Failed")
    what = with_reason("the latest update of the function failed", function.update_reason);
  if (what.empty()) return;
  found.findings.push_back(
      {.level = Level::kWarning,
       .check = "function-state",
       .what = std::move(what),
       .why = "nothing is invoked, or still an older version of code and settings",
       .remedy =
           lambda_line(deployment, "get-function-configuration --function-name " + function.name +
                                       " --query '[State,StateReason,LastUpdateStatus,"
                                       "LastUpdateStatusReason]'")});
}

void look_at_network(const Deployment& deployment, Findings& found) {
  const std::string& vpc = deployment.function->vpc_id;
  if (vpc.empty()) return;
  found.findings.push_back(
      {.level = Level::kWarning,
       .check = "vpc",
       .what = "the function is in the VPC " + vpc,
       .why =
           "from there DynamoDB is reached through a gateway endpoint or a NAT only: without one "
           "each invocation ends with a timeout",
       .remedy = "aws ec2 create-vpc-endpoint --vpc-id " + vpc +
                 " --vpc-endpoint-type Gateway --service-name com.amazonaws." + deployment.region +
                 ".dynamodb --route-table-ids ROUTE_TABLE --region " + deployment.region});
}

void look_at_timeout(const Deployment& deployment, Findings& found) {
  const auto& seconds = deployment.function->timeout_seconds;
  if (!seconds) {
    found.not_checked.push_back(
        {.what = "the function's timeout", .why = "Lambda's answer does not tell it"});
    return;
  }
  if (*seconds >= kTimeoutLeast) return;
  found.findings.push_back(
      {.level = Level::kWarning,
       .check = "timeout",
       .what =
           "the function's timeout is " + std::to_string(*seconds) + " s; expected 10 s or more",
       .why = "a batch that meets throttling or a dead connection has no time for another attempt, "
              "and comes again",
       .remedy = configuration_line(deployment, "--timeout 60")});
}

void look_at_dead_letters(const Deployment& deployment, Findings& found) {
  if (deployment.function->dead_letter_arn.empty()) return;
  found.findings.push_back(
      {.level = Level::kInfo,
       .check = "dead-letter-config",
       .what = "the function has a DeadLetterConfig",
       .why = "it counts for asynchronous invocations only: what a stream's mapping gives up goes "
              "to the mapping's OnFailure",
       .remedy = configuration_line(deployment, "--dead-letter-config TargetArn=")});
}

/// How many invocations the streams can keep busy at once; 0: not known.
std::uint64_t invocations_wanted(const Deployment& deployment) {
  std::uint64_t wanted = 0;
  for (const lambda_functions::Mapping* mapping : stream_mappings(deployment)) {
    const auto stream =
        std::find_if(deployment.streams.begin(), deployment.streams.end(),
                     [&](const StreamState& each) { return each.arn == mapping->source_arn; });
    if (stream == deployment.streams.end() || !stream->open_shards) return 0;
    wanted += *stream->open_shards * mapping->parallelization.value_or(1);
  }
  return wanted;
}

void look_at_concurrency(const Deployment& deployment, Findings& found) {
  if (!deployment.reserved || !*deployment.reserved) return;
  const std::uint64_t reserved = **deployment.reserved;
  const std::string& name = deployment.function->name;
  if (reserved == 0) {
    found.findings.push_back(
        {.level = Level::kError,
         .check = "reserved-concurrency",
         .what = "the function's reserved concurrency is 0",
         .why = "nothing is invoked, and what the stream has is lost after 24 hours",
         .remedy = lambda_line(deployment, "delete-function-concurrency --function-name " + name)});
    return;
  }
  const std::uint64_t wanted = invocations_wanted(deployment);
  if (reserved >= wanted) return;
  found.findings.push_back(
      {.level = Level::kWarning,
       .check = "reserved-concurrency",
       .what = "the function's reserved concurrency is " + std::to_string(reserved) +
               ", and its streams' open shards could keep " + std::to_string(wanted) +
               " invocations busy",
       .why = "shards wait for each other, and the target falls behind when much is written",
       .remedy = lambda_line(deployment, "put-function-concurrency --function-name " + name +
                                             " --reserved-concurrent-executions " +
                                             std::to_string(wanted))});
}

}  // namespace

void look_at_function(const Deployment& deployment, Findings& found) {
  if (!deployment.function) return;
  look_at_runtime(deployment, found);
  look_at_state(deployment, found);
  look_at_network(deployment, found);
  look_at_timeout(deployment, found);
  look_at_dead_letters(deployment, found);
  look_at_concurrency(deployment, found);
}

}  // namespace streamonce::handler::doctor
