// runtime/aws/profile_files.h: the files that AWS's tools share: profiles, and what they hold.
//
// Of `~/.aws/credentials` each section is a profile, of `~/.aws/config` those named `default` and
// `profile NAME`; what the former says of a profile counts more. Lines that are indented
// further than the setting before them belong to it, and are passed over.
//
// Source:  AWS SDKs and Tools reference guide, "Shared config and credentials files" and "Location
//          of the shared config and credentials files".
// Threads: a value.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/aws/endpoint_credentials.h"
#include "runtime/base/result.h"

namespace streamonce::aws {

/// The keys of a profile. Views of its files; those that are absent are empty.
struct ProfileKeys {
  std::string_view access_key_id;
  std::string_view secret_access_key;
  std::string_view session_token;
};

/// The most bytes of one of the files.
inline constexpr std::size_t kProfileFileBytesMax = 1024UL * 1024;

class ProfileFiles {
 public:
  /// Reads the files that AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name, or those in HOME,
  /// as far as they are there; a `~/` at the start of a name is HOME as well.
  /// @error kInvalidArgument  a line is neither a section nor a setting; the message holds no part
  ///                          of it
  /// @error kUnavailable, kTooLarge  a file that is there cannot be read, or is too large
  static Result<ProfileFiles> load(const FindVariable& environment);

  bool has(std::string_view profile) const;
  /// What `profile` has under `key`, which is in lower case. Empty: nothing.
  std::string_view value(std::string_view profile, std::string_view key) const;
  /// The keys of `profile`, all of one file: of that which has the id of the key, or else the
  /// secret, and of both the file of credentials.
  ProfileKeys keys(std::string_view profile) const;
  /// Whether `profile` has a setting whose key begins with `key`.
  bool has_any(std::string_view profile, std::string_view key) const;

  /// The paths of the files, there or not, as a message tells them.
  const std::string& paths() const { return paths_; }

 private:
  friend class ProfileFileReader;

  struct Entry {
    bool is_of_credentials = false;  ///< whether it is in the file of credentials
    std::string profile;
    std::string key;  ///< empty: the section itself
    std::string value;
  };

  std::vector<Entry> entries_;  // what comes later counts more
  std::string paths_;
};

}  // namespace streamonce::aws
