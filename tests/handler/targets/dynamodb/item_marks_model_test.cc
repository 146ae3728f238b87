// Marks in the items, all interleavings: two invocations work on one item, each with a batch that
// Lambda may give it of the item's history, from each state that may be there before; and every
// order in which the service may carry out their requests is tried, with answers that are lost,
// requests that arrive late, be it after all is over, and conflicts.
//
// The invocations are the target itself. An invocation is a function of the answers that it has
// had: it is run again from its beginning with one more answer, and what it asks next, or what it
// ends with, is the next step. So each request, whatever it falls back to, is one atomic step at
// the service. A kill is a step that never comes: what holds after each step holds there, too.
//
// After each step:
//   - What is there shows the change that its mark says, whole, or is gone with its tombstone.
//   - A change of the stream that was written is above all that was ever there (G3, G4).
//   - No tombstone is above the version of an item that is there.
//   - A repair keeps the version, and finds what it had seen.
//   - An invocation that ends is done, and what it says is true.
//
// How many orders there are is counted, so that none is left out without a word.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "handler/targets/dynamodb/dynamodb_target.h"
#include "handler/targets/dynamodb/item_mark.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/condition_expression.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mark_places.h"
#include "tests/support/signed_request.h"

namespace streamonce::handler::dynamodb {
namespace {

using nlohmann::json;
using runtime::HttpResponse;
using Number = std::uint64_t;  // of a change; 0: none

constexpr const char* kMark = "streamonce";

// ---- The item's history: inserted, modified, removed, inserted anew.

constexpr Number kChanges = 4;
constexpr Number kRemoval = 3;

bool is_insert(Number number) {
  return number == 1 || number == 4;
}

std::string text_of(Number number) {
  return std::string(version_of(number).text());
}

/// The number of the change whose version a mark begins with; 0: it is a repair's, below them all.
Number number_in(const std::string& mark) {
  for (Number number = 1; number <= kChanges; ++number)
    if (mark.substr(0, mark.find('#')) == text_of(number)) return number;
  return 0;
}

json item_of(Number number) {
  return {{"pk", {{"S", "a"}}}, {"n", {{"N", std::to_string(number)}}}};
}

/// The item as a change has left it, with its mark.
json marked_item(Number number, const std::string& nonce = {}) {
  json item = item_of(number);
  item[kMark]["S"] = text_of(number) + nonce;
  return item;
}

json entry_of(Number number, const char* operation = "remove") {
  return {{"id", {{"S", "p|a"}}}, {"v", {{"S", text_of(number)}}}, {"op", {{"S", operation}}}};
}

// ---- The service.

struct Request {
  std::string operation;
  std::string body;
};

/// What is there of the item; null: nothing.
struct Stored {
  json item;
  json entry;
  std::set<std::string> tokens = {};  ///< of what was committed

