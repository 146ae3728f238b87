#include "handler/sources/dumps/byte_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "tests/handler/sources/dumps/byte_feed.h"
#include "tests/support/gzip.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::dumps {
namespace {

using streamonce::testing::gzip_of;
using streamonce::testing::gzip_parts;
using streamonce::testing::TempDir;

/// Text of some length that gzip cannot make much shorter.
std::string noise(std::size_t bytes) {
  std::mt19937 random(7);
  std::string text(bytes, ' ');
  for (char& c : text) c = static_cast<char>('!' + random() % 90);
  return text;
}

/// Everything that may stand in one file, and what it says.
struct Mixed {
  std::string zeros = std::string(2, '\0');
  std::string bytes = "{\"a\":1}\n" + gzip_of("{\"b\":2}") + gzip_of("") + gzip_of("{\"c\":3}\n") +
                      "{\"d\":\"\x1f\x8b\x1f\"}" + zeros + gzip_of("[5]") + zeros + " [6]\n" +
                      gzip_of("[7]") + zeros + gzip_of("[8]") + "\x1f\x8b";
  std::string text =
      "{\"a\":1}\n{\"b\":2}{\"c\":3}\n{\"d\":\"\x1f\x8b\x1f\"}" + zeros + "[5] [6]\n[7][8]\x1f\x8b";
};

TEST(ByteSource, GivesPlainBytesAsTheyAre) {
  EXPECT_EQ(read_file_through("{\"a\":1}\n").text, "{\"a\":1}\n");
  EXPECT_EQ(read_file_through("").text, "");
  const std::string large = noise(300'000);
  EXPECT_EQ(read_file_through(large).text, large);
}

TEST(ByteSource, UndoesGzip) {
  const std::string large = noise(300'000);
  EXPECT_EQ(read_file_through(gzip_of(large)).text, large);
  EXPECT_EQ(read_file_through(gzip_of(large), 1 << 20).text, large);
  EXPECT_EQ(read_file_through(gzip_of("")).text, "");
  const std::string zeros(5'000'000, '0');
  EXPECT_EQ(read_file_through(gzip_of(zeros)).text, zeros);
}

TEST(ByteSource, KnowsGzipByContentWhereverItBegins) {
  const Mixed mixed;
  for (std::size_t room = 1; room <= mixed.bytes.size(); ++room) {
    const ReadThrough all = read_file_through(mixed.bytes, room);
    EXPECT_EQ(all.text, mixed.text) << room;
    EXPECT_TRUE(all.errors.empty()) << room;
  }
}

TEST(ByteSource, KnowsGzipHoweverTheInputIsSplit) {
  const Mixed mixed;
  for (std::size_t at = 1; at < mixed.bytes.size(); ++at) {
    const std::vector<std::string> pieces = {mixed.bytes.substr(0, at), mixed.bytes.substr(at)};
    for (const std::size_t room : {1U, 3U, 4096U}) {
      const ReadThrough all = read_pieces_through(pieces, room);
      EXPECT_EQ(all.text, mixed.text) << at << ' ' << room;
      EXPECT_TRUE(all.errors.empty()) << at << ' ' << room;
    }
  }
  for (const std::size_t piece : {1U, 2U, 5U})
    EXPECT_EQ(read_pieces_through(cut(mixed.bytes, piece), 1).text, mixed.text) << piece;
}

TEST(ByteSource, FindsMembersAtEveryPlaceOfItsBuffer) {
  const std::string member = gzip_of("[1]");
  for (std::size_t plain = 65'536 - member.size() - 3; plain <= 65'536; ++plain) {
    const std::string front(plain, ' ');
    std::string input = front;
    input.append(member).append(member).append("[2]");
    EXPECT_EQ(read_file_through(input).text.substr(plain), "[1][1][2]");
  }
}

TEST(ByteSource, GivesWhatATricklingPipeHasAtOnce) {
  std::vector<std::string> pieces = {"[1]", "[2]"};
  for (const std::string& part : gzip_parts({"[3]", "[4]", "[5]"})) pieces.push_back(part);
  PieceFifo fifo(pieces);
  Result<ByteSource> source = fifo.open();
  ASSERT_TRUE(source);
  EXPECT_FALSE(source->bytes_in_all());
  std::string room(100, '\0');
  for (std::size_t piece = 1; piece <= 5; ++piece) {
    const Result<std::size_t> count = source->read(room);
    ASSERT_TRUE(count);
    EXPECT_EQ(room.substr(0, *count), "[" + std::to_string(piece) + "]");
    EXPECT_EQ(fifo.given(), piece);
  }
  EXPECT_EQ(*source->read(room), 0U);
  EXPECT_EQ(*source->read(room), 0U);
}

TEST(ByteSource, CountsTheBytesOfTheFileAsItLies) {
  const TempDir folder;
  const std::string bytes = "[1]" + gzip_of(noise(200'000)) + "[2]";
  write_file(folder.file("f"), bytes);
  Result<ByteSource> source = ByteSource::open(folder.file("f"), never);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->bytes_read(), 0U);
  EXPECT_EQ(source->bytes_in_all(), bytes.size());
  std::string room(3, '\0');
  EXPECT_EQ(*source->read(room), 3U);
  EXPECT_EQ(source->bytes_read(), 3U);
  EXPECT_EQ(read_through(*source, 4096).text, noise(200'000) + "[2]");
  EXPECT_EQ(source->bytes_read(), bytes.size());
}

TEST(ByteSource, ReadsStandardInputFromWhereItStands) {
  const TempDir folder;
  write_file(folder.file("f"), "skipped" + gzip_of("[1]"));
  const int before = ::dup(STDIN_FILENO);
  const int file = ::open(folder.file("f").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::lseek(file, 7, SEEK_SET), 7);
  ASSERT_EQ(::dup2(file, STDIN_FILENO), STDIN_FILENO);
  {
    Result<ByteSource> source = ByteSource::open("-", never);
    ASSERT_TRUE(source);
    EXPECT_EQ(source->bytes_read(), 7U);
    EXPECT_EQ(read_through(*source, 10).text, "[1]");
    EXPECT_EQ(source->bytes_read(), source->bytes_in_all());
  }
  EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
  ::dup2(before, STDIN_FILENO);
  ::close(before);
  ::close(file);
}

TEST(ByteSource, RefusesWhatCannotBeOpened) {
  const TempDir folder;
  const Result<ByteSource> absent = ByteSource::open(folder.file("absent"), never);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(absent.error().message,
            folder.file("absent") + ": cannot be opened: No such file or directory");
  const Result<ByteSource> directory = ByteSource::open(folder.path(), never);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message, folder.path() + ": cannot be read: Is a directory");
}

TEST(ByteSource, TellsThatReadingFailed) {
  // The memory of a process has nothing at its first address.
  Result<ByteSource> source = ByteSource::open("/proc/self/mem", never);
  ASSERT_TRUE(source);
  const ReadThrough all = read_through(*source, 10);
  EXPECT_EQ(all.errors,
            std::vector<std::string>{"/proc/self/mem: cannot be read: Input/output error"});
}

/// A FIFO of which no piece ever comes.
class SilentFifo : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0); }
  void TearDown() override { EXPECT_LT(std::chrono::steady_clock::now() - begin_, limit_); }

  TempDir folder_;
  std::string path_ = folder_.file("fifo");
  std::string room_ = std::string(10, '\0');
  std::chrono::seconds limit_{10};
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

TEST_F(SilentFifo, IsNotWaitedForWhenStopped) {
  Result<ByteSource> source = ByteSource::open(path_, [] { return true; });
  ASSERT_TRUE(source);
  EXPECT_EQ(*source->read(room_), 0U);
}

TEST_F(SilentFifo, IsGivenUpWithinASecondOfTheStop) {
  int calls = 0;
  Result<ByteSource> source = ByteSource::open(path_, [&] { return ++calls == 2; });
  ASSERT_TRUE(source);
  const int writer = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(*source->read(room_), 0U);
  EXPECT_EQ(calls, 2);
  ::close(writer);
}

volatile sig_atomic_t alarm_rang = 0;

TEST_F(SilentFifo, IsGivenUpAtOnceOnASignal) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { alarm_rang = 1; };
  ASSERT_EQ(::sigaction(SIGALRM, &action, &before), 0);
  int calls = 0;
  Result<ByteSource> source = ByteSource::open(path_, [&] {
    ++calls;
    return alarm_rang != 0;
  });
  ASSERT_TRUE(source);
  const itimerval timer{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 20'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &timer, nullptr), 0);
  EXPECT_EQ(*source->read(room_), 0U);
  EXPECT_LE(calls, 2);
  ::sigaction(SIGALRM, &before, nullptr);
}

}  // namespace
}  // namespace streamonce::handler::dumps
