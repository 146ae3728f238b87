#include "tests/support/chaos_proxy.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/http/curl_transport.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kForwardTimeout{60};
constexpr std::size_t kAnswerBytesMax = 16UL * 1024 * 1024;
constexpr unsigned kDelayLeast = 50;  // milliseconds
constexpr unsigned kDelayMost = 300;

constexpr std::array<const char*, kChaosFaults> kNames = {
    "throttled",    "conflict",    "server error", "HTML with 200", "HTML with 503",
    "reset before", "reset after", "delay",        "truncated",     "cut body"};

std::string refusal(int status, const json& body) {
  return answer(status, body.dump(), {{"Content-Type", "application/x-amz-json-1.0"}});
}

std::string throttled() {
  return refusal(400, {{"__type", "com.amazon.coral.availability#ThrottlingException"},
                       {"message", "Rate of requests exceeds the allowed throughput."}});
}

std::string server_error() {
  return refusal(500, {{"__type", "com.amazonaws.dynamodb.v20120810#InternalServerError"},
                       {"message", "The request could not be completed. Try again."}});
}

/// The body of an answer that some actions of a transaction conflict.
std::string conflict_body(const std::vector<bool>& conflicts) {
  json reasons = json::array();
  for (const bool each : conflicts)
    reasons.push_back(each ? json{{"Code", "TransactionConflict"},
                                  {"Message", "Transaction is ongoing for the item"}}
                           : json{{"Code", "None"}});
  return json{{"__type", "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"},
              {"Message", "Transaction cancelled, please refer cancellation reasons"},
              {"CancellationReasons", reasons}}
      .dump();
}

json actions_of(const ServerRequest& request) {
  const json body = json::parse(request.body, /*cb=*/nullptr, /*allow_exceptions=*/false);
  return body.is_object() ? body.value("TransactItems", json::array()) : json::array();
}

/// The answer that at least one action of the request conflicts; the bits of `detail` say which
/// others do.
std::string conflict(const ServerRequest& request, unsigned detail) {
  if (request.header("x-amz-target").ends_with(".PutItem"))
    return refusal(400,
                   {{"__type", "com.amazonaws.dynamodb.v20120810#TransactionConflictException"},
                    {"message", "Transaction is ongoing for the item"}});
  const std::size_t actions = actions_of(request).size();
  if (actions == 0) return throttled();
  std::vector<bool> conflicts;
  std::mt19937 random(detail);
  for (std::size_t i = 0; i < actions; ++i)
    conflicts.push_back(i == detail % actions || random() % 8 == 0);
  return answer(400, conflict_body(conflicts), {{"Content-Type", "application/x-amz-json-1.0"}});
}

/// For each action of a transaction the item that it updates or deletes; empty: none. What it puts
/// has no key that could be told from its other attributes.
std::vector<std::string> items_of(const ServerRequest& request) {
  std::vector<std::string> items;
  for (const json& action : actions_of(request))
    for (const auto& [kind, what] : action.items())
      items.push_back(what.contains("Key")
                          ? what["TableName"].get<std::string>() + " " + what["Key"].dump()
                          : std::string());
  return items;
}

std::string html_page(int status) {
  return answer(status, "<html><body><h1>Welcome to the wireless network</h1></body></html>\n",
                {{"Content-Type", "text/html"}});
}

}  // namespace

std::string ChaosCounts::text() const {
  std::string kinds;
  for (std::size_t kind = 0; kind < kChaosFaults; ++kind) {
    if (faults[kind] == 0) continue;
    kinds += kinds.empty() ? " (" : ", ";
    kinds += kNames[kind];
    kinds += ' ' + std::to_string(faults[kind]);
  }
  if (!kinds.empty()) kinds += ')';
  return std::to_string(requests) + " requests, " + std::to_string(conflicts) + " conflicts, " +
         std::to_string(faults_in_all()) + " faults" + kinds;
}

ChaosProxy::ChaosProxy(ChaosOptions options)
    : endpoint_url_(std::move(options.endpoint_url)),
      conflicts_(options.conflicts),
      random_(options.seed),
      fault_percent_(options.fault_percent),
      server_([this](const ServerRequest& request) { return handle(request); }) {}

void ChaosProxy::set_fault_percent(unsigned percent) {
  const std::lock_guard lock(mutex_);
  fault_percent_ = percent;
}

ChaosCounts ChaosProxy::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool ChaosProxy::wait_until_idle(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, patience, [&] { return on_their_way_ == 0; });
}

ServerReply ChaosProxy::handle(const ServerRequest& request) {
  ServerReply served = serve(request, draw());
  const std::lock_guard lock(mutex_);
  if (--on_their_way_ == 0) idle_.notify_all();
  return served;
}

