// handler/targets/dynamodb/transaction_run.h: one call of DynamoDbTarget::commit(). Private to this
// folder.
//
// Packs of commits are calls of the request engine. A pack that does not end as a whole leaves
// smaller packs, which are calls of their own. A commit that comes after others is held until they
// have ended, and then goes into a new pack. One that has failed while an attempt of it may still
// arrive has not ended: what comes after it would be written over, and so fails with it.
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
  /// `standing` has a place for each commit, of which the open ones are taken. Empty: all are open.
  TransactionRun(DynamoDbTarget& target, std::span<const Commit> commits,
                 std::span<Outcome> outcomes, std::span<const Standing> standing,
                 SteadyTime deadline);
  ~TransactionRun();
  TransactionRun(const TransactionRun&) = delete;
  TransactionRun& operator=(const TransactionRun&) = delete;

  /// Writes every outcome.
  void work();

  /// Adds to the reasons of commits that were refused as a whole which table is to blame. To be
  /// called after work().
  void blame_tables();

 private:
  class Pack;    // one transaction, until it is done
  struct Start;  // a pack that is to be sent

  std::size_t place_of(const Commit* commit) const;
  void begin(std::span<const Standing> standing);
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

  void finish(std::unique_ptr<Pack> pack, std::optional<aws::Refusal> refusal);
  void judge(const Pack& pack, std::vector<CommitVerdict> verdicts);
  void settle_verdict(const Pack& pack, const Commit* commit, CommitVerdict verdict);
  void fail_for_good(const Pack& pack, const aws::Refusal& refusal);
  void halve(const Pack& pack, const CommitList& commits, aws::Refusal refusal);

  DynamoDbTarget& target_;
  const std::span<const Commit> commits_;
  const std::span<Outcome> outcomes_;
  const SteadyTime deadline_;
  aws::Calls calls_;
  RowGate gate_;
  std::vector<Start> waiting_;  // for a row, in the order in which they came
  CommitList held_;             // commits that wait for earlier ones: see Commit::after
  // By place, whether a commit has ended, and nothing of it can arrive; empty if none was ever
  // held.
  std::vector<bool> is_ended_;
  std::vector<const Commit*> refused_;  // commits that a table may be to blame for
  std::string refused_code_;            // the service's code for the first of refused_
};

}  // namespace streamonce::handler::dynamodb
