#include "events/creation_time.h"

#include <gtest/gtest.h>

namespace streamonce::events {
namespace {

TEST(CreationTime, ReadsWhatTheCliPrints) {
  EXPECT_EQ(parse_iso_time("2026-11-21T00:44:22+00:00"), 1795221862);
  EXPECT_EQ(parse_iso_time("2026-11-21T00:44:22.999Z"), 1795221862);
  EXPECT_EQ(parse_iso_time("2026-11-21T01:44:22.580000+01:00"), 1795221862);
  EXPECT_EQ(parse_iso_time("2026-11-20T15:14:22-09:30"), 1795221862);
  EXPECT_EQ(parse_iso_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_iso_time("9999-12-31T23:59:60Z"), 253'402'300'800);
}

TEST(CreationTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-11-21", "2026-11-21T00:44:22", "2026-11-21T00:44Z", "1795221862",
        "2026-13-21T00:44:22Z", "2026-02-30T00:44:22Z", "2026-11-21T24:44:22Z",
        "2026-11-21T00:60:22Z", "2026-11-21T00:44:22Zx", "2026-11-21T00:44:22.Z",
        "2026-11-21T00:44:22+0000", "1969-12-31T23:59:59Z", "-026-11-21T00:44:22Z",
        "2026-11-21T00:44:22+24:00"})
    EXPECT_EQ(parse_iso_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace streamonce::events
