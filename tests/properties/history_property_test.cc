#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/pipeline/derived_tables.h"
#include "handler/sources/lambda/stream_event.h"
#include "handler/targets/mark.h"
#include "handler/views/rules/checker.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_target.h"
#include "tests/support/property.h"
#include "tests/support/school_sum.h"
#include "tests/support/stream_event.h"

namespace streamonce::handler {
namespace {

using streamonce::testing::draw_below;
using streamonce::testing::draw_coin;
using streamonce::testing::event_of;
using streamonce::testing::FakeClock;
using streamonce::testing::holds;
using streamonce::testing::in_range;
using streamonce::testing::key_of;
using streamonce::testing::MemoryTarget;
using streamonce::testing::RecordText;
using streamonce::testing::SchoolSum;

constexpr std::size_t kDigitsMax = 40;
constexpr std::array<std::string_view, 2> kLabels = {"2026-11-21T00:44:22.580",
                                                     "2026-12-01T00:00:00.000"};

/// One record of a stream, and what a test has to know of it.
struct Change {
  std::string id;       ///< of the item
  std::string number;   ///< the sequence number as the record has it
  std::string version;  ///< what its mark is
  std::string image;    ///< empty: the item was removed
  std::string record;   ///< JSON
  bool sound = true;    ///< whether it can be applied
};
using Changes = std::vector<Change>;

/// The records of the two streams, each in order; all of the second are newer.
struct History {
  std::array<Changes, kLabels.size()> streams;

  Changes all() const {
    Changes changes = streams[0];
    changes.insert(changes.end(), streams[1].begin(), streams[1].end());
    return changes;
  }
};

/// Sums by table, group and attribute. One that is 0 does not stand there.
using Sums = std::map<std::string, SchoolSum>;

/// What a target holds in the end.
struct State {
  std::map<std::string, std::string> items;
  std::map<std::string, std::string> marks;  ///< versions
  Sums sums = {};

  friend bool operator==(const State&, const State&) = default;
};

std::string mark_of(const Change& change) {
  return "orders|123456789012/eu-west-1/orders|2:idS" + std::to_string(change.id.size()) + ":" +
         change.id;
}

/// What the target has of the source.
enum class Keeping {
  kMirror,
  kViews,   ///< direct ones
  kMemory,  ///< views that remember, beside a direct one
};

/// No two rows of two views have one key. Two items could have one row in `named`, as far as can be
/// told from its text.
constexpr std::string_view kViews = R"(
CREATE SOURCE orders KEY (id);
CREATE VIEW large AS SELECT id, "at", amount + 1 AS more FROM orders WHERE amount > 4;
CREATE VIEW named KEY (name) AS
  SELECT CASE WHEN id <> 'c' THEN 'N#' || id END AS name, id, amount IS MISSING AS lacks, "at"
  FROM orders WHERE NOT amount IS NULL;
CREATE VIEW copies KEY (kind, id) AS
  SELECT 'copy' AS kind, * EXCLUDE (amount, holder, lines, exact) FROM orders;
)";

/// The same holds of these.
constexpr std::string_view kMemoryViews = R"(
CREATE SOURCE orders KEY (id);
CREATE VIEW large AS SELECT id, "at", amount + 1 AS more FROM orders WHERE amount > 4;
CREATE VIEW held KEY (holder, id) AS SELECT 'H' || holder AS holder, id, "at" FROM orders;
CREATE VIEW spots KEY (spot) AS SELECT holder || '/' || id AS spot, id, "at" FROM orders
  WHERE NOT amount IS NULL;
CREATE VIEW lines KEY (id, line) AS
  SELECT o.id, l || '#' || i AS line, "at" FROM orders AS o, o.lines AS l AT i;
CREATE VIEW totals KEY ("all") AS
  SELECT 'all' AS "all", COUNT(*) AS items, SUM(exact) AS exact FROM orders GROUP BY 'all';
CREATE VIEW holders KEY (holder) AS
  SELECT holder, COUNT(*) AS items, SUM(exact) AS exact FROM orders WHERE NOT amount IS NULL
  GROUP BY holder;
)";

