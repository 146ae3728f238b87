// tests/support/emf.h: the rules that CloudWatch and Lambda have for a line of metrics.
//
// Source:  Amazon CloudWatch, "Specification: Embedded metric format"; CloudWatch API reference,
//          Dimension and MetricDatum; AWS Lambda, "Log-level filtering".
// Threads: pure functions.

#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/iso_time.h"
#include "runtime/base/log.h"

namespace streamonce::testing {

/// Parses `text`, in which no object may have a name twice. Discarded: it is no such JSON.
inline nlohmann::json parse_strictly(std::string_view text) {
  std::vector<std::set<std::string>> names;
  bool is_strict = true;
  nlohmann::json document = nlohmann::json::parse(
      text,
      [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        using Event = nlohmann::json::parse_event_t;
        if (event == Event::object_start) names.emplace_back();
        if (event == Event::object_end) names.pop_back();
        if (event == Event::key && !names.back().insert(parsed.get<std::string>()).second)
          is_strict = false;
        return true;
      },
      /*allow_exceptions=*/false);
  return is_strict ? document : nlohmann::json(nlohmann::json::value_t::discarded);
}

/// Checks one line of metrics, which must have its end.
class EmfCheck {
 public:
  EmfCheck(std::string_view line, WallTime now) : now_(now) { check(line); }

  /// What is wrong with it; empty: nothing.
  std::vector<std::string> faults;

 private:
  using json = nlohmann::json;

  static constexpr std::size_t kLineBytesMax = 1'000'000;
  static constexpr std::size_t kMetricsMax = 100;
  static constexpr std::size_t kDimensionsMax = 30;
  static constexpr std::size_t kValuesMax = 100;
  static constexpr std::size_t kNameMax = 1'024;
  static constexpr std::size_t kDimensionNameMax = 250;

  bool expect(bool holds, const std::string& fault) {
    if (!holds) faults.push_back(fault);
    return holds;
  }

  void check(std::string_view line) {
    expect(line.size() <= kLineBytesMax, "longer than 1 MB");
    if (!expect(line.ends_with('\n') && line.find('\n') == line.size() - 1, "not one line")) return;
    line.remove_suffix(1);
    expect(line.starts_with('{') && line.ends_with('}'), "something beside the object");
    root_ = parse_strictly(line);
    if (!expect(root_.is_object(), "not one JSON object, each name once")) return;
    if (!expect(root_.contains("_aws") && root_["_aws"].is_object(), "no _aws")) return;
    const json& metadata = root_["_aws"];
    if (expect(metadata.contains("Timestamp") && metadata["Timestamp"].is_number_unsigned(),
               "no Timestamp of milliseconds"))
      check_time(metadata["Timestamp"].get<std::int64_t>());
    if (!expect(metadata.contains("CloudWatchMetrics") &&
                    metadata["CloudWatchMetrics"].is_array() &&
                    !metadata["CloudWatchMetrics"].empty(),
                "no CloudWatchMetrics"))
      return;
    for (const json& directive : metadata["CloudWatchMetrics"]) check_directive(directive);
  }

  void check_time(std::int64_t milliseconds) {
    const WallTime time{std::chrono::milliseconds(milliseconds)};
    expect(time >= now_ - std::chrono::days(14) && time <= now_ + std::chrono::hours(2),
           "Timestamp is too far from now");
  }

  void check_directive(const json& directive) {
    if (!expect(directive.is_object(), "a directive is no object")) return;
    for (const auto& [name, value] : directive.items())
      expect(name == "Namespace" || name == "Dimensions" || name == "Metrics",
             "a directive with " + name);
    const json space = directive.value("Namespace", json());
    if (expect(space.is_string() && !space.get<std::string>().empty(), "no Namespace"))
      expect(!space.get<std::string>().starts_with("AWS/"), "a Namespace of AWS");
    const json sets = directive.value("Dimensions", json());
    if (expect(sets.is_array() && !sets.empty(), "no Dimensions"))
      for (const json& set : sets) check_dimensions(set);
    const json metrics = directive.value("Metrics", json());
    if (!expect(metrics.is_array() && metrics.size() <= kMetricsMax, "not 0 to 100 Metrics"))
      return;
    std::set<std::string> names;
    for (const json& metric : metrics) check_metric(metric, names);
  }

