#include "runtime/base/payload.h"

#include <cstring>

namespace streamonce {

// The padding is zeroed once: its bytes may be read before anything is written there. Behind a
// short payload the "padding" is older payload bytes, which is as good.
Payload::Payload(std::size_t bytes_max)
    : bytes_max_(bytes_max),
      bytes_(new char[bytes_max + kPayloadPaddingBytes]) {
  std::memset(bytes_.get() + bytes_max_, 0, kPayloadPaddingBytes);
}

Payload Payload::copy_of(std::string_view text) {
  Payload payload(text.size());
  if (!text.empty()) std::memcpy(payload.bytes_.get(), text.data(), text.size());
  payload.size_ = text.size();
  return payload;
}

bool Payload::append(std::string_view bytes) {
  if (bytes.size() > bytes_max_ - size_) return false;
  if (!bytes.empty()) std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

}  // namespace streamonce
