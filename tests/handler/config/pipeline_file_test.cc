#include "handler/config/pipeline_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>

#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

class PipelineFile : public ::testing::Test {
 protected:
  Result<FileMembers> read(const std::string& text) {
    std::ofstream(path_, std::ios::trunc | std::ios::binary) << text;
    return read_pipeline_file(path_);
  }
  std::string fault_of(const std::string& text) {
    const auto members = read(text);
    return members ? "none" : members.error().message;
  }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("pipeline.json");
};

TEST_F(PipelineFile, HasTextsAndWholeNumbers) {
  const auto members = read(R"({"target":"sqlite:\u00e4\n","retain_days":30,"low":-7})");
  ASSERT_TRUE(members) << members.error().message;
  ASSERT_EQ(members->size(), 3U);
  EXPECT_EQ(members->at("target").kind, FileValue::Kind::kText);
  EXPECT_EQ(members->at("target").text, "sqlite:\xC3\xA4\n");
  EXPECT_EQ(members->at("retain_days").kind, FileValue::Kind::kWholeNumber);
  EXPECT_EQ(members->at("retain_days").text, "30");
  EXPECT_EQ(members->at("low").text, "-7");
}

TEST_F(PipelineFile, HasTruthValues) {
  const auto members = read(R"({"adopt":true,"not":false})");
  ASSERT_TRUE(members) << members.error().message;
  for (const auto& [name, text] : {std::pair("adopt", "true"), std::pair("not", "false")}) {
    EXPECT_EQ(members->at(name).kind, FileValue::Kind::kTruth) << name;
    EXPECT_EQ(members->at(name).text, text) << name;
  }
}

TEST_F(PipelineFile, AnyOtherValueIsToldAsSuch) {
  for (const std::string value :
       {"null", "2.0", "1e2", "99999999999999999999", "[]", "[1,\"x\"]", "[{\"b\":\"x\"}]",
        R"({"a":"x","b":[{"c":1}]})", R"({"b":"x","c":1})", R"({"c":null,"b":"x"})",
        R"({"b":{"c":"x"},"d":"y"})", R"({"b":["x"]})", R"({"b":true})", R"({"b":1.5})"}) {
    const auto members = read(R"({"a":)" + value + "}");
    ASSERT_TRUE(members) << value;
    ASSERT_EQ(members->size(), 1U) << value;
    EXPECT_EQ(members->at("a").kind, FileValue::Kind::kOther) << value;
    EXPECT_EQ(members->at("a").text, "") << value;
    EXPECT_TRUE(members->at("a").texts.empty()) << value;
  }
}

TEST_F(PipelineFile, HasObjectsOfTexts) {
  const auto members = read(R"({"a":{"b":"x","c,=":"","b":"y"},"d":{},"e":"z"})");
  ASSERT_TRUE(members) << members.error().message;
  EXPECT_EQ(members->at("a").kind, FileValue::Kind::kTexts);
  EXPECT_EQ(members->at("a").texts, (FileTexts{{"b", "y"}, {"c,=", ""}}));
  EXPECT_EQ(members->at("d").kind, FileValue::Kind::kTexts);
  EXPECT_TRUE(members->at("d").texts.empty());
  EXPECT_EQ(members->at("e").text, "z");
}

TEST_F(PipelineFile, OfAMemberThatStandsTwiceTheLastCounts) {
  EXPECT_EQ(read(R"({"a":"x","b":"y","a":5})")->at("a").text, "5");
  EXPECT_EQ(read(R"({"a":"x","a":null})")->at("a").kind, FileValue::Kind::kOther);
  EXPECT_EQ(read(R"({"a":"x","a":{"a":"y"}})")->at("a").kind, FileValue::Kind::kTexts);
  EXPECT_TRUE(read(R"({"a":{"a":"y"},"a":{}})")->at("a").texts.empty());
}

TEST_F(PipelineFile, MayBeEmptyOrBeginWithAByteOrderMark) {
  EXPECT_TRUE(read("{}")->empty());
  EXPECT_EQ(read("\xEF\xBB\xBF{\"a\":\"x\"}")->at("a").text, "x");
}

TEST_F(PipelineFile, IsOneObject) {
  for (const std::string text : {"[]", "5", "\"x\"", "null", R"([{"target":"x"}])"})
    EXPECT_EQ(fault_of(text), path_ + ": expected a JSON object") << text;
}

TEST_F(PipelineFile, TellsWhereItStopsBeingJson) {
  const std::pair<std::string, std::string> faults[] = {
      {"", "line 1, column 1 (byte 0)"},
      {"{\n \"target\": x}", "line 2, column 12 (byte 13)"},
      {"{\n \"target\":", "line 2, column 11 (byte 12)"},
      {"{}\n{", "line 2, column 1 (byte 3)"},
      {"{\"a\":1e999}", "line 1, column 10 (byte 9)"},
      {"{\"a\":\"\xFF\"}", "line 1, column 7 (byte 6)"},
  };
  for (const auto& [text, place] : faults)
    EXPECT_EQ(fault_of(text), path_ + ": not JSON, near " + place) << text;
}

TEST_F(PipelineFile, MustBeReadable) {
  const auto absent = read_pipeline_file(folder_.file("none.json"));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(absent.error().message.find("none.json: cannot be read"), std::string::npos);
  EXPECT_NE(fault_of(std::string(1024UL * 1024 + 1, ' ')).find("larger than"), std::string::npos);
  EXPECT_NE(fault_of(std::string("\xFF\xFE{\0}\0", 6)).find("UTF-16"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler
