// handler/sources/lambda/metrics_line.h: the metrics of one invocation, as a line for CloudWatch.
//
// README, "What to watch", tells what each of them means. All are always there, so that a sum has
// no gap, but for ReplicationLag and CommitTime: where nothing was committed there is no lag, and
// not one of 0.
//
// Threads: a pure function.

#pragma once

#include <string>
#include <string_view>

#include "handler/sources/lambda/event_figures.h"
#include "handler/targets/figures.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

struct InvocationMetrics {
  std::string_view pipeline;  ///< the dimension's value; 255 bytes at most
  std::string_view level;     ///< as LogSettings::metrics_level
  WallTime time;              ///< when the work was done: the lag is that of this time
  const EventFigures& event;
  const TargetFigures& target;
};

/// The line, with its end. It has 1,100 bytes and twice the pipeline's name at most, unless a count
/// has more than five digits.
std::string metrics_line(const InvocationMetrics& invocation);

}  // namespace streamonce::handler
