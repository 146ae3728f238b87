#include "handler/dynamodb/dynamodb_target.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "handler/dynamodb/retry.h"
#include "handler/dynamodb/transact_request.h"
#include "handler/dynamodb/transact_response.h"
#include "runtime/base/check.h"

namespace streamonce::handler::dynamodb {
namespace {

using std::chrono::milliseconds;

/// Longer than any healthy transaction takes, short enough that a lost one can be sent again.
/// Source: the AWS SDKs ask for at least 1 s with transactions, since a retry meets the first
/// attempt still at work before that.
constexpr milliseconds kRequestTimeout{5'000};

/// Room for 100 reasons with an item each. Marks are at most 2 KB, and if somebody made them
/// larger, halving the pack makes the answer smaller.
constexpr std::size_t kAnswerBytesMax = 1024UL * 1024;

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Up to the next whole millisecond, so that a wait never ends just before its time.
milliseconds until(SteadyTime time, SteadyTime now) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(time - now));
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_region(std::string_view region) {
  return !region.empty() && region.size() <= 63 && is_lower_or_digit(region.front()) &&
         std::all_of(region.begin(), region.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

/// Source: DynamoDB naming rules: 3 to 255 characters out of a-z, A-Z, 0-9, `_`, `-` and `.`.
bool is_table_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
                  c == '.';
         });
}

/// Visible ASCII: what may stand in a header without changing it.
bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

bool is_endpoint(std::string_view url) {
  const bool is_http = url.starts_with(kHttp);
  if (!is_http && !url.starts_with(kHttps)) return false;
  const std::string_view rest = url.substr(is_http ? kHttp.size() : kHttps.size());
  return !rest.empty() && rest.front() != '/' && rest.front() != ':' && is_header_text(rest) &&
         rest.find_first_of("?#@\\\"") == std::string_view::npos;
}

Error invalid(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

/// A failed commit's reason when time ran out: with what had been in its way, if anything had.
std::string too_late(const std::string& last_reason) {
  std::string reason = "not done before the deadline";
  if (!last_reason.empty()) reason += "; before that: " + last_reason;
  return reason;
}

}  // namespace

Result<std::string> endpoint_of(std::string_view endpoint_url, std::string_view region) {
  if (!is_region(region))
    return invalid("the Region must be set, and look like eu-central-1 (AWS_REGION)");
  if (endpoint_url.empty()) {
    // Source: AWS SDKs, partitions.json: the suffixes of the partitions that can be bought.
    const std::string_view suffix = region.starts_with("cn-")     ? "amazonaws.com.cn"
                                    : region.starts_with("eusc-") ? "amazonaws.eu"
                                                                  : "amazonaws.com";
    return "https://dynamodb." + std::string(region) + "." + std::string(suffix);
  }
  while (endpoint_url.ends_with('/')) endpoint_url.remove_suffix(1);
  if (!is_endpoint(endpoint_url))
    return invalid(
        "the DynamoDB endpoint must be http://HOST or https://HOST, with a port and a path if need "
        "be, and nothing else (AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL)");
  return std::string(endpoint_url);
}

/// One call of commit(): packs wait, are in flight, and end; a pack that does not end as a whole
/// leaves smaller packs or an attempt less.
class DynamoDbTarget::Run {
 public:
  Run(DynamoDbTarget& target, std::span<const Commit> commits, std::span<Outcome> outcomes,
      SteadyTime deadline)
      : target_(target),
        commits_(commits),
        outcomes_(outcomes),
        deadline_(deadline) {
    for (CommitList& list : pack_commits(commits)) wait_with(Pack{.commits = std::move(list)});
  }

  void work() {
    while (!waiting_.empty() || !in_flight_.empty()) {
      if (target_.clock_.steady_now() >= deadline_) return give_up();
      start_due();
      take_next();
    }
  }

 private:
  struct Pack {
    CommitList commits = {};
    std::string token = {};        ///< empty until the pack is sent
    int attempts = 0;              ///< that ended without a word on these commits
    SteadyTime not_before = {};    ///< when it may be sent
    std::string last_reason = {};  ///< why it is not done so far
  };

  struct InFlight {
    runtime::HttpRequestId id = 0;
    SteadyTime started = {};
    std::size_t bytes = 0;
    Pack pack = {};
  };

  bool has_free_slot() const {
    return in_flight_.size() < static_cast<std::size_t>(target_.options_.transactions_in_flight);
  }

  void wait_with(Pack pack) { waiting_.push_back(std::move(pack)); }

  void settle(const Commit* commit, CommitResult result, std::string reason = {}) {
    outcomes_[static_cast<std::size_t>(commit - commits_.data())] = {.result = result,
                                                                     .reason = std::move(reason)};
  }

  void fail(const Pack& pack, const std::string& reason) {
    for (const Commit* commit : pack.commits) settle(commit, CommitResult::kFailed, reason);
  }

