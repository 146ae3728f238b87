#include "handler/targets/sqlite/sqlite_key_scanner.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "handler/targets/mark.h"
#include "handler/targets/sqlite/database.h"
#include "handler/targets/sqlite/ledger.h"
#include "handler/targets/sqlite/schema.h"
#include "handler/targets/sqlite/target_table.h"
#include "runtime/base/file.h"

namespace streamonce::handler::sqlite {
namespace {

/// The most rows of a page, and the most bytes of their texts, if it has more than one row.
constexpr std::int64_t kPageRows = 1'000;
constexpr std::size_t kPageBytesMax = 4UL * 1024 * 1024;

/// A file, as a page of it is read.
class PagedFile {
 public:
  PagedFile(std::string path, Access access, Clock& clock)
      : path_(std::move(path)),
        access_(access),
        clock_(clock) {}

  /// Opens the file. @return null: it is absent or empty, and is to stay so
  Result<std::unique_ptr<Database>> open(SteadyTime deadline) const {
    if (access_ == Access::kReadWrite) return Database::open(path_, clock_, deadline);
    if (!file_exists(path_)) return std::unique_ptr<Database>();
    const bool is_shared = file_exists(path_ + "-wal") && file_exists(path_ + "-shm");
    return Database::open_read_only(path_, is_shared ? ReadWay::kShared : ReadWay::kAlone, clock_,
                                    deadline);
  }

  Error at(Error error) const { return with_context("sqlite target " + path_, std::move(error)); }

 private:
  const std::string path_;
  const Access access_;
  Clock& clock_;
};

class RowScan final : public KeyScan {
 public:
  RowScan(PagedFile file, std::string_view table)
      : file_(std::move(file)),
        table_(identifier(table)) {}

  Result<bool> next(std::vector<std::string>& texts, SteadyTime deadline) override {
    texts.clear();
    Result<bool> more = read(texts, deadline);
    if (!more) return file_.at(std::move(more).error());
    return more;
  }

 private:
  Result<bool> read(std::vector<std::string>& texts, SteadyTime deadline) {
    const std::unique_ptr<Database> database = STREAMONCE_TRY(file_.open(deadline));
    if (database == nullptr || !STREAMONCE_TRY(TargetTable::has_items(*database, table_)))
      return false;
    Statement page =
        STREAMONCE_TRY(database->prepare("SELECT rowid, item FROM " + sql_quoted(table_) +
                                         " WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"));
    page.bind_integer(1, last_);
    page.bind_integer(2, kPageRows);
    std::int64_t last = last_;
    std::size_t bytes = 0;
    while (bytes < kPageBytesMax && STREAMONCE_TRY(page.step())) {
      last = page.integer(0);
      bytes += texts.emplace_back(page.text(1)).size();
    }
    last_ = last;
    return !texts.empty();
  }

  const PagedFile file_;
  const std::string table_;
  std::int64_t last_ = INT64_MIN;  // the rowid of the latest row
};

class EntryIdScan final : public KeyScan {
 public:
  EntryIdScan(PagedFile file, std::string prefix, const events::Version& below)
      : file_(std::move(file)),
        prefix_(std::move(prefix)),
        below_(below),
        last_(prefix_) {}

  Result<bool> next(std::vector<std::string>& texts, SteadyTime deadline) override {
    texts.clear();
    Result<bool> more = read(texts, deadline);
    if (!more) return file_.at(std::move(more).error());
    return more;
  }

 private:
  Result<bool> read(std::vector<std::string>& texts, SteadyTime deadline) {
    const std::unique_ptr<Database> database = STREAMONCE_TRY(file_.open(deadline));
    if (database == nullptr || !STREAMONCE_TRY(has_ledger(*database))) return false;
    // Ids that begin with the prefix follow each other; the first that does not ends the walk.
    Statement page =
        STREAMONCE_TRY(database->prepare("SELECT id, v, op FROM _streamonce_ledger"
                                         " WHERE id > ?1 ORDER BY id LIMIT ?2"));
    page.bind_text(1, last_);
    page.bind_integer(2, kPageRows);
    std::string last = last_;
    bool any = false;
    while (STREAMONCE_TRY(page.step())) {
      const std::string_view id = page.text(0);
      if (!id.starts_with(prefix_)) break;
      any = true;
      last = id;
      std::string_view version = page.text(1);
      if (version.starts_with(kRemembersMark)) version.remove_prefix(kRemembersMark.size());
      if (page.text(2) == name_of(Operation::kPut) && version < below_.text())
        texts.emplace_back(id);
    }
    last_ = std::move(last);
    return any;
  }

