#include "bench/rooms.h"

#include <memory_resource>
#include <utility>

#include "bench/load.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/dumps/redrive.h"
#include "handler/targets/target.h"
#include "handler/views/difference.h"
#include "handler/views/rules/checker.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "runtime/base/json_text.h"

namespace streamonce::bench {
namespace {

using handler::dynamodb::CommitList;

constexpr std::string_view kTargetTable = "bench-items";
constexpr std::string_view kLedgerOfRequests = "bench-ledger";
/// About the size of a role's session token.
constexpr std::size_t kSessionTokenBytes = 800;
constexpr std::string_view kToken = "0123456789abcdef0123456789abcdef";

/// What DynamoDB says when every commit's mark is there already.
std::string cancelled_answer(const CommitList& commits) {
  std::string reasons;
  std::string codes;
  for (const handler::Commit* commit : commits) {
    const std::string separator = reasons.empty() ? "" : ",";
    reasons += separator + R"({"Code":"ConditionalCheckFailed","Item":{"at":{"N":"1795221863"},)" +
               R"("id":{"S":")" + std::string(commit->ledger_id) + R"("},"op":{"S":"put"},)" +
               R"("v":{"S":")" + std::string(commit->version.text()) +
               R"("}},"Message":"The conditional request failed"},{"Code":"None"})";
    codes += separator + "ConditionalCheckFailed, None";
  }
  return R"({"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",)"
         R"("CancellationReasons":[)" +
         reasons + R"(],"Message":"Transaction cancelled, please refer cancellation reasons for )" +
         "specific reasons [" + codes + "]\"}";
}

/// Lambda's on-failure record of a batch. `payload` is JSON.
std::string letter_with(std::string_view payload) {
  return R"({"requestContext":{"requestId":"316aa6d0-8154-xmpl-9af7-85d5f4a6bc81","functionArn":)"
         R"("arn:aws:lambda:eu-central-1:123456789012:function:copy","condition":)"
         R"("RetryAttemptsExhausted","approximateInvokeCount":1},"responseContext":{"statusCode":)"
         R"(200,"executedVersion":"$LATEST","functionError":"Unhandled"},"version":"1.0",)"
         R"("timestamp":"2026-11-21T00:44:22.580Z","DDBStreamBatchInfo":{"shardId":)"
         R"("shardId-00000001573689847184-864758bb","startSequenceNumber":"1",)"
         R"("endSequenceNumber":"9","approximateArrivalOfFirstRecord":"2026-11-21T00:44:22Z",)"
         R"("batchSize":100,"streamArn":"arn:aws:dynamodb:eu-central-1:123456789012:table/orders/)"
         R"(stream/2026-11-21T00:44:22.580"},"payload":)" +
         std::string(payload) + "}";
}

std::string quoted_text(std::string_view json) {
  std::string text;
  append_json_string(text, json);
  return text;
}

class IdleTarget final : public handler::Target {
 public:
  void commit(std::span<const handler::Commit>, std::span<handler::Outcome> outcomes,
              SteadyTime) override {
    for (handler::Outcome& outcome : outcomes) outcome.result = handler::CommitResult::kApplied;
  }
  std::vector<handler::MarkResult> read_marks(std::span<const handler::MarkPlace>, handler::Reading,
                                              SteadyTime) override {
    return {};
  }
};

class NoStream final : public handler::StreamReader {
 public:
  Status read(const handler::StreamRange&, const TakePage&, SteadyTime) override { return {}; }
};

class RecordCounter final : public handler::RedriveObserver {
 public:
  std::size_t on_message(std::size_t unit, std::string_view) override { return unit; }
  void on_batch(const handler::AppliedBatch&) override {}
  void on_record(const handler::RecordReport& report) override {
    if (is_done(report.fate)) ++done;
  }
  void on_pointer(std::size_t, std::string_view, const Status&) override {}
  void on_unreadable(std::size_t, std::string_view, std::string_view) override {}

  std::size_t done = 0;
};

