#include "handler/targets/sqlite/database.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DatabaseTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Database>> open(const std::string& path) {
    return Database::open(path, clock_, clock_.steady_now() + seconds(1));
  }
  std::string error_of(const std::string& path) {
    const auto database = open(path);
    return database ? "opened" : database.error().message;
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
};

TEST_F(DatabaseTest, CreatesAFileWithAWriteAheadLogThatIsSyncedAtEachCommit) {
  const auto database = open(dir_.file("new.db"));
  ASSERT_TRUE(database) << database.error().message;
  const auto value_of = [&](std::string_view pragma) {
    Statement statement = *(*database)->prepare(pragma);
    return *statement.step() ? std::string(statement.text(0)) : std::string();
  };
  EXPECT_EQ(value_of("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(value_of("PRAGMA synchronous"), "2");  // FULL
  EXPECT_TRUE(std::filesystem::exists(dir_.file("new.db")));
}

TEST_F(DatabaseTest, RefusesAPathThatNamesNoFile) {
  EXPECT_EQ(error_of(""), "the path is empty");
  EXPECT_EQ(error_of(":memory:"), "a database in memory would forget its marks: a file is needed");
  EXPECT_EQ(error_of(dir_.path() + std::string("/a\0b", 4)), "the path has a zero byte in it");
}

TEST_F(DatabaseTest, TakesAPathThatLooksLikeAUriForAName) {
  const std::string old = std::filesystem::current_path();
  std::filesystem::current_path(dir_.path());
  const std::string error = error_of("file:x.db?mode=memory");
  std::filesystem::current_path(old);
  EXPECT_EQ(error, "opened");
  EXPECT_TRUE(std::filesystem::exists(dir_.file("file:x.db?mode=memory")));
}

TEST_F(DatabaseTest, TellsThatTheFolderIsMissing) {
  const auto database = open(dir_.file("absent/new.db"));
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(database.error().message,
            "unable to open database file (SQLite error 14, No such file or directory)");
}

TEST_F(DatabaseTest, TellsThatThePathIsAFolder) {
  EXPECT_NE(error_of(dir_.path()).find("unable to open database file"), std::string::npos);
}

TEST_F(DatabaseTest, TellsThatTheFileIsNoDatabase) {
  std::ofstream(dir_.file("text")) << std::string(4096, 'x');
  const auto database = open(dir_.file("text"));
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(database.error().message, "file is not a database (SQLite error 26)");
}

constexpr uid_t kNobody = 65534;

/// Runs `test` in a child that is not root; returns its exit status.
int as_nobody(const std::function<bool()>& test) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) _exit(2);
    _exit(test() ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST_F(DatabaseTest, TellsThatTheFileCannotBeWritten) {
  const std::string path = dir_.file("read-only.db");
  ASSERT_TRUE(open(path));
  ASSERT_EQ(chmod(dir_.path().c_str(), 0777), 0);
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  EXPECT_EQ(as_nobody([&] { return error_of(path) == "the file cannot be written"; }), 0);
}

TEST_F(DatabaseTest, TellsThatTheFolderCannotBeWritten) {
  const std::string path = dir_.file("locked-in.db");
  ASSERT_TRUE(open(path));
  ASSERT_EQ(chmod(dir_.path().c_str(), 0555), 0);
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(as_nobody([&] {
              const auto database = open(path);
              return !database && database.error().code == ErrorCode::kInvalidArgument;
            }),
            0);
  ASSERT_EQ(chmod(dir_.path().c_str(), 0755), 0);
}

TEST_F(DatabaseTest, KnowsNetworkFileSystems) {
  EXPECT_TRUE(is_network_file_system(0x6969));       // NFS
  EXPECT_TRUE(is_network_file_system(0xFE534D42));   // SMB 2
  EXPECT_FALSE(is_network_file_system(0xEF53));      // ext4
  EXPECT_FALSE(is_network_file_system(0x01021994));  // tmpfs
}

TEST_F(DatabaseTest, WaitsForALockInSmallStepsUntilTheDeadline) {
  const std::string path = dir_.file("busy.db");
  const auto first = open(path);
  const auto second = open(path);
  ASSERT_TRUE(first && second);
  ASSERT_TRUE((*first)->execute("BEGIN IMMEDIATE"));
  const SteadyTime deadline = clock_.steady_now() + milliseconds(200);
  (*second)->set_busy_deadline(deadline);

  const Status begun = (*second)->execute("BEGIN IMMEDIATE");

  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(begun.error().message, "database is locked (SQLite error 5)");
  EXPECT_LT(clock_.steady_now(), deadline);
  EXPECT_GE(clock_.steady_now(), deadline - milliseconds(16));
  ASSERT_GT(clock_.sleeps.size(), 10U);
  for (const milliseconds sleep : clock_.sleeps) {
    EXPECT_GE(sleep, milliseconds(1));
    EXPECT_LE(sleep, milliseconds(16));
  }
}

TEST_F(DatabaseTest, TakesALockThatIsGivenUpInTime) {
  const std::string path = dir_.file("busy.db");
  const auto first = open(path);
  const auto second = open(path);
  ASSERT_TRUE(first && second);
  ASSERT_TRUE((*first)->execute("BEGIN IMMEDIATE"));
  clock_.on_sleep = [&] {
    if (clock_.sleeps.size() == 3) ASSERT_TRUE((*first)->execute("COMMIT"));
  };
  (*second)->set_busy_deadline(clock_.steady_now() + milliseconds(200));
  EXPECT_TRUE((*second)->execute("BEGIN IMMEDIATE"));
  EXPECT_EQ(clock_.sleeps.size(), 3U);
}

TEST_F(DatabaseTest, WaitsForALockBeforeItSwitchesToTheWriteAheadLog) {
  const std::string path = dir_.file("rollback-journal.db");
  {
    const auto database = open(path);
    ASSERT_TRUE((*database)->execute("PRAGMA journal_mode=DELETE; CREATE TABLE t(a)"));
  }
  // A write lock in the old journal mode, as another program would hold it. SQLite itself does not
  // wait for this one.
  std::unique_ptr<Database> other = *open(dir_.file("other.db"));
  ASSERT_TRUE(other->execute("ATTACH '" + path +
                             "' AS held; BEGIN IMMEDIATE;"
                             "INSERT INTO held.t VALUES(1)"));
  EXPECT_EQ(error_of(path), "database is locked (SQLite error 5)");
  clock_.sleeps.clear();
  clock_.on_sleep = [&] {
    if (clock_.sleeps.size() == 3) ASSERT_TRUE(other->execute("COMMIT; DETACH held"));
  };
  EXPECT_EQ(error_of(path), "opened");
}

TEST_F(DatabaseTest, ReadsBackTextsAndBlobsWithZeroBytesAndNulls) {
  const auto database = open(dir_.file("values.db"));
  ASSERT_TRUE((*database)->execute("CREATE TABLE t(a TEXT, b BLOB, c INTEGER, d INTEGER)"));
  Statement insert = *(*database)->prepare("INSERT INTO t VALUES(?1, ?2, ?3, ?4)");
  const std::string odd("a\0b", 3);
  insert.bind_text(1, odd);
  insert.bind_blob(2, std::string_view());
  insert.bind_integer(3, std::int64_t{-7});
  insert.bind_integer(4, std::optional<std::int64_t>());
  ASSERT_TRUE(insert.run());
  EXPECT_EQ((*database)->changes(), 1);
  Statement select = *(*database)->prepare("SELECT a, typeof(b), c, typeof(d) FROM t");
  ASSERT_TRUE(*select.step());
  EXPECT_EQ(select.text(0), odd);
  EXPECT_EQ(select.text(1), "blob");
  EXPECT_EQ(select.integer(2), -7);
  EXPECT_EQ(select.text(3), "null");
  EXPECT_FALSE(*select.step());
}

TEST_F(DatabaseTest, SaysSoWhereAFunctionIsLeftOut) {
  const auto database = open(dir_.file("a.db"));
  ASSERT_TRUE(database);
  for (const char* sql : {"SELECT sin(1)", "SELECT atan2(1, 2)"}) {
    const auto row = (*database)->prepare(sql)->step();
    ASSERT_FALSE(row);
    EXPECT_NE(row.error().message.find("no trigonometric functions"), std::string::npos);
  }
  Statement others = (*database)->prepare("SELECT exp(0) || pow(2, 3) || floor(1.5)").value();
  ASSERT_TRUE(others.step().value());
  EXPECT_EQ(others.text(0), "1.08.01.0");
}

TEST_F(DatabaseTest, RefusesAMisspeltColumnRatherThanTakeItForAText) {
  const auto database = open(dir_.file("quotes.db"));
  ASSERT_TRUE((*database)->execute("CREATE TABLE t(a)"));
  const auto statement = (*database)->prepare(R"(DELETE FROM t WHERE "b" = 'b')");
  ASSERT_FALSE(statement);
  EXPECT_EQ(statement.error().message, "no such column: b (SQLite error 1)");
}

}  // namespace
}  // namespace streamonce::handler::sqlite