  friend bool operator==(const Stored& a, const Stored& b) {
    return a.item == b.item && a.entry == b.entry;  // the rest shows in nothing
  }
  /// The number that the mark shows.
  Number shown() const {
    if (item.contains(kMark)) return number_in(item[kMark]["S"]);
    return entry.is_null() ? 0 : number_in(entry["v"]["S"]);
  }
  /// What tells the mark from each other one.
  std::string identity() const {
    if (item.contains(kMark)) return "item " + item[kMark]["S"].get<std::string>();
    if (entry.is_null()) return "none";
    return "entry " + entry["v"]["S"].get<std::string>() + " " +
           (entry.contains("r") ? entry["r"]["S"].get<std::string>() : "");
  }
};

json error(const std::string& code) {
  return {{"__type", "com.amazonaws.dynamodb.v20120810#" + code}, {"message", "as asked"}};
}

HttpResponse answer(int status, const json& body) {
  return {.status = status, .headers = {}, .body = body.dump()};
}

const json& inside(const json& action) {
  return action.begin().value();
}

bool is_of_ledger(const json& action) {
  return inside(action)["TableName"] == "ledger";
}

json reason_of(const json& action, const Stored& stored) {
  const json& there = is_of_ledger(action) ? stored.entry : stored.item;
  const auto holds = testing::condition_holds(inside(action), there.is_null() ? nullptr : &there);
  EXPECT_TRUE(holds.has_value()) << action;
  if (holds.value_or(false)) return {{"Code", "None"}};
  json reason = {{"Code", "ConditionalCheckFailed"}, {"Message", "The conditional request failed"}};
  if (!there.is_null()) reason["Item"] = there;
  return reason;
}

void write(const json& action, Stored& stored) {
  if (action.contains("ConditionCheck")) return;
  json& there = is_of_ledger(action) ? stored.entry : stored.item;
  there = action.contains("Put") ? action["Put"]["Item"] : json();
}

HttpResponse cancelled(const json& reasons) {
  json body = error("TransactionCanceledException");
  body["CancellationReasons"] = reasons;
  return answer(400, body);
}

HttpResponse transact(const json& request, Stored& stored) {
  const std::string token = request["ClientRequestToken"].get<std::string>();
  if (stored.tokens.contains(token)) return answer(200, json::object());
  json reasons = json::array();
  for (const json& action : request["TransactItems"]) reasons.push_back(reason_of(action, stored));
  const bool is_good = std::all_of(reasons.begin(), reasons.end(),
                                   [](const json& reason) { return reason["Code"] == "None"; });
  if (!is_good) return cancelled(reasons);
  for (const json& action : request["TransactItems"]) write(action, stored);
  stored.tokens.insert(token);
  return answer(200, json::object());
}

HttpResponse put(const json& request, Stored& stored) {
  const json action = {{"Put", request}};
  const json reason = reason_of(action, stored);
  if (reason["Code"] == "None") {
    write(action, stored);
    return answer(200, json::object());
  }
  json body = error("ConditionalCheckFailedException");
  if (reason.contains("Item")) body["Item"] = reason["Item"];
  return answer(400, body);
}

HttpResponse read(const json& request, const Stored& stored) {
  const std::string table = request["RequestItems"].begin().key();
  const json& there = table == "ledger" ? stored.entry : stored.item;
  json body = {{"Responses", {{table, json::array()}}}};
  if (!there.is_null()) body["Responses"][table].push_back(there);
  return answer(200, body);
}

HttpResponse carry_out(const Request& request, Stored& stored) {
  const json body = json::parse(request.body);
  if (request.operation == "PutItem") return put(body, stored);
  return request.operation == "BatchGetItem" ? read(body, stored) : transact(body, stored);
}

/// What a request is answered that meets another one at work.
HttpResponse conflict_of(const Request& request) {
  if (request.operation != "TransactWriteItems")
    return answer(400, error("TransactionConflictException"));
  return cancelled({{{"Code", "TransactionConflict"}, {"Message", "ongoing"}}, {{"Code", "None"}}});
}

// ---- The invocations.

/// What somebody does once.
struct Work {
  std::string name;
  Number first = 0;  ///< of the batch's changes
  Number last = 0;   ///< of these; for a repair the source's newest one
  bool repairs = false;
};

/// That of the repairs of an invocation.
std::string nonce_of(std::size_t place) {
  return "nonce" + std::to_string(place);
}

/// Answers what it is told, and throws what is asked then.
class ScriptedTransport final : public runtime::HttpTransport {
 public:
  explicit ScriptedTransport(std::vector<Result<HttpResponse>> answers)
      : answers_(std::move(answers)) {}

  runtime::HttpRequestId start(runtime::HttpRequest request) override {
    EXPECT_FALSE(asked_.has_value()) << "two requests at once for one item";
    const std::string& target = request.headers.at(1);
    asked_ =
        Request{.operation = target.substr(target.rfind('.') + 1), .body = std::move(request.body)};
    return ++last_id_;
  }
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime>) override {
    if (!asked_) return std::nullopt;
    if (next_ == answers_.size()) throw Request(*asked_);
    asked_.reset();
    return runtime::HttpCompletion{.id = last_id_, .result = answers_[next_++]};
  }
  std::string cancel(runtime::HttpRequestId) override { return {}; }

