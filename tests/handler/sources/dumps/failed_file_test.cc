#include "handler/sources/dumps/failed_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include "tests/handler/sources/dumps/byte_feed.h"
#include "tests/support/full_disk.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::dumps {
namespace {

using streamonce::testing::refuse_writes_of;
using streamonce::testing::TempDir;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool exists(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0;
}

TEST(FailedFile, IsNotThereBeforeItsFirstLine) {
  const TempDir folder;
  {
    FailedFile file(folder.file("f"));
    EXPECT_TRUE(file.flush());
    EXPECT_TRUE(file.finish());
    EXPECT_TRUE(file.finish());
    EXPECT_EQ(file.lines(), 0U);
    EXPECT_EQ(file.path(), folder.file("f"));
  }
  EXPECT_FALSE(exists(folder.file("f")));
}

TEST(FailedFile, HasEveryLineOnceItIsFinished) {
  const TempDir folder;
  FailedFile file(folder.file("f"));
  const std::string large(200'000, 'x');
  ASSERT_TRUE(file.append("{\"a\":1}"));
  ASSERT_TRUE(file.append(large));
  ASSERT_TRUE(file.append("{\"b\":2}"));
  EXPECT_EQ(file.lines(), 3U);
  ASSERT_TRUE(file.flush());
  EXPECT_EQ(text_of(folder.file("f")), "{\"a\":1}\n" + large + "\n{\"b\":2}\n");
  ASSERT_TRUE(file.append("3"));
  ASSERT_TRUE(file.finish());
  ASSERT_TRUE(file.finish());
  EXPECT_EQ(text_of(folder.file("f")), "{\"a\":1}\n" + large + "\n{\"b\":2}\n3\n");
  EXPECT_EQ(file.lines(), 4U);
}

TEST(FailedFile, KeepsADocumentOfManyLinesInOne) {
  const TempDir folder;
  FailedFile file(folder.file("f"));
  ASSERT_TRUE(file.append("{\r\n\"a\": 1\n}\n"));
  ASSERT_TRUE(file.append("2"));
  ASSERT_TRUE(file.finish());
  EXPECT_EQ(text_of(folder.file("f")), "{  \"a\": 1 } \n2\n");
}

TEST(FailedFile, IsFinishedByItsDestructor) {
  const TempDir folder;
  ASSERT_TRUE(FailedFile(folder.file("f")).append("1"));
  EXPECT_EQ(text_of(folder.file("f")), "1\n");
}

TEST(FailedFile, IsReadableByItsOwnerOnly) {
  const TempDir folder;
  const mode_t before = ::umask(0);
  FailedFile file(folder.file("f"));
  ASSERT_TRUE(file.append("1"));
  ::umask(before);
  struct stat about {};
  ASSERT_EQ(::stat(folder.file("f").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0600U);
}

TEST(FailedFile, NeverWritesAFileThatWasThere) {
  const TempDir folder;
  write_file(folder.file("f"), "precious");
  ASSERT_EQ(::symlink("absent", folder.file("link").c_str()), 0);
  for (const std::string& path :
       {folder.file("f"), folder.file("link"), std::string("/dev/full")}) {
    FailedFile file(path);
    for (int time = 0; time < 2; ++time) {
      const Status status = file.append("1");
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
      EXPECT_EQ(status.error().message,
                path + ": cannot be created: File exists; it holds 0 whole lines");
    }
    EXPECT_FALSE(file.flush());
    EXPECT_FALSE(file.finish());
    EXPECT_EQ(file.lines(), 0U);
  }
  EXPECT_EQ(text_of(folder.file("f")), "precious");
  EXPECT_FALSE(exists(folder.file("absent")));
}

/// No file of this process may grow beyond `bytes` while this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST(FailedFile, EndsWithAWholeLineWhereverItsRoomEnds) {
  const std::string lines = "{\"a\":1}\n{\"b\":22}\n{\"c\":333}\n";
  for (std::size_t room = 0; room < lines.size(); ++room) {
    const TempDir folder;
    const FileSizeLimit limit(room);
    FailedFile file(folder.file("f"));
    ASSERT_TRUE(file.append("{\"a\":1}"));
    ASSERT_TRUE(file.append("{\"b\":22}"));
    ASSERT_TRUE(file.append("{\"c\":333}"));
    EXPECT_EQ(file.lines(), 3U);
    const Status status = file.flush();
    ASSERT_FALSE(status);
    const std::size_t whole = lines.substr(0, room).rfind('\n') + 1;
    EXPECT_EQ(text_of(folder.file("f")), lines.substr(0, whole));
    EXPECT_EQ(file.lines(), whole == 0 ? 0U : whole == 8 ? 1U : 2U);
    EXPECT_EQ(status.error().message,
              file.path() + ": cannot be written: File too large; it holds " +
                  std::to_string(file.lines()) + " whole line" + (file.lines() == 1 ? "" : "s"));
    for (const Status& again : {file.append("4"), file.flush(), file.finish()}) {
      ASSERT_FALSE(again);
      EXPECT_EQ(again.error().message, status.error().message);
    }
  }
}

TEST(FailedFile, KeepsTheLinesOfEarlierWrites) {
  const TempDir folder;
  const FileSizeLimit limit(250'000);
  FailedFile file(folder.file("f"));
  const std::string line(70'000, 'x');
  for (int count = 0; count < 3; ++count) ASSERT_TRUE(file.append(line));
  EXPECT_FALSE(file.append(line));
  EXPECT_EQ(file.lines(), 3U);
  EXPECT_EQ(text_of(folder.file("f")), line + "\n" + line + "\n" + line + "\n");
}

TEST(FailedFile, EndsWithAWholeLineOnAFullDisk) {
  const TempDir folder;
  FailedFile file(folder.file("f"));
  bool is_full = false;
  Status status;
  std::thread([&] {
    is_full = refuse_writes_of(100'000);
    for (int count = 0; count < 10; ++count) EXPECT_TRUE(file.append(std::string(9'999, 'x')));
    status = file.append(std::string(100'000, 'y'));
  }).join();
  ASSERT_TRUE(is_full) << "no filters of system calls here";
  ASSERT_FALSE(status);
  // The buffer was handed on when it held 64 KiB; the last three lines were still in it.
  EXPECT_EQ(status.error().message,
            file.path() + ": cannot be written: No space left on device; it holds 7 whole lines");
  EXPECT_EQ(file.lines(), 7U);
  EXPECT_EQ(text_of(file.path()).size(), 70'000U);
}

TEST(FailedFile, IsAddedToWhereThatIsWanted) {
  const TempDir folder;
  const std::string path = folder.file("f");
  for (const char* line : {"{\"a\":1}", "{\"b\":2}"}) {
    FailedFile file(path, Existing::kAppended);
    EXPECT_TRUE(file.append(line));
    EXPECT_EQ(file.lines(), 1U);
    EXPECT_TRUE(file.sync());
  }
  EXPECT_EQ(text_of(path), "{\"a\":1}\n{\"b\":2}\n");
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST(FailedFile, EndsALineThatAKilledProcessLeftUnfinished) {
  const TempDir folder;
  const std::string path = folder.file("f");
  std::ofstream(path) << "{\"a\":1}\n{\"b";
  FailedFile file(path, Existing::kAppended);
  EXPECT_TRUE(file.append("{\"c\":3}"));
  EXPECT_TRUE(file.finish());
  EXPECT_EQ(text_of(path), "{\"a\":1}\n{\"b\n{\"c\":3}\n");
}

TEST(FailedFile, IsWholeOnTheDiskOnceItIsSyncedAndGoesOn) {
  const TempDir folder;
  FailedFile file(folder.file("f"));
  EXPECT_TRUE(file.sync());  // there is none yet
  EXPECT_FALSE(exists(folder.file("f")));
  EXPECT_TRUE(file.append("1"));
  EXPECT_TRUE(file.sync());
  EXPECT_EQ(text_of(folder.file("f")), "1\n");
  EXPECT_TRUE(file.append("2"));
  EXPECT_TRUE(file.finish());
  EXPECT_EQ(text_of(folder.file("f")), "1\n2\n");
}

/// The current folder is a new one.
class FreeFailedPath : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::chdir(folder_.path().c_str()), 0); }
  void TearDown() override {
    ASSERT_EQ(::fchdir(before_), 0);
    ::close(before_);
  }

  TempDir folder_;
  int before_ = ::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
};

TEST_F(FreeFailedPath, IsNamedAfterTheDump) {
  EXPECT_EQ(free_failed_path("dump.json"), "dump.json.failed.ndjson");
  EXPECT_EQ(free_failed_path("/a/b/dump.gz"), "dump.gz.failed.ndjson");
  EXPECT_EQ(free_failed_path("../letters//"), "letters.failed.ndjson");
  EXPECT_EQ(free_failed_path("-"), "stdin.failed.ndjson");
  for (const char* nameless : {"/", ".", "..", "./", "/a/..", ""})
    EXPECT_EQ(free_failed_path(nameless), "dump.failed.ndjson") << nameless;
}

TEST_F(FreeFailedPath, IsOneThatNoFileHas) {
  write_file("d.failed.ndjson", "");
  EXPECT_EQ(free_failed_path("x/d"), "d.failed.2.ndjson");
  ASSERT_EQ(::symlink("absent", "d.failed.2.ndjson"), 0);
  EXPECT_EQ(free_failed_path("x/d"), "d.failed.3.ndjson");
  EXPECT_EQ(free_failed_path("d.failed.ndjson"), "d.failed.3.ndjson");
  EXPECT_EQ(free_failed_path("d.failed.2.ndjson"), "d.failed.3.ndjson");
}

TEST_F(FreeFailedPath, IsKnownAgain) {
  for (const char* path : {"d.failed.ndjson", "a/b.json.failed.2.ndjson", "d.failed.17.ndjson"})
    EXPECT_TRUE(is_failed_path(path)) << path;
  for (const char* path :
       {"d.json", "failed.ndjson", ".failed.ndjson", "d.failed.ndjson/e", "d.failed.x.ndjson",
        "d.failed..ndjson", "d.failed.2", "2.ndjson", "d.failed.ndjson.gz", "-", ""})
    EXPECT_FALSE(is_failed_path(path)) << path;
}

TEST_F(FreeFailedPath, IsShortEnoughToBeCreated) {
  const std::string path = free_failed_path(std::string(255, 'n'));
  FailedFile file(path);
  EXPECT_TRUE(file.append("1"));
  EXPECT_TRUE(path.ends_with("n.failed.ndjson"));
}

}  // namespace
}  // namespace streamonce::handler::dumps
