#include "events/dumps/dead_letter.h"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include "events/attribute_walk.h"
#include "events/dumps/dead_letter_form.h"
#include "events/dumps/document_splitter.h"
#include "events/stream_arn.h"
#include "runtime/base/base64.h"
#include "runtime/base/result.h"
#include "runtime/base/text.h"
#include "runtime/base/text_encoding.h"
#include "runtime/json/json_fault.h"

namespace streamonce::events {
namespace {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::array;
using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

/// The most texts, lists and objects that are opened, one in the other, on the way to a record:
/// enough for an S3 record in an event of EventBridge in an SNS envelope in an SQS event, and some.
constexpr std::size_t kLevelsMax = 16;

constexpr std::string_view kExpected =
    "expected an on-failure record of Lambda's (with DDBStreamBatchInfo or requestPayload), a "
    "message of SQS, SNS or EventBridge with one, a DynamoDB stream event, or a stream record";

bool is_string(std::string_view raw) {
  return raw.starts_with('"');
}

/// What is wrong with the shard id `text`. Empty: nothing.
/// Source: DynamoDB Streams API, GetShardIterator, ShardId: 28 to 65 characters. Emulators have
/// shorter ones.
std::string shard_id_fault(std::string_view text) {
  constexpr std::size_t kShardIdMax = 65;
  if (text.empty() || text.size() > kShardIdMax)
    return "has " + std::to_string(text.size()) + " bytes: expected 1 to " +
           std::to_string(kShardIdMax);
  const auto allowed = [](char c) { return c > ' ' && c <= '~'; };
  if (std::all_of(text.begin(), text.end(), allowed)) return {};
  return quoted_excerpt(text) + " is no shard's: expected printable ASCII without spaces";
}

/// `text` without white space around it, and without a byte order mark at its start.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text = without_byte_order_mark(text);
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) + 1 - start);
}

}  // namespace

/// The reading of one document, and the buffers that are kept for the next.
struct DeadLetterReader::DocumentWalk {
  struct Level {
    simdjson::ondemand::parser parser{kDocumentBytesMax};
    std::string text;  ///< the unescaped text that this level reads, with room behind it
  };

  /// What a nested text belongs to.
  struct Around {
    std::string_view whole;       ///< what is unreadable if the text is
    std::string_view stream_arn;  ///< empty: not known
    std::string_view name = {};   ///< the member that the text was in; empty: in none
    bool in_message = false;      ///< whether a queue's message is around the text
  };

  void read_value(std::size_t depth, std::string_view text, const Around& around);
  void read_object(std::size_t depth, document& json, std::string_view text, const Around& around);
  void read_known(std::size_t depth, const Members& members, std::string_view text,
                  const Around& around);
  void read_letter(std::size_t depth, const Members& members, std::string_view text,
                   const Around& around);
  void read_message(std::size_t depth, const Members& members, const Recognised& known,
                    const Around& around);
  void read_again(std::size_t depth, const Recognised& known, const Around& around);
  void read_list(std::size_t depth, const Recognised& known, const Around& around);
  void read_elements(std::size_t depth, document& json, std::string_view text,
                     const Around& around);
  void read_envelope(std::size_t depth, std::string_view raw, std::string_view name,
                     const Around& around);
  void read_nested(std::size_t depth, std::string_view raw, std::string_view name,
                   const Around& around);
  void point(const Members& info, std::string_view letter, const Around& around);

  error_code open(std::size_t depth, std::string_view text, document& json);
  /// Unescapes the raw JSON string `raw` into the buffer of `depth`, which `text` then views.
  error_code unescape(std::size_t depth, std::string_view raw, std::string_view& text);
  std::string short_text(std::size_t depth, std::string_view raw);
  void refuse(const Around& around, std::string_view reason) {
    ++found;
    sink->on_unreadable(around.whole, reason);
  }
  /// Refuses what is not JSON. `json` and `text` are as describe_fault() has them.
  void refuse(const Around& around, error_code error, document* json, std::string_view text) {
    refuse(around, (around.name.empty() ? "" : std::string(around.name) + " is ") +
                       "not JSON: " + describe_fault(error, json, text));
  }

