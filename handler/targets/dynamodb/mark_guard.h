// handler/targets/dynamodb/mark_guard.h: refuses to write a table whose marks are kept elsewhere
// than the settings say.
//
// Were marks looked for in the ledger that are in the items, or the other way round, an old record
// would find none and be applied. So the ledger has a note for each table that has, or had, its
// marks in its items, `|marks|<table>`, with the attribute that has them. Once in the life of a
// process, before anything is written, the notes of its tables are read:
//
//   - Marks are to be in the items, and there is no note: the table must be empty, or its first
//     item have a version, or the settings adopt what is there. Then the note is written, with the
//     pipeline's name: what the ledger knows of deleted keys, it knows under that.
//   - The note has another pipeline, wherever marks are to be: that is refused, since deleted keys
//     would not be known.
//   - Marks are to be in the ledger, and there is a note: the table must be empty. Then the note is
//     taken back.
//
// A note is written on the condition that it is as it was read, so that of two which begin at once
// the later one finds the other's. The notes are in the ledger: who names another one finds none,
// as he finds no mark.
//
// An item without a version is no danger in itself: the first change of it asks the ledger, as if
// it were not there (item_mark.h). What the first rule keeps from happening is that somebody
// switches a table over whose marks are in another ledger.
//
// A role of a function whose marks are in the ledger may not be allowed to read it. No such
// function has ever had its marks in the items, whose role may, and so it is taken to have no note.
//
// Source:  DynamoDB API reference, BatchGetItem, Scan and TransactWriteItems.
// Threads: one thread at a time. Borrows: transport, clock, logger, target; nothing else may be in
//          flight on the transport meanwhile.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/services/dynamodb_items.h"
#include "handler/services/dynamodb_tables.h"
#include "handler/targets/dynamodb/dynamodb_options.h"
#include "handler/targets/target.h"
#include "runtime/aws/api_client.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

struct MarkGuardOptions {
  std::vector<std::string> tables;  ///< that are written, 1 or more: all names, or all ARNs
  std::string pipeline = {};        ///< its name as it is set; empty: it has that of its source
  bool adopts_items = false;        ///< whether items without a version may be there at the start
  bool writes_notes = true;         ///< false: nothing is written, as by a preview
};

class MarkGuard {
 public:
  /// `options` as those of the target that is guarded, which create() has taken.
  MarkGuard(MarkGuardOptions guard, const DynamoDbOptions& options, aws::ServiceOptions service,
            runtime::HttpTransport& transport, Clock& clock, Logger& logger);

  /// Asks until it is known. Afterwards it does nothing.
  /// @error kInvalidArgument  the marks are elsewhere; the message says where, and what to do
  /// @error any other code    it could not be found out until `deadline`
  Status check(SteadyTime deadline);

 private:
  /// What a table's note says.
  struct Note {
    bool is_there = false;
    std::string attribute;  ///< empty: that its marks are in the ledger again
    std::string pipeline;   ///< as MarkGuardOptions has it
  };
  using Places = std::vector<std::size_t>;  // of tables

  Result<std::vector<Note>> read_notes(SteadyTime deadline);
  Result<Places> take_notes(PayloadView answer, const Places& asked, std::vector<Note>& notes);
  Result<bool> check_once(SteadyTime deadline);
  Status check_table(const std::string& table, const Note& note, SteadyTime deadline);
  Status check_noted(const std::string& table, const Note& note, SteadyTime deadline);
  Result<bool> has_unversioned(const std::string& table, SteadyTime deadline);
  Result<bool> has_items(const std::string& table, SteadyTime deadline);
  Result<std::optional<std::string>> first_item(const std::string& table, SteadyTime deadline);
  Result<bool> write_notes(SteadyTime deadline);
  void append_note(std::string& body, std::size_t place) const;

  const MarkGuardOptions guard_;
  const std::string ledger_table_;
  const std::string region_;
  const std::string attribute_;  // empty: marks are in the ledger
  aws::ServiceClient service_;
  aws::ApiClient api_;
  dynamodb_items::BatchAnswerReader batches_;
  dynamodb_tables::AnswerReader pages_;
  std::vector<Note> notes_;  // as they were read
  Places unnoted_;           // of tables whose note is not what it must be
  bool is_known_ = false;
};

/// A target that does nothing before its marks are known to be where they are looked for.
class GuardedTarget final : public Target {
 public:
  GuardedTarget(std::unique_ptr<Target> target, std::unique_ptr<MarkGuard> guard);

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override;
  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override;

 private:
  const std::unique_ptr<Target> target_;
  const std::unique_ptr<MarkGuard> guard_;
};

}  // namespace streamonce::handler::dynamodb
