// handler/targets/dynamodb/dynamodb_target.h: applies commits to tables of DynamoDB and their
// ledger table.
//
// Commits are packed into TransactWriteItems requests, several of which are in flight at once. A
// transaction commits as a whole or not at all. When one is cancelled, the reasons are read commit
// by commit: those already applied are done, those refused for good have failed, and the rest go
// again in a new transaction. A request that is refused as a whole for what is in it is halved
// until the bad commit stands alone.
//
// An attempt whose outcome is unknown (a timeout, a broken connection, a 5xx) is sent again: the
// same bytes with the same ClientRequestToken, so that an attempt that did arrive answers for both;
// and where the bytes have changed since, the mark tells that our own attempt was applied. Either
// way nothing is applied twice. Other contents never go under a token that was used before.
//
// Commits that add to the same rows share transactions, as many as fit: a row that many items are
// added up in is written once for up to 99 of them. One transaction at a time adds to a row.
//
// What else is sent again, and until when, is the request engine's to say: see runtime/aws/call.h.
//
// Where marks are in the items (item_mark.h), a change of an item that is there is a request of its
// own, PutItem, and only what makes or removes items is a transaction.
//
// Budget, size of packs and clock offset are kept from one commit() to the next.
//
// Source:  DynamoDB API reference, TransactWriteItems; AWS General Reference, endpoints.
// Threads: one thread at a time; two targets, in two threads or two processes, may work on the same
//          items. Borrows: transport, clock, logger; they must outlive the target, and nothing else
//          may be in flight on the transport during commit().

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/targets/dynamodb/dynamodb_options.h"
#include "handler/targets/dynamodb/item_put.h"
#include "handler/targets/dynamodb/mark_reader.h"
#include "handler/targets/dynamodb/pack_size.h"
#include "handler/targets/dynamodb/table_faults.h"
#include "handler/targets/dynamodb/transact_request.h"
#include "handler/targets/dynamodb/transact_response.h"
#include "handler/targets/target.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

enum class Standing : std::uint8_t;

class DynamoDbTarget final : public Target {
 public:
  /// Checks what can be checked without calling the service.
  /// @error kInvalidArgument  an option breaks its rule; the message names it, never a credential
  /// @error any other code    what the provider of the credentials says
  static Result<std::unique_ptr<DynamoDbTarget>> create(DynamoDbOptions options,
                                                        runtime::HttpTransport& transport,
                                                        Clock& clock, Logger& logger);
  DynamoDbTarget(const DynamoDbTarget&) = delete;
  DynamoDbTarget& operator=(const DynamoDbTarget&) = delete;

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override;

  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override;

 private:
  class ItemPutRun;      // one call of commit(): what is put over items that are there
  class TransactionRun;  // one call of commit(): all else

  bool keeps_marks_in_items() const { return !options_.version_attribute.empty(); }
  void refuse_for_items(std::span<const Commit> commits, std::span<Outcome> outcomes,
                        std::span<Standing> standing) const;
  void settle_done(std::span<const Commit> commits, std::span<Outcome> outcomes,
                   SteadyTime deadline);

  /// A token: 32 characters that no other request has.
  std::string draw_token();

  /// Whether answers are to tell what is charged.
  Capacity capacity() const {
    return options_.figures == nullptr ? Capacity::kUntold : Capacity::kTold;
  }
  void take_counts();

  DynamoDbTarget(DynamoDbOptions options, aws::ServiceOptions service,
                 runtime::HttpTransport& transport, Clock& clock, Logger& logger);

  const DynamoDbOptions options_;
  aws::ServiceClient service_;
  MarkReader marks_;
  TableFaults table_faults_;
  AnswerReader reader_;
  PutAnswerReader put_reader_;
  PackSize pack_size_;
};

}  // namespace streamonce::handler::dynamodb
