// Whatever happens to items, and whichever of it is seen: once the newest change of each item was
// applied, the tables are what the views make of the items, and the groups their exact sums.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/views/difference.h"
#include "tests/support/property.h"
#include "tests/support/remembered.h"
#include "tests/support/school_sum.h"
#include "tests/support/view_item.h"

namespace streamonce {
namespace {

using events::Decimal;
using handler::views::Derived;
using handler::views::Deriver;
using handler::views::Difference;
using handler::views::Extent;
using handler::views::Made;
using handler::views::Row;
using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::SchoolSum;

constexpr std::size_t kBytesMax = 100'000;

/// The views of one table, as they were written one after the other.
constexpr std::array<std::string_view, 3> kScripts = {
    R"(CREATE SOURCE s KEY (id);
CREATE VIEW moved KEY (c, id) AS SELECT c, id, n FROM s;
CREATE VIEW lines KEY (id, line) AS
  SELECT id, l.k || '#' || i AS line, l.q FROM s, s.l AS l AT i WHERE l.q <> 3;
CREATE VIEW tags KEY (tag, id) AS SELECT t AS tag, id, c FROM s, s.tags AS t;
CREATE VIEW direct KEY (k) AS SELECT 'd' || id AS k, n FROM s WHERE c <> 'x';
CREATE VIEW turned KEY (k) AS SELECT c || id || c AS k, id, n FROM s;
CREATE VIEW owned KEY (k) AS SELECT c || id AS k, id, n FROM s;
CREATE VIEW revenue KEY (c) AS
  SELECT c, COUNT(*) AS n, SUM(n) AS sum, COUNT(n) AS counted FROM s GROUP BY c;
CREATE VIEW skus KEY (k) WITH (spread = '3') AS
  SELECT l.k, COUNT(*) AS n, SUM(l.q) AS q FROM s, s.l AS l GROUP BY l.k;)",
    R"(CREATE SOURCE s KEY (id);
CREATE VIEW moved KEY (c, id) AS SELECT 'm' || c AS c, id FROM s WHERE n > 0;
CREATE VIEW lines KEY (id, line) AS SELECT id, l.k || i AS line FROM s, s.l AS l AT i;
CREATE VIEW tags KEY (tag, id) AS SELECT c AS tag, id FROM s;
CREATE VIEW direct KEY (k) AS SELECT 'd' || id AS k, n FROM s;
CREATE VIEW turned KEY (k) AS SELECT c || id AS k, id, n FROM s;
CREATE VIEW owned KEY (k) WITH (owner = 'whose') AS SELECT c || id AS k, n FROM s WHERE n <> 0;
CREATE VIEW revenue KEY (c) AS
  SELECT c, COUNT(*) AS items, SUM(n + n) AS sum FROM s WHERE c <> 'y' GROUP BY c;
CREATE VIEW skus KEY (k) WITH (spread = '5') AS
  SELECT t AS k, COUNT(*) AS n FROM s, s.tags AS t GROUP BY t;)",
    // Most are gone, and may come back.
    R"(CREATE SOURCE s KEY (id);
CREATE VIEW direct KEY (k) AS SELECT 'd' || id AS k, n FROM s WHERE c = 'x';
CREATE VIEW tags KEY (tag, id) AS SELECT t AS tag, id FROM s, s.tags AS t WHERE t <> 'b';)"};

/// The second of them, but for a view that turns direct. What a direct view has written is not
/// remembered, so that it comes last.
std::string last_script() {
  constexpr std::string_view kKey = "AS SELECT c || id AS k, id, n FROM s;";
  std::string script(kScripts[1]);
  return script.replace(script.find(kKey), kKey.size(),
                        "AS SELECT 'd' || id AS k, id, n FROM s WHERE n > 0;");
}

using Rows = std::map<std::pair<std::string, std::string>, std::string>;
using Sums = std::map<std::array<std::string, 3>, SchoolSum>;

std::string plain(const Decimal& number) {
  std::string text;
  events::append_plain(text, number);
  return text;
}

void drop_zeros(Sums& sums) {
  std::erase_if(sums, [](const auto& sum) { return sum.second == SchoolSum(); });
}

/// The tables of the views, and the ledger.
struct Tables {
  Rows rows;
  Sums sums;
  std::map<std::string, std::string> contents;  ///< of entries, by keys_json

  /// Whether a row is another item's.
  bool collides(const handler::views::Views& views, const Difference& difference) const {
    for (const auto& [view, row] : difference.rows) {
      const auto there = rows.find({views.views[view].name, events::canonical_of(*row.key)});
      if (there == rows.end()) continue;
      for (const events::RawAttribute& owner : row.owner) {
        const std::string member =
            "\"" + std::string(owner.name) + "\":" + std::string(owner.value_json);
        if (there->second.find(member) == std::string::npos) return true;
      }
    }
    return false;
  }

