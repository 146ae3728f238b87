#include "events/exports/manifest.h"

#include <simdjson.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "runtime/base/arn.h"
#include "runtime/base/iso_time.h"
#include "runtime/base/text.h"
#include "runtime/json/json_fault.h"
#include "runtime/json/json_walk.h"

namespace streamonce::events {
namespace {

using json::walk_any;
using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::document;
using simdjson::ondemand::json_type;
using simdjson::ondemand::parser;
using simdjson::ondemand::value;

constexpr std::string_view kFullExport = "FULL_EXPORT";
constexpr std::string_view kJsonFormat = "DYNAMODB_JSON";

Error malformed(std::string what) {
  return {ErrorCode::kProtocol, std::move(what)};
}

/// Takes a member that is a string; of null, nothing. `wrong` becomes the name of one that is
/// neither.
error_code take_text(std::string_view name, value json, std::string& text, std::string& wrong) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type != json_type::string) {
    if (type != json_type::null && wrong.empty()) wrong = name;
    return walk_any(json);
  }
  std::string_view found;
  STREAMONCE_JSON_TRY(json::take_string(json, found));
  text = found;
  return SUCCESS;
}

/// Takes a member that is a whole number, as take_text() does.
error_code take_count(std::string_view name, value json, std::uint64_t& count, bool& has_count,
                      std::string& wrong) {
  json_type type;
  STREAMONCE_JSON_TRY(json.type().get(type));
  if (type != json_type::number || json.get_uint64().get(count) != SUCCESS) {
    if (wrong.empty()) wrong = name;
    return walk_any(json);
  }
  has_count = true;
  return SUCCESS;
}

/// Hands the members of the object that `text` is to `take`.
/// @return what is wrong with the text; empty: it is one JSON object
template <class Take>
std::string read_object(parser& parser, PayloadView text, Take take) {
  document json;
  if (const error_code opened = json::open(parser, text, json))
    return "is not JSON: " + json::describe_fault(opened, nullptr, text.text);
  json_type type;
  if (json.type().get(type) != SUCCESS || type != json_type::object) return "is not a JSON object";
  if (const error_code error = json::walk_members(json, take))
    return "is not JSON: " + json::describe_fault(error, &json, text.text);
  return json::at_end(json) ? "" : "has something behind its JSON object";
}

struct SummaryTexts {
  std::string export_arn;
  std::string export_type;
  std::string output_format;
  std::string output_view;
  std::string table_arn;
  std::string time;
  std::uint64_t item_count = 0;
  bool has_count = false;
  std::string wrong;  ///< the first member of a wrong type; empty: none
};

/// Why an export of this kind is not taken; empty: it is one that is.
std::string why_not_taken(const SummaryTexts& texts) {
  if (!texts.export_type.empty() && texts.export_type != kFullExport) {
    return "the export is " + quoted_excerpt(texts.export_type) +
           ", and only full ones can be loaded: export again with `aws dynamodb "
           "export-table-to-point-in-time --export-type FULL_EXPORT`, and load that; newer changes "
           "come by the table's stream";
  }
  if (texts.output_format != kJsonFormat) {
    return "the export's format is " + quoted_excerpt(texts.output_format) +
           ", and only DYNAMODB_JSON can be loaded: export again with `aws dynamodb "
           "export-table-to-point-in-time --export-format DYNAMODB_JSON`, and load that";
  }
  return {};
}

/// The time of `2023-09-02T20:30:27.112Z`, to the millisecond. None: it is none, or out of bounds.
std::optional<WallTime> parse_time(std::string_view text) {
  constexpr std::size_t kDigits = 3;
  const std::optional<ExactTime> exact = parse_exact_time(text);
  if (!exact) return std::nullopt;
  int milliseconds = 0;
  for (std::size_t i = 0; i < kDigits; ++i)
    milliseconds = milliseconds * 10 + (i < exact->fraction.size() ? exact->fraction[i] - '0' : 0);
  const WallTime time =
      WallTime(std::chrono::seconds(exact->seconds)) + std::chrono::milliseconds(milliseconds);
  if (time < kExportTimeFirst || time > kExportTimeLast) return std::nullopt;
  return time;
}

/// Splits the ARN of a table. @return whether it is one
bool split_table_arn(ExportSummary& summary) {
  constexpr std::string_view kTable = "table/";
  const std::optional<Arn> arn = Arn::split(summary.table_arn);
  if (!arn || arn->service != "dynamodb" || !arn->resource.starts_with(kTable)) return false;
  summary.account = arn->account;
  summary.region = arn->region;
  summary.table = arn->resource.substr(kTable.size());
  const auto is_name = [](const std::string& part) {
    return !part.empty() && part.find_first_of("|/: ") == std::string::npos;
  };
  return is_name(summary.account) && is_name(summary.region) && is_name(summary.table);
}

