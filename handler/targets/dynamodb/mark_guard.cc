#include "handler/targets/dynamodb/mark_guard.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <utility>

#include "handler/targets/dynamodb/item_mark.h"
#include "handler/targets/dynamodb/table_faults.h"
#include "runtime/aws/retry.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/json_text.h"
#include "runtime/base/random_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::dynamodb {
namespace {

/// No mark's id begins with `|`: a pipeline's name stands in front of that.
constexpr std::string_view kNotePrefix = "|marks|";
constexpr std::string_view kAttributeName = "attribute";
constexpr std::string_view kPipelineName = "pipeline";
constexpr std::array<std::string_view, 3> kWanted = {"id", kAttributeName, kPipelineName};
constexpr std::size_t kNotesBytesMax = 1024UL * 1024;
/// The most notes that one transaction writes; a pipeline has fewer tables.
constexpr std::size_t kNotesMax = 100;

std::string note_id(std::string_view table) {
  return std::string(kNotePrefix).append(aws::name_of_table(table));
}

bool is_denied(const aws::ApiError& failed) {
  return failed.code == "AccessDeniedException";
}

/// `the pipeline "x"`, or what stands for one without a name.
std::string words_of_pipeline(std::string_view name) {
  return name.empty() ? "a pipeline without a name of its own" : "the pipeline " + in_quotes(name);
}

}  // namespace

MarkGuard::MarkGuard(MarkGuardOptions guard, const DynamoDbOptions& options,
                     aws::ServiceOptions service, runtime::HttpTransport& transport, Clock& clock,
                     Logger& logger)
    : guard_(std::move(guard)),
      ledger_table_(options.ledger_table),
      region_(options.region),
      attribute_(options.version_attribute),
      service_(std::move(service), transport, clock, logger),
      api_(service_) {}

Status MarkGuard::check(SteadyTime deadline) {
  while (!is_known_) {
    is_known_ = STREAMONCE_TRY(check_once(deadline));
    if (!is_known_ && service_.time_until(deadline).count() <= 0)
      return Error{ErrorCode::kTimeout, "the ledger's notes of marks change all the time"};
  }
  return {};
}

/// @return false: a note has changed meanwhile
Result<bool> MarkGuard::check_once(SteadyTime deadline) {
  notes_ = STREAMONCE_TRY(read_notes(deadline));
  unnoted_.clear();
  for (std::size_t i = 0; i < notes_.size(); ++i) {
    STREAMONCE_TRY(check_table(guard_.tables[i], notes_[i], deadline));
    const bool is_as_it_must_be = notes_[i].attribute == attribute_ &&
                                  (attribute_.empty() || notes_[i].pipeline == guard_.pipeline);
    if (!is_as_it_must_be) unnoted_.push_back(i);
  }
  if (unnoted_.empty() || !guard_.writes_notes) return true;
  return write_notes(deadline);
}

Result<std::vector<MarkGuard::Note>> MarkGuard::read_notes(SteadyTime deadline) {
  std::vector<Note> notes(guard_.tables.size());
  Places places(notes.size());
  std::iota(places.begin(), places.end(), 0);
  for (int throttled = 0; !places.empty();) {
    const auto end = places.begin() + static_cast<std::ptrdiff_t>(
                                          std::min(places.size(), dynamodb_items::kBatchKeysMax));
    const Places asked(places.begin(), end);
    places.erase(places.begin(), end);
    const std::string body =
        dynamodb_items::batch_get_request({.table = ledger_table_, .is_consistent = true}, asked,
                                          [&](std::string& out, std::size_t place) {
                                            out += R"({"id":{"S":)";
                                            append_json_string(out, note_id(guard_.tables[place]));
                                            out += "}}";
                                          });
    Payload answer(kNotesBytesMax);
    const auto failed = api_.call(dynamodb_items::kBatchGetItem, body, answer, deadline);
    // Whoever has marks in the items may read the ledger.
    if (failed && is_denied(*failed) && attribute_.empty()) return notes;
    if (failed)
      return Error{failed->error.code,
                   ledger_fault(ledger_table_, region_, failed->code, failed->error.message)};
    const Places unread = STREAMONCE_TRY(take_notes(answer.view(), asked, notes));
    places.insert(places.end(), unread.begin(), unread.end());
    if (unread.size() < asked.size()) continue;
    const std::chrono::milliseconds left = service_.time_until(deadline);
    if (left.count() <= 0) return Error{ErrorCode::kTimeout, "the ledger table is throttled"};
    service_.clock().sleep_for(
        aws::backoff(aws::Trouble::kThrottled, ++throttled, left, service_.random()));
  }
  return notes;
}

