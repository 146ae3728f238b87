// tests/support/chaos_source.h: a table that changes at random, and what a target is to have of it:
// a mirror, views that need no memory, or views that remember. What the views make of the items is
// worked out here once more, apart from the binary.
//
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::testing {

/// What the target has of the source.
enum class Keeping {
  kMirror,
  kViews,        ///< direct views
  kRemembering,  ///< rows that move, rows of a list, rows that items take over, and totals
};

struct KeptView {
  std::string name;
  /// Name and type of each attribute of its table's key.
  std::vector<std::pair<std::string, std::string>> key;
  std::vector<std::string> amounts = {};  ///< what it adds up

  /// Where `row` stands among the texts of a state: the view's name and the values of its key.
  std::string place_of(const nlohmann::json& row) const;
  /// The text of `row` in a state; none: it is of an empty group. Such rows stay, and sums of
  /// nothing are 0 or absent.
  std::optional<std::string> text_of(nlohmann::json row) const;
};

/// The views that are kept together; none for a mirror.
const std::vector<KeptView>& views_of(Keeping keeping);
std::string_view views_text_of(Keeping keeping);

/// By item; of a view's row by KeptView::place_of().
using Texts = std::map<std::string, std::string>;

struct TargetState {
  Texts items;
  Texts marks;  ///< of every item there ever was: `VERSION put`
};

/// What is not as expected, one line for each place. Empty: nothing.
std::string differences(const Texts& found, const Texts& expected);

/// A record of the table's stream.
struct SourceRecord {
  std::string number;
  std::string id;
  std::optional<nlohmann::json> item;  ///< none: removed
  bool is_new = false;                 ///< whether there was no item before

  std::string text() const;
};

/// A history of `count` records or a few more. No two items ever have one seat.
std::vector<SourceRecord> random_history(unsigned seed, std::size_t count, Keeping keeping);

/// The table after some records.
class SourceState {
 public:
  explicit SourceState(Keeping keeping) : keeping_(keeping) {}

  void apply(const SourceRecord& record);
  /// What the target is to have.
  TargetState expected() const;
  const Texts& marks() const { return marks_; }

 private:
  const Keeping keeping_;
  std::map<std::string, nlohmann::json> items_;  // by ids
  Texts marks_;
};

}  // namespace streamonce::testing
