#include "handler/services/dynamodb_items.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/payload.h"

namespace streamonce::handler::dynamodb_items {
namespace {

using Texts = std::vector<std::string>;

const AppendKey kAppendKey = [](std::string& body, std::size_t place) {
  body += R"({"id":{"N":")" + std::to_string(place) + "\"}}";
};

/// What an answer says, each part in a line; or the error.
Texts read(std::string_view answer, std::string_view table = "t") {
  Texts lines;
  const auto line_of = [](std::string_view what, const BatchItem& item) {
    std::string line(what);
    for (const WantedText& wanted : item.wanted)
      if (wanted.type != '\0') line.append(" ").append(1, wanted.type).append(wanted.text);
    return line.append(" ").append(item.json);
  };
  const TakeBatchItem item = [&](const BatchItem& found) {
    lines.push_back(line_of("item", found));
    return found.wanted[0].text != "wrong";
  };
  const TakeBatchItem unread = [&](const BatchItem& found) {
    lines.push_back(line_of("unread", found));
    return true;
  };
  const std::vector<std::string_view> wanted = {"id", "k\xC3\xA9y"};
  const Payload payload = Payload::copy_of(answer);
  BatchAnswerReader reader;
  const Result<double> units =
      reader.read(payload.view(), table, wanted, {.item = item, .unread = unread});
  if (!units) return {"error: " + units.error().message};
  lines.push_back("units " + std::to_string(*units));
  return lines;
}

TEST(DynamoDbItems, AskForItemsByTheirKeys) {
  const std::vector<std::size_t> places = {7, 3};
  EXPECT_EQ(batch_get_request({.table = "t"}, places, kAppendKey),
            R"({"RequestItems":{"t":{"Keys":[{"id":{"N":"7"}},{"id":{"N":"3"}}]}}})");
  EXPECT_EQ(batch_get_request({.table = "arn:aws:dynamodb:eu-west-1:123456789012:table/t",
                               .projection = "id, v",
                               .is_consistent = true,
                               .tells_capacity = true},
                              {places.data(), 1}, kAppendKey),
            R"({"RequestItems":{"arn:aws:dynamodb:eu-west-1:123456789012:table/t":)"
            R"({"ConsistentRead":true,"ProjectionExpression":"id, v","Keys":[{"id":{"N":"7"}}]}},)"
            R"("ReturnConsumedCapacity":"TOTAL"})");
}

TEST(DynamoDbItems, AreReadWithWhatIsWantedOfThem) {
  EXPECT_EQ(
      read(R"({"Responses":{"t":[{"x":{"L":[{"S":"\n"}]},"id":{"S":"a\"b"} },
              {"k\u00e9y":{"N":"1E2"},"id":{"B":"AQ=="}},{"id":{"BOOL":true}}]},
              "UnprocessedKeys":{"t":{"ConsistentRead":true,"Keys":[{"id":{"S":"c"}}]}},
              "ConsumedCapacity":[{"TableName":"t","CapacityUnits":1.5},{"CapacityUnits":1}]})"),
      (Texts{R"(item Sa"b {"x":{"L":[{"S":"\n"}]},"id":{"S":"a\"b"} })",
             R"(item BAQ== N1E2 {"k\u00e9y":{"N":"1E2"},"id":{"B":"AQ=="}})",
             R"(item {"id":{"BOOL":true}})", R"(unread Sc {"id":{"S":"c"}})", "units 2.500000"}));
  EXPECT_EQ(read(R"({"Responses":{},"UnprocessedKeys":null,"ConsumedCapacity":null})"),
            Texts{"units 0.000000"});
}

TEST(DynamoDbItems, AreOfTheTableThatWasAskedAbout) {
  const std::string arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/t";
  const std::string item = R"([{"id":{"S":"a"}}])";
  const Texts found = {R"(item Sa {"id":{"S":"a"}})", "units 0.000000"};
  EXPECT_EQ(read(R"({"Responses":{"t":)" + item + "}}", arn), found);
  EXPECT_EQ(read(R"({"Responses":{")" + arn + "\":" + item + "}}", arn), found);
  EXPECT_EQ(read(R"({"Responses":{"u":)" + item + "}}", arn),
            Texts{"error: not an answer to BatchGetItem"});
}

TEST(DynamoDbItems, AreNotReadOutOfAnythingElse) {
  for (const char* answer :
       {"{}", "[]", "", R"({"Responses":[]})", R"({"Responses":{"t":{}}})",
        R"({"Responses":{"t":[7]}})", R"({"Responses":{"t":[{"id":7}]}})",
        R"({"Responses":{"t":[{"id":{"S":7}}]}})", R"({"Responses":{"t":[{"x":{"S":tru}}]}})",
        R"({"Responses":{"t":[{"id":{"S":"wrong"}}]}})", R"({"Responses":{"t":[{"id":{"S":"a"}])",
        R"({"Responses":{},"UnprocessedKeys":{"t":{"Keys":{}}}})",
        R"({"Responses":{},"ConsumedCapacity":[{"CapacityUnits":"1"}]})"}) {
    EXPECT_EQ(read(answer), Texts{"error: not an answer to BatchGetItem"}) << answer;
  }
}

}  // namespace
}  // namespace streamonce::handler::dynamodb_items