  void check_dimensions(const json& set) {
    if (!expect(set.is_array() && set.size() <= kDimensionsMax, "not 0 to 30 dimensions")) return;
    for (const json& name : set) {
      if (!expect(name.is_string() && is_long_at_most(name, kDimensionNameMax),
                  "a dimension without a name"))
        continue;
      const json value = root_.value(name.get<std::string>(), json());
      if (expect(value.is_string() && is_long_at_most(value, kNameMax),
                 name.get<std::string>() + " has no value"))
        check_dimension_value(value.get<std::string>());
    }
  }

  void check_dimension_value(const std::string& value) {
    expect(std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; }),
           "a dimension's value is not printable ASCII");
    expect(value.find_first_not_of(' ') != std::string::npos, "a dimension's value is blank");
  }

  void check_metric(const json& metric, std::set<std::string>& names) {
    if (!expect(metric.is_object(), "a metric is no object")) return;
    for (const auto& [name, value] : metric.items())
      expect(name == "Name" || name == "Unit" || name == "StorageResolution",
             "a metric with " + name);
    const json name = metric.value("Name", json());
    if (!expect(name.is_string() && is_long_at_most(name, kNameMax), "a metric without a name"))
      return;
    const std::string text = name.get<std::string>();
    expect(names.insert(text).second, text + " is there twice");
    expect(is_unit(metric.value("Unit", json("None"))), text + " has an unknown unit");
    expect(is_value(root_.value(text, json())), text + " has no value");
  }

  static bool is_long_at_most(const json& text, std::size_t length) {
    const std::size_t size = text.get_ref<const std::string&>().size();
    return size > 0 && size <= length;
  }

  static bool is_value(const json& value) {
    if (value.is_number()) return true;
    return value.is_array() && !value.empty() && value.size() <= kValuesMax &&
           std::all_of(value.begin(), value.end(), [](const json& one) { return one.is_number(); });
  }

  static bool is_unit(const json& unit) {
    static const std::set<std::string> kUnits = {"Seconds",
                                                 "Microseconds",
                                                 "Milliseconds",
                                                 "Bytes",
                                                 "Kilobytes",
                                                 "Megabytes",
                                                 "Gigabytes",
                                                 "Terabytes",
                                                 "Bits",
                                                 "Kilobits",
                                                 "Megabits",
                                                 "Gigabits",
                                                 "Terabits",
                                                 "Percent",
                                                 "Count",
                                                 "Bytes/Second",
                                                 "Kilobytes/Second",
                                                 "Megabytes/Second",
                                                 "Gigabytes/Second",
                                                 "Terabytes/Second",
                                                 "Bits/Second",
                                                 "Kilobits/Second",
                                                 "Megabits/Second",
                                                 "Gigabits/Second",
                                                 "Terabits/Second",
                                                 "Count/Second",
                                                 "None"};
    return unit.is_string() && kUnits.contains(unit.get<std::string>());
  }

  const WallTime now_;
  json root_;
};

/// The faults in a row; empty: there are none.
inline std::string emf_faults(std::string_view line, WallTime now) {
  std::string text;
  for (const std::string& fault : EmfCheck(line, now).faults) text += fault + "; ";
  return text;
}

/// The level that Lambda takes a line for, where a function logs JSON: without a level that it
/// knows, or without an RFC 3339 time, it is INFO.
inline LogLevel level_for_lambda(std::string_view line) {
  const nlohmann::json root = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return LogLevel::kInfo;
  const nlohmann::json time = root.value("timestamp", nlohmann::json());
  const nlohmann::json level = root.value("level", nlohmann::json());
  if (!time.is_string() || !parse_exact_time(time.get<std::string>()) || !level.is_string())
    return LogLevel::kInfo;
  return parse_log_level(level.get<std::string>()).value_or(LogLevel::kInfo);
}

/// Whether Lambda hands on a line of a function that logs JSON from `level` on.
inline bool passes_lambda(std::string_view line, LogLevel level) {
  return level_for_lambda(line) >= level;
}

}  // namespace streamonce::testing
