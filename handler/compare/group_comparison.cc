#include "handler/compare/group_comparison.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include "events/attribute_value.h"
#include "events/item_attributes.h"
#include "handler/views/memory.h"
#include "runtime/base/check.h"
#include "runtime/base/digest.h"

namespace streamonce::handler::compare {
namespace {

using std::chrono::milliseconds;

constexpr int kRepairsMax = 3;

/// When a group that keeps changing is given up: after so many looks, and times to settle.
constexpr int kLooksMax = 10;
constexpr int kSettlesMax = 5;
/// The most entries whose items' keys are too long that are remembered.
constexpr std::size_t kNamelessMax = 10'000;
constexpr milliseconds kPauseFirst{1'000};
constexpr milliseconds kPauseMax{16'000};

/// The number that an attribute is; none: it is none.
std::optional<events::Decimal> number_of(const events::AttributeValue& value) {
  if (value.type != events::AttributeType::kNumber) return std::nullopt;
  const Result<events::Decimal> number = events::parse_decimal(value.raw_text());
  if (!number) return std::nullopt;
  return *number;
}

/// The attributes `names` of a row, which may be none, each a number or absent.
/// @error kInvalidArgument  one is there and is no number
Result<std::map<std::string, events::Decimal, std::less<>>> amounts_of(
    std::string_view row, const std::vector<std::string>& names) {
  std::map<std::string, events::Decimal, std::less<>> amounts;
  if (row.empty()) return amounts;
  if (!events::is_item(row))
    return invalid_argument("the row is no item as DynamoDB JSON: remove it");
  events::MemberWalk walk(row);
  while (walk.next()) {
    const auto name = std::find_if(names.begin(), names.end(), [&](const std::string& each) {
      return events::same_text(walk.raw_name(), each);
    });
    if (name == names.end()) continue;
    const std::optional<events::Decimal> number = number_of(walk.value());
    if (!number)
      return invalid_argument("its attribute " + *name + " is no number: remove it from the row");
    amounts[*name] = *number;
  }
  return amounts;
}

}  // namespace

GroupComparison::GroupComparison(Comparison& comparison) : comparison_(comparison) {
  for (const ComparedTable& table : comparison.parts_.look.expecter.tables())
    if (table.has_groups) tables_.push_back(&table);
  sums_.resize(tables_.size());
  is_dropped_.resize(tables_.size());
}

Result<bool> GroupComparison::work() {
  if (!STREAMONCE_TRY(sum_up_source())) return false;
  if (!STREAMONCE_TRY(hold_against_rows())) return false;
  sums_.clear();
  if (doubts_.empty()) return true;
  if (!STREAMONCE_TRY(look_at_items())) return false;
  return settle();
}

Result<bool> GroupComparison::sum_up_source() {
  const LookParts& look = comparison_.parts_.look;
  const std::unique_ptr<ItemScan> items =
      look.source.scan(look.source_table, Segment(), Consistency::kEventual);
  std::vector<std::string_view> page;
  while (true) {
    if (!STREAMONCE_TRY(comparison_.judge_due())) return false;
    Result<bool> more = items->next(page, comparison_.parts_.deadline());
    if (!more) return with_context("the source", std::move(more).error());
    if (!*more) return true;
    STREAMONCE_TRY(take_items(page));
    comparison_.parts_.walked(page.size());
    comparison_.parts_.pause(ReadSide::kSource);
  }
}

Status GroupComparison::take_items(const std::vector<std::string_view>& page) {
  const LookParts& look = comparison_.parts_.look;
  std::pmr::monotonic_buffer_resource arena;
  for (const std::string_view text : page) {
    const events::Change item = look.items.put_of(text, arena);
    if (!item.problem.empty()) continue;  // the part of the items tells of it
    const Expectation expected = look.expecter.of(item, arena);
    for (const ExpectedGroup& group : expected.groups)
      for (std::size_t i = 0; i < tables_.size(); ++i)
        if (tables_[i]->view == group.view && !is_dropped_[i]) sums_[i].add(group);
    arena.release();
  }
  std::size_t groups = 0;
  for (const GroupSums& sums : sums_) groups += sums.groups().size();
  if (groups > comparison_.options_.groups_max) {
    const auto most =
        std::max_element(sums_.begin(), sums_.end(), [](const GroupSums& a, const GroupSums& b) {
          return a.groups().size() < b.groups().size();
        });
    drop_too_many(*tables_[static_cast<std::size_t>(most - sums_.begin())]);
  }
  return {};
}

/// Gives a view up whose groups are too many to be summed up in memory.
void GroupComparison::drop_too_many(const ComparedTable& table) {
  const auto place =
      static_cast<std::size_t>(std::find(tables_.begin(), tables_.end(), &table) - tables_.begin());
  is_dropped_[place] = true;
  sums_[place] = {};
  comparison_.parts_.found(
      {.table = table.table,
       .view = table.view_name,
       .reason =
           "the groups were not compared: there are more than " +
           std::to_string(comparison_.options_.groups_max) +
           " of them in all views together. --max-groups lets it take more, at some 300 bytes "
           "of memory for each"},
      comparison_.part_);
}

Result<bool> GroupComparison::hold_against_rows() {
  const LookParts& look = comparison_.parts_.look;
  std::vector<std::string_view> page;
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (is_dropped_[i]) continue;
    const std::unique_ptr<ItemScan> rows =
        look.rows.scan(tables_[i]->table, Segment(), Consistency::kEventual);
    const ItemChanges changes({}, look.expecter.key_names_of(*tables_[i]));
    while (true) {
      if (!STREAMONCE_TRY(comparison_.judge_due())) return false;
      Result<bool> more = rows->next(page, comparison_.parts_.deadline());
      if (!more) return with_context("the target", std::move(more).error());
      if (!*more) break;
      for (std::size_t place = 0; place < page.size(); ++place)
        take_row(i, changes, page[place], rows->is_damaged(place));
      comparison_.parts_.walked(page.size());
      comparison_.parts_.pause(ReadSide::kTarget);
    }
    for (const auto& [key, sum] : sums_[i].groups())
      if (sum.is_out_of_range || !sum.differing().empty()) doubt(*tables_[i], key, sum.keys_json);
    sums_[i] = {};
  }
  return true;
}

/// Holds a row against the sum of its group, which is forgotten if both are the same.
void GroupComparison::take_row(std::size_t place, const ItemChanges& changes, std::string_view row,
                               bool is_damaged) {
  const ComparedTable& table = *tables_[place];
  const Expecter& expecter = comparison_.parts_.look.expecter;
  std::pmr::monotonic_buffer_resource arena;
  const events::Change change = changes.put_of(row, arena);
  if (!change.problem.empty()) {
    return comparison_.parts_.found({.what = FindingClass::kExtra,
                                     .table = table.table,
                                     .view = table.view_name,
                                     .cause = "somebody else wrote the row",
                                     .reason = change.problem},
                                    comparison_.part_);
  }
  const std::string key = events::canonical_of(change.key);
  GroupSums::Groups& groups = sums_[place].groups();
  const auto amounts = amounts_of(row, expecter.amount_names_of(table));
  const auto group = groups.find(key);
  if (!amounts || is_damaged) {
    doubt(table, key, change.keys_json);
    if (group != groups.end()) groups.erase(group);
    return;
  }
  GroupSum rest = group == groups.end() ? GroupSum() : std::move(group->second);
  if (group != groups.end()) groups.erase(group);
  for (const auto& [name, amount] : *amounts) rest.add(name, events::negate(amount));
  if (!rest.is_out_of_range && rest.differing().empty())
    comparison_.parts_.equal(1, comparison_.part_);
  else
    doubt(table, key, change.keys_json);
}

void GroupComparison::doubt(const ComparedTable& table, std::string_view key,
                            std::string_view keys_json) {
  const std::string name = table.table + "|" + std::string(key);
  if (doubts_.size() >= comparison_.options_.doubts_max) {
    if (!std::exchange(has_more_doubts_, true))
      comparison_.parts_.found(
          {.table = table.table,
           .view = table.view_name,
           .reason = "more than " + std::to_string(comparison_.options_.doubts_max) +
                     " groups seem to differ, of which no more are looked at: compare again once "
                     "these are mended"},
          comparison_.part_);
    return;
  }
  if (!places_.emplace(name, doubts_.size()).second) return;
  doubts_.push_back({.table = &table,
                     .key = std::string(key),
                     .keys_json = std::string(keys_json),
                     .since = comparison_.parts_.look.clock.steady_now()});
}

std::optional<std::size_t> GroupComparison::doubted(std::string_view table,
                                                    const events::ItemKey& key) const {
  const auto found = places_.find(std::string(table) + "|" + events::canonical_of(key));
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

/// Has each item looked at that adds to a doubted group, or is to add to one.
Result<bool> GroupComparison::look_at_items() {
  const auto take = [this](const LedgerEntry& entry) { suspect_entry(entry); };
  if (!STREAMONCE_TRY(walk_entries(take))) return false;
  if (!STREAMONCE_TRY(look_at_source())) return false;
  tell_nameless();
  return comparison_.judge_until_below(1, 1);
}

bool GroupComparison::adds_to_doubted(const views::Memory& memory) const {
  return std::any_of(memory.views.begin(), memory.views.end(), [this](const auto& view) {
    return view.has_groups && std::any_of(view.keys.begin(), view.keys.end(), [&](const auto& key) {
             return doubted(view.name, key).has_value();
           });
  });
}

void GroupComparison::suspect_entry(const LedgerEntry& entry) {
  const std::string_view canonical =
      std::string_view(entry.id).substr(comparison_.parts_.look.ledger_prefix.size());
  const Result<views::Memory> memory = views::read_memory(entry.mark.content);
  // The judge tells of an entry that cannot be read.
  if (memory && !adds_to_doubted(*memory)) return;
  const Result<events::ItemKey> item = events::parse_canonical(canonical);
  if (item) {
    std::string keys_json;
    events::append_key_json(keys_json, *item);
    comparison_.suspect(*item, keys_json, 0);
  } else if (nameless_.size() < kNamelessMax) {
    nameless_.emplace(canonical);
  }
}

/// Whether `item` adds to a doubted group, or cannot be told not to.
bool GroupComparison::is_doubtful(const events::Change& item, const Expectation& expected) {
  // What is left of these in the end are items that are gone.
  const bool was_nameless =
      !nameless_.empty() && nameless_.erase(events::canonical_of(item.key)) > 0;
  const Expecter& expecter = comparison_.parts_.look.expecter;
  return was_nameless || std::any_of(expected.groups.begin(), expected.groups.end(),
                                     [&](const ExpectedGroup& group) {
                                       const std::string& table =
                                           expecter.table_of(group.view)->table;
                                       return doubted(table, *group.key).has_value();
                                     });
}

Result<bool> GroupComparison::look_at_source() {
  const LookParts& look = comparison_.parts_.look;
  const std::unique_ptr<ItemScan> items =
      look.source.scan(look.source_table, Segment(), Consistency::kEventual);
  std::vector<std::string_view> page;
  std::pmr::monotonic_buffer_resource arena;
  while (true) {
    if (!STREAMONCE_TRY(comparison_.judge_due())) return false;
    Result<bool> more = items->next(page, comparison_.parts_.deadline());
    if (!more) return with_context("the source", std::move(more).error());
    if (!*more) return true;
    for (const std::string_view text : page) {
      const events::Change item = look.items.put_of(text, arena);
      if (item.problem.empty() && is_doubtful(item, look.expecter.of(item, arena)))
        comparison_.suspect(item.key, item.keys_json, 0);
      arena.release();
    }
    comparison_.parts_.pause(ReadSide::kSource);
  }
}

/// Tells of items that are gone from the source, or cannot be told, and have added to doubted
/// groups.
void GroupComparison::tell_nameless() {
  if (nameless_.empty()) return;
  const std::string count = std::to_string(nameless_.size());
  comparison_.parts_.found(
      {.reason = (nameless_.size() < kNamelessMax ? count : count + " or more") +
                 " items that are not in the source any more have added to groups that seem to "
                 "differ, and their keys are too long to be told by the ledger: whether what they "
                 "added was to be taken back is not known"},
      comparison_.part_);
  nameless_.clear();
}

Result<bool> GroupComparison::walk_entries(const std::function<void(const LedgerEntry&)>& take) {
  STREAMONCE_CHECK(comparison_.parts_.scanner != nullptr);
  const std::unique_ptr<EntryScan> entries =
      comparison_.parts_.scanner->contents(comparison_.parts_.look.ledger_prefix);
  std::vector<LedgerEntry> page;
  while (true) {
    if (!STREAMONCE_TRY(comparison_.judge_due())) return false;
    Result<bool> more = entries->next(page, comparison_.parts_.deadline());
    if (!more) return with_context("the ledger", std::move(more).error());
    if (!*more) return true;
    for (const LedgerEntry& entry : page) take(entry);
    comparison_.parts_.pause(ReadSide::kTarget);
  }
}

/// Counts what an entry has added to doubted groups, and that it is there.
void GroupComparison::count_entry(const LedgerEntry& entry, std::vector<Sight>& sights,
                                  bool is_first) {
  const Result<views::Memory> memory = views::read_memory(entry.mark.content);
  if (!memory) {
    unreadable_ = "an entry of the ledger cannot be read: " + memory.error().message;
    return;
  }
  const Sha256 digest =
      sha256(entry.id + "|" + std::string(entry.mark.version.text()) + "|" + entry.mark.nonce);
  for (const views::RememberedView& view : memory->views) {
    if (!view.has_groups) continue;
    const std::size_t count = view.amount_names.size();
    for (std::size_t i = 0; i < view.keys.size(); ++i) {
      const std::optional<std::size_t> place = doubted(view.name, view.keys[i]);
      if (!place) continue;
      Sight& sight = sights[*place];
      auto& digests = is_first ? sight.entries_before : sight.entries_after;
      for (std::size_t part = 0; part < digests.size(); ++part) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, digest.data() + part * sizeof(bits), sizeof(bits));
        digests[part] += bits;
      }
      if (is_first) continue;
      for (std::size_t j = 0; j < count; ++j)
        sight.added.add(view.amount_names[j], view.amounts[i * count + j]);
    }
  }
}

Status GroupComparison::read_rows(std::vector<Sight>& sights, std::string Sight::*row) {
  const LookParts& look = comparison_.parts_.look;
  constexpr std::size_t kTogether = 100;
  for (const ComparedTable* table : tables_) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < doubts_.size(); ++i)
      if (doubts_[i].table == table) places.push_back(i);
    for (std::size_t first = 0; first < places.size(); first += kTogether) {
      const std::size_t count = std::min(kTogether, places.size() - first);
      std::pmr::monotonic_buffer_resource arena;
      std::vector<events::ItemKey> keys;
      for (std::size_t i = first; i < first + count; ++i)
        keys.push_back(STREAMONCE_TRY(key_of_json(doubts_[places[i]].keys_json, arena)));
      const std::vector<Result<std::string_view>> rows =
          look.rows.read(table->table, keys, Consistency::kStrong, comparison_.parts_.deadline());
      for (std::size_t i = 0; i < count; ++i) {
        if (!rows[i]) return with_context("the target", rows[i].error());
        sights[places[first + i]].*row = *rows[i];
      }
    }
  }
  return {};
}

