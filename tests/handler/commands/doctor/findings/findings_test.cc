#include "handler/commands/doctor/findings/findings.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/handler/commands/doctor/findings/good_deployment.h"

namespace streamonce::handler::doctor {
namespace {

using testing::good_deployment;
using testing::good_table;
using testing::kGoodStreamArn;

/// One mistake, and the one finding that comes of it.
struct Mistake {
  const char* name;
  std::function<void(Deployment&)> make;
  Level level;
  const char* check;
  const char* what;    ///< a part of it
  const char* remedy;  ///< the whole; empty: there is none
};

TableState& source(Deployment& deployment) {
  return deployment.tables[0];
}
TableState& target(Deployment& deployment) {
  return deployment.tables[1];
}
TableState& ledger(Deployment& deployment) {
  return deployment.tables[2];
}
lambda_functions::Mapping& mapping(Deployment& deployment) {
  return deployment.mappings->front();
}

void expect_each(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    Deployment deployment = good_deployment();
    mistake.make(deployment);
    const Findings found = look_over(deployment);
    ASSERT_EQ(found.findings.size(), 1U) << mistake.name;
    const Finding& finding = found.findings.front();
    EXPECT_EQ(finding.level, mistake.level) << mistake.name;
    EXPECT_EQ(finding.check, mistake.check) << mistake.name;
    EXPECT_NE(finding.what.find(mistake.what), std::string::npos) << finding.what;
    EXPECT_NE(finding.why, "") << mistake.name;
    EXPECT_EQ(finding.remedy, mistake.remedy) << mistake.name;
    EXPECT_TRUE(found.not_checked.empty()) << mistake.name;
  }
}

TEST(DoctorFindings, AreNoneOfAGoodDeployment) {
  const Findings found = look_over(good_deployment());
  for (const Finding& finding : found.findings) ADD_FAILURE() << finding.what;
  EXPECT_TRUE(found.not_checked.empty());
}

TEST(DoctorFindings, AreNoneWhereNothingWasRead) {
  Deployment deployment;
  deployment.not_checked = {{.what = "all", .why = "nobody answers"}};
  const Findings found = look_over(deployment);
  EXPECT_TRUE(found.findings.empty());
  EXPECT_EQ(found.not_checked, deployment.not_checked);
}

TEST(DoctorFindings, OfTheFunction) {
  expect_each({
      {"old system", [](Deployment& d) { d.function->runtime = "provided.al2"; }, Level::kWarning,
       "runtime", "provided.al2,",
       "aws lambda update-function-configuration --function-name copy --runtime provided.al2023 "
       "--region eu-west-1"},
      {"another runtime", [](Deployment& d) { d.function->runtime = "nodejs22.x"; }, Level::kError,
       "runtime", "nodejs22.x; expected provided.al2023",
       "aws lambda update-function-configuration --function-name copy --runtime provided.al2023 "
       "--region eu-west-1"},
      {"failed",
       [](Deployment& d) {
         d.function->state = "Failed";
         d.function->state_reason = "no subnet";
       },
       Level::kWarning, "function-state", "state is Failed: no subnet",
       "aws lambda get-function-configuration --function-name copy --query "
       "'[State,StateReason,LastUpdateStatus,LastUpdateStatusReason]' --region eu-west-1"},
      {"update failed", [](Deployment& d) { d.function->update_status = "Failed"; },
       Level::kWarning, "function-state", "the latest update of the function failed",
       "aws lambda get-function-configuration --function-name copy --query "
       "'[State,StateReason,LastUpdateStatus,LastUpdateStatusReason]' --region eu-west-1"},
      {"short", [](Deployment& d) { d.function->timeout_seconds = 9; }, Level::kWarning, "timeout",
       "9 s; expected 10 s",
       "aws lambda update-function-configuration --function-name copy --timeout 60 --region "
       "eu-west-1"},
      {"in a VPC", [](Deployment& d) { d.function->vpc_id = "vpc-1"; }, Level::kWarning, "vpc",
       "vpc-1",
       "aws ec2 create-vpc-endpoint --vpc-id vpc-1 --vpc-endpoint-type Gateway --service-name "
       "com.amazonaws.eu-west-1.dynamodb --route-table-ids ROUTE_TABLE --region eu-west-1"},
      {"dead letters", [](Deployment& d) { d.function->dead_letter_arn = "arn:aws:sqs"; },
       Level::kInfo, "dead-letter-config", "DeadLetterConfig",
       "aws lambda update-function-configuration --function-name copy --dead-letter-config "
       "TargetArn= --region eu-west-1"},
      {"throttled", [](Deployment& d) { d.reserved = std::optional<std::uint64_t>(0); },
       Level::kError, "reserved-concurrency", "is 0",
       "aws lambda delete-function-concurrency --function-name copy --region eu-west-1"},
      {"narrow", [](Deployment& d) { d.reserved = std::optional<std::uint64_t>(3); },
       Level::kWarning, "reserved-concurrency", "is 3, and its streams' open shards could keep 4",
       "aws lambda put-function-concurrency --function-name copy --reserved-concurrent-executions "
       "4 --region eu-west-1"},
  });
}

TEST(DoctorFindings, OfItsMapping) {
  const std::string change = "aws lambda update-event-source-mapping --uuid u-1 ";
  const std::string to_bucket =
      change +
      "--destination-config '{\"OnFailure\": {\"Destination\": \"arn:aws:s3:::BUCKET\"}}' "
      "--region eu-west-1";
  const std::string no_window = change + "--tumbling-window-in-seconds 0 --region eu-west-1";
  const std::string reports =
      change + "--function-response-types ReportBatchItemFailures --region eu-west-1";
  const std::string enable = change + "--enabled --region eu-west-1";
  const std::string no_filter = change + "--filter-criteria '{}' --region eu-west-1";
  const std::string anew =
      "aws lambda create-event-source-mapping --function-name copy:live --event-source-arn " +
      kGoodStreamArn +
      " --starting-position TRIM_HORIZON --function-response-types ReportBatchItemFailures "
      "--region eu-west-1";
  const std::string age = change + "--maximum-record-age-in-seconds 72000 --region eu-west-1";
  const std::string finite =
      change +
      "--maximum-retry-attempts 10000 --maximum-record-age-in-seconds 72000 --region eu-west-1";
  expect_each({
      {"no answers", [](Deployment& d) { mapping(d).reports_item_failures = false; }, Level::kError,
       "partial-batch-response", "u-1 has no ReportBatchItemFailures", reports.c_str()},
      {"a window", [](Deployment& d) { mapping(d).tumbling_window_seconds = 30; }, Level::kError,
       "tumbling-window", "30 s", no_window.c_str()},
      {"off", [](Deployment& d) { mapping(d).state = "Disabled"; }, Level::kError, "mapping-state",
       "Disabled; expected Enabled", enable.c_str()},
      {"does not work", [](Deployment& d) { mapping(d).last_result = "PROBLEM: x\n"; },
       Level::kError, "last-result", "PROBLEM: x ",
       "aws logs tail /aws/lambda/copy --since 1h --region eu-west-1"},
      {"filter that is shut", [](Deployment& d) { mapping(d).filter_error = "KMSDisabled"; },
       Level::kError, "filter-error", "KMSDisabled", no_filter.c_str()},
      {"filter", [](Deployment& d) { mapping(d).has_filter = true; }, Level::kInfo, "filter",
       "has a filter",
       "aws lambda get-event-source-mapping --uuid u-1 --query FilterCriteria --region eu-west-1"},
      {"late start", [](Deployment& d) { mapping(d).starting_position = "LATEST"; },
       Level::kWarning, "starting-position", "LATEST", anew.c_str()},
      {"no destination", [](Deployment& d) { mapping(d).on_failure = ""; }, Level::kError,
       "on-failure", "no OnFailure", to_bucket.c_str()},
      {"pointers", [](Deployment& d) { mapping(d).on_failure = "arn:aws:sqs:r:1:q"; },
       Level::kWarning, "on-failure-pointers", "arn:aws:sqs:r:1:q", to_bucket.c_str()},
      {"topic", [](Deployment& d) { mapping(d).on_failure = "arn:aws:sns:r:1:t"; }, Level::kWarning,
       "on-failure-pointers", "arn:aws:sns:r:1:t", to_bucket.c_str()},
      {"too late", [](Deployment& d) { mapping(d).age_max_seconds = 86'401; }, Level::kWarning,
       "record-age", "86401 s", age.c_str()},
      {"too early", [](Deployment& d) { mapping(d).age_max_seconds = 3'599; }, Level::kWarning,
       "record-age", "3599 s", age.c_str()},
      {"no end",
       [](Deployment& d) {
         mapping(d).age_max_seconds = -1;
         mapping(d).retries_max = -1;
       },
       Level::kWarning, "no-end", "tries without end", finite.c_str()},
  });
}

TEST(DoctorFindings, OfRecordsThatNothingGivesUp) {
  Deployment deployment = good_deployment();
  mapping(deployment).age_max_seconds = -1;
  mapping(deployment).retries_max = -1;
  mapping(deployment).on_failure = "";
  const Findings found = look_over(deployment);
  ASSERT_EQ(found.findings.size(), 2U);
  EXPECT_EQ(found.findings[0].check, "on-failure");
  EXPECT_EQ(found.findings[0].level, Level::kWarning);
  EXPECT_EQ(found.findings[1].check, "no-end");
}

TEST(DoctorFindings, OfBoundsThatAreRight) {
  for (const std::int64_t seconds : {3'600, 86'400}) {
    Deployment deployment = good_deployment();
    mapping(deployment).age_max_seconds = seconds;
    EXPECT_TRUE(look_over(deployment).findings.empty()) << seconds;
  }
  Deployment deployment = good_deployment();
  mapping(deployment).last_result = "No records processed";
  deployment.function->timeout_seconds = 10;
  deployment.reserved = std::optional<std::uint64_t>(4);
  EXPECT_TRUE(look_over(deployment).findings.empty());
}

TEST(DoctorFindings, OfMissingMembersAreNotChecked) {
  Deployment deployment = good_deployment();
  mapping(deployment) = {.uuid = "u-1",
                         .source_arn = kGoodStreamArn,
                         .reports_item_failures = true,
                         .on_failure = "arn:aws:s3:::letters"};
  deployment.function->timeout_seconds.reset();
  deployment.function->runtime = "";
  deployment.streams.clear();
  deployment.reserved = std::optional<std::uint64_t>(1);
  for (TableState& table : deployment.tables) {
    table.expiry.reset();
    table.has_recovery.reset();
    table.description.reset();
  }
  const Findings found = look_over(deployment);
  for (const Finding& finding : found.findings) ADD_FAILURE() << finding.what;
  std::vector<std::string> whats;
  for (const NotChecked& each : found.not_checked) whats.push_back(each.what);
  EXPECT_EQ(whats,
            (std::vector<std::string>{"the function's timeout", "the state of the mapping u-1",
                                      "the result of the latest invocation of the mapping u-1",
                                      "MaximumRetryAttempts of the mapping u-1",
                                      "MaximumRecordAgeInSeconds of the mapping u-1"}));
}

TEST(DoctorFindings, OfPathsBetweenTables) {
  const std::string anew =
      "aws lambda create-event-source-mapping --function-name copy:live --event-source-arn " +
      kGoodStreamArn +
      " --starting-position TRIM_HORIZON --function-response-types ReportBatchItemFailures "
      "--region eu-west-1";
  expect_each({
      {"an old stream",
       [](Deployment& d) {
         mapping(d).source_arn.replace(mapping(d).source_arn.size() - 1, 1, "1");
         d.streams.clear();
       },
       Level::kError, "stream-arn",
       "and the newest stream of the source \"orders\" is arn:", anew.c_str()},
      {"stream off", [](Deployment& d) { source(d).description->stream_enabled = false; },
       Level::kError, "stream-off", "the source \"orders\" has no stream that is on",
       "aws dynamodb update-table --table-name orders --stream-specification "
       "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES --region eu-west-1"},
      {"keys only", [](Deployment& d) { source(d).description->stream_view_type = "KEYS_ONLY"; },
       Level::kError, "stream-view", "KEYS_ONLY; expected NEW_IMAGE",
       "aws dynamodb update-table --table-name orders --stream-specification StreamEnabled=false "
       "--region eu-west-1"},
      {"old image", [](Deployment& d) { source(d).description->stream_view_type = "OLD_IMAGE"; },
       Level::kError, "stream-view", "OLD_IMAGE",
       "aws dynamodb update-table --table-name orders --stream-specification StreamEnabled=false "
       "--region eu-west-1"},
      {"target is source", [](Deployment& d) { target(d).name = "orders"; }, Level::kError, "loop",
       "the target \"orders\" is a source too",
       "aws lambda update-event-source-mapping --uuid u-1 --no-enabled --region eu-west-1"},
      {"ledger is source", [](Deployment& d) { ledger(d).name = "orders"; }, Level::kError, "loop",
       "the ledger \"orders\" is a source too",
       "aws lambda update-event-source-mapping --uuid u-1 --no-enabled --region eu-west-1"},
      {"key's type", [](Deployment& d) { target(d).description->key[0].type = 'N'; }, Level::kError,
       "target-key", "\"orders-copy\" is id N, and that of the source \"orders\" is id S",
       "aws dynamodb create-table --table-name orders-copy-2 --attribute-definitions "
       "AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH --billing-mode "
       "PAY_PER_REQUEST --region eu-west-1"},
      {"ledger's key",
       [](Deployment& d) { ledger(d).description->key.push_back({.name = "v", .type = 'S'}); },
       Level::kError, "ledger-key", "is id S, v S; expected id S alone",
       "aws dynamodb create-table --table-name ledger-2 --attribute-definitions "
       "AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH --billing-mode "
       "PAY_PER_REQUEST --region eu-west-1"},
      {"ledger elsewhere", [](Deployment& d) { ledger(d).region = "us-east-1"; }, Level::kError,
       "ledger-place", "\"ledger\" is in us-east-1 of account 123456789012",
       "aws dynamodb create-table --table-name ledger --attribute-definitions "
       "AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH --billing-mode "
       "PAY_PER_REQUEST --region eu-west-1"},
      {"ledger of others", [](Deployment& d) { ledger(d).account = "210987654321"; }, Level::kError,
       "ledger-place", "of account 210987654321",
       "aws dynamodb create-table --table-name ledger --attribute-definitions "
       "AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH --billing-mode "
       "PAY_PER_REQUEST --region eu-west-1"},
      {"no mapping", [](Deployment& d) { d.mappings->clear(); }, Level::kError, "no-mapping",
       "\"copy:live\" is mapped to no stream", anew.c_str()},
      {"view's key",
       [](Deployment& d) {
         source(d).declared_key = {"id", "line"};
       },
       Level::kError, "view-key", "is id S, and the views' text says id, line", ""},
  });
}

TEST(DoctorFindings, OfASourceThatNothingReads) {
  Deployment deployment = good_deployment();
  TableState other = good_table(TableUse::kSource, "the source", "lines", "id");
  other.description->stream_enabled = true;
  other.description->stream_view_type = "NEW_IMAGE";
  other.description->latest_stream_arn = "arn:new";
  deployment.tables.push_back(other);
  const Findings found = look_over(deployment);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].check, "source-not-mapped");
}

TEST(DoctorFindings, OfAStreamWithManyReaders) {
  for (const auto& [mappings, is_global, is_found] :
       {std::tuple(2U, false, false), std::tuple(3U, false, true), std::tuple(1U, true, false),
        std::tuple(2U, true, true)}) {
    Deployment deployment = good_deployment();
    deployment.streams[0].mappings = mappings;
    if (is_global) source(deployment).description->replica_regions = {"us-east-1"};
    const Findings found = look_over(deployment);
    ASSERT_EQ(found.findings.size(), is_found ? 1U : 0U) << mappings << is_global;
    if (!is_found) continue;
    EXPECT_EQ(found.findings[0].check, "readers");
    EXPECT_EQ(found.findings[0].level, Level::kWarning);
    EXPECT_EQ(found.findings[0].remedy,
              "aws lambda list-event-source-mappings --event-source-arn " + kGoodStreamArn +
                  " --region eu-west-1");
  }
}

TEST(DoctorFindings, OfEachTable) {
  const std::string line = "aws dynamodb update-time-to-live --table-name ";
  const std::string off = line +
                          "ledger --time-to-live-specification "
                          "Enabled=false,AttributeName=ttl --region eu-west-1";
  const std::string on = line +
                         "ledger --time-to-live-specification "
                         "Enabled=true,AttributeName=ttl --region eu-west-1";
  const std::string at = line +
                         "ledger --time-to-live-specification "
                         "Enabled=false,AttributeName=at --region eu-west-1";
  const std::string of_target = line +
                                "orders-copy --time-to-live-specification "
                                "Enabled=false,AttributeName=ends --region eu-west-1";
  expect_each({
      {"missing",
       [](Deployment& d) {
         target(d) = {.use = TableUse::kTarget,
                      .words = "the target",
                      .name = "orders-copy",
                      .account = "123456789012",
                      .region = "eu-west-1",
                      .is_missing = true};
       },
       Level::kError, "table-missing", "the target \"orders-copy\" was not found",
       "aws dynamodb list-tables --region eu-west-1"},
      {"rows go",
       [](Deployment& d) {
         target(d).expiry = dynamodb_tables::TimeToLive{.is_enabled = true, .attribute = "ends"};
       },
       Level::kError, "target-ttl", "by the attribute \"ends\"", of_target.c_str()},
      {"marks go",
       [](Deployment& d) {
         ledger(d).expiry = dynamodb_tables::TimeToLive{.is_enabled = true, .attribute = "at"};
       },
       Level::kError, "ledger-ttl", "by the attribute \"at\"; expected ttl", at.c_str()},
      {"old marks go",
       [](Deployment& d) {
         ledger(d).expiry = dynamodb_tables::TimeToLive{.is_enabled = true, .attribute = "ttl"};
       },
       Level::kError, "ledger-ttl", "and retain_days is not set", off.c_str()},
      {"no mark goes", [](Deployment& d) { d.settings.retain = std::chrono::days(30); },
       Level::kError, "ledger-ttl", "retain_days is 30", on.c_str()},
      {"key is gone",
       [](Deployment& d) {
         target(d).description->is_key_inaccessible = true;
         target(d).description->kms_key_arn = "arn:aws:kms:k";
       },
       Level::kError, "encryption-key", "\"orders-copy\"",
       "aws kms enable-key --key-id arn:aws:kms:k --region eu-west-1"},
      {"no export", [](Deployment& d) { source(d).has_recovery = false; }, Level::kWarning,
       "recovery", "the source \"orders\"",
       "aws dynamodb update-continuous-backups --table-name orders "
       "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true --region eu-west-1"},
      {"no recovery", [](Deployment& d) { ledger(d).has_recovery = false; }, Level::kWarning,
       "recovery", "the ledger \"ledger\"",
       "aws dynamodb update-continuous-backups --table-name ledger "
       "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true --region eu-west-1"},
      {"a fault", [](Deployment& d) { d.settings.faults = {"STREAMONCE_TARGET: what?"}; },
       Level::kError, "settings", "STREAMONCE_TARGET: what?", ""},
      {"endpoints",
       [](Deployment& d) {
         d.settings.endpoints = {"A", "B"};
       },
       Level::kInfo, "endpoint", "of its own: A, B", ""},
      {"a file", [](Deployment& d) { d.settings.is_sqlite = true; }, Level::kInfo, "sqlite-target",
       "SQLite", ""},
  });
}

TEST(DoctorFindings, OfExpiryThatIsMeant) {
  Deployment deployment = good_deployment();
  ledger(deployment).expiry = dynamodb_tables::TimeToLive{.is_enabled = true, .attribute = "ttl"};
  deployment.settings.retain = std::chrono::days(30);
  EXPECT_TRUE(look_over(deployment).findings.empty());
  deployment.settings.retain.reset();
  deployment.settings.is_retention_known = false;
  const Findings found = look_over(deployment);
  EXPECT_TRUE(found.findings.empty());
  ASSERT_EQ(found.not_checked.size(), 1U);
  EXPECT_NE(found.not_checked[0].why.find("--config"), std::string::npos);
}

TEST(DoctorFindings, ComeInOrderOfLevel) {
  Deployment deployment = good_deployment();
  mapping(deployment).has_filter = true;
  deployment.function->runtime = "provided.al2";
  ledger(deployment).has_recovery = false;
  mapping(deployment).state = "Disabled";
  std::vector<std::string> checks;
  for (const Finding& finding : look_over(deployment).findings) checks.emplace_back(finding.check);
  EXPECT_EQ(checks, (std::vector<std::string>{"mapping-state", "runtime", "recovery", "filter"}));
}

TEST(DoctorFindings, LeaveQueuesAlone) {
  Deployment deployment = good_deployment();
  deployment.mappings->push_back(
      {.uuid = "q", .source_arn = "arn:aws:sqs:eu-west-1:123456789012:letters"});
  EXPECT_TRUE(look_over(deployment).findings.empty());
  EXPECT_TRUE(look_over(deployment).not_checked.empty());
}

}  // namespace
}  // namespace streamonce::handler::doctor
