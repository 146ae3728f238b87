#include <string>
#include <utility>

#include "handler/commands/doctor/findings/groups.h"
#include "runtime/base/arn.h"
#include "runtime/base/text.h"

namespace streamonce::handler::doctor {
namespace {

using lambda_functions::Mapping;

/// How long a stream keeps records, in seconds.
constexpr std::int64_t kStreamSeconds = 86'400;
/// The least age at which records may be given up: an outage of an hour is no rare thing.
constexpr std::int64_t kAgeLeast = 3'600;
constexpr std::size_t kTextMax = 200;

/// What records are given up after 20 hours by, while the stream still has them.
constexpr std::string_view kFiniteRetries =
    "--maximum-retry-attempts 10000 --maximum-record-age-in-seconds 72000";
constexpr std::string_view kToBucket =
    "--destination-config '{\"OnFailure\": {\"Destination\": \"arn:aws:s3:::BUCKET\"}}'";

/// What a group needs to add a finding on one mapping.
struct MappingView {
  const Deployment& deployment;
  const Mapping& mapping;
  Findings& found;

  /// Adds a finding whose `what` lacks its subject, the mapping.
  void add(Finding finding) const {
    finding.what.insert(0, "the mapping " + mapping.uuid + " ");
    found.findings.push_back(std::move(finding));
  }
  /// The line that changes the mapping.
  std::string change(std::string_view rest) const {
    return mapping_line(deployment, mapping, rest);
  }
  void not_told(std::string_view what) const {
    found.not_checked.push_back({.what = std::string(what) + " of the mapping " + mapping.uuid,
                                 .why = "Lambda's answer does not tell it"});
  }
};

void look_at_answers(const MappingView& view) {
  if (!view.mapping.reports_item_failures)
    view.add({.level = Level::kError,
              .check = "partial-batch-response",
              .what = "has no ReportBatchItemFailures among its FunctionResponseTypes",
              .why = "Lambda does not read which records failed, and takes them for done: they are "
                     "lost",
              .remedy = view.change("--function-response-types ReportBatchItemFailures")});
  if (view.mapping.tumbling_window_seconds > 0)
    view.add({.level = Level::kError,
              .check = "tumbling-window",
              .what = "has a tumbling window of " +
                      std::to_string(view.mapping.tumbling_window_seconds) + " s",
              .why = "its events are refused: their answers would have to hold a state",
              .remedy = view.change("--tumbling-window-in-seconds 0")});
}

void look_at_state_of(const MappingView& view) {
  const std::string& state = view.mapping.state;
  if (state.empty()) view.not_told("the state");
  if (state.empty() || state == "Enabled") return;
  view.add({.level = Level::kError,
            .check = "mapping-state",
            .what = "is " + printable_excerpt(state, kTextMax) + "; expected Enabled",
            .why = "nothing is read, and what the stream has is lost after 24 hours",
            .remedy = view.change("--enabled")});
}

void look_at_last_result(const MappingView& view) {
  const std::string& result = view.mapping.last_result;
  if (result.empty()) view.not_told("the result of the latest invocation");
  if (result.empty() || result == "OK" || result == "No records processed") return;
  view.add({.level = Level::kError,
            .check = "last-result",
            .what = "tells of its latest invocation: " + printable_excerpt(result, kTextMax),
            .why = "a shard waits until it works; the function's log says why it does not",
            .remedy = "aws logs tail /aws/lambda/" + plain_name(view.deployment) +
                      " --since 1h --region " + view.deployment.region});
}

void look_at_filter(const MappingView& view) {
  const std::string& error = view.mapping.filter_error;
  if (!error.empty())
    view.add({.level = Level::kError,
              .check = "filter-error",
              .what = "cannot read its filter: " + printable_excerpt(error, kTextMax),
              .why =
                  "nothing is read while the key of KMS of the filter cannot be used: let Lambda "
                  "use it, or take the filter away",
              .remedy = view.change("--filter-criteria '{}'")});
  if (error.empty() && view.mapping.has_filter)
    view.add({.level = Level::kInfo,
              .check = "filter",
              .what = "has a filter",
              .why = "the target lacks what it leaves out: whoever compares it with the source has "
                     "to know that, and load and follow apply what the filter leaves out",
              .remedy =
                  lambda_line(view.deployment, "get-event-source-mapping --uuid " +
                                                   view.mapping.uuid + " --query FilterCriteria")});
}

void look_at_start(const MappingView& view) {
  if (view.mapping.starting_position != "LATEST") return;
  view.add({.level = Level::kWarning,
            .check = "starting-position",
            .what = "starts at LATEST",
            .why = "what is written while it is made, or updated, is passed over. A mapping from "
                   "TRIM_HORIZON in its place passes over nothing, and an export that is taken and "
                   "loaded then mends what was",
            .remedy = create_mapping_line(view.deployment, view.mapping.source_arn)});
}

void look_at_destination(const MappingView& view, bool is_finite) {
  const std::string& destination = view.mapping.on_failure;
  if (destination.empty()) {
    view.add({.level = is_finite ? Level::kError : Level::kWarning,
              .check = "on-failure",
              .what = "has no OnFailure destination",
              .why = is_finite ? "records that are given up are gone without a trace"
                               : "records that fail for 24 hours are gone without a trace",
              .remedy = view.change(kToBucket)});
    return;
  }
  const auto arn = Arn::split(destination);
  if (!arn || (arn->service != "sqs" && arn->service != "sns")) return;
  view.add({.level = Level::kWarning,
            .check = "on-failure-pointers",
            .what = "has " + printable_excerpt(destination, kTextMax) +
                    " for its OnFailure "
                    "destination",
            .why = "a queue or a topic gets pointers only, to records that the stream keeps for 24 "
                   "hours; a bucket gets the records themselves",
            .remedy = view.change(kToBucket)});
}

void look_at_age(const MappingView& view, std::int64_t age) {
  const bool is_late = age > kStreamSeconds;
  if (!is_late && (age < 0 || age >= kAgeLeast)) return;
  view.add({.level = Level::kWarning,
            .check = "record-age",
            .what = "gives records up after " + std::to_string(age) + " s",
            .why = is_late ? "the stream has dropped them by then: it keeps them for 86400 s"
                           : "an outage of an hour makes dead letters of all that is written "
                             "meanwhile",
            .remedy = view.change("--maximum-record-age-in-seconds 72000")});
}

void look_at_giving_up(const MappingView& view) {
  const auto& retries = view.mapping.retries_max;
  const auto& age = view.mapping.age_max_seconds;
  if (!retries) view.not_told("MaximumRetryAttempts");
  if (!age) view.not_told("MaximumRecordAgeInSeconds");
  const bool is_finite = retries.value_or(-1) >= 0 || age.value_or(-1) >= 0;
  look_at_destination(view, is_finite);
  if (age) look_at_age(view, *age);
  if (!retries || !age || is_finite) return;
  view.add({.level = Level::kWarning,
            .check = "no-end",
            .what = "tries without end: MaximumRetryAttempts and MaximumRecordAgeInSeconds are -1",
            .why = "one record that can never be applied blocks its shard for a day, and then what "
                   "waited behind it is lost too",
            .remedy = view.change(kFiniteRetries)});
}

void look_at_mapping_list(const Deployment& deployment, Findings& found) {
  if (!deployment.mappings || !stream_mappings(deployment).empty()) return;
  std::string source = "STREAM_ARN";
  for (const TableState& table : deployment.tables)
    if (table.use == TableUse::kSource && table.description &&
        !table.description->latest_stream_arn.empty())
      source = table.description->latest_stream_arn;
  found.findings.push_back(
      {.level = Level::kError,
       .check = "no-mapping",
       .what = "the function " + in_quotes(deployment.function_name) +
               " is mapped to no stream of a table",
       .why = "nothing invokes it",
       .remedy =
           lambda_line(deployment, "create-event-source-mapping --function-name " +
                                       deployment.function_name + " --event-source-arn " + source +
                                       " --starting-position TRIM_HORIZON "
                                       "--function-response-types ReportBatchItemFailures")});
}

}  // namespace

void look_at_mappings(const Deployment& deployment, Findings& found) {
  look_at_mapping_list(deployment, found);
  for (const Mapping* mapping : stream_mappings(deployment)) {
    const MappingView view{.deployment = deployment, .mapping = *mapping, .found = found};
    look_at_answers(view);
    look_at_state_of(view);
    look_at_last_result(view);
    look_at_filter(view);
    look_at_start(view);
    look_at_giving_up(view);
  }
}

}  // namespace streamonce::handler::doctor