  void give_up() {
    for (const InFlight& each : in_flight_) {
      target_.transport_.cancel(each.id);
      fail(each.pack, too_late(each.pack.last_reason));
    }
    for (const Pack& pack : waiting_) fail(pack, too_late(pack.last_reason));
    in_flight_.clear();
    waiting_.clear();
  }

  void start_due() {
    const SteadyTime now = target_.clock_.steady_now();
    while (has_free_slot()) {
      const auto due = std::find_if(waiting_.begin(), waiting_.end(),
                                    [now](const Pack& pack) { return pack.not_before <= now; });
      if (due == waiting_.end()) return;
      Pack pack = std::move(*due);
      waiting_.erase(due);
      start(std::move(pack), now);
    }
  }

  void start(Pack pack, SteadyTime now) {
    if (pack.token.empty()) pack.token = target_.draw_token();
    runtime::HttpRequest request = target_.request_for(pack.commits, pack.token);
    const std::size_t bytes = request.body.size();
    const runtime::HttpRequestId id = target_.transport_.start(std::move(request));
    in_flight_.push_back({.id = id, .started = now, .bytes = bytes, .pack = std::move(pack)});
  }

  /// When the next waiting pack may be sent, if there is room for it; the deadline otherwise.
  SteadyTime wake_time() const {
    SteadyTime time = deadline_;
    if (!has_free_slot()) return time;
    for (const Pack& pack : waiting_) time = std::min(time, pack.not_before);
    return time;
  }

  void take_next() {
    if (in_flight_.empty()) {
      if (waiting_.empty()) return;
      target_.clock_.sleep_for(until(wake_time(), target_.clock_.steady_now()));
      return;
    }
    std::optional<runtime::HttpCompletion> completion = target_.transport_.wait_any(wake_time());
    if (!completion) return;
    const auto ended =
        std::find_if(in_flight_.begin(), in_flight_.end(),
                     [&](const InFlight& each) { return each.id == completion->id; });
    if (ended == in_flight_.end()) return;
    InFlight finished = std::move(*ended);
    in_flight_.erase(ended);
    finish(std::move(finished), std::move(completion->result));
  }

  void finish(InFlight finished, Result<runtime::HttpResponse> result) {
    int status = 0;
    Answer answer;
    if (result) {
      status = result->status;
      answer = target_.reader_.read(std::move(result).value(), finished.pack.commits);
    } else {
      answer.trouble = trouble_of_transport(result.error().code);
      answer.reason = result.error().message;
    }
    const auto took =
        std::chrono::duration_cast<milliseconds>(target_.clock_.steady_now() - finished.started);
    target_.logger_.log(LogLevel::kDebug, "transaction",
                        {{"status", status},
                         {"code", answer.code},
                         {"attempt", finished.pack.attempts + 1},
                         {"commits", finished.pack.commits.size()},
                         {"bytes", finished.bytes},
                         {"milliseconds", took.count()}});
    switch (answer.kind) {
      case AnswerKind::kApplied:
        for (const Commit* commit : finished.pack.commits) settle(commit, CommitResult::kApplied);
        return;
      case AnswerKind::kCancelled:
        return judge(std::move(finished.pack), std::move(answer.verdicts));
      case AnswerKind::kRefused:
        return refuse(std::move(finished.pack), answer.trouble, std::move(answer.reason));
    }
  }

  /// A cancelled transaction: settles what can be settled. The rest goes again in transactions of
  /// its own: the innocent at once and at no cost, since there are fewer of them each time, and
  /// those that were hindered after a pause.
  void judge(Pack pack, std::vector<CommitVerdict> verdicts) {
    STREAMONCE_CHECK(verdicts.size() == pack.commits.size());
    Pack innocent{.attempts = pack.attempts, .last_reason = pack.last_reason};
    Pack hindered{.attempts = pack.attempts};
    Trouble trouble = Trouble::kConflict;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const Commit* commit = pack.commits[i];
      CommitVerdict& verdict = verdicts[i];
      switch (verdict.verdict) {
        case Verdict::kAlreadyApplied:
          settle(commit, CommitResult::kAlreadyApplied);
          break;
        case Verdict::kStale:
          settle(commit, CommitResult::kStale);
          break;
        case Verdict::kFailed:
          settle(commit, CommitResult::kFailed, std::move(verdict.reason));
          break;
        case Verdict::kRetry:
          if (verdict.trouble == Trouble::kThrottled) trouble = Trouble::kThrottled;
          hindered.last_reason = std::move(verdict.reason);
          hindered.commits.push_back(commit);
          break;
        case Verdict::kInnocent:
          innocent.commits.push_back(commit);
          break;
      }
    }
    if (innocent.commits.size() == pack.commits.size())
      return send_later(std::move(innocent), Trouble::kTransient, "cancelled without a reason");
    if (!innocent.commits.empty()) wait_with(std::move(innocent));
    if (!hindered.commits.empty()) {
      std::string reason = std::move(hindered.last_reason);
      send_later(std::move(hindered), trouble, std::move(reason));
    }
  }

