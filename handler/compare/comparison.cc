#include "handler/compare/comparison.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "handler/compare/group_comparison.h"
#include "handler/compare/items_part.h"
#include "handler/compare/rows_part.h"

namespace streamonce::handler::compare {
namespace {

/// The longest sleep, so that an end is not waited for.
constexpr std::chrono::milliseconds kSleepMax{200};

/// How many keys of a list become suspects before some are looked at.
constexpr std::size_t kKeysTogether = 100;

}  // namespace

Comparison::Comparison(ComparisonParts parts, ComparisonOptions options,
                       const std::vector<Part>& work)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      work_(work),
      digester_(options_.judge.ignored),
      judge_({.look = parts_.look,
              .pipeline = parts_.pipeline,
              .found = parts_.found,
              .equal = parts_.equal,
              .warn = parts_.warn},
             options_.judge) {}

Comparison::~Comparison() = default;

Result<bool> Comparison::run(const std::vector<std::size_t>& places) {
  for (const std::size_t place : places) {
    if (parts_.stopped()) return false;
    part_ = place;
    if (!STREAMONCE_TRY(do_part(place))) return false;
    walked_.push_back(place);
    tell_finished();
  }
  return judge_until_below(1, 1);
}

Result<bool> Comparison::do_part(std::size_t place) {
  const Part& part = work_[place];
  switch (part.kind) {
    case PartKind::kItems:
      return ItemsPart(*this, part.segment).work();
    case PartKind::kRows:
      return RowsPart(*this, part).work();
    case PartKind::kGroups:
      return GroupComparison(*this).work();
    case PartKind::kKeys:
      break;
  }
  return do_keys(part);
}

Result<bool> Comparison::do_keys(const Part& part) {
  for (std::size_t i = 0; i < part.keys.size(); ++i) {
    // Some are looked at together.
    if (i % kKeysTogether == 0 && !STREAMONCE_TRY(judge_due())) return false;
    const std::string& keys_json = part.keys[i];
    std::pmr::monotonic_buffer_resource arena;
    const events::Change item = parts_.look.items.put_of(keys_json, arena);
    if (!item.problem.empty()) {
      parts_.found({.item_key = keys_json, .reason = item.problem}, part_);
      continue;
    }
    Suspect suspect{.keys_json = std::string(item.keys_json), .part = part_, .rows = std::nullopt};
    events::append_canonical(suspect.key, item.key);
    judge_.add(std::move(suspect));
    parts_.walked(1);
  }
  return true;
}

Result<bool> Comparison::judge_due() {
  while (true) {
    if (parts_.stopped()) return false;
    const std::optional<SteadyTime> next = judge_.next_time();
    if (!next || *next > parts_.look.clock.steady_now()) break;
    STREAMONCE_TRY(judge_.look(parts_.deadline()));
    tell_finished();
  }
  if (judge_.open() < kSuspectsMax && judge_.bytes() < kSuspectBytesMax) return true;
  return judge_until_below(kSuspectsMax / 2, kSuspectBytesMax / 2);
}

Result<bool> Comparison::judge_until_below(std::size_t suspects, std::size_t bytes) {
  Clock& clock = parts_.look.clock;
  while (judge_.open() >= suspects || judge_.bytes() >= bytes) {
    if (parts_.stopped()) return false;
    const SteadyTime now = clock.steady_now();
    const SteadyTime next = judge_.next_time().value_or(now);
    if (next > now) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
      clock.sleep_for(std::min(left, kSleepMax));
      parts_.walked(0);
      continue;
    }
    STREAMONCE_TRY(judge_.look(parts_.deadline()));
    tell_finished();
  }
  return true;
}

/// Tells of parts that were walked through, and have no suspect left.
void Comparison::tell_finished() {
  std::erase_if(walked_, [this](std::size_t place) {
    if (judge_.open_of(place) > 0) return false;
    parts_.finished(place);
    return true;
  });
}

bool Comparison::are_equal(std::string_view expected, std::string_view found) {
  if (found.empty()) return false;
  if (expected == found) return true;
  const Result<events::ItemDigest> a = digester_.digest_of(expected);
  const Result<events::ItemDigest> b = digester_.digest_of(found);
  return a && b && *a == *b;
}

void Comparison::suspect(const events::ItemKey& key, std::string_view keys_json, std::uint64_t rows,
                         std::optional<StrayRow> stray) {
  Suspect suspect{.keys_json = std::string(keys_json), .part = part_, .rows = rows};
  events::append_canonical(suspect.key, key);
  if (stray) suspect.strays.push_back(*std::move(stray));
  judge_.add(std::move(suspect));
}

}  // namespace streamonce::handler::compare