 private:
  const std::vector<Result<HttpResponse>> answers_;
  std::size_t next_ = 0;
  runtime::HttpRequestId last_id_ = 0;
  std::optional<Request> asked_;
};

/// An answer as a text: `200{...}`; `lost` and `late`: there was none.
using AnswerText = std::string;

AnswerText text_of(const HttpResponse& response) {
  return std::to_string(response.status) + response.body;
}

Result<HttpResponse> answer_of(const AnswerText& text) {
  if (text == "lost") return Error{ErrorCode::kUnavailable, "connection reset"};
  if (text == "late") return Error{ErrorCode::kTimeout, "no answer in time"};
  return HttpResponse{.status = std::stoi(text), .headers = {}, .body = text.substr(3)};
}

/// What an invocation does next.
struct Next {
  std::optional<Request> asks;  ///< none: it has ended
  std::string seen;             ///< of a repair: what it found, as Stored::identity() has it
  CommitResult result = CommitResult::kFailed;
};

class Invocation {
 public:
  Invocation(Work work, std::size_t place) : work_(std::move(work)), place_(place) {}

  const Work& work() const { return work_; }

  const Next& next(const std::vector<AnswerText>& answers) {
    const auto [known, is_new] = known_.try_emplace(answers);
    if (is_new) known->second = run(answers);
    return known->second;
  }

 private:
  Next run(const std::vector<AnswerText>& texts) const {
    std::vector<Result<HttpResponse>> answers;
    for (const AnswerText& text : texts) answers.push_back(answer_of(text));
    testing::FakeClock clock;
    ScriptedTransport transport(std::move(answers));
    Logger logger({.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
                  clock);
    DynamoDbOptions options;
    options.ledger_table = "ledger";
    options.region = "eu-west-1";
    options.credentials = testing::credentials("x", "y");
    options.version_attribute = kMark;
    options.random_seed = 1 + place_;
    const auto target = DynamoDbTarget::create(options, transport, clock, logger).value();
    Next next;
    try {
      next.result = work_.repairs ? repair(*target, clock, next) : apply(*target, clock);
    } catch (const Request& asked) {
      next.asks = asked;
    }
    return next;
  }

  void add_commit(Commits& commits, bool removes) const {
    if (removes)
      commits.remove("a", work_.last);
    else
      commits.put("a", work_.last, item_of(work_.last).dump());
  }

  static CommitResult commit(DynamoDbTarget& target, const Clock& clock, Commits& commits) {
    Outcome outcome;
    target.commit(commits.all(), {&outcome, 1}, clock.steady_now() + std::chrono::seconds(60));
    EXPECT_TRUE(outcome.result != CommitResult::kFailed) << outcome.reason;
    return outcome.result;
  }

  CommitResult apply(DynamoDbTarget& target, const Clock& clock) const {
    Commits commits;
    add_commit(commits, work_.last == kRemoval);
    commits.all().front().was_there = !is_insert(work_.first);
    return commit(target, clock, commits);
  }

  CommitResult repair(DynamoDbTarget& target, const Clock& clock, Next& next) const {
    testing::MarkPlaces places;
    places.add("p|a", "items", "pk", "a");
    const auto marks = target.read_marks(places.list(), Reading::kTold,
                                         clock.steady_now() + std::chrono::seconds(60));
    EXPECT_TRUE(marks.front().has_value());
    const std::optional<Mark> seen = marks.front().value();
    next.seen = identity_of(seen);
    Commits commits;
    add_commit(commits, work_.last == kRemoval);
    Commit& made = commits.all().front();
    made.version = seen ? seen->version : version_of(1, "2026-01-01T00:00:00.000");
    made.seen = Seen{.mark = seen ? &*seen : nullptr};
    const std::string nonce = nonce_of(place_);
    made.nonce = nonce;
    return commit(target, clock, commits);
  }

  static std::string identity_of(const std::optional<Mark>& mark) {
    if (!mark) return "none";
    return mark->is_in_item ? "item " + item_mark_text(*mark)
                            : "entry " + std::string(mark->version.text()) + " " + mark->nonce;
  }

  const Work work_;
  const std::size_t place_;
  std::map<std::vector<AnswerText>, Next> known_;
};

// ---- All orders.

/// A moment.
struct Moment {
  Stored stored;
  Number newest = 0;  ///< that was ever there
  std::array<std::vector<AnswerText>, 2> answers = {};
  std::array<bool, 2> ended = {};
  std::vector<std::pair<std::size_t, Request>> late = {};  ///< which may arrive at any time
  int troubles_left = 0;
};

struct Start {
  std::string name;
  Stored stored;
};

class Orders {
 public:
  Orders(Start start, const Work& one, const Work& other, int troubles)
      : start_(std::move(start)),
        invocations_{Invocation(one, 0), Invocation(other, 1)},
        troubles_(troubles) {}

