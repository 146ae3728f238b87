#include "handler/views/derive.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "handler/views/compiled_view.h"
#include "handler/views/evaluate.h"
#include "handler/views/exclusion.h"
#include "handler/views/owner_mark.h"
#include "handler/views/rules/view_options.h"
#include "handler/views/values/item_bytes.h"
#include "handler/views/values/scratch_arena.h"
#include "runtime/base/check.h"
#include "runtime/base/digest.h"
#include "runtime/base/kept.h"

namespace streamonce::handler::views {
namespace {

/// The most bytes of a key attribute's value.
/// Source: DynamoDB quotas, "Partition keys and sort keys".
constexpr std::size_t kPartitionKeyBytesMax = 2048;
constexpr std::size_t kSortKeyBytesMax = 1024;

struct CompiledSource {
  std::vector<std::size_t> views;
  SlotNames slots;
};

/// An attribute of an image, as it came.
struct ImageMember {
  std::string_view raw_name;
  events::AttributeValue value;
  std::optional<std::uint32_t> slot;
};

/// A row's key, or a group's.
struct MadeKey {
  const events::ItemKey* key;
  std::string_view keys_json;
};

/// A group while it is added up.
struct MadeGroup {
  MadeKey key;
  std::vector<Decimal> amounts;
};

/// What a remembering view has of an item, while it is made.
struct Making {
  std::size_t place;  ///< of the view
  std::string_view image_json;
  std::pmr::memory_resource& arena;
  std::string_view owner_json = {};  ///< what the attribute of the option owner is
  std::span<const events::RawAttribute> owner = {};
  std::string_view spread = {};  ///< the number that the key attribute `spread` has
  std::vector<Row> rows = {};
  std::vector<MadeGroup> groups = {};
  /// Of a view that unnests: the digests of the canonical keys of all rows or groups, those that
  /// are too many, too, and the place of each: so many take little room, however long their keys
  /// are.
  std::map<Sha256, std::size_t> places = {};
};

Error in_view(const View& view, std::string_view part, std::string_view name, Error error) {
  return with_context("view " + view.name,
                      with_context(std::string(part) + std::string(name), std::move(error)));
}

/// What `value`, of a type that a key may have, is in an ItemKey.
std::string_view key_text(const Value& value, std::pmr::memory_resource& arena) {
  std::pmr::monotonic_buffer_resource scratch;
  return value.kind() == ValueKind::kNumber ? plain_text(value.number(), arena)
                                            : kept(value.text(scratch), arena);
}

/// Whether no row can have `value` in its key, which is no error: as in DynamoDB's own indexes.
bool is_no_key_part(const Value& value, std::pmr::memory_resource& arena) {
  const bool has_text = value.kind() == ValueKind::kText || value.kind() == ValueKind::kBinary;
  return value.is_missing() || (has_text && value.text(arena).empty());
}

/// Whether a key may have `value` at `place`.
Status check_key_part(const Value& value, std::size_t place, std::pmr::memory_resource& arena) {
  std::size_t bytes = 0;
  switch (value.kind()) {
    case ValueKind::kText:
      bytes = value.text(arena).size();
      break;
    case ValueKind::kBinary:
      bytes = value.bytes(arena).size();
      break;
    case ValueKind::kNumber:
      break;
    default:
      return invalid_argument("a key takes S, N and B, and found " +
                              std::string(name_of(value.kind())));
  }
  if (place == 0 && bytes > kPartitionKeyBytesMax)
    return invalid_argument("a partition key takes at most 2048 bytes, and found more");
  if (place > 0 && bytes > kSortKeyBytesMax)
    return invalid_argument("a sort key takes at most 1024 bytes, and found more");
  return {};
}

/// Which of `parts` parts of a group the item adds to: the first 8 bytes of the SHA-256 of its
/// canonical key, as a number, modulo their number.
std::string_view part_of(const events::ItemKey& item, std::uint32_t parts,
                         std::pmr::memory_resource& arena) {
  std::string canonical;
  events::append_canonical(canonical, item);
  std::uint64_t hash = 0;
  const Sha256 digest = sha256(canonical);
  for (std::size_t i = 0; i < sizeof hash; ++i) hash = hash << 8U | digest[i];
  return plain_text(events::decimal_of(static_cast<std::int64_t>(hash % parts)), arena);
}

/// The place of a key among those that the view has of the item, and whether it is a new one.
std::pair<std::size_t, bool> place_of(const events::ItemKey& key, Making& making) {
  std::string canonical;
  events::append_canonical(canonical, key);
  const auto [at, is_new] = making.places.try_emplace(sha256(canonical), making.places.size());
  return {at->second, is_new};
}

/// Whether aggregates look at `value`.
bool is_counted(const Value& value) {
  return !value.is_missing() && !value.is_null();
}

/// Adds what `amount` has of the item, or of its element, to `sum`.
Status add_up(const CompiledAmount& amount, const Scope& scope, Decimal& sum) {
  Decimal addend = events::decimal_of(1);
  if (amount.kind != ExpressionKind::kCountAll) {
    const Value value = STREAMONCE_TRY(evaluate(amount.value, scope));
    if (!is_counted(value)) return {};
    if (amount.kind == ExpressionKind::kSum) {
      if (value.kind() != ValueKind::kNumber)
        return invalid_argument("SUM takes a number (N), and found " +
                                std::string(name_of(value.kind())));
      addend = value.number();
    }
  }
  Result<Decimal> result = add(sum, addend);
  if (!result) return with_context("SUM", std::move(result).error());
  sum = *result;
  return {};
}

}  // namespace

class Deriver::Compiled {
 public:
  explicit Compiled(Views checked);
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() = default;

