#include "handler/views/memory.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

constexpr std::string_view kForm = "1;";

constexpr char kRows = 'w';
constexpr char kGroups = 'c';
constexpr char kNoOwner = '-';
constexpr char kItemKeyOwner = 'k';
constexpr char kAttributeOwner = 'o';

/// Takes a text apart, from the byte `at` on.
class MemoryReader {
 public:
  MemoryReader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  std::size_t at() const { return at_; }
  bool is_at_end() const { return at_ == text_.size(); }
  Error damaged(std::string_view expected) const;
  Result<char> letter(std::string_view letters);
  Result<std::size_t> count();
  Result<std::string_view> text();
  Result<std::string_view> name();
  Status names(std::vector<std::string_view>& names);
  Result<RememberedView> view();

 private:
  std::string_view rest() const { return text_.substr(at_); }
  Status owner(RememberedView& view);
  Status keys_and_amounts(RememberedView& view);
  Status key(const std::vector<std::string_view>& names, RememberedView& view);
  Status amounts(RememberedView& view);

  const std::string_view text_;
  std::size_t at_;
};

Error MemoryReader::damaged(std::string_view expected) const {
  return Error{ErrorCode::kProtocol, "what the ledger has of the views is damaged: expected " +
                                         std::string(expected) + " at byte " + std::to_string(at_)};
}

Result<char> MemoryReader::letter(std::string_view letters) {
  if (is_at_end() || letters.find(text_[at_]) == std::string_view::npos)
    return damaged("one of the letters " + std::string(letters));
  return text_[at_++];
}

Result<std::size_t> MemoryReader::count() {
  const std::string_view digits = rest().substr(0, rest().find(':'));
  std::size_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  const bool is_plain = error == std::errc() && stop == end && !digits.empty() &&
                        (digits.front() != '0' || digits.size() == 1);
  if (!is_plain || digits.size() == rest().size()) return damaged("a number and a colon");
  at_ += digits.size() + 1;
  return number;
}

Result<std::string_view> MemoryReader::text() {
  const std::size_t length = STREAMONCE_TRY(count());
  if (length > rest().size()) return damaged(std::to_string(length) + " bytes");
  const std::string_view text = rest().substr(0, length);
  if (!is_utf8(text)) return damaged("a text in UTF-8");
  at_ += length;
  return text;
}

Result<std::string_view> MemoryReader::name() {
  const std::string_view name = STREAMONCE_TRY(text());
  if (name.empty()) return damaged("a name before this place");
  return name;
}

/// Takes names, at least one, in their order.
Status MemoryReader::names(std::vector<std::string_view>& names) {
  const std::size_t wanted = STREAMONCE_TRY(count());
  if (wanted == 0) return damaged("a number above 0 before this place");
  while (names.size() < wanted) {
    const std::string_view next = STREAMONCE_TRY(name());
    if (!names.empty() && next <= names.back()) return damaged("sorted names before this place");
    names.push_back(next);
  }
  return {};
}

Status MemoryReader::owner(RememberedView& view) {
  constexpr char kLetters[] = {kNoOwner, kItemKeyOwner, kAttributeOwner};
  const char kind = STREAMONCE_TRY(letter({kLetters, sizeof kLetters}));
  if (kind == kItemKeyOwner) view.owner.kind = OwnerMark::Kind::kItemKey;
  if (kind != kAttributeOwner) return {};
  view.owner.kind = OwnerMark::Kind::kAttribute;
  view.owner.attribute = STREAMONCE_TRY(name());
  return {};
}

Status MemoryReader::key(const std::vector<std::string_view>& names, RememberedView& view) {
  events::ItemKey key;
  for (const std::string_view name : names) {
    const char type = STREAMONCE_TRY(letter("SNB"));
    const events::KeyAttribute attribute{
        .name = name, .type = static_cast<events::KeyType>(type), .value = STREAMONCE_TRY(text())};
    if (!key.add(attribute)) return damaged("a value that a key may have before this place");
    if (attribute.type != events::KeyType::kNumber) continue;
    const Result<std::string> plain = events::canonical_number(attribute.value);
    if (!plain || *plain != attribute.value) return damaged("a plain number before this place");
  }
  if (!view.keys.empty() && !is_before(view.keys.back(), key))
    return damaged("sorted keys before this place");
  view.keys.push_back(key);
  return {};
}

Status MemoryReader::amounts(RememberedView& view) {
  bool is_any = false;
  for (std::size_t i = 0; i < view.amount_names.size(); ++i) {
    const std::string_view number = STREAMONCE_TRY(text());
    const Result<Decimal> amount = events::parse_decimal(number);
    std::string plain;
    if (amount) append_plain(plain, *amount);
    if (!amount || plain != number) return damaged("a plain number before this place");
    is_any = is_any || amount->coefficient != 0;
    view.amounts.push_back(*amount);
  }
  return is_any ? Status() : damaged("an amount that is not 0 before this place");
}

