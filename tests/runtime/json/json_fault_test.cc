// What json_fault.h says, as the parser of events tells it.

#include <gtest/gtest.h>

#include <string>

#include "events/stream_batch.h"
#include "tests/support/stream_event.h"

namespace streamonce::events {
namespace {

/// Why an event that is not JSON is refused.
std::string fault_of(const std::string& text) {
  StreamParser parser;
  const Payload payload = Payload::copy_of(text);
  const Result<StreamBatch> batch = parser.parse(payload.view());
  return batch ? "none" : batch.error().message;
}

/// Whether the fault of `text` is told with this place, and as one of JSON.
bool is_told(const std::string& text, const std::string& place) {
  const std::string fault = fault_of(text);
  return fault.starts_with("the event is not JSON: ") &&
         fault.ends_with(", near " + place + ", of " + std::to_string(text.size()) + " bytes");
}

TEST(JsonFault, HasItsPlaceByLineColumnAndByte) {
  for (const char* text : {"{\n \"a\": tru}", "{\n \"a\": 01}", "{\n \"a\": !}"})
    EXPECT_TRUE(is_told(text, "line 2, column 7 (byte 8)")) << fault_of(text);
  EXPECT_TRUE(is_told("hello", "line 1, column 1 (byte 0)")) << fault_of("hello");
}

/// simdjson says nothing of their place.
TEST(JsonFault, OfCharactersAndStringsHasItsPlaceToo) {
  EXPECT_TRUE(is_told("{\"\xC3\xA4\":\n\"\xFF\"}", "line 2, column 2 (byte 8)"))
      << fault_of("{\"\xC3\xA4\":\n\"\xFF\"}");
  EXPECT_TRUE(is_told("{\"a\":\"\\\"\",\"b\":\"x\ny\"}", "line 1, column 17 (byte 16)"))
      << fault_of("{\"a\":\"\\\"\",\"b\":\"x\ny\"}");
  EXPECT_TRUE(is_told("{\"a\":\"\\\"\",\n\"b\":\"x", "line 2, column 5 (byte 15)"))
      << fault_of("{\"a\":\"\\\"\",\n\"b\":\"x");
}

TEST(JsonFault, OfATextThatIsCutShortIsAtItsEnd) {
  const std::string text = "{\"x\":[1,{\"}\\\"]\":true}],\n\"Records\":[" +
                           testing::put("a", "1", "v") + "],\n\"y\": {}}";
  for (std::size_t bytes = 1; bytes < text.size(); ++bytes) {
    const std::string cut = text.substr(0, bytes);
    const std::string fault = fault_of(cut);
    const bool in_string = fault.find("string") != std::string::npos;  // told where it begins
    const std::string end = "(byte " + std::to_string(bytes) + "), of ";
    EXPECT_TRUE(in_string || fault.find(end) != std::string::npos) << cut << '\n' << fault;
  }
}

TEST(JsonFault, OfWhatStandsBehindADocumentIsAtThat) {
  for (const char* more :
       {"x", "{", "}", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n", "{}", ",\n{}", "null"}) {
    const std::string text = std::string("{\"Records\":[]}\n ") + more;
    EXPECT_TRUE(is_told(text, "line 2, column 2 (byte 16)")) << more << '\n' << fault_of(text);
    EXPECT_EQ(fault_of(text).find("ended early"), std::string::npos) << fault_of(text);
  }
  for (const char* text : {"{\"Records\":[]]", "{\"Records\":[}]"})
    EXPECT_TRUE(is_told(
        text, text[12] == '}' ? "line 1, column 13 (byte 12)" : "line 1, column 14 (byte 13)"))
        << fault_of(text);
}

TEST(JsonFault, OfACharacterIsAtThatCharacter) {
  for (const char* bad : {"\xFF", "\xC3", "\xE2\x82", "\x80", "\xC0\x80", "\xED\xA0\x80"}) {
    const std::string text =
        std::string("{\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80") + bad + "\xC3\xA4\":1}";
    EXPECT_TRUE(is_told(text, "line 1, column 12 (byte 11)")) << fault_of(text);
  }
}

TEST(JsonFault, NeverTellsAValue) {
  for (const char* text : {"{\"a\":\"SECRET\n\"}", "{\"a\":\"SECRET\xFF\"}", "{\"a\":SECRET}"}) {
    EXPECT_NE(fault_of(text), "none");
    EXPECT_EQ(fault_of(text).find("SECRET"), std::string::npos) << text;
  }
}

/// As editors and shells of Windows write files.
TEST(JsonFault, AByteOrderMarkIsNoneAndUtf16IsNamed) {
  EXPECT_EQ(fault_of("\xEF\xBB\xBF{\r\n\"Records\":[]\r\n}\r\n"), "none");
  const std::string text("\xFF\xFE{\0}\0", 6);
  for (const std::string& event : {text, text.substr(2)})
    EXPECT_EQ(fault_of(event).find("the event is not JSON: the text is UTF-16, little-endian"), 0U);
}

}  // namespace
}  // namespace streamonce::events