/// Reads rows and entries of the doubted groups, twice each and in turns.
Result<bool> GroupComparison::see(std::vector<Sight>& sights) {
  STREAMONCE_TRY(read_rows(sights, &Sight::row_before));
  const auto count = [&](bool is_first) {
    return walk_entries(
        [&, is_first](const LedgerEntry& entry) { count_entry(entry, sights, is_first); });
  };
  if (!STREAMONCE_TRY(count(/*is_first=*/true))) return false;
  STREAMONCE_TRY(read_rows(sights, &Sight::row_after));
  if (!STREAMONCE_TRY(count(/*is_first=*/false))) return false;
  return true;
}

std::string GroupComparison::ledger_id(const Doubt& doubt) const {
  const std::string& prefix = comparison_.parts_.look.ledger_prefix;
  return prefix.substr(0, prefix.find('|')) + "|group|" + doubt.table->table + "|" + doubt.key;
}

Result<std::vector<std::optional<Mark>>> GroupComparison::read_marks() {
  std::vector<std::string> ids;
  ids.reserve(doubts_.size());
  std::vector<MarkPlace> places;
  for (const Doubt& doubt : doubts_)
    places.push_back({.ledger_id = ids.emplace_back(ledger_id(doubt))});
  std::vector<MarkResult> results = comparison_.parts_.look.target.read_marks(
      places, Reading::kTold, comparison_.parts_.deadline());
  std::vector<std::optional<Mark>> marks;
  for (MarkResult& result : results) {
    if (!result) return with_context("the ledger", std::move(result).error());
    marks.push_back(*std::move(result));
  }
  return marks;
}

