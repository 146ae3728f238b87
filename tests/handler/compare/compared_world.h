// tests/handler/compare/compared_world.h: a source, a target in memory and a pipeline between them,
// with all that a comparison of the two borrows.
//
// Threads: one thread at a time.

#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handler/compare/comparison.h"
#include "handler/compare/expectation.h"
#include "handler/compare/finding.h"
#include "handler/compare/look.h"
#include "handler/pipeline/pipeline.h"
#include "tests/support/changes.h"
#include "tests/support/compared_tables.h"
#include "tests/support/derived.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler::compare {

/// Lets somebody else write before the next commit of the one under test.
class DisturbedTarget final : public Target {
 public:
  explicit DisturbedTarget(Target& target) : target(&target) {}

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override {
    if (before_commit) before_commit();
    target->commit(commits, outcomes, deadline);
  }
  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override {
    if (before_marks) before_marks();
    return target->read_marks(places, reading, deadline);
  }

  std::function<void()> before_commit;
  std::function<void()> before_marks;
  Target* target;
};

/// Items of the table `orders` with the key `id`.
class ComparedWorld {
 public:
  static constexpr std::string_view kPrefix = "orders|123456789012/eu-west-1/orders|";

  /// @param views  their text; null: the target is a mirror
  explicit ComparedWorld(const char* views = nullptr,
                         events::KeyType key_type = events::KeyType::kString)
      : key_({{.name = "id", .type = key_type}}) {
    if (views != nullptr) tables_ = testing::tables_of(views);
    pipeline_.emplace(
        PipelineOptions{.name = {}, .retain = {}, .tables = tables_.get(), .random_seed = 1},
        disturbed, clock);
    Result<Expecter> made = Expecter::create(*pipeline_, {.table = name_.view(), .key = key_});
    EXPECT_TRUE(made) << made.error().message;
    expecter_.emplace(*std::move(made));
    items_.emplace(name_, std::vector<std::string>{"id"});
  }

  static std::string key(std::string_view id) {
    return R"({"id":{"S":")" + std::string(id) + R"("}})";
  }
  /// The item of `id`, with further members, as `,"a":{"S":"x"}`.
  static std::string item(std::string_view id, std::string_view attributes = "") {
    const std::string keys = key(id);
    return keys.substr(0, keys.size() - 1) + std::string(attributes) + "}";
  }

  /// The source has the item from now on, and nobody has told the target.
  void set(std::string_view id, std::string_view attributes = "") {
    source.items[key(id)] = item(id, attributes);
  }
  void drop(std::string_view id) { source.items.erase(key(id)); }
  /// The stream brings what the source has of an item.
  void bring(std::string_view id) {
    const std::string number = std::to_string(++number_);
    const auto there = source.items.find(key(id));
    events::Change change =
        there == source.items.end() ? changes_.remove(id, number) : changes_.put(id, number);
    if (there != source.items.end()) change.image_json = there->second;
    const std::string image(change.image_json);
    change.image_json = image;
    change.created_at = made_at.value_or(
        std::chrono::floor<std::chrono::seconds>(clock.now().time_since_epoch()).count());
    const BatchResult result = apply_.apply(change, *this);
    ASSERT_TRUE(result.failures.empty()) << result.failures.front().reason;
  }
  void put(std::string_view id, std::string_view attributes = "") {
    set(id, attributes);
    bring(id);
  }
  void remove(std::string_view id) {
    drop(id);
    bring(id);
  }
  /// Somebody else writes a row.
  void write_row(const std::string& table, const std::string& keys_json, const std::string& text) {
    target.items[keys_json] = text;
    target.tables[keys_json] = table;
  }

  LookParts look() {
    return {.source = source,
            .source_table = "orders",
            .rows = *compared_rows,
            .target = disturbed,
            .expecter = *expecter_,
            .items = *items_,
            .ledger_prefix = std::string(kPrefix),
            .clock = clock,
            .first_version = [] { return testing::version_of("1", "2026-11-21T00:44:22.579"); }};
  }

