#include "runtime/base/iso_time.h"

#include <gtest/gtest.h>

namespace streamonce {
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

TEST(CreationTime, AWallTimesOffsetMayBeWithoutItsColon) {
  const WallTime expected = parse_wall_time("2026-11-21T00:44:22Z").value();
  EXPECT_EQ(parse_wall_time("2026-11-21T00:44:22+0000"), expected);
  EXPECT_EQ(parse_wall_time("2026-11-20T15:14:22.5-0930"), expected);
  for (const char* text : {"", "+0000", "2026-11-21T00:44:22+000", "2026-11-21T00:44:22+00000",
                           "2026-11-21T00:44:22+2400", "2026-11-21T00:44-0000"})
    EXPECT_FALSE(parse_wall_time(text)) << text;
}

TEST(CreationTime, KeepsTheFractionAndTimesBeforeTheEpoch) {
  struct Case {
    std::string_view text;
    std::int64_t seconds;
    std::string_view fraction;
  };
  for (const Case& c : {Case{"2026-11-21T00:44:22Z", 1795221862, ""},
                        Case{"2026-11-21T00:44:22.580Z", 1795221862, "580"},
                        Case{"2026-11-21T01:44:22.0000000001+01:00", 1795221862, "0000000001"},
                        Case{"1969-12-31T23:59:59.25Z", -1, "25"},
                        Case{"0000-01-01T00:00:00Z", -62'167'219'200, ""}}) {
    const std::optional<ExactTime> time = parse_exact_time(c.text);
    ASSERT_TRUE(time) << c.text;
    EXPECT_EQ(time->seconds, c.seconds) << c.text;
    EXPECT_EQ(time->fraction, c.fraction) << c.text;
  }
  EXPECT_FALSE(parse_exact_time("1969-12-31T23:59:59.Z"));
  EXPECT_FALSE(parse_exact_time("1969-12-31T23:59:59.5"));
}

}  // namespace
}  // namespace streamonce
