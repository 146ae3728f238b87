// handler/config/mark_settings.h: where a DynamoDB target keeps its marks.
//
// Threads: values and pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::handler {

enum class MarksIn : std::uint8_t {
  kLedger,  ///< each in an entry beside the items
  kItem,    ///< in the items, and in the ledger those of items that are gone
};

/// The attribute that has the version unless settings name another.
inline constexpr const char* kUsualVersionAttribute = "streamonce";

struct MarkSettings {
  MarksIn in = MarksIn::kLedger;
  std::string version_attribute = {};  ///< with kItem only: never empty then
  bool adopts_items = false;  ///< whether the target may have items without a version at the start
  int puts_in_flight = 0;     ///< 0: what the target takes without being told

  bool are_in_items() const { return in == MarksIn::kItem; }
};

/// Takes `ledger` or `item`. `source` names in a message where `value` comes from.
Status take_marks(std::string_view source, std::string_view value, MarkSettings& marks);

/// Takes an attribute's name. Source: DynamoDB, "Naming rules": 1 to 65,535 bytes; 255 do.
Status take_version_attribute(std::string_view source, std::string_view value, MarkSettings& marks);

/// What is wrong with the marks of a target of another kind, or with the other settings of marks
/// where these are in the ledger.
Status check_marks(const MarkSettings& marks, bool is_dynamodb);

/// Names the attribute that nothing has named.
void complete_marks(MarkSettings& marks);

}  // namespace streamonce::handler
