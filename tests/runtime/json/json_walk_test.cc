#include "runtime/json/json_walk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streamonce::json {
namespace {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::value;

/// A document that is open.
struct Opened {
  explicit Opened(std::string_view text) : payload(Payload::copy_of(text)) {
    error = open(parser, payload.view(), document);
  }

  Payload payload;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  error_code error = SUCCESS;
};

/// The error of a walk of the member `a` of an object, and of what stands behind that.
error_code walk(std::string_view member) {
  Opened json(R"({"a":)" + std::string(member) + R"(,"b":1})");
  if (json.error) return json.error;
  return walk_members(json.document, [](std::string_view, value each) { return walk_any(each); });
}

TEST(JsonWalk, TakesValuesOfEveryKind) {
  for (const char* member :
       {"null", "true", "false", "0", "-0", "1.5e-3", "123456789012345678901234567890", R"("x")",
        R"("\u00e4\n\/")", R"("\ud83d")", "[]", "{}", R"([1,[2,{"c":[null]}]])", " [ 1 , 2 ] "})
    EXPECT_EQ(walk(member), SUCCESS) << member;
}

TEST(JsonWalk, FindsWhatIsNotJsonWhereverItIs) {
  for (const char* member :
       {"nul", "nulll", "truth", "01", "1.", ".5", "1e", "+1", "--1", R"("\x")", R"("\u12g4")",
        R"("\u12")", "[1 2]", "[,]", R"({"c"})", R"({"c":})", R"({1:2})", R"([{"c":[nul]}])"}) {
    EXPECT_NE(walk(member), SUCCESS) << member;
    EXPECT_NE(walk("[[" + std::string(member) + "]]"), SUCCESS) << member;
  }
}

TEST(JsonWalk, HandsOutMembersAndElementsInTheirOrder) {
  Opened json(R"({"a":[1,2],"\u0062":[],"a":[3]})");
  std::vector<std::string> seen;
  EXPECT_EQ(walk_members(json.document,
                         [&](std::string_view name, value member) {
                           return walk_elements(member, [&](value element) {
                             seen.push_back(std::string(name) +
                                            std::string(element.raw_json_token().substr(0, 1)));
                             return walk_any(element);
                           });
                         }),
            SUCCESS);
  EXPECT_EQ(seen, (std::vector<std::string>{"a1", "a2", "a3"}));
  EXPECT_TRUE(at_end(json.document));
}

TEST(JsonWalk, EndsWithTheErrorOfTheOneWhoTakes) {
  Opened json(R"([1,2,3])");
  int taken = 0;
  EXPECT_EQ(walk_elements(json.document,
                          [&](value) {
                            ++taken;
                            return simdjson::NUMBER_ERROR;
                          }),
            simdjson::NUMBER_ERROR);
  EXPECT_EQ(taken, 1);
}

TEST(JsonWalk, TellsWhatStandsBehindTheDocument) {
  Opened json("[] []");
  EXPECT_EQ(walk_elements(json.document, [](value each) { return walk_any(each); }), SUCCESS);
  EXPECT_FALSE(at_end(json.document));
}

TEST(JsonWalk, TakesTheRawJsonOfAValueWithoutTheSpaceAroundIt) {
  Opened json(R"({"a": {"b" : [1, 2]} , "c":  "x\n" ,"d":-1.50 })");
  std::vector<std::string> seen;
  EXPECT_EQ(walk_members(json.document,
                         [&](std::string_view, value member) {
                           std::string_view raw;
                           const error_code error = walk_raw(json.document, member, raw);
                           seen.emplace_back(raw);
                           return error;
                         }),
            SUCCESS);
  EXPECT_EQ(seen, (std::vector<std::string>{R"({"b" : [1, 2]})", R"("x\n")", "-1.50"}));
}

TEST(JsonWalk, ATextIsAViewOfTheDocumentUnlessItHasEscapes) {
  Opened json(R"(["plain","a\tb","\udc00"])");
  const std::string_view whole = json.payload.text();
  std::vector<std::string> seen;
  std::string problem;
  EXPECT_EQ(walk_elements(json.document,
                          [&](value each) {
                            std::string_view text;
                            const error_code error = take_text(each, text, Problem(problem));
                            if (text == "plain")
                              EXPECT_TRUE(text.data() > whole.data() &&
                                          text.data() < whole.data() + whole.size());
                            seen.emplace_back(text);
                            return error;
                          }),
            SUCCESS);
  EXPECT_EQ(seen, (std::vector<std::string>{"plain", "a\tb", ""}));
  EXPECT_EQ(problem, "a string has an escape that stands for no character");
}

TEST(JsonProblem, KeepsTheFirstThatIsNoted) {
  std::string text;
  Problem problem(text);
  EXPECT_FALSE(problem.noted());
  problem.note("first");
  problem.note("second");
  EXPECT_TRUE(problem.noted());
  EXPECT_EQ(text, "first");
}

}  // namespace
}  // namespace streamonce::json
