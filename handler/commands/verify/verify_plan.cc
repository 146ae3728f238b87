#include "handler/commands/verify/verify_plan.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "events/exports/load_version.h"
#include "events/stream_arn.h"
#include "handler/commands/progress.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/text.h"

namespace streamonce::handler::verify {
namespace {

using compare::ComparedTable;
using compare::Part;
using compare::PartKind;

/// What one segment is meant to have. A segment is what is done again after an end in its middle.
constexpr std::uint64_t kSegmentItems = 100'000;
constexpr std::uint64_t kSegmentBytes = 256UL * 1024 * 1024;
constexpr std::uint64_t kUsualSegmentsMax = 4'096;

/// Source: DynamoDB, "Read/write capacity mode": a read unit is a strong read of 4 KB, or two that
/// are not.
constexpr double kUnitBytes = 4096;
/// Source: DynamoDB pricing for us-east-1, on demand, 2026: dollars for a million read units.
constexpr double kDollarsForMillion = 0.125;

events::KeyType key_type_of(char type) {
  return type == 'N'   ? events::KeyType::kNumber
         : type == 'B' ? events::KeyType::kBinary
                       : events::KeyType::kString;
}

Result<std::string> find_label(const VerifyOptions& options,
                               const dynamodb_tables::TableDescription& table,
                               const events::SourceTable& source) {
  if (options.no_stream) return std::string();
  const std::string& arn =
      options.stream_arn.empty() ? table.latest_stream_arn : options.stream_arn;
  if (arn.empty()) {
    if (!options.repair) return std::string();
    return invalid_argument(
        "the table " + std::string(source.table) +
        " never had a stream: what is repaired would have no version below those of its records. "
        "Say --no-stream if none was ever applied to the target");
  }
  const events::StreamArn stream = STREAMONCE_TRY(events::StreamArn::parse(arn));
  const events::SourceTable of_stream = {
      .account = stream.account, .region = stream.region, .table = stream.table};
  if (of_stream == source) return std::string(stream.label);
  return invalid_argument("the stream " + arn + " is not of the table " +
                          std::string(source.table));
}

std::uint64_t segments_for(const VerifyOptions& options, const VerifiedSource& source) {
  if (options.segments) return *options.segments;
  std::uint64_t segments = std::max(source.items / kSegmentItems, source.bytes / kSegmentBytes) + 1;
  // A sample is made of whole segments, of which there must be some.
  if (options.sample < 1)
    segments = std::max(segments, static_cast<std::uint64_t>(std::ceil(8 / options.sample)));
  return std::min(segments, kUsualSegmentsMax);
}

}  // namespace

std::vector<std::string> VerifiedSource::key_names() const {
  std::vector<std::string> names;
  for (const views::SourceKeyType& attribute : key) names.push_back(attribute.name);
  return names;
}

Result<VerifiedSource> find_source(const SourceInput& input) {
  dynamodb_tables::TableDescription table =
      STREAMONCE_TRY(input.tables.describe(input.options.source, input.deadline));
  const Result<aws::TableArn> arn = aws::TableArn::parse(table.arn);
  if (!arn)
    return invalid_argument("the service does not tell the ARN of the table " +
                            input.options.source + ", which its marks have");
  VerifiedSource source;
  source.name = {.account = std::string(arn->account),
                 .region = std::string(arn->region),
                 .table = std::string(arn->table)};
  source.arn = table.arn;
  if (const std::string why = input.pipeline.why_no_source(source.name.view()); !why.empty())
    return invalid_argument("--source cannot be compared: " + why);
  for (const dynamodb_tables::KeyAttribute& each : table.key)
    source.key.push_back({.name = each.name, .type = key_type_of(each.type)});
  source.items = table.item_count;
  source.bytes = table.size_bytes;
  source.read_units = table.read_units;
  source.stream_label = STREAMONCE_TRY(find_label(input.options, table, source.name.view()));
  return source;
}

events::Version first_version(const VerifiedSource& source, WallTime now) {
  if (!source.stream_label.empty()) {
    // An export's version counts from before its time.
    const auto version =
        events::version_beside_stream(source.stream_label, now + events::kExportFuzz);
    if (version) return version->version();
  }
  return events::version_without_stream(now).version();
}

std::vector<Part> plan_parts(const VerifyOptions& options, const VerifiedSource& source,
                             const compare::Expecter& expecter, bool has_segments) {
  const auto count = static_cast<std::uint32_t>(segments_for(options, source));
  std::vector<Part> parts;
  for (std::uint32_t i = 0; i < count; ++i)
    parts.push_back({.kind = PartKind::kItems, .segment = {.number = i, .count = count}});
  const std::vector<ComparedTable>& tables = expecter.tables();
  bool has_groups = false;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    has_groups = has_groups || tables[t].has_groups;
    if (tables[t].has_groups || (has_segments && tables[t].has_items_key)) continue;
    const std::uint32_t segments = has_segments ? count : 1;
    for (std::uint32_t i = 0; i < segments; ++i)
      parts.push_back(
          {.kind = PartKind::kRows, .table = t, .segment = {.number = i, .count = segments}});
  }
  // What a part of the items adds up to tells nothing of a group.
  if (has_groups && options.sample >= 1) parts.push_back({.kind = PartKind::kGroups});
  return parts;
}

