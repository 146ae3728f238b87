#include "events/item_key.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "tests/support/property.h"

namespace streamonce::events {
namespace {

std::string canonical(const std::vector<KeyAttribute>& attributes) {
  ItemKey key;
  for (const KeyAttribute& attribute : attributes) EXPECT_TRUE(key.add(attribute));
  std::string text;
  append_canonical(text, key);
  return text;
}

TEST(ItemKey, TheCanonicalKeyIsSortedAndLengthPrefixed) {
  const KeyAttribute pk{"pk", KeyType::kString, "a:b"};
  const KeyAttribute sk{"sk", KeyType::kNumber, "7.0"};
  EXPECT_EQ(canonical({pk, sk}), "2:pkS3:a:b2:skN1:7");
  EXPECT_EQ(canonical({sk, pk}), "2:pkS3:a:b2:skN1:7");
}

TEST(ItemKey, TypesAreApart) {
  EXPECT_NE(canonical({{"id", KeyType::kString, "1"}}), canonical({{"id", KeyType::kNumber, "1"}}));
  EXPECT_NE(canonical({{"id", KeyType::kString, "AQ=="}}),
            canonical({{"id", KeyType::kBinary, "AQ=="}}));
}

TEST(ItemKey, ALongKeyIsItsHash) {
  const std::string value(2000, 'x');
  // printf '2:idS2000:%02000d' 0 | tr 0 x ... | sha256sum
  const std::string text = canonical({{"id", KeyType::kString, value}});
  EXPECT_EQ(text.size(), std::string("sha256:").size() + 64);
  EXPECT_TRUE(text.starts_with("sha256:"));
  EXPECT_NE(text, canonical({{"id", KeyType::kString, value + "x"}}));
  const std::string at_bound(kCanonicalBytesMax - std::string("2:idS1015:").size(), 'x');
  EXPECT_TRUE(canonical({{"id", KeyType::kString, at_bound}}).starts_with("2:idS"));
}

TEST(ItemKey, ComesBackFromItsCanonicalText) {
  const std::vector<std::vector<KeyAttribute>> keys = {
      {{"id", KeyType::kString, "a"}},
      {{"pk", KeyType::kString, "a:b1:"}, {"sk", KeyType::kNumber, "-0.5"}},
      {{"a", KeyType::kBinary, "AAE="}, {"b", KeyType::kString, "\"\n|"}}};
  for (const auto& key : keys) {
    const std::string text = canonical(key);
    const Result<ItemKey> parsed = parse_canonical(text);
    ASSERT_TRUE(parsed) << text;
    std::string again;
    append_canonical(again, *parsed);
    EXPECT_EQ(again, text);
  }
  std::string json;
  append_key_json(json, *parse_canonical(canonical(keys[2])));
  EXPECT_EQ(json, R"({"a":{"B":"AAE="},"b":{"S":"\"\n|"}})");
}

TEST(ItemKey, DoesNotComeBackFromAnyOtherText) {
  const std::string text = "2:pkS3:a:b2:skN1:7";
  for (std::size_t size = 0; size < text.size(); ++size) {
    if (size == 10) continue;  // the first attribute alone is a key
    EXPECT_FALSE(parse_canonical(text.substr(0, size))) << size;
  }
  for (const char* other :
       {"2:pkX1:a", "2:pkS9999999999999999999999:a", "-1:pkS1:a", "2:pkS1:a2:pkS1:b",
        "1:aS1:x1:bS1:x1:cS1:x", "2:pkN1:x", "2:pkS0:", "|2:pkS1:a"})
    EXPECT_FALSE(parse_canonical(other)) << other;
  const auto hashed =
      parse_canonical(canonical({{"id", KeyType::kString, std::string(2000, 'x')}}));
  ASSERT_FALSE(hashed);
  EXPECT_EQ(hashed.error().code, ErrorCode::kExpired);
}

