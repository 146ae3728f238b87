#include "tests/simulation/exported_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "events/sequence_number.h"
#include "events/version.h"
#include "runtime/base/iso_time.h"
#include "tests/support/stream_event.h"

namespace streamonce::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// When the first item is written: some hours before the simulated processes begin.
constexpr milliseconds kBeginning{1'795'200'000'000};  // 2026-11-20T18:40:00Z
/// How long what is in an export may be off, as the service says.
constexpr seconds kFuzz{60};
/// The longest time that a stream takes to be on: a minute less than an export keeps off it.
constexpr minutes kTurnOnMax{4};

std::string label_at(WallTime time) {
  std::string text = format_rfc3339(time);
  text.pop_back();  // the Z
  return text;
}

milliseconds draw_within(Random& random, milliseconds time) {
  return milliseconds(random.below(static_cast<std::size_t>(time.count()) + 1));
}

}  // namespace

ExportedSource::ExportedSource(Random& random) : now_(kBeginning) {
  const std::size_t items = random.between(1, 8);
  for (std::size_t i = 0; i < items; ++i) keys_.push_back("k" + std::to_string(i));
  const std::size_t first = random.below(2 * items + 1);
  write_some(random, first, minutes(10), 25);
  const std::size_t streams = random.chance(8) ? 0 : random.between(1, 3);
  if (streams == 0 || random.chance(20)) add_export_without_stream(random);
  for (std::size_t i = 0; i < streams; ++i) {
    if (i > 0 || random.chance(30)) {
      const std::size_t in_gap = random.below(8);
      const seconds gap(random.between(1, 300));
      write_some(random, in_gap, gap, 50);
    }
    now_ += milliseconds(random.between(1, 2'000));
    add_stream(random, i + 1 == streams);
  }
  if (streams == 0 && random.chance(60)) {
    write_some(random, random.below(2 * items + 1), minutes(10), 50);
    add_export_without_stream(random);
  }
}

const SourceWrite* ExportedSource::newest(const std::string& key) const {
  const auto found = std::find_if(writes_.rbegin(), writes_.rend(),
                                  [&](const SourceWrite& write) { return write.key == key; });
  return found == writes_.rend() ? nullptr : &*found;
}

/// Writes items at moments within a time, which passes.
void ExportedSource::write_some(Random& random, std::size_t count, Seconds within,
                                int remove_percent) {
  std::vector<milliseconds> moments;
  for (std::size_t i = 0; i < count; ++i) moments.push_back(draw_within(random, within));
  std::sort(moments.begin(), moments.end());
  for (const milliseconds moment : moments) {
    SourceWrite write{.key = keys_[random.below(keys_.size())], .at = now_ + moment, .image = {}};
    // To remove what is not there makes no record.
    const bool removes = present_.contains(write.key) && random.chance(remove_percent);
    if (removes) {
      present_.erase(write.key);
    } else {
      present_.insert(write.key);
      write.image = R"({"id":{"S":")" + write.key + R"("},"n":{"N":")" +
                    std::to_string(writes_.size()) + "\"}}";
    }
    writes_.push_back(std::move(write));
  }
  now_ += within;
}

void ExportedSource::add_stream(Random& random, bool is_last) {
  const WallTime label = now_;
  const WallTime on = label + draw_within(random, kTurnOnMax);
  streams_.push_back({.label = label_at(label), .shards = {}});
  streams_.back().shards.resize(random.between(1, 2));
  const std::size_t first = writes_.size();
  const std::size_t count = random.between(1, 40);
  const seconds time(random.between(240, 1'200));
  write_some(random, count, time, 30);
  // Real numbers have 21 digits or more; an emulator's begin with 1.
  const std::string prefix = random.chance(50) ? std::string() : "10000000000000";
  std::size_t number = random.chance(50) ? 1 : random.between(1, 9'999'000);
  for (std::size_t i = first; i < writes_.size(); ++i) {
    if (writes_[i].at < on) continue;
    const std::size_t item = static_cast<std::size_t>(writes_[i].key.back() - '0');
    const std::string digits = std::to_string(number);
    tell(i, item % streams_.back().shards.size(),
         prefix.empty()
             ? digits
             : prefix + std::string(8 - std::min<std::size_t>(8, digits.size()), '0') + digits);
    number += random.between(1, 9);
  }
  const std::size_t exports = is_last ? random.between(1, 2) : random.below(2);
  for (std::size_t i = 0; i < exports; ++i)
    add_export(random, label, is_last ? now_ + minutes(10) : now_);
}

void ExportedSource::tell(std::size_t ordinal, std::size_t shard, const std::string& number) {
  SourceWrite& write = writes_[ordinal];
  SourceStream& stream = streams_.back();
  write.stream = streams_.size() - 1;
  write.sequence_number = number;
  write.version =
      events::Version(stream.label, events::SequenceNumber::parse(number).value()).text();
  const auto created = std::chrono::floor<seconds>(write.at.time_since_epoch()).count();
  write.record = testing::to_json({.event_name = write.image.empty() ? "REMOVE" : "MODIFY",
                                   .sequence_number = number,
                                   .keys = testing::key_of(write.key),
                                   .new_image = write.image,
                                   .arn = kSourceTableArn + ("/stream/" + stream.label),
                                   .created_at = std::to_string(created)});
  stream.shards[shard].push_back(ordinal);
}

/// A time that an export may be of; often near a write, or as early as may be.
WallTime ExportedSource::draw_time(Random& random, WallTime from, WallTime until) const {
  const auto all = std::chrono::duration_cast<milliseconds>(until - from);
  if (random.chance(30)) return from + events::kStreamLead - milliseconds(random.below(2));
  if (random.chance(40)) return from + draw_within(random, all);
  const SourceWrite& write = writes_[random.below(writes_.size())];
  return write.at - kFuzz + draw_within(random, 2 * kFuzz);
}

/// Makes an export beside the newest stream, which is of `from`, if it may be loaded.
void ExportedSource::add_export(Random& random, WallTime from, WallTime until) {
  const std::string& label = streams_.back().label;
  constexpr int kTriesMax = 4;
  SourceExport made{.time = draw_time(random, from, until), .stream = streams_.size() - 1};
  for (int i = 0; i < kTriesMax && (made.time > until || made.time < from ||
                                    !events::why_too_early(label, made.time).empty());
       ++i)
    made.time = draw_time(random, from, until);
  if (made.time > until || made.time < from || !events::why_too_early(label, made.time).empty())
    made.time = from + events::kStreamLead;
  // No two exports of a table have the same time here, since their versions would be one.
  while (std::any_of(exports_.begin(), exports_.end(),
                     [&](const SourceExport& each) { return each.time == made.time; }))
    made.time += milliseconds(1);
  made.version = events::version_beside_stream(label, made.time).value();
  draw_images(random, made);
  exports_.push_back(std::move(made));
}

/// Makes an export where there is no stream: nothing is written in the minutes around it.
void ExportedSource::add_export_without_stream(Random& random) {
  now_ += kFuzz;
  SourceExport made{.time = now_ + milliseconds(random.between(1, 999))};
  now_ += 2 * kFuzz;
  made.version = events::version_without_stream(made.time);
  draw_images(random, made);
  exports_.push_back(std::move(made));
}

void ExportedSource::draw_images(Random& random, SourceExport& drawn) const {
  for (const std::string& key : keys_) {
    // The states that the item may be in: the last one from before, and all from the minutes
    // around.
    std::vector<std::string> states = {""};
    for (const SourceWrite& write : writes_) {
      if (write.key != key || write.at >= drawn.time + kFuzz) continue;
      if (write.at <= drawn.time - kFuzz) states.clear();
      states.push_back(write.image);
    }
    const std::string& image = states[random.below(states.size())];
    if (!image.empty()) drawn.images[key] = image;
  }
}

}  // namespace streamonce::simulation
