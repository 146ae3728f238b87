#include "handler/targets/dynamodb/item_mark.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/handler/targets/dynamodb/commits.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;

Commit put_of(std::uint64_t number, std::string_view nonce = {}) {
  Commit commit;
  commit.version = version_of(number);
  commit.nonce = nonce;
  return commit;
}

std::string mark_text_of(std::uint64_t number) {
  return std::string(version_of(number).text());
}

TEST(ItemMark, IsTheVersionAndTheNonceOfARepairBehindIt) {
  EXPECT_EQ(item_mark_text(put_of(7)), mark_text_of(7));
  EXPECT_EQ(item_mark_text(put_of(7, "abc")), mark_text_of(7) + "#abc");
  EXPECT_EQ(item_mark_text(Mark{.version = version_of(7)}), mark_text_of(7));
  EXPECT_EQ(item_mark_text(Mark{.version = version_of(7), .nonce = "abc"}),
            mark_text_of(7) + "#abc");
}

TEST(ItemMark, IsReadAsItWasWritten) {
  for (const char* nonce : {"", "abc", "a#b"}) {
    const Mark mark{
        .version = version_of(7), .nonce = nonce, .operation = Operation::kPut, .is_in_item = true};
    const Result<Mark> read = read_item_mark(item_mark_text(mark));
    ASSERT_TRUE(read) << nonce;
    EXPECT_EQ(*read, mark) << nonce;
  }
}

TEST(ItemMark, IsNothingElse) {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("#abc"), mark_text_of(7) + "x",
        "~" + mark_text_of(7), mark_text_of(7).substr(1)}) {
    const Result<Mark> read = read_item_mark(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kProtocol);
    EXPECT_EQ(read.error().message,
              "the attribute of the item that is to hold its version holds none");
  }
}

/// What conditions compare are texts: their order must be that of the versions, be there a nonce or
/// none, be the numbers short, or longer than the API allows.
TEST(ItemMark, SortsAsItsVersionDoes) {
  const std::string long_digits(41, '9');
  std::vector<Commit> rising = {put_of(1), put_of(9), put_of(10), put_of(999)};
  Commit over_long;
  over_long.version = {kLabel, *events::SequenceNumber::parse(long_digits)};
  rising.push_back(over_long);
  Commit later;
  later.version = version_of(1, "2026-11-21T00:44:22.581");
  rising.push_back(later);
  std::vector<std::string> texts;
  for (Commit& commit : rising) {
    texts.push_back(item_mark_text(commit));
    commit.nonce = "ffffffff";
    texts.push_back(item_mark_text(commit));
  }
  EXPECT_TRUE(std::is_sorted(texts.begin(), texts.end()));
  EXPECT_EQ(std::adjacent_find(texts.begin(), texts.end()), texts.end());
}

TEST(ItemMark, StandsInFrontOfWhatTheItemHas) {
  const std::string image = R"({"pk":{"S":"\u00e9"}, "n":{"N":"1.50"}})";
  std::string out = "x";
  append_marked_image(out, image, "odd \"name\"", put_of(7));
  EXPECT_EQ(out, R"(x{"odd \"name\"":{"S":")" + mark_text_of(7) + R"("},)" + image.substr(1));
  json expected = json::parse(image);
  expected["odd \"name\""]["S"] = mark_text_of(7);
  EXPECT_EQ(json::parse(out.substr(1)), expected);
}

TEST(ItemMark, HasNoPlaceInAnItemThatHasTheAttribute) {
  const std::string image = R"({"pk":{"S":"a"},"m":{"M":{"inner":{"S":"x"}}},"\u006fdd":{"S":""}})";
  EXPECT_TRUE(has_attribute(image, "pk"));
  EXPECT_TRUE(has_attribute(image, "m"));
  EXPECT_TRUE(has_attribute(image, "odd")) << "however its name is written";
  EXPECT_FALSE(has_attribute(image, "inner"));
  EXPECT_FALSE(has_attribute(image, "od"));
  EXPECT_FALSE(has_attribute(image, "odd2"));
  EXPECT_FALSE(has_attribute(image, "a"));
}

TEST(ItemMark, JudgesWhatIsNotBelow) {
  const Commit commit = put_of(7);
  EXPECT_EQ(judge_version(commit, mark_text_of(7)), CommitResult::kAlreadyApplied);
  EXPECT_EQ(judge_version(commit, mark_text_of(7) + "#abc"), CommitResult::kAlreadyApplied);
  EXPECT_EQ(judge_version(commit, mark_text_of(8)), CommitResult::kStale);
  EXPECT_EQ(judge_version(commit, mark_text_of(8) + "#abc"), CommitResult::kStale);
  for (const std::string& text : {std::string(), mark_text_of(6), mark_text_of(6) + "#abc",
                                  std::string("z"), "~" + mark_text_of(8), mark_text_of(8) + "x"})
    EXPECT_EQ(judge_version(commit, text), CommitResult::kFailed) << text;
}

TEST(ItemMark, TellsWhoseAttributeItIs) {
  EXPECT_EQ(why_no_version("streamonce"),
            "the item that is there has no version in its attribute streamonce, which marks are "
            "kept in: somebody else has written it; remove the attribute");
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
