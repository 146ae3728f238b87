// events/stream_arn.h: which stream a record comes from.
//
// Source:  Service Authorization Reference, DynamoDB:
//          arn:PARTITION:dynamodb:REGION:ACCOUNT:table/TABLE/stream/LABEL; the label is the UTC
//          time at which the stream was enabled, as in 2026-11-21T00:44:22.580.
// Threads: a value. Ownership: borrows the text it was made from.

#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce::events {

struct StreamArn {
  /// `YYYY-MM-DDTHH:MM:SS.mmm`. One fixed form, so that the byte order of labels is time order.
  static constexpr std::size_t kLabelLength = 23;

  /// @error kInvalidArgument  not the ARN of a DynamoDB stream, or a label of another form
  static Result<StreamArn> parse(std::string_view text);

  std::string_view region;
  std::string_view account;
  std::string_view table;
  std::string_view label;

  friend bool operator==(const StreamArn&, const StreamArn&) = default;
};

/// Whether `text` is a stream's label: `YYYY-MM-DDTHH:MM:SS.mmm`, with any digits.
bool is_stream_label(std::string_view text);

}  // namespace streamonce::events
