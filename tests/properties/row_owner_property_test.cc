// A row tells the key of the item that it was derived from, whatever the view and the item.

#include <gtest/gtest.h>

#include <map>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "handler/views/row_owner.h"
#include "runtime/base/json_text.h"
#include "tests/support/property.h"
#include "tests/support/view_item.h"

namespace streamonce {
namespace {

using events::KeyType;
using handler::views::Deriver;
using handler::views::RowItem;
using handler::views::RowOwner;
using handler::views::Separation;
using handler::views::SourceKeyType;
using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::utf8_text;

constexpr std::string_view kOneKey = R"(
CREATE SOURCE s KEY (id);
CREATE VIEW own AS SELECT a FROM s;
CREATE VIEW renamed KEY (a, k) AS SELECT a, id AS k FROM s;
CREATE VIEW amid KEY (k) AS SELECT 'x' || 7 || id || '#' || 'y' AS k, a FROM s;
CREATE VIEW before KEY (a, k) AS SELECT a, '#' || id AS k FROM s;
CREATE VIEW seen KEY (a) AS SELECT * FROM s;
CREATE VIEW marked KEY (a) WITH (owner = 'o') AS SELECT a FROM s;
CREATE VIEW elements KEY (e, k) AS SELECT e, id || '' AS k FROM s, s.list AS e;
)";

constexpr std::string_view kTwoKeys = R"(
CREATE SOURCE s KEY (pk, sk);
CREATE VIEW own AS SELECT a FROM s;
CREATE VIEW turned KEY (k, pk) AS SELECT sk AS k, pk FROM s;
CREATE VIEW seen KEY (a) AS SELECT pk, sk, a FROM s;
CREATE VIEW marked KEY (a) WITH (owner = 'o') AS SELECT a FROM s;
CREATE VIEW elements KEY (e) WITH (owner = 'o') AS SELECT e FROM s, s.list AS e;
)";

std::string draw_key_value(KeyType type) {
  switch (type) {
    case KeyType::kNumber:
      return *rc::gen::element<std::string>("0", "-0", "7", "7.0", "-2.50", "1E+2", "9.9E125",
                                            "1E-130", "12345678901234567890123456789012345678");
    case KeyType::kBinary:
      return *rc::gen::element<std::string>("AQI=", "AA==", "/+8=", "AQID");
    case KeyType::kString:
      break;
  }
  // Often with what the views put around it, and sometimes too long to be kept whole.
  std::string text = *utf8_text();
  if (draw_coin()) text += *rc::gen::element<std::string>("#", "x7", "#y", "7");
  if (draw_below(20) == 0) text.append(1000, 'l');
  return text.empty() ? "e" : text;
}

/// `"name":{"S":"..."}`
std::string member(std::string_view name, KeyType type, std::string_view value) {
  std::string text;
  append_json_string(text, name);
  text.append(R"(:{")").append(1, static_cast<char>(type)).append(R"(":)");
  append_json_string(text, value);
  return text + '}';
}

struct Drawn {
  std::vector<SourceKeyType> types;
  std::string keys;
  std::string image;
};

Drawn draw_item_of(const std::vector<std::string>& names) {
  Drawn drawn;
  for (const std::string& name : names) {
    const auto type = *rc::gen::element(KeyType::kString, KeyType::kNumber, KeyType::kBinary);
    drawn.types.push_back({.name = name, .type = type});
    if (!drawn.keys.empty()) drawn.keys += ',';
    drawn.keys += member(name, type, draw_key_value(type));
  }
  drawn.image = "{" + member("a", KeyType::kString, draw_key_value(KeyType::kString)) + "," +
                drawn.keys + R"(,"list":{"L":[{"S":"one"},{"S":"two"},{"N":"3"}]}})";
  drawn.keys = "{" + drawn.keys + "}";
  return drawn;
}

/// A change of the item, whose key has the texts unescaped, in `arena`.
events::Change change_of_item(const Drawn& drawn, std::pmr::memory_resource& arena) {
  events::Change change;
  change.source = {.account = "123456789012", .region = "eu-west-1", .table = "s"};
  events::MemberWalk walk(drawn.keys);
  while (walk.next()) {
    const Status added =
        change.key.add({.name = walk.raw_name(),
                        .type = static_cast<KeyType>(events::name_of(walk.value().type).front()),
                        .value = events::unescaped(walk.value().raw_text(), arena)});
    EXPECT_TRUE(added);
  }
  change.keys_json = drawn.keys;
  change.image_json = drawn.image;
  return change;
}

/// Checks the rows of all views of `script`. Counts in `found` those of each separation, and in
/// `hashed` those that only a hash tells of.
::testing::AssertionResult tells_its_item(std::string_view script,
                                          const std::vector<std::string>& names,
                                          std::map<Separation, std::size_t>& found,
                                          std::size_t& hashed) {
  Deriver deriver(testing::views_of(script));
  return holds("max_success=300", [&] {
    const Drawn drawn = draw_item_of(names);
    std::pmr::monotonic_buffer_resource arena;
    const events::Change change = change_of_item(drawn, arena);
    for (std::size_t view = 0; view < deriver.views().views.size(); ++view) {
      const handler::views::View& each = deriver.views().views[view];
      const Result<RowOwner> owner =
          RowOwner::create(each, deriver.views().sources.front(), drawn.types);
      RC_ASSERT(owner.has_value());
      const auto derived = deriver.derive_all(view, change, arena);
      if (!derived) continue;  // as || of a binary
      for (const handler::views::Row& row : derived->rows) {
        const Result<RowItem> item = owner->of(row.image_json, arena);
        if (!item && item.error().code == ErrorCode::kExpired && each.has_owner_option) {
          RC_ASSERT(events::canonical_of(change.key).starts_with("sha256:"));
          ++hashed;
          continue;
        }
        RC_ASSERT(item.has_value());
        RC_ASSERT(events::canonical_of(*item->key) == events::canonical_of(change.key));
        ++found[each.separation];
      }
    }
  });
}

TEST(RowOwnerProperty, ARowTellsTheKeyOfItsItem) {
  std::map<Separation, std::size_t> found;
  std::size_t hashed = 0;
  EXPECT_TRUE(tells_its_item(kOneKey, {"id"}, found, hashed));
  EXPECT_TRUE(tells_its_item(kTwoKeys, {"pk", "sk"}, found, hashed));
  for (const Separation separation :
       {Separation::kItemKey, Separation::kKeyHolds, Separation::kOwner})
    EXPECT_GT(found[separation], 100U) << static_cast<int>(separation);
  EXPECT_GT(hashed, 3U);
}

}  // namespace
}  // namespace streamonce
