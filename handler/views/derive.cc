#include "handler/views/derive.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handler/views/compile.h"
#include "handler/views/evaluate.h"
#include "handler/views/exclusion.h"
#include "handler/views/rules/classify.h"
#include "handler/views/rules/names.h"
#include "handler/views/values/item_bytes.h"
#include "handler/views/values/scratch_arena.h"
#include "runtime/base/check.h"
#include "runtime/base/json_text.h"

namespace streamonce::handler::views {
namespace {

/// The most bytes of a key attribute's value.
/// Source: DynamoDB quotas, "Partition keys and sort keys".
constexpr std::size_t kPartitionKeyBytesMax = 2048;
constexpr std::size_t kSortKeyBytesMax = 1024;

/// An attribute of a row that an expression gives.
struct CompiledAttribute {
  std::string_view name;
  std::string member;  ///< `"name":`
  Node value;
};

/// `*` among the items of SELECT.
struct Star {
  struct Left {
    std::uint32_t slot;
    std::vector<Exclusion> inner;  ///< empty: the attribute is left out as a whole
  };

  std::size_t place = 0;   ///< how many attributes stand before it
  std::vector<Left> left;  ///< what is not copied, in the order of the slots

  /// What of the attribute with `slot` is not copied. Null: it is copied as a whole.
  const Left* find(std::optional<std::uint32_t> slot) const;
};

const Star::Left* Star::find(std::optional<std::uint32_t> slot) const {
  if (!slot) return nullptr;
  const auto found =
      std::lower_bound(left.begin(), left.end(), *slot,
                       [](const Left& each, std::uint32_t wanted) { return each.slot < wanted; });
  return found == left.end() || found->slot != *slot ? nullptr : &*found;
}

struct CompiledView {
  std::vector<CompiledAttribute> key;  ///< empty: the row has the item's own
  std::vector<CompiledAttribute> attributes;
  std::optional<Star> star;
  std::optional<Node> where;
  bool is_whole_item = false;  ///< whether a row is the image as it is
  std::vector<std::uint32_t> owner_slots;
  std::string owner_member;  ///< `"name":` of the attribute that the option owner names
};

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

std::string member_of(std::string_view name) {
  std::string member;
  append_json_string(member, name);
  member += ':';
  return member;
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The key attribute `name`, which an item gives, or `*` with the item's attribute of that name.
CompiledAttribute compile_key(const Select& select, const std::string& name, SlotNames& slots) {
  CompiledAttribute attribute{.name = name, .member = member_of(name), .value = {}};
  const Origin origin = origin_of(select, name);
  if (origin.kind == Origin::Kind::kItem) {
    attribute.value = compile(select, *origin.expression, slots);
  } else {
    attribute.value.kind = ExpressionKind::kPath;
    attribute.value.slot = slots.slot_of(name);
  }
  return attribute;
}

/// `*` copies what is not excluded, and what the row does not have from elsewhere.
Star compile_star(const View& view, const SelectItem& star, std::size_t place, SlotNames& slots) {
  std::map<std::uint32_t, std::vector<Exclusion>> left;  // empty: the attribute as a whole
  for (const ExcludedPath& path : star.exclude) {
    const std::span<const PathStep> steps = resolve(view.select, path.steps).steps;
    const auto [found, is_new] = left.try_emplace(slots.slot_of(steps.front().name));
    if (steps.size() == 1)
      found->second.clear();
    else if (is_new || !found->second.empty())
      exclude(found->second, steps.subspan(1));
  }
  for (const std::string& name : view.key) left[slots.slot_of(name)].clear();
  for (const SelectItem& item : view.select.items)
    if (!item.is_star) left[slots.slot_of(name_of(item))].clear();
  if (view.has_owner_option) left[slots.slot_of(view.owner_attributes.front())].clear();

  Star compiled{.place = place, .left = {}};
  compiled.left.reserve(left.size());
  for (auto& [slot, inner] : left)
    compiled.left.push_back({.slot = slot, .inner = std::move(inner)});
  return compiled;
}

/// Whether `SELECT *` is all that the row is: no item but the star, which leaves nothing out.
bool is_whole_item(const View& view) {
  return view.select.items.size() == 1 && view.select.items.front().is_star &&
         view.select.items.front().exclude.empty() && !view.has_owner_option;
}

CompiledView compile_view(const View& view, const Source& source, SlotNames& slots) {
  CompiledView compiled;
  compiled.is_whole_item = is_whole_item(view);
  if (view.has_key)
    for (const std::string& name : view.key)
      compiled.key.push_back(compile_key(view.select, name, slots));
  for (const SelectItem& item : view.select.items) {
    if (item.is_star) {
      compiled.star = compile_star(view, item, compiled.attributes.size(), slots);
    } else if (!is_among(view.key, name_of(item))) {
      compiled.attributes.push_back({.name = name_of(item),
                                     .member = member_of(name_of(item)),
                                     .value = compile(view.select, item.expression, slots)});
    }
  }
  if (view.select.where) compiled.where = compile(view.select, *view.select.where, slots);
  if (view.has_owner_option)
    compiled.owner_member = member_of(view.owner_attributes.front());
  else if (view.separation == Separation::kOwner)
    for (const std::string& name : source.key) compiled.owner_slots.push_back(slots.slot_of(name));
  return compiled;
}

Error in_view(const View& view, std::string_view part, std::string_view name, Error error) {
  return with_context("view " + view.name,
                      with_context(std::string(part) + std::string(name), std::move(error)));
}

/// A copy of `text` in the arena.
std::string_view kept(std::string_view text, std::pmr::memory_resource& arena) {
  char* copy = static_cast<char*>(arena.allocate(text.size(), alignof(char)));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
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

/// `{"S":...}` with the canonical key of `key`.
std::string_view owner_value(const events::ItemKey& key, std::pmr::memory_resource& arena) {
  std::string canonical;
  events::append_canonical(canonical, key);
  std::string json = R"({"S":)";
  append_json_string(json, canonical);
  json += '}';
  return kept(json, arena);
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

 private:
  Result<Row> row_of(std::size_t place, const events::Change& change,
                     std::pmr::memory_resource& arena);
  void look_at_image(std::size_t source, std::string_view image_json);
  void look_at_keys(std::size_t source, const events::Change& change);
  Result<bool> make_key(std::size_t place, std::pmr::memory_resource& arena, Row& row);
  Result<bool> takes(std::size_t place, const events::Change& change);
  std::span<const events::RawAttribute> owner_of(std::size_t place, std::string_view owner_json,
                                                 std::pmr::memory_resource& arena) const;
  Status append_attribute(const View& view, const CompiledAttribute& attribute);
  Status check_row_bytes(const View& view);
  void append_star(const Star& star);
  std::string_view kept_out(std::pmr::memory_resource& arena);
  Result<std::string_view> row_json(std::size_t place, std::string_view keys_json,
                                    std::string_view owner_json, std::pmr::memory_resource& arena);

  const Views views_;
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
  std::uint64_t bytes_made_ = 0;
};

Deriver::Compiled::Compiled(Views checked) : views_(std::move(checked)) {
  sources_.resize(views_.sources.size());
  compiled_.reserve(views_.views.size());
  for (std::size_t i = 0; i < views_.views.size(); ++i) {
    const View& view = views_.views[i];
    STREAMONCE_CHECK(view.view_class == ViewClass::kDirect);
    CompiledSource& source = sources_[view.source];
    source.views.push_back(i);
    compiled_.push_back(compile_view(view, views_.sources[view.source], source.slots));
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

/// Makes the row's key. False: this item has no row.
Result<bool> Deriver::Compiled::make_key(std::size_t place, std::pmr::memory_resource& arena,
                                         Row& row) {
  const View& view = views_.views[place];
  auto* key = std::pmr::polymorphic_allocator<>(&arena).new_object<events::ItemKey>();
  out_ = '{';
  for (std::size_t i = 0; i < compiled_[place].key.size(); ++i) {
    const CompiledAttribute& attribute = compiled_[place].key[i];
    const auto in_context = [&](Error error) {
      return in_view(view, "key attribute ", attribute.name, std::move(error));
    };
    const Result<Value> value = evaluate(attribute.value, {.slots = key_slots_, .arena = scratch_});
    if (!value) return in_context(value.error());
    if (is_no_key_part(*value, scratch_)) return false;
    if (const Status part = check_key_part(*value, i, scratch_); !part)
      return in_context(part.error());
    const Status added =
        key->add({.name = attribute.name,
                  .type = static_cast<events::KeyType>(name_of(value->kind()).front()),
                  .value = key_text(*value, arena)});
    if (!added) return in_context(added.error());
    if (i > 0) out_ += ',';
    out_ += attribute.member;
    append_json(out_, *value);
    scratch_.release();
  }
  out_ += '}';
  row.key = key;
  row.keys_json = kept_out(arena);
  return true;
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
  if (value->is_missing()) return {};
  out_ += ',';
  out_ += attribute.member;
  append_json(out_, *value);
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
  if (compiled.where || !compiled.is_whole_item) look_at_image(view.source, change.image_json);
  if (!compiled.where) return true;
  const Result<bool> is_held = holds(*compiled.where, {.slots = slots_, .arena = scratch_});
  if (!is_held) return in_view(view, "WHERE", "", is_held.error());
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
    const Result<bool> has_key = make_key(place, arena, row);
    if (has_key && !*has_key) return row;
    if (!has_key) {
      // An item whose key makes none never had a row: only a row that is wanted fails.
      if (STREAMONCE_TRY(takes(place, change))) return has_key.error();
      return Row();
    }
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
  return compiled_->derive(view, change, arena);
}

}  // namespace streamonce::handler::views
