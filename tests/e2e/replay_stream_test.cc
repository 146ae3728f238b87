// Replay as it is shipped, of letters that only point to records: fetched from DynamoDB Local's
// stream, and from one that trims, throttles and lets iterators expire.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/support/dead_letters.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/gzip.h"
#include "tests/support/replay_shell.h"
#include "tests/support/streams_server.h"
#include "tests/support/target_under_test.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

constexpr int kChanges = 120;
constexpr int kRange = 15;

/// The table `orders` of DynamoDB Local, with its stream; made once.
class LiveSource {
 public:
  LiveSource() {
    client_.create_table("orders",
                         {.key = {{"id", "S"}}, .stream_view_type = "NEW_AND_OLD_IMAGES"});
    std::mt19937 random(20261121);
    while (changes_ < kChanges) {
      const json key = {{"id", {{"S", "k" + std::to_string(random() % 20)}}}};
      const json number = {{"N", std::to_string(changes_)}};
      if (random() % 4 == 0) {
        if (!client_.get("orders", key)) continue;  // a removal of nothing has no record
        client_.remove("orders", key);
      } else {
        client_.update("orders", key, {{"n", number}});
      }
      ++changes_;
    }
    for (const json& record : client_.stream_records("orders"))
      numbers_.push_back(record["dynamodb"]["SequenceNumber"]);
    arn_ = client_.stream_arn("orders");
    const json stream =
        client_.call_streams("DescribeStream", {{"StreamArn", arn_}}).value()["StreamDescription"];
    shard_ = stream["Shards"][0]["ShardId"];
  }

  /// A pointer in the form that the destination number `form` gives it.
  json letter(std::size_t range, std::size_t form) const {
    const BatchRange where{.stream_arn = arn_,
                           .shard_id = shard_,
                           .first = numbers_[range * kRange],
                           .last = numbers_[range * kRange + kRange - 1]};
    switch (form) {
      case 0:
        return lambda_pointer(where);
      case 1:
        return pipes_pointer(where);
      case 2:
        return in_notification(lambda_pointer(where));
      case 3:
        return received({in_notification(pipes_pointer(where))});
      default:
        return queue_event({{"id", lambda_pointer(where).dump()}});
    }
  }

  std::vector<json> items() {
    std::vector<json> items = client_.scan("orders");
    std::sort(items.begin(), items.end());
    return items;
  }
  std::size_t ranges() const { return numbers_.size() / kRange; }
  const std::string& number(std::size_t record) const { return numbers_[record]; }
  const std::string& arn() const { return arn_; }

 private:
  DynamoDbClient client_{shared_dynamodb_local().endpoint_url()};
  int changes_ = 0;
  std::vector<std::string> numbers_;
  std::string arn_;
  std::string shard_;
};

LiveSource& live_source() {
  static LiveSource source;
  return source;
}

std::vector<std::string> streams_environment() {
  return {"AWS_ENDPOINT_URL_DYNAMODB_STREAMS=" + shared_dynamodb_local().endpoint_url(),
          "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
          "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey)};
}

class ReplayOfPointers : public ::testing::TestWithParam<const char*> {
 protected:
  ReplayOfPointers() { target_->create({{"id", "S"}}); }

  const std::unique_ptr<TargetUnderTest> target_ = make_target_under_test(GetParam());
  ReplayShell shell_{joined(target_->environment(), streams_environment())};
};

INSTANTIATE_TEST_SUITE_P(, ReplayOfPointers, ::testing::Values("sqlite", "dynamodb"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(ReplayOfPointers, FetchesTheRecordsInWhateverFormTheLetterIs) {
  LiveSource& source = live_source();
  const std::size_t ranges = source.ranges();
  ASSERT_EQ(ranges, 8U);
  std::string dump;
  for (std::size_t range = 0; range < ranges; ++range) {
    const std::string letter = source.letter(range, range % 5).dump();
    dump += range % 3 == 2 ? gzip_of(letter) : letter;
  }
  const Counts fetched = {
      {"documents", ranges}, {"records", kChanges}, {"pointersFetched", ranges}};
  const Ended dry = shell_.replay_input({"--json", "--dry-run", "-"}, dump);
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_EQ(target_->marks(), 0U);

  const Ended ended = shell_.replay_input({"--json", "-"}, dump);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.counts(), dry.counts());
  Counts counts = ended.counts();
  EXPECT_EQ(counts.extract("applied").mapped() + counts.extract("superseded").mapped(), kChanges);
  EXPECT_EQ(counts, fetched);
  EXPECT_EQ(target_->items(), source.items());

  Counts again = shell_.replay_input({"--json", "-"}, dump).counts();
  EXPECT_EQ(again.count("applied"), 0U);
  EXPECT_EQ(again["pointersFetched"], ranges);
  EXPECT_EQ(target_->items(), source.items());
  EXPECT_EQ(shell_.files(), std::vector<std::string>());
}

TEST_P(ReplayOfPointers, FetchesThemInAnyOrder) {
  LiveSource& source = live_source();
  std::vector<std::string> dumps = {"--json"};
  for (const std::size_t range : {5U, 0U, 7U, 2U, 2U, 6U, 1U, 4U, 3U})
    dumps.push_back(
        shell_.dump("letter-" + std::to_string(dumps.size()), source.letter(range, 0).dump()));
  const Ended ended = shell_.replay(dumps);
  EXPECT_EQ(ended.status, 0) << ended.err;
  Counts counts = ended.counts();
  EXPECT_EQ(counts["pointersFetched"], 9U);
  EXPECT_GT(counts["stale"] + counts["alreadyApplied"], 0U);
  EXPECT_EQ(target_->items(), source.items());
}

TEST_P(ReplayOfPointers, OneThatCannotBeFetchedIsKeptAndStopsNothing) {
  LiveSource& source = live_source();
  const std::string lost = lambda_pointer({.stream_arn = source.arn(),
                                           .shard_id = "shardId-00000000000000000000-00000000",
                                           .first = source.number(0),
                                           .last = source.number(1)})
                               .dump();
  const Ended ended =
      shell_.replay_input({"--json", "-"}, lost + source.letter(7, 0).dump() + "\n");
  EXPECT_EQ(ended.status, 1);
  Counts counts = ended.counts();
  EXPECT_EQ(counts["pointersFailed"], 1U);
  EXPECT_EQ(counts["pointersFetched"], 1U);
  EXPECT_EQ(counts["records"], counts["applied"] + counts["superseded"]);
  EXPECT_TRUE(has(ended.err, "source table's stream or this shard of it was not found"))
      << ended.err;
  EXPECT_EQ(read_whole(shell_.path_of("stdin.failed.ndjson")), lost + "\n");
}

/// Tests on a stream that does what DynamoDB Local's does not.
class ReplayOfAStreamInTrouble : public ::testing::Test {
 protected:
  Ended replay(int first, int last, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"--json", "-"});
    return shell_.replay_input(options, lambda_pointer(streams_.range(first, last)).dump());
  }
  /// Expects that all records of the range are applied.
  void expect_fetched(const Ended& ended, std::size_t records) {
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(
        ended.counts(),
        (Counts{
            {"documents", 1}, {"records", records}, {"applied", records}, {"pointersFetched", 1}}));
    EXPECT_EQ(target_->items().size(), records);
  }

  StreamsServer streams_{20};
  const std::unique_ptr<TargetUnderTest> target_ = make_sqlite_under_test();
  ReplayShell shell_{joined(target_->environment(), streams_.environment())};
};

