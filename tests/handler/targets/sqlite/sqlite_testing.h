// tests/handler/targets/sqlite/sqlite_testing.h: commits that own their texts, and a look into the
// file.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/decimal.h"
#include "events/item_key.h"
#include "events/sequence_number.h"
#include "events/version.h"
#include "handler/targets/sqlite/database.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "handler/targets/target.h"
#include "runtime/base/check.h"
#include "runtime/base/log.h"

namespace streamonce::handler::sqlite {

inline constexpr std::string_view kLabel = "2026-11-21T00:44:22.580";
inline constexpr std::string_view kLaterLabel = "2026-11-22T08:00:00.000";

/// The key `id` (S) with this value.
inline events::KeyAttribute string_key(std::string_view value, std::string_view name = "id") {
  return {.name = name, .type = events::KeyType::kString, .value = value};
}

/// Commits, mostly with one write each, on the table `orders`. The ledger id is `p|<id>`.
class Batch {
 public:
  struct Put {
    std::uint64_t version = 1;
    std::string image = {};  ///< empty: `{"n":{"N":"<version>"}}`
    std::string table = "orders";
    std::string_view label = kLabel;
    std::optional<std::int64_t> ttl = {};
  };

  void put(const std::string& id, const Put& put) { add_put(id, {string_key(keep(id))}, put); }
  void put(const std::string& id, std::uint64_t version) { put(id, Put{.version = version}); }

  void add_put(const std::string& id, const std::vector<events::KeyAttribute>& key,
               const Put& put) {
    const std::string image = R"({"n":{"N":")" + std::to_string(put.version) + R"("}})";
    add(id, put,
        {{.operation = Operation::kPut,
          .table = keep(put.table),
          .key = key_of(key),
          .image_json = keep(put.image.empty() ? image : put.image)}});
  }

  void remove(const std::string& id, std::uint64_t version) {
    add_remove(id, {string_key(keep(id))}, {.version = version});
  }

  void add_remove(const std::string& id, const std::vector<events::KeyAttribute>& key,
                  const Put& put) {
    add(id, put, {{.operation = Operation::kRemove, .table = keep(put.table), .key = key_of(key)}});
  }

  void add(const std::string& id, const Put& put, std::vector<Write> writes) {
    const std::string digits = std::to_string(put.version);
    const std::vector<Write>& kept = writes_.emplace_back(std::move(writes));
    commits_.push_back({.ledger_id = keep("p|" + id),
                        .version = {put.label, *events::SequenceNumber::parse(digits)},
                        .operation = kept.front().operation,
                        .at = 1'795'221'862,
                        .ttl = put.ttl,
                        .writes = kept});
  }

  /// One amount of a group, in the table `totals`.
  struct Amount {
    std::string group;
    std::string name;
    std::string number;
    std::string table = "totals";
    events::KeyType key_type = events::KeyType::kString;
  };

  /// A commit that adds to groups, after its writes.
  void add_amounts(const std::string& id, std::uint64_t version, const std::vector<Amount>& amounts,
                   std::vector<Write> writes = {}) {
    std::vector<Addition>& additions = additions_.emplace_back();
    for (const Amount& amount : amounts) {
      const events::Decimal number = *events::parse_decimal(amount.number);
      std::vector<Addend>& addends = addends_.emplace_back();
      addends.push_back({keep(amount.name), number});
      const std::string_view group = keep(amount.group);
      const std::string_view type = keep(std::string(1, static_cast<char>(amount.key_type)));
      additions.push_back(
          {.table = keep(amount.table),
           .key = key_of({{.name = "group", .type = amount.key_type, .value = group}}),
           .keys_json =
               keep(R"({"group":{")" + std::string(type) + R"(":")" + amount.group + R"("}})"),
           .addends = addends});
    }
    const std::vector<Write>& kept = writes_.emplace_back(std::move(writes));
    commits_.push_back(
        {.ledger_id = keep("p|" + id),
         .version = {kLabel, *events::SequenceNumber::parse(std::to_string(version))},
         .writes = kept,
         .additions = additions});
  }

  const events::ItemKey* key_of(const std::vector<events::KeyAttribute>& attributes) {
    events::ItemKey& key = keys_.emplace_back();
    for (const events::KeyAttribute& attribute : attributes)
      STREAMONCE_CHECK(key.add(attribute).has_value());
    return &key;
  }

  /// A text that lives as long as this object.
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::span<const Commit> commits() const { return commits_; }
  Commit& last() { return commits_.back(); }

 private:
  std::deque<std::string> texts_;
  std::deque<events::ItemKey> keys_;
  std::deque<std::vector<Write>> writes_;
  std::deque<std::vector<Addend>> addends_;
  std::deque<std::vector<Addition>> additions_;
  std::vector<Commit> commits_;
};

inline std::vector<Outcome> commit(Target& target, const Batch& batch, SteadyTime deadline) {
  std::vector<Outcome> outcomes(batch.commits().size());
  target.commit(batch.commits(), outcomes, deadline);
  return outcomes;
}

/// One letter for each outcome: A(pplied), D(one already), S(tale), F(ailed).
inline std::string letters_of(const std::vector<Outcome>& outcomes) {
  std::string letters;
  for (const Outcome& outcome : outcomes)
    letters += std::string_view("ADSF")[static_cast<std::size_t>(outcome.result)];
  return letters;
}

/// What a query finds, through a connection of its own: columns apart by `|`, rows by a newline.
inline std::string query(const std::string& path, std::string_view sql, int columns = 1) {
  SystemClock clock;
  const auto database = Database::open(path, clock, clock.steady_now() + std::chrono::seconds(10));
  STREAMONCE_CHECK(database.has_value());
  Result<Statement> statement = (*database)->prepare(sql);
  if (!statement) return statement.error().message;
  std::string out;
  for (;;) {
    const Result<bool> row = statement->step();
    if (!row) return row.error().message;
    if (!*row) return out;
    if (!out.empty()) out += '\n';
    for (int i = 0; i < columns; ++i) {
      if (i > 0) out += '|';
      out += statement->text(i);
    }
  }
}

/// Runs statements through a connection of its own; returns the error, or nothing.
inline std::string execute(const std::string& path, const std::string& sql) {
  SystemClock clock;
  const auto database = Database::open(path, clock, clock.steady_now() + std::chrono::seconds(10));
  STREAMONCE_CHECK(database.has_value());
  const Status done = (*database)->execute(sql);
  return done ? "" : done.error().message;
}

}  // namespace streamonce::handler::sqlite
