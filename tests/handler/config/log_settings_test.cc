#include "handler/config/log_settings.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/settings.h"

namespace streamonce::handler {
namespace {

using testing::environment_of;

TEST(LogSettings, AreLambdas) {
  const LogSettings settings =
      load_log_settings(
          environment_of({{"AWS_LAMBDA_LOG_LEVEL", "debug"}, {"AWS_LAMBDA_LOG_FORMAT", "JSON"}}))
          .value();
  EXPECT_EQ(settings.level, LogLevel::kDebug);
  EXPECT_EQ(settings.format, LogFormat::kJson);
  EXPECT_FALSE(load_log_settings(environment_of({{"AWS_LAMBDA_LOG_LEVEL", "loud"}})));
  EXPECT_FALSE(load_log_settings(environment_of({{"AWS_LAMBDA_LOG_FORMAT", "XML"}})));
}

/// A higher one would look like a fault, and Lambda would drop a lower one.
TEST(LogSettings, HaveTheLowestLevelForMetricsThatIsNotFilteredOut) {
  for (const auto& [level, expected] : std::map<std::string, std::string>{{"TRACE", "INFO"},
                                                                          {"DEBUG", "INFO"},
                                                                          {"INFO", "INFO"},
                                                                          {"WARN", "WARN"},
                                                                          {"ERROR", "ERROR"},
                                                                          {"FATAL", "FATAL"}})
    EXPECT_EQ(load_log_settings(environment_of({{"AWS_LAMBDA_LOG_LEVEL", level}}))->metrics_level,
              expected);
  EXPECT_EQ(load_log_settings(environment_of({}))->metrics_level, "INFO");
}

}  // namespace
}  // namespace streamonce::handler
