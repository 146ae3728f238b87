// bench/kept_requests.h: the bytes that streamonce has sent for a batch, for the raw client to send
// them too.
//
// Threads: values and pure functions.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace streamonce::bench {

struct KeptRequests {
  std::string next;      ///< for an event
  std::string response;  ///< of the function
  std::vector<std::string> transactions;
};

/// False: the file cannot be written.
bool write_requests(const std::string& path, const KeptRequests& requests);

/// No value: there is no such file, or it has not been written by write_requests().
std::optional<KeptRequests> read_requests(const std::string& path);

}  // namespace streamonce::bench
