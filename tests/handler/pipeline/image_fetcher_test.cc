#include "handler/pipeline/image_fetcher.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "handler/pipeline/pipeline.h"
#include "tests/support/changes.h"
#include "tests/support/derived.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_source_items.h"
#include "tests/support/memory_target.h"

namespace streamonce::handler {
namespace {

using events::Change;
using events::EventName;
using testing::bad_change;
using testing::change;
using testing::FakeClock;
using testing::FakeSourceItems;
using testing::MemoryTarget;
using testing::tables_of;
using enum Fate;
using Keys = std::vector<std::vector<std::string>>;

std::string image_of(std::string_view id, std::string_view value) {
  return R"({"id":{"S":")" + std::string(id) + R"("},"value":{"S":")" + std::string(value) + "\"}}";
}

class ImageFetcherTest : public ::testing::Test {
 protected:
  /// Names the item of a change also in its key's JSON, by which the target keeps items.
  Change keyed(Change made, std::string_view id) {
    made.keys_json = texts_.emplace_back(R"({"id":{"S":")" + std::string(id) + "\"}}");
    return made;
  }
  /// A put whose stream leaves out the image.
  Change keys_only(std::string_view id, std::string_view number,
                   EventName event = EventName::kModify) {
    Change made = keyed(bad_change(texts_.emplace_back(id), number, "no image"), id);
    made.image_json = {};
    made.event_name = event;
    made.lacks_image = true;
    return made;
  }
  Change with_image(std::string_view id, std::string_view number, std::string_view value) {
    Change made = keyed(change(texts_.emplace_back(id), number), id);
    made.image_json = texts_.emplace_back(image_of(id, value));
    return made;
  }
  Change removal(std::string_view id, std::string_view number) {
    Change made = keyed(testing::removal(texts_.emplace_back(id), number), id);
    made.event_name = EventName::kRemove;
    return made;
  }

  BatchResult apply(const std::vector<Change>& changes) {
    options_.source_items = &source_;
    Pipeline pipeline(options_, target_, clock_);
    return pipeline.apply(changes, clock_.steady_now() + std::chrono::seconds(60));
  }
  /// The item `id` of the target.
  std::string item(const std::string& id) { return target_.items[R"({"id":{"S":")" + id + "\"}}"]; }
  void use_views(const char* views) {
    tables_ = tables_of(views);
    options_.tables = tables_.get();
  }

  std::deque<std::string> texts_;
  std::unique_ptr<DerivedTables> tables_;
  PipelineOptions options_;
  FakeSourceItems source_;
  MemoryTarget target_;
  FakeClock clock_;
};

TEST_F(ImageFetcherTest, ReadsEachItemOnceAndConsistently) {
  source_.items = {{"id=a", image_of("a", "now")}, {"id=b", image_of("b", "now")}};
  const SteadyTime before = clock_.steady_now();
  const BatchResult result = apply({keys_only("a", "1"), keys_only("b", "2"), keys_only("a", "3")});
  EXPECT_EQ(result.fates, (std::vector{kSuperseded, kApplied, kApplied}));
  EXPECT_EQ(source_.keys_read(), (Keys{{"id=a", "id=b"}}));
  EXPECT_EQ(source_.calls[0].table, "orders");
  EXPECT_EQ(source_.calls[0].consistency, Consistency::kStrong);
  EXPECT_EQ(source_.calls[0].deadline, before + std::chrono::seconds(30))
      << "half of the time is left for the target";
  EXPECT_EQ(item("a"), image_of("a", "now"));
  EXPECT_EQ(item("b"), image_of("b", "now"));
  EXPECT_TRUE(target_.marks.begin()->second.ends_with("3"));
}

TEST_F(ImageFetcherTest, CountsAnItemThatIsGoneAsRemoved) {
  source_.items = {{"id=a", image_of("a", "there")}};
  apply({keys_only("a", "1")});
  source_.items.clear();
  EXPECT_EQ(apply({keys_only("a", "2")}).fates, std::vector{kApplied});
  EXPECT_EQ(item("a"), "");
  source_.items = {{"id=a", image_of("a", "made again")}};
  EXPECT_EQ(apply({keys_only("a", "2")}).fates, std::vector{kAlreadyApplied});
  EXPECT_EQ(item("a"), "") << "the record of the newer write is still to come";
  EXPECT_EQ(apply({keys_only("a", "3")}).fates, std::vector{kApplied});
  EXPECT_EQ(item("a"), image_of("a", "made again"));
}

