#include "events/attribute_value.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce::events {
namespace {

using namespace std::string_view_literals;

/// What a walk comes upon, member by member or element by element: name, type and content.
std::vector<std::string> members_of(std::string_view object) {
  std::vector<std::string> found;
  for (MemberWalk walk(object); walk.next();)
    found.push_back(std::string(walk.raw_name()) + ' ' + std::string(name_of(walk.value().type)) +
                    ' ' + std::string(walk.value().content));
  return found;
}

std::vector<std::string> elements_of(std::string_view array) {
  std::vector<std::string> found;
  for (ElementWalk walk(array); walk.next();) found.emplace_back(walk.value().json);
  return found;
}

std::vector<std::string> texts_of(std::string_view array) {
  std::vector<std::string> found;
  for (SetWalk walk(array); walk.next();) found.emplace_back(walk.raw_text());
  return found;
}

using Texts = std::vector<std::string>;

/// One attribute of each type, with all that a scanner may stumble over.
constexpr std::string_view kItem =
    R"({"s":{"S":"a\"}\\"},"n":{"N":"-1.5"},"b":{"B":"AA=="},"t":{"BOOL":true},"f":{"BOOL":false},)"
    R"("z":{"NULL":true},"ss":{"SS":["[","\\"]},"ns":{"NS":["1"]},"bs":{"BS":["AA=="]},)"
    R"("l":{"L":[{"S":"]"},{"L":[]}]},"m":{"M":{"}":{"M":{"\"":{"S":"{"}}}}},"":{"S":""}})";

TEST(AttributeValue, NamesItsTypesAsDynamoDbDoes) {
  for (const std::string_view name : {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}) {
    const auto type = attribute_type_of(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(name_of(*type), name);
  }
  for (const std::string_view name : {"", "s", "SSS", "BOOLE", "Q"})
    EXPECT_FALSE(attribute_type_of(name)) << name;
}

TEST(AttributeValue, WalksTheMembersOfAnItemOneAfterTheOther) {
  EXPECT_EQ(
      members_of(kItem),
      (Texts{R"(s S "a\"}\\")", R"(n N "-1.5")", R"(b B "AA==")", "t BOOL true", "f BOOL false",
             "z NULL true", R"(ss SS ["[","\\"])", R"(ns NS ["1"])", R"(bs BS ["AA=="])",
             R"(l L [{"S":"]"},{"L":[]}])", R"(m M {"}":{"M":{"\"":{"S":"{"}}}})", R"( S "")"}));
  EXPECT_EQ(members_of("{}"), Texts{});
}

TEST(AttributeValue, PassesOverWhiteSpaceAnywhere) {
  constexpr std::string_view kSpaced =
      " \n{ \"a\"\t:\r{ \"S\" : \"x y\" } ,\n\"b\" :{\"L\": [ { \"NULL\" : true } , {\"N\":\"1\"} "
      "] } \n} ";
  EXPECT_EQ(members_of(kSpaced),
            (Texts{"a S \"x y\"", "b L [ { \"NULL\" : true } , {\"N\":\"1\"} ]"}));
  EXPECT_EQ(elements_of(" [ { \"NULL\" : true } , {\"N\":\"1\"} ]"),
            (Texts{"{ \"NULL\" : true }", "{\"N\":\"1\"}"}));
  EXPECT_EQ(texts_of(" [ \"a\" ,\n\"b\"\t]"), (Texts{"a", "b"}));
}

TEST(AttributeValue, LooksAtOneValue) {
  const auto value = look(R"( { "S":"x\n"} )");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->type, AttributeType::kString);
  EXPECT_EQ(value->json, R"({ "S":"x\n"})");
  EXPECT_EQ(value->content, R"("x\n")");
  EXPECT_EQ(value->raw_text(), R"(x\n)");
  EXPECT_EQ(look(R"({"M":{}})")->content, "{}");
  for (const std::string_view text :
       {"", "{", "{}", "x", "{\"S\"}", R"({"S":})", R"({"S":"x)", R"({"S":"x")", R"({"X":"x"})",
        R"({"S":"x","N":"1"})", R"(["S"])"})
    EXPECT_FALSE(look(text)) << text;
}

TEST(AttributeValue, ReadsTypesThatAreEscaped) {
  EXPECT_EQ(look(R"({"\u0053":"x"})")->type, AttributeType::kString);
  EXPECT_EQ(look(R"({"\u004e\u0055LL":true})")->type, AttributeType::kNull);
  EXPECT_FALSE(look(R"({"\u0051":"x"})"));
}

