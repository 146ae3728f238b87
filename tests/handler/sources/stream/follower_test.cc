#include "handler/sources/stream/follower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "handler/services/dynamodb_streams.h"
#include "runtime/aws/service_client.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_shards.h"
#include "tests/support/fake_source_items.h"
#include "tests/support/memory_positions.h"
#include "tests/support/memory_target.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler {
namespace {

using runtime::HttpResponse;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::refusal;

using Answer = std::optional<Result<HttpResponse>>;
using Items = std::map<std::string, std::string>;
using Texts = std::vector<std::string>;

/// Notes the order in which versions of items were committed, and fails for a time.
class NotingTarget final : public Target {
 public:
  explicit NotingTarget(const testing::FakeClock& clock) : clock_(clock) {}

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override {
    if (before) before();
    deadlines.push_back(deadline - clock_.steady_now());
    if (is_down) {
      for (Outcome& outcome : outcomes) outcome = {.reason = "down"};
      return;
    }
    for (const Commit& each : commits) versions.emplace_back(each.version.text());
    memory.commit(commits, outcomes, deadline);
  }
  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override {
    return memory.read_marks(places, reading, deadline);
  }

  testing::MemoryTarget memory;
  std::function<void()> before;
  bool is_down = false;
  std::vector<std::string> versions;
  std::vector<SteadyTime::duration> deadlines;

 private:
  const testing::FakeClock& clock_;
};

constexpr const char* kStreamOfEmulator =
    "arn:aws:dynamodb:ddblocal:000000000000:table/orders/stream/2026-11-21T00:44:22.580";

/// Keeps letters in memory.
class MemoryLetters final : public DeadLetterKeeper {
 public:
  Status keep(std::string_view text, std::string_view stream_arn) override {
    if (fails) return Error{ErrorCode::kUnavailable, "no room"};
    letters.emplace_back(text);
    arns.emplace_back(stream_arn);
    return {};
  }
  Status sync() override {
    synced = letters.size();
    return {};
  }

  Texts letters;
  Texts arns;
  std::size_t synced = 0;
  bool fails = false;
};

class FollowerTest : public ::testing::Test {
 protected:
  FollowerTest() { options_.stream_arn = service_.arn; }

  /// Follows until `until` holds or virtual time is up; by default until all is quiet for a while.
  FollowEnd follow_until(std::function<bool()> until, seconds time = minutes(10)) {
    const SteadyTime end = clock_.steady_now() + time;
    Pipeline pipeline(
        {.name = "p", .target_table = {}, .retain = {}, .source_items = source_items_}, target_,
        clock_);
    const FollowEnd ended =
        follow_stream(options_, {.streams = streams_,
                                 .pipeline = pipeline,
                                 .positions = positions_,
                                 .dead_letters = letters_ ? &*letters_ : nullptr,
                                 .clock = clock_,
                                 .logger = logger_,
                                 .stopped = [&] { return until() || clock_.steady_now() >= end; },
                                 .show = [&](const FollowState& state) { shown_ = state; }});
    return ended;
  }
  FollowEnd follow_for(seconds time) {
    return follow_until([] { return false; }, time);
  }
  FollowEnd follow_once() {
    options_.once = true;
    const FollowEnd end = follow_until([] { return false; }, hours(5));
    options_.once = false;
    return end;
  }

  /// The values of the items, by their ids.
  Items items() const {
    Items items;
    for (const auto& [key, item] : target_.memory.items) {
      const auto json = nlohmann::json::parse(item);
      items[json["id"]["S"]] = json["value"]["S"];
    }
    return items;
  }

  /// Fails each call of `operation` for which `matches` holds, once for each call if `once`.
  void refuse(
      std::string operation, std::string code, int times,
      std::function<bool(const testing::StreamCall&)> matches = [](const auto&) { return true; }) {
    service_.fault = [=, left = times](const testing::StreamCall& call) mutable -> Answer {
      if (call.operation != operation || left == 0 || !matches(call)) return std::nullopt;
      --left;
      return refusal(400, code, "as the test says");
    };
  }

  /// What is kept of a shard; empty: nothing.
  std::string kept(const std::string& shard) const {
    const auto found = positions_.kept.find(shard);
    return found == positions_.kept.end() ? "" : found->second;
  }

  std::string log() const { return log_; }
  bool logged(std::string_view word) const { return log_.find(word) != std::string::npos; }

  testing::FakeClock clock_;
  testing::FakeShards service_{clock_};
  testing::FakeShardsTransport transport_{service_, clock_};
  std::string log_;
  Logger logger_{{.level = LogLevel::kDebug,
                  .format = LogFormat::kText,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  aws::ServiceClient streams_{
      {.service = dynamodb_streams::kService,
       .region = aws::Region::parse("eu-west-1").value(),
       .url = "https://streams.dynamodb.eu-west-1.amazonaws.com/",
       .credentials = testing::credentials("AKID-MARKER", "SECRET-MARKER", "TOKEN-MARKER"),
       .random_seed = 1},
      transport_,
      clock_,
      logger_};
  NotingTarget target_{clock_};
  testing::MemoryPositions positions_;
  std::optional<MemoryLetters> letters_;
  SourceItems* source_items_ = nullptr;  // null: no image is fetched
  FollowOptions options_;
  FollowState shown_;
};

TEST_F(FollowerTest, AppliesWhatIsThereAndWhatComesLater) {
  const std::string shard = service_.add();
  for (int i = 0; i < 7; ++i) service_.put(shard, "a" + std::to_string(i), "old");
  service_.put(shard, "a0", "new");
  service_.remove(shard, "a1");
  transport_.on_wait = [&, waits = 0]() mutable {
    if (++waits == 200) service_.put(shard, "later", "y");
  };
  const FollowEnd end = follow_until([&] { return items().contains("later"); });
  EXPECT_TRUE(end.everything_done()) << log();
  EXPECT_EQ(items().size(), 7U);  // six of the first, and the later one
  EXPECT_EQ(items()["a0"], "new");
  EXPECT_FALSE(items().contains("a1"));
  EXPECT_EQ(end.state.fates.all(), 10U);
  EXPECT_EQ(end.state.shards, 1U);
}

TEST_F(FollowerTest, PagesListingsToTheirEnd) {
  service_.listing_size = 2;
  for (int i = 0; i < 7; ++i) service_.put(service_.add(), "a" + std::to_string(i), "x");
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 7U);
  EXPECT_GE(service_.count("DescribeStream"), 4U);
}

TEST_F(FollowerTest, SpacesThePagesOfAListing) {
  service_.listing_size = 1;
  for (int i = 0; i < 12; ++i) service_.add();
  follow_for(seconds(5));
  std::vector<SteadyTime> times;
  for (const testing::StreamCall& call : service_.seen)
    if (call.operation == "DescribeStream") times.push_back(call.at);
  ASSERT_GE(times.size(), 12U);
  for (std::size_t i = 1; i < times.size(); ++i)
    EXPECT_GE(times[i] - times[i - 1], milliseconds(100)) << i;
}

TEST_F(FollowerTest, ReadsAParentToItsEndBeforeItsChildren) {
  const std::string parent = service_.add();
  for (int i = 0; i < 10; ++i) service_.put(parent, "a" + std::to_string(i % 3), std::to_string(i));
  const auto children = service_.split(parent);
  service_.put(children[0], "a0", "child");
  service_.put(children[1], "a1", "child");
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a0", "child"}, {"a1", "child"}, {"a2", "8"}}));
  EXPECT_TRUE(std::is_sorted(target_.versions.begin(), target_.versions.end()));
  // A child is begun only once nothing of its parent is left.
  const auto asked_for = [&](const std::string& shard) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < service_.seen.size(); ++i)
      if (service_.seen[i].body.dump().find(shard) != std::string::npos) places.push_back(i);
    return places;
  };
  EXPECT_LT(asked_for(parent).back(), asked_for(children[0]).front());
  EXPECT_LT(asked_for(parent).back(), asked_for(children[1]).front());
}

