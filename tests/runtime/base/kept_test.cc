#include "runtime/base/kept.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace streamonce {
namespace {

struct alignas(32) Wide {
  int value = 0;
};

TEST(Kept, OutlivesWhatItIsACopyOf) {
  std::pmr::monotonic_buffer_resource arena;
  std::string text = "a text that is too long to lie in the string itself";
  std::vector<int> values = {1, 2, 3};
  const std::string_view kept_text = kept(text, arena);
  const std::span<const int> kept_values = kept(values, arena);
  text.assign(text.size(), 'x');
  values.assign(3, 0);
  EXPECT_EQ(kept_text, "a text that is too long to lie in the string itself");
  EXPECT_EQ(std::vector<int>(kept_values.begin(), kept_values.end()), (std::vector<int>{1, 2, 3}));
}

TEST(Kept, HasTheAlignmentOfItsTypeBehindAnyText) {
  std::pmr::monotonic_buffer_resource arena;
  for (std::size_t bytes = 0; bytes < 40; ++bytes) {
    kept(std::string(bytes, 'x'), arena);
    const Wide* const one = kept_value(Wide{.value = 7}, arena);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one) % alignof(Wide), 0U);
    EXPECT_EQ(one->value, 7);
    const std::vector<Wide> wide(3);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(kept(wide, arena).data()) % alignof(Wide), 0U);
  }
}

TEST(Kept, TakesNoMemoryForWhatIsEmpty) {
  std::pmr::memory_resource& none = *std::pmr::null_memory_resource();
  EXPECT_EQ(kept(std::string_view(), none), "");
  EXPECT_NE(kept(std::string_view(), none).data(), nullptr);
  EXPECT_TRUE(kept(std::vector<int>(), none).empty());
}

}  // namespace
}  // namespace streamonce
