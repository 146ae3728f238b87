#include "events/exports/load_version.h"

#include <optional>

#include "events/sequence_number.h"
#include "events/stream_arn.h"
#include "runtime/base/iso_time.h"

namespace streamonce::events {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// The time of a stream's label, to the millisecond. None: it is no time, or before 1970.
std::optional<WallTime> time_of(std::string_view label) {
  if (!is_stream_label(label)) return std::nullopt;
  const std::string text = std::string(label) + "Z";
  const std::optional<ExactTime> exact = parse_exact_time(text);
  if (!exact || exact->seconds < 0) return std::nullopt;
  int thousandths = 0;
  for (const char digit : exact->fraction) thousandths = thousandths * 10 + (digit - '0');
  return WallTime(std::chrono::seconds(exact->seconds)) + milliseconds(thousandths);
}

std::string label_of(WallTime time) {
  std::string text = format_rfc3339(time);
  text.pop_back();  // the Z
  return text;
}

LoadVersion version_of(WallTime stream, WallTime export_time) {
  const WallTime from = export_time - kExportFuzz;
  return {.label = label_of(stream),
          .number = std::to_string(microseconds(from.time_since_epoch()).count()),
          .created_at =
              std::chrono::floor<std::chrono::seconds>(export_time.time_since_epoch()).count()};
}

}  // namespace

Version LoadVersion::version() const {
  return {label, SequenceNumber::parse(number).value()};
}

Result<LoadVersion> version_beside_stream(std::string_view stream_label, WallTime export_time) {
  const std::optional<WallTime> stream = time_of(stream_label);
  if (!stream)
    return invalid_argument("the stream's label " + std::string(stream_label) + " is no time");
  return version_of(*stream - milliseconds(1), export_time);
}

LoadVersion version_without_stream(WallTime export_time) {
  return version_of(export_time, export_time);
}

std::string why_too_early(std::string_view stream_label, WallTime export_time) {
  const std::optional<WallTime> stream = time_of(stream_label);
  if (!stream) return "the stream's label " + std::string(stream_label) + " is no time";
  const WallTime first = *stream + kStreamLead;
  if (export_time >= first) return {};
  return "the export is of " + format_rfc3339(export_time) + ", and the stream was enabled at " +
         format_rfc3339(*stream) +
         ": what was written between the two may be in neither. Export the table again, as of " +
         format_rfc3339(first) + " or later, and load that";
}

}  // namespace streamonce::events
