#include "events/dead_letter.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "events/attribute_walk.h"
#include "events/document_splitter.h"
#include "events/quoted.h"
#include "events/stream_arn.h"
#include "runtime/base/check.h"
#include "runtime/base/json_text.h"
#include "runtime/base/result.h"

namespace streamonce::events {
namespace {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::array;
using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

/// Texts in texts, lists and objects that are opened on the way to a record: in an SQS event, an
/// SNS envelope with an S3 record in it, and some.
constexpr std::size_t kLevelsMax = 12;

constexpr std::string_view kExpected =
    "expected an on-failure record of Lambda's (DDBStreamBatchInfo), a message of SQS or SNS with "
    "one, a DynamoDB stream event, or a stream record";

/// The members of an object that tell what it is, as raw JSON; empty: absent, or null.
struct Members {
  std::string_view batch_info;
  std::string_view kinesis_info;
  std::string_view payload;
  std::string_view records;
  std::string_view messages;
  std::string_view message_id;
  std::string_view body;
  std::string_view sns;
  std::string_view type;
  std::string_view message;
  std::string_view dynamodb;
  std::string_view stream_arn;
  std::string_view unreadable;
  std::string_view unreadable_bytes;
  // Of DDBStreamBatchInfo.
  std::string_view info_stream_arn;
  std::string_view shard_id;
  std::string_view first;
  std::string_view last;

  std::string names;  ///< of the first few members, for a message
  std::string twice;  ///< a member that stands twice; empty: none does

  /// How many of the forms this is at once.
  int forms() const {
    int count = 0;
    for (const std::string_view member :
         {batch_info, records, messages, sns, dynamodb, unreadable, unreadable_bytes})
      count += member.empty() ? 0 : 1;
    return count + (body.empty() || message_id.empty() ? 0 : 1);
  }
};

struct MemberName {
  std::string_view name;
  std::string_view Members::*member;
};

/// Lambda writes an SQS message's members with a small letter, the CLI with a capital.
constexpr std::array kMemberNames = {
    MemberName{"DDBStreamBatchInfo", &Members::batch_info},
    MemberName{"KinesisBatchInfo", &Members::kinesis_info},
    MemberName{"payload", &Members::payload},
    MemberName{"Records", &Members::records},
    MemberName{"Messages", &Members::messages},
    MemberName{"messageId", &Members::message_id},
    MemberName{"MessageId", &Members::message_id},
    MemberName{"body", &Members::body},
    MemberName{"Body", &Members::body},
    MemberName{"Sns", &Members::sns},
    MemberName{"Type", &Members::type},
    MemberName{"Message", &Members::message},
    MemberName{"dynamodb", &Members::dynamodb},
    MemberName{"eventSourceARN", &Members::stream_arn},
    MemberName{"unreadableDocument", &Members::unreadable},
    MemberName{"unreadableBytes", &Members::unreadable_bytes},
    MemberName{"streamArn", &Members::info_stream_arn},
    MemberName{"shardId", &Members::shard_id},
    MemberName{"startSequenceNumber", &Members::first},
    MemberName{"endSequenceNumber", &Members::last},
};

constexpr std::size_t kNamesQuotedMax = 8;

/// A short text is kept as one, escapes or not.
constexpr std::size_t kDocumentStart = 256;

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

bool is_string(std::string_view raw) {
  return raw.starts_with('"');
}

/// Source: DynamoDB Streams API, GetShardIterator, ShardId: 28 to 65 characters. Emulators have
/// shorter ones.
bool is_shard_id(std::string_view text) {
  constexpr std::size_t kShardIdMax = 65;
  return !text.empty() && text.size() <= kShardIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

error_code read_members(document& json, Members& members) {
  object fields;
  STREAMONCE_JSON_TRY(json.get_object().get(fields));
  std::size_t count = 0;
  for (auto field : fields) {
    std::string_view name;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(name));
    if (++count <= kNamesQuotedMax) members.names += (count == 1 ? "" : ", ") + quoted(name);
    value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    std::string_view raw;
    STREAMONCE_JSON_TRY(walk_raw(json, member, raw));
    for (const MemberName& known : kMemberNames) {
      if (name != known.name || raw == "null") continue;
      if (!(members.*known.member).empty()) members.twice = name;
      members.*known.member = raw;
    }
  }
  return SUCCESS;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) + 1 - start);
}