error_code read_summary_member(std::string_view name, value json, SummaryTexts& texts) {
  if (name == "exportArn") return take_text(name, json, texts.export_arn, texts.wrong);
  if (name == "exportType") return take_text(name, json, texts.export_type, texts.wrong);
  if (name == "outputFormat") return take_text(name, json, texts.output_format, texts.wrong);
  if (name == "outputView") return take_text(name, json, texts.output_view, texts.wrong);
  if (name == "tableArn") return take_text(name, json, texts.table_arn, texts.wrong);
  if (name == "exportTime") return take_text(name, json, texts.time, texts.wrong);
  if (name == "itemCount")
    return take_count(name, json, texts.item_count, texts.has_count, texts.wrong);
  return walk_any(json);
}

error_code read_file_member(std::string_view name, value json, ManifestFile& file, bool& has_count,
                            std::string& wrong) {
  if (name == "dataFileS3Key") return take_text(name, json, file.key, wrong);
  if (name == "md5Checksum") return take_text(name, json, file.md5, wrong);
  if (name == "itemCount") return take_count(name, json, file.item_count, has_count, wrong);
  return walk_any(json);
}

/// Reads one line, which has bytes behind it that can be read.
Result<ManifestFile> parse_file(parser& parser, std::string_view line) {
  ManifestFile file;
  bool has_count = false;
  std::string wrong;
  const std::string problem = read_object(parser, {line}, [&](std::string_view name, value json) {
    return read_file_member(name, json, file, has_count, wrong);
  });
  if (!problem.empty()) return malformed(problem);
  if (!wrong.empty()) return malformed("has a member " + wrong + " of another type");
  if (!has_count) return malformed("has no itemCount");
  const std::string_view base = file.base_name();
  if (base.empty() || base == "." || base == ".." || base.find('\0') != std::string_view::npos)
    return malformed("has no dataFileS3Key that names a file");
  return file;
}

}  // namespace

Result<ExportSummary> parse_summary(PayloadView text) {
  parser parser;
  SummaryTexts texts;
  const std::string problem = read_object(parser, text, [&](std::string_view name, value json) {
    return read_summary_member(name, json, texts);
  });
  if (!problem.empty()) return malformed(problem);
  if (!texts.wrong.empty()) return malformed("has a member " + texts.wrong + " of another type");
  if (texts.output_format.empty())
    return malformed("has no outputFormat: it is no export's summary");
  if (std::string why = why_not_taken(texts); !why.empty())
    return Error{ErrorCode::kRejected, std::move(why)};
  ExportSummary summary;
  summary.arn = texts.export_arn;
  summary.id = texts.export_arn.substr(texts.export_arn.rfind('/') + 1);
  summary.table_arn = texts.table_arn;
  if (!split_table_arn(summary)) {
    return malformed("has the tableArn " + quoted_excerpt(texts.table_arn) +
                     ": expected arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE");
  }
  const std::optional<WallTime> time = parse_time(texts.time);
  if (!time) {
    return malformed("has the exportTime " + quoted_excerpt(texts.time) +
                     ": expected a time such as 2026-11-21T00:44:22.580Z");
  }
  summary.time = *time;
  if (!texts.has_count) return malformed("has no itemCount");
  summary.item_count = texts.item_count;
  return summary;
}

Result<std::vector<ManifestFile>> parse_manifest_files(PayloadView text) {
  parser parser;
  std::vector<ManifestFile> files;
  std::uint64_t number = 0;
  std::string_view rest = text.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Result<ManifestFile> file = parse_file(parser, line);
    if (!file) return malformed("line " + std::to_string(number) + " " + file.error().message);
    files.push_back(*std::move(file));
  }
  std::unordered_set<std::string_view> names;
  for (const ManifestFile& file : files) {
    if (!names.insert(file.base_name()).second)
      return malformed("names the data file " + quoted_excerpt(file.base_name()) + " twice");
  }
  return files;
}

Status check_counts(const ExportSummary& summary, const std::vector<ManifestFile>& files) {
  std::uint64_t sum = 0;
  for (const ManifestFile& file : files) sum += file.item_count;
  if (sum == summary.item_count) return {};
  return malformed("the data files of manifest-files.json have " + std::to_string(sum) +
                   " items together, and manifest-summary.json tells " +
                   std::to_string(summary.item_count) +
                   ": one of them is not this export's, or is "
                   "not whole");
}

}  // namespace streamonce::events
