#include "events/stream_batch.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/stream_event.h"

namespace streamonce::events {
namespace {

using streamonce::testing::event_of;
using streamonce::testing::RecordText;
using streamonce::testing::to_json;

/// A parsed event with all that it borrows from.
struct Parsed {
  explicit Parsed(std::string_view text)
      : payload(Payload::copy_of(text)),
        batch(parser.parse(payload.view())) {}
  const StreamRecord& record(std::size_t i = 0) const { return batch.value().records.at(i); }
  std::string message() const { return batch ? "no error" : batch.error().message; }

  Payload payload;
  StreamParser parser;
  Result<StreamBatch> batch;
};

/// What is wrong with the one record of an event; empty: nothing.
std::string problem_of(const RecordText& record) {
  const Parsed parsed(event_of({to_json(record)}));
  EXPECT_TRUE(parsed.batch) << parsed.message();
  return parsed.batch ? parsed.record().problem : "";
}

std::string problem_of_image(std::string_view image) {
  return problem_of({.new_image = std::string(image)});
}

std::string nested(int levels) {
  std::string open;
  std::string close;
  for (int i = 0; i < levels; ++i) {
    open += i % 2 == 0 ? R"({"M":{"m":)" : R"({"L":[)";
    close.insert(0, i % 2 == 0 ? "}}" : "]}");
  }
  return R"({"id":{"S":"a"},"deep":)" + open + R"({"S":"x"})" + close + "}";
}

TEST(StreamParser, TakesARecordAsAwsSendsIt) {
  const Parsed parsed(event_of({to_json({.event_name = "MODIFY",
                                         .sequence_number = "202328600001712385967261751",
                                         .keys = R"({ "id" : {"S":"a"} })",
                                         .new_image = R"({"id":{"S":"a"}, "n" : {"N":"1.5"}} )",
                                         .old_image = R"({"id":{"S":"a"}})"})}));
  ASSERT_TRUE(parsed.batch) << parsed.message();
  const StreamRecord& record = parsed.record();
  EXPECT_EQ(record.problem, "");
  EXPECT_EQ(record.event_name, EventName::kModify);
  EXPECT_EQ(record.sequence_number.text(), "202328600001712385967261751");
  EXPECT_EQ(record.keys_json, R"({ "id" : {"S":"a"} })");
  EXPECT_EQ(record.new_image_json, R"({"id":{"S":"a"}, "n" : {"N":"1.5"}})");
  EXPECT_EQ(record.old_image_json, R"({"id":{"S":"a"}})");
  EXPECT_EQ(record.stream.table, "orders");
  EXPECT_EQ(record.created_at, 1763685862);
  EXPECT_EQ(record.view_type, StreamViewType::kNewAndOldImages);
  EXPECT_FALSE(record.expired_by_ttl);
}

TEST(StreamParser, ImagesAreViewsIntoThePayload) {
  const Parsed parsed(event_of({to_json({.new_image = R"({"id":{"S":"\u00e9\n"}})"})}));
  const std::string_view image = parsed.record().new_image_json;
  EXPECT_EQ(image, R"({"id":{"S":"\u00e9\n"}})");
  EXPECT_GE(image.data(), parsed.payload.text().data());
  EXPECT_LT(image.data(), parsed.payload.text().data() + parsed.payload.size());
}

TEST(StreamParser, TakesAllTenTypes) {
  EXPECT_EQ(problem_of_image(
                R"({"id":{"S":"a"},"s":{"S":""},"n":{"N":"-1.5E-3"},"b":{"B":"AAECAw=="},)"
                R"("t":{"BOOL":true},"f":{"BOOL":false},"z":{"NULL":true},)"
                R"("m":{"M":{"x":{"L":[{"S":"y"},{"M":{}},{"L":[]}]}}},"l":{"L":[]},)"
                R"("ss":{"SS":["a","\"q\""]},"ns":{"NS":["1","2e5"]},"bs":{"BS":["AA==",""]}})"),
            "");
}

TEST(StreamParser, TakesUnicodeAndEscapesInKeys) {
  const Parsed parsed(
      event_of({to_json({.keys = R"({"\u0069d":{"S":"\u00e9\\\"\ud83d\ude00"}})"}),
                to_json({.keys = "{\"id\":{\"S\":\"\xC3\xA9\\\\\\\"\xF0\x9F\x98\x80\"}}"})}));
  ASSERT_TRUE(parsed.batch) << parsed.message();
  std::string first;
  std::string second;
  append_canonical(first, parsed.record(0).key);
  append_canonical(second, parsed.record(1).key);
  EXPECT_EQ(first, second);
  EXPECT_EQ(parsed.record(1).problem, "");
}