/// What a text of base64 stands for; empty: it is none.
std::string from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  if (!is_canonical_base64(text)) return {};
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(text.size() / 4 * 3 - padding);
  return bytes;
}

}  // namespace

/// A text in a document, what is around it, and where it is.
struct DeadLetterReader::State {
  struct Level {
    simdjson::ondemand::parser parser{kDocumentBytesMax};
    std::string text;  ///< that was unescaped to get here, with room behind it
  };

  /// What a nested text belongs to.
  struct Around {
    std::string_view whole;       ///< what is unreadable if the text is
    std::string_view stream_arn;  ///< empty: not known
    bool in_message = false;      ///< of a queue
  };

  void read_value(std::size_t depth, std::string_view text, const Around& around);
  void read_object(std::size_t depth, document& json, std::string_view text, const Around& around);
  void read_known(std::size_t depth, const Members& members, std::string_view text,
                  const Around& around);
  void read_letter(std::size_t depth, const Members& members, std::string_view text,
                   const Around& around);
  void read_message(std::size_t depth, const Members& members, const Around& around);
  void read_again(std::size_t depth, const Members& members, const Around& around);
  void read_list(std::size_t depth, std::string_view list, const Around& around);
  void read_elements(std::size_t depth, document& json, const Around& around);
  void read_nested(std::size_t depth, std::string_view raw, std::string_view name,
                   const Around& around);
  void point(const Members& info, std::string_view letter, const Around& around);

  error_code open(std::size_t depth, std::string_view text, document& json);
  /// The text of the raw JSON string `raw`, in the buffer of `depth`.
  error_code unescape(std::size_t depth, std::string_view raw, std::string_view& text);
  std::string short_text(std::size_t depth, std::string_view raw);
  void refuse(const Around& around, std::string_view reason) {
    ++found;
    sink->on_unreadable(around.whole, reason);
  }
  void refuse(const Around& around, error_code error) {
    refuse(around, std::string("not JSON: ") + simdjson::error_message(error));
  }

  std::vector<std::unique_ptr<Level>> levels;
  DeadLetterSink* sink = nullptr;
  std::size_t found = 0;  ///< that the sink was told of
};

error_code DeadLetterReader::State::open(std::size_t depth, std::string_view text, document& json) {
  while (levels.size() <= depth) levels.push_back(std::make_unique<Level>());
  const simdjson::padded_string_view padded(text.data(), text.size(),
                                            text.size() + kPayloadPaddingBytes);
  return levels[depth]->parser.iterate(padded).get(json);
}

error_code DeadLetterReader::State::unescape(std::size_t depth, std::string_view raw,
                                             std::string_view& text) {
  document json;
  STREAMONCE_JSON_TRY(open(depth, raw, json));
  std::string_view unescaped;
  STREAMONCE_JSON_TRY(json.get_string().get(unescaped));
  std::string& own = levels[depth]->text;
  own.reserve(unescaped.size() + kPayloadPaddingBytes);
  own = unescaped;
  text = own;
  return SUCCESS;
}

/// For an identifier. Empty: it is no string.
std::string DeadLetterReader::State::short_text(std::size_t depth, std::string_view raw) {
  std::string_view text;
  if (!is_string(raw) || unescape(depth, raw, text)) return {};
  return std::string(text);
}

/// An object, or a list of them.
void DeadLetterReader::State::read_value(std::size_t depth, std::string_view text,
                                         const Around& around) {
  if (depth >= kLevelsMax) return refuse(around, "texts in texts, too deep to be a dead letter");
  document json;
  json_type type;
  text = trimmed(text);
  error_code error = open(depth, text, json);
  if (!error) error = json.type().get(type);
  if (error) return refuse(around, error);
  if (type == json_type::object) return read_object(depth, json, text, around);
  if (type == json_type::array) return read_elements(depth, json, around);
  refuse(around, "neither an object nor a list: " + std::string(kExpected));
}

