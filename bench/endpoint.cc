#include "bench/endpoint.h"

#include <simdjson.h>
#include <zlib.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "bench/write_units.h"
#include "runtime/base/check.h"

namespace streamonce::bench {

/// One action of a transaction, or the one of another request; borrowed from the request.
struct SentAction {
  std::string_view kind;  ///< Put, Delete, Update ...
  std::string_view table;
  std::string_view json;  ///< the item, or the key
  std::string_view condition;
  std::string_view values = {};  ///< that its expressions name
  bool returns_old = false;
};

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kComplaintsMax = 10;
constexpr std::string_view kPrefix = "DynamoDB_20120810.";
constexpr std::string_view kTypePrefix = R"({"__type":"com.amazonaws.dynamodb.v20120810#)";

std::string_view text_of(ondemand::value value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::string_view raw_of(ondemand::value value) {
  ondemand::object object;
  std::string_view raw;
  if (value.get_object().get(object) != simdjson::SUCCESS ||
      object.raw_json().get(raw) != simdjson::SUCCESS)
    return {};
  return raw;
}

template <class Json, class Take>
bool each_member(Json& json, Take take) {
  ondemand::object members;
  if (json.get_object().get(members) != simdjson::SUCCESS) return false;
  for (auto member : members) {
    std::string_view name;
    ondemand::value value;
    if (member.unescaped_key().get(name) != simdjson::SUCCESS ||
        member.value().get(value) != simdjson::SUCCESS || !take(name, value))
      return false;
  }
  return true;
}

template <class Json>
bool read_action(Json& json, SentAction& action) {
  return each_member(json, [&](std::string_view name, ondemand::value value) {
    if (name == "TableName") action.table = text_of(value);
    if (name == "Item" || name == "Key") action.json = raw_of(value);
    if (name == "ConditionExpression") action.condition = text_of(value);
    if (name == "ExpressionAttributeValues") action.values = raw_of(value);
    if (name == "ReturnValuesOnConditionCheckFailure")
      action.returns_old = text_of(value) != "NONE";
    return true;
  });
}

bool read_transaction(ondemand::document& document, std::vector<SentAction>& actions) {
  return each_member(document, [&](std::string_view name, ondemand::value value) {
    if (name != "TransactItems") return true;
    ondemand::array items;
    if (value.get_array().get(items) != simdjson::SUCCESS) return false;
    for (auto each : items) {
      ondemand::value item;
      if (each.get(item) != simdjson::SUCCESS) return false;
      const bool good = each_member(item, [&](std::string_view kind, ondemand::value content) {
        SentAction& action = actions.emplace_back();
        action.kind = kind;
        return read_action(content, action);
      });
      if (!good) return false;
    }
    return true;
  });
}

/// No value: not JSON, or not a request that any contender makes.
std::optional<std::vector<SentAction>> read_request(std::string_view operation,
                                                    std::string_view body) {
  thread_local ondemand::parser parser;
  ondemand::document document;
  const simdjson::padded_string_view padded(body.data(), body.size(),
                                            body.size() + kBodyPaddingBytes);
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return std::nullopt;
  std::vector<SentAction> actions;
  if (operation == "TransactWriteItems")
    return read_transaction(document, actions) ? std::optional(std::move(actions)) : std::nullopt;
  SentAction& action = actions.emplace_back();
  action.kind = operation;
  return read_action(document, action) ? std::optional(std::move(actions)) : std::nullopt;
}

/// The value of the first `"id":{"S":"..."}`; empty: there is none.
std::string_view id_in(std::string_view json) {
  constexpr std::string_view kStart = R"("id":{"S":")";
  const std::size_t start = json.find(kStart);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = json.substr(start + kStart.size());
  return rest.substr(0, rest.find('"'));
}

/// What DynamoDB says when the conditions of all actions on `table` fail.
std::string cancelled(const std::vector<SentAction>& actions, std::string_view table) {
  std::string reasons;
  std::string codes;
  for (const SentAction& action : actions) {
    if (!reasons.empty()) reasons += ',';
    if (!codes.empty()) codes += ", ";
    if (action.table != table) {
      reasons += R"({"Code":"None"})";
      codes += "None";
      continue;
    }
    reasons += R"({"Code":"ConditionalCheckFailed",)";
    if (action.returns_old) reasons += R"("Item":)" + std::string(action.json) + ',';
    reasons += R"("Message":"The conditional request failed"})";
    codes += "ConditionalCheckFailed";
  }
  return std::string(kTypePrefix) + R"(TransactionCanceledException","CancellationReasons":[)" +
         reasons +
         R"(],"Message":"Transaction cancelled, please refer cancellation reasons for specific )" +
         "reasons [" + codes + "]\"}";
}

