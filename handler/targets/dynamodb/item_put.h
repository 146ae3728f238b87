// handler/targets/dynamodb/item_put.h: what an answer to a single put says: see item_mark.h.
//
// Source:  DynamoDB API reference, PutItem, ConditionalCheckFailedException.
// Threads: one reader for each thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "handler/targets/target.h"
#include "runtime/aws/api_answer.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

enum class PutAnswerKind : std::uint8_t {
  kApplied,
  kAlreadyApplied,  ///< the item has the commit's version
  kStale,           ///< it has a later one
  kNotThere,        ///< there is no item, or it has no version: nothing was changed
  kRefused,
};

struct PutAnswer {
  PutAnswerKind kind = PutAnswerKind::kRefused;
  aws::Refusal refusal = {};  ///< for kRefused
  std::int64_t write_unit_tenths = 0;
};

/// Reads answers; keeps its buffers from one to the next, and nothing of what came.
class PutAnswerReader {
 public:
  PutAnswerReader();
  ~PutAnswerReader();
  PutAnswerReader(const PutAnswerReader&) = delete;
  PutAnswerReader& operator=(const PutAnswerReader&) = delete;

  /// Judges the answer to put_request(commit, version_attribute, ...). No reason holds a part of
  /// one of `secrets`.
  PutAnswer read(runtime::HttpResponse response, const Commit& commit,
                 std::string_view version_attribute, aws::Secrets secrets);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace streamonce::handler::dynamodb
