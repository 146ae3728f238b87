// handler/targets/dynamodb/item_put_run.h: the part of one call of DynamoDbTarget::commit() that
// puts items which are there: see item_mark.h. Private to this folder.
//
// Each commit is a call of the request engine, many in flight. What finds no item with a version is
// left for a transaction, and so is what the answer of is too large to be kept.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "handler/targets/dynamodb/dynamodb_target.h"
#include "runtime/aws/call.h"

namespace streamonce::handler::dynamodb {

/// What has become of a commit before transactions are made.
enum class Standing : std::uint8_t {
  kOpen,       ///< nothing: it is for a transaction
  kEnded,      ///< its outcome is known, and nothing of it can arrive any more
  kMayArrive,  ///< it has failed, and an attempt may still arrive
};

class DynamoDbTarget::ItemPutRun {
 public:
  /// `standing` has a place for each commit; those that are not open are not touched.
  ItemPutRun(DynamoDbTarget& target, std::span<const Commit> commits, std::span<Outcome> outcomes,
             std::span<Standing> standing, SteadyTime deadline);
  ~ItemPutRun();
  ItemPutRun(const ItemPutRun&) = delete;
  ItemPutRun& operator=(const ItemPutRun&) = delete;

  /// Writes the outcomes of those that are not left for transactions.
  void work();

 private:
  class Put;  // one request

  void finish(const Put& put, std::optional<aws::Refusal> refusal);
  void fail(const Put& put, const aws::Refusal& refusal);
  void settle(const Put& put, CommitResult result, std::string reason = {});

  DynamoDbTarget& target_;
  const std::span<const Commit> commits_;
  const std::span<Outcome> outcomes_;
  const std::span<Standing> standing_;
  aws::Calls calls_;
};

}  // namespace streamonce::handler::dynamodb
