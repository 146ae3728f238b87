// handler/targets/dynamodb/transaction_run.h: the transactions of one call of
// DynamoDbTarget::commit(). Private to this folder.
//
// Packs of commits are calls of the request engine. A pack that does not end as a whole leaves
// smaller packs, which are calls of their own. A commit that comes after others is held until they
// have ended, and then goes into a new pack. One that has failed while an attempt of it may still
// arrive has not ended: what comes after it would be written over, and so fails with it.
//
// Commits that are left by puts (item_put_run.h) come one by one: they are gathered for a moment,
// so that few transactions are made of many.
//
// A pack that adds to a row waits while another one that does is under way (row_gate.h), until that
// has ended in whatever way: additions may come in any order, and each comes under its own marks,
// so that what may still arrive does no harm.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "handler/targets/dynamodb/dynamodb_target.h"
#include "handler/targets/dynamodb/item_put_run.h"
#include "handler/targets/dynamodb/row_gate.h"
#include "runtime/aws/call.h"

namespace streamonce::handler::dynamodb {

class DynamoDbTarget::TransactionRun {
 public:
  /// The transactions are the first queue of `calls`, which end by `deadline`.
  TransactionRun(DynamoDbTarget& target, std::span<const Commit> commits,
                 std::span<Outcome> outcomes, aws::Calls& calls, SteadyTime deadline);
  ~TransactionRun();
  TransactionRun(const TransactionRun&) = delete;
  TransactionRun& operator=(const TransactionRun&) = delete;

  /// Begins with the commits that are open; `standing` has a place for each one.
  void begin(std::span<const Standing> standing);
  /// Takes the end of a call that is one of these.
  void take(aws::CallEnd end);
  /// Takes the end of a put: of a commit that is left, or that others may wait for.
  void take(const PutEnd& end);

  /// Until when ends of calls are waited for before send_left(): not at all for ever.
  SteadyTime wake_time() const { return left_.empty() ? SteadyTime::max() : send_left_at_; }
  /// Sends what was left by puts, if it is many, or has waited, or no more can come.
  void send_left(bool are_puts_done);

  /// Writes the outcomes that are still missing, when all calls have ended, and adds to the reasons
  /// of commits that were refused as a whole which table is to blame.
  void finish();

 private:
  class Pack;    // one transaction, until it is done
  struct Start;  // a pack that is to be sent

  std::size_t place_of(const Commit* commit) const;
  void refuse_too_many_actions(const Commit& commit);
  void start(CommitList commits, const aws::CallHistory& history = {},
             const std::optional<aws::Refusal>& again = {});
  void start_all(std::vector<CommitList> packs, const aws::CallHistory& history = {},
                 const std::optional<aws::Refusal>& again = {});
  void start(Start next);
  void start_waiting();
  Outcome& settle(const Pack& pack, const Commit* commit, CommitResult result,
                  std::string reason = {});
  void fail(const Pack& pack, const std::string& reason);
  void release_held();
  void fail_held(const std::string& reason);
  void blame_tables();

  void judge_end(std::unique_ptr<Pack> pack, std::optional<aws::Refusal> refusal);
  void judge(const Pack& pack, std::vector<CommitVerdict> verdicts);
  void settle_verdict(const Pack& pack, const Commit* commit, CommitVerdict verdict);
  void fail_for_good(const Pack& pack, const aws::Refusal& refusal);
  void halve(const Pack& pack, const CommitList& commits, aws::Refusal refusal);

  DynamoDbTarget& target_;
  const std::span<const Commit> commits_;
  const std::span<Outcome> outcomes_;
  const SteadyTime deadline_;
  aws::Calls& calls_;
  RowGate gate_;
  std::vector<Start> waiting_;  // for a row, in the order in which they came
  CommitList left_;             // by puts, to be sent
  SteadyTime send_left_at_ = {};
  CommitList held_;  // commits that wait for earlier ones: see Commit::after
  // By place, whether a commit has ended, and nothing of it can arrive; empty if none was ever
  // held.
  std::vector<bool> is_ended_;
  std::vector<const Commit*> refused_;  // commits that a table may be to blame for
  std::string refused_code_;            // the service's code for the first of refused_
};

}  // namespace streamonce::handler::dynamodb
