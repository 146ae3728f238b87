// handler/pipeline/derived_tables.h: the views of a pipeline, and the tables that they and their
// sources are in.
//
// Threads: one thread at a time. Ownership: it owns all that it gives out.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "handler/views/derive.h"
#include "handler/views/rules/views.h"

namespace streamonce::handler {

class DerivedTables {
 public:
  /// `views` must be without a fault.
  /// @param source_tables  the table of each source
  /// @param view_tables    the table of each view, no two the same
  /// @param takes_any_table  whether any table is the source, where there is one source only
  DerivedTables(views::Views views, std::vector<std::string> source_tables,
                std::vector<std::string> view_tables, bool takes_any_table = true);

  views::Deriver& deriver() { return deriver_; }
  const std::vector<views::View>& views() const { return deriver_.views().views; }
  const std::vector<views::Source>& sources() const { return deriver_.views().sources; }
  /// The table of each view.
  const std::vector<std::string>& view_tables() const { return view_tables_; }
  /// The table that the view at this place is in.
  std::string_view table_of(std::size_t view) const { return view_tables_[view]; }

  /// The source that a table's changes are of; none: it is no source.
  std::optional<std::size_t> source_of(const events::SourceTable& table) const;
  /// The table of the one view that a table's items have a row in; empty: there are more, or none.
  std::string_view row_table_of(const events::SourceTable& table) const;
  /// Why the changes of a table cannot be applied: `it is of the table X, ...`; empty: they can.
  std::string why_no_source(const events::SourceTable& table) const;
  /// Why a change of a source, which has a key, has not the key that the source declares; empty: it
  /// has.
  std::string why_other_key(std::size_t source, const events::Change& change) const;

  /// Whether two items of one source may have one row, so that their commits must be told apart.
  bool may_share_rows() const { return may_share_rows_; }
  /// Whether a view of the source has to remember what an item has, so that the item's entry in the
  /// ledger must be known before a commit is made.
  bool remembers(std::size_t source) const { return remembers_[source]; }
  bool remember_any() const { return remember_any_; }
  /// Notes that an entry of the table's items holds what a view remembers that is no more among
  /// these: they are taken to remember from now on, as each commit would fail that has not seen its
  /// entry.
  void note_memory(const events::SourceTable& table);

 private:
  views::Deriver deriver_;
  const std::vector<std::string> source_tables_;
  const std::vector<std::string> view_tables_;
  const bool takes_any_table_;
  bool may_share_rows_ = false;
  std::vector<bool> remembers_;  ///< by source
  bool remember_any_ = false;
};

}  // namespace streamonce::handler
