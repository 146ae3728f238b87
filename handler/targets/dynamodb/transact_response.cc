#include "handler/targets/dynamodb/transact_response.h"

#include <optional>
#include <string_view>
#include <utility>

#include "handler/targets/dynamodb/item_mark.h"
#include "handler/targets/dynamodb/transact_request.h"
#include "handler/targets/dynamodb/write_units.h"
#include "handler/targets/mark.h"
#include "handler/targets/owner.h"
#include "runtime/aws/api_answer.h"
#include "runtime/base/redact.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;
using aws::Refusal;
using aws::Secrets;
using aws::Trouble;
using json::at_end;
using json::each_member;
using json::pass_over;
using json::read_text;
using json::read_text_member;

constexpr std::string_view kCancelledCode = "TransactionCanceledException";

/// One cancellation reason; the views are good until the next answer is read.
struct Reason {
  std::string_view code;
  std::string_view message;
  bool has_item = false;  ///< whether Item came
  MarkTexts mark = {};    ///< what an entry of the ledger has; of a row, its version alone
};

/// Turns the reasons, one for each action, into verdicts, one for each commit. The first action of
/// a commit is its mark's; the updates of rows, behind those of all commits, are of several.
class Judge {
 public:
  Judge(std::span<const Commit* const> commits, std::string_view version_attribute, Secrets secrets)
      : commits_(commits),
        version_attribute_(version_attribute),
        secrets_(secrets),
        verdicts_(commits.size()) {}

  /// The attribute of the row that the next reason is about that has its mark; empty: the next
  /// reason is about an entry of the ledger, or rows have no marks.
  std::string_view version_attribute_in_hand() const {
    return action_ == 0 ? std::string_view() : version_attribute_;
  }

  /// Takes the next action's reason. False: there are more of them than actions.
  bool add(const Reason& reason) {
    if (commit_ == commits_.size()) return add_of_update(reason);
    CommitVerdict& verdict = verdicts_[commit_];
    const bool condition_failed = reason.code == "ConditionalCheckFailed";
    if (action_ == 0 && condition_failed) {
      judge_mark(reason, verdict);
    } else if (condition_failed && !version_attribute_.empty()) {
      judge_row_mark(reason, verdict);
    } else if (condition_failed && !write_in_hand().owner.empty()) {
      judge_collision(verdict);
    } else if (reason.code != "None") {
      judge_trouble(reason, action_ == 0 ? Subject() : Subject{.write = &write_in_hand()}, verdict);
    }
    if (++action_ == 1 + commits_[commit_]->writes.size()) {
      action_ = 0;
      ++commit_;
    }
    if (commit_ == commits_.size() && have_additions(commits_)) updates_ = updates_of(commits_);
    return true;
  }

  bool complete() const { return commit_ == commits_.size() && update_ == updates_.size(); }
  std::vector<CommitVerdict> take() { return std::move(verdicts_); }

 private:
  /// What a reason is about.
  struct Subject {
    const Write* write = nullptr;
    const Addition* addition = nullptr;  // both null: the mark
    bool is_shared = false;              // whether other commits' additions are in it, too
  };

  /// Takes the reason of the next update: it is of all commits that add to the row.
  bool add_of_update(const Reason& reason) {
    if (update_ == updates_.size()) return false;
    const RowSum& update = updates_[update_++];
    if (reason.code == "None") return true;
    RowNumbers numbers;
    const RowNumber row = numbers.number_of(*update.first);
    std::vector<std::pair<std::size_t, const Addition*>> adding;
    for (std::size_t i = 0; i < commits_.size(); ++i)
      for (const Addition& addition : commits_[i]->additions)
        if (numbers.number_of(addition) == row) adding.emplace_back(i, &addition);
    for (const auto& [commit, addition] : adding)
      judge_trouble(reason, {.addition = addition, .is_shared = adding.size() > 1},
                    verdicts_[commit]);
    return true;
  }

  /// The write that the reason in hand is about, which is not the mark's.
  const Write& write_in_hand() const { return commits_[commit_]->writes[action_ - 1]; }

  /// Whether what is known of a commit outweighs that a write of it collides. What the mark says
  /// does: a commit that is done may well find its rows taken by now, and where the mark could not
  /// be looked at it is not known whether it is done.
  static bool outweighs_collision(const CommitVerdict& verdict) {
    if (verdict.verdict == Verdict::kRetry) return verdict.write == nullptr;
    return verdict.verdict != Verdict::kInnocent && verdict.collisions.empty();
  }

