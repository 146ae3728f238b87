// Marks of a SQLite file that is only read: whatever state the file is in, nothing of it changes.

#include "handler/targets/sqlite/read_only_target.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "handler/targets/sqlite/sqlite_target.h"
#include "tests/handler/targets/sqlite/sqlite_testing.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mark_places.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Name to bytes, time of the latest change and inode.
using Folder = std::map<std::string, std::string>;

Folder look_at(const std::string& path) {
  Folder folder;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::string& text = folder[entry.path().filename().string()];
    text.assign(std::istreambuf_iterator<char>(file), {});
    struct stat info {};
    EXPECT_EQ(::lstat(entry.path().c_str(), &info), 0);
    text += '|' + std::to_string(info.st_mtim.tv_sec) + '.' + std::to_string(info.st_mtim.tv_nsec) +
            '|' + std::to_string(info.st_ino);
  }
  return folder;
}

/// Another process, which goes on when it is told to.
class OtherProcess {
 public:
  using Wait = std::function<void()>;

  /// Returns when `work`, which runs in the other process, waits for the first time.
  explicit OtherProcess(const std::function<void(const Wait&)>& work) {
    if (::pipe(go_.data()) != 0 || ::pipe(waits_.data()) != 0) std::abort();
    child_ = ::fork();
    ::close(child_ == 0 ? go_[1] : go_[0]);
    ::close(child_ == 0 ? waits_[0] : waits_[1]);
    if (child_ != 0) {
      await();
      return;
    }
    work([this] {
      char byte = 0;
      if (::write(waits_[1], "w", 1) != 1 || ::read(go_[0], &byte, 1) != 1) ::_exit(0);
    });
    ::_exit(0);
  }
  ~OtherProcess() {
    ::close(go_[1]);
    ::close(waits_[0]);
    ::waitpid(child_, nullptr, 0);
  }

  /// Returns when it waits again, or has come to its end.
  void go_on() {
    if (::write(go_[1], "g", 1) == 1) await();
  }

 private:
  void await() {
    char byte = 0;
    while (::read(waits_[0], &byte, 1) < 0 && errno == EINTR) {
    }
  }

  std::array<int, 2> go_;
  std::array<int, 2> waits_;
  pid_t child_ = -1;
};

class ReadOnlyTargetTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Target>> open(Access access) {
    return SqliteTarget::create({.path = path_, .open_timeout = open_timeout_, .access = access},
                                clock_, logger_);
  }
  SteadyTime deadline() const { return clock_.steady_now() + seconds(60); }

  /// Puts `id` with this version.
  void write(const std::string& id, std::uint64_t version) {
    const auto target = *open(Access::kReadWrite);
    Batch batch;
    batch.put(id, version);
    ASSERT_EQ(letters_of(commit(*target, batch, deadline())), "A");
  }
  /// Writes in another process, which is killed before it can close the file.
  void write_and_crash(const std::string& id, std::uint64_t version) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto target = *open(Access::kReadWrite);
      Batch batch;
      batch.put(id, version);
      const bool done = letters_of(commit(*target, batch, deadline())) == "A";
      ::_exit(done ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }

  /// What each id has: its version's number, `none` or the error. All of the folder stays as it is.
  std::vector<std::string> read(Target& target, const std::vector<std::string_view>& ids) {
    const Folder before = look_at(dir_.path());
    std::vector<std::string> texts;
    for (const MarkResult& mark :
         target.read_marks(testing::places_of(ids), Reading::kVersions, deadline())) {
      texts.push_back(
          !mark    ? mark.error().message
          : !*mark ? "none"
                   : std::to_string(std::stoull(std::string((*mark)->version.text().substr(24)))));
    }
    EXPECT_TRUE(look_at(dir_.path()) == before);
    return texts;
  }
  std::vector<std::string> read(const std::vector<std::string_view>& ids) {
    const Folder before = look_at(dir_.path());
    const auto target = open(Access::kReadOnly);
    EXPECT_TRUE(look_at(dir_.path()) == before);
    if (!target) return {target.error().message};
    return read(**target, ids);
  }

  using Texts = std::vector<std::string>;

  testing::TempDir dir_;
  std::string path_ = dir_.file("100% a#b?c=d.db");
  SystemClock clock_;
  milliseconds open_timeout_{60'000};  ///< less where nothing is to be waited for
  Logger logger_{{.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
                 clock_};
};

TEST_F(ReadOnlyTargetTest, AFileThatIsAbsentHasNoMarksAndStaysAbsent) {
  EXPECT_EQ(read({"p|a", "p|b"}), (Texts{"none", "none"}));
  EXPECT_TRUE(look_at(dir_.path()).empty());
}

TEST_F(ReadOnlyTargetTest, AnEmptyFileHasNoMarks) {
  std::ofstream(path_).flush();
  EXPECT_EQ(read({"p|a"}), Texts{"none"});
}

TEST_F(ReadOnlyTargetTest, AFileWithoutALedgerHasNoMarks) {
  ASSERT_EQ(execute(path_, "CREATE TABLE orders(id TEXT)"), "");
  EXPECT_EQ(read({"p|a"}), Texts{"none"});
}

TEST_F(ReadOnlyTargetTest, ReadsTheMarksOfAFileThatNobodyUses) {
  write("a", 5);
  write("b", 17);
  EXPECT_EQ(read({"p|b", "p|c", "p|a"}), (Texts{"17", "none", "5"}));
  EXPECT_EQ(look_at(dir_.path()).size(), 1U);
}

TEST_F(ReadOnlyTargetTest, ReadsThroughASymbolicLink) {
  write("a", 5);
  write_and_crash("a", 6);
  const std::string file = path_;
  path_ = dir_.file("link.db");
  std::filesystem::create_symlink(file, path_);
  EXPECT_EQ(read({"p|a"}), Texts{"6"});
}

TEST_F(ReadOnlyTargetTest, ReadsWhatAKilledWriterLeftInTheLog) {
  write("a", 5);
  write_and_crash("a", 6);
  ASSERT_TRUE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_EQ(read({"p|a"}), Texts{"6"});
}

TEST_F(ReadOnlyTargetTest, SeesEachCommitOfALiveWriterBesideIt) {
  const auto reader = *open(Access::kReadOnly);
  EXPECT_EQ(read(*reader, {"p|a"}), Texts{"none"});
  OtherProcess writer([this](const OtherProcess::Wait& wait) {
    for (std::uint64_t version = 1; version <= 6; version += 2) {
      const auto target = *open(Access::kReadWrite);
      for (const std::uint64_t now : {version, version + 1}) {
        Batch batch;
        batch.put("a", now);
        if (letters_of(commit(*target, batch, deadline())) == "A") wait();
      }
    }
  });
  for (int version = 1; version <= 6; ++version) {
    EXPECT_TRUE(std::filesystem::exists(path_ + "-shm")) << "it has the file open";
    EXPECT_EQ(read(*reader, {"p|a"}), Texts{std::to_string(version)});
    writer.go_on();
  }
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal")) << "it has closed the file";
  EXPECT_EQ(read(*reader, {"p|a"}), Texts{"6"});
}

TEST_F(ReadOnlyTargetTest, DoesNotSeeWhatIsNotCommitted) {
  write("a", 5);
  OtherProcess writer([this](const OtherProcess::Wait& wait) {
    const auto database = *Database::open(path_, clock_, deadline());
    if (!database->execute("BEGIN IMMEDIATE; DELETE FROM _streamonce_ledger")) return;
    wait();
    if (!database->execute("COMMIT")) return;
    wait();
  });
  EXPECT_EQ(read({"p|a"}), Texts{"5"});
  writer.go_on();
  EXPECT_EQ(read({"p|a"}), Texts{"none"});
}

/// Another process opens, writes and closes the file all the time: each read is whole, and no
/// older than the one before.
TEST_F(ReadOnlyTargetTest, ReadsWholeMarksWhateverAWriterDoes) {
  write("a", 1);
  const pid_t child = ::fork();
  if (child == 0) {
    for (std::uint64_t version = 2; version <= 60; ++version) {
      const auto target = open(Access::kReadWrite);
      if (!target) ::_exit(1);
      Batch batch;
      for (const char* id : {"a", "b", "c"}) batch.put(id, version);
      if (letters_of(commit(**target, batch, deadline())) != "AAA") ::_exit(2);
    }
    ::_exit(0);
  }
  const auto reader = *open(Access::kReadOnly);
  std::vector<std::uint64_t> newest(3, 0);
  int status = -1;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    const std::vector<std::string_view> ids = {"p|a", "p|b", "p|c"};
    const auto marks = reader->read_marks(testing::places_of(ids), Reading::kVersions, deadline());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ASSERT_TRUE(marks[i]) << marks[i].error().message;
      const std::uint64_t version =
          *marks[i] ? std::stoull(std::string((*marks[i])->version.text().substr(24))) : 0;
      EXPECT_GE(version, newest[i]);
      newest[i] = version;
    }
    EXPECT_EQ(newest[1], newest[2]) << "of one transaction";
  }
  EXPECT_EQ(status, 0) << "the writer is not in the reader's way, nor the reader in its";
  EXPECT_EQ(read({"p|a", "p|c"}), (Texts{"60", "60"}));
}

