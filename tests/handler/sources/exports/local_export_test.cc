#include "handler/sources/exports/local_export.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/export_writer.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::exports {
namespace {

class LocalExportTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.file(name), std::ios::binary) << text;
  }

  const testing::TempDir folder_;
  const std::unique_ptr<ExportFiles> files_ = *LocalExport::open(folder_.path() + "/");
};

TEST_F(LocalExportTest, HandsOutAFileAtItsStartWithItsChecksum) {
  const std::string text(700'000, 'x');
  write("a", text);
  const auto file = files_->fetch("a");
  ASSERT_TRUE(file && *file);
  EXPECT_EQ((*file)->bytes(), text.size());
  EXPECT_EQ((*file)->md5(), testing::ExportWriter::md5_of(text));
  std::array<char, 10> start;
  EXPECT_EQ(::read((*file)->descriptor(), start.data(), start.size()), 10);
  EXPECT_EQ(std::string(start.data(), start.size()), text.substr(0, 10));
}

TEST_F(LocalExportTest, TellsWhatIsNotThereFromWhatCannotBeRead) {
  const auto absent = files_->fetch("data/absent");
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
  write("plain", "");
  const auto below = files_->fetch("plain/below");
  ASSERT_TRUE(below);
  EXPECT_FALSE(*below);
  std::filesystem::create_directory(folder_.file("folder"));
  const auto folder = files_->fetch("folder");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::kUnavailable);
  const auto key = files_->fetch_key("plain");
  ASSERT_TRUE(key);
  EXPECT_FALSE(*key);
}

TEST_F(LocalExportTest, IsNamedAsItsFolder) {
  EXPECT_EQ(files_->name(), folder_.path());
  EXPECT_EQ((*LocalExport::open("/"))->name(), "/");
  const auto absent = LocalExport::open(folder_.file("absent"));
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message.find("absent: cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace streamonce::handler::exports
