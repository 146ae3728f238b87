#include "events/stream_batch.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/attribute_walk.h"
#include "runtime/base/iso_time.h"
#include "runtime/base/text.h"
#include "runtime/base/text_encoding.h"
#include "runtime/json/json_fault.h"

namespace streamonce::events {
namespace {

using json::Problem;
using json::take_text;
using json::walk_any;
using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

constexpr std::string_view kEventSource = "aws:dynamodb";
constexpr std::string_view kTtlPrincipal = "dynamodb.amazonaws.com";
constexpr std::size_t kNamesQuotedMax = 8;

/// Whether `raw`, which starts and ends with its brackets, has no member.
bool is_empty_object(std::string_view raw) {
  return !raw.empty() && raw.find_first_not_of(" \t\r\n", /*pos=*/1) == raw.size() - 1;
}

/// The stream of the record that was read before.
struct KnownStream {
  std::string arn;
  StreamArn stream;  ///< views of `arn`

  /// The same with views of `text`, which is equal to `arn`.
  StreamArn in(std::string_view text) const {
    const auto moved = [&](std::string_view part) {
      return text.substr(static_cast<std::size_t>(part.data() - arn.data()), part.size());
    };
    return {.region = moved(stream.region),
            .account = moved(stream.account),
            .table = moved(stream.table),
            .label = moved(stream.label)};
  }
};

/// Reads one event, or one record. After a JSON error or a refusal of the whole, nothing more is
/// read.
class EventReader {
 public:
  EventReader(document& json, StreamEvent& event, const StreamParser::TakeRecord& take)
      : document_(json),
        event_(event),
        take_(take) {}

  error_code read();
  /// Reads a record that is the whole document. `stream_arn` is as parse_record() has it.
  error_code read_alone(std::string_view stream_arn, KnownStream& known);
  /// The text that the stream of the latest record was read from.
  std::string_view arn() const { return last_arn_; }
  /// Why the whole event is refused, if it is.
  const std::string& refusal() const { return refusal_; }

 private:
  /// The members of a record that matter: none may stand twice.
  enum Member : unsigned {
    kChange = 1U << 0U,
    kEventName = 1U << 1U,
    kEventSourceName = 1U << 2U,
    kStreamArn = 1U << 3U,
    kKeys = 1U << 4U,
    kNewImage = 1U << 5U,
    kOldImage = 1U << 6U,
    kSequenceNumber = 1U << 7U,
    kViewType = 1U << 8U,
    kCreatedAt = 1U << 9U,
  };

  /// The texts of a record that become values once all its members have come.
  struct RecordTexts {
    std::string_view event_name;
    std::string_view event_source;
    std::string_view stream_arn;
    std::string_view view_type;
    std::string_view sequence_number;
    unsigned members = 0;  ///< the bits of the members that have come

    bool has(Member member) const { return (members & member) != 0; }
  };

  error_code read_records(value json);
  error_code read_record(value json);
  error_code read_record_member(std::string_view name, value json, StreamRecord& record,
                                RecordTexts& texts);
  error_code read_change(value json, StreamRecord& record, RecordTexts& texts);
  error_code read_change_member(std::string_view name, value json, StreamRecord& record,
                                RecordTexts& texts);
  /// Notes that a member has come, and whether it has come before.
  void take_member(Member member, std::string_view name, StreamRecord& record, RecordTexts& texts);
  error_code read_image(value json, std::string_view& raw, std::vector<KeyAttribute>& scalars,
                        Problem problem);
  error_code read_text(value json, std::string_view name, std::string_view& text,
                       Problem problem) const;
  error_code read_created_at(value json, StreamRecord& record) const;
  error_code read_user_identity(value json, StreamRecord& record) const;
  void finish(StreamRecord& record, const RecordTexts& texts);
  void resolve_names(StreamRecord& record, const RecordTexts& texts);
  void resolve_stream(StreamRecord& record, std::string_view arn);
  void check_image(StreamRecord& record) const;
  void refuse(std::string what) {
    if (refusal_.empty()) refusal_ = std::move(what);
  }
  std::string where() const {
    return is_alone_ ? "the record" : "Records[" + std::to_string(count_) + "]";
  }