  /// Judges a commit of which a write met a row of another owner.
  void judge_collision(CommitVerdict& verdict) const {
    if (outweighs_collision(verdict)) return;
    verdict.collisions.push_back(action_ - 1);
    if (verdict.collisions.size() > 1) return;
    verdict.verdict = Verdict::kFailed;
    verdict.write = &write_in_hand();
    verdict.reason = why_collides(*verdict.write);
  }

  /// Judges a commit whose condition on the mark did not hold. So says the service; we only tell
  /// why by the mark that came. Whatever is wrong with the commit's writes matters no more.
  void judge_mark(const Reason& reason, CommitVerdict& verdict) const {
    const Commit& commit = *commits_[commit_];
    // What nearly all are after a partial failure is told without making an entry.
    const std::string_view ours = commit.version.text();
    if (commit.nonce.empty() && reason.mark.version >= ours &&
        events::is_version(reason.mark.version)) {
      verdict.verdict = reason.mark.version == ours ? Verdict::kAlreadyApplied : Verdict::kStale;
      return;
    }
    judge_entry(commit, reason, verdict);
  }

  /// Judges a commit whose condition on the mark of its row did not hold. What the row has
  /// outweighs all that is in the way of the entry in the ledger.
  void judge_row_mark(const Reason& reason, CommitVerdict& verdict) const {
    const Commit& commit = *commits_[commit_];
    if (commit.seen) {
      // A removal that arrived before has left its nonce with the ledger, and no row.
      if (verdict.verdict == Verdict::kAlreadyApplied) return;
      const bool is_ours = reason.mark.version == item_mark_text(commit);
      verdict = {.verdict = is_ours ? Verdict::kAlreadyApplied : Verdict::kChanged};
      return;
    }
    switch (judge_version(commit, reason.mark.version)) {
      case CommitResult::kAlreadyApplied:
        verdict = {.verdict = Verdict::kAlreadyApplied};
        return;
      case CommitResult::kStale:
        verdict = {.verdict = Verdict::kStale};
        return;
      case CommitResult::kApplied:
      case CommitResult::kChanged:
      case CommitResult::kFailed:
        break;
    }
    if (verdict.verdict == Verdict::kAlreadyApplied || verdict.verdict == Verdict::kStale) return;
    verdict = {.verdict = Verdict::kFailed,
               .reason = why_no_version(version_attribute_),
               .write = &write_in_hand()};
  }

  void judge_entry(const Commit& commit, const Reason& reason, CommitVerdict& verdict) const {
    std::optional<Mark> there;
    CommitResult result = CommitResult::kFailed;
    if (reason.has_item) {
      Result<Mark> mark = read_mark(reason.mark, Reading::kWhole);
      if (mark) result = handler::judge(commit, there = *std::move(mark));
    } else {
      result = handler::judge(commit, there);
    }
    switch (result) {
      case CommitResult::kAlreadyApplied:
        verdict.verdict = Verdict::kAlreadyApplied;
        return;
      case CommitResult::kStale:
        verdict.verdict = Verdict::kStale;
        return;
      case CommitResult::kChanged:
        verdict.verdict = Verdict::kChanged;
        if (there) verdict.found = std::make_shared<const Mark>(*std::move(there));
        return;
      case CommitResult::kApplied:  // the condition holds for what came
      case CommitResult::kFailed:
        break;
    }
    verdict.verdict = Verdict::kFailed;
    verdict.reason =
        "the condition on the mark failed, but no version in the mark's attribute v explains it";
  }

  /// Judges any other reason. A refusal for good outweighs one that others may be to blame for,
  /// that outweighs trouble that may pass, and that no reason at all.
  void judge_trouble(const Reason& reason, const Subject& subject, CommitVerdict& verdict) const {
    const Trouble trouble = aws::trouble_of_reason(reason.code);
    const bool may_pass = trouble == Trouble::kConflict || trouble == Trouble::kThrottled;
    const Verdict comes_to = may_pass            ? Verdict::kRetry
                             : subject.is_shared ? Verdict::kApart
                                                 : Verdict::kFailed;
    if (!outweighs(comes_to, verdict.verdict)) return;
    verdict.verdict = comes_to;
    verdict.trouble = trouble;
    verdict.write = subject.write;
    verdict.addition = subject.addition;
    std::string code = aws::code_of(reason.code);
    if (code.empty() || holds_part_of(code, secrets_)) code = "a reason without a readable code";
    verdict.reason = aws::reason_text(code, redact(reason.message));
  }

  static bool outweighs(Verdict trouble, Verdict before) {
    if (before == Verdict::kInnocent) return true;
    if (before == Verdict::kRetry) return trouble != Verdict::kRetry;
    return before == Verdict::kApart && trouble == Verdict::kFailed;
  }

