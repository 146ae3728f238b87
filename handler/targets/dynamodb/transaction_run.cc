#include "handler/targets/dynamodb/transaction_run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "handler/targets/mark.h"
#include "runtime/base/check.h"

namespace streamonce::handler::dynamodb {
namespace {

using std::chrono::milliseconds;

/// The most time that an answer has: longer than any healthy transaction takes, short enough that a
/// lost one can be sent again. Source: the AWS SDKs ask for at least 1 s with transactions, since a
/// retry meets the first attempt still at work before that.
constexpr milliseconds kRequestTimeout{5'000};

/// A failed commit's reason when time ran out: with what had been in its way, if anything had.
std::string too_late(const std::string& last_reason) {
  std::string reason = "not done before the deadline";
  if (!last_reason.empty()) reason += "; before that: " + last_reason;
  return reason;
}

CommitResult result_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAlreadyApplied:
      return CommitResult::kAlreadyApplied;
    case Verdict::kStale:
      return CommitResult::kStale;
    case Verdict::kChanged:
      return CommitResult::kChanged;
    case Verdict::kFailed:
    case Verdict::kRetry:
    case Verdict::kInnocent:
      return CommitResult::kFailed;
  }
  return CommitResult::kFailed;
}

}  // namespace

DynamoDbTarget::Run::Run(DynamoDbTarget& target, std::span<const Commit> commits,
                         std::span<Outcome> outcomes, SteadyTime deadline)
    : target_(target),
      service_(target.service_),
      commits_(commits),
      outcomes_(outcomes),
      deadline_(deadline),
      may_be_dead_(target.service_.keeps_connections()) {
  for (CommitList& list : pack_commits(commits))
    waiting_.push_back(Pack{.commits = std::move(list)});
  for (const Commit& commit : commits)
    if (!commit.after.empty()) held_.push_back(&commit);
  if (!held_.empty()) is_ended_.resize(commits.size());
}

void DynamoDbTarget::Run::work() {
  while (!waiting_.empty() || !in_flight_.empty()) {
    const milliseconds left = time_left();
    if (left <= milliseconds(0)) return give_up();
    if (left < kRequestTimeLeast) fail_waiting();
    start_due();
    take_next();
    if (!held_.empty()) release_held();
  }
}

void DynamoDbTarget::Run::blame_tables() {
  if (refused_.empty()) return;
  const std::string blamed = target_.table_faults_.on_transaction(refused_code_, *refused_.front(),
                                                                  target_.draw_token(), deadline_);
  for (const Commit* commit : refused_)
    outcomes_[static_cast<std::size_t>(commit - commits_.data())].reason.insert(0, blamed);
}

bool DynamoDbTarget::Run::has_free_slot() const {
  return in_flight_.size() < static_cast<std::size_t>(target_.options_.transactions_in_flight);
}

milliseconds DynamoDbTarget::Run::time_left() const {
  return service_.time_until(deadline_);
}

Outcome& DynamoDbTarget::Run::settle(const Commit* commit, CommitResult result,
                                     std::string reason) {
  const auto place = static_cast<std::size_t>(commit - commits_.data());
  outcomes_[place] = {.result = result, .reason = std::move(reason)};
  if (!is_ended_.empty()) is_ended_[place] = true;
  return outcomes_[place];
}

void DynamoDbTarget::Run::fail(const Pack& pack, const std::string& reason) {
  for (const Commit* commit : pack.commits) settle(commit, CommitResult::kFailed, reason);
}

void DynamoDbTarget::Run::fail_waiting() {
  for (const Pack& pack : waiting_) fail(pack, too_late(pack.last_reason));
  waiting_.clear();
  for (const Commit* commit : held_) settle(commit, CommitResult::kFailed, too_late({}));
  held_.clear();
}

/// Lets the commits go that wait for none any more. The first one that is held only waits for such
/// as are not held, so that not all can wait for ever.
void DynamoDbTarget::Run::release_held() {
  const auto must_wait = [this](const Commit* commit) {
    return !std::all_of(commit->after.begin(), commit->after.end(), [&](CommitPlace earlier) {
      STREAMONCE_CHECK(&commits_[earlier] < commit);
      return is_ended_[earlier];
    });
  };
  CommitList released;
  CommitList still_held;
  for (const Commit* commit : held_) (must_wait(commit) ? still_held : released).push_back(commit);
  held_ = std::move(still_held);
  for (CommitList& list : pack_commits(released))
    waiting_.push_back(Pack{.commits = std::move(list)});
}

void DynamoDbTarget::Run::give_up() {
  for (const InFlight& each : in_flight_) {
    Answer none;
    none.reason = service_.transport().cancel(each.id);
    log(each, 0, none);
    const std::string& latest = each.pack.last_reason;
    fail(each.pack, too_late(latest.empty() ? none.reason : latest));
  }
  in_flight_.clear();
  fail_waiting();
}

