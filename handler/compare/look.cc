#include "handler/compare/look.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <memory_resource>
#include <unordered_map>
#include <utility>

#include "events/item_attributes.h"
#include "handler/compare/group_sums.h"
#include "handler/targets/mark.h"
#include "handler/views/memory.h"
#include "runtime/base/check.h"
#include "runtime/base/digest.h"
#include "runtime/base/json_text.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::compare {
namespace {

std::string hex_of(const events::ItemDigest& digest) {
  std::string hex;
  append_hex(hex, digest);
  return hex;
}

bool is_same(const std::optional<Mark>& a, const std::optional<Mark>& b) {
  return a && b ? is_same_entry(*a, *b) : !a && !b;
}

/// Whether the result at `place` is the error of one key alone: others of the same read, if there
/// are some, have none.
bool is_of_one_key(const std::vector<Result<std::string_view>>& results, std::size_t place) {
  if (results[place].error().code != ErrorCode::kRejected) return false;
  return results.size() == 1 ||
         std::any_of(results.begin(), results.end(),
                     [](const Result<std::string_view>& result) { return result.has_value(); });
}

/// Whether the attributes of `key` have just these names.
bool has_names(const events::ItemKey& key, const std::vector<std::string>& names) {
  const auto attributes = key.attributes();
  return attributes.size() == names.size() &&
         std::all_of(attributes.begin(), attributes.end(), [&](const auto& attribute) {
           return std::find(names.begin(), names.end(), attribute.name) != names.end();
         });
}

}  // namespace

Look::Look(const Input& input, std::vector<LookItem> items)
    : parts_(input.parts),
      digester_(input.digester),
      tells_values_(input.tells_values),
      deadline_(input.deadline),
      items_(std::move(items)) {}

Status Look::work() {
  STREAMONCE_TRY(read_marks_before());
  STREAMONCE_TRY(read_items());
  STREAMONCE_TRY(expect_all());
  STREAMONCE_TRY(read_rows());
  return read_marks_after();
}

std::size_t Look::items_for_next(std::size_t items_now) const {
  const std::size_t bytes_of_one = std::max<std::size_t>(bytes_ / items_.size(), 1);
  // No more than twice as many as now: these may have been small ones.
  return std::clamp<std::size_t>(kLookBytesMax / bytes_of_one, 1,
                                 std::min(kLookItemsMax, 2 * items_now));
}

/// Reads the entries of `items`. One that is none makes its item a problem.
Result<std::vector<std::optional<Mark>>> Look::read_marks(
    const std::vector<LookItem*>& items) const {
  std::pmr::monotonic_buffer_resource arena;
  std::vector<std::string> ids;
  std::deque<events::ItemKey> keys;
  std::vector<MarkPlace> places;
  ids.reserve(items.size());
  const std::vector<ComparedTable>& tables = parts_.expecter.tables();
  for (const LookItem* item : items) {
    ids.push_back(parts_.ledger_prefix + item->key);
    MarkPlace& place = places.emplace_back(MarkPlace{.ledger_id = ids.back()});
    // One that cannot be read makes its item a problem later.
    const Result<events::ItemKey> key = key_of_json(item->keys_json, arena);
    if (tables.size() != 1 || !key) continue;
    place.table = tables.front().table;
    place.key = &keys.emplace_back(*key);
  }
  std::vector<MarkResult> results = parts_.target.read_marks(places, Reading::kTold, deadline_);
  STREAMONCE_CHECK(results.size() == items.size());
  std::vector<std::optional<Mark>> marks(items.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]) {
      marks[i] = *std::move(results[i]);
    } else if (results[i].error().code == ErrorCode::kProtocol) {
      items[i]->problem = "its mark cannot be read: " + results[i].error().message;
    } else {
      return with_context("the marks", std::move(results[i]).error());
    }
  }
  return marks;
}

