#include "runtime/http/http_date.h"

#include <gtest/gtest.h>

#include <string_view>

namespace streamonce::runtime {
namespace {

TEST(HttpDate, IsReadAsServersWriteIt) {
  const auto epoch_ms = [](std::string_view text) {
    const auto time = parse_http_date(text);
    return time ? time->time_since_epoch().count() : -1;
  };
  EXPECT_EQ(epoch_ms("Sat, 21 Nov 2026 00:44:22 GMT"), 1'795'221'862'000);
  EXPECT_EQ(epoch_ms("Tue, 29 Feb 2028 23:59:60 GMT"), 1'835'481'600'000);
  for (const std::string_view text :
       {"", "Sat, 21 Nov 2026 00:44:22 CET", "Sat, 31 Feb 2026 00:44:22 GMT",
        "Sat, 21 ovD 2026 00:44:22 GMT", "Sat, 21 Nov 2026 24:44:22 GMT",
        "Sat, 21 Nov 2026 -1:44:22 GMT", "Sat, 2x Nov 2026 00:44:22 GMT",
        "Saturday, 21-Nov-26 00:44:22 GMT"})
    EXPECT_EQ(epoch_ms(text), -1) << text;
}

}  // namespace
}  // namespace streamonce::runtime