  std::span<const Commit* const> commits_;
  std::string_view version_attribute_;
  Secrets secrets_;
  std::vector<CommitVerdict> verdicts_;
  std::vector<RowSum> updates_;  // known once the reasons of all commits are
  std::size_t commit_ = 0;
  std::size_t action_ = 0;
  std::size_t update_ = 0;
};

/// Reads a returned entry, or of a returned row the version, which `version_attribute` has.
bool read_item(ondemand::value item, std::string_view version_attribute, Reason& reason) {
  reason.has_item = true;
  return each_member(item, [&](std::string_view name, ondemand::value attribute) {
    if (!version_attribute.empty())
      return name == version_attribute ? read_text_member(attribute, "S", reason.mark.version)
                                       : pass_over(attribute);
    if (name == "v") return read_text_member(attribute, "S", reason.mark.version);
    if (name == kNonceName) return read_text_member(attribute, "S", reason.mark.nonce);
    if (name == kContentName) return read_text_member(attribute, "S", reason.mark.content);
    return pass_over(attribute);
  });
}

bool read_reason(ondemand::value value, std::string_view version_attribute, Reason& reason) {
  const bool good = each_member(value, [&](std::string_view name, ondemand::value content) {
    if (name == "Code") return read_text(content, reason.code);
    if (name == "Message" || name == "message") return read_text(content, reason.message);
    return name == "Item" ? read_item(content, version_attribute, reason) : pass_over(content);
  });
  return good && !reason.code.empty();
}

/// The parts of an answer's body that matter.
struct Body {
  std::string_view type;
  std::string_view message;
  bool has_foreign_member = false;  ///< whether it has a member that no answer of status 200 has
  bool has_reasons = false;
  bool reasons_match = false;
  std::int64_t write_unit_tenths = 0;
};

bool read_reasons(ondemand::value value, Judge& judge, bool& match) {
  ondemand::array reasons;
  if (value.get_array().get(reasons) != simdjson::SUCCESS) return false;
  for (auto each : reasons) {
    ondemand::value element;
    Reason reason;
    if (each.get(element) != simdjson::SUCCESS ||
        !read_reason(element, judge.version_attribute_in_hand(), reason))
      return false;
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
    } else if (name == "ConsumedCapacity") {
      good = add_write_units_of_all(content, body.write_unit_tenths);
    } else {
      good = pass_over(content);
    }
    if (!good) return false;
  }
  // Nothing may stand behind the object.
  return at_end(document);
}

Answer refused(Refusal refusal) {
  return {.kind = AnswerKind::kRefused,
          .verdicts = {},
          .trouble = refusal.trouble,
          .reason = std::move(refusal.reason),
          .code = std::move(refusal.code),
          .service_time = refusal.service_time};
}

Answer unreadable(int status, std::string_view what) {
  return refused(aws::unreadable_answer(status, what));
}

}  // namespace

struct AnswerReader::State {
  ondemand::parser parser;
};

AnswerReader::AnswerReader() : state_(std::make_unique<State>()) {}
AnswerReader::~AnswerReader() = default;

Answer AnswerReader::read(runtime::HttpResponse response, std::span<const Commit* const> commits,
                          Secrets secrets, std::string_view version_attribute) {
  const int status = response.status;
  if (!aws::checksum_fits(response, response.body))
    return unreadable(status, "and its checksum does not fit");

  std::string& text = response.body;
  text.reserve(text.size() + kPayloadPaddingBytes);
  ondemand::document document;
  Judge judge(commits, version_attribute, secrets);
  Body body;
  if (json::open(state_->parser, {text}, document) != simdjson::SUCCESS ||
      !read_body(document, judge, body))
    return unreadable(status, "and not an answer of DynamoDB");

  std::string code = aws::code_of(body.type);
  if (status == 200) {
    // This is a proxy's page, or the answer of another service at a wrong endpoint.
    if (body.has_foreign_member) return unreadable(status, "and not an answer of DynamoDB");
    return {.kind = AnswerKind::kApplied,
            .verdicts = {},
            .reason = {},
            .code = {},
            .write_unit_tenths = body.write_unit_tenths};
  }
  if (code == kCancelledCode) {
    if (!body.reasons_match)
      return refused({.trouble = Trouble::kTransient,
                      .reason = "cancellation reasons that do not match the request",
                      .code = std::move(code)});
    return {.kind = AnswerKind::kCancelled,
            .verdicts = judge.take(),
            .reason = {},
            .code = std::move(code)};
  }
  return refused(aws::refusal_of(response, std::move(code), body.message, secrets));
}

}  // namespace streamonce::handler::dynamodb