TEST(AttributeValue, ComparesAndUnescapesEveryEscape) {
  struct Case {
    std::string_view raw, plain;
  };
  for (const Case& c :
       {Case{"", ""}, Case{"abc", "abc"}, Case{R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
        Case{R"(a\u0041\u00e9\u00C9z)", "aA\xC3\xA9\xC3\x89z"}, Case{R"(\u0000)", "\0"sv},
        Case{R"(\u20AC)", "\xE2\x82\xAC"}, Case{R"(\ud83d\uDE00!)", "\xF0\x9F\x98\x80!"},
        Case{R"(\uD800\uDC00\uDBFF\uDFFF)", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
        Case{R"(\ud800)", "\xEF\xBF\xBD"}, Case{R"(\udc00x)", "\xEF\xBF\xBDx"},
        Case{R"(\ud800\n)", "\xEF\xBF\xBD\n"},
        Case{R"(\ud800\ud800)", "\xEF\xBF\xBD\xEF\xBF\xBD"}}) {
    std::pmr::monotonic_buffer_resource arena;
    EXPECT_EQ(unescaped(c.raw, arena), c.plain) << c.raw;
    EXPECT_TRUE(same_text(c.raw, c.plain)) << c.raw;
    EXPECT_FALSE(same_text(c.raw, std::string(c.plain) + "x")) << c.raw;
    if (!c.plain.empty()) {
      EXPECT_FALSE(same_text(c.raw, c.plain.substr(1))) << c.raw;
      EXPECT_FALSE(same_text(c.raw, c.plain.substr(0, c.plain.size() - 1))) << c.raw;
    }
  }
}

TEST(AttributeValue, CopiesNoTextWithoutEscapes) {
  const std::string_view text = "a text as most are";
  EXPECT_EQ(unescaped(text, *std::pmr::null_memory_resource()).data(), text.data());
}

/// Looks at all of `text` that can be looked at, and says how many bytes it saw.
std::size_t look_at_everything(std::string_view text, std::pmr::memory_resource& arena) {
  std::size_t seen = 0;
  const auto value = look(text);
  if (value) seen += value->json.size();
  for (MemberWalk walk(text); walk.next();) {
    seen += unescaped(walk.raw_name(), arena).size() + walk.value().json.size();
    seen += look_at_everything(walk.value().content, arena);
  }
  for (ElementWalk walk(text); walk.next();)
    seen += look_at_everything(walk.value().content, arena);
  for (SetWalk walk(text); walk.next();) {
    const std::string_view plain = unescaped(walk.raw_text(), arena);
    EXPECT_LE(plain.size(), walk.raw_text().size());
    EXPECT_TRUE(same_text(walk.raw_text(), plain));
    seen += plain.size();
  }
  return seen;
}

/// The same where nothing lies around the text, so that a memory checker sees any step outside.
void look_in_a_bare_copy(std::string_view text) {
  const auto copy = std::make_unique<char[]>(text.size());
  std::memcpy(copy.get(), text.data(), text.size());
  std::pmr::monotonic_buffer_resource arena;
  look_at_everything({copy.get(), text.size()}, arena);
}

TEST(AttributeValue, ReadsNothingOutsideATextThatIsCutAnywhere) {
  for (std::size_t size = 1; size <= kItem.size(); ++size) {
    look_in_a_bare_copy(kItem.substr(0, size));
    look_in_a_bare_copy(kItem.substr(kItem.size() - size));
  }
}

TEST(AttributeValue, ReadsNothingOutsideATextThatIsDamagedAnywhere) {
  constexpr std::string_view kBytes = "\"\\{}[]:, u\0\xFF"sv;
  for (std::size_t at = 0; at < kItem.size(); ++at) {
    for (const char byte : kBytes) {
      std::string text(kItem);
      text[at] = byte;
      look_in_a_bare_copy(text);
    }
  }
  std::uint64_t random = 1;
  const auto draw = [&](std::size_t below) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(random >> 33U) % below;
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string text(1 + draw(40), ' ');
    for (char& byte : text) byte = R"("\{}[]:,SNLMud8c0 )"[draw(18)];
    look_in_a_bare_copy("{\"M\":{" + text);
    look_in_a_bare_copy("[\"" + text);
    look_in_a_bare_copy(text);
  }
}

}  // namespace
}  // namespace streamonce::events