void DeadLetterReader::State::read_object(std::size_t depth, document& json, std::string_view text,
                                          const Around& around) {
  Members members;
  error_code error = read_members(json, members);
  if (!error && json.current_location().error() != simdjson::OUT_OF_BOUNDS)
    error = simdjson::TRAILING_CONTENT;
  if (error) return refuse(around, error);
  read_known(depth, members, text, around);
}

void DeadLetterReader::State::read_known(std::size_t depth, const Members& members,
                                         std::string_view text, const Around& around) {
  if (!members.twice.empty()) return refuse(around, members.twice + " stands twice");
  if (members.forms() > 1) {
    return refuse(around, "an object with " + members.names +
                              ", which is several things at once: " + std::string(kExpected));
  }
  if (!members.batch_info.empty()) return read_letter(depth, members, text, around);
  if (!members.messages.empty()) return read_list(depth + 1, members.messages, around);
  if (!members.records.empty()) return read_list(depth + 1, members.records, around);
  if (!members.body.empty() && !members.message_id.empty())
    return read_message(depth, members, around);
  if (!members.sns.empty()) return read_nested(depth + 1, members.sns, "Sns", around);
  if (!members.message.empty() && short_text(depth + 1, members.type) == "Notification")
    return read_nested(depth + 1, members.message, "the notification's Message", around);
  if (!members.unreadable.empty() || !members.unreadable_bytes.empty())
    return read_again(depth, members, around);
  if (!members.dynamodb.empty()) {
    ++found;
    return sink->on_record({.json = text,
                            .names_stream = !members.stream_arn.empty(),
                            .stream_arn = around.stream_arn});
  }
  if (!members.kinesis_info.empty()) {
    return refuse(around,
                  "an on-failure record of a Kinesis stream: expected one of a DynamoDB "
                  "stream, with DDBStreamBatchInfo");
  }
  refuse(around, (members.names.empty() ? "an empty object" : "an object with " + members.names) +
                     ": " + std::string(kExpected));
}

void DeadLetterReader::State::read_message(std::size_t depth, const Members& members,
                                           const Around& around) {
  const std::size_t found_before = found;
  if (!around.in_message) sink->on_message(short_text(depth + 1, members.message_id));
  Around inner = around;
  inner.in_message = true;
  read_nested(depth + 1, members.body, "the message's body", inner);
  if (found == found_before) refuse(around, "the message holds no record");
  if (!around.in_message) sink->on_message_end();
}

/// What was unreadable once. It is told as it was then, so that it is kept as it is.
void DeadLetterReader::State::read_again(std::size_t depth, const Members& members,
                                         const Around& around) {
  const bool is_text = !members.unreadable.empty();
  const std::string_view raw = is_text ? members.unreadable : members.unreadable_bytes;
  std::string_view text;
  if (depth + 1 >= kLevelsMax || !is_string(raw) || unescape(depth + 1, raw, text))
    return refuse(around, "unreadableDocument or unreadableBytes is not a text");
  if (!is_text) {
    std::string bytes = from_base64(text);
    if (bytes.empty()) return refuse(around, "unreadableBytes is not base64");
    std::string& own = levels[depth + 1]->text;
    bytes.reserve(bytes.size() + kPayloadPaddingBytes);
    own = std::move(bytes);
    text = own;
  }
  Around inner = around;
  inner.whole = text;
  if (trimmed(text).empty()) return refuse(inner, std::string("not JSON: ") + "white space");
  read_value(depth + 2, text, inner);
}

void DeadLetterReader::State::read_letter(std::size_t depth, const Members& members,
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
  const std::size_t found_before = found;
  Around inner = around;
  inner.stream_arn =
      StreamArn::parse(stream_arn) ? std::string_view(stream_arn) : around.stream_arn;
  read_nested(depth + 1, members.payload, "payload", inner);
  if (found == found_before) refuse(around, "the payload holds no record");
}

