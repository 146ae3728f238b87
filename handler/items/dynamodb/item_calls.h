// handler/items/dynamodb/item_calls.h: calls for items, of several owners in one engine.
//
// Who waits for its own call drives those of all others, too, and each that ends is handed to its
// owner. A call whose owner has gone ends unheard.
//
// Threads: one thread at a time. Borrows: the service, which must outlive the object; nothing else
//          may be in flight on its transport.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/aws/json_call.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"

namespace streamonce::handler::dynamodb {

/// The most requests in flight, of all owners; further ones wait.
inline constexpr std::size_t kItemRequestsMax = 32;

/// One request, whatever it asks for, and its answer.
class ItemCall final : public aws::JsonCall {
 public:
  struct Options {
    std::uint64_t owner = 0;          ///< as ItemCalls::enter() gave it
    std::string_view operation = {};  ///< a constant of the program
    std::string body = {};
    std::unique_ptr<Payload> answer = nullptr;  ///< takes and bounds the answer, if there is one
    std::size_t answer_bytes_max = 0;           ///< bounds it otherwise
    /// How many bytes a good answer has, if they are many: see CallOptions.
    std::size_t answer_bytes_likely = 0;
    std::vector<std::size_t> places = {};  ///< which of the owner's keys are asked for
    int throttled = 0;                     ///< how many answers in a row left these unread
    SteadyTime deadline = {};              ///< no attempt is begun behind it
  };

  /// Borrows `reader`, which must outlive the call.
  ItemCall(Options options, aws::JsonAnswerReader& reader);

  std::uint64_t owner() const { return owner_; }
  PayloadView answer() const { return payload_ ? payload_->view() : JsonCall::answer(); }
  const std::vector<std::size_t>& places() const { return places_; }
  int throttled() const { return throttled_; }
  SteadyTime deadline() const { return options().deadline; }
  /// Gives the memory of the answer away, for another call.
  std::unique_ptr<Payload> release() { return std::move(payload_); }

 private:
  std::string body() override { return body_; }

  const std::uint64_t owner_;
  const std::string body_;
  std::unique_ptr<Payload> payload_;
  const std::vector<std::size_t> places_;
  const int throttled_;
};

class ItemCalls {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;

    /// Takes a call of its own that has ended: `refusal` says why it has no answer, if it has none.
    virtual void take(std::unique_ptr<ItemCall> call, std::optional<aws::Refusal> refusal) = 0;
  };

  explicit ItemCalls(aws::ServiceClient& service);

  /// @return the number of `owner`, which no other has ever had
  std::uint64_t enter(Owner& owner);
  /// Nothing is handed to this owner any more.
  void leave(std::uint64_t owner) { owners_.erase(owner); }

  void add(ItemCall::Options options, std::chrono::milliseconds delay = {});

  /// Waits until a call ends, and hands it to its owner.
  /// @return false: none has ended by `until`, or there is none, or an end is asked for
  bool wait(SteadyTime until);
  /// Whether nothing more is to be waited for: it is `deadline`, or an end is asked for.
  bool is_over(SteadyTime deadline) const;
  void end_early_if(std::function<bool()> stopped) { stopped_ = std::move(stopped); }

  /// Sends what waits, and takes in what has arrived, without waiting.
  void poll() { wait(service_.clock().steady_now()); }

  aws::ServiceClient& service() { return service_; }

 private:
  aws::ServiceClient& service_;
  aws::JsonAnswerReader answers_;
  std::uint64_t latest_ = 0;  // the number of the latest owner
  std::map<std::uint64_t, Owner*> owners_;
  std::function<bool()> stopped_;  // empty: nobody asks for an end
  aws::Calls calls_;
};

}  // namespace streamonce::handler::dynamodb