TEST(ItemKey, RefusesWhatIsNoKey) {
  ItemKey key;
  EXPECT_FALSE(key.add({"id", KeyType::kString, ""}));
  EXPECT_FALSE(key.add({"", KeyType::kString, "x"}));
  EXPECT_FALSE(key.add({"id", KeyType::kNumber, "1x"}));
  EXPECT_FALSE(key.add({"id", KeyType::kBinary, "A"}));
  EXPECT_TRUE(key.empty());
  EXPECT_TRUE(key.add({"id", KeyType::kString, "x"}));
  EXPECT_FALSE(key.add({"id", KeyType::kString, "y"}));
  EXPECT_TRUE(key.add({"sk", KeyType::kString, "y"}));
  EXPECT_FALSE(key.add({"third", KeyType::kString, "z"}));
  EXPECT_EQ(key.shape(), "id (S), sk (S)");
}

TEST(ItemKey, AMessageNeverHoldsTheValue) {
  ItemKey key;
  const Status refused = key.add({"id", KeyType::kNumber, "SECRET12"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("SECRET"), std::string::npos);
  EXPECT_NE(refused.error().message.find("id"), std::string::npos);
}

TEST(CanonicalNumber, IsPlainWithoutNeedlessZeros) {
  const std::vector<std::pair<std::string, std::string>> vectors = {
      {"0", "0"},
      {"-0", "0"},
      {"0.000", "0"},
      {"007", "7"},
      {"1.50", "1.5"},
      {"1.50e1", "15"},
      {"15E-1", "1.5"},
      {"-1e3", "-1000"},
      {"+5", "5"},
      {".5", "0.5"},
      {"5.", "5"},
      {"0.00120", "0.0012"},
      {"1e-3", "0.001"},
      {"123456.789e-2", "1234.56789"},
      {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
      {"1E125", "1" + std::string(125, '0')},
      {"1E-130", "0." + std::string(129, '0') + "1"},
  };
  for (const auto& [text, expected] : vectors) {
    const auto number = canonical_number(text);
    ASSERT_TRUE(number) << text;
    EXPECT_EQ(*number, expected) << text;
    EXPECT_TRUE(is_number(text)) << text;
  }
}

TEST(CanonicalNumber, RefusesWhatDynamoDbRefuses) {
  for (const std::string_view text :
       {"", "-", ".", "e5", "1e", "1e+-5", "0x10", "NaN", "Infinity", "1 ", " 1", "1,5", "1..2",
        "1e126", "1e-131", "1e99999999999", "123456789012345678901234567890123456789", "--1"}) {
    EXPECT_FALSE(canonical_number(text)) << text;
    EXPECT_FALSE(is_number(text)) << text;
  }
}

TEST(ItemKey, CanonicalKeysAreInjective) {
  const auto property = [] {
    const auto a_name = *rc::gen::nonEmpty<std::string>();
    const auto a = *rc::gen::nonEmpty<std::string>();
    const auto b_name = *rc::gen::nonEmpty<std::string>();
    const auto b = *rc::gen::nonEmpty<std::string>();
    RC_PRE(a_name != b_name);
    const auto text = [](const std::vector<KeyAttribute>& attributes) {
      ItemKey key;
      for (const KeyAttribute& attribute : attributes) RC_ASSERT(key.add(attribute).has_value());
      std::string out;
      append_canonical(out, key);
      return out;
    };
    const KeyAttribute first{a_name, KeyType::kString, a};
    const KeyAttribute second{b_name, KeyType::kString, b};
    RC_ASSERT(text({first, second}) == text({second, first}));
    RC_ASSERT(text({first}) != text({second}));
    RC_ASSERT(text({first, second}) != text({first}));
    const std::string joined = a + b_name;
    RC_ASSERT(text({first, second}) != text({{a_name, KeyType::kString, joined}}));
    if (a != b) {
      RC_ASSERT(text({first, second}) !=
                text({{a_name, KeyType::kString, b}, {b_name, KeyType::kString, a}}));
    }
  };
  EXPECT_TRUE(testing::holds("max_success=100", property));
}

}  // namespace
}  // namespace streamonce::events