/// The rows that the views have of an item, worked out apart from the code under test.
std::vector<nlohmann::json> rows_of(const std::string& image) {
  using nlohmann::json;
  const json item = json::parse(image);
  const json key = {{"id", item["id"]}, {"at", item["at"]}};
  const bool is_missing = !item.contains("amount");
  const bool is_null = !is_missing && item["amount"].contains("NULL");
  std::vector<json> rows = {key};
  rows.back()["kind"]["S"] = "copy";
  if (!is_missing && !is_null) {
    const int amount = std::stoi(item["amount"]["N"].get<std::string>());
    if (amount > 4) rows.push_back(key);
    if (amount > 4) rows.back()["more"]["N"] = std::to_string(amount + 1);
  }
  const std::string id = item["id"]["S"];
  if (is_null || id == "c") return rows;
  rows.push_back(key);
  rows.back()["name"]["S"] = "N#" + id;
  rows.back()["lacks"]["BOOL"] = is_missing;
  return rows;
}

/// The same of the views that remember.
std::vector<nlohmann::json> remembered_rows_of(const std::string& image) {
  using nlohmann::json;
  const json item = json::parse(image);
  const json key = {{"id", item["id"]}, {"at", item["at"]}};
  const bool has_amount = item.contains("amount") && item["amount"].contains("N");
  const bool is_null = item.contains("amount") && !has_amount;
  std::vector<json> rows;
  const int amount = has_amount ? std::stoi(item["amount"]["N"].get<std::string>()) : 0;
  if (amount > 4) rows.push_back(key);
  if (amount > 4) rows.back()["more"]["N"] = std::to_string(amount + 1);
  const std::size_t lines = item.contains("lines") ? item["lines"]["L"].size() : 0;
  for (std::size_t i = 0; i < lines; ++i) {
    rows.push_back(key);
    rows.back()["line"]["S"] =
        item["lines"]["L"][i]["S"].get<std::string>() + "#" + std::to_string(i);
  }
  if (!item.contains("holder")) return rows;
  const std::string holder = item["holder"]["S"];
  rows.push_back(key);
  rows.back()["holder"]["S"] = "H" + holder;
  if (is_null) return rows;
  rows.push_back(key);
  rows.back()["spot"]["S"] = holder + "/" + item["id"]["S"].get<std::string>();
  return rows;
}

/// Adds what the views add up of an item.
void add_amounts(const std::string& image, Sums& sums) {
  const nlohmann::json item = nlohmann::json::parse(image);
  const auto add = [&](const std::string& group) {
    sums[group + " items"].add("1");
    if (item.contains("exact")) sums[group + " exact"].add(item["exact"]["N"]);
  };
  add(R"(totals {"all":{"S":"all"}})");
  if (item.contains("holder") && !(item.contains("amount") && item["amount"].contains("NULL")))
    add(R"(holders {"holder":)" + item["holder"].dump() + "}");
}

/// The same text for the same JSON.
std::string normal(const std::string& json) {
  return nlohmann::json::parse(json).dump();
}

/// The rows of an item, by their keys.
std::map<std::string, std::string> items_of(const std::string& id, const std::string& image,
                                            Keeping keeping) {
  if (image.empty()) return {};
  if (keeping == Keeping::kMirror) return {{normal(key_of(id)), normal(image)}};
  std::map<std::string, std::string> items;
  const bool remembers = keeping == Keeping::kMemory;
  for (const nlohmann::json& row : remembers ? remembered_rows_of(image) : rows_of(image)) {
    nlohmann::json key;
    if (!row.contains("name") && !row.contains("spot")) key["id"] = row["id"];
    for (const char* name : {"kind", "name", "holder", "spot", "line"})
      if (row.contains(name)) key[name] = row[name];
    items[key.dump()] = row.dump();
  }
  return items;
}

