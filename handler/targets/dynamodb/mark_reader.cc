#include "handler/targets/dynamodb/mark_reader.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "handler/targets/dynamodb/table_faults.h"
#include "handler/targets/mark.h"
#include "runtime/aws/retry.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/json_text.h"
#include "runtime/base/payload.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;
using json::each_member;
using json::pass_over;
using json::read_member;
using json::read_text_member;

using std::chrono::milliseconds;

constexpr std::string_view kOperation = "BatchGetItem";

/// The most bytes of an answer: it holds kKeysMax marks or keys, whose ids have 2 KB at most and
/// may take six times that where JSON escapes them; or at least one whole entry.
constexpr std::size_t kMarksBytesMax = 4UL * 1024 * 1024;
static_assert(kMarksBytesMax > kKeysMax * 6 * 2 * 1024 + 6 * kContentBytesMax);

/// The most time that an answer has: longer than any healthy one takes, short enough that a lost
/// one can be asked for again.
constexpr milliseconds kReadTimeout{10'000};

using Places = std::vector<std::size_t>;  // indices of ledger ids

std::string request_of(std::string_view table, std::span<const std::string_view> ids,
                       const Places& places, Reading reading) {
  std::string body = R"({"RequestItems":{)";
  append_json_string(body, table);
  body += R"(:{"ConsistentRead":true,"ProjectionExpression":"id, v)";
  if (reading == Reading::kWhole) body += ", r, w";
  body += R"(","Keys":[)";
  for (std::size_t i = 0; i < places.size(); ++i) {
    body += i == 0 ? R"({"id":{"S":)" : R"(,{"id":{"S":)";
    append_json_string(body, ids[places[i]]);
    body += "}}";
  }
  return body + "]}}}";
}

/// A mark, or the key of one. The texts are good until the next answer is read.
struct Item {
  std::string_view id;
  MarkTexts texts = {};
};

/// Hands each item of an array to `take`.
template <class Take>
bool each_item(ondemand::value list, Take take) {
  ondemand::array items;
  if (list.get_array().get(items) != simdjson::SUCCESS) return false;
  for (auto each : items) {
    ondemand::value element;
    Item item;
    if (each.get(element) != simdjson::SUCCESS) return false;
    const bool good = each_member(element, [&](std::string_view name, ondemand::value attribute) {
      if (name == "id") return read_text_member(attribute, "S", item.id);
      if (name == "v") return read_text_member(attribute, "S", item.texts.version);
      if (name == kNonceName) return read_text_member(attribute, "S", item.texts.nonce);
      if (name == kContentName) return read_text_member(attribute, "S", item.texts.content);
      return pass_over(attribute);
    });
    if (!good || !take(item)) return false;
  }
  return true;
}

MarkResult mark_of(const Item& item, Reading reading) {
  Result<Mark> mark = read_mark(item.texts, reading);
  if (!mark) return std::move(mark).error();
  return MarkResult(*std::move(mark));
}

}  // namespace

struct MarkReader::Parser {
  ondemand::parser parser;
};

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
  class MarkCall;  // one request, for kKeysMax marks at most

  void finish(const MarkCall& call);
  void fail(const MarkCall& call, aws::Refusal refusal);
  void set_error(const Places& places, const Error& error);
  bool read_answer(const MarkCall& call, Places& unread);
  void ask_again(Places places, int throttled);

  MarkReader& reader_;
  const std::span<const std::string_view> ids_;
  const Reading reading_;
  const SteadyTime deadline_;
  std::size_t keys_max_ = kKeysMax;  // how many are asked for at once
  std::vector<MarkResult> results_;
  aws::Calls calls_;
};

class MarkReader::MarkRead::MarkCall final : public aws::JsonCall {
 public:
  /// @param throttled  how many answers in a row left these marks unread
  MarkCall(MarkRead& read, Places places, int throttled)
      : JsonCall(
            {.operation = kOperation, .timeout = kReadTimeout, .answer_bytes_max = kMarksBytesMax},
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
    return request_of(read_.reader_.options_.ledger_table, read_.ids_, places_, read_.reading_);
  }

  MarkRead& read_;
  Places places_;
  const int throttled_;
};

std::vector<MarkResult> MarkReader::MarkRead::work() {
  for (std::size_t first = 0; first < ids_.size(); first += kKeysMax) {
    Places places(std::min(kKeysMax, ids_.size() - first));
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
  if (!read_answer(call, unread))
    return set_error(call.places(), {ErrorCode::kProtocol, "not an answer to BatchGetItem"});
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
  Error error = with_context(kOperation, {refusal.error_code, std::move(refusal.reason)});
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
/// @return false: the answer is not to this request, and nothing of it counts
bool MarkReader::MarkRead::read_answer(const MarkCall& call, Places& unread) {
  std::unordered_map<std::string_view, std::size_t> open;  // ids that the answer may name, once
  for (const std::size_t place : call.places()) open.emplace(ids_[place], place);
  const auto take = [&](const Item& item, auto use) {
    const auto found = open.find(item.id);
    if (found == open.end()) return false;
    use(found->second);
    open.erase(found);
    return true;
  };
  const auto take_marks = [&](ondemand::value list) {
    return each_item(list, [&](const Item& item) {
      return take(item, [&](std::size_t place) { results_[place] = mark_of(item, reading_); });
    });
  };
  const auto take_unprocessed = [&](ondemand::value of_table) {
    return read_member(of_table, "Keys", [&](ondemand::value list) {
      return each_item(list, [&](const Item& item) {
        return take(item, [&](std::size_t place) { unread.push_back(place); });
      });
    });
  };
  // Source: BatchGetItem, Responses: "a map of table name or table ARN". One table is asked about.
  const auto read_table = [&](ondemand::value by_table, auto read) {
    return each_member(by_table, [&](std::string_view name, ondemand::value content) {
      const std::string& ledger = reader_.options_.ledger_table;
      return (name == ledger || name == aws::name_of_table(ledger)) && read(content);
    });
  };

  ondemand::document document;
  if (json::open(reader_.parser_->parser, call.answer(), document) != simdjson::SUCCESS)
    return false;
  bool has_responses = false;  // without them, an id that is not named would seem to have no mark
  const bool good = each_member(document, [&](std::string_view name, ondemand::value content) {
    if (name == "Responses") {
      has_responses = true;
      return read_table(content, take_marks);
    }
    bool is_null = false;  // some emulators write null for an empty list
    if (name != "UnprocessedKeys" || content.is_null().get(is_null) != simdjson::SUCCESS || is_null)
      return pass_over(content);
    return read_table(content, take_unprocessed);
  });
  return good && has_responses;
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
      service_(service),
      parser_(std::make_unique<Parser>()) {}

MarkReader::~MarkReader() = default;

std::vector<MarkResult> MarkReader::read(std::span<const std::string_view> ledger_ids,
                                         Reading reading, SteadyTime deadline) {
  return MarkRead(*this, ledger_ids, reading, deadline).work();
}

}  // namespace streamonce::handler::dynamodb
