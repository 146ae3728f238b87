#include "events/item_digest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "events/attribute_value.h"
#include "events/attribute_walk.h"
#include "events/decimal.h"
#include "runtime/base/base64.h"
#include "runtime/base/payload.h"
#include "runtime/base/text.h"
#include "runtime/json/json_walk.h"

namespace streamonce::events {
namespace {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::value;

/// What stands before a value that has no content: all that it is.
constexpr char kTrue = 'T';
constexpr char kFalse = 'F';

/// What stands before a value of another type.
constexpr char tag_of(AttributeType type) {
  constexpr std::string_view kTags = "SNB_0snbLM";  // in the order of the types
  return kTags[static_cast<std::size_t>(type)];
}

/// The most digits of a number. Source: DynamoDB data types.
constexpr std::size_t kSpelledDigitsMax = 38;

/// Whether a number is spelled as append_plain() would spell it, as nearly every number is.
bool is_canonical(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto are_digits = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), is_digit);
  };
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view integer = text.substr(0, point);
  if (text.size() > kSpelledDigitsMax || !are_digits(integer)) return false;
  if (point == text.size()) return integer.front() != '0';
  return are_digits(text.substr(point + 1)) && text.back() != '0' &&
         (integer.front() != '0' || integer.size() == 1);
}

/// Of a part that is sorted among others: where it stands, and what it is sorted by.
struct Part {
  std::size_t begin = 0;  ///< of the length of its name, or of the element of a set
  std::size_t name_bytes = 0;
  std::size_t end = 0;
};

constexpr std::size_t kLengthBytes = 4;

}  // namespace

/// One item as bytes that are the same for equal items, and are used again for the next one.
class ItemDigester::Canonical {
 public:
  /// Takes the place of the item before. `ignored` is sorted.
  Status take(std::string_view item_json, std::span<const std::string> ignored) {
    problem_.clear();
    attribute_.clear();
    out_.clear();
    parts_.clear();
    text_.assign(item_json);
    text_.reserve(text_.size() + kPayloadPaddingBytes);
    const error_code error = append_item(ignored);
    if (error == SUCCESS) return {};
    std::string where = attribute_.empty() ? "" : "attribute " + quoted_excerpt(attribute_) + ": ";
    if (!problem_.empty()) return invalid_argument(where + problem_);
    return invalid_argument(where + (error == simdjson::INCORRECT_TYPE
                                         ? "is not of the form of DynamoDB's items"
                                         : "is not JSON"));
  }

  std::string_view bytes() const { return out_; }
  /// The top-level attributes, sorted by their names.
  std::span<const Part> attributes() const { return parts_; }
  std::string_view name_of(const Part& part) const {
    return std::string_view(out_).substr(part.begin + kLengthBytes, part.name_bytes);
  }
  std::string_view bytes_of(const Part& part) const {
    return std::string_view(out_).substr(part.begin, part.end - part.begin);
  }

 private:
  error_code fail(std::string_view what) {
    json::Problem(problem_).note(what);
    return simdjson::INCORRECT_TYPE;
  }

  /// Makes room for a count or length, and says where.
  std::size_t begin_count() {
    out_.append(kLengthBytes, '\0');
    return out_.size() - kLengthBytes;
  }

  void write_count(std::size_t at, std::size_t count) {
    for (std::size_t i = 0; i < kLengthBytes; ++i, count >>= 8U)
      out_[at + i] = static_cast<char>(count & 0xFFU);
  }

  void append_text(std::string_view text) {
    write_count(begin_count(), text.size());
    out_ += text;
  }

  error_code append_item(std::span<const std::string> ignored) {
    simdjson::ondemand::document document;
    STREAMONCE_JSON_TRY(json::open(parser_, {text_}, document));
    const auto append = [&](std::string_view name, value member) {
      const bool counts = !std::binary_search(ignored.begin(), ignored.end(), name);
      attribute_ = name;
      STREAMONCE_JSON_TRY(append_member(name, member, 0));
      attribute_.clear();
      if (!counts) drop_member();
      return SUCCESS;
    };
    STREAMONCE_JSON_TRY(append_members(document, 0, append));
    return json::at_end(document) ? SUCCESS : simdjson::TRAILING_CONTENT;
  }