  /// How many there are; 0: a promise is broken, and a failure added.
  std::uint64_t count() {
    return count(Moment{
        .stored = start_.stored, .newest = start_.stored.shown(), .troubles_left = troubles_});
  }
  std::size_t moments() const { return known_.size(); }

 private:
  std::uint64_t count(Moment moment) {
    end_those_that_are_done(moment);
    const auto [known, is_new] = known_.try_emplace(key_of(moment), 0);  // which stays in its place
    if (!is_new) return known->second;
    if (::testing::Test::HasFailure()) return 0;
    std::uint64_t orders = 0;
    for (std::size_t i = 0; i < invocations_.size(); ++i)
      if (!moment.ended[i]) orders += count_after_step_of(moment, i);
    for (std::size_t i = 0; i < moment.late.size(); ++i) {
      Moment after = moment;
      const auto [place, request] = after.late[i];
      after.late.erase(after.late.begin() + static_cast<std::ptrdiff_t>(i));
      carry_out_of(place, request, after);
      orders += count(std::move(after));
    }
    const bool is_last = orders == 0;
    if (is_last) check_end(moment);
    return known->second = is_last ? 1 : orders;
  }

  std::uint64_t count_after_step_of(const Moment& moment, std::size_t i) {
    const Request request = *invocations_[i].next(moment.answers[i]).asks;
    Moment after = moment;
    const AnswerText text = text_of(carry_out_of(i, request, after));
    after.answers[i].push_back(text);
    std::uint64_t orders = count(after);
    if (moment.troubles_left == 0) return orders;
    after.troubles_left = moment.troubles_left - 1;
    after.answers[i].back() = "lost";
    orders += count(std::move(after));

    Moment held = moment;
    --held.troubles_left;
    held.answers[i].push_back(text_of(conflict_of(request)));
    orders += count(held);
    held.answers[i].back() = "late";
    held.late.emplace_back(i, request);
    return orders + count(std::move(held));
  }

  /// Carries a request of an invocation out, and looks at what has come of it.
  HttpResponse carry_out_of(std::size_t i, const Request& request, Moment& moment) {
    const Stored before = moment.stored;
    HttpResponse response = carry_out(request, moment.stored);
    if (moment.stored == before) return response;
    const Work& work = invocations_[i].work();
    const Number shown = moment.stored.shown();
    if (work.repairs)
      check_repair(i, before, moment);
    else
      EXPECT_TRUE(shown > moment.newest && shown == work.last) << story(moment);
    check_stored(work, moment);
    moment.newest = std::max(moment.newest, shown);
    return response;
  }

  /// Checks that a repair leaves the version as it was, and has seen what was there.
  void check_repair(std::size_t i, const Stored& before, const Moment& moment) {
    EXPECT_EQ(moment.stored.shown(), before.shown()) << story(moment);
    EXPECT_EQ(before.shown(), moment.newest) << story(moment);
    EXPECT_NE(moment.stored.identity(), before.identity()) << story(moment);
    EXPECT_EQ(seen_by(i, moment), before.identity()) << story(moment);
  }