TEST_F(FollowerTest, FindsShardsThatRotateLater) {
  std::string shard = service_.add();
  std::size_t rotations = 0;
  transport_.on_wait = [&, waits = 0]() mutable {
    if (++waits % 100 != 0 || rotations == 5) return;
    service_.put(shard, "a", std::to_string(rotations++));
    shard = service_.split(shard, 1)[0];
    service_.put(shard, "last", std::to_string(rotations));
  };
  const FollowEnd end = follow_until([&] { return items()["last"] == "5"; });
  EXPECT_EQ(items(), (Items{{"a", "4"}, {"last", "5"}})) << log();
  EXPECT_EQ(end.state.shards, 6U);
}

TEST_F(FollowerTest, ListsAgainUntilTheChildrenOfAClosedLeafAreThere) {
  const std::string parent = service_.add();
  service_.put(parent, "a", "parent");
  const std::string child = service_.split(parent, 1)[0];
  service_.put(child, "b", "child");
  service_.shard(child).is_listed = false;
  transport_.on_wait = [&] {
    if (service_.count("DescribeStream") >= 4) service_.shard(child).is_listed = true;
  };
  const SteadyTime start = clock_.steady_now();
  follow_until([&] { return items().contains("b"); });
  EXPECT_EQ(items(), (Items{{"a", "parent"}, {"b", "child"}})) << log();
  EXPECT_LT(clock_.steady_now() - start, seconds(20));  // and not after the next minute
}

TEST_F(FollowerTest, TakesAnOpenParentThatHasAChildForClosed) {
  const std::string parent = service_.add();
  service_.put(parent, "a", "parent");
  const std::string child = service_.split(parent, 1)[0];
  service_.put(child, "a", "child");
  service_.shard(parent).is_shown_open = true;
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "child"}}));
}

TEST_F(FollowerTest, TakesAnUnlistedParentForRead) {
  const std::string child = service_.add("shardId-00000001600000000000-gone");
  service_.put(child, "a", "x");
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "x"}}));
}

TEST_F(FollowerTest, ReadsShardsThatWaitForEachOtherInACircle) {
  const std::string one = service_.add();
  const std::string two = service_.add(one);
  service_.shard(one).parent = two;
  for (const std::string& each : {one, two}) {
    service_.put(each, each, "x");
    service_.close(each);
  }
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 2U);
}

TEST_F(FollowerTest, NeverReadsAChildAtTheLatestRecord) {
  options_.from_latest = true;
  const std::string shard = service_.add();
  service_.put(shard, "old", "x");
  std::string child;
  transport_.on_wait = [&, waits = 0]() mutable {
    if (++waits != 100) return;
    service_.put(shard, "new", "x");
    child = service_.split(shard, 1)[0];
    service_.put(child, "child", "x");  // before anybody has seen it
  };
  follow_until([&] { return items().contains("child"); });
  EXPECT_EQ(items(), (Items{{"child", "x"}, {"new", "x"}})) << log();
  EXPECT_EQ(service_.iterators(), (Texts{"LATEST " + shard, "TRIM_HORIZON " + child}));
}

TEST_F(FollowerTest, PassesOverClosedShardsWhereItBeginsAtTheLatest) {
  options_.from_latest = true;
  const std::string parent = service_.add();
  service_.put(parent, "old", "x");
  const std::string child = service_.split(parent, 1)[0];
  service_.put(child, "old", "y");
  follow_for(seconds(5));
  EXPECT_EQ(items(), Items{}) << log();
  EXPECT_EQ(service_.iterators(), (Texts{"LATEST " + child}));
  EXPECT_EQ(kept(parent), "end");
  // The next run knows that, and begins where this one was.
  service_.put(child, "new", "z");
  follow_until([&] { return items().contains("new"); });
  EXPECT_FALSE(service_.iterators().back().starts_with("LATEST"));
}

TEST_F(FollowerTest, TakesTheRecordsOfTheLastPage) {
  const std::string shard = service_.add();
  service_.page_size = 2;
  for (int i = 0; i < 4; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  service_.close(shard);  // the page with a2 and a3 has no next iterator
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 4U);
  EXPECT_EQ(kept(shard), "end");
}

TEST_F(FollowerTest, GoesOnBehindWhatWasTakenWhenAnIteratorExpires) {
  const std::string shard = service_.add();
  service_.page_size = 2;
  std::string second;
  for (int i = 0; i < 6; ++i) {
    const std::string number = service_.put(shard, "a" + std::to_string(i), "x");
    if (i == 1) second = number;
  }
  refuse("GetRecords", "ExpiredIteratorException", 1,
         [&](const testing::StreamCall&) { return service_.count("GetRecords") == 1; });
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 6U);
  EXPECT_EQ(service_.iterators(),
            (Texts{"TRIM_HORIZON " + shard, "AFTER_SEQUENCE_NUMBER " + shard + " " + second}));
  EXPECT_EQ(target_.versions.size(), 6U);  // and none came twice
}

TEST_F(FollowerTest, BeginsAtTheOldestWhenAnIteratorExpiresBeforeAFirstRecord) {
  options_.from_latest = true;
  const std::string shard = service_.add();
  refuse("GetRecords", "ExpiredIteratorException", 1,
         [&](const testing::StreamCall&) { return service_.count("GetRecords") == 2; });
  transport_.on_wait = [&, done = false]() mutable {
    if (service_.count("GetRecords") == 2 && !std::exchange(done, true))
      service_.put(shard, "a", "x");
  };
  follow_until([&] { return items().contains("a"); }, seconds(60));
  EXPECT_EQ(items(), (Items{{"a", "x"}})) << log();
  EXPECT_EQ(service_.iterators(), (Texts{"LATEST " + shard, "TRIM_HORIZON " + shard}));
}

