#include "handler/sources/stream/position_file.h"

#include <utility>

#include "events/stream_arn.h"
#include "runtime/base/file.h"
#include "runtime/base/json_text.h"
#include "runtime/base/payload.h"
#include "runtime/base/text.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler {
namespace {

namespace ondemand = simdjson::ondemand;
using events::StreamArn;

/// The largest file that is read: far more than a stream's shards take.
constexpr std::size_t kFileBytesMax = 16UL * 1024 * 1024;

constexpr std::string_view kForm =
    R"(expected {"pipeline":...,"stream":...,"target":...,"ledger":...,)"
    R"("positions":{SHARD:POSITION,...}})";

/// What is kept as `text`, which views the parser's buffers, in a string of its own.
bool read_own_text(ondemand::value value, std::string& text) {
  std::string_view found;
  if (value.get_string().get(found) != simdjson::SUCCESS) return false;
  text = found;
  return true;
}

bool read_positions(ondemand::value value, std::map<std::string, Position>& positions) {
  return json::each_member(value, [&](std::string_view shard, ondemand::value content) {
    const std::string id(shard);
    std::string text;
    if (!read_own_text(content, text)) return false;
    Result<Position> position = parse_position(text);
    if (!position) return false;
    positions.insert_or_assign(id, *std::move(position));
    return true;
  });
}

bool is_of_same_table(std::string_view a, std::string_view b) {
  const auto one = StreamArn::parse(a);
  const auto other = StreamArn::parse(b);
  return one && other && one->region == other->region && one->account == other->account &&
         one->table == other->table;
}

}  // namespace

std::string to_json(const PositionFileText& file) {
  std::string json = R"({"pipeline":)";
  append_json_string(json, file.pipeline);
  json += R"(,"stream":)";
  append_json_string(json, file.stream_arn);
  json += R"(,"target":)";
  append_json_string(json, file.target);
  json += R"(,"ledger":)";
  append_json_string(json, file.ledger);
  json += R"(,"positions":{)";
  for (const auto& [shard, position] : file.positions) {
    if (!json.ends_with('{')) json += ',';
    append_json_string(json, shard);
    json += ':';
    append_json_string(json, text_of(position));
  }
  return json + "}}\n";
}

Result<PositionFileText> parse_position_file(std::string_view text) {
  ondemand::parser parser;
  ondemand::document document;
  const Payload payload = Payload::copy_of(text);
  PositionFileText file;
  bool has_positions = false;
  const bool good = json::open(parser, payload.view(), document) == simdjson::SUCCESS &&
                    json::each_member(document,
                                      [&](std::string_view name, ondemand::value content) {
                                        if (name == "pipeline")
                                          return read_own_text(content, file.pipeline);
                                        if (name == "stream")
                                          return read_own_text(content, file.stream_arn);
                                        if (name == "target")
                                          return read_own_text(content, file.target);
                                        if (name == "ledger")
                                          return read_own_text(content, file.ledger);
                                        if (name != "positions") return json::pass_over(content);
                                        has_positions = true;
                                        return read_positions(content, file.positions);
                                      }) &&
                    json::at_end(document);
  if (!good || !has_positions || file.stream_arn.empty() || file.target.empty())
    return invalid_argument("no file of positions: " + std::string(kForm));
  return file;
}

PositionFile::PositionFile(Options options) : options_(std::move(options)) {
  file_.pipeline = options_.pipeline;
  file_.stream_arn = options_.stream_arn;
  file_.target = options_.target;
  file_.ledger = options_.ledger;
}

Status PositionFile::check_same(const PositionFileText& file) const {
  const std::string& path = options_.path;
  if (file.pipeline != options_.pipeline ||
      !is_of_same_table(file.stream_arn, options_.stream_arn)) {
    return invalid_argument(path + ": has positions of the pipeline " + in_quotes(file.pipeline) +
                            " and the stream " + in_quotes(file.stream_arn) +
                            ": name another file");
  }
  const bool is_same_target = file.target == options_.target;
  if (is_same_target && file.ledger == options_.ledger) return {};
  const std::string& found = is_same_target ? file.ledger : file.target;
  const std::string& expected = is_same_target ? options_.ledger : options_.target;
  return invalid_argument(path + ": has positions of the " +
                          (is_same_target ? "ledger " : "target ") + in_quotes(found) +
                          ", and this one is " + in_quotes(expected) +
                          ": name another file, or remove it where the target was only moved: "
                          "then the stream is read from its oldest record");
}

Result<std::unique_ptr<PositionFile>> PositionFile::open(Options options) {
  std::unique_ptr<PositionFile> store(new PositionFile(std::move(options)));
  const std::string& path = store->options_.path;
  if (!file_exists(path)) {
    STREAMONCE_TRY(store->write());  // so that what is wrong with the path is seen at the start
    return store;
  }
  Payload payload(kFileBytesMax);
  STREAMONCE_TRY(read_file(path, payload));
  Result<PositionFileText> file = parse_position_file(payload.text());
  if (!file) return with_context(path, std::move(file).error());
  STREAMONCE_TRY(store->check_same(*file));
  if (file->stream_arn == store->options_.stream_arn) store->file_ = *std::move(file);
  return store;
}

Result<std::vector<std::optional<Position>>> PositionFile::load(std::span<const std::string> shards,
                                                                SteadyTime /*deadline*/) {
  std::vector<std::optional<Position>> positions;
  for (const std::string& shard : shards) {
    const auto found = file_.positions.find(shard);
    positions.push_back(found == file_.positions.end() ? std::nullopt
                                                       : std::optional(found->second));
  }
  return positions;
}

Status PositionFile::save(std::span<const ShardPosition> positions, SteadyTime /*deadline*/) {
  for (const ShardPosition& each : positions) file_.positions[each.shard] = each.position;
  return write();
}

Status PositionFile::forget(std::span<const std::string> shards, SteadyTime /*deadline*/) {
  for (const std::string& shard : shards) file_.positions.erase(shard);
  return write();
}

Status PositionFile::write() const {
  return replace_file(options_.path, to_json(file_));
}

}  // namespace streamonce::handler
