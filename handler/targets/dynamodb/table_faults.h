// handler/targets/dynamodb/table_faults.h: says which of the target's tables a refusal is about.
//
// An answer for a whole transaction, as ResourceNotFoundException is, does not name a table. So
// each table is asked for itself, with one write or update that no condition can ever let through:
// it needs the permissions that the refused transaction needs, and no others, and changes nothing.
//
// Source:  DynamoDB API reference, TransactWriteItems, errors.
// Threads: one thread at a time. Borrows: the service, which must outlive the object.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "handler/targets/target.h"
#include "runtime/aws/api_client.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"

namespace streamonce::handler::dynamodb {

/// A text such as `ledger table marks must have the partition key id, a string, and no sort key`.
std::string ledger_key_rule(std::string_view ledger_table);
/// A text such as `ledger table marks was not found in eu-west-1`, and what to do.
std::string ledger_not_found(std::string_view ledger_table, std::string_view region);
/// `message` of a request to the ledger that was refused with `code`, with the table in front, and
/// what to do where that is known.
std::string ledger_fault(std::string_view ledger_table, std::string_view region,
                         std::string_view code, std::string_view message);

/// Whether a refusal, in the service's redacted words, may be about the key that a table has. A
/// hint only: what is concluded from it must be true otherwise too.
bool may_be_about_keys(std::string_view reason);

/// The row of one of the target's tables that an action is about.
struct TargetRow {
  std::string_view table;
  const events::ItemKey* key = nullptr;
};

class TableFaults {
 public:
  TableFaults(std::string ledger_table, std::string region, aws::ServiceClient& service);

  /// `reason` of an action on `row`, or on a mark where there is none, with the table in front.
  std::string on_action(const std::optional<TargetRow>& row, std::string_view reason) const;

  /// `reason` of a single put of `row` that was refused with `code`, with the table in front.
  std::string on_put(const TargetRow& row, std::string_view code, std::string_view reason) const;

  /// Whether a table may be to blame that the service refused a whole transaction.
  static bool may_blame(std::string_view code, std::string_view reason);

  /// Which table is to blame that transactions were refused with `code`, as a text to be put in
  /// front of the reason; empty: the tables did not let it be known until `deadline`. `commits`, of
  /// which there is one, were in the transactions; `token` is one that no other request has.
  std::string on_transaction(std::string_view code, std::span<const Commit* const> commits,
                             std::string_view token, SteadyTime deadline);

 private:
  enum class Finding : std::uint8_t { kGood, kMissing, kOtherKey, kUnknown };

  Finding ask(std::string_view action, std::string_view token, SteadyTime deadline);
  std::string not_found(const TargetRow& row) const;

  const std::string ledger_table_;
  const std::string region_;
  aws::ApiClient api_;
};

}  // namespace streamonce::handler::dynamodb
