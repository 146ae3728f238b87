#include "handler/sources/exports/export_load.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/gzip.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler::exports {
namespace {

using streamonce::testing::gzip_of;

std::string lines_of(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += R"({"Item":{"id":{"S":")" + std::to_string(i) + "\"}}}\n";
  return text;
}

class ExportLoad : public ::testing::Test {
 protected:
  static ExportFile file_of(std::string_view bytes) {
    const int file = ::memfd_create("export", MFD_CLOEXEC);
    EXPECT_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(::lseek(file, 0, SEEK_SET), 0);
    return {file, bytes.size(), ""};
  }
  Result<ExportLoadEnd> load(std::string_view bytes) {
    const ExportFile file = file_of(bytes);
    return load_file(file, reader_, pipeline_,
                     {.lines_to_skip = skip_,
                      .batches = {.items = 10, .bytes = 2'000'000, .by_key = by_key_},
                      .deadline = [this] { return clock_.steady_now(); },
                      .may_go_on = [this] { return batches_.size() < batches_max_; },
                      .on_batch =
                          [this](const LoadedBatch& batch) {
                            EXPECT_EQ(batch.changes.size(), batch.lines.size());
                            EXPECT_EQ(batch.changes.size(), batch.result.fates.size());
                            ASSERT_EQ(batch.changes.size(), batch.numbers.size());
                            const auto first =
                                std::min_element(batch.numbers.begin(), batch.numbers.end());
                            batches_.emplace_back(*first, batch.changes.size());
                            EXPECT_EQ(batch.lines_done, *first + batch.changes.size() - 1);
                            for (const Failure& failure : batch.result.failures)
                              failures_.emplace(batch.numbers[failure.cause], failure.reason);
                            for (const events::Change& change : batch.changes)
                              named_ += change.names_item() ? 1 : 0;
                            last_line_ = batch.lines.back();
                            numbers_.assign(batch.numbers.begin(), batch.numbers.end());
                          }});
  }
  using Batches = std::vector<std::pair<std::uint64_t, std::size_t>>;

  testing::FakeClock clock_;
  testing::MemoryTarget target_;
  Pipeline pipeline_{{.name = "p", .retain = {}}, target_, clock_};
  events::ItemLineReader reader_{
      {.account = "123456789012", .region = "eu-west-1", .table = "orders"},
      {"id"},
      events::version_without_stream(WallTime(std::chrono::seconds(1'795'300'000)))};
  std::uint64_t skip_ = 0;
  std::size_t batches_max_ = 1'000;
  Batches batches_;
  std::string last_line_;
  std::vector<std::uint64_t> numbers_;  // of the latest batch
  bool by_key_ = false;
  std::map<std::uint64_t, std::string> failures_;  // by the numbers of their lines
  int named_ = 0;                                  // changes that name an item
};

TEST_F(ExportLoad, LetsLinesOfOneKeyFailAll) {
  for (const bool by_key : {false, true}) {
    by_key_ = by_key;
    batches_.clear();
    failures_.clear();
    named_ = 0;
    target_.items.clear();
    target_.marks.clear();
    // Line 4 is no item of its own, line 5 the item 1 again, and so is line 6.
    const auto end = load(gzip_of(lines_of(3) + "no json\n" + lines_of(2).substr(26) +
                                  R"({"Item":{"id":{"S":"1"},"x":{"S":"y"}}})" + "\n"));
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->lines, 6U);
    ASSERT_EQ(failures_.size(), 4U);
    EXPECT_TRUE(failures_[4].starts_with("the line is not "));
    for (const std::uint64_t twin : {2U, 5U, 6U})
      EXPECT_EQ(failures_[twin], "two items have one key: is --key right?");
    EXPECT_EQ(named_, 2);
    EXPECT_EQ(target_.items.size(), 2U);
    EXPECT_EQ(target_.marks.size(), 2U);
  }
}

TEST_F(ExportLoad, AppliesAFileBatchByBatch) {
  const auto end = load(gzip_of(lines_of(25)));
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->lines, 25U);
  EXPECT_TRUE(end->is_whole);
  EXPECT_EQ(batches_, (Batches{{1, 10}, {11, 10}, {21, 5}}));
  EXPECT_EQ(last_line_, R"({"Item":{"id":{"S":"24"}}})");
  EXPECT_EQ(target_.items.size(), 25U);
  EXPECT_EQ(target_.marks.count("p|123456789012/eu-west-1/orders|2:idS2:24"), 1U);
}

TEST_F(ExportLoad, AppliesABatchInTheOrderOfItsKeysWhereItIsTo) {
  by_key_ = true;
  const auto end = load(gzip_of(lines_of(2) + "no json\n" + lines_of(15).substr(2UL * 26)));
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->lines, 16U);
  EXPECT_EQ(batches_, (Batches{{1, 10}, {11, 6}}));
  // Lines 11 to 16 are the items 9 to 14.
  EXPECT_EQ(numbers_, (std::vector<std::uint64_t>{12, 13, 14, 15, 16, 11}));
  EXPECT_EQ(last_line_, R"({"Item":{"id":{"S":"9"}}})");
  EXPECT_EQ(target_.items.size(), 15U);
}

/// A target that applies so many commits of a call, and has no time for the others.
class SlowTarget final : public Target {
 public:
  explicit SlowTarget(Target& target) : target_(target) {}

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override {
    sizes.push_back(commits.size());
    const std::size_t count = std::min(commits.size(), commits_max);
    target_.commit(commits.first(count), outcomes.first(count), deadline);
    for (Outcome& late : outcomes.subspan(count))
      late = {.result = CommitResult::kFailed, .reason = "late"};
  }
  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override {
    return target_.read_marks(places, reading, deadline);
  }

