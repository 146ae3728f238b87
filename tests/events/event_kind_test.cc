#include "events/event_kind.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/stream_event.h"

namespace streamonce::events {
namespace {

std::string fixture_text(const std::string& name) {
  std::ifstream file(std::string(STREAMONCE_FIXTURES) + "/dead_letters/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_queue(const std::string& text) {
  return is_queue_event(Payload::copy_of(text).view());
}

TEST(EventKind, KnowsAQueuesEvent) {
  EXPECT_TRUE(is_queue(fixture_text("sqs_event_pointers.json")));
  EXPECT_FALSE(is_queue(fixture_text("stream_event.json")));
  EXPECT_FALSE(is_queue(fixture_text("sns_event_payload.json")));
  EXPECT_TRUE(is_queue(
      R"({"Records":[{"messageId":"1","body":"{\"Records\":[{\"eventSource\":\"x\"}]}",)"
      R"("attributes":{"SentTimestamp":"1"},"eventSource":"aws:sqs","awsRegion":"eu-west-1"}]})"));
}

TEST(EventKind, FindsTheSourceWhateverIsBeforeIt) {
  for (const char* before :
       {"", R"("a":1,)", R"("a":"\\",)", R"("a":"\\\"",)", R"("a":"}]{[:,",)", R"("a":[],)",
        R"("a":{},)", R"("a":[{"eventSource":"x"},[[-1.5e3]],null],)", R"("eventSourceARN":"x",)",
        "\n\t \"a\"\r\n : true , ", R"("a\"eventSource":"x",)"}) {
    EXPECT_TRUE(
        is_queue(std::string(R"({"Records":[{)") + before + R"("eventSource":"aws:sqs"}]})"))
        << before;
    EXPECT_TRUE(is_queue(std::string("\xEF\xBB\xBF {") + before +
                         R"("Records" : [ {"eventSource": "aws:sqs"},{}]})"))
        << before;
  }
}

TEST(EventKind, TakesNoOtherEventForAQueues) {
  EXPECT_FALSE(is_queue(testing::event_of({testing::put("a", "1", "x")})));
  for (const char* text :
       {"", " ", "{", "[]", "{}", "null", "\"Records\"", R"({"Records":[]})", R"({"Records":[1]})",
        R"({"Records":{"eventSource":"aws:sqs"}})", R"([{"eventSource":"aws:sqs"}])",
        R"({"eventSource":"aws:sqs"})", R"({"Records":[{"eventSource":7}]})",
        R"({"Records":[{"eventSource":"aws:sqs2"}]})",
        R"({"Records":[{"eventSource":"aws:kinesis"}]})",
        R"({"Records":[{"EventSource":"aws:sns","Sns":{"eventSource":"aws:sqs"}}]})",
        R"({"Records":[{"dynamodb":{"eventSource":"aws:sqs"}}]})",
        R"({"Records":[{},{"eventSource":"aws:sqs"}]})",
        R"({"a":{"Records":[{"eventSource":"aws:sqs"}]}})"})
    EXPECT_FALSE(is_queue(text)) << text;
}

TEST(EventKind, LooksNoFurtherThanTheText) {
  const std::string event =
      R"({"a":[{"b":"c\"d"},1],"Records":[{"body":"x","n":{"m":[2]},"eventSource":"aws:sqs"}]})";
  const std::size_t known = event.find("aws:sqs") + std::string("aws:sqs\"").size();
  for (std::size_t size = 0; size < event.size(); ++size)
    EXPECT_EQ(is_queue(event.substr(0, size)), size >= known) << size;
}

TEST(EventKind, IsNotMisledByBrokenText) {
  for (const char* text :
       {R"({"Records":[{"a"]})", R"({"Records":[{"a":]"eventSource":"aws:sqs"}]})",
        R"({"a":,"Records":[{"eventSource":"aws:sqs"}]})", R"({"a" "Records":[{}]})", R"({"a":"\)",
        R"({"a":"\\\)", R"({"Records":[{"a":}}}}}]})", R"({,})"})
    EXPECT_FALSE(is_queue(text)) << text;
}

}  // namespace
}  // namespace streamonce::events
