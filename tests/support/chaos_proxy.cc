#include "tests/support/chaos_proxy.h"

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

/// The answer that at least one action of the request conflicts; the bits of `detail` say which
/// others do.
std::string conflict(const ServerRequest& request, unsigned detail) {
  const json body = json::parse(request.body, /*cb=*/nullptr, /*allow_exceptions=*/false);
  const std::size_t actions = body.value("TransactItems", json::array()).size();
  if (actions == 0) return throttled();
  json reasons = json::array();
  std::mt19937 random(detail);
  for (std::size_t i = 0; i < actions; ++i) {
    const bool conflicts = i == detail % actions || random() % 8 == 0;
    reasons.push_back(conflicts ? json{{"Code", "TransactionConflict"},
                                       {"Message", "Transaction is ongoing for the item"}}
                                : json{{"Code", "None"}});
  }
  return refusal(400, {{"__type", "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"},
                       {"Message", "Transaction cancelled, please refer cancellation reasons"},
                       {"CancellationReasons", reasons}});
}

std::string html_page(int status) {
  return answer(status, "<html><body><h1>Welcome to the wireless network</h1></body></html>\n",
                {{"Content-Type", "text/html"}});
}

}  // namespace

std::string ChaosCounts::text() const {
  int total = 0;
  std::string kinds;
  for (std::size_t kind = 0; kind < kChaosFaults; ++kind) {
    if (faults[kind] == 0) continue;
    total += faults[kind];
    kinds += kinds.empty() ? " (" : ", ";
    kinds += kNames[kind];
    kinds += ' ' + std::to_string(faults[kind]);
  }
  if (!kinds.empty()) kinds += ')';
  return std::to_string(requests) + " requests, " + std::to_string(total) + " faults" + kinds;
}

ChaosProxy::ChaosProxy(ChaosOptions options)
    : endpoint_url_(std::move(options.endpoint_url)),
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
