// runtime/aws/dynamodb_names.h: DynamoDB as a service, and what its tables may be called.
//
// Source:  DynamoDB developer guide, "Naming rules" and "Low-level API"; AWS General Reference,
//          endpoints.
// Threads: values and pure functions.

#pragma once

#include <string_view>

#include "runtime/aws/endpoint.h"

namespace streamonce::aws {

inline constexpr Service kDynamoDb{
    .name = "DynamoDB",
    .signing_name = "dynamodb",
    .host_prefix = "dynamodb",
    .target_prefix = "DynamoDB_20120810",
    .endpoint_variables = "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL",
};

/// Whether a table may have this name: 3 to 255 characters out of a-z A-Z 0-9 _ - .
bool is_table_name(std::string_view name);

}  // namespace streamonce::aws
