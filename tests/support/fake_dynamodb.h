// tests/support/fake_dynamodb.h: TransactWriteItems, PutItem and BatchGetItem in memory, with
// faults, in virtual time.
//
// It is a transport: requests go in, answers come out when their time has come, and waiting moves
// the clock. It keeps items by table and key, adds integers to them, tells already committed
// tokens, checks conditions (condition_expression.h), and answers in the service's own shapes. A
// fault per request says what goes wrong with it. Connections are kept after an answer, and used
// again. A request that the client has given up may still be carried out.
//
// What it refuses, for tests to use:
//   an item with the attribute `invalid`   the whole request, as ValidationException
//   an item with the attribute `mistyped`  a cancellation reason, as ValidationError; a PutItem as
//                                          ValidationException
//   adding to what is no number            a cancellation reason
//   over 100 actions, or an item twice     the whole request, as ValidationException
//
// Source:  DynamoDB API reference, TransactWriteItems, PutItem.
// Threads: one thread at a time. Borrows: clock.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/payload.h"
#include "runtime/http/http.h"
#include "tests/support/fake_clock.h"

namespace streamonce::testing {

enum class FaultKind : std::uint8_t {
  kNone,
  kLostRequest,    ///< the request never arrives; the connection breaks
  kLostAnswer,     ///< carried out; the connection breaks
  kSlow,           ///< carried out after the client's timeout
  kThrottled,      ///< ThrottlingException
  kInternalError,  ///< 500; nothing was done
  kLateError,      ///< 500; carried out all the same
  /// Cancelled: `reason_code` on every mark in `conflicting`. A PutItem of a key in it: refused as
  /// TransactionConflictException.
  kConflict,
  kReasonless,  ///< cancelled with nothing but None
  kGarbage,     ///< carried out; the answer is a page of HTML with status 200
  kCutShort,    ///< carried out; the answer's body ends early
  kTooLarge,    ///< carried out; the answer is over its bound
  kAnswer,      ///< not carried out; `status`, `headers` and `body` are the answer
};

struct Fault {
  FaultKind kind = FaultKind::kNone;
  int status = 0;
  std::chrono::milliseconds latency{10};
  std::set<std::string> conflicting = {};  ///< ledger ids, and keys of rows
  std::string reason_code = "TransactionConflict";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

/// One request as it came, for a test to look at.
struct SeenRequest {
  SteadyTime at = {};
  runtime::HttpRequest request = {};
  std::string token = {};
  std::vector<std::string> ledger_ids = {};
  std::string key = {};  ///< of the row that a PutItem puts; empty: it is a transaction
};

class FakeDynamoDb final : public runtime::HttpTransport {
 public:
  explicit FakeDynamoDb(FakeClock& clock) : clock_(clock) {}

  runtime::HttpRequestId start(runtime::HttpRequest request) override;
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override;
  std::string cancel(runtime::HttpRequestId id) override;

  /// Carries out what is still on its way, as the service would do after the client has gone.
  void drain();

  /// What a freeze does to connections: those that are kept now answer no more.
  void kill_kept_connections();

  /// What goes wrong with a request; unset: nothing.
  std::function<Fault(const SeenRequest& request)> fault;
  /// The name of the ledger, and of the attribute of every other table's items that is the key.
  std::string ledger = "ledger";
  std::string key_name = "pk";
  std::set<std::string> absent;  ///< names of tables that do not exist

  std::vector<SeenRequest> seen;
  std::size_t in_flight_most = 0;
  std::size_t connections = 0;  ///< how many were made so far
  std::size_t cancelled = 0;
  /// The items, by table and then by key.
  std::map<std::string, std::map<std::string, nlohmann::json>> tables;
  /// How often each mark of the ledger was written, by ledger id and version.
  std::map<std::pair<std::string, std::string>, int> times_applied;

 private:
  struct Pending {
    runtime::HttpRequestId id = 0;
    std::string body;
    Payload* body_into = nullptr;
    nlohmann::json request = {};
    Fault fault = {};
    SteadyTime applies_at{};
    SteadyTime answers_at{};
    bool applied = false;
    bool abandoned = false;
    std::size_t connection = 0;
    std::optional<Result<runtime::HttpResponse>> answer = {};
  };

  std::vector<Pending>::iterator next_event();
  void carry_out(Pending& pending);
  runtime::HttpResponse transact(const Pending& pending);
  runtime::HttpResponse put(const Pending& pending);
  runtime::HttpResponse get(const Pending& pending);
  const nlohmann::json* find_there(const nlohmann::json& action);
  nlohmann::json reason_of(const nlohmann::json& action, const Fault& with);
  nlohmann::json reason_of_update(const nlohmann::json& update, const Fault& with);
  void write(const nlohmann::json& action);
  std::size_t in_flight() const;
  std::size_t take_connection(bool fresh);

  FakeClock& clock_;
  runtime::HttpRequestId last_id_ = 0;
  std::vector<Pending> pending_;
  std::map<std::string, std::string> bodies_by_token_;
  std::vector<std::size_t> kept_connections_;  // the one that is used next is the first
  std::set<std::size_t> dead_connections_;
};

}  // namespace streamonce::testing
