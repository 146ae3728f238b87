#include "tests/simulation/following.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "events/stream_batch.h"
#include "handler/services/dynamodb_streams.h"
#include "handler/sources/stream/follower.h"
#include "runtime/aws/service_client.h"
#include "tests/simulation/random.h"
#include "tests/simulation/violation.h"
#include "tests/simulation/world.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_shards.h"
#include "tests/support/memory_positions.h"
#include "tests/support/memory_target.h"
#include "tests/support/signed_request.h"

namespace streamonce::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::FakeRecord;
using testing::FakeShard;
using testing::StreamCall;

constexpr std::size_t kWaitsMax = 60'000;  // with more, something does not get on

/// Where a record of the source is.
struct Place {
  std::string shard;
  std::size_t index = 0;
};

class Following {
 public:
  explicit Following(std::uint64_t seed) : random_(seed), target_(*this), positions_(*this) {
    service_.page_size = random_.between(1, 5);
    service_.listing_size = random_.between(1, 4);
    service_.empty_pages = random_.chance(30) ? random_.between(1, 3) : 0;
    fault_percent_ = random_.chance(40) ? 0 : static_cast<int>(random_.between(1, 15));
    kill_percent_ = random_.chance(40) ? 0 : 1;
    jump_percent_ = random_.chance(60) ? 0 : 1;
    keeps_letters_ = random_.chance(40);
    for (std::size_t i = 0; i < random_.between(2, 8); ++i)
      keys_.push_back("k" + std::to_string(i));
    owned_[service_.add()] = keys_;
    if (random_.chance(50)) split(owned_.begin()->first, 2);
    service_.fault = [this](const StreamCall& call) { return draw_fault(call); };
    changes_left_ = random_.between(5, 80);
  }

  void go() {
    for (std::size_t run = 0; run < random_.between(1, 6); ++run) {
      if (random_.chance(20)) jump();
      if (jump_percent_ == 0 && random_.chance(10)) positions_.memory.kept.clear();
      follow_somehow();
    }
    finish();
    check_end();
  }

  Summary summary() const {
    return {.changes = values_made_,
            .invocations = runs_,
            .requests = service_.seen.size(),
            .faults = faults_,
            .kills = kills_,
            .overlaps = overlaps_,
            .dead_letters = letters_.size()};
  }

 private:
  /// The target, whose every commit the oracle looks at.
  class Target final : public handler::Target {
   public:
    explicit Target(Following& all) : all_(all) {}
    void commit(std::span<const handler::Commit> commits, std::span<handler::Outcome> outcomes,
                SteadyTime deadline) override {
      all_.commit(commits, outcomes, deadline);
    }
    std::vector<handler::MarkResult> read_marks(std::span<const handler::MarkPlace> places,
                                                handler::Reading reading,
                                                SteadyTime deadline) override {
      return memory.read_marks(places, reading, deadline);
    }
    testing::MemoryTarget memory;

   private:
    Following& all_;
  };

  /// The positions, each of which the oracle looks at.
  class Positions final : public handler::PositionStore {
   public:
    explicit Positions(Following& all) : all_(all) {}
    Result<std::vector<std::optional<handler::Position>>> load(std::span<const std::string> shards,
                                                               SteadyTime deadline) override {
      return memory.load(shards, deadline);
    }
    Status save(std::span<const handler::ShardPosition> positions, SteadyTime deadline) override {
      for (const handler::ShardPosition& each : positions) all_.check_position(each);
      all_.may_die();
      memory.fails = all_.random_.chance(all_.fault_percent_);
      const Status saved = memory.save(positions, deadline);
      memory.fails = false;
      all_.may_die();
      return saved;
    }
    Status forget(std::span<const std::string> shards, SteadyTime deadline) override {
      return memory.forget(shards, deadline);
    }
    testing::MemoryPositions memory;

   private:
    Following& all_;
  };

  class Letters final : public handler::DeadLetterKeeper {
   public:
    explicit Letters(Following& all) : all_(all) {}
    Status keep(std::string_view text, std::string_view /*stream_arn*/) override {
      taken_.emplace_back(text);
      return {};
    }
    /// What is not synced when the follower dies is lost.
    Status sync() override {
      all_.may_die();
      for (std::string& each : taken_) all_.note_letter(std::move(each));
      taken_.clear();
      return {};
    }

   private:
    Following& all_;
    std::vector<std::string> taken_;
  };

  // ---- The source

