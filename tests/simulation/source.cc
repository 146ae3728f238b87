#include "tests/simulation/source.h"

#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

constexpr const char* kFirstLabel = "2026-11-21T00:44:22.580";
constexpr const char* kLaterLabel = "2026-11-22T09:00:00.000";
constexpr const char* kTable = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/";
constexpr const char* kExpiry =
    R"(,"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"})";
constexpr std::size_t kDigits = 40;
constexpr std::size_t kDigitsMax = 64;

/// The version as the ledger must have it.
std::string version_of(const std::string& label, const std::string& digits) {
  if (digits.size() <= kDigits)
    return label + "/" + std::string(kDigits - digits.size(), '0') + digits;
  return label + "/:" + std::string(kDigitsMax - digits.size(), '0') + digits;
}

std::string image_of(const std::string& key, std::size_t ordinal, Flaw flaw) {
  std::string image =
      R"({"id":{"S":")" + key + R"("},"n":{"N":")" + std::to_string(ordinal) + "\"}";
  if (flaw == Flaw::kInvalid) image += R"(,"invalid":{"BOOL":true})";
  if (flaw == Flaw::kMistyped) image += R"(,"mistyped":{"BOOL":true})";
  return image + "}";
}

/// `,"NAME":` and NULL or a value; nothing: the attribute is missing.
std::string draw_attribute(Random& random, const char* name, const std::string& value) {
  const std::size_t kind = random.below(6);
  if (kind == 0) return {};
  return ",\"" + std::string(name) + "\":" + (kind == 1 ? R"({"NULL":true})" : value);
}

}  // namespace

Source::Source(Random& random, const ViewModel* views)
    : views_(views),
      flaw_percent_(random.chance(50) ? 0 : 6) {
  // Now and then there are so many items that a batch needs more than one transaction.
  const bool large = random.chance(4);
  const std::size_t items_few = views == nullptr ? 8 : 4;  // of which each has more changes
  const std::size_t items = large ? random.between(50, 90) : random.between(1, items_few);
  for (std::size_t i = 0; i < items; ++i) keys_.push_back("k" + std::to_string(i));
  // What views make of a change takes longer to work out: there are fewer of them.
  const std::size_t most = views == nullptr ? 250 : 150;
  add_stream(random, kFirstLabel, large ? random.between(100, most) : random.between(1, 50));
  later_stream_ = shards_.size();
  if (random.chance(30)) add_stream(random, kLaterLabel, random.between(1, 25));
  for (const Change& change : changes_) by_version_[change.key + change.version] = change.ordinal;
}

void Source::add_stream(Random& random, const std::string& label, std::size_t count) {
  const std::size_t first_shard = shards_.size();
  const std::size_t shards = random.between(1, 2);
  shards_.resize(first_shard + shards);
  // The first number is often just below a power of ten, so that numbers grow longer on the way.
  std::size_t number = random.chance(70) ? 1'000 - random.below(40) : random.between(1, 100'000);
  // Now and then numbers are about as long as the API allows, or longer, as an emulator has them.
  // Nothing is drawn for that, so that a seed keeps its history.
  const std::string prefix(number % 4 == 0 ? kDigits - 3 : 0, '4');
  for (std::size_t i = 0; i < count; ++i) {
    changes_.push_back(make_change(random, label, prefix + std::to_string(number)));
    const std::size_t item = static_cast<std::size_t>(changes_.back().key.back() - '0');
    shards_[first_shard + item % shards].push_back(changes_.back().ordinal);
    number += random.between(1, 9);
  }
}

Change Source::make_change(Random& random, const std::string& label, const std::string& number) {
  Change change{.ordinal = changes_.size(), .key = keys_[random.below(keys_.size())]};
  change.removes = random.chance(30);
  if (random.chance(flaw_percent_))
    change.flaw = change.removes ? Flaw::kUnreadable : static_cast<Flaw>(random.between(1, 3));
  change.event_name = change.removes ? "REMOVE" : "MODIFY";
  if (change.removes)
    present_.erase(change.key);
  else if (present_.insert(change.key).second)
    change.event_name = "INSERT";
  if (views_ != nullptr)
    draw_image(random, change);
  else if (!change.removes)
    change.image = image_of(change.key, change.ordinal, change.flaw);
  change.sequence_number = number;
  change.version = version_of(label, number);
  change.record = testing::to_json(
      {.event_name = change.flaw == Flaw::kUnreadable ? "UPSERT" : change.event_name,
       .sequence_number = change.sequence_number,
       .keys = testing::key_of(change.key),
       .new_image = change.image,
       .arn = kTable + label,
       .more = change.expires ? kExpiry : ""});
  return change;
}

/// Draws what views look at. What is flawed about the change is then for them to say.
void Source::draw_image(Random& random, Change& change) {
  if (change.removes) {
    change.expires = random.chance(50);
  } else {
    const bool is_flawed = change.flaw == Flaw::kInvalid || change.flaw == Flaw::kMistyped;
    const bool is_odd = is_flawed && random.chance(60);
    change.image = image_of(change.key, change.ordinal, is_odd ? Flaw::kNone : change.flaw);
    change.image.pop_back();
    constexpr const char* kStatuses[] = {"NEW", "PAID", "CLOSED"};
    change.image += draw_attribute(random, "status",
                                   R"({"S":")" + std::string(kStatuses[random.below(3)]) + "\"}");
    change.image += draw_attribute(random, "note", R"({"S":"as said"})");
    const std::string total = std::to_string(random.below(1000));
    change.image += is_odd ? R"(,"total":{"S":")" + total + "\"}"
                           : draw_attribute(random, "total", R"({"N":")" + total + "\"}");
    change.image +=
        draw_attribute(random, "discount", R"({"N":")" + std::to_string(random.below(4)) + "\"}");
    change.image += views_->draw_more(random, change.key, is_odd, drawn_) + "}";
  }
  views_->note(change);
}

const Change* Source::find(const std::string& key, const std::string& version) const {
  const auto found = by_version_.find(key + version);
  return found == by_version_.end() ? nullptr : &changes_[found->second];
}

std::string Source::ledger_id(const std::string& key) {
  return "sim|123456789012/eu-west-1/orders|2:idS" + std::to_string(key.size()) + ":" + key;
}

}  // namespace streamonce::simulation