std::vector<std::size_t> choose_parts(const VerifyOptions& options, const std::vector<Part>& parts,
                                      std::uint64_t seed) {
  std::vector<std::size_t> places;
  std::vector<std::size_t> segments;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_one_of_many = parts[i].segment.count > 1;
    (options.sample < 1 && is_one_of_many ? segments : places).push_back(i);
  }
  if (segments.empty()) return places;
  std::mt19937_64 random(seed);
  std::shuffle(segments.begin(), segments.end(), random);
  const auto wanted =
      static_cast<std::size_t>(std::ceil(options.sample * static_cast<double>(segments.size())));
  places.insert(places.end(), segments.begin(),
                segments.begin() + static_cast<std::ptrdiff_t>(wanted));
  std::sort(places.begin(), places.end());
  return places;
}

std::string name_of(const Part& part, const compare::Expecter& expecter) {
  const std::string segment =
      std::to_string(part.segment.number) + "/" + std::to_string(part.segment.count);
  switch (part.kind) {
    case PartKind::kItems:
      return "items " + segment;
    case PartKind::kRows:
      return "rows " + segment + " " + expecter.tables()[part.table].table;
    case PartKind::kGroups:
      return "groups";
    case PartKind::kKeys:
      break;
  }
  return "keys";
}

std::uint64_t items_to_walk(const VerifyOptions& options, const VerifiedSource& source,
                            const std::vector<Part>& parts) {
  double walks = 0;
  std::uint64_t keys = 0;
  for (const Part& part : parts) {
    if (part.kind == PartKind::kKeys)
      keys += part.keys.size();
    else
      walks += 1.0 / part.segment.count;
  }
  return keys +
         static_cast<std::uint64_t>(walks * static_cast<double>(source.items) * options.sample);
}

std::string cost_text(const VerifyOptions& options, const VerifiedSource& source,
                      const std::vector<Part>& parts, const compare::Expecter& expecter,
                      bool has_segments) {
  const double items = static_cast<double>(source.items);
  const double item_bytes = items > 0 ? static_cast<double>(source.bytes) / items : 0;
  // Half a unit for 4 KB where reads are not strong: a scan rounds each page up, a read each item.
  const double walk = static_cast<double>(source.bytes) / kUnitBytes / 2;
  const double reads = items * std::max(1.0, std::ceil(item_bytes / kUnitBytes)) / 2;
  double of_source = walk;
  double of_target = 0;
  for (const ComparedTable& table : expecter.tables()) {
    if (table.has_groups) continue;
    const bool is_paired = has_segments && table.has_items_key;
    if (has_segments) of_target += is_paired ? walk : reads + walk;
    if (!is_paired) of_source += reads;
  }
  const auto has_groups = [](const Part& part) { return part.kind == PartKind::kGroups; };
  if (std::any_of(parts.begin(), parts.end(), has_groups)) of_source += walk;
  of_source *= options.sample;
  of_target *= options.sample;
  const auto rounded = [](double units) {
    return grouped(static_cast<std::uint64_t>(std::llround(std::ceil(units))));
  };
  char dollars[32];
  std::snprintf(dollars, sizeof(dollars), "%.2f",
                (of_source + of_target) / 1'000'000 * kDollarsForMillion);
  return "about " + rounded(items * options.sample) + " items: " + rounded(of_source) +
         " read units of the source and " + rounded(of_target) +
         " of the target, if rows are like their items; on demand about $" + dollars +
         " in us-east-1";
}

}  // namespace streamonce::handler::verify