/// What it says when the condition of a request alone fails; `item` is what is there.
std::string condition_failed(const SentAction& action, std::string_view item) {
  std::string body =
      std::string(kTypePrefix) +
      R"(ConditionalCheckFailedException","message":"The conditional request failed")";
  if (action.returns_old) body.append(R"(,"Item":)").append(item);
  return body + '}';
}

/// The answer to what streamonce asks once, before it writes: whether there is a note of where the
/// marks are, whether the table is empty, and the note that it is given then. Empty: it is none of
/// that.
std::string answer_about_notes(std::string_view operation, std::string_view body) {
  constexpr std::size_t kStartBytes = 300;
  if (operation == "Scan") return R"({"Items":[],"Count":0,"ScannedCount":0})";
  if (body.substr(0, kStartBytes).find("|marks|") == std::string_view::npos) return {};
  if (operation != "BatchGetItem") return "{}";
  return std::string(R"({"Responses":{")") + kLedgerTable + R"(":[]},"UnprocessedKeys":{}})";
}

bool is_signed(const HttpServerRequest& request) {
  return request.header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=") &&
         !request.header("x-amz-date").empty() && !request.header("x-amz-security-token").empty();
}

/// As a Date header has it. The SDK takes its clock to be wrong, and tries again, if this is not
/// now.
std::string date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[64];
  const std::size_t length =
      std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", ::gmtime_r(&now, &parts));
  return {text, length};
}

std::string answer_of(std::string_view body) {
  const auto checksum = crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
  return http_answer(
      body.starts_with(kTypePrefix) ? 400 : 200,
      "Server: Server\r\nDate: " + date() +
          "\r\n"
          "Content-Type: application/x-amz-json-1.0\r\nConnection: keep-alive\r\n"
          "x-amzn-RequestId: 7SL5C0LQKAD2E6FS5DJ0P4GK1VVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
          "x-amz-crc32: " +
          std::to_string(checksum) + "\r\n",
      body);
}

/// Whether it is the row of a group that no item is in any more, which stays.
bool is_empty_total(const nlohmann::json& row) {
  const nlohmann::json zero = {{"N", "0"}};
  return row.value("orders", nlohmann::json()) == zero && row.value("spent", zero) == zero;
}

}  // namespace

Endpoint::Endpoint(const EndpointOptions& options) : options_(options) {
  if (options.tls) tls_ = testing::make_tls_server();
  server_ = std::make_unique<HttpServer>(
      [this](const HttpServerRequest& request) { return handle(request); }, tls_.context.get());
}

Endpoint::~Endpoint() = default;

std::string Endpoint::url() const {
  return (options_.tls ? "https://localhost:" : "http://127.0.0.1:") +
         std::to_string(server_->port());
}

void Endpoint::expect(const Expectation& expectation) {
  const std::lock_guard lock(mutex_);
  expectation_ = expectation;
  load_ = std::make_unique<Load>(expectation.record_bytes, expectation.shape,
                                 expectation.items_behind, expectation.change);
  item_there_ = load_->image(expectation.first);
  write_units_ = 0;
  seen_.assign(expectation.count, Seen{});
  locks_.clear();
  complaint_count_ = 0;
  complaints_.clear();
  kept_requests_.clear();
  if (!remembers() || expectation.items_behind > 0) return;
  std::map<std::string, std::vector<std::string>> keys = {{kLedgerTable, {"id"}}};
  for (const View view : expectation.views) {
    const auto [partition, sort] = key_of(view);
    keys[name_of(view)] = {partition};
    if (*sort != '\0') keys[name_of(view)].emplace_back(sort);
  }
  tables_.reset(std::move(keys));
}