Result<bool> GroupComparison::settle() {
  Clock& clock = comparison_.parts_.look.clock;
  const milliseconds whole = comparison_.options_.judge.settle;
  milliseconds pause = std::min(kPauseFirst, std::max(whole / 8, milliseconds(1)));
  while (!doubts_.empty()) {
    const std::vector<std::optional<Mark>> marks = STREAMONCE_TRY(read_marks());
    std::vector<Sight> sights(doubts_.size());
    if (!STREAMONCE_TRY(see(sights))) return false;
    std::vector<Doubt> left;
    for (std::size_t i = 0; i < doubts_.size(); ++i)
      if (!decide(doubts_[i], sights[i], marks[i])) left.push_back(std::move(doubts_[i]));
    doubts_ = std::move(left);
    places_.clear();
    for (std::size_t i = 0; i < doubts_.size(); ++i)
      places_.emplace(doubts_[i].table->table + "|" + doubts_[i].key, i);
    const SteadyTime until = clock.steady_now() + pause;
    while (!doubts_.empty() && clock.steady_now() < until) {
      if (comparison_.parts_.stopped()) return false;
      clock.sleep_for(
          std::min(milliseconds(200), std::chrono::ceil<milliseconds>(until - clock.steady_now())));
    }
    pause = std::min(2 * pause, kPauseMax);
  }
  return true;
}

