#include "handler/items/dynamodb/dynamodb_item_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "runtime/aws/api_client.h"
#include "runtime/aws/retry.h"

namespace streamonce::handler::dynamodb {
namespace {

using dynamodb_items::BatchItem;
using dynamodb_items::kBatchGetItem;
using dynamodb_items::kBatchKeysMax;
using std::chrono::milliseconds;

/// How many keys may be refused one by one, and none be answered, before it is believed that all
/// will be.
constexpr int kRefusedKeysMax = 3;

using ItemPlaces = std::vector<std::size_t>;  // indices of keys

/// Keys that are to be asked for once more.
struct Again {
  ItemPlaces places;
  int throttled = 0;  ///< how many answers in a row left them unread
};

}  // namespace

class DynamoDbItemReader::Batch final : private ItemCalls::Owner {
 public:
  Batch(DynamoDbItemReader& reader, std::string_view table, std::span<const events::ItemKey> keys,
        Consistency consistency, SteadyTime deadline)
      : reader_(reader),
        table_(table),
        keys_(keys),
        consistency_(consistency),
        deadline_(deadline),
        id_(reader.calls_.enter(*this)),
        is_done_(keys.size(), false),
        results_(keys.size(), Result<std::string_view>(std::string_view())) {}

  ~Batch() override { reader_.calls_.leave(id_); }

  std::vector<Result<std::string_view>> work() {
    for (ask(); unfinished_ > 0; ask()) {
      if (!reader_.calls_.wait(deadline_) && reader_.calls_.is_over(deadline_)) break;
    }
    stop({ErrorCode::kTimeout, "not answered before the deadline"});
    return std::move(results_);
  }

 private:
  void ask();
  void send(ItemPlaces places, int throttled, milliseconds delay);
  void take(std::unique_ptr<ItemCall> call, std::optional<aws::Refusal> refusal) override;
  void fail(const ItemCall& call, aws::Refusal refusal);
  void finish(std::unique_ptr<ItemCall> call);
  Result<double> read_answer(const ItemCall& call, ItemPlaces& unread);
  void set_result(std::size_t place, Result<std::string_view> result);
  void stop(const Error& error);

