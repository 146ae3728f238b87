// handler/pipeline/written_tables.h: the tables that a pipeline writes, none of which may be the
// source of its changes.
//
// What writes its own source makes a change of each change, and never comes to an end. Lambda stops
// such loops through queues and buckets, and does not see those through a table.
//
// Threads: values and a pure function.

#pragma once

#include <span>
#include <string>

#include "events/change.h"

namespace streamonce::handler {

struct WrittenTable {
  std::string words;    ///< what it is, as in `the ledger`
  std::string account;  ///< empty: not known. Then it may be any, that of the source too.
  std::string region;
  std::string table;  ///< its name
};

/// Why no change of `source` can be applied where these tables are written: `it is of the table
/// ...`; empty: it is none of them. Of a table whose account is not known Region and name decide:
/// to refuse a copy of a namesake is told and mended, and a loop is neither.
std::string why_written(const events::SourceTable& source, std::span<const WrittenTable> written);

}  // namespace streamonce::handler
