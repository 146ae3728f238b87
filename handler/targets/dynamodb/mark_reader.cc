#include "handler/targets/dynamodb/mark_reader.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "events/version.h"
#include "handler/targets/dynamodb/table_faults.h"
#include "handler/targets/mark.h"
#include "runtime/aws/retry.h"
#include "runtime/base/json_text.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;
using json::each_member;
using json::pass_over;
using json::read_member;

using std::chrono::milliseconds;

constexpr std::string_view kOperation = "DynamoDB_20120810.BatchGetItem";

/// The most bytes of an answer: it holds kKeysMax marks or keys, whose ids have 2 KB at most and
/// may take six times that where JSON escapes them; or at least one whole entry.
constexpr std::size_t kAnswerBytesMax = 4UL * 1024 * 1024;
static_assert(kAnswerBytesMax > kKeysMax * 6 * 2 * 1024 + 6 * kContentBytesMax);

std::string request_of(std::string_view table, std::span<const std::string_view> ids,
                       Reading reading) {
  std::string body = R"({"RequestItems":{)";
  append_json_string(body, table);
  body += R"(:{"ConsistentRead":true,"ProjectionExpression":"id, v)";
  if (reading == Reading::kWhole) body += ", r, w";
  body += R"(","Keys":[)";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    body += i == 0 ? R"({"id":{"S":)" : R"(,{"id":{"S":)";
    append_json_string(body, ids[i]);
    body += "}}";
  }
  return body + "]}}}";
}

/// A mark, or the key of one. The texts are good until the next answer is read.
struct Item {
  std::string_view id;
  MarkTexts texts = {};
};

/// Reads the value of an attribute of type S. One of another type leaves `text` as it is.
bool read_attribute(ondemand::value attribute, std::string_view& text) {
  return read_member(attribute, "S", [&](ondemand::value value) {
    return value.get_string().get(text) == simdjson::SUCCESS;
  });
}

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
      if (name == "id") return read_attribute(attribute, item.id);
      if (name == "v") return read_attribute(attribute, item.texts.version);
      if (name == kNonceName) return read_attribute(attribute, item.texts.nonce);
      if (name == kContentName) return read_attribute(attribute, item.texts.content);
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

struct MarkReader::State {
  ondemand::parser parser;
};

class MarkReader::Run {
 public:
  Run(MarkReader& reader, std::span<const std::string_view> ids, Reading reading,
      SteadyTime deadline)
      : reader_(reader),
        ids_(ids),
        reading_(reading),
        deadline_(deadline),
        results_(ids.size(), MarkResult(std::nullopt)),
        waiting_(ids.size()) {
    std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
  }

  std::vector<MarkResult> work();

 private:
  using Places = std::vector<std::size_t>;  // indices into ids_

  void ask(const Places& places);
  void fail(const ApiError& failed, const Places& places);
  bool read_answer(const Places& places);
  void pause();

  MarkReader& reader_;
  const std::span<const std::string_view> ids_;
  const Reading reading_;
  const SteadyTime deadline_;
  std::vector<MarkResult> results_;
  std::deque<std::size_t> waiting_;  // places of ids that are still to be asked for
  std::size_t keys_max_ = kKeysMax;  // how many are asked for at once
  int throttled_ = 0;                // answers in a row that left something unread
};

std::vector<MarkResult> MarkReader::Run::work() {
  while (!waiting_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), keys_max_));
    const Places places(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    ask(places);
  }
  return std::move(results_);
}

void MarkReader::Run::ask(const Places& places) {
  std::vector<std::string_view> ids;
  for (const std::size_t place : places) ids.push_back(ids_[place]);
  const std::string body = request_of(reader_.ledger_table_, ids, reading_);
  if (const auto failed = reader_.api_.call(kOperation, body, reader_.answer_, deadline_))
    return fail(*failed, places);
  const std::size_t waiting_before = waiting_.size();
  if (!read_answer(places)) {
    waiting_.resize(waiting_before);
    for (const std::size_t place : places)
      results_[place] = Error{ErrorCode::kProtocol, "not an answer to BatchGetItem"};
    return;
  }
  if (waiting_.size() == waiting_before)
    throttled_ = 0;
  else
    pause();
}

/// Asks for fewer ids at once, if the answer was too large. Otherwise fails the request's ids, and
/// all others too unless the request may hold a bad key: anything else would meet the next request
/// as well.
void MarkReader::Run::fail(const ApiError& failed, const Places& places) {
  if (failed.error.code == ErrorCode::kTooLarge && places.size() > 1) {
    keys_max_ = places.size() / 2;
    waiting_.insert(waiting_.begin(), places.begin(), places.end());
    return;
  }
  Error error = with_context("BatchGetItem", failed.error);
  if (failed.code == "ResourceNotFoundException")
    error.message = ledger_not_found(reader_.ledger_table_, reader_.region_) + "; " + error.message;
  else if (failed.code == "ValidationException" && may_be_about_keys(error.message))
    error.message = ledger_key_rule(reader_.ledger_table_) + "; " + error.message;
  else
    error.message = "ledger table " + reader_.ledger_table_ + ": " + error.message;
  if (throttled_ > 0) error.message += "; the ledger table is throttled";
  for (const std::size_t place : places) results_[place] = error;
  if (failed.code == "ValidationException") return;
  for (const std::size_t place : waiting_) results_[place] = error;
  waiting_.clear();
}

/// Takes the marks, and puts what is unprocessed back behind what is waiting.
/// @return false: the answer is not to this request, and nothing of it counts
bool MarkReader::Run::read_answer(const Places& places) {
  std::unordered_map<std::string_view, std::size_t> open;  // ids that the answer may name, once
  for (const std::size_t place : places) open.emplace(ids_[place], place);
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
        return take(item, [&](std::size_t place) { waiting_.push_back(place); });
      });
    });
  };

  const Payload& answer = reader_.answer_;
  ondemand::document document;
  if (json::open(reader_.state_->parser, answer.view(), document) != simdjson::SUCCESS)
    return false;
  bool has_responses = false;  // without them, an id that is not named would seem to have no mark
  const bool good = each_member(document, [&](std::string_view name, ondemand::value content) {
    const std::string_view table = reader_.ledger_table_;
    if (name == "Responses") {
      has_responses = true;
      return read_member(content, table, take_marks);
    }
    bool is_null = false;  // some emulators write null for an empty list
    if (name != "UnprocessedKeys" || content.is_null().get(is_null) != simdjson::SUCCESS || is_null)
      return pass_over(content);
    return read_member(content, table, take_unprocessed);
  });
  return good && has_responses;
}

/// Waits as long as after throttling, and longer each time.
void MarkReader::Run::pause() {
  ++throttled_;
  ApiService& service = reader_.service_;
  const milliseconds left = std::max(service.time_until(deadline_), milliseconds(0));
  service.clock().sleep_for(backoff(Trouble::kThrottled, throttled_, left, service.random()));
}

MarkReader::MarkReader(std::string ledger_table, std::string region, ApiService& service)
    : ledger_table_(std::move(ledger_table)),
      region_(std::move(region)),
      service_(service),
      api_(service),
      answer_(kAnswerBytesMax),
      state_(std::make_unique<State>()) {}

MarkReader::~MarkReader() = default;

std::vector<MarkResult> MarkReader::read(std::span<const std::string_view> ledger_ids,
                                         Reading reading, SteadyTime deadline) {
  return Run(*this, ledger_ids, reading, deadline).work();
}

}  // namespace streamonce::handler::dynamodb