/// The state after all changes have been applied once, in their order.
State state_after(const Changes& changes, Keeping keeping) {
  State state;
  std::map<std::string, std::string> images;
  for (const Change& change : changes) {
    state.marks[mark_of(change)] = change.version;
    images[change.id] = change.image;
  }
  for (const auto& [id, image] : images) {
    state.items.merge(items_of(id, image, keeping));
    if (keeping == Keeping::kMemory && !image.empty()) add_amounts(image, state.sums);
  }
  std::erase_if(state.sums, [](const auto& sum) { return sum.second == SchoolSum(); });
  return state;
}

std::string incremented(std::string digits) {
  std::size_t i = digits.size();
  while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
  if (i == 0) return "1" + digits;
  ++digits[i - 1];
  return digits;
}

/// A number above `digits`: the next one, or one that is longer.
std::string draw_next(const std::string& digits) {
  if (digits.size() == kDigitsMax || draw_below(4) != 0) return incremented(digits);
  return incremented(digits) + *in_range('0', ':');
}

std::string draw_start() {
  return *rc::gen::element<std::string>("0", "8", "98", "99999999999999999998",
                                        "499999999999999999999", std::string(38, '9'));
}

enum class Soundness { kAllSound, kSomeBad };

/// Makes a record one that cannot be applied, in one of the ways that leave its number readable.
void spoil(RecordText& text) {
  switch (draw_below(4)) {
    case 0:
      text.event_name = "UPSERT";
      return;
    case 1:
      text.keys = "";
      return;
    case 2:
      text.event_name = "MODIFY";
      text.new_image = R"({"id":{"S":"another item"}})";
      return;
    default:
      text.arn = "arn:aws:sqs:eu-west-1:123456789012:queue";
  }
}

/// An attribute that is missing, NULL or a number.
std::string draw_amount() {
  const int amount = *in_range(0, 12);
  if (amount == 0) return {};
  if (amount == 1) return R"(,"amount":{"NULL":true})";
  return R"(,"amount":{"N":")" + std::to_string(amount) + "\"}";
}

/// What views remember of: who holds the item, lines that come and go, and a number that has all
/// the digits that there are, most of them behind the point.
std::string draw_remembered() {
  std::string text;
  if (draw_below(4) != 0)
    text += R"(,"holder":{"S":")" + *rc::gen::element<std::string>("x", "y", "z") + "\"}";
  std::string lines;
  for (std::size_t left = draw_below(4); left > 0; --left)
    lines +=
        (lines.empty() ? "" : ",") + std::string(draw_coin() ? R"({"S":"p"})" : R"({"S":"q"})");
  if (draw_below(4) != 0) text += R"(,"lines":{"L":[)" + lines + "]}";
  if (draw_below(4) == 0) return text;
  std::string number = draw_coin() ? "-0." : "1.";
  for (std::size_t left = 1 + draw_below(37); left > 0; --left) number += *in_range('0', ':');
  return text + R"(,"exact":{"N":")" + number + "\"}";
}