  const Views& views() const { return views_; }
  const std::vector<std::size_t>& views_of(std::size_t source) const {
    return sources_[source].views;
  }
  std::uint64_t bytes_made() const { return bytes_made_; }
  Result<Row> derive(std::size_t place, const events::Change& change,
                     std::pmr::memory_resource& arena);
  Result<Derived> derive_all(std::size_t place, const events::Change& change,
                             std::pmr::memory_resource& arena);

 private:
  Result<Row> row_of(std::size_t place, const events::Change& change,
                     std::pmr::memory_resource& arena);
  void look_at_image(std::size_t source, std::string_view image_json);
  void look_at_keys(std::size_t source, const events::Change& change);
  Result<bool> make_key(std::size_t place, std::span<const Value> slots, std::string_view spread,
                        std::pmr::memory_resource& arena, events::ItemKey& key);
  MadeKey kept_key(const events::ItemKey& key, std::pmr::memory_resource& arena);
  Result<bool> takes(std::size_t place, const events::Change& change);
  Result<bool> where_holds(std::size_t place);
  std::span<const events::RawAttribute> owner_of(std::size_t place, std::string_view owner_json,
                                                 std::pmr::memory_resource& arena) const;
  Status append_attribute(const View& view, const CompiledAttribute& attribute);
  Status check_row_bytes(const View& view);
  void append_star(const Star& star);
  std::string_view kept_out(std::pmr::memory_resource& arena);
  Result<std::string_view> row_json(std::size_t place, std::string_view keys_json,
                                    std::string_view owner_json, std::pmr::memory_resource& arena);
  Status make_all(Making& making, const events::Change& change);
  Status take_elements(Making& making);
  Status take(Making& making);
  Status take_row(Making& making, const MadeKey& key);
  Status add_to_group(Making& making, MadeGroup& group);
  Derived derived_of(const Making& making) const;

  const Views views_;
  TreeMemory memory_;                    ///< of compiled_
  std::vector<CompiledSource> sources_;  ///< as views_.sources
  std::vector<CompiledView> compiled_;   ///< as views_.views

