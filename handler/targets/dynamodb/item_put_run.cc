#include "handler/targets/dynamodb/item_put_run.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "handler/targets/dynamodb/item_actions.h"
#include "handler/targets/dynamodb/item_mark.h"
#include "handler/targets/dynamodb/item_put.h"
#include "runtime/aws/json_call.h"

namespace streamonce::handler::dynamodb {
namespace {

using aws::Refusal;
using aws::Trouble;

/// The most time that an answer has: longer than any healthy put takes, short enough that a lost
/// one can be sent again.
constexpr std::chrono::milliseconds kPutTimeout{5'000};

/// The most bytes of an answer, which has the item that is there if its version is not below. The
/// answers of a larger one are too many beside each other: it is left for a transaction, of which
/// fewer are in flight.
constexpr std::size_t kPutAnswerBytesMax = 128UL * 1024;

}  // namespace

class DynamoDbTarget::ItemPutRun::Put final : public aws::Call {
 public:
  Put(DynamoDbTarget& target, const Commit& commit)
      : Call({.operation = "PutItem",
              .timeout = kPutTimeout,
              .answer_bytes_max = kPutAnswerBytesMax,
              .queue = aws::CallQueue::kSecond}),
        target_(target),
        commit_(commit) {}

  const Commit& commit() const { return commit_; }
  /// What the answer said, if it was one that tells what became of the put.
  PutAnswerKind answer() const { return answer_; }

 private:
  void fill(runtime::HttpRequest& request, const aws::Service& service) override {
    aws::fill_json(request, service, options().operation,
                   put_request(commit_, target_.options_.version_attribute,
                               target_.capacity() == Capacity::kTold));
  }

  std::optional<Refusal> read(runtime::HttpResponse response, aws::Secrets secrets) override {
    PutAnswer answer = target_.put_reader_.read(std::move(response), commit_,
                                                target_.options_.version_attribute, secrets);
    answer_ = answer.kind;
    if (answer.kind == PutAnswerKind::kRefused) return std::move(answer.refusal);
    if (target_.options_.figures != nullptr)
      target_.options_.figures->write_unit_tenths += answer.write_unit_tenths;
    return std::nullopt;
  }

  void sent() override {
    if (target_.options_.figures != nullptr) ++target_.options_.figures->transactions;
  }

  void log(Logger& logger, const aws::Attempt& attempt) const override {
    aws::log_attempt(logger, options().operation, attempt);
  }

  DynamoDbTarget& target_;
  const Commit& commit_;
  PutAnswerKind answer_ = PutAnswerKind::kRefused;
};

DynamoDbTarget::ItemPutRun::ItemPutRun(DynamoDbTarget& target, std::span<const Commit> commits,
                                       std::span<Outcome> outcomes, aws::Calls& calls)
    : target_(target),
      commits_(commits),
      outcomes_(outcomes),
      calls_(calls) {}

void DynamoDbTarget::ItemPutRun::begin(std::span<Standing> standing) {
  for (std::size_t i = 0; i < commits_.size(); ++i) {
    const Commit& commit = commits_[i];
    // What was put at the source may be removed here: its view's WHERE holds no more.
    const bool is_put = commit.writes.front().operation == Operation::kPut && commit.was_there;
    if (standing[i] != Standing::kOpen || !is_put || commit.seen || !commit.after.empty()) continue;
    standing[i] = Standing::kPut;
    calls_.add(std::make_unique<Put>(target_, commit));
    ++unfinished_;
  }
}

std::optional<PutEnd> DynamoDbTarget::ItemPutRun::take(aws::CallEnd& end) {
  const auto* put = dynamic_cast<const Put*>(end.call.get());
  if (put == nullptr) return std::nullopt;
  --unfinished_;
  return finish(*put, end.refusal);
}

PutEnd DynamoDbTarget::ItemPutRun::finish(const Put& put, const std::optional<Refusal>& refusal) {
  if (refusal) return fail(put, *refusal);
  switch (put.answer()) {
    case PutAnswerKind::kApplied:
      return settle(put, CommitResult::kApplied);
    case PutAnswerKind::kAlreadyApplied:
      return settle(put, CommitResult::kAlreadyApplied);
    case PutAnswerKind::kStale:
      return settle(put, CommitResult::kStale);
    case PutAnswerKind::kNotThere:
    case PutAnswerKind::kRefused:
      break;
  }
  return {.commit = put.commit(), .is_left = true};
}

/// Settles a put that was not answered. A late attempt of one that is left for a transaction does
/// no harm: its condition is the version, as that of the transaction is.
PutEnd DynamoDbTarget::ItemPutRun::fail(const Put& put, const Refusal& refusal) {
  if (refusal.error_code == ErrorCode::kTooLarge) return {.commit = put.commit(), .is_left = true};
  const TargetRow row{.table = put.commit().writes.front().table,
                      .key = put.commit().writes.front().key};
  const bool is_late = refusal.error_code == ErrorCode::kTimeout;
  std::string reason =
      is_late ? refusal.reason : target_.table_faults_.on_put(row, refusal.code, refusal.reason);
  reason += why_too_large(refusal.reason, target_.options_.version_attribute);
  const PutEnd end = settle(put, CommitResult::kFailed, std::move(reason));
  if (refusal.trouble == Trouble::kInvalid)
    outcomes_[static_cast<std::size_t>(&put.commit() - commits_.data())].refused_writes = {0};
  return end;
}

PutEnd DynamoDbTarget::ItemPutRun::settle(const Put& put, CommitResult result, std::string reason) {
  const auto place = static_cast<std::size_t>(&put.commit() - commits_.data());
  outcomes_[place] = {.result = result, .reason = std::move(reason)};
  return {.commit = put.commit(),
          .may_arrive = result == CommitResult::kFailed && put.history().may_arrive};
}

}  // namespace streamonce::handler::dynamodb
