#include "handler/compare/finding.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace streamonce::handler::compare {
namespace {

TEST(ReportLine, HasWhatIsKnown) {
  EXPECT_EQ(report_line({.what = FindingClass::kMissing, .table = "t", .row_key = R"({"a":1})"}),
            R"({"class":"missing","table":"t","key":{"a":1},"mark":null,"repaired":false})");
  const Finding finding{
      .what = FindingClass::kDifferent,
      .table = "t",
      .view = "v",
      .row_key = R"({"id":{"S":"x"}})",
      .item_key = R"({"id":{"S":"y"}})",
      .cause = "a \"cause\"",
      .attributes = {"a\nb", "c"},
      .mark = FoundMark{.version = "5", .operation = events::Operation::kPut, .at = 7},
      .expected_digest = "aa",
      .found_digest = "bb",
      .expected = R"({"n":{"N":"1"}})",
      .found = "\"no item\"",
      .reason = "because",
      .is_repaired = true};
  const std::string line = report_line(finding);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(line),
            nlohmann::json::parse(
                R"({"class":"different","view":"v","table":"t","key":{"id":{"S":"x"}},)"
                R"("item":{"id":{"S":"y"}},"cause":"a \"cause\"","attributes":["a\nb","c"],)"
                R"("mark":{"v":"5","op":"put","at":7},"expected_sha256":"aa","found_sha256":"bb",)"
                R"("expected":{"n":{"N":"1"}},"found":"no item","reason":"because",)"
                R"("repaired":true})"));
}

TEST(FindingCounts, AreAllEqualOnlyIfNothingStaysWrong) {
  FindingCounts counts{.equal = 5};
  EXPECT_TRUE(counts.all_equal());
  counts.add(Finding{.what = FindingClass::kMissing, .is_repaired = true});
  counts.add(Finding{.what = FindingClass::kExtra, .is_repaired = true});
  EXPECT_TRUE(counts.all_equal());
  counts.add(Finding{.what = FindingClass::kDifferent});
  EXPECT_EQ(counts,
            (FindingCounts{.equal = 5, .missing = 1, .extra = 1, .different = 1, .repaired = 2}));
  EXPECT_FALSE(counts.all_equal());
  for (const FindingClass what : {FindingClass::kUnsettled, FindingClass::kFailed}) {
    FindingCounts one;
    one.add(Finding{.what = what});
    EXPECT_FALSE(one.all_equal()) << name_of(what);
    counts.add(one);
  }
  EXPECT_EQ(counts.unsettled + counts.failed, 2U);
}

TEST(CauseOf, IsWhatTheMarkSays) {
  using enum FindingClass;
  using enum events::Operation;
  EXPECT_EQ(cause_of(kMissing, {}, false), "no change of the item was ever applied");
  EXPECT_EQ(cause_of(kMissing, kRemove, true), "the change that made the item anew was lost");
  EXPECT_EQ(cause_of(kMissing, kPut, true),
            "the row was put, and somebody else, or the table's TTL, removed it");
  EXPECT_EQ(cause_of(kExtra, {}, false), "somebody else wrote the row");
  EXPECT_EQ(cause_of(kExtra, kRemove, true), "the row was removed, and somebody else wrote it");
  EXPECT_EQ(cause_of(kDifferent, kPut, true), "a change was lost, or somebody else wrote the row");
  const std::string gone = ", or somebody else, or the table's TTL, removed the row with its mark";
  const auto in_row = [](FindingClass what, const std::optional<events::Operation>& done) {
    return cause_of(what, done, done.has_value(), MarksOfRows::kGoWithThem);
  };
  EXPECT_EQ(in_row(kMissing, {}), "no change of the item was ever applied" + gone);
  EXPECT_EQ(in_row(kMissing, kRemove), "the change that made the item anew was lost" + gone);
  EXPECT_EQ(in_row(kMissing, kPut), cause_of(kMissing, kPut, true));
  EXPECT_EQ(in_row(kExtra, kPut), cause_of(kExtra, kPut, true));
  EXPECT_EQ(cause_of(kUnsettled, kPut, true) + cause_of(kFailed, {}, false), "");
}

}  // namespace
}  // namespace streamonce::handler::compare