/// Takes the notes of an answer. @return the places that must be asked for again
Result<MarkGuard::Places> MarkGuard::take_notes(PayloadView answer, const Places& asked,
                                                std::vector<Note>& notes) {
  Places unread;
  const auto place_of = [&](const dynamodb_items::BatchItem& item) {
    return std::find_if(asked.begin(), asked.end(), [&](std::size_t place) {
      return note_id(guard_.tables[place]) == item.wanted[0].text;
    });
  };
  const dynamodb_items::TakeBatchItem take_note = [&](const dynamodb_items::BatchItem& item) {
    const auto place = place_of(item);
    if (place == asked.end()) return false;
    notes[*place] = {.is_there = true,
                     .attribute = std::string(item.wanted[1].text),
                     .pipeline = std::string(item.wanted[2].text)};
    return true;
  };
  const dynamodb_items::TakeBatchItem take_unread = [&](const dynamodb_items::BatchItem& item) {
    const auto place = place_of(item);
    if (place == asked.end()) return false;
    unread.push_back(*place);
    return true;
  };
  STREAMONCE_TRY(
      batches_.read(answer, ledger_table_, kWanted, {.item = take_note, .unread = take_unread}));
  return unread;
}

/// Finds out whether a table's marks are where they are to be, or may be from now on.
Status MarkGuard::check_table(const std::string& table, const Note& note, SteadyTime deadline) {
  if (!note.attribute.empty()) return check_noted(table, note, deadline);
  if (attribute_.empty() || guard_.adopts_items) return {};
  if (!STREAMONCE_TRY(has_unversioned(table, deadline))) return {};
  return invalid_argument(
      "the marks of table " + table +
      " are to be in its items, and the first one that is there has no version in the attribute " +
      in_quotes(attribute_) +
      ": set \"adopt\" to true if what is there is older than the stream, or has its marks in this "
      "ledger under this name, or begin with an empty table");
}

/// Refuses a table that is noted otherwise; but where only its place for marks is another one it
/// may be empty.
Status MarkGuard::check_noted(const std::string& table, const Note& note, SteadyTime deadline) {
  std::string found = "the marks of table " + table + " are in its items, in the attribute " +
                      in_quotes(note.attribute);
  if (note.pipeline != guard_.pipeline) {
    return invalid_argument(found + ", and of " + words_of_pipeline(note.pipeline) +
                            ", where this is " + words_of_pipeline(guard_.pipeline) +
                            ": what it has deleted is known under its name only; set that (name, "
                            "STREAMONCE_NAME), or begin anew with an empty table and a new ledger");
  }
  if (note.attribute == attribute_) return {};
  found += attribute_.empty() ? ": set \"marks\" to \"item\" again"
                              : ": let version_attribute name that again";
  found += ", or begin anew with an empty table and a new ledger";
  const Result<bool> is_there = has_items(table, deadline);
  if (!is_there)
    return Error{is_there.error().code, found + "; whether it is empty could not be found out: " +
                                            is_there.error().message};
  return *is_there ? Status(invalid_argument(std::move(found))) : Status();
}

/// Whether the first item of a table, if there is one, has no version.
Result<bool> MarkGuard::has_unversioned(const std::string& table, SteadyTime deadline) {
  const std::optional<std::string> item = STREAMONCE_TRY(first_item(table, deadline));
  return item && !has_item_mark(*item, attribute_);
}

