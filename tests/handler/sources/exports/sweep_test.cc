#include "handler/sources/exports/sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler::exports {
namespace {

constexpr std::string_view kPrefix = "p|123456789012/eu-west-1/orders|";

/// Pages that a test has made up.
class MadeUpScan final : public KeyScan {
 public:
  explicit MadeUpScan(std::vector<std::vector<std::string>> pages) : pages_(std::move(pages)) {}

  Result<bool> next(std::vector<std::string>& texts, SteadyTime) override {
    texts.clear();
    if (next_ == pages_.size()) return false;
    texts = pages_[next_++];
    if (texts == std::vector<std::string>{"error"}) return Error{ErrorCode::kRejected, "no access"};
    return true;
  }

 private:
  const std::vector<std::vector<std::string>> pages_;
  std::size_t next_ = 0;
};

class MadeUpScanner final : public KeyScanner {
 public:
  std::unique_ptr<KeyScan> rows(std::string table, std::vector<std::string> key_names) override {
    EXPECT_EQ(key_names, std::vector<std::string>{"id"});
    return std::make_unique<MadeUpScan>(tables[table]);
  }
  std::unique_ptr<KeyScan> entries(std::string prefix, const events::Version& below) override {
    EXPECT_EQ(prefix, kPrefix);
    asked_below = below;
    return std::make_unique<MadeUpScan>(ledger);
  }
  std::unique_ptr<EntryScan> contents(std::string /*prefix*/) override {
    ADD_FAILURE() << "nobody asks for contents";
    return nullptr;
  }
  std::unique_ptr<KeyScan> marks_of(std::string_view /*source*/) override {
    ADD_FAILURE() << "a sweep is of one pipeline";
    return nullptr;
  }