  DynamoDbItemReader& reader_;
  const std::string_view table_;
  const std::span<const events::ItemKey> keys_;
  const Consistency consistency_;
  const SteadyTime deadline_;
  const std::uint64_t id_;
  std::vector<bool> is_done_;
  std::vector<Result<std::string_view>> results_;
  std::size_t next_ = 0;        // the first key that was never asked for
  std::deque<Again> again_;     // those that no request is made for yet
  std::size_t unfinished_ = 0;  // requests
  int refused_keys_ = 0;
  bool any_answered_ = false;
};

/// Makes requests as long as there is room for them.
void DynamoDbItemReader::Batch::ask() {
  while (unfinished_ < kBatchRequestsMax && (!again_.empty() || next_ < keys_.size())) {
    Again some;
    if (!again_.empty()) {
      some = std::move(again_.front());
      again_.pop_front();
    } else {
      some.places.resize(std::min(reader_.keys_max_, keys_.size() - next_));
      std::iota(some.places.begin(), some.places.end(), next_);
      next_ += some.places.size();
    }
    if (some.places.size() > reader_.keys_max_) {
      const auto middle = some.places.begin() + static_cast<std::ptrdiff_t>(reader_.keys_max_);
      again_.push_front(
          {.places = ItemPlaces(middle, some.places.end()), .throttled = some.throttled});
      some.places.erase(middle, some.places.end());
    }
    send(std::move(some.places), some.throttled, milliseconds(0));
  }
}

void DynamoDbItemReader::Batch::send(ItemPlaces places, int throttled, milliseconds delay) {
  std::string body = dynamodb_items::batch_get_request(
      {.table = table_,
       .is_consistent = consistency_ == Consistency::kStrong,
       .tells_capacity = true},
      places,
      [&](std::string& out, std::size_t place) { events::append_key_json(out, keys_[place]); });
  reader_.calls_.add({.owner = id_,
                      .operation = kBatchGetItem,
                      .body = std::move(body),
                      .answer_bytes_max = kBatchBytesMax,
                      .places = std::move(places),
                      .throttled = throttled,
                      .deadline = deadline_},
                     delay);
  ++unfinished_;
}

void DynamoDbItemReader::Batch::take(std::unique_ptr<ItemCall> call,
                                     std::optional<aws::Refusal> refusal) {
  --unfinished_;
  if (refusal)
    fail(*call, *std::move(refusal));
  else
    finish(std::move(call));
}

/// Asks for fewer keys at once, if the answer was too large or one of them may be invalid.
/// Otherwise fails the keys of the request; and all that nobody has asked for yet, unless the
/// reason is those keys' own: anything else would meet the others, too.
void DynamoDbItemReader::Batch::fail(const ItemCall& call, aws::Refusal refusal) {
  const std::size_t count = call.places().size();
  const bool is_too_large = refusal.error_code == ErrorCode::kTooLarge;
  const bool may_be_a_key =
      refusal.code == "ValidationException" && (any_answered_ || refused_keys_ < kRefusedKeysMax);
  if (count > 1 && (is_too_large || may_be_a_key)) {
    const std::size_t half = count / 2;
    if (is_too_large) reader_.keys_max_ = std::min(reader_.keys_max_, half);
    const auto middle = call.places().begin() + static_cast<std::ptrdiff_t>(half);
    again_.push_front(
        {.places = ItemPlaces(middle, call.places().end()), .throttled = call.throttled()});
    again_.push_front(
        {.places = ItemPlaces(call.places().begin(), middle), .throttled = call.throttled()});
    return;
  }
  if (refusal.code == "ValidationException") ++refused_keys_;
  const bool is_late = refusal.error_code == ErrorCode::kTimeout;
  Error error =
      dynamodb_tables::error_of(kBatchGetItem, table_, aws::api_error_of(std::move(refusal)));
  if (call.throttled() > 0) error.message += "; the table is throttled";
  for (const std::size_t place : call.places()) set_result(place, error);
  if (is_late || is_too_large || may_be_a_key) return;
  again_.clear();
  next_ = keys_.size();
  stop(error);
}

void DynamoDbItemReader::Batch::finish(std::unique_ptr<ItemCall> call) {
  any_answered_ = true;
  ItemPlaces unread;
  const Result<double> units = read_answer(*call, unread);
  if (!units) {
    const Error error = with_context("table " + std::string(table_), units.error());
    for (const std::size_t place : call->places()) set_result(place, error);
    return;
  }
  reader_.read_units_ += *units;
  if (call->places().size() >= reader_.keys_max_)
    reader_.keys_max_ = std::min(kBatchKeysMax, reader_.keys_max_ + reader_.keys_max_ / 8 + 1);
  if (!unread.empty()) {
    // After a pause as after throttling, which is longer each time.
    aws::ServiceClient& service = reader_.service_;
    service.counts().note(aws::Trouble::kThrottled);
    ++service.counts().retries;
    const milliseconds left = std::max(service.time_until(deadline_), milliseconds(0));
    const int throttled = call->throttled() + 1;
    const milliseconds pause =
        aws::backoff(aws::Trouble::kThrottled, throttled, left, service.random());
    send(std::move(unread), throttled, pause);
  }
  reader_.answered_.push_back(std::move(call));  // its texts were handed out
}

/// Takes the items, and tells the places of what is unread.
Result<double> DynamoDbItemReader::Batch::read_answer(const ItemCall& call, ItemPlaces& unread) {
  std::unordered_map<std::string, std::size_t> open;  // keys that the answer may name, once
  std::string canonical;
  for (const std::size_t place : call.places()) {
    canonical.clear();
    events::append_canonical(canonical, keys_[place]);
    open.emplace(canonical, place);
  }
  const auto key_attributes = keys_[call.places().front()].attributes();
  std::array<std::string_view, events::ItemKey::kAttributesMax> names;
  for (std::size_t i = 0; i < key_attributes.size(); ++i) names[i] = key_attributes[i].name;
  const auto place_of = [&](const BatchItem& item) -> std::optional<std::size_t> {
    events::ItemKey key;
    for (std::size_t i = 0; i < key_attributes.size(); ++i) {
      const dynamodb_items::WantedText& wanted = item.wanted[i];
      if (wanted.type == '\0' || !key.add({.name = names[i],
                                           .type = static_cast<events::KeyType>(wanted.type),
                                           .value = wanted.text}))
        return std::nullopt;
    }
    canonical.clear();
    events::append_canonical(canonical, key);
    const auto found = open.find(canonical);
    if (found == open.end()) return std::nullopt;
    const std::size_t place = found->second;
    open.erase(found);
    return place;
  };
  std::vector<std::pair<std::size_t, std::string_view>> found;
  const dynamodb_items::TakeBatchItem take_item = [&](const BatchItem& item) {
    const auto place = place_of(item);
    if (place) found.emplace_back(*place, item.json);
    return place.has_value();
  };
  const dynamodb_items::TakeBatchItem take_unread = [&](const BatchItem& item) {
    const auto place = place_of(item);
    if (place) unread.push_back(*place);
    return place.has_value();
  };
  const double units = STREAMONCE_TRY(
      reader_.batches_.read(call.answer(), table_, {names.data(), key_attributes.size()},
                            {.item = take_item, .unread = take_unread}));
  for (const auto& [place, item] : found) set_result(place, item);
  for (const auto& [key, place] : open) set_result(place, std::string_view());
  return units;
}

void DynamoDbItemReader::Batch::set_result(std::size_t place, Result<std::string_view> result) {
  results_[place] = std::move(result);
  is_done_[place] = true;
}

/// Fails all keys that have no result.
void DynamoDbItemReader::Batch::stop(const Error& error) {
  for (std::size_t place = 0; place < keys_.size(); ++place)
    if (!is_done_[place]) set_result(place, error);
}

DynamoDbItemReader::DynamoDbItemReader(aws::ServiceOptions service,
                                       std::unique_ptr<runtime::HttpTransport> transport,
                                       Clock& clock, Logger& logger)
    : transport_(std::move(transport)),
      service_(std::move(service), *transport_, clock, logger) {}

std::vector<Result<std::string_view>> DynamoDbItemReader::read(
    std::string_view table, std::span<const events::ItemKey> keys, Consistency consistency,
    SteadyTime deadline) {
  answered_.clear();
  return Batch(*this, table, keys, consistency, deadline).work();
}

}  // namespace streamonce::handler::dynamodb