Status MemoryReader::keys_and_amounts(RememberedView& view) {
  std::vector<std::string_view> names_of_key;
  STREAMONCE_TRY(names(names_of_key));
  if (names_of_key.size() > events::ItemKey::kAttributesMax)
    return damaged("a key of at most 2 attributes before this place");
  if (view.has_groups) STREAMONCE_TRY(names(view.amount_names));
  do {
    STREAMONCE_TRY(key(names_of_key, view));
    if (view.has_groups) STREAMONCE_TRY(amounts(view));
  } while (!is_at_end());
  return {};
}

/// Takes all that is left as what a view has.
Result<RememberedView> MemoryReader::view() {
  constexpr char kLetters[] = {kRows, kGroups};
  RememberedView view;
  view.text = rest();
  view.has_groups = STREAMONCE_TRY(letter({kLetters, sizeof kLetters})) == kGroups;
  if (!view.has_groups) STREAMONCE_TRY(owner(view));
  STREAMONCE_TRY(keys_and_amounts(view));
  return view;
}

void append_count(std::string& out, std::size_t count) {
  char digits[24];
  char* const end = std::to_chars(std::begin(digits), std::end(digits) - 1, count).ptr;
  *end = ':';
  out.append(digits, end + 1);
}

void append_text(std::string& out, std::string_view text) {
  append_count(out, text.size());
  out += text;
}

void append_owner(std::string& out, const OwnerMark& owner) {
  switch (owner.kind) {
    case OwnerMark::Kind::kNone:
      out += kNoOwner;
      return;
    case OwnerMark::Kind::kItemKey:
      out += kItemKeyOwner;
      return;
    case OwnerMark::Kind::kAttribute:
      out += kAttributeOwner;
      append_text(out, owner.attribute);
      return;
  }
}

/// What a view has, of which there is no text yet.
std::string text_of(const RememberedView& view) {
  std::string out(1, view.has_groups ? kGroups : kRows);
  if (!view.has_groups) append_owner(out, view.owner);
  const auto names_of_key = view.keys.front().attributes();
  append_count(out, names_of_key.size());
  for (const events::KeyAttribute& attribute : names_of_key) append_text(out, attribute.name);
  if (view.has_groups) {
    append_count(out, view.amount_names.size());
    for (const std::string_view name : view.amount_names) append_text(out, name);
  }
  auto amount = view.amounts.begin();
  std::string number;
  for (const events::ItemKey& key : view.keys) {
    for (const events::KeyAttribute& attribute : key.attributes()) {
      out += static_cast<char>(attribute.type);
      append_text(out, attribute.value);
    }
    for (std::size_t i = 0; i < view.amount_names.size(); ++i) {
      number.clear();
      append_plain(number, *amount++);
      append_text(out, number);
    }
  }
  return out;
}

}  // namespace

bool is_before(const events::ItemKey& a, const events::ItemKey& b) {
  return std::lexicographical_compare(
      a.attributes().begin(), a.attributes().end(), b.attributes().begin(), b.attributes().end(),
      [](const events::KeyAttribute& one, const events::KeyAttribute& other) {
        return std::pair(one.type, one.value) < std::pair(other.type, other.value);
      });
}

Result<Memory> read_memory(std::string_view text) {
  Memory memory;
  if (text.empty()) return memory;
  if (!text.starts_with(kForm)) {
    const std::size_t end = text.find(';');
    if (end == 0 || end == std::string_view::npos ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), is_digit))
      return MemoryReader(text, 0).damaged("the number of a form");
    return Error{ErrorCode::kProtocol,
                 "what the ledger has of the views is in a form that this program does not know: "
                 "a later program wrote it"};
  }
  MemoryReader reader(text, kForm.size());
  do {
    const std::string_view name = STREAMONCE_TRY(reader.name());
    if (!memory.views.empty() && name <= memory.views.back().name)
      return reader.damaged("sorted views before this place");
    const std::string_view has = STREAMONCE_TRY(reader.text());
    const std::string_view up_to_its_end = text.substr(0, reader.at());
    RememberedView view =
        STREAMONCE_TRY(MemoryReader(up_to_its_end, reader.at() - has.size()).view());
    view.name = name;
    memory.views.push_back(std::move(view));
  } while (!reader.is_at_end());
  return memory;
}

void append_memory(std::string& out, const Memory& memory) {
  if (memory.views.empty()) return;
  out += kForm;
  for (const RememberedView& view : memory.views) {
    append_text(out, view.name);
    append_text(out, view.text.empty() ? text_of(view) : view.text);
  }
}

}  // namespace streamonce::handler::views
