#include "runtime/base/metrics.h"

#include <algorithm>
#include <cstddef>

#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce {
namespace {

/// What a metric takes in a line, its name apart: for reserving memory only.
constexpr std::size_t kMetricTextBytes = 64;
constexpr std::size_t kLineTextBytes = 512;

/// Source: CloudWatch API reference, Dimension: a value has 1 to 1,024 characters.
constexpr std::size_t kValueMax = 1'024;

/// Whether `c` goes on a character of UTF-8 that an earlier byte has begun.
bool goes_on(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string dimension_value(std::string_view value) {
  std::string text;
  for (const char c : value)
    if (!goes_on(c)) text += is_printable(c) ? c : '_';
  text.resize(std::min(text.size(), kValueMax));
  return text.find_first_not_of(' ') == std::string::npos ? "_" : text;
}

std::string_view text_of(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::kCount:
      return "Count";
    case MetricUnit::kMilliseconds:
      return "Milliseconds";
  }
  return "None";
}

void append_member(std::string& out, const Metric& metric) {
  out.append(",\"").append(metric.name).append("\":").append(std::to_string(metric.tenths / 10));
  if (metric.tenths % 10 != 0) out.append(".").append(std::to_string(metric.tenths % 10));
}

}  // namespace

std::string emf_line(const MetricLine& line) {
  std::string text;
  text.reserve(kLineTextBytes + line.metrics.size() * kMetricTextBytes + 2 * line.value.size());
  text.append(R"({"timestamp":")").append(format_rfc3339(line.time)).append(R"(","level":)");
  append_json_string(text, line.level);
  text.append(R"(,"_aws":{"Timestamp":)")
      .append(std::to_string(line.time.time_since_epoch().count()));
  text.append(R"(,"CloudWatchMetrics":[{"Namespace":")").append(line.name_space);
  text.append(R"(","Dimensions":[[")").append(line.dimension).append(R"("]],"Metrics":[)");
  for (const Metric& metric : line.metrics) {
    text.append(&metric == line.metrics.data() ? R"({"Name":")" : R"(,{"Name":")");
    text.append(metric.name).append(R"(","Unit":")").append(text_of(metric.unit)).append("\"}");
  }
  text.append(R"(]}]},")").append(line.dimension).append("\":");
  append_json_string(text, dimension_value(line.value));
  for (const Metric& metric : line.metrics) append_member(text, metric);
  return text.append("}\n");
}

}  // namespace streamonce
