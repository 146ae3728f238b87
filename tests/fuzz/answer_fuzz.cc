// tests/fuzz/answer_fuzz.cc: hostile answers to TransactWriteItems.
//
// The input is a line with the status and one to five commits (`400 112`): 1 or 2 is one with so
// many writes, 3 one that adds to a row, which is the same for all; then lines of headers, an empty
// line, and the body. Commit i has the version with the number 5 + i.
//
// What must hold: nothing counts as done unless the body, read once more by another library, says
// so at that commit's place; what becomes a reason is bounded and UTF-8, a code is letters and
// digits; a reader tells the same of an answer whatever it has read before; and what is told does
// not depend on a value or a credential, of which the inputs quote some: see
// tests/support/secrecy.h. (A code that the service does not have is told as it is, and so are the
// names in a message on a permission or a resource, but for credentials.)

#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/targets/dynamodb/transact_request.h"
#include "handler/targets/dynamodb/transact_response.h"
#include "runtime/base/check.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/strict_json.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/secrecy.h"

namespace streamonce::handler::dynamodb {
namespace {

using fuzz::Message;
using nlohmann::json;

constexpr std::size_t kCommitsMax = 5;

/// What requests are signed with, and what else they might have been signed with.
constexpr auto kSecrets = testing::texts_of(testing::kCredentials);

/// A status and a layout; what is not a number counts as 0, a layout without 1, 2 or 3 as `1`.
struct Request {
  int status = 0;
  Commits commits;
  std::vector<std::vector<Write>> writes;  ///< what the commits look at
};

void read_request(std::string_view line, Request& request) {
  const char* end = line.data() + std::min(line.size(), line.find(' '));
  std::from_chars(line.data(), end, request.status);
  std::string layout;
  for (const char c : line.substr(static_cast<std::size_t>(end - line.data())))
    if (c >= '1' && c <= '3' && layout.size() < kCommitsMax) layout += c;
  if (layout.empty()) layout = "1";
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const std::string id(1, static_cast<char>('a' + i));
    if (layout[i] == '3') {
      request.commits.add_to(id, 5 + i, {{"row", {{"n", "1"}}}});
      request.writes.emplace_back();
      continue;
    }
    request.commits.put(id, 5 + i);
    const Write write = request.commits.all()[i].writes.front();
    request.writes.emplace_back(layout[i] == '2' ? 2 : 1, write);
  }
  for (std::size_t i = 0; i < layout.size(); ++i)
    request.commits.all()[i].writes = request.writes[i];
}

/// The text of `object[name]`, if that is a string, or nothing.
std::string text_of(const json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_string()) return {};
  return object[name].get<std::string>();
}

/// The version in the mark that a reason brought along.
std::string mark_of(const json& reason) {
  if (!reason.contains("Item") || !reason["Item"].is_object() || !reason["Item"].contains("v"))
    return {};
  return text_of(reason["Item"]["v"], "S");
}

void check_verdict(const CommitVerdict& verdict, const Commit& commit,
                   const std::vector<json>& reasons) {
  const bool mark_holds = text_of(reasons.front(), "Code") == "ConditionalCheckFailed";
  const std::string kept = mark_of(reasons.front());
  // An entry with content has a sign before its version.
  const std::string mark = kept.starts_with('~') ? kept.substr(1) : kept;
  const bool all_none = std::all_of(reasons.begin(), reasons.end(), [](const json& reason) {
    return text_of(reason, "Code") == "None";
  });
  switch (verdict.verdict) {
    case Verdict::kAlreadyApplied:
      STREAMONCE_CHECK(mark_holds && mark == commit.version.text());
      break;
    case Verdict::kStale:
      STREAMONCE_CHECK(mark_holds && events::is_version(mark) && mark > commit.version.text());
      break;
    case Verdict::kChanged:
      STREAMONCE_CHECK(mark_holds && kept.starts_with('~'));
      STREAMONCE_CHECK(events::is_version(mark) && mark < commit.version.text());
      STREAMONCE_CHECK(verdict.found && verdict.found->version.text() == mark);
      STREAMONCE_CHECK(!verdict.found->content.empty());
      break;
    case Verdict::kInnocent:
      STREAMONCE_CHECK(all_none);
      break;
    case Verdict::kApart:
      STREAMONCE_CHECK(!commit.additions.empty() && text_of(reasons.back(), "Code") != "None");
      break;
    case Verdict::kFailed:
    case Verdict::kRetry:
      STREAMONCE_CHECK(!all_none);
      break;
  }
}

void check_cancelled(const Answer& answer, const std::vector<Commit>& commits, const json& body) {
  STREAMONCE_CHECK(text_of(body, "__type").ends_with("TransactionCanceledException"));
  STREAMONCE_CHECK(body.contains("CancellationReasons"));
  const json& reasons = body["CancellationReasons"];
  std::size_t actions = 0;
  std::size_t adding = 0;
  for (const Commit& commit : commits) {
    actions += 1 + commit.writes.size();
    if (!commit.additions.empty()) ++adding;
  }
  STREAMONCE_CHECK(reasons.is_array() && reasons.size() == actions + (adding > 0 ? 1 : 0));
  auto reason = reasons.begin();
  for (std::size_t i = 0; i < commits.size(); ++i) {
    const auto last = reason + static_cast<std::ptrdiff_t>(1 + commits[i].writes.size());
    std::vector<json> of_commit(reason, last);
    if (!commits[i].additions.empty()) of_commit.push_back(reasons.back());
    check_verdict(answer.verdicts[i], commits[i], of_commit);
    STREAMONCE_CHECK(answer.verdicts[i].verdict != Verdict::kApart || adding > 1);
    reason = last;
  }
}

