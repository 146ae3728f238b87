#include "handler/targets/dynamodb/pack_size.h"

#include <algorithm>

namespace streamonce::handler::dynamodb {

void PackSize::conflicted(std::size_t commits) {
  limit_ = std::max<std::size_t>(1, std::min(limit_, commits) / 2);
}

void PackSize::succeeded(std::size_t commits) {
  if (commits >= limit_) limit_ = std::min(most_, limit_ + std::max<std::size_t>(1, limit_ / 2));
}

}  // namespace streamonce::handler::dynamodb