  void apply(const handler::views::Views& views, const Difference& difference) {
    std::map<std::pair<std::string, std::string>, int> written;
    for (const auto& [view, row] : difference.rows) {
      const std::pair key(views.views[view].name, events::canonical_of(*row.key));
      RC_ASSERT(++written[key] == 1);
      if (row.effect == Row::Effect::kPut)
        rows[key] = row.image_json;
      else
        rows.erase(key);
    }
    for (const auto& group : difference.groups) {
      const std::pair key(views.views[group.view].name, events::canonical_of(*group.key));
      RC_ASSERT(++written[key] == 1);
      RC_ASSERT(!group.amounts.empty());
      for (const auto& [name, amount] : group.amounts) {
        RC_ASSERT(amount != Decimal());
        sums[{key.first, key.second, std::string(name)}].add(plain(amount));
      }
    }
  }
};

struct SourceItem {
  std::string keys;
  std::string image;  ///< empty: it is removed
};

std::string draw_amount() {
  return R"({"N":")" +
         *rc::gen::element<std::string>("0", "1", "-1", "3", "0.1", "2.50", "-99999999999.999",
                                        "1E+15", "0.00000001", "123456789012345") +
         R"("})";
}

void draw_image(SourceItem& item) {
  item.image.clear();
  if (draw_below(5) == 0) return;
  std::string attributes;
  const auto add = [&](std::string_view name, const std::string& value) {
    attributes.append(",\"").append(name).append("\":").append(value);
  };
  if (draw_below(5) > 0)
    add("c", R"({"S":")" + *rc::gen::element<std::string>("x", "y", "zz", "") + R"("})");
  if (draw_below(4) > 0) add("n", draw_amount());
  if (draw_coin()) {
    std::string lines;
    for (std::size_t i = 0, count = draw_below(4); i < count; ++i)
      lines += std::string(i > 0 ? "," : "") + R"({"M":{"k":{"S":")" +
               *rc::gen::element<std::string>("p", "q") + R"("},"q":)" + draw_amount() + "}}";
    add("l", R"({"L":[)" + lines + "]}");
  }
  if (draw_coin())
    add("tags", *rc::gen::element<std::string>(R"({"SS":["a"]})", R"({"SS":["b","a"]})",
                                               R"({"SS":["c","b"]})", R"({"NULL":true})"));
  item.image = item.keys.substr(0, item.keys.size() - 1) + attributes + "}";
}

std::vector<Made> make(Deriver& deriver, const events::Change& change,
                       std::pmr::memory_resource& arena) {
  std::vector<Made> made;
  for (const std::size_t view : deriver.views_of(0)) {
    const Result<Derived> derived = deriver.derive_all(view, change, arena);
    RC_ASSERT(derived.has_value());
    made.push_back({.view = view, .derived = *derived});
  }
  return made;
}

/// Makes of `item` what changes, and changes it. False: nothing was changed, since a row is another
/// item's.
bool is_applied(Tables& tables, Deriver& deriver, const SourceItem& item, Extent extent) {
  std::pmr::monotonic_buffer_resource arena;
  const events::Change change = testing::item_change(item.keys, item.image);
  std::string& content = tables.contents[item.keys];
  const std::vector<Made> made = make(deriver, change, arena);
  const Result<Difference> found =
      handler::views::make_difference({.views = deriver.views(),
                                       .tables = testing::tables_named_as(deriver.views()),
                                       .item = change.key,
                                       .keys_json = change.keys_json,
                                       .made = made,
                                       .content = content,
                                       .content_bytes_max = kBytesMax,
                                       .extent = extent},
                                      arena);
  RC_ASSERT(found.has_value());
  if (tables.collides(deriver.views(), *found)) return false;
  tables.apply(deriver.views(), *found);
  content = found->content;
  return true;
}

void apply(Tables& tables, Deriver& deriver, const SourceItem& item,
           Extent extent = Extent::kWhole) {
  RC_ASSERT(is_applied(tables, deriver, item, extent));
}

/// What the views make of all items, in tables that were empty.
Tables made_of(Deriver& deriver, const std::vector<SourceItem>& items) {
  Tables tables;
  for (const SourceItem& item : items) {
    std::pmr::monotonic_buffer_resource arena;
    const events::Change change = testing::item_change(item.keys, item.image);
    for (const Made& made : make(deriver, change, arena)) {
      const std::string& view = deriver.views().views[made.view].name;
      for (const Row& row : made.derived.rows)
        if (row.effect == Row::Effect::kPut)
          tables.rows[{view, events::canonical_of(*row.key)}] = row.image_json;
      for (const auto& group : made.derived.groups)
        for (std::size_t i = 0; i < group.amounts.size(); ++i)
          tables
              .sums[{view, events::canonical_of(*group.key),
                     std::string(made.derived.amount_names[i])}]
              .add(plain(group.amounts[i]));
    }
  }
  return tables;
}

