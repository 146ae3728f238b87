// bench/rooms.h: the pure rooms of the pipeline, one by one, on a batch of a size: each step's
// input is kept, so that the step can be measured alone.
//
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "events/change.h"
#include "events/stream_batch.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"
#include "handler/targets/dynamodb/transact_request.h"
#include "handler/targets/dynamodb/transact_response.h"
#include "handler/views/derive.h"
#include "runtime/aws/aws_signer.h"
#include "runtime/base/payload.h"

namespace streamonce::bench {

class Rooms {
 public:
  explicit Rooms(std::size_t records);

  // Each step does its work anew, and gives something to keep the compiler from leaving it out.
  /// To changes.
  std::size_t parse();
  std::size_t group();
  std::size_t plan();
  /// Packs, and the requests' bodies.
  std::size_t build();
  /// A request without a body for each record: what a signature takes besides its digest.
  std::size_t sign();
  /// The answers to these requests: all applied, or all applied already.
  std::size_t read_applied();
  std::size_t read_already_applied();
  std::size_t checkpoint();
  /// The rows of a view with WHERE, three attributes of ten and a computed one.
  std::size_t derive();
  /// A letter of an S3 destination that holds the records, through the reader of dead letters and
  /// the redrive, on a target that does nothing. Its payload is an object, or a text of JSON.
  std::size_t redrive();
  std::size_t redrive_text();

  std::size_t records() const { return records_; }
  PayloadView payload() const { return payload_.view(); }
  const std::vector<std::string>& bodies() const { return bodies_; }
  std::size_t body_bytes() const;
  std::size_t cancelled_bytes() const;

 private:
  /// The changes of as many records of ten attributes.
  struct Orders {
    explicit Orders(std::size_t records);

    Payload payload;
    events::StreamParser parser;
    events::StreamBatch batch;
    std::vector<events::Change> changes;
  };

  std::size_t read(const std::vector<std::string>& answers, int status);
  std::size_t redrive(const Payload& letter);

  const std::size_t records_;
  Payload payload_;
  events::StreamParser parser_;
  events::StreamBatch batch_;
  std::vector<events::Change> changes_;
  handler::Groups groups_;
  handler::Plan plan_;
  std::vector<handler::dynamodb::CommitList> packs_;
  std::vector<std::string> bodies_;     // of the requests, one for each pack
  std::vector<std::string> applied_;    // answers
  std::vector<std::string> cancelled_;  // answers
  Payload letter_;
  Payload letter_with_text_;
  aws::AwsSigner signer_;
  handler::dynamodb::AnswerReader reader_;
  Orders orders_;
  handler::views::Deriver deriver_;
};

}  // namespace streamonce::bench
