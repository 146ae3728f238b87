#include "handler/config/log_settings.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace streamonce::handler
