#include "events/dumps/dead_letter_form.h"

#include <algorithm>
#include <array>

#include "events/attribute_walk.h"
#include "runtime/base/text.h"

namespace streamonce::events {
namespace {

constexpr std::size_t kNamesQuotedMax = 8;

struct MemberName {
  std::string_view name;
  std::string_view Members::*member;
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
  std::string_view Members::*member;
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

simdjson::error_code read_members(simdjson::ondemand::document& json, Members& members) {
  simdjson::ondemand::object fields;
  STREAMONCE_JSON_TRY(json.get_object().get(fields));
  for (auto field : fields) {
    std::string_view name;
    STREAMONCE_JSON_TRY(field.unescaped_key().get(name));
    if (++members.count <= kNamesQuotedMax)
      members.names += (members.count == 1 ? "" : ", ") + quoted_excerpt(name);
    if (std::find(kPageNames.begin(), kPageNames.end(), name) != kPageNames.end())
      ++members.count_in_page;
    simdjson::ondemand::value member;
    STREAMONCE_JSON_TRY(field.value().get(member));
    const auto known = std::find_if(kMemberNames.begin(), kMemberNames.end(),
                                    [&](const MemberName& one) { return one.name == name; });
    // The name may be in a buffer that the walk writes over.
    const std::string_view known_name = known == kMemberNames.end() ? "" : known->name;
    std::string_view raw;
    STREAMONCE_JSON_TRY(walk_raw(json, member, raw));
    if (known_name.empty() || raw == "null") continue;
    if (!(members.*known->member).empty()) members.twice = known_name;
    members.*known->member = raw;
  }
  return simdjson::SUCCESS;
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
  if (members.type == R"("Notification")") take(kNotification);
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
