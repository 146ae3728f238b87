// handler/commands/parts.h: opens what the commands and the Lambda function are made of.
//
// Here settings become parts: a target, the pipeline on it, the network, the reader of streams.
// This is the one place that knows which targets and sources there are: a new one is a folder, and
// a line here.
//
// Threads: one thread at a time.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "handler/config/environment.h"
#include "handler/config/settings.h"
#include "handler/items/item_reader.h"
#include "handler/pipeline/derived_tables.h"
#include "handler/pipeline/pipeline.h"
#include "handler/pipeline/source_items.h"
#include "handler/services/table_reader.h"
#include "handler/sources/exports/export_files.h"
#include "handler/sources/stream/stream_reader.h"
#include "handler/targets/figures.h"
#include "handler/targets/key_scan.h"
#include "handler/targets/measured_target.h"
#include "handler/targets/preview/preview_target.h"
#include "handler/targets/target.h"
#include "runtime/aws/credentials.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler {

/// The path of a file in the folder of the running binary; empty: the system does not tell which it
/// is.
std::string path_beside_the_binary(std::string_view name);

/// Names the files that count where nothing names others: `pipeline.json` and `views.sql` beside
/// the binary.
void add_defaults(SettingOptions& options);

/// The network, under this program's name. Borrows `clock`.
/// @param ca_bundle_path  the certificates to trust; empty: none, for http only
std::unique_ptr<runtime::HttpTransport> open_network(const std::string& ca_bundle_path,
                                                     const Clock& clock);

/// A seed from the system's randomness.
std::uint64_t random_seed();

/// The credentials of this process, or those of `role` that they may have, if it names one. They
/// are looked for and fetched over connections of their own. STS is asked in AWS_REGION, or where
/// that is not set in `region`, the Region of what they are for.
/// @error as aws::open_credentials()
Result<std::shared_ptr<aws::CredentialsProvider>> credentials_of(
    const RoleSettings& role, const std::string& session_name, const std::string& region,
    const AwsSettings& aws, const Environment& environment, Clock& clock, Logger& logger);

enum class TargetUse : std::uint8_t {
  kApply,
  kPreview,  ///< nothing is written: see PreviewTarget
};

/// A pipeline on its target, with all that they borrow, as the settings of a run want them.
/// Borrows: clock, logger; they must outlive it.
class OpenPipeline {
 public:
  struct Options {
    SettingOptions settings;  ///< but for the defaults, which open() adds
    TargetUse use = TargetUse::kApply;
    /// Whether metrics may be told, if the settings want them: see figures().
    bool may_tell_metrics = false;
    /// Whether the target counts what it takes, whatever the settings want of metrics.
    bool counts = false;
    /// Whether many batches will follow each other, so that their target may set itself up for it.
    bool has_many_batches = false;
  };

  /// Reads the settings and the views, and opens the target that they name.
  /// @error kInvalidArgument  a setting is wrong; see load_settings() and load_views()
  /// @error as the target's own create(): see there
  static Result<std::unique_ptr<OpenPipeline>> open(Options options, const Environment& environment,
                                                    Clock& clock, Logger& logger);

  Pipeline& pipeline() { return *pipeline_; }
  const Settings& settings() const { return settings_; }
  /// What the target counts in, for who tells metrics; null: none are told, and it counts nothing.
  TargetFigures* figures() { return figures_ ? &*figures_ : nullptr; }
  /// The target that the pipeline is on.
  Target& target() { return *used_; }
  /// Opens the target once more, to walk through what it has; of a preview, without leaving a
  /// trace. Borrows what the pipeline borrows, and its network: not while the target is at work.
  /// @error as the target's own create(): see there
  Result<std::unique_ptr<KeyScanner>> open_scanner() { return open_scanner_(); }
  /// Opens the target once more, to read whole items of its tables; of a preview, without leaving a
  /// trace. Borrows what the pipeline borrows, and has a network of its own: it may be used in
  /// turns with the target.
  /// @error kInvalidArgument  an option breaks its rule
  Result<std::unique_ptr<ItemReader>> open_items() { return open_items_(); }

 private:
  OpenPipeline() = default;

  Settings settings_;
  std::optional<TargetFigures> figures_;
  std::unique_ptr<runtime::HttpTransport> transport_;  // a DynamoDB target's; else null
  std::unique_ptr<Target> target_;
  std::function<Result<std::unique_ptr<KeyScanner>>()> open_scanner_;
  std::function<Result<std::unique_ptr<ItemReader>>()> open_items_;
  Target* used_ = nullptr;  // the target, or what stands before it
  std::optional<PreviewTarget> preview_;
  std::optional<MeasuredTarget> measured_;
  std::unique_ptr<DerivedTables> tables_;      // the views; null: the target is a mirror
  std::unique_ptr<SourceItems> source_items_;  // null: no images are fetched
  std::optional<Pipeline> pipeline_;
};

/// A reader of streams, as Settings::stream_role if there is one. What it needs of AWS's own
/// settings is looked for only when it is used: dead letters that hold their records must be
/// replayable without AWS. Credentials are got by the deadline of a read; their provider is kept
/// for the next one, also where there were none. Its errors are those of StreamReader, and before
/// the first read kInvalidArgument for a setting that is wrong. Borrows all that it is given.
std::unique_ptr<StreamReader> open_streams(const Settings& settings, const Environment& environment,
                                           Clock& clock, Logger& logger);

/// A reader of what tables of sources are like, as Settings::stream_role if there is one. As with
/// open_streams(), what it needs of AWS's own settings is looked for only when it is used. Borrows
/// all that it is given.
std::unique_ptr<TableReader> open_tables(const Settings& settings, const Environment& environment,
                                         Clock& clock, Logger& logger);

/// A reader of the items of a source, as Settings::stream_role if there is one, over a network of
/// its own: where `table`, a name or an ARN, is, so that it reads all tables of that Region.
/// Borrows clock and logger.
/// @param credentials_time  how long it waits for credentials at most; zero: not at all, and each
///                          read gets them by its own deadline
/// @error kInvalidArgument  a setting is absent or wrong, or there are no credentials
/// @error any other code    credentials cannot be got, at least now
Result<std::unique_ptr<ItemReader>> open_source_items(
    const Settings& settings, std::string_view table, const Environment& environment, Clock& clock,
    Logger& logger, std::chrono::milliseconds credentials_time = std::chrono::seconds(30));

/// The files of the export at `place`: in a bucket, as `s3://BUCKET/PREFIX`, or in a folder.
///
/// For a bucket, credentials are looked for as for streams, and no role is assumed. The Region is
/// AWS_REGION, or that of the settings, or us-east-1: S3 says if another one is right. Copies of
/// files are kept in TMPDIR, or /tmp, and reading ends early once an end is asked for: see
/// interruption.h. Borrows clock and logger.
/// @error kInvalidArgument  the address or a setting is wrong
/// @error kUnavailable      the folder cannot be read
/// @error any other code    what the provider of the credentials says
Result<std::unique_ptr<exports::ExportFiles>> open_export(const std::string& place,
                                                          const Settings& settings,
                                                          const Environment& environment,
                                                          Clock& clock, Logger& logger);

/// What Lambda is told that a start failed for, by the code of the error: something that may pass,
/// or something that somebody must change.
const char* init_error_type(ErrorCode code);

}  // namespace streamonce::handler
