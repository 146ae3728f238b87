#include "events/attribute_walk.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace streamonce::events {
namespace {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::value;

/// What the walk of an item or key came to.
struct Walked {
  error_code error = SUCCESS;
  std::string problem;
  std::string raw;
  std::string attributes;  ///< an item's scalars, or a key's attributes: `name type value;`
};

std::string text_of(const KeyAttribute& attribute) {
  return std::string(attribute.name) + " " + static_cast<char>(attribute.type) + " " +
         std::string(attribute.value) + ";";
}

template <class Walk>
Walked walk(const std::string& json, Walk walk_value) {
  Walked walked;
  const Payload payload = Payload::copy_of(R"({"Image": )" + json + R"( ,"next":1})");
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  Copies copies;
  walked.error = json::open(parser, payload.view(), document);
  if (walked.error) return walked;
  walked.error = json::walk_members(document, [&](std::string_view name, value member) {
    if (name == "next") return json::walk_any(member);
    std::string_view raw;
    const error_code error = walk_value(document, member, raw, copies, walked);
    walked.raw = raw;
    return error;
  });
  return walked;
}

Walked walk_image(const std::string& json) {
  return walk(json, [](simdjson::ondemand::document& document, value member, std::string_view& raw,
                       Copies& copies, Walked& walked) {
    std::vector<KeyAttribute> scalars;
    const error_code error =
        walk_item(document, member, raw, scalars, copies, json::Problem(walked.problem));
    for (const KeyAttribute& scalar : scalars) walked.attributes += text_of(scalar);
    return error;
  });
}

Walked walk_keys(const std::string& json) {
  return walk(json, [](simdjson::ondemand::document& document, value member, std::string_view& raw,
                       Copies& copies, Walked& walked) {
    ItemKey key;
    const error_code error =
        walk_key(document, member, raw, key, copies, json::Problem(walked.problem));
    for (const KeyAttribute& attribute : key.attributes()) walked.attributes += text_of(attribute);
    return error;
  });
}

TEST(WalkItem, TakesEveryTypeAndKeepsTheRawJson) {
  const std::string item =
      R"({"s":{"S":"x\ty"},"n":{"N":"-1.5e3"},"b":{"B":"YQ=="},"bool":{"BOOL":false},)"
      R"("null":{"NULL":true},"ss":{"SS":["a"]},"ns":{"NS":["1","2"]},"bs":{"BS":[""]},)"
      R"("l":{"L":[{"S":""},{"L":[]}]},"m":{"M":{"k":{"M":{}}}}})";
  const Walked walked = walk_image(item);
  EXPECT_EQ(walked.error, SUCCESS);
  EXPECT_EQ(walked.problem, "");
  EXPECT_EQ(walked.raw, item);
  EXPECT_EQ(walked.attributes, "s S x\ty;n N -1.5e3;b B YQ==;");
}

TEST(WalkItem, NotesWhatIsNoItemAndGoesOn) {
  const std::pair<const char*, const char*> table[] = {
      {"7", "an image is not a JSON object"},
      {R"({"a":"x"})", R"(an attribute value is not an object such as {"S":"..."})"},
      {R"({"":{"S":"x"}})", "an attribute has an empty name"},
      {R"({"a":{"M":{"":{"S":"x"}}}})", "an attribute has an empty name"},
      {R"({"a":{}})", "an attribute value has not exactly one type"},
      {R"({"a":{"S":"x","N":"1"}})", "an attribute value has not exactly one type"},
      {R"({"a":{"T":"x"}})", "an attribute has a type that is none of DynamoDB's ten"},
      {R"({"a":{"S":1}})", "an S is not a string"},
      {R"({"a":{"N":1}})", "an N is not a string"},
      {R"({"a":{"N":"one"}})", "an N is not a number of DynamoDB's"},
      {R"({"a":{"B":[]}})", "a B is not a string"},
      {R"({"a":{"B":"YQ"}})", "a B is not base64"},
      {R"({"a":{"BOOL":"true"}})", "a BOOL or NULL is not a JSON boolean"},
      {R"({"a":{"NULL":false}})", "a NULL is not true"},
      {R"({"a":{"SS":"x"}})", "a set is not a JSON array"},
      {R"({"a":{"SS":[]}})", "a set is empty"},
      {R"({"a":{"NS":["1","x"]}})", "an N is not a number of DynamoDB's"},
      {R"({"a":{"L":{}}})", "an L is not a JSON array"},
      {R"({"a":{"M":[]}})", "an attribute map is not a JSON object"},
      {R"({"a":{"S":"\ud83d"}})", "a string has an escape that stands for no character"},
  };
  for (const auto& [item, problem] : table) {
    EXPECT_EQ(walk_image(item).problem, problem) << item;
    EXPECT_EQ(walk_image(item).error, SUCCESS) << item;
  }
}

TEST(WalkItem, EndsAtWhatIsNotJson) {
  for (const char* item : {R"({"a":{"S":"\x"}})", R"({"a":{"BOOL":tru}})", R"({"a":{"S" "x"}})",
                           R"({"a":{"Z":01}})", R"({"a":nul})", R"({"a":{"N":1.}})"})
    EXPECT_NE(walk_image(item).error, SUCCESS) << item;
}

TEST(WalkItem, LeavesOutMembersThatAreNull) {
  const Walked walked =
      walk_image(R"({ "a": {"S":"x\"","N":null} , "b":{"BOOL":null,"L":[{"NULL":null,"N":"1"}]}})");
  EXPECT_EQ(walked.problem, "");
  EXPECT_EQ(walked.raw, R"({"a":{"S":"x\""},"b":{"L":[{"N":"1"}]}})");
  EXPECT_NE(walk_image(R"({"a":null})").problem, "") << "no attribute value at all";
}

