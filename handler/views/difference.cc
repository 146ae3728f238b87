#include "handler/views/difference.h"

#include <algorithm>
#include <string>
#include <utility>

#include "events/attribute_value.h"
#include "handler/views/memory.h"
#include "handler/views/owner_mark.h"
#include "handler/views/rules/view_options.h"
#include "runtime/base/json_text.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::views {
namespace {

/// What a group has of the item, before or now.
struct Amounts {
  std::span<const std::string_view> names = {};  ///< sorted
  std::span<const Decimal> values = {};          ///< one for each
};

bool same_key(const events::ItemKey& a, const events::ItemKey& b) {
  return std::equal(a.attributes().begin(), a.attributes().end(), b.attributes().begin(),
                    b.attributes().end(), events::same_value);
}

const Row* find_row(std::span<const Row> rows, const events::ItemKey& key) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const Row& row) { return same_key(*row.key, key); });
  return found == rows.end() ? nullptr : &*found;
}

bool has_key(const std::vector<events::ItemKey>& keys, const events::ItemKey& key) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const events::ItemKey& each) { return same_key(each, key); });
}

/// `{"name":{"S":"text"}}` in the arena.
std::string_view keys_json_of(const events::ItemKey& key, std::pmr::memory_resource& arena) {
  std::string json = "{";
  for (const events::KeyAttribute& attribute : key.attributes()) {
    if (json.size() > 1) json += ',';
    append_json_string(json, attribute.name);
    json += ":{\"";
    json += static_cast<char>(attribute.type);
    json += "\":";
    append_json_string(json, attribute.value);
    json += '}';
  }
  json += '}';
  return kept(json, arena);
}

/// A copy whose texts are in the arena, too.
const events::ItemKey* copy_of(const events::ItemKey& key, std::pmr::memory_resource& arena) {
  auto* copy = std::pmr::polymorphic_allocator<>(&arena).new_object<events::ItemKey>(key);
  copy->replace_texts([&](std::string_view text) { return kept(text, arena); });
  return copy;
}

bool is_zero(const Decimal& number) {
  return number.coefficient == 0;
}

Error in_view(const View& view, Error error) {
  return with_context("view " + view.name, std::move(error));
}

class Differ {
 public:
  Differ(const DifferenceInput& input, std::pmr::memory_resource& arena)
      : input_(input),
        arena_(arena) {}

  Result<Difference> run();

 private:
  bool is_made(std::string_view name) const;
  Status check_shape(const View& view, const RememberedView& before) const;
  Status take(const Made& made, RememberedView before);
  void take_rows(const Made& made, const RememberedView& before);
  void leave_rows(const Made& made, const RememberedView& before);
  void put_row(const Made& made, const RememberedView& before, const Row& row);
  void remove_row(std::size_t view, const RememberedView& before, const events::ItemKey& key);
  std::span<const events::RawAttribute> owner_of(const View& view, const OwnerMark& mark) const;
  void remember_rows(const Made& made);
  Status take_groups(const Made& made, const RememberedView& before);
  Status change_group(GroupChange group, const Amounts& before, const Amounts& now);
  void remember_groups(const Made& made);

  const DifferenceInput& input_;
  std::pmr::memory_resource& arena_;
  Memory after_;
  Difference difference_;
};

bool Differ::is_made(std::string_view name) const {
  return std::any_of(input_.made.begin(), input_.made.end(),
                     [&](const Made& made) { return input_.tables[made.view] == name; });
}

/// Whether what was written for the view may lie in its table.
Status Differ::check_shape(const View& view, const RememberedView& before) const {
  if (before.keys.empty()) return {};
  if (before.has_groups != (view.separation == Separation::kGroups))
    return in_view(view, invalid_argument(before.has_groups
                                              ? "it had GROUP BY when this item was written, and "
                                                "has none now: give it another table"
                                              : "it had no GROUP BY when this item was written, "
                                                "and has one now: give it another table"));
  std::vector<std::string_view> names(view.key.begin(), view.key.end());
  if (view.spread > 0) names.push_back(kSpreadAttribute);
  std::sort(names.begin(), names.end());
  const auto attributes = before.keys.front().attributes();
  if (std::equal(attributes.begin(), attributes.end(), names.begin(), names.end(),
                 [](const events::KeyAttribute& attribute, std::string_view name) {
                   return attribute.name == name;
                 }))
    return {};
  return in_view(view, invalid_argument("its key had other attributes when this item was written: "
                                        "give it another table"));
}