  void change() {
    if (changes_left_ == 0) return;
    --changes_left_;
    const std::string& key = keys_[random_.below(keys_.size())];
    const auto owner = std::find_if(owned_.begin(), owned_.end(), [&](const auto& each) {
      return std::find(each.second.begin(), each.second.end(), key) != each.second.end();
    });
    const std::string& shard = owner->first;
    std::string number;
    if (random_.chance(20)) {
      number = service_.remove(shard, key);
      final_.erase(key);
    } else {
      const std::string value = "v" + std::to_string(++values_made_);
      number = service_.put(shard, key, value);
      final_[key] = value;
    }
    places_[number] = {.shard = shard, .index = service_.shard(shard).records.size() - 1};
    newest_[key] = number;
  }

  /// Closes a shard; its keys go to its children.
  void split(std::string shard, std::size_t count) {
    const std::vector<std::string> keys = owned_[shard];
    owned_.erase(shard);
    service_.shard(shard).is_listed = true;  // a parent is listed before its children are
    const std::vector<std::string> children = service_.split(shard, count);
    for (const std::string& child : children) {
      owned_[child];
      service_.shard(child).is_listed = !random_.chance(20);  // else it is listed late
    }
    for (const std::string& key : keys) owned_[children[random_.below(count)]].push_back(key);
    if (random_.chance(20)) service_.shard(shard).is_shown_open = true;
  }

  void split_some() {
    auto shard = owned_.begin();
    std::advance(shard, random_.below(owned_.size()));
    split(shard->first, random_.between(1, 2));
  }

  /// A day and an hour pass: whatever was written is gone, and so are all shards but new ones.
  void jump() {
    if (jump_percent_ == 0) return;
    for (const std::string& shard : shards_now()) split(shard, 1);
    clock_.advance(hours(25));
    std::map<std::string, std::vector<std::string>> owned;
    for (auto& [shard, keys] : owned_) {
      // Its parent has rotated several times since.
      const std::string later = service_.add(shard, hours(0));
      owned[later] = keys;
      service_.close(shard);
    }
    owned_ = std::move(owned);
    for (FakeShard& each : service_.shards) {
      if (owned_.contains(each.id)) continue;
      for (std::size_t i = each.trimmed; i < each.records.size(); ++i)
        if (!is_done(each.records[i])) lost_[each.records[i].number] = gaps_;
      each.trimmed = each.records.size();
      each.is_listed = false;
      each.exists = false;
    }
  }

  std::vector<std::string> shards_now() const {
    std::vector<std::string> ids;
    for (const auto& [shard, keys] : owned_) ids.push_back(shard);
    return ids;
  }

  // ---- What goes wrong

  std::optional<Result<runtime::HttpResponse>> draw_fault(const StreamCall& call) {
    if (!random_.chance(fault_percent_)) return std::nullopt;
    ++faults_;
    switch (random_.below(6)) {
      case 0:
        return Error{ErrorCode::kUnavailable, "no connection"};
      case 1:
        return Error{ErrorCode::kTimeout, "no answer in time"};
      case 2:
        return testing::refusal(400, "LimitExceededException", "");
      case 3:
        return testing::refusal(500, "InternalServerError", "");
      case 4:
        return runtime::HttpResponse{.status = 200, .headers = {}, .body = "<html>"};
      default:
        if (call.operation != "GetRecords") return std::nullopt;
        return testing::refusal(400, "ExpiredIteratorException", "");
    }
  }

  /// Called wherever a follower waits.
  void wait() {
    require(++waits_ < kWaitsMax, "a follower does not get on");
    if (random_.chance(15)) change();
    // A run with `once` ends only where shards do not go on to rotate without a record in them.
    if (random_.chance(2) && (!is_calm_ || calm_splits_left_-- > 0)) split_some();
    if (random_.chance(5))
      for (FakeShard& each : service_.shards)
        if (each.exists) each.is_listed = true, each.is_shown_open = false;
    if (is_calm_) return;
    if (random_.chance(1)) clock_.advance(minutes(random_.below(20)));
    if (jump_percent_ > 0 && random_.below(400) == 0) jump();
    if (depth_ == 1 && random_.below(300) == 0) {
      ++overlaps_;
      follow_somehow();
    }
    may_die();
  }

  void may_die() {
    if (is_calm_ || !random_.chance(kill_percent_)) return;
    ++kills_;
    throw Killed{};
  }

  // ---- Followers