TEST(WalkItem, BoundsTheNesting) {
  const auto nested = [](int levels) {
    std::string item = R"({"S":"x"})";
    for (int i = 0; i < levels; ++i) item = R"({"L":[)" + item + "]}";
    return R"({"a":)" + item + "}";
  };
  EXPECT_EQ(walk_image(nested(kNestingMax)).problem, "");
  EXPECT_EQ(walk_image(nested(kNestingMax + 1)).problem, "an item nests deeper than 32 levels");
}

TEST(WalkKey, TakesAKeyOfOneOrTwoAttributes) {
  const Walked one = walk_keys(R"({"id":{"S":"a"}})");
  EXPECT_EQ(one.attributes, "id S a;");
  EXPECT_EQ(one.raw, R"({"id":{"S":"a"}})");
  const Walked two = walk_keys(R"({"sk": {"N":"1"},"pk":{"B":"YQ==","S":null}})");
  EXPECT_EQ(two.problem, "");
  EXPECT_EQ(two.attributes, "pk B YQ==;sk N 1;") << "sorted by name";
  EXPECT_EQ(two.raw, R"({"sk":{"N":"1"},"pk":{"B":"YQ=="}})");
}

TEST(WalkKey, NotesWhatIsNoKeyAndGoesOn) {
  const std::pair<const char*, const char*> table[] = {
      {"[]", "Keys is not an object"},
      {R"({"id":"a"})", R"(Keys: an attribute value is not an object such as {"S":"..."})"},
      {R"({"id":{"M":{}}})", "Keys: a key attribute is not exactly one of S, N and B"},
      {R"({"id":{"S":"a","N":"1"}})", "Keys: a key attribute is not exactly one of S, N and B"},
      {R"({"id":{"S":7}})", "Keys: a value is not a string"},
      {R"({"id":{}})", "Keys: a key attribute has no value"},
      {R"({"id":{"S":null}})", "Keys: a key attribute has no value"},
  };
  for (const auto& [key, problem] : table) {
    EXPECT_EQ(walk_keys(key).problem, problem) << key;
    EXPECT_EQ(walk_keys(key).error, SUCCESS) << key;
  }
  for (const char* key :
       {R"({"id":{"S":""}})", R"({"id":{"N":"x"}})", R"({"id":{"B":"x"}})",
        R"({"a":{"S":"1"},"b":{"S":"1"},"c":{"S":"1"}})", R"({"a":{"S":"1"},"a":{"S":"1"}})"}) {
    EXPECT_TRUE(walk_keys(key).problem.starts_with("Keys: ")) << key;
    EXPECT_EQ(walk_keys(key).error, SUCCESS) << key;
  }
}

TEST(WalkKey, EndsAtWhatIsNotJson) {
  for (const char* key : {R"({"id":{"S":"\x"}})", R"({"id":{"M":[nul]}})", R"({"id":01})"})
    EXPECT_NE(walk_keys(key).error, SUCCESS) << key;
}

}  // namespace
}  // namespace streamonce::events
