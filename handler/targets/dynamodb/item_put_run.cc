#include "handler/targets/dynamodb/item_put_run.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "handler/targets/dynamodb/item_actions.h"
#include "handler/targets/dynamodb/item_put.h"
#include "runtime/aws/json_call.h"

namespace streamonce::handler::dynamodb {
namespace {

using aws::Refusal;
using aws::Trouble;

/// The most time that an answer has: longer than any healthy put takes, short enough that a lost one
/// can be sent again.
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
              .answer_bytes_max = kPutAnswerBytesMax}),
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
                                       std::span<Outcome> outcomes, std::span<Standing> standing,
                                       SteadyTime deadline)
    : target_(target),
      commits_(commits),
      outcomes_(outcomes),
      standing_(standing),
      calls_(target.service_,
             {.deadline = deadline,
              .in_flight_max = static_cast<std::size_t>(target.options_.puts_in_flight)}) {}

DynamoDbTarget::ItemPutRun::~ItemPutRun() = default;

void DynamoDbTarget::ItemPutRun::work() {
  for (std::size_t i = 0; i < commits_.size(); ++i) {
    const Commit& commit = commits_[i];
    // What was put at the source may be removed here: its view's WHERE holds no more.
    const bool is_put = commit.writes.front().operation == Operation::kPut && commit.was_there;
    if (standing_[i] != Standing::kOpen || !is_put || commit.seen || !commit.after.empty())
      continue;
    calls_.add(std::make_unique<Put>(target_, commit));
  }
  for (aws::CallEnd end = calls_.wait_any(); end.call; end = calls_.wait_any()) {
    // Only puts are ever added.
    finish(static_cast<const Put&>(*end.call), std::move(end.refusal));
  }
}

void DynamoDbTarget::ItemPutRun::finish(const Put& put, std::optional<Refusal> refusal) {
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
      break;  // left for a transaction
  }
}

/// Settles a put that was not answered. A late attempt of one that is left for a transaction does no
/// harm: its condition is the version, as that of the transaction is.
void DynamoDbTarget::ItemPutRun::fail(const Put& put, const Refusal& refusal) {
  if (refusal.error_code == ErrorCode::kTooLarge) return;
  const TargetRow row{.table = put.commit().writes.front().table,
                      .key = put.commit().writes.front().key};
  const bool is_late = refusal.error_code == ErrorCode::kTimeout;
  settle(
      put, CommitResult::kFailed,
      is_late ? refusal.reason : target_.table_faults_.on_put(row, refusal.code, refusal.reason));
  if (refusal.trouble == Trouble::kInvalid)
    outcomes_[static_cast<std::size_t>(&put.commit() - commits_.data())].refused_writes = {0};
}

void DynamoDbTarget::ItemPutRun::settle(const Put& put, CommitResult result, std::string reason) {
  const auto place = static_cast<std::size_t>(&put.commit() - commits_.data());
  outcomes_[place] = {.result = result, .reason = std::move(reason)};
  const bool may_arrive = result == CommitResult::kFailed && put.history().may_arrive;
  standing_[place] = may_arrive ? Standing::kMayArrive : Standing::kEnded;
}

}  // namespace streamonce::handler::dynamodb
