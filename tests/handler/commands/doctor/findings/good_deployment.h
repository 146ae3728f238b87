// tests/handler/commands/doctor/findings/good_deployment.h: a deployment without a mistake, for
// tests that make one.

#pragma once

#include <string>

#include "handler/commands/doctor/findings/deployment.h"

namespace streamonce::testing {

inline const std::string kGoodStreamArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";

inline handler::doctor::TableState good_table(handler::doctor::TableUse use, std::string words,
                                              std::string name, std::string key) {
  return {.use = use,
          .words = std::move(words),
          .name = std::move(name),
          .account = "123456789012",
          .region = "eu-west-1",
          .description = handler::dynamodb_tables::TableDescription{.key = {{.name = std::move(key),
                                                                             .type = 'S'}}},
          .expiry = handler::dynamodb_tables::TimeToLive{},
          .has_recovery = true};
}

inline handler::lambda_functions::Mapping good_mapping() {
  return {.uuid = "u-1",
          .function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:copy",
          .source_arn = kGoodStreamArn,
          .state = "Enabled",
          .last_result = "OK",
          .starting_position = "TRIM_HORIZON",
          .reports_item_failures = true,
          .on_failure = "arn:aws:s3:::letters",
          .retries_max = 10'000,
          .age_max_seconds = 72'000,
          .parallelization = 2};
}

inline handler::doctor::Deployment good_deployment() {
  using handler::doctor::TableUse;
  handler::doctor::Deployment good;
  good.function_name = "copy:live";
  good.region = "eu-west-1";
  good.function =
      handler::lambda_functions::Configuration{.name = "copy",
                                               .arn =
                                                   "arn:aws:lambda:eu-west-1:123456789012:"
                                                   "function:copy:live",
                                               .runtime = "provided.al2023",
                                               .state = "Active",
                                               .update_status = "Successful",
                                               .timeout_seconds = 60};
  good.reserved = std::optional<std::uint64_t>();
  good.mappings = {good_mapping()};
  good.streams = {{.arn = kGoodStreamArn, .mappings = 1, .open_shards = 2}};
  good.tables = {good_table(TableUse::kSource, "the source", "orders", "id"),
                 good_table(TableUse::kTarget, "the target", "orders-copy", "id"),
                 good_table(TableUse::kLedger, "the ledger", "ledger", "id")};
  good.tables[0].description->latest_stream_arn = kGoodStreamArn;
  good.tables[0].description->stream_enabled = true;
  good.tables[0].description->stream_view_type = "NEW_IMAGE";
  good.settings = {.has_target = true, .is_mirror = true, .is_retention_known = true};
  return good;
}

}  // namespace streamonce::testing
