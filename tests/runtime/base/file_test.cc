#include "runtime/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "runtime/base/payload.h"
#include "tests/support/temp_dir.h"

namespace streamonce {
namespace {

std::string text_of(const std::string& path) {
  Payload payload(1024);
  const Status read = read_file(path, payload);
  return read ? std::string(payload.text()) : read.error().message;
}

TEST(ReadFile, ReadsAFileOfExactlyTheBoundAndRefusesOneByteMore) {
  const testing::TempDir folder;
  const std::string path = folder.file("text");
  std::ofstream(path) << "12345678";
  Payload payload(8);
  ASSERT_TRUE(payload.append("before"));
  ASSERT_TRUE(read_file(path, payload));
  EXPECT_EQ(payload.text(), "12345678");
  std::ofstream(path) << "123456789";
  const Status refused = read_file(path, payload);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(refused.error().message, path + ": is larger than 8 bytes");
}

TEST(ReadFile, ReadsAnEmptyFile) {
  const testing::TempDir folder;
  const std::string path = folder.file("empty");
  std::ofstream(path).close();
  EXPECT_EQ(text_of(path), "");
}

TEST(ReadFile, ReadsAPipeToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "12345678", 8), 8);
  ::close(ends[1]);
  EXPECT_EQ(text_of("/dev/fd/" + std::to_string(ends[0])), "12345678");
  ::close(ends[0]);
}

TEST(ReadFile, SaysWhatCannotBeReadAndWhy) {
  const testing::TempDir folder;
  EXPECT_EQ(text_of(folder.file("none")),
            folder.file("none") + ": cannot be read: No such file or directory");
  EXPECT_EQ(text_of(folder.path()), folder.path() + ": cannot be read: Is a directory");
}

TEST(FileBytes, AreKnownOfRegularFilesOnly) {
  const testing::TempDir folder;
  const std::string path = folder.file("text");
  EXPECT_EQ(file_bytes(path), std::nullopt);
  std::ofstream(path) << "12345678";
  EXPECT_EQ(file_bytes(path), 8U);
  EXPECT_EQ(file_bytes(folder.file(".")), std::nullopt);
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(file_bytes(pipe), std::nullopt);
  EXPECT_EQ(file_bytes("-"), std::nullopt);
}

TEST(ReplaceFile, MakesAFileForItsOwnerOnly) {
  const testing::TempDir folder;
  const std::string path = folder.file("state");
  ASSERT_TRUE(replace_file(path, "one"));
  EXPECT_EQ(text_of(path), "one");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(ReplaceFile, TakesThePlaceOfAnotherAndLeavesNothingBeside) {
  const testing::TempDir folder;
  const std::string path = folder.file("state");
  ASSERT_TRUE(replace_file(path, "a longer text"));
  ASSERT_TRUE(replace_file(path, "two"));
  EXPECT_EQ(text_of(path), "two");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path(), path);
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

// Whoever had the file open has what was there then, whole: it is another file by now.
TEST(ReplaceFile, LeavesTheOldTextToWhoReadsIt) {
  const testing::TempDir folder;
  const std::string path = folder.file("state");
  const std::string kept = folder.file("kept");
  ASSERT_TRUE(replace_file(path, "one"));
  std::filesystem::create_hard_link(path, kept);
  ASSERT_TRUE(replace_file(path, "two"));
  EXPECT_EQ(text_of(kept), "one");
  EXPECT_EQ(text_of(path), "two");
}

TEST(ReplaceFile, LeavesWhatIsThereIfItCannotBeWritten) {
  const testing::TempDir folder;
  const std::string missing = folder.file("none") + "/state";
  const Status failed = replace_file(missing, "one");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(failed.error().message.find(missing), std::string::npos) << failed.error().message;
  // A folder of that name is not replaced.
  const std::string taken = folder.file("taken");
  std::filesystem::create_directories(taken + "/inside");
  EXPECT_FALSE(replace_file(taken, "one"));
  EXPECT_TRUE(std::filesystem::is_directory(taken + "/inside"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path(), taken);
}

}  // namespace
}  // namespace streamonce
