#include "handler/views/memory.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/support/remembered.h"

namespace streamonce::handler::views {
namespace {

using events::ItemKey;
using events::KeyType;
using testing::written_anew;

ItemKey key_of(std::initializer_list<events::KeyAttribute> attributes) {
  ItemKey key;
  for (const events::KeyAttribute& attribute : attributes) EXPECT_TRUE(key.add(attribute));
  return key;
}

struct Has {
  std::string_view name, has;
};

/// The text of views that have what they have.
std::string text_of(std::initializer_list<Has> views) {
  std::string text = "1;";
  for (const auto& [name, has] : views)
    text.append(std::to_string(name.size()) + ":" + std::string(name))
        .append(std::to_string(has.size()) + ":" + std::string(has));
  return text;
}

/// The text of a view `v` that has `has`.
std::string view_text(std::string_view has) {
  return text_of({{"v", has}});
}

constexpr Has kA{"a", "w-1:1:kN4:-0.1"};
constexpr Has kB{"b", "wk2:2:id1:kS1:iB4:AQI="};
constexpr Has kC{"c", "c1:1:k1:1:nS1:x1:3"};

TEST(Memory, OfNothingIsTheEmptyText) {
  const Result<Memory> memory = read_memory("");
  ASSERT_TRUE(memory);
  EXPECT_TRUE(memory->views.empty());
  EXPECT_EQ(written_anew(*memory), "");
}

TEST(Memory, HasRowsByTheirKeys) {
  Memory memory;
  memory.views.push_back(
      {.name = "open_orders",
       .owner = {.kind = OwnerMark::Kind::kAttribute, .attribute = "whose"},
       .keys = {key_of({{.name = "region", .type = KeyType::kString, .value = "eu"},
                        {.name = "placed", .type = KeyType::kNumber, .value = "7"}}),
                key_of({{.name = "region", .type = KeyType::kBinary, .value = "AQI="},
                        {.name = "placed", .type = KeyType::kString, .value = "1:2"}})}});
  EXPECT_EQ(written_anew(memory),
            "1;11:open_orders49:wo5:whose2:6:placed6:regionN1:7S2:euS3:1:2B4:AQI=");
}

TEST(Memory, HasGroupsAndTheirAmounts) {
  Memory memory;
  memory.views.push_back({.name = "revenue",
                          .has_groups = true,
                          .keys = {key_of({{.name = "c", .type = KeyType::kString, .value = "x"}}),
                                   key_of({{.name = "c", .type = KeyType::kString, .value = "y"}})},
                          .amount_names = {"n", "spent"},
                          .amounts = {events::decimal_of(1), events::parse_decimal("-12.5").value(),
                                      events::decimal_of(0), events::decimal_of(100)}});
  EXPECT_EQ(written_anew(memory), "1;7:revenue44:c1:1:c2:1:n5:spentS1:x1:15:-12.5S1:y1:03:100");
}

TEST(Memory, IsReadAsItWasWritten) {
  const std::string text = text_of({kA, kB, kC, {"\xC3\xA4", "wo1:o1:1:kS2:\xC3\xB6"}});
  const Result<Memory> memory = read_memory(text);
  ASSERT_TRUE(memory) << memory.error().message;
  ASSERT_EQ(memory->views.size(), 4U);
  const RememberedView& rows = memory->views[1];
  EXPECT_EQ(rows.name, "b");
  EXPECT_FALSE(rows.has_groups);
  EXPECT_EQ(rows.owner.kind, OwnerMark::Kind::kItemKey);
  ASSERT_EQ(rows.keys.size(), 1U);
  EXPECT_EQ(rows.keys[0].attributes()[1].name, "k");
  EXPECT_EQ(rows.keys[0].attributes()[1].type, KeyType::kBinary);
  EXPECT_EQ(rows.keys[0].attributes()[1].value, "AQI=");
  const RememberedView& groups = memory->views[2];
  EXPECT_TRUE(groups.has_groups);
  ASSERT_EQ(groups.amount_names.size(), 1U);
  EXPECT_EQ(groups.amount_names[0], "n");
  EXPECT_EQ(groups.amounts[0], events::decimal_of(3));
  EXPECT_EQ(memory->views[3].owner.attribute, "o");
  EXPECT_EQ(written_anew(*memory), text);
  std::string as_it_came;
  append_memory(as_it_came, *memory);
  EXPECT_EQ(as_it_came, text);
}

TEST(Memory, TellsALaterForm) {
  for (const std::string_view text : {"2;1:a", "10;", "01;1:a14:w-1:1:kN4:-0.1"}) {
    const Result<Memory> memory = read_memory(text);
    ASSERT_FALSE(memory) << text;
    EXPECT_EQ(memory.error().code, ErrorCode::kProtocol);
    EXPECT_EQ(memory.error().message,
              "what the ledger has of the views is in a form that this program does not know: a "
              "later program wrote it");
  }
}

TEST(Memory, IsNeverTakenForAnotherWhereItIsDamaged) {
  for (const std::string& text :
       {std::string("1"), std::string("1;"), std::string(";"), std::string("x"), std::string("{}"),
        std::string("1;0:1:w"), std::string("1;1:v"), std::string("1;1:v0:"),
        // Not sorted, twice, not whole.
        text_of({kB, kA}), text_of({kA, kA}), text_of({kA, {"v", ""}}), text_of({kA}) + " ",
        std::string("1;1:v12:w-1:1:kS1:x"), std::string("1;01:v11:w-1:1:kS1:x"),
        // Letters, keys and values that there are not.
        view_text("x-1:1:kS1:x"), view_text("wx1:1:kS1:x"), view_text("wo0:1:1:kS1:x"),
        view_text("w-0:S1:x"), view_text("w-3:1:a1:b1:cS1:xS1:xS1:x"), view_text("w-1:0:S1:x"),
        view_text("w-2:1:b1:aS1:xS1:x"), view_text("w-2:1:a1:aS1:xS1:x"), view_text("w-1:1:k"),
        view_text("w-1:1:kM1:x"), view_text("w-1:1:kS0:"), view_text("w-1:1:kN1:x"),
        view_text("w-1:1:kN3:1.0"), view_text("w-1:1:kN2:01"), view_text("w-1:1:kN2:-0"),
        view_text("w-1:1:kB1:x"), view_text("w-1:1:kS1:yS1:x"), view_text("w-1:1:kS1:xS1:x"),
        view_text("w-1:1:kS1:\xC3"), view_text("w-2:1:a1:bS1:x"),
        view_text("w-99999999999999999999:1:kS1:x"), view_text("w-18446744073709551615:1:kS1:x"),
        // Amounts.
        view_text("c1:1:k0:S1:x"), view_text("c1:1:k1:1:nS1:x1:0"), view_text("c1:1:k1:1:nS1:x0:"),
        view_text("c1:1:k1:1:nS1:x3:1.0"), view_text("c1:1:k1:1:nS1:x3:1E1"),
        view_text("c1:1:k2:1:n1:mS1:x1:11:2"), view_text("c1:1:k2:1:n1:nS1:x1:11:2"),
        view_text("c1:1:k1:1:nS1:x"), view_text("c1:1:k1:1:nS1:x1:1S1:x1:1"),
        view_text("c1:1:k1:1:nS1:x39:" + std::string(39, '1'))}) {
    const Result<Memory> memory = read_memory(text);
    ASSERT_FALSE(memory) << text;
    EXPECT_EQ(memory.error().code, ErrorCode::kProtocol) << text;
    EXPECT_TRUE(memory.error().message.starts_with(
        "what the ledger has of the views is damaged: expected "))
        << memory.error().message;
  }
}

TEST(Memory, IsDamagedWhereverItIsCut) {
  const std::string text = text_of({kA, kB, kC});
  ASSERT_TRUE(read_memory(text));
  std::size_t whole = 0;
  for (std::size_t length = 1; length < text.size(); ++length) {
    const Result<Memory> memory = read_memory(std::string_view(text).substr(0, length));
    // What ends with a view is whole: nothing tells that there was another.
    if (memory) ++whole;
  }
  EXPECT_EQ(whole, 2U);
}

TEST(Memory, TellsWhereItIsDamagedAndNoValue) {
  const Result<Memory> memory = read_memory("1;6:secret19:w-1:1:kS6:secret+++");
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().message,
            "what the ledger has of the views is damaged: expected one of the letters SNB at byte "
            "29");
}

}  // namespace
}  // namespace streamonce::handler::views
