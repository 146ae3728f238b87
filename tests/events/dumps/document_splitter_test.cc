#include "events/dumps/document_splitter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/text_encoding.h"

namespace streamonce::events {
namespace {

const std::string kMark(kByteOrderMark);

struct Found {
  std::string text;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
  std::string problem;

  friend bool operator==(const Found&, const Found&) = default;
};

void take_all(DocumentSplitter& splitter, std::vector<Found>& found) {
  while (const auto document = splitter.next()) {
    found.push_back({.text = std::string(document->text.text),
                     .offset = document->offset,
                     .line = document->line,
                     .problem = document->problem});
  }
}

/// Feeds `input` in pieces of at most `piece` bytes.
std::vector<Found> split(std::string_view input, std::size_t piece = 1024UL * 1024,
                         std::size_t bytes_max = 1024UL * 1024) {
  DocumentSplitter splitter(bytes_max);
  std::vector<Found> found;
  while (!input.empty()) {
    const std::span<char> room = splitter.room();
    const std::size_t count = std::min({piece, room.size(), input.size()});
    std::copy_n(input.begin(), count, room.begin());
    splitter.took(count);
    input.remove_prefix(count);
    take_all(splitter, found);
  }
  splitter.finish();
  take_all(splitter, found);
  return found;
}

std::vector<std::string> texts_of(const std::vector<Found>& found) {
  std::vector<std::string> texts;
  for (const Found& one : found) texts.push_back((one.problem.empty() ? "" : "!") + one.text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(DocumentSplitter, FindsDocumentsInARowOnLinesAndInArrays) {
  EXPECT_EQ(texts_of(split(R"({"a":1}{"b":2})")), (Texts{R"({"a":1})", R"({"b":2})"}));
  EXPECT_EQ(texts_of(split("{}\n{}\r\n\n {}")), (Texts{"{}", "{}", "{}"}));
  EXPECT_EQ(texts_of(split(R"([{"a":[]}, {"b":{}}])")), (Texts{R"({"a":[]})", R"({"b":{}})"}));
  EXPECT_EQ(texts_of(split("[[{}],\n[{}]]{}\n[]")), (Texts{"{}", "{}", "{}"}));
  EXPECT_EQ(texts_of(split("")), Texts{});
  EXPECT_EQ(texts_of(split(" \n\t")), Texts{});
  const std::string pretty =
      "{\n    \"a\": [\n        {\n            \"b\": -1.5e+3\n        }\n    ]\n}";
  EXPECT_EQ(texts_of(split(pretty + "\n" + pretty)), (Texts{pretty, pretty}));
}

/// Of files that were put behind each other, each may begin with one.
TEST(DocumentSplitter, PassesOverAByteOrderMarkAtTheStartOfADocument) {
  EXPECT_EQ(texts_of(split(kMark + "{}")), Texts{"{}"});
  EXPECT_EQ(texts_of(split(kMark + "{\r\n}\r\n" + kMark + "[{}]" + kMark + R"({"a":1})" + kMark)),
            (Texts{"{\r\n}", "{}", R"({"a":1})"}));
  EXPECT_EQ(texts_of(split(R"({"a":)"
                           "\n" +
                           kMark + "{}")),
            (Texts{"!{\"a\":\n", "{}"}));
  EXPECT_EQ(texts_of(split(R"({"a":")" + kMark + "\"}")), Texts{R"({"a":")" + kMark + "\"}"});
  EXPECT_EQ(split(kMark + "\n" + kMark + " {}").at(0).line, 2U);
  EXPECT_EQ(split(kMark + "\n" + kMark + " {}").at(0).offset, 8U);
  EXPECT_EQ(texts_of(split(kMark.substr(0, 2))), Texts{"!" + kMark.substr(0, 2)});
}

TEST(DocumentSplitter, NamesUtf16AndWhatToDo) {
  const std::string text = "[\r\n  {\"a\": [1]},\r\n  {}\r\n]\r\n";
  std::string little;
  std::string big;
  for (const char c : text) {
    little += {c, '\0'};
    big += {'\0', c};
  }
  for (const std::string& dump : {little, "\xFF\xFE" + little}) {
    const auto found = split("{}\n" + dump);
    EXPECT_EQ(texts_of(found), (Texts{"{}", "!" + dump}));
    EXPECT_EQ(found[1].problem, utf16_complaint("\xFF\xFE"));
    EXPECT_EQ(found[1].line, 2U);
  }
  for (const std::string& dump : {big, "\xFE\xFF" + big}) {
    EXPECT_EQ(texts_of(split(dump)), Texts{"!" + dump});
    EXPECT_EQ(split(dump)[0].problem, utf16_complaint("\xFE\xFF"));
  }
  EXPECT_EQ(texts_of(split("\xFF\xFE" + little + "\n{}")),
            (Texts{"!\xFF\xFE" + little + "\n", "{}"}));
}

/// As `aws sqs receive-message --query 'Messages[].Body'` prints them, and `jq` in lines.
TEST(DocumentSplitter, FindsTextsThatHoldDocuments) {
  const std::string one = R"("{\"a\":\"}]\"}")";
  const std::string two = R"("[{}]")";
  const std::string three = R"("\"{}\"")";
  EXPECT_EQ(texts_of(split("[\n    " + one + ",\n    " + two + "\n]\n")), (Texts{one, two}));
  EXPECT_EQ(texts_of(split(one + "\n" + three + "\n{}\n" + two)), (Texts{one, three, "{}", two}));
  EXPECT_EQ(texts_of(split("{\"a\":\n" + one + "\n{}")), (Texts{"!{\"a\":\n", one, "{}"}));
  EXPECT_EQ(texts_of(split("\"{cut short\n" + one + "\n{\"a\":1,,\n" + two)),
            (Texts{"!\"{cut short\n", one, "!{\"a\":1,,\n", two}));
  EXPECT_EQ(split("\"{").at(0).problem, "the document is cut short at byte 2");
  EXPECT_EQ(texts_of(split("\"id\",\"body\"\n\"1\",\"x\"\n")),
            Texts{"!\"id\",\"body\"\n\"1\",\"x\"\n"});
}

TEST(DocumentSplitter, FollowsStrings) {
  for (const std::string_view text :
       {R"({"a":"}{"})", R"({"a":"\"}"})", R"({"a\\":"\\"})", R"({"]":"[,:"})",
        R"({"a":"\u007d\/\b"})", R"({"a":[true,false,null,0,-1,"x",{}]})"})
    EXPECT_EQ(texts_of(split(text)), Texts{std::string(text)});
}

