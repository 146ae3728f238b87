// handler/targets/key_scan.h: all that a target has, named item by item: for whoever looks for what
// it should not have.
//
// Threads: one thread at a time; not while the target that it is of is at work.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/version.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// One walk through a table, page by page. What others write meanwhile may come or not; what is
/// there all the time comes.
class KeyScan {
 public:
  virtual ~KeyScan() = default;

  /// Puts the next page, which may be empty, into `texts`. Returns by `deadline`, give or take one
  /// statement.
  /// @return false: the walk has come to its end, and there is no page
  /// @error kRejected  the table is not as it must be, or may not be read; any other code: it
  ///                   cannot be read now. The message says why, without an item's values. The next
  ///                   call asks for the same page again
  virtual Result<bool> next(std::vector<std::string>& texts, SteadyTime deadline) = 0;
};

/// An entry of the ledger, read whole.
struct LedgerEntry {
  std::string id = {};
  Mark mark = {};
};

/// The same as KeyScan, of whole entries.
class EntryScan {
 public:
  virtual ~EntryScan() = default;

  /// Puts the next page, which may be empty, into `entries`; otherwise as KeyScan::next().
  /// @error kProtocol  besides: an entry is none; the message tells no id
  virtual Result<bool> next(std::vector<LedgerEntry>& entries, SteadyTime deadline) = 0;
};

class KeyScanner {
 public:
  virtual ~KeyScanner() = default;

  /// The rows of `table`, a name or an ARN: each as a JSON object of DynamoDB's form that has the
  /// attributes of `key_names` at least, as far as the row has them. A table that is not there has
  /// no rows, where tables are made by being written.
  virtual std::unique_ptr<KeyScan> rows(std::string table, std::vector<std::string> key_names) = 0;

  /// The ids of the ledger's entries that begin with `prefix`, say that something was put, and have
  /// a version below `below`: with or without content.
  virtual std::unique_ptr<KeyScan> entries(std::string prefix, const events::Version& below) = 0;

  /// The entries that hold content and whose ids begin with `prefix`, read strongly: a walk that
  /// begins after another one has ended sees each of them as it is then, or newer.
  virtual std::unique_ptr<EntryScan> contents(std::string prefix) = 0;

  /// Ids of marks of the source `<account>/<region>/<table>`, whichever pipelines made them: for
  /// each of these one at least, if the walk is taken to its end. Other ids may come among them.
  virtual std::unique_ptr<KeyScan> marks_of(std::string_view source) = 0;
};

}  // namespace streamonce::handler
