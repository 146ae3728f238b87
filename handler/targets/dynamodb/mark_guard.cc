#include "handler/targets/dynamodb/mark_guard.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "handler/targets/dynamodb/item_mark.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/json_text.h"
#include "runtime/base/random_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::dynamodb {
namespace {

/// No mark's id begins with `|`: a pipeline's name stands in front of that.
constexpr std::string_view kNotePrefix = "|marks|";
constexpr std::string_view kAttributeName = "attribute";
constexpr std::array<std::string_view, 2> kWanted = {"id", kAttributeName};
constexpr std::size_t kNotesBytesMax = 1024UL * 1024;
/// The most notes that one transaction writes; a pipeline has fewer tables.
constexpr std::size_t kNotesMax = 100;

std::string note_id(std::string_view table) {
  return std::string(kNotePrefix).append(aws::name_of_table(table));
}

Error error_of(std::string_view what, const aws::ApiError& failed) {
  return {failed.error.code, std::string(what) + ": " + failed.error.message};
}

bool is_denied(const aws::ApiError& failed) {
  return failed.code == "AccessDeniedException";
}

}  // namespace

MarkGuard::MarkGuard(MarkGuardOptions guard, const DynamoDbOptions& options,
                     aws::ServiceOptions service, runtime::HttpTransport& transport, Clock& clock,
                     Logger& logger)
    : guard_(std::move(guard)),
      ledger_table_(options.ledger_table),
      attribute_(options.version_attribute),
      service_(std::move(service), transport, clock, logger),
      api_(service_) {}

Status MarkGuard::check(SteadyTime deadline) {
  if (is_known_) return {};
  const std::vector<Note> notes = STREAMONCE_TRY(read_notes(deadline));
  unnoted_.clear();
  for (std::size_t i = 0; i < notes.size(); ++i)
    STREAMONCE_TRY(check_table(guard_.tables[i], notes[i], deadline));
  if (!unnoted_.empty() && guard_.writes_notes) STREAMONCE_TRY(write_notes(deadline));
  is_known_ = true;
  return {};
}

Result<std::vector<MarkGuard::Note>> MarkGuard::read_notes(SteadyTime deadline) {
  std::vector<Note> notes(guard_.tables.size());
  std::vector<std::size_t> places(notes.size());
  std::iota(places.begin(), places.end(), 0);
  while (!places.empty()) {
    const std::size_t count = std::min(places.size(), dynamodb_items::kBatchKeysMax);
    const std::string body = dynamodb_items::batch_get_request(
        {.table = ledger_table_, .is_consistent = true}, std::span(places).first(count),
        [&](std::string& out, std::size_t place) {
          out += R"({"id":{"S":)";
          append_json_string(out, note_id(guard_.tables[place]));
          out += "}}";
        });
    Payload answer(kNotesBytesMax);
    const auto failed = api_.call(dynamodb_items::kBatchGetItem, body, answer, deadline);
    // Whoever has marks in the items may read the ledger.
    if (failed && is_denied(*failed) && attribute_.empty()) return notes;
    if (failed) return error_of("ledger table " + ledger_table_, *failed);
    std::vector<std::size_t> unread(places.begin() + static_cast<std::ptrdiff_t>(count),
                                    places.end());
    const auto take = [&](const dynamodb_items::BatchItem& item, auto use) {
      const auto found = std::find_if(places.begin(), places.end(), [&](std::size_t place) {
        return note_id(guard_.tables[place]) == item.wanted[0].text;
      });
      if (found == places.end()) return false;
      use(*found);
      return true;
    };
    const dynamodb_items::TakeBatchItem take_note = [&](const dynamodb_items::BatchItem& item) {
      return take(item, [&](std::size_t place) {
        notes[place] = {.is_there = true, .attribute = std::string(item.wanted[1].text)};
      });
    };
    const dynamodb_items::TakeBatchItem take_unread = [&](const dynamodb_items::BatchItem& item) {
      return take(item, [&](std::size_t place) { unread.push_back(place); });
    };
    STREAMONCE_TRY(batches_.read(answer.view(), ledger_table_, kWanted,
                                 {.item = take_note, .unread = take_unread}));
    if (unread.size() == places.size() && service_.time_until(deadline).count() <= 0)
      return Error{ErrorCode::kTimeout, "the ledger table is throttled"};
    places = std::move(unread);
  }
  return notes;
}

/// Finds out whether a table's marks are where they are to be, or may be from now on.
Status MarkGuard::check_table(const std::string& table, const Note& note, SteadyTime deadline) {
  const bool had_items = note.is_there && !note.attribute.empty();
  if (!had_items && attribute_.empty()) return {};
  if (had_items && note.attribute == attribute_) return {};
  const std::string start = "the marks of table " + table + " ";
  if (had_items) {
    const std::string are_in =
        start + "are in its items, in the attribute " + in_quotes(note.attribute);
    const Result<bool> has_items = has_unversioned(table, deadline);
    const std::string way_on =
        attribute_.empty()
            ? ": set \"marks\" to \"item\" again, or begin anew with an empty table"
            : ": let version_attribute name that again, or begin anew with an empty table";
    if (!has_items)
      return Error{has_items.error().code,
                   are_in + way_on + "; whether it is empty could not be found out: " +
                       has_items.error().message};
    if (*has_items) return invalid_argument(are_in + way_on);
  } else if (!guard_.adopts_items) {
    if (STREAMONCE_TRY(has_unversioned(table, deadline)))
      return invalid_argument(
          start + "are to be in its items, and the first one that is there has no attribute " +
          in_quotes(attribute_) +
          ": set \"adopt\" to true if what is there is older than the stream, or has its marks in "
          "this ledger, or begin with an empty table");
  }
  unnoted_.push_back(table);
  return {};
}

/// Whether the first item of a table, if there is one, has no version where marks are to be in the
/// items; where they are to be in the ledger, whether there is an item.
Result<bool> MarkGuard::has_unversioned(const std::string& table, SteadyTime deadline) {
  const std::string body = dynamodb_tables::scan_request(
      {.table = table, .is_consistent = true, .items_max = 1});
  Payload answer(dynamodb_tables::kScanBytesMax);
  if (const auto failed = api_.call(dynamodb_tables::kScan, body, answer, deadline))
    return dynamodb_tables::error_of(dynamodb_tables::kScan, table, *failed);
  bool is_unversioned = false;
  STREAMONCE_TRY(pages_.page(answer.view(), [&](std::string_view item) {
    is_unversioned = attribute_.empty() || !has_attribute(item, attribute_);
  }));
  return is_unversioned;
}

/// Writes down where the marks of tables are from now on.
Status MarkGuard::write_notes(SteadyTime deadline) {
  while (!unnoted_.empty()) {
    std::string body = R"({"ClientRequestToken":")" + random_hex(service_.random()) +
                       R"(","TransactItems":[)";
    const std::size_t count = std::min(unnoted_.size(), kNotesMax);
    for (std::size_t i = 0; i < count; ++i) {
      body += i == 0 ? R"({"Put":{"TableName":)" : R"(,{"Put":{"TableName":)";
      append_json_string(body, ledger_table_);
      body += R"(,"Item":{"id":{"S":)";
      append_json_string(body, note_id(unnoted_[i]));
      body += R"(},"attribute":{"S":)";
      append_json_string(body, attribute_);
      body += "}}}}";
    }
    body += "]}";
    Payload answer(kNotesBytesMax);
    if (const auto failed = api_.call("TransactWriteItems", body, answer, deadline))
      return error_of("ledger table " + ledger_table_, *failed);
    unnoted_.erase(unnoted_.begin(), unnoted_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return {};
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
