#include "handler/views/derive.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "handler/views/compiled_view.h"
#include "handler/views/evaluate.h"
#include "handler/views/exclusion.h"
#include "handler/views/kept.h"
#include "handler/views/owner_mark.h"
#include "handler/views/rules/view_options.h"
#include "runtime/base/check.h"
#include "runtime/base/digest.h"

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
  const events::ItemKey* key = nullptr;  ///< null: this item has no such row
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
  /// The canonical keys of all rows or groups, those that are too many, too, and the place of each.
  std::unordered_map<std::string_view, std::size_t> places = {};
};

Error in_view(const View& view, std::string_view part, std::string_view name, Error error) {
  return with_context("view " + view.name,
                      with_context(std::string(part) + std::string(name), std::move(error)));
}

/// What `value`, of a type that a key may have, is in an ItemKey.
std::string_view key_text(const Value& value, std::pmr::memory_resource& arena) {
  return value.kind() == ValueKind::kNumber ? plain_text(value.number(), arena) : value.text(arena);
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
  return plain_text(decimal_of(static_cast<std::int64_t>(hash % parts)), arena);
}

/// Whether aggregates look at `value`.
bool is_counted(const Value& value) {
  return !value.is_missing() && !value.is_null();
}

/// Adds what `amount` has of the item, or of its element, to `sum`.
Status add_up(const CompiledAmount& amount, const Scope& scope, Decimal& sum) {
  Decimal addend = decimal_of(1);
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
  Result<Row> derive(std::size_t place, const events::Change& change,
                     std::pmr::memory_resource& arena);
  Result<Derived> derive_all(std::size_t place, const events::Change& change,
                             std::pmr::memory_resource& arena);

 private:
  void look_at_image(std::size_t source, std::string_view image_json,
                     std::pmr::memory_resource& arena);
  void look_at_keys(std::size_t source, const events::Change& change,
                    std::pmr::memory_resource& arena);
  Result<MadeKey> make_key(std::size_t place, std::span<const Value> slots, std::string_view spread,
                           std::pmr::memory_resource& arena);
  std::span<const events::RawAttribute> owner_of(std::size_t place, std::string_view owner_json,
                                                 std::pmr::memory_resource& arena) const;
  Status append_attribute(const View& view, const CompiledAttribute& attribute,
                          std::pmr::memory_resource& arena);
  void append_star(const Star& star);
  Result<std::string_view> row_json(std::size_t place, std::string_view keys_json,
                                    std::string_view owner_json, std::pmr::memory_resource& arena);
  Status take_elements(Making& making);
  Status take(Making& making);
  Status take_row(Making& making, const MadeKey& key);
  Status add_to_group(Making& making, MadeGroup& group);
  Derived derived_of(const Making& making) const;

  const Views views_;
  std::vector<CompiledSource> sources_;  ///< as views_.sources
  std::vector<CompiledView> compiled_;   ///< as views_.views

  // The image that was walked last, of which source, and a copy of its bytes: an image is the one
  // that was walked if both are the same, wherever the change lies.
  std::size_t walked_source_ = 0;
  std::string_view walked_image_;
  std::string walked_bytes_;
  std::vector<ImageMember> members_;
  std::vector<Value> slots_;      ///< of the image
  std::vector<Value> key_slots_;  ///< of the change's key
  std::string out_;               ///< a row while it is made
};

Deriver::Compiled::Compiled(Views checked) : views_(std::move(checked)) {
  sources_.resize(views_.sources.size());
  compiled_.reserve(views_.views.size());
  for (std::size_t i = 0; i < views_.views.size(); ++i) {
    const View& view = views_.views[i];
    CompiledSource& source = sources_[view.source];
    source.views.push_back(i);
    compiled_.push_back(compile_view(view, views_.sources[view.source], source.slots));
  }
}

void Deriver::Compiled::look_at_image(std::size_t source, std::string_view image_json,
                                      std::pmr::memory_resource& arena) {
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
    const std::optional<std::uint32_t> slot = names.find(events::unescaped(walk.raw_name(), arena));
    if (slot) slots_[*slot] = Value::of(walk.value());
    members_.push_back({.raw_name = walk.raw_name(), .value = walk.value(), .slot = slot});
  }
}

