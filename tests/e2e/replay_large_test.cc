// Replay as it is shipped, of dumps that take their time: its memory, what it shows at a terminal,
// and how it ends when it is told to.
//
// STREAMONCE_REPLAY_MEGABYTES=10240 is for a dump of another size than one gigabyte.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/base/check.h"
#include "tests/support/dead_letters.h"
#include "tests/support/replay_shell.h"
#include "tests/support/socket_server.h"
#include "tests/support/target_under_test.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kItems = 200;
constexpr std::size_t kMemoryKilobytesMost = 64'000;
constexpr std::chrono::seconds kPatience{120};

/// Letters of about 1 MB, each of whose records is newer than all before it.
class LongDump {
 public:
  LongDump() {
    const std::string padding(700, 'v');
    std::vector<std::string> records;
    for (std::size_t bytes = 0; bytes < 900'000; bytes += records.back().size())
      records.push_back(put("k" + std::to_string(records.size() % kItems), kPlace,
                            std::string(kPlace) + padding));
    letter_ = s3_letter(records).dump() + "\n";
    for (std::size_t at = 0; (at = letter_.find(kPlace, at)) != std::string::npos; ++at)
      places_.push_back(at);
    STREAMONCE_CHECK(places_.size() == 2 * records.size());
  }

  /// The next letter, valid until the one behind it.
  const std::string& next() {
    for (std::size_t i = 0; i < places_.size(); i += 2) {
      std::string number = std::to_string(++last_number_);
      number.insert(0, kPlace.size() - number.size(), '0');
      letter_.replace(places_[i], number.size(), number);
      letter_.replace(places_[i + 1], number.size(), number);
    }
    return letter_;
  }
  std::size_t records_a_letter() const { return places_.size() / 2; }
  std::size_t last_number() const { return last_number_; }

 private:
  static constexpr std::string_view kPlace = "@@@@@@@@@@@@@@@@@@@@";
  std::string letter_;
  std::vector<std::size_t> places_;  // of the number in an image, and as the record's own
  std::size_t last_number_ = 0;
};

/// Whether the items are those that `dump` leaves behind, by their numbers.
void expect_end_of(const LongDump& dump, TargetUnderTest& target) {
  std::vector<std::size_t> numbers;
  for (const json& item : target.items())
    numbers.push_back(std::stoul(item["value"]["S"].get<std::string>().substr(0, 20)));
  std::sort(numbers.begin(), numbers.end());
  ASSERT_EQ(numbers.size(), kItems);
  // The last letter ends where it ends: its items' last changes are its last records.
  EXPECT_EQ(numbers.front(), dump.last_number() - kItems + 1);
  EXPECT_EQ(numbers.back(), dump.last_number());
}

/// A pipe whose reader is standard input of a replay.
class PipeToReplay {
 public:
  PipeToReplay() { STREAMONCE_CHECK(::pipe2(ends_, O_CLOEXEC) == 0); }
  ~PipeToReplay() { close(); }
  PipeToReplay(const PipeToReplay&) = delete;
  PipeToReplay& operator=(const PipeToReplay&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(ends_[0]); }
  /// Once the replay has it.
  void close_reader() { ::close(std::exchange(ends_[0], -1)); }
  void close() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  /// False: nobody reads any more.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(ends_[1], bytes.data(), bytes.size());
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