  const PagedFile file_;
  const std::string prefix_;
  const events::Version below_;
  std::string last_;  // the latest id
};

class ContentScan final : public EntryScan {
 public:
  ContentScan(PagedFile file, std::string prefix)
      : file_(std::move(file)),
        prefix_(std::move(prefix)),
        last_(prefix_) {}

  Result<bool> next(std::vector<LedgerEntry>& entries, SteadyTime deadline) override {
    entries.clear();
    Result<bool> more = read(entries, deadline);
    if (!more) return file_.at(std::move(more).error());
    return more;
  }

 private:
  Result<bool> read(std::vector<LedgerEntry>& entries, SteadyTime deadline) {
    const std::unique_ptr<Database> database = STREAMONCE_TRY(file_.open(deadline));
    if (database == nullptr || !STREAMONCE_TRY(has_contents(*database))) return false;
    Statement page =
        STREAMONCE_TRY(database->prepare("SELECT id, v, r, w FROM _streamonce_ledger"
                                         " WHERE id > ?1 ORDER BY id LIMIT ?2"));
    page.bind_text(1, last_);
    page.bind_integer(2, kPageRows);
    std::string last = last_;
    bool any = false;
    std::size_t bytes = 0;
    while (bytes < kPageBytesMax && STREAMONCE_TRY(page.step())) {
      const std::string_view id = page.text(0);
      if (!id.starts_with(prefix_)) break;
      any = true;
      last = id;
      if (page.text(3).empty()) continue;
      bytes += page.text(3).size();
      Mark mark = STREAMONCE_TRY(
          read_mark({.version = page.text(1), .nonce = page.text(2), .content = page.text(3)},
                    Reading::kWhole));
      entries.push_back({.id = last, .mark = std::move(mark)});
    }
    last_ = std::move(last);
    return any;
  }

  const PagedFile file_;
  const std::string prefix_;
  std::string last_;  // the latest id
};

/// Jumps through the ledger, from the first id of a pipeline and a source to that of the next ones.
class MarkScan final : public KeyScan {
 public:
  MarkScan(PagedFile file, std::string_view source)
      : file_(std::move(file)),
        source_("|" + std::string(source) + "|") {}

  Result<bool> next(std::vector<std::string>& texts, SteadyTime deadline) override {
    texts.clear();
    Result<bool> more = read(texts, deadline);
    if (!more) return file_.at(std::move(more).error());
    return more;
  }

 private:
  Result<bool> read(std::vector<std::string>& texts, SteadyTime deadline) {
    const std::unique_ptr<Database> database = STREAMONCE_TRY(file_.open(deadline));
    if (database == nullptr || !STREAMONCE_TRY(has_ledger(*database))) return false;
    Statement first = STREAMONCE_TRY(
        database->prepare("SELECT id FROM _streamonce_ledger WHERE id >= ?1 ORDER BY id LIMIT 1"));
    for (std::int64_t i = 0; i < kPageRows; ++i) {
      first.bind_text(1, next_);
      if (!STREAMONCE_TRY(first.step())) return i > 0;
      const std::string id(first.text(0));
      first.reset();
      if (id.find(source_) != std::string::npos) texts.push_back(id);
      next_ = behind_all_like(id);
    }
    return true;
  }

  /// What sorts behind all ids of the pipeline and the source of `id`, and before the next ones'.
  static std::string behind_all_like(const std::string& id) {
    const std::size_t name_end = id.find('|');
    const std::size_t end =
        name_end == std::string::npos ? std::string::npos : id.find('|', name_end + 1);
    if (end == std::string::npos) return id + '\0';
    return id.substr(0, end) + static_cast<char>('|' + 1);
  }

  const PagedFile file_;
  const std::string source_;
  std::string next_;  // the least id that is looked for next
};

}  // namespace

std::unique_ptr<KeyScan> SqliteKeyScanner::rows(std::string table,
                                                std::vector<std::string> /*key_names*/) {
  return std::make_unique<RowScan>(PagedFile(path_, access_, clock_), table);
}

std::unique_ptr<KeyScan> SqliteKeyScanner::entries(std::string prefix,
                                                   const events::Version& below) {
  return std::make_unique<EntryIdScan>(PagedFile(path_, access_, clock_), std::move(prefix), below);
}

std::unique_ptr<EntryScan> SqliteKeyScanner::contents(std::string prefix) {
  return std::make_unique<ContentScan>(PagedFile(path_, access_, clock_), std::move(prefix));
}

std::unique_ptr<KeyScan> SqliteKeyScanner::marks_of(std::string_view source) {
  return std::make_unique<MarkScan>(PagedFile(path_, access_, clock_), source);
}

}  // namespace streamonce::handler::sqlite
