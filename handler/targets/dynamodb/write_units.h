// handler/targets/dynamodb/write_units.h: what an answer says that a request has taken.
//
// Whatever else ConsumedCapacity is, as long as it is JSON it tells nothing, and spoils no answer:
// no figure is worth a write that was applied.
//
// Source:  DynamoDB API reference, ConsumedCapacity.
// Threads: pure functions.

#pragma once

#include <cstdint>

#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb {

/// Adds the tenths of write units that one table took. The service tells reads and writes of a
/// transaction apart; of other requests, and DynamoDB Local of all, but the sum, which is of
/// writes. @return false: it is no JSON
bool add_write_units(simdjson::ondemand::value table, std::int64_t& tenths);

/// The same of a list of tables.
bool add_write_units_of_all(simdjson::ondemand::value value, std::int64_t& tenths);

}  // namespace streamonce::handler::dynamodb