  document& document_;
  StreamEvent& event_;
  const StreamParser::TakeRecord& take_;
  std::size_t count_ = 0;  // of the records that were taken
  std::string refusal_;
  bool is_alone_ = false;
  std::string_view arn_around_;  // the stream of a record that does not name one; empty: not known
  KnownStream* known_ = nullptr;
  std::string_view last_arn_;  // the next record nearly always has the same
  StreamArn last_stream_;
  std::vector<KeyAttribute> new_image_scalars_;  // both belong to the record that is being read
  std::vector<KeyAttribute> old_image_scalars_;
};

error_code EventReader::read() {
  json_type type;
  STREAMONCE_JSON_TRY(document_.type().get(type));
  if (type != json_type::object) {
    refuse("the event is not a JSON object: expected {\"Records\":[...]} of a DynamoDB stream");
    return SUCCESS;
  }
  simdjson::ondemand::object members;
  STREAMONCE_JSON_TRY(document_.get_object().get(members));
  bool has_records = false;
  std::size_t count = 0;
  std::string names;
  for (auto field : members) {
    std::string_view name;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(name));
    if (++count <= kNamesQuotedMax) names += (names.empty() ? "" : ", ") + quoted_excerpt(name);
    value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    if (name == "Records") {
      if (has_records) refuse("the event has Records twice: expected it once");
      has_records = true;
      STREAMONCE_JSON_TRY(read_records(member));
    } else {
      // Lambda wants such an answer to carry the window's state on, which is no business of a
      // mirror.
      if (name == "window") refuse("the event is of a tumbling window: expected none to be set");
      STREAMONCE_JSON_TRY(walk_any(member));
    }
    if (!refusal_.empty()) return SUCCESS;
  }
  if (!has_records) {
    refuse("the event has no Records: found " +
           (count == 0 ? "an empty object" : "an object with " + names) +
           ", expected {\"Records\":[...]} of a DynamoDB stream");
  }
  // Nothing may stand behind the object.
  return json::at_end(document_) ? SUCCESS : simdjson::TRAILING_CONTENT;
}

error_code EventReader::read_alone(std::string_view stream_arn, KnownStream& known) {
  known_ = &known;
  is_alone_ = true;
  arn_around_ = stream_arn;
  json_type type;
  STREAMONCE_JSON_TRY(document_.type().get(type));
  if (type != json_type::object) {
    refuse("the record is not an object: expected a DynamoDB stream record");
    return SUCCESS;
  }
  value record;
  STREAMONCE_JSON_TRY(document_.get_value().get(record));
  STREAMONCE_JSON_TRY(read_record(record));
  return json::at_end(document_) ? SUCCESS : simdjson::TRAILING_CONTENT;
}

error_code EventReader::read_records(value json) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type != json_type::array) {
    refuse("Records is not an array: expected {\"Records\":[...]} of a DynamoDB stream");
    return SUCCESS;
  }
  simdjson::ondemand::array elements;
  STREAMONCE_JSON_TRY(json.get_array().get(elements));
  for (auto element : elements) {
    value record;
    STREAMONCE_JSON_TRY(element.get(record));
    if (count_ == kRecordsMax)
      refuse("more than " + std::to_string(kRecordsMax) + " records: Lambda never sends so many");
    else
      STREAMONCE_JSON_TRY(read_record(record));
    if (!refusal_.empty()) return SUCCESS;
  }
  return SUCCESS;
}

error_code EventReader::read_record(value json) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type != json_type::object) {
    refuse(where() + " is not an object: expected a DynamoDB stream record");
    return SUCCESS;
  }
  StreamRecord record;
  RecordTexts texts;
  const auto take = [&](std::string_view name, value member) {
    return read_record_member(name, member, record, texts);
  };
  STREAMONCE_JSON_TRY(json::walk_members(json, take));
  finish(record, texts);
  if (!refusal_.empty()) return SUCCESS;
  if (event_.stream.table.empty()) event_.stream = record.stream;
  ++count_;
  take_(std::move(record));
  return SUCCESS;
}

