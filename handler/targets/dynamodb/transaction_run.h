// handler/targets/dynamodb/transaction_run.h: one call of DynamoDbTarget::commit(). Private to this
// folder.
//
// Packs of commits are calls of the request engine. A pack that does not end as a whole leaves
// smaller packs, which are calls of their own. A commit that comes after others is held until they
// have ended, and then goes into a new pack.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "handler/targets/dynamodb/dynamodb_target.h"
#include "runtime/aws/call.h"

namespace streamonce::handler::dynamodb {

class DynamoDbTarget::TransactionRun {
 public:
  TransactionRun(DynamoDbTarget& target, std::span<const Commit> commits,
                 std::span<Outcome> outcomes, SteadyTime deadline);

  /// Writes every outcome.
  void work();

  /// Adds to the reasons of commits that were refused as a whole which table is to blame. To be
  /// called after work().
  void blame_tables();

 private:
  class Pack;  // one transaction, until it is done

  Outcome& settle(const Commit* commit, CommitResult result, std::string reason = {});
  void fail(const Pack& pack, const std::string& reason);
  void release_held();
  void fail_held();

  void finish(std::unique_ptr<Pack> pack, std::optional<aws::Refusal> refusal);
  void judge(const Pack& pack, std::vector<CommitVerdict> verdicts);
  void fail_for_good(const Pack& pack, const aws::Refusal& refusal);
  void halve(const Pack& pack, aws::Refusal refusal);

  DynamoDbTarget& target_;
  const std::span<const Commit> commits_;
  const std::span<Outcome> outcomes_;
  const SteadyTime deadline_;
  aws::Calls calls_;
  CommitList held_;             // commits that wait for earlier ones: see Commit::after
  std::vector<bool> is_ended_;  // by place, whether a commit has ended; empty if none was ever held
  std::vector<const Commit*> refused_;  // commits that a table may be to blame for
  std::string refused_code_;            // the service's code for the first of refused_
};

}  // namespace streamonce::handler::dynamodb