/// A stream's records; `items` is what the table holds, before and after.
Changes draw_stream(std::string_view label, std::map<std::string, std::string>& items,
                    Soundness soundness) {
  const auto some_id = rc::gen::element<std::string>("a", "b", "c", "d:1");
  Changes changes;
  std::string digits = draw_start();
  for (const std::string& id : *rc::gen::container<std::vector<std::string>>(some_id)) {
    std::string& old_image = items[id];
    const bool is_remove = !old_image.empty() && draw_below(3) == 0;
    digits = draw_next(digits);
    Change& change = changes.emplace_back();
    change.id = id;
    change.number = std::string(draw_below(kDigitsMax + 1 - digits.size()), '0') + digits;
    if (draw_coin()) change.number = digits;
    change.version =
        std::string(label) + '/' + std::string(kDigitsMax - digits.size(), '0') + digits;
    if (!is_remove) {
      change.image = R"({"at":{"S":")" + change.version + R"("},"id":{"S":")" + id + R"("})" +
                     draw_amount() + draw_remembered() + "}";
    }
    RecordText text = {
        .event_name = is_remove           ? "REMOVE"
                      : old_image.empty() ? "INSERT"
                                          : "MODIFY",
        .sequence_number = change.number,
        .keys = key_of(id),
        .new_image = change.image,
        .old_image = old_image,
        .arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/" + std::string(label)};
    change.sound = soundness == Soundness::kAllSound || draw_below(8) != 0;
    if (!change.sound) spoil(text);
    change.record = to_json(text);
    old_image = change.image;
  }
  return changes;
}

History draw_history(Soundness soundness = Soundness::kAllSound) {
  History history;
  std::map<std::string, std::string> items;
  for (std::size_t i = 0; i < kLabels.size(); ++i)
    history.streams[i] = draw_stream(kLabels[i], items, soundness);
  return history;
}

/// Passes commits on to a target in memory, and lets some fail as it has been told.
class FlakyTarget final : public Target {
 public:
  enum class Fault { kNone, kNotApplied, kAppliedAndNotTold };

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override {
    for (std::size_t i = 0; i < commits.size(); ++i) {
      const Fault fault = next_fault();
      if (fault != Fault::kNotApplied) {
        memory.commit(commits.subspan(i, 1), outcomes.subspan(i, 1), deadline);
        if (outcomes[i].result == CommitResult::kApplied) add_up(commits[i]);
      }
      if (fault != Fault::kNone)
        outcomes[i] = {.result = CommitResult::kFailed, .reason = "refused by the test"};
    }
  }

  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override {
    return memory.read_marks(places, reading, deadline);
  }

  MemoryTarget memory;
  std::deque<Fault> faults;  ///< of the next commits; behind them none
  Sums sums;                 ///< of all that was added

 private:
  void add_up(const Commit& commit) {
    for (const Addition& addition : commit.additions) {
      const std::string group =
          std::string(addition.table) + " " + std::string(addition.keys_json) + " ";
      for (const Addend& addend : addition.addends) {
        std::string plain;
        events::append_plain(plain, addend.number);
        RC_ASSERT(addend.number.coefficient != 0);
        sums[group + std::string(addend.name)].add(plain);
      }
    }
  }

  Fault next_fault() {
    if (faults.empty()) return Fault::kNone;
    const Fault fault = faults.front();
    faults.pop_front();
    return fault;
  }
};

/// The tables of the views; null: there are none.
std::unique_ptr<DerivedTables> tables_for(Keeping keeping) {
  if (keeping == Keeping::kMirror) return nullptr;
  views::CheckedViews checked =
      views::check_text(keeping == Keeping::kViews ? kViews : kMemoryViews);
  RC_ASSERT(views::describe("views.sql", checked.faults) == "");
  std::vector<std::string> tables;
  for (const views::View& view : checked.views.views) tables.push_back(view.name);
  return std::make_unique<DerivedTables>(std::move(checked.views),
                                         std::vector<std::string>{"orders"}, std::move(tables));
}

/// A version without what tells that its entry holds content.
std::string without_sign(const std::string& version) {
  return version.substr(version.starts_with(kRemembersMark) ? kRemembersMark.size() : 0);
}

/// A pipeline on a target in memory.
class Bench {
 public:
  explicit Bench(Keeping keeping = Keeping::kMirror) : tables_(tables_for(keeping)) {}

  /// Delivers a batch.
  /// @return the identifier that the answer names, if it names one
  std::optional<std::string> deliver(const Changes& batch) {
    std::vector<std::string> records;
    for (const Change& change : batch) records.push_back(change.record);
    payload_.clear();
    RC_ASSERT(payload_.append(event_of(records)));
    const StreamEventResult result =
        stream_.run(payload_.view(), clock_.steady_now() + std::chrono::seconds(60)).value();
    const auto answer = nlohmann::json::parse(result.response);
    RC_ASSERT(answer.size() == 1U);
    const auto& failures = answer.at("batchItemFailures");
    RC_ASSERT(failures.size() <= 1U);
    RC_ASSERT(result.batch.counts.all() == batch.size());
    RC_ASSERT((result.batch.counts.not_done() == 0) == failures.empty());
    check_fates(batch, result.batch);
    if (failures.empty()) return std::nullopt;
    RC_ASSERT(failures.at(0).size() == 1U);
    return failures.at(0).at("itemIdentifier").get<std::string>();
  }

  State state() const {
    State state{.items = {}, .marks = {}, .sums = target.sums};
    std::erase_if(state.sums, [](const auto& sum) { return sum.second == SchoolSum(); });
    for (const auto& [id, version] : target.memory.marks) state.marks[id] = without_sign(version);
    for (const auto& [key, item] : target.memory.items) state.items[normal(key)] = normal(item);
    return state;
  }

  /// Whether the change, or a later one of its item, is in the target.
  bool done(const Change& change) const {
    const auto mark = target.memory.marks.find(mark_of(change));
    return change.sound && mark != target.memory.marks.end() &&
           without_sign(mark->second) >= change.version;
  }

  FlakyTarget target;

 private:
  /// Guarantee G5, of each record on its own: one that counts as done is in the target.
  void check_fates(const Changes& batch, const BatchResult& result) const {
    RC_ASSERT(result.fates.size() == batch.size());
    std::size_t failed = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!is_done(result.fates[i]))
        ++failed;
      else
        RC_ASSERT(done(batch[i]));
    }
    RC_ASSERT(failed == result.counts.not_done());
    RC_ASSERT(result.failures.empty() == (failed == 0));
    for (const Failure& failure : result.failures) {
      RC_ASSERT(!is_done(result.fates.at(failure.record)));
      RC_ASSERT(!is_done(result.fates.at(failure.cause)));
    }
  }

  FakeClock clock_;
  Logger logger_{{.sink = [](std::string_view) {}}, clock_};
  Payload payload_{1024UL * 1024};
  const std::unique_ptr<DerivedTables> tables_;
  Pipeline pipeline_{{.tables = tables_.get()}, target, clock_};
  StreamEventHandler stream_{pipeline_, logger_};
};