Result<bool> MarkGuard::has_items(const std::string& table, SteadyTime deadline) {
  const std::optional<std::string> item = STREAMONCE_TRY(first_item(table, deadline));
  return item.has_value();
}

Result<std::optional<std::string>> MarkGuard::first_item(const std::string& table,
                                                         SteadyTime deadline) {
  const std::string body =
      dynamodb_tables::scan_request({.table = table, .is_consistent = true, .items_max = 1});
  Payload answer(dynamodb_tables::kScanBytesMax);
  if (const auto failed = api_.call(dynamodb_tables::kScan, body, answer, deadline)) {
    if (failed->code == "ResourceNotFoundException")
      return Error{failed->error.code, "target table " + table + " was not found in " + region_ +
                                           ": create it there, with the key of its records; " +
                                           failed->error.message};
    return dynamodb_tables::error_of(dynamodb_tables::kScan, table, *failed);
  }
  std::optional<std::string> first;
  STREAMONCE_TRY(pages_.page(answer.view(), [&](std::string_view item) { first = item; }));
  return first;
}

/// Writes down where the marks of tables are from now on. @return false: a note has changed
Result<bool> MarkGuard::write_notes(SteadyTime deadline) {
  for (std::size_t first = 0; first < unnoted_.size(); first += kNotesMax) {
    std::string body =
        R"({"ClientRequestToken":")" + random_hex(service_.random()) + R"(","TransactItems":[)";
    const std::size_t end = std::min(unnoted_.size(), first + kNotesMax);
    for (std::size_t i = first; i < end; ++i) {
      if (i > first) body += ',';
      append_note(body, unnoted_[i]);
    }
    body += "]}";
    Payload answer(kNotesBytesMax);
    const auto failed = api_.call("TransactWriteItems", body, answer, deadline);
    if (failed && failed->code == "TransactionCanceledException") return false;
    if (failed)
      return Error{failed->error.code,
                   ledger_fault(ledger_table_, region_, failed->code, failed->error.message)};
  }
  return true;
}

/// Appends the put of a table's note, under the condition that the note is as it was read.
void MarkGuard::append_note(std::string& body, std::size_t place) const {
  const Note& note = notes_[place];
  const auto append_text = [&](std::string_view name, std::string_view text) {
    body.append(",\"").append(name).append(R"(":{"S":)");
    append_json_string(body, text);
    body += '}';
  };
  body += R"({"Put":{"TableName":)";
  append_json_string(body, ledger_table_);
  body += R"(,"Item":{"id":{"S":)";
  append_json_string(body, note_id(guard_.tables[place]));
  body += '}';
  append_text(kAttributeName, attribute_);
  append_text(kPipelineName, guard_.pipeline);
  body += R"(},"ConditionExpression":")";
  if (!note.is_there) {
    body += R"~(attribute_not_exists(id)"}})~";
    return;
  }
  body += R"(#a = :a AND #p = :p","ExpressionAttributeNames":{"#a":"attribute","#p":"pipeline"},)";
  body += R"("ExpressionAttributeValues":{":a":{"S":)";
  append_json_string(body, note.attribute);
  body += '}';
  append_text(":p", note.pipeline);
  body += "}}}";
}

GuardedTarget::GuardedTarget(std::unique_ptr<Target> target, std::unique_ptr<MarkGuard> guard)
    : target_(std::move(target)),
      guard_(std::move(guard)) {}

void GuardedTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                           SteadyTime deadline) {
  const Status known = guard_->check(deadline);
  if (known) return target_->commit(commits, outcomes, deadline);
  for (Outcome& outcome : outcomes)
    outcome = {.result = CommitResult::kFailed, .reason = known.error().message};
}

std::vector<MarkResult> GuardedTarget::read_marks(std::span<const MarkPlace> places,
                                                  Reading reading, SteadyTime deadline) {
  const Status known = guard_->check(deadline);
  if (known) return target_->read_marks(places, reading, deadline);
  return std::vector<MarkResult>(places.size(), MarkResult(known.error()));
}

}  // namespace streamonce::handler::dynamodb
