// handler/commands/doctor/findings/groups.h: the groups that findings.h puts together. Each appends
// what it finds, and what it would have to know.
//
// Threads: pure functions.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "handler/commands/doctor/findings/findings.h"

namespace streamonce::handler::doctor {

/// The function's own set-up: runtime, time, state, network, reserved concurrency.
void look_at_function(const Deployment& deployment, Findings& found);

/// How Lambda reads the stream, and what it does with records that fail.
void look_at_mappings(const Deployment& deployment, Findings& found);

/// What goes from one table to another: streams, loops, keys, and where they are.
void look_at_paths(const Deployment& deployment, Findings& found);

/// Each table by itself: expiry, encryption, and whether it can be restored.
void look_at_tables(const Deployment& deployment, Findings& found);

/// The mappings of `deployment` that read a stream of DynamoDB.
std::vector<const lambda_functions::Mapping*> stream_mappings(const Deployment& deployment);

/// Whether `arn` is that of a stream of DynamoDB.
bool is_table_stream(std::string_view arn);

/// The function's name without a qualifier.
std::string plain_name(const Deployment& deployment);

/// As in `the ledger "ledger"`.
std::string words_of(const TableState& table);

/// A line of the AWS CLI in the function's Region, behind `aws lambda`.
std::string lambda_line(const Deployment& deployment, std::string_view rest);

/// A line that changes a mapping.
std::string mapping_line(const Deployment& deployment, const lambda_functions::Mapping& mapping,
                         std::string_view rest);

/// The line that maps the function to a stream, from its oldest record on.
std::string create_mapping_line(const Deployment& deployment, std::string_view stream_arn);

/// A line of the AWS CLI in the table's Region, behind `aws dynamodb`.
std::string table_line(const TableState& table, std::string_view operation, std::string_view rest);

}  // namespace streamonce::handler::doctor
