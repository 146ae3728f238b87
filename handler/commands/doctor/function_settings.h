// handler/commands/doctor/function_settings.h: what settings a function runs with, as far as they
// can be seen from outside: its variables, and copies of its files that somebody names.
//
// Threads: a function of its arguments, the environment, and the files that they name.

#pragma once

#include <string>
#include <vector>

#include "handler/commands/doctor/findings/deployment.h"
#include "handler/commands/views_file.h"
#include "handler/config/environment.h"
#include "handler/config/settings.h"
#include "handler/services/lambda_functions.h"

namespace streamonce::handler::doctor {

struct FunctionSettings {
  Settings settings;
  SettingsState state;
  ViewsFile views;  ///< empty: there are none, or their file is not seen
  /// Whether there are views whose file is in the function's zip, and no copy of it is named.
  bool has_unseen_views = false;
  /// The ledger that is named, also where the settings refuse it.
  std::string ledger;
  std::vector<std::string> absent;  ///< what is set nowhere that can be seen
};

/// Reads settings as the program does in Lambda.
/// @param options   what the command line says; it is stronger than the function's variables
/// @param function  null: there is none, and the environment of this process takes its place
/// @param region    where the function is, or the tables are; empty: not known
FunctionSettings read_function_settings(const SettingOptions& options,
                                        const lambda_functions::Configuration* function,
                                        const std::string& region, const Environment& environment);

}  // namespace streamonce::handler::doctor
