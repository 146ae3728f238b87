#include "handler/targets/dynamodb/transaction_run.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "handler/targets/dynamodb/added_rows.h"
#include "handler/targets/dynamodb/item_mark.h"
#include "handler/targets/mark.h"
#include "runtime/aws/json_call.h"
#include "runtime/base/check.h"

namespace streamonce::handler::dynamodb {
namespace {

using aws::Refusal;
using aws::Trouble;

/// The most time that an answer has: longer than any healthy transaction takes, short enough that a
/// lost one can be sent again. Source: the AWS SDKs ask for at least 1 s with transactions, since a
/// retry meets the first attempt still at work before that.
constexpr std::chrono::milliseconds kRequestTimeout{5'000};

/// The most bytes of an answer, which hold the reasons of 100 actions: if all have marks that are
/// returned, 2.6 KB each at most (a name of 1,200 bytes, which JSON may double where it has quotes,
/// and a version), are 260 KB, and messages of 150 bytes are 15 KB more. Should somebody have made
/// the marks larger, halving the pack makes the answer smaller. A hostile answer of this size takes
/// a few milliseconds to read.
constexpr std::size_t kAnswerBytesMax = 320UL * 1024;

/// The most bytes of an answer in which entries with content, or items, may come back: one of them,
/// with all that JSON may make of its 400 KB, has room, and halving the pack makes the answer of
/// more as small.
constexpr std::size_t kWholeAnswerBytesMax = 4UL * 1024 * 1024;
// What each table took is told in as many bytes as this at most, once, and never beside reasons.
static_assert(kAnswerBytesMax > kActionsMax * 2 * 1024);
static_assert(kWholeAnswerBytesMax > kAnswerBytesMax + 6 * kContentBytesMax);

/// How long commits that are left by puts are gathered: some of the times that an answer takes.
constexpr std::chrono::milliseconds kGatherTime{20};

std::size_t answer_bytes_max(const CommitList& commits) {
  // One by itself has nothing to be halved of.
  const bool is_whole = commits.size() == 1 ||
                        std::any_of(commits.begin(), commits.end(),
                                    [](const Commit* commit) { return commit->seen.has_value(); });
  return is_whole ? kWholeAnswerBytesMax : kAnswerBytesMax;
}

/// The row that a verdict's reason is about; none: it is about the mark.
std::optional<TargetRow> row_of(const CommitVerdict& verdict) {
  if (verdict.write != nullptr)
    return TargetRow{.table = verdict.write->table, .key = verdict.write->key};
  if (verdict.addition != nullptr)
    return TargetRow{.table = verdict.addition->table, .key = verdict.addition->key};
  return std::nullopt;
}

/// Counts what was in the way of commits of a transaction that was cancelled: it is one answer, of
/// however many.
void note_hindrances(std::span<const CommitVerdict> verdicts, aws::CallCounts& counts) {
  for (const Trouble trouble : {Trouble::kConflict, Trouble::kThrottled}) {
    const auto tells = [trouble](const CommitVerdict& verdict) {
      return verdict.verdict == Verdict::kRetry && verdict.trouble == trouble;
    };
    if (std::any_of(verdicts.begin(), verdicts.end(), tells)) counts.note(trouble);
  }
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
    case Verdict::kApart:
      return CommitResult::kFailed;
  }
  return CommitResult::kFailed;
}

}  // namespace

class DynamoDbTarget::TransactionRun::Pack final : public aws::Call {
 public:
  Pack(DynamoDbTarget& target, CommitList commits, std::vector<RowNumber> rows,
       aws::CallHistory history)
      : Call({.operation = "TransactWriteItems",
              .timeout = kRequestTimeout,
              .answer_bytes_max =
                  target.keeps_marks_in_items() ? kWholeAnswerBytesMax : answer_bytes_max(commits)},
             std::move(history)),
        target_(target),
        commits_(std::move(commits)),
        rows_(std::move(rows)) {}

