#include "events/change.h"

namespace streamonce::events {
namespace {

/// Stands for the label of a stream that is not known, before those of all streams.
constexpr std::string_view kNoLabel = "0000-00-00T00:00:00.000";
static_assert(kNoLabel.size() == StreamArn::kLabelLength);

/// Why `record` cannot be applied; empty: it can.
std::string why_not(const StreamRecord& record) {
  if (!record.problem.empty() || !lacks_image(record)) return record.problem;
  if (!lacks_image_by_view_type(record))
    return "NewImage is absent, and the view type does not explain it";
  return "NewImage is absent, " + why_view_type_lacks_image(record.view_type);
}

}  // namespace

Change change_of(const StreamRecord& record) {
  const StreamArn& stream = record.stream;
  const bool is_put = record.event_name != EventName::kRemove;
  return {
      .source = {.account = stream.account, .region = stream.region, .table = stream.table},
      .key = record.key,
      .keys_json = record.keys_json,
      .version = Version(stream.label.empty() ? kNoLabel : stream.label, record.sequence_number),
      .operation = is_put ? Operation::kPut : Operation::kRemove,
      .event_name = record.event_name,
      .expired_by_ttl = record.expired_by_ttl,
      .lacks_image = lacks_image_by_view_type(record),
      .image_json = is_put ? record.new_image_json : std::string_view(),
      .created_at = record.created_at,
      .problem = why_not(record),
  };
}

void adopt_stream(const StreamArn& stream, const SequenceNumber& number, Change& change) {
  change.source = {.account = stream.account, .region = stream.region, .table = stream.table};
  change.version = Version(stream.label, number);
}

}  // namespace streamonce::events
