#include "runtime/aws/fetched_credentials.h"

#include <algorithm>
#include <utility>

namespace streamonce::aws {

FetchedCredentials::FetchedCredentials(std::string source, const Clock& clock, Logger& logger)
    : source_(std::move(source)),
      clock_(clock),
      logger_(logger) {}

Result<std::shared_ptr<const Credentials>> FetchedCredentials::get(
    WallTime now, std::chrono::milliseconds time_left) {
  const bool has_end = current_ != nullptr && current_->expiry.has_value();
  const bool in_pause = is_quiet(now);
  const bool is_valid =
      current_ != nullptr && (!has_end || now < *current_->expiry || (in_pause && !failure_));
  if (is_valid && (!has_end || in_pause || now + kRefreshBefore < *current_->expiry))
    return current_;
  if (is_valid && time_left < kFetchTimeLeast) return current_;
  if (in_pause && failure_) return *failure_;
  const std::chrono::milliseconds most =
      is_valid ? std::min<std::chrono::milliseconds>(time_left / kRenewShare, kRenewTimeMax)
               : std::min<std::chrono::milliseconds>(time_left, kFetchTimeMax);
  Result<std::shared_ptr<const Credentials>> fetched = fetch_checked(now, most);
  quiet_from_ = clock_.now();  // a pause would be over before it began if it counted from `now`
  if (fetched) {
    is_from_refusal_ = std::exchange(was_refused_, false);
    current_ = *fetched;
    failure_.reset();
    quiet_until_ = quiet_from_ + kPauseAfterFetch;
    return fetched;
  }
  failure_ = fetched.error();
  if (!is_valid || quiet_from_ >= *current_->expiry) {
    quiet_until_ = quiet_from_ + kPauseWithoutCredentials;
    return fetched;
  }
  quiet_until_ = std::min<WallTime>(quiet_from_ + kPauseWithCredentials, *current_->expiry);
  logger_.log(LogLevel::kWarn, "credentials not renewed: those that are there are used on",
              {{"source", source_}, {"reason", failure_->message}});
  return current_;
}

Result<std::shared_ptr<const Credentials>> FetchedCredentials::fetch_checked(
    WallTime now, std::chrono::milliseconds time) {
  Result<Credentials> fetched = fetch(now, time);
  if (!fetched) return with_context(source_, std::move(fetched).error());
  const Status checked = check_credentials(*fetched);
  if (!checked) return with_context(source_, checked.error());
  logger_.log(LogLevel::kDebug, "credentials fetched",
              {{"source", source_},
               {"expiry", fetched->expiry ? format_rfc3339(*fetched->expiry) : "none"}});
  return std::make_shared<const Credentials>(std::move(fetched).value());
}

bool FetchedCredentials::is_quiet(WallTime now) const {
  return now >= quiet_from_ && now < quiet_until_;  // the clock may have been set back since
}

bool FetchedCredentials::invalidate(const std::shared_ptr<const Credentials>& refused) {
  if (refused != current_) return true;  // others were fetched meanwhile
  if (is_from_refusal_ && !failure_ && is_quiet(clock_.now())) return false;
  was_refused_ = true;
  current_.reset();
  quiet_until_ = {};
  return true;
}

}  // namespace streamonce::aws