  handler::FollowEnd follow(const handler::FollowOptions& options, std::size_t waits) {
    ++runs_;
    ++depth_;
    testing::FakeShardsTransport transport(service_, clock_);
    transport.latency = milliseconds(random_.between(1, 300));
    transport.on_wait = [this] { wait(); };
    Logger logger({.level = LogLevel::kError,
                   .format = LogFormat::kText,
                   .sink = [this](std::string_view line) { note_line(line); }},
                  clock_);
    aws::ServiceClient streams({.service = handler::dynamodb_streams::kService,
                                .region = aws::Region::parse("eu-west-1").value(),
                                .url = "https://streams.dynamodb.eu-west-1.amazonaws.com/",
                                .credentials = testing::credentials("x", "y"),
                                .random_seed = random_.bits()},
                               transport, clock_, logger);
    handler::Pipeline pipeline({.name = "sim", .target_table = "items", .retain = {}}, target_,
                               clock_);
    Letters letters(*this);
    const std::size_t until = waits_ + waits;
    struct Leave {
      int& depth;
      ~Leave() { --depth; }
    } leave{depth_};
    return handler::follow_stream(options, {.streams = streams,
                                            .pipeline = pipeline,
                                            .positions = positions_,
                                            .dead_letters = keeps_letters_ ? &letters : nullptr,
                                            .clock = clock_,
                                            .logger = logger,
                                            .stopped = [&] { return waits_ >= until; },
                                            .show = [](const handler::FollowState&) {}});
  }

  void follow_somehow() {
    try {
      const handler::FollowEnd end = follow({.stream_arn = service_.arn,
                                             .once = random_.chance(20),
                                             .attempts = static_cast<int>(random_.between(1, 3))},
                                            random_.between(1, 500));
      // What ends a follower is what goes wrong on the way there.
      if (end.error)
        require(
            end.error->code == ErrorCode::kTimeout || end.error->code == ErrorCode::kUnavailable,
            "ended with " + end.error->message);
    } catch (const Killed&) {
    }
  }

  /// All goes well at last: what is left is applied, and what was given up is replayed.
  void finish() {
    is_calm_ = true;
    fault_percent_ = 0;
    failing_.clear();
    while (changes_left_ > 0) change();
    for (FakeShard& each : service_.shards)
      if (each.exists) each.is_listed = true, each.is_shown_open = false;
    const handler::FollowEnd end = follow({.stream_arn = service_.arn, .once = true}, kWaitsMax);
    require(!end.error, "the last run ended with an error");
    handler::Pipeline pipeline({.name = "sim", .target_table = "items", .retain = {}}, target_,
                               clock_);
    for (const auto& [number, text] : letters_) {
      events::StreamParser parser;
      events::Copies copies;
      const Payload payload = Payload::copy_of(text);
      const auto record = parser.parse_record(payload.view(), service_.arn, copies).value();
      const std::vector<events::Change> changes = {change_of(record)};
      pipeline.apply(changes, clock_.steady_now() + seconds(60));
    }
  }

  /// A gap that is told.
  void note_line(std::string_view line) {
    if (line.find("gap") != std::string_view::npos) ++gaps_;
  }

  void note_letter(std::string text) {
    const std::string number = nlohmann::json::parse(text)["dynamodb"]["SequenceNumber"];
    letters_[number] = std::move(text);
  }

  // ---- The target