std::vector<std::string> Endpoint::finish() {
  const std::lock_guard lock(mutex_);
  const bool applied = expectation_.already_applied;
  const bool in_transactions = expectation_.protocol != Protocol::kPowertools;
  const bool is_put_alone = has_marks_in_items() && expectation_.change == Change::kUpdate;
  if (remembers()) {
    check_tables();
    return std::exchange(complaints_, {});
  }
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const std::string name = item_key(expectation_.first + i);
    check_count("mark of " + name, seen_[i].marks, in_transactions && !is_put_alone ? 1 : 0);
    const bool has_item = expectation_.views.empty() && (in_transactions || !applied);
    check_count("item " + name, seen_[i].items, has_item ? 1 : 0);
    check_rows(i);
  }
  if (!in_transactions) check_count("locks", locks_.size(), expectation_.count);
  for (const auto& [id, seen] : locks_) {
    check_count("lock " + id, seen.marks, 1);
    check_count("update of lock " + id, seen.items, applied ? 0 : 1);
  }
  if (complaint_count_ > complaints_.size())
    complaints_.push_back("and more: " + std::to_string(complaint_count_) + " in all");
  return std::exchange(complaints_, {});
}

/// What a batch has made of the tables.
void Endpoint::check_tables() {
  requests_ = tables_.take_requests();
  for (std::string& complaint : tables_.take_complaints()) complain(std::move(complaint));
  const std::uint64_t first = expectation_.first;
  const std::vector<nlohmann::json> marks = tables_.items(kLedgerTable);
  check_count("marks", marks.size(), expectation_.count);
  for (const nlohmann::json& mark : marks) {
    const std::uint64_t item = number_in(mark.value("id", nlohmann::json()).dump()).value_or(0);
    const std::string version = mark.value("v", nlohmann::json()).value("S", "");
    if (!version.ends_with(sequence_number(item + expectation_.items_behind)))
      complain("a mark without its record's version: " + mark.dump());
  }
  for (const View view : expectation_.views) {
    std::vector<nlohmann::json> expected;
    for (const std::string& row :
         expected_rows(view, first - expectation_.items_behind, first, expectation_.count))
      expected.push_back(nlohmann::json::parse(row));
    std::vector<nlohmann::json> found = tables_.items(name_of(view));
    std::erase_if(found, is_empty_total);
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    check_count(std::string("rows of ") + name_of(view), found.size(), expected.size());
    const auto [row, wanted] =
        std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
    if (row != found.end() && wanted != expected.end())
      complain("not " + wanted->dump() + " but " + row->dump());
  }
}

bool Endpoint::remembers() const {
  return !expectation_.views.empty() && bench::remembers(expectation_.views.front());
}

MemoryTables::Requests Endpoint::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::uint64_t Endpoint::write_units() const {
  const std::lock_guard lock(mutex_);
  return remembers() ? requests_.write_units : write_units_;
}

void Endpoint::keep_requests(bool kept) {
  const std::lock_guard lock(mutex_);
  keeps_requests_ = kept;
}

std::vector<std::string> Endpoint::kept_requests() const {
  const std::lock_guard lock(mutex_);
  return kept_requests_;
}

HttpServerReply Endpoint::handle(const HttpServerRequest& request) {
  std::string_view operation = request.header("x-amz-target");
  operation.remove_prefix(operation.starts_with(kPrefix) ? kPrefix.size() : operation.size());
  const std::string body = body_for(operation, request);
  if (body.empty()) return {};
  HttpServerReply reply{.bytes = answer_of(body)};
  if (options_.latency.count() > 0) reply.not_before = request.came + options_.latency;
  return reply;
}