Finding GroupComparison::finding_of(const Doubt& doubt, const Sight& sight) const {
  const FindingClass what = sight.row_after.empty()  ? FindingClass::kMissing
                            : doubt.has_contributors ? FindingClass::kDifferent
                                                     : FindingClass::kExtra;
  Finding finding{
      .what = what,
      .table = doubt.table->table,
      .view = doubt.table->view_name,
      .row_key = doubt.keys_json,
      .cause = "somebody else wrote the row: it is not the sum of what was added to it"};
  for (const auto& [name, amount] : doubt.excess) finding.attributes.push_back(name);
  if (comparison_.options_.judge.tells_values) finding.found = sight.row_after;
  return finding;
}

/// Decides what is to become of a group. @return whether it is done
bool GroupComparison::decide(Doubt& doubt, const Sight& sight, const std::optional<Mark>& mark) {
  const ComparisonParts& parts = comparison_.parts_;
  const SteadyTime now = parts.look.clock.steady_now();
  const bool stood_still =
      sight.row_before == sight.row_after && sight.entries_before == sight.entries_after;
  const auto amounts =
      amounts_of(sight.row_after, parts.look.expecter.amount_names_of(*doubt.table));
  doubt.has_contributors = !sight.added.differing().empty();
  GroupSum excess;
  if (amounts)
    for (const auto& [name, amount] : *amounts) excess.add(name, amount);
  for (const auto& [name, amount] : sight.added.amounts) excess.add(name, events::negate(amount));
  if (!amounts || sight.added.is_out_of_range || excess.is_out_of_range) {
    Finding finding = finding_of(doubt, sight);
    finding.reason =
        amounts ? "its amounts come to what no number can hold" : amounts.error().message;
    parts.found(finding, comparison_.part_);
    return true;
  }
  std::map<std::string, events::Decimal, std::less<>> differs;
  for (const std::string& name : excess.differing()) differs[name] = excess.amounts[name];
  if (!unreadable_.empty() && !differs.empty()) {
    Finding finding = finding_of(doubt, sight);
    finding.what = FindingClass::kFailed;
    finding.cause.clear();
    finding.reason = "what was added to it is not known: " + unreadable_;
    parts.found(finding, comparison_.part_);
    return true;
  }
  if (stood_still && differs.empty()) {
    if (doubt.mended) {
      doubt.mended->is_repaired = true;
      parts.found(*doubt.mended, comparison_.part_);
    } else {
      parts.equal(1, comparison_.part_);
    }
    return true;
  }
  ++doubt.looks;
  if (!stood_still || differs != doubt.excess || !doubt.differs_since) {
    doubt.differs_since.reset();
    if (stood_still) doubt.differs_since = now;
    doubt.excess = std::move(differs);
    const bool keeps_changing = doubt.looks >= kLooksMax;
    if (!keeps_changing || now - doubt.since < kSettlesMax * comparison_.options_.judge.settle)
      return false;
    Finding finding = finding_of(doubt, sight);
    finding.what = FindingClass::kUnsettled;
    finding.reason = "it changed each time that it was looked at";
    parts.found(finding, comparison_.part_);
    return true;
  }
  if (now - *doubt.differs_since < comparison_.options_.judge.settle) return false;
  return declare(doubt, sight, mark);
}