TEST(StreamParser, KnowsATtlDelete) {
  const auto is_ttl = [](std::string_view identity) {
    const Parsed parsed(event_of({to_json(
        {.event_name = "REMOVE", .more = R"(,"userIdentity":)" + std::string(identity)})}));
    EXPECT_EQ(parsed.record().problem, "");
    return parsed.record().expired_by_ttl;
  };
  EXPECT_TRUE(is_ttl(R"({"type":"Service","principalId":"dynamodb.amazonaws.com"})"));
  EXPECT_TRUE(is_ttl(R"({"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"})"));
  EXPECT_FALSE(is_ttl(R"({"type":"User","principalId":"dynamodb.amazonaws.com"})"));
  EXPECT_FALSE(is_ttl("null"));
  EXPECT_FALSE(is_ttl("{}"));
}

TEST(StreamParser, TakesCreationTimesAsNumbersAndAsText) {
  const auto created_at = [](std::string_view time) {
    const Parsed parsed(event_of({to_json({.created_at = std::string(time)})}));
    return parsed.record().created_at;
  };
  EXPECT_EQ(created_at("1693997155"), 1693997155);
  EXPECT_EQ(created_at("1693997155.0"), 1693997155);
  EXPECT_EQ(created_at("1.693997155E9"), 1693997155);
  EXPECT_EQ(created_at(R"("2026-11-21T00:44:22Z")"), 1795221862);
}

TEST(StreamParser, TakesACreationTimeOfAnUnknownFormForAbsent) {
  for (const std::string_view time :
       {R"("yesterday")", R"("")", R"("1763685862")", R"("2026-11-21T00:44:22.580")", R"("\ud800")",
        "-1", "1763685862000", "1763685862000000", "1e400", "true", R"({"seconds":1763685862})",
        "[]"}) {
    const Parsed parsed(event_of({to_json({.created_at = std::string(time)})}));
    ASSERT_TRUE(parsed.batch) << time << ": " << parsed.message();
    EXPECT_EQ(parsed.record().problem, "") << time;
    EXPECT_FALSE(parsed.record().created_at) << time;
  }
}

TEST(StreamParser, SkipsUnknownMembersAndTakesAnyOrder) {
  const Parsed parsed(
      R"({"other":[1,{"a":null}],"Records":[{"dynamodb":{"SequenceNumber":"7","New":[[]],)"
      R"("Keys":{"id":{"N":"1"}}},"extra":{"x":[true,false,1.5e3]},"eventSourceARN":")" +
      std::string(streamonce::testing::kStreamArn) + R"(","eventName":"REMOVE"}],"tail":{}})");
  ASSERT_TRUE(parsed.batch) << parsed.message();
  EXPECT_EQ(parsed.record().problem, "");
  EXPECT_FALSE(parsed.record().created_at.has_value());
  EXPECT_EQ(parsed.record().view_type, StreamViewType::kUnknown);
}

TEST(StreamParser, AnEmptyBatchIsFine) {
  EXPECT_TRUE(Parsed(R"({"Records":[]})").batch->records.empty());
}

TEST(StreamParser, CanBeUsedAgain) {
  StreamParser parser;
  for (int i = 0; i < 3; ++i) {
    const Payload bad = Payload::copy_of(R"({"Records":[{"eventName":)");
    EXPECT_FALSE(parser.parse(bad.view()));
    const Payload good = Payload::copy_of(event_of({to_json({}), to_json({})}));
    EXPECT_EQ(parser.parse(good.view())->records.size(), 2U);
  }
}

// ---- What refuses the whole event

