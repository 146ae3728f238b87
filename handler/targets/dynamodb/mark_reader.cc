#include "handler/targets/dynamodb/mark_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "handler/targets/dynamodb/item_mark.h"
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

using Places = std::vector<std::size_t>;  // indices of what is read

/// The attributes of an entry that is a mark; the id is the first.
constexpr std::array<std::string_view, 6> kAttributes = {
    "id", "v", kNonceName, kContentName, kOperationName, kTimeName};
static_assert(kAttributes.size() <= dynamodb_items::kWantedMax);

/// The text of a wanted attribute; empty: it is absent, or of another type.
std::string_view text_of(const BatchItem& entry, std::size_t attribute, char type = 'S') {
  const dynamodb_items::WantedText& wanted = entry.wanted[attribute];
  return wanted.type == type ? wanted.text : std::string_view{};
}

}  // namespace

class MarkReader::Kept {
 public:
  virtual ~Kept() = default;

  virtual dynamodb_items::BatchGet request() const = 0;
  virtual void append_key(std::string& out, std::size_t place) const = 0;
  /// What tells the places apart, and what tells which one an item of an answer is at.
  virtual std::string id_at(std::size_t place) const = 0;
  virtual std::string id_of(const BatchItem& item) const = 0;
  virtual std::span<const std::string_view> wanted() const = 0;
  virtual MarkResult mark_of(const BatchItem& item) const = 0;
  /// The message of an error, with the table in front.
  virtual std::string explain(std::string_view code, std::string_view message) const = 0;
};

class MarkReader::Ledger final : public Kept {
 public:
  Ledger(const MarkReaderOptions& options, std::span<const MarkPlace> places, Reading reading)
      : options_(options),
        places_(places),
        reading_(reading) {}

  dynamodb_items::BatchGet request() const override {
    return {.table = options_.ledger_table, .projection = projection(), .is_consistent = true};
  }
  void append_key(std::string& out, std::size_t place) const override {
    out += R"({"id":{"S":)";
    append_json_string(out, places_[place].ledger_id);
    out += "}}";
  }
  std::string id_at(std::size_t place) const override {
    return std::string(places_[place].ledger_id);
  }
  std::string id_of(const BatchItem& item) const override { return std::string(text_of(item, 0)); }
  std::span<const std::string_view> wanted() const override { return kAttributes; }

  MarkResult mark_of(const BatchItem& item) const override {
    const MarkTexts texts{.version = text_of(item, 1),
                          .nonce = text_of(item, 2),
                          .content = text_of(item, 3),
                          .operation = text_of(item, 4),
                          .at = text_of(item, 5, 'N')};
    Result<Mark> mark = read_mark(texts, reading_);
    if (!mark) return std::move(mark).error();
    return MarkResult(*std::move(mark));
  }

  std::string explain(std::string_view code, std::string_view message) const override {
    return ledger_fault(options_.ledger_table, options_.region, code, message);
  }

 private:
  /// What is read of entries. `at` is a word that DynamoDB keeps for itself.
  std::string_view projection() const {
    switch (reading_) {
      case Reading::kVersions:
        return "id, v";
      case Reading::kWhole:
        return "id, v, r, w";
      case Reading::kTold:
        break;
    }
    return {};  // all that there is
  }

  const MarkReaderOptions& options_;
  const std::span<const MarkPlace> places_;
  const Reading reading_;
};

class MarkReader::Rows final : public Kept {
 public:
  /// @param places  of one table; at least one
  Rows(const MarkReaderOptions& options, std::vector<MarkPlace> places)
      : options_(options),
        places_(std::move(places)) {
    names_json_ = "{";
    for (const events::KeyAttribute& attribute : places_.front().key->attributes())
      add_name(attribute.name);
    add_name(options_.version_attribute);
    names_json_ += '}';
  }

  dynamodb_items::BatchGet request() const override {
    return {.table = places_.front().table,
            .projection = projection_,
            .names_json = names_json_,
            .is_consistent = true};
  }
  void append_key(std::string& out, std::size_t place) const override {
    events::append_key_json(out, *places_[place].key);
  }
  std::string id_at(std::size_t place) const override {
    return events::canonical_of(*places_[place].key);
  }
  std::string id_of(const BatchItem& item) const override {
    events::ItemKey key;
    for (std::size_t i = 0; i + 1 < wanted_.size(); ++i) {
      const dynamodb_items::WantedText& wanted = item.wanted[i];
      if (wanted.type == '\0' || !key.add({.name = wanted_[i],
                                           .type = static_cast<events::KeyType>(wanted.type),
                                           .value = wanted.text}))
        return {};
    }
    return events::canonical_of(key);
  }
  std::span<const std::string_view> wanted() const override { return wanted_; }

