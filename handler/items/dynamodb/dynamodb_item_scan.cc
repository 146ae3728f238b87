#include <algorithm>
#include <optional>
#include <utility>

#include "handler/items/dynamodb/dynamodb_item_reader.h"
#include "runtime/aws/api_client.h"
#include "runtime/base/payload.h"

namespace streamonce::handler::dynamodb {
namespace {

using dynamodb_tables::kScan;

/// From how many items on a page needs no limit: the service's own, of 1 MB, is met before.
constexpr int kLimitMax = 2'000;

/// How many bytes a page is likely to have.
constexpr std::size_t kPageBytesLikely = 1024UL * 1024;

}  // namespace

/// A walk has one page in hand, and one that is asked for.
class DynamoDbItemReader::Walk final : public ItemScan, private ItemCalls::Owner {
 public:
  Walk(DynamoDbItemReader& reader, std::string table, Segment segment, Consistency consistency)
      : reader_(reader),
        table_(std::move(table)),
        segment_(segment),
        consistency_(consistency),
        id_(reader.calls_.enter(*this)) {}

  ~Walk() override { reader_.calls_.leave(id_); }

  Result<bool> next(std::vector<std::string_view>& items, SteadyTime deadline) override {
    items.clear();
    while (!is_at_end_) {
      if (answered_) {
        auto call = std::exchange(answered_, nullptr);
        const std::optional<aws::Refusal> refusal = std::exchange(refusal_, std::nullopt);
        is_asked_ = false;
        if (!refusal) return take_page(items, std::move(call), deadline);
        if (goes_on_after(*refusal, *call, deadline)) continue;
        return dynamodb_tables::error_of(kScan, table_, aws::api_error_of(*refusal));
      }
      if (!is_asked_) ask(deadline);
      if (!reader_.calls_.wait(deadline) && !answered_ && reader_.calls_.is_over(deadline))
        return Error{ErrorCode::kTimeout,
                     "Scan of table " + table_ + ": not answered before the deadline"};
    }
    return false;
  }

 private:
  void take(std::unique_ptr<ItemCall> call, std::optional<aws::Refusal> refusal) override {
    answered_ = std::move(call);
    refusal_ = std::move(refusal);
  }

  void ask(SteadyTime deadline) {
    std::unique_ptr<Payload> answer = std::move(spare_);
    if (answer == nullptr) answer = std::make_unique<Payload>(kPageBytesMax);
    reader_.calls_.add({.owner = id_,
                        .operation = kScan,
                        .body = dynamodb_tables::scan_request(
                            {.table = table_,
                             .behind = next_key_,
                             .is_consistent = consistency_ == Consistency::kStrong,
                             .segment = segment_.number,
                             .segments = segment_.count,
                             .items_max = limit_}),
                        .answer = std::move(answer),
                        .answer_bytes_likely = kPageBytesLikely,
                        .deadline = deadline});
    is_asked_ = true;
  }

  /// Whether the page is to be asked for again at once: it was too large, or time ran out that
  /// ended before `deadline`.
  bool goes_on_after(const aws::Refusal& refusal, ItemCall& call, SteadyTime deadline) {
    spare_ = call.release();
    if (refusal.error_code == ErrorCode::kTimeout) return call.deadline() < deadline;
    if (refusal.error_code != ErrorCode::kTooLarge || limit_ == 1) return false;
    limit_ = std::max(1, (limit_ == 0 ? kLimitMax : limit_) / 2);
    return true;
  }

  Result<bool> take_page(std::vector<std::string_view>& items, std::unique_ptr<ItemCall> call,
                         SteadyTime deadline) {
    Result<dynamodb_tables::ScannedPage> page =
        reader_.pages_.page(call->answer(), [&](std::string_view item) { items.push_back(item); });
    if (!page) {
      items.clear();
      spare_ = call->release();
      return with_context("table " + table_, std::move(page).error());
    }
    reader_.read_units_ += page->read_units;
    next_key_ = std::move(page->next_key);
    is_at_end_ = next_key_.empty();
    if (page_ != nullptr) spare_ = page_->release();
    page_ = std::move(call);
    if (limit_ > 0) limit_ += limit_ / 4 + 1;
    if (limit_ >= kLimitMax) limit_ = 0;
    if (!is_at_end_) {
      ask(deadline);
      reader_.calls_.poll();
    }
    return true;
  }

  DynamoDbItemReader& reader_;
  const std::string table_;
  const Segment segment_;
  const Consistency consistency_;
  const std::uint64_t id_;
  std::string next_key_;  // where the next page begins; empty: at the segment's start
  bool is_at_end_ = false;
  bool is_asked_ = false;               // whether the next page is on its way
  int limit_ = 0;                       // how many items a page may have; 0: as many as it gets
  std::unique_ptr<ItemCall> page_;      // whose texts were handed out
  std::unique_ptr<ItemCall> answered_;  // the call for the next page, if it has ended
  std::optional<aws::Refusal> refusal_;
  std::unique_ptr<Payload> spare_;
};

std::unique_ptr<ItemScan> DynamoDbItemReader::scan(std::string table, Segment segment,
                                                   Consistency consistency) {
  return std::make_unique<Walk>(*this, std::move(table), segment, consistency);
}

}  // namespace streamonce::handler::dynamodb