TEST_F(FollowerTest, LivesThroughAnOutageThatIsLongerThanAnIterator) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  const SteadyTime start = clock_.steady_now();
  service_.fault = [&](const testing::StreamCall& call) -> Answer {
    const auto time = call.at - start;
    if (time < seconds(30) || time > minutes(40)) return std::nullopt;
    return Error{ErrorCode::kUnavailable, "no connection"};
  };
  transport_.on_wait = [&, done = false]() mutable {
    if (clock_.steady_now() - start > minutes(20) && !std::exchange(done, true))
      service_.put(shard, "a", "2");
  };
  const FollowEnd end = follow_until([&] { return items()["a"] == "2"; }, hours(2));
  EXPECT_TRUE(end.everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "2"}}));
  EXPECT_TRUE(logged("stream not read"));
}

TEST_F(FollowerTest, TellsAGapAndGoesOnAtTheOldestWhereRecordsAreTrimmed) {
  const std::string shard = service_.add();
  const std::string first = service_.put(shard, "a", "1");
  EXPECT_TRUE(follow_once().everything_done());
  service_.put(shard, "lost", "2");
  service_.put(shard, "b", "3");
  service_.shard(shard).trimmed = 2;
  const FollowEnd end = follow_once();
  EXPECT_EQ(end.state.gaps, 1U);
  EXPECT_FALSE(end.everything_done());
  EXPECT_EQ(items(), (Items{{"a", "1"}, {"b", "3"}})) << log();
  EXPECT_TRUE(logged("gap"));
  EXPECT_TRUE(logged("verify --repair mends them"));
  EXPECT_EQ(service_.iterators().back(), "TRIM_HORIZON " + shard);
}

TEST_F(FollowerTest, TellsAGapWhereRecordsAreTrimmedWhileItReads) {
  const std::string shard = service_.add();
  service_.page_size = 1;
  for (int i = 0; i < 4; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  transport_.on_wait = [&, done = false]() mutable {
    if (service_.count("GetRecords") == 1 && !std::exchange(done, true))
      service_.shard(shard).trimmed = 3;
  };
  const FollowEnd end = follow_once();
  EXPECT_EQ(end.state.gaps, 1U) << log();
  EXPECT_EQ(items(), (Items{{"a0", "x"}, {"a3", "x"}}));
}

TEST_F(FollowerTest, TellsAGapOfAnEmulatorsShardThatGaveRecords) {
  options_.stream_arn = service_.arn = kStreamOfEmulator;
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  EXPECT_TRUE(follow_once().everything_done());
  service_.put(shard, "lost", "2");
  service_.put(shard, "b", "3");
  service_.shard(shard).trimmed = 2;
  EXPECT_EQ(follow_once().state.gaps, 1U) << log();
  EXPECT_EQ(items(), (Items{{"a", "1"}, {"b", "3"}}));
}

TEST_F(FollowerTest, TellsNoGapWhereAnEmulatorRefusesTheIteratorOfAShardThatWasEmpty) {
  struct Case {
    std::string stream;
    std::string id;  // empty: one that tells that the shard is an hour old
    std::size_t empty_pages;
    std::size_t gaps;
  };
  // As long ago as a shard is whose records may be gone.
  const std::string old = "shardId-00000001600000000000-0a1b2c3d";
  for (const auto& [stream, id, empty_pages, gaps] :
       {Case{service_.arn, "", 0, 1}, Case{service_.arn, "", 1, 1},
        Case{kStreamOfEmulator, "", 0, 0}, Case{kStreamOfEmulator, "", 1, 0},
        Case{kStreamOfEmulator, old, 0, 1}, Case{kStreamOfEmulator, old, 1, 0},
        Case{kStreamOfEmulator, "shardId-x", 0, 1}}) {
    options_.stream_arn = service_.arn = stream;
    service_.shards.clear();
    service_.seen.clear();
    target_.memory.items.clear();
    positions_.kept = {{"", "start"}};
    const std::string shard = service_.add();
    if (!id.empty()) service_.shards.back().id = id;
    service_.fault = [&, pages = empty_pages, done = false](const auto& call) mutable -> Answer {
      if (call.operation != "GetRecords" || pages-- > 0 || std::exchange(done, true))
        return std::nullopt;
      service_.put(service_.shards.back().id, "a", "1");
      return refusal(400, "TrimmedDataAccessException", "as DynamoDB Local says");
    };
    const FollowEnd end = follow_until([this] { return items().contains("a"); });
    EXPECT_EQ(end.state.gaps, gaps) << stream << ' ' << id << ' ' << empty_pages << log();
    EXPECT_EQ(items(), (Items{{"a", "1"}}));
  }
}

TEST_F(FollowerTest, TellsNoGapWhereAnEmulatorRefusesWhatCameOfLate) {
  for (const std::string& stream : {service_.arn, std::string(kStreamOfEmulator)}) {
    options_.stream_arn = service_.arn = stream;
    positions_.kept.clear();
    service_.shards.clear();
    target_.memory.items.clear();
    const std::string shard = service_.add();
    service_.put(shard, "a", "1");
    // As where nothing is written for a day: then each iterator is refused, until something is.
    service_.fault = [&, pages = 0](const testing::StreamCall& call) mutable -> Answer {
      if (call.operation != "GetRecords" || ++pages <= 3 || pages > 8) return std::nullopt;
      if (pages == 8) service_.put(shard, "b", "2");
      return refusal(400, "TrimmedDataAccessException", "as DynamoDB Local says");
    };
    const FollowEnd end = follow_until([this] { return items().contains("b"); });
    EXPECT_EQ(items(), (Items{{"a", "1"}, {"b", "2"}})) << log();
    EXPECT_EQ(end.state.gaps, stream == kStreamOfEmulator ? 0U : 1U) << log();
  }
}

TEST_F(FollowerTest, TellsAGapOfAnEmulatorWhereWhatCameOfLateWasADayOld) {
  options_.stream_arn = service_.arn = kStreamOfEmulator;
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  clock_.advance(hours(25));
  service_.fault = [&, pages = 0](const testing::StreamCall& call) mutable -> Answer {
    if (call.operation != "GetRecords" || ++pages != 2) return std::nullopt;
    service_.put(shard, "b", "2");
    return refusal(400, "TrimmedDataAccessException", "as DynamoDB Local says");
  };
  const FollowEnd end = follow_until([this] { return items().contains("b"); });
  EXPECT_EQ(end.state.gaps, 1U) << log();
}

TEST_F(FollowerTest, GoesOnBehindAnEmulatorsClosedShardWhoseRecordsAreADayOld) {
  options_.stream_arn = service_.arn = kStreamOfEmulator;
  const std::string old = service_.add("", hours(30));
  service_.put(old, "gone", "x");
  const std::string child = service_.split(old, 1)[0];
  service_.put(child, "a", "1");
  refuse("GetRecords", "TrimmedDataAccessException", -1, [&](const auto& call) {
    return call.body["ShardIterator"].template get<std::string>().find(old) != std::string::npos;
  });
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "1"}}));
  EXPECT_EQ(kept(old), "end");
}

