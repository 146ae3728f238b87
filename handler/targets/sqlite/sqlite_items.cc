#include "handler/targets/sqlite/sqlite_items.h"

#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <utility>

#include "events/attribute_value.h"
#include "events/item_attributes.h"
#include "handler/targets/sqlite/row_key.h"
#include "handler/targets/sqlite/schema.h"
#include "handler/targets/sqlite/target_table.h"
#include "runtime/base/check.h"

namespace streamonce::handler::sqlite {
namespace {

using events::ItemKey;
using events::KeyAttribute;

/// The most rows of a page, and the most bytes of their texts, if it has more than one row.
constexpr std::int64_t kItemsMax = 1'000;
constexpr std::size_t kItemBytesMax = 4UL * 1024 * 1024;

/// After how many keys it is looked whether there is time for more.
constexpr std::size_t kKeysPerLook = 64;

/// Whether an attribute of an item is one of its key.
bool is_attribute(const KeyAttribute& wanted, const events::MemberWalk& found) {
  if (!events::same_text(found.raw_name(), wanted.name)) return false;
  const std::string_view type = events::name_of(found.value().type);
  if (type.size() != 1 || type.front() != static_cast<char>(wanted.type)) return false;
  std::pmr::monotonic_buffer_resource arena;
  const std::string_view text = events::unescaped(found.value().raw_text(), arena);
  return events::same_value(wanted, {.name = wanted.name, .type = wanted.type, .value = text});
}

/// Whether `item`, which is one, has `key`: a number and a string may have the same row.
bool has_key(std::string_view item, const ItemKey& key) {
  std::size_t count = 0;
  events::MemberWalk walk(item);
  while (walk.next()) {
    const auto attributes = key.attributes();
    if (std::any_of(attributes.begin(), attributes.end(),
                    [&](const KeyAttribute& wanted) { return is_attribute(wanted, walk); }))
      ++count;
  }
  return count == key.attributes().size();
}

}  // namespace

class SqliteItemReader::Walk final : public ItemScan {
 public:
  Walk(SqliteItemReader& reader, std::string_view table)
      : reader_(reader),
        table_(identifier(table)) {}

  Result<bool> next(std::vector<std::string_view>& items, SteadyTime deadline) override {
    items.clear();
    if (is_at_end_) return false;
    const auto read = [&](Database& database) {
      // A statement must not outlive a file that is opened for this call only.
      if (reader_.database_ != nullptr) return read_page(database, page_);
      std::optional<Statement> page;
      return read_page(database, page);
    };
    const Result<bool> is_there = reader_.with_database(read, deadline);
    if (!is_there) return reader_.at(is_there.error());
    if (!*is_there) rows_.clear();
    is_at_end_ = rows_.empty();
    if (is_at_end_) return false;
    last_ = rows_.back().rowid;
    for (const Row& row : rows_)
      items.push_back(std::string_view(texts_).substr(row.begin, row.size));
    return true;
  }

  bool is_damaged(std::size_t place) const override { return rows_[place].is_damaged; }

 private:
  struct Row {
    std::int64_t rowid = 0;
    std::size_t begin = 0;
    std::size_t size = 0;
    bool is_damaged = false;
  };

  Status read_page(Database& database, std::optional<Statement>& page) {
    rows_.clear();
    texts_.clear();
    if (!page) {
      if (!STREAMONCE_TRY(TargetTable::has_items(database, table_))) return {};
      page.emplace(STREAMONCE_TRY(database.prepare("SELECT rowid, item FROM " + sql_quoted(table_) +
                                                   " WHERE rowid > ?1 ORDER BY rowid LIMIT ?2")));
    }
    page->bind_integer(1, last_);
    page->bind_integer(2, kItemsMax);
    while (texts_.size() < kItemBytesMax && STREAMONCE_TRY(page->step())) {
      const std::string_view item = page->text(1);
      Row row{.rowid = page->integer(0), .begin = texts_.size(), .size = item.size()};
      if (events::is_item(item)) {
        texts_ += item;
      } else {
        Result<std::string> key = key_of_row(database, table_, row.rowid);
        if (!key) {
          page->reset();
          return std::move(key).error();
        }
        row.is_damaged = true;
        row.size = key->size();
        texts_ += *key;
      }
      rows_.push_back(row);
    }
    page->reset();
    return {};
  }

