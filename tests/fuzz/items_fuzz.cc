// Items, whatever bytes are there.
//
//   the digest  is of what is one item, in each of its bytes, and of nothing else; it stays the
//               same where another library writes the item anew, in its own order and spelling
//   an answer   to BatchGetItem hands out well-formed objects with the texts that are wanted, or
//               is refused

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "events/item_attributes.h"
#include "events/item_digest.h"
#include "handler/services/dynamodb_items.h"
#include "runtime/base/check.h"
#include "runtime/base/payload.h"
#include "tests/fuzz/strict_json.h"

namespace streamonce::events {
namespace {

/// How deep an answer is looked into: deeper ones are of no item.
constexpr std::size_t kNestingChecked = 128;

void check_digest(std::string_view text) {
  static ItemDigester digester;
  const Result<ItemDigest> digest = digester.digest_of(text);
  const auto differing = digester.differing_attributes(text, text);
  STREAMONCE_CHECK(digest.has_value() == differing.has_value());
  if (!digest) {
    STREAMONCE_CHECK(fuzz::is_message(digest.error().message));
    STREAMONCE_CHECK(digest.error().code == ErrorCode::kInvalidArgument);
    STREAMONCE_CHECK(!is_item(text) || digest.error().message.ends_with("a name stands twice"));
    return;
  }
  STREAMONCE_CHECK(differing->empty());
  // Members that are null count as absent, which others do not know.
  if (!is_item(text)) return STREAMONCE_CHECK(text.find("null") != std::string_view::npos);
  const std::string anew = nlohmann::json::parse(text).dump(/*indent=*/2, ' ', /*ascii=*/true);
  const Result<ItemDigest> same = digester.digest_of(anew);
  STREAMONCE_CHECK(same.has_value() && *same == *digest);
  STREAMONCE_CHECK(digester.differing_attributes(text, anew)->empty());
}

void check_answer(std::string_view text) {
  using namespace handler::dynamodb_items;  // NOLINT(google-build-using-namespace)
  static BatchAnswerReader reader;
  const Payload answer = Payload::copy_of(text);
  const std::vector<std::string_view> wanted = {"id", "v"};
  const TakeBatchItem take = [&](const BatchItem& item) {
    STREAMONCE_CHECK(item.json.starts_with('{') && item.json.ends_with('}'));
    STREAMONCE_CHECK(fuzz::nesting_of(text) > kNestingChecked || fuzz::is_json(item.json));
    for (const WantedText& each : item.wanted)
      STREAMONCE_CHECK(each.type == '\0' ? each.text.empty()
                                         : std::string_view("SNB").find(each.type) < 3);
    return true;
  };
  const Result<double> units =
      reader.read(answer.view(), "t", wanted, {.item = take, .unread = take});
  if (!units) STREAMONCE_CHECK(units.error().code == ErrorCode::kProtocol);
}

}  // namespace
}  // namespace streamonce::events

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  streamonce::events::check_digest(text);
  streamonce::events::check_answer(text);
  return 0;
}