void EventReader::take_member(Member member, std::string_view name, StreamRecord& record,
                              RecordTexts& texts) {
  if (texts.has(member)) Problem(record.problem).note(std::string(name) + " stands twice");
  texts.members |= member;
}

error_code EventReader::read_record_member(std::string_view name, value json, StreamRecord& record,
                                           RecordTexts& texts) {
  const Problem problem(record.problem);
  if (name == "dynamodb") {
    take_member(kChange, name, record, texts);
    return read_change(json, record, texts);
  }
  if (name == "eventName") {
    take_member(kEventName, name, record, texts);
    return read_text(json, name, texts.event_name, problem);
  }
  // SNS writes this name with a capital.
  if (name == "eventSource" || name == "EventSource") {
    take_member(kEventSourceName, name, record, texts);
    return read_text(json, name, texts.event_source, problem);
  }
  if (name == "eventSourceARN") {
    json_type type;
    STREAMONCE_JSON_TRY(json.type().get(type));
    if (type == json_type::null) return walk_any(json);  // null counts as absent
    take_member(kStreamArn, name, record, texts);
    return read_text(json, name, texts.stream_arn, problem);
  }
  if (name == "userIdentity") return read_user_identity(json, record);
  return walk_any(json);
}

error_code EventReader::read_change(value json, StreamRecord& record, RecordTexts& texts) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type != json_type::object) {
    Problem(record.problem).note("dynamodb is not an object");
    return walk_any(json);
  }
  return json::walk_members(json, [&](std::string_view name, value member) {
    return read_change_member(name, member, record, texts);
  });
}

error_code EventReader::read_change_member(std::string_view name, value json, StreamRecord& record,
                                           RecordTexts& texts) {
  Problem problem(record.problem);
  if (name == "Keys") {
    if (texts.has(kKeys)) {  // the first Keys stays the key, so that the record's lane is known
      problem.note("Keys stands twice");
      return walk_any(json);
    }
    take_member(kKeys, name, record, texts);
    // Whatever is wrong with the record elsewhere, its item is known.
    std::string key_problem;
    STREAMONCE_JSON_TRY(walk_key(document_, json, record.keys_json, record.key, event_.copies,
                                 Problem(key_problem)));
    if (!key_problem.empty()) problem.note(key_problem);
    return SUCCESS;
  }
  if (name == "NewImage") {
    take_member(kNewImage, name, record, texts);
    return read_image(json, record.new_image_json, new_image_scalars_, problem);
  }
  if (name == "OldImage") {
    take_member(kOldImage, name, record, texts);
    return read_image(json, record.old_image_json, old_image_scalars_, problem);
  }
  if (name == "SequenceNumber") {
    // Nobody could tell which of two is the record's, and an answer could not name the record.
    if (texts.has(kSequenceNumber)) refuse(where() + ".dynamodb has SequenceNumber twice");
    take_member(kSequenceNumber, name, record, texts);
    return read_text(json, name, texts.sequence_number, problem);
  }
  if (name == "StreamViewType") {
    take_member(kViewType, name, record, texts);
    return read_text(json, name, texts.view_type, problem);
  }
  if (name == "ApproximateCreationDateTime") {
    take_member(kCreatedAt, name, record, texts);
    return read_created_at(json, record);
  }
  return walk_any(json);
}

/// Reads an image. null and {} are an image that is absent.
error_code EventReader::read_image(value json, std::string_view& raw,
                                   std::vector<KeyAttribute>& scalars, Problem problem) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type == json_type::null) return walk_any(json);
  STREAMONCE_JSON_TRY(walk_item(document_, json, raw, scalars, event_.copies, problem));
  if (is_empty_object(raw)) raw = {};
  return SUCCESS;
}