/// The answer to a request; empty: it is none that is expected.
std::string Endpoint::body_for(std::string_view operation, const HttpServerRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_signed(request)) complain("a request that is not signed");
    if (std::string about = answer_about_notes(operation, request.body); !about.empty())
      return about;
    if (keeps_requests_) kept_requests_.push_back(request.bytes());
    if (remembers()) return tables_.answer(operation, request.body);
  }
  // What a load keeps beside the marks is no item: its stamp.
  if (operation == "PutItem" && request.body.find("|checkpoint|") != std::string::npos) return "{}";
  const auto actions = read_request(operation, request.body);
  const std::lock_guard lock(mutex_);
  if (!actions) {
    complain("a request that cannot be read: " + std::string(request.body.substr(0, 200)));
    return {};
  }
  if (operation == "TransactWriteItems") return transact(*actions);
  if (operation == "PutItem") return put(actions->front());
  if (operation == "UpdateItem") return update(actions->front());
  if (operation == "DeleteItem") return remove(actions->front());
  complain("an operation that is not expected: " + std::string(operation));
  return {};
}

std::string Endpoint::transact(const std::vector<SentAction>& actions) {
  if (expectation_.protocol == Protocol::kPowertools) complain("a transaction");
  const std::size_t writes = expectation_.views.empty() ? 1 : expectation_.views.size();
  if (actions.empty() || actions.size() > 100 || actions.size() % (1 + writes) != 0)
    complain("a transaction of " + std::to_string(actions.size()) + " actions");
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const SentAction& mark = actions[i - i % (1 + writes)];
    count_units(actions[i], /*is_in_transaction=*/true);
    if (&actions[i] == &mark) {
      take_mark(mark);
    } else if (expectation_.views.empty()) {
      take_item(actions[i], has_marks_in_items() ? "attribute_not_exists(#m) OR #m < :v" : "");
    } else {
      take_row(actions[i]);
    }
    if (number_in(actions[i].json) != number_in(mark.json))
      complain("a mark and an item that are not of one record");
  }
  if (!expectation_.already_applied) return "{}";
  const bool is_item_there = has_marks_in_items() && expectation_.change != Change::kRemoval;
  return cancelled(actions, is_item_there ? kItemsTable : kLedgerTable);
}

/// Of the keys that are named only: an item of the batch is as large as any other of it, and
/// anything else is small.
void Endpoint::count_units(const SentAction& action, bool is_in_transaction) {
  const std::string_view item = action.kind.starts_with("Put") ? action.json
                                : action.table == kItemsTable  ? std::string_view(item_there_)
                                                               : action.json;
  write_units_ += is_in_transaction ? write_units_in_transaction(item) : bench::write_units(item);
}

bool Endpoint::has_marks_in_items() const {
  return expectation_.protocol == Protocol::kMarksInItems;
}

std::string Endpoint::put(const SentAction& action) {
  count_units(action, /*is_in_transaction=*/false);
  if (has_marks_in_items()) return put_marked(action);
  if (expectation_.protocol != Protocol::kPowertools) complain("an item without its mark");
  if (action.table != kItemsTable) return lock(action);
  take_item(action, "");
  return "{}";
}

std::string Endpoint::put_marked(const SentAction& action) {
  if (expectation_.change != Change::kUpdate) complain("a put that is no update");
  take_item(action, "#m < :v");
  return expectation_.already_applied ? condition_failed(action, action.json) : "{}";
}

std::string Endpoint::lock(const SentAction& action) {
  const std::string id(id_in(action.json));
  if (action.table != kLedgerTable || action.condition.empty() || id.empty())
    complain("a lock in another table, without a condition or without an id");
  ++locks_[id].marks;
  if (!expectation_.already_applied) return "{}";
  return condition_failed(
      action,
      R"({"id":{"S":")" + id + R"("},"status":{"S":"COMPLETED"},"expiration":{"N":"4102444800"}})");
}

std::string Endpoint::remove(const SentAction& action) {
  count_units(action, /*is_in_transaction=*/false);
  if (expectation_.protocol != Protocol::kPowertools) complain("a removal without its mark");
  take_item(action, "");
  return "{}";
}

