#include <algorithm>
#include <string>
#include <utility>

#include "handler/commands/doctor/findings/groups.h"
#include "runtime/base/arn.h"
#include "runtime/base/text.h"

namespace streamonce::handler::doctor {
namespace {

using dynamodb_tables::KeyAttribute;
using lambda_functions::Mapping;

constexpr std::string_view kOnDemand = " --billing-mode PAY_PER_REQUEST";
/// Source: DynamoDB developer guide, "Reading and processing a stream": two readers of a shard at
/// most, of a global table's one.
constexpr std::size_t kReadersMax = 2;
constexpr std::size_t kReadersOfGlobalMax = 1;

/// Whether both are known to be one table: of accounts that are not known, Region and name decide.
bool is_same_table(const TableState& a, const TableState& b) {
  return a.name == b.name && a.region == b.region &&
         (a.account.empty() || b.account.empty() || a.account == b.account);
}

bool is_written(const TableState& table) {
  return table.use != TableUse::kSource;
}

/// Whether `arn`, that of a stream, is of `table`.
bool is_stream_of(std::string_view arn, const TableState& table) {
  const auto stream = Arn::split(arn);
  return stream && stream->resource.starts_with("table/" + table.name + "/stream/") &&
         stream->region == table.region &&
         (table.account.empty() || stream->account == table.account);
}

/// The function's mapping that reads `table`; null: none does.
const Mapping* mapping_of(const Deployment& deployment, const TableState& table) {
  for (const Mapping* mapping : stream_mappings(deployment))
    if (is_stream_of(mapping->source_arn, table)) return mapping;
  return nullptr;
}

std::string key_text(const std::vector<KeyAttribute>& key) {
  std::string text;
  for (const KeyAttribute& each : key)
    text += (text.empty() ? "" : ", ") + each.name + " " + each.type;
  return text;
}

/// The line that makes a table with `key`, beside the one that has another.
std::string create_line(const TableState& table, std::string_view name,
                        const std::vector<KeyAttribute>& key) {
  std::string attributes = "--attribute-definitions";
  std::string schema = " --key-schema";
  std::string kind = "HASH";
  for (const KeyAttribute& each : key) {
    attributes += " AttributeName=" + each.name + ",AttributeType=" + each.type;
    schema += " AttributeName=" + each.name + ",KeyType=" + kind;
    kind = "RANGE";
  }
  TableState made{.name = std::string(name), .region = table.region};
  return table_line(made, "create-table", attributes + schema + std::string(kOnDemand));
}

std::vector<KeyAttribute> ledger_key() {
  return {{.name = "id", .type = 'S'}};
}

void look_at_stream(const TableState& source, Findings& found) {
  const auto& table = *source.description;
  if (!table.stream_enabled) {
    found.findings.push_back(
        {.level = Level::kError,
         .check = "stream-off",
         .what = words_of(source) + " has no stream that is on",
         .why = "its changes are told to nobody, and those of now are lost for the target",
         .remedy = table_line(source, "update-table",
                              "--stream-specification "
                              "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES")});
    return;
  }
  if (table.stream_view_type != "NEW_IMAGE" && table.stream_view_type != "NEW_AND_OLD_IMAGES")
    found.findings.push_back(
        {.level = Level::kError,
         .check = "stream-view",
         .what = "the stream of " + words_of(source) + " has the view type " +
                 printable_excerpt(table.stream_view_type, kQuotedBytesMax) +
                 "; expected NEW_IMAGE or NEW_AND_OLD_IMAGES",
         .why = "records have no new image, and every event is refused. A view type cannot be "
                "changed: switch the stream off, on again with another one, and map it anew",
         .remedy =
             table_line(source, "update-table", "--stream-specification StreamEnabled=false")});
}

/// Whether a mapping reads an older stream of the table than its newest.
void look_at_newest_stream(const Deployment& deployment, const TableState& source,
                           Findings& found) {
  const std::string& newest = source.description->latest_stream_arn;
  const auto mappings = stream_mappings(deployment);
  const bool is_read = std::any_of(mappings.begin(), mappings.end(), [&](const Mapping* mapping) {
    return mapping->source_arn == newest;
  });
  const Mapping* mapping = mapping_of(deployment, source);
  if (is_read || mapping == nullptr || newest.empty()) return;
  found.findings.push_back(
      {.level = Level::kError,
       .check = "stream-arn",
       .what = "the mapping " + mapping->uuid + " reads " + mapping->source_arn +
               ", and the newest stream of " + words_of(source) + " is " + newest,
       .why = "an older stream gets no more records. A mapping keeps its stream: make another one, "
              "and delete this one",
       .remedy = create_mapping_line(deployment, newest)});
}

void look_at_source(const Deployment& deployment, const TableState& source, Findings& found) {
  if (!source.description) return;
  look_at_stream(source, found);
  look_at_newest_stream(deployment, source, found);
  if (!deployment.mappings || stream_mappings(deployment).empty() ||
      mapping_of(deployment, source) != nullptr)
    return;
  found.findings.push_back(
      {.level = Level::kError,
       .check = "source-not-mapped",
       .what = "no mapping of the function reads a stream of " + words_of(source),
       .why = "the target gets nothing of it",
       .remedy = lambda_line(deployment, "create-event-source-mapping --function-name " +
                                             deployment.function_name + " --event-source-arn " +
                                             source.description->latest_stream_arn +
                                             " --starting-position TRIM_HORIZON "
                                             "--function-response-types ReportBatchItemFailures")});
}

/// How many read a stream, and whether that is too many.
void look_at_readers(const Deployment& deployment, const TableState& source, Findings& found) {
  for (const StreamState& stream : deployment.streams) {
    if (!stream.mappings || !is_stream_of(stream.arn, source)) continue;
    const bool is_global = source.description && !source.description->replica_regions.empty();
    const std::size_t most = is_global ? kReadersOfGlobalMax : kReadersMax;
    if (*stream.mappings <= most) continue;
    found.findings.push_back(
        {.level = Level::kWarning,
         .check = "readers",
         .what = std::to_string(*stream.mappings) + " mappings read the stream of " +
                 words_of(source) + "; expected " + std::to_string(most) + " at most" +
                 (is_global ? ", since it is a global table" : ""),
         .why = "readers beyond that are throttled, and all of them fall behind",
         .remedy = lambda_line(deployment,
                               "list-event-source-mappings --event-source-arn " + stream.arn)});
  }
}

void look_at_loop(const Deployment& deployment, const TableState& written, const TableState& source,
                  Findings& found) {
  if (!is_same_table(written, source)) return;
  const Mapping* mapping = mapping_of(deployment, source);
  found.findings.push_back(
      {.level = Level::kError,
       .check = "loop",
       .what = words_of(written) + " is a source too",
       .why = "each write would make another record, without end: such events are refused, and "
              "nothing of that stream is applied. Take the mapping away, or name another table",
       .remedy = mapping == nullptr ? "" : mapping_line(deployment, *mapping, "--no-enabled")});
}

void look_at_mirror_key(const TableState& target, const TableState& source, Findings& found) {
  if (!target.description || !source.description) return;
  if (target.description->key == source.description->key) return;
  found.findings.push_back(
      {.level = Level::kError,
       .check = "target-key",
       .what = "the key of " + words_of(target) + " is " + key_text(target.description->key) +
               ", and that of " + words_of(source) + " is " + key_text(source.description->key),
       .why = "every write is refused: a mirror has its source's key, with its names and types",
       .remedy = create_line(target, target.name + "-2", source.description->key)});
}

/// Whether the names of a key are those that the views' text declares.
void look_at_declared_key(const TableState& table, Findings& found) {
  if (!table.description || table.declared_key.empty()) return;
  const auto& key = table.description->key;
  if (std::equal(key.begin(), key.end(), table.declared_key.begin(), table.declared_key.end(),
                 [](const KeyAttribute& a, const std::string& name) { return a.name == name; }))
    return;
  std::string declared;
  for (const std::string& name : table.declared_key)
    declared += (declared.empty() ? "" : ", ") + name;
  found.findings.push_back({.level = Level::kError,
                            .check = "view-key",
                            .what = "the key of " + words_of(table) + " is " + key_text(key) +
                                    ", and the views' text says " + declared,
                            .why = table.use == TableUse::kSource ? "each of its records fails"
                                                                  : "every write is refused"});
}

void look_at_ledger(const Deployment& deployment, const TableState& ledger, Findings& found) {
  if (!ledger.description) return;
  if (ledger.description->key != ledger_key())
    found.findings.push_back({.level = Level::kError,
                              .check = "ledger-key",
                              .what = "the key of " + words_of(ledger) + " is " +
                                      key_text(ledger.description->key) + "; expected id S alone",
                              .why = "no mark can be written, and with them nothing else",
                              .remedy = create_line(ledger, ledger.name + "-2", ledger_key())});
  for (const TableState& table : deployment.tables) {
    if (table.use != TableUse::kTarget && table.use != TableUse::kView) continue;
    const bool is_near =
        table.region == ledger.region &&
        (table.account.empty() || ledger.account.empty() || table.account == ledger.account);
    if (is_near) continue;
    found.findings.push_back({.level = Level::kError,
                              .check = "ledger-place",
                              .what = words_of(ledger) + " is in " + ledger.region +
                                      " of account " + ledger.account + ", and " + words_of(table) +
                                      " in " + table.region + " of " + table.account,
                              .why = "no transaction can write both: nothing is applied",
                              .remedy = create_line(table, ledger.name, ledger_key())});
  }
}

}  // namespace

void look_at_paths(const Deployment& deployment, Findings& found) {
  for (const TableState& table : deployment.tables) {
    look_at_declared_key(table, found);
    if (table.use == TableUse::kLedger) look_at_ledger(deployment, table, found);
    if (table.use != TableUse::kSource) continue;
    look_at_source(deployment, table, found);
    look_at_readers(deployment, table, found);
    for (const TableState& other : deployment.tables) {
      if (!is_written(other)) continue;
      look_at_loop(deployment, other, table, found);
      if (other.use == TableUse::kTarget) look_at_mirror_key(other, table, found);
    }
  }
}

}  // namespace streamonce::handler::doctor
