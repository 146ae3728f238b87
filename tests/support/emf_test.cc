// The checker of lines of metrics finds what is wrong with a line.

#include "tests/support/emf.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

const WallTime kNow = FakeClock().now();

/// A line that breaks no rule: the specification's own example, with our names.
json good_line() {
  return {{"_aws",
           {{"Timestamp", kNow.time_since_epoch().count()},
            {"CloudWatchMetrics",
             {{{"Namespace", "streamonce"},
               {"Dimensions", {{"Pipeline"}}},
               {"Metrics",
                {{{"Name", "Lag"}, {"Unit", "Milliseconds"}, {"StorageResolution", 60}},
                 {{"Name", "Sizes"}}}}}}}}},
          {"Pipeline", "orders"},
          {"Lag", 45.5},
          {"Sizes", {1, 2, 3}},
          {"requestId", "989ffbf8"}};
}

std::string faults_of(const json& line) {
  return emf_faults(line.dump() + "\n", kNow);
}

TEST(Emf, TakesALineThatBreaksNoRule) {
  EXPECT_EQ(faults_of(good_line()), "");
}

TEST(Emf, FindsWhatIsNotOneObjectOnOneLine) {
  const std::string good = good_line().dump();
  for (const std::string& broken :
       {good, good + "\n\n", " " + good + "\n", "INFO " + good + "\n", good + good + "\n",
        good_line().dump(1) + "\n", good.substr(0, good.size() - 1) + "\n", std::string("[]\n"),
        std::string("\n"), std::string(), R"({"Lag":1,)" + good.substr(1) + "\n"})
    EXPECT_NE(emf_faults(broken, kNow), "") << broken;
  json large = good_line();
  large["more"] = std::string(1'000'000, 'x');
  EXPECT_EQ(faults_of(large), "longer than 1 MB; ");
}

TEST(Emf, FindsEachRuleThatIsBroken) {
  const json::json_pointer metadata("/_aws");
  const json::json_pointer directive("/_aws/CloudWatchMetrics/0");
  const std::vector<std::pair<json::json_pointer, json>> changes = {
      {json::json_pointer("/_aws"), json()},
      {metadata / "Timestamp", json()},
      {metadata / "Timestamp", "2026-11-21T00:44:22Z"},
      {metadata / "Timestamp", kNow.time_since_epoch().count() / 1'000},
      {metadata / "Timestamp", kNow.time_since_epoch().count() + 7'201'000},
      {metadata / "Timestamp", kNow.time_since_epoch().count() - 15LL * 86'400'000},
      {metadata / "CloudWatchMetrics", json::array()},
      {metadata / "CloudWatchMetrics", json::object()},
      {directive, "streamonce"},
      {directive / "Namespace", json()},
      {directive / "Namespace", ""},
      {directive / "Namespace", "AWS/Lambda"},
      {directive / "More", 1},
      {directive / "Dimensions", json()},
      {directive / "Dimensions", json::array({"Pipeline"})},
      {directive / "Dimensions" / 0, json(std::vector<std::string>(31, "Pipeline"))},
      {directive / "Dimensions" / 0 / 0, "Table"},
      {directive / "Metrics", json()},
      {directive / "Metrics", json(std::vector<json>(101, {{"Name", "Lag"}}))},
      {directive / "Metrics" / 0 / "Name", json()},
      {directive / "Metrics" / 0 / "Name", "Sizes"},
      {directive / "Metrics" / 0 / "Name", "NotThere"},
      {directive / "Metrics" / 0 / "Unit", "ms"},
      {directive / "Metrics" / 0 / "Value", 1},
      {json::json_pointer("/Pipeline"), json()},
      {json::json_pointer("/Pipeline"), 7},
      {json::json_pointer("/Pipeline"), ""},
      {json::json_pointer("/Pipeline"), "  "},
      {json::json_pointer("/Pipeline"), "caf\xC3\xA9"},
      {json::json_pointer("/Pipeline"), "two\nlines"},
      {json::json_pointer("/Pipeline"), std::string(1'025, 'x')},
      {json::json_pointer("/Lag"), json()},
      {json::json_pointer("/Lag"), "45"},
      {json::json_pointer("/Sizes"), json::array()},
      {json::json_pointer("/Sizes"), json(std::vector<int>(101, 1))},
      {json::json_pointer("/Sizes"), json::array({1, "2"})},
  };
  for (const auto& [place, value] : changes) {
    json line = good_line();
    line[place] = value;
    EXPECT_NE(faults_of(line), "") << place.to_string() << " = " << value;
  }
}

TEST(Emf, KnowsWhatLambdaHandsOn) {
  const std::string time = R"("timestamp":"2026-11-21T00:44:22.580Z")";
  EXPECT_EQ(level_for_lambda("{" + time + R"(,"level":"warn"})"), LogLevel::kWarn);
  EXPECT_EQ(level_for_lambda("{" + time + R"(,"level":"FATAL"})"), LogLevel::kFatal);
  for (const std::string& line :
       {"{" + time + "}", "{" + time + R"(,"level":"loud"})", "{" + time + R"(,"level":5})",
        std::string(R"({"level":"FATAL"})"),
        std::string(R"({"level":"FATAL","timestamp":1795221862580})"), std::string("text")})
    EXPECT_EQ(level_for_lambda(line), LogLevel::kInfo) << line;
  EXPECT_TRUE(passes_lambda("{" + time + "}", LogLevel::kInfo));
  EXPECT_FALSE(passes_lambda("{" + time + "}", LogLevel::kWarn));
}

}  // namespace
}  // namespace streamonce::testing