TEST_F(FollowerTest, EndsWithOnceWhereEveryIteratorIsRefusedAsTrimmed) {
  for (const std::string& stream : {service_.arn, std::string(kStreamOfEmulator)}) {
    options_.stream_arn = service_.arn = stream;
    positions_.kept.clear();
    service_.shards.clear();
    const std::string shard = service_.add("", hours(30));
    service_.put(shard, "gone", "x");
    refuse("GetRecords", "TrimmedDataAccessException", -1);
    const FollowEnd end = follow_once();
    EXPECT_FALSE(end.error) << log();
    EXPECT_EQ(end.state.gaps, stream == kStreamOfEmulator ? 0U : 1U) << log();
  }
}

TEST_F(FollowerTest, TellsAGapWhereAWholeGenerationOfShardsIsGone) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  EXPECT_TRUE(follow_once().everything_done());
  // Two days later: the shard, its child, and only the grandchild is there.
  const std::string child = service_.split(shard, 1)[0];
  const std::string grandchild = service_.split(child, 1)[0];
  service_.put(child, "lost", "2");
  service_.put(grandchild, "b", "3");
  std::erase_if(service_.shards, [&](const auto& each) { return each.id != grandchild; });
  const FollowEnd end = follow_once();
  EXPECT_EQ(end.state.gaps, 1U) << log();
  EXPECT_EQ(items(), (Items{{"a", "1"}, {"b", "3"}}));
}

TEST_F(FollowerTest, TellsNoGapWhereTheParentThatIsGoneWasReadToItsEnd) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  service_.close(shard);
  EXPECT_TRUE(follow_once().everything_done());
  const std::string child = service_.add(shard);
  service_.put(child, "b", "2");
  std::erase_if(service_.shards, [&](const auto& each) { return each.id != child; });
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "1"}, {"b", "2"}}));
}

TEST_F(FollowerTest, TellsAGapWhereAShardIsGoneThatAFirstRunCouldHaveRead) {
  const std::string parent = service_.add();
  service_.put(parent, "a", "1");
  const std::string child = service_.split(parent, 1)[0];
  service_.put(child, "lost", "2");
  service_.close(child);
  transport_.on_wait = [&, done = false]() mutable {
    if (service_.count("GetShardIterator") != 1 || std::exchange(done, true)) return;
    clock_.advance(hours(25));  // as in a laptop that sleeps
    for (auto& shard : service_.shards) shard.exists = false;
  };
  options_.once = true;
  const FollowEnd end = follow_until([] { return false; }, hours(50));
  EXPECT_EQ(end.state.gaps, 2U) << log();
  EXPECT_FALSE(end.everything_done());
}

TEST_F(FollowerTest, TellsAGapWhereShardsCameAndWentWhileItSlept) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  std::string grandchild;
  transport_.on_wait = [&, done = false]() mutable {
    if (!items().contains("a") || std::exchange(done, true)) return;
    const std::string child = service_.split(shard, 1)[0];
    service_.put(child, "lost", "2");
    grandchild = service_.split(child, 1)[0];
    service_.put(grandchild, "b", "3");
    service_.shard(child).is_listed = false;
    service_.shard(child).exists = false;
  };
  const FollowEnd end = follow_until([&] { return items().contains("b"); });
  EXPECT_EQ(end.state.gaps, 1U) << log();
}

TEST_F(FollowerTest, TellsAGapWhereAShardIsBegunADayAfterItWasMade) {
  const std::string shard = service_.add("", hours(30));
  service_.put(shard, "a", "1");
  service_.put(shard, "b", "2");
  service_.close(shard);
  service_.shard(shard).trimmed = 1;
  // A first run finds what it finds; one that was there before lacks what was trimmed.
  EXPECT_TRUE(follow_once().everything_done()) << log();
  positions_.kept = {{"", "start"}, {shard, "start"}};
  EXPECT_EQ(follow_once().state.gaps, 1U) << log();
  EXPECT_EQ(items(), (Items{{"b", "2"}}));
}

TEST_F(FollowerTest, TellsNoGapOfWhatAFirstRunFindsTrimmed) {
  const std::string shard = service_.add("shardId-gone");
  service_.put(shard, "a", "1");
  service_.put(shard, "b", "2");
  service_.shard(shard).trimmed = 1;
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"b", "2"}}));
}

TEST_F(FollowerTest, TakesAnOldShardThatDoesNotExistForRead) {
  const std::string gone = service_.add("", hours(25));
  const std::string child = service_.split(gone, 1)[0];
  service_.shard(gone).exists = false;
  service_.put(child, "a", "x");
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "x"}}));
}

TEST_F(FollowerTest, EndsWithAnErrorWhereAYoungShardDoesNotExist) {
  const std::string gone = service_.add("", hours(1));
  service_.shard(gone).exists = false;
  const FollowEnd end = follow_for(minutes(5));
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->code, ErrorCode::kRejected);
  EXPECT_NE(end.error->message.find(gone), std::string::npos) << end.error->message;
}

TEST_F(FollowerTest, WaitsForAYoungShardThatComesToExist) {
  const std::string shard = service_.add("", hours(1));
  service_.put(shard, "a", "x");
  service_.shard(shard).exists = false;
  transport_.on_wait = [&] {
    if (service_.count("GetShardIterator") == 3) service_.shard(shard).exists = true;
  };
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "x"}}));
}

TEST_F(FollowerTest, PassesThroughPagesWithoutRecords) {
  const std::string shard = service_.add();
  service_.empty_pages = 15;
  for (int i = 0; i < 7; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 7U);
}

TEST_F(FollowerTest, SendsThrottledRequestsAgainAndSaysWhoMayBeToBlame) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "x");
  refuse("GetRecords", "LimitExceededException", 5);
  follow_for(minutes(2));
  EXPECT_EQ(items(), (Items{{"a", "x"}}));
  EXPECT_TRUE(logged("throttled by the stream")) << log();
  EXPECT_TRUE(logged("Lambda"));
}

TEST_F(FollowerTest, AsksAnIdleShardOnceASecondAndABusyOneFourTimes) {
  const std::string shard = service_.add();
  follow_for(seconds(30));
  EXPECT_GE(service_.count("GetRecords"), 25U);
  EXPECT_LE(service_.count("GetRecords"), 31U);
  service_.seen.clear();
  service_.page_size = 1;
  for (int i = 0; i < 200; ++i) service_.put(shard, "a", std::to_string(i));
  follow_for(seconds(30));
  EXPECT_GE(service_.count("GetRecords"), 100U);
  EXPECT_LE(service_.count("GetRecords"), 121U);
}

TEST_F(FollowerTest, ReadsClosedShardsWithoutAPause) {
  const std::string shard = service_.add();
  service_.page_size = 1;
  for (int i = 0; i < 100; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  service_.close(shard);
  const SteadyTime start = clock_.steady_now();
  follow_until([&] { return items().size() == 100; });
  EXPECT_LT(clock_.steady_now() - start, seconds(3));
}

TEST_F(FollowerTest, HasRequestsOfManyShardsInFlightWithinItsBounds) {
  for (int i = 0; i < 100; ++i) {
    const std::string shard = service_.add();
    for (int j = 0; j < 9; ++j)
      service_.put(shard, std::to_string(i) + "-" + std::to_string(j), "x");
  }
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 900U);
  EXPECT_EQ(transport_.in_flight_most, kRequestsMax);
}

TEST_F(FollowerTest, FetchesTheNextPageWhileOneIsApplied) {
  const std::string shard = service_.add();
  for (int i = 0; i < 9; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  service_.close(shard);
  std::vector<std::size_t> in_flight;
  target_.before = [&] { in_flight.push_back(transport_.in_flight()); };
  EXPECT_TRUE(follow_once().everything_done());
  EXPECT_EQ(in_flight, (std::vector<std::size_t>{1, 1, 0}));
}

TEST_F(FollowerTest, GivesABatchSoLittleTimeThatItEndsSoon) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "x");
  EXPECT_TRUE(follow_once().everything_done());
  ASSERT_FALSE(target_.deadlines.empty());
  for (const auto time : target_.deadlines) EXPECT_LE(time, milliseconds(1200));
}

TEST_F(FollowerTest, EndsWithinTwoSecondsWithItsPositionsSaved) {
  const std::string shard = service_.add();
  const std::string number = service_.put(shard, "a", "x");
  bool stops = false;
  transport_.on_wait = [&] {
    if (items().contains("a")) stops = true;
  };
  SteadyTime asked = {};
  const FollowEnd end = follow_until([&] {
    if (stops && asked == SteadyTime{}) asked = clock_.steady_now();
    return stops;
  });
  EXPECT_TRUE(end.everything_done());
  EXPECT_LT(clock_.steady_now() - asked, seconds(2));
  EXPECT_EQ(kept(shard), number);
}

TEST_F(FollowerTest, SavesPositionsNowAndThenAndNeverAheadOfWhatIsDone) {
  const std::string shard = service_.add();
  transport_.on_wait = [&, waits = 0]() mutable {
    if (++waits % 5 == 0) service_.put(shard, "a" + std::to_string(waits), "x");
    const std::string number = kept(shard);
    if (number.empty() || number == "start") return;
    const auto is_of = [&](const std::string& version) { return version.ends_with(number); };
    EXPECT_TRUE(std::any_of(target_.versions.begin(), target_.versions.end(), is_of));
  };
  follow_for(seconds(60));
  EXPECT_GE(positions_.saves, 6);
  EXPECT_LE(positions_.saves, 9);
}

TEST_F(FollowerTest, GoesOnBehindThePositionsOfTheRunBefore) {
  const std::string shard = service_.add();
  const std::string other = service_.add();
  const std::string number = service_.put(shard, "a", "1");
  service_.put(other, "x", "1");
  service_.close(other);
  follow_once();
  service_.put(shard, "b", "2");
  service_.seen.clear();
  target_.versions.clear();
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(service_.iterators(), (Texts{"AFTER_SEQUENCE_NUMBER " + shard + " " + number}));
  EXPECT_EQ(target_.versions.size(), 1U);
}

TEST_F(FollowerTest, BeginsAtTheOldestWhereNoPositionIsKept) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  follow_once();
  positions_.kept.clear();
  service_.put(shard, "b", "2");
  const FollowEnd end = follow_once();
  EXPECT_TRUE(end.everything_done());
  EXPECT_EQ(end.state.fates.of(Fate::kAlreadyApplied), 1U);
  EXPECT_EQ(end.state.fates.of(Fate::kApplied), 1U);
}

TEST_F(FollowerTest, TakesAPositionThatItsShardNeverHadForAGap) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  positions_.kept = {{"", "start"}, {shard, "99"}};
  const FollowEnd end = follow_once();
  EXPECT_EQ(end.state.gaps, 1U) << log();
  EXPECT_EQ(items(), (Items{{"a", "1"}}));
}

TEST_F(FollowerTest, DoesNotStartWhereThePositionsCannotBeRead) {
  service_.put(service_.add(), "a", "1");
  positions_.fails = true;
  const FollowEnd end = follow_once();
  ASSERT_TRUE(end.error);
  EXPECT_NE(end.error->message.find("no store"), std::string::npos);
  EXPECT_EQ(items(), Items{});
}

TEST_F(FollowerTest, GoesOnWhilePositionsCannotBeSaved) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  transport_.on_wait = [&, waits = 0]() mutable {
    ++waits;
    positions_.fails = waits > 3 && waits < 100;
    if (waits == 50) service_.put(shard, "b", "2");
    if (waits == 80) service_.split(shard, 1);
  };
  const FollowEnd end = follow_for(minutes(3));
  EXPECT_TRUE(end.everything_done()) << log();
  EXPECT_EQ(items().size(), 2U);
  EXPECT_TRUE(logged("positions not saved"));
  EXPECT_EQ(kept(shard), "end");  // in the end
}

TEST_F(FollowerTest, ForgetsPositionsOfShardsThatAreLongGone) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  const std::string child = service_.split(shard, 1)[0];
  transport_.on_wait = [&] {
    if (kept(shard) == "end") service_.shard(shard).is_listed = false;
  };
  follow_for(minutes(10));
  EXPECT_FALSE(positions_.kept.contains(shard));
  EXPECT_TRUE(positions_.kept.contains(child));
}