  // The image that was walked last, of which source, and a copy of its bytes: an image is the one
  // that was walked if both are the same, wherever the change lies.
  std::size_t walked_source_ = 0;
  std::string_view walked_image_;
  std::string walked_bytes_;
  std::vector<ImageMember> members_;
  std::vector<Value> slots_;              ///< of the image
  std::vector<Value> key_slots_;          ///< of the change's key
  std::string out_;                       ///< a row while it is made
  std::size_t unmeasured_bytes_max_ = 0;  ///< with how many bytes of out_ it is measured
  ScratchArena scratch_;                  ///< what is made on the way to a row
  ScratchArena key_scratch_;              ///< the key of a row that may be there already
  std::uint64_t bytes_made_ = 0;
};

Deriver::Compiled::Compiled(Views checked) : views_(std::move(checked)) {
  sources_.resize(views_.sources.size());
  compiled_.reserve(views_.views.size());
  for (std::size_t i = 0; i < views_.views.size(); ++i) {
    const View& view = views_.views[i];
    CompiledSource& source = sources_[view.source];
    source.views.push_back(i);
    compiled_.push_back(compile_view(view, views_.sources[view.source], source.slots, memory_));
  }
}

void Deriver::Compiled::look_at_image(std::size_t source, std::string_view image_json) {
  if (source == walked_source_ && image_json.data() == walked_image_.data() &&
      image_json == walked_bytes_)
    return;
  const bool is_asked_again = sources_[source].views.size() > 1;
  walked_source_ = source;
  walked_image_ = is_asked_again ? image_json : std::string_view();
  walked_bytes_ = walked_image_;

  const SlotNames& names = sources_[source].slots;
  slots_.assign(names.size(), Value());
  members_.clear();
  events::MemberWalk walk(image_json);
  while (walk.next()) {
    const std::optional<std::uint32_t> slot =
        names.find(events::unescaped(walk.raw_name(), scratch_));
    if (slot) slots_[*slot] = Value::of(walk.value());
    members_.push_back({.raw_name = walk.raw_name(), .value = walk.value(), .slot = slot});
  }
}

void Deriver::Compiled::look_at_keys(std::size_t source, const events::Change& change) {
  const SlotNames& names = sources_[source].slots;
  key_slots_.assign(names.size(), Value());
  events::MemberWalk walk(change.keys_json);
  while (walk.next()) {
    const std::optional<std::uint32_t> slot =
        names.find(events::unescaped(walk.raw_name(), scratch_));
    if (slot) key_slots_[*slot] = Value::of(walk.value());
  }
}

std::string_view Deriver::Compiled::kept_out(std::pmr::memory_resource& arena) {
  bytes_made_ += out_.size();
  return kept(out_, arena);
}

/// Makes the key of a row or a group, whose JSON is in out_ then. False: this item has none.
/// @param spread  the value of the key attribute `spread`; empty: there is none
/// @param arena   keeps the texts of `key`
Result<bool> Deriver::Compiled::make_key(std::size_t place, std::span<const Value> slots,
                                         std::string_view spread, std::pmr::memory_resource& arena,
                                         events::ItemKey& key) {
  const View& view = views_.views[place];
  out_ = '{';
  for (std::size_t i = 0; i < compiled_[place].key.size(); ++i) {
    const CompiledAttribute& attribute = compiled_[place].key[i];
    const auto in_context = [&](Error error) {
      return in_view(view, "key attribute ", attribute.name, std::move(error));
    };
    const Result<Value> value = evaluate(attribute.value, {.slots = slots, .arena = scratch_});
    if (!value) return in_context(value.error());
    if (is_no_key_part(*value, scratch_)) return false;
    if (const Status part = check_key_part(*value, i, scratch_); !part)
      return in_context(part.error());
    const Status added =
        key.add({.name = attribute.name,
                 .type = static_cast<events::KeyType>(name_of(value->kind()).front()),
                 .value = key_text(*value, arena)});
    if (!added) return in_context(added.error());
    if (i > 0) out_ += ',';
    out_ += attribute.member;
    append_json(out_, *value);
    scratch_.release();
  }
  if (!spread.empty()) {
    STREAMONCE_TRY(
        key.add({.name = kSpreadAttribute, .type = events::KeyType::kNumber, .value = spread}));
    out_.append(R"(,"spread":{"N":")").append(spread).append("\"}");
  }
  out_ += '}';
  return true;
}

/// A copy of `key`, whose JSON is in out_, in the arena.
MadeKey Deriver::Compiled::kept_key(const events::ItemKey& key, std::pmr::memory_resource& arena) {
  auto* copy = std::pmr::polymorphic_allocator<>(&arena).new_object<events::ItemKey>(key);
  copy->replace_texts([&](std::string_view text) { return kept(text, arena); });
  return {.key = copy, .keys_json = kept_out(arena)};
}