  std::map<std::string, std::vector<std::vector<std::string>>> tables;
  std::vector<std::vector<std::string>> ledger;
  events::Version asked_below;
};

class Sweep : public ::testing::Test {
 protected:
  Sweep() {
    const events::LoadVersion load = *events::version_beside_stream(
        "2026-11-21T00:44:22.580", WallTime(std::chrono::seconds(1'795'300'000)));
    version_ = load.version();
    reader_.emplace(
        events::ExportSource{.account = "123456789012", .region = "eu-west-1", .table = "orders"},
        events::KeyNames{"id"}, load);
  }

  static std::string row(const std::string& id) {
    return R"({"id":{"S":")" + id + R"("},"v":{"N":"1"}})";
  }
  static std::string entry(const std::string& id) {
    return std::string(kPrefix) + "2:idS" + std::to_string(id.size()) + ":" + id;
  }
  static events::Version version(std::string_view label, std::string_view number) {
    return {label, events::SequenceNumber::parse(number).value()};
  }
  void add_item(const std::string& id, const std::optional<events::Version>& mark) {
    target_.items[R"({"id":{"S":")" + id + R"("}})"] = row(id);
    if (mark) target_.marks[entry(id)] = std::string(mark->text());
  }
  std::vector<std::string> left() const {
    std::vector<std::string> keys;
    for (const auto& [key, _] : target_.items) keys.push_back(key.substr(12, key.size() - 15));
    return keys;
  }
  Result<bool> run(std::vector<std::string> tables, bool reads_ledger = false) {
    return sweep({.scanner = scanner_,
                  .target = target_,
                  .pipeline = pipeline_,
                  .reader = *reader_,
                  .tables = std::move(tables),
                  .ledger_prefix = std::string(kPrefix),
                  .reads_ledger = reads_ledger,
                  .spares_unmarked = spares_unmarked_,
                  .deadline = [this] { return clock_.steady_now(); },
                  .may_go_on = [this](const SweepCounts&) { return pages_left_-- > 0; },
                  .on_failure = [this](std::string_view reason) { reasons_.emplace_back(reason); },
                  .on_batch = [](const BatchResult&) {}},
                 counts_);
  }

  testing::FakeClock clock_;
  testing::MemoryTarget target_;
  Pipeline pipeline_{{.name = "p", .target_table = "copy", .retain = {}}, target_, clock_};
  MadeUpScanner scanner_;
  events::Version version_;
  std::optional<events::ItemLineReader> reader_;
  SweepCounts counts_;
  std::vector<std::string> reasons_;
  int pages_left_ = 1'000;
  bool spares_unmarked_ = false;
};

using Names = std::vector<std::string>;

TEST(IsSwept, WhatHasNoMarkOrAnOlderOne) {
  const events::LoadVersion load =
      events::version_without_stream(WallTime(std::chrono::seconds(1'795'300'000)));
  const events::Version version = load.version();
  const auto with = [](std::string_view label, std::string_view number) {
    return Mark{.version = {label, events::SequenceNumber::parse(number).value()}};
  };
  EXPECT_TRUE(is_swept(std::nullopt, version));
  EXPECT_FALSE(is_swept(Mark{.version = version}, version));
  EXPECT_TRUE(is_swept(with(load.label, "1"), version));
  EXPECT_TRUE(is_swept(with("2020-01-01T00:00:00.000", "99999999999999999999"), version));
  EXPECT_FALSE(is_swept(with(load.label, "9999999999999999"), version));
  EXPECT_FALSE(is_swept(with("2099-01-01T00:00:00.000", "1"), version));
}

TEST_F(Sweep, RemovesRowsThatNeitherExportNorStreamHave) {
  add_item("foreign", std::nullopt);
  add_item("old", version("2025-01-01T00:00:00.000", "7"));
  add_item("loaded", version_);
  add_item("newer", version("2026-11-21T00:44:22.580", "1"));
  scanner_.tables["copy"] = {{row("foreign"), row("old")}, {}, {row("loaded"), row("newer")}};
  const auto ended = run({"copy"});
  ASSERT_TRUE(ended);
  EXPECT_TRUE(*ended);
  EXPECT_EQ(left(), (Names{"loaded", "newer"}));
  EXPECT_EQ(counts_.looked_at, 4U);
  EXPECT_EQ(counts_.removed, 2U);
  EXPECT_EQ(counts_.failed + counts_.nameless, 0U);
  EXPECT_EQ(target_.marks[entry("foreign")], version_.text());
}

TEST_F(Sweep, LeavesAndCountsRowsWithoutMarksWhereItIsTo) {
  add_item("foreign", std::nullopt);
  add_item("other", std::nullopt);
  add_item("old", version("2025-01-01T00:00:00.000", "7"));
  add_item("loaded", version_);
  scanner_.tables["copy"] = {{row("foreign"), row("old")}, {row("loaded"), row("other")}};
  scanner_.ledger = {{entry("gone-meanwhile")}};
  spares_unmarked_ = true;
  const auto ended = run({"copy"}, /*reads_ledger=*/true);
  ASSERT_TRUE(ended);
  EXPECT_EQ(left(), (Names{"foreign", "loaded", "other"}));
  EXPECT_EQ(counts_.removed, 1U);
  EXPECT_EQ(counts_.unmarked, 3U);
  EXPECT_EQ(counts_.failed + counts_.nameless, 0U);
  EXPECT_FALSE(target_.marks.contains(entry("foreign")));
}

TEST_F(Sweep, WalksThroughTheLedgerWhereItIsTo) {
  add_item("old", version("2025-01-01T00:00:00.000", "7"));
  scanner_.ledger = {{entry("old"), std::string(kPrefix) + "sha256:00", "p|x"}};
  const auto ended = run({}, /*reads_ledger=*/true);
  ASSERT_TRUE(ended);
  EXPECT_EQ(scanner_.asked_below, version_);
  EXPECT_EQ(left(), Names{});
  EXPECT_EQ(counts_.removed, 1U);
  EXPECT_EQ(counts_.nameless, 2U);
  ASSERT_EQ(reasons_.size(), 2U);
  EXPECT_NE(reasons_[0].find("only its hash is kept"), std::string::npos);
}

TEST_F(Sweep, TellsOfRowsThatNameNoItemAndOfItemsThatCannotBeRemoved) {
  add_item("stuck", std::nullopt);
  target_.failing_keys.insert(R"({"id":{"S":"stuck"}})");
  scanner_.tables["copy"] = {{"no json", R"({"other":{"S":"x"}})", row("stuck"), row("stuck")}};
  const auto ended = run({"copy"});
  ASSERT_TRUE(ended);
  EXPECT_EQ(counts_.nameless, 2U);
  EXPECT_EQ(counts_.failed, 1U);
  EXPECT_EQ(counts_.removed, 0U);
  EXPECT_EQ(reasons_.size(), 3U);
}

TEST_F(Sweep, TellsOfMarksThatCannotBeReadAndRemovesNothingThere) {
  add_item("damaged", std::nullopt);
  target_.marks[entry("damaged")] = "zzz";
  scanner_.tables["copy"] = {{row("damaged")}};
  ASSERT_TRUE(run({"copy"}));
  EXPECT_EQ(left(), Names{"damaged"});
  EXPECT_EQ(counts_.failed, 1U);
}

TEST_F(Sweep, StopsBetweenPagesAndAtAPageThatCannotBeRead) {
  add_item("a", std::nullopt);
  add_item("b", std::nullopt);
  scanner_.tables["copy"] = {{row("a")}, {row("b")}};
  pages_left_ = 1;
  const auto stopped = run({"copy"});
  ASSERT_TRUE(stopped);
  EXPECT_FALSE(*stopped);
  EXPECT_EQ(left(), Names{"b"});
  scanner_.tables["copy"] = {{row("b")}, {"error"}};
  pages_left_ = 10;
  const auto failed = run({"copy"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "no access");
  EXPECT_EQ(left(), Names{});
}

}  // namespace
}  // namespace streamonce::handler::exports
