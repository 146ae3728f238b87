// tests/simulation/view_model.h: some views of a simulated table, as text and as a model that is
// written plainly and apart from the code under test.
//
// Threads: values and pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "handler/views/rules/views.h"
#include "tests/simulation/random.h"

namespace streamonce::simulation {

struct Change;

/// The rows that a view has of an item, as Service::item() has them, by row_name().
using Rows = std::map<std::string, std::string>;

/// What an item adds to groups, by their names: hundredths, by the names of the amounts. Amounts
/// of 0 do not stand there, nor groups without an amount.
using Groups = std::map<std::string, std::map<std::string, std::int64_t>>;

/// What a view has of an item after a change.
struct ViewState {
  bool fails = false;  ///< whether the change cannot be applied
  std::vector<nlohmann::json> rows = {};
  Groups groups = {};
};

/// What images that were drawn have to know of each other.
struct DrawnPlaces {
  std::map<std::string, std::string> places = {};  ///< by item
  std::map<std::string, std::string> next = {};    ///< by item, where its next image has it go
};

/// The option by which a view leaves some changes alone.
enum class Choice : unsigned char {
  kInsertsOnly,
  kNoRemovals,
  kNoInserts,
  kKeepsExpired,
  kKeepsDeleted
};

/// The option as a views.sql has it.
std::string text_of(Choice choice);
/// Whether a view with the option looks at the change.
bool concerns(Choice choice, const Change& change);

class ViewModel {
 public:
  virtual ~ViewModel() = default;

  std::size_t size() const { return tables_.size(); }
  const handler::views::Views& checked() const { return checked_; }
  /// The table of each view.
  const std::vector<std::string>& tables() const { return tables_; }
  /// The names of the key attributes of a view's table.
  virtual std::vector<std::string> key_names(const std::string& table) const = 0;
  /// What tells a row from all others, given the row or its key.
  std::string row_name(const std::string& table, const nlohmann::json& row) const;

  /// Notes what the views have of the change's item, and what keeps that from being applied.
  void note(Change& change) const;
  virtual bool concerns(std::size_t view, const Change& change) const = 0;
  bool concern_any(const Change& change) const;
  /// Whether two items may want one row of the view.
  virtual bool may_collide(std::size_t view) const = 0;

  /// More attributes of an image, each with a comma before it.
  /// @param is_odd  whether one of them may be of a wrong type
  virtual std::string draw_more(Random& /*random*/, const std::string& /*key*/, bool /*is_odd*/,
                                DrawnPlaces& /*drawn*/) const {
    return {};
  }

 protected:
  /// @param texts  of the views
  void check(std::vector<std::string> tables, const std::vector<std::string>& texts);
  virtual ViewState derive(std::size_t view, const Change& change) const = 0;

 private:
  std::vector<std::string> tables_;
  handler::views::Views checked_;
};

}  // namespace streamonce::simulation
