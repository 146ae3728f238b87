#include "handler/commands/doctor/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace streamonce::handler::doctor {
namespace {

Findings some() {
  return {
      .findings = {{.level = Level::kError,
                    .check = "mapping-state",
                    .what = "the mapping u is Disabled; expected Enabled",
                    .why = "nothing is read, and what the stream has is lost after 24 hours, as "
                           "all of its records are, too",
                    .remedy = "aws lambda x"},
                   {.level = Level::kWarning, .check = "vpc", .what = "v", .why = "w"},
                   {.level = Level::kWarning, .check = "vpc", .what = "v", .why = "w\x1b[2J"},
                   {.level = Level::kInfo, .check = "filter", .what = "a \"b\"", .why = "c"}},
      .not_checked = {{.what = "the function's timeout", .why = "denied"}}};
}

TEST(DoctorReport, TellsAPersonWhatWhyAndHow) {
  EXPECT_EQ(
      to_text(some()),
      "error    the mapping u is Disabled; expected Enabled [mapping-state]\n"
      "         nothing is read, and what the stream has is lost after 24 hours, as all of its "
      "records are,\n"
      "         too\n"
      "         $ aws lambda x\n"
      "\n"
      "warning  v [vpc]\n"
      "         w\n"
      "\n"
      "warning  v [vpc]\n"
      "         w?[2J\n"
      "\n"
      "note     a \"b\" [filter]\n"
      "         c\n"
      "\n"
      "not checked: the function's timeout: denied\n"
      "\n"
      "1 error, 2 warnings, 1 note, 1 not checked\n");
  EXPECT_EQ(to_text({}), "0 errors, 0 warnings, 0 notes, 0 not checked\n");
}

TEST(DoctorReport, TellsAProgramTheSame) {
  const auto json = nlohmann::json::parse(to_json(some()));
  EXPECT_EQ(json["findings"].size(), 4U);
  EXPECT_EQ(json["findings"][0],
            (nlohmann::json{{"level", "error"},
                            {"check", "mapping-state"},
                            {"what", "the mapping u is Disabled; expected Enabled"},
                            {"why", some().findings[0].why},
                            {"remedy", "aws lambda x"}}));
  EXPECT_EQ(json["findings"][3]["level"], "info");
  EXPECT_EQ(json["not_checked"],
            (nlohmann::json::array({{{"what", "the function's timeout"}, {"why", "denied"}}})));
  EXPECT_EQ(json["errors"], 1);
  EXPECT_EQ(json["warnings"], 2);
  EXPECT_EQ(json["notes"], 1);
  EXPECT_EQ(to_json({}),
            "{\"findings\":[],\"not_checked\":[],\"errors\":0,\"warnings\":0,\"notes\":0}\n");
}

}  // namespace
}  // namespace streamonce::handler::doctor
