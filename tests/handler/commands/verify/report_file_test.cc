#include "handler/commands/verify/report_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace streamonce::handler::verify {
namespace {

class ReportFileTest : public ::testing::Test {
 protected:
  std::string read() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  void write(std::string_view text) const { std::ofstream(path_, std::ios::binary) << text; }

  const testing::TempDir folder_;
  const std::string path_ = folder_.file("report.ndjson");
  const std::string temporary_ = std::filesystem::path(path_).parent_path().string();
};

TEST_F(ReportFileTest, HasEachPartOnceItIsDone) {
  ReportFile report(path_, 0, temporary_);
  ASSERT_TRUE(report.resume());
  ASSERT_TRUE(report.finish(3));
  EXPECT_FALSE(std::filesystem::exists(path_)) << "nothing was found";
  EXPECT_TRUE(report.is_empty());
  ASSERT_TRUE(report.take(1, "one"));
  ASSERT_TRUE(report.take(2, "two"));
  ASSERT_TRUE(report.take(1, "uno"));
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(report.finish(2));
  EXPECT_EQ(read(), "two\n");
  EXPECT_EQ(report.length(), 4U);
  ASSERT_TRUE(report.finish(1));
  EXPECT_EQ(read(), "two\none\nuno\n");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(ReportFileTest, KeepsMuchInAFileWithoutAName) {
  ReportFile report(path_, 0, temporary_);
  const std::string line(100'000, 'x');
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(report.take(static_cast<std::size_t>(i % 2), line));
  ASSERT_TRUE(report.finish(1));
  EXPECT_EQ(report.length(), 50 * (line.size() + 1));
  ASSERT_TRUE(report.finish(0));
  EXPECT_EQ(read().size(), 100 * (line.size() + 1));
}

TEST_F(ReportFileTest, SaysWhereItCannotKeepOrWrite) {
  ReportFile report(path_, 0, temporary_ + "/absent");
  EXPECT_FALSE(report.take(0, std::string(kKeptBytesMax, 'x')));
  ReportFile nowhere(temporary_ + "/absent/report", 0, temporary_);
  ASSERT_TRUE(nowhere.take(0, "x"));
  const Status written = nowhere.finish(0);
  ASSERT_FALSE(written);
  EXPECT_TRUE(
      written.error().message.starts_with(temporary_ + "/absent/report: cannot be written"));
}

TEST_F(ReportFileTest, WritesOverNoFileThatIsThere) {
  write("mine");
  ReportFile report(path_, 0, temporary_);
  ASSERT_TRUE(report.resume());
  ASSERT_TRUE(report.take(0, "x"));
  EXPECT_FALSE(report.finish(0));
  EXPECT_EQ(read(), "mine");
}

TEST_F(ReportFileTest, GoesOnWhereItWasCounted) {
  write("one\ntwo\nthr");
  ReportFile report(path_, 8, temporary_);
  ASSERT_TRUE(report.resume());
  ASSERT_TRUE(report.take(0, "three"));
  ASSERT_TRUE(report.finish(0));
  EXPECT_EQ(read(), "one\ntwo\nthree\n");
  ReportFile longer(path_, 100, temporary_);
  ASSERT_FALSE(longer.resume());
  EXPECT_NE(longer.resume().error().message.find("14 bytes, and the state file tells of 100"),
            std::string::npos);
  ReportFile absent(path_ + "x", 5, temporary_);
  EXPECT_FALSE(absent.resume());
}

TEST_F(ReportFileTest, TakesTheNextFreeName) {
  const std::string before = temporary_ + "/orders";
  EXPECT_EQ(free_report_path(before), before + ".verify.ndjson");
  std::ofstream(before + ".verify.ndjson") << "x";
  std::ofstream(before + ".verify.2.ndjson") << "x";
  EXPECT_EQ(free_report_path(before), before + ".verify.3.ndjson");
}

}  // namespace
}  // namespace streamonce::handler::verify
