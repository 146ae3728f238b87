#include "handler/compare/items_part.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::compare {
namespace {
/// How many rows are read together, and how many bytes they are expected to have, at most.
constexpr std::size_t kLookupsMax = 1'000;
constexpr std::size_t kLookupBytesMax = 2UL * 1024 * 1024;

}  // namespace

ItemsPart::ItemsPart(Comparison& comparison, Segment segment)
    : comparison_(comparison),
      segment_(segment),
      items_(comparison.parts_.look.source.scan(comparison.parts_.look.source_table, segment,
                                                Consistency::kEventual)) {
  ItemReader& rows = comparison.parts_.look.rows;
  if (!rows.has_segments()) return;
  for (const ComparedTable& table : comparison.parts_.look.expecter.tables()) {
    if (!table.has_items_key) continue;
    const auto suspect = [&comparison, &table](const PendingRow& row, bool is_found) {
      std::pmr::monotonic_buffer_resource arena;
      const Result<events::ItemKey> key = key_of_json(row.keys_json, arena);
      STREAMONCE_CHECK(key);  // it was made from a key
      std::optional<StrayRow> stray;
      if (is_found) stray = StrayRow{.view = table.view, .keys_json = row.keys_json};
      comparison.suspect(*key, row.keys_json, is_found ? 0 : 1, std::move(stray));
    };
    Paired& paired = paired_.emplace_back();
    paired.table = &table;
    paired.scan = rows.scan(table.table, segment, Consistency::kEventual);
    paired.matcher = std::make_unique<Matcher>(Matcher::Takers{
        .equal = [&comparison] { comparison.parts_.equal(1, comparison.part_); },
        .different = [suspect](const PendingRow& row) { suspect(row, /*is_found=*/false); },
        .unpaired = [suspect](Side side,
                              const PendingRow& row) { suspect(row, side == Side::kFound); }});
  }
}

Result<bool> ItemsPart::work() {
  while (true) {
    if (!STREAMONCE_TRY(comparison_.judge_due())) return false;
    // The walk that is least far goes on, so that few rows wait for their other halves.
    Paired* behind = nullptr;
    for (Paired& paired : paired_)
      if (!paired.has_ended && (behind == nullptr || paired.rows < behind->rows)) behind = &paired;
    if (!has_ended_ && (behind == nullptr || items_walked_ <= behind->rows)) {
      STREAMONCE_TRY(take_items());
      comparison_.parts_.pause(ReadSide::kSource);
      if (behind == nullptr) comparison_.parts_.pause(ReadSide::kTarget);
    } else if (behind != nullptr) {
      STREAMONCE_TRY(take_rows(*behind));
      comparison_.parts_.pause(ReadSide::kTarget);
    } else {
      break;
    }
  }
  for (Paired& paired : paired_) paired.matcher->finish();
  return true;
}

ItemsPart::Paired* ItemsPart::paired_of(std::size_t view) {
  for (Paired& paired : paired_)
    if (paired.table->view == view) return &paired;
  return nullptr;
}

Status ItemsPart::take_items() {
  std::vector<std::string_view> page;
  Result<bool> more = items_->next(page, comparison_.parts_.deadline());
  if (!more) return with_context("the source", std::move(more).error());
  has_ended_ = !*more;
  for (const std::string_view item : page) STREAMONCE_TRY(take_item(item));
  STREAMONCE_TRY(look_up());
  items_walked_ += page.size();
  comparison_.parts_.walked(page.size());
  return {};
}

Status ItemsPart::take_rows(Paired& paired) {
  std::vector<std::string_view> page;
  Result<bool> more = paired.scan->next(page, comparison_.parts_.deadline());
  if (!more) return with_context("the target", std::move(more).error());
  paired.has_ended = !*more;
  for (const std::string_view row : page) {
    const Result<views::RowItem> owner =
        comparison_.parts_.look.expecter.owner_of(*paired.table, row, arena_);
    Result<events::ItemDigest> digest = comparison_.digester_.digest_of(row);
    if (!owner) {
      comparison_.parts_.found(
          {.what = FindingClass::kExtra,
           .table = paired.table->table,
           .view = paired.table->view_name,
           .cause = "somebody else wrote the row: no item of the source has such a one",
           .reason = owner.error().message},
          comparison_.part_);
      continue;
    }
    if (!digest) {  // the judge tells why
      comparison_.suspect(
          *owner->key, owner->keys_json, 0,
          StrayRow{.view = paired.table->view, .keys_json = std::string(owner->keys_json)});
      continue;
    }
    paired.matcher->add(Side::kFound, {.key = events::canonical_of(*owner->key),
                                       .keys_json = std::string(owner->keys_json),
                                       .digest = *digest});
  }
  paired.rows += page.size();
  arena_.release();
  return {};
}