  void refuse(Pack pack, Trouble trouble, std::string reason) {
    switch (trouble) {
      case Trouble::kTokenReused:
        pack.token.clear();
        [[fallthrough]];
      case Trouble::kTransient:
      case Trouble::kThrottled:
      case Trouble::kConflict:
        return send_later(std::move(pack), trouble, std::move(reason));
      case Trouble::kInvalid:
        return pack.commits.size() > 1 ? halve(pack, reason) : fail(pack, reason);
      case Trouble::kRefused:
        return fail(pack, reason);
    }
  }

  void send_later(Pack pack, Trouble trouble, std::string reason) {
    ++pack.attempts;
    const auto delay = delay_before_retry(trouble, pack.attempts, target_.random_);
    if (!delay) return fail(pack, reason);
    pack.not_before = target_.clock_.steady_now() + *delay;
    pack.last_reason = std::move(reason);
    wait_with(std::move(pack));
  }

  /// Something in the pack is invalid, and only the service knows what: n commits with one bad one
  /// take 2 log2(n) requests more.
  void halve(const Pack& pack, const std::string& reason) {
    const auto middle = pack.commits.begin() + static_cast<std::ptrdiff_t>(pack.commits.size() / 2);
    wait_with({.commits = {pack.commits.begin(), middle},
               .attempts = pack.attempts,
               .last_reason = reason});
    wait_with({.commits = {middle, pack.commits.end()},
               .attempts = pack.attempts,
               .last_reason = reason});
  }

  DynamoDbTarget& target_;
  const std::span<const Commit> commits_;
  const std::span<Outcome> outcomes_;
  const SteadyTime deadline_;
  std::deque<Pack> waiting_;
  std::vector<InFlight> in_flight_;
};

Result<std::unique_ptr<DynamoDbTarget>> DynamoDbTarget::create(DynamoDbOptions options,
                                                               runtime::HttpTransport& transport,
                                                               Clock& clock, Logger& logger) {
  if (!is_table_name(options.table))
    return invalid("the target table's name must be 3 to 255 characters out of a-z A-Z 0-9 _ - .");
  if (!is_table_name(options.ledger_table))
    return invalid(
        "the ledger table's name must be 3 to 255 characters out of a-z A-Z 0-9 _ - . "
        "(STREAMONCE_LEDGER)");
  if (options.table == options.ledger_table)
    return invalid("the ledger must be another table than the target (STREAMONCE_LEDGER)");
  if (options.access_key_id.empty() || options.secret_access_key.empty())
    return invalid(
        "AWS credentials must be set (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and "
        "AWS_SESSION_TOKEN if they are temporary)");
  if (!is_header_text(options.access_key_id) || !is_header_text(options.secret_access_key) ||
      !is_header_text(options.session_token))
    return invalid(
        "AWS credentials must hold neither blanks nor control characters (AWS_ACCESS_KEY_ID, "
        "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)");
  if (options.transactions_in_flight < 1 ||
      options.transactions_in_flight > kTransactionsInFlightMax)
    return invalid("transactions in flight must be 1 to " +
                   std::to_string(kTransactionsInFlightMax));
  std::string url = STREAMONCE_TRY(endpoint_of(options.endpoint_url, options.region)) + "/";
  return std::unique_ptr<DynamoDbTarget>(
      new DynamoDbTarget(std::move(options), std::move(url), transport, clock, logger));
}

DynamoDbTarget::DynamoDbTarget(DynamoDbOptions options, std::string url,
                               runtime::HttpTransport& transport, Clock& clock, Logger& logger)
    : options_(std::move(options)),
      url_(std::move(url)),
      signing_{.region = options_.region,
               .service = "dynamodb",
               .access_key_id = options_.access_key_id,
               .secret_access_key = options_.secret_access_key,
               .session_token = options_.session_token},
      transport_(transport),
      clock_(clock),
      logger_(logger),
      random_(options_.random_seed) {}

void DynamoDbTarget::commit(std::span<const Commit> commits, std::span<Outcome> outcomes,
                            SteadyTime deadline) {
  STREAMONCE_CHECK(commits.size() == outcomes.size());
  Run(*this, commits, outcomes, deadline).work();
}

std::string DynamoDbTarget::draw_token() {
  std::string token;
  for (int word = 0; word < 2; ++word) {
    const std::uint64_t bits = random_();
    for (int shift = 60; shift >= 0; shift -= 4) token += kHexDigits[(bits >> shift) & 0xFU];
  }
  return token;
}

runtime::HttpRequest DynamoDbTarget::request_for(std::span<const Commit* const> commits,
                                                 std::string_view token) const {
  const TableNames tables{.items = options_.table, .ledger = options_.ledger_table};
  return {.method = runtime::HttpMethod::kPost,
          .url = url_,
          .headers = {"Content-Type: application/x-amz-json-1.0",
                      "X-Amz-Target: DynamoDB_20120810.TransactWriteItems"},
          .body = transact_request(commits, tables, token),
          .timeout = kRequestTimeout,
          .body_bytes_max = kAnswerBytesMax,
          .signing = &signing_,
          .use_proxy = true};
}

}  // namespace streamonce::handler::dynamodb
