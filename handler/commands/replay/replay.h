// handler/commands/replay/replay.h: the work of `bootstrap replay`, which puts dead letters back
// in.
//
// Reads dumps as a stream, in any of the forms that DeadLetterReader knows, and has the engine that
// applies dead letters (handler/sources/dumps/redrive.h) put what they hold through the pipeline; a
// function on a dead-letter queue (handler/sources/lambda/queue.h) uses the same engine. Whatever
// is not done is told, and kept in a failed file that the command takes again. Every byte of the
// input is in a document that was done, or is told of.
//
// Threads: one thread at a time. Borrows all that it is given.

#pragma once

#include <functional>
#include <string_view>

#include "handler/commands/progress.h"
#include "handler/commands/replay/replay_options.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/stream/stream_reader.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace streamonce::handler::replay {

struct ReplayParts {
  Pipeline& pipeline;  ///< for a dry run, one on a PreviewTarget
  StreamReader& streams;
  const Clock& clock;
  Logger& logger;
  Progress& progress;
  std::function<bool()> stopped;  ///< whether to finish the batch in hand, and end
  /// Takes what goes to standard output. @return whether it could be written
  std::function<bool(std::string_view text)> out;
};

/// @return the exit status; kExitUnreadable if no file could be opened
int replay(const ReplayOptions& options, const ReplayParts& parts);

}  // namespace streamonce::handler::replay