TEST(DocumentSplitter, TellsWhereADocumentStarts) {
  const auto found = split("{}\n\n  {\n\"a\":1}\n{}");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[1].offset, 6U);
  EXPECT_EQ(found[1].line, 3U);
  EXPECT_EQ(found[2].offset, 15U);
  EXPECT_EQ(found[2].line, 5U);
}

TEST(DocumentSplitter, ADocumentThatIsCutShortDoesNotTakeTheNextOneWithIt) {
  const std::string good = R"({"b":{"c":[1,2]}})";
  const std::string whole = R"({"a":{"x":"y","z":[1,{"n":null}]}})";
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    const std::string broken = whole.substr(0, cut);
    EXPECT_EQ(texts_of(split(broken + "\n" + good + "\n" + good)),
              (Texts{"!" + broken + "\n", good, good}));
    EXPECT_EQ(texts_of(split(good + "\n" + broken)), (Texts{good, "!" + broken}));
    EXPECT_EQ(texts_of(split("[" + good + ",\n" + broken + ",\n" + good + "]")),
              (Texts{good, "!" + broken + ",\n", good}));
  }
}

TEST(DocumentSplitter, ABrokenDocumentWithIndentationEndsWhereTheNextOneStarts) {
  const std::string good =
      "    {\n        \"a\": [\n            {\n            }\n        ]\n    }";
  const std::string bad =
      "    {\n        \"a\": [\n            {\n            ]\n        ]\n    },\n";
  EXPECT_EQ(texts_of(split("[\n" + bad + good + "\n]\n{}")),
            (Texts{"!" + bad.substr(4), good.substr(4), "{}"}));
  EXPECT_EQ(texts_of(split("[\n" + good + ",\n" + bad + "]\n{}")),
            (Texts{good.substr(4), "!" + bad.substr(4), "{}"}));
}