error_code EventReader::read_text(value json, std::string_view name, std::string_view& text,
                                  Problem problem) const {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type == json_type::string) return take_text(json, text, problem);
  if (type == json_type::null) return walk_any(json);  // null counts as absent
  problem.note(std::string(name) + " is not a string");
  return walk_any(json);
}

error_code EventReader::read_created_at(value json, StreamRecord& record) const {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type == json_type::null) return walk_any(json);
  if (type == json_type::string) {  // `aws dynamodbstreams get-records` prints a text
    std::string_view text;
    std::string ignored;  // a text without a meaning is no time
    STREAMONCE_JSON_TRY(take_text(json, text, Problem(ignored)));
    record.created_at = parse_iso_time(text);
    return SUCCESS;
  }
  double seconds = -1;
  if (type != json_type::number || json.get_double().get(seconds) != SUCCESS) return walk_any(json);
  // Seconds up to the year 9999; beyond, it is another unit.
  constexpr double kSecondsMax = 253'402'300'799.0;
  if (seconds >= 0 && seconds <= kSecondsMax)
    record.created_at = static_cast<std::int64_t>(std::floor(seconds));
  return SUCCESS;
}

error_code EventReader::read_user_identity(value json, StreamRecord& record) const {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type != json_type::object) return walk_any(json);  // null, as other services have it
  std::string_view kind;
  std::string_view principal;
  const auto take = [&](std::string_view name, value member) {
    json_type member_type;
    STREAMONCE_JSON_TRY(member.type().get(member_type));
    std::string ignored;  // a principal that is no text is not DynamoDB
    // Lambda writes the names with a small letter, GetRecords with a capital.
    if (member_type == json_type::string && (name == "type" || name == "Type"))
      return take_text(member, kind, Problem(ignored));
    if (member_type == json_type::string && (name == "principalId" || name == "PrincipalId"))
      return take_text(member, principal, Problem(ignored));
    return walk_any(member);
  };
  STREAMONCE_JSON_TRY(json::walk_members(json, take));
  record.expired_by_ttl = kind == "Service" && principal == kTtlPrincipal;
  return SUCCESS;
}

/// Turns the texts of a whole record into values, or says what is wrong with them.
void EventReader::finish(StreamRecord& record, const RecordTexts& texts) {
  if (texts.has(kEventSourceName) && texts.event_source != kEventSource) {
    return refuse(where() + " is of the event source " + quoted_excerpt(texts.event_source) +
                  ": expected " + quoted_excerpt(kEventSource));
  }
  if (!texts.has(kSequenceNumber)) {
    return refuse(where() + " has no dynamodb.SequenceNumber: it could not be named in an answer");
  }
  if (texts.sequence_number.data() == nullptr)
    return refuse(where() + ".dynamodb.SequenceNumber is not a string of 1 to " +
                  std::to_string(SequenceNumber::kDigitsMax) + " decimal digits");
  Result<SequenceNumber> number = SequenceNumber::parse(texts.sequence_number);
  if (!number) return refuse(where() + ".dynamodb.SequenceNumber: " + number.error().message);
  record.sequence_number = *number;
  resolve_names(record, texts);
  resolve_stream(record, texts.stream_arn.empty() ? arn_around_ : texts.stream_arn);
  if (record.key.empty()) Problem(record.problem).note("Keys is absent or empty");
  check_image(record);
}

void EventReader::resolve_names(StreamRecord& record, const RecordTexts& texts) {
  Problem problem(record.problem);
  if (texts.event_name == "INSERT") {
    record.event_name = EventName::kInsert;
  } else if (texts.event_name == "MODIFY") {
    record.event_name = EventName::kModify;
  } else if (texts.event_name == "REMOVE") {
    record.event_name = EventName::kRemove;
  } else if (texts.has(kEventName)) {
    problem.note("eventName " + quoted_excerpt(texts.event_name) +
                 " is unknown: expected INSERT, MODIFY or REMOVE");
  } else {
    problem.note("eventName is absent: expected INSERT, MODIFY or REMOVE");
  }
  for (const StreamViewType type : {StreamViewType::kKeysOnly, StreamViewType::kNewImage,
                                    StreamViewType::kOldImage, StreamViewType::kNewAndOldImages}) {
    if (texts.view_type == name_of(type)) record.view_type = type;
  }
}

