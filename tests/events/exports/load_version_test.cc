#include "events/exports/load_version.h"

#include <gtest/gtest.h>

#include <string>

#include "events/sequence_number.h"
#include "events/stream_arn.h"

namespace streamonce::events {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kLabel = "2026-11-21T00:44:22.580";
const WallTime kTime{seconds(1'795'300'000) + milliseconds(250)};  // 2026-11-21T22:26:40.250Z

Version record_of(std::string_view label, std::string_view number) {
  return {label, SequenceNumber::parse(number).value()};
}

TEST(LoadVersion, IsBelowEachRecordOfItsStreamAndAboveThoseOfOlderOnes) {
  const auto load = version_beside_stream(kLabel, kTime);
  ASSERT_TRUE(load) << load.error().message;
  EXPECT_EQ(load->label, "2026-11-21T00:44:22.579");
  EXPECT_EQ(load->number, "1795299940250000");
  EXPECT_EQ(load->created_at, 1'795'300'000);
  EXPECT_LT(load->version(), record_of(kLabel, "0"));
  EXPECT_LT(load->version(), record_of(kLabel, "1"));
  EXPECT_GT(load->version(), record_of("2026-11-21T00:44:22.578", std::string(64, '9')));
  EXPECT_GT(load->version(), record_of("2020-01-01T00:00:00.000", std::string(40, '9')));
}

TEST(LoadVersion, OfALaterExportIsAbove) {
  const Version first = version_beside_stream(kLabel, kTime)->version();
  EXPECT_LT(first, version_beside_stream(kLabel, kTime + milliseconds(1))->version());
  EXPECT_LT(first, version_beside_stream(kLabel, kTime + std::chrono::years(30))->version());
}

TEST(LoadVersion, OfALabelAtAFullSecondIsInTheSecondBefore) {
  EXPECT_EQ(version_beside_stream("2026-01-01T00:00:00.000", kTime)->label,
            "2025-12-31T23:59:59.999");
}

TEST(LoadVersion, NeedsALabelThatIsATime) {
  for (const char* label : {"9999-99-99T99:99:99.999", "", "2026-11-21T00:44:22"}) {
    EXPECT_FALSE(version_beside_stream(label, kTime)) << label;
    EXPECT_NE(why_too_early(label, kTime), "") << label;
  }
}

TEST(LoadVersion, WithoutAStreamIsThatOfOneWhichBeganAtTheExportsTime) {
  const LoadVersion load = version_without_stream(kTime);
  EXPECT_EQ(load.label, "2026-11-21T22:26:40.250");
  EXPECT_EQ(load.number, "1795299940250000");
  EXPECT_TRUE(is_stream_label(load.label));
  EXPECT_LT(load.version(), record_of("2026-11-21T22:26:40.251", "1"));
  EXPECT_LT(load.version(), version_without_stream(kTime + milliseconds(1)).version());
}

TEST(LoadVersion, IsOnlyForExportsOfATimeWhenTheStreamWasOn) {
  const WallTime enabled{seconds(1'795'221'862) + milliseconds(580)};
  EXPECT_EQ(why_too_early(kLabel, enabled + kStreamLead), "");
  EXPECT_EQ(why_too_early(kLabel, enabled + kStreamLead - milliseconds(1)),
            "the export is of 2026-11-21T00:49:22.579Z, and the stream was enabled at "
            "2026-11-21T00:44:22.580Z: what was written between the two may be in neither. Export "
            "the table again, as of 2026-11-21T00:49:22.580Z or later, and load that");
}

}  // namespace
}  // namespace streamonce::events
