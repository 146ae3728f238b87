// What the ledger remembers of an item in the views, whatever bytes are there.
//
//   the reader      is strict: what it reads is all that is there, and is written again as it was
//   the difference  takes what was read to what the views have now, so that a second one has
//                   nothing to add and nothing to remove; or it says why not

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/change.h"
#include "handler/views/difference.h"
#include "handler/views/memory.h"
#include "handler/views/rules/checker.h"
#include "runtime/base/check.h"
#include "tests/support/remembered.h"

namespace streamonce::handler::views {
namespace {

/// Views with the names, kinds and keys that the corpus has.
constexpr std::string_view kScript = R"(CREATE SOURCE s KEY (id);
CREATE VIEW a KEY (k) AS SELECT c AS k, id FROM s;
CREATE VIEW b KEY (id, k) WITH (owner = 'whose') AS SELECT c AS k, c || 'x' AS id FROM s;
CREATE VIEW c KEY (k) AS SELECT c AS k, COUNT(*) AS n, SUM(n) AS sum FROM s GROUP BY c;
CREATE VIEW d KEY (k) AS SELECT id AS k, n FROM s WHERE n > 0;
)";
constexpr std::string_view kKeys = R"({"id":{"S":"i"}})";
constexpr std::string_view kImage = R"({"id":{"S":"i"},"c":{"S":"x"},"n":{"N":"1.5"}})";
constexpr std::size_t kBytesMax = 8192;

events::Change item_change(std::string_view image) {
  events::Change change;
  STREAMONCE_CHECK(
      change.key.add({.name = "id", .type = events::KeyType::kString, .value = "i"}).has_value());
  change.keys_json = kKeys;
  change.image_json = image;
  if (image.empty()) change.operation = events::Operation::kRemove;
  return change;
}

void check_difference(Deriver& deriver, const events::Change& change, std::string_view content) {
  std::pmr::monotonic_buffer_resource arena;
  std::vector<Made> made;
  for (const std::size_t view : deriver.views_of(0))
    made.push_back({.view = view, .derived = deriver.derive_all(view, change, arena).value()});
  const std::vector<std::string> tables = testing::tables_named_as(deriver.views());
  DifferenceInput input{.views = deriver.views(),
                        .tables = tables,
                        .item = change.key,
                        .keys_json = change.keys_json,
                        .made = made,
                        .content = content,
                        .content_bytes_max = kBytesMax};
  const Result<Difference> first = make_difference(input, arena);
  if (!first) return;
  STREAMONCE_CHECK(first->content.size() <= kBytesMax);
  input.content = first->content;
  const Result<Difference> second = make_difference(input, arena);
  STREAMONCE_CHECK(second.has_value());
  STREAMONCE_CHECK(second->groups.empty());
  STREAMONCE_CHECK(second->content == first->content);
  for (const RowChange& change_of_row : second->rows)
    STREAMONCE_CHECK(change_of_row.row.effect == Row::Effect::kPut ||
                     deriver.views().views[change_of_row.view].view_class == ViewClass::kDirect);
}

void check_memory(std::string_view text) {
  const Result<Memory> memory = read_memory(text);
  if (memory) {
    STREAMONCE_CHECK(streamonce::testing::written_anew(*memory) == text);
    std::string as_it_came;
    append_memory(as_it_came, *memory);
    STREAMONCE_CHECK(as_it_came == text);
  } else {
    STREAMONCE_CHECK(memory.error().code == ErrorCode::kProtocol);
  }
  static Deriver deriver(check_text(kScript).views);
  STREAMONCE_CHECK(deriver.views().views.size() == 4);
  check_difference(deriver, item_change(kImage), text);
  check_difference(deriver, item_change(""), text);
}

}  // namespace
}  // namespace streamonce::handler::views

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::handler::views::check_memory({reinterpret_cast<const char*>(data), size});
  return 0;
}
