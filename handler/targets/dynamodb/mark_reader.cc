#include "handler/targets/dynamodb/mark_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "handler/targets/dynamodb/table_faults.h"
#include "handler/targets/mark.h"
#include "runtime/aws/retry.h"
#include "runtime/base/json_text.h"

namespace streamonce::handler::dynamodb {
namespace {

using dynamodb_items::BatchItem;
using dynamodb_items::kBatchGetItem;
using dynamodb_items::kBatchKeysMax;
using std::chrono::milliseconds;

/// The most bytes of an answer: it holds kBatchKeysMax marks or keys, whose ids have 2 KB at most
/// and may take six times that where JSON escapes them; or at least one whole entry.
constexpr std::size_t kMarksBytesMax = 4UL * 1024 * 1024;
static_assert(kMarksBytesMax > kBatchKeysMax * 6 * 2 * 1024 + 6 * kContentBytesMax);

/// The most time that an answer has: longer than any healthy one takes, short enough that a lost
/// one can be asked for again.
constexpr milliseconds kReadTimeout{10'000};

using Places = std::vector<std::size_t>;  // indices of ledger ids

/// The attributes that marks are read from; the id is the first.
constexpr std::array<std::string_view, 6> kAttributes = {
    "id", "v", kNonceName, kContentName, kOperationName, kTimeName};
static_assert(kAttributes.size() <= dynamodb_items::kWantedMax);

/// The text of one of kAttributes; empty: it is absent, or of another type.
std::string_view text_of(const BatchItem& entry, std::size_t attribute, char type = 'S') {
  const dynamodb_items::WantedText& wanted = entry.wanted[attribute];
  return wanted.type == type ? wanted.text : std::string_view{};
}

/// What is read of entries. `at` is a word that DynamoDB keeps for itself.
std::string_view projection_of(Reading reading) {
  switch (reading) {
    case Reading::kVersions:
      return "id, v";
    case Reading::kWhole:
      return "id, v, r, w";
    case Reading::kTold:
      break;
  }
  return {};  // all that there is
}

MarkResult mark_of(const BatchItem& entry, Reading reading) {
  const MarkTexts texts{.version = text_of(entry, 1),
                        .nonce = text_of(entry, 2),
                        .content = text_of(entry, 3),
                        .operation = text_of(entry, 4),
                        .at = text_of(entry, 5, 'N')};
  Result<Mark> mark = read_mark(texts, reading);
  if (!mark) return std::move(mark).error();
  return MarkResult(*std::move(mark));
}

}  // namespace

class MarkReader::MarkRead {
 public:
  MarkRead(MarkReader& reader, std::span<const std::string_view> ids, Reading reading,
           SteadyTime deadline)
      : reader_(reader),
        ids_(ids),
        reading_(reading),
        deadline_(deadline),
        results_(ids.size(), MarkResult(std::nullopt)),
        calls_(reader.service_,
               {.deadline = deadline, .in_flight_max = reader.options_.requests_in_flight}) {}

  std::vector<MarkResult> work();

 private:
  class MarkCall;  // one request, for kBatchKeysMax marks at most

  void finish(const MarkCall& call);
  void fail(const MarkCall& call, aws::Refusal refusal);
  void set_error(const Places& places, const Error& error);
  Status read_answer(const MarkCall& call, Places& unread);
  void ask_again(Places places, int throttled);

  MarkReader& reader_;
  const std::span<const std::string_view> ids_;
  const Reading reading_;
  const SteadyTime deadline_;
  std::size_t keys_max_ = kBatchKeysMax;  // how many are asked for at once
  std::vector<MarkResult> results_;
  aws::Calls calls_;
};

class MarkReader::MarkRead::MarkCall final : public aws::JsonCall {
 public:
  /// @param throttled  how many answers in a row left these marks unread
  MarkCall(MarkRead& read, Places places, int throttled)
      : JsonCall({.operation = kBatchGetItem,
                  .timeout = kReadTimeout,
                  .answer_bytes_max = kMarksBytesMax},
                 read.reader_.answers_),
        read_(read),
        places_(std::move(places)),
        throttled_(throttled) {}

  const Places& places() const { return places_; }
  int throttled() const { return throttled_; }
  using JsonCall::answer;

 private:
  /// Fewer are asked for at once than were meant, once an answer was too large.
  std::unique_ptr<Call> cut() override {
    if (places_.size() <= read_.keys_max_) return nullptr;
    const auto middle = places_.begin() + static_cast<std::ptrdiff_t>(read_.keys_max_);
    auto rest = std::make_unique<MarkCall>(read_, Places(middle, places_.end()), throttled_);
    places_.erase(middle, places_.end());
    return rest;
  }

  std::string body() override {
    return dynamodb_items::batch_get_request({.table = read_.reader_.options_.ledger_table,
                                              .projection = projection_of(read_.reading_),
                                              .is_consistent = true},
                                             places_, [&](std::string& out, std::size_t place) {
                                               out += R"({"id":{"S":)";
                                               append_json_string(out, read_.ids_[place]);
                                               out += "}}";
                                             });
  }

