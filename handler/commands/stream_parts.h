// handler/commands/stream_parts.h: opens what a command that follows a stream is made of, beside
// its pipeline.
//
// Threads: one thread at a time.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "handler/config/environment.h"
#include "handler/config/settings.h"
#include "handler/targets/position_store.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler {

/// A service that a source is read from, as Settings::stream_role if there is one, with all that it
/// borrows.
struct OpenService {
  std::unique_ptr<runtime::HttpTransport> transport;
  std::unique_ptr<aws::ServiceClient> client;  // uses the transport
};

/// DynamoDB Streams, where the stream `stream_arn` is. Borrows clock and logger.
/// @error kInvalidArgument  a setting is absent or wrong, or there are no credentials
/// @error any other code    credentials cannot be got, at least now
Result<OpenService> open_stream(const Settings& settings, std::string_view stream_arn,
                                const Environment& environment, Clock& clock, Logger& logger);

/// The ARN of the newest stream of `table`, a name or an ARN, whether it is enabled or not.
/// @error kInvalidArgument  the table never had a stream, is named wrongly, or as open_stream()
/// @error any other code    the table could not be described, or `stopped`, which is asked every
///                          1.5 seconds, said to end
Result<std::string> newest_stream(const Settings& settings, const std::string& table,
                                  const Environment& environment, Clock& clock, Logger& logger,
                                  const std::function<bool()>& stopped);

/// The store that `--checkpoint` names: `ledger`, a table beside the marks; `none`; or a file.
struct OpenPositions {
  std::unique_ptr<runtime::HttpTransport> transport;  // a ledger table's; else null
  std::unique_ptr<PositionStore> store;               // uses the transport
};

/// Opens a store of positions of the stream `stream_arn`, which is one that StreamArn::parse() has
/// taken. Borrows clock and logger.
/// A file of positions is one of this target and ledger only; with SQLite the database is told that
/// there is one.
/// @error kInvalidArgument  a file of positions is of another target or ledger, or its database was
///                          removed or replaced since; the message says what to do
/// @error any other         as the store's own open() or create()
Result<OpenPositions> open_positions(const Settings& settings, const std::string& checkpoint,
                                     const std::string& stream_arn, const Environment& environment,
                                     Clock& clock, Logger& logger);

/// What is kept in a ledger besides marks, or in SQLite beside it.
struct LedgerNotes {
  std::string pipeline;       ///< as in ledger ids
  std::string arn;            ///< of the stream that it is about, or of the table
  bool lasts = false;         ///< whether what is saved must never go by itself
  bool is_read_only = false;  ///< whether nothing is saved, and nothing must come to be
};

/// Opens the store that lies with the ledger. Borrows clock and logger.
/// @error as the store's own open() or create()
Result<OpenPositions> open_ledger_positions(const Settings& settings, const LedgerNotes& notes,
                                            const Environment& environment, Clock& clock,
                                            Logger& logger);

}  // namespace streamonce::handler
