#include "handler/sources/lambda/metrics_line.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/base/check.h"
#include "runtime/base/metrics.h"

namespace streamonce::handler {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kNamespace = "streamonce";
constexpr std::string_view kDimension = "Pipeline";
constexpr std::size_t kMetricsMax = 15;

/// The metrics of a line, in the order in which they are told.
class Metrics {
 public:
  void add(std::string_view name, std::uint64_t count) {
    add_tenths(name, MetricUnit::kCount, 10 * static_cast<std::int64_t>(count));
  }
  void add(std::string_view name, milliseconds time) {
    add_tenths(name, MetricUnit::kMilliseconds, 10 * std::max<std::int64_t>(time.count(), 0));
  }
  void add_tenths(std::string_view name, MetricUnit unit, std::int64_t tenths) {
    STREAMONCE_CHECK(size_ < kMetricsMax);
    metrics_[size_++] = {.name = name, .unit = unit, .tenths = tenths};
  }

  std::span<const Metric> all() const { return std::span(metrics_).first(size_); }

 private:
  std::array<Metric, kMetricsMax> metrics_;
  std::size_t size_ = 0;
};

void add_records(const EventFigures& event, Metrics& metrics) {
  const FateCounts& counts = event.counts;
  metrics.add("RecordsReceived", counts.all());
  metrics.add("Applied", counts.of(Fate::kApplied));
  metrics.add("AlreadyApplied", counts.of(Fate::kAlreadyApplied));
  metrics.add("Stale", counts.of(Fate::kStale));
  metrics.add("Superseded", counts.of(Fate::kSuperseded));
  metrics.add("Filtered", counts.of(Fate::kFiltered));
  metrics.add("RecordsFailed", counts.not_done());
  metrics.add("DeadLettersTaken", event.dead_letters);
}

void add_target(const TargetFigures& target, Metrics& metrics) {
  metrics.add("Transactions", target.transactions);
  metrics.add("Conflicts", target.conflicts);
  metrics.add("Throttles", target.throttles);
  metrics.add("Retries", target.retries);
  metrics.add_tenths("WriteUnits", MetricUnit::kCount, target.write_unit_tenths);
}

}  // namespace

std::string metrics_line(const InvocationMetrics& invocation) {
  Metrics metrics;
  add_records(invocation.event, metrics);
  add_target(invocation.target, metrics);
  if (invocation.event.oldest_applied) {
    const WallTime made(std::chrono::seconds(*invocation.event.oldest_applied));
    metrics.add("ReplicationLag", invocation.time - made);
  }
  if (invocation.target.has_committed)
    metrics.add("CommitTime", std::chrono::round<milliseconds>(invocation.target.time));
  return emf_line({.time = invocation.time,
                   .level = invocation.level,
                   .name_space = kNamespace,
                   .dimension = kDimension,
                   .value = invocation.pipeline,
                   .metrics = metrics.all()});
}

}  // namespace streamonce::handler
