// tests/fuzz/event_fuzz.cc: an event through all of the pipeline that is pure.
//
// The input is an event and one byte more, which says what becomes of each commit (in a file of the
// corpus, that is its last line feed). What must hold:
//
//   the parser     tells the same each time; takes JSON only; its raw texts lie in the payload or
//                  among the batch's copies; if nothing is wrong with the record, they are JSON
//                  objects with attributes and without nulls; a refusal says why
//   one record     says the same alone as in an event, and still does when another was read
//   the plan       has one commit for each item that has a sound change, and that change
//   the request    is JSON with the actions that the commits need and nothing more: no item reaches
//                  out of its place
//   the fates      are one for each record, and agree with the counts
//   the answer     names the lowest record that is not done, or nothing; there is one unless the
//                  stream's view type leaves an image out
//
// What is expected of plan and answer is worked out here once more, in the plainest way.

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "events/change.h"
#include "events/stream_batch.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/pipeline.h"
#include "handler/pipeline/plan.h"
#include "handler/sources/lambda/stream_event.h"
#include "handler/targets/dynamodb/transact_request.h"
#include "runtime/base/check.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/strict_json.h"

namespace streamonce::handler {
namespace {

using events::EventName;
using events::StreamBatch;
using events::StreamRecord;
using events::StreamViewType;
using nlohmann::json;

/// How deep values are checked; deeper ones, of members that nobody uses, are skipped.
constexpr std::size_t kNestingChecked = 128;

/// A few of the fixtures' records are older than this allows, and the others are not.
constexpr std::chrono::days kRetain{2};
constexpr WallTime kNow{std::chrono::seconds(1'795'221'867) + kRetain};

/// What the input's last byte decides.
struct Choice {
  std::uint8_t byte = 0;

  bool retains() const { return (byte & 64U) != 0; }
  CommitResult of(std::string_view ledger_id) const {
    unsigned sum = 0;
    for (const char c : ledger_id) sum += static_cast<unsigned char>(c);
    if (((byte >> (sum % 6U)) & 1U) != 0) return CommitResult::kFailed;
    return sum % 3U == 0   ? CommitResult::kApplied
           : sum % 3U == 1 ? CommitResult::kAlreadyApplied
                           : CommitResult::kStale;
  }
};

/// All that a record says, as one text.
std::string text_of(const StreamRecord& record) {
  std::string text;
  const auto add = [&](std::string_view part) {
    text += part;
    text += '\0';
  };
  for (const std::string_view part :
       {record.sequence_number.text(), name_of(record.view_type), record.stream.region,
        record.stream.account, record.stream.table, record.stream.label, record.keys_json,
        record.new_image_json, record.old_image_json, std::string_view(record.problem)})
    add(part);
  for (const events::KeyAttribute& attribute : record.key.attributes()) {
    add(attribute.name);
    add({reinterpret_cast<const char*>(&attribute.type), 1});
    add(attribute.value);
  }
  add(record.created_at ? std::to_string(*record.created_at) : "none");
  add(std::to_string(static_cast<int>(record.event_name)));
  add(record.expired_by_ttl ? "expired" : "");
  return text;
}

/// Whether `part` is a piece of `whole`. Takes the same branches wherever the system has put them,
/// so that what the target covers depends on its input alone.
bool lies_in(std::string_view part, std::string_view whole) {
  if (part.empty()) return true;
  const std::uintptr_t distance = reinterpret_cast<std::uintptr_t>(part.data()) -
                                  reinterpret_cast<std::uintptr_t>(whole.data());
  // A part that begins before `whole` is at a distance of nearly all addresses.
  return part.size() <= whole.size() && distance <= whole.size() - part.size();
}

json parsed(std::string_view text) {
  json value = json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  STREAMONCE_CHECK(!value.is_discarded());
  return value;
}

bool has_null(const json& value) {
  if (!value.is_structured()) return value.is_null();
  return std::any_of(value.begin(), value.end(), has_null);
}

bool lies_in_copies(std::string_view part, const StreamBatch& batch) {
  return std::count_if(batch.copies.begin(), batch.copies.end(),
                       [&](const auto& copy) { return lies_in(part, *copy); }) > 0;
}

/// Checks a raw text of a record that nothing is wrong with.
void check_raw(std::string_view raw) {
  if (raw.empty()) return;
  STREAMONCE_CHECK(fuzz::is_bare_object(raw));
  const json object = parsed(raw);
  STREAMONCE_CHECK(!object.empty() && !has_null(object));
}

void check_batch(const StreamBatch& batch, std::string_view text) {
  STREAMONCE_CHECK(fuzz::nesting_of(text) > kNestingChecked || fuzz::is_json(text));
  STREAMONCE_CHECK(batch.records.size() <= events::kRecordsMax);
  for (const StreamRecord& record : batch.records) {
    for (const std::string_view raw :
         {record.keys_json, record.new_image_json, record.old_image_json}) {
      const bool in_copies = lies_in_copies(raw, batch);
      STREAMONCE_CHECK(in_copies || lies_in(raw, text));
      if (record.problem.empty()) check_raw(raw);
    }
    if (!record.problem.empty()) continue;
    STREAMONCE_CHECK(!record.keys_json.empty() && !record.key.empty());
    STREAMONCE_CHECK(!record.stream.table.empty());
  }
}

void check_same(const Result<StreamBatch>& once, const Result<StreamBatch>& again) {
  STREAMONCE_CHECK(once.has_value() == again.has_value());
  if (!once) {
    STREAMONCE_CHECK(once.error().message == again.error().message);
    return;
  }
  STREAMONCE_CHECK(once->records.size() == again->records.size());
  for (std::size_t i = 0; i < once->records.size(); ++i)
    STREAMONCE_CHECK(text_of(once->records[i]) == text_of(again->records[i]));
}

bool is_sound(const StreamRecord& record) {
  return record.problem.empty() &&
         (record.event_name == EventName::kRemove || !record.new_image_json.empty());
}

/// What must become of a batch.
struct Expected {
  std::map<std::string, const StreamRecord*> commits;  ///< the change to apply, by ledger id
  std::map<const StreamRecord*, Fate> fates;
  std::size_t items = 0;

  std::size_t number_of(Fate fate) const {
    return static_cast<std::size_t>(std::count_if(
        fates.begin(), fates.end(), [&](const auto& each) { return each.second == fate; }));
  }
  /// The records that Lambda must deliver again.
  std::vector<const StreamRecord*> not_done() const {
    std::vector<const StreamRecord*> records;
    for (const auto& [record, fate] : fates)
      if (fate == Fate::kFailed || fate == Fate::kExpired) records.push_back(record);
    return records;
  }
};

Fate fate_of(CommitResult result) {
  return result == CommitResult::kApplied          ? Fate::kApplied
         : result == CommitResult::kAlreadyApplied ? Fate::kAlreadyApplied
         : result == CommitResult::kStale          ? Fate::kStale
                                                   : Fate::kFailed;
}

/// What must become of the records of one item, which are in order.
void expect_of_item(const std::string& id, std::vector<const StreamRecord*> records, Choice choice,
                    Expected& expected) {
  const auto bad = std::find_if_not(records.begin(), records.end(),
                                    [](const StreamRecord* record) { return is_sound(*record); });
  for (auto record = bad; record != records.end(); ++record)
    expected.fates[*record] = Fate::kFailed;
  records.erase(bad, records.end());
  if (records.empty()) return;
  const StreamRecord& newest = *records.back();
  const bool of_unknown_age = choice.retains() && !newest.created_at;
  const bool expired = choice.retains() && newest.created_at &&
                       kNow - WallTime(std::chrono::seconds(*newest.created_at)) > kRetain;
  if (!expired && !of_unknown_age) expected.commits[id] = &newest;
  const Fate fate = of_unknown_age ? Fate::kFailed
                    : expired      ? Fate::kExpired
                                   : fate_of(choice.of(id));
  const bool done = fate != Fate::kExpired && fate != Fate::kFailed;
  for (const StreamRecord* record : records)
    expected.fates[record] = done && record != &newest ? Fate::kSuperseded : fate;
}

Expected expect_of(const StreamBatch& batch, Choice choice) {
  Expected expected;
  std::map<std::string, std::vector<const StreamRecord*>> items;
  for (const StreamRecord& record : batch.records) {
    const events::StreamArn& stream = record.stream;
    if (record.key.empty() || stream.table.empty()) {
      expected.fates[&record] = Fate::kFailed;
      continue;
    }
    std::string id;
    for (const std::string_view part :
         {stream.table, std::string_view("|"), stream.account, std::string_view("/"), stream.region,
          std::string_view("/"), stream.table, std::string_view("|")})
      id += part;
    append_canonical(id, record.key);
    items[id].push_back(&record);
  }
  for (auto& [id, records] : items) {
    std::stable_sort(records.begin(), records.end(),
                     [](const StreamRecord* a, const StreamRecord* b) {
                       if (a->stream.label != b->stream.label)
                         return a->stream.label < b->stream.label;
                       return a->sequence_number < b->sequence_number;
                     });
    expect_of_item(id, records, choice, expected);
  }
  expected.items = items.size();
  return expected;
}

void check_plan(const Plan& plan, const Expected& expected) {
  STREAMONCE_CHECK(plan.commits.size() == expected.commits.size());
  for (const Commit& commit : plan.commits) {
    const auto found = expected.commits.find(std::string(commit.ledger_id));
    STREAMONCE_CHECK(found != expected.commits.end());
    const StreamRecord& record = *found->second;
    const bool is_put = record.event_name != EventName::kRemove;
    STREAMONCE_CHECK(commit.version ==
                     events::Version(record.stream.label, record.sequence_number));
    STREAMONCE_CHECK(commit.operation == (is_put ? Operation::kPut : Operation::kRemove));
    STREAMONCE_CHECK(commit.at == record.created_at);
    STREAMONCE_CHECK(commit.writes.size() == 1);
    const Write& write = commit.writes.front();
    STREAMONCE_CHECK(write.operation == commit.operation);
    STREAMONCE_CHECK(write.keys_json == record.keys_json);
    STREAMONCE_CHECK(write.image_json == (is_put ? record.new_image_json : std::string_view()));
  }
  for (const RefusedRecord& refused : plan.refused)
    STREAMONCE_CHECK(!refused.reason.empty() && !refused.records.empty());
}

json attribute(const char* type, std::string_view value) {
  json out;
  out[type] = value;
  return out;
}

/// The actions of a commit, as the API has them.
json actions_of_commit(const Commit& commit) {
  const json version = attribute("S", commit.version.text());
  json mark;
  mark["TableName"] = "ledger";
  mark["Item"]["id"] = attribute("S", commit.ledger_id);
  mark["Item"]["v"] = version;
  mark["Item"]["op"] = attribute("S", name_of(commit.operation));
  if (commit.at) mark["Item"]["at"] = attribute("N", std::to_string(*commit.at));
  if (commit.ttl) mark["Item"]["ttl"] = attribute("N", std::to_string(*commit.ttl));
  mark["ConditionExpression"] = "attribute_not_exists(v) OR v < :v";
  mark["ExpressionAttributeValues"][":v"] = version;
  mark["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD";
  json write;
  write["TableName"] = "copy";
  const bool is_put = commit.operation == Operation::kPut;
  const Write& only = commit.writes.front();
  write[is_put ? "Item" : "Key"] = parsed(is_put ? only.image_json : only.keys_json);
  json actions = json::array({json::object(), json::object()});
  actions[0]["Put"] = mark;
  actions[1][is_put ? "Put" : "Delete"] = write;
  return actions;
}

void check_request(const Plan& plan) {
  dynamodb::CommitList commits;
  json expected;
  expected["ClientRequestToken"] = "token-1";
  json& actions = expected["TransactItems"] = json::array();
  for (const Commit& commit : plan.commits) {
    commits.push_back(&commit);
    for (const json& action : actions_of_commit(commit)) actions.push_back(action);
  }
  const std::string body =
      dynamodb::transact_request(commits, /*ledger_table=*/"ledger", /*token=*/"token-1");
  const json request = parsed(body);
  STREAMONCE_CHECK(request["TransactItems"].size() == 2 * plan.commits.size());
  STREAMONCE_CHECK(request == expected);
}

void check_fates(const StreamBatch& batch, const BatchResult& result, const Expected& expected) {
  STREAMONCE_CHECK(result.fates.size() == batch.records.size());
  for (std::size_t i = 0; i < result.fates.size(); ++i) {
    const Fate fate = expected.fates.at(&batch.records[i]);
    STREAMONCE_CHECK(result.fates[i] == fate);
    STREAMONCE_CHECK(is_done(fate) == (fate != Fate::kFailed && fate != Fate::kExpired));
  }
  for (const Failure& failure : result.failures) {
    STREAMONCE_CHECK(!failure.reason.empty());
    STREAMONCE_CHECK(!is_done(result.fates[failure.record]));
    STREAMONCE_CHECK(!is_done(result.fates[failure.cause]));
  }
}

void check_counts(const BatchResult& result, const StreamBatch& batch, const Expected& expected) {
  STREAMONCE_CHECK(result.counts.all() == batch.records.size());
  STREAMONCE_CHECK(result.items == expected.items);
  for (const FateName& each : kFates)
    STREAMONCE_CHECK(result.counts.of(each.fate) == expected.number_of(each.fate));
  STREAMONCE_CHECK(result.counts.not_done() == expected.not_done().size());
}

/// Checks the answer to Lambda, which is what counts.
void check_answer(const StreamBatch& batch, const std::string& text,
                  const std::vector<const StreamRecord*>& not_done) {
  const json answer = parsed(text);
  STREAMONCE_CHECK(answer.size() == 1 && answer.contains("batchItemFailures"));
  const json& failures = answer["batchItemFailures"];
  STREAMONCE_CHECK(failures.size() == (not_done.empty() ? 0U : 1U));
  if (failures.empty()) return;
  STREAMONCE_CHECK(failures[0].size() == 1);
  const std::string identifier = failures[0]["itemIdentifier"].get<std::string>();
  const auto has_it = [&](const StreamRecord& record) {
    return record.sequence_number.text() == identifier;
  };
  STREAMONCE_CHECK(std::any_of(batch.records.begin(), batch.records.end(), has_it));
  const auto lowest = std::min_element(not_done.begin(), not_done.end(),
                                       [](const StreamRecord* a, const StreamRecord* b) {
                                         return a->sequence_number < b->sequence_number;
                                       });
  STREAMONCE_CHECK((*lowest)->sequence_number == *events::SequenceNumber::parse(identifier));
}

/// Whether an image is absent because of the stream's view type: such a batch is refused as a
/// whole.
bool must_be_refused(const StreamBatch& batch) {
  return std::any_of(batch.records.begin(), batch.records.end(), [](const StreamRecord& record) {
    return record.problem.empty() && !is_sound(record) &&
           (record.view_type == StreamViewType::kKeysOnly ||
            record.view_type == StreamViewType::kOldImage);
  });
}

/// Whether all records are of one stream: Lambda never mixes streams in a batch, and the sequence
/// numbers of two have no order.
bool is_of_one_stream(const StreamBatch& batch) {
  return std::all_of(batch.records.begin(), batch.records.end(), [&](const StreamRecord& record) {
    return record.stream == batch.records.front().stream;
  });
}

std::vector<Outcome> outcomes_of(std::span<const Commit> commits, Choice choice) {
  std::vector<Outcome> outcomes;
  for (const Commit& commit : commits) {
    const CommitResult result = choice.of(commit.ledger_id);
    outcomes.push_back(
        {.result = result, .reason = result == CommitResult::kFailed ? "chosen" : ""});
  }
  return outcomes;
}

class ChoosingTarget final : public Target {
 public:
  explicit ChoosingTarget(Choice choice) : choice_(choice) {}
  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes, SteadyTime) override {
    const std::vector<Outcome> chosen = outcomes_of(commits, choice_);
    std::copy(chosen.begin(), chosen.end(), outcomes.begin());
  }
  std::vector<MarkResult> read_marks(std::span<const MarkPlace>, Reading, SteadyTime) override {
    return {};
  }

 private:
  Choice choice_;
};

class ClockAtNow final : public Clock {
 public:
  WallTime now() const override { return kNow; }
  SteadyTime steady_now() const override { return {}; }
  void sleep_for(std::chrono::milliseconds) override {}
};

BatchResult run_rooms(const StreamBatch& batch, Choice choice, const Expected& expected) {
  std::vector<events::Change> changes;
  for (const StreamRecord& record : batch.records) changes.push_back(change_of(record));
  const Groups groups = group(changes, /*pipeline_name=*/{});
  PlanOptions options{.target_table = "copy", .retain = std::nullopt, .now = kNow};
  if (choice.retains()) options.retain = kRetain;
  Plan planned = plan(changes, groups, options);
  check_plan(planned, expected);
  check_request(planned);
  std::vector<Outcome> outcomes = outcomes_of(planned.commits, choice);
  BatchResult result = checkpoint(changes, std::move(planned), outcomes);
  check_fates(batch, result, expected);
  check_counts(result, batch, expected);
  return result;
}

/// Runs the event once more, as Lambda has it done.
Result<StreamEventResult> run_event(PayloadView event, Choice choice) {
  ChoosingTarget target(choice);
  const ClockAtNow clock;
  Logger logger({.sink = [](std::string_view) {}}, clock);
  PipelineOptions options;
  if (choice.retains()) options.retain = kRetain;
  Pipeline pipeline(options, target, clock);
  return StreamEventHandler(pipeline, logger).run(event, {});
}

void run_batch(const StreamBatch& batch, PayloadView event, Choice choice) {
  const Expected expected = expect_of(batch, choice);
  const BatchResult rooms = run_rooms(batch, choice, expected);
  const Result<StreamEventResult> answered = run_event(event, choice);
  STREAMONCE_CHECK(answered.has_value() != must_be_refused(batch));
  if (!answered) {
    STREAMONCE_CHECK(fuzz::is_message(answered.error().message));
    return;
  }
  STREAMONCE_CHECK(answered->batch.fates == rooms.fates);
  const std::vector<const StreamRecord*> not_done = expected.not_done();
  if (is_of_one_stream(batch)) check_answer(batch, answered->response, not_done);
  const bool names_none = answered->response == R"({"batchItemFailures":[]})";
  STREAMONCE_CHECK(names_none == not_done.empty());
}

/// Takes the input for one record, once alone and once as the only one of an event.
void run_alone(std::string_view text) {
  static events::StreamParser parser;
  const Payload alone = Payload::copy_of(text);
  const Payload event = Payload::copy_of(R"({"Records":[)" + std::string(text) + "]}");
  events::StreamParser other;
  const Result<StreamBatch> batch = other.parse(event.view());
  events::Copies copies;
  const Result<StreamRecord> record = parser.parse_record(alone.view(), /*stream_arn=*/{}, copies);
  if (!record) {
    STREAMONCE_CHECK(fuzz::is_message(record.error().message));
    STREAMONCE_CHECK(!batch || batch->records.size() != 1 || !fuzz::is_json(text));
    return;
  }
  STREAMONCE_CHECK(batch.has_value() && batch->records.size() == 1);
  // The next record must not change what this one says.
  events::Copies more;
  const Payload next = Payload::copy_of(R"({"dynamodb":{"SequenceNumber":"\u0031"}})");
  STREAMONCE_CHECK(parser.parse_record(next.view(), {}, more).has_value());
  STREAMONCE_CHECK(text_of(*record) == text_of(batch->records.front()));
}

void run(std::string_view text, Choice choice) {
  run_alone(text);
  static events::StreamParser used;  // nothing may be left over from the input before
  events::StreamParser fresh;
  const Payload payload = Payload::copy_of(text);
  const Payload copy = Payload::copy_of(text);
  const Result<StreamBatch> batch = used.parse(payload.view());
  check_same(batch, fresh.parse(copy.view()));
  if (!batch) {
    STREAMONCE_CHECK(fuzz::is_message(batch.error().message));
    return;
  }
  check_batch(*batch, payload.text());
  run_batch(*batch, payload.view(), choice);
}

}  // namespace
}  // namespace streamonce::handler

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  streamonce::handler::run(streamonce::fuzz::text_of(data, size - 1), {.byte = data[size - 1]});
  return 0;
}
