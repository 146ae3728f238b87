#include "bench/rooms.h"

#include <utility>

#include "bench/load.h"
#include "runtime/base/check.h"

namespace streamonce::bench {
namespace {

using handler::dynamodb::CommitList;

constexpr std::string_view kTargetTable = "bench-items";
constexpr std::string_view kLedgerTable = "bench-ledger";
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

}  // namespace

Rooms::Rooms(std::size_t records)
    : records_(records),
      payload_(Payload::copy_of(Load(kRecordBytes).event(0, records))) {
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
  STREAMONCE_CHECK(batch_.records.size() == records_);
  return batch_.records.size();
}

std::size_t Rooms::group() {
  groups_ = handler::group(batch_, "bench");
  STREAMONCE_CHECK(groups_.lanes.size() == records_);
  return groups_.lanes.size();
}

std::size_t Rooms::plan() {
  plan_ = handler::plan(batch_, groups_, {.target_table = kTargetTable, .retain = {}, .now = {}})
              .value();
  STREAMONCE_CHECK(plan_.commits.size() == records_);
  return plan_.commits.size();
}

std::size_t Rooms::build() {
  packs_ = handler::dynamodb::pack_commits(plan_.commits);
  bodies_.clear();
  for (const CommitList& pack : packs_)
    bodies_.push_back(handler::dynamodb::transact_request(pack, kLedgerTable, kToken));
  return bodies_.size();
}

std::size_t Rooms::sign() {
  static const aws::Credentials credentials{.access_key_id = "ASIABENCH",
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
    lines += signer_.sign(request, credentials, scope).size();
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
      handler::plan(batch_, groups_, {.target_table = kTargetTable, .retain = {}, .now = {}})
          .value();
  const handler::Checkpoint result = handler::checkpoint(batch_, std::move(plan), outcomes);
  STREAMONCE_CHECK(result.counts.applied == records_);
  return to_json(result.response).size();
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