  /// None where the item has no version, as where there is no item.
  MarkResult mark_of(const BatchItem& item) const override {
    const dynamodb_items::WantedText& version = item.wanted[wanted_.size() - 1];
    if (version.type == '\0') return MarkResult(std::nullopt);
    Result<Mark> mark = read_item_mark(version.type == 'S' ? version.text : std::string_view());
    if (!mark) return Error{mark.error().code, why_no_version(options_.version_attribute)};
    return MarkResult(*std::move(mark));
  }

  std::string explain(std::string_view /*code*/, std::string_view message) const override {
    return ("target table " + std::string(places_.front().table) + ": ").append(message);
  }

 private:
  void add_name(std::string_view name) {
    const std::string sign = "#" + std::string(1, static_cast<char>('a' + wanted_.size()));
    names_json_.append(wanted_.empty() ? "\"" : ",\"").append(sign).append("\":");
    append_json_string(names_json_, name);
    projection_.append(wanted_.empty() ? "" : ", ").append(sign);
    wanted_.push_back(name);
  }

  const MarkReaderOptions& options_;
  const std::vector<MarkPlace> places_;
  std::vector<std::string_view> wanted_;  // the key's attributes, and the version's
  std::string projection_;
  std::string names_json_;
};

class MarkReader::MarkRead {
 public:
  MarkRead(MarkReader& reader, const Kept& kept, std::size_t count, SteadyTime deadline)
      : reader_(reader),
        kept_(kept),
        deadline_(deadline),
        results_(count, MarkResult(std::nullopt)),
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
  const Kept& kept_;
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
    return dynamodb_items::batch_get_request(
        read_.kept_.request(), places_,
        [&](std::string& out, std::size_t place) { read_.kept_.append_key(out, place); });
  }

  MarkRead& read_;
  Places places_;
  const int throttled_;
};

std::vector<MarkResult> MarkReader::MarkRead::work() {
  for (std::size_t first = 0; first < results_.size(); first += kBatchKeysMax) {
    Places places(std::min(kBatchKeysMax, results_.size() - first));
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
  const std::string& code = refusal.code;
  Error error = with_context(kBatchGetItem, {refusal.error_code, std::move(refusal.reason)});
  error.message = kept_.explain(code, error.message);
  if (call.throttled() > 0) error.message += "; the table is throttled";
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
  std::unordered_map<std::string, std::size_t> open;  // ids that the answer may name, once
  for (const std::size_t place : call.places()) open.emplace(kept_.id_at(place), place);
  const auto take = [&](const BatchItem& entry, auto use) {
    const auto found = open.find(kept_.id_of(entry));
    if (found == open.end()) return false;
    use(found->second);
    open.erase(found);
    return true;
  };
  const dynamodb_items::TakeBatchItem take_mark = [&](const BatchItem& entry) {
    return take(entry, [&](std::size_t place) { results_[place] = kept_.mark_of(entry); });
  };
  const dynamodb_items::TakeBatchItem take_unread = [&](const BatchItem& entry) {
    return take(entry, [&](std::size_t place) { unread.push_back(place); });
  };
  STREAMONCE_TRY(reader_.entries_.read(call.answer(), kept_.request().table, kept_.wanted(),
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

std::vector<MarkResult> MarkReader::read(std::span<const MarkPlace> places, Reading reading,
                                         SteadyTime deadline) {
  if (options_.version_attribute.empty())
    return MarkRead(*this, Ledger(options_, places, reading), places.size(), deadline).work();
  std::vector<MarkResult> results(places.size(), MarkResult(std::nullopt));
  read_rows(places, results, deadline);
  std::vector<MarkPlace> left;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (results[i] && !*results[i]) left.push_back(places[i]);
  const Ledger ledger(options_, left, reading);
  std::vector<MarkResult> entries = MarkRead(*this, ledger, left.size(), deadline).work();
  for (std::size_t i = 0, next = 0; i < places.size(); ++i)
    if (results[i] && !*results[i]) results[i] = std::move(entries[next++]);
  return results;
}

/// Reads the marks that items have, one table after the other. Items of two sources may have one
/// row, which is read once.
void MarkReader::read_rows(std::span<const MarkPlace> places, std::vector<MarkResult>& results,
                           SteadyTime deadline) {
  std::map<std::string_view, std::map<std::string, Places>> by_table;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (places[i].key != nullptr)
      by_table[places[i].table][events::canonical_of(*places[i].key)].push_back(i);
  for (const auto& [table, by_key] : by_table) {
    std::vector<MarkPlace> rows;
    rows.reserve(by_key.size());
    for (const auto& [key, of_key] : by_key) rows.push_back(places[of_key.front()]);
    const Rows kept(options_, std::move(rows));
    const std::vector<MarkResult> marks = MarkRead(*this, kept, by_key.size(), deadline).work();
    std::size_t next = 0;
    for (const auto& [key, of_key] : by_key) {
      for (const std::size_t i : of_key) results[i] = marks[next];
      ++next;
    }
  }
}

}  // namespace streamonce::handler::dynamodb
