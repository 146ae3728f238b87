// Entries of the ledger that are read whole and written under the entry that was seen: on each kind
// of target alike, real ones.

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "handler/targets/mark.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/mark_places.h"
#include "tests/support/target_under_test.h"

namespace streamonce::handler {
namespace {

using dynamodb::version_of;
using std::chrono::seconds;
using testing::TargetUnderTest;

struct Kind {
  const char* name;
  std::unique_ptr<TargetUnderTest> (*make)();
};

/// One user of the target.
class User {
 public:
  explicit User(TargetUnderTest& under_test)
      : table_(under_test.table().empty() ? "orders" : under_test.table()),
        opened_(under_test.open(clock_, logger_)) {
    EXPECT_TRUE(key_.add({.name = "id", .type = events::KeyType::kString, .value = "a"}));
  }

  std::optional<Mark> read(std::string_view id, Reading reading = Reading::kWhole) {
    const auto marks = opened_.target->read_marks(testing::place_of(id), reading, deadline());
    EXPECT_TRUE(marks.at(0)) << (marks[0] ? "" : marks[0].error().message);
    return marks[0] ? *marks[0] : std::nullopt;
  }

  struct Change {
    std::string_view id = "p|a";
    std::uint64_t version = 1;
    std::string content = {};
    std::optional<Seen> seen = {};
    std::string nonce = {};
    std::optional<std::int64_t> ttl = {};
  };

  /// Commits a change that puts an item which says its version.
  Outcome commit(const Change& change) {
    const std::string image = R"({"id":{"S":"a"},"n":{"N":")" + std::to_string(change.version) +
                              R"("},"c":{"S":")" + std::to_string(change.content.size()) + "\"}}";
    const Write write{.table = table_, .key = &key_, .keys_json = kKey, .image_json = image};
    const Commit commit{.ledger_id = change.id,
                        .version = version_of(change.version),
                        .at = 1'700'000'000,
                        .ttl = change.ttl,
                        .writes = {&write, 1},
                        .content = change.content,
                        .seen = change.seen,
                        .nonce = change.nonce};
    Outcome outcome;
    opened_.target->commit({&commit, 1}, {&outcome, 1}, deadline());
    return outcome;
  }

 private:
  static constexpr std::string_view kKey = R"({"id":{"S":"a"}})";
  SteadyTime deadline() const { return clock_.steady_now() + seconds(120); }

  SystemClock clock_;
  Logger logger_{{.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
                 clock_};
  const std::string table_;
  testing::OpenedTarget opened_;
  events::ItemKey key_;
};

using enum CommitResult;

class LedgerEntryOn : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    under_test_ = GetParam().make();
    under_test_->create({{"id", "S"}});
    user_.emplace(*under_test_);
  }
  /// The version that the item says.
  std::string item() {
    const auto items = under_test_->items();
    return items.empty() ? "none" : items.at(0)["n"]["N"].get<std::string>();
  }

  std::unique_ptr<TargetUnderTest> under_test_;
  std::optional<User> user_;
};