TEST_F(ReplayOfAStreamInTrouble, GoesOnWhereItIsThrottledOrAnIteratorExpires) {
  int calls = 0;
  streams_.stream().fault =
      [&](const StreamCall& call) -> std::optional<Result<runtime::HttpResponse>> {
    ++calls;
    if (calls == 1 || calls == 4)
      return refusal(400, "ProvisionedThroughputExceededException", "Rate exceeded");
    if (calls == 6) return refusal(500, "InternalServerError", "");
    if (calls == 8 && call.operation == "GetRecords")
      return refusal(400, "ExpiredIteratorException", "Iterator expired");
    return std::nullopt;
  };
  expect_fetched(replay(1'004, 1'018), 15);
  EXPECT_EQ(streams_.stream().count("GetShardIterator"), 3U);
  EXPECT_GE(calls, 10);
  EXPECT_EQ(target_->items().front()["id"]["S"], "n1004");
}

TEST_F(ReplayOfAStreamInTrouble, GoesOnBehindEmptyPages) {
  streams_.stream().empty_pages = 1;
  streams_.stream().page_size = 8;
  expect_fetched(replay(1'001, 1'020), 20);
}

TEST_F(ReplayOfAStreamInTrouble, SaysOfTrimmedRecordsWhatRemainsToBeDone) {
  streams_.stream().trimmed = 10;
  const std::string gone = lambda_pointer(streams_.range(1'003, 1'012)).dump();
  const std::string notified = in_notification(json::parse(gone)).dump();
  const std::string there = pipes_pointer(streams_.range(1'011, 1'014)).dump();
  const Ended ended = shell_.replay_input({"--json", "-"}, gone + notified + there);
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(), (Counts{{"documents", 3},
                                    {"records", 4},
                                    {"applied", 4},
                                    {"pointersFetched", 1},
                                    {"pointersExpired", 2}}));
  const std::string reason = ended.summary()["failures"][0]["reason"];
  for (const std::string& part :
       {std::string("expired: records 1003 to 1012 of shard ") + streams_.stream().shard,
        std::string(kStreamArn), std::string("24 hours"), std::string("What remains: ")})
    EXPECT_TRUE(has(reason, part)) << reason;
  EXPECT_EQ(ended.summary()["failures"][0]["place"], "standard input:1");
  EXPECT_EQ(read_whole(shell_.path_of("stdin.failed.ndjson")), gone + "\n" + gone + "\n");

  // What is kept says the same again, and a dry run knows it too.
  const Ended again = shell_.replay({"--json", "--dry-run", "stdin.failed.ndjson"});
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(again.counts(), (Counts{{"documents", 2}, {"pointersExpired", 2}}));
  EXPECT_EQ(again.summary()["outcomes"][1]["outcome"], "expired");
  EXPECT_EQ(again.summary()["outcomes"][1]["reason"], reason);
}

TEST_F(ReplayOfAStreamInTrouble, KeepsAPointerThatItCouldNotReadInTime) {
  streams_.stream().fault = [](const StreamCall&) {
    return refusal(400, "ThrottlingException", "Rate exceeded");
  };
  const Ended ended = replay(1'001, 1'003, {"--timeout", "1"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(), (Counts{{"documents", 1}, {"pointersFailed", 1}}));
  streams_.stream().fault = {};
  expect_fetched(shell_.replay({"--json", "stdin.failed.ndjson"}), 3);
}

TEST_F(ReplayOfAStreamInTrouble, SaysWhatIsNeededToFetch) {
  shell_.environment() = joined(target_->environment(), {"AWS_EC2_METADATA_DISABLED=true"});
  const Ended ended = replay(1'001, 1'003);
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(), (Counts{{"documents", 1}, {"pointersFailed", 1}}));
  EXPECT_TRUE(has(ended.err, "AWS_ACCESS_KEY_ID")) << ended.err;
}

}  // namespace
}  // namespace streamonce::testing
