// handler/targets/dynamodb/mark_text.h: an entry of the ledger as DynamoDB JSON.
//
// Threads: pure functions.

#pragma once

#include <string>

#include "handler/targets/target.h"

namespace streamonce::handler::dynamodb {

/// Appends the entry that `commit` puts: see handler/targets/mark.h.
void append_entry(std::string& out, const Commit& commit);

/// Appends `,"NAME":{"S":"TEXT"}`.
void append_text_attribute(std::string& out, std::string_view name, std::string_view text);

}  // namespace streamonce::handler::dynamodb