  MarkRead& read_;
  Places places_;
  const int throttled_;
};

std::vector<MarkResult> MarkReader::MarkRead::work() {
  for (std::size_t first = 0; first < ids_.size(); first += kBatchKeysMax) {
    Places places(std::min(kBatchKeysMax, ids_.size() - first));
    std::iota(places.begin(), places.end(), first);
    calls_.add(std::make_unique<MarkCall>(*this, std::move(places), /*throttled=*/0));
  }
  for (aws::CallEnd end = calls_.wait_any(); end.call; end = calls_.wait_any()) {
    // Only calls for marks are ever added.
    const auto& call = static_cast<const MarkCall&>(*end.call);
    if (end.refusal)
      fail(call, std::move(*end.refusal));
    else
      finish(call);
  }
  return std::move(results_);
}

void MarkReader::MarkRead::finish(const MarkCall& call) {
  Places unread;
  if (const Status read = read_answer(call, unread); !read)
    return set_error(call.places(), read.error());
  if (!unread.empty()) ask_again(std::move(unread), call.throttled() + 1);
}

/// Asks for fewer ids at once, if the answer was too large. Otherwise fails the request's ids, and
/// all others too unless the request may hold a bad key, or its one entry is too large, or nobody
/// has time left: anything else would meet the other requests as well.
void MarkReader::MarkRead::fail(const MarkCall& call, aws::Refusal refusal) {
  if (refusal.error_code == ErrorCode::kTooLarge && call.places().size() > 1) {
    keys_max_ = std::min(keys_max_, call.places().size() / 2);
    return calls_.add(std::make_unique<MarkCall>(*this, call.places(), call.throttled()));
  }
  const std::string& table = reader_.options_.ledger_table;
  const std::string& code = refusal.code;
  Error error = with_context(kBatchGetItem, {refusal.error_code, std::move(refusal.reason)});
  if (code == "ResourceNotFoundException")
    error.message = ledger_not_found(table, reader_.options_.region) + "; " + error.message;
  else if (code == "ValidationException" && may_be_about_keys(error.message))
    error.message = ledger_key_rule(table) + "; " + error.message;
  else
    error.message = "ledger table " + table + ": " + error.message;
  if (call.throttled() > 0) error.message += "; the ledger table is throttled";
  set_error(call.places(), error);
  if (code == "ValidationException" || error.code == ErrorCode::kTooLarge ||
      error.code == ErrorCode::kTimeout)
    return;
  for (const std::unique_ptr<aws::Call>& other : calls_.abandon())
    set_error(static_cast<const MarkCall&>(*other).places(), error);
}

void MarkReader::MarkRead::set_error(const Places& places, const Error& error) {
  for (const std::size_t place : places) results_[place] = error;
}

/// Takes the marks, and tells the places of what is unprocessed.
/// @error kProtocol  the answer is not to this request, and nothing of it counts
Status MarkReader::MarkRead::read_answer(const MarkCall& call, Places& unread) {
  std::unordered_map<std::string_view, std::size_t> open;  // ids that the answer may name, once
  for (const std::size_t place : call.places()) open.emplace(ids_[place], place);
  const auto take = [&](const BatchItem& entry, auto use) {
    const auto found = open.find(text_of(entry, 0));
    if (found == open.end()) return false;
    use(found->second);
    open.erase(found);
    return true;
  };
  const dynamodb_items::TakeBatchItem take_mark = [&](const BatchItem& entry) {
    return take(entry, [&](std::size_t place) { results_[place] = mark_of(entry, reading_); });
  };
  const dynamodb_items::TakeBatchItem take_unread = [&](const BatchItem& entry) {
    return take(entry, [&](std::size_t place) { unread.push_back(place); });
  };
  STREAMONCE_TRY(reader_.entries_.read(call.answer(), reader_.options_.ledger_table, kAttributes,
                                       {.item = take_mark, .unread = take_unread}));
  return {};
}

/// Asks for marks that were left unread after a pause as after throttling, which is longer each
/// time.
void MarkReader::MarkRead::ask_again(Places places, int throttled) {
  aws::ServiceClient& service = reader_.service_;
  service.counts().note(aws::Trouble::kThrottled);
  ++service.counts().retries;
  const milliseconds left = std::max(service.time_until(deadline_), milliseconds(0));
  const milliseconds pause =
      aws::backoff(aws::Trouble::kThrottled, throttled, left, service.random());
  calls_.add_later(std::make_unique<MarkCall>(*this, std::move(places), throttled), pause);
}

MarkReader::MarkReader(MarkReaderOptions options, aws::ServiceClient& service)
    : options_(std::move(options)),
      service_(service) {}

MarkReader::~MarkReader() = default;

std::vector<MarkResult> MarkReader::read(std::span<const std::string_view> ledger_ids,
                                         Reading reading, SteadyTime deadline) {
  return MarkRead(*this, ledger_ids, reading, deadline).work();
}

}  // namespace streamonce::handler::dynamodb
