// tests/simulation/compared_tables.h: the tables that a comparison reads, as they are while others
// write: the source, the target's rows, and the entries of the ledger.
//
// Before and after each read anything may happen that World::on_wait does. A strong read tells what
// is there at its own instant; another one now and then what was there before the newest write.
// Walks come page by page, and now and then a page cannot be read.
//
// Threads: one. Borrows all that it is given.

#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "handler/items/item_reader.h"
#include "handler/targets/key_scan.h"
#include "tests/simulation/random.h"
#include "tests/simulation/verify_service.h"
#include "tests/simulation/world.h"

namespace streamonce::simulation {

struct ReadingParts {
  const ChangingSource& source;
  const VerifyService& service;
  Random& random;
  World& world;
  int stale_percent = 0;  ///< of 100 items that are not read strongly
  int fault_percent = 0;
};

/// One of the tables in whole: what a reader reads.
class ReadTable {
 public:
  virtual ~ReadTable() = default;
  /// The keys of all that is there, as JSON, sorted.
  virtual std::vector<std::string> keys(const std::string& table) const = 0;
  /// What is there, and what was there before; empty: nothing.
  virtual std::string now(const std::string& table, const std::string& key) const = 0;
  virtual std::string before(const std::string& table, const std::string& key) const = 0;
};

class SourceTables final : public ReadTable {
 public:
  explicit SourceTables(const ChangingSource& source) : source_(source) {}
  std::vector<std::string> keys(const std::string& table) const override;
  std::string now(const std::string& table, const std::string& key) const override;
  std::string before(const std::string& table, const std::string& key) const override;

 private:
  const ChangingSource& source_;
};

class TargetTables final : public ReadTable {
 public:
  explicit TargetTables(const VerifyService& service) : service_(service) {}
  std::vector<std::string> keys(const std::string& table) const override;
  std::string now(const std::string& table, const std::string& key) const override;
  std::string before(const std::string& table, const std::string& key) const override;

 private:
  const VerifyService& service_;
};

class SimulatedItems final : public handler::ItemReader {
 public:
  SimulatedItems(const ReadTable& tables, ReadingParts parts) : tables_(tables), parts_(parts) {}

  std::unique_ptr<handler::ItemScan> scan(std::string table, handler::Segment segment,
                                          handler::Consistency consistency) override;
  std::vector<Result<std::string_view>> read(std::string_view table,
                                             std::span<const events::ItemKey> keys,
                                             handler::Consistency consistency,
                                             SteadyTime deadline) override;
  double read_units() const override { return 0; }
  bool has_segments() const override { return true; }

  /// When the latest strong read by keys began.
  SteadyTime read_strongly_at() const { return read_strongly_at_; }

 private:
  const ReadTable& tables_;
  const ReadingParts parts_;
  std::deque<std::string> texts_;  // of the latest read
  SteadyTime read_strongly_at_ = {};
};

class SimulatedEntries final : public handler::KeyScanner {
 public:
  explicit SimulatedEntries(ReadingParts parts) : parts_(parts) {}

  std::unique_ptr<handler::KeyScan> rows(std::string table,
                                         std::vector<std::string> key_names) override;
  std::unique_ptr<handler::KeyScan> entries(std::string prefix,
                                            const events::Version& below) override;
  std::unique_ptr<handler::EntryScan> contents(std::string prefix) override;
  std::unique_ptr<handler::KeyScan> marks_of(std::string_view source) override;

 private:
  const ReadingParts parts_;
};

}  // namespace streamonce::simulation