TEST(StreamParser, RefusesWhatIsNotJson) {
  for (const std::string_view text :
       {"", " \n", "hello", "{", "{]", "{\"Records\":[}", "{\"Records\":[{]}", "[1,2",
        "{\"Records\":[]}x", "{\"Records\":[]}{}", "{\"Records\":[],}", "\xFF\xFE",
        "{\"Records\":[{\"a\":tru}]}", "{\"a\":\"\\q\",\"Records\":[]}", "{\"a\" 1,\"Records\":[]}",
        "{\"a\":01,\"Records\":[]}"}) {
    const Parsed parsed(text);
    ASSERT_FALSE(parsed.batch) << text;
    EXPECT_EQ(parsed.batch.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(StreamParser, RefusesEveryTruncationOfAnEvent) {
  const std::string whole = event_of(
      {to_json({.new_image = R"({"id":{"S":"a"},"m":{"M":{"x":{"L":[{"NULL":true}]}}}})"})});
  ASSERT_TRUE(Parsed(whole).batch);
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(Parsed(whole.substr(0, length)).batch) << whole.substr(0, length);
}

TEST(StreamParser, RefusesOtherServicesAndSaysWhatItFound) {
  const std::vector<std::pair<std::string, std::string>> vectors = {
      {"{}", "an empty object"},
      {"[]", "not a JSON object"},
      {"null", "not a JSON object"},
      {R"("text")", "not a JSON object"},
      {R"({"Service":"Amazon S3","Event":"s3:TestEvent"})", "\"Service\", \"Event\""},
      {R"({"Records":{}})", "Records is not an array"},
      {R"({"Records":[1]})", "Records[0] is not an object"},
      {R"({"Records":[{"eventSource":"aws:kinesis","kinesis":{"sequenceNumber":"1"}}]})",
       "\"aws:kinesis\""},
      {R"({"Records":[{"messageId":"1","eventSource":"aws:sqs","body":"{}"}]})", "\"aws:sqs\""},
      {R"({"Records":[{"eventSource":"aws:s3","s3":{}}]})", "\"aws:s3\""},
      {R"({"Records":[{"EventSource":"aws:sns","Sns":{}}]})", "\"aws:sns\""},
      {R"({"Records":[],"Records":[]})", "twice"},
      {R"({"Records":[],"window":{"start":"x","end":"y"},"state":{}})", "tumbling window"},
  };
  for (const auto& [text, found] : vectors) {
    const Parsed parsed(text);
    ASSERT_FALSE(parsed.batch) << text;
    EXPECT_NE(parsed.message().find(found), std::string::npos) << parsed.message();
    EXPECT_NE(parsed.message().find(": "), std::string::npos);
  }
}

TEST(StreamParser, RefusesABatchWithARecordThatCannotBeNamed) {
  const std::string good = to_json({});
  for (const std::string& number : {std::string(), std::string("12a"), std::string(65, '1')}) {
    const Parsed parsed(event_of({good, to_json({.sequence_number = number})}));
    ASSERT_FALSE(parsed.batch) << number;
    EXPECT_NE(parsed.message().find("Records[1]"), std::string::npos) << parsed.message();
  }
  EXPECT_FALSE(Parsed(R"({"Records":[{"eventName":"INSERT","dynamodb":{}}]})").batch);
  EXPECT_FALSE(Parsed(R"({"Records":[{"eventName":"INSERT","dynamodb":5}]})").batch);
  EXPECT_FALSE(Parsed(R"({"Records":[{"dynamodb":{"SequenceNumber":7}}]})").batch);
}

TEST(StreamParser, RefusesMoreThanTheBounds) {
  std::string records = R"({"Records":[)";
  for (std::size_t i = 0; i < kRecordsMax; ++i) records += to_json({}) + ",";
  records.pop_back();
  EXPECT_EQ(Parsed(records + "]}").batch->records.size(), kRecordsMax);
  EXPECT_FALSE(Parsed(records + "," + to_json({}) + "]}").batch);
  const Parsed large(std::string(kPayloadBytesMax + 1, ' '));
  EXPECT_NE(large.message().find("6291557 bytes"), std::string::npos) << large.message();
}

// ---- What refuses one record

TEST(StreamParser, ARecordWithAnUnknownEventNameIsRefused) {
  EXPECT_NE(problem_of({.event_name = "UPSERT"}).find("\"UPSERT\""), std::string::npos);
  EXPECT_NE(problem_of({.event_name = "insert"}), "");
}

TEST(StreamParser, ARecordWithoutASoundArnIsRefused) {
  EXPECT_NE(problem_of({.arn = ""}), "");
  EXPECT_NE(problem_of({.arn = "arn:aws:dynamodb:eu-west-1:1:table/T"}), "");
}

TEST(StreamParser, ARecordWithoutASoundKeyIsRefused) {
  for (const std::string_view keys :
       {"", "{}", "5", R"({"id":5})", R"({"id":{}})", R"({"id":{"S":5}})",
        R"({"id":{"BOOL":true}})", R"({"id":{"S":"a","N":"1"}})", R"({"id":{"N":"x"}})",
        R"({"id":{"B":"x"}})", R"({"id":{"S":""}})",
        R"({"a":{"S":"1"},"b":{"S":"1"},"c":{"S":"1"}})", R"({"id":{"S":"a"},"id":{"S":"b"}})",
        R"({"id":{"S":["a"]}})"})
    EXPECT_NE(problem_of({.keys = std::string(keys)}), "") << keys;
}

TEST(StreamParser, KeysOfSeveralShapesAreForTheTargetToJudge) {
  const Parsed parsed(event_of({to_json({.keys = R"({"id":{"N":"1"}})"}), to_json({}), to_json({}),
                                to_json({.keys = R"({"id":{"S":"a"},"sk":{"S":"b"}})"})}));
  ASSERT_TRUE(parsed.batch) << parsed.message();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(parsed.record(i).problem, "") << i;
}

TEST(StreamParser, AnImageThatIsNoItemIsRefused) {
  for (const std::string_view image : {"5",
                                       "[]",
                                       R"({"a":5})",
                                       R"({"a":"x"})",
                                       R"({"a":{}})",
                                       R"({"a":null})",
                                       R"({"a":{"S":null}})",
                                       R"({"a":{"S":null,"N":null,"NULL":null}})",
                                       R"({"a":{"S":"x","N":null,"B":""}})",
                                       R"({"a":{"L":[null]}})",
                                       R"({"a":{"SS":["x",null]}})",
                                       R"({"a":{"M":{"b":null}}})",
                                       R"({"a":{"M":{"b":{"BOOL":null}}}})",
                                       R"({"a":{"S":"x","N":"1"}})",
                                       R"({"a":{"X":"x"}})",
                                       R"({"a":{"S":5}})",
                                       R"({"a":{"N":5}})",
                                       R"({"a":{"N":"abc"}})",
                                       R"({"a":{"B":"%"}})",
                                       R"({"a":{"BOOL":"true"}})",
                                       R"({"a":{"NULL":false}})",
                                       R"({"a":{"M":[]}})",
                                       R"({"a":{"L":{}}})",
                                       R"({"a":{"SS":[]}})",
                                       R"({"a":{"SS":[5]}})",
                                       R"({"a":{"NS":["x"]}})",
                                       R"({"a":{"BS":["%"]}})",
                                       R"({"a":{"SS":"x"}})",
                                       R"({"":{"S":"x"}})",
                                       R"({"a":{"M":{"b":{"L":[{"S":5}]}}}})"})
    EXPECT_NE(problem_of_image(image), "") << image;
}

TEST(StreamParser, AnImageOfAnotherItemIsRefused) {
  const auto problem_with = [](const char* keys, const char* image) {
    return problem_of({.keys = keys, .new_image = image});
  };
  const char* key = R"({"id":{"S":"a"},"n":{"N":"1"}})";
  EXPECT_EQ(problem_with(key, R"({"n":{"N":"1.0"},"x":{"SS":["a"]},"id":{"S":"\u0061"}})"), "");
  EXPECT_NE(problem_with(key, R"({"id":{"S":"b"},"n":{"N":"1"}})").find("different items"),
            std::string::npos);
  EXPECT_NE(problem_with(key, R"({"id":{"S":"a"},"n":{"N":"2"}})"), "");
  EXPECT_NE(problem_with(key, R"({"id":{"S":"a"},"n":{"S":"1"}})"), "");
  EXPECT_NE(problem_with(key, R"({"id":{"S":"a"},"m":{"M":{"n":{"N":"1"}}}})").find("lacks"),
            std::string::npos);
  EXPECT_NE(problem_with(key, R"({"id":{"S":"a"},"n":{"N":"1"},"id":{"S":"a"}})").find("twice"),
            std::string::npos);
}

TEST(StreamParser, AMemberThatStandsTwiceIsRefused) {
  const auto problem_with = [](std::string text, const std::string& first) {
    text.replace(text.find(first), first.size(), first + "," + first);
    const Parsed parsed(event_of({text}));
    return parsed.batch ? parsed.batch->records.at(0).problem : "refused: " + parsed.message();
  };
  const std::string record = to_json({.new_image = R"({"id":{"S":"a"}})"});
  for (const std::string member :
       {R"("eventName":"INSERT")", R"("Keys":{"id":{"S":"a"}})", R"("NewImage":{"id":{"S":"a"}})"})
    EXPECT_NE(problem_with(record, member).find("stands twice"), std::string::npos) << member;
  EXPECT_EQ(problem_with(record, R"("SequenceNumber":"100")"),
            "refused: Records[0].dynamodb has SequenceNumber twice");
}

TEST(StreamParser, ARecordThatIsWrongElsewhereKeepsItsKeyAndItsStream) {
  // Else a later record of its item would be applied.
  const std::string keys = R"("Keys":{"id":{"S":"a"}})";
  const std::string bad_image = R"("NewImage":{"id":{"S":"a"},"s":{"SS":[]}})";
  const std::string good = to_json({.sequence_number = "2"});
  const auto swapped = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& bad :
       {swapped(to_json({}), keys, bad_image + "," + keys), to_json({.arn = "arn:aws:x"}),
        to_json({.event_name = "UPSERT"})}) {
    const Parsed parsed(event_of({bad, good}));
    ASSERT_TRUE(parsed.batch) << parsed.message();
    EXPECT_NE(parsed.record(0).problem, "") << bad;
    EXPECT_EQ(parsed.record(1).problem, "");
    EXPECT_TRUE(parsed.record(0).key.same_shape(parsed.record(1).key)) << bad;
    EXPECT_EQ(parsed.record(0).stream.table, "orders") << bad;
  }
}

TEST(StreamParser, UnusualJsonOfOneRecordIsNoFaultOfTheOthers) {
  const std::string good = to_json({.sequence_number = "2"});
  std::string deep = R"({"S":"x"})";
  for (int i = 0; i < 200; ++i) deep = R"({"L":[)" + deep + "]}";
  for (const std::string& image : {std::string(R"({"id":{"S":"a"},"s":{"S":"\ud800"}})"),
                                   R"({"id":{"S":"a"},"l":)" + deep + "}"}) {
    const Parsed parsed(event_of({to_json({.new_image = image}), good}));
    ASSERT_TRUE(parsed.batch) << parsed.message();
    EXPECT_NE(parsed.record(0).problem, "");
    EXPECT_EQ(parsed.record(1).problem, "");
  }
  for (const std::string more : {R"(,"x":123456789012345678901234567890)", R"(,"x":-1.5e999)",
                                 R"(,"x":["\udfff",{"y":null}])"}) {
    const Parsed parsed(event_of({to_json({.more = more})}));
    ASSERT_TRUE(parsed.batch) << parsed.message();
    EXPECT_EQ(parsed.record().problem, "");
  }
  for (const std::string more :
       {R"(,"x":01)", R"(,"x":1.)", R"(,"x":-)", R"(,"x":1e)", R"(,"x":+1)"})
    EXPECT_FALSE(Parsed(event_of({to_json({.more = more})})).batch) << more;
}

TEST(StreamParser, NullIsAbsent) {
  const Parsed parsed(event_of({to_json(
      {.event_name = "REMOVE", .new_image = "null", .old_image = "null", .created_at = "null"})}));
  ASSERT_TRUE(parsed.batch);
  EXPECT_EQ(parsed.record().problem, "");
  EXPECT_TRUE(parsed.record().new_image_json.empty());
  EXPECT_FALSE(parsed.record().created_at);
}

TEST(StreamParser, TakesNullMembersForAbsent) {
  const Parsed parsed(event_of(
      {to_json({.keys = R"({"id":{"B":null,"S":"a","N":null}})",
                .new_image = R"({ "id" : { "N" : null , "BOOL":null, "S":"a\"null\\" },)"
                             R"("null":{"NULL":true,"M":null},"e":{"S":"null","X":null},)"
                             R"("m":{"L":null,"M":{"x":{"BOOL":false,"S":null},"y":{"M":{}}}},)"
                             R"("l":{"SS":null,"L":[{"S":"x"},{"N":"1","S":null},)"
                             R"({"L":[],"M":null}]},"s":{"NS":["1","2"],"S":null}})",
                .old_image = R"({"id":{"S":"a","N":null}})"}),
       to_json({.keys = R"({"id":{"S":"a","N":null}})",
                .new_image = R"({"id":{"S":"a","NULL":null},"n":{"N":"1"}})"})}));
  ASSERT_TRUE(parsed.batch) << parsed.message();
  EXPECT_NE(parsed.record().problem, "") << "the first image is of another item";
  EXPECT_EQ(parsed.record(0).new_image_json,
            R"({"id":{"S":"a\"null\\"},"null":{"NULL":true},"e":{"S":"null"},)"
            R"("m":{"M":{"x":{"BOOL":false},"y":{"M":{}}}},)"
            R"("l":{"L":[{"S":"x"},{"N":"1"},{"L":[]}]},"s":{"NS":["1","2"]}})");
  EXPECT_EQ(parsed.record(0).keys_json, R"({"id":{"S":"a"}})");
  EXPECT_EQ(parsed.record(0).old_image_json, R"({"id":{"S":"a"}})");
  EXPECT_EQ(parsed.record(1).problem, "");
  EXPECT_EQ(parsed.record(1).new_image_json, R"({"id":{"S":"a"},"n":{"N":"1"}})");
}

