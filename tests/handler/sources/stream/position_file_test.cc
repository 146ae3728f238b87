#include "handler/sources/stream/position_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

const std::string kArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";
const std::string kLaterArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-22T00:44:22.580";
const std::string kOtherArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/other/stream/2026-11-21T00:44:22.580";

Position after(const char* number) {
  return {.kind = Position::Kind::kAfter, .number = number};
}

std::string text_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class PositionFileTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<PositionFile>> open(const std::string& pipeline = "p",
                                             const std::string& arn = kArn,
                                             const std::string& target = "t",
                                             const std::string& ledger = "l") {
    return PositionFile::open({.path = path_,
                               .pipeline = pipeline,
                               .stream_arn = arn,
                               .target = target,
                               .ledger = ledger});
  }
  static std::vector<std::optional<Position>> load(PositionStore& store,
                                                   const std::vector<std::string>& shards) {
    return store.load(shards, {}).value();
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("positions.json");
};

TEST_F(PositionFileTest, KeepsPositionsFromOneRunToTheNext) {
  const std::vector<ShardPosition> positions = {
      {"s", after("17")}, {"t\"", {.kind = Position::Kind::kEnd}}, {"", {}}};
  ASSERT_TRUE((*open())->save(positions, {}));
  const auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(load(**store, {"s", "t\"", "", "u"}),
            (std::vector<std::optional<Position>>{
                after("17"), Position{.kind = Position::Kind::kEnd}, Position{}, std::nullopt}));
  const std::vector<std::string> gone = {"s"};
  ASSERT_TRUE((*store)->forget(gone, {}));
  EXPECT_EQ(load(**open(), {"s"})[0], std::nullopt);
}

TEST_F(PositionFileTest, IsJsonForItsOwnerOnlyAndLeavesNothingElse) {
  const std::vector<ShardPosition> positions = {{"s", after("17")}};
  ASSERT_TRUE((*open())->save(positions, {}));
  EXPECT_EQ(text_in(path_), R"({"pipeline":"p","stream":")" + kArn +
                                R"(","target":"t","ledger":"l","positions":{"s":"17"}})" + "\n");
  struct stat about {};
  ASSERT_EQ(::stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  const std::filesystem::directory_iterator files(folder_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(PositionFileTest, BeginsAnewForALaterStreamOfTheTable) {
  const std::vector<ShardPosition> positions = {{"s", after("17")}};
  ASSERT_TRUE((*open())->save(positions, {}));
  const auto later = open("p", kLaterArn);
  ASSERT_TRUE(later) << later.error().message;
  EXPECT_EQ(load(**later, {"s", ""}), (std::vector<std::optional<Position>>(2)));
}

TEST_F(PositionFileTest, RefusesTheFileOfAnotherTableOrPipeline) {
  ASSERT_TRUE(open());
  const std::string before = text_in(path_);
  for (const auto& store : {open("q"), open("p", kOtherArn)}) {
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(store.error().message.find("another file"), std::string::npos);
  }
  EXPECT_EQ(text_in(path_), before);
}

TEST_F(PositionFileTest, RefusesTheFileOfAnotherTargetOrLedger) {
  ASSERT_TRUE(open());
  const std::string before = text_in(path_);
  for (const auto& store : {open("p", kArn, "other"), open("p", kArn, "t", "other")}) {
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(store.error().message.find("\"other\": name another file"), std::string::npos)
        << store.error().message;
  }
  EXPECT_EQ(text_in(path_), before);
}

TEST_F(PositionFileTest, TellsWhetherAnythingIsKept) {
  EXPECT_TRUE((*open())->is_empty());
  const std::vector<ShardPosition> followed = {{"", {}}};
  ASSERT_TRUE((*open())->save(followed, {}));
  EXPECT_FALSE((*open())->is_empty());
  EXPECT_TRUE((*open("p", kLaterArn))->is_empty());
}

TEST_F(PositionFileTest, RefusesWhatIsNoFileOfPositions) {
  for (const char* text :
       {"", "x", "[]", "{}", R"({"pipeline":"p","stream":"a","target":"t","positions":{"s":17}})",
        R"({"pipeline":"p","stream":"a","target":"t","positions":{"s":"there"}})",
        R"({"pipeline":"p","stream":"a","target":"t"})",
        R"({"pipeline":"p","stream":"a","target":"t","positions":{}} x)",
        R"({"pipeline":7,"stream":"a","target":"t","positions":{}})",
        R"({"pipeline":"p","stream":"a","positions":{}})",
        R"({"pipeline":"p","stream":"a","target":7,"positions":{}})"}) {
    std::ofstream(path_, std::ios::trunc) << text;
    const auto store = open();
    ASSERT_FALSE(store) << text;
    EXPECT_EQ(store.error().code, ErrorCode::kInvalidArgument) << text;
    EXPECT_EQ(text_in(path_), text);
  }
}

TEST_F(PositionFileTest, SaysAtTheStartThatItsFolderIsNotThere) {
  const auto store = PositionFile::open({.path = folder_.file("no/such"),
                                         .pipeline = "p",
                                         .stream_arn = kArn,
                                         .target = "t",
                                         .ledger = {}});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnavailable);
}

TEST_F(PositionFileTest, KeepsTheOldFileWhereTheNewOneCannotBeWritten) {
  const auto store = open();
  const std::vector<ShardPosition> first = {{"s", after("17")}};
  ASSERT_TRUE((*store)->save(first, {}));
  const std::string before = text_in(path_);
  // A folder in the new file's place.
  std::filesystem::create_directory(path_ + "." + std::to_string(::getpid()) + ".new");
  const std::vector<ShardPosition> second = {{"s", after("18")}};
  EXPECT_FALSE((*store)->save(second, {}));
  EXPECT_EQ(text_in(path_), before);
}

TEST_F(PositionFileTest, IsReadAsItIsWritten) {
  const PositionFileText file{.pipeline = "a\"b",
                              .stream_arn = kArn,
                              .target = "t\"",
                              .ledger = "l",
                              .positions = {{"", {}}, {"s", after("000017")}}};
  EXPECT_EQ(*parse_position_file(to_json(file)), file);
}

}  // namespace
}  // namespace streamonce::handler