TEST(DocumentSplitter, WhatIsNoDocumentIsToldWithItsPlace) {
  const auto problem_of = [](std::string_view input) {
    const auto found = split(input);
    return found.size() == 1 ? found[0].problem : "?";
  };
  EXPECT_EQ(problem_of("hello"), "expected a JSON object at byte 0");
  EXPECT_EQ(problem_of(" 12"), "expected a JSON object at byte 1");
  EXPECT_EQ(problem_of("]"), "expected a JSON object at byte 0");
  EXPECT_EQ(problem_of("{1"), "expected a member's name at byte 1");
  EXPECT_EQ(problem_of(R"({"a",)"), "expected a colon at byte 4");
  EXPECT_EQ(problem_of(R"({"a":})"), "expected a value at byte 5");
  EXPECT_EQ(problem_of(R"({"a":1,})"), "expected a member's name at byte 7");
  EXPECT_EQ(problem_of(R"({"a":[1,])"), "expected a value at byte 8");
  EXPECT_EQ(problem_of(R"({"a":1])"), "expected a comma or a closing bracket at byte 6");
  EXPECT_EQ(problem_of("{\"a\":\"x\ny\"}"),
            "a string holds a line end or another control character at byte 7");
  EXPECT_EQ(problem_of(R"({"a":1)"), "the document is cut short at byte 6");
  EXPECT_EQ(problem_of("[{"), "the document is cut short at byte 2");
  EXPECT_EQ(problem_of(R"([{"a":tru!}])"), "expected a comma or a closing bracket at byte 9");
  EXPECT_EQ(split("[{}").back().problem,
            "an array around the documents is not closed: the input is cut short");
}

TEST(DocumentSplitter, LinesThatAreNoDocumentsGoTogether) {
  EXPECT_EQ(texts_of(split("one\ntwo {\n{}\nthree\n{}")),
            (Texts{"!one\ntwo {\n", "{}", "!three\n", "{}"}));
}

TEST(DocumentSplitter, BoundsNesting) {
  const auto nested = [](std::size_t levels) {
    std::string text = R"({"a":)";
    text.append(levels - 1, '[');
    text.append(levels - 1, ']');
    return text + '}';
  };
  EXPECT_EQ(texts_of(split(nested(kDocumentNestingMax))), Texts{nested(kDocumentNestingMax)});
  const auto found = split(nested(kDocumentNestingMax + 1));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].problem, "more than 128 levels of nesting at byte 132");
}

TEST(DocumentSplitter, ADocumentThatIsTooLongComesInPieces) {
  const std::string longer = R"({"a":")" + std::string(100, 'x') + "\"}\n";
  const auto found = split("{}\n" + longer + R"({"b":1})", /*piece=*/7, /*bytes_max=*/64);
  std::string together;
  for (std::size_t i = 1; i + 1 < found.size(); ++i) {
    EXPECT_FALSE(found[i].problem.empty());
    EXPECT_LE(found[i].text.size(), 64U);
    EXPECT_EQ(found[i].offset, 3 + together.size());
    together += found[i].text;
  }
  EXPECT_EQ(together, longer);
  EXPECT_EQ(found.back().text, R"({"b":1})");
  EXPECT_TRUE(found.back().problem.empty());
  const std::string fits = R"({"a":")" + std::string(56, 'x') + "\"}";
  EXPECT_EQ(texts_of(split(fits + fits, /*piece=*/9, /*bytes_max=*/64)), (Texts{fits, fits}));
}

TEST(DocumentSplitter, TellsTheSameWhateverThePiecesAre) {
  const std::string input =
      "\xEF\xBB\xBF[{\"a\":\"\\\"\"},\n {\"b\":[}\n, "
      "{\"c\":\n1}]\nx\n\n{\"d\":{}}{\"e\":-1}\n\"x\n\xEF\xBB\xBF\"{\\\"g\\\":1}\"\n"
      "[{\"f\":tr";
  const auto expected = split(input);
  EXPECT_EQ(expected.size(), 7U);
  for (std::size_t piece = 1; piece < input.size(); ++piece)
    EXPECT_EQ(split(input, piece), expected);
}

TEST(DocumentSplitter, GoesOnAfterABreak) {
  DocumentSplitter splitter;
  std::vector<Found> found;
  const auto put = [&](std::string_view text) {
    std::copy(text.begin(), text.end(), splitter.room().begin());
    splitter.took(text.size());
    take_all(splitter, found);
  };
  put(R"({}{"a":"b)");
  splitter.finish();
  take_all(splitter, found);
  splitter.resume();
  put(R"({"c":1})");
  EXPECT_EQ(texts_of(found), (Texts{"{}", R"(!{"a":"b)", R"({"c":1})"}));
  EXPECT_EQ(found[2].offset, 9U);
}

}  // namespace
}  // namespace streamonce::events
