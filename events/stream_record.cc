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

}  // namespace streamonce::events
