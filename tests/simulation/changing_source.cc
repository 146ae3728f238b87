#include "tests/simulation/changing_source.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "events/version.h"
#include "tests/simulation/clients.h"
#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

const std::vector<std::size_t> kNoChanges;

}  // namespace

void ChangingSource::begin(Random& random, const MemoryViews* views) {
  views_ = views;
  const std::size_t items = random.between(1, 5);
  for (std::size_t i = 0; i < items; ++i) keys_.push_back("k" + std::to_string(i));
  // Often just below a power of ten, so that numbers grow longer on the way.
  number_ = random.chance(70) ? 1'000 - random.below(40) : random.between(1, 100'000);
}

const Change& ChangingSource::make_change(Random& random, WallTime now) {
  Change change{.ordinal = changes_.size(), .key = keys_[random.below(keys_.size())]};
  const bool exists = !item(change.key).empty();
  change.removes = exists && random.chance(30);
  change.event_name = change.removes ? "REMOVE" : exists ? "MODIFY" : "INSERT";
  places_.erase(change.key);
  if (!change.removes) change.image = draw_image(random, change);
  number_ += random.between(1, 9);
  change.sequence_number = std::to_string(number_);
  change.version = std::string(version_of(number_).text());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  change.record = testing::to_json({.event_name = change.event_name,
                                    .sequence_number = change.sequence_number,
                                    .keys = testing::key_of(change.key),
                                    .new_image = change.image,
                                    .created_at = std::to_string(seconds.count())});
  if (views_ != nullptr) {
    views_->note(change);
  } else {
    Rows& rows = change.rows.emplace_back();
    if (!change.removes)
      rows[kMirror + testing::key_of(change.key)] = json::parse(change.image).dump();
    change.groups.emplace_back();
  }
  by_key_[change.key].push_back(change.ordinal);
  return changes_.emplace_back(std::move(change));
}

std::string ChangingSource::draw_image(Random& random, const Change& change) {
  std::string text =
      R"({"id":{"S":")" + change.key + R"("},"n":{"N":")" + std::to_string(change.ordinal) + "\"}";
  if (views_ == nullptr) return text + "}";
  if (random.chance(50))
    text += std::string(R"(,"status":{"S":")") + (random.chance(50) ? "CLOSED" : "NEW") + "\"}";
  if (random.chance(50)) text += R"(,"note":{"S":"as said"})";
  text += views_->draw_more(random, change.key, /*is_odd=*/false, drawn_) + "}";
  json image = json::parse(text);
  if (is_without_amounts) image.erase("amount");
  if (image.contains("place")) {
    const std::string place = image["place"]["S"].get<std::string>();
    const bool is_taken = std::any_of(places_.begin(), places_.end(),
                                      [&](const auto& each) { return each.second == place; });
    if (is_taken)
      image.erase("place");
    else
      places_[change.key] = place;
  }
  return image.dump();
}

const std::vector<std::size_t>& ChangingSource::changes_of(const std::string& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? kNoChanges : found->second;
}

const Change* ChangingSource::newest(const std::string& key) const {
  const std::vector<std::size_t>& ordinals = changes_of(key);
  return ordinals.empty() ? nullptr : &changes_[ordinals.back()];
}

std::string ChangingSource::item(const std::string& key) const {
  const Change* change = newest(key);
  return change == nullptr ? "" : change->image;
}

std::string ChangingSource::item_before(const std::string& key) const {
  const std::vector<std::size_t>& ordinals = changes_of(key);
  return ordinals.size() < 2 ? "" : changes_[ordinals[ordinals.size() - 2]].image;
}

const Change* ChangingSource::find(const std::string& key, const std::string& version) const {
  for (const std::size_t ordinal : changes_of(key))
    if (changes_[ordinal].version == version) return &changes_[ordinal];
  return nullptr;
}

}  // namespace streamonce::simulation