TEST_F(FollowerTest, BlocksOnlyTheShardWhoseRecordFails) {
  const std::string bad = service_.add();
  const std::string good = service_.add();
  target_.memory.failing_keys.insert(R"({"id":{"S":"poison"}})");
  service_.put(bad, "a", "1");
  const std::string before = service_.shard(bad).records.back().number;
  service_.put(bad, "poison", "2");
  service_.put(bad, "b", "3");
  service_.put(bad, "c", "4");  // on the next page
  for (int i = 0; i < 20; ++i) service_.put(good, "g" + std::to_string(i), "x");
  const FollowEnd end = follow_for(minutes(30));
  EXPECT_EQ(items().size(), 22U);
  EXPECT_FALSE(items().contains("c"));
  EXPECT_EQ(end.state.left, 1U);
  EXPECT_FALSE(end.everything_done());
  EXPECT_EQ(kept(bad), before);
  EXPECT_TRUE(logged("shard blocked"));
  EXPECT_EQ(log().find("poison"), std::string::npos);
}

TEST_F(FollowerTest, PausesLongerAfterEachAttemptThatGetsNothingDone) {
  target_.is_down = true;
  service_.put(service_.add(), "a", "1");
  const SteadyTime start = clock_.steady_now();
  std::vector<seconds> attempts;
  target_.before = [&] {
    attempts.push_back(std::chrono::round<seconds>(clock_.steady_now() - start));
  };
  follow_for(seconds(310));
  ASSERT_GE(attempts.size(), 9U);
  std::vector<seconds> pauses;
  for (std::size_t i = 1; i < attempts.size(); ++i) pauses.push_back(attempts[i] - attempts[i - 1]);
  pauses.resize(8);
  EXPECT_EQ(pauses, (std::vector<seconds>{seconds(1), seconds(2), seconds(4), seconds(8),
                                          seconds(16), seconds(32), seconds(60), seconds(60)}));
}

TEST_F(FollowerTest, GoesOnByItselfWhenTheTargetIsBack) {
  const std::string shard = service_.add();
  for (int i = 0; i < 300; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  target_.is_down = true;
  letters_.emplace();
  service_.page_size = 200;
  const SteadyTime start = clock_.steady_now();
  target_.before = [&] {
    if (clock_.steady_now() - start > seconds(200)) target_.is_down = false;
  };
  const FollowEnd end = follow_until([&] { return items().size() == 300; }, hours(1));
  EXPECT_TRUE(end.everything_done()) << log();
  EXPECT_EQ(letters_->letters, Texts{});
}

TEST_F(FollowerTest, KeepsARecordThatFailedSoOftenAndGoesOn) {
  const std::string shard = service_.add();
  letters_.emplace();
  options_.attempts = 3;
  target_.memory.failing_keys.insert(R"({"id":{"S":"poison"}})");
  service_.put(shard, "a", "1");
  service_.put(shard, "poison", "2");
  service_.put(shard, "b", "3");
  service_.put(shard, "c", "4");
  service_.close(shard);
  const FollowEnd end = follow_once();
  EXPECT_EQ(items(), (Items{{"a", "1"}, {"b", "3"}, {"c", "4"}})) << log();
  ASSERT_EQ(letters_->letters.size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(letters_->letters[0]), service_.shard(shard).records[1].json);
  EXPECT_EQ(letters_->arns, (Texts{service_.arn}));
  EXPECT_EQ(letters_->synced, 1U);
  EXPECT_EQ(end.state.letters, 1U);
  EXPECT_EQ(end.state.fates.of(Fate::kFailed), 1U);
  EXPECT_FALSE(end.everything_done());
  EXPECT_EQ(kept(shard), "end");
}

TEST_F(FollowerTest, GivesUpAtOnceWhatNoTargetCanTake) {
  const std::string shard = service_.add();
  letters_.emplace();
  service_.put(shard, "a", "1");
  service_.write(shard, "UPSERT", {{"Keys", {{"id", {{"S", "b"}}}}}});
  service_.put(shard, "c", "3");
  const SteadyTime start = clock_.steady_now();
  const FollowEnd end = follow_until([&] { return items().size() == 2; });
  EXPECT_LT(clock_.steady_now() - start, seconds(1));
  EXPECT_EQ(letters_->letters.size(), 1U);
  EXPECT_EQ(end.state.letters, 1U) << log();
}

TEST_F(FollowerTest, KeepsRecordsThatCannotBeReadAtAll) {
  const std::string shard = service_.add();
  letters_.emplace();
  service_.put(shard, "a", "1");
  service_.shard(shard).records.push_back({"", {{"dynamodb", {{"SequenceNumber", "x"}}}}});
  service_.put(shard, "c", "3");
  const FollowEnd end = follow_until([&] { return items().size() == 2; });
  EXPECT_EQ(letters_->letters.size(), 1U);
  EXPECT_EQ(end.state.letters, 1U) << log();
  EXPECT_EQ(kept(shard), service_.shard(shard).records[2].number);
}

TEST_F(FollowerTest, StaysWhereItIsIfALetterCannotBeKept) {
  const std::string shard = service_.add();
  letters_.emplace();
  letters_->fails = true;
  options_.attempts = 2;
  target_.memory.failing_keys.insert(R"({"id":{"S":"poison"}})");
  const std::string before = service_.put(shard, "a", "1");
  service_.put(shard, "poison", "2");
  const FollowEnd end = follow_for(minutes(10));
  EXPECT_EQ(kept(shard), before);
  EXPECT_EQ(end.state.letters, 0U);
  EXPECT_EQ(end.state.left, 1U);
  EXPECT_TRUE(logged("dead letters not kept"));
}

TEST_F(FollowerTest, EndsRatherThanGiveUpWhateverTheTargetRefuses) {
  const std::string shard = service_.add();
  letters_.emplace();
  options_.attempts = 2;
  service_.page_size = 150;
  target_.is_down = true;
  for (int i = 0; i < 150; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  const FollowEnd end = follow_for(hours(1));
  ASSERT_TRUE(end.error);
  EXPECT_NE(end.error->message.find("the target"), std::string::npos);
  EXPECT_EQ(letters_->letters, Texts{});
  EXPECT_NE(kept(shard), "end");
  target_.is_down = false;
  EXPECT_TRUE(follow_once().everything_done());
  EXPECT_EQ(items().size(), 150U);
}

TEST_F(FollowerTest, LeavesAShardWithOnceWhereNobodyKeepsWhatFails) {
  const std::string bad = service_.add();
  const std::string good = service_.add();
  options_.attempts = 3;
  target_.memory.failing_keys.insert(R"({"id":{"S":"poison"}})");
  service_.put(bad, "poison", "2");
  for (int i = 0; i < 20; ++i) service_.put(good, "g" + std::to_string(i), "x");
  const FollowEnd end = follow_once();
  EXPECT_EQ(items().size(), 20U);
  EXPECT_EQ(end.state.left, 1U) << log();
  EXPECT_FALSE(end.error);
  EXPECT_FALSE(end.everything_done());
}

TEST_F(FollowerTest, EndsWithOnceThoughRecordsNeverStopToCome) {
  const std::string shard = service_.add();
  transport_.on_wait = [&] { service_.put(shard, "a", std::to_string(service_.seen.size())); };
  service_.page_size = 1000;
  service_.put(shard, "first", "x");
  const SteadyTime start = clock_.steady_now();
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_TRUE(items().contains("first"));
  EXPECT_LT(clock_.steady_now() - start, minutes(3));
}

TEST_F(FollowerTest, TakesTheStartOfOnceFromTheServicesClock) {
  service_.ahead = hours(1);
  const std::string shard = service_.add();
  for (int i = 0; i < 20; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 20U);
}

TEST_F(FollowerTest, TakesNoRecordForOneFromAfterTheStartWhereTheServiceTellsNoTime) {
  service_.ahead = hours(1);
  service_.tells_time = false;
  const std::string shard = service_.add();
  for (int i = 0; i < 20; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 20U);
}

TEST_F(FollowerTest, DoesNotReadChildrenWithOnceWhoseParentHasRecordsFromAfterTheStart) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "x");
  transport_.on_wait = [&, done = false]() mutable {
    if (service_.count("GetRecords") == 2 && !std::exchange(done, true)) {
      clock_.advance(minutes(3));
      service_.put(shard, "b", "x");
      const std::string child = service_.split(shard, 1)[0];
      service_.put(child, "later", "x");
    }
  };
  const FollowEnd end = follow_once();
  EXPECT_TRUE(end.everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "x"}, {"b", "x"}}));
}