void Deriver::Compiled::look_at_keys(std::size_t source, const events::Change& change,
                                     std::pmr::memory_resource& arena) {
  const SlotNames& names = sources_[source].slots;
  key_slots_.assign(names.size(), Value());
  events::MemberWalk walk(change.keys_json);
  while (walk.next()) {
    const std::optional<std::uint32_t> slot = names.find(events::unescaped(walk.raw_name(), arena));
    if (slot) key_slots_[*slot] = Value::of(walk.value());
  }
}

/// Makes the key of a row or a group.
/// @param spread  the value of the key attribute `spread`; empty: there is none
Result<MadeKey> Deriver::Compiled::make_key(std::size_t place, std::span<const Value> slots,
                                            std::string_view spread,
                                            std::pmr::memory_resource& arena) {
  const View& view = views_.views[place];
  auto* key = std::pmr::polymorphic_allocator<>(&arena).new_object<events::ItemKey>();
  out_ = '{';
  for (std::size_t i = 0; i < compiled_[place].key.size(); ++i) {
    const CompiledAttribute& attribute = compiled_[place].key[i];
    const auto in_context = [&](Error error) {
      return in_view(view, "key attribute ", attribute.name, std::move(error));
    };
    const Result<Value> value = evaluate(attribute.value, {.slots = slots, .arena = arena});
    if (!value) return in_context(value.error());
    if (is_no_key_part(*value, arena)) return MadeKey{};
    if (const Status part = check_key_part(*value, i, arena); !part)
      return in_context(part.error());
    const Status added =
        key->add({.name = attribute.name,
                  .type = static_cast<events::KeyType>(name_of(value->kind()).front()),
                  .value = key_text(*value, arena)});
    if (!added) return in_context(added.error());
    if (i > 0) out_ += ',';
    out_ += attribute.member;
    append_json(out_, *value);
  }
  if (!spread.empty()) {
    STREAMONCE_TRY(
        key->add({.name = kSpreadAttribute, .type = events::KeyType::kNumber, .value = spread}));
    out_.append(R"(,"spread":{"N":")").append(spread).append("\"}");
  }
  out_ += '}';
  return MadeKey{.key = key, .keys_json = kept(out_, arena)};
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

Status Deriver::Compiled::append_attribute(const View& view, const CompiledAttribute& attribute,
                                           std::pmr::memory_resource& arena) {
  const Result<Value> value = evaluate(attribute.value, {.slots = slots_, .arena = arena});
  if (!value) return in_view(view, "attribute ", attribute.name, value.error());
  if (value->is_missing()) return {};
  out_ += ',';
  out_ += attribute.member;
  append_json(out_, *value);
  return {};
}

void Deriver::Compiled::append_star(const Star& star) {
  for (const ImageMember& member : members_) {
    const Exclusion* exclusion =
        member.slot && *member.slot < star.by_slot.size() ? star.by_slot[*member.slot] : nullptr;
    if (exclusion != nullptr && exclusion->inner.empty()) continue;
    out_ += ",\"";
    out_ += member.raw_name;
    out_ += "\":";
    if (exclusion == nullptr)
      out_ += member.value.json;
    else
      append_without(out_, member.value, exclusion->inner);
  }
}

/// The row as DynamoDB JSON: its key, and then what SELECT has. In slots_ is the image.
Result<std::string_view> Deriver::Compiled::row_json(std::size_t place, std::string_view keys_json,
                                                     std::string_view owner_json,
                                                     std::pmr::memory_resource& arena) {
  const CompiledView& compiled = compiled_[place];
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
    STREAMONCE_TRY(append_attribute(views_.views[place], compiled.attributes[i], arena));
  }
  if (!owner_json.empty()) {
    out_ += ',';
    out_ += compiled.owner_member;
    out_ += owner_json;
  }
  out_ += '}';
  return kept(out_, arena);
}

