// handler/commands/doctor/deployment_reader.h: reads all of a deployment that can be read.
//
// It begins at a function or a mapping. The mappings tell the sources, the function's variables the
// target and the ledger. What is named besides is looked at too.
//
// Threads: one thread at a time.

#pragma once

#include <optional>
#include <string>

#include "handler/commands/doctor/findings/deployment.h"
#include "handler/commands/doctor/service_reader.h"
#include "handler/config/environment.h"
#include "handler/config/settings.h"
#include "handler/services/lambda_functions.h"
#include "runtime/base/result.h"

namespace streamonce::handler::doctor {

struct DeploymentQuery {
  std::optional<lambda_functions::FunctionName> function;
  std::string mapping_uuid;  ///< empty: all mappings of the function
  std::string source;        ///< a table, by name or ARN; empty: only what the mappings read
  SettingOptions settings;   ///< target, ledger, views, pipeline file, if they are named
  std::string region;        ///< the function's, or that of the tables
};

/// Reads a deployment. What cannot be read is noted in it, but for the function or the mapping that
/// was asked for.
/// @error any  that cannot be read; the message says why
Result<Deployment> read_deployment(const DeploymentQuery& query, const Environment& environment,
                                   ServiceReader& services);

}  // namespace streamonce::handler::doctor
