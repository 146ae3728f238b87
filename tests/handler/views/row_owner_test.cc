#include "handler/views/row_owner.h"

#include <gtest/gtest.h>

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/view_item.h"

namespace streamonce::handler::views {
namespace {

using events::KeyType;
using testing::views_of;

const std::vector<SourceKeyType> kTextId = {{.name = "id", .type = KeyType::kString}};
const std::vector<SourceKeyType> kNumberId = {{.name = "id", .type = KeyType::kNumber}};
const std::vector<SourceKeyType> kBinaryId = {{.name = "id", .type = KeyType::kBinary}};
const std::vector<SourceKeyType> kTwo = {{.name = "sk", .type = KeyType::kNumber},
                                         {.name = "pk", .type = KeyType::kString}};

/// The key of the item that `row` of the only view of `script` is of, or why that is not known.
std::string owner_of(std::string_view script, const std::vector<SourceKeyType>& source_key,
                     std::string_view row) {
  const Views views = views_of(script);
  const Result<RowOwner> owner =
      RowOwner::create(views.views.front(), views.sources.front(), source_key);
  if (!owner) return "no owners: " + owner.error().message;
  std::pmr::monotonic_buffer_resource arena;
  const Result<RowItem> item = owner->of(row, arena);
  if (!item)
    return (item.error().code == ErrorCode::kExpired ? "expired: " : "foreign: ") +
           item.error().message;
  std::string json;
  events::append_key_json(json, *item->key);
  EXPECT_EQ(json, item->keys_json);
  return json;
}

constexpr std::string_view kBetween =
    "CREATE SOURCE s KEY (id); CREATE VIEW v KEY (k) AS SELECT 'a#' || id || '#' || 1.50 AS k "
    "FROM s;";

TEST(RowOwner, TakesTheRowsOwnKeyWithoutKey) {
  constexpr std::string_view kScript =
      "CREATE SOURCE s KEY (pk, sk); CREATE VIEW v AS SELECT a FROM s;";
  EXPECT_EQ(owner_of(kScript, kTwo, R"({"a":{"S":"x"},"sk":{"N":"7.0"},"\u0070k":{"S":"\u0061"}})"),
            R"({"pk":{"S":"a"},"sk":{"N":"7.0"}})");
  EXPECT_EQ(owner_of(kScript, kTwo, R"({"sk":{"N":"7"}})"), "foreign: attribute pk is absent");
  EXPECT_EQ(owner_of(kScript, kTwo, R"({"pk":{"S":"a"},"sk":{"S":"7"}})"),
            "foreign: attribute sk is of the type S, and the view's rows have N");
  EXPECT_EQ(owner_of(kScript, kTwo, R"({"pk":{"S":""},"sk":{"N":"7"}})"),
            "foreign: attribute pk: the value of key attribute pk: is empty");
}

TEST(RowOwner, FindsTheSourcesKeyUnderOtherNames) {
  constexpr std::string_view kScript =
      "CREATE SOURCE s KEY (pk, sk); CREATE VIEW v KEY (a, b) AS SELECT sk AS a, s.pk AS b, 'x' AS "
      "pk FROM s;";
  EXPECT_EQ(owner_of(kScript, kTwo, R"({"a":{"N":"7"},"b":{"S":"p"},"pk":{"S":"x"}})"),
            R"({"pk":{"S":"p"},"sk":{"N":"7"}})");
}

TEST(RowOwner, TakesTheTextsAroundTheKeyAway) {
  EXPECT_EQ(owner_of(kBetween, kTextId, R"({"k":{"S":"a#a##1.5#1.5"}})"),
            R"({"id":{"S":"a##1.5"}})");
  EXPECT_EQ(owner_of(kBetween, kTextId, R"({"k":{"S":"a#\u00e4\"#1.5"}})"),
            "{\"id\":{\"S\":\"\xC3\xA4\\\"\"}}");
  EXPECT_EQ(owner_of(kBetween, kNumberId, R"({"k":{"S":"a#-0.05#1.5"}})"),
            R"({"id":{"N":"-0.05"}})");
}

TEST(RowOwner, SaysWhyATextBetweenTextsIsForeign) {
  constexpr std::string_view kTexts =
      "foreign: attribute k has not the texts that the view puts around the key";
  for (const std::string_view row :
       {R"({"k":{"S":"b#x#1.5"}})", R"({"k":{"S":"a#x#1.50"}})", R"({"k":{"S":"a#1.5"}})"})
    EXPECT_EQ(owner_of(kBetween, kTextId, row), kTexts) << row;
  EXPECT_EQ(owner_of(kBetween, kTextId, R"({"k":{"S":"a##1.5"}})"),
            "foreign: attribute k: the value of key attribute id: is empty");
  for (const std::string_view number : {"7.0", "+7", "1e2", "x", "07", "-0"})
    EXPECT_EQ(
        owner_of(kBetween, kNumberId, R"({"k":{"S":"a#)" + std::string(number) + R"(#1.5"}})"),
        "foreign: attribute k has no number in plain form where the source's key is a number")
        << number;
  EXPECT_EQ(owner_of(kBetween, kBinaryId, R"({"k":{"S":"a#AQI=#1.5"}})"),
            "foreign: attribute k is a text, and || takes no binary, which the source's key is");
  EXPECT_EQ(owner_of(kBetween, kTextId, R"({"k":{"N":"7"}})"),
            "foreign: attribute k is of the type N, and the view's rows have S");
}

TEST(RowOwner, LooksAtTheAttributesThatTellTheOwner) {
  constexpr std::string_view kOwnNames =
      "CREATE SOURCE s KEY (id); CREATE VIEW v KEY (email) AS SELECT email, id FROM s;";
  EXPECT_EQ(owner_of(kOwnNames, kBinaryId, R"({"email":{"S":"e"},"id":{"B":"AQI="}})"),
            R"({"id":{"B":"AQI="}})");
  EXPECT_EQ(owner_of(kOwnNames, kBinaryId, R"({"email":{"S":"e"}})"),
            "foreign: attribute id is absent");

  constexpr std::string_view kOption =
      "CREATE SOURCE s KEY (id); CREATE VIEW v KEY (email) WITH (owner = 'o') AS SELECT email FROM "
      "s;";
  EXPECT_EQ(owner_of(kOption, kNumberId, R"({"email":{"S":"e"},"o":{"S":"2:idN1:7"}})"),
            R"({"id":{"N":"7"}})");
  EXPECT_EQ(owner_of(kOption, kTextId,
                     R"({"o":{"S":"sha256:0123456789012345678901234567890123456789"}})"),
            "expired: attribute o: the key was longer than 1,024 bytes, and only its hash is kept");
  for (const std::string_view other : {"2:idS1:7", "2:idN3:7.0", "2:xyN1:7", "2:idN1:73:abcS1:x"})
    EXPECT_EQ(owner_of(kOption, kNumberId, R"({"o":{"S":")" + std::string(other) + R"("}})"),
              "foreign: attribute o has no canonical key of an item of the source")
        << other;
  EXPECT_EQ(owner_of(kOption, kNumberId, R"({"o":{"S":"x"}})"),
            "foreign: attribute o: is no canonical key");
}

TEST(RowOwner, RefusesGroupsAndAnotherKey) {
  EXPECT_EQ(owner_of("CREATE SOURCE s KEY (id); CREATE VIEW v KEY (c) AS SELECT c, COUNT(*) AS n "
                     "FROM s GROUP BY c;",
                     kTextId, "{}"),
            "no owners: view v: a row of a view with GROUP BY is of many items, and tells none");
  for (const auto& key : {std::vector<SourceKeyType>{{.name = "other"}}, kTwo, {}})
    EXPECT_EQ(owner_of(kBetween, key, "{}"),
              "no owners: the key of the table of the source s is not the one that its CREATE "
              "SOURCE has");
}

}  // namespace
}  // namespace streamonce::handler::views
