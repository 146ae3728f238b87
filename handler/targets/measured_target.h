// handler/targets/measured_target.h: a target that counts what time another one takes.
//
// Threads: one thread at a time. Borrows: the target, the clock and the figures, which must outlive
//          it.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "handler/targets/figures.h"
#include "handler/targets/target.h"
#include "runtime/base/clock.h"

namespace streamonce::handler {

class MeasuredTarget final : public Target {
 public:
  MeasuredTarget(Target& target, const Clock& clock, TargetFigures& figures)
      : target_(target),
        clock_(clock),
        figures_(figures) {}

  void commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
              SteadyTime deadline) override {
    const SteadyTime start = clock_.steady_now();
    target_.commit(commits, outcomes, deadline);
    figures_.has_committed = true;
    figures_.time += clock_.steady_now() - start;
  }

  std::vector<MarkResult> read_marks(std::span<const MarkPlace> places, Reading reading,
                                     SteadyTime deadline) override {
    const SteadyTime start = clock_.steady_now();
    std::vector<MarkResult> marks = target_.read_marks(places, reading, deadline);
    figures_.time += clock_.steady_now() - start;
    return marks;
  }

 private:
  Target& target_;
  const Clock& clock_;
  TargetFigures& figures_;
};

}  // namespace streamonce::handler
