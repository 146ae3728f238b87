// events/batch_response.h: the answer that tells Lambda where a batch stopped.
//
// Source:  AWS Lambda, "Configuring partial batch response with DynamoDB and Lambda": the lowest
//          sequence number reported is the checkpoint; it and everything behind it come again. An
//          empty, null or unknown identifier fails the whole batch, so none is ever written.

#pragma once

#include <optional>
#include <string>

#include "events/sequence_number.h"

namespace streamonce::events {

struct BatchResponse {
  /// The lowest sequence number that is not done. None: everything is done.
  std::optional<SequenceNumber> first_failure;
};

/// `{"batchItemFailures":[{"itemIdentifier":"..."}]}`, or with an empty list.
std::string to_json(const BatchResponse& response);

}  // namespace streamonce::events
