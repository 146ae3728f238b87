#include "events/dumps/dead_letter.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "events/dumps/dead_letter_line.h"
#include "events/dumps/document_splitter.h"
#include "runtime/base/text_encoding.h"
#include "tests/support/stream_event.h"

namespace streamonce::events {
namespace {

using nlohmann::json;
using streamonce::testing::put;
using Told = std::vector<std::string>;

constexpr std::string_view kArn =
    "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";
constexpr std::string_view kPointer =
    "pointer shardId-00000001795221862580-0fa4d1b2 000000000000000000060 000000000000000000062";

/// Writes down what it is told.
class Listener final : public DeadLetterSink {
 public:
  void on_message(std::string_view message_id) override {
    told.push_back("message " +
                   std::string(message_id.substr(message_id.empty() ? 0 : message_id.size() - 1)));
  }
  void on_message_end() override {}
  void on_record(const RecordText& record) override {
    const json parsed = json::parse(record.json);
    std::string line = "record " + parsed["dynamodb"]["SequenceNumber"].get<std::string>();
    EXPECT_EQ(record.names_stream, parsed.contains("eventSourceARN"));
    if (!record.names_stream) line += " of " + std::string(record.stream_arn);
    told.push_back(line);
  }
  void on_pointer(const StreamPointer& pointer, std::string_view letter) override {
    EXPECT_TRUE(json::parse(letter).contains("DDBStreamBatchInfo"));
    EXPECT_EQ(pointer.stream_arn, kArn);
    std::string line = "pointer ";
    for (const std::string_view part :
         {pointer.shard_id, std::string_view(" "), pointer.first.text(), std::string_view(" "),
          pointer.last.text()})
      line += part;
    told.push_back(line);
  }
  void on_unreadable(std::string_view text, std::string_view reason) override {
    told.push_back("unreadable " + std::string(reason));
    unreadable.emplace_back(text);
  }

