#include "events/stream_record.h"

namespace streamonce::events {

std::string_view name_of(StreamViewType type) {
  switch (type) {
    case StreamViewType::kUnknown:
      return "absent";
    case StreamViewType::kKeysOnly:
      return "KEYS_ONLY";
    case StreamViewType::kNewImage:
      return "NEW_IMAGE";
    case StreamViewType::kOldImage:
      return "OLD_IMAGE";
    case StreamViewType::kNewAndOldImages:
      return "NEW_AND_OLD_IMAGES";
  }
  return "absent";
}

bool lacks_image(const StreamRecord& record) {
  return record.event_name != EventName::kRemove && record.new_image_json.empty();
}

bool lacks_image_by_view_type(const StreamRecord& record) {
  return record.problem.empty() && lacks_image(record) &&
         (record.view_type == StreamViewType::kKeysOnly ||
          record.view_type == StreamViewType::kOldImage);
}

std::string why_view_type_lacks_image(StreamViewType type) {
  return "since the stream's view type is " + std::string(name_of(type)) +
         ": the stream needs the view type NEW_IMAGE or NEW_AND_OLD_IMAGES; or set \"images\": "
         "\"fetch\" in the pipeline file, so that the item is read from its table";
}

}  // namespace streamonce::events