INSTANTIATE_TEST_SUITE_P(, LedgerEntryOn,
                         ::testing::Values(Kind{"Sqlite", testing::make_sqlite_under_test},
                                           Kind{"DynamoDb", testing::make_dynamodb_under_test}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST_P(LedgerEntryOn, IsReadAsItWasWritten) {
  EXPECT_EQ(user_->read("p|a"), std::nullopt);
  const std::string content = "{\"w\":[\"\\u00e9\xC3\xA9\"],\n\"q\":\"\\\"\x01\"}";
  EXPECT_EQ(user_->commit({.version = 3, .content = content, .seen = Seen{}, .ttl = 7}).result,
            kApplied);
  const Mark whole{.version = version_of(3), .remembers = true, .content = content};
  EXPECT_EQ(user_->read("p|a"), whole);
  EXPECT_EQ(user_->read("p|a", Reading::kVersions),
            (Mark{.version = version_of(3), .remembers = true}));
  EXPECT_EQ(user_->commit({.id = "p|b", .version = 4}).result, kApplied);
  EXPECT_EQ(user_->read("p|b"), Mark{.version = version_of(4)});
  EXPECT_EQ(User(*under_test_).read("p|a"), whole) << "opened again";
}

TEST_P(LedgerEntryOn, IsReplacedOnlyUnderTheEntryThatWasSeen) {
  ASSERT_EQ(user_->commit({.version = 3, .content = "c3", .seen = Seen{}}).result, kApplied);
  const Mark third = *user_->read("p|a");
  const Outcome unseen = user_->commit({.version = 5, .content = "c5", .seen = Seen{}});
  EXPECT_EQ(unseen.result, kChanged);
  ASSERT_TRUE(unseen.found);
  EXPECT_EQ(*unseen.found, third);
  EXPECT_FALSE(unseen.done());
  EXPECT_NE(unseen.reason, "");
  EXPECT_EQ(item(), "3");

  EXPECT_EQ(user_->commit({.version = 5, .content = "c5", .seen = Seen{&*unseen.found}}).result,
            kApplied);
  EXPECT_EQ(item(), "5");
  EXPECT_EQ(user_->read("p|a")->content, "c5");
  // One who has seen the third.
  const Outcome late = user_->commit({.version = 6, .content = "c6", .seen = Seen{&third}});
  EXPECT_EQ(late.result, kChanged);
  EXPECT_EQ(late.found->content, "c5");
  EXPECT_EQ(user_->commit({.version = 5, .content = "x", .seen = Seen{&third}}).result,
            kAlreadyApplied);
  EXPECT_EQ(user_->commit({.version = 4, .content = "x", .seen = Seen{&third}}).result, kStale);
  // One whose entry has gone.
  EXPECT_EQ(user_->commit({.id = "p|z", .version = 9, .content = "x", .seen = Seen{&third}}).result,
            kChanged);
  EXPECT_EQ(user_->read("p|a")->content, "c5");
  EXPECT_EQ(item(), "5");
}

TEST_P(LedgerEntryOn, LosesNoContentToACommitByVersionAlone) {
  ASSERT_EQ(user_->commit({.version = 3, .content = "c3", .seen = Seen{}}).result, kApplied);
  const Outcome mirror = user_->commit({.version = 9});
  EXPECT_EQ(mirror.result, kChanged);
  EXPECT_EQ(mirror.found->content, "c3");
  EXPECT_EQ(mirror.reason, why_changed({}, nullptr));
  EXPECT_EQ(user_->commit({.version = 3}).result, kAlreadyApplied);
  EXPECT_EQ(user_->commit({.version = 2}).result, kStale);
  EXPECT_EQ(item(), "3");
  // What holds nothing any more is a mirror's again.
  const Mark seen = *user_->read("p|a");
  EXPECT_EQ(user_->commit({.version = 4, .seen = Seen{&seen}}).result, kApplied);
  EXPECT_EQ(user_->read("p|a"), Mark{.version = version_of(4)});
  EXPECT_EQ(user_->commit({.version = 9}).result, kApplied);
  EXPECT_EQ(item(), "9");
}

TEST_P(LedgerEntryOn, TellsTwoEntriesOfOneVersionApart) {
  ASSERT_EQ(user_->commit({.version = 3, .content = "c3", .seen = Seen{}}).result, kApplied);
  const Mark first = *user_->read("p|a");
  const User::Change keeping{.version = 3, .content = "less", .seen = Seen{&first}, .nonce = "n1"};
  EXPECT_EQ(user_->commit(keeping).result, kApplied);
  EXPECT_EQ(user_->commit(keeping).result, kAlreadyApplied) << "as when its answer was lost";
  const Mark second = *user_->read("p|a");
  EXPECT_EQ(second.nonce, "n1");
  EXPECT_EQ(second.version, first.version);
  // One who has seen the first: by raising the version, and by keeping it.
  EXPECT_EQ(user_->commit({.version = 4, .content = "x", .seen = Seen{&first}}).result, kChanged);
  const Outcome other =
      user_->commit({.version = 3, .content = "x", .seen = Seen{&first}, .nonce = "n2"});
  EXPECT_EQ(other.result, kChanged);
  EXPECT_EQ(*other.found, second);
  EXPECT_EQ(user_->commit({.version = 4, .content = "c4", .seen = Seen{&second}}).result, kApplied);
  EXPECT_EQ(*user_->read("p|a"),
            (Mark{.version = version_of(4), .remembers = true, .content = "c4"}));
  EXPECT_EQ(
      user_->commit({.version = 3, .content = "x", .seen = Seen{&second}, .nonce = "n3"}).result,
      kChanged);
}

TEST_P(LedgerEntryOn, WritesNothingForWhatTheSeenEntryHasAlready) {
  ASSERT_EQ(user_->commit({.version = 3, .content = "c3", .seen = Seen{}}).result, kApplied);
  const Mark seen = *user_->read("p|a");
  EXPECT_EQ(user_->commit({.version = 3, .content = "x", .seen = Seen{&seen}}).result,
            kAlreadyApplied);
  EXPECT_EQ(user_->commit({.version = 2, .content = "x", .seen = Seen{&seen}}).result, kStale);
  EXPECT_EQ(*user_->read("p|a"), seen);
}

TEST_P(LedgerEntryOn, TakesAsMuchContentAsAnEntryMayHold) {
  // Quotes are twice as long in an answer.
  const std::string most(kContentBytesMax, '"');
  ASSERT_EQ(user_->commit({.version = 3, .content = most, .seen = Seen{}}).result, kApplied);
  const Outcome changed = user_->commit({.version = 4, .content = "x", .seen = Seen{}});
  EXPECT_EQ(changed.result, kChanged) << changed.reason;
  EXPECT_EQ(changed.found->content, most);
  EXPECT_EQ(user_->read("p|a")->content, most);
}

TEST_P(LedgerEntryOn, AddsUpWhatTwoThreadsRemember) {
  constexpr int kChanges = 40;
  User first(*under_test_);
  User second(*under_test_);
  const auto work = [&](User& user, int turn) {
    std::optional<Mark> seen = user.read("p|sum");
    for (int i = 0; i < kChanges;) {
      // Each adds one, by keeping the version where there is one, so that nothing is ever stale.
      const std::uint64_t sum = seen ? std::stoull(seen->content) : 0;
      const std::string nonce = std::to_string(turn) + "-" + std::to_string(i);
      const Outcome outcome = user.commit({.id = "p|sum",
                                           .version = 1,
                                           .content = std::to_string(sum + 1),
                                           .seen = Seen{seen ? &*seen : nullptr},
                                           .nonce = seen ? nonce : ""});
      // The first version is written by one of the two only.
      const bool is_ours = outcome.done() && (seen || outcome.result == kApplied);
      ASSERT_TRUE(outcome.done() || outcome.result == kChanged) << outcome.reason;
      if (is_ours) ++i;
      seen = user.read("p|sum");
    }
  };
  {
    std::jthread one([&] { work(first, 1); });
    std::jthread two([&] { work(second, 2); });
  }
  EXPECT_EQ(user_->read("p|sum")->content, std::to_string(2 * kChanges));
}

}  // namespace
}  // namespace streamonce::handler
