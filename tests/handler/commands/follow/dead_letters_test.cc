#include "handler/commands/follow/dead_letters.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::follow {
namespace {

TEST(DeadLetterFile, HasWholeRecordsThatNameTheirStreamOnceTheyAreSynced) {
  const testing::TempDir folder;
  DeadLetterFile file(folder.file("letters"));
  EXPECT_TRUE(file.keep(R"({"a":1})", testing::kStreamArn));
  EXPECT_TRUE(file.keep(R"({"b":2})", ""));
  EXPECT_TRUE(file.sync());
  std::ifstream written(folder.file("letters"));
  const std::string text{std::istreambuf_iterator<char>(written), {}};
  EXPECT_EQ(text, R"({"eventSourceARN":")" + std::string(testing::kStreamArn) +
                      "\",\"a\":1}\n{\"b\":2}\n");
}

TEST(DeadLetterFile, IsThereOnceItIsOpenedAndKeepsWhatItHad) {
  const testing::TempDir folder;
  const std::string path = folder.file("letters");
  std::ofstream(path) << "{}\n";
  DeadLetterFile file(path);
  ASSERT_TRUE(file.open());
  EXPECT_TRUE(file.open());
  EXPECT_TRUE(file.keep(R"({"b":2})", ""));
  EXPECT_TRUE(file.sync());
  std::ifstream written(path);
  const std::string text{std::istreambuf_iterator<char>(written), {}};
  EXPECT_EQ(text, "{}\n{\"b\":2}\n");
  DeadLetterFile absent(folder.file("absent"));
  ASSERT_TRUE(absent.open());
  EXPECT_TRUE(std::ifstream(folder.file("absent")).good());
}

TEST(DeadLetterFile, IsNotOpenedWhereItCannotBe) {
  DeadLetterFile file("/nonexistent/letters");
  const Status opened = file.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(opened.error().message.find("/nonexistent/letters"), std::string::npos);
}

TEST(DeadLetterFile, SaysThatItCannotBeWritten) {
  DeadLetterFile file("/nonexistent/letters");
  EXPECT_FALSE(file.keep("{}", ""));
  EXPECT_FALSE(file.sync());
}

}  // namespace
}  // namespace streamonce::handler::follow