handler::views::Views views_with(View view) {
  const View views[] = {view};
  handler::views::CheckedViews checked = handler::views::check_text(views_sql(views));
  STREAMONCE_CHECK(checked.faults.empty());
  return std::move(checked.views);
}

/// What `change` does to the one view, where an item's entry has `content`.
handler::views::Difference difference_of(handler::views::Deriver& deriver,
                                         const events::Change& change, std::string_view content,
                                         std::pmr::memory_resource& arena) {
  Result<handler::views::Derived> derived = deriver.derive_all(/*view=*/0, change, arena);
  STREAMONCE_CHECK(derived.has_value());
  const handler::views::Made made[] = {{.view = 0, .derived = *derived}};
  const std::string tables[] = {deriver.views().views.front().name};
  Result<handler::views::Difference> difference =
      handler::views::make_difference({.views = deriver.views(),
                                       .tables = tables,
                                       .item = change.key,
                                       .keys_json = change.keys_json,
                                       .made = made,
                                       .content = content,
                                       .content_bytes_max = handler::kContentBytesMax},
                                      arena);
  STREAMONCE_CHECK(difference.has_value());
  return *std::move(difference);
}

/// A redrive with all that it borrows.
struct Redriving {
  SystemClock clock;
  IdleTarget target;
  NoStream stream;
  RecordCounter counter;
  handler::Pipeline pipeline{{.name = "bench", .retain = {}}, target, clock};
  handler::Redrive redrive{{.stream_arn = {},
                            .deadline = [] { return SteadyTime(); },
                            .fetch_deadline = [] { return SteadyTime(); }},
                           pipeline,
                           stream,
                           counter};
};

}  // namespace

Rooms::Rooms(std::size_t records)
    : records_(records),
      payload_(Payload::copy_of(Load(kRecordBytes).event(0, records))),
      letter_(Payload::copy_of(letter_with(payload_.text()))),
      letter_with_text_(Payload::copy_of(letter_with(quoted_text(payload_.text())))),
      orders_(records, /*first=*/0, /*items_behind=*/0),
      changed_orders_(records, /*first=*/records, /*items_behind=*/records),
      deriver_(views_with(View::kDue)),
      moving_(View::kCustomers, orders_),
      adding_(View::kRegions, orders_) {
  parse();
  group();
  plan();
  build();
  for (const CommitList& pack : packs_) {
    applied_.emplace_back("{}");
    cancelled_.push_back(cancelled_answer(pack));
  }
}

std::size_t Rooms::parse() {
  batch_ = std::move(parser_.parse(payload_.view())).value();
  changes_.clear();
  for (const events::StreamRecord& record : batch_.records) changes_.push_back(change_of(record));
  STREAMONCE_CHECK(changes_.size() == records_);
  return changes_.size();
}

std::size_t Rooms::group() {
  groups_ = handler::group(changes_, "bench");
  STREAMONCE_CHECK(groups_.lanes.size() == records_);
  return groups_.lanes.size();
}

std::size_t Rooms::plan() {
  plan_ = handler::plan(changes_, groups_, {.target_table = kTargetTable, .retain = {}, .now = {}});
  STREAMONCE_CHECK(plan_.commits.size() == records_);
  return plan_.commits.size();
}

std::size_t Rooms::build() {
  CommitList all;
  for (const handler::Commit& commit : plan_.commits) all.push_back(&commit);
  packs_ = handler::dynamodb::pack_commits(all);
  bodies_.clear();
  for (const CommitList& pack : packs_)
    bodies_.push_back(handler::dynamodb::transact_request(pack, kLedgerOfRequests, kToken));
  return bodies_.size();
}