ChaosProxy::Draw ChaosProxy::draw() {
  const std::lock_guard lock(mutex_);
  ++on_their_way_;
  ++counts_.requests;
  // Each request draws three numbers, so that one's luck does not change the others'.
  const bool spoiled = random_() % 100 < fault_percent_;
  const std::size_t kind = random_() % kChaosFaults;
  Draw draw{.fault = std::nullopt, .detail = static_cast<unsigned>(random_())};
  if (!spoiled) return draw;
  ++counts_.faults[kind];
  draw.fault = static_cast<ChaosFault>(kind);
  return draw;
}

ServerReply ChaosProxy::serve(const ServerRequest& request, const Draw& draw) {
  if (!draw.fault) return reply(forward(request).bytes());
  switch (*draw.fault) {
    case ChaosFault::kThrottled:
      return reply(throttled());
    case ChaosFault::kConflict:
      return reply(conflict(request, draw.detail));
    case ChaosFault::kServerError:
      return reply(server_error());
    case ChaosFault::kHtmlPage200:
      return reply(html_page(200));
    case ChaosFault::kHtmlPage503:
      return reply(html_page(503));
    case ChaosFault::kResetBefore:
      return reply("", Then::kReset);
    case ChaosFault::kResetAfter:
      forward(request);
      return reply("", Then::kReset);
    case ChaosFault::kDelay: {
      const std::chrono::milliseconds delay(kDelayLeast +
                                            draw.detail / 2 % (kDelayMost - kDelayLeast + 1));
      if (draw.detail % 2 == 0) std::this_thread::sleep_for(delay);
      Answer late = forward(request);
      if (draw.detail % 2 != 0) std::this_thread::sleep_for(delay);
      return reply(late.bytes());
    }
    case ChaosFault::kTruncated: {
      std::string bytes = forward(request).bytes();
      bytes.resize(bytes.size() - 1 - draw.detail % (bytes.size() - bytes.find("\r\n\r\n") - 4));
      return reply(std::move(bytes), Then::kClose);
    }
    case ChaosFault::kCutBody: {
      // Half of the answers lose the checksum that would tell.
      Answer cut = forward(request);
      cut.body.resize(draw.detail / 2 % cut.body.size());
      if (draw.detail % 2 == 0)
        std::erase_if(cut.headers, [](const auto& each) { return each.first == "x-amz-crc32"; });
      return reply(cut.bytes());
    }
  }
  return {};
}

ChaosProxy::Answer ChaosProxy::forward(const ServerRequest& request) {
  if (!request.header("x-amz-target").ends_with(".TransactWriteItems")) return pass_on(request);
  const std::vector<std::string> items =
      conflicts_ ? items_of(request) : std::vector<std::string>();
  if (std::optional<Answer> refused = enter(items)) return *std::move(refused);
  Answer back = pass_on(request);
  leave(items);
  return back;
}

/// Counts a transaction, and has it take its items. @return the answer, where one of them is in
/// another transaction
std::optional<ChaosProxy::Answer> ChaosProxy::enter(const std::vector<std::string>& items) {
  const std::lock_guard lock(mutex_);
  std::vector<bool> taken;
  for (const std::string& item : items) taken.push_back(in_transactions_.contains(item));
  if (std::find(taken.begin(), taken.end(), true) != taken.end()) {
    ++counts_.conflicts;
    return Answer{.status = 400,
                  .body = conflict_body(taken),
                  .headers = {{"content-type", "application/x-amz-json-1.0"}}};
  }
  for (const std::string& item : items)
    if (!item.empty()) in_transactions_.insert(item);
  ++counts_.transactions;
  return std::nullopt;
}

void ChaosProxy::leave(const std::vector<std::string>& items) {
  const std::lock_guard lock(mutex_);
  for (const std::string& item : items) in_transactions_.erase(item);
}

ChaosProxy::Answer ChaosProxy::pass_on(const ServerRequest& request) {
  SystemClock clock;
  const auto transport =
      runtime::make_curl_transport({.ca_bundle_path = "", .user_agent = "chaos-proxy"}, clock);
  runtime::HttpRequest onward{.method = runtime::HttpMethod::kPost,
                              .url = endpoint_url_ + request.target,
                              .body = request.body,
                              .timeout = kForwardTimeout,
                              .body_bytes_max = kAnswerBytesMax};
  for (const char* name : {"content-type", "x-amz-target", "x-amz-date", "authorization"})
    if (request.has_header(name)) onward.headers.push_back(name + (": " + request.header(name)));
  Result<runtime::HttpResponse> response = runtime::perform(*transport, std::move(onward));
  if (!response || response->body.empty()) {
    const std::lock_guard lock(mutex_);
    ++counts_.not_forwarded;
    return {.status = 503, .body = "<html></html>", .headers = {}};
  }
  Answer back{.status = response->status, .body = std::move(response->body), .headers = {}};
  for (const char* name : {"content-type", "x-amz-crc32", "date"})
    if (const auto value = response->header(name); !value.empty())
      back.headers.emplace_back(name, value);
  return back;
}

}  // namespace streamonce::testing