Status Look::read_marks_before() {
  std::vector<LookItem*> all;
  const SteadyTime now = parts_.clock.steady_now();
  for (LookItem& item : items_) {
    item.looked_at = now;
    all.push_back(&item);
  }
  std::vector<std::optional<Mark>> marks = STREAMONCE_TRY(read_marks(all));
  for (std::size_t i = 0; i < items_.size(); ++i) items_[i].mark = std::move(marks[i]);
  return {};
}

/// Reads what the source has now.
Status Look::read_items() {
  std::vector<events::ItemKey> keys;
  std::vector<LookItem*> asked;
  for (LookItem& item : items_) {
    item.change = parts_.items.put_of(item.keys_json, arena_);
    item.change.operation = Operation::kRemove;
    item.change.event_name = events::EventName::kRemove;
    item.change.expired_by_ttl = true;  // as far as anybody knows
    item.change.image_json = {};
    if (item.problem.empty()) item.problem = item.change.problem;
    if (!item.problem.empty()) continue;
    keys.push_back(item.change.key);
    asked.push_back(&item);
  }
  if (keys.empty()) return {};
  const std::vector<Result<std::string_view>> found =
      parts_.source.read(parts_.source_table, keys, Consistency::kStrong, deadline_);
  STREAMONCE_CHECK(found.size() == keys.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i])
      take_item(*asked[i], *found[i]);
    else if (is_of_one_key(found, i))
      asked[i]->problem = "the source does not take its key: " + found[i].error().message;
    else
      return with_context("the source", found[i].error());
  }
  return {};
}

void Look::take_item(LookItem& item, std::string_view text) {
  item.change.version = item.mark ? item.mark->version : parts_.first_version();
  if (text.empty()) return;
  bytes_ += text.size();
  item.change.operation = Operation::kPut;
  item.change.event_name = events::EventName::kModify;
  item.change.expired_by_ttl = false;
  item.change.image_json = kept(text, arena_);
  Result<events::ItemDigest> digest = digester_.digest_of(text);
  if (digest)
    item.item_digest = *digest;
  else
    item.problem = "the source's item cannot be compared: " + digest.error().message;
}

/// Works out what is to be there, and which rows are to be looked for.
Status Look::expect_all() {
  for (LookItem& item : items_)
    if (item.problem.empty()) expect(item);
  return {};
}

void Look::expect(LookItem& item) {
  const Expectation expected = parts_.expecter.of(item.change, arena_);
  if (!expected.problem.empty()) {
    item.problem = "a change of this item cannot be applied: " + expected.problem;
    return;
  }
  for (const ExpectedRow& row : expected.rows) wanted_.push_back({.item = &item, .row = row});
  if (Status gone = expect_gone(item); !gone) {
    item.problem = "the ledger's entry: " + gone.error().message;
    std::erase_if(wanted_, [&](const Wanted& wanted) { return wanted.item == &item; });
    return;
  }
  compare_groups(item, expected);
}

/// Wants the rows not to be there that the item had, or that tell it to be theirs.
Status Look::expect_gone(LookItem& item) {
  for (const StrayRow& stray : item.strays) {
    const events::ItemKey key = STREAMONCE_TRY(key_of_json(stray.keys_json, arena_));
    want_gone(item, stray.view, key);
  }
  if (!item.mark || item.mark->content.empty()) return {};
  const views::Memory memory = STREAMONCE_TRY(views::read_memory(item.mark->content));
  for (const views::RememberedView& remembered : memory.views) {
    if (remembered.has_groups) continue;
    for (const ComparedTable& table : parts_.expecter.tables()) {
      if (table.table != remembered.name || table.has_groups) continue;
      const std::vector<std::string> names = parts_.expecter.key_names_of(table);
      for (const events::ItemKey& key : remembered.keys) {
        // The table cannot be asked for such a row; a change of the item fails for it, too.
        if (!has_names(key, names))
          return invalid_argument("it remembers rows of the table " + table.table +
                                  " with another key than the view has: a view whose key was "
                                  "changed needs another table");
        want_gone(item, table.view, key);
      }
    }
  }
  return {};
}

