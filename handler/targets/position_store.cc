#include "handler/targets/position_store.h"

#include "runtime/base/check.h"

namespace streamonce::handler {
namespace {

constexpr std::string_view kStartText = "start";
constexpr std::string_view kEndText = "end";

/// The most digits of a sequence number. Source: events/sequence_number.h.
constexpr std::size_t kDigitsMax = 64;

}  // namespace

std::string text_of(const Position& position) {
  switch (position.kind) {
    case Position::Kind::kStart:
      return std::string(kStartText);
    case Position::Kind::kAfter:
      return position.number;
    case Position::Kind::kEnd:
      return std::string(kEndText);
  }
  STREAMONCE_CHECK(false);
}

Result<Position> parse_position(std::string_view text) {
  if (text == kStartText) return Position{.kind = Position::Kind::kStart};
  if (text == kEndText) return Position{.kind = Position::Kind::kEnd};
  const bool is_number = !text.empty() && text.size() <= kDigitsMax &&
                         text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number) {
    return Error{ErrorCode::kProtocol,
                 "the position that is kept of a shard is neither start nor end nor a sequence "
                 "number of 1 to 64 digits"};
  }
  return Position{.kind = Position::Kind::kAfter, .number = std::string(text)};
}

std::string position_id(std::string_view pipeline, std::string_view stream_arn,
                        std::string_view shard) {
  std::string id(pipeline);
  id += "|checkpoint|";
  id += stream_arn;
  id += '|';
  return id += shard;
}

}  // namespace streamonce::handler