  /// Appends an item, or the content of an M. The parts from `first` on are its members.
  template <class Json, class Append>
  error_code append_members(Json&& json, std::size_t first, Append append) {
    const std::size_t count_at = begin_count();
    STREAMONCE_JSON_TRY(json::walk_members(json, append));
    sort_parts(first);
    const auto same_name = [&](const Part& a, const Part& b) { return name_of(a) == name_of(b); };
    const auto begin = parts_.begin() + static_cast<std::ptrdiff_t>(first);
    if (std::adjacent_find(begin, parts_.end(), same_name) != parts_.end())
      return fail("a name stands twice");
    write_count(count_at, parts_.size() - first);
    return SUCCESS;
  }

  error_code append_member(std::string_view name, value json, int depth) {
    if (name.empty()) return fail("an attribute has an empty name");
    Part part{.begin = out_.size(), .name_bytes = name.size()};
    append_text(name);
    STREAMONCE_JSON_TRY(append_value(json, depth));
    part.end = out_.size();
    parts_.push_back(part);
    return SUCCESS;
  }

  void drop_member() {
    out_.resize(parts_.back().begin);
    parts_.pop_back();
  }

  /// Appends an attribute value, `{"S":"..."}`. As everywhere in events/, a member that is null
  /// counts as absent: see attribute_walk.h.
  error_code append_value(value json, int depth) {
    int count = 0;
    const auto append = [&](std::string_view name, value member) {
      simdjson::ondemand::json_type type;
      STREAMONCE_JSON_TRY(member.type().get(type));
      if (type == simdjson::ondemand::json_type::null) return json::walk_any(member);
      const auto found = attribute_type_of(name);
      if (!found) return fail("an attribute has a type that is none of DynamoDB's ten");
      if (++count > 1) return fail("an attribute value has more than one type");
      return append_typed(*found, member, depth);
    };
    STREAMONCE_JSON_TRY(json::walk_members(json, append));
    return count == 1 ? SUCCESS : fail("an attribute value has no type");
  }

  error_code append_typed(AttributeType type, value json, int depth) {
    if (type != AttributeType::kBool) out_ += tag_of(type);
    switch (type) {
      case AttributeType::kString:
      case AttributeType::kNumber:
      case AttributeType::kBinary:
        return append_scalar(type, json);
      case AttributeType::kBool:
      case AttributeType::kNull:
        return append_truth(type, json);
      case AttributeType::kStringSet:
        return append_set(AttributeType::kString, json);
      case AttributeType::kNumberSet:
        return append_set(AttributeType::kNumber, json);
      case AttributeType::kBinarySet:
        return append_set(AttributeType::kBinary, json);
      case AttributeType::kList:
      case AttributeType::kMap:
        if (depth == kNestingMax) return fail("an item nests deeper than 32 levels");
        return type == AttributeType::kMap ? append_map(json, depth + 1)
                                           : append_list(json, depth + 1);
    }
    return simdjson::UNEXPECTED_ERROR;
  }

  error_code append_truth(AttributeType type, value json) {
    bool truth = false;
    STREAMONCE_JSON_TRY(json.get_bool().get(truth));
    if (type == AttributeType::kBool) out_ += truth ? kTrue : kFalse;
    if (type == AttributeType::kNull && !truth) return fail("a NULL is not true");
    return SUCCESS;
  }

  error_code append_scalar(AttributeType type, value json) {
    std::string_view text;
    STREAMONCE_JSON_TRY(json::take_text(json, text, json::Problem(problem_)));
    if (!problem_.empty()) return simdjson::STRING_ERROR;
    if (type == AttributeType::kBinary && !is_canonical_base64(text))
      return fail("a B is not base64");
    if (type != AttributeType::kNumber || is_canonical(text)) {
      append_text(text);
      return SUCCESS;
    }
    const Result<Decimal> number = parse_decimal(text);
    if (!number) return fail("an N " + number.error().message);
    const std::size_t at = begin_count();
    append_plain(out_, *number);
    write_count(at, out_.size() - at - kLengthBytes);
    return SUCCESS;
  }

