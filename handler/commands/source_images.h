// handler/commands/source_images.h: opens what images are fetched with that streams leave out.
//
// Threads: one thread at a time.

#pragma once

#include <memory>
#include <string>

#include "events/change.h"
#include "handler/config/environment.h"
#include "handler/config/settings.h"
#include "handler/pipeline/source_items.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace streamonce::handler {

/// How requests name `table`: by its ARN, so that no table of another account is read for it. An
/// emulator's tables are of an account that nobody has, and are known by their names only.
std::string request_name_of(const events::SourceTable& table);

/// The items of the tables of sources, as Settings::stream_role if there is one, each table in its
/// own Region. What it needs of AWS's own settings is looked for only when something is read: a
/// batch whose records have their images must be applicable without AWS. Borrows settings, clock
/// and logger, which must outlive it.
std::unique_ptr<SourceItems> open_source_images(const Settings& settings,
                                                const Environment& environment, Clock& clock,
                                                Logger& logger);

}  // namespace streamonce::handler
