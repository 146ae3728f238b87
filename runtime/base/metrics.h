// runtime/base/metrics.h: a line of a log that CloudWatch makes metrics of.
//
// Lambda hands on what a function writes, line by line, and CloudWatch Logs takes metrics out of
// each line that is one JSON object in the embedded metric format, without a call of any API. A
// line that breaks a rule of the format is kept as a log line, and its metrics are lost without a
// word (AWS/Logs counts them as EMFValidationErrors): the rules are kept here.
//
// Where a function logs JSON, Lambda drops the lines below the level that it is set to, and takes a
// line without `level` and an RFC 3339 `timestamp` for INFO. Both stand on the root, where the
// format leaves members alone that it does not know.
//
// Source:  Amazon CloudWatch, "Specification: Embedded metric format"; CloudWatch API reference,
//          Dimension; AWS Lambda, "Log-level filtering".
// Rule:    as in log.h: no item value, key value, credential or token. A dimension multiplies the
//          metrics and their price: no request id, either.
// Threads: pure functions.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"

namespace streamonce {

enum class MetricUnit : std::uint8_t { kCount, kMilliseconds };

struct Metric {
  std::string_view name;  ///< plain ASCII that needs no escapes; each name once in a line
  MetricUnit unit = MetricUnit::kCount;
  std::int64_t tenths = 0;  ///< the value, in tenths of the unit; 0 or more
};

struct MetricLine {
  WallTime time;                ///< of the metrics; CloudWatch takes two weeks ago to in two hours
  std::string_view level;       ///< as Lambda names levels: `INFO`, in any case
  std::string_view name_space;  ///< plain ASCII; not one that begins with `AWS/`
  std::string_view dimension;   ///< the name of the one dimension; as a metric's
  /// Its value, whatever it is. CloudWatch takes 1 to 1,024 characters, visible ASCII and blanks:
  /// any other character is written as `_`, and so is a value that has nothing visible; what is
  /// longer is cut off.
  std::string_view value;
  std::span<const Metric> metrics;  ///< 100 at most
};

/// The line, with its end.
std::string emf_line(const MetricLine& line);

}  // namespace streamonce
