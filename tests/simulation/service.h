// tests/simulation/service.h: a model of DynamoDB's TransactWriteItems, PutItem and BatchGetItem,
// and the oracle that looks at everything that it commits.
//
// The model takes a condition at its word and knows nothing of marks but that they are items; what
// they must be is the oracle's to say, which is another one for each way to use the service. A
// PutItem is to it a transaction of one action, but for its answer.
//
// Source:  DynamoDB API reference, TransactWriteItems, PutItem, BatchGetItem;
//          tests/support/fake_dynamodb.h.

#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "runtime/http/http.h"
#include "tests/simulation/source.h"

namespace streamonce::simulation {

/// The attribute that has the marks where these are in the items.
inline constexpr const char* kVersionAttribute = "streamonce";

class Service {
 public:
  virtual ~Service() = default;

  /// Carries one transaction out. Marks and rows get the cancellation reason `code` if they are in
  /// `hindered`: a mark by its id, and a row by its table and key, as in
  /// `"TableName":"revenue","Key":{"id":{"S":"a"}}`.
  runtime::HttpResponse transact(const std::string& body,
                                 const std::set<std::string>& hindered = {},
                                 const std::string& code = {});

  /// Carries one PutItem out.
  /// @param code  what is in its way; empty: nothing
  runtime::HttpResponse put(const std::string& body, const std::string& code = {});

  /// Reads marks, or attributes of rows. Those in `unprocessed` are left unread, see transact().
  runtime::HttpResponse read(const std::string& body,
                             const std::set<std::string>& unprocessed = {});

  /// The JSON of the item of this key, or name; empty: there is none.
  std::string item(const std::string& key) const;
  /// The attribute `name` of the mark `id`; empty: there is none.
  std::string mark_text(const std::string& id, const std::string& name) const;
  /// Puts an item as somebody else does, who asks nobody.
  void put_item(const std::string& key, const nlohmann::json& item) { items_[key] = item; }
  /// Removes an item as somebody else does.
  void remove_item(const std::string& key) { items_.erase(key); }
  /// The names of all items, and the ids of all marks, each sorted.
  std::vector<std::string> item_names() const;
  std::vector<std::string> mark_ids() const;
  std::size_t items() const { return items_.size(); }
  std::size_t marks() const { return marks_.size(); }

  /// Whether a transaction that cannot add to a row is refused as a whole, as DynamoDB Local does
  /// it; otherwise it is cancelled with a reason.
  bool refuses_additions_whole = false;

 protected:
  /// Looks at an action that is asked for, be it carried out or not.
  virtual void look_at_asked(const nlohmann::json& /*action*/) {}
  /// The oracle: looks at the mark of a transaction that is about to replace the one that is there.
  virtual void look_at_mark(const std::string& id, const nlohmann::json& put) = 0;
  /// Looks at an item that is about to be put or removed; `there` is the one that is there, null:
  /// none. Comes after the mark of its commit.
  virtual void look_at_item(const nlohmann::json& /*action*/, const nlohmann::json* /*there*/) {}
  /// Looks at the items and marks that a transaction has just written.
  virtual void look_at_written(const std::set<std::string>& /*keys*/,
                               const std::set<std::string>& /*ids*/) {}
  /// The name of a key attribute of a table's items.
  virtual std::string key_name(const std::string& /*table*/) const { return "id"; }
  /// What tells an item from all others, given an action on it.
  virtual std::string item_name(const nlohmann::json& action) const;

 private:
  struct Token {
    std::string body;
    bool committed = false;
  };

  nlohmann::json read_marks(const nlohmann::json& asked,
                            const std::set<std::string>& unprocessed) const;
  nlohmann::json read_rows(const std::string& table, const nlohmann::json& asked,
                           const std::set<std::string>& unprocessed) const;
  nlohmann::json reason_of(const nlohmann::json& action, const std::set<std::string>& hindered,
                           const std::string& code);
  const nlohmann::json* find_there(const nlohmann::json& action) const;
  std::string row_text(const nlohmann::json& action) const;
  bool owner_holds(const nlohmann::json& action) const;
  bool can_add(const nlohmann::json& action) const;
  void add(const std::string& name, const nlohmann::json& update);
  const nlohmann::json* find_item(const std::string& key) const;
  void commit(const nlohmann::json& actions);

  std::map<std::string, nlohmann::json> items_;  // by name
  std::map<std::string, nlohmann::json> marks_;  // by ledger id
  std::map<std::string, Token> tokens_;
};

/// The service of a table that is derived from a source, whose marks must be as the source says.
class SourceService : public Service {
 public:
  explicit SourceService(const Source& source) : source_(source) {}

  /// The change that the mark of `key` stands for; nullptr: there is no mark.
  virtual const Change* marked(const std::string& key) const;

  /// Notes a change that Lambda has given up: later ones of its item may be applied now.
  void give_up(const Change& change);

  /// Checks what is there of the item `key` in the end, when `newest` is its newest change that can
  /// be applied; nullptr: there is none.
  virtual void check_end(const std::string& key, const Change* newest) const = 0;
  /// Checks that what is there of the item `key` in the end keeps no other item from its rows, be
  /// its newest change there or not.
  virtual void check_left(const std::string& /*key*/, const Change* /*newest*/) const {}
  /// How often a row has been left ahead of its change, for another item.
  virtual std::size_t rows_left() const { return 0; }
  /// Whether the change cannot be applied now, since it has a row that is another item's.
  virtual bool is_blocked(const Change& /*change*/) const { return false; }
  /// Whether a change that the service refuses is held against a later mark of its item, and so
  /// counts as done.
  virtual bool tells_by_mark(const Change& refused) const {
    return refused.flaw == Flaw::kMistyped;
  }

 protected:
  /// What a mark stood for before a transaction, and what it stands for after it.
  struct Step {
    const Change* before = nullptr;  ///< null: there was no mark
    const Change* after = nullptr;
    bool keeps = false;  ///< whether it stands for the same change, under a new nonce
  };

  /// Checks G2 and G3: effects on one item come in increasing version, and nothing passes a flawed
  /// change.
  Step check_mark(const std::string& id, const nlohmann::json& put) const;
  /// The same of a change that comes behind `old`; null: there was none.
  void check_passed(const Change* old, const Change& change) const;
  const Source& source() const { return source_; }
  bool is_given_up(const Change& change) const { return given_up_.contains(change.ordinal); }
  /// Whether a change of the item was given up.
  bool has_gap(const std::string& key) const { return with_gaps_.contains(key); }

 private:
  const Source& source_;
  std::set<std::size_t> given_up_;
  std::set<std::string> with_gaps_;  // keys
};

/// The service of a mirror.
class MirrorService final : public SourceService {
 public:
  using SourceService::SourceService;
  void check_end(const std::string& key, const Change* newest) const override;

 private:
  void look_at_mark(const std::string& id, const nlohmann::json& put) override;
  void look_at_written(const std::set<std::string>& keys,
                       const std::set<std::string>& ids) override;
  void check_item(const std::string& key) const;
};

}  // namespace streamonce::simulation
