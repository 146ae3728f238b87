// handler/commands/doctor/findings/deployment.h: what was read of a deployment: a function, what it
// is mapped to, and the tables that it reads and writes.
//
// A part that could not be read has no value here, and is named in `not_checked`.
//
// Threads: values.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "handler/services/dynamodb_tables.h"
#include "handler/services/lambda_functions.h"

namespace streamonce::handler::doctor {

/// What could not be looked at.
struct NotChecked {
  std::string what;  ///< as in `expiry (TTL) of the ledger "ledger"`
  std::string why;   ///< what was in the way, and the right that is needed

  friend bool operator==(const NotChecked&, const NotChecked&) = default;
};

enum class TableUse : std::uint8_t { kSource, kTarget, kView, kLedger };

/// What was read of a table. Its description, if there is one, tells its ARN.
struct TableState {
  TableUse use = TableUse::kSource;
  std::string words = {};    ///< as in `the ledger`
  std::string name = {};     ///< the table's name, without account and Region
  std::string account = {};  ///< empty: not known
  std::string region = {};   ///< empty: not known
  bool is_missing = false;   ///< whether the service says that there is no such table
  std::optional<dynamodb_tables::TableDescription> description = {};
  std::optional<dynamodb_tables::TimeToLive> expiry = {};
  std::optional<bool> has_recovery = {};  ///< whether it can be restored to a point in time
  /// For kSource with views, and for kView: the names of the key's attributes that the views' text
  /// declares; empty: nobody declares them.
  std::vector<std::string> declared_key = {};
};

/// What was read of a stream that the function is mapped to.
struct StreamState {
  std::string arn = {};
  std::optional<std::size_t> mappings = {};     ///< how many read it, whosever they are
  std::optional<std::size_t> open_shards = {};  ///< how many records may still come to
};

/// What the settings of the function say.
struct SettingsState {
  bool has_target = false;
  bool is_sqlite = false;
  bool is_mirror = false;  ///< whether the target is one table of DynamoDB
  /// Whether the file was named that retain_days would be in, so that it is known.
  bool is_retention_known = false;
  std::optional<std::chrono::days> retain = {};
  std::vector<std::string> faults = {};     ///< what is wrong
  std::vector<std::string> endpoints = {};  ///< variables that name endpoints of the function's own
};

struct Deployment {
  /// The function's name, with a qualifier if it was asked for with one; empty: tables only.
  std::string function_name = {};
  std::string region = {};  ///< the function's, or that of the tables
  std::optional<lambda_functions::Configuration> function = {};
  /// What was read of reserved concurrency; the inner one is empty where nothing is reserved.
  std::optional<std::optional<std::uint64_t>> reserved = {};
  /// All mappings of the function, or the one that was asked for; none: they could not be read.
  std::optional<std::vector<lambda_functions::Mapping>> mappings = {};
  std::vector<StreamState> streams = {};  ///< of the mappings' streams of DynamoDB, each once
  std::vector<TableState> tables = {};
  SettingsState settings = {};
  std::vector<NotChecked> not_checked = {};
};

}  // namespace streamonce::handler::doctor