/// The attributes that tell whose row it is. In key_slots_ is the item's key.
/// @param owner_json  the value of the attribute that the option owner names, if there is one
std::span<const events::RawAttribute> Deriver::Compiled::owner_of(
    std::size_t place, std::string_view owner_json, std::pmr::memory_resource& arena) const {
  const View& view = views_.views[place];
  if (view.separation != Separation::kOwner) return {};
  const std::size_t count = view.owner_attributes.size();
  std::pmr::polymorphic_allocator<events::RawAttribute> allocator(&arena);
  events::RawAttribute* owner = allocator.allocate(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view value_json =
        view.has_owner_option ? owner_json : key_slots_[compiled_[place].owner_slots[i]].json();
    allocator.construct(owner + i, events::RawAttribute{.name = view.owner_attributes[i],
                                                        .value_json = value_json});
  }
  return {owner, count};
}

Status Deriver::Compiled::append_attribute(const View& view, const CompiledAttribute& attribute) {
  const Result<Value> value = evaluate(attribute.value, {.slots = slots_, .arena = scratch_});
  if (!value) return in_view(view, "attribute ", attribute.name, value.error());
  if (!value->is_missing()) {
    out_ += ',';
    out_ += attribute.member;
    append_json(out_, *value);
  }
  scratch_.release();
  return out_.size() <= unmeasured_bytes_max_ ? Status() : check_row_bytes(view);
}

/// Whether what is in out_ can be an item. It is measured again when it has twice the bytes.
Status Deriver::Compiled::check_row_bytes(const View& view) {
  unmeasured_bytes_max_ = 2 * out_.size();
  const std::size_t bytes = item_bytes(out_);
  if (bytes <= kItemBytesMax) return {};
  return in_view(
      view, "row", "",
      invalid_argument("its first " + std::to_string(bytes) + " bytes are more than the " +
                       std::to_string(kItemBytesMax) + " that an item can have"));
}

void Deriver::Compiled::append_star(const Star& star) {
  for (const ImageMember& member : members_) {
    const Star::Left* left = star.find(member.slot);
    if (left != nullptr && left->inner.empty()) continue;
    out_ += ",\"";
    out_ += member.raw_name;
    out_ += "\":";
    if (left == nullptr)
      out_ += member.value.json;
    else
      append_without(out_, member.value, left->inner);
  }
}

/// The row as DynamoDB JSON: its key, and then what SELECT has. In slots_ is the image.
Result<std::string_view> Deriver::Compiled::row_json(std::size_t place, std::string_view keys_json,
                                                     std::string_view owner_json,
                                                     std::pmr::memory_resource& arena) {
  const CompiledView& compiled = compiled_[place];
  const View& view = views_.views[place];
  unmeasured_bytes_max_ = kItemBytesMax;
  out_ = '{';
  events::MemberWalk key(keys_json);
  while (key.next()) {
    if (out_.size() > 1) out_ += ',';
    out_ += '"';
    out_ += key.raw_name();
    out_ += "\":";
    out_ += key.value().json;
  }
  for (std::size_t i = 0; i <= compiled.attributes.size(); ++i) {
    if (compiled.star && compiled.star->place == i) append_star(*compiled.star);
    if (i == compiled.attributes.size()) break;
    STREAMONCE_TRY(append_attribute(view, compiled.attributes[i]));
  }
  if (!owner_json.empty()) {
    out_ += ',';
    out_ += compiled.owner_member;
    out_ += owner_json;
  }
  out_ += '}';
  if (out_.size() > kItemBytesMax) STREAMONCE_TRY(check_row_bytes(view));
  return kept_out(arena);
}

/// Whether the view puts a row of the item.
Result<bool> Deriver::Compiled::takes(std::size_t place, const events::Change& change) {
  if (change.operation == events::Operation::kRemove) return false;
  const View& view = views_.views[place];
  const CompiledView& compiled = compiled_[place];
  if (compiled.where != nullptr || !compiled.is_whole_item)
    look_at_image(view.source, change.image_json);
  return where_holds(place);
}

/// Whether WHERE holds, or is not there. In slots_ is the image.
Result<bool> Deriver::Compiled::where_holds(std::size_t place) {
  const Node* const where = compiled_[place].where;
  if (where == nullptr) return true;
  const Result<bool> is_held = holds(*where, {.slots = slots_, .arena = scratch_});
  if (!is_held) return in_view(views_.views[place], "WHERE", "", is_held.error());
  scratch_.release();
  return *is_held;
}

