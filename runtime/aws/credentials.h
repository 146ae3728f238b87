// runtime/aws/credentials.h: as whom AWS is called.
//
// Credentials are one value, which is never changed: who rotates them hands out another one. A
// request takes the value of its moment from a provider, is signed with it, and holds it until the
// request has ended; so what must not be told of its answer is known even if the provider has
// another value by then.
//
// Source:  AWS SDKs and Tools reference guide, "Access keys" and "Temporary security credentials".
// Threads: a value is shared freely; a provider is for one thread at a time.

#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::aws {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;       ///< empty: none
  std::optional<WallTime> expiry;  ///< from when on they are refused; none: they have no end
};

/// The texts of `credentials` that must never be told. Borrows them.
std::array<std::string_view, 3> secrets_of(const Credentials& credentials);

/// @error kInvalidArgument  one is absent, or could not stand in a header; the message names the
///                          environment variable that it comes from, and holds no part of it
Status check_credentials(const Credentials& credentials);

class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;

  /// The credentials to sign with at `now`, which is the time by our clock. Asked for each attempt
  /// of each request, so a provider that must fetch them keeps them until shortly before their
  /// expiry. They have been checked: see check_credentials().
  /// @param time_left  the time until the deadline of who asks: a provider that fetches takes no
  ///                   more of it; while it has any that are valid a small part, and none of its
  ///                   last moments. A command may take more when it is run first: see
  ///                   process_credentials.h
  /// @error kUnavailable, kTimeout, kProtocol  they could not be got, and may be got later
  /// @error any other code  they cannot be got until somebody changes something
  virtual Result<std::shared_ptr<const Credentials>> get(WallTime now,
                                                         std::chrono::milliseconds time_left) = 0;

  /// Says that a service has refused `refused` as expired, whatever their expiry is.
  /// @return whether get() gives, or tries to fetch, other ones from now on
  virtual bool invalidate(const std::shared_ptr<const Credentials>& /*refused*/) { return false; }
};

/// The time of who has no deadline.
inline constexpr std::chrono::milliseconds kNoDeadline = std::chrono::milliseconds::max();

/// Always the same credentials: those of the environment, which Lambda sets for each sandbox.
class StaticCredentials final : public CredentialsProvider {
 public:
  explicit StaticCredentials(Credentials credentials);

  /// @error kInvalidArgument  what check_credentials() found
  Result<std::shared_ptr<const Credentials>> get(WallTime now,
                                                 std::chrono::milliseconds time_left) override;

 private:
  const Result<std::shared_ptr<const Credentials>> credentials_;
};

}  // namespace streamonce::aws
