#include "runtime/base/temporary_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <utility>

#include "tests/support/temp_dir.h"

namespace streamonce {
namespace {

TEST(TemporaryFile, IsReadFromItsStartByWhoTakesItAndHasNoName) {
  const testing::TempDir folder;
  auto file = TemporaryFile::create(folder.path());
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->append("some "));
  ASSERT_TRUE(file->append("bytes"));
  EXPECT_EQ(file->size(), 10U);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));

  const int descriptor = file->release();
  struct stat facts = {};
  ASSERT_EQ(::fstat(descriptor, &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
  EXPECT_EQ(facts.st_nlink, 0U);
  std::array<char, 32> bytes;
  const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
  EXPECT_EQ(std::string(bytes.data(), static_cast<std::size_t>(count)), "some bytes");
  EXPECT_EQ(::close(descriptor), 0);  // nobody else has closed it
}

TEST(TemporaryFile, MovesWithAllThatWasWritten) {
  const testing::TempDir folder;
  TemporaryFile first = TemporaryFile::create(folder.path()).value();
  ASSERT_TRUE(first.append("one"));
  TemporaryFile second = std::move(first);
  ASSERT_TRUE(second.append("two"));
  EXPECT_EQ(second.size(), 6U);
  TemporaryFile third = TemporaryFile::create(folder.path()).value();
  third = std::move(second);
  EXPECT_EQ(third.size(), 6U);
  EXPECT_TRUE(third.append("three"));
}

TEST(TemporaryFile, SaysWhichFolderIsOfNoUse) {
  const auto file = TemporaryFile::create("/nowhere/at/all");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kFatal);
  EXPECT_EQ(file.error().message,
            "the folder for temporary files, \"/nowhere/at/all\": No such file or directory");
}

}  // namespace
}  // namespace streamonce
