#include "handler/items/dynamodb/item_calls.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace streamonce::handler::dynamodb {
namespace {

/// The most time that an answer has: longer than any healthy one takes, also where whoever walks
/// through a table is busy with a page meanwhile.
constexpr std::chrono::milliseconds kAnswerTime{30'000};

}  // namespace

ItemCall::ItemCall(Options options, aws::JsonAnswerReader& reader)
    : JsonCall({.operation = options.operation,
                .timeout = kAnswerTime,
                .deadline = options.deadline,
                .answer_into = options.answer.get(),
                .answer_bytes_max = options.answer_bytes_max,
                .answer_bytes_likely = options.answer_bytes_likely},
               reader),
      owner_(options.owner),
      body_(std::move(options.body)),
      payload_(std::move(options.answer)),
      places_(std::move(options.places)),
      throttled_(options.throttled) {}

ItemCalls::ItemCalls(aws::ServiceClient& service)
    : service_(service),
      calls_(service, {.deadline = SteadyTime::max(), .in_flight_max = kItemRequestsMax}) {}

std::uint64_t ItemCalls::enter(Owner& owner) {
  owners_.emplace(++latest_, &owner);
  return latest_;
}

void ItemCalls::add(ItemCall::Options options, std::chrono::milliseconds delay) {
  calls_.add_later(std::make_unique<ItemCall>(std::move(options), answers_), delay);
}

bool ItemCalls::is_over(SteadyTime deadline) const {
  return service_.clock().steady_now() >= deadline || (stopped_ && stopped_());
}

bool ItemCalls::wait(SteadyTime until) {
  // In parts, where an end may be asked for meanwhile.
  constexpr std::chrono::milliseconds kPart{200};
  std::optional<aws::CallEnd> end;
  do {
    const SteadyTime part = stopped_ ? service_.clock().steady_now() + kPart : until;
    end = calls_.wait_any(std::min(until, part));
  } while (!end && calls_.unfinished() > 0 && !is_over(until));
  if (!end || !end->call) return false;
  // Only calls for items are ever added.
  std::unique_ptr<ItemCall> call(static_cast<ItemCall*>(end->call.release()));
  if (const auto owner = owners_.find(call->owner()); owner != owners_.end())
    owner->second->take(std::move(call), std::move(end->refusal));
  return true;
}

}  // namespace streamonce::handler::dynamodb