void DynamoDbTarget::Run::start_due() {
  const SteadyTime now = service_.clock().steady_now();
  while (has_free_slot()) {
    const auto due = std::find_if(waiting_.begin(), waiting_.end(),
                                  [now](const Pack& pack) { return pack.not_before <= now; });
    if (due == waiting_.end()) return;
    const std::size_t limit = target_.pack_size_.limit();
    if (!due->token.empty() || due->commits.size() <= limit) {
      Pack pack = std::move(*due);
      waiting_.erase(due);
      start(std::move(pack), now);
      continue;
    }
    Pack first = *due;
    const auto cut = due->commits.begin() + static_cast<std::ptrdiff_t>(limit);
    first.commits.resize(limit);
    due->commits.erase(due->commits.begin(), cut);
    start(std::move(first), now);
  }
}

void DynamoDbTarget::Run::start(Pack pack, SteadyTime now) {
  if (pack.token.empty()) pack.token = target_.draw_token();
  pack.signed_with = service_.requests().signing_clock();
  runtime::HttpRequest request = target_.request_for(pack.commits, pack.token);
  const std::size_t bytes = request.body.size();
  const AttemptWay way = service_.way_of({.was_unanswered = pack.was_unanswered,
                                          .may_be_dead = may_be_dead_,
                                          .body_bytes = bytes,
                                          .timeout = kRequestTimeout,
                                          .time_left = time_left()});
  request.timeout = way.timeout;
  request.fresh_connection = way.fresh_connection;
  const runtime::HttpRequestId id = service_.transport().start(std::move(request));
  in_flight_.push_back({.id = id, .started = now, .bytes = bytes, .pack = std::move(pack)});
}

/// When the next waiting pack may be sent, if there is room for it; the deadline otherwise.
SteadyTime DynamoDbTarget::Run::wake_time() const {
  SteadyTime time = deadline_;
  if (!has_free_slot()) return time;
  for (const Pack& pack : waiting_) time = std::min(time, pack.not_before);
  return time;
}

void DynamoDbTarget::Run::take_next() {
  if (in_flight_.empty()) {
    if (waiting_.empty()) return;
    const auto wait = wake_time() - service_.clock().steady_now();
    service_.clock().sleep_for(std::max(milliseconds(0), std::chrono::ceil<milliseconds>(wait)));
    return;
  }
  std::optional<runtime::HttpCompletion> completion = service_.transport().wait_any(wake_time());
  if (!completion) return;
  const auto ended = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [&](const InFlight& each) { return each.id == completion->id; });
  if (ended == in_flight_.end()) return;
  InFlight finished = std::move(*ended);
  in_flight_.erase(ended);
  finish(std::move(finished), std::move(completion->result));
}

void DynamoDbTarget::Run::finish(InFlight finished, Result<runtime::HttpResponse> result) {
  int status = 0;
  Answer answer;
  const bool timed_out = !result && result.error().code == ErrorCode::kTimeout;
  finished.pack.was_unanswered = !result;
  if (result) {
    service_.note_answer(service_.clock().steady_now() - finished.started);
    status = result->status;
    answer = target_.reader_.read(std::move(result).value(), finished.pack.commits);
  } else {
    answer.trouble = trouble_of_transport(result.error().code);
    answer.reason = result.error().message;
  }
  log(finished, status, answer);
  Pack& pack = finished.pack;
  switch (answer.kind) {
    case AnswerKind::kApplied:
      service_.budget().pay_back(pack.retry_cost);
      target_.pack_size_.succeeded(pack.commits.size());
      for (const Commit* commit : pack.commits) settle(commit, CommitResult::kApplied);
      return;
    case AnswerKind::kCancelled:
      return judge(std::move(pack), std::move(answer.verdicts));
    case AnswerKind::kRefused:
      return refuse(std::move(pack), std::move(answer), timed_out);
  }
}

/// A first attempt that the service or the network spoiled is worth a warning.
void DynamoDbTarget::Run::log(const InFlight& finished, int status, const Answer& answer) {
  const bool spoiled =
      answer.kind == AnswerKind::kRefused &&
      (answer.trouble == Trouble::kTransient || answer.trouble == Trouble::kThrottled);
  const LogLevel level =
      spoiled && finished.pack.attempts == 0 ? LogLevel::kWarn : LogLevel::kDebug;
  const auto took =
      std::chrono::duration_cast<milliseconds>(service_.clock().steady_now() - finished.started);
  // The network's words hold no value; the service's may, and its code tells enough.
  service_.logger().log(level, "transaction",
                        {{"status", status},
                         {"code", answer.code.empty() && status == 0 ? answer.reason : answer.code},
                         {"attempt", finished.pack.attempts + 1},
                         {"commits", finished.pack.commits.size()},
                         {"bytes", finished.bytes},
                         {"milliseconds", took.count()}});
}