  std::size_t commits_max = 4;
  std::vector<std::size_t> sizes;  ///< of each call

 private:
  Target& target_;
};

TEST_F(ExportLoad, TriesAgainWhatASlowTargetHadNoTimeFor) {
  SlowTarget slow(target_);
  Pipeline pipeline({.name = "p", .retain = {}}, slow, clock_);
  const auto load_slowly = [&](bool tries_again) {
    const ExportFile file = file_of(gzip_of(lines_of(9) + "no json\n"));
    std::vector<std::pair<std::uint64_t, std::string>> failures;
    const auto end = load_file(file, reader_, pipeline,
                               {.batches = {.items = 10, .bytes = 2'000'000},
                                .tries_again = tries_again,
                                .deadline = [this] { return clock_.steady_now(); },
                                .may_go_on = [] { return true; },
                                .on_batch =
                                    [&](const LoadedBatch& batch) {
                                      for (const Failure& failure : batch.result.failures)
                                        failures.emplace_back(batch.numbers[failure.cause],
                                                              failure.reason.substr(0, 8));
                                      EXPECT_EQ(batch.result.counts, count(batch.result.fates));
                                    }});
    EXPECT_TRUE(end && end->is_whole);
    return failures;
  };
  using Failures = std::vector<std::pair<std::uint64_t, std::string>>;
  EXPECT_EQ(load_slowly(true), (Failures{{10, "the line"}}));
  EXPECT_EQ(slow.sizes, (std::vector<std::size_t>{9, 5, 1}));
  EXPECT_EQ(target_.items.size(), 9U);

  // One that does nothing at all gets one more chance.
  slow.sizes.clear();
  slow.commits_max = 0;
  EXPECT_EQ(load_slowly(true).size(), 10U);
  EXPECT_EQ(slow.sizes, (std::vector<std::size_t>{9, 9}));
  slow.sizes.clear();
  EXPECT_EQ(load_slowly(false).size(), 10U);
  EXPECT_EQ(slow.sizes, (std::vector<std::size_t>{9}));
}

TEST_F(ExportLoad, AppliesNothingOfAnEmptyFile) {
  const auto end = load("");
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->is_whole);
  EXPECT_EQ(end->lines, 0U);
  EXPECT_EQ(batches_, Batches{});
}

TEST_F(ExportLoad, GoesOnBehindTheLinesThatAreDone) {
  skip_ = 12;
  const auto end = load(gzip_of(lines_of(25)));
  EXPECT_EQ(end->lines, 25U);
  EXPECT_EQ(batches_, (Batches{{13, 10}, {23, 3}}));
  EXPECT_EQ(target_.items.size(), 13U);
  // A file that is shorter than it was: what is left is nothing.
  skip_ = 30;
  batches_.clear();
  const auto shorter = load(gzip_of(lines_of(25)));
  EXPECT_EQ(shorter->lines, 25U);
  EXPECT_EQ(batches_, Batches{});
}

TEST_F(ExportLoad, StopsBetweenBatches) {
  batches_max_ = 2;
  const auto end = load(gzip_of(lines_of(25)));
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->is_whole);
  EXPECT_EQ(end->lines, 20U);
  EXPECT_EQ(target_.items.size(), 20U);
}

TEST_F(ExportLoad, AppliesWhatIsSoundBeforeAFault) {
  const std::string whole = gzip_of(lines_of(25)) + gzip_of(lines_of(3));
  const auto end = load(std::string_view(whole).substr(0, whole.size() - 4));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::kProtocol);
  EXPECT_GE(target_.items.size(), 25U);
}

TEST_F(ExportLoad, AppliesItemsOfManyMegabytes) {
  const std::string large(1'500'000, 'x');
  std::string text;
  for (int i = 0; i < 6; ++i)
    text += R"({"Item":{"id":{"S":")" + std::to_string(i) + R"("},"v":{"S":")" + large + "\"}}}\n";
  const auto end = load(gzip_of(text, /*level=*/1));
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->lines, 6U);
  EXPECT_EQ(target_.items.size(), 6U);
  EXPECT_GE(batches_.size(), 3U);
}

}  // namespace
}  // namespace streamonce::handler::exports
