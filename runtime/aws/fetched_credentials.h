// runtime/aws/fetched_credentials.h: credentials that are fetched, and fetched anew before they
// expire.
//
// Source:  AWS SDK for JavaScript v3 refreshes 5 minutes before the expiry.
// Threads: one thread at a time. Borrows: clock, logger; they must outlive the object.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/aws/credentials.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace streamonce::aws {

/// With less than this until their expiry, credentials are fetched anew.
inline constexpr std::chrono::minutes kRefreshBefore{5};
/// While credentials are valid, none are fetched with less than this until a deadline.
inline constexpr std::chrono::seconds kFetchTimeLeast{3};
/// The most time that one fetch has without valid credentials.
inline constexpr std::chrono::seconds kFetchTimeMax{10};
/// The most time that one fetch has while there are valid ones, which is this part of the time left
/// as well: who asks loses no more by a source that hangs.
inline constexpr std::chrono::seconds kRenewTimeMax{2};
inline constexpr int kRenewShare = 4;
/// For so long after a failed fetch has ended nothing is fetched: while there are valid ones, but
/// not beyond their expiry, and without any.
inline constexpr std::chrono::seconds kPauseWithCredentials{60};
inline constexpr std::chrono::seconds kPauseWithoutCredentials{1};
/// For so long after the fetch has ended, credentials that are near their expiry, or behind it by
/// our clock, which may be wrong, are used as they are.
inline constexpr std::chrono::minutes kPauseAfterFetch{1};

/// Credentials of one source. What comes to its end is fetched anew when somebody asks; old ones
/// are kept for as long as they are valid, if that fails, which costs who asks a short time once
/// in a pause. A service's word that they have expired
/// counts more than our clock.
class FetchedCredentials : public CredentialsProvider {
 public:
  FetchedCredentials(const FetchedCredentials&) = delete;
  FetchedCredentials& operator=(const FetchedCredentials&) = delete;

  /// @error any  of the latest fetch; its message names the source, and holds no credential
  Result<std::shared_ptr<const Credentials>> get(WallTime now,
                                                 std::chrono::milliseconds time_left) final;
  /// Of credentials that were fetched because others had been refused, and are refused again,
  /// nothing better follows at once: within kPauseAfterFetch they are kept, and false is returned.
  bool invalidate(const std::shared_ptr<const Credentials>& refused) final;

 protected:
  /// @param source  names the source in messages and logs, as in `the role arn:aws:iam::...`
  FetchedCredentials(std::string source, const Clock& clock, Logger& logger);

  const std::string& source() const { return source_; }

 private:
  /// Fetches credentials, which are checked afterwards; get() puts the source's name before its
  /// errors. Blocks for `time` at most, as far as the source can keep to it.
  virtual Result<Credentials> fetch(WallTime now, std::chrono::milliseconds time) = 0;

  Result<std::shared_ptr<const Credentials>> fetch_checked(WallTime now,
                                                           std::chrono::milliseconds time);

  /// Whether nothing is fetched at `now` while something is there, or after a failure.
  bool is_quiet(WallTime now) const;

  const std::string source_;
  const Clock& clock_;
  Logger& logger_;
  std::shared_ptr<const Credentials> current_;
  std::optional<Error> failure_;  // of the latest fetch; none: it succeeded
  WallTime quiet_from_ = {};      // when that had ended
  WallTime quiet_until_ = {};     // until then nothing is fetched
  bool was_refused_ = false;      // whether credentials were refused that none have followed yet
  bool is_from_refusal_ = false;  // whether `current_` was fetched because of that
};

}  // namespace streamonce::aws