void check_applied(int status, const json& body) {
  STREAMONCE_CHECK(status == 200);
  STREAMONCE_CHECK(body.is_object());
  for (const auto& [name, value] : body.items())
    STREAMONCE_CHECK(name == "ConsumedCapacity" || name == "ItemCollectionMetrics");
}

void check_reason(std::string_view reason, bool needed) {
  STREAMONCE_CHECK(reason.size() <= aws::kReasonBytesMax);
  STREAMONCE_CHECK(fuzz::is_utf8(reason));
  STREAMONCE_CHECK(needed == !reason.empty());
}

/// What holds of an answer whatever the body is.
void check_shape(const Answer& answer, std::size_t commits) {
  STREAMONCE_CHECK(std::all_of(answer.code.begin(), answer.code.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
  }));
  check_reason(answer.reason, answer.kind == AnswerKind::kRefused);
  STREAMONCE_CHECK(answer.verdicts.size() == (answer.kind == AnswerKind::kCancelled ? commits : 0));
  for (const CommitVerdict& verdict : answer.verdicts)
    check_reason(verdict.reason, verdict.verdict == Verdict::kFailed ||
                                     verdict.verdict == Verdict::kRetry ||
                                     verdict.verdict == Verdict::kApart);
}

void check_same(const Answer& once, const Answer& again) {
  STREAMONCE_CHECK(once.kind == again.kind && once.trouble == again.trouble);
  STREAMONCE_CHECK(once.reason == again.reason && once.code == again.code);
  STREAMONCE_CHECK(once.service_time == again.service_time);
  STREAMONCE_CHECK(once.verdicts.size() == again.verdicts.size());
  for (std::size_t i = 0; i < once.verdicts.size(); ++i) {
    STREAMONCE_CHECK(once.verdicts[i].verdict == again.verdicts[i].verdict);
    STREAMONCE_CHECK(once.verdicts[i].trouble == again.verdicts[i].trouble);
    STREAMONCE_CHECK(once.verdicts[i].reason == again.verdicts[i].reason);
  }
}

/// `response` with another body, and without its checksum, which fits one body only.
runtime::HttpResponse with_body(runtime::HttpResponse response, std::string body) {
  std::erase_if(response.headers, [](const auto& each) { return each.first == "x-amz-crc32"; });
  response.body = std::move(body);
  return response;
}

/// Takes the codes out: `code: message` becomes `: message`.
void drop_codes(Answer& answer) {
  const auto drop = [](std::string& reason) { reason.erase(0, reason.find(": ")); };
  answer.code.clear();
  drop(answer.reason);
  for (CommitVerdict& verdict : answer.verdicts) drop(verdict.reason);
}

void check_secrecy(const runtime::HttpResponse& response,
                   const std::vector<const Commit*>& commits) {
  AnswerReader reader;
  const std::string& body = response.body;
  Answer answer = reader.read(with_body(response, body), commits, kSecrets);
  const auto with_other = [&](std::span<const testing::Secret> secrets) {
    return reader.read(with_body(response, testing::with_others(body, secrets)), commits, kSecrets);
  };
  check_same(answer, with_other(testing::kCredentials));
  if (aws::telling_of_answer(answer.code) == aws::Telling::kNames) return;
  Answer other = with_other(testing::kValues);
  drop_codes(answer);
  drop_codes(other);
  check_same(answer, other);
}

void run(const Message& message) {
  Request request;
  read_request(message.first_line(), request);
  runtime::HttpResponse response{
      .status = request.status, .headers = {}, .body = std::string(message.body)};
  for (std::size_t i = 1; i < message.fields.size(); ++i)
    response.headers.emplace_back(message.fields[i].first, message.fields[i].second);

  static AnswerReader used;  // nothing may be left over from the input before
  AnswerReader fresh;
  const std::vector<const Commit*> commits = request.commits.list();
  const Answer answer = used.read(response, commits, kSecrets);
  check_same(answer, fresh.read(response, commits, kSecrets));
  check_shape(answer, commits.size());
  check_secrecy(response, commits);

  if (answer.kind == AnswerKind::kRefused) return;
  const json body = json::parse(fuzz::plain_json(message.body), /*cb=*/nullptr,
                                /*allow_exceptions=*/false);
  STREAMONCE_CHECK(!body.is_discarded());
  if (answer.kind == AnswerKind::kApplied) return check_applied(request.status, body);
  // Nobody says which of two members of one name counts; the service never sends such a thing.
  if (!fuzz::has_name_twice(message.body)) check_cancelled(answer, request.commits.all(), body);
}

}  // namespace
}  // namespace streamonce::handler::dynamodb

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::handler::dynamodb::run(
      streamonce::fuzz::message_of(streamonce::fuzz::text_of(data, size), ':'));
  return 0;
}
