#include "runtime/base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"

namespace streamonce {
namespace {

/// A logger whose lines a test can read, at 2026-11-21T00:44:22.580Z.
struct LogFixture {
  explicit LogFixture(LogFormat format, LogLevel level = LogLevel::kTrace)
      : logger({.level = level,
                .format = format,
                .sink = [this](std::string_view line) { lines.emplace_back(line); }},
               clock) {}

  testing::FakeClock clock;
  std::vector<std::string> lines;
  Logger logger;
};

TEST(Log, WritesJson) {
  LogFixture log(LogFormat::kJson);
  log.logger.set_request_id("r-1");
  log.logger.log(LogLevel::kWarn, "pack refused",
                 {{"code", "Throttling"}, {"count", 3}, {"again", true}, {"bytes", 7UL}});
  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_EQ(log.lines[0],
            R"({"timestamp":"2026-11-21T00:44:22.580Z","level":"WARN","message":"pack refused",)"
            R"("requestId":"r-1","code":"Throttling","count":3,"again":true,"bytes":7})"
            "\n");
}

TEST(Log, LeavesTheRequestIdOutWhenThereIsNone) {
  LogFixture log(LogFormat::kJson);
  log.logger.set_request_id("r-1");
  log.logger.set_request_id({});
  log.logger.log(LogLevel::kInfo, "start");
  EXPECT_EQ(log.lines.at(0),
            R"({"timestamp":"2026-11-21T00:44:22.580Z","level":"INFO","message":"start"})"
            "\n");
}

TEST(Log, WritesText) {
  LogFixture log(LogFormat::kText);
  log.logger.set_request_id("r-1");
  log.logger.log(LogLevel::kInfo, "batch done",
                 {{"records", -3}, {"table", "orders"}, {"retried", false}});
  EXPECT_EQ(log.lines.at(0),
            "2026-11-21T00:44:22.580Z INFO batch done requestId=r-1 records=-3 table=orders "
            "retried=false\n");
}

TEST(Log, QuotesTextThatIsNotOneWord) {
  LogFixture log(LogFormat::kText);
  log.logger.log(LogLevel::kError, "m",
                 {{"space", "a b"},
                  {"quote", "a\"b"},
                  {"line", "a\nb"},
                  {"empty", ""},
                  {"accent", "\xC3\xA9"},
                  {"number", "12"}});
  EXPECT_EQ(log.lines.at(0),
            "2026-11-21T00:44:22.580Z ERROR m space=\"a b\" quote=\"a\\\"b\" line=\"a\\nb\" "
            "empty=\"\" accent=\"\xC3\xA9\" number=12\n");
}

TEST(Log, WritesOneLineForOneEventWhateverItHolds) {
  std::string hostile = "one\ntwo\r\n";
  for (int byte = 0; byte < 256; ++byte) hostile += static_cast<char>(byte);
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    LogFixture log(format);
    log.logger.set_request_id(hostile);
    log.logger.log(LogLevel::kFatal, hostile, {{"value", hostile}});
    EXPECT_EQ(log.lines.at(0).find('\n'), log.lines.at(0).size() - 1);
    if (format == LogFormat::kJson) {
      EXPECT_TRUE(nlohmann::json::accept(log.lines[0]));
    }
  }
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  LogFixture log(LogFormat::kText, LogLevel::kWarn);
  for (const LogLevel level : {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn,
                               LogLevel::kError, LogLevel::kFatal})
    log.logger.log(level, "m");
  EXPECT_EQ(log.lines, (std::vector<std::string>{"2026-11-21T00:44:22.580Z WARN m\n",
                                                 "2026-11-21T00:44:22.580Z ERROR m\n",
                                                 "2026-11-21T00:44:22.580Z FATAL m\n"}));
  EXPECT_FALSE(log.logger.enabled(LogLevel::kInfo));
  EXPECT_TRUE(log.logger.enabled(LogLevel::kWarn));
}

TEST(Log, ReadsLevelAndFormatInAnyCase) {
  EXPECT_EQ(parse_log_level("TRACE"), LogLevel::kTrace);
  EXPECT_EQ(parse_log_level("debug"), LogLevel::kDebug);
  EXPECT_EQ(parse_log_level("Info"), LogLevel::kInfo);
  EXPECT_EQ(parse_log_level("WARN"), LogLevel::kWarn);
  EXPECT_EQ(parse_log_level("ERROR"), LogLevel::kError);
  EXPECT_EQ(parse_log_level("FATAL"), LogLevel::kFatal);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
  EXPECT_EQ(parse_log_level("WARNING"), std::nullopt);
  EXPECT_EQ(parse_log_format("JSON"), LogFormat::kJson);
  EXPECT_EQ(parse_log_format("text"), LogFormat::kText);
  EXPECT_EQ(parse_log_format("xml"), std::nullopt);
}

TEST(Log, WritesWholeLinesToStandardError) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe2(pipe_ends.data(), O_CLOEXEC), 0);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(pipe_ends[1], STDERR_FILENO);
  write_to_stderr("one line\n");
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  ::close(pipe_ends[1]);
  std::array<char, 64> read_back{};
  const ssize_t count = ::read(pipe_ends[0], read_back.data(), read_back.size());
  ::close(pipe_ends[0]);
  EXPECT_EQ(std::string(read_back.data(), static_cast<std::size_t>(count)), "one line\n");
}

TEST(Log, SurvivesAClosedStandardError) {
  const int saved = ::dup(STDERR_FILENO);
  ::close(STDERR_FILENO);
  write_to_stderr("to nobody\n");
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
}

}  // namespace
}  // namespace streamonce