  const CommitList& commits() const { return commits_; }
  /// The rows that the commits add to, as the gate knows them.
  const std::vector<RowNumber>& rows() const { return rows_; }
  /// Whether conflicts tell how large such packs may be. Not where commits add to rows: the larger
  /// the packs, the fewer of them touch a row.
  bool has_flexible_size() const { return rows_.empty(); }
  /// One verdict for each commit of a transaction that was cancelled.
  std::vector<CommitVerdict> take_verdicts() { return std::move(verdicts_); }
  void forget_token() { token_.clear(); }

 private:
  /// A large pack is cut to what conflicts allow when it is sent first, or under a new token.
  std::unique_ptr<Call> cut() override {
    const std::size_t limit = target_.pack_size_.limit();
    if (!token_.empty() || commits_.size() <= limit || !has_flexible_size()) return nullptr;
    const auto middle = commits_.begin() + static_cast<std::ptrdiff_t>(limit);
    auto rest = std::make_unique<Pack>(target_, CommitList(middle, commits_.end()),
                                       std::vector<RowNumber>(), history());
    commits_.resize(limit);
    return rest;
  }

  /// The same bytes as long as the pack has its token.
  void fill(runtime::HttpRequest& request, const aws::Service& service) override {
    if (token_.empty()) token_ = target_.draw_token();
    aws::fill_json(request, service, options().operation,
                   transact_request(commits_, target_.options_.ledger_table, token_,
                                    target_.capacity(), target_.options_.version_attribute));
  }

  void sent() override {
    if (target_.options_.figures != nullptr) ++target_.options_.figures->transactions;
  }

  std::optional<Refusal> read(runtime::HttpResponse response, aws::Secrets secrets) override {
    Answer answer = target_.reader_.read(std::move(response), commits_, secrets,
                                         target_.options_.version_attribute);
    switch (answer.kind) {
      case AnswerKind::kApplied:
        if (target_.options_.figures != nullptr)
          target_.options_.figures->write_unit_tenths += answer.write_unit_tenths;
        return std::nullopt;
      case AnswerKind::kCancelled:
        note_hindrances(answer.verdicts, target_.service_.counts());
        verdicts_ = std::move(answer.verdicts);
        return Refusal{.trouble = Trouble::kCancelled, .code = std::move(answer.code)};
      case AnswerKind::kRefused:
        break;
    }
    if (answer.trouble == Trouble::kConflict && has_flexible_size())
      target_.pack_size_.conflicted(commits_.size());
    return Refusal{.trouble = answer.trouble,
                   .reason = std::move(answer.reason),
                   .code = std::move(answer.code),
                   .service_time = answer.service_time};
  }

  void log(Logger& logger, const aws::Attempt& attempt) const override {
    const bool spoiled =
        attempt.refusal != nullptr && (attempt.refusal->trouble == Trouble::kTransient ||
                                       attempt.refusal->trouble == Trouble::kThrottled);
    logger.log(spoiled && attempt.number == 1 ? LogLevel::kWarn : LogLevel::kDebug, "transaction",
               {{"status", attempt.status},
                {"code", attempt.code()},
                {"attempt", attempt.number},
                {"commits", commits_.size()},
                {"bytes", attempt.request_bytes},
                {"milliseconds", attempt.took.count()}});
  }

