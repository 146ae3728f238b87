// tests/simulation/memory_text.h: what the entry of an item says that the item has in the views,
// read apart from the code under test.
//
// Source:  handler/views/memory.h, which tells the form.
//
// Threads: a pure function.

#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace streamonce::simulation {

/// What an item has in one view.
struct Remembered {
  bool has_groups = false;
  std::string owner;  ///< `-`, `k` or `o`
  /// The key of each row or group, and the amounts of a group by their names.
  std::vector<std::pair<nlohmann::json, std::map<std::string, std::string>>> parts;
};

/// The views of a content, by name. Throws a Violation if it is of another form.
std::map<std::string, Remembered> read_memory_text(const std::string& content);

}  // namespace streamonce::simulation
