#include "handler/compare/judge.h"

#include <algorithm>
#include <memory_resource>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::handler::compare {
namespace {

using std::chrono::milliseconds;

/// How often an item is mended before it is given up.
constexpr int kRepairsOfItemMax = 3;

/// The longest pause between two looks at an item.
constexpr milliseconds kPauseMax{16'000};
constexpr milliseconds kPauseFirst{1'000};

/// When an item that keeps changing is given up: after so many looks, and times to settle.
constexpr int kLooksMax = 10;
constexpr int kSettlesMax = 5;

/// About what is remembered of a suspect, but for its texts.
constexpr std::size_t kStateBytes = 512;

}  // namespace

Judge::Judge(JudgeParts parts, JudgeOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      digester_(options_.ignored) {}

void Judge::add_stray(State& state, StrayRow stray) {
  const auto is_it = [&](const StrayRow& other) {
    return other.view == stray.view && other.keys_json == stray.keys_json;
  };
  if (std::any_of(state.strays.begin(), state.strays.end(), is_it)) return;
  if (state.strays.size() >= kStraysMax) {
    state.has_more_strays = true;
    return;
  }
  const std::size_t bytes = sizeof(StrayRow) + stray.keys_json.size();
  state.bytes += bytes;
  bytes_ += bytes;
  state.strays.push_back(std::move(stray));
}

void Judge::add(Suspect suspect) {
  const auto [found, is_new] = suspects_.try_emplace(suspect.key);
  State& state = found->second;
  for (StrayRow& stray : suspect.strays) add_stray(state, std::move(stray));
  if (std::find(state.parts.begin(), state.parts.end(), suspect.part) == state.parts.end()) {
    state.parts.push_back(suspect.part);
    ++open_[suspect.part];
  }
  if (!is_new) {
    if (state.rows && suspect.rows)
      *state.rows += *suspect.rows;
    else
      state.rows.reset();
    return;
  }
  state.keys_json = std::move(suspect.keys_json);
  state.rows = suspect.rows;
  // The key stands here and among the times.
  const std::size_t bytes = kStateBytes + 2 * suspect.key.size() + state.keys_json.size();
  state.bytes += bytes;
  bytes_ += bytes;
  state.added = parts_.look.clock.steady_now();
  state.next = state.added;
  times_.emplace(state.next, suspect.key);
}

std::size_t Judge::open_of(std::size_t part) const {
  const auto found = open_.find(part);
  return found == open_.end() ? 0 : found->second;
}

std::optional<SteadyTime> Judge::next_time() const {
  if (times_.empty()) return std::nullopt;
  return times_.begin()->first;
}

milliseconds Judge::settle() const {
  return std::max(options_.settle, lag_);
}

/// Notes how late changes come, as the mark of one that came just now tells. The newest change
/// counts: others may be dead letters that are replayed, or a load. One that leaves the version is
/// a repair, which tells nothing of it.
void Judge::note_move(const std::optional<Mark>& before, const std::optional<Mark>& after) {
  if (!after || !after->at || (before && before->version == after->version)) return;
  if (newest_at_ && *after->at < *newest_at_) return;
  newest_at_ = after->at;
  // DynamoDB Local tells the minute that a change was made in, which may have been at its end.
  constexpr std::int64_t kMinute = 60;
  const std::int64_t at = *after->at % kMinute == 0 ? *after->at + kMinute : *after->at;
  const WallTime made{std::chrono::seconds(at)};
  lag_ = std::clamp(std::chrono::duration_cast<milliseconds>(parts_.look.clock.now() - made),
                    milliseconds(0), milliseconds(kLagMax));
  if (lag_ <= options_.settle || std::exchange(lag_told_, true)) return;
  parts_.warn(
      "changes come " + std::to_string(lag_.count() / 1000) +
      " seconds after they were made, which is longer than --settle: differences are waited "
      "for as long");
}

bool Judge::take_repair() {
  if (!options_.repairs || repairs_ >= options_.repairs_max) return false;
  ++repairs_;
  return true;
}

Result<bool> Judge::look(SteadyTime deadline) {
  const SteadyTime now = parts_.look.clock.steady_now();
  std::vector<LookItem> items;
  for (auto time = times_.begin();
       time != times_.end() && time->first <= now && items.size() < look_items_; ++time) {
    const State& state = suspects_.find(time->second)->second;
    items.push_back({.key = time->second, .keys_json = state.keys_json, .strays = state.strays});
  }
  if (items.empty()) return false;
  Look look({.parts = parts_.look,
             .digester = digester_,
             .tells_values = options_.tells_values,
             .deadline = deadline},
            std::move(items));
  STREAMONCE_TRY(look.work());
  look_items_ = look.items_for_next(look_items_);
  std::vector<std::size_t> to_repair;
  for (std::size_t place = 0; place < look.items().size(); ++place)
    if (decide(look.items()[place])) to_repair.push_back(place);
  if (!to_repair.empty()) repair(look, to_repair, deadline);
  return true;
}

/// Decides what becomes of an item that was looked at. @return whether it is to be mended now
bool Judge::decide(LookItem& item) {
  State& state = suspects_.find(item.key)->second;
  if (!item.problem.empty()) {
    Finding finding{.item_key = state.keys_json, .reason = item.problem};
    std::vector<Finding> findings = std::move(state.mended);
    findings.push_back(std::move(finding));
    end(item.key, std::move(findings));
    return false;
  }
  if (item.differences.empty()) {
    tell_equal(state, item);
    for (Finding& finding : state.mended) finding.is_repaired = true;
    end(item.key, std::move(state.mended));
    return false;
  }
  if (item.has_moved) {
    note_move(item.mark, item.mark_after);
    state.differs_since.reset();
    state.has_changed = true;
    again(item.key, state);
    return false;
  }
  return differ(item, state);
}

/// @return whether the item is to be mended now
bool Judge::differ(LookItem& item, State& state) {
  const SteadyTime now = parts_.look.clock.steady_now();
  std::string mark;
  if (item.mark) mark = std::string(item.mark->version.text()) + " " + item.mark->nonce;
  const bool is_same = state.differs_since && state.item == item.item_digest && state.mark == mark;
  state.has_changed = !is_same;
  if (!is_same) {
    state.differs_since = item.looked_at;
    state.item = item.item_digest;
    state.mark = std::move(mark);
  }
  if (now - *state.differs_since < settle()) {
    again(item.key, state);
    return false;
  }
  state.may_be_mended = state.may_be_mended || take_repair();
  if (state.may_be_mended && state.repairs < kRepairsOfItemMax) return true;
  for (Finding& finding : item.differences) {
    if (state.repairs > 0)
      finding.reason = state.refusal.empty()
                           ? "it differs again after " + std::to_string(state.repairs) + " repairs"
                           : "it could not be repaired: " + state.refusal;
    else if (options_.repairs)
      finding.reason = "not repaired: --max-repairs is reached";
  }
  tell_equal(state, item);
  end(item.key, std::move(item.differences));
  return false;
}

/// Tells of the rows that were put forward, and do not differ.
void Judge::tell_equal(const State& state, const LookItem& item) const {
  if (!state.rows) return parts_.equal(item.equal_rows, state.parts.front());
  std::uint64_t differing = 0;
  for (const Finding& finding : item.differences)
    if (finding.what != FindingClass::kExtra) ++differing;
  if (*state.rows > differing) parts_.equal(*state.rows - differing, state.parts.front());
}

/// Has an item looked at later, or gives it up if it never stands still.
void Judge::again(const std::string& key, State& state) {
  const SteadyTime now = parts_.look.clock.steady_now();
  ++state.looks;
  const bool keeps_changing = state.looks >= kLooksMax && state.has_changed;
  if (keeps_changing && now - state.added >= kSettlesMax * settle()) {
    std::vector<Finding> findings = std::move(state.mended);
    findings.push_back({.what = FindingClass::kUnsettled,
                        .item_key = state.keys_json,
                        .reason = "it changed each time that it was looked at"});
    return end(key, std::move(findings));
  }
  const milliseconds first = std::min(kPauseFirst, std::max(settle() / 8, milliseconds(1)));
  state.pause = state.pause.count() == 0 ? first : std::min(2 * state.pause, kPauseMax);
  SteadyTime next = now + state.pause;
  if (state.differs_since) next = std::min(next, std::max(now, *state.differs_since + settle()));
  put_off(key, state, next);
}

void Judge::put_off(const std::string& key, State& state, SteadyTime next) {
  forget_time(key, state);
  state.next = next;
  times_.emplace(next, key);
}

void Judge::forget_time(const std::string& key, const State& state) {
  const auto [first, last] = times_.equal_range(state.next);
  const auto found =
      std::find_if(first, last, [&](const auto& time) { return time.second == key; });
  STREAMONCE_CHECK(found != last);
  times_.erase(found);
}

/// Tells what was found of an item, and is done with it.
void Judge::end(const std::string& key, std::vector<Finding> findings) {
  const auto found = suspects_.find(key);
  const State& state = found->second;
  if (state.has_more_strays)
    findings.push_back(
        {.item_key = state.keys_json,
         .reason = "more than " + std::to_string(kStraysMax) +
                   " rows that the item is not to have tell it to be theirs: compare "
                   "again once these are mended"});
  const std::size_t part = state.parts.front();
  for (const std::size_t each : state.parts)
    if (--open_[each] == 0) open_.erase(each);
  bytes_ -= state.bytes;
  forget_time(key, state);
  suspects_.erase(found);
  for (const Finding& finding : findings) parts_.found(finding, part);
}

/// Mends items out of the look that has declared them.
void Judge::repair(Look& look, std::span<const std::size_t> places, SteadyTime deadline) {
  std::vector<RepairInput> inputs;
  inputs.reserve(places.size());
  for (const std::size_t place : places) inputs.push_back(look.repair_input(place));
  std::vector<Outcome> outcomes = parts_.pipeline.repair(inputs, deadline);
  STREAMONCE_CHECK(outcomes.size() == places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    LookItem& item = look.items()[places[i]];
    State& state = suspects_.find(item.key)->second;
    Outcome& outcome = outcomes[i];
    state.differs_since.reset();
    state.pause = milliseconds(0);
    if (outcome.result == CommitResult::kChanged) {  // somebody came in between
      note_move(item.mark, outcome.found ? std::optional(*outcome.found) : std::nullopt);
      again(item.key, state);
      continue;
    }
    ++state.repairs;
    state.refusal = outcome.done() ? std::string() : std::move(outcome.reason);
    // What was mended before, and differs again, is told once.
    if (outcome.done() && state.mended.empty()) {
      tell_equal(state, item);
      state.rows = 0;
      state.mended = std::move(item.differences);
    }
    if (outcome.done()) {
      put_off(item.key, state, parts_.look.clock.steady_now());
      continue;
    }
    again(item.key, state);
    if (suspects_.contains(item.key)) suspect_those_in_the_way(item);
  }
}

/// Has the items looked at whose rows are to be another one's: they may have them no more.
void Judge::suspect_those_in_the_way(const LookItem& item) {
  const std::size_t part = suspects_.find(item.key)->second.parts.front();
  for (const std::string& keys_json : item.in_the_way) {
    std::pmr::monotonic_buffer_resource arena;
    const Result<events::ItemKey> key = key_of_json(keys_json, arena);
    if (!key) continue;
    Suspect suspect{.keys_json = keys_json, .part = part};
    events::append_canonical(suspect.key, *key);
    if (!suspects_.contains(suspect.key)) add(std::move(suspect));
  }
}

}  // namespace streamonce::handler::compare
