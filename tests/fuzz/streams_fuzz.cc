// tests/fuzz/streams_fuzz.cc: what a follower reads of a stream, and of a file of its own.
//
// The first byte says what the rest is: `d` an answer to DescribeStream, `p` a file of positions,
// and anything else an answer to GetRecords. What must hold:
//
//   a description  is refused or has an id for each shard, and as many shards as another library
//                  finds
//   positions      are refused or are the same when they are written and read again
//   a page         has a change for each record; one that can be applied names its item; what is
//                  taken away goes, in whatever order, and what is left keeps its place; all of it
//                  is done once all of it is taken away; it reads the same each time

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "handler/services/dynamodb_streams.h"
#include "handler/sources/stream/position_file.h"
#include "handler/sources/stream/stream_page.h"
#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

using nlohmann::json;

constexpr std::string_view kArn =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T00:44:22.580";

void check_description(std::string_view text) {
  static dynamodb_streams::AnswerReader reader;
  const Payload payload = Payload::copy_of(text);
  const auto description = reader.description(payload.view());
  if (!description) {
    STREAMONCE_CHECK(description.error().code == ErrorCode::kProtocol);
    return;
  }
  for (const auto& shard : description->shards) STREAMONCE_CHECK(!shard.id.empty());
  const json whole = json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  // The other library refuses some texts, and of members that stand twice takes the last.
  if (!whole.is_object() || !whole.contains("StreamDescription")) return;
  const json& found = whole["StreamDescription"];
  if (found.is_object() && found.contains("Shards") && found["Shards"].is_array())
    STREAMONCE_CHECK(description->shards.size() >= found["Shards"].size());
}

void check_positions(std::string_view text) {
  const auto file = parse_position_file(text);
  if (!file) {
    STREAMONCE_CHECK(file.error().code == ErrorCode::kInvalidArgument);
    return;
  }
  const auto again = parse_position_file(to_json(*file));
  STREAMONCE_CHECK(again && *again == *file);
}

void check_page(std::string_view text) {
  static StreamPage::Reader reader;
  const Payload payload = Payload::copy_of(text);
  StreamPage page = reader.read(payload.view(), kArn);
  const StreamPage other = reader.read(payload.view(), kArn);
  STREAMONCE_CHECK(page.size() == other.size() && page.newest() == other.newest());
  STREAMONCE_CHECK(page.changes().size() == page.size() && page.records().size() == page.size());
  for (std::size_t i = 0; i < page.size(); ++i) {
    const events::Change& change = page.changes()[i];
    STREAMONCE_CHECK(!change.problem.empty() || change.names_item());
    STREAMONCE_CHECK(change.problem == other.changes()[i].problem);
    STREAMONCE_CHECK(change.version == other.changes()[i].version);
    STREAMONCE_CHECK(page.records()[i].place == i);
    STREAMONCE_CHECK(page.records()[i].text == other.records()[i].text);
  }
  std::string last;
  for (const PageRecord& record : page.records())
    if (!record.number.empty()) last = record.number;
  page.take_away([](std::size_t i) { return i % 2 == 1; });
  for (std::size_t i = 0; i < page.records().size(); ++i) {
    STREAMONCE_CHECK(page.records()[i].place == 2 * i);
    STREAMONCE_CHECK(page.changes()[i].version == other.changes()[2 * i].version);
  }
  if (page.size() > 0) STREAMONCE_CHECK(page.done_up_to().empty());
  page.take_away([](std::size_t) { return true; });
  STREAMONCE_CHECK(page.is_done() && page.done_up_to() == last);
}

}  // namespace
}  // namespace streamonce::handler

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with('d'))
    streamonce::handler::check_description(input.substr(1));
  else if (input.starts_with('p'))
    streamonce::handler::check_positions(input.substr(1));
  else
    streamonce::handler::check_page(input);
  return 0;
}