TEST(StreamParser, AKeyOfNullsAloneIsRefused) {
  for (const std::string_view keys :
       {R"({"id":{"S":null}})", R"({"id":null})", R"({"id":{"S":"a","N":"1","B":null}})"})
    EXPECT_NE(problem_of({.keys = std::string(keys)}), "") << keys;
}

TEST(StreamParser, AnImageWithoutAttributesIsAbsent) {
  for (const std::string image : {"{}", "{ \n}"}) {
    const Parsed parsed(
        event_of({to_json({.event_name = "REMOVE", .new_image = image, .old_image = image}),
                  to_json({.new_image = R"({"id":{"S":"a"}})", .old_image = image})}));
    ASSERT_TRUE(parsed.batch) << parsed.message();
    EXPECT_EQ(parsed.record(0).problem, "");
    EXPECT_EQ(parsed.record(0).new_image_json, "");
    EXPECT_EQ(parsed.record(0).old_image_json, "");
    EXPECT_EQ(parsed.record(1).problem, "");
    EXPECT_EQ(parsed.record(1).old_image_json, "");
  }
}

TEST(StreamParser, TakesTheDeepestItemAndRefusesADeeperOne) {
  constexpr int kNestingMax = 32;  // DynamoDB quotas
  EXPECT_EQ(problem_of_image(nested(kNestingMax)), "");
  EXPECT_NE(problem_of_image(nested(kNestingMax + 1)).find("32 levels"), std::string::npos);
}

