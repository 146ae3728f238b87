// Any memory is written and read back, and a damaged one is never taken for another.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/views/memory.h"
#include "tests/support/property.h"
#include "tests/support/remembered.h"

namespace streamonce {
namespace {

using events::Decimal;
using handler::views::Memory;
using handler::views::OwnerMark;
using handler::views::read_memory;
using handler::views::RememberedView;
using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::holds;
using streamonce::testing::utf8_text;
using streamonce::testing::written_anew;

/// Draws memories. Keeps the texts that they view.
class Memories {
 public:
  Memory draw() {
    Memory memory;
    for (const std::string_view name : names(4)) memory.views.push_back(view(name));
    return memory;
  }

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::string_view name() { return keep("n" + *utf8_text()); }

  /// Names, fewer than `end`, sorted and none twice.
  std::vector<std::string_view> names(std::size_t end) {
    std::vector<std::string_view> names(draw_below(end));
    for (std::string_view& each : names) each = name();
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  Decimal number() {
    return events::parse_decimal(
               *rc::gen::element<std::string>("0", "1", "-2.50", "1E+2", "9.9E125", "1E-130",
                                              "-12345678901234567890123456789012345678"))
        .value();
  }

  events::KeyAttribute value(std::string_view name) {
    switch (draw_below(3)) {
      case 0: {
        std::string plain;
        events::append_plain(plain, number());
        return {.name = name, .type = events::KeyType::kNumber, .value = keep(plain)};
      }
      case 1:
        return {.name = name, .type = events::KeyType::kBinary, .value = "AQI="};
      default:
        return {.name = name, .type = events::KeyType::kString, .value = keep("s" + *utf8_text())};
    }
  }

  RememberedView view(std::string_view view_name) {
    RememberedView view{.name = view_name, .has_groups = draw_coin()};
    if (!view.has_groups) {
      view.owner.kind = static_cast<OwnerMark::Kind>(draw_below(3));
      if (view.owner.kind == OwnerMark::Kind::kAttribute) view.owner.attribute = name();
    } else {
      view.amount_names = names(3);
      view.amount_names.push_back("zz");
    }
    std::vector<std::string_view> key_names{"k"};
    if (draw_coin()) key_names.push_back(name());
    for (std::size_t i = 0, count = 1 + draw_below(5); i < count; ++i) {
      events::ItemKey key;
      for (const std::string_view each : key_names) RC_ASSERT(key.add(value(each)).has_value());
      view.keys.push_back(key);
    }
    std::sort(view.keys.begin(), view.keys.end(), handler::views::is_before);
    const auto same = [](const events::ItemKey& a, const events::ItemKey& b) {
      return !handler::views::is_before(a, b);
    };
    view.keys.erase(std::unique(view.keys.begin(), view.keys.end(), same), view.keys.end());
    if (view.has_groups)
      for (std::size_t i = 0; i < view.keys.size(); ++i) {
        for (std::size_t j = 1; j < view.amount_names.size(); ++j) view.amounts.push_back(number());
        view.amounts.push_back(events::decimal_of(7));
      }
    return view;
  }

  std::deque<std::string> texts_;
};

bool same_keys(const events::ItemKey& a, const events::ItemKey& b) {
  return std::equal(
      a.attributes().begin(), a.attributes().end(), b.attributes().begin(), b.attributes().end(),
      [](const events::KeyAttribute& one, const events::KeyAttribute& other) {
        return one.name == other.name && one.type == other.type && one.value == other.value;
      });
}

bool same_views(const RememberedView& a, const RememberedView& b) {
  return a.name == b.name && a.has_groups == b.has_groups && a.owner == b.owner &&
         std::equal(a.keys.begin(), a.keys.end(), b.keys.begin(), b.keys.end(), same_keys) &&
         a.amount_names == b.amount_names && a.amounts == b.amounts;
}

TEST(MemoryProperty, IsReadBackAsItWasWritten) {
  const auto property = [] {
    Memories memories;
    const Memory memory = memories.draw();
    const std::string text = written_anew(memory);
    const Result<Memory> again = read_memory(text);
    RC_ASSERT(again.has_value());
    RC_ASSERT(std::equal(memory.views.begin(), memory.views.end(), again->views.begin(),
                         again->views.end(), same_views));
    RC_ASSERT(written_anew(*again) == text);
    std::string as_it_came;
    append_memory(as_it_came, *again);
    RC_ASSERT(as_it_came == text);
  };
  EXPECT_TRUE(holds("max_success=500", property));
}

TEST(MemoryProperty, IsWhatItsTextSaysHoweverThatIsDamaged) {
  std::size_t refused = 0;
  const auto property = [&] {
    Memories memories;
    std::string text = written_anew(memories.draw());
    RC_PRE(!text.empty());
    for (std::size_t i = 0, count = 1 + draw_below(3); i < count && !text.empty(); ++i) {
      const std::size_t at = draw_below(text.size());
      switch (draw_below(4)) {
        case 0:
          text.resize(at);
          break;
        case 1:
          text.erase(at, 1 + draw_below(4));
          break;
        case 2:
          text[at] = static_cast<char>(draw_below(256));
          break;
        default:
          text.insert(at, text.substr(draw_below(text.size()), draw_below(8)));
      }
    }
    const Result<Memory> read = read_memory(text);
    // What is read is all that is there: nothing is passed over.
    if (read) RC_ASSERT(written_anew(*read) == text);
    if (!read) RC_ASSERT(read.error().code == ErrorCode::kProtocol);
    refused += read ? 0 : 1;
  };
  EXPECT_TRUE(holds("max_success=2000", property));
  EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace streamonce
