#include "handler/sources/stream/stream_page.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using testing::event_of;
using testing::kStreamArn;

class StreamPageTest : public ::testing::Test {
 protected:
  StreamPage read(std::string answer) {
    answer_ = std::move(answer);
    const Payload payload = Payload::copy_of(answer_);
    return reader_.read(payload.view(), kStreamArn);  // the answer is gone afterwards
  }

  std::string answer_;
  StreamPage::Reader reader_;
};

/// A record as GetRecords has it: without its stream's ARN.
std::string record(const std::string& id, const std::string& number,
                   const std::string& created_at = "1763685862") {
  return testing::to_json({.sequence_number = number,
                           .keys = testing::key_of(id),
                           .new_image = testing::key_of(id),
                           .arn = "",
                           .created_at = created_at});
}

TEST_F(StreamPageTest, HasAChangeForEachRecordOfTheStream) {
  const StreamPage page = read(R"({"Records":[)" + record("a", "1") + "," + record("b", "2") +
                               R"(],"NextShardIterator":"x"})");
  ASSERT_EQ(page.changes().size(), 2U);
  EXPECT_EQ(page.size(), 2U);
  EXPECT_EQ(page.changes()[0].source.table, "orders");
  EXPECT_EQ(page.changes()[0].problem, "");
  EXPECT_EQ(page.changes()[1].version.text(),
            "2026-11-21T00:44:22.580/0000000000000000000000000000000000000002");
  EXPECT_EQ(page.records()[1].text, record("b", "2"));
  EXPECT_EQ(page.records()[1].number, "2");
  EXPECT_FALSE(page.records()[1].names_stream);
}

TEST_F(StreamPageTest, KeepsItsTextsWhereverItIsMoved) {
  StreamPage page = read(event_of({record("a\\u0041", "17")}));
  StreamPage moved = std::move(page);
  std::vector<StreamPage> pages;
  pages.push_back(std::move(moved));
  EXPECT_EQ(pages[0].changes()[0].key.attributes()[0].value, "aA");
  EXPECT_EQ(pages[0].records()[0].number, "17");
  EXPECT_EQ(pages[0].changes()[0].image_json, testing::key_of("a\\u0041"));
}

TEST_F(StreamPageTest, MayBeEmpty) {
  for (const char* answer : {R"({"Records":[]})", R"({"Records":[],"NextShardIterator":"x"})",
                             R"({"NextShardIterator":"x","Records":null})"}) {
    const StreamPage page = read(answer);
    EXPECT_EQ(page.size(), 0U) << answer;
    EXPECT_TRUE(page.is_done());
    EXPECT_EQ(page.newest(), "");
    EXPECT_EQ(page.done_up_to(), "");
    EXPECT_FALSE(page.newest_time());
  }
}

TEST_F(StreamPageTest, KnowsItsNewestRecord) {
  const StreamPage page =
      read(event_of({record("a", "9", "100"), record("b", "10", "300"), record("c", "11", "200")}));
  EXPECT_EQ(page.newest(), "11");
  EXPECT_EQ(page.newest_time(), 300);
}

TEST_F(StreamPageTest, KeepsTheOrderOfWhatIsLeft) {
  StreamPage page = read(event_of({record("a", "1"), record("b", "2"), record("c", "3")}));
  page.take_away([](std::size_t i) { return i == 1; });
  ASSERT_EQ(page.records().size(), 2U);
  EXPECT_EQ(page.records()[1].number, "3");
  EXPECT_EQ(page.changes()[1].key.attributes()[0].value, "c");
  EXPECT_EQ(page.size(), 3U);
  EXPECT_EQ(page.done_up_to(), "");
  page.take_away([](std::size_t i) { return i == 0; });
  EXPECT_EQ(page.done_up_to(), "2");
  page.take_away([](std::size_t) { return true; });
  EXPECT_EQ(page.done_up_to(), "3");
  EXPECT_TRUE(page.is_done());
}

TEST_F(StreamPageTest, HasAChangeOfNoItemForWhatIsNoRecord) {
  StreamPage page = read(R"({"Records":[)" + record("a", "1") +
                         R"(,{"dynamodb":{"SequenceNumber":"x"}},)" + record("c", "3") + "]}");
  ASSERT_EQ(page.changes().size(), 3U);
  EXPECT_FALSE(page.changes()[1].names_item());
  EXPECT_NE(page.changes()[1].problem, "");
  EXPECT_EQ(page.records()[1].number, "");
  EXPECT_EQ(page.newest(), "3");
  page.take_away([](std::size_t i) { return i < 2; });
  EXPECT_EQ(page.done_up_to(), "1");  // the one without a number has no place of its own
}

TEST_F(StreamPageTest, TakesAnAnswerThatIsNoPageForOneBadRecord) {
  const StreamPage page = read(R"({"Items":[]})");
  ASSERT_EQ(page.changes().size(), 1U);
  EXPECT_NE(page.changes()[0].problem, "");
  EXPECT_EQ(page.records()[0].text, R"({"Items":[]})");
}

TEST_F(StreamPageTest, SaysThatTheViewTypeLacksImages) {
  const StreamPage page = read(event_of({testing::to_json({.view_type = "KEYS_ONLY"})}));
  EXPECT_NE(page.view_type_problem().find("KEYS_ONLY"), std::string::npos);
  EXPECT_EQ(read(event_of({record("a", "1")})).view_type_problem(), "");
}

TEST_F(StreamPageTest, NotesWhetherARecordNamesItsStreamItself) {
  const StreamPage page = read(event_of({testing::put("a", "1", "v")}));
  EXPECT_TRUE(page.records()[0].names_stream);
  EXPECT_EQ(page.changes()[0].problem, "");
}

TEST_F(StreamPageTest, IsReadAfterOneWithoutAnyTraceOfIt) {
  read(event_of({record("a", "1")}));
  const StreamPage page = read(event_of({record("b", "2")}));
  ASSERT_EQ(page.changes().size(), 1U);
  EXPECT_EQ(page.records()[0].text, record("b", "2"));
}

}  // namespace
}  // namespace streamonce::handler
