// handler/targets/dynamodb/transaction_run.h: one call of DynamoDbTarget::commit(). Private to this folder.
//
// Packs of commits wait, are in flight, and end. A pack that does not end as a whole leaves smaller
// packs, or is sent again. A commit that comes after others is held until they have ended, and then
// goes into a new pack. The deadline bounds everything: no request is started when too little
// time is left for it, and what is in flight then is abandoned.

#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "handler/targets/dynamodb/dynamodb_target.h"

namespace streamonce::handler::dynamodb {

class DynamoDbTarget::Run {
 public:
  Run(DynamoDbTarget& target, std::span<const Commit> commits, std::span<Outcome> outcomes,
      SteadyTime deadline);

  /// Writes every outcome.
  void work();

  /// Adds to the reasons of commits that were refused as a whole which table is to blame. To be
  /// called after work().
  void blame_tables();

 private:
  struct Pack {
    CommitList commits = {};
    std::string token = {};  ///< empty until the pack is sent
    int attempts = 0;        ///< how many ended without a word on these commits
    int retry_cost = 0;      ///< what the latest retry cost; 0: there was none
    int refused_signatures = 0;
    SigningClock signed_with = {};  ///< what the latest attempt was signed with
    SteadyTime not_before = {};     ///< the earliest time to send the pack
    bool was_unanswered = false;    ///< whether the latest attempt got no answer
    std::string last_reason = {};   ///< why the pack is not done so far
  };

  struct InFlight {
    runtime::HttpRequestId id = 0;
    SteadyTime started = {};
    std::size_t bytes = 0;
    Pack pack = {};
  };

  bool has_free_slot() const;
  std::chrono::milliseconds time_left() const;
  Outcome& settle(const Commit* commit, CommitResult result, std::string reason = {});
  void fail(const Pack& pack, const std::string& reason);
  void fail_waiting();
  void release_held();
  void give_up();

  void start_due();
  void start(Pack pack, SteadyTime now);
  SteadyTime wake_time() const;
  void take_next();
  void finish(InFlight finished, Result<runtime::HttpResponse> result);
  void log(const InFlight& finished, int status, const Answer& answer);

  void judge(Pack pack, std::vector<CommitVerdict> verdicts);
  void refuse(Pack pack, Answer answer, bool timed_out);
  void send_again(Pack pack, Trouble trouble, std::string reason, bool timed_out = false);
  void sign_again(Pack pack, Answer answer);
  void fail_for_good(const Pack& pack, const Answer& answer);
  void halve(const Pack& pack, const std::string& reason);

  DynamoDbTarget& target_;
  ApiService& service_;
  const std::span<const Commit> commits_;
  const std::span<Outcome> outcomes_;
  const SteadyTime deadline_;
  const bool may_be_dead_;  // whether kept connections are from before this call
  std::deque<Pack> waiting_;
  std::vector<InFlight> in_flight_;
  CommitList held_;             // commits that wait for earlier ones: see Commit::after
  std::vector<bool> is_ended_;  // by place, whether a commit has ended; empty if none was ever held
  std::vector<const Commit*> refused_;  // commits that a table may be to blame for
  std::string refused_code_;            // the service's code for the first of refused_
};

}  // namespace streamonce::handler::dynamodb