  error_code append_set(AttributeType type, value json) {
    const std::size_t first = parts_.size();
    const std::size_t count_at = begin_count();
    const auto append = [&](value element) {
      Part part{.begin = out_.size()};
      STREAMONCE_JSON_TRY(append_scalar(type, element));
      part.end = out_.size();
      part.name_bytes = part.end - part.begin - kLengthBytes;
      parts_.push_back(part);
      return SUCCESS;
    };
    STREAMONCE_JSON_TRY(json::walk_elements(json, append));
    if (parts_.size() == first) return fail("a set is empty");
    sort_parts(first);
    write_count(count_at, parts_.size() - first);
    parts_.resize(first);
    return SUCCESS;
  }

  error_code append_list(value json, int depth) {
    const std::size_t count_at = begin_count();
    std::size_t count = 0;
    STREAMONCE_JSON_TRY(json::walk_elements(json, [&](value element) {
      ++count;
      return append_value(element, depth);
    }));
    write_count(count_at, count);
    return SUCCESS;
  }

  error_code append_map(value json, int depth) {
    const std::size_t first = parts_.size();
    STREAMONCE_JSON_TRY(append_members(json, first, [&](std::string_view name, value member) {
      return append_member(name, member, depth);
    }));
    parts_.resize(first);
    return SUCCESS;
  }

  /// Sorts the parts from `first` on, which reach to the end of the bytes, and their bytes.
  void sort_parts(std::size_t first) {
    const auto is_before = [&](const Part& a, const Part& b) { return name_of(a) < name_of(b); };
    const auto begin = parts_.begin() + static_cast<std::ptrdiff_t>(first);
    if (std::is_sorted(begin, parts_.end(), is_before)) return;
    const std::size_t start = begin->begin;
    std::sort(begin, parts_.end(), is_before);
    moved_.clear();
    for (auto part = begin; part != parts_.end(); ++part) {
      const std::size_t at = start + moved_.size();
      moved_ += bytes_of(*part);
      part->begin = at;
      part->end = start + moved_.size();
    }
    std::copy(moved_.begin(), moved_.end(), out_.begin() + static_cast<std::ptrdiff_t>(start));
  }

  simdjson::ondemand::parser parser_;
  std::string text_;  // the item, with padding behind it
  std::string out_;
  std::string moved_;  // sorted bytes, on their way back
  std::vector<Part> parts_;
  std::string problem_;
  std::string attribute_;  // the top-level attribute that is at hand; empty: none is
};

ItemDigester::ItemDigester(std::vector<std::string> ignored)
    : ignored_([&] {
        std::sort(ignored.begin(), ignored.end());
        return std::move(ignored);
      }()),
      first_(std::make_unique<Canonical>()) {}

ItemDigester::~ItemDigester() = default;

Result<ItemDigest> ItemDigester::digest_of(std::string_view item_json) {
  STREAMONCE_TRY(first_->take(item_json, ignored_));
  return sha256(first_->bytes());
}

Result<std::vector<std::string>> ItemDigester::differing_attributes(std::string_view a,
                                                                    std::string_view b) {
  if (second_ == nullptr) second_ = std::make_unique<Canonical>();
  STREAMONCE_TRY(first_->take(a, ignored_));
  STREAMONCE_TRY(second_->take(b, ignored_));
  std::vector<std::string> names;
  auto one = first_->attributes();
  auto other = second_->attributes();
  while (!one.empty() || !other.empty()) {
    const std::string_view name = one.empty() ? "" : first_->name_of(one.front());
    const std::string_view other_name = other.empty() ? "" : second_->name_of(other.front());
    const bool takes_one = !one.empty() && (other.empty() || name <= other_name);
    const bool takes_other = !other.empty() && (one.empty() || other_name <= name);
    if (!takes_one || !takes_other ||
        first_->bytes_of(one.front()) != second_->bytes_of(other.front()))
      names.emplace_back(takes_one ? name : other_name);
    if (takes_one) one = one.subspan(1);
    if (takes_other) other = other.subspan(1);
  }
  return names;
}

}  // namespace streamonce::events
