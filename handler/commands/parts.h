// handler/commands/parts.h: opens what the commands and the Lambda function are made of.
//
// Here settings become parts: a target, the pipeline on it, the network, the reader of streams.
// This is the one place that knows which targets and sources there are: a new one is a folder, and
// a line here.
//
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "handler/config/environment.h"
#include "handler/config/settings.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/stream/stream_reader.h"
#include "handler/targets/preview/preview_target.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler {

/// `pipeline.json` in the folder of the running binary; empty: the system does not tell which it
/// is.
std::string pipeline_file_beside_the_binary();

/// The network, under this program's name. Borrows `clock`.
/// @param ca_bundle_path  the certificates to trust; empty: none, for http only
std::unique_ptr<runtime::HttpTransport> open_network(const std::string& ca_bundle_path,
                                                     const Clock& clock);

enum class TargetUse : std::uint8_t {
  kApply,
  kPreview,  ///< nothing is written: see PreviewTarget
};

/// A pipeline on its target, with all that they borrow, as the settings of a run want them.
/// Borrows: clock, logger; they must outlive it.
class OpenPipeline {
 public:
  struct Options {
    SettingOptions settings;  ///< but for default_file, which open() fills in
    TargetUse use = TargetUse::kApply;
  };

  /// Reads the settings, and opens the target that they name.
  /// @error kInvalidArgument  a setting is wrong; see load_settings()
  /// @error as the target's own create(): see there
  static Result<std::unique_ptr<OpenPipeline>> open(Options options, const Environment& environment,
                                                    Clock& clock, Logger& logger);

  Pipeline& pipeline() { return *pipeline_; }

 private:
  OpenPipeline() = default;

  std::unique_ptr<runtime::HttpTransport> transport_;  // a DynamoDB target's; else null
  std::unique_ptr<Target> target_;
  std::optional<PreviewTarget> preview_;
  std::optional<Pipeline> pipeline_;
};

/// A reader of streams. The settings that it needs are looked for only when it is used: dead
/// letters that hold their records must be replayable without AWS. Its errors are those of
/// StreamReader, and before the first read kInvalidArgument for a setting that is wrong. Borrows
/// all that it is given.
std::unique_ptr<StreamReader> open_streams(const Environment& environment, Clock& clock,
                                           Logger& logger);

/// What Lambda is told that a start failed for, by the code of the error: something that may pass,
/// or something that somebody must change.
const char* init_error_type(ErrorCode code);

}  // namespace streamonce::handler
