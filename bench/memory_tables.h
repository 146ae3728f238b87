// bench/memory_tables.h: tables as DynamoDB keeps them, in memory, for views that have to remember:
// what is asked of them depends on what was written before, so that an endpoint has to keep it.
//
// It carries out what the contenders ask for and nothing else: consistent GetItem and BatchGetItem,
// and TransactWriteItems of puts, deletes and updates that ADD numbers, all or nothing, under
// conditions made of attribute_not_exists, `=` and `<`. Anything else is a complaint.
//
// Numbers that are added have two digits behind the point at most.
//
// Source:  DynamoDB API reference, TransactWriteItems, BatchGetItem, GetItem, CancellationReason.
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce::bench {

class MemoryTables {
 public:
  /// Without items from now on. What has a table's name in `keys` has these key attributes.
  void reset(std::map<std::string, std::vector<std::string>> keys);

  /// The answer's body; empty: the request is none that is expected, see complaints().
  std::string answer(std::string_view operation, std::string_view body);

  /// The items of a table.
  std::vector<nlohmann::json> items(const std::string& table) const;

  /// Requests that read, and that write, since they were last asked for.
  struct Requests {
    std::size_t reads = 0;
    std::size_t writes = 0;
    std::uint64_t write_units = 0;  ///< of those that write: bench/write_units.h
  };
  Requests take_requests();

  /// What was wrong since it was last asked for, a line each.
  std::vector<std::string> take_complaints();

 private:
  using Json = nlohmann::json;
  using Table = std::map<std::string, Json>;  // by the keys' JSON

  std::string batch_get(const Json& request);
  std::string get(const Json& request);
  std::string transact(const Json& request);
  Json* find(const std::string& table, const Json& item_or_key);
  std::string key_of(const std::string& table, const Json& item_or_key) const;
  bool holds(const Json& action, const Json* there);
  void apply(const std::string& kind, const Json& action);
  void add(const Json& action, Json& item);
  void complain(std::string text);

  std::map<std::string, std::vector<std::string>> keys_;
  std::map<std::string, Table> tables_;
  Requests requests_;
  std::vector<std::string> complaints_;
};

}  // namespace streamonce::bench
