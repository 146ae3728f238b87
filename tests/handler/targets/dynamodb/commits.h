// tests/handler/targets/dynamodb/commits.h: commits that own their texts, for the tests of this
// folder.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/decimal.h"
#include "events/item_key.h"
#include "events/sequence_number.h"
#include "events/stream_arn.h"
#include "events/version.h"
#include "handler/targets/target.h"
#include "runtime/base/check.h"

namespace streamonce::handler::dynamodb {

inline constexpr std::string_view kLabel = "2026-11-21T00:44:22.580";

inline events::Version version_of(std::uint64_t number, std::string_view label = kLabel) {
  const std::string digits = std::to_string(number);
  return {label, *events::SequenceNumber::parse(digits)};
}

/// Commits with one write each, as a pipeline that mirrors a table makes them.
class Commits {
 public:
  /// The key is `{"pk":{"S":"<key>"}}`, and the ledger id `p|<key>`.
  void put(const std::string& key, std::uint64_t number, std::string_view image = {}) {
    const std::string_view keys = keep(R"({"pk":{"S":")" + key + R"("}})");
    add(key, number,
        {.operation = Operation::kPut,
         .table = table,
         .keys_json = keys,
         .image_json = image.empty() ? keys : keep(std::string(image))});
  }

  void remove(const std::string& key, std::uint64_t number) {
    add(key, number,
        {.operation = Operation::kRemove,
         .table = table,
         .keys_json = keep(R"({"pk":{"S":")" + key + R"("}})")});
  }

  void add(const std::string& id, std::uint64_t number, const Write& write) {
    const std::vector<Write>& writes = writes_.emplace_back(std::vector<Write>{write});
    commits_.push_back({.ledger_id = keep("p|" + id),
                        .version = version_of(number),
                        .operation = write.operation,
                        .at = 1'700'000'000,
                        .writes = writes});
  }

  /// Puts `image` into the item `key` as a source item of another name would do it, after the
  /// commits at these places.
  void put_after(std::vector<CommitPlace> places, const std::string& id, const std::string& key,
                 const std::string& image = {}) {
    const std::string_view keys = keep(R"({"pk":{"S":")" + key + R"("}})");
    add(id, 1,
        {.operation = Operation::kPut,
         .table = table,
         .keys_json = keys,
         .image_json = image.empty() ? keys : keep(image)});
    commits_.back().after = places_.emplace_back(std::move(places));
  }

  /// What is added to one row: the amounts by attribute.
  using Amounts = std::map<std::string, std::string>;

  /// A commit without writes that adds to rows of the table `groups`, whose keys are as above.
  void add_to(const std::string& id, std::uint64_t number,
              const std::vector<std::pair<std::string, Amounts>>& rows) {
    std::vector<Addition>& additions = additions_.emplace_back();
    for (const auto& [row, amounts] : rows) {
      std::vector<Addend>& addends = addends_.emplace_back();
      for (const auto& [name, amount] : amounts)
        addends.push_back({.name = keep(name), .number = *events::parse_decimal(amount)});
      events::ItemKey& key = keys_.emplace_back();
      STREAMONCE_CHECK(key.add({.name = "pk", .value = keep(row)}));
      additions.push_back({.table = "groups",
                           .key = &key,
                           .keys_json = keep(R"({"pk":{"S":")" + row + R"("}})"),
                           .addends = addends});
    }
    commits_.push_back({.ledger_id = keep("p|" + id),
                        .version = version_of(number),
                        .at = 1'700'000'000,
                        .writes = {},
                        .additions = additions});
  }

  /// The table that is written from here on.
  std::string_view table = "items";

  std::vector<Commit>& all() { return commits_; }

  std::vector<const Commit*> list() const {
    std::vector<const Commit*> pointers;
    for (const Commit& commit : commits_) pointers.push_back(&commit);
    return pointers;
  }

  /// A text that lives as long as this object.
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

 private:
  std::deque<std::string> texts_;
  std::deque<std::vector<Write>> writes_;
  std::deque<std::vector<CommitPlace>> places_;
  std::deque<std::vector<Addition>> additions_;
  std::deque<std::vector<Addend>> addends_;
  std::deque<events::ItemKey> keys_;
  std::vector<Commit> commits_;
};

}  // namespace streamonce::handler::dynamodb
