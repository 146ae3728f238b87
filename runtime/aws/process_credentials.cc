#include "runtime/aws/process_credentials.h"

#include <algorithm>
#include <utility>

#include "runtime/aws/json_credentials.h"
#include "runtime/base/command_output.h"
#include "runtime/base/payload.h"

namespace streamonce::aws {

ProcessCredentials::ProcessCredentials(std::string source, std::string command, const Clock& clock,
                                       Logger& logger, std::chrono::milliseconds time_max)
    : FetchedCredentials(std::move(source), clock, logger),
      command_(std::move(command)),
      clock_(clock),
      time_max_(time_max) {}

Result<Credentials> ProcessCredentials::fetch(WallTime now, std::chrono::milliseconds time) {
  const bool is_first = !std::exchange(was_run_, true);
  Payload output(kJsonCredentialsBytesMax);
  STREAMONCE_TRY(
      run_command(command_, is_first ? time_max_ : std::min(time, time_max_), clock_, output));
  Result<Credentials> read = read_json_credentials(output.view(), JsonCredentials::kProcess);
  if (!read) return with_context("what it prints", std::move(read).error());
  if (read->expiry && *read->expiry <= now)
    return Error{ErrorCode::kRejected,
                 "it prints credentials that expired at " + format_rfc3339(*read->expiry)};
  return read;
}

}  // namespace streamonce::aws
