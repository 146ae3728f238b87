#include "handler/views/values/item_bytes.h"

#include <gtest/gtest.h>

#include <string_view>

namespace streamonce::handler::views {
namespace {

TEST(ItemBytes, CountsNamesAndValues) {
  struct Case {
    std::string_view image;
    std::size_t bytes;
  };
  for (const Case& c :
       {Case{"{}", 0}, Case{R"({"id":{"S":"abc"}})", 5}, Case{R"({"i\u0064":{"S":"\u00e4\n"}})", 5},
        Case{R"({"n":{"N":"-12.5"}})", 2}, Case{R"({"b":{"B":"AQID"}})", 4},
        Case{R"({"b":{"B":""}})", 1}, Case{R"({"t":{"BOOL":true},"u":{"NULL":true}})", 4},
        Case{R"({"s":{"SS":["ab","c"]},"n":{"NS":["1","200"]}})", 7},
        Case{R"({"s":{"BS":["AQID","AQIDBAUG"]}})", 10}, Case{R"({"l":{"L":[]},"m":{"M":{}}})", 8},
        Case{R"({"l":{"L":[{"S":"ab"},{"M":{"k":{"N":"7"}}}]}})", 14}})
    EXPECT_EQ(item_bytes(c.image), c.bytes) << c.image;
}

TEST(ItemBytes, CountsTheWholeAttributesOfAnImageWithoutItsEnd) {
  EXPECT_EQ(item_bytes(R"({"a":{"S":"bc"},"d":{"S":"e"})"), 5U);
  EXPECT_EQ(item_bytes(R"({"a":{"S":"bc"},"d":{"S":"e)"), 3U);
}

}  // namespace
}  // namespace streamonce::handler::views