Status ItemsPart::take_item(std::string_view text) {
  const LookParts& look = comparison_.parts_.look;
  const events::Change& item = changes_.emplace_back(look.items.put_of(text, arena_));
  if (!item.problem.empty()) {
    comparison_.parts_.found({.reason = item.problem}, comparison_.part_);
    return {};
  }
  const Expectation expected = look.expecter.of(item, arena_);
  // The judge tells why, if it is still so.
  if (!expected.problem.empty()) comparison_.suspect(item.key, item.keys_json, 0);
  for (const ExpectedRow& row : expected.rows) {
    if (Paired* const paired = paired_of(row.view); paired != nullptr) {
      expect_paired(*paired, item, row);
      continue;
    }
    lookups_.push_back({.item = &item, .row = row});
    lookup_bytes_ += row.image_json.size();
  }
  if (lookups_.size() < kLookupsMax && lookup_bytes_ < kLookupBytesMax) return {};
  return look_up();
}

void ItemsPart::expect_paired(Paired& paired, const events::Change& item, const ExpectedRow& row) {
  if (row.image_json.empty()) return;  // a row that is there is unpaired in the end
  const Result<events::ItemDigest> digest = comparison_.digester_.digest_of(row.image_json);
  if (!digest) return comparison_.suspect(item.key, item.keys_json, 1);  // the judge tells why
  paired.matcher->add(Side::kExpected, {.key = events::canonical_of(item.key),
                                        .keys_json = std::string(item.keys_json),
                                        .digest = *digest});
}

/// Reads the rows that wait to be read, and is done with the items in hand.
Status ItemsPart::look_up() {
  for (const ComparedTable& table : comparison_.parts_.look.expecter.tables()) {
    std::vector<const Lookup*> lookups;
    for (const Lookup& lookup : lookups_)
      if (lookup.row.view == table.view) lookups.push_back(&lookup);
    if (!lookups.empty()) STREAMONCE_TRY(look_up_in(table, lookups));
  }
  lookups_.clear();
  lookup_bytes_ = 0;
  changes_.clear();
  arena_.release();
  return {};
}

Status ItemsPart::look_up_in(const ComparedTable& table,
                             const std::vector<const Lookup*>& lookups) {
  // Where two items want one row, both are looked at.
  std::vector<events::ItemKey> keys;
  std::unordered_map<std::string, std::size_t> places;
  std::vector<std::size_t> place_of;
  for (const Lookup* lookup : lookups) {
    const auto [found, is_new] =
        places.emplace(events::canonical_of(*lookup->row.key), keys.size());
    if (is_new) keys.push_back(*lookup->row.key);
    place_of.push_back(found->second);
  }
  const std::vector<Result<std::string_view>> rows = comparison_.parts_.look.rows.read(
      table.table, keys, Consistency::kEventual, comparison_.parts_.deadline());
  STREAMONCE_CHECK(rows.size() == keys.size());
  for (std::size_t i = 0; i < lookups.size(); ++i) {
    const Result<std::string_view>& row = rows[place_of[i]];
    if (!row) return with_context("the target", row.error());
    const std::string_view image = lookups[i]->row.image_json;
    const events::Change& item = *lookups[i]->item;
    if (image.empty() && row->empty()) continue;
    if (image.empty())
      comparison_.suspect(item.key, item.keys_json, 0);
    else if (comparison_.are_equal(image, *row))
      comparison_.parts_.equal(1, comparison_.part_);
    else
      comparison_.suspect(item.key, item.keys_json, 1);
  }
  return {};
}

}  // namespace streamonce::handler::compare
