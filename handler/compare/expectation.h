// handler/compare/expectation.h: what a target is to have of one item of the source.
//
// Of a mirror that is the item itself; of views, what they make of it. Views whose rows depend on
// the events that changed an item (the option events without INSERT or MODIFY) are not looked at:
// nobody can tell from an item what they should have. Where a view keeps what is deleted, or what
// has expired, nothing is expected of an item that is gone.
//
// Threads: one thread at a time. Borrows: the pipeline; it must outlive the object.

#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "events/decimal.h"
#include "events/item_key.h"
#include "handler/compare/item_changes.h"
#include "handler/pipeline/pipeline.h"
#include "handler/views/row_owner.h"
#include "runtime/base/result.h"

namespace streamonce::handler::compare {

/// A row that is to be there or not to be there.
struct ExpectedRow {
  std::size_t view = 0;  ///< its place in DerivedTables::views(); of a mirror 0
  const events::ItemKey* key = nullptr;
  std::string_view keys_json = {};
  std::string_view image_json = {};  ///< the whole row; empty: there is to be none
};

/// What the item adds to a group, as its entry is to remember it.
struct ExpectedGroup {
  std::size_t view = 0;
  const events::ItemKey* key = nullptr;
  std::string_view keys_json = {};
  std::span<const std::string_view> names = {};   ///< of the amounts, sorted
  std::span<const events::Decimal> amounts = {};  ///< one for each
};

/// No two rows of one view have one key. Borrows from the item and the arena.
struct Expectation {
  std::vector<ExpectedRow> rows = {};
  std::vector<ExpectedGroup> groups = {};
  /// Why a change of this item would fail, so that the target is to have what it had before; empty:
  /// it would not. The message tells no value.
  std::string problem = {};
};

/// A table of the target that is compared.
struct ComparedTable {
  std::size_t view = 0;
  std::string table = {};      ///< as settings name it
  std::string view_name = {};  ///< empty: a mirror's
  bool has_items_key = false;  ///< whether each row has the key of its item
  bool has_groups = false;
  bool keeps_gone = false;  ///< whether rows of items that are gone may stay
};

/// The table whose items are expected.
struct ExpectedSource {
  events::SourceTable table;
  std::span<const views::SourceKeyType> key = {};  ///< the attributes of its key
};

class Expecter {
 public:
  /// @error kInvalidArgument  the views have no such source, or declare another key of it
  static Result<Expecter> create(Pipeline& pipeline, const ExpectedSource& source);

  /// The tables that have something of the source, and are compared.
  const std::vector<ComparedTable>& tables() const { return tables_; }
  /// The compared table of a view; null: it is not compared.
  const ComparedTable* table_of(std::size_t view) const;
  /// The names of the key attributes of a table's rows.
  std::vector<std::string> key_names_of(const ComparedTable& table) const;
  /// The names of the amounts of a table with groups, sorted.
  std::vector<std::string> amount_names_of(const ComparedTable& table) const;
  /// The names of the source's views that are not compared.
  const std::vector<std::string>& not_compared() const { return not_compared_; }

  /// What is to be there after `item`, a put or a removal without a problem.
  Expectation of(const events::Change& item, std::pmr::memory_resource& arena);

  /// The source item that a row of a table without groups is of, by what the row tells.
  /// @error as views::RowOwner::of(); of a mirror kInvalidArgument
  Result<views::RowItem> owner_of(const ComparedTable& table, std::string_view row_json,
                                  std::pmr::memory_resource& arena) const;

 private:
  Expecter(Pipeline& pipeline, const ExpectedSource& source);
  Status add_views(const ExpectedSource& source);
  void add_view(const events::Change& item, const ComparedTable& table,
                std::pmr::memory_resource& arena, Expectation& expected);

  Pipeline& pipeline_;
  ItemChanges items_;  // of the source, which a mirror's rows are like
  std::vector<views::SourceKeyType> key_;
  std::vector<ComparedTable> tables_;
  std::vector<std::optional<views::RowOwner>> owners_;  // of each table; none: it is a mirror, or
                                                        // has groups
  std::vector<std::string> not_compared_;
};

}  // namespace streamonce::handler::compare