void log(const Changes& batch) {
  RC_LOG() << "batch:\n";
  for (const Change& change : batch) RC_LOG() << "  " << change.record << '\n';
}

/// The changes at some places, drawn anew for each: any order, any number of times.
Changes draw_some(const Changes& changes) {
  Changes some;
  if (changes.empty()) return some;
  const auto place = in_range<std::size_t>(0, changes.size());
  for (const std::size_t i : *rc::gen::container<std::vector<std::size_t>>(place))
    some.push_back(changes[i]);
  return some;
}

template <class Element>
void draw_shuffle(std::vector<Element>& elements) {
  for (std::size_t i = elements.size(); i > 1; --i)
    std::swap(elements[i - 1], elements[draw_below(i)]);
}

/// `changes` cut into batches, each of them whole.
std::vector<Changes> draw_batches(const Changes& changes) {
  std::vector<Changes> batches(1);
  for (const Change& change : changes) {
    if (!batches.back().empty() && draw_below(3) == 0) batches.emplace_back();
    batches.back().push_back(change);
  }
  return batches;
}

/// All changes at least once, in batches: cut anywhere, some of them again, in any order.
std::vector<Changes> draw_deliveries(const History& history) {
  Changes all = history.all();
  if (draw_coin()) {
    const Changes again = draw_some(all);
    all.insert(all.end(), again.begin(), again.end());
    draw_shuffle(all);
  }
  std::vector<Changes> deliveries;
  for (const Changes& batch : draw_batches(all))
    deliveries.insert(deliveries.end(), 1 + draw_below(2), batch);
  if (draw_coin()) draw_shuffle(deliveries);
  return deliveries;
}

std::deque<FlakyTarget::Fault> draw_faults() {
  using enum FlakyTarget::Fault;
  return *rc::gen::container<std::deque<FlakyTarget::Fault>>(
      rc::gen::element(kNotApplied, kAppliedAndNotTold, kNone));
}

std::size_t place_of(const std::string& number, const Changes& batch) {
  const auto found = std::find_if(batch.begin(), batch.end(),
                                  [&](const Change& change) { return change.number == number; });
  return static_cast<std::size_t>(found - batch.begin());
}