TEST_F(FollowerTest, ReadsChildrenWithOnceThatAreListedAfterTheirParentsEnd) {
  const std::string parent = service_.add();
  service_.put(parent, "a", "x");
  const auto children = service_.split(parent);
  const std::string grandchild = service_.split(children[1], 1)[0];
  service_.put(children[0], "b", "x");
  service_.put(children[1], "c", "x");
  service_.put(grandchild, "d", "x");
  for (const std::string& each : {children[1], grandchild}) service_.shard(each).is_listed = false;
  transport_.on_wait = [&] {
    const std::size_t listings = service_.count("DescribeStream");
    if (listings >= 1) service_.shard(children[1]).is_listed = true;

    if (listings >= 6) service_.shard(grandchild).is_listed = true;
  };
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "x"}, {"b", "x"}, {"c", "x"}, {"d", "x"}}));
}

TEST_F(FollowerTest, ReadsTheChildWithOnceOfAShardThatAnEarlierRunReadToItsEnd) {
  const std::string parent = service_.add();
  service_.put(parent, "a", "x");
  const std::string child = service_.split(parent, 1)[0];
  service_.put(child, "b", "x");
  service_.shard(child).is_listed = false;
  positions_.kept = {{"", "start"}, {parent, "end"}};
  transport_.on_wait = [&] {
    if (service_.count("DescribeStream") >= 3) service_.shard(child).is_listed = true;
  };
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"b", "x"}}));
}

TEST_F(FollowerTest, EndsWhenTheStreamWasDisabledAndAllOfItIsRead) {
  const std::string shard = service_.add();
  service_.put(shard, "a", "x");
  service_.close(shard);
  service_.status = "DISABLED";
  const FollowEnd end = follow_for(hours(1));
  EXPECT_TRUE(end.everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "x"}}));
  EXPECT_LT(service_.seen.size(), 20U);
}

TEST_F(FollowerTest, EndsWithAnErrorWhereThereIsNoSuchStream) {
  refuse("DescribeStream", "ResourceNotFoundException", 100);
  const FollowEnd end = follow_for(hours(1));
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->code, ErrorCode::kRejected);
}

TEST_F(FollowerTest, TellsHowDynamoDbLocalIsStartedWhereItHasNoSuchStream) {
  refuse("DescribeStream", "ResourceNotFoundException", 100);
  EXPECT_EQ(follow_for(hours(1)).error->message.find("sharedDb"), std::string::npos);
  options_.stream_arn = kStreamOfEmulator;
  const FollowEnd end = follow_for(hours(1));
  ASSERT_TRUE(end.error);
  EXPECT_NE(end.error->message.find("-sharedDb"), std::string::npos) << end.error->message;
}

TEST_F(FollowerTest, EndsSoonAndWellWhereItIsStoppedWhilePositionsAreRead) {
  service_.put(service_.add(), "a", "x");
  positions_.on_call = [&](SteadyTime deadline) { clock_.advance(deadline - clock_.steady_now()); };
  positions_.fails = true;
  const SteadyTime stop = clock_.steady_now() + seconds(4);
  const FollowEnd end = follow_until([&] { return clock_.steady_now() >= stop; });
  EXPECT_TRUE(end.everything_done()) << end.error->message;
  EXPECT_FALSE(end.was_listed);
  EXPECT_LE(clock_.steady_now() - stop, seconds(2));
  EXPECT_GE(positions_.loads, 2);
}

TEST_F(FollowerTest, GivesPositionsAtTheStartTheirTime) {
  service_.put(service_.add(), "a", "x");
  positions_.on_call = [&](SteadyTime deadline) {
    clock_.advance(deadline - clock_.steady_now());
    positions_.fails = positions_.loads < 10;
  };
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "x"}}));
  positions_.on_call = [&](SteadyTime deadline) {
    clock_.advance(deadline - clock_.steady_now());
    positions_.fails = true;
  };
  const SteadyTime start = clock_.steady_now();
  const FollowEnd end = follow_for(hours(1));
  ASSERT_TRUE(end.error);
  EXPECT_GE(clock_.steady_now() - start, seconds(30));
  EXPECT_LT(clock_.steady_now() - start, seconds(40));
}

TEST_F(FollowerTest, ReadsThePositionsOfManyShards) {
  const std::string parent = service_.add();
  for (int i = 0; i < 200; ++i) {
    const std::string shard = service_.add();
    service_.put(shard, "a" + std::to_string(i), "x");
    positions_.kept[shard] = i == 150 ? "start" : "end";
  }
  positions_.kept[""] = "start";
  positions_.kept[parent] = "end";
  follow_until([&] { return items().contains("a150"); });
  EXPECT_EQ(items(), (Items{{"a150", "x"}})) << log();
}

TEST_F(FollowerTest, EndsWithAnErrorWhereTheViewTypeLacksImages) {
  service_.view_type = "KEYS_ONLY";
  service_.write(service_.add(), "INSERT", {{"Keys", {{"id", {{"S", "a"}}}}}});
  const FollowEnd end = follow_for(hours(1));
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->code, ErrorCode::kInvalidArgument);
  EXPECT_NE(end.error->message.find("NEW_IMAGE"), std::string::npos) << end.error->message;
}