std::string Endpoint::update(const SentAction& action) {
  count_units(action, /*is_in_transaction=*/false);
  ++locks_[std::string(id_in(action.json))].items;
  if (action.table != kLedgerTable) complain("an update of another table");
  return "{}";
}

std::optional<std::size_t> Endpoint::place_of(std::string_view json) const {
  const auto number = number_in(json);
  if (!number || *number < expectation_.first || *number - expectation_.first >= seen_.size())
    return std::nullopt;
  return *number - expectation_.first;
}

void Endpoint::take_item(const SentAction& action, std::string_view condition) {
  const auto place = place_of(action.json);
  const char* kind = expectation_.change == Change::kRemoval ? "Delete" : "Put";
  if (action.table != kItemsTable || !action.kind.starts_with(kind))
    return complain("an action that is no " + std::string(kind) + " of an item");
  if (!place) return complain("an item that is not of this batch");
  ++seen_[*place].items;
  if (!is_of_record(action, expectation_.first + *place))
    complain("an item that is not as its record has it: " + std::string(action.json));
  if (action.condition != condition)
    complain("an item under another condition: " + std::string(action.condition));
  if (!condition.empty() &&
      action.values.find(version_end(expectation_.first + *place)) == std::string_view::npos)
    complain("a condition without its record's version: " + std::string(action.values));
}

bool Endpoint::is_of_record(const SentAction& action, std::uint64_t number) const {
  if (expectation_.change == Change::kRemoval) return action.json == load_->key(number);
  const std::string image = load_->image(number);
  if (!has_marks_in_items()) return action.json == image;
  // The mark comes first.
  return action.json.starts_with(R"({"streamonce":{"S":")") &&
         action.json.ends_with(version_end(number) + ',' + image.substr(1));
}

std::string Endpoint::version_end(std::uint64_t number) const {
  return (expectation_.version_end.empty() ? sequence_number(number)
                                           : std::string(expectation_.version_end)) +
         "\"}";
}

void Endpoint::take_row(const SentAction& action) {
  const auto place = place_of(action.json);
  if (!place) return complain("a row that is not of this batch");
  for (const View view : expectation_.views) {
    if (action.table != name_of(view)) continue;
    ++seen_[*place].rows.at(static_cast<std::size_t>(view));
    const ExpectedRow row = expected_row(view, *load_, expectation_.first + *place);
    if (action.kind != row.kind || action.json != row.json || !action.condition.empty())
      complain("not " + std::string(row.kind) + " " + row.json + " but " +
               std::string(action.kind) + " " + std::string(action.json) + " " +
               std::string(action.condition));
    return;
  }
  complain("a row of a table that is no view: " + std::string(action.table));
}

void Endpoint::check_rows(std::size_t place) {
  for (const View view : expectation_.views)
    check_count("row of " + item_key(expectation_.first + place) + " in " + name_of(view),
                seen_[place].rows.at(static_cast<std::size_t>(view)), 1);
}

void Endpoint::take_mark(const SentAction& action) {
  const auto place = place_of(action.json);
  const bool is_checked = has_marks_in_items() && expectation_.change != Change::kRemoval;
  if (action.table != kLedgerTable || action.kind != (is_checked ? "ConditionCheck" : "Put"))
    return complain("an action that is no put of a mark, nor a look at one");
  if (!place) return complain("a mark that is not of this batch");
  ++seen_[*place].marks;
  if (action.condition != "attribute_not_exists(v) OR v < :v")
    complain("a mark under another condition: " + std::string(action.condition));
  const std::string_view versioned = is_checked ? action.values : action.json;
  if (versioned.find(version_end(expectation_.first + *place)) == std::string_view::npos)
    complain("a mark without its record's version: " + std::string(versioned));
}

void Endpoint::complain(std::string text) {
  if (++complaint_count_ <= kComplaintsMax) complaints_.push_back(std::move(text));
}

void Endpoint::check_count(std::string_view what, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  complain(std::string(what) + ": expected " + std::to_string(expected) + ", found " +
           std::to_string(found));
}

}  // namespace streamonce::bench
