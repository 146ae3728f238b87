// handler/views/values/item_bytes.h: how large an item is to DynamoDB.
//
// Source:  DynamoDB developer guide, "DynamoDB item sizes and formats": an item is the UTF-8 of its
//          names, and its values.
// Threads: pure functions.

#pragma once

#include <cstddef>
#include <string_view>

namespace streamonce::handler::views {

/// The most bytes of an item. Source: DynamoDB quotas, "Item size".
inline constexpr std::size_t kItemBytesMax = 400UL * 1024;

/// How many bytes the item that is `image_json` has at least: each number counts as one byte, and
/// so no item that DynamoDB takes has more than kItemBytesMax. Never more than its JSON has. Of an
/// image without its end: the bytes of the attributes that are whole.
std::size_t item_bytes(std::string_view image_json);

}  // namespace streamonce::handler::views
