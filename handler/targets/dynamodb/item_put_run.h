// handler/targets/dynamodb/item_put_run.h: the part of one call of DynamoDbTarget::commit() that
// puts items which are there: see item_mark.h. Private to this folder.
//
// Each commit is a call of the request engine, many in flight, beside the transactions of the
// others. What finds no item with a version is left for a transaction, and so is what the answer of
// is too large to be kept.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "handler/targets/dynamodb/dynamodb_target.h"
#include "runtime/aws/call.h"

namespace streamonce::handler::dynamodb {

/// Who sees to a commit.
enum class Standing : std::uint8_t {
  kOpen,   ///< a transaction
  kPut,    ///< a put
  kEnded,  ///< nobody: its outcome is known, and nothing of it can arrive
};

/// What a put has come to.
struct PutEnd {
  const Commit& commit;
  bool is_left = false;     ///< it is for a transaction; otherwise its outcome is written
  bool may_arrive = false;  ///< it has failed, and an attempt of it may still arrive
};

class DynamoDbTarget::ItemPutRun {
 public:
  ItemPutRun(DynamoDbTarget& target, std::span<const Commit> commits, std::span<Outcome> outcomes,
             aws::Calls& calls);

  /// Sends the commits that a put is tried of, as the second queue of the calls.
  /// @param standing  a place for each commit; of the open ones those that are sent become kPut
  void begin(std::span<Standing> standing);

  /// Takes the end of a call, if it is one of these.
  /// @return none: it is another's
  std::optional<PutEnd> take(aws::CallEnd& end);

  /// How many have not ended.
  std::size_t unfinished() const { return unfinished_; }

 private:
  class Put;  // one request

  PutEnd finish(const Put& put, const std::optional<aws::Refusal>& refusal);
  PutEnd fail(const Put& put, const aws::Refusal& refusal);
  PutEnd settle(const Put& put, CommitResult result, std::string reason = {});

  DynamoDbTarget& target_;
  const std::span<const Commit> commits_;
  const std::span<Outcome> outcomes_;
  aws::Calls& calls_;
  std::size_t unfinished_ = 0;
};

}  // namespace streamonce::handler::dynamodb