TEST_F(FollowerTest, FetchesImagesAndTriesAgainWhatCannotBeRead) {
  testing::FakeSourceItems source;
  source_items_ = &source;
  service_.view_type = "KEYS_ONLY";
  const std::string shard = service_.add();
  for (const char* id : {"a", "b"}) {
    service_.write(shard, "INSERT", {{"Keys", {{"id", {{"S", id}}}}}});
    source.items[std::string("id=") + id] =
        R"({"id":{"S":")" + std::string(id) + R"("},"value":{"S":"now"}})";
  }
  letters_.emplace();
  source.failing = {"id=b"};
  clock_.on_sleep = [&] {
    if (items().contains("a") && source.calls.size() >= 3) source.failing.clear();
  };
  transport_.on_wait = clock_.on_sleep;
  const FollowEnd end = follow_until([&] { return items().contains("b"); });
  EXPECT_TRUE(end.everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "now"}, {"b", "now"}})) << log();
  EXPECT_TRUE(letters_->letters.empty()) << "what cannot be read now is not given up at once";
  EXPECT_GE(source.calls.size(), 4U);
}

TEST_F(FollowerTest, TwoAtOnceDoNoHarm) {
  const std::string shard = service_.add();
  for (int i = 0; i < 50; ++i) service_.put(shard, "a" + std::to_string(i % 7), std::to_string(i));
  bool is_inside = false;
  target_.before = [&] {
    if (std::exchange(is_inside, true)) return;
    testing::FakeShardsTransport transport(service_, clock_);
    aws::ServiceClient streams({.service = dynamodb_streams::kService,
                                .region = aws::Region::parse("eu-west-1").value(),
                                .url = "https://streams.dynamodb.eu-west-1.amazonaws.com/",
                                .credentials = testing::credentials("x", "y"),
                                .random_seed = 2},
                               transport, clock_, logger_);
    Pipeline pipeline({.name = "p", .target_table = {}, .retain = {}}, target_, clock_);
    FollowOptions options = options_;
    options.once = true;
    const FollowEnd other = follow_stream(options, {.streams = streams,
                                                    .pipeline = pipeline,
                                                    .positions = positions_,
                                                    .dead_letters = nullptr,
                                                    .clock = clock_,
                                                    .logger = logger_,
                                                    .stopped = [] { return false; },
                                                    .show = [](const FollowState&) {}});
    EXPECT_TRUE(other.everything_done());
  };
  EXPECT_TRUE(follow_once().everything_done()) << log();
  EXPECT_EQ(items().size(), 7U);
  EXPECT_EQ(items()["a0"], "49");
}

TEST_F(FollowerTest, TellsHowFarItIs) {
  const std::string shard = service_.add();
  for (int i = 0; i < 7; ++i) service_.put(shard, "a" + std::to_string(i), "x");
  follow_for(seconds(10));
  EXPECT_TRUE(shown_.is_caught_up);
  EXPECT_EQ(shown_.fates.of(Fate::kApplied), 7U);
  EXPECT_EQ(shown_.tree, (ShardTree::Counts{.waiting = 0, .reading = 1, .ended = 0}));
  EXPECT_TRUE(shown_.newest_time);
}

/// Credentials that end after an hour, as a role's do, and are fetched anew shortly before.
class ShortCredentials final : public aws::CredentialsProvider {
 public:
  Result<std::shared_ptr<const aws::Credentials>> get(WallTime now, milliseconds) override {
    if (current_ == nullptr || now >= *current_->expiry - minutes(2)) {
      const std::string number = std::to_string(++fetched);
      current_ = std::make_shared<const aws::Credentials>(
          aws::Credentials{.access_key_id = "KEY" + number,
                           .secret_access_key = "secret",
                           .session_token = "token" + number,
                           .expiry = now + minutes(12)});
    }
    return current_;
  }

  int fetched = 0;

 private:
  std::shared_ptr<const aws::Credentials> current_;
};

TEST_F(FollowerTest, LivesThroughTheEndOfItsCredentials) {
  const auto provider = std::make_shared<ShortCredentials>();
  aws::ServiceClient streams({.service = dynamodb_streams::kService,
                              .region = aws::Region::parse("eu-west-1").value(),
                              .url = "https://streams.dynamodb.eu-west-1.amazonaws.com/",
                              .credentials = provider,
                              .random_seed = 2},
                             transport_, clock_, logger_);
  const WallTime start = clock_.now();
  service_.fault = [&](const testing::StreamCall& call) -> Answer {
    const int valid = 1 + static_cast<int>((clock_.now() - start - minutes(1)) / minutes(10));
    const auto signature = std::string(testing::header_of(call.request, "Authorization"));
    for (int i = std::max(1, valid - 1); i <= valid + 1; ++i)
      if (signature.find("=KEY" + std::to_string(i) + "/") != std::string::npos)
        return std::nullopt;
    return refusal(400, "ExpiredTokenException", "The security token has expired");
  };
  const std::string shard = service_.add();
  service_.put(shard, "a", "1");
  transport_.on_wait = [&, done = false]() mutable {
    if (clock_.now() - start > minutes(35) && !std::exchange(done, true))
      service_.put(shard, "a", "2");
  };
  Pipeline pipeline({.name = "p", .target_table = {}, .retain = {}}, target_, clock_);
  const FollowEnd end = follow_stream(
      options_, {.streams = streams,
                 .pipeline = pipeline,
                 .positions = positions_,
                 .dead_letters = nullptr,
                 .clock = clock_,
                 .logger = logger_,
                 .stopped = [&] { return items()["a"] == "2" || provider->fetched > 9; },
                 .show = [](const FollowState&) {}});
  EXPECT_TRUE(end.everything_done()) << log();
  EXPECT_EQ(items(), (Items{{"a", "2"}}));
  EXPECT_GE(provider->fetched, 3);
}

TEST_F(FollowerTest, TellsNoSecretAndNoValue) {
  const std::string shard = service_.add();
  service_.put(shard, "MARKED-KEY", "MARKED-VALUE");
  service_.write(shard, "UPSERT", {{"Keys", {{"id", {{"S", "MARKED-KEY"}}}}}});
  target_.memory.failing_keys.insert(R"({"id":{"S":"MARKED-KEY"}})");
  refuse("GetRecords", "AccessDeniedException", 1,
         [&](const testing::StreamCall&) { return service_.count("GetRecords") > 3; });
  follow_for(minutes(1));
  EXPECT_NE(log(), "");
  for (const char* marked : {"MARKED-KEY", "MARKED-VALUE", "SECRET-MARKER", "TOKEN-MARKER"})
    EXPECT_FALSE(logged(marked)) << marked;
}

}  // namespace
}  // namespace streamonce::handler