  Told told;
  std::vector<std::string> unreadable;
};

Listener read(std::string_view text, std::string_view stream_arn = {}) {
  DocumentSplitter splitter;
  DeadLetterReader reader;
  Listener listener;
  std::copy(text.begin(), text.end(), splitter.room().begin());
  splitter.took(text.size());
  splitter.finish();
  while (const auto document = splitter.next()) {
    EXPECT_EQ(document->problem, "");
    reader.read(document->text, listener, stream_arn);
  }
  return listener;
}

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(STREAMONCE_FIXTURES) + "/dead_letters/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

Told told_of(const std::string& name) {
  return read(fixture(name)).told;
}

const Told kRecords = {"record 000000000000000000060", "record 000000000000000000061",
                       "record 000000000000000000062"};

/// `lines` with a line before each that has a word in `before`.
Told with_messages(const Told& lines, const std::vector<std::size_t>& before) {
  Told told;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (std::size_t m = 0; m < before.size(); ++m)
      if (before[m] == i) told.push_back("message " + std::to_string(m + 1));
    told.push_back(lines[i]);
  }
  return told;
}

TEST(DeadLetter, FindsTheRecordsInEveryForm) {
  for (const char* name : {"s3_payload_text.json", "s3_payload_object.json", "s3_too_old.json",
                           "s3_null_context.json", "sns_payload.json", "sns_event_payload.json",
                           "stream_event.json", "records_array.json", "records.ndjson"})
    EXPECT_EQ(told_of(name), kRecords) << name;
  EXPECT_EQ(told_of("record.json"), Told{kRecords[0]});
  EXPECT_EQ(told_of("receive_message_payload.json"), with_messages(kRecords, {0, 2}));
  EXPECT_EQ(told_of("sqs_event_payload.json"), with_messages(kRecords, {0, 1}));
  EXPECT_EQ(told_of("messages.ndjson").size(), 6U);
}

TEST(DeadLetter, FindsThePointersInEveryForm) {
  const std::string pointer(kPointer);
  for (const char* name :
       {"sqs_pointer.json", "pipes_pointer.json", "sns_pointer.json", "sns_pipes_pointer.json"})
    EXPECT_EQ(told_of(name), Told{pointer}) << name;
  for (const char* name : {"receive_message_pointers.json", "sqs_event_pointers.json"})
    EXPECT_EQ(told_of(name), (Told{"message 1", pointer, "message 2", pointer})) << name;
}

TEST(DeadLetter, FindsAllFormsInOneFile) {
  Told expected = kRecords;
  expected.insert(expected.end(), kRecords.begin(), kRecords.end());
  expected.insert(expected.end(), {"message 1", kRecords[0], kRecords[1]});
  EXPECT_EQ(told_of("mixed.json"), expected);
}

TEST(DeadLetter, RecordsOfGetRecordsTakeTheStreamFromOutside) {
  const std::string text = fixture("get_records.json");
  EXPECT_EQ(read(text).told[0], kRecords[0] + " of ");
  EXPECT_EQ(read(text, kArn).told[2], kRecords[2] + " of " + std::string(kArn));
}

/// A letter's stream is that of the records in it.
TEST(DeadLetter, RecordsInALetterTakeItsStream) {
  json letter = json::parse(fixture("s3_payload_object.json"));
  for (json& record : letter["payload"]["Records"]) record.erase("eventSourceARN");
  EXPECT_EQ(read(letter.dump()).told[0], kRecords[0] + " of " + std::string(kArn));
  letter["payload"] = letter["payload"].dump();
  EXPECT_EQ(read(letter.dump(2)).told[1], kRecords[1] + " of " + std::string(kArn));
}

TEST(DeadLetter, AShardIdThatIsNoneIsToldWithWhatIsWrongWithIt) {
  json letter = json::parse(fixture("s3_payload_object.json"));
  letter.erase("payload");
  const auto told_for = [&](const json& shard_id) {
    letter["DDBStreamBatchInfo"]["shardId"] = shard_id;
    return read(letter.dump()).told.at(0);
  };
  const std::string start = "unreadable DDBStreamBatchInfo.shardId ";
  EXPECT_EQ(told_for("not a shard"),
            start + "\"not a shard\" is no shard's: expected printable ASCII without spaces");
  EXPECT_EQ(told_for("a\n\xC3\xA4"),
            start + "\"a???\" is no shard's: expected printable ASCII without spaces");
  EXPECT_EQ(told_for(std::string(66, 'a')), start + "has 66 bytes: expected 1 to 65");
  EXPECT_EQ(told_for(""), start + "has 0 bytes: expected 1 to 65");
  EXPECT_EQ(told_for(7), start + "is not a string");
  EXPECT_EQ(told_for(nullptr), start + "is absent");
  EXPECT_EQ(told_for(std::string(65, 'a')).find("pointer "), 0U);
}

TEST(DeadLetter, WhatIsNoneOfTheFormsSaysSo) {
  const auto reason_of = [](const std::string& name) {
    const Told told = told_of("unreadable/" + name);
    return told.empty() ? "" : told.back();
  };
  EXPECT_EQ(reason_of("kinesis.json").find("unreadable an on-failure record of a Kinesis stream"),
            0U);
  EXPECT_EQ(reason_of("table_arn.json").find("unreadable DDBStreamBatchInfo.streamArn: "), 0U);
  EXPECT_EQ(
      reason_of("long_number.json").find("unreadable DDBStreamBatchInfo.startSequenceNumber: "),
      0U);
  EXPECT_EQ(reason_of("no_shard.json"), "unreadable DDBStreamBatchInfo.shardId is absent");
  EXPECT_EQ(reason_of("other_message.json").find("unreadable an object with \"orderId\": expected"),
            0U);
  EXPECT_EQ(reason_of("text_message.json").find("unreadable the message's body is not JSON"), 0U);
  EXPECT_EQ(reason_of("subscription.json").find("unreadable an object with \"Type\", "), 0U);
  EXPECT_EQ(reason_of("api_gateway.json").find("unreadable an object with "), 0U);
  EXPECT_EQ(reason_of("payload_cut_short.json").find("unreadable payload is not JSON: "), 0U);
  EXPECT_EQ(read("{}").told[0].find("unreadable an empty object: expected"), 0U);
  EXPECT_EQ(read(R"({"Records":7})").told[0], "unreadable Records is not a list");
  EXPECT_EQ(read(R"({"Records":[7]})").told[0].find("unreadable neither an object nor a list"), 0U);
  EXPECT_EQ(read(R"({"DDBStreamBatchInfo":7})").told[0],
            "unreadable DDBStreamBatchInfo is not an object");
}

/// The bytes are told with it: of a message the whole message, of a list's element that.
TEST(DeadLetter, WhatIsUnreadableIsWhole) {
  const Listener message = read(fixture("unreadable/other_message.json"));
  EXPECT_TRUE(json::parse(message.unreadable.at(0)).contains("MessageId"));
  const Listener letter = read(fixture("unreadable/payload_cut_short.json"));
  EXPECT_TRUE(json::parse(letter.unreadable.at(0)).contains("DDBStreamBatchInfo"));
  const Listener element = read(R"({"Records":[{"x":1},)" + put("a", "1", "v") + "]}");
  EXPECT_EQ(element.unreadable, Told{R"({"x":1})"});
  EXPECT_EQ(element.told.back(), "record 1");
}

TEST(DeadLetter, JsonThatIsNotJsonIsFoundAnywhere) {
  const std::string record = put("a", "1", "v");
  for (const std::string& bad :
       {std::string(R"({"x":tru})"), std::string(R"({"x":01})"), std::string("{\"x\":\"\xff\"}"),
        std::string(R"({"x":"\q"})"), std::string(R"({"x":nul})"), std::string(R"({"x":1.})")}) {
    const Listener alone = read(bad);
    EXPECT_EQ(alone.unreadable, Told{bad}) << bad;
    const Listener beside = read(record.substr(0, record.size() - 1) + ",\"more\":" + bad + "}");
    EXPECT_EQ(beside.told.size(), 1U) << bad;
    EXPECT_EQ(beside.unreadable.size(), 1U) << bad;
  }
}

TEST(DeadLetter, AnUnreadableLineIsReadAgainAndWrittenAgainAsItIs) {
  for (const std::string& text :
       {std::string("hello \"world\"\n"), std::string(R"({"a":1)"), std::string("{\"a\":\"\xff\"}"),
        std::string(R"({ "a" : [1, 2] })"), std::string("17"), std::string(1, '\0')}) {
    const std::string line = unreadable_line(text, "because");
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_TRUE(json::parse(line).is_object()) << line;
    const Listener again = read(line);
    ASSERT_EQ(again.unreadable.size(), 1U) << line;
    const std::string second = unreadable_line(again.unreadable[0], "because");
    EXPECT_EQ(second, line);
  }
  EXPECT_EQ(unreadable_line(R"({ "a" : [1, "x y"] })", "because"), R"({"a":[1,"x y"]})");
  EXPECT_EQ(json::parse(unreadable_line("\xff\xfe", "because"))["unreadableBytes"], "//4=");
  // Mended by hand, it is taken.
  const std::string mended = json{{"unreadableDocument", put("a", "5", "v")}}.dump();
  EXPECT_EQ(read(mended).told, Told{"record 5"});
}

TEST(DeadLetter, NothingIsPassedOver) {
  const std::string a = put("a", "1", "x");
  const std::string b = put("b", "2", "y");
  const std::string list_a = "[" + a + "]";
  const std::string list_b = "[" + b + "]";
  const std::string letter = fixture("sqs_pointer.json");
  const std::string start = letter.substr(0, letter.rfind('}'));
  for (const std::string& text :
       {R"({"Records":)" + list_a + R"(,"Records":)" + list_b + "}",
        R"({"Records":)" + list_a + R"(,"Messages":)" + list_b + "}",
        start + R"(,"payload":{"Records":)" + list_a + R"(},"Records":)" + list_b + "}",
        start + R"(,"payload":{"Records":)" + list_a + R"(},"payload":{"Records":)" + list_b + "}}",
        start + R"(,"payload":{"Records":[]}})", start + R"(,"payload":"[]"})",
        std::string(R"({"MessageId":"m","Body":"[]"})"),
        std::string(R"({"MessageId":"m","messageId":"n","Body":"[]"})")}) {
    const Listener listener = read(text);
    EXPECT_EQ(listener.unreadable.size(), 1U) << text;
    EXPECT_EQ(listener.unreadable.at(0), text);
    EXPECT_EQ(std::count_if(listener.told.begin(), listener.told.end(),
                            [](const std::string& line) { return line.starts_with("record"); }),
              0);
  }
  EXPECT_EQ(read(R"({"Records":[]})").told, Told{});  // an empty page
}

/// It is put into each record as it is.
TEST(DeadLetter, AStreamArnThatIsNoneIsNotTaken) {
  json letter = json::parse(fixture("s3_payload_object.json"));
  for (json& record : letter["payload"]["Records"]) record.erase("eventSourceARN");
  letter["DDBStreamBatchInfo"]["streamArn"] = R"(x","dynamodb":{"a":1}},{"y":")";
  EXPECT_EQ(read(letter.dump()).told[0], kRecords[0] + " of ");
}

TEST(DeadLetter, ARecordIsTheObjectAndNothingAroundIt) {
  const std::string record = put("a", "1", "x");
  const std::string text = json{{"unreadableDocument", "\n \t" + record + "\n"}}.dump();
  struct Exact final : DeadLetterSink {
    void on_message(std::string_view) override {}
    void on_message_end() override {}
    void on_record(const RecordText& found) override { json_text = found.json; }
    void on_pointer(const StreamPointer&, std::string_view) override {}
    void on_unreadable(std::string_view, std::string_view) override {}
    std::string json_text;
  } exact;
  DeadLetterReader().read(Payload::copy_of(text).view(), exact);
  EXPECT_EQ(exact.json_text, record);
}

TEST(DeadLetter, MessagesInAMessageAreThatMessages) {
  const auto message = [](std::string_view id, const std::string& body) {
    return json{{"messageId", id}, {"body", body}};
  };
  const json inner = {{"Messages", {message("x", put("a", "1", "v")), message("y", "bad")}}};
  const json event = {{"Records", {message("1", inner.dump()), message("2", put("b", "2", "w"))}}};
  const Told told = read(event.dump()).told;
  ASSERT_EQ(told.size(), 5U);
  EXPECT_EQ(told[0], "message 1");
  EXPECT_EQ(told[1], "record 1");
  EXPECT_EQ(told[2].find("unreadable the message's body is not JSON"), 0U);
  EXPECT_EQ(told[3], "message 2");
  EXPECT_EQ(told[4], "record 2");
}

TEST(DeadLetter, WhatIsKeptIsNeverMuchLonger) {
  for (const std::string& text : {std::string(3'000'000, '\0'), std::string(3'000'000, '"'),
                                  std::string(3'000'000, '\xff'), std::string(3'000'000, 'x')}) {
    const std::string line = unreadable_line(text, "because");
    EXPECT_LT(line.size(), text.size() * 3 / 2 + 100);
    EXPECT_EQ(read(line).unreadable, Told{text});
  }
}

TEST(DeadLetter, TextsInTextsEnd) {
  std::string text = put("a", "1", "v");
  for (int i = 0; i < 4; ++i) text = json{{"unreadableDocument", text}}.dump();
  EXPECT_EQ(read(text).told, Told{"record 1"});
  for (int i = 0; i < 8; ++i) text = json{{"unreadableDocument", text}}.dump();
  EXPECT_EQ(read(text).told, Told{"unreadable texts in texts, too deep to be a dead letter"});
  std::string lists = "1";
  for (int i = 0; i < 30; ++i) lists = "[" + lists + "]";
  EXPECT_EQ(read(R"({"Records":)" + lists + "}").told.size(), 1U);
}

/// As `aws sqs receive-message --query 'Messages[].Body'` prints them, and `jq` in lines.
TEST(DeadLetter, ReadsTextsThatHoldADocument) {
  const std::string letter = fixture("s3_payload_text.json");
  const std::string record = put("a", "1", "v");
  EXPECT_EQ(read(json{letter, record, fixture("sqs_pointer.json")}.dump(4)).told,
            (Told{kRecords[0], kRecords[1], kRecords[2], "record 1", std::string(kPointer)}));
  EXPECT_EQ(read(json(letter).dump() + "\n" + json(record).dump() + "\n" + record).told,
            (Told{kRecords[0], kRecords[1], kRecords[2], "record 1", "record 1"}));
  EXPECT_EQ(read(json(json(record).dump()).dump()).told, Told{"record 1"});
  EXPECT_EQ(read(json("\xEF\xBB\xBF" + record).dump()).told, Told{"record 1"});
  EXPECT_EQ(read(R"({"Messages":[)" + json(record).dump() + "]}").told, Told{"record 1"});
}

TEST(DeadLetter, ATextThatHoldsNoDocumentIsWholeAndReadAgainAsItIs) {
  for (const char* text : {R"("{\"orderId\":7}")", R"("{cut short")", R"("[]")", R"(" ")",
                           R"("\ud800")", R"("{}" "{}")"}) {
    const Listener listener = read(unreadable_line(text, "because"));
    EXPECT_EQ(listener.unreadable, Told{text});
    EXPECT_EQ(listener.told.size(), 1U) << text;
  }
}

/// Behind a text there is nothing, or it would be passed over.
TEST(DeadLetter, WhatIsBehindATextMakesItUnreadable) {
  const std::string text = json(put("a", "1", "v")).dump();
  const Listener listener = read(unreadable_line(text + " " + text, "because"));
  EXPECT_EQ(listener.unreadable, Told{text + " " + text});
  EXPECT_EQ(listener.told.size(), 1U);
}

TEST(DeadLetter, ReadsMessagesWithoutAnIdentifier) {
  const std::string letter = fixture("s3_payload_object.json");
  const Told expected = {"message ", kRecords[0], kRecords[1], kRecords[2]};
  EXPECT_EQ(read(json{{"Body", letter}, {"MD5OfBody", "d41d8cd9"}}.dump()).told, expected);
  // As a script prints messages that tidies them up.
  const json tidied = {{{"id", "m"}, {"receives", 3}, {"body", json::parse(letter)}}};
  EXPECT_EQ(read(tidied.dump(1)).told, expected);
}

TEST(DeadLetter, ReadsTheRecordOfAnAsynchronousInvocation) {
  json record = {{"version", "1.0"},
                 {"requestContext", {{"condition", "RetriesExhausted"}}},
                 {"requestPayload", json::parse(fixture("stream_event.json"))},
                 {"responsePayload", {{"errorMessage", "x"}}}};
  EXPECT_EQ(read(record.dump()).told, kRecords);
  record["requestPayload"] = json::object();
  EXPECT_EQ(read(record.dump()).told.at(0).find("unreadable an empty object"), 0U);
  record["requestPayload"] = {{"Records", json::array()}};
  EXPECT_EQ(read(record.dump()).told, Told{"unreadable requestPayload holds no record"});
  record["requestPayload"] = nullptr;
  EXPECT_EQ(read(record.dump()).told.at(0).find("unreadable an object with "), 0U);
}

TEST(DeadLetter, ReadsEventsOfEventBridge) {
  json event = {{"detail-type", "Event from aws:dynamodb"},
                {"source", "Pipe orders"},
                {"detail", json::parse(put("a", "1", "v"))}};
  EXPECT_EQ(read(event.dump()).told, Told{"record 1"});
  EXPECT_EQ(read(json{{"Messages", {{{"MessageId", "1"}, {"Body", event.dump()}}}}}.dump()).told,
            (Told{"message 1", "record 1"}));
  // What Lambda sends to a bus of an asynchronous invocation, by way of a topic and a queue.
  event["detail"] = {{"requestPayload", json::parse(fixture("stream_event.json"))}};
  const json notification = {{"Type", "Notification"}, {"Message", event.dump()}};
  const json message = {{"messageId", "1"}, {"body", notification.dump()}};
  EXPECT_EQ(read(json{{"Records", {message}}}.dump()).told, with_messages(kRecords, {0}));
  event["detail"] = {{"instance-id", "i-1"}};
  EXPECT_EQ(read(event.dump()).told.at(0).find("unreadable an object with \"instance-id\""), 0U);
}

TEST(DeadLetter, AnAnswerWithoutContentIsAnEmptyPage) {
  for (const char* page :
       {R"({"ResponseMetadata":{"RequestId":"r","RetryAttempts":0}})",
        R"({"$metadata":{"httpStatusCode":200}})", R"({"Messages":null,"ResultMetadata":{}})",
        R"({"Records":[],"NextShardIterator":"i"})", R"({"Records":null,"NextShardIterator":"i"})",
        R"({"Messages":[]})"})
    EXPECT_EQ(read(page).told, Told{}) << page;
  for (const char* other : {"{}", R"({"ResponseMetadata":{},"Messages":null,"Failed":[]})"})
    EXPECT_EQ(read(other).told.size(), 1U) << other;
  // Around it, something must be there.
  EXPECT_EQ(read(R"({"Body":"{\"$metadata\":{}}"})").told,
            (Told{"message ", "unreadable the message holds no record"}));
}

TEST(DeadLetter, WhatIsTwoFormsAtOnceIsUnreadable) {
  const std::string record = put("a", "1", "v");
  const json parsed = json::parse(record);
  const json forms = {
      {"requestPayload", parsed},      {"detail", parsed}, {"body", record},
      {"Records", {parsed}},           {"Sns", parsed},    {"unreadableDocument", record},
      {"dynamodb", parsed["dynamodb"]}};
  for (const auto& [one, content] : forms.items()) {
    for (const auto& [other, more] : forms.items()) {
      if (one == other) continue;
      const Listener listener = read(json{{one, content}, {other, more}}.dump());
      ASSERT_EQ(listener.told.size(), 1U) << one << other;
      EXPECT_NE(listener.told[0].find("several things at once"), std::string::npos);
    }
    for (const json& more : {json{{"Type", "Notification"}, {"Message", record}},
                             json{{"payload", parsed}}, json{{"Body", record}, {"body", record}}}) {
      json both = more;
      both[one] = content;
      EXPECT_EQ(read(both.dump()).unreadable, Told{both.dump()}) << both;
    }
  }
}

TEST(DeadLetter, ARangeTheWrongWayRoundIsToldAsThat) {
  json letter = json::parse(fixture("sqs_pointer.json"));
  std::swap(letter["DDBStreamBatchInfo"]["startSequenceNumber"],
            letter["DDBStreamBatchInfo"]["endSequenceNumber"]);
  EXPECT_EQ(read(letter.dump()).told,
            Told{"unreadable DDBStreamBatchInfo has its range the wrong way round: "
                 "startSequenceNumber 000000000000000000062 is above endSequenceNumber "
                 "000000000000000000060"});
  letter["DDBStreamBatchInfo"].erase("startSequenceNumber");
  EXPECT_EQ(read(letter.dump())
                .told.at(0)
                .find("unreadable DDBStreamBatchInfo.startSequenceNumber: sequence number of 0 "),
            0U);
}

TEST(DeadLetter, WhatIsNotJsonHasItsPlace) {
  EXPECT_NE(read("{\n  \"a\": tru\n}").told.at(0).find("unreadable not JSON: "), std::string::npos);
  EXPECT_NE(read("{\n  \"a\": tru\n}").told.at(0).find(", near line 2, column "),
            std::string::npos);
  const std::string body = json{{"Body", "{\n\"x\": 01}"}}.dump();
  EXPECT_NE(read(body).told.at(1).find("the message's body is not JSON: "), std::string::npos);
  EXPECT_NE(read(body).told.at(1).find(", near line 2, column 6 (byte 7), of 10 bytes"),
            std::string::npos)
      << read(body).told.at(1);
}

TEST(DeadLetter, AnObjectThatDoesNotEndWithItsBracketSaysSo) {
  const auto told = [](const std::string& text) {
    return read(json{{"unreadableDocument", text}}.dump()).told.at(0);
  };
  EXPECT_EQ(told(R"({"g":1)"),
            "unreadable not JSON: JSON document ended early in the middle of an object or array, "
            "near line 1, column 7 (byte 6), of 6 bytes");
  EXPECT_EQ(told(R"({"g":1}])"),
            "unreadable not JSON: The JSON document has an improper structure: missing or "
            "superfluous commas, braces, missing keys, etc, near line 1, column 8 (byte 7), of 8 "
            "bytes");
}

TEST(DeadLetter, Utf16IsNamedInAFailedFileToo) {
  const std::string text("\xFF\xFE{\0}\0", 6);
  const std::string line = unreadable_line(text, "because");
  const Listener listener = read(line);
  EXPECT_EQ(listener.told.at(0), "unreadable " + std::string(utf16_complaint(text)));
  EXPECT_EQ(unreadable_line(listener.unreadable.at(0), "because"), line);
}

}  // namespace
}  // namespace streamonce::events
