// handler/targets/dynamodb/transact_response.h: what an answer to TransactWriteItems says of each
// commit.
//
// Three kinds of answer: the transaction was applied; it was cancelled, with a reason for each
// action in the request's order; or it was refused as a whole. Anything that is none of these, be
// it a proxy's page, a body cut short, a checksum that does not fit or reasons that do not match
// the request, is refused as kTransient with a clear reason, and never counts as applied.
//
// Source:  DynamoDB API reference, TransactWriteItems, TransactionCanceledException and
//          CancellationReason; DynamoDB developer guide, "Error handling" and "Low-level API"
//          (x-amz-crc32).
// Threads: one reader for each thread.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "handler/targets/target.h"
#include "runtime/aws/api_answer.h"
#include "runtime/aws/retry.h"
#include "runtime/base/clock.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

enum class Verdict : std::uint8_t {
  kAlreadyApplied,  ///< the mark has this commit's version
  kStale,           ///< the mark has a later version
  kChanged,         ///< the entry is not the one that the commit was made for
  kFailed,          ///< refused for good
  kRetry,           ///< hindered by others: `trouble` says how
  kInnocent,        ///< nothing was wrong: the transaction was cancelled for other commits' sake
  /// What it and other commits add to a row was refused: only apart do they show which is to blame.
  kApart,
};

struct CommitVerdict {
  Verdict verdict = Verdict::kInnocent;
  aws::Trouble trouble = aws::Trouble::kTransient;  ///< what is in the way of a kRetry
  std::string reason = {};                 ///< the service's words, for kFailed, kRetry and kApart
  std::shared_ptr<const Mark> found = {};  ///< for kChanged: see Outcome::found
  const Write* write = nullptr;            ///< what the reason is about
  const Addition* addition = nullptr;      ///< the same; both null: the mark
  /// For kFailed: the places of the writes that collide, see Outcome::refused_writes.
  std::vector<std::size_t> collisions = {};
};

enum class AnswerKind : std::uint8_t { kApplied, kCancelled, kRefused };

struct Answer {
  AnswerKind kind = AnswerKind::kRefused;
  std::vector<CommitVerdict> verdicts;  ///< one for each commit of a kCancelled transaction
  aws::Trouble trouble = aws::Trouble::kTransient;  ///< why a transaction was kRefused
  /// Why a transaction was kRefused: the service's code and message, or ours; no item's values.
  std::string reason;
  /// The service's code: letters and digits only, so that it may be logged. Empty: none came.
  std::string code;
  /// The service's clock, if its answer told it; looked at for Trouble::kSignature only.
  std::optional<WallTime> service_time = {};
  /// Tenths of the write units that a transaction took which was kApplied, of all tables, as far as
  /// the answer tells. One that was applied under its token before takes none, but read units.
  std::int64_t write_unit_tenths = 0;
};

/// Reads answers; keeps its buffers from one to the next.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  /// Judges the answer to a request that was made of `commits`, in that order, with marks where
  /// `version_attribute` says: see transact_request(). No reason holds a part of one of `secrets`.
  Answer read(runtime::HttpResponse response, std::span<const Commit* const> commits,
              aws::Secrets secrets = {}, std::string_view version_attribute = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace streamonce::handler::dynamodb
