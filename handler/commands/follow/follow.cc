#include "handler/commands/follow/follow.h"

#include <optional>

#include "events/change.h"
#include "events/stream_arn.h"
#include "handler/commands/command.h"
#include "handler/commands/exit_status.h"
#include "handler/commands/follow/dead_letters.h"
#include "handler/commands/follow/summary.h"
#include "handler/commands/stream_parts.h"
#include "handler/sources/stream/follower.h"

namespace streamonce::handler::follow {
namespace {

/// Tells why nothing can be followed.
int cannot_follow(const Error& error) {
  const int status = cannot_start(error);
  return error.code == ErrorCode::kInvalidArgument ? status : kExitUnreadable;
}

int exit_status_of(const FollowEnd& end) {
  if (!end.error) return end.everything_done() ? kExitDone : kExitFailed;
  if (end.error->code == ErrorCode::kInvalidArgument) return kExitUsage;
  return end.was_listed ? kExitFailed : kExitUnreadable;
}

/// Tells what was done. @return the exit status
int tell_end(const FollowEnd& end, const FollowRequest& request, const FollowTools& tools) {
  if (end.error) static_cast<void>(cannot_start(*end.error));  // tells it
  const bool told = tools.out(request.json ? to_json(end) : to_text(end, request.letters_path));
  const int status = exit_status_of(end);
  return status == kExitDone && !told ? kExitFailed : status;
}

/// Whether no change of the stream's table can be applied, since of the settings it is no source.
Status check_source(const Pipeline& pipeline, const std::string& stream_arn) {
  const events::StreamArn stream = STREAMONCE_TRY(events::StreamArn::parse(stream_arn));
  const std::string why = pipeline.why_no_source(
      {.account = stream.account, .region = stream.region, .table = stream.table});
  return why.empty() ? Status{} : invalid_argument("the stream cannot be followed: " + why);
}

}  // namespace

int run_follow(const FollowRequest& request, const FollowTools& tools) {
  const Settings& settings = tools.pipeline.settings();
  std::string stream_arn = request.stream_arn;
  if (stream_arn.empty()) {
    Result<std::string> newest = newest_stream(settings, request.source, tools.environment,
                                               tools.clock, tools.logger, tools.stopped);
    if (!newest && tools.stopped()) return tell_end({}, request, tools);
    if (!newest) return cannot_follow(newest.error());
    stream_arn = *std::move(newest);
  }
  if (const Status is_source = check_source(tools.pipeline.pipeline(), stream_arn); !is_source)
    return cannot_follow(is_source.error());
  const Result<OpenService> stream =
      open_stream(settings, stream_arn, tools.environment, tools.clock, tools.logger);
  if (!stream) return cannot_follow(stream.error());
  const Result<OpenPositions> positions = open_positions(
      settings, request.checkpoint, stream_arn, tools.environment, tools.clock, tools.logger);
  if (!positions) return cannot_follow(positions.error());
  std::optional<DeadLetterFile> letters;
  if (!request.letters_path.empty()) {
    letters.emplace(request.letters_path);
    if (const Status opened = letters->open(); !opened) return cannot_follow(opened.error());
  }
  const FollowEnd end = handler::follow_stream(
      {.stream_arn = stream_arn,
       .from_latest = request.from_latest,
       .once = request.once,
       .attempts = request.attempts},
      {.streams = *stream->client,
       .pipeline = tools.pipeline.pipeline(),
       .positions = *positions->store,
       .dead_letters = letters ? &*letters : nullptr,
       .clock = tools.clock,
       .logger = tools.logger,
       .stopped = tools.stopped,
       .show = [&](const FollowState& state) { tools.status.update(state, tools.logger); }});
  tools.status.clear();
  return tell_end(end, request, tools);
}

}  // namespace streamonce::handler::follow