  std::vector<std::unique_ptr<Level>> levels;
  DeadLetterSink* sink = nullptr;
  std::size_t found = 0;  ///< how many things the sink was told of
};

error_code DeadLetterReader::DocumentWalk::open(std::size_t depth, std::string_view text,
                                                document& json) {
  while (levels.size() <= depth) levels.push_back(std::make_unique<Level>());
  const simdjson::padded_string_view padded(text.data(), text.size(),
                                            text.size() + kPayloadPaddingBytes);
  const error_code error = levels[depth]->parser.iterate(padded).get(json);
  // A lack of memory says nothing about the text, which is not to blame.
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  return error;
}

error_code DeadLetterReader::DocumentWalk::unescape(std::size_t depth, std::string_view raw,
                                                    std::string_view& text) {
  document json;
  STREAMONCE_JSON_TRY(open(depth, raw, json));
  std::string_view unescaped;
  STREAMONCE_JSON_TRY(json.get_string().get(unescaped));
  if (json.current_location().error() != simdjson::OUT_OF_BOUNDS) return simdjson::TRAILING_CONTENT;
  std::string& own = levels[depth]->text;
  own.reserve(unescaped.size() + kPayloadPaddingBytes);
  own = unescaped;
  text = own;
  return SUCCESS;
}

/// The text of an identifier. Empty: `raw` is no string.
std::string DeadLetterReader::DocumentWalk::short_text(std::size_t depth, std::string_view raw) {
  std::string_view text;
  if (!is_string(raw) || unescape(depth, raw, text)) return {};
  return std::string(text);
}

/// Reads an object, a list of objects, or a text that holds either.
void DeadLetterReader::DocumentWalk::read_value(std::size_t depth, std::string_view text,
                                                const Around& around) {
  if (depth >= kLevelsMax) return refuse(around, "texts in texts, too deep to be a dead letter");
  if (const std::string_view complaint = utf16_complaint(text); !complaint.empty())
    return refuse(around, complaint);
  document json;
  json_type type;
  text = trimmed(text);
  if (const error_code error = open(depth, text, json)) return refuse(around, error, nullptr, text);
  if (const error_code error = json.type().get(type)) return refuse(around, error, &json, text);
  if (type == json_type::object) return read_object(depth, json, text, around);
  if (type == json_type::array) return read_elements(depth, json, text, around);
  if (type == json_type::string) return read_envelope(depth + 1, text, "the JSON text", around);
  refuse(around, "neither an object nor a list: " + std::string(kExpected));
}

void DeadLetterReader::DocumentWalk::read_object(std::size_t depth, document& json,
                                                 std::string_view text, const Around& around) {
  Members members;
  error_code error = read_members(json, members);
  if (!error && json.current_location().error() != simdjson::OUT_OF_BOUNDS)
    error = simdjson::TRAILING_CONTENT;
  if (error) return refuse(around, error, &json, text);
  read_known(depth, members, text, around);
}

void DeadLetterReader::DocumentWalk::read_known(std::size_t depth, const Members& members,
                                                std::string_view text, const Around& around) {
  if (!members.twice.empty()) return refuse(around, members.twice + " stands twice");
  const Recognised known = recognise(members);
  switch (known.form) {
    case Form::kLetter:
      return read_letter(depth, members, text, around);
    case Form::kList:
      return read_list(depth + 1, known, around);
    case Form::kEmptyPage:
      return;
    case Form::kMessage:
      return read_message(depth, members, known, around);
    case Form::kEnvelope:
      return read_envelope(depth + 1, known.content, known.name, around);
    case Form::kKeptText:
    case Form::kKeptBytes:
      return read_again(depth, known, around);
    case Form::kRecord:
      ++found;
      return sink->on_record({.json = text,
                              .names_stream = !members.stream_arn.empty(),
                              .stream_arn = around.stream_arn});
    case Form::kKinesis:
      return refuse(around,
                    "an on-failure record of a Kinesis stream: expected one of a DynamoDB "
                    "stream, with DDBStreamBatchInfo");
    case Form::kSeveral:
      return refuse(around, "an object with " + members.names +
                                ", which is several things at once: " + std::string(kExpected));
    case Form::kNone:
      return refuse(
          around, (members.names.empty() ? "an empty object" : "an object with " + members.names) +
                      ": " + std::string(kExpected));
  }
}

