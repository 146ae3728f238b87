// tests/support/derived.h: views in tables, and changes of items that they are made of.

#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/change.h"
#include "handler/pipeline/derived_tables.h"
#include "handler/views/checker.h"
#include "tests/support/changes.h"

namespace streamonce::testing {

/// The views of `text`, each name in the table of that name.
inline std::unique_ptr<handler::DerivedTables> tables_of(std::string_view text) {
  handler::views::CheckedViews checked = handler::views::check_text(text);
  EXPECT_EQ(handler::views::describe("views.sql", checked.faults), "");
  std::vector<std::string> source_tables;
  std::vector<std::string> view_tables;
  for (const auto& source : checked.views.sources) source_tables.push_back(source.name);
  for (const auto& view : checked.views.views) view_tables.push_back(view.name);
  return std::make_unique<handler::DerivedTables>(std::move(checked.views),
                                                  std::move(source_tables), std::move(view_tables));
}

/// Changes of items with the key `id`, and whatever else is asked for. Keeps their texts.
class ItemChanges {
 public:
  /// An insert or a modification. `attributes` are further members, as `,"a":{"S":"x"}`.
  events::Change put(std::string_view id, std::string_view number, std::string_view attributes = "",
                     events::EventName name = events::EventName::kModify) {
    events::Change change = of(id, number);
    change.event_name = name;
    change.image_json =
        keep(change.keys_json.substr(0, change.keys_json.size() - 1), attributes, "}");
    return change;
  }
  events::Change insert(std::string_view id, std::string_view number,
                        std::string_view attributes = "") {
    return put(id, number, attributes, events::EventName::kInsert);
  }
  events::Change remove(std::string_view id, std::string_view number) {
    events::Change change = of(id, number);
    change.operation = events::Operation::kRemove;
    change.event_name = events::EventName::kRemove;
    change.image_json = {};
    return change;
  }

 private:
  events::Change of(std::string_view id, std::string_view number) {
    events::Change change = testing::change(keep(id), number);
    change.keys_json = keep(R"({"id":{"S":")", id, R"("}})");
    return change;
  }
  std::string_view keep(std::string_view a, std::string_view b = "", std::string_view c = "") {
    return texts_.emplace_back(std::string(a).append(b).append(c));
  }

  std::deque<std::string> texts_;
};

}  // namespace streamonce::testing