TEST_F(ReadOnlyTargetTest, RefusesALogWithoutSharedMemory) {
  write("a", 5);
  write_and_crash("a", 6);
  std::filesystem::remove(path_ + "-shm");
  open_timeout_ = milliseconds(200);
  const Texts texts = read({"p|a"});
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_NE(texts[0].find("a write-ahead log without its shared memory"), std::string::npos);
}

TEST_F(ReadOnlyTargetTest, WaitsForAJournalToGo) {
  write("a", 5);
  std::ofstream(path_ + "-journal") << "a transaction's";
  std::jthread other([&] {
    clock_.sleep_for(milliseconds(50));
    std::filesystem::remove(path_ + "-journal");
  });
  const auto target = open(Access::kReadOnly);
  ASSERT_TRUE(target) << target.error().message;
}

TEST_F(ReadOnlyTargetTest, ReadsAFileThatItMayNotWrite) {
  write("a", 5);
  std::filesystem::permissions(path_, std::filesystem::perms::owner_read);
  EXPECT_EQ(read({"p|a"}), Texts{"5"});
}

TEST_F(ReadOnlyTargetTest, AMalformedMarkIsAnErrorOfThatMarkAlone) {
  write("a", 5);
  write("b", 6);
  ASSERT_EQ(execute(path_, "UPDATE _streamonce_ledger SET v = 'zzz' WHERE id = 'p|a'"), "");
  EXPECT_EQ(read({"p|a", "p|b"}), (Texts{"the mark in the ledger holds no version", "6"}));
  for (const Access access : {Access::kReadOnly, Access::kReadWrite}) {
    const auto target = *open(access);
    const std::vector<std::string_view> ids = {"p|a"};
    EXPECT_EQ(
        target->read_marks(testing::places_of(ids), Reading::kVersions, deadline())[0].error().code,
        ErrorCode::kProtocol);
  }
}

TEST_F(ReadOnlyTargetTest, FailsEveryCommit) {
  write("a", 5);
  const Folder before = look_at(dir_.path());
  const auto target = *open(Access::kReadOnly);
  Batch batch;
  batch.put("a", 6);
  batch.put("b", 7);
  const std::vector<Outcome> outcomes = commit(*target, batch, deadline());
  EXPECT_EQ(letters_of(outcomes), "FF");
  EXPECT_EQ(outcomes[1].reason, "the target is open for reading only");
  EXPECT_TRUE(look_at(dir_.path()) == before);
}

TEST_F(ReadOnlyTargetTest, TellsWhyItCannotBeCreated) {
  path_ = dir_.file("absent/x.db");
  EXPECT_EQ(read({}), Texts{"sqlite target " + path_ + ": the folder of the file does not exist"});
  path_ = ":memory:";
  EXPECT_NE(read({})[0].find("a database in memory"), std::string::npos);
  path_ = dir_.path();
  EXPECT_EQ(read({}), Texts{"sqlite target " + path_ + ": not a regular file"});
  path_ = dir_.file("text");
  std::ofstream(path_) << std::string(5000, 'x');
  EXPECT_NE(read({})[0].find("not a database"), std::string::npos);
  path_ = dir_.file("other.db");
  ASSERT_EQ(execute(path_, "CREATE TABLE _streamonce_ledger(id TEXT)"), "");
  EXPECT_NE(read({})[0].find("are expected"), std::string::npos);
}

TEST_F(ReadOnlyTargetTest, WhatIsNotReadByTheDeadlineIsAnError) {
  write("a", 5);
  testing::FakeClock clock;
  for (const Access access : {Access::kReadOnly, Access::kReadWrite}) {
    const auto target = *SqliteTarget::create({.path = path_, .access = access}, clock, logger_);
    const std::vector<std::string_view> ids = {"p|a"};
    const auto marks =
        target->read_marks(testing::places_of(ids), Reading::kVersions, clock.steady_now());
    EXPECT_EQ(marks.at(0).error().code, ErrorCode::kTimeout);
    EXPECT_EQ(target
                  ->read_marks(testing::places_of(ids), Reading::kVersions,
                               clock.steady_now() + seconds(1))
                  .at(0)
                  .value()
                  ->version.text(),
              std::string(kLabel) + "/" + std::string(39, '0') + "5");
  }
}

}  // namespace
}  // namespace streamonce::handler::sqlite