  /// Compares `work`. @return whether it came to its end
  bool compare(const std::vector<Part>& work, ComparisonOptions options = {}) {
    Comparison comparison(
        {.look = look(),
         .pipeline = *pipeline_,
         .scanner = &entries,
         .found =
             [this](const Finding& finding, std::size_t part) {
               counts.add(finding);
               findings.push_back(finding);
               parts.push_back(part);
             },
         .finished = [this](std::size_t part) { finished.push_back(part); },
         .equal = [this](std::uint64_t more, std::size_t) { counts.equal += more; },
         .walked = [this](std::uint64_t items) { walked += items; },
         .warn = [this](std::string_view text) { warnings.emplace_back(text); },
         .stopped = [this] { return stopped; },
         .deadline = [this] { return clock.steady_now() + std::chrono::hours(1); },
         .pause = [](ReadSide) {}},
        std::move(options), work);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < work.size(); ++i) places.push_back(i);
    const Result<bool> ended = comparison.run(places);
    if (!ended) error = ended.error().message;
    repairs = comparison.repairs();
    return ended && *ended;
  }
  /// All parts of the work, without segments.
  std::vector<Part> whole() const {
    std::vector<Part> work{{.kind = PartKind::kItems}};
    bool has_groups = false;
    for (std::size_t t = 0; t < expecter_->tables().size(); ++t) {
      const ComparedTable& table = expecter_->tables()[t];
      has_groups = has_groups || table.has_groups;
      if (table.has_groups || (compared_rows->has_segments() && table.has_items_key)) continue;
      work.push_back({.kind = PartKind::kRows, .table = t});
    }
    if (has_groups) work.push_back({.kind = PartKind::kGroups});
    return work;
  }
  bool compare(ComparisonOptions options = {}) { return compare(whole(), std::move(options)); }
  /// Compares and mends.
  bool mend(JudgeOptions options = {.settle = std::chrono::seconds(8)}) {
    options.repairs = true;
    return compare({.judge = std::move(options)});
  }
  /// Forgets what a comparison has told.
  void forget() {
    counts = {};
    findings.clear();
    parts.clear();
    finished.clear();
    warnings.clear();
    walked = 0;
  }

  testing::FakeClock clock;
  testing::MemoryTarget target;
  DisturbedTarget disturbed{target};
  testing::SourceItemsInMemory source;
  testing::MemoryTargetRows rows{target};
  ItemReader* compared_rows = &rows;
  testing::MemoryEntries entries{target};
  std::optional<std::int64_t> made_at;  ///< of changes that are brought; none: now

  FindingCounts counts;
  std::vector<Finding> findings;
  std::vector<std::size_t> parts;  ///< of the findings
  std::vector<std::size_t> finished;
  std::vector<std::string> warnings;
  std::uint64_t walked = 0;
  std::uint64_t repairs = 0;
  bool stopped = false;
  std::string error;

  Pipeline& pipeline() { return *pipeline_; }
  Expecter& expecter() { return *expecter_; }
  const ItemChanges& items() const { return *items_; }
  const std::vector<views::SourceKeyType>& source_key() const { return key_; }
  const SourceName& name() const { return name_; }

 private:
  /// A pipeline of its own, so that what the stream brings disturbs nobody.
  struct Apply {
    BatchResult apply(const events::Change& change, ComparedWorld& world) {
      Pipeline pipeline({.name = {}, .retain = {}, .tables = world.tables_.get(), .random_seed = 2},
                        *world.disturbed.target, world.clock);
      return pipeline.apply({&change, 1}, world.clock.steady_now() + std::chrono::hours(1));
    }
  };

  const SourceName name_{.account = "123456789012", .region = "eu-west-1", .table = "orders"};
  const std::vector<views::SourceKeyType> key_;
  std::unique_ptr<DerivedTables> tables_;
  std::optional<Pipeline> pipeline_;
  std::optional<Expecter> expecter_;
  std::optional<ItemChanges> items_;
  testing::ItemChanges changes_;
  Apply apply_;
  int number_ = 100;
};

/// A finding as a short text: its class, row key, and what became of it.
inline std::string told(const Finding& finding) {
  std::string text(name_of(finding.what));
  text.append(" ").append(finding.row_key.empty() ? finding.item_key : finding.row_key);
  if (finding.is_repaired) text += " repaired";
  if (!finding.reason.empty()) text.append(": ").append(finding.reason);
  return text;
}

inline std::vector<std::string> told(const std::vector<Finding>& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) texts.push_back(told(finding));
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace streamonce::handler::compare
