// bench/contender.h: what is compared, and how each of it is run.
//
// Threads: values and pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "bench/endpoint.h"
#include "bench/runtime_process.h"

namespace streamonce::bench {

struct Contender {
  const char* name;
  /// Of a handler for Node.js, below build/bench/rivals; null: a program, the bootstrap or the
  /// limit.
  const char* folder;
  Protocol protocol;
  /// As `folder`, of its handler that keeps views; null: it has none, but the bootstrap.
  const char* views_folder = nullptr;
  /// As `views_folder`, of its handler that keeps views which have to remember.
  const char* remembering_folder = nullptr;
  /// Whether it is what the bootstrap cannot go below: raw_client.cc, which sends what the
  /// bootstrap has sent.
  bool is_limit = false;

  bool is_bootstrap() const { return folder == nullptr && !is_limit; }
  bool has_marks_in_items() const { return protocol == Protocol::kMarksInItems; }
  bool keeps_views() const {
    return (is_bootstrap() && !has_marks_in_items()) || views_folder != nullptr;
  }
};

/// streamonce first: the others are compared with it. Then the same with its other settings, of a
/// mirror alone.
inline constexpr std::array<Contender, 5> kContenders = {{
    {.name = "streamonce", .folder = nullptr, .protocol = Protocol::kTransactions},
    {.name = "marks in items", .folder = nullptr, .protocol = Protocol::kMarksInItems},
    {.name = "SDK v3",
     .folder = "sdk_v3",
     .protocol = Protocol::kTransactions,
     .views_folder = "sdk_v3_views",
     .remembering_folder = "sdk_v3_remembering"},
    {.name = "Powertools", .folder = "powertools", .protocol = Protocol::kPowertools},
    {.name = "raw client",
     .folder = nullptr,
     .protocol = Protocol::kTransactions,
     .is_limit = true},
}};
inline constexpr std::size_t kContenderCount = kContenders.size();

struct RunOptions {
  std::string endpoint_url;
  std::string ca_path = {};  ///< of a TLS endpoint
  std::string items_table = kItemsTable;
  std::string ledger_table = kLedgerTable;
  std::string log_folder;
  std::span<const View> views = {};  ///< that are kept in the place of the items
  std::string views_path = {};       ///< of the views.sql that says so; empty: there are none
  std::string requests_path = {};    ///< of those that the limit sends: bench/kept_requests.h
  std::string views_suffix = {};     ///< what the names of the views' tables have behind them
  bool has_marks_in_items = false;   ///< whether streamonce has its marks there
};

/// `options.has_marks_in_items` is the contender's to say.
RuntimeCommand command_of(const Contender& contender, RunOptions options);

/// What a contender's environment has, but for a Runtime API.
std::vector<std::string> environment_of(const RunOptions& options);

/// The program as it is deployed: the bootstrap, or the bundle of the handler.
std::string program_path(const Contender& contender);
/// What is uploaded to Lambda; not of the limit.
std::string zip_path(const Contender& contender);

}  // namespace streamonce::bench
