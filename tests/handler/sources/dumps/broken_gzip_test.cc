// What becomes of a gzip member that is damaged, and of those behind it.

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "handler/sources/dumps/byte_source.h"
#include "tests/handler/sources/dumps/byte_feed.h"
#include "tests/support/gzip.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::dumps {
namespace {

using streamonce::testing::gzip_of;
using streamonce::testing::TempDir;

const std::string kText = "{\"Records\":[{\"eventID\":\"1\"},{\"eventID\":\"2\"}]}\n";
const std::string kNext = "{\"next\":true}\n";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string random_bytes(std::size_t bytes) {
  std::mt19937 random(11);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random() & 0xFFU);
  return text;
}

/// The only error, without the path before it.
std::string words(const ReadThrough& all) {
  if (all.errors.size() != 1) return std::to_string(all.errors.size()) + " errors";
  const std::string& message = all.errors.front();
  return message.substr(message.find(": ") + 2);
}

TEST(BrokenGzip, IsToldWithPlaceAndReason) {
  const std::string good = gzip_of(kText);
  std::string header = good;
  header[3] = '\x80';
  EXPECT_EQ(words(read_file_through(header)),
            "the gzip member at byte 0 is broken at byte 4: unknown header flags set; skipped up "
            "to the next member");
  std::string body = good;
  body[10] = '\x07';
  EXPECT_EQ(words(read_file_through(body)),
            "the gzip member at byte 0 is broken at byte 11: invalid block type; skipped up to "
            "the next member");
  std::string checksum = good;
  checksum[checksum.size() - 8] ^= 1;
  const std::string at = std::to_string(checksum.size() - 4);
  const ReadThrough all = read_file_through(checksum);
  EXPECT_EQ(words(all), "the gzip member at byte 0 is broken at byte " + at +
                            ": incorrect data check; skipped up to the next member");
  EXPECT_EQ(all.text, "");  // nothing that may be wrong
  EXPECT_EQ(words(read_file_through(good.substr(0, 15))),
            "the gzip member at byte 0 is cut short: the input ends at byte 15; skipped up to "
            "the next member");
}

TEST(BrokenGzip, WhereverItIsCutDoesNotStopTheNextMember) {
  const std::string good = gzip_of(kText);
  for (std::size_t bytes = 3; bytes < good.size(); ++bytes) {
    const std::string input = "[1]" + good.substr(0, bytes) + gzip_of(kNext) + "[2]";
    for (const ReadThrough& all :
         {read_file_through(input), read_file_through(input, 1), read_pieces_through(cut(input, 1)),
          read_pieces_through(cut(input, input.size() / 2 + 1))}) {
      EXPECT_TRUE(all.text.starts_with("[1]")) << bytes;
      EXPECT_TRUE(all.text.ends_with(kNext + "[2]")) << bytes;
      ASSERT_EQ(all.errors.size(), 1U) << bytes;
      EXPECT_TRUE(has(all.errors[0], "the gzip member at byte 3 is ")) << all.errors[0];
    }
  }
}

TEST(BrokenGzip, WhicheverByteIsWrongDoesNotStopTheNextMember) {
  const std::string good = gzip_of(kText);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
      const ReadThrough all = read_file_through(bad + gzip_of(kNext));
      EXPECT_TRUE(all.text.ends_with(kNext)) << at << ' ' << bit;
      // Without its magic it is plain bytes. Its time, level and system say nothing of the text,
      // nor do the bits that fill the last byte.
      if (all.errors.empty())
        EXPECT_EQ(all.text, (at < 3 ? bad : kText) + kNext) << at << ' ' << bit;
      else
        EXPECT_EQ(all.errors.size(), 1U) << at << ' ' << bit;
      EXPECT_TRUE(at >= 3 || all.errors.empty()) << at << ' ' << bit;
    }
  }
}

TEST(BrokenGzip, IsToldForEachMemberThatIs) {
  std::string bad = gzip_of(kText);
  bad[bad.size() - 1] ^= 1;
  const ReadThrough all = read_file_through(bad + bad + gzip_of("[1]") + bad + gzip_of("[2]"));
  ASSERT_EQ(all.errors.size(), 3U);
  EXPECT_EQ(all.text, "[1][2]");
  EXPECT_TRUE(has(all.errors[1], "member at byte " + std::to_string(bad.size()) + " is broken"));
}

TEST(BrokenGzip, HidesWhatOnlyLooksLikeAMemberByChance) {
  std::string bad = gzip_of(kText);
  bad[10] = '\x07';
  const std::string chance = "\x1f\x8b\x08\xe5 abcdefgh\x1f\x8b\x08\x01 abc\x03\x03 \x1f\x8b";
  const ReadThrough all = read_file_through(bad + chance + gzip_of("[1]"));
  EXPECT_EQ(all.errors.size(), 1U);
  EXPECT_EQ(all.text, "[1]");
  EXPECT_EQ(read_file_through(bad + "\x1f\x8b\x08").errors.size(), 1U);
}

TEST(BrokenGzip, IsReadToItsEndByTheCount) {
  const TempDir folder;
  std::string bad = gzip_of(kText);
  bad[10] = '\x07';
  bad += "[1]\x1f\x8b\x08";
  write_file(folder.file("f"), bad);
  Result<ByteSource> source = ByteSource::open(folder.file("f"), never);
  ASSERT_TRUE(source);
  EXPECT_EQ(read_through(*source, 10).text, "");
  EXPECT_EQ(source->bytes_read(), bad.size());
}

/// A stored block of 65,535 bytes takes whatever comes for its own: the next member's first bytes
/// are far behind when the fault shows.
TEST(BrokenGzip, OfAFileIsGoneBackInAsFarAsNeeded) {
  const std::string stored = gzip_of(random_bytes(300'000), /*level=*/0);
  const std::string next = random_bytes(200'000);
  const ReadThrough all = read_file_through(stored.substr(0, 200'000) + gzip_of(next) + "[1]");
  EXPECT_EQ(all.errors.size(), 1U);
  EXPECT_TRUE(all.text.ends_with(next + "[1]"));
}

TEST(BrokenGzip, OfAPipeIsGoneBackInAsFarAsItIsKept) {
  const std::string input =
      gzip_of(random_bytes(300'000)).substr(0, 290'000) + gzip_of(kNext) + gzip_of("[1]");
  const ReadThrough all = read_pieces_through(cut(input, 10'000));
  EXPECT_EQ(all.errors.size(), 1U);
  EXPECT_TRUE(all.text.ends_with(kNext + "[1]"));
}

TEST(BrokenGzip, LargeOneIsSkippedWithinTheBuffer) {
  std::string bad = gzip_of(random_bytes(300'000));
  bad[20'000] ^= 0x55;
  bad[bad.size() - 8] ^= 1;
  for (const ReadThrough& all : {read_file_through(bad + gzip_of(kNext)),
                                 read_pieces_through(cut(bad + gzip_of(kNext), 9'999), 70'000)}) {
    EXPECT_EQ(all.errors.size(), 1U);
    EXPECT_TRUE(all.text.ends_with(kNext));
  }
}

}  // namespace
}  // namespace streamonce::handler::dumps