void Look::want_gone(LookItem& item, std::size_t view, const events::ItemKey& key) {
  const ComparedTable& table = *parts_.expecter.table_of(view);
  if (table.keeps_gone && item.change.operation == Operation::kRemove) return;
  const std::string canonical = events::canonical_of(key);
  // The rows of an item stand together, and those of the item in hand come last.
  for (auto wanted = wanted_.rbegin(); wanted != wanted_.rend() && wanted->item == &item; ++wanted)
    if (wanted->row.view == view && events::canonical_of(*wanted->row.key) == canonical) return;
  auto* copy = std::pmr::polymorphic_allocator<>(&arena_).new_object<events::ItemKey>(key);
  copy->replace_texts([&](std::string_view text) { return kept(text, arena_); });
  std::string json;
  events::append_key_json(json, *copy);
  wanted_.push_back(
      {.item = &item,
       .row = {.view = view, .key = copy, .keys_json = kept(json, arena_), .image_json = {}}});
}

/// Compares what the item's entry remembers it to have added to groups with what it is to add.
void Look::compare_groups(LookItem& item, const Expectation& expected) {
  views::Memory memory;
  if (item.mark && !item.mark->content.empty())
    memory = views::read_memory(item.mark->content).value();
  for (const ComparedTable& table : parts_.expecter.tables()) {
    if (!table.has_groups) continue;
    if (table.keeps_gone && item.change.operation == Operation::kRemove) continue;
    GroupSums sums;
    for (const ExpectedGroup& group : expected.groups)
      if (group.view == table.view) sums.add(group);
    for (const views::RememberedView& remembered : memory.views)
      if (remembered.name == table.table && remembered.has_groups) sums.subtract(remembered);
    for (const auto& [key, sum] : sums.groups()) {
      std::vector<std::string> names = sum.differing();
      if (names.empty()) continue;
      Finding& finding = add_difference(item, FindingClass::kDifferent, table, sum.keys_json);
      finding.attributes = std::move(names);
      finding.cause =
          "what this item has added to the group is not what it is to add: a change was lost";
    }
  }
}

Status Look::read_rows() {
  for (const ComparedTable& table : parts_.expecter.tables()) {
    std::vector<Wanted*> wanted;
    for (Wanted& each : wanted_)
      if (each.row.view == table.view) wanted.push_back(&each);
    if (!wanted.empty()) STREAMONCE_TRY(read_rows_of(table, wanted));
  }
  return {};
}

Status Look::read_rows_of(const ComparedTable& table, const std::vector<Wanted*>& wanted) {
  // Two items may want one row: who has it, and who is to have it no more.
  std::vector<events::ItemKey> keys;
  std::vector<std::vector<Wanted*>> of_key;
  std::unordered_map<std::string, std::size_t> places;
  for (Wanted* each : wanted) {
    const auto [found, is_new] = places.emplace(events::canonical_of(*each->row.key), keys.size());
    if (is_new) {
      keys.push_back(*each->row.key);
      of_key.emplace_back();
    }
    of_key[found->second].push_back(each);
  }
  const std::vector<Result<std::string_view>> rows =
      parts_.rows.read(table.table, keys, Consistency::kStrong, deadline_);
  STREAMONCE_CHECK(rows.size() == keys.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) return with_context("the target", rows[i].error());
    bytes_ += rows[i]->size();
    for (const Wanted* each : of_key[i]) compare_row(table, *each, *rows[i]);
  }
  return {};
}

Finding& Look::add_difference(LookItem& item, FindingClass what, const ComparedTable& table,
                              std::string_view row_key) {
  Finding& finding = item.differences.emplace_back();
  finding.what = what;
  finding.table = table.table;
  finding.view = table.view_name;
  finding.row_key = row_key;
  finding.item_key = item.keys_json;
  finding.cause = cause_of(what, item.mark ? item.mark->operation : std::nullopt,
                           item.mark.has_value(), parts_.marks);
  if (item.mark)
    finding.mark = {.version = std::string(item.mark->version.text()),
                    .operation = item.mark->operation,
                    .at = item.mark->at};
  return finding;
}

