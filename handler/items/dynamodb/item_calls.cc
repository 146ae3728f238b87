#include "handler/items/dynamodb/item_calls.h"

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

bool ItemCalls::wait(SteadyTime until) {
  std::optional<aws::CallEnd> end = calls_.wait_any(until);
  if (!end || !end->call) return false;
  // Only calls for items are ever added.
  std::unique_ptr<ItemCall> call(static_cast<ItemCall*>(end->call.release()));
  if (const auto owner = owners_.find(call->owner()); owner != owners_.end())
    owner->second->take(std::move(call), std::move(end->refusal));
  return true;
}

}  // namespace streamonce::handler::dynamodb
