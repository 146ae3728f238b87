#include "handler/sources/dumps/inputs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/handler/sources/dumps/byte_feed.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::dumps {
namespace {

using streamonce::testing::TempDir;
using Files = std::vector<std::string>;

class Inputs : public ::testing::Test {
 protected:
  std::string file(const std::string& name) {
    write_file(folder_.file(name), "{}");
    return folder_.file(name);
  }
  std::string folder(const std::string& name) {
    EXPECT_EQ(::mkdir(folder_.file(name).c_str(), 0700), 0);
    return folder_.file(name);
  }
  std::string link(const std::string& name, const std::string& target) {
    EXPECT_EQ(::symlink(target.c_str(), folder_.file(name).c_str()), 0);
    return folder_.file(name);
  }
  Files listed(const std::string& path) {
    Result<Listing> listing = list_files(path);
    if (!listing) ADD_FAILURE() << listing.error().message;
    return listing ? listing->files : Files{};
  }

  TempDir folder_;
};

TEST_F(Inputs, AreAFileItself) {
  const std::string path = file("b");
  EXPECT_EQ(listed(path), Files{path});
  EXPECT_EQ(listed(link("l", "b")), Files{folder_.file("l")});
  EXPECT_EQ(listed("-"), Files{"-"});
  EXPECT_EQ(listed("/dev/null"), Files{"/dev/null"});
  const std::string fifo = folder_.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(listed(fifo), Files{fifo});
}

TEST_F(Inputs, AreEveryFileBelowAFolderSortedByTheBytesOfItsPath) {
  folder("a");
  folder("a/empty");
  folder("a.b");
  const Files files = {file("Z"),    file("a.b/x"), file("a/.hidden"), file("a/1"),
                       file("a/10"), file("a/2"),   file("b"),         file("b\xc3\xa4")};
  ASSERT_EQ(::mkfifo(folder_.file("fifo").c_str(), 0600), 0);
  EXPECT_EQ(listed(folder_.path()), files);
  EXPECT_EQ(listed(folder_.path() + "/a/"), (Files{files[2], files[3], files[4], files[5]}));
  EXPECT_EQ(listed(folder_.path() + "/a/empty"), Files{});
}

TEST_F(Inputs, FollowLinksAndEndTheirCycles) {
  folder("a");
  folder("b");
  folder("b/c");
  file("b/c/f");
  link("a/file", "../b/c/f");
  link("a/up", "..");
  link("b/c/self", ".");
  link("a/loop", "loop");
  link("a/nothing", "absent");
  const std::string root = folder_.path();
  EXPECT_EQ(listed(root),
            (Files{root + "/a/file", root + "/a/loop", root + "/a/nothing", root + "/b/c/f"}));
  link("elsewhere", "b/c");
  EXPECT_EQ(listed(root + "/elsewhere"), Files{root + "/elsewhere/f"});
}

TEST_F(Inputs, EndWhereTwoFoldersLinkToEachOther) {
  folder("a");
  folder("b");
  file("a/f");
  file("b/g");
  link("a/b", "../b");
  link("b/a", "../a");
  const std::string root = folder_.path();
  EXPECT_EQ(listed(root), (Files{root + "/a/b/g", root + "/a/f", root + "/b/a/f", root + "/b/g"}));
}

/// A replay in a folder keeps what fails in that folder.
TEST_F(Inputs, OfAFolderLeaveOutTheFailedFilesOfEarlierReplays) {
  folder("a");
  const std::string kept = file("a.failed.ndjson");
  file("a/b.json.failed.2.ndjson");
  const Files files = {file("a.json"), file("a/failed.ndjson"), file("c.failed.ndjson.gz")};
  const Result<Listing> listing = list_files(folder_.path());
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->files, files);
  EXPECT_EQ(listing->failed_files, 2U);
  EXPECT_EQ(listed(kept), Files{kept});
}

/// Such a file is not there when the files are listed, but the next replay reads it.
TEST_F(Inputs, MustNotTakeInTheFailedFile) {
  folder("a");
  folder("a/b");
  folder("c");
  file("f");
  link("a/c", "../c");
  link("d", "a");
  const std::string a = folder_.file("a");
  for (const char* path : {"a/kept.ndjson", "a/b/kept.ndjson", "a/b/../x", "c/kept.ndjson",
                           "d/kept.ndjson", "a/failed.ndjson"}) {
    const Status status = check_failed_path({"-", folder_.file("f"), a}, folder_.file(path));
    ASSERT_FALSE(status) << path;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(status.error().message.find(" would be in the folder " + a + ","), std::string::npos);
  }
  for (const char* path :
       {"kept.ndjson", "a/kept.failed.ndjson", "a/b/kept.failed.2.ndjson", "absent/kept.ndjson"})
    EXPECT_TRUE(check_failed_path({"-", folder_.file("f"), a}, folder_.file(path))) << path;
  EXPECT_FALSE(check_failed_path({"."}, "kept.ndjson"));
  EXPECT_TRUE(check_failed_path({a, folder_.file("absent")}, "kept.ndjson"));
}

TEST_F(Inputs, ThatAreAbsentAreNamed) {
  const Result<Listing> files = list_files(folder_.file("absent"));
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(files.error().message,
            folder_.file("absent") + ": cannot be read: No such file or directory");
}

/// Root may read everything: while this lives, it is nobody.
class NotAsRoot {
 public:
  NotAsRoot() : was_root_(::geteuid() == 0) {
    if (was_root_) EXPECT_EQ(::seteuid(kNobody), 0);
  }
  ~NotAsRoot() {
    if (was_root_) EXPECT_EQ(::seteuid(0), 0);
  }
  NotAsRoot(const NotAsRoot&) = delete;
  NotAsRoot& operator=(const NotAsRoot&) = delete;

 private:
  static constexpr uid_t kNobody = 65'534;
  const bool was_root_;
};

TEST_F(Inputs, ThatAreUnreadableFoldersAreNamed) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  file("a");
  const std::string closed = folder("b");
  ASSERT_EQ(::chmod(closed.c_str(), 0), 0);
  for (const std::string& path : {folder_.path(), closed}) {
    const NotAsRoot nobody;
    const Result<Listing> files = list_files(path);
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().message, closed + ": cannot be read: Permission denied");
  }
  ASSERT_EQ(::chmod(closed.c_str(), 0700), 0);
}

}  // namespace
}  // namespace streamonce::handler::dumps
