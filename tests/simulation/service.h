// tests/simulation/service.h: a model of DynamoDB's TransactWriteItems and BatchGetItem, and the
// oracle that looks at every transaction that it commits.
//
// The model takes a condition at its word and knows nothing of marks but that they are items; what
// they must be is the oracle's to say, which is another one for each way to use the service.
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
  virtual ~Service() = default;

  /// Carries one request out. Marks in `hindered` get the cancellation reason `code`.
  runtime::HttpResponse transact(const std::string& body,
                                 const std::set<std::string>& hindered = {},
                                 const std::string& code = {});

  /// Reads marks. Those in `unprocessed` are left unread.
  runtime::HttpResponse read(const std::string& body,
                             const std::set<std::string>& unprocessed = {});

  /// The item's JSON; empty: there is none.
  std::string item(const std::string& key) const;
  /// The attribute `name` of the mark `id`; empty: there is none.
  std::string mark_text(const std::string& id, const std::string& name) const;
  std::size_t items() const { return items_.size(); }
  std::size_t marks() const { return marks_.size(); }

 protected:
  /// The oracle: looks at the mark of a transaction that is about to replace the one that is there.
  virtual void look_at_mark(const std::string& id, const nlohmann::json& put) = 0;
  /// Looks at an item that is about to be put or removed; `there` is the one that is there, null:
  /// none. Comes after the mark of its commit.
  virtual void look_at_item(const nlohmann::json& /*action*/, const nlohmann::json* /*there*/) {}
  /// Looks at the items and marks that a transaction has just written.
  virtual void look_at_written(const std::set<std::string>& keys,
                               const std::set<std::string>& ids) = 0;

 private:
  struct Token {
    std::string body;
    bool committed = false;
  };

  nlohmann::json reason_of(const nlohmann::json& action, const std::set<std::string>& hindered,
                           const std::string& code);
  bool holds(const nlohmann::json& put) const;
  bool owner_holds(const nlohmann::json& action) const;
  const nlohmann::json* find_item(const std::string& key) const;
  void commit(const nlohmann::json& actions);

  std::map<std::string, nlohmann::json> items_;  // by key
  std::map<std::string, nlohmann::json> marks_;  // by ledger id
  std::map<std::string, Token> tokens_;
};

/// The service of a mirror, whose marks and items must be as the source says.
class MirrorService final : public Service {
 public:
  explicit MirrorService(const Source& source) : source_(source) {}

  /// The change that the mark of `key` stands for; nullptr: there is no mark.
  const Change* marked(const std::string& key) const;

  /// Notes a flawed change that Lambda has given up: later ones of its item may be applied now.
  void give_up(const Change& change) { given_up_.insert(change.ordinal); }

 private:
  void look_at_mark(const std::string& id, const nlohmann::json& put) override;
  void look_at_written(const std::set<std::string>& keys,
                       const std::set<std::string>& ids) override;
  void check_mark(const std::string& key, const std::string& old_version,
                  const nlohmann::json& mark) const;
  void check_item(const std::string& key) const;

  const Source& source_;
  std::set<std::size_t> given_up_;
};

}  // namespace streamonce::simulation
