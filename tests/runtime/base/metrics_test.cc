#include "runtime/base/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/emf.h"
#include "tests/support/fake_clock.h"

namespace streamonce {
namespace {

using nlohmann::json;
using testing::emf_faults;

const WallTime kNow = testing::FakeClock().now();

std::string line_of(std::span<const Metric> metrics, std::string_view value = "orders") {
  return emf_line({.time = kNow,
                   .level = "INFO",
                   .name_space = "streamonce",
                   .dimension = "Pipeline",
                   .value = value,
                   .metrics = metrics});
}

TEST(EmfLine, HasTheseBytes) {
  const std::array metrics = {Metric{.name = "Applied", .tenths = 120},
                              Metric{.name = "WriteUnits", .tenths = 485},
                              Metric{.name = "Lag", .unit = MetricUnit::kMilliseconds}};
  EXPECT_EQ(line_of(metrics),
            R"({"timestamp":"2026-11-21T00:44:22.580Z","level":"INFO",)"
            R"("_aws":{"Timestamp":1795221862580,"CloudWatchMetrics":[{"Namespace":"streamonce",)"
            R"("Dimensions":[["Pipeline"]],"Metrics":[{"Name":"Applied","Unit":"Count"},)"
            R"({"Name":"WriteUnits","Unit":"Count"},{"Name":"Lag","Unit":"Milliseconds"}]}]},)"
            R"("Pipeline":"orders","Applied":12,"WriteUnits":48.5,"Lag":0})"
            "\n");
  EXPECT_EQ(emf_faults(line_of(metrics), kNow), "");
}

TEST(EmfLine, BreaksNoRuleWithAnyDimension) {
  const std::array metrics = {Metric{.name = "Applied", .tenths = 10}};
  const auto value_of = [&](std::string_view value) {
    const std::string line = line_of(metrics, value);
    EXPECT_EQ(emf_faults(line, kNow), "") << line;
    return json::parse(line)["Pipeline"].get<std::string>();
  };
  EXPECT_EQ(value_of("prod-orders.2"), "prod-orders.2");
  EXPECT_EQ(value_of(R"(a "b" \c)"), R"(a "b" \c)");
  EXPECT_EQ(value_of("caf\xC3\xA9 \xE2\x82\xAC\n\x7F"), "caf_ ___");
  EXPECT_EQ(value_of("\xC3\xA9"), "_");
  EXPECT_EQ(value_of(""), "_");
  EXPECT_EQ(value_of("  "), "_");
  EXPECT_EQ(value_of(std::string(255, '"')), std::string(255, '"'));
  EXPECT_EQ(value_of(std::string(2'000, 'x')), std::string(1'024, 'x'));
}

TEST(EmfLine, BreaksNoRuleWithAnyNumberOfMetrics) {
  EXPECT_EQ(emf_faults(line_of({}), kNow), "");
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("Metric" + std::to_string(i));
  std::vector<Metric> metrics;
  for (const std::string& name : names)
    metrics.push_back({.name = name, .tenths = std::int64_t{1} << 62});
  EXPECT_EQ(emf_faults(line_of(metrics), kNow), "");
}

}  // namespace
}  // namespace streamonce
