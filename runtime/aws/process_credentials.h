// runtime/aws/process_credentials.h: the credentials that a command of the user's prints.
//
// Source:  AWS SDKs and Tools reference guide, "Process credential provider" (credential_process);
//          AWS SDK for Go v2, processcreds: the shell, and a minute.
// Threads: one thread at a time. Borrows: clock, logger; they must outlive the object.

#pragma once

#include <chrono>
#include <string>

#include "runtime/aws/fetched_credentials.h"

namespace streamonce::aws {

/// The most time that the command has. When it is run first, its user may have something to type,
/// so that it may run beyond the deadline of who asks, at the start of a process. Later it has no
/// more than get() gives a fetch: see FetchedCredentials.
inline constexpr std::chrono::milliseconds kProcessTimeMax{60'000};

/// Runs a command each time when credentials are needed. Neither it nor what it prints is ever
/// told.
class ProcessCredentials final : public FetchedCredentials {
 public:
  /// @param source  names the profile that has the command
  ProcessCredentials(std::string source, std::string command, const Clock& clock, Logger& logger,
                     std::chrono::milliseconds time_max = kProcessTimeMax);

 private:
  Result<Credentials> fetch(WallTime now, std::chrono::milliseconds time) override;

  const std::string command_;
  const Clock& clock_;
  const std::chrono::milliseconds time_max_;
  bool was_run_ = false;
};

}  // namespace streamonce::aws