void DeadLetterReader::DocumentWalk::read_message(std::size_t depth, const Members& members,
                                                  const Recognised& known, const Around& around) {
  const std::size_t found_before = found;
  if (!around.in_message) sink->on_message(short_text(depth + 1, members.message_id));
  Around inner = around;
  inner.in_message = true;
  read_nested(depth + 1, known.content, known.name, inner);
  if (found == found_before) refuse(around, "the message holds no record");
  if (!around.in_message) sink->on_message_end();
}

/// Reads again what was unreadable once. If it still is, the sink is told the kept text itself, and
/// not the object around it, so that it can be kept in the same form again.
void DeadLetterReader::DocumentWalk::read_again(std::size_t depth, const Recognised& known,
                                                const Around& around) {
  std::string_view text;
  if (depth + 1 >= kLevelsMax || !is_string(known.content) ||
      unescape(depth + 1, known.content, text))
    return refuse(around, std::string(known.name) + " is not a text");
  if (known.form == Form::kKeptBytes) {
    std::string bytes = from_base64(text);
    if (bytes.empty()) return refuse(around, "unreadableBytes is not base64");
    std::string& own = levels[depth + 1]->text;
    bytes.reserve(bytes.size() + kPayloadPaddingBytes);
    own = std::move(bytes);
    text = own;
  }
  Around inner = around;
  inner.whole = text;
  inner.name = {};
  if (trimmed(text).empty()) return refuse(inner, "not JSON: white space");
  read_value(depth + 2, text, inner);
}

void DeadLetterReader::DocumentWalk::read_letter(std::size_t depth, const Members& members,
                                                 std::string_view text, const Around& around) {
  if (depth + 1 >= kLevelsMax) return refuse(around, "too deep to be a dead letter");
  document json;
  Members info;
  error_code error = open(depth + 1, members.batch_info, json);
  if (!error) error = read_members(json, info);
  if (error) return refuse(around, "DDBStreamBatchInfo is not an object");
  if (!info.twice.empty()) return refuse(around, info.twice + " stands twice");
  if (members.payload.empty()) return point(info, text, around);
  const std::string stream_arn = short_text(depth + 1, info.info_stream_arn);
  Around inner = around;
  inner.stream_arn =
      StreamArn::parse(stream_arn) ? std::string_view(stream_arn) : around.stream_arn;
  read_envelope(depth + 1, members.payload, "payload", inner);
}

void DeadLetterReader::DocumentWalk::point(const Members& info, std::string_view letter,
                                           const Around& around) {
  const std::string stream_arn = short_text(kLevelsMax, info.info_stream_arn);
  const std::string shard_id = short_text(kLevelsMax, info.shard_id);
  const Result<StreamArn> stream = StreamArn::parse(stream_arn);
  if (!stream) return refuse(around, "DDBStreamBatchInfo.streamArn: " + stream.error().message);
  if (!is_string(info.shard_id))
    return refuse(around, info.shard_id.empty() ? "DDBStreamBatchInfo.shardId is absent"
                                                : "DDBStreamBatchInfo.shardId is not a string");
  if (const std::string fault = shard_id_fault(shard_id); !fault.empty())
    return refuse(around, "DDBStreamBatchInfo.shardId " + fault);
  const std::string first_text = short_text(kLevelsMax, info.first);
  const std::string last_text = short_text(kLevelsMax, info.last);
  const auto first = SequenceNumber::parse(first_text);
  const auto last = SequenceNumber::parse(last_text);
  if (!first)
    return refuse(around, "DDBStreamBatchInfo.startSequenceNumber: " + first.error().message);
  if (!last) return refuse(around, "DDBStreamBatchInfo.endSequenceNumber: " + last.error().message);
  if (*last < *first) {
    return refuse(around,
                  "DDBStreamBatchInfo has its range the wrong way round: "
                  "startSequenceNumber " +
                      first_text + " is above endSequenceNumber " + last_text);
  }
  ++found;
  sink->on_pointer({.stream_arn = stream_arn, .shard_id = shard_id, .first = *first, .last = *last},
                   letter);
}

