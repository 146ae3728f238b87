// Several writers on one file, and writers that come to a bad end.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "handler/targets/sqlite/sqlite_target.h"
#include "tests/handler/targets/sqlite/sqlite_testing.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::seconds;

constexpr int kItems = 20;

/// What a process or thread of its own has.
struct Writer {
  explicit Writer(const std::string& path)
      : target(SqliteTarget::create({.path = path, .open_timeout = seconds(30)}, clock, logger)) {}

  std::vector<Outcome> commit(const Batch& batch) {
    return sqlite::commit(**target, batch, clock.steady_now() + seconds(30));
  }

  SystemClock clock;
  Logger logger{{.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
                clock};
  Result<std::unique_ptr<Target>> target;
};

/// One record for each item, of this version: every fifth is a removal. In another order each time.
Batch batch_of(std::uint64_t version) {
  std::vector<int> items(kItems);
  for (int i = 0; i < kItems; ++i) items[static_cast<std::size_t>(i)] = i;
  std::shuffle(items.begin(), items.end(), std::minstd_rand(static_cast<unsigned>(version)));
  Batch batch;
  for (const int item : items) {
    const std::string id = "i" + std::to_string(item);
    if ((version + static_cast<std::uint64_t>(item)) % 5 == 0)
      batch.remove(id, version);
    else
      batch.put(id, version);
  }
  return batch;
}

/// Each mark that does not say what the item is, and each item that has no mark.
std::string contradictions(const std::string& path) {
  return query(path,
               "SELECT l.id, l.op, l.v, o.item FROM _streamonce_ledger AS l"
               " LEFT JOIN orders AS o ON l.id = 'p|' || o.id"
               " WHERE (l.op = 'put') <> (o.id IS NOT NULL)"
               " OR substr(l.v, -40) + 0 <> coalesce(o.item ->> '$.n.N', substr(l.v, -40)) + 0"
               " UNION ALL SELECT o.id, '', '', o.item FROM orders AS o"
               " WHERE 'p|' || o.id NOT IN (SELECT id FROM _streamonce_ledger)",
               4);
}

/// Applies the versions first, first + step .. last; returns how many commits were applied.
/// Fails the test if any commit failed.
int apply_versions(const std::string& path, std::uint64_t first, std::uint64_t step,
                   std::uint64_t last) {
  Writer writer(path);
  if (!writer.target) {
    ADD_FAILURE() << writer.target.error().message;
    return -1;
  }
  int applied = 0;
  for (std::uint64_t version = first; version <= last; version += step) {
    for (const Outcome& outcome : writer.commit(batch_of(version))) {
      if (!outcome.done()) {
        ADD_FAILURE() << outcome.reason;
        return -1;
      }
      applied += outcome.result == CommitResult::kApplied ? 1 : 0;
    }
  }
  return applied;
}

void expect_all_newest(const std::string& path, std::uint64_t newest) {
  EXPECT_EQ(contradictions(path), "");
  EXPECT_EQ(query(path, "SELECT count(*), min(substr(v, -40) + 0) FROM _streamonce_ledger", 2),
            std::to_string(kItems) + "|" + std::to_string(newest));
}

TEST(SqliteSharedFile, TwoThreadsWithTargetsOfTheirOwnEndAtTheNewestVersions) {
  const testing::TempDir dir;
  const std::string path = dir.file("t.db");
  std::array<int, 2> applied{};
  std::thread odd([&] { applied[0] = apply_versions(path, 1, 2, 99); });
  std::thread even([&] { applied[1] = apply_versions(path, 2, 2, 100); });
  odd.join();
  even.join();
  EXPECT_GE(applied[0] + applied[1], 50 * kItems);
  expect_all_newest(path, 100);
}

/// Runs `work` in a child process, which ends with status 0 if it returns true and nothing failed.
pid_t spawn(const std::function<bool()>& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  const bool good = work() && !::testing::Test::HasFailure();
  _exit(good ? 0 : 1);
}

int status_of(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST(SqliteSharedFile, TwoProcessesMayCreateAndWriteTheFileAtOnce) {
  for (int round = 0; round < 10; ++round) {
    const testing::TempDir dir;
    const std::string path = dir.file("t.db");
    std::array<int, 2> gate{};
    ASSERT_EQ(pipe(gate.data()), 0);
    const auto start = [&](std::uint64_t first) {
      return spawn([&, first] {
        char byte = 0;
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 0) return false;  // until the parent closes its end
        return apply_versions(path, first, 2, 18 + first) >= 0;
      });
    };
    const pid_t odd = start(1);
    const pid_t even = start(2);
    close(gate[0]);
    close(gate[1]);
    EXPECT_EQ(status_of(odd), 0);
    EXPECT_EQ(status_of(even), 0);
    expect_all_newest(path, 20);
  }
}

TEST(SqliteSharedFile, AKilledProcessLeavesMarksAndItemsThatAgree) {
  const testing::TempDir dir;
  const std::string path = dir.file("t.db");
  std::minstd_rand random(7);
  std::uint64_t version = 1;
  for (int round = 0; round < 20; ++round) {
    std::array<int, 2> answers{};
    ASSERT_EQ(pipe(answers.data()), 0);
    const std::uint64_t first = version;
    const pid_t child = spawn([&] {
      Writer writer(path);
      for (std::uint64_t next = first;; ++next) {
        for (const Outcome& outcome : writer.commit(batch_of(next)))
          if (outcome.result != CommitResult::kApplied) return false;
        if (write(answers[1], "x", 1) != 1) return false;
      }
    });
    close(answers[1]);
    // Some answered batches, then the end in the middle of a later one.
    char byte = 0;
    for (std::uint64_t batches = 1 + random() % 3; batches > 0; --batches) {
      ASSERT_EQ(read(answers[0], &byte, 1), 1);
      ++version;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    status_of(child);
    while (read(answers[0], &byte, 1) == 1) ++version;
    close(answers[0]);

    EXPECT_EQ(contradictions(path), "");
    const std::uint64_t found =
        std::stoull(query(path, "SELECT min(substr(v, -40) + 0) FROM _streamonce_ledger"));
    EXPECT_GE(found, version - 1) << "what was answered is there";
    EXPECT_LE(found, version) << "one more may be, whose answer was not given";
    version = found + 1;
  }
}

/// While it lives, no file of this process grows beyond `bytes`: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = old_limit_.rlim_max};
    STREAMONCE_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FullDisk() {
    STREAMONCE_CHECK(setrlimit(RLIMIT_FSIZE, &old_limit_) == 0);
    std::signal(SIGXFSZ, old_handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int);
};

/// A batch whose first commit has been applied, and `count` new ones with items of `bytes`.
Batch large_batch(int count, std::size_t bytes) {
  Batch batch;
  batch.put("known", 1);
  for (int i = 0; i < count; ++i) {
    batch.put("large" + std::to_string(i),
              {.version = 1, .image = R"({"a":{"S":")" + std::string(bytes, 'x') + R"("}})"});
  }
  return batch;
}

void expect_all_or_nothing_on_a_full_disk(int count, std::size_t bytes, rlim_t limit) {
  const testing::TempDir dir;
  Writer writer(dir.file("t.db"));
  ASSERT_TRUE(writer.target) << writer.target.error().message;
  Batch known;
  known.put("known", 1);
  ASSERT_EQ(letters_of(writer.commit(known)), "A");
  const Batch batch = large_batch(count, bytes);
  {
    const FullDisk full(limit);
    const std::vector<Outcome> outcomes = writer.commit(batch);
    EXPECT_EQ(letters_of(outcomes), "D" + std::string(static_cast<std::size_t>(count), 'F'));
    EXPECT_NE(outcomes[1].reason.find("disk"), std::string::npos) << outcomes[1].reason;
  }
  EXPECT_EQ(query(dir.file("t.db"), "SELECT count(*) FROM orders"), "1");
  EXPECT_EQ(query(dir.file("t.db"), "SELECT count(*) FROM _streamonce_ledger"), "1");
  EXPECT_EQ(letters_of(writer.commit(batch)),
            "D" + std::string(static_cast<std::size_t>(count), 'A'));
  EXPECT_EQ(contradictions(dir.file("t.db")).find("known"), std::string::npos);
}

TEST(SqliteSharedFile, ADiskThatIsFullAtTheCommitFailsTheBatch) {
  expect_all_or_nothing_on_a_full_disk(10, 100'000, 256UL * 1024);
}

TEST(SqliteSharedFile, ADiskThatIsFullInTheMiddleOfTheBatchFailsTheBatch) {
  // More than SQLite keeps in memory, so that it writes before the commit.
  expect_all_or_nothing_on_a_full_disk(60, 400'000, 4UL * 1024 * 1024);
}

}  // namespace
}  // namespace streamonce::handler::sqlite