  std::string seen_by(std::size_t i, const Moment& moment) {
    return invocations_[i].next(moment.answers[i]).seen;
  }

  void check_stored(const Work& work, const Moment& moment) {
    const Stored& stored = moment.stored;
    if (work.last == kRemoval) {
      EXPECT_TRUE(stored.item.is_null()) << story(moment);
      EXPECT_TRUE(!stored.entry.is_null() && stored.entry["op"]["S"] == "remove") << story(moment);
      return;
    }
    json item = stored.item;
    EXPECT_TRUE(item.contains(kMark)) << story(moment);
    item.erase(kMark);
    EXPECT_EQ(item, item_of(work.last)) << story(moment);
    EXPECT_TRUE(stored.entry.is_null() ||
                number_in(stored.entry["v"]["S"]) <= number_in(stored.item[kMark]["S"]))
        << story(moment);
  }

  /// Checks what those say that have ended.
  void end_those_that_are_done(Moment& moment) {
    for (std::size_t i = 0; i < invocations_.size(); ++i) {
      const Next& next = invocations_[i].next(moment.answers[i]);
      if (moment.ended[i] || next.asks) continue;
      moment.ended[i] = true;
      const Work& work = invocations_[i].work();
      if (work.repairs) {
        const bool is_done =
            next.result == CommitResult::kApplied || next.result == CommitResult::kAlreadyApplied;
        const bool is_there = moment.stored.identity().ends_with(nonce_of(i));
        EXPECT_TRUE(is_done || !is_there) << story(moment);
        continue;
      }
      const bool is_true = next.result == CommitResult::kStale ? moment.newest > work.last
                                                               : moment.newest >= work.last;
      EXPECT_TRUE(is_true && next.result != CommitResult::kFailed &&
                  next.result != CommitResult::kChanged)
          << story(moment);
    }
  }

  /// Checks that the newest change is what is there.
  void check_end(const Moment& moment) {
    Number newest = start_.stored.shown();
    bool is_repaired = false;
    for (const Invocation& invocation : invocations_) {
      is_repaired = is_repaired || invocation.work().repairs;
      if (!invocation.work().repairs) newest = std::max(newest, invocation.work().last);
    }
    EXPECT_EQ(moment.newest, newest) << story(moment);
    EXPECT_EQ(moment.stored.shown(), newest) << story(moment);
    if (!is_repaired && newest > start_.stored.shown())
      EXPECT_EQ(moment.stored.item.is_null(), newest == kRemoval) << story(moment);
  }

  static std::string key_of(const Moment& moment) {
    json key = {moment.stored.item, moment.stored.entry, moment.stored.tokens, moment.newest,
                moment.answers,     moment.ended,        moment.troubles_left};
    for (const auto& [place, request] : moment.late)
      key.push_back({place, request.operation, request.body});
    return key.dump();
  }

  /// What has led to a moment, for a failure.
  std::string story(const Moment& moment) const {
    std::string text = "from " + start_.name + ": ";
    for (std::size_t i = 0; i < invocations_.size(); ++i) {
      text += (i == 0 ? "" : " and ") + invocations_[i].work().name;
      for (const AnswerText& each : moment.answers[i]) text += "\n  " + each.substr(0, 300);
      text += "\n";
    }
    return text + "there: " + moment.stored.item.dump() + " " + moment.stored.entry.dump();
  }