void check_any_delivery(Keeping keeping) {
  const History history = draw_history();
  Bench bench(keeping);
  for (const Changes& batch : draw_deliveries(history)) {
    log(batch);
    RC_ASSERT(!bench.deliver(batch));
  }
  RC_ASSERT((bench.state() == state_after(history.all(), keeping)));
}

TEST(HistoryProperty, AnyDeliveryOfAHistoryEndsInItsState) {
  EXPECT_TRUE(holds("max_success=250 max_size=12", [] { check_any_delivery(Keeping::kMirror); }));
}

TEST(HistoryProperty, AnyDeliveryOfAHistoryEndsInWhatViewsMakeOfItsState) {
  EXPECT_TRUE(holds("max_success=250 max_size=12", [] { check_any_delivery(Keeping::kViews); }));
}

TEST(HistoryProperty, AnyDeliveryOfAHistoryEndsInWhatViewsThatRememberMakeOfIt) {
  EXPECT_TRUE(holds("max_success=250 max_size=12", [] { check_any_delivery(Keeping::kMemory); }));
}

void check_one_batch(Keeping keeping) {
  const History history = draw_history();
  const Changes all = history.all();
  log(all);
  Bench together(keeping);
  RC_ASSERT(!together.deliver(all));
  Bench one_by_one(keeping);
  for (const Change& change : all) RC_ASSERT(!one_by_one.deliver({change}));
  RC_ASSERT((together.state() == one_by_one.state()));
  RC_ASSERT((together.state() == state_after(all, keeping)));
}

TEST(HistoryProperty, OneBatchEndsInTheStateOfOneBatchForEachRecord) {
  EXPECT_TRUE(holds("max_success=200 max_size=12", [] { check_one_batch(Keeping::kMirror); }));
}

TEST(HistoryProperty, OneBatchEndsInTheRowsOfOneBatchForEachRecord) {
  EXPECT_TRUE(holds("max_success=200 max_size=12", [] { check_one_batch(Keeping::kViews); }));
}

TEST(HistoryProperty, OneBatchEndsInTheRowsAndSumsOfOneBatchForEachRecord) {
  EXPECT_TRUE(holds("max_success=200 max_size=12", [] { check_one_batch(Keeping::kMemory); }));
}

/// Some changes are never seen: in the end there is what each item's newest one makes of it.
void check_gaps(Keeping keeping) {
  const History history = draw_history();
  const Changes all = history.all();
  Changes seen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_newest = std::none_of(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end(),
                                        [&](const Change& later) { return later.id == all[i].id; });
    if (is_newest || draw_coin()) seen.push_back(all[i]);
  }
  if (draw_coin()) draw_shuffle(seen);
  Bench bench(keeping);
  for (const Changes& batch : draw_batches(seen)) {
    log(batch);
    RC_ASSERT(!bench.deliver(batch));
  }
  RC_ASSERT((bench.state() == state_after(all, keeping)));
}

TEST(HistoryProperty, AHistoryWithGapsEndsInItsRows) {
  EXPECT_TRUE(holds("max_success=150 max_size=12", [] { check_gaps(Keeping::kViews); }));
}

TEST(HistoryProperty, AHistoryWithGapsEndsInItsRowsAndSums) {
  EXPECT_TRUE(holds("max_success=250 max_size=12", [] { check_gaps(Keeping::kMemory); }));
}

/// The streams take turns in any way; each goes on from the record that the answer names.
void check_a_driver(Keeping keeping) {
  const History history = draw_history();
  Bench bench(keeping);
  bench.target.faults = draw_faults();
  std::array<std::size_t, kLabels.size()> next = {};
  // Each delivery takes a fault away, or brings its stream forward.
  const std::size_t deliveries_max = history.all().size() + bench.target.faults.size();
  std::size_t deliveries = 0;
  const auto left = [&](std::size_t i) { return history.streams[i].size() - next[i]; };
  while (left(0) + left(1) > 0) {
    const std::size_t i = left(0) == 0 ? 1 : left(1) == 0 ? 0 : draw_below(kLabels.size());
    RC_ASSERT(deliveries++ < deliveries_max);
    const auto start = history.streams[i].begin() + static_cast<std::ptrdiff_t>(next[i]);
    const Changes batch(start, start + static_cast<std::ptrdiff_t>(1 + draw_below(left(i))));
    log(batch);
    const auto named = bench.deliver(batch);
    const std::size_t place = named ? place_of(*named, batch) : batch.size();
    RC_ASSERT(!named || place < batch.size());
    next[i] += place;
  }
  RC_ASSERT((bench.state() == state_after(history.all(), keeping)));
}