Result<Row> Deriver::Compiled::derive(std::size_t place, const events::Change& change,
                                      std::pmr::memory_resource& arena) {
  Result<Row> row = row_of(place, change, arena);
  scratch_.release();
  return row;
}

Result<Row> Deriver::Compiled::row_of(std::size_t place, const events::Change& change,
                                      std::pmr::memory_resource& arena) {
  const View& view = views_.views[place];
  const CompiledView& compiled = compiled_[place];
  Row row;
  std::string_view owner_json;
  if (view.has_key) {
    look_at_keys(view.source, change);
    auto* key = std::pmr::polymorphic_allocator<>(&arena).new_object<events::ItemKey>();
    const Result<bool> has_key = make_key(place, key_slots_, {}, arena, *key);
    if (has_key && !*has_key) return row;
    if (!has_key) {
      // An item whose key makes none never had a row: only a row that is wanted fails.
      if (STREAMONCE_TRY(takes(place, change))) return has_key.error();
      return Row();
    }
    row.key = key;
    row.keys_json = kept_out(arena);
    if (view.has_owner_option) owner_json = owner_value(change.key, arena);
    row.owner = owner_of(place, owner_json, arena);
  } else {
    row.key = &change.key;
    row.keys_json = change.keys_json;
  }
  row.effect = Row::Effect::kRemove;
  if (!STREAMONCE_TRY(takes(place, change))) return row;
  row.image_json = compiled.is_whole_item
                       ? change.image_json
                       : STREAMONCE_TRY(row_json(place, row.keys_json, owner_json, arena));
  row.effect = Row::Effect::kPut;
  return row;
}

/// Takes what slots_ has: the image, and in a view that unnests one of its elements.
Status Deriver::Compiled::take(Making& making) {
  const View& view = views_.views[making.place];
  if (!STREAMONCE_TRY(where_holds(making.place))) return {};
  key_scratch_.release();
  events::ItemKey key;
  if (!STREAMONCE_TRY(make_key(making.place, slots_, making.spread, key_scratch_, key))) return {};
  // Without unnesting there is no other key.
  std::size_t place = 0;
  bool is_new = true;
  if (compiled_[making.place].unnest != nullptr) std::tie(place, is_new) = place_of(key, making);
  const bool is_group = view.separation == Separation::kGroups;
  if (!is_new && !is_group)
    return with_context("view " + view.name,
                        invalid_argument("two rows of this item have one key"));
  if (place >= kRowsMax) return {};
  if (!is_group) return take_row(making, kept_key(key, making.arena));
  if (is_new)
    making.groups.push_back(
        {.key = kept_key(key, making.arena),
         .amounts = std::vector<Decimal>(compiled_[making.place].amounts.size())});
  return add_to_group(making, making.groups[place]);
}

Status Deriver::Compiled::take_row(Making& making, const MadeKey& key) {
  Row row{.effect = Row::Effect::kPut,
          .key = key.key,
          .keys_json = key.keys_json,
          .image_json = making.image_json,
          .owner = making.owner};
  if (!compiled_[making.place].is_whole_item)
    row.image_json =
        STREAMONCE_TRY(row_json(making.place, key.keys_json, making.owner_json, making.arena));
  making.rows.push_back(row);
  return {};
}

Status Deriver::Compiled::add_to_group(Making& making, MadeGroup& group) {
  const CompiledView& compiled = compiled_[making.place];
  for (std::size_t i = 0; i < compiled.amounts.size(); ++i) {
    const Scope scope{.slots = slots_, .arena = scratch_};
    if (Status added = add_up(compiled.amounts[i], scope, group.amounts[i]); !added)
      return in_view(views_.views[making.place], "attribute ", compiled.amount_names[i],
                     std::move(added).error());
    scratch_.release();
  }
  return {};
}

