#include "handler/pipeline/image_fetcher.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "events/item_attributes.h"
#include "runtime/base/check.h"
#include "runtime/base/kept.h"

namespace streamonce::handler {
namespace {

using events::Change;

/// The first block of memory for images; further blocks are as large as they need to be.
constexpr std::size_t kImageBytesFirst = 16UL * 1024;

/// Lets `change` put `image`; empty: it removes the item.
void put_image(std::string_view image, bool may_have_expired, Change& change) {
  change.lacks_image = false;
  change.problem.clear();
  change.image_json = image;
  if (!image.empty()) return;
  change.operation = events::Operation::kRemove;
  change.event_name = events::EventName::kRemove;
  change.expired_by_ttl = may_have_expired;
}

}  // namespace

bool lack_images(std::span<const Change> changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const Change& change) { return change.lacks_image; });
}

ImageFetcher::ImageFetcher(std::span<const Change> changes, Options options)
    : options_(std::move(options)),
      changes_(changes.begin(), changes.end()),
      groups_(group(changes, options_.pipeline_name)) {}

/// Gives the lane's changes what newer ones of it have. @return whether the item must be read, for
/// those that are left
bool ImageFetcher::settle(const Lane& lane) {
  const Change* newer = nullptr;  // the oldest change behind that tells what the item is
  bool is_left = false;
  for (auto record = lane.records.rbegin(); record != lane.records.rend(); ++record) {
    Change& change = changes_[*record];
    if (change.problem.empty()) {
      newer = &change;
    } else if (change.lacks_image) {
      if (newer != nullptr)
        put_image(newer->image_json, newer->expired_by_ttl, change);
      else
        is_left = true;
    }
  }
  if (!is_left) return false;
  const std::string why = options_.why_refused(changes_[lane.records.front()].source);
  for (const RecordIndex record : lane.records)
    if (Change& change = changes_[record]; change.lacks_image && !why.empty()) change.problem = why;
  return why.empty();
}

std::size_t ImageFetcher::keys_at_once() const {
  if (options_.item_bytes == 0) return kFetchedKeysFirst;
  const std::size_t room = kImageBytesMax - std::min(kImageBytesMax, bytes_);
  return std::clamp<std::size_t>(room / options_.item_bytes, 1, kFetchedKeysMax);
}

FetchedPart ImageFetcher::next(SteadyTime deadline) {
  FetchedPart part;
  part.texts = std::make_unique<std::pmr::monotonic_buffer_resource>(kImageBytesFirst);
  const SteadyTime now = options_.clock.steady_now();
  const SteadyTime read_deadline = now + (std::max(deadline, now) - now) / 2;
  if (!std::exchange(is_begun_, true)) part.places = groups_.unkeyed;
  bytes_ = 0;
  std::vector<RecordIndex> wanted;
  while (next_lane_ < groups_.lanes.size() && bytes_ < kImageBytesMax) {
    wanted.clear();
    for (const std::size_t most = keys_at_once();
         next_lane_ < groups_.lanes.size() && wanted.size() < most; ++next_lane_) {
      const Lane& lane = groups_.lanes[next_lane_];
      part.places.insert(part.places.end(), lane.records.begin(), lane.records.end());
      if (settle(lane)) wanted.push_back(static_cast<RecordIndex>(next_lane_));
    }
    fetch(wanted, read_deadline, part);
  }
  std::sort(part.places.begin(), part.places.end());
  part.changes.reserve(part.places.size());
  for (const RecordIndex place : part.places) part.changes.push_back(std::move(changes_[place]));
  return part;
}

/// Reads the items of `lanes`. Those of one table and one form of keys are read together: a table
/// that was made anew may have another key, and a service refuses a request with a wrong one whole.
void ImageFetcher::fetch(std::span<const RecordIndex> lanes, SteadyTime deadline,
                         FetchedPart& part) {
  std::vector<RecordIndex> left(lanes.begin(), lanes.end());
  while (!left.empty()) {
    const Change& first = changes_[groups_.lanes[left.front()].records.front()];
    const auto others = std::stable_partition(left.begin(), left.end(), [&](RecordIndex lane) {
      const Change& change = changes_[groups_.lanes[lane].records.front()];
      return change.source == first.source && change.key.same_shape(first.key);
    });
    fetch_of_one_shape({left.begin(), others}, deadline, part);
    left.erase(left.begin(), others);
  }
}

void ImageFetcher::fetch_of_one_shape(std::span<const RecordIndex> lanes, SteadyTime deadline,
                                      FetchedPart& part) {
  std::vector<events::ItemKey> keys;
  keys.reserve(lanes.size());
  for (const RecordIndex lane : lanes)
    keys.push_back(changes_[groups_.lanes[lane].records.front()].key);
  const events::SourceTable source = changes_[groups_.lanes[lanes.front()].records.front()].source;
  const std::vector<Result<std::string_view>> read =
      options_.items.read(source, keys, Consistency::kStrong, deadline);
  STREAMONCE_CHECK(read.size() == lanes.size());
  const std::size_t before = bytes_;
  for (std::size_t i = 0; i < lanes.size(); ++i) take(groups_.lanes[lanes[i]], read[i], part);
  options_.item_bytes = std::max<std::size_t>((bytes_ - before) / lanes.size(), 1);
}

/// Gives the changes of `lane` that are left what was read of their item.
void ImageFetcher::take(const Lane& lane, const Result<std::string_view>& read, FetchedPart& part) {
  std::string why;
  if (!read)
    why = read.error().message;
  else if (!read->empty() && !events::is_item(*read))
    why = "what was read is no item as DynamoDB JSON";
  std::string_view image;
  if (why.empty()) image = kept(*read, *part.texts);
  bytes_ += image.size();
  for (const RecordIndex record : lane.records) {
    Change& change = changes_[record];
    if (!change.lacks_image) continue;
    if (why.empty())
      put_image(image, /*may_have_expired=*/true, change);
    else
      change.problem = "the image could not be read from the source's table: " + why;
  }
}

void add_part(BatchResult&& part, std::span<const RecordIndex> places, BatchResult& batch) {
  STREAMONCE_CHECK(part.fates.size() == places.size());
  batch.items += part.items;
  for (std::size_t i = 0; i < places.size(); ++i) {
    batch.fates[places[i]] = part.fates[i];
    batch.counts.add(part.fates[i]);
  }
  for (Failure& failure : part.failures) {
    failure.record = places[failure.record];
    failure.cause = places[failure.cause];
    batch.failures.push_back(std::move(failure));
  }
  for (RowEffect& row : part.rows) {
    row.record = places[row.record];
    batch.rows.push_back(std::move(row));
  }
}

}  // namespace streamonce::handler
