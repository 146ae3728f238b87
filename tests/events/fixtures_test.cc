// The recorded events of tests/fixtures, each through the parser. What each file is, and where it
// comes from, tests/fixtures/README.md tells.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "events/stream_batch.h"
#include "runtime/base/file.h"

namespace streamonce::events {
namespace {

std::set<std::string> files_in(std::string_view folder) {
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(STREAMONCE_FIXTURES) +
                                                               "/" + std::string(folder)))
    paths.insert(entry.path().string());
  return paths;
}

TEST(Fixtures, EveryRecordedEventIsTaken) {
  const std::set<std::string> paths = files_in("stream");
  EXPECT_GE(paths.size(), 20U);
  for (const std::string& path : paths) {
    Payload payload;
    ASSERT_TRUE(read_file(path, payload)) << path;
    StreamParser parser;
    const Result<StreamBatch> batch = parser.parse(payload.view());
    ASSERT_TRUE(batch) << path << ": " << batch.error().message;
    EXPECT_FALSE(batch->records.empty()) << path;
    const bool sound = path.find("unknown_event_name") == std::string::npos;
    for (const StreamRecord& record : batch->records) {
      EXPECT_EQ(record.problem.empty(), sound) << path << ": " << record.problem;
      const bool expired =
          record.event_name == EventName::kRemove && path.find("ttl_delete") != std::string::npos;
      EXPECT_EQ(record.expired_by_ttl, expired) << path;
    }
  }
}

TEST(Fixtures, EveryOtherServicesEventIsRefused) {
  const std::set<std::string> paths = files_in("not_stream");
  EXPECT_GE(paths.size(), 5U);
  for (const std::string& path : paths) {
    Payload payload;
    ASSERT_TRUE(read_file(path, payload)) << path;
    StreamParser parser;
    EXPECT_FALSE(parser.parse(payload.view())) << path;
  }
}

}  // namespace
}  // namespace streamonce::events