/// Takes each element of what the view unnests. Elements are the image's: none is in scratch_.
Status Deriver::Compiled::take_elements(Making& making) {
  const View& view = views_.views[making.place];
  const CompiledView& compiled = compiled_[making.place];
  const Value whole =
      STREAMONCE_TRY(evaluate(*compiled.unnest, {.slots = slots_, .arena = scratch_}));
  if (!is_counted(whole)) return {};
  if (whole.kind() != ValueKind::kList && !whole.is_set())
    return in_view(view, "FROM", "",
                   invalid_argument("lists and sets (L, SS, NS, BS) have elements, and found " +
                                    std::string(name_of(whole.kind()))));
  if (compiled.has_position && whole.is_set())
    return in_view(view, "FROM", "",
                   invalid_argument("AT takes a list (L), whose elements have places, and found " +
                                    std::string(name_of(whole.kind()))));
  Elements elements(whole);
  for (std::int64_t i = 0; elements.next(slots_[kElementSlot]); ++i) {
    slots_[kPositionSlot] = Value::of(events::decimal_of(i));
    STREAMONCE_TRY(take(making));
    scratch_.release();
  }
  return {};
}

Derived Deriver::Compiled::derived_of(const Making& making) const {
  std::vector<Group> groups;
  groups.reserve(making.groups.size());
  for (const MadeGroup& group : making.groups)
    groups.push_back({.key = group.key.key,
                      .keys_json = group.key.keys_json,
                      .amounts = kept(group.amounts, making.arena)});
  return {.rows = kept(making.rows, making.arena),
          .groups = kept(groups, making.arena),
          .amount_names = compiled_[making.place].amount_names};
}

/// Makes what the view, which is not direct, has of the item after `change`, which is no removal.
Status Deriver::Compiled::make_all(Making& making, const events::Change& change) {
  const View& view = views_.views[making.place];
  look_at_image(view.source, change.image_json);
  if (view.has_owner_option) making.owner_json = owner_value(change.key, making.arena);
  if (view.separation == Separation::kOwner) {
    look_at_keys(view.source, change);
    making.owner = owner_of(making.place, making.owner_json, making.arena);
  }
  if (view.spread > 0) making.spread = part_of(change.key, view.spread, making.arena);
  if (compiled_[making.place].unnest != nullptr)
    STREAMONCE_TRY(take_elements(making));
  else
    STREAMONCE_TRY(take(making));
  if (making.places.size() <= kRowsMax) return {};
  return with_context(
      "view " + view.name,
      invalid_argument("this item has " + std::to_string(making.places.size()) +
                       (view.separation == Separation::kGroups ? " groups" : " rows") +
                       ": an item has " + std::to_string(kRowsMax) + " at most in one view"));
}

Result<Derived> Deriver::Compiled::derive_all(std::size_t place, const events::Change& change,
                                              std::pmr::memory_resource& arena) {
  Making making{.place = place, .image_json = change.image_json, .arena = arena};
  if (views_.views[place].view_class == ViewClass::kDirect) {
    const Row row = STREAMONCE_TRY(derive(place, change, arena));
    if (row.effect != Row::Effect::kNothing) making.rows.push_back(row);
  } else if (change.operation != events::Operation::kRemove) {
    const Status made = make_all(making, change);
    scratch_.release();
    key_scratch_.release();
    if (!made) return made.error();
  }
  return derived_of(making);
}

Deriver::Deriver(Views views) : compiled_(std::make_unique<Compiled>(std::move(views))) {}

Deriver::~Deriver() = default;

const Views& Deriver::views() const {
  return compiled_->views();
}

std::uint64_t Deriver::bytes_made() const {
  return compiled_->bytes_made();
}

std::span<const std::size_t> Deriver::views_of(std::size_t source) const {
  return compiled_->views_of(source);
}

bool Deriver::concerns(std::size_t view, const events::Change& change) const {
  const View& options = views().views[view];
  if (options.keeps_expired && change.expired_by_ttl) return false;
  if (options.keeps_deleted && change.operation == events::Operation::kRemove) return false;
  switch (change.event_name) {
    case events::EventName::kInsert:
      return options.on_insert;
    case events::EventName::kModify:
      return options.on_modify;
    case events::EventName::kRemove:
      return options.on_remove;
  }
  return true;
}

Result<Row> Deriver::derive(std::size_t view, const events::Change& change,
                            std::pmr::memory_resource& arena) {
  STREAMONCE_CHECK(views().views[view].view_class == ViewClass::kDirect);
  return compiled_->derive(view, change, arena);
}

Result<Derived> Deriver::derive_all(std::size_t view, const events::Change& change,
                                    std::pmr::memory_resource& arena) {
  return compiled_->derive_all(view, change, arena);
}

}  // namespace streamonce::handler::views
