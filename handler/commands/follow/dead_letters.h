// handler/commands/follow/dead_letters.h: the file of what a follower gives up, which
// `bootstrap replay` takes.
//
// Threads: one thread at a time.

#pragma once

#include <string>
#include <string_view>

#include "handler/sources/dumps/failed_file.h"
#include "handler/sources/stream/follower.h"
#include "runtime/base/result.h"

namespace streamonce::handler::follow {

/// Appends whole records, each with its stream's ARN, to a file. It may be there before.
class DeadLetterFile final : public DeadLetterKeeper {
 public:
  explicit DeadLetterFile(std::string path) : file_(std::move(path), dumps::Existing::kAppended) {}

  /// Opens the file, or creates it: before any record is given up, so that none ever is for which
  /// there is no place.
  /// @error kInvalidArgument  that cannot be done; the message says why
  Status open();
  Status keep(std::string_view text, std::string_view stream_arn) override;
  Status sync() override { return file_.sync(); }

 private:
  dumps::FailedFile file_;
};

}  // namespace streamonce::handler::follow
