// events/dumps/dead_letter_form.h: what a JSON object of a dump is, by its members.
//
// The forms are those that dead_letter.h lists; its reader opens what this recognises. A form is
// told by the one member that holds what is in it: what else an envelope says decides nothing,
// since what is in it must be one of the forms again, down to stream records.
//
// For events/*.cc alone: this header includes simdjson.
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

/// The members of an object that tell what it is, as raw JSON; empty: absent, or null.
struct Members {
  std::string_view batch_info;
  std::string_view kinesis_info;
  std::string_view payload;
  std::string_view request_payload;
  std::string_view detail;
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
  // The next four are members of DDBStreamBatchInfo.
  std::string_view info_stream_arn;
  std::string_view shard_id;
  std::string_view first;
  std::string_view last;

  std::string names;              ///< the names of the first few members, for a message
  std::string twice;              ///< a member that stands twice; empty: none does
  std::size_t count = 0;          ///< how many members there are
  std::size_t count_in_page = 0;  ///< how many of them an answer without content has, too
};

/// Reads the members of the object `json`, and checks every byte of them.
simdjson::error_code read_members(simdjson::ondemand::document& json, Members& members);

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
  std::string_view content;  ///< the member that holds what is in it, as raw JSON
  std::string_view name;     ///< what to call the content in a message
};

Recognised recognise(const Members& members);

}  // namespace streamonce::events
