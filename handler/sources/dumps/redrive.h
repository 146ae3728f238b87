// handler/sources/dumps/redrive.h: applies dead letters: finds the stream records in documents,
// fetches those that are only pointed to, and runs them in batches through the very pipeline that
// runs live.
//
// A record is read in place, in the buffer that holds the batch's texts, and its change waits
// there. A record that cannot be read says so alone: it is never in a batch with others. The order
// of letters does not matter, nor whether they were applied before: the marks see to that.
//
// Threads: one thread at a time. Borrows: pipeline, streams and observer; they must outlive it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "events/copies.h"
#include "events/dumps/dead_letter.h"
#include "events/stream_batch.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/batch_log.h"
#include "handler/sources/stream/stream_reader.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// How many records are applied together: enough that a target has much in flight, few enough that
/// nobody waits long for the batch in hand.
inline constexpr std::size_t kRedriveBatchRecords = 1'000;

/// What became of one stream record.
struct RecordReport {
  std::size_t unit = 0;              ///< the unit that the record came from
  std::string_view sequence_number;  ///< as the record has it; empty: it could not be read
  Fate fate = Fate::kFailed;
  std::string_view reason;  ///< why it is not done; empty: another record of its item says why
  std::string_view text;    ///< the record's JSON, as it was found
  std::string_view arn;     ///< its stream's ARN, where that is known and not in `text`
  std::span<const RowEffect> rows = {};  ///< as BatchResult::rows, of this record

  /// The record, whole, with its stream's ARN if that is known: what can be read again alone.
  std::string json() const;
};

/// The one who is told, once, of each thing that documents hold. Views are valid during a call.
class RedriveObserver {
 public:
  virtual ~RedriveObserver() = default;

  /// A message of a queue begins a unit of its own.
  /// @return the unit that what follows belongs to
  virtual std::size_t on_message(std::size_t unit, std::string_view message_id) = 0;
  /// A batch was applied: on_record() is told of its records next.
  virtual void on_batch(const AppliedBatch& batch) = 0;
  virtual void on_record(const RecordReport& report) = 0;
  /// `status` says that all records of the range were fetched, each of which on_record() is told
  /// of; or why they were not: kExpired, or another error.
  virtual void on_pointer(std::size_t unit, std::string_view letter, const Status& status) = 0;
  virtual void on_unreadable(std::size_t unit, std::string_view text, std::string_view reason) = 0;
};

struct RedriveOptions {
  /// The stream of records that name none, and whose letter names none either; empty: such records
  /// are refused.
  std::string stream_arn;
  /// When a batch that is begun now must have come to its end.
  std::function<SteadyTime()> deadline;
  /// When the reading of a pointer that is begun now must have come to its end.
  std::function<SteadyTime()> fetch_deadline;
};

class Redrive final : private events::DeadLetterSink {
 public:
  Redrive(RedriveOptions options, Pipeline& pipeline, StreamReader& streams,
          RedriveObserver& observer);

  /// Takes what a document holds, and applies batches as they become full. `unit` is handed to the
  /// observer with all that comes of it.
  void take(PayloadView document, std::size_t unit);

  /// Applies what has been taken and waits: now every record has been told of.
  void flush();

 private:
  /// A record that waits in the batch: as its change does, at the same place.
  struct Waiting {
    std::size_t unit = 0;
    std::string_view text;
    std::string_view arn;  ///< as RecordReport has it
    events::SequenceNumber number;
  };

  void on_message(std::string_view message_id) override;
  void on_message_end() override { unit_ = document_unit_; }
  void on_record(const events::RecordText& record) override;
  void on_pointer(const events::StreamPointer& pointer, std::string_view letter) override;
  void on_unreadable(std::string_view text, std::string_view reason) override;

  Status fetch(const StreamRange& range);
  std::string_view arn_to_add(const events::RecordText& record) const;
  bool take_record(const events::RecordText& record);
  bool place(const events::StreamRecord& record, RecordReport& report, bool names_stream);
  void refuse(RecordReport report, std::string_view reason);
  void report(const BatchResult& result);
  void clear();

  const RedriveOptions options_;
  Pipeline& pipeline_;
  StreamReader& streams_;
  RedriveObserver& observer_;
  events::DeadLetterReader letters_;
  events::DeadLetterReader pages_;  // reads what a pointer in a letter leads to
  events::StreamParser parser_;
  Payload texts_;          // the texts of the records that wait, and of the one in hand
  events::Copies copies_;  // what these records view besides
  std::string_view arn_;   // the latest stream's ARN among the copies
  std::vector<Waiting> waiting_;
  std::vector<events::Change> changes_;  // of the records that wait
  std::size_t document_unit_ = 0;
  std::size_t unit_ = 0;                // the unit of the message in hand, or else of the document
  const StreamRange* range_ = nullptr;  // the range that is being fetched
  std::string newest_;                  // the page's highest sequence number; empty: none yet
  std::string oldest_in_range_;         // the lowest in range, of all pages so far; empty: none yet
};

}  // namespace streamonce::handler
