#include "events/dumps/dead_letter_form.h"

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/json/json_walk.h"

namespace streamonce::events {
namespace {

constexpr std::size_t kMembersQuotedMax = 8;

/// How much deeper than any other a text is checked in which others are opened: what is in those is
/// as deep there as it would be if they were checked alone.
constexpr int kDepthSpare = 128;

struct MemberName {
  std::string_view name;
  Member Members::*member;
};

/// Lambda writes an SQS message's members with a small letter, the CLI with a capital.
constexpr std::array kMemberNames = {
    MemberName{"DDBStreamBatchInfo", &Members::batch_info},
    MemberName{"KinesisBatchInfo", &Members::kinesis_info},
    MemberName{"payload", &Members::payload},
    MemberName{"requestPayload", &Members::request_payload},
    MemberName{"detail", &Members::detail},
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

/// The members that an answer of receive-message or get-records has on its top level.
constexpr std::array<std::string_view, 6> kPageNames = {
    "Messages", "Records", "NextShardIterator", "ResponseMetadata", "$metadata", "ResultMetadata"};

struct FormMember {
  Member Members::*member;
  Form form;
  std::string_view name;
};

/// The member that each form is told by.
constexpr std::array kForms = {
    FormMember{&Members::batch_info, Form::kLetter, "DDBStreamBatchInfo"},
    FormMember{&Members::request_payload, Form::kEnvelope, "requestPayload"},
    FormMember{&Members::detail, Form::kEnvelope, "detail"},
    FormMember{&Members::messages, Form::kList, "Messages"},
    FormMember{&Members::records, Form::kList, "Records"},
    FormMember{&Members::body, Form::kMessage, "the message's body"},
    FormMember{&Members::sns, Form::kEnvelope, "Sns"},
    FormMember{&Members::dynamodb, Form::kRecord, "dynamodb"},
    FormMember{&Members::unreadable, Form::kKeptText, "unreadableDocument"},
    FormMember{&Members::unreadable_bytes, Form::kKeptBytes, "unreadableBytes"},
};

/// A notification, the one form that is not told by one member: other things have a Message too.
constexpr FormMember kNotification = {&Members::message, Form::kEnvelope,
                                      "the notification's Message"};

}  // namespace

simdjson::error_code read_member(simdjson::ondemand::document& json,
                                 simdjson::ondemand::value value, Bytes bytes, Member& member) {
  member = {};
  if (bytes == Bytes::kChecked) return json::skip_raw(value, member.raw);
  simdjson::ondemand::json_type type;
  STREAMONCE_JSON_TRY(value.type().get(type));
  if (type != simdjson::ondemand::json_type::string)
    return json::walk_raw(json, value, member.raw, -kDepthSpare);
  member.raw = json::token_of(value);
  std::string ignored;  // what cannot be resolved is told where it is opened
  return json::take_text(value, member.text, json::Problem(ignored));
}

simdjson::error_code read_members(simdjson::ondemand::value object,
                                  simdjson::ondemand::document& json, Bytes bytes,
                                  Members& members) {
  const auto take = [&](std::string_view name, simdjson::ondemand::value value) {
    ++members.count;
    if (std::find(kPageNames.begin(), kPageNames.end(), name) != kPageNames.end())
      ++members.count_in_page;
    const auto known = std::find_if(kMemberNames.begin(), kMemberNames.end(),
                                    [&](const MemberName& one) { return one.name == name; });
    if (known == kMemberNames.end())
      return bytes == Bytes::kChecked ? simdjson::SUCCESS : json::walk_any(value, -kDepthSpare);
    Member found;
    STREAMONCE_JSON_TRY(read_member(json, value, bytes, found));
    if (found.raw == "null") return simdjson::SUCCESS;
    Member& member = members.*known->member;
    if (!member.empty()) members.twice = known->name;
    member = found;
    return simdjson::SUCCESS;
  };
  return json::walk_members(object, take);
}

simdjson::error_code read_members(simdjson::ondemand::document& json, Bytes bytes,
                                  Members& members) {
  // Taken as an object, the whole must end with its bracket; a value is not looked at for that.
  simdjson::ondemand::object whole;
  STREAMONCE_JSON_TRY(json.get_object().get(whole));
  json.rewind();
  simdjson::ondemand::value object;
  STREAMONCE_JSON_TRY(json.get_value().get(object));
  return read_members(object, json, bytes, members);
}

std::string names_of(simdjson::ondemand::document& json) {
  std::string names;
  std::size_t count = 0;
  const auto take = [&](std::string_view name, simdjson::ondemand::value) {
    if (++count <= kMembersQuotedMax) names += (count == 1 ? "" : ", ") + quoted_excerpt(name);
    return simdjson::SUCCESS;
  };
  simdjson::ondemand::value object;
  // The object has been read before, so that there is no error.
  if (!json.get_value().get(object)) [[maybe_unused]]
    const simdjson::error_code error = json::walk_members(object, take);
  return names;
}

Recognised recognise(const Members& members) {
  Recognised found;
  const auto take = [&](const FormMember& one) {
    if ((members.*one.member).empty()) return;
    found = {.form = found.form == Form::kNone ? one.form : Form::kSeveral,
             .content = members.*one.member,
             .name = one.name};
  };
  std::for_each(kForms.begin(), kForms.end(), take);
  if (members.type.raw == R"("Notification")") take(kNotification);
  // A payload belongs to an on-failure record; in any other form it would be passed over.
  if (found.form != Form::kNone && found.form != Form::kLetter && !members.payload.empty())
    found.form = Form::kSeveral;
  if (found.form != Form::kNone) return found;
  if (!members.kinesis_info.empty()) return {.form = Form::kKinesis, .content = {}, .name = {}};
  if (members.count > 0 && members.count == members.count_in_page)
    return {.form = Form::kEmptyPage, .content = {}, .name = {}};
  return found;
}

}  // namespace streamonce::events
