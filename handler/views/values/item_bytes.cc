#include "handler/views/values/item_bytes.h"

#include <memory_resource>

#include "events/attribute_value.h"

namespace streamonce::handler::views {
namespace {

using events::AttributeType;

/// What DynamoDB adds for a list or a map, and for each element or member.
constexpr std::size_t kContainerBytes = 3;
constexpr std::size_t kPartBytes = 1;

std::size_t text_bytes(std::string_view raw) {
  std::pmr::monotonic_buffer_resource arena;
  return events::unescaped(raw, arena).size();
}

/// The bytes of a text, of a number at least, or of what `raw` is the base64 of.
std::size_t scalar_bytes(AttributeType type, std::string_view raw) {
  switch (type) {
    case AttributeType::kString:
    case AttributeType::kStringSet:
      return text_bytes(raw);
    case AttributeType::kBinary:
    case AttributeType::kBinarySet: {
      const std::string_view base64 = raw.substr(0, raw.find_last_not_of('=') + 1);
      return base64.size() / 4 * 3;
    }
    default:
      return 1;
  }
}

std::size_t value_bytes(const events::AttributeValue& value) {
  std::size_t bytes = 0;
  switch (value.type) {
    case AttributeType::kStringSet:
    case AttributeType::kNumberSet:
    case AttributeType::kBinarySet:
      for (events::SetWalk walk(value.content); walk.next();)
        bytes += scalar_bytes(value.type, walk.raw_text());
      return bytes;
    case AttributeType::kList:
      for (events::ElementWalk walk(value.content); walk.next();)
        bytes += kPartBytes + value_bytes(walk.value());
      return bytes + kContainerBytes;
    case AttributeType::kMap:
      for (events::MemberWalk walk(value.content); walk.next();)
        bytes += kPartBytes + text_bytes(walk.raw_name()) + value_bytes(walk.value());
      return bytes + kContainerBytes;
    default:
      return scalar_bytes(value.type, value.raw_text());
  }
}

}  // namespace

std::size_t item_bytes(std::string_view image_json) {
  std::size_t bytes = 0;
  for (events::MemberWalk walk(image_json); walk.next();)
    bytes += text_bytes(walk.raw_name()) + value_bytes(walk.value());
  return bytes;
}

}  // namespace streamonce::handler::views