  DynamoDbTarget& target_;
  CommitList commits_;
  const std::vector<RowNumber> rows_;
  std::string token_;  // empty until the pack is sent
  std::vector<CommitVerdict> verdicts_;
};

struct DynamoDbTarget::TransactionRun::Start {
  std::unique_ptr<Pack> pack;
  std::optional<Refusal> again;  // what it is sent again after; none: it is sent at once
};

DynamoDbTarget::TransactionRun::~TransactionRun() = default;

DynamoDbTarget::TransactionRun::TransactionRun(DynamoDbTarget& target,
                                               std::span<const Commit> commits,
                                               std::span<Outcome> outcomes, aws::Calls& calls,
                                               SteadyTime deadline)
    : target_(target),
      commits_(commits),
      outcomes_(outcomes),
      deadline_(deadline),
      calls_(calls) {}

void DynamoDbTarget::TransactionRun::begin(std::span<const Standing> standing) {
  CommitList free;
  std::vector<std::size_t> too_large;
  for (std::size_t i = 0; i < commits_.size(); ++i) {
    if (standing[i] != Standing::kOpen) continue;
    if (actions_of(commits_[i]) > kActionsMax)
      too_large.push_back(i);
    else
      (commits_[i].after.empty() ? free : held_).push_back(&commits_[i]);
  }
  if (!held_.empty()) {
    is_ended_.resize(commits_.size());
    for (std::size_t i = 0; i < commits_.size(); ++i)
      is_ended_[i] = standing[i] == Standing::kEnded;
  }
  for (const std::size_t place : too_large) refuse_too_many_actions(commits_[place]);
  start_all(pack_commits(free));
  if (!held_.empty()) release_held();  // what comes after a commit that was not begun at all
}

/// Fails a commit that fits no transaction. Nothing of it can arrive.
void DynamoDbTarget::TransactionRun::refuse_too_many_actions(const Commit& commit) {
  const std::size_t place = place_of(&commit);
  outcomes_[place] = {.result = CommitResult::kFailed,
                      .reason = "needs " + std::to_string(actions_of(commit)) +
                                " actions in one transaction, where DynamoDB takes " +
                                std::to_string(kActionsMax)};
  if (!is_ended_.empty()) is_ended_[place] = true;
}

/// Sends commits that are left of a pack. They were one transaction, and are one again, unless a
/// sum of what they add has become too long without those that are gone.
void DynamoDbTarget::TransactionRun::start(CommitList commits, const aws::CallHistory& history,
                                           const std::optional<Refusal>& again) {
  if (have_additions(commits)) return start_all(pack_commits(commits), history, again);
  std::vector<CommitList> packs;
  packs.push_back(std::move(commits));
  start_all(std::move(packs), history, again);
}

void DynamoDbTarget::TransactionRun::start_all(std::vector<CommitList> packs,
                                               const aws::CallHistory& history,
                                               const std::optional<Refusal>& again) {
  for (CommitList& list : packs) {
    std::vector<RowNumber> rows = gate_.rows_of(list);
    auto pack = std::make_unique<Pack>(target_, std::move(list), std::move(rows), history);
    start({.pack = std::move(pack), .again = again});
  }
}

/// Sends a pack as soon as none is under way that adds to a row of it.
void DynamoDbTarget::TransactionRun::start(Start next) {
  if (!gate_.enter(next.pack->rows())) return waiting_.push_back(std::move(next));
  if (next.again) return calls_.add_again(std::move(next.pack), *std::move(next.again));
  calls_.add(std::move(next.pack));
}

/// Lets the packs go whose rows are free now. What is late ends as such all the same.
void DynamoDbTarget::TransactionRun::start_waiting() {
  for (Start& next : std::exchange(waiting_, {})) start(std::move(next));
}

void DynamoDbTarget::TransactionRun::take(aws::CallEnd end) {
  // Of the calls that are taken here there are no others.
  std::unique_ptr<Pack> pack(static_cast<Pack*>(end.call.release()));
  gate_.leave(pack->rows());
  if (end.is_late()) {
    fail(*pack, end.refusal->reason);
    fail_held(aws::too_late().reason);
  } else {
    judge_end(std::move(pack), std::move(end.refusal));
  }
  if (!waiting_.empty()) start_waiting();
  if (!held_.empty()) release_held();
}

void DynamoDbTarget::TransactionRun::take(const PutEnd& end) {
  if (end.is_left) {
    if (left_.empty()) send_left_at_ = target_.service_.clock().steady_now() + kGatherTime;
    left_.push_back(&end.commit);
  } else if (!is_ended_.empty()) {
    is_ended_[place_of(&end.commit)] = !end.may_arrive;
    release_held();
  }
}

void DynamoDbTarget::TransactionRun::send_left(bool are_puts_done) {
  if (left_.empty()) return;
  const bool are_many = left_.size() >= kActionsMax / 2;  // as many as fit one transaction
  if (are_puts_done || are_many || target_.service_.clock().steady_now() >= send_left_at_)
    start_all(pack_commits(std::exchange(left_, {})));
}

void DynamoDbTarget::TransactionRun::finish() {
  fail_held(
      "an earlier commit on an item of this one has failed, and an attempt of it may still arrive");
  blame_tables();
}

/// Fails the commits that are held: all of them once time has run out for another, and at the end
/// those that come after one which has failed and is not certain. An attempt of that may still
/// arrive, and then behind them.
void DynamoDbTarget::TransactionRun::fail_held(const std::string& reason) {
  for (const Commit* commit : std::exchange(held_, {}))
    outcomes_[place_of(commit)] = {.result = CommitResult::kFailed, .reason = reason};
}

/// Lets the commits go that wait for none any more.
void DynamoDbTarget::TransactionRun::release_held() {
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
  start_all(pack_commits(released));
}

void DynamoDbTarget::TransactionRun::blame_tables() {
  if (refused_.empty()) return;
  const std::string blamed = target_.table_faults_.on_transaction(refused_code_, refused_,
                                                                  target_.draw_token(), deadline_);
  for (const Commit* commit : refused_) outcomes_[place_of(commit)].reason.insert(0, blamed);
}

std::size_t DynamoDbTarget::TransactionRun::place_of(const Commit* commit) const {
  return static_cast<std::size_t>(commit - commits_.data());
}

Outcome& DynamoDbTarget::TransactionRun::settle(const Pack& pack, const Commit* commit,
                                                CommitResult result, std::string reason) {
  const std::size_t place = place_of(commit);
  outcomes_[place] = {.result = result, .reason = std::move(reason)};
  if (!is_ended_.empty())
    is_ended_[place] = result != CommitResult::kFailed || !pack.history().may_arrive;
  return outcomes_[place];
}

void DynamoDbTarget::TransactionRun::fail(const Pack& pack, const std::string& reason) {
  for (const Commit* commit : pack.commits()) settle(pack, commit, CommitResult::kFailed, reason);
}

void DynamoDbTarget::TransactionRun::judge_end(std::unique_ptr<Pack> pack,
                                               std::optional<Refusal> refusal) {
  if (!refusal) {
    if (pack->has_flexible_size()) target_.pack_size_.succeeded(pack->commits().size());
    for (const Commit* commit : pack->commits()) settle(*pack, commit, CommitResult::kApplied);
    return;
  }
  switch (refusal->trouble) {
    case Trouble::kCancelled:
      return judge(*pack, pack->take_verdicts());
    case Trouble::kTokenReused:
      pack->forget_token();
      return start({.pack = std::move(pack), .again = std::move(refusal)});
    case Trouble::kInvalid:
      return pack->commits().size() > 1 ? halve(*pack, pack->commits(), std::move(*refusal))
                                        : fail_for_good(*pack, *refusal);
    case Trouble::kRefused:
    case Trouble::kSignature:
    case Trouble::kExpired:
    // What may pass is repeated until it is late.
    case Trouble::kTransient:
    case Trouble::kThrottled:
    case Trouble::kConflict:
      return fail_for_good(*pack, *refusal);
  }
}

/// Settles what can be settled of a cancelled transaction. The rest goes again in new transactions:
/// commits that were hindered after a pause, and innocent ones at once and at no cost, since there
/// are fewer of them each time; but not at once where the service throttles. Those that are to be
/// told apart go in halves.
void DynamoDbTarget::TransactionRun::judge(const Pack& pack, std::vector<CommitVerdict> verdicts) {
  STREAMONCE_CHECK(verdicts.size() == pack.commits().size());
  CommitList innocent;
  CommitList hindered;
  CommitList apart;
  Refusal hindrance{.trouble = Trouble::kConflict};
  Refusal doubt{.trouble = Trouble::kInvalid};
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Commit* commit = pack.commits()[i];
    CommitVerdict& verdict = verdicts[i];
    if (!verdict.reason.empty() && verdict.collisions.empty()) {
      const std::string size = why_too_large(verdict.reason, target_.options_.version_attribute);
      verdict.reason = target_.table_faults_.on_action(row_of(verdict), verdict.reason) + size;
    }
    if (verdict.verdict == Verdict::kInnocent) {
      innocent.push_back(commit);
    } else if (verdict.verdict == Verdict::kRetry) {
      if (verdict.trouble == Trouble::kThrottled) hindrance.trouble = Trouble::kThrottled;
      hindrance.reason = std::move(verdict.reason);
      hindered.push_back(commit);
    } else if (verdict.verdict == Verdict::kApart) {
      doubt.reason = std::move(verdict.reason);
      apart.push_back(commit);
    } else {
      settle_verdict(pack, commit, std::move(verdict));
    }
  }
  const bool throttled = hindrance.trouble == Trouble::kThrottled;
  const bool settled = innocent.size() + hindered.size() + apart.size() < verdicts.size();
  const aws::CallHistory& past = pack.history();
  if (settled && !throttled) target_.service_.budget().pay_back(past.retry_cost);
  if (!innocent.empty()) {
    const bool unexplained = innocent.size() == verdicts.size();
    const aws::CallHistory history{
        .attempts = past.attempts, .latest = past.latest, .may_arrive = past.may_arrive};
    std::optional<Refusal> again;
    if (unexplained || throttled)
      again = {.trouble = Trouble::kTransient,
               .reason = unexplained ? "cancelled without a reason" : hindrance.reason};
    start(std::move(innocent), history, again);
  }
  if (!apart.empty()) halve(pack, apart, std::move(doubt));
  if (hindered.empty()) return;
  if (!throttled && pack.has_flexible_size()) target_.pack_size_.conflicted(verdicts.size());
  start(std::move(hindered), {.attempts = past.attempts, .may_arrive = past.may_arrive}, hindrance);
}

