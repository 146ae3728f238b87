// handler/commands/doctor/doctor_command.h: the command `doctor`.

#pragma once

#include <string>
#include <variant>

#include "handler/commands/command.h"
#include "handler/commands/doctor/deployment_reader.h"
#include "handler/commands/options.h"

namespace streamonce::handler::doctor {

extern const Command kDoctorCommand;

struct DoctorRequest {
  CommonOptions common;
  DeploymentQuery query;  ///< but for the Region, where no ARN tells it
  bool json = false;
};

/// Reads the arguments behind `doctor`.
/// @return what is to be done, or what is to be printed instead
std::variant<PrintedText, DoctorRequest> read_doctor_request(Arguments arguments);

}  // namespace streamonce::handler::doctor