std::size_t Rooms::sign() {
  static const aws::Credentials kCredentials{.access_key_id = "ASIABENCH",
                                             .secret_access_key = "secret",
                                             .session_token = std::string(kSessionTokenBytes, 't'),
                                             .expiry = {}};
  const aws::SigningScope scope{.region = "eu-central-1", .service = "dynamodb", .time = {}};
  const runtime::HttpRequest request{
      .method = runtime::HttpMethod::kPost,
      .url = "https://dynamodb.eu-central-1.amazonaws.com/",
      .headers = {"Content-Type: application/x-amz-json-1.0",
                  "X-Amz-Target: DynamoDB_20120810.TransactWriteItems"}};
  std::size_t lines = 0;
  for (std::size_t i = 0; i < records_; ++i)
    lines += signer_.sign(request, kCredentials, scope).size();
  return lines;
}

std::size_t Rooms::read_applied() {
  return read(applied_, 200);
}

std::size_t Rooms::read_already_applied() {
  return read(cancelled_, 400);
}

std::size_t Rooms::read(const std::vector<std::string>& answers, int status) {
  using handler::dynamodb::AnswerKind;
  const AnswerKind expected = status == 200 ? AnswerKind::kApplied : AnswerKind::kCancelled;
  std::size_t verdicts = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const handler::dynamodb::Answer answer =
        reader_.read({.status = status, .headers = {}, .body = answers[i]}, packs_[i]);
    STREAMONCE_CHECK(answer.kind == expected);
    verdicts += answer.verdicts.size();
  }
  return verdicts;
}

std::size_t Rooms::checkpoint() {
  std::vector<handler::Outcome> outcomes(records_, {handler::CommitResult::kApplied, {}});
  handler::Plan plan =
      handler::plan(changes_, groups_, {.target_table = kTargetTable, .retain = {}, .now = {}});
  const handler::BatchResult result = handler::checkpoint(changes_, std::move(plan), outcomes);
  STREAMONCE_CHECK(result.counts.of(handler::Fate::kApplied) == records_);
  return result.fates.size();
}

Rooms::Orders::Orders(std::size_t records, std::uint64_t first, std::uint64_t items_behind)
    : payload(Payload::copy_of(
          Load(kRecordBytes, Shape::kTenAttributes, items_behind).event(first, records))),
      batch(std::move(parser.parse(payload.view())).value()) {
  for (const events::StreamRecord& record : batch.records) changes.push_back(change_of(record));
}

std::size_t Rooms::derive() {
  std::pmr::monotonic_buffer_resource arena;
  std::size_t bytes = 0;
  for (const events::Change& change : orders_.changes) {
    const Result<handler::views::Row> row = deriver_.derive(/*view=*/0, change, arena);
    STREAMONCE_CHECK(row.has_value());
    bytes += row.value().image_json.size();
  }
  return bytes;
}

Rooms::Remembering::Remembering(View view, const Orders& orders) : deriver(views_with(view)) {
  std::pmr::monotonic_buffer_resource arena;
  for (const events::Change& change : orders.changes)
    contents.emplace_back(difference_of(deriver, change, /*content=*/{}, arena).content);
}

std::size_t Rooms::change(Remembering& remembering) {
  std::pmr::monotonic_buffer_resource arena;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < records_; ++i)
    bytes += difference_of(remembering.deriver, changed_orders_.changes[i], remembering.contents[i],
                           arena)
                 .content.size();
  return bytes;
}

std::size_t Rooms::redrive() {
  return redrive(letter_);
}

std::size_t Rooms::redrive_text() {
  return redrive(letter_with_text_);
}

std::size_t Rooms::redrive(const Payload& letter) {
  static Redriving all;
  all.counter.done = 0;
  all.redrive.take(letter.view(), /*unit=*/0);
  all.redrive.flush();
  STREAMONCE_CHECK(all.counter.done == records_);
  return all.counter.done;
}

std::size_t Rooms::body_bytes() const {
  std::size_t bytes = 0;
  for (const std::string& body : bodies_) bytes += body.size();
  return bytes;
}

std::size_t Rooms::cancelled_bytes() const {
  std::size_t bytes = 0;
  for (const std::string& answer : cancelled_) bytes += answer.size();
  return bytes;
}

}  // namespace streamonce::bench