void DeadLetterReader::State::point(const Members& info, std::string_view letter,
                                    const Around& around) {
  const std::string stream_arn = short_text(kLevelsMax, info.info_stream_arn);
  const std::string shard_id = short_text(kLevelsMax, info.shard_id);
  const Result<StreamArn> stream = StreamArn::parse(stream_arn);
  if (!stream) return refuse(around, "DDBStreamBatchInfo.streamArn: " + stream.error().message);
  if (!is_shard_id(shard_id))
    return refuse(around,
                  "DDBStreamBatchInfo.shardId is absent, or none: expected 1 to 65 characters");
  const std::string first_text = short_text(kLevelsMax, info.first);
  const std::string last_text = short_text(kLevelsMax, info.last);
  const auto first = SequenceNumber::parse(first_text);
  const auto last = SequenceNumber::parse(last_text);
  if (!first || !last || *last < *first) {
    return refuse(around,
                  "DDBStreamBatchInfo: startSequenceNumber and endSequenceNumber must be a range "
                  "of sequence numbers, each a string of 1 to 40 decimal digits");
  }
  ++found;
  sink->on_pointer({.stream_arn = stream_arn, .shard_id = shard_id, .first = *first, .last = *last},
                   letter);
}

void DeadLetterReader::State::read_list(std::size_t depth, std::string_view list,
                                        const Around& around) {
  if (depth >= kLevelsMax) return refuse(around, "lists in lists, too deep to be a dead letter");
  document json;
  json_type type;
  error_code error = open(depth, list, json);
  if (!error) error = json.type().get(type);
  if (error) return refuse(around, error);
  if (type != json_type::array) return refuse(around, "Records or Messages is not a list");
  read_elements(depth, json, around);
}

void DeadLetterReader::State::read_elements(std::size_t depth, document& json,
                                            const Around& around) {
  array elements;
  if (const error_code error = json.get_array().get(elements)) return refuse(around, error);
  for (auto each : elements) {
    value element;
    std::string_view raw;
    error_code error = each.get(element);
    if (!error) error = walk_raw(json, element, raw);
    if (error) return refuse(around, error);
    Around inner = around;
    inner.whole = raw;
    read_value(depth + 1, raw, inner);
  }
  if (json.current_location().error() != simdjson::OUT_OF_BOUNDS)
    refuse(around, simdjson::TRAILING_CONTENT);
}

/// What is in the member `name`: an object as it is, or as an escaped text.
void DeadLetterReader::State::read_nested(std::size_t depth, std::string_view raw,
                                          std::string_view name, const Around& around) {
  if (depth >= kLevelsMax) return refuse(around, "texts in texts, too deep to be a dead letter");
  std::string_view text = raw;
  if (is_string(raw) && unescape(depth, raw, text))
    return refuse(around, std::string(name) + " has an escape that stands for no character");
  text = trimmed(text);
  if (!text.starts_with('{') && !text.starts_with('['))
    return refuse(around, std::string(name) + " is not JSON: " + std::string(kExpected));
  // The text is in the buffer of this level, so that it is read with the parser of the next.
  read_value(depth + 1, text, around);
}

DeadLetterReader::DeadLetterReader() : state_(std::make_unique<State>()) {}
DeadLetterReader::~DeadLetterReader() = default;

void DeadLetterReader::read(PayloadView text, DeadLetterSink& sink, std::string_view stream_arn) {
  state_->sink = &sink;
  state_->found = 0;
  state_->read_value(0, text.text, {.whole = text.text, .stream_arn = stream_arn});
}

std::string one_line(std::string_view json) {
  std::string line(json.size() + kPayloadPaddingBytes, '\0');
  std::size_t size = 0;
  const error_code error = simdjson::minify(json.data(), json.size(), line.data(), size);
  STREAMONCE_CHECK(!error);
  line.resize(size);
  return line;
}

std::string unreadable_line(std::string_view text, std::string_view reason) {
  const simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser;
  document json;
  Members known;
  json_type type;
  if (!parser.iterate(padded).get(json) && !json.type().get(type) && type == json_type::object &&
      !read_members(json, known) && json.current_location().error() == simdjson::OUT_OF_BOUNDS)
    return one_line(text);

  std::string line = R"({"unreadableDocument":)";
  const bool is_text = simdjson::validate_utf8(text.data(), text.size());
  if (is_text) append_json_string(line, text);
  const std::size_t bytes_size = text.size() / 3 * 4;
  if (!is_text || line.size() > bytes_size + text.size() / 8 + kDocumentStart) {
    line = R"({"unreadableBytes":)";
    append_json_string(line, to_base64(text));
  }
  line += R"(,"reason":)";
  append_json_string(line, reason);
  return line + '}';
}

}  // namespace streamonce::events
