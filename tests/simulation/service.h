// tests/simulation/service.h: a model of DynamoDB's TransactWriteItems and BatchGetItem, and the
// oracle that looks at every transaction that it commits.
//
// The model takes a condition at its word and knows nothing of marks but that they are items; what
// they must be is the oracle's to say.
//
// Source:  DynamoDB API reference, TransactWriteItems, BatchGetItem; tests/support/fake_dynamodb.h.

#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "runtime/http/http.h"
#include "tests/simulation/source.h"

namespace streamonce::simulation {

class Service {
 public:
  explicit Service(const Source& source) : source_(source) {}

  /// Carries one request out. Marks in `hindered` get the cancellation reason `code`.
  runtime::HttpResponse transact(const std::string& body,
                                 const std::set<std::string>& hindered = {},
                                 const std::string& code = {});

  /// Reads marks. Those in `unprocessed` are left unread.
  runtime::HttpResponse read(const std::string& body,
                             const std::set<std::string>& unprocessed = {});

  /// The change that the mark of `key` stands for; nullptr: there is no mark.
  const Change* marked(const std::string& key) const;
  /// The item's JSON; empty: there is none.
  std::string item(const std::string& key) const;
  std::size_t items() const { return items_.size(); }
  std::size_t marks() const { return marks_.size(); }

  /// Notes a flawed change that Lambda has given up: later ones of its item may be applied now.
  void give_up(const Change& change) { given_up_.insert(change.ordinal); }

 private:
  struct Token {
    std::string body;
    bool committed = false;
  };

  nlohmann::json reason_of(const nlohmann::json& action, const std::set<std::string>& hindered,
                           const std::string& code);
  void commit(const nlohmann::json& actions);
  void check_mark(const std::string& key, const std::string& old_version,
                  const nlohmann::json& mark) const;
  void check_item(const std::string& key) const;

  const Source& source_;
  std::map<std::string, nlohmann::json> items_;  // by key
  std::map<std::string, nlohmann::json> marks_;  // by ledger id
  std::map<std::string, Token> tokens_;
  std::set<std::size_t> given_up_;
};

}  // namespace streamonce::simulation