/// Whether the row that was found tells another item to be its own: then it is none of this one's.
/// A text that is no item tells nothing, but its key may.
bool Look::is_anothers(const ComparedTable& table, const Wanted& wanted, std::string_view found) {
  const std::string_view row = events::is_item(found) ? found : wanted.row.keys_json;
  const Result<views::RowItem> owner = parts_.expecter.owner_of(table, row, arena_);
  return !owner || events::canonical_of(*owner->key) != wanted.item->key;
}

/// Notes the item that has a row which is to be another one's.
void Look::note_owner(const ComparedTable& table, LookItem& item, std::string_view found) {
  const Result<views::RowItem> owner = parts_.expecter.owner_of(table, found, arena_);
  if (owner && events::canonical_of(*owner->key) != item.key)
    item.in_the_way.emplace_back(owner->keys_json);
}

/// @param found  the row that is there; empty: there is none
void Look::compare_row(const ComparedTable& table, const Wanted& wanted, std::string_view found) {
  LookItem& item = *wanted.item;
  const std::string_view image = wanted.row.image_json;
  if (image.empty() && (found.empty() || is_anothers(table, wanted, found))) return;
  const Result<events::ItemDigest> there = digester_.digest_of(found.empty() ? "{}" : found);
  Result<events::ItemDigest> expected = digester_.digest_of(image.empty() ? "{}" : image);
  if (!expected) {
    item.problem = "the row cannot be compared: " + std::move(expected).error().message;
    return;
  }
  if (!image.empty() && !found.empty() && there && *there == *expected) {
    ++item.equal_rows;
    return;
  }
  if (!image.empty() && !found.empty()) note_owner(table, item, found);
  const FindingClass what = image.empty()   ? FindingClass::kExtra
                            : found.empty() ? FindingClass::kMissing
                                            : FindingClass::kDifferent;
  Finding& finding = add_difference(item, what, table, wanted.row.keys_json);
  if (!image.empty()) finding.expected_digest = hex_of(*expected);
  if (!found.empty() && there) finding.found_digest = hex_of(*there);
  if (!there)
    finding.cause = "somebody else wrote the row, which is no item: " + there.error().message;
  if (what == FindingClass::kDifferent) {
    Result<std::vector<std::string>> names = digester_.differing_attributes(image, found);
    if (names) finding.attributes = *std::move(names);
  }
  if (tells_values_) {
    finding.expected = image;
    // A text that is no item is told of as what it is: a text.
    if (there || found.empty())
      finding.found = found;
    else
      append_json_string(finding.found, found);
  }
}

/// Reads the marks of the items that differ once more.
Status Look::read_marks_after() {
  std::vector<LookItem*> differing;
  for (LookItem& item : items_)
    if (item.problem.empty() && !item.differences.empty()) differing.push_back(&item);
  if (differing.empty()) return {};
  std::vector<std::optional<Mark>> marks = STREAMONCE_TRY(read_marks(differing));
  for (std::size_t i = 0; i < differing.size(); ++i) {
    LookItem& item = *differing[i];
    item.has_moved = !is_same(item.mark, marks[i]);
    item.mark_after = std::move(marks[i]);
  }
  return {};
}

RepairInput Look::repair_input(std::size_t place) {
  const LookItem& item = items_[place];
  RepairInput input{.item = item.change, .seen = item.mark ? &*item.mark : nullptr};
  for (const StrayRow& stray : item.strays) {
    const Result<events::ItemKey> key = key_of_json(stray.keys_json, arena_);
    STREAMONCE_CHECK(key);  // it was read before
    input.strays.push_back({.view = stray.view, .key = *key});
  }
  return input;
}

}  // namespace streamonce::handler::compare