bool GroupComparison::declare(Doubt& doubt, const Sight& sight, const std::optional<Mark>& mark) {
  Finding finding = finding_of(doubt, sight);
  const bool may_repair = doubt.repairs > 0 || comparison_.judge_.take_repair();
  if (comparison_.options_.judge.repairs && may_repair && doubt.repairs < kRepairsMax) {
    ++doubt.repairs;
    doubt.differs_since.reset();
    doubt.since = comparison_.parts_.look.clock.steady_now();
    doubt.looks = 0;
    doubt.refusal = repair(doubt, mark);
    if (doubt.refusal.empty() && !doubt.mended) doubt.mended = std::move(finding);
    return false;
  }
  if (comparison_.options_.judge.repairs)
    finding.reason = doubt.repairs == 0 ? "not repaired: --max-repairs is reached"
                     : doubt.refusal.empty()
                         ? "it differs again after " + std::to_string(doubt.repairs) + " repairs"
                         : "it could not be repaired: " + doubt.refusal;
  comparison_.parts_.found(finding, comparison_.part_);
  return true;
}

/// Takes what the row has too much out of it. @return why it could not; empty: it is done
std::string GroupComparison::repair(const Doubt& doubt, const std::optional<Mark>& mark) {
  const LookParts& look = comparison_.parts_.look;
  std::pmr::monotonic_buffer_resource arena;
  const Result<events::ItemKey> key = key_of_json(doubt.keys_json, arena);
  STREAMONCE_CHECK(key);  // it was read before
  std::vector<Addend> addends;
  for (const auto& [name, amount] : doubt.excess)
    addends.push_back({.name = name, .number = events::negate(amount)});
  const Addition addition{
      .table = doubt.table->table, .key = &*key, .keys_json = doubt.keys_json, .addends = addends};
  const std::string id = ledger_id(doubt);
  const std::string nonce = comparison_.parts_.pipeline.draw_nonce();
  const auto now = std::chrono::floor<std::chrono::seconds>(look.clock.now().time_since_epoch());
  const Commit commit{.ledger_id = id,
                      .version = mark ? mark->version : look.first_version(),
                      .at = now.count(),
                      .writes = {},
                      .additions = {&addition, 1},
                      .seen = Seen{.mark = mark ? &*mark : nullptr},
                      .nonce = nonce};
  Outcome outcome;
  look.target.commit({&commit, 1}, {&outcome, 1}, comparison_.parts_.deadline());
  if (outcome.done()) return {};
  return outcome.reason.empty() ? "it could not be applied" : std::move(outcome.reason);
}

}  // namespace streamonce::handler::compare
