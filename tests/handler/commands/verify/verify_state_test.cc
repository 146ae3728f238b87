#include "handler/commands/verify/verify_state.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::handler::verify {
namespace {

std::string wrong(std::string_view text) {
  const auto state = parse_state(text);
  return state ? "nothing" : state.error().message;
}

TEST(VerifyState, ComesBackAsItWas) {
  const VerifyState state{.of = "abc",
                          .report_path = "/tmp/a b.ndjson",
                          .segments = 16,
                          .report_bytes = 12'345'678'901,
                          .counts = {.equal = 1,
                                     .missing = 2,
                                     .extra = 3,
                                     .different = 4,
                                     .unsettled = 5,
                                     .repaired = 6,
                                     .failed = 7},
                          .done = {"groups", "items 0/16", "rows 0/1 a table"}};
  const std::string text = to_text(state);
  const auto read = parse_state(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_text(*read), text);
  EXPECT_EQ(read->counts, state.counts);
  EXPECT_EQ(read->done, state.done);
  EXPECT_EQ(read->report_path, state.report_path);
  EXPECT_EQ(read->report_bytes, state.report_bytes);
  EXPECT_TRUE(parse_state(to_text({})));
}

TEST(VerifyState, IsRefusedWhereItIsDamaged) {
  EXPECT_EQ(wrong(""), "is no state of verify: it is empty");
  EXPECT_EQ(wrong("hello\n"), "is no state of verify: line 1 is not `streamonce verify 1`");
  const std::string text = to_text({.of = "abc", .segments = 4, .done = {"items 0/4"}});
  for (std::size_t size = 1; size < text.size(); ++size)
    if (text[size - 1] != '\n') EXPECT_NE(wrong(text.substr(0, size)), "nothing") << size;
  for (const char* line : {"segments x", "segments 5 6", "segments 10001", "segments 4294967296",
                           "bytes -1", "counts 1 2 3", "counts 1 2 3 4 5 6 7 8", "other 1", "done"})
    EXPECT_TRUE(wrong("streamonce verify 1\n" + std::string(line) + "\n")
                    .starts_with("is no state of verify: line 2"))
        << line;
}

}  // namespace
}  // namespace streamonce::handler::verify
