// events/dumps/dead_letter_form.h: what a JSON object of a dump is, by its members.
//
// The forms are those that dead_letter.h lists; its reader opens what this recognises. A form is
// told by the one member that holds what is in it: what else an envelope says decides nothing,
// since what is in it must be one of the forms again, down to stream records.
//
// For events/dumps/*.cc alone: this header includes simdjson.
//
// Source:  as dead_letter.h has it; the answers of SDKs, which print what the service sent and
//          something of their own: boto3 ResponseMetadata, JavaScript v3 $metadata, Go
//          ResultMetadata. boto3 and JavaScript leave the member of a list without elements out,
//          and Go has null for it.
// Threads: values and pure functions.

#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace streamonce::events {

/// Whether the bytes of a text were checked to be JSON when a text around it was walked. If so,
/// they are skipped where they are opened, and not looked at again.
enum class Bytes : std::uint8_t { kUnchecked, kChecked };

/// A member of an object.
struct Member {
  std::string_view raw;   ///< as raw JSON; empty: absent, or null
  std::string_view text;  ///< what a string says, if the walk has come by it; else without data()

  bool empty() const { return raw.empty(); }
};

/// The members of an object that tell what it is. Their texts are valid until the document's parser
/// is used again.
struct Members {
  Member batch_info;
  Member kinesis_info;
  Member payload;
  Member request_payload;
  Member detail;
  Member records;
  Member messages;
  Member message_id;
  Member body;
  Member sns;
  Member type;
  Member message;
  Member dynamodb;
  Member stream_arn;
  Member unreadable;
  Member unreadable_bytes;
  // The next four are members of DDBStreamBatchInfo.
  Member info_stream_arn;
  Member shard_id;
  Member first;
  Member last;

  std::string_view twice;         ///< a member that stands twice; empty: none does
  std::size_t count = 0;          ///< how many members there are
  std::size_t count_in_page = 0;  ///< how many of them an answer without content has, too
};

/// Reads the members of the object `json`, or of one in it, and checks every byte of them, unless
/// they are kChecked.
simdjson::error_code read_members(simdjson::ondemand::document& json, Bytes bytes,
                                  Members& members);
simdjson::error_code read_members(simdjson::ondemand::value object,
                                  simdjson::ondemand::document& json, Bytes bytes,
                                  Members& members);

/// Takes a value in a list as read_members() takes one in an object.
simdjson::error_code read_member(simdjson::ondemand::document& json,
                                 simdjson::ondemand::value value, Bytes bytes, Member& member);

/// The names of the first few members of the object `json`, for a message.
std::string names_of(simdjson::ondemand::document& json);

enum class Form : std::uint8_t {
  kNone,
  kSeveral,    ///< more than one of the forms at once
  kLetter,     ///< an on-failure record of a DynamoDB stream
  kKinesis,    ///< an on-failure record of another stream
  kList,       ///< a list of any of the forms
  kEmptyPage,  ///< an answer of an SDK whose list is left out, or null
  kMessage,    ///< a message of a queue
  kEnvelope,   ///< an envelope around one of the forms
  kKeptText,   ///< an unreadable text that a failed file kept
  kKeptBytes,  ///< unreadable bytes that a failed file kept, in base64
  kRecord,     ///< a stream record
};

/// What an object is.
struct Recognised {
  Form form = Form::kNone;
  Member content;         ///< the member that holds what is in it
  std::string_view name;  ///< what to call the content in a message
};

Recognised recognise(const Members& members);

}  // namespace streamonce::events