TEST_F(ImageFetcherTest, BringsNothingBackByALateRecord) {
  source_.items = {{"id=a", image_of("a", "new")}};
  apply({keys_only("a", "5")});
  source_.items = {{"id=a", image_of("a", "newer still")}};
  EXPECT_EQ(apply({keys_only("a", "4")}).fates, std::vector{kStale});
  EXPECT_EQ(item("a"), image_of("a", "new"));
}

TEST_F(ImageFetcherTest, ReadsNothingForWhatANewerRecordTells) {
  EXPECT_EQ(apply({keys_only("a", "1"), removal("a", "2"), keys_only("b", "3"),
                   with_image("b", "4", "own"), removal("c", "5")})
                .fates,
            (std::vector{kSuperseded, kApplied, kSuperseded, kApplied, kApplied}));
  EXPECT_TRUE(source_.calls.empty());
  EXPECT_EQ(item("b"), image_of("b", "own"));
}

TEST_F(ImageFetcherTest, UsesTheImageThatARecordHas) {
  source_.items = {{"id=a", image_of("a", "read")}};
  apply({with_image("a", "1", "own"), with_image("b", "2", "own"), keys_only("a", "3")});
  EXPECT_EQ(source_.keys_read(), (Keys{{"id=a"}}));
  EXPECT_EQ(item("a"), image_of("a", "read"));
  EXPECT_EQ(item("b"), image_of("b", "own"));
}

TEST_F(ImageFetcherTest, FailsTheRecordsOfAnItemThatCannotBeReadAndNoOthers) {
  source_.items = {{"id=a", image_of("a", "now")}, {"id=c", "no item"}};
  source_.failing = {"id=b"};
  const BatchResult result = apply({keys_only("a", "1"), with_image("b", "2", "own"),
                                    keys_only("b", "3"), keys_only("c", "4"), keys_only("b", "5")});
  EXPECT_EQ(result.fates, (std::vector{kApplied, kApplied, kFailed, kFailed, kFailed}));
  ASSERT_EQ(result.failures.size(), 2U);
  EXPECT_EQ(result.failures[0].record, 2U);
  EXPECT_EQ(result.failures[0].reason,
            "the image could not be read from the source's table: throttled by the test");
  EXPECT_EQ(result.failures[1].reason,
            "the image could not be read from the source's table: what was read is no item as "
            "DynamoDB JSON");
  EXPECT_EQ(item("b"), image_of("b", "own"));
  source_.failing.clear();
  source_.items["id=b"] = image_of("b", "now");
  EXPECT_EQ(apply({keys_only("b", "3"), keys_only("b", "5")}).fates,
            (std::vector{kSuperseded, kApplied}));
}

TEST_F(ImageFetcherTest, AppliesWhatStandsBeforeABadRecord) {
  source_.items = {{"id=a", image_of("a", "now")}};
  const BatchResult result =
      apply({keys_only("a", "1"), keyed(bad_change("a", "2", "of no use"), "a"), removal("a", "3"),
             testing::nameless_change("4")});
  EXPECT_EQ(result.fates, (std::vector{kApplied, kFailed, kFailed, kFailed}));
  EXPECT_TRUE(source_.calls.empty()) << "it is known that the item was removed";
}

TEST_F(ImageFetcherTest, ReadsTablesAndFormsOfKeysApart) {
  Change other_table = keys_only("a", "2");
  other_table.source.table = "others";
  Change other_form = keys_only("a", "3");
  other_form.key = {};
  ASSERT_TRUE(other_form.key.add({.name = "id", .type = events::KeyType::kNumber, .value = "7"}));
  apply({keys_only("a", "1"), other_table, other_form, keys_only("b", "4")});
  EXPECT_EQ(source_.keys_read(), (Keys{{"id=a", "id=b"}, {"id=a"}, {"id=7"}}));
  EXPECT_EQ(source_.calls[1].table, "others");
}

TEST_F(ImageFetcherTest, ReadsNothingOfATableThatIsNoSource) {
  options_.written = {
      {.words = "the target", .account = "123456789012", .region = "eu-west-1", .table = "orders"}};
  const BatchResult result = apply({keys_only("a", "1")});
  EXPECT_EQ(result.fates, std::vector{kFailed});
  EXPECT_NE(result.failures[0].reason.find("the target"), std::string::npos);
  EXPECT_TRUE(source_.calls.empty());
}

TEST_F(ImageFetcherTest, RefusesWithoutAReaderAndReadsNothingWhereNoImageIsLacking) {
  Pipeline pipeline({}, target_, clock_);
  const std::vector<Change> changes = {keys_only("a", "1")};
  const BatchResult result = pipeline.apply(changes, clock_.steady_now());
  EXPECT_EQ(result.fates, std::vector{kFailed});
  EXPECT_EQ(result.failures[0].reason, "no image");
  EXPECT_FALSE(pipeline.fetches_images());
  EXPECT_EQ(apply({with_image("a", "1", "own")}).fates, std::vector{kApplied});
  EXPECT_TRUE(source_.calls.empty());
}