/// Settles a commit whose verdict is the last word on it.
void DynamoDbTarget::TransactionRun::settle_verdict(const Pack& pack, const Commit* commit,
                                                    CommitVerdict verdict) {
  if (verdict.verdict == Verdict::kChanged)
    verdict.reason = why_changed(*commit, verdict.found.get());
  Outcome& outcome = settle(pack, commit, result_of(verdict.verdict), std::move(verdict.reason));
  outcome.found = std::move(verdict.found);
  outcome.collides = !verdict.collisions.empty();
  outcome.refused_writes = std::move(verdict.collisions);
  if (verdict.verdict != Verdict::kFailed || outcome.collides) return;
  if (verdict.write != nullptr)
    outcome.refused_writes = {static_cast<std::size_t>(verdict.write - commit->writes.data())};
  if (verdict.addition != nullptr)
    outcome.refused_addition =
        static_cast<std::size_t>(verdict.addition - commit->additions.data());
}

void DynamoDbTarget::TransactionRun::fail_for_good(const Pack& pack, const Refusal& refusal) {
  fail(pack, refusal.reason);
  // What is invalid of a mark and one thing more is that: a mark has the same form always.
  const Commit* first = pack.commits().front();
  const bool is_alone =
      pack.commits().size() == 1 && first->writes.size() + first->additions.size() == 1;
  if (refusal.trouble == Trouble::kInvalid && is_alone) {
    Outcome& outcome = outcomes_[place_of(first)];
    if (first->additions.empty())
      outcome.refused_writes = {0};
    else
      outcome.refused_addition = 0;
  }
  if (!TableFaults::may_blame(refusal.code, refusal.reason)) return;
  if (refused_.empty()) refused_code_ = refusal.code;
  if (refusal.code == refused_code_)
    refused_.insert(refused_.end(), pack.commits().begin(), pack.commits().end());
}

/// Sends the halves of commits of a pack among which something is invalid, and only the service
/// knows what: one bad commit among n takes 2 log2(n) requests more.
void DynamoDbTarget::TransactionRun::halve(const Pack& pack, const CommitList& commits,
                                           Refusal refusal) {
  const auto middle = commits.begin() + static_cast<std::ptrdiff_t>(commits.size() / 2);
  const aws::CallHistory past{.attempts = pack.history().attempts,
                              .latest = std::move(refusal),
                              .may_arrive = pack.history().may_arrive};
  if (middle != commits.begin()) start(CommitList(commits.begin(), middle), past);
  start(CommitList(middle, commits.end()), past);
}

}  // namespace streamonce::handler::dynamodb
