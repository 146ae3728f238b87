// tests/support/curl_environment.cc: initialises libcurl for a test executable, as `main` does for
// the binary. Linking it is enough.

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "runtime/base/check.h"
#include "tests/support/curl_memory.h"

namespace streamonce::testing {
namespace {

constexpr std::size_t kNoEnd = std::numeric_limits<std::size_t>::max();

std::atomic<std::size_t> blocks_left = kNoEnd;
std::atomic<bool> was_refused = false;

/// Whether libcurl may have one more block.
bool take_block() {
  if (blocks_left == kNoEnd) return true;
  if (blocks_left == 0) {
    was_refused = true;
    return false;
  }
  --blocks_left;
  return true;
}

void* allocate(std::size_t size) {
  return take_block() ? std::malloc(size) : nullptr;
}
void* reallocate(void* block, std::size_t size) {
  return take_block() ? std::realloc(block, size) : nullptr;
}
char* duplicate(const char* text) {
  return take_block() ? ::strdup(text) : nullptr;
}
void* allocate_zeroed(std::size_t count, std::size_t size) {
  return take_block() ? std::calloc(count, size) : nullptr;
}

class CurlEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override {
    STREAMONCE_CHECK(curl_global_init_mem(CURL_GLOBAL_DEFAULT, allocate, std::free, reallocate,
                                          duplicate, allocate_zeroed) == CURLE_OK);
  }
  void TearDown() override { curl_global_cleanup(); }
};

[[maybe_unused]] const ::testing::Environment* const kCurlEnvironment =
    ::testing::AddGlobalTestEnvironment(new CurlEnvironment);  // GoogleTest owns it

}  // namespace

CurlMemoryEnds::CurlMemoryEnds(std::size_t count) {
  was_refused = false;
  blocks_left = count;
}

CurlMemoryEnds::~CurlMemoryEnds() {
  blocks_left = kNoEnd;
}

bool CurlMemoryEnds::has_refused() const {
  return was_refused;
}

}  // namespace streamonce::testing
