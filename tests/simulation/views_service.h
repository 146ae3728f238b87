// tests/simulation/views_service.h: the services of views, and their oracles.
//
// Threads: one.

#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/derived.h"
#include "tests/simulation/service.h"
#include "tests/simulation/source.h"
#include "tests/simulation/view_model.h"

namespace streamonce::simulation {

/// What services of all kinds of views have in common.
class DerivedService : public SourceService {
 public:
  std::size_t rows_left() const override { return rows_left_; }

 protected:
  DerivedService(const Source& source, const ViewModel& views)
      : SourceService(source),
        model_(views) {}

  std::string key_name(const std::string& table) const override {
    return model_.key_names(table).front();
  }
  std::string item_name(const nlohmann::json& action) const override;
  /// The newest change of the item that concerns the view, from behind `before` to `last`; null:
  /// none.
  const Change* newest_in(std::size_t view, const Change* before, const Change& last) const;
  /// Checks a mark, and that it passes no change that a view had needed.
  Step check_step(const std::string& id, const nlohmann::json& put) const;
  /// Whether a later change of the item than its mark's has not the row, so that it may leave it.
  bool may_leave(std::size_t view, const Change& marked, const std::string& name) const;
  void count_row_left() { ++rows_left_; }

 private:
  const ViewModel& model_;
  std::size_t rows_left_ = 0;
};

/// The service of direct views. A mark and all rows of its item are one transaction.
class ViewsService final : public DerivedService {
 public:
  ViewsService(const Source& source, const DerivedViews& views);
  void check_end(const std::string& key, const Change* newest) const override;
  void check_left(const std::string& key, const Change* newest) const override;
  bool is_blocked(const Change& change) const override;

 private:
  void look_at_mark(const std::string& id, const nlohmann::json& put) override;
  void look_at_item(const nlohmann::json& action, const nlohmann::json* there) override;
  void look_at_written(const std::set<std::string>& keys,
                       const std::set<std::string>& ids) override;
  /// Empty: the item never has a row in the view.
  const std::string& row_name(std::size_t view, const std::string& key) const;
  void check_row(std::size_t view, const Step& step, bool is_written) const;
  void check_shared_row(std::size_t view, const std::string& name) const;
  void check_no_later(std::size_t view, const Step& step, const std::string& there) const;

  const DerivedViews& views_;
  std::map<std::string, std::vector<std::string>> names_;  // of each item's rows, by view
  std::map<std::string, std::set<std::string>> keys_;  // of the items, by the names of their rows
  std::map<std::string, Step> steps_;                  // of the transaction in hand, by key
  Step step_;                                          // of the commit in hand
  std::map<std::string, std::set<std::string>> left_;  // by key, rows left ahead of their change
};

}  // namespace streamonce::simulation