  SqliteItemReader& reader_;
  const std::string table_;
  std::optional<Statement> page_;
  std::int64_t last_ = INT64_MIN;  // the rowid of the latest row
  bool is_at_end_ = false;
  std::vector<Row> rows_;
  std::string texts_;
};

/// The keys of one read(), and what was found.
struct SqliteItemReader::Reading {
  struct Found {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  std::string_view table;
  std::span<const ItemKey> keys;
  SteadyTime deadline = {};
  std::vector<Found> found = {};  ///< of the first keys: those that were read
};

SqliteItemReader::SqliteItemReader(std::string path, Access access, Clock& clock)
    : path_(std::move(path)),
      access_(access),
      clock_(clock),
      untouched_(path_, clock) {}

std::unique_ptr<ItemScan> SqliteItemReader::scan(std::string table, Segment segment,
                                                 Consistency /*consistency*/) {
  STREAMONCE_CHECK(segment.number == 0 && segment.count == 1);
  return std::make_unique<Walk>(*this, table);
}

std::vector<Result<std::string_view>> SqliteItemReader::read(std::string_view table,
                                                             std::span<const ItemKey> keys,
                                                             Consistency /*consistency*/,
                                                             SteadyTime deadline) {
  Reading reading{.table = table, .keys = keys, .deadline = deadline};
  const auto work = [&](Database& database) { return read_all(database, reading); };
  const Result<bool> is_there = with_database(work, deadline);
  if (is_there && !*is_there) reading.found.assign(keys.size(), {});
  std::vector<Result<std::string_view>> results;
  results.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i >= reading.found.size())
      results.emplace_back(at(is_there.error()));
    else
      results.emplace_back(
          std::string_view(texts_).substr(reading.found[i].begin, reading.found[i].size));
  }
  return results;
}

Result<bool> SqliteItemReader::with_database(const std::function<Status(Database&)>& work,
                                             SteadyTime deadline) {
  if (access_ == Access::kReadOnly) return untouched_.read(work, deadline);
  if (database_ == nullptr) database_ = STREAMONCE_TRY(Database::open(path_, clock_, deadline));
  database_->set_busy_deadline(deadline);
  STREAMONCE_TRY(work(*database_));
  return true;
}

/// Reads all keys from one snapshot.
Status SqliteItemReader::read_all(Database& database, Reading& reading) {
  texts_.clear();
  reading.found.clear();
  if (reading.keys.empty()) return {};
  STREAMONCE_TRY(database.execute("BEGIN"));
  const auto read = [&]() -> Status {
    if (!STREAMONCE_TRY(TargetTable::has_items(database, reading.table))) {
      reading.found.assign(reading.keys.size(), {});
      return {};
    }
    std::optional<Statement> own;
    const ItemKey& first = reading.keys.front();
    if (database_ == nullptr)
      own.emplace(STREAMONCE_TRY(database.prepare(find_statement(reading.table, first))));
    Statement& find = own ? *own : *STREAMONCE_TRY(find_for(database, reading.table, first));
    KeyTexts converted;
    for (const ItemKey& key : reading.keys) {
      if (reading.found.size() % kKeysPerLook == 0 && clock_.steady_now() >= reading.deadline)
        return Error{ErrorCode::kTimeout, "not read before the deadline"};
      if (!key.same_shape(first))
        return invalid_argument("keys of the shapes " + first.shape() + " and " + key.shape() +
                                " are read at once");
      STREAMONCE_TRY(bind_key(find, key, converted));
      Reading::Found& found = reading.found.emplace_back();
      if (!STREAMONCE_TRY(find.step())) continue;
      // A text that is empty is one that is there.
      const std::string_view item = find.text(0).empty() ? " " : find.text(0);
      if (!events::is_item(item) || has_key(item, key)) {
        found = {.begin = texts_.size(), .size = item.size()};
        texts_ += item;
      }
      find.reset();
    }
    return {};
  };
  Status done = read();
  if (!done) {
    if (database.in_transaction()) (void)database.execute("ROLLBACK");
    return done;
  }
  return database.execute("COMMIT");
}

/// The statement that finds a row of `table`, whose keys are as `key`.
Result<Statement*> SqliteItemReader::find_for(Database& database, std::string_view table,
                                              const ItemKey& key) {
  std::string shape = key.shape();
  if (!find_ || find_->table != table || find_->key_shape != shape) {
    Statement statement = STREAMONCE_TRY(database.prepare(find_statement(table, key)));
    find_.emplace(KeptFind{std::string(table), std::move(shape), std::move(statement)});
  }
  return &find_->statement;
}

Error SqliteItemReader::at(Error error) const {
  return with_context("sqlite target " + path_, std::move(error));
}

}  // namespace streamonce::handler::sqlite
