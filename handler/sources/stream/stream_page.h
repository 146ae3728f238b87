// handler/sources/stream/stream_page.h: one answer of GetRecords, as changes that wait to be
// applied.
//
// A page owns all that its changes view. What has been done of it is taken away; what is left keeps
// its order, and says how far its shard may be said to be done.
//
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "events/copies.h"
#include "events/dumps/dead_letter.h"
#include "events/stream_batch.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// A record of a page that is not done yet.
struct PageRecord {
  std::string_view text = {};    ///< its JSON, as it came
  std::string_view number = {};  ///< its sequence number; empty: it could not be read
  std::size_t place = 0;         ///< in the page, as it came
  bool names_stream = false;     ///< whether the text has its stream's ARN
};

class StreamPage {
 public:
  /// Reads pages, one after the other; keeps its buffers.
  class Reader;

  StreamPage(StreamPage&&) noexcept = default;
  StreamPage& operator=(StreamPage&&) noexcept = default;

  /// What is left to be applied: a change for each record, in their order. One that could not be
  /// read as a record has a change of no item, whose problem says why.
  std::span<const events::Change> changes() const { return changes_; }
  std::span<const PageRecord> records() const { return records_; }
  bool is_done() const { return records_.empty(); }

  /// How many records came.
  std::size_t size() const { return numbers_.size(); }
  /// The bytes that the page holds in memory, give or take what is small.
  std::size_t bytes() const { return texts_.bytes_max(); }
  /// The highest sequence number that came; empty: none that could be read.
  const std::string& newest() const { return newest_; }
  /// The latest creation time of the records that came, epoch seconds; none: no record has one.
  std::optional<std::int64_t> newest_time() const { return newest_time_; }
  /// Why no record of the stream can ever be applied unless images are fetched, since its view type
  /// lacks new ones; empty: nothing says so.
  const std::string& view_type_problem() const { return view_type_problem_; }

  /// Takes away the records for which `is_done` says so; it is asked for each, by its index among
  /// those that are left.
  void take_away(const std::function<bool(std::size_t index)>& is_done);

  /// The sequence number up to which all of the page is done; empty: that of no record of it.
  std::string_view done_up_to() const;

 private:
  explicit StreamPage(std::size_t bytes) : texts_(bytes) {}

  Payload texts_;
  events::Copies copies_;
  std::vector<std::string> numbers_;  // of all records that came, in their order
  std::vector<PageRecord> records_;   // those that are left
  std::vector<events::Change> changes_;
  std::string newest_;
  std::optional<std::int64_t> newest_time_;
  std::string view_type_problem_;
};

class StreamPage::Reader final : private events::DeadLetterSink {
 public:
  /// Reads `answer`, which is well-formed JSON, as a page of the stream `stream_arn`, which is one
  /// that StreamArn::parse() has taken.
  StreamPage read(PayloadView answer, std::string_view stream_arn);

 private:
  void on_message(std::string_view message_id) override;
  void on_message_end() override {}
  void on_record(const events::RecordText& record) override;
  void on_pointer(const events::StreamPointer& pointer, std::string_view letter) override;
  void on_unreadable(std::string_view text, std::string_view reason) override;

  std::string_view keep(std::string_view text);
  void add(PageRecord record, std::string_view number, events::Change change);

  events::DeadLetterReader letters_;
  events::StreamParser parser_;
  StreamPage* page_ = nullptr;  // the one in hand
};

}  // namespace streamonce::handler