Result<Row> Deriver::Compiled::derive(std::size_t place, const events::Change& change,
                                      std::pmr::memory_resource& arena) {
  const View& view = views_.views[place];
  const CompiledView& compiled = compiled_[place];
  Row row;
  std::string_view owner_json;
  if (view.has_key) {
    look_at_keys(view.source, change, arena);
    const MadeKey key = STREAMONCE_TRY(make_key(place, key_slots_, {}, arena));
    if (key.key == nullptr) return row;
    row.key = key.key;
    row.keys_json = key.keys_json;
    if (view.has_owner_option) owner_json = owner_value(change.key, arena);
    row.owner = owner_of(place, owner_json, arena);
  } else {
    row.key = &change.key;
    row.keys_json = change.keys_json;
  }
  row.effect = Row::Effect::kRemove;
  if (change.operation == events::Operation::kRemove) return row;

  if (compiled.where || !compiled.is_whole_item)
    look_at_image(view.source, change.image_json, arena);
  if (compiled.where) {
    const Result<bool> is_held = holds(*compiled.where, {.slots = slots_, .arena = arena});
    if (!is_held) return in_view(view, "WHERE", "", is_held.error());
    if (!*is_held) return row;
  }
  row.image_json = compiled.is_whole_item
                       ? change.image_json
                       : STREAMONCE_TRY(row_json(place, row.keys_json, owner_json, arena));
  row.effect = Row::Effect::kPut;
  return row;
}

/// Takes what slots_ has: the image, and in a view that unnests one of its elements.
Status Deriver::Compiled::take(Making& making) {
  const View& view = views_.views[making.place];
  const CompiledView& compiled = compiled_[making.place];
  if (compiled.where) {
    const Result<bool> is_held = holds(*compiled.where, {.slots = slots_, .arena = making.arena});
    if (!is_held) return in_view(view, "WHERE", "", is_held.error());
    if (!*is_held) return {};
  }
  const MadeKey key = STREAMONCE_TRY(make_key(making.place, slots_, making.spread, making.arena));
  if (key.key == nullptr) return {};
  std::string canonical;
  events::append_canonical(canonical, *key.key);
  const auto [at, is_new] =
      making.places.try_emplace(kept(canonical, making.arena), making.places.size());
  const bool is_group = view.separation == Separation::kGroups;
  if (!is_new && !is_group)
    return with_context("view " + view.name,
                        invalid_argument("two rows of this item have one key"));
  if (at->second >= kRowsMax) return {};
  if (!is_group) return take_row(making, key);
  if (is_new)
    making.groups.push_back({.key = key, .amounts = std::vector<Decimal>(compiled.amounts.size())});
  return add_to_group(making, making.groups[at->second]);
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
    const Scope scope{.slots = slots_, .arena = making.arena};
    if (Status added = add_up(compiled.amounts[i], scope, group.amounts[i]); !added)
      return in_view(views_.views[making.place], "attribute ", compiled.amount_names[i],
                     std::move(added).error());
  }
  return {};
}

/// Takes each element of what the view unnests.
Status Deriver::Compiled::take_elements(Making& making) {
  const View& view = views_.views[making.place];
  const CompiledView& compiled = compiled_[making.place];
  const Value whole =
      STREAMONCE_TRY(evaluate(*compiled.unnest, {.slots = slots_, .arena = making.arena}));
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
    slots_[kPositionSlot] = Value::of(decimal_of(i));
    STREAMONCE_TRY(take(making));
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

Result<Derived> Deriver::Compiled::derive_all(std::size_t place, const events::Change& change,
                                              std::pmr::memory_resource& arena) {
  const View& view = views_.views[place];
  Making making{.place = place, .image_json = change.image_json, .arena = arena};
  if (view.view_class == ViewClass::kDirect) {
    const Row row = STREAMONCE_TRY(derive(place, change, arena));
    if (row.effect != Row::Effect::kNothing) making.rows.push_back(row);
    return derived_of(making);
  }
  if (change.operation == events::Operation::kRemove) return derived_of(making);

  look_at_image(view.source, change.image_json, arena);
  if (view.has_owner_option) making.owner_json = owner_value(change.key, arena);
  if (view.separation == Separation::kOwner) {
    look_at_keys(view.source, change, arena);
    making.owner = owner_of(place, making.owner_json, arena);
  }
  if (view.spread > 0) making.spread = part_of(change.key, view.spread, arena);
  if (compiled_[place].unnest)
    STREAMONCE_TRY(take_elements(making));
  else
    STREAMONCE_TRY(take(making));
  if (making.places.size() > kRowsMax)
    return with_context(
        "view " + view.name,
        invalid_argument("this item has " + std::to_string(making.places.size()) +
                         (view.separation == Separation::kGroups ? " groups" : " rows") +
                         ": an item has " + std::to_string(kRowsMax) + " at most in one view"));
  return derived_of(making);
}

Deriver::Deriver(Views views) : compiled_(std::make_unique<Compiled>(std::move(views))) {}

Deriver::~Deriver() = default;

const Views& Deriver::views() const {
  return compiled_->views();
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
