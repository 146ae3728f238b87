#include "handler/compare/rows_part.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/digest.h"

namespace streamonce::handler::compare {
namespace {

/// How many items are asked for together, at first and at most, and how many bytes they are meant
/// to have.
constexpr std::size_t kItemsAtFirst = 25;
constexpr std::size_t kItemsMax = 500;
constexpr std::size_t kItemBytesMax = 4UL * 1024 * 1024;

}  // namespace

RowsPart::RowsPart(Comparison& comparison, const Part& part)
    : comparison_(comparison),
      part_(part),
      table_(comparison.parts_.look.expecter.tables()[part.table]),
      rows_({}, comparison.parts_.look.expecter.key_names_of(table_)),
      items_together_(kItemsAtFirst) {}

Result<bool> RowsPart::work() {
  const std::unique_ptr<ItemScan> rows =
      comparison_.parts_.look.rows.scan(table_.table, part_.segment, Consistency::kEventual);
  std::vector<std::string_view> page;
  while (true) {
    if (!STREAMONCE_TRY(comparison_.judge_due())) return false;
    Result<bool> more = rows->next(page, comparison_.parts_.deadline());
    if (!more) return with_context("the target", std::move(more).error());
    if (!*more) return true;
    STREAMONCE_TRY(take_page(*rows, page));
    comparison_.parts_.walked(page.size());
    comparison_.parts_.pause(ReadSide::kTarget);
    comparison_.parts_.pause(ReadSide::kSource);
  }
}

Status RowsPart::take_page(const ItemScan& rows, std::span<const std::string_view> page) {
  for (std::size_t place = 0; place < page.size();) {
    const std::size_t end = std::min(page.size(), place + items_together_);
    Owners owners;
    for (; place < end; ++place) take_row(page[place], rows.is_damaged(place), owners);
    STREAMONCE_TRY(ask_for(owners.owned));
    arena_.release();
  }
  return {};
}

/// Whether the item of this key is one of the sample.
bool RowsPart::is_sampled(std::string_view canonical) const {
  if (comparison_.options_.sample >= 1) return true;
  const Sha256 digest = sha256(canonical);
  const double place = (digest[0] * 65536.0 + digest[1] * 256.0 + digest[2]) / 16777216.0;
  return place < comparison_.options_.sample;
}

/// Tells of a row that tells no item of the source to be its own.
void RowsPart::tell_foreign(const events::Change& row, bool is_damaged,
                            const Result<views::RowItem>& owner) {
  Finding finding{.table = table_.table,
                  .view = table_.view_name,
                  .row_key = std::string(row.keys_json),
                  .reason = owner ? row.problem : owner.error().message};
  if (!owner && owner.error().code == ErrorCode::kExpired) {
    finding.reason = "nobody can tell from the row whose it is: " + finding.reason;
  } else {
    finding.what = FindingClass::kExtra;
    finding.cause = is_damaged
                        ? "somebody else wrote the row, which is no item as DynamoDB JSON"
                        : "somebody else wrote the row: no item of the source has such a one";
  }
  comparison_.parts_.found(finding, comparison_.part_);
}

void RowsPart::take_row(std::string_view row, bool is_damaged, Owners& owners) {
  const events::Change change = rows_.put_of(row, arena_);
  const Result<views::RowItem> owner =
      comparison_.parts_.look.expecter.owner_of(table_, row, arena_);
  if (!change.problem.empty() || !owner) return tell_foreign(change, is_damaged, owner);
  std::string canonical;
  events::append_canonical(canonical, *owner->key);
  if (!is_sampled(canonical)) return;
  std::string key;
  events::append_canonical(key, change.key);
  const auto [found, is_new] = owners.places.emplace(std::move(canonical), owners.owned.size());
  if (is_new) owners.owned.push_back({.item = *owner->key, .item_json = owner->keys_json});
  Owned& owned = owners.owned[found->second];
  owned.rows.push_back(change.keys_json);
  owned.keys.push_back(std::move(key));
}

Status RowsPart::ask_for(std::span<const Owned> owned) {
  if (owned.empty()) return {};
  std::vector<events::ItemKey> keys;
  keys.reserve(owned.size());
  for (const Owned& each : owned) keys.push_back(each.item);
  const LookParts& look = comparison_.parts_.look;
  const std::vector<Result<std::string_view>> items = look.source.read(
      look.source_table, keys, Consistency::kEventual, comparison_.parts_.deadline());
  STREAMONCE_CHECK(items.size() == keys.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i]) {
      bytes += items[i]->size();
      compare(owned[i], *items[i]);
    } else if (items[i].error().code == ErrorCode::kRejected) {
      suspect_others(owned[i], {});  // the judge tells what is wrong with the key
    } else {
      return with_context("the source", items[i].error());
    }
  }
  const std::size_t fitting = kItemBytesMax / std::max<std::size_t>(bytes / items.size(), 1);
  items_together_ = std::clamp<std::size_t>(fitting, 1, std::min(kItemsMax, 2 * items_together_));
  return {};
}

/// Holds the rows of an item against what it is to have.
void RowsPart::compare(const Owned& owned, std::string_view item) {
  if (item.empty() && table_.keeps_gone) return;
  const LookParts& look = comparison_.parts_.look;
  std::vector<std::string> wanted;
  if (!item.empty()) {
    const events::Change change = look.items.put_of(item, arena_);
    const Expectation expected = look.expecter.of(change, arena_);
    // An item that the views refuse keeps what it had.
    if (!expected.problem.empty()) return;
    for (const ExpectedRow& row : expected.rows)
      if (row.view == table_.view && !row.image_json.empty())
        events::append_canonical(wanted.emplace_back(), *row.key);
  }
  suspect_others(owned, wanted);
}

/// Has the rows looked at that are not `wanted`, which are canonical keys.
void RowsPart::suspect_others(const Owned& owned, const std::vector<std::string>& wanted) {
  for (std::size_t i = 0; i < owned.keys.size(); ++i) {
    if (std::find(wanted.begin(), wanted.end(), owned.keys[i]) != wanted.end()) continue;
    comparison_.suspect(owned.item, owned.item_json, 0,
                        StrayRow{.view = table_.view, .keys_json = std::string(owned.rows[i])});
  }
}

}  // namespace streamonce::handler::compare