 private:
  int ends_[2] = {-1, -1};
};

/// Waits until `true_now`. @return whether it came to be
bool wait_until(const std::function<bool()>& true_now) {
  const auto end = Steady::now() + kPatience;
  while (!true_now()) {
    if (Steady::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

/// Whether a signal was sent to a process that it has not noticed so far.
bool has_pending_signal(pid_t pid) {
  const std::string status = read_whole("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = status.find("ShdPnd:\t");
  return at != std::string::npos && status.compare(at + 8, 16, std::string(16, '0')) != 0;
}

/// The most memory that a process has had so far; 0: it has ended.
std::size_t peak_kilobytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    std::size_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

class LargeReplay : public ::testing::Test {
 protected:
  LargeReplay() { std::signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<RunningReplay> start_with(PipeToReplay& pipe,
                                            std::vector<std::string> options = {}) {
    options.emplace_back("-");
    auto running = shell_.start({.arguments = std::move(options), .input_path = pipe.path()});
    pipe.close_reader();
    return running;
  }

  /// A file of so many letters; `before` is in front of them.
  std::string file_of(LongDump& dump, int letters, std::string_view before = {}) {
    const std::string path = shell_.dump("large.ndjson", before);
    std::ofstream file(path, std::ios::app | std::ios::binary);
    for (int i = 0; i < letters; ++i) file << dump.next();
    return path;
  }

  const std::unique_ptr<TargetUnderTest> target_ = make_sqlite_under_test();
  ReplayShell shell_{target_->environment()};
};

std::size_t megabytes_of_the_dump() {
  const char* value = std::getenv("STREAMONCE_REPLAY_MEGABYTES");
  return value == nullptr ? 1'024 : std::strtoul(value, nullptr, 10);
}

TEST_F(LargeReplay, NeedsAtMost64MegabytesForAGigabyte) {
  const std::size_t bytes = megabytes_of_the_dump() * 1'000'000;
  LongDump dump;
  PipeToReplay pipe;
  const auto start = Steady::now();
  const auto running = start_with(pipe, {"--json"});
  std::size_t peak = 0;
  std::uint64_t letters = 0;
  for (std::size_t written = 0; written < bytes; ++letters) {
    const std::string& letter = dump.next();
    ASSERT_TRUE(pipe.write(letter)) << running->wait().err;
    written += letter.size();
    peak = std::max(peak, peak_kilobytes(running->pid()));
  }
  pipe.close();
  while (!running->has_ended()) peak = std::max(peak, peak_kilobytes(running->pid()));
  const Ended ended = running->wait();
  const std::chrono::duration<double> took = Steady::now() - start;
  EXPECT_EQ(ended.status, 0) << ended.err;
  Counts counts = ended.counts();
  const std::uint64_t records = letters * dump.records_a_letter();
  EXPECT_EQ(counts["documents"], letters);
  EXPECT_EQ(counts["records"], records);
  EXPECT_EQ(counts["applied"] + counts["superseded"], records);
  expect_end_of(dump, *target_);
  EXPECT_GT(peak, 2'000U);
  EXPECT_LE(peak, kMemoryKilobytesMost);
  // Elsewhere than at a terminal, a line every ten seconds.
  const auto lines = lines_of(ended.err);
  EXPECT_LE(lines.size(), took.count() / 10);
  if (took.count() > 12) {
    ASSERT_FALSE(lines.empty());
    EXPECT_TRUE(std::regex_match(
        lines[0], std::regex(R"([\d,]+\.\d MB, [\d,]+ records, [\d,]+/s: [\d,]+ applied.*)")))
        << lines[0];
  }
  std::cout << "replay of " << bytes / 1'000'000 << " MB: peak memory " << peak << " kB, "
            << static_cast<std::uint64_t>(static_cast<double>(records) / took.count())
            << " records/s, " << static_cast<double>(bytes) / 1e6 / took.count() << " MB/s, "
            << took.count() << " s\n";
}

TEST_F(LargeReplay, InterruptedAtAPipeThatStaysOpenItIsDoneWithWhatItHasRead) {
  for (const int signal : {SIGINT, SIGTERM}) {
    LongDump dump;
    PipeToReplay pipe;
    const auto running = start_with(pipe);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pipe.write(dump.next()));
    ASSERT_TRUE(pipe.write(R"({"orderId":7})"
                           "\n{\"cut off"));
    // The last whole document is told of at once, while records before it wait for their batch.
    ASSERT_TRUE(wait_until([&] { return has(running->err_so_far(), "not done"); }));
    const auto asked = Steady::now();
    running->signal(signal);
    const Ended ended = running->wait();
    EXPECT_LT(Steady::now() - asked, kPatience);
    EXPECT_EQ(ended.status, 1);
    EXPECT_TRUE(has(ended.out, "documents                    5\n")) << ended.out;
    EXPECT_TRUE(has(ended.out, "interrupted: what was read is done")) << ended.out;
    EXPECT_TRUE(has(ended.out, "run the same command again")) << ended.out;
    expect_end_of(dump, *target_);
    const std::string kept = signal == SIGINT ? "stdin.failed.ndjson" : "stdin.failed.2.ndjson";
    // What was taken out of the pipe is kept, a piece of a document too.
    const std::string lines = read_whole(shell_.path_of(kept));
    EXPECT_EQ(lines.find("{\"orderId\":7}\n{\"unreadableDocument\":\"{\\\"cut off\""), 0U) << lines;
  }
}

TEST_F(LargeReplay, InterruptedInTheMiddleOfAFileItIsDoneByASecondRun) {
  for (const int signal : {SIGINT, SIGTERM}) {
    LongDump dump;
    const std::unique_ptr<TargetUnderTest> target = make_sqlite_under_test();
    shell_.environment() = target->environment();
    const std::string path = file_of(dump, 80, "{\"orderId\":7}\n");
    const auto running = shell_.start({.arguments = {"--json", path}});
    ASSERT_TRUE(wait_until([&] { return !target->items().empty(); }));
    running->signal(signal);
    const Ended ended = running->wait();
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_EQ(ended.summary()["interrupted"], true);
    Counts counts = ended.counts();
    EXPECT_LT(counts["documents"], 81U);
    EXPECT_EQ(counts["records"], (counts["documents"] - 1) * dump.records_a_letter());
    EXPECT_EQ(counts["records"], counts["applied"] + counts["superseded"]);
    EXPECT_EQ(ended.summary()["failedFiles"][0]["lines"], 1);

    const Ended again = shell_.replay({"--json", path});
    EXPECT_EQ(again.status, 1);  // for the order
    counts = again.counts();
    EXPECT_EQ(counts["documents"], 81U);
    EXPECT_EQ(counts["unreadable"], 1U);
    EXPECT_EQ(counts["records"], 80 * dump.records_a_letter());
    EXPECT_GT(counts["stale"] + counts["alreadyApplied"], 0U);
    expect_end_of(dump, *target);
  }
}

/// A target that never answers.
class StuckReplay : public ::testing::Test {
 protected:
  std::unique_ptr<RunningReplay> start(const char* timeout) {
    const std::string dump =
        shell_.dump("dump", s3_letter({put("a", "1", "x"), put("b", "2", "y")}).dump());
    const std::size_t before = silent_.requests().size();
    auto running =
        shell_.start({.arguments = {"--json", "--timeout", timeout, dump, "absent", dump}});
    EXPECT_TRUE(wait_until([&] { return silent_.requests().size() > before; }));
    return running;
  }

  const SocketServer silent_{[](const ServerRequest&) { return reply("", Then::kStall); }};
  ReplayShell shell_{{"STREAMONCE_TARGET=dynamodb:copy", "STREAMONCE_LEDGER=ledger",
                      "AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=" + silent_.url(""),
                      "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y"}};
};

TEST_F(StuckReplay, InterruptedItWaitsForTheBatchInHandAndKeepsWhatFailed) {
  const auto running = start("8");
  running->signal(SIGINT);
  const Ended ended = running->wait();
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.counts(),
            (Counts{{"documents", 1}, {"records", 2}, {"failed", 2}, {"filesUnread", 1}}));
  EXPECT_EQ(ended.summary()["interrupted"], true);
  EXPECT_EQ(lines_of(read_whole(shell_.path_of("dump.failed.ndjson"))).size(), 2U);
}

TEST_F(StuckReplay, TheSecondSignalEndsItAtOnce) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto running = start("600");
    running->signal(SIGINT);
    // Two signals at once would be one.
    ASSERT_TRUE(wait_until([&] { return !has_pending_signal(running->pid()); }));
    std::this_thread::sleep_for(milliseconds(200));
    EXPECT_FALSE(running->has_ended());
    const auto asked = Steady::now();
    running->signal(signal);
    EXPECT_EQ(running->wait().status, 128 + signal);
    EXPECT_LT(Steady::now() - asked, kPatience) << "its own limit is 600 s";
    EXPECT_EQ(shell_.files(), std::vector<std::string>());
  }
}

/// A terminal of 100 columns, and all that was ever written to it.
class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    STREAMONCE_CHECK(master_ >= 0 && ::grantpt(master_) == 0 && ::unlockpt(master_) == 0);
    path_ = ::ptsname(master_);
    slave_ = ::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const winsize size{.ws_row = 25, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    termios settings{};
    STREAMONCE_CHECK(::ioctl(slave_, TIOCSWINSZ, &size) == 0 &&
                     ::tcgetattr(slave_, &settings) == 0);
    ::cfmakeraw(&settings);
    STREAMONCE_CHECK(::tcsetattr(slave_, TCSANOW, &settings) == 0);
    reader_ = std::thread([this] {
      char bytes[4'096];
      for (ssize_t count = 0; (count = ::read(master_, bytes, sizeof bytes)) > 0;)
        written_.append(bytes, static_cast<std::size_t>(count));
    });
  }
  ~Terminal() { end(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  const std::string& path() const { return path_; }
  /// Once nobody writes any more.
  const std::string& end() {
    if (slave_ < 0) return written_;
    ::close(std::exchange(slave_, -1));
    reader_.join();
    ::close(master_);
    return written_;
  }

 private:
  const int master_;
  int slave_ = -1;
  std::string path_;
  std::string written_;
  std::thread reader_;
};

/// The lines that are to be seen in the end: carriage returns, and erasing to a line's end, done.
std::vector<std::string> screen_of(std::string_view written) {
  constexpr std::string_view kErase = "\x1b[K";
  std::vector<std::string> lines(1);
  std::size_t column = 0;
  while (!written.empty()) {
    const char c = written.front();
    if (written.starts_with(kErase)) {
      lines.back().resize(std::min(lines.back().size(), column));
      written.remove_prefix(kErase.size());
      continue;
    }
    written.remove_prefix(1);
    if (c == '\r') {
      column = 0;
    } else if (c == '\n') {
      lines.emplace_back();
      column = 0;
    } else {
      lines.back().resize(std::max(lines.back().size(), column + 1), ' ');
      lines.back()[column++] = c;
    }
  }
  return lines;
}

TEST_F(LargeReplay, ShowsAtATerminalHowFarItIsInOneLineThatGoesAway) {
  LongDump dump;
  std::string path = file_of(dump, 15);
  {
    std::ofstream file(path, std::ios::app);
    file << "{\"orderId\":7}\n";
    for (int i = 0; i < 25; ++i) file << dump.next();
  }
  Terminal terminal;
  const auto running = shell_.start({.arguments = {path}, .terminal = terminal.path()});
  EXPECT_EQ(running->wait().status, 1);
  const std::string written = terminal.end();

  const std::regex drawn(
      "\r(\\d+)% [\\d,.]+ of [\\d,.]+ MB, [\\d,]+ records, [\\d,]+/s[^\r\n\x1b]*\x1b\\[K");
  std::vector<int> percents;
  for (std::sregex_iterator at(written.begin(), written.end(), drawn), end; at != end; ++at) {
    EXPECT_LT(at->str().size(), 100U + 4U);
    percents.push_back(std::stoi((*at)[1]));
  }
  EXPECT_GE(percents.size(), 3U) << written;
  EXPECT_TRUE(std::is_sorted(percents.begin(), percents.end()));
  EXPECT_TRUE(has(written, "applied")) << written;
  // What is left on the screen: the failure, then the summary, each from the start of its line.
  const std::vector<std::string> screen = screen_of(written);
  ASSERT_GT(screen.size(), 14U) << written;
  EXPECT_TRUE(has(screen[0], " ERROR not done place=" + path + ":16 ")) << screen[0];
  EXPECT_EQ(screen[1], "documents                   41");
  for (const std::string& line : screen) EXPECT_FALSE(has(line, "% ")) << line;
  EXPECT_TRUE(has(written, "\r\x1b[Kdocuments ")) << written;
}

TEST_F(LargeReplay, ShowsNoProgressElsewhereInAShortRun) {
  LongDump dump;
  const Ended ended = shell_.replay({file_of(dump, 3)});
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(ended.out.starts_with("documents ")) << ended.out;
}

}  // namespace
}  // namespace streamonce::testing