TEST_F(ImageFetcherTest, HasManyKeysReadAtOnceAndAppliesThemTogether) {
  std::vector<Change> changes;
  for (int i = 0; i < 650; ++i) {
    const std::string id = "i" + std::to_string(i);
    source_.items["id=" + id] = image_of(id, "now");
    changes.push_back(keys_only(id, std::to_string(i + 1)));
  }
  EXPECT_EQ(apply(changes).counts.of(kApplied), 650U);
  ASSERT_EQ(source_.calls.size(), 3U);
  EXPECT_EQ(source_.calls[0].keys.size(), kFetchedKeysFirst);
  EXPECT_EQ(source_.calls[1].keys.size(), kFetchedKeysMax);
  EXPECT_EQ(target_.calls, 1);
  EXPECT_EQ(item("i649"), image_of("i649", "now"));
}

TEST_F(ImageFetcherTest, AppliesLargeImagesInParts) {
  const std::string large(300UL * 1024, 'x');
  std::vector<Change> changes = {testing::nameless_change("9")};
  for (int i = 0; i < 130; ++i) {
    const std::string id = "i" + std::to_string(i);
    source_.items["id=" + id] = image_of(id, large);
    changes.push_back(keys_only(id, std::to_string(1000 - i)));
  }
  source_.failing = {"id=i1", "id=i128"};
  changes.push_back(removal("i0", "2000"));
  const BatchResult result = apply(changes);
  EXPECT_EQ(result.counts.of(kApplied), 128U);
  EXPECT_EQ(result.counts.of(kSuperseded), 1U);
  EXPECT_EQ(result.counts.of(kFailed), 3U);
  EXPECT_EQ(result.items, 130U);
  EXPECT_GT(target_.calls, 1);
  EXPECT_EQ(result.fates.front(), kFailed);
  EXPECT_EQ(result.fates[2], kFailed);
  EXPECT_EQ(result.fates[129], kFailed);
  ASSERT_EQ(result.failures.size(), 3U);
  EXPECT_EQ(result.failures[0].record, 0U) << "by rising version";
  EXPECT_EQ(result.failures[1].record, 129U);
  EXPECT_EQ(result.failures[1].cause, 129U);
  EXPECT_EQ(result.failures[2].record, 2U);
  std::size_t most = 0;
  for (const FakeSourceItems::Call& call : source_.calls)
    if (&call != &source_.calls.front()) most = std::max(most, call.keys.size());
  EXPECT_LE(most, kImageBytesMax / large.size());
}

TEST_F(ImageFetcherTest, GivesViewsTheImageForTheChangesThatConcernThem) {
  use_views(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW born KEY (k) WITH (events = 'INSERT') AS SELECT 'born#' || id AS k, value FROM "
      "orders;"
      "CREATE VIEW all_of_it AS SELECT * FROM orders;");
  source_.items = {{"id=a", image_of("a", "now")}};
  EXPECT_EQ(apply({keys_only("a", "1", EventName::kInsert), keys_only("a", "2")}).fates,
            (std::vector{kSuperseded, kApplied}));
  EXPECT_EQ(source_.calls.size(), 1U);
  EXPECT_EQ(item("a"), image_of("a", "now"));
  EXPECT_EQ(target_.items[R"({"k":{"S":"born#a"}})"],
            R"({"k":{"S":"born#a"},"value":{"S":"now"}})");
}

TEST_F(ImageFetcherTest, LeavesRowsThatAnExpiryKeepsUntilItIsKnownWhyTheItemWent) {
  use_views(
      "CREATE SOURCE orders KEY (id);"
      "CREATE VIEW kept WITH (expiry = 'keep') AS SELECT * FROM orders;");
  source_.items = {{"id=a", image_of("a", "then")}, {"id=b", image_of("b", "then")}};
  apply({keys_only("a", "1"), keys_only("b", "2")});
  source_.items.clear();
  EXPECT_EQ(apply({keys_only("a", "3"), keys_only("b", "4")}).counts.not_done(), 0U);
  EXPECT_EQ(item("a"), image_of("a", "then"));
  Change expiry = removal("a", "5");
  expiry.expired_by_ttl = true;
  apply({expiry, removal("b", "6")});
  EXPECT_EQ(item("a"), image_of("a", "then"));
  EXPECT_EQ(item("b"), "");
}

}  // namespace
}  // namespace streamonce::handler
