#include "events/exports/item_line.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "events/stream_batch.h"

namespace streamonce::events {
namespace {

constexpr std::string_view kTableArn = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders";

LoadVersion load_version() {
  return *version_beside_stream("2026-11-21T00:44:22.580",
                                WallTime(std::chrono::seconds(1'795'300'000)));
}

class ItemLine : public ::testing::Test {
 protected:
  explicit ItemLine(KeyNames names = {"id"})
      : reader_({.account = "123456789012", .region = "eu-central-1", .table = "orders"},
                std::move(names), load_version()) {}

  /// The change views `payloads_`.
  Change put(std::string_view line) {
    return reader_.put_of(payloads_.emplace_back(Payload::copy_of(line)).view());
  }
  std::string problem_of(std::string_view line) { return put(line).problem; }

  std::vector<Payload> payloads_;
  ItemLineReader reader_;
};

class ItemLineOfTwo : public ItemLine {
 protected:
  ItemLineOfTwo() : ItemLine({"pk", "sk"}) {}
};

TEST_F(ItemLine, IsAPutOfItsItemAtTheExportsVersion) {
  const Change change = put(R"({"Item":{"value":{"L":[{"N":"1"}]}, "id":{"S":"a"}}})");
  EXPECT_EQ(change.problem, "");
  EXPECT_EQ(change.source,
            (SourceTable{.account = "123456789012", .region = "eu-central-1", .table = "orders"}));
  EXPECT_EQ(change.version, load_version().version());
  EXPECT_EQ(change.operation, Operation::kPut);
  EXPECT_EQ(change.event_name, EventName::kInsert);
  EXPECT_FALSE(change.expired_by_ttl);
  EXPECT_EQ(change.image_json, R"({"value":{"L":[{"N":"1"}]}, "id":{"S":"a"}})");
  EXPECT_EQ(change.keys_json, R"({"id":{"S":"a"}})");
  EXPECT_EQ(change.created_at, 1'795'300'000);
  EXPECT_EQ(change.key.shape(), "id (S)");
  EXPECT_TRUE(change.names_item());
}

TEST_F(ItemLineOfTwo, HasTheKeyOfWhateverTypesAndEscapes) {
  const Change first =
      put(R"({"Item":{"sk":{"N":"7.0"},"a":{"BOOL":true},"pk":{"S":"a\"\u00e9"}}})");
  const Change second = put(R"({"Item":{"sk":{"N":"8"},"pk":{"S":"b"}}})");
  ASSERT_EQ(first.problem, "");
  std::string canonical;
  append_canonical(canonical, first.key);  // the second line has used the parser's buffer
  EXPECT_EQ(canonical, "2:pkS4:a\"\u00e92:skN1:7");
  EXPECT_EQ(first.keys_json, "{\"pk\":{\"S\":\"a\\\"\u00e9\"},\"sk\":{\"N\":\"7.0\"}}");
  EXPECT_EQ(second.keys_json, R"({"pk":{"S":"b"},"sk":{"N":"8"}})");
  const Change binary = put(R"({"Item":{"sk":{"S":"x"},"pk":{"B":"AAE="}}})");
  EXPECT_EQ(binary.key.shape(), "pk (B), sk (S)");
}

TEST_F(ItemLine, LosesNullMembersOfItsValues) {
  const Change change = put(R"({"Item":{"id":{"S":"a","N":null},"v":{"NULL":true}}})");
  EXPECT_EQ(change.problem, "");
  EXPECT_EQ(change.image_json, R"({"id":{"S":"a"},"v":{"NULL":true}})");
}

TEST_F(ItemLine, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(problem_of("7"), "the line is not a JSON object: expected {\"Item\":{...}}");
  EXPECT_EQ(problem_of("{}"),
            "the line has nothing: expected {\"Item\":{...}}, as full exports have it");
  EXPECT_EQ(problem_of(R"({"Keys":{},"NewImage":{}})"),
            "the line has no Item, but \"Keys\", \"NewImage\": expected {\"Item\":{...}}, as full "
            "exports have it");
  EXPECT_EQ(problem_of(R"({"Item":{"id":{"S":"a"}},"Item":{}})"),
            "the line has Item and \"Item\": expected {\"Item\":{...}}, as full exports have it");
  EXPECT_EQ(problem_of(R"({"Item":{"x":{"S":"a"}}})"),
            "the item lacks the key attribute id, or it is none of S, N and B");
  EXPECT_EQ(problem_of(R"({"Item":{"id":{"BOOL":true}}})"),
            "the item lacks the key attribute id, or it is none of S, N and B");
  EXPECT_EQ(problem_of(R"({"Item":{"id":{"S":"a"},"id":{"S":"b"}}})"),
            "the item has the key attribute id twice");
  EXPECT_EQ(problem_of(R"({"Item":{"id":{"S":""}}})"), "the value of key attribute id: is empty");
  EXPECT_EQ(problem_of(R"({"Item":{"id":{"S":"a"},"v":{"X":"b"}}})"),
            "an attribute has a type that is none of DynamoDB's ten");
  EXPECT_EQ(problem_of(R"({"Item":7})"), "an image is not a JSON object");
}

TEST_F(ItemLine, ThatIsNoJsonNamesNoItem) {
  const std::string whole = R"({"Item":{"id":{"S":"secret"},"v":{"N":"1"}}})";
  ASSERT_EQ(problem_of(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Change change = put(whole.substr(0, size));
    EXPECT_NE(change.problem.find("is not JSON"), std::string::npos) << size;
    EXPECT_EQ(change.problem.find("secret"), std::string::npos) << size;
    EXPECT_FALSE(change.names_item()) << size;
  }
  EXPECT_NE(problem_of(whole + "}").find("is not JSON"), std::string::npos);
  EXPECT_NE(problem_of(whole + whole).find("is not JSON"), std::string::npos);
}

TEST_F(ItemLine, GivesARemovalOfTheKeyInAnItem) {
  std::string item = R"({"v":{"S":"x"},"id":{"S":"a"}})";
  const Change change = reader_.removal_of(item);
  item.assign(item.size(), 'x');
  ASSERT_EQ(reader_.removal_of(R"({"id":{"S":"b"}})").problem, "");
  EXPECT_EQ(change.problem, "");
  std::string canonical;
  append_canonical(canonical, change.key);
  EXPECT_EQ(canonical, "2:idS1:a");
  EXPECT_EQ(change.operation, Operation::kRemove);
  EXPECT_EQ(change.event_name, EventName::kRemove);
  EXPECT_EQ(change.image_json, "");
  EXPECT_EQ(change.keys_json, R"({"id":{"S":"a"}})");
  EXPECT_EQ(change.version, load_version().version());
  EXPECT_NE(reader_.removal_of(R"({"id":)").problem, "");
  EXPECT_NE(reader_.removal_of(R"({"id":{"S":"a"}},"x":{})").problem, "");
  EXPECT_NE(reader_.removal_of("{}").problem, "");
}

TEST_F(ItemLine, GivesARemovalOfACanonicalKey) {
  const Change change = reader_.removal_of_key("2:idS1:a2:skN1:7");
  EXPECT_EQ(change.problem, "");
  EXPECT_EQ(change.operation, Operation::kRemove);
  EXPECT_EQ(change.keys_json, R"({"id":{"S":"a"},"sk":{"N":"7"}})");
  EXPECT_EQ(change.version, load_version().version());
  EXPECT_NE(reader_.removal_of_key("sha256:00").problem.find("only its hash is kept"),
            std::string::npos);
  EXPECT_EQ(reader_.removal_of_key("2:id").problem, "is no canonical key");
}

TEST_F(ItemLine, ComesBackAsARecordOfTheStreamThatNeverWas) {
  const Change change = put(R"({"Item":{"v":{"S":"a b"}, "id":{"S":"a\"\n"}}})");
  const std::string line = record_line(change, load_version(), kTableArn);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  StreamParser parser;
  Copies copies;
  const Payload text = Payload::copy_of(line);
  const auto record = parser.parse_record(text.view(), {}, copies);
  ASSERT_TRUE(record) << record.error().message;
  const Change again = change_of(*record);
  EXPECT_EQ(again.problem, "");
  EXPECT_EQ(again.version, change.version);
  EXPECT_EQ(again.source, change.source);
  EXPECT_EQ(again.operation, change.operation);
  EXPECT_EQ(again.event_name, change.event_name);
  EXPECT_EQ(again.created_at, change.created_at);
  EXPECT_EQ(again.keys_json, change.keys_json);
  EXPECT_EQ(again.image_json, R"({"v":{"S":"a b"},"id":{"S":"a\"\n"}})");
}

TEST(KeyNamesOfAnOption, AreOneOrTwo) {
  EXPECT_EQ(*parse_key_names("id"), (KeyNames{"id"}));
  EXPECT_EQ(*parse_key_names("id,line"), (KeyNames{"id", "line"}));
  for (const char* text : {"", ",", "a,", ",a", "a,b,c", "a,a"})
    EXPECT_FALSE(parse_key_names(text)) << text;
  EXPECT_FALSE(parse_key_names(std::string(256, 'x')));
}

}  // namespace
}  // namespace streamonce::events