/// The attributes by which a row that was written tells whose it is.
std::span<const events::RawAttribute> Differ::owner_of(const View& view,
                                                       const OwnerMark& mark) const {
  std::vector<events::RawAttribute> owner;
  if (mark.kind == OwnerMark::Kind::kAttribute)
    owner.push_back({.name = mark.attribute, .value_json = owner_value(input_.item, arena_)});
  if (mark.kind == OwnerMark::Kind::kItemKey) {
    const Source& source = input_.views.sources[view.source];
    events::MemberWalk walk(input_.keys_json);
    while (walk.next())
      for (const std::string& name : source.key)
        if (events::same_text(walk.raw_name(), name))
          owner.push_back({.name = name, .value_json = walk.value().json});
  }
  return kept(owner, arena_);
}

void Differ::put_row(const Made& made, const RememberedView& before, const Row& row) {
  const View& view = input_.views.views[made.view];
  Row put = row;
  if (has_key(before.keys, *row.key) && before.owner != owner_mark_of(view)) put.owner = {};
  difference_.rows.push_back({.view = made.view, .row = put});
}

void Differ::remove_row(std::size_t view, const RememberedView& before,
                        const events::ItemKey& key) {
  difference_.rows.push_back({.view = view,
                              .row = {.effect = Row::Effect::kRemove,
                                      .key = copy_of(key, arena_),
                                      .keys_json = keys_json_of(key, arena_),
                                      .image_json = {},
                                      .owner = owner_of(input_.views.views[view], before.owner)}});
}

void Differ::take_rows(const Made& made, const RememberedView& before) {
  const View& view = input_.views.views[made.view];
  for (const events::ItemKey& key : before.keys) {
    const Row* row = find_row(made.derived.rows, key);
    if (row == nullptr || row->effect == Row::Effect::kRemove) remove_row(made.view, before, key);
  }
  for (const Row& row : made.derived.rows) {
    if (row.effect == Row::Effect::kPut)
      put_row(made, before, row);
    else if (!has_key(before.keys, *row.key))
      difference_.rows.push_back({.view = made.view, .row = row});
  }
  for (const StrayRow& stray : input_.strays)
    if (stray.view == made.view && find_row(made.derived.rows, stray.key) == nullptr &&
        !has_key(before.keys, stray.key))
      remove_row(made.view, {.name = before.name, .owner = owner_mark_of(view)}, stray.key);
  if (view.view_class == ViewClass::kRemembering) remember_rows(made);
}

/// Removes what is no more and other items may have. Rows that stay are remembered as they were.
void Differ::leave_rows(const Made& made, const RememberedView& before) {
  RememberedView after{.name = before.name, .owner = before.owner};
  const bool is_shared = before.owner.kind != OwnerMark::Kind::kNone;
  for (const events::ItemKey& key : before.keys) {
    const Row* row = find_row(made.derived.rows, key);
    if (is_shared && (row == nullptr || row->effect == Row::Effect::kRemove))
      remove_row(made.view, before, key);
    else
      after.keys.push_back(key);
  }
  if (!after.keys.empty()) after_.views.push_back(std::move(after));
  for (const Row& row : made.derived.rows)
    if (row.effect == Row::Effect::kRemove && !row.owner.empty() && !has_key(before.keys, *row.key))
      difference_.rows.push_back({.view = made.view, .row = row});
}

void Differ::remember_rows(const Made& made) {
  const View& view = input_.views.views[made.view];
  const Derived& derived = made.derived;
  if (derived.rows.empty()) return;
  RememberedView after{.name = input_.tables[made.view], .owner = owner_mark_of(view)};
  for (const Row& row : derived.rows) after.keys.push_back(*row.key);
  std::sort(after.keys.begin(), after.keys.end(), is_before);
  after_.views.push_back(std::move(after));
}

/// Tells what changes of `group`, if anything does.
Status Differ::change_group(GroupChange group, const Amounts& before, const Amounts& now) {
  std::vector<AmountChange> changes;
  std::size_t old_place = 0;
  std::size_t place = 0;
  while (old_place < before.names.size() || place < now.names.size()) {
    const bool is_old = place == now.names.size() || (old_place < before.names.size() &&
                                                      before.names[old_place] <= now.names[place]);
    const std::string_view name = is_old ? before.names[old_place] : now.names[place];
    const bool is_new = place < now.names.size() && now.names[place] == name;
    const Decimal was = is_old ? before.values[old_place++] : Decimal();
    const Decimal is = is_new ? now.values[place++] : Decimal();
    Result<Decimal> change = subtract(is, was);
    if (!change)
      return in_view(
          input_.views.views[group.view],
          with_context("the change of attribute " + std::string(name), std::move(change).error()));
    if (!is_zero(*change)) changes.push_back({.name = name, .difference = *change});
  }
  if (changes.empty()) return {};
  group.amounts = kept(changes, arena_);
  difference_.groups.push_back(group);
  return {};
}

