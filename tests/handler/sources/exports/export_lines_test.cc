#include "handler/sources/exports/export_lines.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "events/exports/item_line.h"
#include "tests/support/gzip.h"

namespace streamonce::handler::exports {
namespace {

using streamonce::testing::gzip_of;

/// A file of these bytes, in memory.
ExportFile file_of(std::string_view bytes) {
  const int file = ::memfd_create("export", MFD_CLOEXEC);
  EXPECT_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(::lseek(file, 0, SEEK_SET), 0);
  return {file, bytes.size(), ""};
}

struct Read {
  std::vector<std::string> lines;
  std::size_t times_full = 0;
  std::string error;  ///< empty: the end was reached
  ErrorCode code = ErrorCode::kFatal;
};

Read read_all(std::string_view bytes) {
  const ExportFile file = file_of(bytes);
  ExportLines lines(file, 2'000'000);
  Read read;
  std::vector<std::string_view> views;
  const auto keep = [&] {
    for (const std::string_view view : views) read.lines.emplace_back(view);
    views.clear();
  };
  while (true) {
    const auto next = lines.next();
    if (!next) {
      keep();
      read.error = next.error().message;
      read.code = next.error().code;
      return read;
    }
    if (*next == ExportLines::Next::kLine) {
      views.push_back(lines.line().text);
      continue;
    }
    keep();
    if (*next == ExportLines::Next::kEnd) {
      EXPECT_EQ(lines.bytes_read(), bytes.size());
      return read;
    }
    ++read.times_full;
    lines.forget();
  }
}

using Lines = std::vector<std::string>;

TEST(ExportLines, AreThoseOfAllMembers) {
  EXPECT_EQ(read_all(gzip_of("a\nbc\n")).lines, (Lines{"a", "bc"}));
  EXPECT_EQ(read_all(gzip_of("a\nb") + gzip_of("c\nd\n")).lines, (Lines{"a", "bc", "d"}));
  EXPECT_EQ(read_all(gzip_of("a\n") + gzip_of("") + gzip_of("b\n")).lines, (Lines{"a", "b"}));
}

TEST(ExportLines, NeedNoEndBehindTheLastOneAndAreNeverBlank) {
  EXPECT_EQ(read_all(gzip_of("a\nb")).lines, (Lines{"a", "b"}));
  EXPECT_EQ(read_all(gzip_of("\n \t\r\na\n\n")).lines, (Lines{"a"}));
}

TEST(ExportLines, AreNoneWhereNothingIsCompressedOrNothingIsThere) {
  for (const std::string& bytes : {std::string(), gzip_of(""), gzip_of("") + gzip_of("")}) {
    const Read read = read_all(bytes);
    EXPECT_TRUE(read.lines.empty());
    EXPECT_EQ(read.error, "");
  }
}

TEST(ExportLines, AreToldApartFromWhatIsCutShort) {
  const std::string whole = gzip_of("a\nb\n") + gzip_of("c\n");
  const std::size_t first = gzip_of("a\nb\n").size();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const Read read = read_all(whole.substr(0, size));
    EXPECT_EQ(read.error.empty(), size == first) << size;
    if (size != first) EXPECT_EQ(read.code, ErrorCode::kProtocol) << size;
  }
}

TEST(ExportLines, AreNotReadFromWhatIsNoGzip) {
  const Read plain = read_all("{\"Item\":{}}\n");
  EXPECT_EQ(plain.code, ErrorCode::kProtocol);
  EXPECT_EQ(plain.error, "it is no sound gzip: incorrect header check");
  std::string damaged = gzip_of(std::string(10'000, 'x') + "\n");
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_EQ(read_all(damaged).code, ErrorCode::kProtocol);
}

TEST(ExportLines, OfOneBatchLieTogetherWhateverTheirSizes) {
  std::mt19937 random(7);
  std::string text;
  Lines lines;
  while (text.size() < 12UL * 1024 * 1024) {
    const std::size_t size = random() % 50 == 0 ? random() % 1'500'000 : 1 + random() % 2'000;
    lines.emplace_back(size, static_cast<char>('a' + random() % 26));
    text += lines.back() + "\n";
  }
  const Read read = read_all(gzip_of(text, /*level=*/1));
  EXPECT_EQ(read.error, "");
  EXPECT_GE(read.times_full, 3U);
  EXPECT_LE(read.times_full, 10U);
  EXPECT_TRUE(read.lines == lines);
}

TEST(ExportLines, MayBeAsLongAsAnItemCanBeAndNoLonger) {
  const std::string most(events::kItemLineBytesMax, 'x');
  const Read at_bound = read_all(gzip_of("a\n" + most + "\nb\n", /*level=*/1));
  EXPECT_EQ(at_bound.error, "");
  EXPECT_TRUE(at_bound.lines == (Lines{"a", most, "b"}));
  const Read above = read_all(gzip_of("a\n" + most + "yz\nb\n", /*level=*/1));
  EXPECT_TRUE(above.code == ErrorCode::kTooLarge);
  EXPECT_TRUE(above.lines == Lines{"a"});
}

}  // namespace
}  // namespace streamonce::handler::exports