TEST(HistoryProperty, ADriverThatFollowsTheAnswersEndsInTheHistorysState) {
  EXPECT_TRUE(holds("max_success=250 max_size=12", [] { check_a_driver(Keeping::kMirror); }));
}

TEST(HistoryProperty, ADriverThatFollowsTheAnswersEndsInItsRows) {
  EXPECT_TRUE(holds("max_success=250 max_size=12", [] { check_a_driver(Keeping::kViews); }));
}

TEST(HistoryProperty, ADriverThatFollowsTheAnswersEndsInItsRowsAndSums) {
  EXPECT_TRUE(holds("max_success=250 max_size=12", [] { check_a_driver(Keeping::kMemory); }));
}

/// A target that has seen nothing yet, so that what is done is done by this batch.
TEST(HistoryProperty, AnAnswerNamesTheLowestRecordThatIsNotDone) {
  const auto property = [] {
    const History history = draw_history(Soundness::kSomeBad);
    const Changes& batch = history.streams[draw_below(kLabels.size())];
    Changes delivered = batch;
    if (draw_coin()) draw_shuffle(delivered);
    log(delivered);
    Bench bench;
    for (const Change& change : batch)
      if (draw_below(4) == 0) bench.target.memory.failing_keys.insert(key_of(change.id));
    const auto named = bench.deliver(delivered);
    const auto lowest = std::find_if(batch.begin(), batch.end(),
                                     [&](const Change& change) { return !bench.done(change); });
    RC_ASSERT(named.has_value() == (lowest != batch.end()));
    if (named) RC_ASSERT(*named == lowest->number);
  };
  EXPECT_TRUE(holds("max_success=300 max_size=12", property));
}

/// Whatever the target has seen before and whatever fails, also a commit that went through.
TEST(HistoryProperty, AllBelowTheNamedRecordIsDone) {
  const auto property = [] {
    const History history = draw_history(Soundness::kSomeBad);
    Bench bench;
    bench.target.faults = draw_faults();
    for (const Changes& batch : draw_batches(draw_some(history.all()))) {
      log(batch);
      bench.deliver(batch);
    }
    const Changes batch = draw_some(history.streams[draw_below(kLabels.size())]);
    log(batch);
    const auto named = bench.deliver(batch);
    const std::size_t place = named ? place_of(*named, batch) : batch.size();
    RC_ASSERT(!named || place < batch.size());
    for (const Change& change : batch)
      if (!named || change.version < batch[place].version) RC_ASSERT(bench.done(change));
  };
  EXPECT_TRUE(holds("max_success=300 max_size=12", property));
}

/// The answer may name a record that an earlier delivery has applied, since a commit stands for all
/// records of its item: but then one of those is not done.
TEST(HistoryProperty, AnAnswerNamesNoItemThatIsDone) {
  const auto property = [] {
    const History history = draw_history(Soundness::kSomeBad);
    Bench bench;
    for (const Changes& batch : draw_batches(draw_some(history.all()))) {
      log(batch);
      bench.deliver(batch);
    }
    const Changes batch = draw_some(history.streams[draw_below(kLabels.size())]);
    log(batch);
    for (const Change& change : batch)
      if (draw_below(4) == 0) bench.target.memory.failing_keys.insert(key_of(change.id));
    const auto named = bench.deliver(batch);
    if (!named) return;
    const std::string& id = batch.at(place_of(*named, batch)).id;
    RC_ASSERT(std::any_of(batch.begin(), batch.end(), [&](const Change& change) {
      return change.id == id && !bench.done(change);
    }));
  };
  EXPECT_TRUE(holds("max_success=300 max_size=12", property));
}

}  // namespace
}  // namespace streamonce::handler