TEST(DifferenceProperty, EndsInWhatTheViewsMakeOfTheNewestItems) {
  std::size_t rows = 0;
  std::size_t sums = 0;
  Deriver first(testing::views_of(kScripts[0]));
  Deriver second(testing::views_of(kScripts[1]));
  Deriver third(testing::views_of(kScripts[2]));
  Deriver last(testing::views_of(last_script()));
  const std::array<Deriver*, 3> all = {&first, &second, &third};
  const auto property = [&] {
    Tables tables;
    std::vector<SourceItem> items;
    for (std::size_t i = 0; i < 4; ++i)
      items.push_back({.keys = R"({"id":{"N":")" + std::to_string(i) + R"("}})", .image = {}});
    Deriver* deriver = &first;
    for (std::size_t step = 0, steps = draw_below(24); step < steps; ++step) {
      if (draw_below(6) == 0) deriver = all.at(draw_below(all.size()));
      SourceItem& item = items[draw_below(items.size())];
      draw_image(item);
      // Some changes are never seen, and some are seen twice.
      if (draw_below(4) == 0) continue;
      if (draw_below(4) == 0) apply(tables, *deriver, item, Extent::kLeaving);
      apply(tables, *deriver, item);
      if (draw_below(4) == 0) apply(tables, *deriver, item);
    }
    // A view that is no more has what it had: in the end all are there.
    deriver = std::array{&first, &second, &last}.at(draw_below(3));
    for (const SourceItem& item : items) apply(tables, *deriver, item);
    Tables wanted = made_of(*deriver, items);
    RC_ASSERT(tables.rows == wanted.rows);
    drop_zeros(tables.sums);
    drop_zeros(wanted.sums);
    RC_ASSERT(tables.sums == wanted.sums);
    rows += wanted.rows.size();
    sums += wanted.sums.size();
  };
  EXPECT_TRUE(holds("max_success=300", property));
  EXPECT_GT(rows, 1000U);
  EXPECT_GT(sums, 1000U);
}

TEST(DifferenceProperty, LetsItemsExchangeTheirRowsWhereEachLeavesFirst) {
  constexpr std::size_t kItems = 4;
  Deriver deriver(
      testing::views_of("CREATE SOURCE s KEY (id);"
                        "CREATE VIEW one KEY (k) AS SELECT c AS k, id FROM s;"
                        "CREATE VIEW other KEY (k) WITH (owner = 'whose') AS "
                        "SELECT t AS k FROM s, s.tags AS t;"));
  std::size_t departures = 0;
  const auto property = [&] {
    Tables tables;
    std::vector<SourceItem> items;
    for (std::size_t i = 0; i < kItems; ++i)
      items.push_back({.keys = R"({"id":{"N":")" + std::to_string(i) + R"("}})", .image = {}});
    std::vector<std::size_t> places{0, 1, 2, 3};
    for (int time = 0; time < 4; ++time) {
      // Each has rows that no other has, and which another had before.
      for (std::size_t i = kItems; i-- > 1;) std::swap(places[i], places[draw_below(i + 1)]);
      for (std::size_t i = 0; i < kItems; ++i) {
        const std::string place = std::to_string(places[i]);
        items[i].image = items[i].keys.substr(0, items[i].keys.size() - 1) + R"(,"c":{"S":"c)" +
                         place + R"("},"tags":{"SS":["t)" + place + R"(","u)" + place + R"("]}})";
      }
      std::vector<std::size_t> open{0, 1, 2, 3};
      for (std::size_t round = 0; !open.empty(); ++round) {
        RC_ASSERT(round <= kItems);
        std::erase_if(open, [&](std::size_t i) {
          if (is_applied(tables, deriver, items[i], Extent::kWhole)) return true;
          apply(tables, deriver, items[i], Extent::kLeaving);
          ++departures;
          return false;
        });
      }
      RC_ASSERT(tables.rows == made_of(deriver, items).rows);
    }
  };
  EXPECT_TRUE(holds("max_success=100", property));
  EXPECT_GT(departures, 100U);
}

TEST(DifferenceProperty, ChangesNoGroupAndRemovesNoRowTheSecondTime) {
  Deriver deriver(testing::views_of(kScripts[0]));
  const auto property = [&] {
    Tables tables;
    SourceItem item{.keys = R"({"id":{"N":"7"}})", .image = {}};
    draw_image(item);
    apply(tables, deriver, item);
    draw_image(item);
    apply(tables, deriver, item);
    const std::string content = tables.contents[item.keys];
    std::pmr::monotonic_buffer_resource arena;
    const events::Change change = testing::item_change(item.keys, item.image);
    const std::vector<Made> made = make(deriver, change, arena);
    const Result<Difference> again =
        handler::views::make_difference({.views = deriver.views(),
                                         .tables = testing::tables_named_as(deriver.views()),
                                         .item = change.key,
                                         .keys_json = change.keys_json,
                                         .made = made,
                                         .content = content,
                                         .content_bytes_max = kBytesMax},
                                        arena);
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->groups.empty());
    RC_ASSERT(again->content == content);
    for (const auto& [view, row] : again->rows)
      RC_ASSERT(row.effect == Row::Effect::kPut ||
                deriver.views().views[view].view_class == handler::views::ViewClass::kDirect);
  };
  EXPECT_TRUE(holds("max_success=200", property));
}

}  // namespace
}  // namespace streamonce