void EventReader::resolve_stream(StreamRecord& record, std::string_view arn) {
  if (arn.empty()) {
    Problem(record.problem).note("eventSourceARN is absent: the version needs the stream's label");
    return;
  }
  if (known_ != nullptr && arn == known_->arn) {
    last_arn_ = arn;
    last_stream_ = known_->in(arn);
  } else if (arn != last_arn_) {
    Result<StreamArn> stream = StreamArn::parse(arn);
    if (!stream) {
      Problem(record.problem).note(stream.error().message);
      return;
    }
    last_arn_ = arn;
    last_stream_ = *stream;
    if (known_ != nullptr) {
      known_->arn = arn;
      known_->stream = *StreamArn::parse(known_->arn);
    }
  }
  record.stream = last_stream_;
}

/// Checks that the new image is that of the item that Keys names: a target puts the image, and
/// marks the key.
void EventReader::check_image(StreamRecord& record) const {
  Problem problem(record.problem);
  if (problem.noted() || record.new_image_json.empty()) return;
  for (const KeyAttribute& attribute : record.key.attributes()) {
    std::size_t count = 0;
    for (const KeyAttribute& scalar : new_image_scalars_) {
      if (scalar.name != attribute.name) continue;
      ++count;
      if (!same_value(scalar, attribute)) problem.note("NewImage and Keys are of different items");
    }
    if (count == 0) problem.note("NewImage lacks the key attribute " + std::string(attribute.name));
    if (count > 1)
      problem.note("NewImage has the key attribute " + std::string(attribute.name) + " twice");
  }
}

bool lies_in(std::string_view part, std::string_view whole) {
  const std::less_equal<> not_behind;
  return not_behind(whole.data(), part.data()) &&
         not_behind(part.data() + part.size(), whole.data() + whole.size());
}

/// A text that is `part`, in `text` or in `copies`. Names of attributes are in the parser's buffer,
/// and those of the next record are nearly always the same.
std::string_view kept(std::string_view part, std::string_view text, Copies& copies) {
  constexpr std::size_t kLookedAt = ItemKey::kAttributesMax;
  if (part.empty() || lies_in(part, text)) return part;
  for (std::size_t i = 0; i < std::min(kLookedAt, copies.size()); ++i)
    if (const std::string& copy = *copies[copies.size() - 1 - i]; copy == part) return copy;
  return *copies.emplace_back(std::make_unique<const std::string>(part));
}

/// Lets `record`, which was read from `text`, view nothing in the parser's buffer, where escapes
/// are resolved. `arn` is the text of its stream.
void keep_texts(StreamRecord& record, std::string_view text, std::string_view arn,
                std::string_view arn_around, Copies& copies) {
  if (const std::string_view number = record.sequence_number.text(); !lies_in(number, text))
    record.sequence_number = *SequenceNumber::parse(kept(number, text, copies));
  const auto keep = [&](std::string_view part) { return kept(part, text, copies); };
  record.key.replace_texts(keep);
  if (!record.stream.table.empty() && !lies_in(arn, text) && !lies_in(arn, arn_around))
    record.stream = *StreamArn::parse(keep(arn));
}

/// Gives access to what simdjson hides: its index, from the first token to the end.
struct Tokens : simdjson::ondemand::json_iterator {
  using Position = decltype(std::declval<json_iterator>().root_position());
  static Position end_of(const json_iterator& tokens) {
    return (tokens.*(&Tokens::end_position))();
  }
};
struct HiddenIterator : document {
  static const simdjson::ondemand::json_iterator& of(const document& json) {
    return json.*(&HiddenIterator::iter);
  }
};