  void commit(std::span<const handler::Commit> commits, std::span<handler::Outcome> outcomes,
              SteadyTime deadline) {
    may_die();
    clock_.advance(milliseconds(random_.below(1'000)));
    if (!is_calm_ && random_.chance(5)) draw_failing();
    const bool is_lost = random_.chance(fault_percent_);  // all of it is done, and none is told
    if (!is_lost && random_.chance(fault_percent_)) {
      ++faults_;
      for (handler::Outcome& each : outcomes) each = {.reason = "down"};
      return;
    }
    for (const handler::Commit& each : commits) check_commit(each);
    target_.memory.failing_keys = failing_;
    target_.memory.commit(commits, outcomes, deadline);
    may_die();
    if (!is_lost) return;
    ++faults_;
    for (handler::Outcome& each : outcomes) each = {.reason = "no answer"};
  }

  /// Items that cannot be written for a while.
  void draw_failing() {
    failing_.clear();
    if (random_.chance(50))
      failing_.insert(R"({"id":{"S":")" + keys_[random_.below(keys_.size())] + R"("}})");
  }

  // ---- The oracle

  static std::string number_in(std::string_view version) {
    const std::string digits(version.substr(version.find('/') + 1));
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
  }

  std::string ledger_id(const std::string& key) const {
    return "sim|123456789012/eu-west-1/orders|2:idS" + std::to_string(key.size()) + ":" + key;
  }

  /// Whether a record is in the target, or stood for by a later one; or it was given up, or it is
  /// gone and that was told.
  bool is_settled(const FakeShard& shard, std::size_t index) const {
    return (index < shard.trimmed && gaps_ > 0) || is_done(shard.records[index]);
  }

  bool is_done(const FakeRecord& record) const {
    if (letters_.contains(record.number)) return true;
    const std::string key = record.json["dynamodb"]["Keys"]["id"]["S"];
    const auto mark = target_.memory.marks.find(ledger_id(key));
    if (mark == target_.memory.marks.end()) return false;
    const std::string applied = number_in(mark->second);
    return applied.size() > record.number.size() ||
           (applied.size() == record.number.size() && applied >= record.number);
  }

  void check_settled(const std::string& shard, std::size_t count, const std::string& what) const {
    const auto found = std::find_if(service_.shards.begin(), service_.shards.end(),
                                    [&](const FakeShard& each) { return each.id == shard; });
    if (found == service_.shards.end()) return;
    for (std::size_t i = 0; i < count && i < found->records.size(); ++i)
      require(is_settled(*found, i), what + " though record " + found->records[i].number +
                                         " of shard " + shard + " is not done");
  }

  void check_position(const handler::ShardPosition& saved) const {
    if (saved.position.kind == handler::Position::Kind::kStart) return;
    std::size_t count = std::string::npos;
    if (saved.position.kind == handler::Position::Kind::kAfter) {
      const auto place = places_.find(saved.position.number);
      require(place != places_.end(), "a position that no record has");
      count = place->second.index + 1;
    }
    check_settled(saved.shard, count, "the position " + text_of(saved.position) + " was saved");
  }

  void check_commit(const handler::Commit& commit) const {
    const auto place = places_.find(number_in(commit.version.text()));
    require(place != places_.end(), "a version that no record has");
    const auto shard =
        std::find_if(service_.shards.begin(), service_.shards.end(),
                     [&](const FakeShard& each) { return each.id == place->second.shard; });
    if (shard == service_.shards.end() || shard->parent.empty()) return;
    check_settled(shard->parent, std::string::npos, "a child was applied");
  }

  void check_end() const {
    for (const auto& [number, gaps] : lost_) {
      const Place& place = places_.at(number);
      const auto shard =
          std::find_if(service_.shards.begin(), service_.shards.end(),
                       [&](const FakeShard& each) { return each.id == place.shard; });
      require(gaps_ > gaps || is_done(shard->records[place.index]),
              "record " + number + " of shard " + place.shard + " is lost, and no gap was told");
    }
    std::map<std::string, std::string> items;
    for (const auto& [key, item] : target_.memory.items) {
      const auto json = nlohmann::json::parse(item);
      items[json["id"]["S"]] = json["value"]["S"];
    }
    for (const std::string& key : keys_) {
      const auto newest = newest_.find(key);
      if (newest == newest_.end()) continue;
      const Place& place = places_.at(newest->second);
      const auto shard =
          std::find_if(service_.shards.begin(), service_.shards.end(),
                       [&](const FakeShard& each) { return each.id == place.shard; });
      if (place.index < shard->trimmed && gaps_ > 0) continue;
      const auto wanted = final_.find(key);
      const auto found = items.find(key);
      const std::string want = wanted == final_.end() ? "" : wanted->second;
      const std::string have = found == items.end() ? "" : found->second;
      require(want == have, "item " + key + " is '" + have + "' in the end, not '" + want + "'");
    }
  }

  Random random_;
  testing::FakeClock clock_;
  testing::FakeShards service_{clock_};
  Target target_;
  Positions positions_;

  std::vector<std::string> keys_;
  std::map<std::string, std::vector<std::string>> owned_;  // keys, by the open shard they are in
  std::map<std::string, std::string> final_;               // values, by key
  std::map<std::string, Place> places_;                    // by sequence number
  std::map<std::string, std::string> newest_;              // sequence numbers, by key
  std::set<std::string> failing_;
  std::map<std::string, std::string> letters_;  // by sequence number
  std::map<std::string, std::size_t> lost_;     // numbers of what went before it was done; gaps_
  std::size_t gaps_ = 0;
  std::size_t changes_left_ = 0;
  std::size_t values_made_ = 0;
  std::size_t waits_ = 0;
  std::size_t runs_ = 0;
  std::size_t faults_ = 0;
  std::size_t kills_ = 0;
  std::size_t overlaps_ = 0;
  int depth_ = 0;
  int fault_percent_ = 0;
  int kill_percent_ = 0;
  int jump_percent_ = 0;
  bool keeps_letters_ = false;
  int calm_splits_left_ = 20;
  bool is_calm_ = false;
};

}  // namespace

Summary run_following(std::uint64_t seed) {
  Following following(seed);
  try {
    following.go();
  } catch (const Violation& violation) {
    Summary summary = following.summary();
    summary.violation = "following: " + violation.what;
    return summary;
  }
  return following.summary();
}

}  // namespace streamonce::simulation
