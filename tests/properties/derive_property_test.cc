// What views have of any item: the same each time, and items again that DynamoDB takes.

#include <gtest/gtest.h>

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "events/stream_batch.h"
#include "runtime/base/json_text.h"
#include "runtime/base/payload.h"
#include "tests/support/property.h"
#include "tests/support/view_item.h"

namespace streamonce {
namespace {

using handler::views::Deriver;
using handler::views::Row;
using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::utf8_text;

constexpr std::string_view kScript = R"(
CREATE SOURCE s KEY (pk, sk);
CREATE VIEW all_of_it AS SELECT * FROM s;
CREATE VIEW less AS SELECT * EXCLUDE (b, a.x, c[0], a.y[1], d.z.w) FROM s;
CREATE VIEW computed AS
  SELECT a, b.x AS bx, COALESCE(c, 'none') AS c, CASE WHEN a = b THEN 1 WHEN a < b THEN 2 END AS d,
    size(a) AS length, contains(b, 'x') AS has, NULLIF(a, b) AS e, [1, {'a': <<'x'>>}] AS made
  FROM s WHERE NOT attribute_exists(z);
CREATE VIEW replaced AS SELECT a > b AS b, *, MISSING AS c, e FROM s;
CREATE VIEW reckoned AS SELECT a + b AS sum, a || b AS both, -c AS minus, UPPER(d) AS up FROM s;
CREATE VIEW keyed KEY (k, pk) AS SELECT pk, sk, 'k#' || sk AS k, a, b FROM s WHERE a <> b;
CREATE VIEW owned KEY (k) WITH (owner = 'b') AS SELECT SUBSTRING(pk, 1, 2) AS k, * FROM s;
)";

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string draw_number() {
  return *rc::gen::element<std::string>("0", "1", "-2.50", "1E+2", "9.9E125", "1E-130",
                                        "12345678901234567890123456789012345678");
}

std::string draw_value(int levels);

std::string draw_values(int levels, bool named) {
  std::string out;
  for (const std::string_view name : {"x", "y", "z", "w", "\\u0061\\\""}) {
    if (draw_coin()) continue;
    if (!out.empty()) out += ',';
    if (named) out.append("\"").append(name).append("\":");
    out += draw_value(levels - 1);
  }
  return out;
}

std::string draw_value(int levels) {
  switch (draw_below(levels > 0 ? 10 : 8)) {
    case 0:
      return R"({"S":)" + as_json(*utf8_text()) + "}";
    case 1:
      return R"({"S":"\u00e4\"\ud83d\ude00"})";
    case 2:
      return R"({"N":")" + draw_number() + R"("})";
    case 3:
      return R"({"B":"AQI="})";
    case 4:
      return draw_coin() ? R"({"BOOL":true})" : R"({"BOOL":false})";
    case 5:
      return R"({"NULL":true})";
    case 6:
      return R"({"SS":["x","\u0079"]})";
    case 7:
      return R"({"NS":["1","2.50"]})";
    case 8:
      return R"({"L":[)" + draw_values(levels, false) + "]}";
    default:
      return R"({"M":{)" + draw_values(levels, true) + "}}";
  }
}

/// A key of the source, and an item that has it.
struct Item {
  std::string keys;
  std::string image;
};

Item draw_item() {
  const std::string key = R"("pk":{"S":"p)" + std::to_string(draw_below(1000)) +
                          R"("},"sk":{"N":")" + std::to_string(draw_below(100)) + R"("})";
  std::string image = "{" + key;
  for (const std::string_view name : {"a", "b", "c", "d", "e", "z"})
    if (draw_coin()) image += ",\"" + std::string(name) + "\":" + draw_value(3);
  return {"{" + key + "}", image + "}"};
}

/// Whether events take `image` for an item, and `keys` for a key, as a stream's record has them.
bool is_taken(std::string_view keys, std::string_view image) {
  const std::string payload =
      R"({"Records":[{"eventID":"1","eventName":"INSERT","eventSource":"aws:dynamodb",)"
      R"("eventSourceARN":"arn:aws:dynamodb:eu-west-1:123456789012:table/s/stream/)"
      R"(2026-11-21T00:44:22.580","awsRegion":"eu-west-1","dynamodb":{"SequenceNumber":"1",)"
      R"("StreamViewType":"NEW_IMAGE","Keys":)" +
      std::string(keys) + R"(,"NewImage":)" + std::string(image) + "}}]}";
  const Payload bytes = Payload::copy_of(payload);
  events::StreamParser parser;
  const Result<events::StreamBatch> batch = parser.parse(bytes.view());
  return batch && batch->records.size() == 1 && batch->records[0].problem.empty() &&
         events::change_of(batch->records[0]).problem.empty();
}

TEST(DeriveProperty, WhatAViewHasOfAnItemIsAnItemAndTheSameEachTime) {
  Deriver deriver(testing::views_of(kScript));
  ASSERT_EQ(deriver.views().views.size(), 7U);
  std::size_t rows = 0;
  std::size_t errors = 0;
  const auto property = [&] {
    const Item item = draw_item();
    const events::Change change = testing::item_change(item.keys, item.image);
    Deriver other(testing::views_of(kScript));
    for (std::size_t view = 0; view < deriver.views().views.size(); ++view) {
      std::pmr::monotonic_buffer_resource arena;
      const Result<Row> row = deriver.derive(view, change, arena);
      RC_ASSERT(testing::derived(deriver, view, change) == testing::derived(other, view, change));
      errors += row ? 0 : 1;
      if (!row || row->effect != Row::Effect::kPut) continue;
      ++rows;
      RC_ASSERT(is_taken(row->keys_json, row->image_json));
    }
  };
  EXPECT_TRUE(holds("max_success=150", property));
  EXPECT_GT(rows, 500U);
  EXPECT_GT(errors, 20U);
}

TEST(DeriveProperty, ARemovalNamesTheRowThatWasPut) {
  Deriver deriver(testing::views_of(kScript));
  const auto property = [&] {
    const Item item = draw_item();
    for (std::size_t view = 0; view < deriver.views().views.size(); ++view) {
      std::pmr::monotonic_buffer_resource arena;
      const events::Change change = testing::item_change(item.keys, item.image);
      const events::Change removal = testing::item_change(item.keys, "");
      const Result<Row> row = deriver.derive(view, change, arena);
      const Result<Row> gone = deriver.derive(view, removal, arena);
      RC_ASSERT(gone.has_value());
      RC_ASSERT(gone->effect == Row::Effect::kRemove);
      if (row) RC_ASSERT(row->keys_json == gone->keys_json);
    }
  };
  EXPECT_TRUE(holds("max_success=150", property));
}

}  // namespace
}  // namespace streamonce