/// Settles what can be settled of a cancelled transaction. The rest goes again in new transactions:
/// commits that were hindered after a pause, and innocent ones at once and at no cost, since there
/// are fewer of them each time; but not at once where the service throttles.
void DynamoDbTarget::Run::judge(Pack pack, std::vector<CommitVerdict> verdicts) {
  STREAMONCE_CHECK(verdicts.size() == pack.commits.size());
  Pack innocent{.attempts = pack.attempts, .last_reason = pack.last_reason};
  Pack hindered{.attempts = pack.attempts};
  Trouble trouble = Trouble::kConflict;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Commit* commit = pack.commits[i];
    CommitVerdict& verdict = verdicts[i];
    if (!verdict.reason.empty())
      verdict.reason = target_.table_faults_.on_action(verdict.write, verdict.reason);
    if (verdict.verdict == Verdict::kInnocent) {
      innocent.commits.push_back(commit);
    } else if (verdict.verdict == Verdict::kRetry) {
      if (verdict.trouble == Trouble::kThrottled) trouble = Trouble::kThrottled;
      hindered.last_reason = std::move(verdict.reason);
      hindered.commits.push_back(commit);
    } else {
      if (verdict.verdict == Verdict::kChanged) verdict.reason = why_changed(*commit);
      settle(commit, result_of(verdict.verdict), std::move(verdict.reason)).found =
          std::move(verdict.found);
    }
  }
  const bool throttled = trouble == Trouble::kThrottled;
  const bool settled = innocent.commits.size() + hindered.commits.size() < pack.commits.size();
  if (settled && !throttled) service_.budget().pay_back(pack.retry_cost);
  if (innocent.commits.size() == pack.commits.size())
    return send_again(std::move(innocent), Trouble::kTransient, "cancelled without a reason");
  if (!innocent.commits.empty()) {
    if (throttled)
      send_again(std::move(innocent), Trouble::kTransient, hindered.last_reason);
    else
      waiting_.push_back(std::move(innocent));
  }
  if (hindered.commits.empty()) return;
  if (!throttled) target_.pack_size_.conflicted(pack.commits.size());
  std::string reason = std::move(hindered.last_reason);
  send_again(std::move(hindered), trouble, std::move(reason));
}

void DynamoDbTarget::Run::refuse(Pack pack, Answer answer, bool timed_out) {
  switch (answer.trouble) {
    case Trouble::kTokenReused:
      pack.token.clear();
      return send_again(std::move(pack), answer.trouble, std::move(answer.reason));
    case Trouble::kConflict:
      target_.pack_size_.conflicted(pack.commits.size());
      [[fallthrough]];
    case Trouble::kTransient:
    case Trouble::kThrottled:
      return send_again(std::move(pack), answer.trouble, std::move(answer.reason), timed_out);
    case Trouble::kInvalid:
      return pack.commits.size() > 1 ? halve(pack, answer.reason) : fail_for_good(pack, answer);
    case Trouble::kSignature:
      return sign_again(std::move(pack), std::move(answer));
    case Trouble::kRefused:
      return fail_for_good(pack, answer);
  }
}

void DynamoDbTarget::Run::fail_for_good(const Pack& pack, const Answer& answer) {
  fail(pack, answer.reason);
  if (!TableFaults::may_blame(answer.code, answer.reason)) return;
  if (refused_.empty()) refused_code_ = answer.code;
  if (answer.code == refused_code_)
    refused_.insert(refused_.end(), pack.commits.begin(), pack.commits.end());
}

/// Puts the pack back with a delay, if time is left for another attempt.
void DynamoDbTarget::Run::send_again(Pack pack, Trouble trouble, std::string reason,
                                     bool timed_out) {
  const milliseconds longest = time_left() - kRequestTimeLeast;
  if (longest <= milliseconds(0)) return fail(pack, too_late(reason));
  ++pack.attempts;
  const Retry retry =
      plan_retry(trouble, timed_out, pack.attempts, longest, service_.budget(), service_.random());
  pack.retry_cost = retry.cost;
  pack.not_before = service_.clock().steady_now() + retry.delay;
  pack.last_reason = std::move(reason);
  waiting_.push_back(std::move(pack));
}

/// Sends the pack again, signed with the right time. Packs that were in flight with it were signed
/// with the same wrong clock: each of them comes here.
void DynamoDbTarget::Run::sign_again(Pack pack, Answer answer) {
  if (++pack.refused_signatures > kClockMendsMax ||
      !service_.requests().mend_clock(answer.service_time, pack.signed_with))
    return fail(pack, answer.reason + service_.requests().clock_difference(answer.service_time));
  pack.last_reason = std::move(answer.reason);
  waiting_.push_back(std::move(pack));
}

/// Sends the halves of a pack in which something is invalid, and only the service knows what: one
/// bad commit among n takes 2 log2(n) requests more.
void DynamoDbTarget::Run::halve(const Pack& pack, const std::string& reason) {
  const auto middle = pack.commits.begin() + static_cast<std::ptrdiff_t>(pack.commits.size() / 2);
  for (const auto& [begin, end] :
       {std::pair(pack.commits.begin(), middle), std::pair(middle, pack.commits.end())})
    waiting_.push_back({.commits = {begin, end}, .attempts = pack.attempts, .last_reason = reason});
}

}  // namespace streamonce::handler::dynamodb