  const Start start_;
  std::array<Invocation, 2> invocations_;
  const int troubles_;
  std::map<std::string, std::uint64_t> known_;
};

/// What may be there before: what each change leaves, be its tombstone there still or not; what
/// nobody has marked; what the ledger had all marks of; and what repairs leave.
std::vector<Start> all_starts() {
  const json old = {{"pk", {{"S", "a"}}}, {"n", {{"N", "0"}}}};
  json left = entry_of(kRemoval);
  left["r"]["S"] = "old";
  return {
      {"nothing", {.item = {}, .entry = {}}},
      {"an old item", {.item = old, .entry = {}}},
      {"an item of the ledger's", {.item = item_of(2), .entry = entry_of(2, "put")}},
      {"I", {.item = marked_item(1), .entry = {}}},
      {"I M", {.item = marked_item(2), .entry = {}}},
      {"I M R", {.item = {}, .entry = entry_of(3)}},
      {"I M R I", {.item = marked_item(4), .entry = entry_of(3)}},
      {"I, with nothing before it", {.item = marked_item(4), .entry = {}}},
      {"a repaired item", {.item = marked_item(2, "#old"), .entry = {}}},
      {"an item that a repair has left", {.item = {}, .entry = left}},
  };
}

/// The batches of changes that follow each other. Of each, the newest change is written.
std::vector<Work> all_batches() {
  std::vector<Work> batches;
  for (Number first = 1; first <= kChanges; ++first) {
    std::string name = "[";
    for (Number last = first; last <= kChanges; ++last) {
      name += "?IMRI"[last];
      batches.push_back({.name = name + "]", .first = first, .last = last});
    }
  }
  return batches;
}

/// Repairs, when the source has the item anew, and when it is gone.
std::vector<Work> all_repairs() {
  return {{.name = "a repair that puts", .last = 4, .repairs = true},
          {.name = "a repair that removes", .last = kRemoval, .repairs = true}};
}

struct Counts {
  std::uint64_t orders = 0;
  std::size_t moments = 0;
};

/// Tries all orders of each pair, from each start.
Counts try_all(const std::vector<std::pair<Work, Work>>& pairs, int troubles) {
  Counts counts;
  for (const Start& start : all_starts()) {
    for (const auto& [one, other] : pairs) {
      Orders orders(start, one, other, troubles);
      counts.orders += orders.count();
      counts.moments += orders.moments();
      if (::testing::Test::HasFailure()) return counts;
    }
  }
  return counts;
}

std::vector<std::pair<Work, Work>> pairs_of(const std::vector<Work>& works) {
  std::vector<std::pair<Work, Work>> pairs;
  for (std::size_t i = 0; i < works.size(); ++i)
    for (std::size_t j = i; j < works.size(); ++j) pairs.emplace_back(works[i], works[j]);
  return pairs;
}

/// What is delivered once more, what comes later, and what is replayed: in whatever order.
TEST(ItemMarksModel, KeepsThePromisesInAllOrdersOfTwoInvocations) {
  const auto pairs = pairs_of(all_batches());
  ASSERT_EQ(pairs.size(), 55U);
  const Counts counts = try_all(pairs, /*troubles=*/1);
  EXPECT_EQ(counts.orders, 26'847U);
  EXPECT_EQ(counts.moments, 33'913U);
}

/// The same of one that is delivered again while it is at work still, with more in its way.
TEST(ItemMarksModel, KeepsThePromisesInAllOrdersOfARedelivery) {
  std::vector<std::pair<Work, Work>> pairs;
  for (const Work& batch : all_batches()) pairs.emplace_back(batch, batch);
  const Counts counts = try_all(pairs, /*troubles=*/2);
  EXPECT_EQ(counts.orders, 135'208U);
  EXPECT_EQ(counts.moments, 48'412U);
}

TEST(ItemMarksModel, LosesNothingToTwoRepairsInAnyOrder) {
  const Counts counts = try_all(pairs_of(all_repairs()), /*troubles=*/2);
  EXPECT_EQ(counts.orders, 1'240'200U);
  EXPECT_EQ(counts.moments, 131'217U);
}

TEST(ItemMarksModel, LosesNothingToARepairBesideABatchInAnyOrder) {
  std::vector<std::pair<Work, Work>> pairs;
  for (const Work& repair : all_repairs())
    for (const Work& batch : all_batches()) pairs.emplace_back(repair, batch);
  const Counts counts = try_all(pairs, /*troubles=*/1);
  EXPECT_EQ(counts.orders, 33'862U);
  EXPECT_EQ(counts.moments, 30'555U);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
