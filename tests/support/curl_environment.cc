// tests/support/curl_environment.cc: initialises libcurl for a test executable, as `main` does for
// the binary. Linking it is enough.

#include <curl/curl.h>
#include <gtest/gtest.h>

#include "runtime/base/check.h"

namespace streamonce::testing {
namespace {

class CurlEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override { STREAMONCE_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); }
  void TearDown() override { curl_global_cleanup(); }
};

[[maybe_unused]] const ::testing::Environment* const kCurlEnvironment =
    ::testing::AddGlobalTestEnvironment(new CurlEnvironment);  // GoogleTest owns it

}  // namespace
}  // namespace streamonce::testing