TEST(StreamParser, RefusesEndlessNestingAnywhere) {
  for (const std::string& open : {std::string("["), std::string(R"({"a":)")}) {
    std::string text = R"({"Records":[{"dynamodb":{"NewImage":)";
    for (int i = 0; i < 100'000; ++i) text += open;
    EXPECT_FALSE(Parsed(text).batch);
  }
}

TEST(StreamParser, ARefusedRecordDoesNotHideTheNext) {
  const Parsed parsed(event_of({to_json({.new_image = R"({"a":{"M":{"b":[{"c":1}]}},"z":7})"}),
                                to_json({.new_image = R"({"id":{"S":"a"}})"})}));
  ASSERT_TRUE(parsed.batch) << parsed.message();
  EXPECT_NE(parsed.record(0).problem, "");
  EXPECT_EQ(parsed.record(1).problem, "");
  EXPECT_EQ(parsed.record(1).new_image_json, R"({"id":{"S":"a"}})");
}

TEST(StreamParser, NoMessageHoldsAnItemsValue) {
  for (const std::string_view image : {R"({"a":{"N":"SECRET"}})", R"({"a":{"B":"SECRET%"}})",
                                       R"({"a":"SECRET"})", R"({"a":{"SECRET":"x"}})"})
    EXPECT_EQ(problem_of_image(image).find("SECRET"), std::string::npos);
  EXPECT_EQ(problem_of({.keys = R"({"id":{"N":"SECRET"}})"}).find("SECRET"), std::string::npos);
}

/// A record that was read alone, with all that it borrows but the parser.
struct Alone {
  explicit Alone(StreamParser& parser, const std::string& text, std::string_view arn = {})
      : payload(Payload::copy_of(text)),
        record(parser.parse_record(payload.view(), arn, copies)) {}

  Payload payload;
  Copies copies;
  Result<StreamRecord> record;
};

TEST(ParseRecord, SaysWhatTheEventOfTheRecordSays) {
  StreamParser parser;
  const Alone alone(parser, testing::put("a", "12", "x"));
  ASSERT_TRUE(alone.record) << alone.record.error().message;
  EXPECT_EQ(alone.record->sequence_number.text(), "12");
  EXPECT_EQ(alone.record->event_name, EventName::kModify);
  EXPECT_EQ(alone.record->stream.table, "orders");
  EXPECT_EQ(alone.record->keys_json, testing::key_of("a"));
  EXPECT_EQ(alone.record->problem, "");
  ASSERT_EQ(alone.copies.size(), 1U) << "the rest is in the text";
  EXPECT_EQ(*alone.copies[0], "id");
}

/// Texts that the parser unescapes are in a buffer that the next record takes.
TEST(ParseRecord, ARecordStaysWhatItIsWhenAnotherIsRead) {
  StreamParser parser;
  const std::string escaped = testing::to_json(
      {.sequence_number = R"(\u00312)",
       .keys = R"({"i\u0064":{"S":"a\nb","N":null}})",
       .new_image = R"({"id":{"S":"a\nb"}})",
       .arn =
           R"(arn:aws:dynamodb:eu-west-1:123456789012:table\/orders\/stream\/2026-11-21T00:44:22.580)"});
  const Alone one(parser, escaped);
  ASSERT_TRUE(one.record) << one.record.error().message;
  for (int i = 0; i < 3; ++i) {
    const Alone other(parser, testing::to_json({.sequence_number = R"(\u00399)",
                                                .keys = R"({"x\u0064":{"S":"z\nz"}})",
                                                .arn = R"(\u0061rn:zzz)"}));
    ASSERT_TRUE(other.record);
    EXPECT_EQ(other.record->sequence_number.text(), "99");
  }
  EXPECT_EQ(one.record->problem, "");
  EXPECT_EQ(one.record->sequence_number.text(), "12");
  EXPECT_EQ(one.record->key.attributes()[0].name, "id");
  EXPECT_EQ(one.record->key.attributes()[0].value, "a\nb");
  EXPECT_EQ(one.record->keys_json, R"({"i\u0064":{"S":"a\nb"}})");
  EXPECT_EQ(one.record->stream.table, "orders");
  EXPECT_EQ(one.record->stream.label, "2026-11-21T00:44:22.580");
}

TEST(ParseRecord, TakesTheStreamFromOutsideWhereTheRecordNamesNone) {
  StreamParser parser;
  const std::string text = testing::to_json({.arn = ""});
  const Alone none(parser, text);
  ASSERT_TRUE(none.record);
  EXPECT_EQ(none.record->stream.table, "");
  EXPECT_TRUE(none.record->problem.starts_with("eventSourceARN is absent"));
  const std::string arn(testing::kStreamArn);
  const Alone given(parser, text, arn);
  ASSERT_TRUE(given.record);
  EXPECT_EQ(given.record->stream.table.data(), arn.data() + arn.find("orders"));
  EXPECT_EQ(given.record->problem, "");
  std::string other = arn;
  other.replace(other.find("orders"), 6, "others");
  EXPECT_EQ(Alone(parser, text, other).record->stream.table, "others");
  EXPECT_EQ(Alone(parser, testing::put("a", "1", "x"), other).record->stream.table, "orders");
}

TEST(ParseRecord, RefusesWhatIsNoRecord) {
  StreamParser parser;
  const std::pair<std::string, std::string_view> table[] = {
      {"7", "the record is not an object"},
      {"[]", "the record is not an object"},
      {"{}", "the record has no dynamodb.SequenceNumber"},
      {testing::put("a", "1", "x") + " {}", "the record is not JSON"},
      {R"({"dynamodb":{"SequenceNumber":"1"},"x":nul})", "the record is not JSON"},
      {R"({"eventSource":"aws:sqs","dynamodb":{"SequenceNumber":"1"}})",
       "the record is of the event source \"aws:sqs\""},
  };
  for (const auto& [text, start] : table) {
    const Alone alone(parser, text);
    ASSERT_FALSE(alone.record) << text;
    EXPECT_EQ(alone.record.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(alone.record.error().message.starts_with(start)) << alone.record.error().message;
  }
  const std::string whole = testing::put("a", "1", "x");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(Alone(parser, whole.substr(0, size)).record) << size;
}

}  // namespace
}  // namespace streamonce::events
