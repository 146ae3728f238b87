#include "handler/sources/exports/export_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace streamonce::handler::exports {
namespace {

int open_descriptor() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int descriptor) {
  return ::fcntl(descriptor, F_GETFD) != -1;
}

TEST(ExportFile, ClosesItsDescriptorOnce) {
  const int descriptor = open_descriptor();
  ASSERT_GE(descriptor, 0);
  {
    ExportFile file(descriptor, 5, "md5");
    EXPECT_EQ(file.descriptor(), descriptor);
    EXPECT_EQ(file.bytes(), 5U);
    EXPECT_EQ(file.md5(), "md5");
    const ExportFile moved(std::move(file));
    EXPECT_EQ(moved.descriptor(), descriptor);
    EXPECT_EQ(moved.bytes(), 5U);
    EXPECT_EQ(moved.md5(), "md5");
    EXPECT_TRUE(is_open(descriptor));
  }
  EXPECT_FALSE(is_open(descriptor));
}

TEST(ExportFile, ClosesWhatAnotherFileTakesThePlaceOf) {
  const int first = open_descriptor();
  const int second = open_descriptor();
  ExportFile file(first, 1, "one");
  file = ExportFile(second, 2, "two");
  EXPECT_FALSE(is_open(first));
  EXPECT_TRUE(is_open(second));
  EXPECT_EQ(file.descriptor(), second);
  EXPECT_EQ(file.bytes(), 2U);
  EXPECT_EQ(file.md5(), "two");
}

}  // namespace
}  // namespace streamonce::handler::exports