void DeadLetterReader::DocumentWalk::read_list(std::size_t depth, const Recognised& known,
                                               const Around& around) {
  if (depth >= kLevelsMax) return refuse(around, "lists in lists, too deep to be a dead letter");
  document json;
  json_type type;
  if (const error_code error = open(depth, known.content, json))
    return refuse(around, error, nullptr, known.content);
  if (const error_code error = json.type().get(type))
    return refuse(around, error, &json, known.content);
  if (type != json_type::array) return refuse(around, std::string(known.name) + " is not a list");
  read_elements(depth, json, known.content, around);
}

void DeadLetterReader::DocumentWalk::read_elements(std::size_t depth, document& json,
                                                   std::string_view text, const Around& around) {
  array elements;
  if (const error_code error = json.get_array().get(elements))
    return refuse(around, error, &json, text);
  for (auto each : elements) {
    value element;
    std::string_view raw;
    error_code error = each.get(element);
    if (!error) error = walk_raw(json, element, raw);
    if (error) return refuse(around, error, &json, text);
    Around inner = around;
    inner.whole = raw;
    read_value(depth + 1, raw, inner);
  }
  if (json.current_location().error() != simdjson::OUT_OF_BOUNDS)
    refuse(around, simdjson::TRAILING_CONTENT, &json, text);
}

/// Reads what an envelope holds, which must be something.
void DeadLetterReader::DocumentWalk::read_envelope(std::size_t depth, std::string_view raw,
                                                   std::string_view name, const Around& around) {
  const std::size_t found_before = found;
  read_nested(depth, raw, name, around);
  if (found == found_before) refuse(around, std::string(name) + " holds no record");
}

/// Reads what is in the member `name`, be it JSON or a text of JSON.
void DeadLetterReader::DocumentWalk::read_nested(std::size_t depth, std::string_view raw,
                                                 std::string_view name, const Around& around) {
  if (depth >= kLevelsMax) return refuse(around, "texts in texts, too deep to be a dead letter");
  std::string_view text = raw;
  if (is_string(raw)) {
    const error_code error = unescape(depth, raw, text);
    if (error == simdjson::TRAILING_CONTENT) return refuse(around, error, nullptr, raw);
    if (error)
      return refuse(around, std::string(name) + " has an escape that stands for no character");
  }
  text = trimmed(text);
  if (!text.starts_with('{') && !text.starts_with('[') && !is_string(text))
    return refuse(around, std::string(name) + " is not JSON: " + std::string(kExpected));
  Around inner = around;
  inner.name = name;
  // The text is in the buffer of this level, so that it is read with the parser of the next.
  read_value(depth + 1, text, inner);
}

DeadLetterReader::DeadLetterReader() : walk_(std::make_unique<DocumentWalk>()) {}
DeadLetterReader::~DeadLetterReader() = default;

void DeadLetterReader::read(PayloadView text, DeadLetterSink& sink, std::string_view stream_arn) {
  walk_->sink = &sink;
  walk_->found = 0;
  walk_->read_value(0, text.text, {.whole = text.text, .stream_arn = stream_arn});
}

}  // namespace streamonce::events