/// simdjson's index has 4 bytes for each bracket, comma, colon and scalar: 20 MB for the densest
/// payload. Behind the last record it is of no use, and the memory is needed for requests.
void give_index_back(const document& json) {
  constexpr std::uintptr_t kBytesKept = 1024UL * 1024;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(HiddenIterator::of(json).root_position());
  const auto end = reinterpret_cast<std::uintptr_t>(Tokens::end_of(HiddenIterator::of(json)));
  const std::uintptr_t first = (begin + kBytesKept + page - 1) / page * page;
  const std::uintptr_t last = end / page * page;
  // The pages stay ours; the next event finds zeros in them, and writes over those.
  if (first < last) {
    // A page's address is a number: NOLINTNEXTLINE(performance-no-int-to-ptr)
    ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  }
}

}  // namespace

struct StreamParser::Buffers {
  simdjson::ondemand::parser parser{kPayloadBytesMax};
  KnownStream known;
};

StreamParser::StreamParser() : buffers_(std::make_unique<Buffers>()) {}
StreamParser::~StreamParser() = default;
StreamParser::StreamParser(StreamParser&&) noexcept = default;
StreamParser& StreamParser::operator=(StreamParser&&) noexcept = default;

Result<StreamEvent> StreamParser::read(PayloadView payload, const TakeRecord& take) {
  const std::string_view text = without_byte_order_mark(payload.text);
  if (text.size() > kPayloadBytesMax) {
    return invalid_argument("the event has " + std::to_string(text.size()) +
                            " bytes: expected at most " + std::to_string(kPayloadBytesMax));
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return invalid_argument(
        "the event is empty: expected {\"Records\":[...]} of a DynamoDB stream");
  if (const std::string_view complaint = utf16_complaint(text); !complaint.empty())
    return invalid_argument("the event is " + std::string(complaint));

  document json;
  const error_code opened = json::open(buffers_->parser, {text}, json);
  if (opened == simdjson::MEMALLOC) {
    return Error{ErrorCode::kUnavailable, "there is no memory to read the event of " +
                                              std::to_string(text.size()) + " bytes"};
  }
  if (opened)
    return invalid_argument("the event is not JSON: " +
                            json::describe_fault(opened, nullptr, text));
  StreamEvent event;
  EventReader reader(json, event, take);
  const error_code error = reader.read();
  if (!reader.refusal().empty()) return invalid_argument(reader.refusal());
  if (error)
    return invalid_argument("the event is not JSON: " + json::describe_fault(error, &json, text));
  give_index_back(json);
  return event;
}

Result<StreamBatch> StreamParser::parse(PayloadView payload) {
  StreamBatch batch;
  StreamEvent event = STREAMONCE_TRY(
      read(payload, [&](StreamRecord&& record) { batch.records.push_back(std::move(record)); }));
  for (StreamRecord& record : batch.records)
    if (record.stream.table.empty()) record.stream = event.stream;
  batch.copies = std::move(event.copies);
  return batch;
}

Result<StreamRecord> StreamParser::parse_record(PayloadView record, std::string_view stream_arn,
                                                Copies& copies) {
  document json;
  const std::string_view text = record.text;
  const error_code opened = json::open(buffers_->parser, record, json);
  if (opened == simdjson::MEMALLOC) {
    return Error{ErrorCode::kUnavailable, "there is no memory to read the record of " +
                                              std::to_string(text.size()) + " bytes"};
  }
  if (opened)
    return invalid_argument("the record is not JSON: " +
                            json::describe_fault(opened, nullptr, text));
  StreamEvent alone;
  StreamRecord found;
  const TakeRecord take = [&](StreamRecord&& read) { found = std::move(read); };
  EventReader reader(json, alone, take);
  const error_code error = reader.read_alone(stream_arn, buffers_->known);
  if (!reader.refusal().empty()) return invalid_argument(reader.refusal());
  if (error)
    return invalid_argument("the record is not JSON: " + json::describe_fault(error, &json, text));
  // In this order, so that the names of the attributes are the latest copies.
  std::move(alone.copies.begin(), alone.copies.end(), std::back_inserter(copies));
  keep_texts(found, text, reader.arn(), stream_arn, copies);
  return found;
}

}  // namespace streamonce::events
