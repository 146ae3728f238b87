#include "events/event_kind.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace streamonce::events {
namespace {

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(STREAMONCE_FIXTURES) + "/dead_letters/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_queue(const std::string& text) {
  return is_queue_event(Payload::copy_of(text).view());
}

TEST(EventKind, KnowsAQueuesEvent) {
  EXPECT_TRUE(is_queue(fixture("sqs_event_pointers.json")));
  EXPECT_FALSE(is_queue(fixture("stream_event.json")));
  EXPECT_FALSE(is_queue(fixture("sns_event_payload.json")));
  for (const char* text : {"", "{", "[]", "{}", R"({"Records":[]})", R"({"Records":[1]})",
                           R"({"Records":[{"eventSource":7}]})"})
    EXPECT_FALSE(is_queue(text)) << text;
}

TEST(EventKind, PassesOverAByteOrderMark) {
  EXPECT_TRUE(is_queue("\xEF\xBB\xBF" + fixture("sqs_event_pointers.json")));
}

}  // namespace
}  // namespace streamonce::events
