#include "handler/targets/sqlite/usual_keys.h"

#include <algorithm>
#include <cstddef>

#include "events/version.h"
#include "runtime/base/check.h"

namespace streamonce::handler::sqlite {
namespace {

using events::ItemKey;
using events::KeyAttribute;

/// Orders keys by shape alone: by the names and types of their attributes.
struct ShapeLess {
  bool operator()(const ItemKey* a, const ItemKey* b) const {
    const auto left = a->attributes();
    const auto right = b->attributes();
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                        [](const KeyAttribute& one, const KeyAttribute& other) {
                                          return one.name != other.name ? one.name < other.name
                                                                        : one.type < other.type;
                                        });
  }
};

struct Votes {
  std::size_t count = 0;
  events::Version newest;

  bool operator<(const Votes& other) const {
    return count != other.count ? count < other.count : newest < other.newest;
  }
};

const ItemKey* most_common(std::span<const Commit> commits, std::string_view table_name) {
  std::map<const ItemKey*, Votes, ShapeLess> shapes;
  for (const Commit& commit : commits) {
    const auto vote = [&](const ItemKey* key) {
      Votes& votes = shapes[key];
      ++votes.count;
      votes.newest = std::max(votes.newest, commit.version);
    };
    for (const Write& write : commit.writes)
      if (write.operation == Operation::kPut && write.table == table_name) vote(write.key);
    for (const Addition& addition : commit.additions)
      if (addition.table == table_name) vote(addition.key);
  }
  const auto most =
      std::max_element(shapes.begin(), shapes.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == shapes.end() ? nullptr : most->first;
}

}  // namespace

const ItemKey& UsualKeys::of(std::string_view table_name) {
  const ItemKey*& key = found_[table_name];
  if (key == nullptr) key = most_common(commits_, table_name);
  STREAMONCE_CHECK(key != nullptr);
  return *key;
}

}  // namespace streamonce::handler::sqlite
