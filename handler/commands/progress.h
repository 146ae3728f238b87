// handler/commands/progress.h: tells a waiting person, or a log, how far a replay is.
//
// Threads: one thread at a time. Borrows: clock; it must outlive the object.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "handler/pipeline/fate_counts.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

/// How far work on items is whose number is known.
struct ItemProgress {
  std::uint64_t done = 0;    ///< those that an earlier run has done among them
  std::uint64_t before = 0;  ///< how many an earlier run has done
  std::uint64_t in_all = 0;  ///< as far as is known
  std::string more = {};     ///< what else is told, as `, 3 of 40 files`
};

struct ProgressState {
  std::uint64_t bytes = 0;                         ///< how many were read, as the files lie there
  std::optional<std::uint64_t> bytes_in_all = {};  ///< none: not known, as for a pipe
  FateCounts fates = {};                           ///< of the records
  std::uint64_t unreadable = 0;
  std::chrono::milliseconds elapsed{0};    ///< since the start
  std::optional<ItemProgress> items = {};  ///< of items, which are told of in the bytes' place
};

/// One line without its end, in ASCII:
/// `45% 450.0 of 1000.0 MB, 1,234,567 records, 45,123/s, 27 s left: 1,234,564 applied, 3 failed`,
/// or of items `45% 450 of 1,000 items, 3 of 40 files, 45,123/s, 27 s left: 448 applied, 2 failed`.
///
/// A megabyte has 10^6 bytes. Percent and time left are told only where the size is known, and time
/// left only after three seconds, as if what is left needed as long as what came before. The rate
/// is that of the whole time so far: of records, or of items where no record had an outcome.
/// Outcomes that no record had are left out.
std::string progress_text(const ProgressState& state);

/// `number` as in `1,234,567`.
std::string grouped(std::uint64_t number);

/// The columns of the terminal behind `descriptor`; 0: not known, or no terminal.
unsigned terminal_columns(int descriptor);

class Progress {
 public:
  enum class Medium : std::uint8_t {
    kTerminal,  ///< one line, written over in place at most ten times a second
    kLog,       ///< a line every ten seconds, the first after ten
  };
  struct Options {
    Medium medium = Medium::kLog;
    std::function<unsigned()> columns;  ///< asked before each line at a terminal; 0 means 80
    std::function<void(std::string_view)> sink;  ///< takes what is to be written, as it is
  };

  /// Begins to count the time.
  Progress(const Clock& clock, Options options);

  /// Shows `state` if it is time for that.
  void update(const ProgressState& state);
  /// Removes the line from the terminal, so that something else may be written; the next update
  /// draws it again at once. Does nothing for a log.
  void clear();

 private:
  void draw(const ProgressState& state);

  const Clock& clock_;
  Options options_;
  SteadyTime next_;     ///< the earliest time of the next line
  bool drawn_ = false;  ///< whether the line is on the terminal
};

}  // namespace streamonce::handler