Status Differ::take_groups(const Made& made, const RememberedView& before) {
  const Derived& derived = made.derived;
  const std::span<const Decimal> old_amounts(before.amounts);
  const std::size_t count = before.amount_names.size();
  for (const Group& group : derived.groups) {
    Amounts was;
    for (std::size_t i = 0; i < before.keys.size(); ++i)
      if (same_key(before.keys[i], *group.key))
        was = {.names = before.amount_names, .values = old_amounts.subspan(i * count, count)};
    STREAMONCE_TRY(change_group(
        {.view = made.view, .key = group.key, .keys_json = group.keys_json, .amounts = {}}, was,
        {.names = derived.amount_names, .values = group.amounts}));
  }
  for (std::size_t i = 0; i < before.keys.size(); ++i) {
    const events::ItemKey& key = before.keys[i];
    const bool stays = std::any_of(derived.groups.begin(), derived.groups.end(),
                                   [&](const Group& group) { return same_key(*group.key, key); });
    if (stays) continue;
    STREAMONCE_TRY(change_group(
        {.view = made.view,
         .key = copy_of(key, arena_),
         .keys_json = keys_json_of(key, arena_),
         .amounts = {}},
        {.names = before.amount_names, .values = old_amounts.subspan(i * count, count)}, {}));
  }
  remember_groups(made);
  return {};
}

/// A group to which the item adds nothing is none.
void Differ::remember_groups(const Made& made) {
  const Derived& derived = made.derived;
  std::vector<const Group*> groups;
  for (const Group& group : derived.groups)
    if (!std::all_of(group.amounts.begin(), group.amounts.end(), is_zero)) groups.push_back(&group);
  if (groups.empty()) return;
  std::sort(groups.begin(), groups.end(),
            [](const Group* a, const Group* b) { return is_before(*a->key, *b->key); });
  RememberedView after{.name = input_.tables[made.view], .has_groups = true};
  after.amount_names.assign(derived.amount_names.begin(), derived.amount_names.end());
  for (const Group* group : groups) {
    after.keys.push_back(*group->key);
    after.amounts.insert(after.amounts.end(), group->amounts.begin(), group->amounts.end());
  }
  after_.views.push_back(std::move(after));
}

Status Differ::take(const Made& made, RememberedView before) {
  const View& view = input_.views.views[made.view];
  STREAMONCE_TRY(check_shape(view, before));
  const bool is_leaving = input_.extent == Extent::kLeaving;
  if (view.separation != Separation::kGroups) {
    is_leaving ? leave_rows(made, before) : take_rows(made, before);
  } else if (!is_leaving) {
    return take_groups(made, before);
  } else if (!before.keys.empty()) {
    after_.views.push_back(std::move(before));
  }
  return {};
}

Result<Difference> Differ::run() {
  Memory memory = STREAMONCE_TRY(read_memory(input_.content));
  for (RememberedView& before : memory.views)
    if (!is_made(before.name)) after_.views.push_back(before);
  for (const Made& made : input_.made) {
    const std::string_view name = input_.tables[made.view];
    const auto found =
        std::find_if(memory.views.begin(), memory.views.end(),
                     [&](const RememberedView& before) { return before.name == name; });
    STREAMONCE_TRY(
        take(made, found == memory.views.end() ? RememberedView{.name = name} : std::move(*found)));
  }
  std::sort(after_.views.begin(), after_.views.end(),
            [](const RememberedView& a, const RememberedView& b) { return a.name < b.name; });
  std::string content;
  append_memory(content, after_);
  if (content.size() > input_.content_bytes_max)
    return Error{ErrorCode::kTooLarge, "what the ledger has to remember of this item has " +
                                           std::to_string(content.size()) +
                                           " bytes: an entry takes " +
                                           std::to_string(input_.content_bytes_max) + " at most"};
  difference_.content = kept(content, arena_);
  return std::move(difference_);
}

}  // namespace

Result<Difference> make_difference(const DifferenceInput& input, std::pmr::memory_resource& arena) {
  return Differ(input, arena).run();
}

}  // namespace streamonce::handler::views
