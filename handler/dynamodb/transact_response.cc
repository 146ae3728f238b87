#include "handler/dynamodb/transact_response.h"

#include <simdjson.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "events/attribute_walk.h"
#include "handler/dynamodb/transact_request.h"
#include "handler/redact.h"

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kCancelledCode = "TransactionCanceledException";
constexpr std::size_t kCodeLengthMax = 64;

/// `code: message`, at most kReasonBytesMax of it, cut between two characters. What the service
/// says of an item must be redacted first, since it may quote it.
std::string reason_text(std::string_view code, std::string_view message) {
  std::string text(code);
  if (!text.empty() && !message.empty()) text += ": ";
  text += message;
  if (text.size() <= kReasonBytesMax) return text;
  std::size_t end = kReasonBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

/// The part of `type` behind the `#`, if it is letters and digits only.
std::string code_of(std::string_view type) {
  const std::string_view code = type.substr(type.find('#') + 1);
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (code.size() > kCodeLengthMax || !std::all_of(code.begin(), code.end(), is_plain)) return {};
  return std::string(code);
}

/// One cancellation reason; the views are good until the next answer is read.
struct Reason {
  std::string_view code;
  std::string_view message;
  std::string_view mark_version;  ///< Item.v.S, if it came
};

/// Turns the reasons, one for each action, into verdicts, one for each commit. The first action of
/// a commit is its mark's.
class Judge {
 public:
  explicit Judge(std::span<const Commit* const> commits)
      : commits_(commits),
        verdicts_(commits.size()) {}

  /// Takes the next action's reason. False: there are more of them than actions.
  bool add(const Reason& reason) {
    if (commit_ == commits_.size()) return false;
    CommitVerdict& verdict = verdicts_[commit_];
    if (action_ == 0 && reason.code == "ConditionalCheckFailed") {
      judge_mark(reason, verdict);
    } else if (reason.code != "None") {
      judge_trouble(reason, verdict);
    }
    if (++action_ == actions_of(*commits_[commit_])) {
      action_ = 0;
      ++commit_;
    }
    return true;
  }

  bool complete() const { return commit_ == commits_.size(); }
  std::vector<CommitVerdict> take() { return std::move(verdicts_); }

 private:
  /// The mark is not below our version, so the commit is done: whatever is wrong with its writes
  /// matters no more. The service says so itself; we only tell the two cases apart.
  void judge_mark(const Reason& reason, CommitVerdict& verdict) const {
    const std::string_view ours = commits_[commit_]->version.text();
    if (!events::is_version(reason.mark_version) || reason.mark_version < ours) {
      verdict.verdict = Verdict::kFailed;
      verdict.reason =
          "the condition on the mark failed, but no version in the mark's attribute v explains it";
      return;
    }
    verdict.verdict = reason.mark_version == ours ? Verdict::kAlreadyApplied : Verdict::kStale;
  }

  /// What is refused for good outweighs what may pass, and that outweighs no reason at all.
  static void judge_trouble(const Reason& reason, CommitVerdict& verdict) {
    if (verdict.verdict != Verdict::kInnocent && verdict.verdict != Verdict::kRetry) return;
    const Trouble trouble = trouble_of_reason(reason.code);
    const bool may_pass = trouble == Trouble::kConflict || trouble == Trouble::kThrottled;
    if (may_pass && verdict.verdict == Verdict::kRetry) return;
    verdict.verdict = may_pass ? Verdict::kRetry : Verdict::kFailed;
    verdict.trouble = trouble;
    verdict.reason = reason_text(reason.code, redact(reason.message));
  }

  std::span<const Commit* const> commits_;
  std::vector<CommitVerdict> verdicts_;
  std::size_t commit_ = 0;
  std::size_t action_ = 0;
};

/// A member that is a string, or null as some emulators write an absent one.
bool read_text(ondemand::value value, std::string_view& text) {
  bool is_null = false;
  if (value.is_null().get(is_null) != simdjson::SUCCESS) return false;
  return is_null || value.get_string().get(text) == simdjson::SUCCESS;
}

/// A member that does not matter: it must be JSON all the same.
bool pass_over(ondemand::value value) {
  return events::walk_any(value) == simdjson::SUCCESS;
}

/// The one member `name` of an object, by `read`; what is beside it is passed over.
template <class Read>
bool read_member(ondemand::value value, std::string_view name, Read read) {
  ondemand::object members;
  if (value.get_object().get(members) != simdjson::SUCCESS) return false;
  for (auto member : members) {
    std::string_view found;
    ondemand::value content;
    if (member.unescaped_key().get(found) != simdjson::SUCCESS) return false;
    if (member.value().get(content) != simdjson::SUCCESS) return false;
    if (!(found == name ? read(content) : pass_over(content))) return false;
  }
  return true;
}

/// The member `v` of a returned mark, if it is of type S.
bool read_mark(ondemand::value item, std::string_view& version) {
  return read_member(item, "v", [&](ondemand::value attribute) {
    return read_member(attribute, "S", [&](ondemand::value text) {
      return text.get_string().get(version) == simdjson::SUCCESS;
    });
  });
}

bool read_reason(ondemand::value value, Reason& reason) {
  ondemand::object members;
  if (value.get_object().get(members) != simdjson::SUCCESS) return false;
  for (auto member : members) {
    std::string_view name;
    ondemand::value content;
    if (member.unescaped_key().get(name) != simdjson::SUCCESS) return false;
    if (member.value().get(content) != simdjson::SUCCESS) return false;
    const bool good = name == "Code"                           ? read_text(content, reason.code)
                      : name == "Message" || name == "message" ? read_text(content, reason.message)
                      : name == "Item" ? read_mark(content, reason.mark_version)
                                       : pass_over(content);
    if (!good) return false;
  }
  return !reason.code.empty();
}

/// What the body of an answer holds that matters.
struct Body {
  std::string_view type;
  std::string_view message;
  bool has_foreign_member = false;  ///< one that no answer with status 200 has
  bool has_reasons = false;
  bool reasons_match = false;
};

bool read_reasons(ondemand::value value, Judge& judge, bool& match) {
  ondemand::array reasons;
  if (value.get_array().get(reasons) != simdjson::SUCCESS) return false;
  for (auto each : reasons) {
    ondemand::value element;
    Reason reason;
    if (each.get(element) != simdjson::SUCCESS || !read_reason(element, reason)) return false;
    if (!judge.add(reason)) return true;  // too many: no match
  }
  match = judge.complete();
  return true;
}

bool read_body(ondemand::document& document, Judge& judge, Body& body) {
  ondemand::object members;
  if (document.get_object().get(members) != simdjson::SUCCESS) return false;
  for (auto member : members) {
    std::string_view name;
    ondemand::value content;
    if (member.unescaped_key().get(name) != simdjson::SUCCESS) return false;
    if (member.value().get(content) != simdjson::SUCCESS) return false;
    bool good = true;
    if (name != "ConsumedCapacity" && name != "ItemCollectionMetrics")
      body.has_foreign_member = true;
    if (name == "__type") {
      good = read_text(content, body.type);
    } else if (name == "message" || name == "Message") {
      good = read_text(content, body.message);
    } else if (name == "CancellationReasons" && !body.has_reasons) {
      body.has_reasons = true;
      good = read_reasons(content, judge, body.reasons_match);
      if (good && !body.reasons_match) return true;  // the rest of the body does not matter
    } else {
      good = pass_over(content);
    }
    if (!good) return false;
  }
  // Behind the object there must be nothing more.
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

/// Whether the checksum fits, if the service sent one. It is made over the bytes on the wire, which
/// are these: no content encoding is ever asked for.
bool checksum_fits(const runtime::HttpResponse& response) {
  const std::string_view header = response.header("x-amz-crc32");
  if (header.empty()) return true;
  std::uint32_t expected = 0;
  const char* end = header.data() + header.size();
  const auto [rest, error] = std::from_chars(header.data(), end, expected);
  if (error != std::errc() || rest != end) return false;
  const auto* bytes = reinterpret_cast<const Bytef*>(response.body.data());
  return crc32_z(0, bytes, response.body.size()) == expected;
}

Answer refused(Trouble trouble, std::string reason, std::string code = {}) {
  return {.kind = AnswerKind::kRefused,
          .verdicts = {},
          .trouble = trouble,
          .reason = std::move(reason),
          .code = std::move(code),
          .service_time = {}};
}

/// Not the service's own words, so only the status is told: the page may hold anything.
Answer unreadable(int status, std::string_view what) {
  const Trouble trouble = status == 413                   ? Trouble::kInvalid
                          : status >= 300 && status < 400 ? Trouble::kRefused
                                                          : Trouble::kTransient;
  return refused(trouble, "HTTP " + std::to_string(status) + ", " + std::string(what));
}

}  // namespace

struct AnswerReader::State {
  ondemand::parser parser;
};

AnswerReader::AnswerReader() : state_(std::make_unique<State>()) {}
AnswerReader::~AnswerReader() = default;

Answer AnswerReader::read(runtime::HttpResponse response, std::span<const Commit* const> commits) {
  const int status = response.status;
  if (!checksum_fits(response)) return unreadable(status, "and its checksum does not fit");

  std::string& text = response.body;
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  Judge judge(commits);
  Body body;
  const simdjson::padded_string_view padded(text.data(), text.size(), text.capacity());
  if (state_->parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      !read_body(document, judge, body))
    return unreadable(status, "and not an answer of DynamoDB");

  std::string code = code_of(body.type);
  if (status == 200) {
    // A page of a proxy, or another service at a wrong endpoint.
    if (body.has_foreign_member) return unreadable(status, "and not an answer of DynamoDB");
    return {.kind = AnswerKind::kApplied, .verdicts = {}, .reason = {}, .code = {}};
  }
  if (code == kCancelledCode) {
    if (!body.reasons_match)
      return refused(Trouble::kTransient, "cancellation reasons that do not match the request",
                     std::move(code));
    return {.kind = AnswerKind::kCancelled,
            .verdicts = judge.take(),
            .reason = {},
            .code = std::move(code)};
  }
  const Trouble trouble = trouble_of_answer(code, status);
  std::string name = code.empty() ? "HTTP " + std::to_string(status) : code;
  const bool of_an_item = trouble == Trouble::kInvalid;
  Answer answer = refused(
      trouble, reason_text(name, of_an_item ? redact(body.message) : std::string(body.message)),
      std::move(code));
  if (trouble == Trouble::kSignature)
    answer.service_time = runtime::parse_http_date(response.header("date"));
  return answer;
}

}  // namespace streamonce::handler::dynamodb
