// handler/commands/load/load_options.h: what the command line asks of a load.
//
// Threads: a value.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/exports/item_line.h"
#include "handler/sources/exports/export_reader.h"

namespace streamonce::handler::load {

struct LoadOptions {
  std::vector<std::string> exports;  ///< at least one
  std::string source;                ///< the table to ask about; empty: that of the export
  std::string stream_arn;            ///< empty: the source table's newest stream
  bool no_stream = false;            ///< whether no stream was ever applied; not with `stream_arn`
  events::KeyNames key;              ///< empty: as the views or the source table say
  bool new_pipeline = false;         ///< whether other pipelines of the source are none of ours
  bool sweep = false;                ///< only with one export
  bool dry_run = false;
  bool json = false;  ///< a JSON object on standard output, instead of a text
  exports::Checksums checksums = exports::Checksums::kChecked;
  std::optional<std::uint64_t> write_units_max;  ///< a second; none: as fast as it goes
  std::optional<std::string> state_path;         ///< none: ID.load.json; only with one export
  std::optional<std::string> failed_path;  ///< none: see free_failed_path(); only with one export
  std::chrono::seconds timeout{60};        ///< for each batch
};

}  // namespace streamonce::handler::load
